/* Stage `record`, the part for people: conclusion -> log, events, self-metrics. */
#include "controller/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/fnv.h"
#include "common/log.h"
#include "controller/guard_observe.h"
#include "controller/live_metrics.h"
#include "controller/own_kind.h"
#include "controller/pass_metrics.h"

/* The log's name for the object: under the short name of its kind. */
static const char *label_of(const struct autoscaler *one)
{
	return one->kind == AUTOSCALER_OWN ? "fha" : "hpa";
}

void report_problem(struct report_memory *m, const struct autoscaler *one, struct sv text)
{
	char key[600], why[ERROR_TEXT_MAX];
	uint64_t hash = text.len == 0 ? 0 : fnv_text(FNV_START, text);

	if (hash == m->problem)
		return;
	m->problem = hash;
	(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(one->key));
	(void)snprintf(why, sizeof(why), "%.*s", SV_ARG(text));
	if (text.len > 0)
		log_event(LOG_WARN, "cannot decide", label_of(one), key, "error", why, NULL);
	else
		log_event(LOG_INFO, "decides again", label_of(one), key, NULL);
}

static void log_rescale(
	const struct autoscaler *one, const struct proposal *p, const struct drive_result *result)
{
	char key[600], from[16], to[16], reason[ERROR_TEXT_MAX];

	(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(one->key));
	(void)snprintf(from, sizeof(from), "%" PRId32, p->current);
	(void)snprintf(to, sizeof(to), "%" PRId32, p->desired);
	(void)snprintf(reason, sizeof(reason), "%.*s", SV_ARG(p->reason));
	if (result->scale_refused == GATE_OPEN)
		log_event(LOG_INFO, "scaled", label_of(one), key, "from", from, "to", to, "reason",
			reason, NULL);
	else
		log_event(LOG_INFO, "would scale", label_of(one), key, "from", from, "to", to,
			"reason", reason, "because", gate_reason_text(result->scale_refused), NULL);
}

static uint64_t hash_warnings(const struct decide_events *events)
{
	uint64_t hash = FNV_START;
	bool any = false;

	for (size_t i = 0; i < events->n; i++) {
		if (!events->at[i].warning)
			continue;
		hash = fnv_text(fnv_text(hash, events->at[i].reason), events->at[i].message);
		any = true;
	}
	return any ? hash : 0;
}

/* Whether the warnings were sent a moment ago already. */
static bool are_old_news(
	const struct report *r, struct report_memory *m, const struct decide_events *events)
{
	uint64_t hash = hash_warnings(events);
	struct mono now = instant_mono_now();

	if (hash != 0 && hash == m->events && now.ns - m->events_at.ns < r->event_repeat_ns)
		return true;
	m->events = hash;
	m->events_at = now;
	return false;
}

static void record_events(struct report *r, struct report_memory *m, const struct autoscaler *one,
	const struct drive_result *result)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(one->kind);
	const struct decide_events *events = &result->conclusion->events;
	bool old = are_old_news(r, m, events);

	for (size_t i = 0; i < events->n; i++) {
		const struct decide_event *e = &events->at[i];
		const struct event event = {
			.api_version = sv_of(names->api_version),
			.kind = sv_of(names->kind),
			.namespace = result->hpa->meta.ns,
			.name = result->hpa->meta.name,
			.uid = result->hpa->meta.uid,
			.resource_version = result->hpa->meta.resource_version,
			.type = e->warning ? SV("Warning") : SV("Normal"),
			.reason = e->reason,
			.message = e->message,
		};
		if (!e->warning || !old)
			events_record(r->events, &event);
	}
}

static void log_recording(struct report *r, const struct error *problem)
{
	if (problem && !r->recording_failed)
		log_event(LOG_WARN, "cannot record", "error", problem->text, NULL);
	if (!problem && r->recording_failed)
		log_event(LOG_INFO, "records again", NULL, NULL);
	r->recording_failed = problem != NULL;
}

/* Whether the object's target is ours to scale. */
static bool scales(const struct report *r, const struct autoscaler *one, const struct hpa *hpa)
{
	if (one->kind == AUTOSCALER_OWN)
		return hpa->spec.own && hpa->spec.own->mode == OWN_MODE_ACTIVE;
	return !r->compares;
}

/* A count that is not the one that we left: somebody set it. That is told by an event. */
static void notice_others(struct report *r, struct report_memory *m, const struct autoscaler *one,
	const struct drive_result *result)
{
	const struct pass *pass = result->pass;

	if (!r->authors || !pass || !pass->decided || !scales(r, one, result->hpa)) {
		m->expected = (struct opt_i32){ 0 };
		return;
	}
	int32_t current = pass->proposal.current;
	if (result->may_send_events && m->expected.set && m->expected.value != current) {
		const struct discovery_mapping *mapping = &pass->mappings[pass->mapping];
		const struct api_path path = { .group = mapping->group,
			.version = mapping->preferred,
			.namespace = result->hpa->meta.ns,
			.resource = mapping->resource,
			.name = result->hpa->spec.target.name };
		author_ask_start(r->authors, one, result->hpa, &path, m->expected.value, current);
	}
	bool written = result->conclusion->rescaled && result->scale_refused == GATE_OPEN;
	m->expected = opt_i32_of(written ? result->conclusion->desired : current);
}

static void compare(struct report *r, struct report_memory *m, const struct drive_result *result)
{
	const struct conclusion *c = result->conclusion;
	bool decided = result->pass && result->pass->decided && !c->failed &&
		       !result->pass->proposal.failed;

	if (decided)
		(void)divergence_compare(
			&m->divergence, &result->hpa->status, c->desired, instant_mono_now());
	else
		divergence_forget(&m->divergence);
	pass_metrics_set_divergence(
		r->metrics, result->hpa, m->divergence.compared, divergence_of(&m->divergence));
}

void report_pass(struct report *r, struct report_memory *m, const struct autoscaler *one,
	const struct drive_result *result, double seconds, bool send_events)
{
	const struct conclusion *conclusion = result->conclusion;

	if (!conclusion) {
		pass_metrics_observe_failure(r->metrics, seconds);
		report_problem(m, one,
			sv_of(result->failed ? result->failed->text
					     : "the pass came to no conclusion"));
		return;
	}
	pass_metrics_observe(r->metrics, result->hpa, conclusion,
		(struct pass_metrics_time){ seconds, (double)result->metrics_ns / 1e9 });
	for (size_t i = 0; i < conclusion->events.n; i++)
		if (conclusion->events.at[i].warning)
			live_metrics_count_failure(r->metrics, conclusion->events.at[i].reason);
	if (r->mass && result->pass && result->pass->decided)
		guard_observe(r->mass, r->metrics, result->hpa, &result->pass->proposal);
	if (r->compares && one->kind == AUTOSCALER_NATIVE)
		compare(r, m, result);
	notice_others(r, m, one, result);
	log_recording(r, result->not_recorded);
	if (send_events)
		record_events(r, m, one, result);
	if (conclusion->rescaled)
		log_rescale(one, &result->pass->proposal, result);
	report_problem(m, one, conclusion->error);
}
