/* Suite hpa: recorded cases of the reference's controller. Each step is one pass of the real
 * machine in strict mode: real decoders, real request targets, the answers from the step; between
 * steps only the stored object and the history are kept.
 *
 * Suite hpa-default: the same cases without --compatibility=strict. A case counts up to the step
 * where a number leaves its range, which is where the two modes part. */
#include <inttypes.h>

#include "common/f64.h"
#include "common/jw.h"
#include "common/limits.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_encode.h"
#include "controller/pass.h"
#include "tests/conformance/conformance.h"
#include "tests/conformance/hpa_expect.h"
#include "tests/conformance/hpa_world.h"

struct running {
	struct conformance *c;
	struct settings settings;
	struct discovery *discovery;
	struct sv custom_version, custom_problem;
	const struct jtree *meta, *spec, *status; /* the stored object */
	struct history history;
	bool opaque, parted;
};

static int64_t number(const struct jtree *row, const char *key)
{
	int64_t value = 0;
	(void)jtree_i64(jtree_get(row, key), &value);
	return value;
}

static bool read_config(struct running *r, const struct jtree *config, enum arith_mode mode)
{
	const struct jtree *gates = jtree_get(config, "featureGates"),
			   *tolerance = jtree_get(config, "tolerance");
	r->settings = SETTINGS_DEFAULT;
	if (!tolerance || f64_parse(tolerance->text, &r->settings.tolerance) != F64_OK)
		return conformance_fail(r->c, "config.tolerance is no number");
	r->settings.downscale_stabilization_ns =
		number(config, "downscaleStabilizationSeconds") * NS_PER_SEC;
	r->settings.cpu_initialization_ns =
		number(config, "cpuInitializationPeriodSeconds") * NS_PER_SEC;
	r->settings.readiness_delay_ns =
		number(config, "initialReadinessDelaySeconds") * NS_PER_SEC;
	r->settings.scale_to_zero = conformance_flag(gates, "HPAScaleToZero");
	r->settings.configurable_tolerance = conformance_flag(gates, "HPAConfigurableTolerance");
	r->settings.pod_level_resources = conformance_flag(gates, "PodLevelResources");
	r->settings.arithmetic = mode;
	/* Recorded behind the scale client: selectors arrive as they are. */
	r->settings.normalise_selector = false;
	r->discovery = hpa_world_discovery(r->c, conformance_text(config, "customMetricsVersion"));
	if (!r->discovery)
		return false;
	(void)ask_custom_version(r->discovery, &r->custom_version, &r->custom_problem);
	return true;
}

/* The stored object as the API server would send it. ptr NULL: c has failed. */
static struct sv stored_object(struct running *r)
{
	struct buf text;
	struct sv copy = SV_NULL;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	buf_put_str(&text, "{\"kind\":\"HorizontalPodAutoscaler\",\"apiVersion\":\"autoscaling/"
			   "v2\",\"metadata\":");
	jtree_print(&text, r->meta);
	buf_put_str(&text, ",\"spec\":");
	jtree_print(&text, r->spec);
	if (r->status) {
		buf_put_str(&text, ",\"status\":");
		jtree_print(&text, r->status);
	}
	buf_put_char(&text, '}');
	if (!text.failed)
		copy = arena_sv(r->c->a, buf_sv(&text));
	buf_done(&text);
	if (!copy.ptr)
		(void)conformance_fail(r->c, "the stored object does not fit");
	return copy;
}

struct step {
	struct running *r;
	struct hpa hpa;
	struct hpa_world world;
	struct pass pass;
	struct hpa_outcome outcome;
	struct jw requests, scale_requests;
	int64_t t, delayed_ns;
	struct error err;
};

static void log_scale_request(struct step *s, const char *method, const struct pass_want *want)
{
	const struct api_path *path = &want->path;
	struct buf line;
	buf_init(&line, LIMIT_OBJECT_BYTES);
	buf_printf(&line, "%s %.*s%s%.*s/%.*s/%.*s", method, SV_ARG(path->resource),
		path->group.len > 0 ? "." : "", SV_ARG(path->group), SV_ARG(path->namespace),
		SV_ARG(path->name));
	if (want->kind == PASS_WANT_PUT_SCALE)
		buf_printf(&line, " %" PRId32, want->replicas);
	jw_sv(&s->scale_requests, buf_sv(&line));
	buf_done(&line);
}

