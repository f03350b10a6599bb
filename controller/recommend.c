/* One metric's proposal. This file decides which calculation applies and says in the reference's
 * words why one failed; the arithmetic is calculate.c's. A metric fails as a whole: there is no
 * proposal next to an error. */
#include "controller/recommend.h"

#include "controller/demand.h"
#include "controller/readings.h"
#include "controller/words.h"

struct work {
	struct arena *a;
	const struct recommend_input *in;
	const struct hpa_metric *metric;
	const struct hpa_source *source;
	const struct ask_question *question;
	const struct reading *reading;
	struct recommendation *out;
	struct error *err;
};

struct calculate_tolerance recommend_tolerance(
	const struct settings *settings, const struct hpa_spec *spec)
{
	struct calculate_tolerance t = { settings->tolerance, settings->tolerance };
	if (!spec->behavior || !settings->configurable_tolerance)
		return t;
	if (spec->behavior->scale_down && spec->behavior->scale_down->tolerance.set)
		t.down = quantity_approx(&spec->behavior->scale_down->tolerance.value);
	if (spec->behavior->scale_up && spec->behavior->scale_up->tolerance.set)
		t.up = quantity_approx(&spec->behavior->scale_up->tolerance.value);
	return t;
}

/* A target in thousandths; 0, which safe arithmetic refuses, where it does not fit. */
static int64_t target_milli(const struct work *w, const struct quantity *q)
{
	int64_t milli = 0;
	if (w->in->settings->arithmetic == ARITH_STRICT)
		return quantity_milli(q);
	return quantity_milli_checked(q, &milli) ? milli : 0;
}

static struct calculate_input calculate_input(const struct work *w)
{
	return (struct calculate_input){
		.current = w->in->scale->replicas,
		.tolerance = w->in->tolerance,
		.mode = w->in->settings->arithmetic,
	};
}

static const char *problem_text(enum calculate_problem problem)
{
	switch (problem) {
	case CALCULATE_NO_PODS:
		return "no pods returned by selector while calculating replica count";
	case CALCULATE_NO_METRICS:
		return "did not receive metrics for targeted pods (pods might be unready)";
	case CALCULATE_NO_REQUESTS:
		return "no metrics returned matched known pods";
	case CALCULATE_BAD_TARGET:
		return "the target is zero, negative or too large to compute with";
	case CALCULATE_OUT_OF_RANGE:
		return "the metric's values are too large to compute with";
	case CALCULATE_NEGATIVE_SUM:
		return "the sum of the metric's values is negative";
	case CALCULATE_OK:
		break;
	}
	return "";
}

/* Closes the metric with its texts. */
static enum error_kind fail(struct work *w, const char *reason, struct sv inner, struct sv outer)
{
	if (!inner.ptr || !outer.ptr)
		return arena_error(w->a, w->err);
	w->out->reason = reason;
	w->out->inner = inner;
	w->out->outer = outer;
	return ERR_OK;
}

static enum error_kind succeed(struct work *w, int32_t replicas, const struct hpa_current *current)
{
	struct hpa_current *kept = ARENA_NEW(w->a, struct hpa_current);
	if (!kept)
		return arena_error(w->a, w->err);
	*kept = *current;
	w->out->ok = true;
	w->out->replicas = replicas;
	w->out->status =
		(struct hpa_metric_status){ .type = w->metric->type, .kind = w->metric->kind };
	w->out->status.member[w->metric->kind] = kept;
	return ERR_OK;
}

static struct opt_quantity milli_quantity(int64_t milli, enum quantity_format format)
{
	return opt_quantity_of(quantity_from_milli(milli, format));
}

/* Metrics of pods with numbers to sort pods by. */
static bool is_per_pod(const struct hpa_metric *metric, const struct ask_question *question,
	const struct reading *reading)
{
	return hpa_metric_is_per_pod(metric) && metric->member[metric->kind] &&
	       question->state == ASK_REQUEST && reading->kind == READING_VALUE;
}

