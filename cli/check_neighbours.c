/* Traps between the objects of one run: autoscalers that share a name or a target, workloads that share pods. */
#include "cli/check.h"

static bool same_place(const struct check_object *a, const struct check_object *b)
{
	return sv_eq(a->name, b->name) && sv_eq(a->ns, b->ns);
}

static bool same_kind(const struct check_autoscaler *a, const struct check_autoscaler *b)
{
	return a->own == b->own && same_place(&a->object, &b->object);
}

/* "web.yaml:12" */
#define PLACE(object) (object)->file, (object)->tree->line

void check_neighbours_same_object(struct check *c, const struct check_autoscaler *s)
{
	for (const struct check_autoscaler *other = c->autoscalers; other < s; other++) {
		if (!same_kind(other, s))
			continue;
		check_find(c, CHECK_SAME_OBJECT, &s->object, "metadata.name",
			"%.*s is also in %s:%u", SV_ARG(s->object.title), PLACE(&other->object));
		return;
	}
}

/* Told once, at the later one. The same object twice is another finding. */
void check_neighbours_two_autoscalers(struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_ref *ref = &s->hpa.spec.target;

	for (const struct check_autoscaler *other = c->autoscalers; other < s; other++) {
		const struct hpa_ref *its = &other->hpa.spec.target;
		if (!sv_eq(its->name, ref->name) || !sv_eq_nocase(its->kind, ref->kind) ||
			!sv_eq(other->object.ns, s->object.ns) || same_kind(other, s))
			continue;
		check_find(c, CHECK_TWO_AUTOSCALERS, &s->object, "spec.scaleTargetRef",
			"%.*s/%.*s is also the target of %.*s (%s:%u)", SV_ARG(ref->kind),
			SV_ARG(ref->name), SV_ARG(other->object.title), PLACE(&other->object));
		return;
	}
}

void check_neighbours_overlap(struct check *c, const struct check_autoscaler *s)
{
	const struct check_workload *target = s->target;

	for (size_t i = 0; target && i < c->n_workloads; i++) {
		const struct check_workload *w = &c->workloads[i];
		if (!sv_eq(w->object.ns, target->object.ns) ||
			!selector_matches(&target->selector, w->labels, w->n_labels) ||
			(same_place(&w->object, &target->object) &&
				sv_eq(w->object.kind, target->object.kind)))
			continue;
		check_find(c, CHECK_OVERLAP, &target->object, "spec.selector",
			"takes the pods of %.*s (%s:%u) too: %.*s would count them",
			SV_ARG(w->object.title), PLACE(&w->object), SV_ARG(s->object.title));
	}
}
