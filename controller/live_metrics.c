/* Set from the parts' own counters now and then, so that the parts need not know of self-metrics. */
#include "controller/live_metrics.h"

#include <stdio.h>

#define PREFIX "flyball_controller_"
#define SAVED PREFIX "requests_saved_total"

static const char *const SAVED_LABELS[] = { "by", NULL };
static const char *const FAILURE_LABELS[] = { "reason", NULL };
static const char *const PASS_LABELS[] = { "state", NULL };
static const char *const EVENT_LABELS[] = { "result", NULL };

enum error_kind live_metrics_declare(struct selfmetrics *m, struct error *err)
{
	const struct {
		enum selfmetrics_kind kind;
		const char *name, *help;
		const char *const *labels;
	} families[] = {
		{ SELFMETRICS_GAUGE, PREFIX "queue_depth",
			"Objects that are due and wait for a free pass.", NULL },
		{ SELFMETRICS_GAUGE, PREFIX "passes",
			"Passes under way; slow ones take longer than a second.", PASS_LABELS },
		{ SELFMETRICS_GAUGE, PREFIX "pods", "Pods that are known.", NULL },
		{ SELFMETRICS_GAUGE, PREFIX "decisions_bytes",
			"Bytes of the last decisions that are kept.", NULL },
		{ SELFMETRICS_GAUGE, PREFIX "scale_targets",
			"Targets whose scale is known from a watch.", NULL },
		{ SELFMETRICS_COUNTER, PREFIX "shared_metric_requests_total",
			"Requests to metrics APIs whose answer served several objects.", NULL },
		{ SELFMETRICS_COUNTER, SAVED,
			"Requests that were not needed, by what made them so: a watch that knew "
			"the scale, an answer that several objects shared, a status left to a "
			"later pass.",
			SAVED_LABELS },
		{ SELFMETRICS_COUNTER, PREFIX "events_total",
			"Events by what became of them: sent; too many about one object; dropped, "
			"for more are waiting than may; refused by the API server.",
			EVENT_LABELS },
		{ SELFMETRICS_GAUGE, PREFIX "events_queued",
			"Events that wait to be sent, longer while the API server puts writes off.",
			NULL },
		{ SELFMETRICS_COUNTER, PREFIX "failures_total",
			"Failures that passes told of, by their reason.", FAILURE_LABELS },
	};

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (selfmetrics_declare(m, families[i].kind, families[i].name, families[i].help,
			    families[i].labels, NULL, 0, err) != ERR_OK)
			return err->kind;
	return ERR_OK;
}

static void set_with(struct selfmetrics *m, const char *name, const char *value, double number)
{
	const char *const values[] = { value, NULL };
	selfmetrics_set(m, name, values, number);
}

void live_metrics_set(struct selfmetrics *m, const struct live_metrics_facts *facts)
{
	const struct metric_share_stats *share = &facts->share;
	uint64_t shared =
		share->n_answered > share->n_requests ? share->n_answered - share->n_requests : 0;

	selfmetrics_set(m, PREFIX "queue_depth", NULL, (double)facts->depth.n_ready);
	set_with(m, PREFIX "passes", "running", (double)facts->depth.n_running);
	set_with(m, PREFIX "passes", "slow", (double)facts->depth.n_slow);
	selfmetrics_set(m, PREFIX "pods", NULL, (double)facts->n_pods);
	selfmetrics_set(m, PREFIX "decisions_bytes", NULL, (double)facts->decisions_bytes);
	selfmetrics_set(m, PREFIX "scale_targets", NULL, (double)facts->scales.n_targets);
	selfmetrics_set(m, PREFIX "shared_metric_requests_total", NULL, (double)share->n_requests);
	set_with(m, SAVED, "scale_watch", (double)facts->scales.n_known);
	set_with(m, SAVED, "metrics_sharing", (double)shared);
	set_with(m, SAVED, "status_refresh", (double)facts->n_deferred);
	set_with(m, PREFIX "events_total", "sent", (double)facts->events.n_sent);
	set_with(m, PREFIX "events_total", "too_many", (double)facts->events.n_spam);
	set_with(m, PREFIX "events_total", "dropped", (double)facts->events.n_dropped);
	set_with(m, PREFIX "events_total", "refused", (double)facts->events.n_refused);
	selfmetrics_set(m, PREFIX "events_queued", NULL, (double)facts->events.n_queued);
}

void live_metrics_count_failure(struct selfmetrics *m, struct sv reason)
{
	char text[64];
	const char *const values[] = { text, NULL };

	(void)snprintf(text, sizeof(text), "%.*s", SV_ARG(reason));
	selfmetrics_add(m, PREFIX "failures_total", values, 1);
}
