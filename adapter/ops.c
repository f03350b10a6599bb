/* Paths -> documents. Health answers without asking anybody; discovery answers from what the last listing found, so that the APIService stays available
 * while Prometheus is down. */
#include "adapter/ops.h"

#include "adapter/crashes.h"
#include "adapter/discovery_docs.h"
#include "adapter/openapi_docs.h"
#include "adapter/own_metrics.h"
#include "adapter/server.h"
#include "common/fingerprint.h"

static const struct {
	const char *name;
	bool only_ready;
} CHECKS[] = {
	{ "ping", false },
	{ "log", false },
	{ "poststarthook/generic-apiserver-start-informers", false },
	{ "informer-sync", true },
	{ "poststarthook/max-in-flight-filter", false },
	{ "poststarthook/storage-object-count-tracker-hook", false },
	{ "shutdown", true },
};

/* Rules compiled, and the callers' identities can be told. *ret_why says what is missing. */
static bool is_ready(const struct server *s, const char **ret_why)
{
	if (!s->generation)
		*ret_why = "the cluster's resources have not been read yet";
	else if (!authn_is_ready(s->authn))
		*ret_why = "the authentication configuration has not been read yet";
	else if (s->waits_for_lists &&
		 (!inventory_is_synced(s->pods) || !inventory_is_synced(s->nodes)))
		*ret_why = "pods and nodes have not been listed yet";
	else
		return true;
	return false;
}

static bool is_excluded(const struct request *r, const char *check)
{
	size_t n = 0;
	const struct http_query *q = http_exchange_query(r->exchange, &n);
	for (size_t i = 0; i < n; i++)
		if (sv_is(q[i].name, "exclude") && sv_is(q[i].value, check))
			return true;
	return false;
}

/* Whether one check passes; *why otherwise. */
static bool passes(const struct request *r, const char *check, const char **why)
{
	if (sv_is(sv_of(check), "shutdown") && r->server->stopping) {
		*why = "process is shutting down";
		return false;
	}
	return !sv_is(sv_of(check), "informer-sync") || is_ready(r->server, why);
}

static void health(struct request *r, const char *name)
{
	bool ready = sv_is(sv_of(name), "readyz"), all_good = true, verbose = false;
	size_t n = 0;
	const struct http_query *q = http_exchange_query(r->exchange, &n);
	for (size_t i = 0; i < n; i++)
		verbose = verbose || sv_is(q[i].name, "verbose");
	struct buf text;
	buf_init(&text, 64u * 1024);
	for (size_t i = 0; i < ARRAY_LEN(CHECKS); i++) {
		const char *why = "";
		if (CHECKS[i].only_ready && !ready)
			continue;
		if (is_excluded(r, CHECKS[i].name)) {
			buf_printf(&text, "[+]%s excluded: ok\n", CHECKS[i].name);
		} else if (passes(r, CHECKS[i].name, &why)) {
			buf_printf(&text, "[+]%s ok\n", CHECKS[i].name);
		} else {
			buf_printf(&text, "[-]%s failed: %s\n", CHECKS[i].name, why);
			all_good = false;
		}
	}
	buf_printf(&text, all_good ? "%s check passed\n" : "%s check failed\n", name);
	request_text(r, all_good ? 200 : 500, "text/plain; charset=utf-8",
		all_good && !verbose ? SV("ok") : buf_sv(&text));
	buf_done(&text);
}

/* One check as a path of its own. */
static bool single_check(struct request *r, const char *name, struct sv check)
{
	for (size_t i = 0; i < ARRAY_LEN(CHECKS); i++) {
		const char *why = "";
		if (!sv_is(check, CHECKS[i].name) ||
			(CHECKS[i].only_ready && !sv_is(sv_of(name), "readyz")))
			continue;
		bool good = passes(r, CHECKS[i].name, &why);
		char *text = arena_printf(r->arena, "internal server error: %s\n", why);
		request_text(r, good ? 200 : 500, "text/plain; charset=utf-8",
			good ? SV("ok") : sv_of(text ? text : why));
		r->sniffable = good;
		return true;
	}
	return false;
}

