/* Routing and answers. What only one request needs is looked up in the step's JSON when it comes; nothing is decided here but what an API server decides. */
#include "tests/conformance/live_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "controller/canary_watch.h"
#include "kube/api_path.h"
#include "kube/event_correlator.h"
#include "tests/conformance/live_kinds.h"

#define MAX_TEXT_BYTES (16u * 1024 * 1024)
#define JSON "application/json"
#define HPAS "horizontalpodautoscalers"

void live_api_init(
	struct live_api *api, struct arena *a, const struct jtree *root, struct live_record *record)
{
	const struct jtree *hpa = jtree_get(root, "hpa");
	AUTO(buf_done) struct buf status = { 0 };

	*api = (struct live_api){ .a = a, .record = record, .hpa = hpa };
	live_cluster_init(&api->cluster, a);
	api->spec = jtree_get(hpa, "spec");
	api->ns = jtree_text(jtree_at(hpa, "metadata", "namespace", NULL));
	api->name = jtree_text(jtree_at(hpa, "metadata", "name", NULL));
	api->custom =
		arena_strdup(a, jtree_text(jtree_at(root, "config", "customMetricsVersion", NULL)));
	buf_init(&status, MAX_TEXT_BYTES);
	if (jtree_get(hpa, "status"))
		jtree_print(&status, jtree_get(hpa, "status"));
	else
		buf_put_str(&status, "{}");
	api->status = arena_sv(a, buf_sv(&status));
	api->cluster.broken = !api->custom || !api->status.ptr;
}

void live_api_done(struct live_api *api)
{
	live_cluster_done(&api->cluster);
}

/* Answers */

static void reply_text(struct http_exchange *x, int status, const char *json)
{
	http_exchange_reply(x, status, JSON, sv_of(json), NULL);
}

static void reply_tree(struct http_exchange *x, int status, const struct jtree *t)
{
	struct buf body;

	buf_init(&body, MAX_TEXT_BYTES);
	jtree_print(&body, t);
	http_exchange_reply_buf(x, status, JSON, &body, NULL);
}

/* A recorded Status. */
static void reply_error(struct http_exchange *x, const struct jtree *status)
{
	int64_t code = 0;

	if (!jtree_i64(jtree_get(status, "code"), &code) || code < 400 || code > 599)
		code = 500;
	reply_tree(x, (int)code, status);
}

static void reply_missing(struct http_exchange *x)
{
	reply_text(x, 404,
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":"
		"\"the server could not find the requested resource\",\"reason\":\"NotFound\","
		"\"code\":404}");
}

/* The i-th of a list; behind the end the last one, or NULL where it does not repeat. */
static const struct jtree *answer_at(const struct jtree *list, size_t i, bool repeats)
{
	const struct jtree *found = list ? list->first : NULL;

	for (; found && i > 0; i--) {
		if (!found->next)
			return repeats ? found : NULL;
		found = found->next;
	}
	return found;
}

static struct jtree *parse_body(struct live_api *api, const struct http_exchange *x)
{
	struct sv text = arena_sv(api->a, http_exchange_body(x));
	struct jtree *body;
	struct error ignored;

	if (text.ptr && jtree_parse(api->a, text, &body, &ignored) == ERR_OK)
		return body;
	api->record->problem = "a request with a body that is no JSON";
	return NULL;
}

/* Metrics APIs */

/* Whether `target` is the question of the row for all pods: without its selector of pods. */
static bool is_for_all(struct sv target, struct sv path)
{
	size_t at = sv_find_sv(path, SV("labelSelector="));
	struct sv before = sv_take(path, at), behind = sv_skip(path, at);

	if (at == path.len)
		return false;
	behind = sv_skip(behind, sv_find(behind, '&'));
	/* "?labelSelector=x&y" -> "?y", "?labelSelector=x" -> "" */
	if (behind.len > 0)
		behind = sv_skip(behind, 1);
	else
		before = sv_take(before, before.len - 1);
	return target.len == before.len + behind.len && sv_has_prefix(target, before) &&
	       sv_has_suffix(target, behind);
}

