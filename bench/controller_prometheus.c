/* The Prometheus of the controllers' bench: the metric http_requests of every pod app-OBJECT-POD in the namespaces ns-K, 2.0 in each, or,
 * after a request to /change, another value near it with every period. Answers name just the pods that were asked for.
 * Usage: controller_prometheus OBJECTS PODS NAMESPACES; the first line of its output is the port. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "bench/controller_names.h"
#include "common/arena.h"
#include "common/buf.h"
#include "common/http_server.h"
#include "common/mem.h"

#define MAX_BODY_BYTES (64u << 20)
#define MAX_QUESTION_BYTES (4u << 20)
#define PERIOD_SEC 15
/* Of the target; the controllers' tolerance is 10 %. */
#define STEADY_MILLI 2000
#define CHANGE_STEPS 31
#define CHANGE_STEP_MILLI 10

struct stub {
	struct controller_names names;
	bool changing;
	uint64_t n_queries;
	struct buf out;
};

static int64_t value_milli(const struct stub *s, unsigned pod, int64_t now_sec)
{
	if (!s->changing)
		return STEADY_MILLI;
	int64_t step = (now_sec / PERIOD_SEC * 7 + pod) % CHANGE_STEPS;
	return STEADY_MILLI + (step - CHANGE_STEPS / 2) * CHANGE_STEP_MILLI;
}

static void put_sample(struct stub *s, struct sv name, unsigned pod, int64_t now_sec, bool *first)
{
	int64_t milli = value_milli(s, pod, now_sec);
	buf_printf(&s->out,
		"%s{\"metric\":{\"pod\":\"%.*s\"},\"value\":[%" PRId64 ",\"%" PRId64 ".%03d\"]}",
		*first ? "" : ",", SV_ARG(name), now_sec, milli / 1000, (int)(milli % 1000));
	*first = false;
}

/* The text between the quotes that follow `label`; false: the query does not have it. */
static bool find_matcher(struct sv query, const char *label, struct sv *ret)
{
	size_t at = sv_find_sv(query, sv_of(label));
	if (at >= query.len)
		return false;
	struct sv rest = sv_skip(query, at + strlen(label));
	*ret = sv_take(rest, sv_find(rest, '"'));
	return true;
}

static void put_list(struct stub *s, struct sv list, int64_t now_sec)
{
	bool first = true;
	while (list.len > 0) {
		struct sv name = sv_take(list, sv_find(list, '|'));
		unsigned pod;
		if (controller_names_pod_number(name, &pod))
			put_sample(s, name, pod, now_sec, &first);
		list = sv_skip(list, name.len + 1);
	}
}

static void put_namespace(struct stub *s, struct sv ns, int64_t now_sec)
{
	const struct controller_names *n = &s->names;
	bool first = true;
	char name[CONTROLLER_NAMES_MAX];
	unsigned wanted;
	if (!controller_names_ns_number(ns, &wanted))
		return;
	for (unsigned object = wanted; object < n->n_objects; object += n->n_namespaces)
		for (unsigned i = 0; i < n->n_pods / n->n_objects; i++) {
			unsigned pod = object * (n->n_pods / n->n_objects) + i;
			controller_names_pod(n, pod, name);
			put_sample(s, sv_of(name), pod, now_sec, &first);
		}
}

static void answer_query(struct stub *s, struct http_exchange *x, struct sv query)
{
	int64_t now_sec = (int64_t)time(NULL);
	struct sv ns = SV(""), pods = SV("");
	s->n_queries++;
	buf_clear(&s->out);
	buf_put_str(&s->out,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	(void)find_matcher(query, "namespace=\"", &ns);
	if (find_matcher(query, "pod=~\"", &pods) || find_matcher(query, "pod=\"", &pods))
		put_list(s, pods, now_sec);
	else
		put_namespace(s, ns, now_sec);
	buf_put_str(&s->out, "]}}");
	http_exchange_reply(x, 200, "application/json", buf_sv(&s->out), NULL);
}

static void answer_series(struct stub *s, struct http_exchange *x)
{
	buf_clear(&s->out);
	buf_put_str(&s->out, "{\"status\":\"success\",\"data\":[");
	for (unsigned i = 0; i < s->names.n_namespaces; i++)
		buf_printf(&s->out,
			"%s{\"__name__\":\"http_requests\",\"namespace\":\"ns-%u\",\"pod\":\"app-%"
			"u-x\"}",
			i ? "," : "", i, i);
	buf_put_str(&s->out, "]}");
	http_exchange_reply(x, 200, "application/json", buf_sv(&s->out), NULL);
}

/* A form holds the query with % escapes: as the target of a GET it would be decoded already. */
static struct sv form_query(struct http_exchange *x)
{
	struct arena *a = http_exchange_arena(x);
	struct sv body = http_exchange_body(x);
	size_t at = sv_find_sv(body, SV("query="));
	struct sv raw = sv_skip(body, at + strlen("query="));
	raw = sv_take(raw, sv_find(raw, '&'));
	char *text = arena_strdup(a, raw);
	size_t n = 0;
	for (size_t i = 0; text && i < raw.len; i++) {
		unsigned byte;
		if (raw.ptr[i] == '%' && i + 2 < raw.len &&
			sscanf(raw.ptr + i + 1, "%2x", &byte) == 1) {
			text[n++] = (char)byte;
			i += 2;
		} else {
			text[n++] = raw.ptr[i] == '+' ? ' ' : raw.ptr[i];
		}
	}
	return sv_from(text, n);
}

static void on_request(struct http_exchange *x, void *ctx)
{
	struct stub *s = ctx;
	struct sv path = http_exchange_path(x);
	if (sv_is(path, "/api/v1/query")) {
		struct sv query = http_exchange_query_get(x, "query");
		answer_query(s, x, query.len ? query : form_query(x));
	} else if (sv_is(path, "/api/v1/series")) {
		answer_series(s, x);
	} else if (sv_is(path, "/change") || sv_is(path, "/constant")) {
		s->changing = sv_is(path, "/change");
		buf_clear(&s->out);
		buf_printf(&s->out, "%" PRIu64, s->n_queries);
		http_exchange_reply(x, 200, "text/plain", buf_sv(&s->out), NULL);
	} else {
		http_exchange_reply(x, 404, "text/plain", SV("not here"), NULL);
	}
}

static void on_signal(int number, void *ctx)
{
	(void)number;
	loop_stop(ctx);
}

static enum error_kind serve(struct stub *s, struct error *err)
{
	const struct http_server_config config = { .bind_address = "127.0.0.1",
		.max_body_bytes = MAX_QUESTION_BYTES };
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(http_server_free) struct http_server *server = NULL;
	buf_init(&s->out, MAX_BODY_BYTES);
	if (loop_new(&loop, err) || loop_on_signal(loop, SIGTERM, on_signal, loop, err) ||
		http_server_new(loop, &config, on_request, s, &server, err))
		return err->kind;
	(void)printf("%u\n", (unsigned)http_server_port(server));
	(void)fflush(stdout);
	return loop_run(loop, err);
}

int main(int argc, char **argv)
{
	struct stub s = { .n_queries = 0 };
	struct error err;
	if (argc != 4 || !controller_names_parse(argv + 1, &s.names)) {
		(void)fputs("usage: controller_prometheus OBJECTS PODS NAMESPACES\n", stderr);
		return 2;
	}
	if (serve(&s, &err)) {
		(void)fprintf(stderr, "controller_prometheus: %s\n", err.text);
		return 1;
	}
	return 0;
}
