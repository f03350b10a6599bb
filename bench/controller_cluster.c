/* The API server of the controller's bench where a real one would be too small: any number of pods (at least 6 KB of JSON each), of HorizontalPodAutoscalers
 * and of their Deployments over TLS, made while they are listed, so that it needs no memory and no loading. cpu of every pod is exactly what its object
 * wants. Nothing ever changes; what is written is answered under a new version and forgotten, but for the one object that the controller makes itself (its canary).
 * Usage: controller_cluster OBJECTS PODS NAMESPACES CERT KEY; the first line of its output is the port. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "bench/controller_names.h"
#include "bench/controller_pod.h"
#include "common/arena.h"
#include "common/buf.h"
#include "common/file.h"
#include "common/http_server.h"
#include "common/mem.h"

#define MAX_BODY_BYTES (256u << 20)
#define MAX_QUESTION_BYTES (1u << 20)
#define MAX_EVENT_BYTES (1u << 20)
#define MAX_PEM_BYTES (64u << 10)
#define MAX_STREAMS 64
#define HPAS "/apis/autoscaling/v2/horizontalpodautoscalers"
#define LIST_VERSION 100000000u

struct stream {
	struct cluster *cluster;
	struct http_exchange *x;
	time_t until;
};

struct cluster {
	struct controller_names names;
	unsigned version; /* of the last write */
	struct buf out, canary;
	struct stream streams[MAX_STREAMS];
	struct loop_timer *timer;
};

static void put_hpa(struct cluster *c, unsigned i)
{
	buf_printf(&c->out,
		"{\"metadata\":{\"name\":\"app-%u\",\"namespace\":\"ns-%u\",\"uid\":\"%08x-1111-"
		"4111-8111-111111111111\",\"resourceVersion\":\"%u\",\"generation\":1,"
		"\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"labels\":{\"app\":\"app-%u\"}"
		"," CONTROLLER_POD_FIELDS
		"},\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\","
		"\"kind\":\"Deployment\",\"name\":\"app-%u\"},\"minReplicas\":1,\"maxReplicas\":"
		"20,\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":"
		"{\"type\":\"Utilization\",\"averageUtilization\":50}}}]},\"status\":{"
		"\"desiredReplicas\":0,\"currentMetrics\":null}}",
		i, i % c->names.n_namespaces, i, i + 1000, i, i);
}

static void put_deployment(struct cluster *c, unsigned i)
{
	unsigned n = c->names.n_pods / c->names.n_objects;
	buf_printf(&c->out,
		"{\"metadata\":{\"name\":\"app-%u\",\"namespace\":\"ns-%u\",\"uid\":\"%08x-2222-"
		"4222-8222-222222222222\",\"resourceVersion\":\"%u\",\"generation\":"
		"1," CONTROLLER_POD_FIELDS
		"},\"spec\":{\"replicas\":%u,\"selector\":{\"matchLabels\":{\"app\":\"app-%u\"}},"
		"\"template\":{\"metadata\":{\"labels\":{\"app\":\"app-%u\"}},\"spec\":{"
		"\"containers\":[{\"name\":\"app\"}]}}},\"status\":{\"replicas\":%u}}",
		i, i % c->names.n_namespaces, i, i + 1000, n, i, i, n);
}

static void put_pod(struct cluster *c, unsigned i)
{
	unsigned object = i / (c->names.n_pods / c->names.n_objects);
	controller_pod_put(&c->out,
		&(struct controller_pod){ i, object, object % c->names.n_namespaces, i + 1000 });
}