static bool health_path(struct request *r, struct sv path)
{
	static const char *const NAMES[] = { "healthz", "livez", "readyz" };
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		struct sv name = sv_of(NAMES[i]), rest = sv_skip(path, 1);
		if (sv_eq(rest, name)) {
			health(r, NAMES[i]);
			return true;
		}
		if (sv_has_prefix(rest, name) && rest.len > name.len + 1 &&
			rest.ptr[name.len] == '/')
			return single_check(r, NAMES[i], sv_skip(rest, name.len + 1));
	}
	return false;
}

static void paths(struct request *r, int status)
{
	buf_clear(&r->body);
	discovery_docs_paths(&r->body, &r->groups);
	r->status = status;
	r->accept.pretty = true;
}

static void version(struct request *r)
{
	buf_put_str(&r->body, "{\"major\":\"1\",\"minor\":\"0\",\"gitVersion\":\"\",\"gitCommit\":"
			      "\"\",\"gitTreeState\":\"\",\"buildDate\":\"\","
			      "\"goVersion\":\"\",\"compiler\":\"\",\"platform\":\"\"}");
	r->accept.pretty = true;
}

static void own_metrics(struct request *r)
{
	struct buf text;
	buf_init(&text, 16u * 1024 * 1024);
	own_metrics_work(r->server->metrics, work_note_n_crashes(r->server->work),
		work_note_n_quarantined(r->server->work));
	selfmetrics_print(r->server->metrics, &text);
	request_text(r, 200, "text/plain; version=0.0.4; charset=utf-8", buf_sv(&text));
	buf_done(&text);
}

/* ETag, and 304 when the client has it already. */
static void tag(struct request *r)
{
	char hash[FINGERPRINT_DIGITS + 1];
	fingerprint_print(buf_sv(&r->body), hash);
	char *line = arena_printf(r->arena, "ETag: \"%s\"", hash);
	if (!line)
		return;
	request_add_header(r, line);
	struct sv known = http_exchange_header(r->exchange, "If-None-Match");
	if (known.len && sv_is(known, line + sizeof("ETag: ") - 1)) {
		buf_clear(&r->body);
		r->status = 304;
		r->plain = true;
		r->sniffable = true;
	}
}

static void refuse_type(struct request *r, bool router)
{
	request_fail_text(r, 406, "NotAcceptable",
		router ? FAILURE_EMPTY_DETAILS : FAILURE_NO_DETAILS,
		router ? SV(ACCEPT_SHORT_MESSAGE) : SV(ACCEPT_WRITER_MESSAGE));
}

static bool is_acceptable(struct request *r)
{
	if (r->accept.format == ACCEPT_NONE_ROUTER || r->accept.format == ACCEPT_NONE_WRITER) {
		refuse_type(r, r->accept.format == ACCEPT_NONE_ROUTER);
		return false;
	}
	return true;
}

static void group_list(struct request *r)
{
	struct sv aggregated = accept_aggregated(http_exchange_header(r->exchange, "Accept"));
	if (aggregated.len) {
		discovery_docs_aggregated(&r->body, &r->groups, aggregated);
		char *type = arena_printf(r->arena,
			"application/json;g=apidiscovery.k8s.io;v=%.*s;as=APIGroupDiscoveryList",
			SV_ARG(aggregated));
		r->content_type = type ? type : "application/json";
		request_add_header(r, "Cache-Control: public");
		request_add_header(r, "Vary: Accept");
		tag(r);
		r->accept.pretty = false;
	} else if (is_acceptable(r)) {
		discovery_docs_group_list(
			&r->body, &r->groups, http_server_port(r->server->listener));
	}
}

struct offered {
	bool is_offered;
	const char *group;
	bool two_versions;
	struct sv resources;
};

/* path: "/apis/GROUP" or "/apis/GROUP/VERSION", without a slash at the end. */
static bool group_path(struct request *r, struct sv path)
{
	const struct server *s = r->server;
	const struct offered list[] = {
		{ r->groups.custom, "custom.metrics.k8s.io", true, buf_sv(&s->custom_metrics) },
		{ r->groups.external, "external.metrics.k8s.io", false,
			buf_sv(&s->external_metrics) },
		{ r->groups.resource, "metrics.k8s.io", false, discovery_docs_resource_metrics() },
	};
	struct sv rest = sv_skip(path, sizeof("/apis/") - 1), version;
	bool has_version;
	struct sv group = sv_cut(rest, '/', &version, &has_version);
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		if (!list[i].is_offered || !sv_is(group, list[i].group))
			continue;
		bool known = sv_is(version, "v1beta1") ||
			     (list[i].two_versions && sv_is(version, "v1beta2"));
		if (has_version && !known)
			return false;
		if (!is_acceptable(r))
			return true;
		if (has_version)
			discovery_docs_resource_list(&r->body, list[i].group,
				sv_is(version, "v1beta2") ? "v1beta2" : "v1beta1",
				list[i].resources);
		else
			discovery_docs_group(&r->body, list[i].group);
		return true;
	}
	return false;
}

