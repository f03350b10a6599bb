/* Prometheus' HTTP API: the answers and error documents that its clients expect. */
#include "sandbox/prom_api.h"

#include "common/f64.h"
#include "common/instant.h"
#include "common/jw.h"
#include "common/vec.h"
#include "sandbox/promql_eval.h"

#define MAX_ANSWER_BYTES (64u * 1024 * 1024)
#define MAX_FORM_BYTES (1024u * 1024)
#define MAX_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_PARAMETERS 64

struct prom_api {
	struct http_server *server;
	const struct time_series_store *series;
	bool down;
};

/* Parameters of the URL and, for POST, of the form in the body. */
struct question {
	struct prom_api *api;
	struct http_exchange *x;
	struct arena arena;
	struct http_query parameters[MAX_PARAMETERS];
	size_t n;
	struct buf out;
	struct jw w;
};

static struct sv parameter(const struct question *q, const char *name)
{
	for (size_t i = 0; i < q->n; i++) {
		if (sv_is(q->parameters[i].name, name))
			return q->parameters[i].value;
	}
	return SV_NULL;
}

static void fail(struct question *q, int status, const char *type, const char *text)
{
	buf_clear(&q->out);
	jw_init(&q->w, &q->out);
	jw_object(&q->w);
	jw_member_str(&q->w, "status", "error");
	jw_member_str(&q->w, "errorType", type);
	jw_member_str(&q->w, "error", text);
	jw_object_end(&q->w);
	http_exchange_reply(q->x, status, "application/json", buf_sv(&q->out), NULL);
}

static void fail_error(struct question *q, const struct error *err)
{
	if (err->kind == ERR_INVALID && err->code == 422)
		fail(q, 422, "execution", err->text);
	else if (err->kind == ERR_INVALID)
		fail(q, 400, "bad_data", err->text);
	else
		fail(q, 500, "internal", err->text);
}

static void begin_success(struct question *q)
{
	jw_object(&q->w);
	jw_member_str(&q->w, "status", "success");
	jw_key(&q->w, "data");
}

static void end_success(struct question *q)
{
	struct error err;

	jw_object_end(&q->w);
	if (buf_check(&q->out, "the answer", &err) != ERR_OK)
		fail_error(q, &err);
	else
		http_exchange_reply(q->x, 200, "application/json", buf_sv(&q->out), NULL);
}

/* Unix seconds with a fraction, or RFC 3339; absent: now. */
static bool read_time(struct sv text, int64_t absent_ms, int64_t *ret_ms)
{
	struct error ignored;
	struct wall t;
	double seconds;

	if (text.len == 0) {
		*ret_ms = absent_ms;
		return true;
	}
	if (f64_parse(text, &seconds) == F64_OK && seconds > -1e11 && seconds < 1e11) {
		*ret_ms = (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5));
		return true;
	}
	if (instant_wall_parse(text, &t, &ignored) != ERR_OK)
		return false;
	*ret_ms = t.sec * 1000 + t.nsec / 1000000;
	return true;
}

static int64_t now_ms(void)
{
	struct wall now = instant_wall_now();
	return now.sec * 1000 + now.nsec / 1000000;
}

static void put_sample(struct question *q, int64_t time_ms, double value)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 128);
	jw_array(&q->w);
	buf_printf(&text, "%lld.%03lld", (long long)(time_ms / 1000), (long long)(time_ms % 1000));
	jw_raw(&q->w, buf_sv(&text));
	buf_clear(&text);
	f64_print_go_f(&text, value);
	jw_sv(&q->w, buf_sv(&text));
	jw_array_end(&q->w);
}

static void answer_query(struct question *q)
{
	struct eval_result result;
	struct error err;
	int64_t at;

	if (!read_time(parameter(q, "time"), now_ms(), &at)) {
		fail(q, 400, "bad_data",
			"invalid parameter \"time\": cannot parse to a valid timestamp");
		return;
	}
	if (promql_eval(&q->arena, q->api->series, parameter(q, "query"), at, &result, &err) !=
		ERR_OK) {
		fail_error(q, &err);
		return;
	}
	begin_success(q);
	jw_object(&q->w);
	jw_member_str(&q->w, "resultType", result.is_scalar ? "scalar" : "vector");
	jw_key(&q->w, "result");
	if (result.is_scalar) {
		put_sample(q, at, result.rows[0].value);
	} else {
		jw_array(&q->w);
		for (size_t i = 0; i < result.n; i++) {
			jw_object(&q->w);
			jw_key(&q->w, "metric");
			jw_object(&q->w);
			for (size_t k = 0; k < result.rows[i].n_labels; k++) {
				jw_key_sv(&q->w, result.rows[i].labels[k].name);
				jw_sv(&q->w, result.rows[i].labels[k].value);
			}
			jw_object_end(&q->w);
			jw_key(&q->w, "value");
			put_sample(q, at, result.rows[i].value);
			jw_object_end(&q->w);
		}
		jw_array_end(&q->w);
	}
	jw_object_end(&q->w);
	end_success(q);
}

static void put_series(struct question *q, const struct time_series *s)
{
	jw_object(&q->w);
	for (size_t i = 0; i < s->n_labels; i++)
		jw_member_str(&q->w, s->labels[i].name, s->labels[i].value);
	jw_object_end(&q->w);
}

