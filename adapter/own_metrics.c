/* Families that prometheus-adapter's users know keep their names; what it lacked (listings, metrics found, failures) is new. */
#include "adapter/own_metrics.h"

#include <stdio.h>

#define CLIENT_SECONDS "prometheus_adapter_prometheus_client_request_duration_seconds"
#define REQUESTS "apiserver_request_total"
#define REQUEST_SECONDS "apiserver_request_duration_seconds"
#define LISTED_METRICS "flyball_adapter_metrics"
#define SKIPPED_RULES "flyball_adapter_rules_inactive"
#define RULE_SERIES "flyball_adapter_rule_series"
#define RULE_METRICS "flyball_adapter_rule_metrics"
#define RULES "flyball_adapter_rules"
#define LISTINGS "flyball_adapter_listings_total"
#define LISTED_SERIES "flyball_adapter_listed_series"
#define LISTING_FAILURES "flyball_adapter_listing_failures_total"
#define RELOADS "flyball_adapter_reloads_total"
#define QUERIES "flyball_adapter_queries_total"
#define CRASHES "flyball_adapter_crashes"
#define QUARANTINED "flyball_adapter_quarantined"

enum error_kind own_metrics_new(struct selfmetrics **ret, struct error *err)
{
	static const double SECONDS[] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };
	static const char *const CLIENT_LABELS
		[] = { "path", "server", NULL },
   *const REQUEST_LABELS[] = { "code", "group", NULL }, *const GROUP_LABEL[] = { "group", NULL },
   *const LIST_LABEL[] = { "list", NULL }, *const LISTING_LABELS[] = { "list", "result", NULL },
   *const RULE_LABELS[] = { "list", "rule", NULL },
   *const RELOAD_LABELS[] = { "file", "result", NULL }, *const RESULT_LABEL[] = { "code", NULL };
	const struct {
		enum selfmetrics_kind kind;
		const char *name, *help;
		const char *const *labels;
	} FAMILIES[] = {
		{ SELFMETRICS_HISTOGRAM, CLIENT_SECONDS,
			"Time that Prometheus took to answer, by path.", CLIENT_LABELS },
		{ SELFMETRICS_COUNTER, REQUESTS, "Requests answered, by HTTP status and API group.",
			REQUEST_LABELS },
		{ SELFMETRICS_HISTOGRAM, REQUEST_SECONDS, "Time that requests took, by API group.",
			GROUP_LABEL },
		{ SELFMETRICS_GAUGE, LISTED_METRICS, "Metrics that are served now.", LIST_LABEL },
		{ SELFMETRICS_GAUGE, RULES, "Rules in use.", LIST_LABEL },
		{ SELFMETRICS_GAUGE, RULE_SERIES, "Kinds of series that a rule takes.",
			RULE_LABELS },
		{ SELFMETRICS_GAUGE, RULE_METRICS, "Metrics that a rule serves.", RULE_LABELS },
		{ SELFMETRICS_GAUGE, SKIPPED_RULES,
			"Rules whose resources the cluster does not know.", NULL },
		{ SELFMETRICS_COUNTER, LISTINGS, "Listings of series that ended.", LISTING_LABELS },
		{ SELFMETRICS_GAUGE, LISTED_SERIES, "Series in the newest listing.", LIST_LABEL },
		{ SELFMETRICS_COUNTER, LISTING_FAILURES, "Selectors that Prometheus did not list.",
			NULL },
		{ SELFMETRICS_COUNTER, RELOADS,
			"Files that changed, by whether they could be used.", RELOAD_LABELS },
		{ SELFMETRICS_GAUGE, CRASHES, "Crashes of the program since its last clean end.",
			NULL },
		{ SELFMETRICS_GAUGE, QUARANTINED,
			"Requests, listings and rules that were in work at two crashes; see "
			"/debug/rules.",
			NULL },
		{ SELFMETRICS_COUNTER, QUERIES,
			"Queries to Prometheus by HTTP status; 0: no answer.", RESULT_LABEL },
	};
	AUTO(selfmetrics_free) struct selfmetrics *m = selfmetrics_new();
	if (!m)
		return error_nomem(err);
	for (size_t i = 0; i < ARRAY_LEN(FAMILIES); i++) {
		bool buckets = FAMILIES[i].kind == SELFMETRICS_HISTOGRAM;
		if (selfmetrics_declare(m, FAMILIES[i].kind, FAMILIES[i].name, FAMILIES[i].help,
			    FAMILIES[i].labels, buckets ? SECONDS : NULL,
			    buckets ? ARRAY_LEN(SECONDS) : 0, err))
			return err->kind;
	}
	*ret = TAKE_PTR(m);
	return ERR_OK;
}

