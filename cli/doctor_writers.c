/* Who wrote the statuses of native objects lately, and which targets have two autoscalers. */
#include <stdio.h>

#include "cli/adopt.h"
#include "cli/doctor.h"
#include "common/limits.h"
#include "controller/foreign.h"
#include "controller/hpa_decode.h"
#include "controller/replica_author.h"
#include "kube/managed_fields.h"

/* Managers that are told apart. */
#define MAX_MANAGERS 16
/* Who wrote within this time is taken for alive: several of Kubernetes' periods, and of a busy controller's. */
#define ALIVE_NS (600 * NS_PER_SEC)

struct manager {
	char name[MANAGED_FIELDS_MAX_MANAGER];
	size_t n;
	struct wall newest;
};

struct managers {
	struct manager at[MAX_MANAGERS];
	size_t n;
};

static void note_manager(struct managers *all, const struct managed_fields_writer *w)
{
	size_t i = 0;

	while (i < all->n && strcmp(all->at[i].name, w->manager) != 0)
		i++;
	if (i == MAX_MANAGERS)
		return;
	struct manager *m = &all->at[i];
	if (i == all->n) {
		(void)snprintf(m->name, sizeof(m->name), "%s", w->manager);
		m->newest = w->time;
		all->n++;
	}
	m->n++;
	if (instant_wall_cmp(w->time, m->newest) > 0)
		m->newest = w->time;
}

static void collect(const struct doctor_list *natives, struct managers *ret)
{
	static const char *const PATH[] = { "f:status", NULL };
	const struct managed_fields_query query = { .path = PATH };
	struct managed_fields_writer w;

	for (size_t i = 0; i < natives->n; i++) {
		if (managed_fields_newest(natives->at[i], &query, &w))
			note_manager(ret, &w);
	}
}

static void tell_manager(struct doctor *d, const struct manager *m, size_t n, int64_t age_ns)
{
	AUTO(buf_done) struct buf age = { 0 };
	bool ours = strcmp(m->name, REPLICA_AUTHOR_OURS) == 0;

	buf_init(&age, 64);
	instant_duration_print(&age, age_ns < 0 ? 0 : age_ns - age_ns % NS_PER_SEC);
	doctor_add(d, DOCTOR_NOTE,
		ours || age_ns >= ALIVE_NS
			? NULL
			: "beside it --native-hpas=own writes nothing; flyball adopt hpa/NAME "
			  "moves single objects to our kind",
		"%s wrote the status of %zu of %zu native objects last, the newest %s ago",
		m->name[0] ? m->name : "an unnamed manager", m->n, n, buf_text(&age));
}

static void judge_managers(struct doctor *d, const struct doctor_cluster *c)
{
	struct managers all = { .n = 0 };
	size_t n_alive = 0;

	collect(&c->natives, &all);
	for (size_t i = 0; i < all.n; i++) {
		int64_t age_ns = instant_wall_sub_ns(c->now, all.at[i].newest);
		n_alive += age_ns < ALIVE_NS;
		tell_manager(d, &all.at[i], c->natives.n, age_ns);
	}
	if (n_alive > 1)
		doctor_add(d, DOCTOR_PROBLEM,
			"switch off all but one: two HPA controllers fight for the same replicas",
			"%zu controllers wrote statuses of native objects within 10 minutes",
			n_alive);
	else if (c->natives.known && all.n == 0 && c->natives.n > 0)
		doctor_add(d, DOCTOR_NOTE, "--native-hpas=own would take them",
			"nobody writes the status of the %zu native object%s", c->natives.n,
			c->natives.n == 1 ? "" : "s");
}

static void fill(struct foreign *f, const struct doctor_cluster *c)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_id id;
	struct error ignored;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	for (size_t i = 0; i < c->natives.n; i++) {
		arena_clear(&a);
		if (object_meta_scan(&a, c->natives.at[i], false, &id, &ignored) == ERR_OK)
			(void)!foreign_put_native(f, &id, c->natives.at[i], &ignored);
	}
	for (size_t i = 0; i < c->scaled_objects.n; i++)
		(void)!foreign_put_keda(f, c->scaled_objects.at[i], &ignored);
}

static void judge_own(struct doctor *d, const struct foreign *f, const struct hpa *own)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct foreign_question question;
	struct foreign_actor actor;

	if (!foreign_question_of(own, &question) || !foreign_find(f, &question, &actor))
		return;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	foreign_print(&text, &actor, &question);
	doctor_add(d, DOCTOR_PROBLEM, NULL, "fha/%.*s in %.*s: %s", SV_ARG(own->meta.name),
		SV_ARG(own->meta.ns), buf_text(&text));
}

static void judge_targets(struct doctor *d, const struct doctor_cluster *c)
{
	AUTO(foreign_free) struct foreign *f = foreign_new();
	AUTO(arena_done) struct arena a = { 0 };
	struct error ignored;
	struct hpa own;

	if (!f) {
		d->lost = true;
		return;
	}
	fill(f, c);
	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	for (size_t i = 0; i < c->owns.n; i++) {
		arena_clear(&a);
		if (hpa_decode_stored(&a, AUTOSCALER_OWN, c->owns.at[i], &own, &ignored) == ERR_OK)
			judge_own(d, f, &own);
	}
}

void doctor_judge_writers(struct doctor *d, const struct doctor_cluster *c)
{
	judge_managers(d, c);
	if (discovery_find_group(c->discovery, SV("keda.sh")))
		doctor_add(d, DOCTOR_NOTE, NULL,
			"KEDA is installed, with %zu ScaledObjects; a target of one is left to it",
			c->scaled_objects.n);
	judge_targets(d, c);
}
