/* Traps of spec.behavior. The policies' arithmetic is the controller's (spec 9.2). */
#include <math.h>
#include <stdio.h>

#include "cli/check.h"

#define PASS_SEC 15
#define PATH_MAX_BYTES 200

/* The rules of each direction with their name. */
struct direction {
	const char *name;
	const struct hpa_rules *rules; /* NULL: none */
	bool up;
};

static void directions_of(const struct check_autoscaler *s, struct direction ret[2])
{
	const struct hpa_behavior *b = s->hpa.spec.behavior;

	ret[0] = (struct direction){ "scaleUp", b ? b->scale_up : NULL, true };
	ret[1] = (struct direction){ "scaleDown", b ? b->scale_down : NULL, false };
}

/* Pods that a policy lets come or go at `base` pods. */
static double room(const struct hpa_policy *p, bool up, int32_t base)
{
	double part = (double)p->value / 100;

	if (sv_is(p->type, "Pods"))
		return p->value;
	return up ? ceil(base * (1 + part)) - base : base - trunc(base * (1 - part));
}

/* Does `other` decide wherever `p` could? Rooms grow with the size or not at all, so both ends tell. */
static bool outdoes(const struct hpa_policy *other, const struct hpa_policy *p,
	const struct check_autoscaler *s, const struct direction *d)
{
	const struct hpa_spec *spec = &s->hpa.spec;
	double sign = sv_is(d->rules->select_policy, "Min") ? -1 : 1;
	double low = sign * (room(other, d->up, spec->min_replicas.value) -
				    room(p, d->up, spec->min_replicas.value));
	double high = sign *
		      (room(other, d->up, spec->max_replicas) - room(p, d->up, spec->max_replicas));

	if (other->period_sec != p->period_sec || low < 0 || high < 0)
		return false;
	/* Of two that are always the same, the second is one too many. */
	return low > 0 || high > 0 || other < p;
}

static void check_direction(
	struct check *c, const struct check_autoscaler *s, const struct direction *d)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; i < d->rules->n_policies; i++) {
		const struct hpa_policy *p = &d->rules->policies[i];
		for (size_t j = 0; j < d->rules->n_policies; j++) {
			const struct hpa_policy *other = &d->rules->policies[j];
			if (i == j || !outdoes(other, p, s, d))
				continue;
			(void)snprintf(
				path, sizeof(path), "spec.behavior.%s.policies[%zu]", d->name, i);
			check_find(c, CHECK_NEVER_DECIDES, &s->object, path,
				"%.*s %d in %d s never decides: from %d to %d replicas %.*s %d "
				"allows %s",
				SV_ARG(sv_take(p->type, 20)), p->value, p->period_sec,
				s->hpa.spec.min_replicas.value, s->hpa.spec.max_replicas,
				SV_ARG(sv_take(other->type, 20)), other->value,
				sv_is(d->rules->select_policy, "Min")
					? "at most as much and selectPolicy is Min"
					: "at least as much");
			break;
		}
	}
}

/* The policies stand in the file, and are not those filled in by default. */
static bool wrote_policies(const struct check_autoscaler *s, const char *direction)
{
	return jtree_at(s->object.tree, "spec", "behavior", direction, "policies", NULL) != NULL;
}

void check_behavior_never_decides(struct check *c, const struct check_autoscaler *s)
{
	struct direction both[2];

	directions_of(s, both);
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (both[i].rules && wrote_policies(s, both[i].name) &&
			!sv_is(both[i].rules->select_policy, "Disabled"))
			check_direction(c, s, &both[i]);
	}
}

void check_behavior_disabled(struct check *c, const struct check_autoscaler *s)
{
	char path[PATH_MAX_BYTES];
	struct direction both[2];

	directions_of(s, both);
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (!both[i].rules || !sv_is(both[i].rules->select_policy, "Disabled") ||
			!wrote_policies(s, both[i].name))
			continue;
		(void)snprintf(path, sizeof(path), "spec.behavior.%s.policies", both[i].name);
		check_find(c, CHECK_DISABLED_POLICIES, &s->object, path,
			"selectPolicy is Disabled, so that none of the policies ever acts");
	}
}

void check_behavior_disabled_both(struct check *c, const struct check_autoscaler *s)
{
	struct direction both[2];

	directions_of(s, both);
	if (both[0].rules && both[1].rules && sv_is(both[0].rules->select_policy, "Disabled") &&
		sv_is(both[1].rules->select_policy, "Disabled"))
		check_find(c, CHECK_DISABLED_BOTH, &s->object, "spec.behavior",
			"scaling up and scaling down are both Disabled");
}

static void check_periods(
	struct check *c, const struct check_autoscaler *s, const struct direction *d)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; d->rules && i < d->rules->n_policies; i++) {
		int32_t period = d->rules->policies[i].period_sec;
		if (period <= 0 || period >= PASS_SEC)
			continue;
		(void)snprintf(path, sizeof(path), "spec.behavior.%s.policies[%zu].periodSeconds",
			d->name, i);
		check_find(c, CHECK_SHORT_PERIOD, &s->object, path,
			"a period of %d s allows no more than one of %d s: a pass comes every %d s",
			period, PASS_SEC, PASS_SEC);
	}
}

void check_behavior_period(struct check *c, const struct check_autoscaler *s)
{
	struct direction both[2];

	directions_of(s, both);
	check_periods(c, s, &both[0]);
	check_periods(c, s, &both[1]);
}

/* The tolerance in percent, where it is 100 or more; else 0. */
static int64_t large_tolerance(const struct hpa_rules *rules)
{
	int64_t milli;

	if (!rules || !rules->tolerance.set ||
		!quantity_milli_checked(&rules->tolerance.value, &milli) || milli < 1000)
		return 0;
	return milli / 10;
}

void check_behavior_tolerance_down(struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_behavior *b = s->hpa.spec.behavior;
	int64_t percent = b ? large_tolerance(b->scale_down) : 0;

	if (percent > 0)
		check_find(c, CHECK_STOPS_DOWN, &s->object, "spec.behavior.scaleDown.tolerance",
			"a tolerance of %lld %%: no load is low enough to remove a pod",
			(long long)percent);
}

void check_behavior_tolerance_up(struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_behavior *b = s->hpa.spec.behavior;
	int64_t percent = b ? large_tolerance(b->scale_up) : 0;

	if (percent > 0)
		check_find(c, CHECK_LARGE_TOLERANCE, &s->object, "spec.behavior.scaleUp.tolerance",
			"a tolerance of %lld %%: no pod is added before load has grown by as much",
			(long long)percent);
}

void check_behavior_annotations(struct check *c, const struct check_autoscaler *s)
{
	const struct sv prefix = SV("autoscaling.alpha.kubernetes.io/");
	const struct jtree *all = jtree_at(s->object.tree, "metadata", "annotations", NULL);
	bool beta1 = sv_is(s->hpa.api_version, "autoscaling/v2beta1");

	if (sv_is(s->hpa.api_version, "autoscaling/v1"))
		return;
	JTREE_FOREACH (annotation, all) {
		if (!sv_has_prefix(annotation->key, prefix) ||
			(beta1 && sv_has_suffix(annotation->key, SV("/behavior"))))
			continue;
		check_find_node(c, CHECK_DEAD_ANNOTATION, &s->object, annotation,
			"means nothing in %.*s and is dropped", SV_ARG(s->hpa.api_version));
	}
}