static bool discovery_path(struct request *r, struct sv path)
{
	if (sv_has_suffix(path, SV("/")) && path.len > 1)
		path = sv_take(path, path.len - 1);
	if (sv_is(path, "/apis")) {
		group_list(r);
		return true;
	}
	return sv_has_prefix(path, SV("/apis/")) && group_path(r, path);
}

static bool openapi_path(struct request *r, struct sv path)
{
	bool v3_child = sv_has_prefix(path, SV("/openapi/v3/"));
	if (sv_is(path, "/openapi/v2")) {
		openapi_docs_v2(&r->body, &r->groups);
	} else if (sv_is(path, "/openapi/v3") || sv_is(path, "/openapi/v3/")) {
		openapi_docs_v3_index(&r->body, &r->groups);
	} else if (v3_child) {
		openapi_docs_v3(&r->body, &r->groups, sv_skip(path, sizeof("/openapi/v3/") - 1));
	} else {
		return false;
	}
	r->no_newline = true;
	r->accept.pretty = false;
	if (v3_child && r->body.len == 0) {
		request_text(r, 200, NULL, SV(""));
		r->sniffable = true;
	} else {
		tag(r);
	}
	return true;
}

static void put_rules(
	struct buf *out, const struct naming *rules, size_t n, const struct catalog_count *counts)
{
	for (size_t i = 0; i < n; i++) {
		const struct rules_rule *rule = rules[i].rule;
		buf_printf(out, "%s[%zu]  line %u  %s  %zu kinds of series, %zu metrics  %.*s\n",
			rule->external ? "externalRules" : "rules", rule->index, rule->line,
			counts[i].n_metrics ? "serves" : "serves nothing", counts[i].n_series,
			counts[i].n_metrics, SV_ARG(rule->series_query));
	}
}

/* What each rule finds now: the first place to look when a metric "could not be found". */
static void debug_rules(struct request *r)
{
	const struct server *s = r->server;
	const struct generation *g = relist_generation(s->relist);
	struct buf text;
	buf_init(&text, 16u * 1024 * 1024);
	if (g && relist_counts(s->relist)) {
		put_rules(&text, g->custom, g->n_custom, relist_counts(s->relist));
		put_rules(
			&text, g->external, g->n_external, relist_counts(s->relist) + g->n_custom);
		for (size_t i = 0; i < g->n_skipped; i++)
			buf_printf(&text, "line %u  inactive  %s\n", g->skipped[i].rule->line,
				g->skipped[i].why);
	}
	crashes_print(s->work, &text);
	request_text(r, 200, "text/plain; charset=utf-8", buf_sv(&text));
	buf_done(&text);
}

void ops_document(struct request *r)
{
	struct sv path = r->attributes.path;
	if (health_path(r, path) || discovery_path(r, path) || openapi_path(r, path))
		return;
	if (sv_is(path, "/version") || sv_is(path, "/version/"))
		version(r);
	else if (sv_is(path, "/metrics") || (sv_is(path, "/metrics/slis") && !r->groups.resource))
		own_metrics(r);
	else if (sv_is(path, "/debug/rules"))
		debug_rules(r);
	else if (sv_is(path, "/debug/pprof") || sv_is(path, "/debug/pprof/"))
		request_text(r, 200, "text/html; charset=utf-8",
			SV("This program has no Go profiles; see /metrics.\n"));
	else if (sv_has_prefix(path, SV("/debug/pprof/")))
		request_text(r, 404, "text/plain; charset=utf-8", SV("Unknown profile\n"));
	else
		paths(r, sv_is(path, "/") || sv_is(path, "/index.html") ? 200 : 404);
}
