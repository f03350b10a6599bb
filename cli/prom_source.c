/* One question after the other, each with its own turn of the loop. Rows are copied, because they live longer than the answer's bytes. */
#include "cli/prom_source.h"

#include "cli/api_endpoint.h"
#include "common/instant.h"
#include "common/limits.h"
#include "kube/kube_endpoint.h"
#include "promql/number.h"
#include "promql/server_connect.h"

#define USER_AGENT "flyball/" FLYBALL_VERSION
#define DEFAULT_TIMEOUT_NS (30 * NS_PER_SEC)
#define MAX_TIMEOUT_NS (3600 * NS_PER_SEC)
#define MAX_ARENA_BYTES (8u * LIMIT_CONFIG_FILE_BYTES)
#define MAX_ROWS 100000

void prom_source_options_init(struct prom_source_options *o)
{
	*o = (struct prom_source_options){ .timeout_ns = DEFAULT_TIMEOUT_NS };
}

void prom_source_options_done(struct prom_source_options *o)
{
	options_list_done(&o->headers);
}

void prom_source_options_fill(
	struct option table[PROM_SOURCE_N_OPTIONS], struct prom_source_options *o)
{
	/* clang-format off */
	const struct option options[PROM_SOURCE_N_OPTIONS] = {
		{ .name = "prometheus", .kind = OPTION_TEXT, .target = &o->server, .value_name = "SERVER",
		  .help = "http://HOST:PORT/PATH, or svc/NAMESPACE/NAME:PORT through the API server's proxy" },
		{ .name = "prometheus-ca-file", .kind = OPTION_TEXT, .target = &o->ca_file, .value_name = "FILE",
		  .help = "certificates that a URL's server is trusted by; without it the system's" },
		{ .name = "prometheus-token-file", .kind = OPTION_TEXT, .target = &o->token_file, .value_name = "FILE",
		  .help = "bearer token for a URL's server" },
		{ .name = "prometheus-header", .kind = OPTION_REPEAT, .target = &o->headers, .value_name = "NAME=VALUE",
		  .help = "sent with every question, such as X-Scope-OrgID=team" },
		{ .name = "insecure-skip-tls-verify", .kind = OPTION_BOOL, .target = &o->insecure,
		  .help = "believe any certificate of a URL's server" },
		{ .name = "kubeconfig", .kind = OPTION_TEXT, .target = &o->kubeconfig, .value_name = "FILE",
		  .help = "which cluster; without it $KUBECONFIG, then ~/.kube/config, then the pod's service account" },
		{ .name = "context", .kind = OPTION_TEXT, .target = &o->context, .value_name = "NAME",
		  .help = "of the kubeconfig" },
		{ .name = "timeout", .kind = OPTION_DURATION, .target = &o->timeout_ns, .min = NS_PER_MS, .max = MAX_TIMEOUT_NS,
		  .value_name = "DURATION", .help = "of each question" },
	};
	/* clang-format on */
	memcpy(table, options, sizeof(options));
}

static enum error_kind set_service(struct prom_source *s, const struct prom_source_options *o,
	struct http_endpoint_config *e, struct error *err)
{
	struct kubeconfig_client k;
	const char *path;

	if (kube_endpoint_service_path(&s->arena, o->server, &path, err) != ERR_OK ||
		api_endpoint_find(&s->arena, o->kubeconfig, o->context, &k, err) != ERR_OK)
		return err->kind;
	return kube_endpoint_at(&s->arena, &k, path, e, err);
}

static enum error_kind set_headers(struct prom_source *s, const struct prom_source_options *o,
	struct http_endpoint_config *e, struct error *err)
{
	const char **lines = ARENA_ARRAY(&s->arena, o->headers.items.n + 1, const char *);

	if (!lines)
		return arena_error(&s->arena, err);
	for (size_t i = 0; i < o->headers.items.n; i++) {
		struct sv value;
		bool found;
		struct sv name = sv_cut(sv_of(o->headers.items.at[i]), '=', &value, &found);
		if (!found || name.len == 0)
			return error_set(err, ERR_INVALID,
				"--prometheus-header: expected NAME=VALUE, got '%s'",
				o->headers.items.at[i]);
		lines[i] = arena_printf(&s->arena, "%.*s: %.*s", SV_ARG(name), SV_ARG(value));
		if (!lines[i])
			return arena_error(&s->arena, err);
	}
	e->headers = lines;
	return ERR_OK;
}