static void answer_series(struct question *q)
{
	struct error err;
	int64_t start, end;
	bool any = false;

	if (!read_time(parameter(q, "start"), INT64_MIN, &start) ||
		!read_time(parameter(q, "end"), INT64_MAX, &end)) {
		fail(q, 400, "bad_data", "invalid parameter \"start\" or \"end\"");
		return;
	}
	begin_success(q);
	jw_array(&q->w);
	for (size_t i = 0; i < q->n; i++) {
		const struct time_series **found;
		size_t n;
		if (!sv_is(q->parameters[i].name, "match[]"))
			continue;
		any = true;
		if (promql_eval_series(&q->arena, q->api->series, q->parameters[i].value, start,
			    end, &found, &n, &err) != ERR_OK) {
			fail_error(q, &err);
			return;
		}
		for (size_t k = 0; k < n; k++)
			put_series(q, found[k]);
	}
	jw_array_end(&q->w);
	if (!any)
		fail(q, 400, "bad_data", "no match[] parameter provided");
	else
		end_success(q);
}

/* Distinct values of one label (label NULL: the label names) in byte order of first appearance among the sorted series. */
static void answer_names(struct question *q, const char *label)
{
	VEC(const char *) seen = { 0 };

	for (size_t i = 0; i < time_series_n(q->api->series); i++) {
		const struct time_series *s = time_series_at(q->api->series, i);
		for (size_t k = 0; k < s->n_labels; k++) {
			const char *text = label ? s->labels[k].value : s->labels[k].name;
			bool known = label && strcmp(s->labels[k].name, label) != 0;
			for (size_t j = 0; j < seen.n && !known; j++)
				known = strcmp(seen.at[j], text) == 0;
			const char **slot = known ? NULL : VEC_PUSH(&seen, 100000);
			if (slot)
				*slot = text;
		}
	}
	begin_success(q);
	jw_array(&q->w);
	for (size_t i = 0; i < seen.n; i++)
		jw_str(&q->w, seen.at[i]);
	jw_array_end(&q->w);
	VEC_DONE(&seen);
	end_success(q);
}

static bool add_parameter(struct question *q, struct sv name, struct sv value)
{
	if (q->n == MAX_PARAMETERS)
		return false;
	q->parameters[q->n++] = (struct http_query){ name, value };
	return true;
}

/* application/x-www-form-urlencoded. */
static bool read_form(struct question *q, struct sv body)
{
	while (body.len > 0) {
		AUTO(buf_done) struct buf decoded = { 0 };
		struct sv rest, value;
		bool more, found;
		struct sv pair = sv_cut(body, '&', &rest, &more);
		struct sv name = sv_cut(pair, '=', &value, &found);
		body = rest;
		buf_init(&decoded, MAX_FORM_BYTES);
		if (!http_unescape(&decoded, name, true))
			return false;
		name = arena_sv(&q->arena, buf_sv(&decoded));
		buf_clear(&decoded);
		if (!http_unescape(&decoded, value, true))
			return false;
		value = arena_sv(&q->arena, buf_sv(&decoded));
		if (!name.ptr || !value.ptr || !add_parameter(q, name, value))
			return false;
	}
	return true;
}

static void route(struct question *q, struct sv path)
{
	if (sv_is(path, "/api/v1/query")) {
		answer_query(q);
	} else if (sv_is(path, "/api/v1/series")) {
		answer_series(q);
	} else if (sv_is(path, "/api/v1/labels")) {
		answer_names(q, NULL);
	} else if (sv_has_prefix(path, SV("/api/v1/label/")) &&
		   sv_has_suffix(path, SV("/values"))) {
		struct sv label = sv_take(sv_skip(path, 14), path.len - 14 - 7);
		char *name = arena_strdup(&q->arena, label);
		answer_names(q, name ? name : "");
	} else if (sv_is(path, "/-/ready") || sv_is(path, "/-/healthy")) {
		http_exchange_reply(q->x, 200, "text/plain; charset=utf-8",
			SV("Prometheus Server is Ready.\n"), NULL);
	} else {
		fail(q, 404, "not_found",
			"the sandbox's Prometheus serves /api/v1/query, series, labels and "
			"label/NAME/values only");
	}
}

static void handle(struct http_exchange *x, void *ctx)
{
	struct question q = { .api = ctx, .x = x };
	size_t n = 0;
	bool ok = true;

	arena_init(&q.arena, MAX_ARENA_BYTES);
	buf_init(&q.out, MAX_ANSWER_BYTES);
	jw_init(&q.w, &q.out);
	const struct http_query *query = http_exchange_query(x, &n);
	for (size_t i = 0; i < n && ok; i++)
		ok = add_parameter(&q, query[i].name, query[i].value);
	if (ok && sv_is(http_exchange_method(x), "POST"))
		ok = read_form(&q, http_exchange_body(x));
	if (q.api->down)
		http_exchange_reply(
			x, 503, "text/plain; charset=utf-8", SV("Service Unavailable"), NULL);
	else if (!ok)
		fail(&q, 400, "bad_data", "the parameters cannot be read");
	else
		route(&q, http_exchange_path(x));
	buf_done(&q.out);
	arena_done(&q.arena);
}

enum error_kind prom_api_new(struct loop *l, const char *bind_address, uint16_t port,
	const struct time_series_store *series, struct prom_api **ret, struct error *err)
{
	AUTO(prom_api_free) struct prom_api *p = mem_zalloc(sizeof(*p));
	const struct http_server_config config = {
		.bind_address = bind_address, .port = port, .max_body_bytes = MAX_FORM_BYTES
	};

	if (!p)
		return error_nomem(err);
	p->series = series;
	if (http_server_new(l, &config, handle, p, &p->server, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(p);
	return ERR_OK;
}

void prom_api_free(struct prom_api *p)
{
	if (!p)
		return;
	http_server_free(p->server);
	mem_free(p);
}

uint16_t prom_api_port(const struct prom_api *p)
{
	return http_server_port(p->server);
}

void prom_api_set_down(struct prom_api *p, bool down)
{
	p->down = down;
}

bool prom_api_is_down(const struct prom_api *p)
{
	return p->down;
}
