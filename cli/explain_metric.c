/* Pods are grouped by the rule that counted them; few are named one by one, many by their lowest and highest value, so that a screen holds any number. */
#include "cli/explain_metric.h"

#include "cli/plan_words.h"

/* Pods that are named one by one. */
#define MAX_NAMED 4

static size_t count(const struct pods_groups *groups, int reason)
{
	size_t n = 0;

	for (size_t i = 0; groups->reasons && i < groups->pods.n; i++)
		n += groups->reasons[i] == (uint8_t)reason;
	return n;
}

/* A pod's value: in percent of its own request where that is what counts. */
static void put_value(
	struct buf *out, const struct hpa_metric *m, const struct recommendation *r, size_t pod)
{
	int64_t milli = r->groups.samples[pod]->milli;

	if (r->requests_milli && r->requests_milli[pod] > 0)
		buf_printf(out, "%.0f%%", (double)milli / (double)r->requests_milli[pod] * 100);
	else
		plan_words_amount(out, m, milli);
}

static void put_pod(
	struct buf *out, const struct hpa_metric *m, const struct recommendation *r, size_t pod)
{
	buf_put_sv(out, r->groups.pods.at[pod]->name);
	if (!r->groups.samples[pod])
		return;
	buf_put_char(out, ' ');
	put_value(out, m, r, pod);
}

static void put_extremes(
	struct buf *out, const struct hpa_metric *m, const struct recommendation *r, int reason)
{
	const struct pods_groups *groups = &r->groups;
	size_t low = SIZE_MAX, high = SIZE_MAX, first = SIZE_MAX;

	for (size_t i = 0; i < groups->pods.n; i++) {
		if (groups->reasons[i] != (uint8_t)reason)
			continue;
		if (first == SIZE_MAX)
			first = i;
		if (!groups->samples[i])
			continue;
		if (low == SIZE_MAX || groups->samples[i]->milli < groups->samples[low]->milli)
			low = i;
		if (high == SIZE_MAX || groups->samples[i]->milli > groups->samples[high]->milli)
			high = i;
	}
	if (low == SIZE_MAX) {
		put_pod(out, m, r, first);
		buf_put_str(out, " ...");
		return;
	}
	if (groups->samples[low]->milli == groups->samples[high]->milli) {
		buf_put_str(out, "each ");
		put_value(out, m, r, low);
		return;
	}
	buf_put_str(out, "lowest ");
	put_pod(out, m, r, low);
	buf_put_str(out, ", highest ");
	put_pod(out, m, r, high);
}

static void put_pods(
	struct buf *out, const struct hpa_metric *m, const struct recommendation *r, int reason)
{
	const char *comma = "";

	if (count(&r->groups, reason) > MAX_NAMED) {
		put_extremes(out, m, r, reason);
		return;
	}
	for (size_t i = 0; i < r->groups.pods.n; i++) {
		if (r->groups.reasons[i] != (uint8_t)reason)
			continue;
		buf_put_str(out, comma);
		put_pod(out, m, r, i);
		comma = ", ";
	}
}

/* What becomes of pods whose sample is not used. */
static const char *treatment(
	enum pods_reason reason, const struct hpa_metric *m, const struct calculation *c)
{
	bool up = c->ratio > 1, down = c->ratio < 1;

	switch (pods_class_of(reason)) {
	case PODS_UNREADY:
		return up ? "taken to use nothing while scaling up" : "left out";
	case PODS_MISSING:
		if (up)
			return "taken to use nothing";
		if (down)
			return plan_words_is_percent(m) ? "taken to use all they request"
							: "taken to use just the target";
		return "left out";
	case PODS_IGNORED:
		return "left out";
	case PODS_READY:
		break;
	}
	return NULL;
}

static void print_pods(struct buf *out, const struct hpa_metric *m, const struct recommendation *r)
{
	for (int reason = PODS_N_REASONS - 1; reason >= 0; reason--) {
		size_t n = count(&r->groups, reason);
		const char *how = treatment((enum pods_reason)reason, m, &r->calculation);
		if (n == 0)
			continue;
		buf_printf(
			out, "  pods       %zu %s", n, pods_reason_text((enum pods_reason)reason));
		if (how)
			buf_printf(out, ", %s", how);
		buf_put_str(out, ": ");
		put_pods(out, m, r, reason);
		buf_put_char(out, '\n');
	}
	if (r->groups.n_strays > 0)
		buf_printf(out, "  pods       %zu samples of pods that are not the target's\n",
			r->groups.n_strays);
}

