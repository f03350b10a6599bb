/* Semantic equality of two statuses: what the reference compares before it decides to write. */
#include "controller/hpa_status.h"

#include "controller/own_kind.h"
#include "kube/label_selector.h"

static bool opt_i32_eq(struct opt_i32 a, struct opt_i32 b)
{
	return a.set == b.set && (!a.set || a.value == b.value);
}

static bool opt_i64_eq(struct opt_i64 a, struct opt_i64 b)
{
	return a.set == b.set && (!a.set || a.value == b.value);
}

static bool opt_quantity_eq(const struct opt_quantity *a, const struct opt_quantity *b)
{
	return a->set == b->set && (!a->set || quantity_cmp(&a->value, &b->value) == 0);
}

static bool ref_eq(const struct hpa_ref *a, const struct hpa_ref *b)
{
	return sv_eq(a->kind, b->kind) && sv_eq(a->name, b->name) &&
	       sv_eq(a->api_version, b->api_version);
}

static bool current_eq(const struct hpa_current *a, const struct hpa_current *b)
{
	if (!a || !b)
		return a == b;
	return opt_quantity_eq(&a->value, &b->value) &&
	       opt_quantity_eq(&a->average_value, &b->average_value) &&
	       opt_i32_eq(a->average_utilization, b->average_utilization) &&
	       sv_eq(a->metric, b->metric) && sv_eq(a->resource, b->resource) &&
	       sv_eq(a->container, b->container) && ref_eq(&a->described, &b->described) &&
	       label_selector_eq(a->selector, b->selector);
}

static bool metrics_eq(const struct hpa_status *a, const struct hpa_status *b)
{
	if (a->n_current_metrics != b->n_current_metrics)
		return false;
	for (size_t i = 0; i < a->n_current_metrics; i++) {
		const struct hpa_metric_status *x = &a->current_metrics[i],
					       *y = &b->current_metrics[i];
		if (!sv_eq(x->type, y->type))
			return false;
		for (size_t kind = 0; kind < HPA_N_METRIC_KINDS; kind++)
			if (!current_eq(x->member[kind], y->member[kind]))
				return false;
	}
	return true;
}

static bool condition_eq(const struct hpa_condition *a, const struct hpa_condition *b)
{
	return sv_eq(a->type, b->type) && sv_eq(a->status, b->status) &&
	       sv_eq(a->reason, b->reason) && sv_eq(a->message, b->message) &&
	       instant_wall_cmp(a->last_transition, b->last_transition) == 0 &&
	       opt_i64_eq(a->observed_generation, b->observed_generation);
}

static bool conditions_eq(const struct hpa_status *a, const struct hpa_status *b)
{
	if (a->n_conditions != b->n_conditions)
		return false;
	for (size_t i = 0; i < a->n_conditions; i++)
		if (!condition_eq(&a->conditions[i], &b->conditions[i]))
			return false;
	return true;
}

bool hpa_status_eq(const struct hpa_status *a, const struct hpa_status *b)
{
	if (a->current_replicas != b->current_replicas ||
		a->desired_replicas != b->desired_replicas)
		return false;
	if (a->has_last_scale_time != b->has_last_scale_time ||
		(a->has_last_scale_time &&
			instant_wall_cmp(a->last_scale_time, b->last_scale_time) != 0))
		return false;
	return opt_i64_eq(a->observed_generation, b->observed_generation) && metrics_eq(a, b) &&
	       conditions_eq(a, b) && own_kind_status_eq(a->own, b->own);
}

/* The same metrics, whatever their values. */
static bool same_metrics(const struct hpa_status *a, const struct hpa_status *b)
{
	if (a->n_current_metrics != b->n_current_metrics)
		return false;
	for (size_t i = 0; i < a->n_current_metrics; i++) {
		const struct hpa_metric_status *x = &a->current_metrics[i],
					       *y = &b->current_metrics[i];
		if (!sv_eq(x->type, y->type))
			return false;
		for (size_t kind = 0; kind < HPA_N_METRIC_KINDS; kind++) {
			const struct hpa_current *p = x->member[kind], *q = y->member[kind];
			if (!p != !q)
				return false;
			if (p && !(sv_eq(p->metric, q->metric) && sv_eq(p->resource, q->resource) &&
					 sv_eq(p->container, q->container)))
				return false;
		}
	}
	return true;
}

/* How many pods report just now is a value, too: DecreaseBlocked tells it in its message. */
static bool conditions_eq_but_values(const struct hpa_status *a, const struct hpa_status *b)
{
	if (a->n_conditions != b->n_conditions)
		return false;
	for (size_t i = 0; i < a->n_conditions; i++) {
		struct hpa_condition x = a->conditions[i], y = b->conditions[i];
		if (sv_is(x.type, "DecreaseBlocked"))
			x.message = y.message = SV_NULL;
		if (!condition_eq(&x, &y))
			return false;
	}
	return true;
}

bool hpa_status_eq_but_values(const struct hpa_status *a, const struct hpa_status *b)
{
	struct hpa_status x = *a, y = *b;

	if (!same_metrics(a, b) || !conditions_eq_but_values(a, b))
		return false;
	x.n_current_metrics = y.n_current_metrics = 0;
	x.n_conditions = y.n_conditions = 0;
	x.own = y.own = NULL;
	return hpa_status_eq(&x, &y);
}