static enum error_kind put_scale(struct step *s, const struct pass_want *want)
{
	s->delayed_ns += want->delay_ns;
	struct pass_answer answer = hpa_world_put_scale(&s->world);
	answer.now = hpa_world_now(s->t, s->delayed_ns);
	log_scale_request(s, "PUT", want);
	if (!answer.failed) {
		s->outcome.scale_written = true;
		s->outcome.written = want->replicas;
	}
	return pass_answer_scale(&s->pass, &answer, &s->err);
}

static enum error_kind get_scale(struct step *s, const struct pass_want *want)
{
	struct pass_answer answer = hpa_world_get_scale(&s->world);
	answer.now = hpa_world_now(s->t, s->delayed_ns);
	log_scale_request(s, "GET", want);
	return pass_answer_scale(&s->pass, &answer, &s->err);
}

static enum error_kind give_pods(struct step *s, const struct pass_want *want)
{
	struct pod_set pods;
	if (pods_select(s->r->c->a, s->world.pods, s->world.n_pods, s->hpa.meta.ns, want->selector,
		    &pods, &s->err))
		return s->err.kind;
	return pass_answer_pods(&s->pass, &pods, s->world.peers, s->world.n_peers,
		hpa_world_now(s->t, s->delayed_ns), &s->err);
}

static enum error_kind give_readings(struct step *s, const struct pass_want *want)
{
	for (size_t i = 0; i < want->n_questions; i++) {
		const struct ask_question *q = &want->questions[i];
		if (q->state != ASK_REQUEST)
			continue;
		struct readings_answer answer = hpa_world_metric(&s->world, q);
		jw_sv(&s->requests, q->target);
		if (pass_answer_metric(&s->pass, i, &answer, &s->err))
			return s->err.kind;
	}
	return ERR_OK;
}

/* What the API server would store: the status in its JSON form. */
static const struct jtree *as_stored(struct step *s, const struct hpa_status *status)
{
	struct buf text;
	struct jw w;
	struct jtree *tree = NULL;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	jw_init(&w, &text);
	hpa_encode_status(&w, status);
	struct sv copy = arena_sv(s->r->c->a, buf_sv(&text));
	buf_done(&text);
	if (jtree_parse(s->r->c->a, copy, &tree, &s->err))
		(void)conformance_fail(s->r->c, "our own status is no JSON: %s", s->err.text);
	return tree;
}

static enum error_kind put_status(struct step *s, const struct pass_want *want)
{
	struct pass_answer answer = hpa_world_put_status(&s->world);
	answer.now = hpa_world_now(s->t, s->delayed_ns);
	s->outcome.status_written = true;
	s->outcome.status = as_stored(s, want->status);
	if (!answer.failed)
		s->r->status = s->outcome.status;
	return pass_answer_status(&s->pass, &answer, &s->err);
}

static enum error_kind run_pass(struct step *s)
{
	struct pass_want want = { .kind = PASS_WANT_NOTHING };
	for (;;) {
		enum error_kind kind = pass_next(&s->pass, &want, &s->err);
		if (kind)
			return kind;
		switch (want.kind) {
		case PASS_WANT_GET_SCALE:
			kind = get_scale(s, &want);
			break;
		case PASS_WANT_PUT_SCALE:
			kind = put_scale(s, &want);
			break;
		case PASS_WANT_PODS:
			kind = give_pods(s, &want);
			break;
		case PASS_WANT_READINGS:
			kind = give_readings(s, &want);
			break;
		case PASS_WANT_PUT_STATUS:
			kind = put_status(s, &want);
			break;
		case PASS_WANT_NOTHING:
			return ERR_OK;
		}
		if (kind)
			return kind;
	}
}

static bool holds(struct sv text, struct sv part)
{
	return sv_find_sv(text, part) < text.len;
}

/* Did safe arithmetic refuse a number in this pass? */
static bool refused_a_number(const struct conclusion *c)
{
	static const struct sv TEXTS[] = { SV("too large to compute with"),
		SV("the target is zero, negative or"), SV("the sum of the metric's values is") };
	bool refused = false;
	for (size_t i = 0; i < c->events.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(TEXTS); k++)
			refused |= holds(c->events.at[i].message, TEXTS[k]);
	return refused;
}