/* One page, as `limit` and `continue` want it. */
static void answer_list(struct cluster *c, struct http_exchange *x, unsigned n,
	void (*put)(struct cluster *c, unsigned i))
{
	unsigned begin = 0, limit = n, end;
	(void)controller_names_number(http_exchange_query_get(x, "continue"), &begin);
	(void)controller_names_number(http_exchange_query_get(x, "limit"), &limit);
	end = begin + limit < n ? begin + limit : n;
	buf_printf(&c->out, "{\"metadata\":{\"resourceVersion\":\"%u\"", LIST_VERSION);
	if (end < n)
		buf_printf(&c->out, ",\"continue\":\"%u\"", end);
	buf_put_str(&c->out, "},\"items\":[");
	for (unsigned i = begin; i < end; i++) {
		buf_put_str(&c->out, i > begin ? "," : "");
		put(c, i);
	}
	buf_put_str(&c->out, "]}");
	http_exchange_reply_buf(x, 200, "application/json", &c->out, NULL);
}

static void on_stream_end(struct http_exchange *x, void *ctx)
{
	(void)x;
	((struct stream *)ctx)->x = NULL;
}

/* It stays silent, and ends when the client wants it to. */
static void answer_watch(struct cluster *c, struct http_exchange *x)
{
	unsigned seconds = 30;
	(void)controller_names_number(http_exchange_query_get(x, "timeoutSeconds"), &seconds);
	for (size_t i = 0; i < MAX_STREAMS; i++) {
		struct stream *s = &c->streams[i];
		if (s->x)
			continue;
		*s = (struct stream){ c, x, time(NULL) + (time_t)seconds };
		http_exchange_set_ctx(x, s, on_stream_end);
		http_exchange_stream(x, "application/json", MAX_EVENT_BYTES);
		return;
	}
	http_exchange_reply(x, 429, "text/plain", SV("too many watches"), NULL);
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct cluster *c = ctx;
	for (size_t i = 0; i < MAX_STREAMS; i++)
		if (c->streams[i].x && time(NULL) >= c->streams[i].until)
			http_exchange_stream_end(c->streams[i].x);
	loop_timer_set(t, NS_PER_SEC);
}

static void put_usage(struct cluster *c, unsigned object, const char *now, bool *first)
{
	unsigned n = c->names.n_pods / c->names.n_objects;
	char name[CONTROLLER_NAMES_MAX];
	for (unsigned pod = object * n; pod < (object + 1) * n; pod++) {
		controller_names_pod(&c->names, pod, name);
		buf_printf(&c->out,
			"%s{\"metadata\":{\"name\":\"%s\",\"namespace\":\"ns-%u\"},\"timestamp\":"
			"\"%s\",\"window\":\"30s\",\"containers\":[{\"name\":\"app\",\"usage\":{"
			"\"cpu\":\"50m\",\"memory\":\"100Mi\"}}]}",
			*first ? "" : ",", name, object % c->names.n_namespaces, now);
		*first = false;
	}
}

static void answer_usage(struct cluster *c, struct http_exchange *x, struct sv ns)
{
	struct sv selector = http_exchange_query_get(x, "labelSelector");
	unsigned number = 0, object;
	bool first = true,
	     one = controller_names_number(sv_skip(selector, strlen("app=app-")), &object);
	char text[32];
	time_t now = time(NULL);
	struct tm parts;
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	(void)controller_names_ns_number(ns, &number);
	buf_put_str(&c->out, "{\"kind\":\"PodMetricsList\",\"apiVersion\":\"metrics.k8s.io/"
			     "v1beta1\",\"metadata\":{},"
			     "\"items\":[");
	if (one)
		put_usage(c, object, text, &first);
	for (unsigned i = number; !one && i < c->names.n_objects; i += c->names.n_namespaces)
		put_usage(c, i, text, &first);
	buf_put_str(&c->out, "]}");
	http_exchange_reply_buf(x, 200, "application/json", &c->out, NULL);
}

static void answer_missing(struct http_exchange *x)
{
	http_exchange_reply(x, 404, "application/json",
		SV("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":"
		   "\"NotFound\","
		   "\"code\":404,\"message\":\"not here\"}"),
		NULL);
}