enum error_kind recommend_classify(struct arena *a, const struct recommend_input *in,
	const struct hpa_metric *metric, const struct ask_question *question,
	const struct reading *reading, struct pods_groups *ret, struct error *err)
{
	if (!is_per_pod(metric, question, reading) || in->pods->n == 0)
		return ERR_OK;
	struct pods_query query = {
		.is_cpu = metric->kind != HPA_METRIC_PODS &&
			  sv_is(metric->member[metric->kind]->resource, "cpu"),
		.now = in->now,
		.cpu_initialization_ns = in->settings->cpu_initialization_ns,
		.readiness_delay_ns = in->settings->readiness_delay_ns,
	};
	return pods_classify(a, in->pods, reading, &query, ret, err);
}

/* Nothing to compute an average of? */
static enum calculate_problem groups_problem(const struct work *w)
{
	if (w->in->pods->n == 0)
		return CALCULATE_NO_PODS;
	return w->out->groups.n_values + w->out->groups.n_strays == 0 ? CALCULATE_NO_METRICS
								      : CALCULATE_OK;
}

/* Requests of all pods, ignored and finished ones included; the first pod without one ends the
 * metric: *ret_problem says why. */
static enum error_kind collect_requests(
	struct work *w, const struct demand_query *query, struct sv *ret_problem)
{
	const struct pod_set *pods = w->in->pods;
	int64_t *requests = ARENA_ARRAY(w->a, pods->n, int64_t);
	if (!requests)
		return arena_error(w->a, w->err);
	for (size_t i = 0; i < pods->n; i++) {
		struct demand demand = demand_compute(pods->at[i], query);
		if (demand.problem != DEMAND_OK) {
			*ret_problem = demand_explain(w->a, pods->at[i], query, &demand);
			return ret_problem->ptr ? ERR_OK : arena_error(w->a, w->err);
		}
		requests[i] = demand.request_milli;
	}
	w->out->requests_milli = requests;
	return ERR_OK;
}

static enum error_kind fail_resource(struct work *w, struct sv why)
{
	const struct hpa_source *s = w->source;
	bool of_container = w->metric->kind == HPA_METRIC_CONTAINER_RESOURCE;
	struct sv inner = why, outer;
	if (w->question->state != ASK_INVALID)
		inner = WORDS(w->a, SV("failed to get "), s->resource,
			s->target.average_value.set ? SV(" usage: ") : SV(" utilization: "), why);
	if (of_container)
		outer = WORDS(w->a, SV("failed to get "), s->container,
			SV(" container metric value: "), inner);
	else
		outer = WORDS(w->a, SV("failed to get "), s->resource,
			SV(" resource metric value: "), inner);
	return fail(w,
		of_container ? "FailedGetContainerResourceMetric" : "FailedGetResourceMetric",
		inner, outer);
}

/* Utilization: ERR_OK with the problem's text in *ret_problem when the metric fails before the
 * calculation. */
static enum error_kind calculate_percent(struct work *w, struct sv *ret_problem)
{
	struct calculate_input in = calculate_input(w);
	struct demand_query query = {
		.resource = w->source->resource,
		.container = w->metric->kind == HPA_METRIC_CONTAINER_RESOURCE ? w->source->container
									      : SV_NULL,
		.pod_level_resources = w->in->settings->pod_level_resources,
		.mode = in.mode,
	};
	if (collect_requests(w, &query, ret_problem))
		return w->err->kind;
	if (!ret_problem->ptr)
		w->out->calculation = calculate_utilization(&in, &w->out->groups,
			w->out->requests_milli, w->source->target.average_utilization.value);
	return ERR_OK;
}

static enum error_kind recommend_resource(struct work *w)
{
	const struct hpa_source *s = w->source;
	struct calculate_input in = calculate_input(w);
	struct calculation *calculation = &w->out->calculation;
	struct sv problem = SV_NULL;

	if (w->question->state == ASK_INVALID)
		return fail_resource(w, w->question->why);
	if (w->reading->kind != READING_VALUE)
		return fail_resource(w, WORDS(w->a, SV("unable to get metrics for resource "),
						s->resource, SV(": "), w->reading->why));
	calculation->problem = groups_problem(w);
	if (calculation->problem == CALCULATE_OK && s->target.average_value.set) {
		w->out->target_milli = target_milli(w, &s->target.average_value.value);
		*calculation = calculate_average(&in, &w->out->groups, w->out->target_milli);
	} else if (calculation->problem == CALCULATE_OK && calculate_percent(w, &problem)) {
		return w->err->kind;
	}
	if (problem.ptr)
		return fail_resource(w, problem);
	if (calculation->problem != CALCULATE_OK)
		return fail_resource(w, sv_of(problem_text(calculation->problem)));

