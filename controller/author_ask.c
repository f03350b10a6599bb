/* A small table of the authors that watches showed lately, by the hash of their target; where two meet, the younger one stays: a question comes within a period.
 * Our own writes, also those of the replica that led before us, are no news. */
#include "controller/author_ask.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/fnv.h"
#include "common/limits.h"
#include "common/log.h"
#include "controller/replica_author.h"

/* Questions under way: after an outage many counts may have changed, and the reasons are no longer news. */
#define MAX_QUESTIONS 16u
#define TIMEOUT_NS (10 * NS_PER_SEC)
#define MAX_TEXT_BYTES 4096
#define N_SEEN 256u
/* Who wrote longer ago is not who changed it just now. */
#define RECENT_NS (600 * NS_PER_SEC)
#define ANSWERED_NS (60 * NS_PER_SEC)

struct seen {
	uint64_t target; /* hash; 0: free */
	struct wall time;
	char manager[129], operation[16], subresource[16];
};

struct question {
	struct author_ask *owner;
	struct client_call *call; /* NULL: free */
	struct arena memory;
	enum autoscaler_kind kind;
	struct sv key;
	struct hpa_meta meta; /* what an event needs of it */
	struct hpa_ref target;
	int32_t from, to;
};

struct author_ask {
	struct kube_client *client;
	struct events *events;
	struct question questions[MAX_QUESTIONS];
	struct seen seen[N_SEEN];
};

struct author_ask *author_ask_new(struct kube_client *client, struct events *events)
{
	struct author_ask *a = mem_zalloc(sizeof(*a));

	if (a) {
		a->client = client;
		a->events = events;
	}
	return a;
}

void author_ask_free(struct author_ask *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < MAX_QUESTIONS; i++) {
		client_cancel(a->questions[i].call);
		arena_done(&a->questions[i].memory);
	}
	mem_free(a);
}

void author_ask_cancel(struct author_ask *a)
{
	for (size_t i = 0; i < MAX_QUESTIONS; i++) {
		client_cancel(TAKE_PTR(a->questions[i].call));
		arena_done(&a->questions[i].memory);
	}
}

static void tell(const struct question *q, const struct managed_fields_writer *author)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(q->kind);
	AUTO(buf_done) struct buf text = { 0 }, by = { 0 }, key = { 0 };

	buf_init(&text, MAX_TEXT_BYTES);
	buf_init(&by, MAX_TEXT_BYTES);
	buf_init(&key, MAX_TEXT_BYTES);
	replica_author_print(&by, author);
	buf_put_sv(&key, q->key);
	buf_printf(&text,
		"replicas of %.*s/%.*s went from %" PRId32 " to %" PRId32
		", set by %s; decisions go on from there",
		SV_ARG(q->target.kind), SV_ARG(q->target.name), q->from, q->to, buf_text(&by));
	log_event(LOG_INFO, buf_text(&text), q->kind == AUTOSCALER_OWN ? "fha" : "hpa",
		buf_text(&key), NULL);
	const struct event event = { .api_version = sv_of(names->api_version),
		.kind = sv_of(names->kind),
		.namespace = q->meta.ns,
		.name = q->meta.name,
		.uid = q->meta.uid,
		.resource_version = q->meta.resource_version,
		.type = SV("Normal"),
		.reason = SV("ReplicasChangedByOther"),
		.message = buf_sv(&text) };
	events_record(q->owner->events, &event);
}

static uint64_t hash_target(enum scale_kind kind, struct sv ns, struct sv name)
{
	uint64_t hash = fnv_number(FNV_START, (uint64_t)kind);

	return fnv_text(fnv_text(hash, ns), name) | 1;
}

void author_ask_see(
	struct author_ask *a, enum scale_kind kind, const struct object_id *id, struct sv json)
{
	struct managed_fields_writer author;
	uint64_t hash = hash_target(kind, id->namespace, id->name);
	struct seen *s = &a->seen[hash / 2 % N_SEEN];