enum error_kind prom_source_open(
	struct prom_source *s, const struct prom_source_options *o, struct error *err)
{
	struct prom_client_config config = { .timeout_ns = o->timeout_ns,
		.endpoint = { .base_url = o->server,
			.ca_file = o->ca_file,
			.bearer_token_file = o->token_file,
			.insecure_skip_tls_verify = o->insecure,
			.user_agent = USER_AGENT } };
	struct sv server = sv_of(o->server);

	*s = (struct prom_source){ 0 };
	arena_init(&s->arena, MAX_ARENA_BYTES);
	bool by_service = sv_has_prefix(server, SV(KUBE_ENDPOINT_SERVICE));
	if (!by_service && !sv_has_prefix(server, SV("http://")) &&
		!sv_has_prefix(server, SV("https://")))
		return error_set(err, ERR_INVALID,
			"--prometheus: expected http://HOST:PORT, https://... or "
			"svc/NAMESPACE/NAME:PORT, got '%s'",
			o->server);
	if (by_service && set_service(s, o, &config.endpoint, err) != ERR_OK)
		return err->kind;
	if (set_headers(s, o, &config.endpoint, err) != ERR_OK ||
		loop_new(&s->loop, err) != ERR_OK ||
		http_client_new(s->loop, &s->http, err) != ERR_OK)
		return err->kind;
	return prom_client_new(s->http, &config, &s->client, err);
}

enum error_kind prom_source_open_defined(struct prom_source *s, const struct server_config *server,
	int64_t timeout_ns, struct error *err)
{
	struct prom_client_config config = { 0 };

	*s = (struct prom_source){ 0 };
	arena_init(&s->arena, MAX_ARENA_BYTES);
	if (server_connect_load(&s->arena, server, USER_AGENT, &config, err) != ERR_OK ||
		loop_new(&s->loop, err) != ERR_OK ||
		http_client_new(s->loop, &s->http, err) != ERR_OK)
		return err->kind;
	if (config.timeout_ns == 0)
		config.timeout_ns = timeout_ns;
	return prom_client_new(s->http, &config, &s->client, err);
}

void prom_source_close(struct prom_source *s)
{
	prom_client_free(s->client);
	http_client_free(s->http);
	loop_free(s->loop);
	arena_done(&s->arena);
	*s = (struct prom_source){ 0 };
}

/* A question that was asked, and its answer's rows. */
struct asking {
	struct arena *a;
	struct prom_source_answer *ret;
	size_t size;
	bool done, no_memory;
	enum error_kind kind;
	struct error *err;
};

static bool copy_sample(
	struct asking *q, const struct answer_sample *from, struct answer_sample *to)
{
	*to = *from;
	to->text = arena_sv(q->a, from->text);
	q->no_memory = q->no_memory || !to->text.ptr;
	return to->text.ptr;
}

static bool make_room(struct asking *q)
{
	struct prom_source_answer *r = q->ret;

	if (r->n_rows < q->size)
		return true;
	if (r->n_rows == MAX_ROWS)
		return false;
	size_t size = q->size ? 2 * q->size : 64;
	struct prom_source_row *grown = ARENA_ARRAY(q->a, size, struct prom_source_row);
	q->no_memory = q->no_memory || !grown;
	if (!grown)
		return false;
	if (r->n_rows > 0)
		memcpy(grown, r->rows, r->n_rows * sizeof(*grown));
	r->rows = grown;
	q->size = size;
	return true;
}