static const char *list_name(bool external)
{
	return external ? "externalRules" : "rules";
}

static void set_rules(struct selfmetrics *m, const struct naming *rules, size_t n,
	const struct catalog_count *counts)
{
	for (size_t i = 0; i < n; i++) {
		char number[24];
		snprintf(number, sizeof(number), "%zu", rules[i].rule->index);
		const char *const labels[] = { list_name(rules[i].rule->external), number, NULL };
		selfmetrics_set(m, RULE_SERIES, labels, (double)counts[i].n_series);
		selfmetrics_set(m, RULE_METRICS, labels, (double)counts[i].n_metrics);
	}
}

void own_metrics_catalog(
	struct selfmetrics *m, const struct catalog *c, const struct catalog_count *counts)
{
	const struct generation *g = c->generation;
	const char *const custom[] = { list_name(false), NULL },
			  *const external[] = { list_name(true), NULL }, *const none[] = { NULL };
	selfmetrics_set(m, LISTED_METRICS, custom, (double)c->n_custom);
	selfmetrics_set(m, LISTED_METRICS, external, (double)c->n_external);
	selfmetrics_set(m, RULES, custom, (double)g->n_custom);
	selfmetrics_set(m, RULES, external, (double)g->n_external);
	selfmetrics_set(m, SKIPPED_RULES, none, (double)g->n_skipped);
	set_rules(m, g->custom, g->n_custom, counts);
	set_rules(m, g->external, g->n_external, counts + g->n_custom);
}

void own_metrics_relist_error(struct selfmetrics *m)
{
	const char *const none[] = { NULL };
	selfmetrics_add(m, LISTING_FAILURES, none, 1);
}

void own_metrics_listed(struct selfmetrics *m, bool external, bool ok, uint64_t n_entries)
{
	const char *const result[] = { list_name(external), ok ? "ok" : "failed", NULL };
	const char *const list[] = { list_name(external), NULL };
	selfmetrics_add(m, LISTINGS, result, 1);
	if (ok)
		selfmetrics_set(m, LISTED_SERIES, list, (double)n_entries);
}

void own_metrics_series_answered(struct selfmetrics *m, const char *server, int64_t took_ns)
{
	const char *const call[] = { "/api/v1/series", server, NULL };
	selfmetrics_observe(m, CLIENT_SECONDS, call, (double)took_ns / 1e9);
}

void own_metrics_work(struct selfmetrics *m, uint64_t n_crashes, size_t n_quarantined)
{
	const char *const none[] = { NULL };
	selfmetrics_set(m, CRASHES, none, (double)n_crashes);
	selfmetrics_set(m, QUARANTINED, none, (double)n_quarantined);
}

void own_metrics_reload(struct selfmetrics *m, const char *what, bool ok)
{
	const char *const labels[] = { what, ok ? "ok" : "failed", NULL };
	selfmetrics_add(m, RELOADS, labels, 1);
}

/* Three digits. */
static void print_code(int status, char ret[4])
{
	ret[0] = (char)('0' + status / 100 % 10);
	ret[1] = (char)('0' + status / 10 % 10);
	ret[2] = (char)('0' + status % 10);
	ret[3] = '\0';
}

void own_metrics_answered(struct selfmetrics *m, const char *server, int status, int64_t took_ns)
{
	char code[4];
	print_code(status, code);
	const char *const result[] = { status ? code : "0", NULL };
	const char *const call[] = { "/api/v1/query", server, NULL };
	selfmetrics_add(m, QUERIES, result, 1);
	if (status)
		selfmetrics_observe(m, CLIENT_SECONDS, call, (double)took_ns / 1e9);
}

void own_metrics_request(struct selfmetrics *m, const char *group, int status, int64_t took_ns)
{
	char code[4];
	print_code(status, code);
	const char *const labels[] = { code, group, NULL };
	const char *const only_group[] = { group, NULL };
	selfmetrics_add(m, REQUESTS, labels, 1);
	selfmetrics_observe(m, REQUEST_SECONDS, only_group, (double)took_ns / 1e9);
}
