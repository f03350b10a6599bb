/* The Prometheus and the API server of the adapter's bench, on one port: just the answers that both adapters ask for, made once, so that
 * answering costs less than being answered. /counts tells how often what was asked. Usage: adapter_stub FRONT_PROXY_CA; the first line of its
 * output is the port.
 *
 * Metrics: hits of the pods web-0 to web-99 and requests of the service web in namespace default; app_NNN_total of 500 pods, which is the
 * large listing. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/http_server.h"
#include "common/jw.h"

#define N_PODS 100
/* 150,000 series; the pad makes them 28.6 MiB. */
#define N_APP_METRICS 300
#define N_APP_PODS 500
#define MAX_BODY_BYTES (64u << 20)
#define MAX_CA_BYTES (64u << 10)
#define MAX_QUESTION_BYTES (1u << 20)
#define MAX_EVENT_BYTES (1u << 20)

enum count { COUNT_QUERY, COUNT_SERIES, COUNT_LIST, COUNT_REVIEW, N_COUNTS };

struct stub {
	struct buf all_pods, one_service; /* answers to queries, as of `answered_sec` */
	int64_t answered_sec;
	struct buf small_series, large_series;
	struct buf pods, pod_names; /* whole, and their metadata only */
	struct buf config_map, config_maps;
	uint64_t counts[N_COUNTS];
};

static const char *const COUNT_NAMES[N_COUNTS] = { "query", "series", "list", "review" };

static void make_vector(
	struct buf *out, int64_t now_sec, const char *label, const char *prefix, int n)
{
	buf_clear(out);
	buf_put_str(
		out, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < n; i++)
		buf_printf(out,
			"%s{\"metric\":{\"%s\":\"%s%.*d\"},\"value\":[%" PRId64 ".25,\"%d.5\"]}",
			i ? "," : "", label, prefix, n > 1, i, now_sec, i);
	buf_put_str(out, "]}}");
}

/* A server evaluates at the present second, so the answers are made again once a second. */
static void refresh_answers(struct stub *s)
{
	int64_t now = (int64_t)time(NULL);
	if (now == s->answered_sec)
		return;
	s->answered_sec = now;
	make_vector(&s->all_pods, now, "pod", "web-", N_PODS);
	make_vector(&s->one_service, now, "service", "web", 1);
}

static void make_series(struct stub *s)
{
	struct buf *small = &s->small_series, *large = &s->large_series;
	buf_put_str(small, "{\"status\":\"success\",\"data\":[");
	for (int i = 0; i < N_PODS; i++)
		buf_printf(small,
			"{\"__name__\":\"hits\",\"namespace\":\"default\",\"pod\":\"web-%d\","
			"\"instance\":\"10.0.0.%d:8080\"},",
			i, i);
	buf_put_str(small,
		"{\"__name__\":\"requests\",\"namespace\":\"default\",\"service\":\"web\"}]}");
	buf_put_str(large, "{\"status\":\"success\",\"data\":[");
	for (int metric = 0; metric < N_APP_METRICS; metric++)
		for (int pod = 0; pod < N_APP_PODS; pod++)
			buf_printf(large,
				"%s{\"__name__\":\"app_%03d_total\",\"container\":\"app\","
				"\"id\":\"/kubepods/pod%08x\",\"instance\":\"10.0.0.%03d:10250\","
				"\"job\":\"kubelet\",\"metrics_path\":\"/"
				"cadvisor\",\"namespace\":\"team-%02d\",\"pod\":\"app-%03d-"
				"5d8c7b9f6-x%04d\"}",
				metric + pod ? "," : "", metric, (unsigned)pod * 2654435761u,
				pod % 100, pod % 20, pod, pod);
	buf_put_str(large, "]}");
}

static void put_metadata(struct buf *out, int i)
{
	buf_printf(out,
		"\"metadata\":{\"name\":\"web-%d\",\"namespace\":\"default\",\"uid\":\"u%d\","
		"\"resourceVersion\":\"%d\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\","
		"\"labels\":{\"app\":\"web\"}}",
		i, i, i + 1);
}