/* An update, under another version than it came with: to the same one the controller would not listen, and write it again with every pass. */
static void answer_update(struct cluster *c, struct http_exchange *x)
{
	struct sv body = http_exchange_body(x), key = SV("\"resourceVersion\":\"");
	size_t at = sv_find_sv(body, key);
	struct sv rest = sv_skip(body, at + key.len);
	if (at >= body.len) {
		http_exchange_reply(x, 200, "application/json", body, NULL);
		return;
	}
	buf_put_sv(&c->out, sv_take(body, at + key.len));
	buf_printf(&c->out, "%u", ++c->version);
	buf_put_sv(&c->out, sv_skip(rest, sv_find(rest, '"')));
	http_exchange_reply_buf(x, 200, "application/json", &c->out, NULL);
}

/* Something new. The canary gets the version without which nobody believes in it. */
static void answer_create(struct cluster *c, struct http_exchange *x)
{
	struct sv body = http_exchange_body(x), meta = SV("\"metadata\":{");
	size_t at = sv_find_sv(body, meta);
	if (at >= body.len) {
		http_exchange_reply(x, 201, "application/json", body, NULL);
		return;
	}
	buf_put_sv(&c->out, sv_take(body, at + meta.len));
	buf_printf(&c->out,
		"\"uid\":\"00000000-3333-4333-8333-333333333333\",\"resourceVersion\":\"%u\",",
		++c->version);
	buf_put_sv(&c->out, sv_skip(body, at + meta.len));
	if (sv_find_sv(body, SV("flyball-canary")) < body.len) {
		buf_clear(&c->canary);
		buf_put_sv(&c->canary, buf_sv(&c->out));
	}
	http_exchange_reply_buf(x, 201, "application/json", &c->out, NULL);
}

