/* Before an uninstallation: whose replicas would stay where they are from then on, and which requests would fail. */
#include "cli/adopt.h"
#include "cli/doctor.h"
#include "common/jtree.h"
#include "common/limits.h"

static const struct jtree *parse(struct arena *a, struct sv json)
{
	struct error ignored;
	struct jtree *t;

	arena_clear(a);
	return jtree_parse(a, json, &t, &ignored) == ERR_OK ? t : NULL;
}

static void judge_own(struct doctor *d, const struct jtree *t)
{
	struct sv mode = jtree_text(jtree_at(t, "spec", "mode", NULL));
	struct sv name = jtree_text(jtree_at(t, "metadata", "name", NULL));
	struct sv ns = jtree_text(jtree_at(t, "metadata", "namespace", NULL));

	if (mode.len > 0 && !sv_is(mode, "Active"))
		return;
	doctor_add(d, DOCTOR_PROBLEM,
		"flyball release hpa/NAME where it was adopted; else flyball convert "
		"--to=autoscaling/v2",
		"fha/%.*s in %.*s is Active: nobody would scale %.*s any more", SV_ARG(name),
		SV_ARG(ns),
		SV_ARG(jtree_text(jtree_at(t, "spec", "scaleTargetRef", "name", NULL))));
}

static void judge_native(struct doctor *d, const struct jtree *t)
{
	if (jtree_at(t, "metadata", "annotations", ADOPT_ANNOTATION, NULL))
		doctor_add(d, DOCTOR_PROBLEM, "flyball release hpa/NAME prints the way back",
			"hpa/%.*s in %.*s is adopted: it would stay idle",
			SV_ARG(jtree_text(jtree_at(t, "metadata", "name", NULL))),
			SV_ARG(jtree_text(jtree_at(t, "metadata", "namespace", NULL))));
}

static void judge_service(
	struct doctor *d, struct arena *a, const struct jtree *t, const char *ours)
{
	struct sv server = doctor_server_of(a, t), rest;
	bool found;

	if (sv_is(sv_cut(server, '/', &rest, &found), ours) && found)
		doctor_add(d, DOCTOR_PROBLEM,
			"delete the APIService with its server, or discovery is slow and "
			"namespaces do not end",
			"APIService %.*s belongs to %.*s",
			SV_ARG(jtree_text(jtree_at(t, "metadata", "name", NULL))), SV_ARG(server));
}

void doctor_judge_leftovers(struct doctor *d, const struct doctor_cluster *c, const char *ours)
{
	AUTO(arena_done) struct arena a = { 0 };
	size_t n = d->n;

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	for (size_t i = 0; i < c->owns.n; i++)
		judge_own(d, parse(&a, c->owns.at[i]));
	for (size_t i = 0; i < c->natives.n; i++)
		judge_native(d, parse(&a, c->natives.at[i]));
	for (size_t i = 0; i < c->api_services.n; i++)
		judge_service(d, &a, parse(&a, c->api_services.at[i]), ours);
	if (d->n == n)
		doctor_add(d, DOCTOR_OK, NULL, "an uninstallation would leave nothing orphaned");
}