/* The least that is a pod: prometheus-adapter decodes all of it for every request, and real ones are ten times as large. */
static void put_pod(struct buf *out, int i)
{
	buf_put_char(out, '{');
	put_metadata(out, i);
	buf_put_str(out, ",\"spec\":{},\"status\":{\"phase\":\"Running\"}}");
}

static void make_pods(struct stub *s)
{
	buf_put_str(&s->pods, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{"
			      "\"resourceVersion\":\"1000\"},\"items\":[");
	buf_put_str(&s->pod_names,
		"{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s."
		"io/v1\",\"metadata\":{\"resourceVersion\":\"1000\"},\"items\":[");
	for (int i = 0; i < N_PODS; i++) {
		buf_put_str(&s->pods, i ? "," : "");
		put_pod(&s->pods, i);
		buf_put_str(&s->pod_names, i ? ",{" : "{");
		put_metadata(&s->pod_names, i);
		buf_put_char(&s->pod_names, '}');
	}
	buf_put_str(&s->pods, "]}");
	buf_put_str(&s->pod_names, "]}");
}

/* By which certificate a front proxy is known. */
static void make_config_map(struct stub *s, struct sv ca)
{
	static const char *const DATA[][2] = {
		{ "requestheader-allowed-names", "[\"front-proxy-client\"]" },
		{ "requestheader-username-headers", "[\"X-Remote-User\"]" },
		{ "requestheader-group-headers", "[\"X-Remote-Group\"]" },
		{ "requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]" },
	};
	struct jw w;
	jw_init(&w, &s->config_map);
	jw_object(&w);
	jw_member_str(&w, "kind", "ConfigMap");
	jw_member_str(&w, "apiVersion", "v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_member_str(&w, "name", "extension-apiserver-authentication");
	jw_member_str(&w, "namespace", "kube-system");
	jw_member_str(&w, "uid", "c1");
	jw_member_str(&w, "resourceVersion", "1");
	jw_object_end(&w);
	jw_key(&w, "data");
	jw_object(&w);
	jw_key(&w, "requestheader-client-ca-file");
	jw_sv(&w, ca);
	for (size_t i = 0; i < ARRAY_LEN(DATA); i++)
		jw_member_str(&w, DATA[i][0], DATA[i][1]);
	jw_object_end(&w);
	jw_object_end(&w);
	buf_put_str(&s->config_maps, "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\","
				     "\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[");
	buf_put_sv(&s->config_maps, buf_sv(&s->config_map));
	buf_put_str(&s->config_maps, "]}");
}

static void answer(struct http_exchange *x, int status, struct sv body)
{
	http_exchange_reply(x, status, "application/json", body, NULL);
}

static bool holds(struct sv text, struct sv part)
{
	return sv_find_sv(text, part) < text.len;
}

static void on_end(struct http_exchange *x, void *ctx)
{
	(void)x;
	(void)ctx;
}

static void answer_counts(struct stub *s, struct http_exchange *x)
{
	struct buf out;
	struct jw w;
	buf_init(&out, 4096);
	jw_init(&w, &out);
	jw_object(&w);
	for (size_t i = 0; i < N_COUNTS; i++) {
		jw_member_i64(&w, COUNT_NAMES[i], (int64_t)s->counts[i]);
	}
	jw_object_end(&w);
	answer(x, 200, buf_sv(&out));
	buf_done(&out);
}

static void answer_prometheus(struct stub *s, struct http_exchange *x, bool is_query)
{
	/* GET or POST: the text is somewhere in the request. */
	struct sv target = http_exchange_target(x), body = http_exchange_body(x);
	s->counts[is_query ? COUNT_QUERY : COUNT_SERIES]++;
	if (is_query) {
		refresh_answers(s);
		bool is_pods = holds(target, SV("hits")) || holds(body, SV("hits"));
		answer(x, 200, buf_sv(is_pods ? &s->all_pods : &s->one_service));
		return;
	}
	bool is_large = holds(target, SV("__name__")) || holds(body, SV("__name__"));
	answer(x, 200, buf_sv(is_large ? &s->large_series : &s->small_series));
}

static void answer_list(struct stub *s, struct http_exchange *x, struct sv path)
{
	if (http_exchange_query_get(x, "watch").len) {
		/* It stays silent. */
		http_exchange_set_ctx(x, s, on_end);
		http_exchange_stream(x, "application/json", MAX_EVENT_BYTES);
		return;
	}
	s->counts[COUNT_LIST]++;
	if (sv_has_suffix(path, SV("/extension-apiserver-authentication")))
		answer(x, 200, buf_sv(&s->config_map));
	else if (sv_has_suffix(path, SV("/configmaps")))
		answer(x, 200, buf_sv(&s->config_maps));
	else if (holds(http_exchange_header(x, "Accept"), SV("PartialObjectMetadataList")))
		answer(x, 200, buf_sv(&s->pod_names));
	else
		answer(x, 200, buf_sv(&s->pods));
}

#define CORE_RESOURCE(name, kind, namespaced)                                                      \
	"{\"name\":\"" name "\",\"singularName\":\"\",\"namespaced\":" namespaced                  \
	",\"kind\":\"" kind "\",\"verbs\":[\"get\",\"list\",\"watch\"]}"

static void on_request(struct http_exchange *x, void *ctx)
{
	struct stub *s = ctx;
	struct sv path = http_exchange_path(x);
	if (sv_is(path, "/api/v1/query")) {
		answer_prometheus(s, x, true);
	} else if (sv_is(path, "/api/v1/series")) {
		answer_prometheus(s, x, false);
	} else if (sv_is(path, "/counts")) {
		answer_counts(s, x);
	} else if (sv_has_suffix(path, SV("/subjectaccessreviews"))) {
		s->counts[COUNT_REVIEW]++;
		answer(x, 201,
			SV("{\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s."
			   "io/v1\",\"metadata\":{},\"spec\":{},\"status\":{\"allowed\":true}}"));
	} else if (sv_is(path, "/api")) {
		answer(x, 200, SV("{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}"));
	} else if (sv_is(path, "/apis")) {
		answer(x, 200,
			SV("{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}"));
	} else if (sv_is(path, "/api/v1")) {
		answer(x, 200,
			SV("{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":"
			   "[" CORE_RESOURCE("namespaces", "Namespace", "false") "," CORE_RESOURCE(
				   "nodes", "Node", "false") "," CORE_RESOURCE("pods", "Pod",
				   "true") "," CORE_RESOURCE("services", "Service", "true") "]}"));
	} else if (sv_has_suffix(path, SV("/pods")) || holds(path, SV("/configmaps"))) {
		answer_list(s, x, path);
	} else {
		answer(x, 404,
			SV("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\","
			   "\"reason\":\"NotFound\",\"code\":404,\"message\":\"not here\"}"));
	}
}

static void on_signal(int number, void *ctx)
{
	(void)number;
	loop_stop(ctx);
}

static void make_all(struct stub *s, struct sv ca)
{
	struct buf *const bufs[] = { &s->all_pods, &s->one_service, &s->small_series,
		&s->large_series, &s->pods, &s->pod_names, &s->config_map, &s->config_maps };
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_init(bufs[i], MAX_BODY_BYTES);
	make_series(s);
	make_pods(s);
	make_config_map(s, ca);
}

static enum error_kind serve(struct stub *s, const char *ca_file, struct error *err)
{
	const struct http_server_config config = { .bind_address = "127.0.0.1",
		.max_body_bytes = MAX_QUESTION_BYTES };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(http_server_free) struct http_server *server = NULL;
	struct sv ca;
	arena_init(&a, 2 * MAX_CA_BYTES);
	if (file_read(&a, ca_file, MAX_CA_BYTES, &ca, err))
		return err->kind;
	make_all(s, ca);
	if (loop_new(&loop, err) || loop_on_signal(loop, SIGTERM, on_signal, loop, err) ||
		http_server_new(loop, &config, on_request, s, &server, err))
		return err->kind;
	(void)printf("%u\n", (unsigned)http_server_port(server));
	(void)fflush(stdout);
	return loop_run(loop, err);
}

int main(int argc, char **argv)
{
	struct stub *s = calloc(1, sizeof(*s));
	struct error err = { 0 };
	if (argc != 2 || !s) {
		(void)fputs("usage: adapter_stub FRONT_PROXY_CA\n", stderr);
		return 2;
	}
	if (serve(s, argv[1], &err)) {
		(void)fprintf(stderr, "adapter_stub: %s\n", err.text);
		return 1;
	}
	return 0;
}