static void print_sum(struct buf *out, const struct source_view *view, size_t metric)
{
	const struct hpa_metric *m = &view->hpa->spec.metrics[metric];
	const struct recommendation *r = &view->pass->proposal.recommendations[metric];
	const struct calculation *c = &r->calculation;
	const struct reading *reading = &view->pass->readings[metric];
	size_t n = r->groups.n_values + (r->requests_milli ? 0 : r->groups.n_strays);

	buf_put_str(out, "  sum        ");
	if (view->course && r->requests_milli) {
		plan_words_value(out, m, c);
		buf_printf(out, " over %zu pod%s\n", n, n == 1 ? "" : "s");
		return;
	}
	plan_words_amount(out, m, c->total_milli);
	if (r->groups.reasons) {
		buf_printf(out, " over %zu pod%s", n, n == 1 ? "" : "s");
		if (r->requests_milli) {
			buf_put_str(out, ", which request ");
			plan_words_amount(out, m, c->request_milli);
		}
		buf_put_str(out, ": ");
		plan_words_value(out, m, c);
	} else if (reading->n_values > 1) {
		buf_printf(out, " of %zu series", reading->n_values);
	}
	buf_put_char(out, '\n');
}

static void print_ratio(struct buf *out, const struct source_view *view, size_t metric)
{
	const struct hpa_metric *m = &view->hpa->spec.metrics[metric];
	const struct calculation *c = &view->pass->proposal.recommendations[metric].calculation;
	const struct calculate_tolerance t = recommend_tolerance(view->settings, &view->hpa->spec);
	double last = plan_words_last_ratio(c);

	buf_put_str(out, "  ratio      ");
	plan_words_value(out, m, c);
	buf_put_str(out, " / target ");
	plan_words_target(out, m);
	buf_put_str(out, " = x");
	plan_words_ratio(out, c->ratio);
	if (c->n_filled > 0) {
		buf_printf(out, "; with %zu pod%s filled in x", c->n_filled,
			c->n_filled == 1 ? "" : "s");
		plan_words_ratio(out, c->filled_ratio);
	}
	buf_printf(out, ", %s the tolerance ", calculate_within(&t, last) ? "within" : "outside");
	plan_words_number(out, 1 - t.down);
	buf_put_str(out, "..");
	plan_words_number(out, 1 + t.up);
	buf_put_char(out, '\n');
}

static void print_proposal(struct buf *out, const struct source_view *view, size_t metric,
	const struct explain_style *s)
{
	const struct hpa_metric *m = &view->hpa->spec.metrics[metric];
	const struct proposal *p = &view->pass->proposal;
	const struct recommendation *r = &p->recommendations[metric];
	const struct calculation *c = &r->calculation;
	bool scaled = c->path == CALCULATE_SCALED || c->path == CALCULATE_FILLED;
	bool external = !hpa_metric_is_per_pod(m);
	bool held = metric < p->guards.n && p->guards.at[metric].by != GUARD_NONE;
	int32_t replicas = held ? p->guards.at[metric].computed : r->replicas;

	buf_put_str(out, "  proposal   ");
	if (scaled && external && !plan_words_is_total(m)) {
		buf_put_str(out, "ceil(");
		plan_words_amount(out, m, c->total_milli);
		buf_put_str(out, " / ");
		plan_words_target(out, m);
		buf_put_str(out, ") = ");
	} else if (scaled) {
		buf_put_str(out, "ceil(");
		plan_words_ratio(out, plan_words_last_ratio(c));
		buf_printf(out, " x %zu pod%s) = ", c->n_pods, c->n_pods == 1 ? "" : "s");
	}
	buf_printf(out, "%s%d%s%s%s\n", s->bold, (int)replicas, s->off, plan_words_path(c->path),
		p->picked.ok && p->picked.winner == metric ? "   decides" : "");
}

void explain_metric_print(struct buf *out, const struct source_view *view, size_t metric,
	const struct explain_style *s)
{
	const struct hpa_metric *m = &view->hpa->spec.metrics[metric];
	const struct recommendation *r = &view->pass->proposal.recommendations[metric];

	buf_printf(out, "%smetric %zu%s     ", s->bold, metric + 1, s->off);
	plan_words_metric(out, m);
	buf_put_str(out, ", target ");
	plan_words_target(out, m);
	buf_put_str(out, plan_words_is_percent(m) ? " of requests\n"
			 : plan_words_is_total(m) ? " in all\n"
						  : " per pod\n");
	print_pods(out, m, r);
	if (!r->ok) {
		buf_printf(out, "  %sfailed%s     %.*s\n", s->bad, s->off, SV_ARG(r->inner));
		return;
	}
	print_sum(out, view, metric);
	print_ratio(out, view, metric);
	print_proposal(out, view, metric, s);
}