static bool answer_discovery(struct http_exchange *x, struct sv path)
{
	static const char *const DOCUMENTS[][2] = {
		{ "/api", "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}" },
		{ "/apis", "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":["
			   "{\"name\":\"apps\",\"versions\":[{\"groupVersion\":\"apps/"
			   "v1\",\"version\":\"v1\"}]},"
			   "{\"name\":\"autoscaling\",\"versions\":[{\"groupVersion\":"
			   "\"autoscaling/v2\",\"version\":\"v2\"}]},"
			   "{\"name\":\"metrics.k8s.io\",\"versions\":[{\"groupVersion\":\"metrics."
			   "k8s.io/v1beta1\",\"version\":\"v1beta1\"}]}]}" },
		{ "/api/v1", "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":["
			     "{\"name\":\"pods\",\"singularName\":\"\",\"namespaced\":true,"
			     "\"kind\":\"Pod\",\"verbs\":[\"get\",\"list\",\"watch\"]}]}" },
		{ "/apis/apps/v1", "{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/"
				   "v1\",\"resources\":[{\"name\":\"deployments\",\"singularName\":"
				   "\"\",\"namespaced\":true,\"kind\":\"Deployment\",\"verbs\":["
				   "\"get\",\"list\",\"watch\"]},"
				   "{\"name\":\"deployments/"
				   "scale\",\"singularName\":\"\",\"namespaced\":true,\"group\":"
				   "\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\","
				   "\"verbs\":[\"get\",\"update\"]}]}" },
		{ "/apis/autoscaling/v2",
			"{\"kind\":\"APIResourceList\",\"groupVersion\":\"autoscaling/"
			"v2\",\"resources\":[{\"name\":\"horizontalpodautoscalers\","
			"\"singularName\":\"\",\"namespaced\":true,\"kind\":"
			"\"HorizontalPodAutoscaler\",\"verbs\":[\"get\",\"list\",\"watch\","
			"\"update\"]}]}" },
		{ "/apis/metrics.k8s.io/v1beta1",
			"{\"kind\":\"APIResourceList\",\"groupVersion\":\"metrics.k8s.io/"
			"v1beta1\",\"resources\":[{\"name\":\"pods\",\"singularName\":\"\","
			"\"namespaced\":true,\"kind\":\"PodMetrics\",\"verbs\":[\"get\",\"list\"]}]"
			"}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(DOCUMENTS); i++)
		if (sv_is(path, DOCUMENTS[i][0])) {
			http_exchange_reply(
				x, 200, "application/json", sv_of(DOCUMENTS[i][1]), NULL);
			return true;
		}
	return false;
}

static void answer_get(struct cluster *c, struct http_exchange *x, struct sv path)
{
	struct sv metrics = SV("/apis/metrics.k8s.io/v1beta1/namespaces/");
	unsigned n_objects = c->names.n_objects;
	bool is_pods = sv_is(path, "/api/v1/pods"), is_hpas = sv_is(path, HPAS),
	     is_deployments = sv_is(path, "/apis/apps/v1/deployments");
	if ((is_pods || is_hpas || is_deployments) && http_exchange_query_get(x, "watch").len)
		answer_watch(c, x);
	else if (is_pods)
		answer_list(c, x, c->names.n_pods, put_pod);
	else if (is_hpas)
		answer_list(c, x, n_objects, put_hpa);
	else if (is_deployments)
		answer_list(c, x, n_objects, put_deployment);
	else if (sv_has_prefix(path, metrics) && n_objects > 0)
		answer_usage(c, x,
			sv_take(sv_skip(path, metrics.len),
				sv_find(sv_skip(path, metrics.len), '/')));
	else if (sv_has_suffix(path, SV("/flyball-canary")) && c->canary.len)
		http_exchange_reply(x, 200, "application/json", buf_sv(&c->canary), NULL);
	else if (!answer_discovery(x, path))
		answer_missing(x);
}

static void on_request(struct http_exchange *x, void *ctx)
{
	struct cluster *c = ctx;
	struct sv method = http_exchange_method(x);
	buf_clear(&c->out);
	if (sv_is(method, "GET"))
		answer_get(c, x, http_exchange_path(x));
	else if (sv_is(method, "POST"))
		answer_create(c, x);
	else
		answer_update(c, x);
}

static void on_signal(int number, void *ctx)
{
	(void)number;
	loop_stop(ctx);
}

static enum error_kind serve(struct cluster *c, char *const *files, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(http_server_free) struct http_server *server = NULL;
	struct http_tls_pair pair;
	arena_init(&a, 4 * MAX_PEM_BYTES);
	buf_init(&c->out, MAX_BODY_BYTES);
	buf_init(&c->canary, MAX_QUESTION_BYTES);
	if (file_read(&a, files[0], MAX_PEM_BYTES, &pair.cert_pem, err) ||
		file_read(&a, files[1], MAX_PEM_BYTES, &pair.key_pem, err) ||
		loop_new(&loop, err) || loop_on_signal(loop, SIGTERM, on_signal, loop, err))
		return err->kind;
	const struct http_server_config config = { .bind_address = "127.0.0.1",
		.tls_pairs = &pair,
		.n_tls_pairs = 1,
		.max_body_bytes = MAX_QUESTION_BYTES };
	if (http_server_new(loop, &config, on_request, c, &server, err))
		return err->kind;
	c->timer = loop_timer_new(loop, on_timer, c);
	if (!c->timer)
		return error_nomem(err);
	loop_timer_set(c->timer, NS_PER_SEC);
	(void)printf("%u\n", (unsigned)http_server_port(server));
	(void)fflush(stdout);
	return loop_run(loop, err);
}

int main(int argc, char **argv)
{
	struct cluster *c = mem_zalloc(sizeof(*c));
	struct error err;
	if (c)
		c->version = LIST_VERSION;
	if (argc != 6 || !c || !controller_names_parse(argv + 1, &c->names)) {
		(void)fputs("usage: controller_cluster OBJECTS PODS NAMESPACES CERT KEY\n", stderr);
		return 2;
	}
	if (serve(c, argv + 4, &err)) {
		(void)fprintf(stderr, "controller_cluster: %s\n", err.text);
		return 1;
	}
	return 0;
}