	enum quantity_format format =
		sv_is(s->resource, "memory") ? QUANTITY_BINARY_SI : QUANTITY_DECIMAL_SI;
	struct hpa_current current = {
		.resource = s->resource,
		.container = s->container,
		.average_value = milli_quantity(calculation->usage_milli, format),
	};
	if (!s->target.average_value.set)
		current.average_utilization = opt_i32_of(calculation->utilization);
	return succeed(w, calculation->replicas, &current);
}

static enum error_kind fail_pods(struct work *w, struct sv inner)
{
	return fail(w, "FailedGetPodsMetric", inner,
		WORDS(w->a, SV("failed to get pods metric value: "), inner));
}

static enum error_kind recommend_pods(struct work *w)
{
	const struct hpa_source *s = w->source;
	struct calculate_input in = calculate_input(w);
	struct calculation *calculation = &w->out->calculation;

	if (w->question->state == ASK_INVALID)
		return fail_pods(w, w->question->why);
	if (w->reading->kind != READING_VALUE)
		return fail_pods(w, WORDS(w->a, SV("unable to get metric "), s->metric, SV(": "),
					    w->reading->why));
	calculation->problem = groups_problem(w);
	if (calculation->problem == CALCULATE_OK) {
		w->out->target_milli = target_milli(w, &s->target.average_value.value);
		*calculation = calculate_average(&in, &w->out->groups, w->out->target_milli);
	}
	if (calculation->problem != CALCULATE_OK)
		return fail_pods(w, sv_of(problem_text(calculation->problem)));

	struct hpa_current current = {
		.metric = s->metric,
		.selector = s->selector,
		.average_value = milli_quantity(calculation->usage_milli, QUANTITY_DECIMAL_SI),
	};
	return succeed(w, calculation->replicas, &current);
}

/* Object and External, once the usage is known. */
static void calculate_total(struct work *w, int64_t usage_milli, bool average, bool external)
{
	struct calculate_input in = calculate_input(w);
	const struct hpa_target *t = &w->source->target;
	w->out->target_milli = target_milli(w, average ? &t->average_value.value : &t->value.value);
	if (!average) {
		w->out->calculation =
			calculate_value(&in, w->in->pods, usage_milli, w->out->target_milli);
		return;
	}
	struct calculate_per_replica q = {
		.usage_milli = usage_milli,
		.target_milli = w->out->target_milli,
		.status_replicas = w->in->scale->status_replicas,
		.external = external,
	};
	w->out->calculation = calculate_per_replica_average(&in, &q);
}

static struct sv total_problem(struct work *w)
{
	enum calculate_problem problem = w->out->calculation.problem;
	struct sv text = sv_of(problem_text(problem));
	if (problem == CALCULATE_NO_PODS)
		return WORDS(w->a, SV("unable to calculate ready pods: "), text);
	return text;
}

static struct hpa_current total_current(const struct work *w, bool average)
{
	struct opt_quantity usage =
		milli_quantity(w->out->calculation.usage_milli, QUANTITY_DECIMAL_SI);
	struct hpa_current current = {
		.described = w->source->described,
		.metric = w->source->metric,
		.selector = w->source->selector,
	};
	if (average)
		current.average_value = usage;
	else
		current.value = usage;
	return current;
}

static enum error_kind fail_object(struct work *w, struct sv inner, bool average)
{
	struct sv outer = SV("failed to get object metric value: ");
	if (average && w->question->state != ASK_INVALID)
		outer = WORDS(w->a, outer, SV("failed to get "), w->source->metric,
			SV(" object metric: "), inner);
	else
		outer = WORDS(w->a, outer, inner);
	return fail(w, "FailedGetObjectMetric", inner, outer);
}

static enum error_kind recommend_object(struct work *w)
{
	const struct hpa_source *s = w->source;
	bool average = !(sv_is(s->target.type, "Value") && s->target.value.set);