/* A pod that no recorded answer is about has no metrics: so what was recorded for the selected pods is what there is for all. */
static const struct jtree *find_row(const struct live_api *api, struct sv target)
{
	const struct jtree *row = NULL, *for_all = NULL;

	JTREE_FOREACH (candidate, jtree_get(api->step, "http")) {
		struct sv path = jtree_text(jtree_get(candidate, "path"));
		if (sv_eq(path, target))
			row = candidate;
		else if (is_for_all(target, path))
			for_all = candidate;
	}
	return row ? row : for_all;
}

static void serve_metrics(struct live_api *api, struct http_exchange *x)
{
	const struct jtree *row = find_row(api, http_exchange_target(x));
	int64_t status = 404;

	const struct live_record *r = api->record;
	bool hangs_up = row && jtree_get(row, "transportError");
	/* A client asks once more where a connection that was used before breaks. */
	if (!hangs_up || r->requests.n == 0 ||
		!sv_eq(r->requests.at[r->requests.n - 1], http_exchange_target(x)))
		live_record_request(api->record, http_exchange_target(x));
	if (!row) {
		reply_missing(x);
		return;
	}
	if (hangs_up) {
		/* A body that failed closes the connection. */
		struct buf none;
		buf_init(&none, 0);
		buf_put_char(&none, 'x');
		http_exchange_reply_buf(x, 200, JSON, &none, NULL);
		return;
	}
	(void)jtree_i64(jtree_get(row, "status"), &status);
	const struct jtree *type = jtree_get(row, "contentType");
	struct buf body;
	buf_init(&body, LIMIT_METRICS_ANSWER_BYTES);
	/* Also an empty body is one. */
	buf_put_sv(&body, SV(""));
	if (jtree_get(row, "bodyText"))
		buf_put_sv(&body, jtree_text(jtree_get(row, "bodyText")));
	else
		jtree_print(&body, jtree_get(row, "body"));
	http_exchange_reply(x, (int)status, type ? arena_strdup(api->a, jtree_text(type)) : JSON,
		buf_sv(&body), NULL);
	buf_done(&body);
}

/* Scales */

static const char *print_scale(struct live_api *api, const char *verb, const struct api_path *path)
{
	return arena_printf(api->a, "%s %.*s%s%.*s/%.*s/%.*s", verb, SV_ARG(path->resource),
		path->group.len > 0 ? "." : "", SV_ARG(path->group), SV_ARG(path->namespace),
		SV_ARG(path->name));
}