static bool on_row(const struct answer_row *row, void *ctx)
{
	struct asking *q = ctx;

	if (!make_room(q))
		return false;
	struct prom_source_row *copy = &q->ret->rows[q->ret->n_rows];
	struct answer_label *labels = ARENA_ARRAY(q->a, row->n_labels, struct answer_label);
	q->no_memory = q->no_memory || !labels;
	for (size_t i = 0; labels && i < row->n_labels; i++) {
		labels[i].name = arena_sv(q->a, row->labels[i].name);
		labels[i].value = arena_sv(q->a, row->labels[i].value);
		q->no_memory = q->no_memory || !labels[i].name.ptr || !labels[i].value.ptr;
	}
	*copy = (struct prom_source_row){ .labels = labels, .n_labels = row->n_labels };
	if (q->no_memory || !copy_sample(q, &row->sample, &copy->sample))
		return false;
	q->ret->n_rows++;
	return true;
}

static bool on_point(const struct answer_sample *sample, void *ctx)
{
	struct asking *q = ctx;

	return q->ret->n_rows > 0 &&
	       copy_sample(q, sample, &q->ret->rows[q->ret->n_rows - 1].sample);
}

static void on_answer(int status, struct sv body, const struct error *failed, void *ctx)
{
	struct asking *q = ctx;
	const struct answer_handler handler = { on_row, on_point, q };

	q->done = true;
	if (failed) {
		*q->err = *failed;
		q->kind = failed->kind;
		return;
	}
	q->kind = answer_decode(q->a, status, body, &handler, &q->ret->answer, q->err);
	if (q->kind == ERR_LIMIT && q->ret->n_rows == MAX_ROWS)
		q->kind = error_set(q->err, ERR_LIMIT, "more than %d rows", MAX_ROWS);
	if (q->no_memory)
		q->kind = arena_error(q->a, q->err);
}

static enum error_kind turn(struct prom_source *s, const bool *done, struct error *err)
{
	while (!*done) {
		if (loop_run_once(s->loop, -1, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

enum error_kind prom_source_query(struct prom_source *s, struct arena *a, struct sv query,
	struct prom_source_answer *ret, struct error *err)
{
	struct asking q = { .a = a, .ret = ret, .err = err };
	struct wall now = instant_wall_now();
	struct mono began = instant_mono_now();
	const struct prom_client_query question = { .query = query,
		.has_time = true,
		.time_ms = now.sec * 1000 + now.nsec / (int32_t)NS_PER_MS };

	*ret = (struct prom_source_answer){ 0 };
	if (prom_client_query(s->client, &question, on_answer, &q, NULL, err) != ERR_OK ||
		turn(s, &q.done, err) != ERR_OK)
		return err->kind;
	ret->took_ns = instant_mono_now().ns - began.ns;
	return q.kind;
}

struct listing {
	bool done;
	enum error_kind kind;
	struct error *err;
};

static void on_series(const struct error *failed, void *ctx)
{
	struct listing *l = ctx;

	l->done = true;
	if (!failed)
		return;
	*l->err = *failed;
	l->kind = failed->kind;
}

enum error_kind prom_source_series(struct prom_source *s, struct sv match, int64_t start_ms,
	struct series *into, struct error *err)
{
	struct listing l = { .err = err };
	const struct prom_client_series question = {
		.match = match, .has_start = true, .start_ms = start_ms
	};

	if (prom_client_series(s->client, &question, into, on_series, &l, NULL, err) != ERR_OK ||
		turn(s, &l.done, err) != ERR_OK)
		return err->kind;
	return l.kind;
}

struct sv prom_source_label(const struct prom_source_row *row, struct sv name)
{
	for (size_t i = 0; i < row->n_labels; i++) {
		if (sv_eq(row->labels[i].name, name))
			return row->labels[i].value;
	}
	return SV("");
}

void prom_source_print_value(struct buf *out, const struct answer_sample *sample)
{
	switch (sample->kind) {
	case ANSWER_FINITE:
	case ANSWER_INFINITE:
		number_print_sample(out, sample->value);
		break;
	case ANSWER_NAN:
		buf_put_str(out, "NaN");
		break;
	case ANSWER_HISTOGRAM:
		buf_put_str(out, "a native histogram");
		break;
	case ANSWER_TEXT:
		buf_put_sv(out, sample->text);
		break;
	case ANSWER_NO_VALUE:
	case ANSWER_NULL_ROW:
		buf_put_str(out, "no value");
		break;
	}
}