/* Was an average over no replica recorded, which is what the smallest integer stands for? */
static bool expects_no_average(const struct jtree *expect)
{
	struct buf text;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	jtree_print(&text, expect);
	bool found = holds(buf_sv(&text), SV("\"-9223372036854775808m\""));
	buf_done(&text);
	return found;
}

/* Do the modes part in this pass? See docs/deviations.md. */
static bool parts(const struct step *s, const struct jtree *expect)
{
	const struct limited *limited = &s->pass.proposal.limited;
	if (s->r->settings.arithmetic == ARITH_STRICT)
		return false;
	return refused_a_number(s->outcome.conclusion) || expects_no_average(expect) ||
	       (limited->has_rate && limited->rate == INT32_MAX);
}

static bool run_step_with(struct step *s, const struct jtree *row)
{
	struct running *r = s->r;
	struct sv object = stored_object(r);
	struct pass_input in = {
		.arena = r->c->a,
		.settings = &r->settings,
		.hpa = &s->hpa,
		.discovery = r->discovery,
		.custom_version = r->custom_version,
		.custom_problem = r->custom_problem,
		.history = &r->history,
	};
	if (!object.ptr || hpa_decode_stored(r->c->a, object, &s->hpa, &s->err))
		return conformance_fail(r->c, "hpa: %s", s->err.text);
	if (!hpa_world_enter(r->c, row, &s->world))
		return false;
	jw_array(&s->requests);
	jw_array(&s->scale_requests);
	s->outcome.status = r->status;
	pass_begin(&s->pass, &in, hpa_world_now(s->t, 0));
	if (run_pass(s))
		return conformance_fail(r->c, "t=%" PRId64 ": %s", s->t, s->err.text);
	jw_array_end(&s->requests);
	jw_array_end(&s->scale_requests);
	s->outcome.conclusion = pass_result(&s->pass);
	r->parted = parts(s, jtree_get(row, "expect"));
	return r->parted ||
	       hpa_expect_check(r->c, jtree_get(row, "expect"), &s->outcome, r->opaque, s->t);
}

static bool run_step(struct running *r, const struct jtree *row)
{
	struct step s = { .r = r, .t = number(row, "t") };
	if (conformance_flag(row, "restart"))
		history_clear(&r->history);
	if (jtree_get(row, "spec"))
		r->spec = jtree_get(row, "spec");
	buf_init(&s.outcome.requests, LIMIT_OBJECT_BYTES);
	buf_init(&s.outcome.scale_requests, LIMIT_OBJECT_BYTES);
	jw_init(&s.requests, &s.outcome.requests);
	jw_init(&s.scale_requests, &s.outcome.scale_requests);
	bool ok = run_step_with(&s, row);
	buf_done(&s.outcome.requests);
	buf_done(&s.outcome.scale_requests);
	return ok;
}

static void run(struct conformance *c, const struct jtree *row, enum arith_mode mode)
{
	const struct jtree *hpa = jtree_get(row, "hpa");
	struct running r = {
		.c = c,
		.meta = jtree_get(hpa, "metadata"),
		.spec = jtree_get(hpa, "spec"),
		.status = jtree_get(hpa, "status"),
		.opaque = conformance_flag(row, "opaqueText"),
	};
	if (!r.meta || !r.spec) {
		(void)conformance_fail(c, "hpa: expected metadata and spec");
		return;
	}
	if (!read_config(&r, jtree_get(row, "config"), mode))
		return;
	JTREE_FOREACH (step, jtree_get(row, "steps")) {
		if (!run_step(&r, step) || r.parted)
			break;
	}
	history_done(&r.history);
}

static void run_hpa(struct conformance *c, const struct jtree *row)
{
	run(c, row, ARITH_STRICT);
}

static void run_hpa_default(struct conformance *c, const struct jtree *row)
{
	run(c, row, ARITH_SAFE);
}

const struct suite suite_hpa[] = {
	{ "hpa", run_hpa },
	{ "hpa-default", run_hpa_default },
	{ 0 },
};