/* What a server serves names its kind, also where a recording left it out. */
static void reply_scale(struct http_exchange *x, const struct jtree *scale)
{
	struct buf body;

	buf_init(&body, MAX_TEXT_BYTES);
	buf_put_str(&body, "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",");
	live_cluster_put_members(&body, scale, (const char *const[]){ "kind", "apiVersion", NULL });
	buf_put_char(&body, '}');
	http_exchange_reply_buf(x, 200, JSON, &body, NULL);
}

static void get_scale(struct live_api *api, struct http_exchange *x, const struct api_path *path)
{
	const struct jtree *answer =
		answer_at(jtree_get(api->step, "scaleGets"), api->n_gets++, true);
	const struct jtree *error = jtree_get(answer, "error");

	live_record_scale(api->record, print_scale(api, "GET", path));
	if (error)
		reply_error(x, error);
	else if (answer)
		reply_scale(x, jtree_get(answer, "scale"));
	else
		reply_missing(x);
}

static void put_scale(struct live_api *api, struct http_exchange *x, const struct api_path *path)
{
	const struct jtree *answer =
		answer_at(jtree_get(api->step, "scalePuts"), api->n_puts++, false);
	const struct jtree *error = jtree_get(answer, "error"), *body = parse_body(api, x);
	struct live_record *r = api->record;
	int64_t replicas = 0;

	(void)jtree_i64(jtree_at(body, "spec", "replicas", NULL), &replicas);
	const char *told = print_scale(api, "PUT", path);
	live_record_scale(r, told ? arena_printf(api->a, "%s %" PRId64, told, replicas) : NULL);
	r->conflict = false;
	if (error) {
		int64_t code = 0;
		r->conflict = jtree_i64(jtree_get(error, "code"), &code) && code == 409;
		reply_error(x, error);
		return;
	}
	r->scale_write = opt_i32_of((int32_t)replicas);
	http_exchange_reply(x, 200, JSON, http_exchange_body(x), NULL);
}

/* The scale of another object's target: where that object is known to select nothing yet, it has none. */
static void get_peer_scale(
	struct live_api *api, struct http_exchange *x, const struct api_path *path)
{
	JTREE_FOREACH (peer, jtree_get(api->step, "otherHpas")) {
		const struct jtree *selector = jtree_get(peer, "selector");
		struct sv name = jtree_text(jtree_get(peer, "name"));
		if (jtree_is_absent(selector) ||
			!sv_eq(jtree_text(jtree_get(peer, "namespace")), path->namespace) ||
			!sv_has_prefix(path->name, name) ||
			!sv_is(sv_skip(path->name, name.len), LIVE_API_PEER_TARGET))
			continue;
		struct buf body;
		buf_init(&body, MAX_TEXT_BYTES);
		buf_printf(&body,
			"{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{"
			"\"name\":\"%.*s\",\"namespace\":\"%.*s\",\"resourceVersion\":\"1\"},"
			"\"spec\":{\"replicas\":1},\"status\":{\"replicas\":1,\"selector\":",
			SV_ARG(path->name), SV_ARG(path->namespace));
		jtree_print(&body, selector);
		buf_put_str(&body, "}}");
		http_exchange_reply_buf(x, 200, JSON, &body, NULL);
		return;
	}
	reply_missing(x);
}

static bool is_target(const struct live_api *api, const struct api_path *path)
{
	return sv_eq(path->namespace, api->ns) &&
	       sv_eq(path->name, jtree_text(jtree_at(api->spec, "scaleTargetRef", "name", NULL)));
}

static void serve_scale(struct live_api *api, struct http_exchange *x, const struct api_path *path)
{
	bool write = sv_is(http_exchange_method(x), "PUT");

	if (!is_target(api, path))
		get_peer_scale(api, x, path);
	else if (write)
		put_scale(api, x, path);
	else
		get_scale(api, x, path);
}

/* Autoscaler objects */

static void reply_object(struct live_api *api, struct http_exchange *x, enum live_kind kind,
	struct sv ns, struct sv name)
{
	const struct live_object *o =
		kind == LIVE_N_KINDS ? NULL : live_cluster_find(&api->cluster, kind, ns, name);
	struct buf body;

	if (!o) {
		reply_missing(x);
		return;
	}
	buf_init(&body, MAX_TEXT_BYTES);
	live_cluster_print(&body, kind, o);
	http_exchange_reply_buf(x, 200, JSON, &body, NULL);
}

static void put_status(struct live_api *api, struct http_exchange *x)
{
	const struct jtree *error = jtree_get(api->step, "statusUpdateError"),
			   *body = parse_body(api, x);
	struct live_record *r = api->record;
	AUTO(buf_done) struct buf text = { 0 };

	r->status_written = true;
	buf_init(&text, MAX_TEXT_BYTES);
	if (jtree_get(body, "status"))
		jtree_print(&text, jtree_get(body, "status"));
	r->status = arena_sv(api->a, buf_sv(&text));
	const struct live_object *o =
		live_cluster_find(&api->cluster, LIVE_HPAS, api->ns, api->name);
	uint64_t version = 0;
	if (!o ||
		!sv_to_u64(jtree_text(jtree_at(body, "metadata", "resourceVersion", NULL)),
			&version) ||
		version != o->version ||
		!sv_eq(jtree_text(jtree_at(body, "metadata", "uid", NULL)), o->uid))
		r->problem = "a status write about another state of the object than the stored one";
	if (error) {
		reply_error(x, error);
		return;
	}
	api->status = r->status;
	live_api_put_object(api);
	reply_object(api, x, LIVE_HPAS, api->ns, api->name);
}

/* It is made, and read again and again; its status stays as it is. */
static void serve_canary(struct live_api *api, struct http_exchange *x)
{
	const struct jtree *made =
		sv_is(http_exchange_method(x), "POST") ? parse_body(api, x) : NULL;

	if (made)
		live_cluster_put_tree(&api->cluster, LIVE_HPAS, made);
	reply_object(api, x, LIVE_HPAS, SV(LIVE_API_NAMESPACE), SV(CANARY_WATCH_NAME));
}

static void serve_autoscaler(
	struct live_api *api, struct http_exchange *x, const struct api_path *path)
{
	bool status = sv_is(path->subresource, "status");

	if (sv_is(path->namespace, LIVE_API_NAMESPACE))
		serve_canary(api, x);
	else if (status && sv_eq(path->namespace, api->ns) && sv_eq(path->name, api->name))
		put_status(api, x);
	else if (status)
		http_exchange_reply(x, 200, JSON, http_exchange_body(x), NULL);
	else
		reply_object(api, x, LIVE_HPAS, path->namespace, path->name);
}

/* Events: what is sent about the object is one of those that were recorded. */
static void serve_event(struct live_api *api, struct http_exchange *x)
{
	const struct jtree *body = parse_body(api, x);
	struct sv message = jtree_text(jtree_get(body, "message")),
		  combined = SV(EVENT_COMBINED_PREFIX);

	if (sv_has_prefix(message, combined))
		message = sv_skip(message, combined.len);
	if (sv_is(http_exchange_method(x), "POST") &&
		sv_eq(jtree_text(jtree_at(body, "involvedObject", "name", NULL)), api->name) &&
		sv_eq(jtree_text(jtree_at(body, "involvedObject", "namespace", NULL)), api->ns) &&
		!live_record_knows(api->record, message))
		api->record->problem = "an event was sent that no pass had recorded";
	http_exchange_reply(x, 201, JSON, http_exchange_body(x), NULL);
}

/* Routing */

/* The parts of /api/v1/namespaces/NS/PLURAL/NAME/SUB or /apis/GROUP/VERSION/namespaces/...; false: it is something else. */
static bool read_path(struct sv text, struct api_path *ret)
{
	struct sv rest = sv_skip(text, 1);
	bool more;

	*ret = (struct api_path){ .group = SV("") };
	if (sv_is(sv_cut(rest, '/', &rest, &more), "apis"))
		ret->group = sv_cut(rest, '/', &rest, &more);
	ret->version = sv_cut(rest, '/', &rest, &more);
	if (!sv_is(sv_cut(rest, '/', &rest, &more), "namespaces"))
		return false;
	ret->namespace = sv_cut(rest, '/', &rest, &more);
	ret->resource = sv_cut(rest, '/', &rest, &more);
	ret->name = sv_cut(rest, '/', &rest, &more);
	ret->subresource = rest;
	return ret->resource.len > 0;
}

static bool is_metrics(struct sv path)
{
	return sv_has_prefix(path, SV("/apis/metrics.k8s.io/")) ||
	       sv_has_prefix(path, SV("/apis/custom.metrics.k8s.io/")) ||
	       sv_has_prefix(path, SV("/apis/external.metrics.k8s.io/"));
}

/* Whose list these are in; LIVE_N_KINDS: nobody's. */
static enum live_kind kind_of(struct live_api *api, const struct api_path *path)
{
	const char *list =
		arena_printf(api->a, "%s%.*s/%.*s/%.*s", path->group.len > 0 ? "/apis/" : "/api",
			SV_ARG(path->group), SV_ARG(path->version), SV_ARG(path->resource));

	return list ? live_cluster_find_kind(sv_of(list)) : LIVE_N_KINDS;
}

void live_api_handle(struct http_exchange *x, void *ctx)
{
	struct live_api *api = ctx;
	struct sv path = http_exchange_path(x);
	enum live_kind kind = live_cluster_find_kind(path);
	struct api_path parts;

	api->n_asked++;
	if (kind != LIVE_N_KINDS) {
		live_cluster_serve(&api->cluster, kind, x);
	} else if (sv_is(path, "/api") || sv_is(path, "/apis")) {
		struct buf body;
		buf_init(&body, MAX_TEXT_BYTES);
		live_kinds_print(&body, sv_is(path, "/apis"), api->custom);
		http_exchange_reply_buf(x, 200, JSON, &body, NULL);
	} else if (is_metrics(path)) {
		serve_metrics(api, x);
	} else if (!read_path(path, &parts)) {
		reply_missing(x);
	} else if (sv_is(parts.subresource, "scale")) {
		serve_scale(api, x, &parts);
	} else if (sv_is(parts.resource, HPAS)) {
		serve_autoscaler(api, x, &parts);
	} else if (sv_is(parts.resource, "events")) {
		serve_event(api, x);
	} else {
		reply_object(api, x, kind_of(api, &parts), parts.namespace, parts.name);
	}
}