	if (w->question->state == ASK_INVALID)
		return fail_object(w, w->question->why, average);
	if (w->reading->kind != READING_VALUE)
		return fail_object(w,
			WORDS(w->a, SV("unable to get metric "), s->metric, SV(": "),
				s->described.kind, SV(" on "), w->in->hpa->meta.ns, SV(" "),
				s->described.name, SV("/"), w->reading->why),
			average);
	calculate_total(w, w->reading->values[0], average, false);
	if (w->out->calculation.problem != CALCULATE_OK)
		return fail_object(w, total_problem(w), average);
	struct hpa_current current = total_current(w, average);
	return succeed(w, w->out->calculation.replicas, &current);
}

static enum error_kind fail_external(struct work *w, struct sv inner)
{
	const struct hpa_target *t = &w->source->target;
	struct sv metric = w->source->metric;
	struct sv outer = WORDS(w->a, SV("failed to get "), metric, SV(" external metric value: "));
	if (t->average_value.set)
		outer = WORDS(
			w->a, outer, SV("failed to get "), metric, SV(" external metric: "), inner);
	else if (t->value.set)
		outer = WORDS(
			w->a, outer, SV("failed to get external metric "), metric, SV(": "), inner);
	else
		outer = WORDS(w->a, outer, inner);
	return fail(w, "FailedGetExternalMetric", inner, outer);
}

static enum error_kind recommend_external(struct work *w)
{
	const struct hpa_source *s = w->source;
	bool average = s->target.average_value.set;
	enum arith_mode mode = w->in->settings->arithmetic;

	if (w->question->state == ASK_INVALID)
		return fail_external(w, w->question->why);
	if (w->reading->kind != READING_VALUE) {
		struct sv selector = words_selector(w->a, s->selector);
		return fail_external(w,
			WORDS(w->a, SV("unable to get external metric "), w->in->hpa->meta.ns,
				SV("/"), s->metric, SV("/"), selector, SV(": "), w->reading->why));
	}
	struct calculation sum =
		average ? calculate_external_average(w->reading->values, w->reading->n_values, mode)
			: calculate_external_value(w->reading->values, w->reading->n_values, mode);
	w->out->calculation = sum;
	if (sum.problem == CALCULATE_OK)
		calculate_total(w, sum.total_milli, average, true);
	if (w->out->calculation.problem != CALCULATE_OK)
		return fail_external(w, total_problem(w));
	struct hpa_current current = total_current(w, average);
	return succeed(w, w->out->calculation.replicas, &current);
}

static enum error_kind fail_prometheus(struct work *w, struct sv inner)
{
	return fail(w, "FailedGetPrometheusMetric", inner,
		WORDS(w->a, SV("failed to get prometheus metric value: "), inner));
}

/* One row a pod, with the rules of Pods metrics. */
static enum error_kind prometheus_per_pod(struct work *w)
{
	struct calculate_input in = calculate_input(w);
	struct calculation *calculation = &w->out->calculation;

	calculation->problem = groups_problem(w);
	if (calculation->problem == CALCULATE_OK) {
		w->out->target_milli = target_milli(w, &w->source->target.average_value.value);
		*calculation = calculate_average(&in, &w->out->groups, w->out->target_milli);
	}
	if (calculation->problem != CALCULATE_OK)
		return fail_prometheus(w, sv_of(problem_text(calculation->problem)));
	struct hpa_current current = total_current(w, true);
	return succeed(w, calculation->replicas, &current);
}

/* Asleep, and not worth waking up for. */
static bool stays_asleep(const struct work *w, int64_t value_milli)
{
	const struct opt_quantity *activation = &w->metric->prometheus->activation_value;

	return w->in->scale->replicas == 0 && activation->set &&
	       value_milli <= target_milli(w, &activation->value);
}

/* One number, with the rules of External metrics. */
static enum error_kind prometheus_total(struct work *w)
{
	bool average = w->source->target.average_value.set;
	int64_t value_milli = w->reading->values[0];