	if (!replica_author_find(json, &author))
		return;
	/* Our write right behind another's is the answer to it; one much later makes it old news. */
	if (replica_author_is_ours(&author)) {
		if (s->target == hash && instant_wall_sub_ns(author.time, s->time) > ANSWERED_NS)
			s->target = 0;
		return;
	}
	if (instant_wall_sub_ns(instant_wall_now(), author.time) > RECENT_NS)
		return;
	*s = (struct seen){ .target = hash, .time = author.time };
	(void)snprintf(s->manager, sizeof(s->manager), "%.128s", author.manager);
	(void)snprintf(s->operation, sizeof(s->operation), "%.15s", author.operation);
	(void)snprintf(s->subresource, sizeof(s->subresource), "%.15s", author.subresource);
}

/* Whom a watch saw; told once. */
static bool find_seen(
	struct author_ask *a, const struct hpa *hpa, struct managed_fields_writer *ret)
{
	const struct hpa_ref *target = &hpa->spec.target;
	uint64_t hash = hash_target(
		scale_derive_kind(target->api_version, target->kind), hpa->meta.ns, target->name);
	struct seen *s = &a->seen[hash / 2 % N_SEEN];

	if (s->target != hash)
		return false;
	*ret = (struct managed_fields_writer){ .time = s->time };
	memcpy(ret->manager, s->manager, sizeof(s->manager));
	memcpy(ret->operation, s->operation, sizeof(s->operation));
	memcpy(ret->subresource, s->subresource, sizeof(s->subresource));
	s->target = 0;
	return true;
}

static void on_target(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct question *q = ctx;
	struct managed_fields_writer author;

	q->call = NULL;
	if (!failed && replica_author_find(answer->body, &author) &&
		!replica_author_is_ours(&author))
		tell(q, &author);
	arena_done(&q->memory);
}

/* False: no memory. */
static bool keep(struct question *q, const struct autoscaler *one, const struct hpa *hpa)
{
	struct arena *a = &q->memory;

	q->kind = one->kind;
	q->key = arena_sv(a, one->key);
	q->meta = (struct hpa_meta){ .ns = arena_sv(a, hpa->meta.ns),
		.name = arena_sv(a, hpa->meta.name),
		.uid = arena_sv(a, hpa->meta.uid),
		.resource_version = arena_sv(a, hpa->meta.resource_version) };
	q->target = (struct hpa_ref){ .kind = arena_sv(a, hpa->spec.target.kind),
		.name = arena_sv(a, hpa->spec.target.name) };
	return q->key.ptr && q->meta.ns.ptr && q->meta.name.ptr && q->meta.uid.ptr &&
	       q->meta.resource_version.ptr && q->target.kind.ptr && q->target.name.ptr;
}

void author_ask_start(struct author_ask *a, const struct autoscaler *one, const struct hpa *hpa,
	const struct api_path *path, int32_t from, int32_t to)
{
	AUTO(buf_done) struct buf target = { 0 };
	struct question *q = a->questions;
	struct managed_fields_writer author;
	struct error ignored;

	if (find_seen(a, hpa, &author)) {
		const struct question known = { .owner = a,
			.kind = one->kind,
			.key = one->key,
			.meta = hpa->meta,
			.target = hpa->spec.target,
			.from = from,
			.to = to };
		tell(&known, &author);
		return;
	}
	while (q < a->questions + MAX_QUESTIONS && q->call)
		q++;
	if (q == a->questions + MAX_QUESTIONS)
		return;
	*q = (struct question){ .owner = a, .from = from, .to = to };
	arena_init(&q->memory, MAX_TEXT_BYTES * 4);
	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, path);
	const struct client_request request = { .target = buf_text(&target),
		.timeout_ns = TIMEOUT_NS,
		.once = true,
		.done = on_target,
		.ctx = q };
	if (target.failed != ERR_OK || !keep(q, one, hpa) ||
		client_start(a->client, &request, &q->call, &ignored) != ERR_OK)
		arena_done(&q->memory);
}