	if (stays_asleep(w, value_milli)) {
		w->out->calculation.total_milli = w->out->calculation.usage_milli = value_milli;
	} else {
		calculate_total(w, value_milli, average, true);
		w->out->calculation.total_milli = value_milli;
	}
	if (w->out->calculation.problem != CALCULATE_OK)
		return fail_prometheus(w, total_problem(w));
	struct hpa_current current = total_current(w, average);
	return succeed(w, w->out->calculation.replicas, &current);
}

static enum error_kind recommend_prometheus(struct work *w)
{
	const struct hpa_target *t = &w->source->target;
	bool per_pod = hpa_metric_is_per_pod(w->metric);

	if (w->question->state == ASK_INVALID)
		return fail_prometheus(w, w->question->why);
	if (!t->average_value.set && (per_pod || !t->value.set))
		return fail_prometheus(w, per_pod ? SV("podLabel needs a target averageValue")
						  : SV("neither a target value nor an averageValue "
						       "is set"));
	if (w->reading->kind != READING_VALUE)
		return fail_prometheus(w, WORDS(w->a, SV("unable to get prometheus metric "),
						  w->source->metric, SV(": "), w->reading->why));
	if (per_pod)
		return prometheus_per_pod(w);
	if (w->reading->n_values != 1)
		return fail_prometheus(w, SV("the query gives no single number"));
	return prometheus_total(w);
}

enum error_kind recommend_compute(struct arena *a, const struct recommend_input *in,
	const struct hpa_metric *metric, const struct ask_question *question,
	const struct reading *reading, struct recommendation *ret, struct error *err)
{
	struct recommendation out = { .groups = ret->groups };
	struct reading refused;
	struct work w = { a, in, metric, NULL, question, reading, &out, err };
	enum error_kind kind = ERR_OK;

	w.source = hpa_metric_source(metric);
	if (!w.source) {
		out.spec_error = true;
		kind = fail(&w, "InvalidMetricSourceType", question->why, question->why);
		*ret = out;
		return kind;
	}
	if (question->state == ASK_FAILED) {
		if (readings_fail(a, metric->kind, question->why, &refused, err))
			return err->kind;
		w.reading = &refused;
	}
	switch (metric->kind) {
	case HPA_METRIC_OBJECT:
		kind = recommend_object(&w);
		break;
	case HPA_METRIC_PODS:
		kind = recommend_pods(&w);
		break;
	case HPA_METRIC_RESOURCE:
	case HPA_METRIC_CONTAINER_RESOURCE:
		kind = recommend_resource(&w);
		break;
	case HPA_METRIC_EXTERNAL:
		kind = recommend_external(&w);
		break;
	case HPA_METRIC_PROMETHEUS:
		kind = recommend_prometheus(&w);
		break;
	case HPA_METRIC_UNKNOWN:
		break;
	}
	if (!kind)
		*ret = out;
	return kind;
}

struct sv recommend_name(struct arena *a, const struct hpa_metric *metric)
{
	const struct hpa_source *s = hpa_metric_source(metric);
	if (!s)
		return SV("");
	switch (metric->kind) {
	case HPA_METRIC_OBJECT:
		if (sv_is(s->target.type, "Value") && s->target.value.set)
			return WORDS(a, s->described.kind, SV(" metric "), s->metric);
		return WORDS(a, SV("external metric "), s->metric, SV("("),
			words_selector(a, s->selector), SV(")"));
	case HPA_METRIC_EXTERNAL:
		return WORDS(a, SV("external metric "), s->metric, SV("("),
			words_selector(a, s->selector), SV(")"));
	case HPA_METRIC_PODS:
		return WORDS(a, SV("pods metric "), s->metric);
	case HPA_METRIC_RESOURCE:
	case HPA_METRIC_CONTAINER_RESOURCE:
		if (s->target.average_value.set)
			return WORDS(a, s->resource, SV(" resource"));
		if (metric->kind == HPA_METRIC_RESOURCE)
			return WORDS(a, s->resource,
				SV(" resource utilization (percentage of request)"));
		return WORDS(a, s->resource,
			SV(" container resource utilization (percentage of request)"));
	case HPA_METRIC_PROMETHEUS:
		return WORDS(a, SV("prometheus metric "), s->metric);
	case HPA_METRIC_UNKNOWN:
		break;
	}
	return SV("");
}
