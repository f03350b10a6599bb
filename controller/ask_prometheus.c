/* Queries of Prometheus metrics. A query is parsed for every pass, in an arena of its own with a limit of its own, so that one object's
 * query cannot take the memory of its pass. What is refused because of a server is not a question of another state: tapes hold it as the
 * answer that was given, and a replay needs no servers. */
#include "controller/ask_prometheus.h"

#include "common/limits.h"
#include "controller/ask.h"
#include "controller/words.h"
#include "kube/api_path.h"
#include "promql/inject.h"
#include "promql/parser.h"
#include "promql/rewritten.h"
#include "promql/server_config.h"

#define NAMESPACE SV("namespace")
/* The schema takes queries of 16 KiB; the rest is for their regular expressions. */
#define QUERY_ARENA_BYTES (16u << 20)
/* A query with a matcher more in each selector. */
#define QUERY_BYTES (1u << 20)

struct asking {
	struct arena *a;
	struct sv ns;
	const struct hpa_prometheus *metric;
	const struct server_config *server; /* NULL: no server is looked at */
	struct ask_question *q;
	struct error *err;
};

static enum error_kind no_memory(struct asking *s)
{
	return arena_error(s->a, s->err);
}

static enum error_kind refuse(struct asking *s, struct sv why)
{
	s->q->refusal = why;
	return why.ptr ? ERR_OK : no_memory(s);
}

static enum error_kind invalid(struct asking *s, struct sv why)
{
	s->q->state = ASK_INVALID;
	s->q->why = why;
	return why.ptr ? ERR_OK : no_memory(s);
}

/* Memory ran out while a query was worked on: of the process, or only of the scratch arena. */
static enum error_kind out_of_memory(
	struct asking *s, const char *what, unsigned long n_failures_before)
{
	if (mem_n_failures() != n_failures_before)
		return error_nomem(s->err);
	return invalid(s, WORDS(s->a, sv_of(what), SV(": takes too much memory to be checked")));
}

static enum error_kind narrow(struct asking *s, const char *what, struct arena *scratch,
	struct ast *root, struct sv text, struct sv *ret)
{
	const struct matcher matcher = { .label = NAMESPACE, .op = MATCHER_EQ, .value = s->ns };
	struct error why;
	struct sv narrowed;
	unsigned long before = mem_n_failures();
	enum error_kind kind = inject_matchers(scratch, root, text, &matcher, 1, NULL, &why);

	if (!kind)
		kind = rewritten_print(scratch, root, QUERY_BYTES, &narrowed, &why);
	if (kind == ERR_NOMEM)
		return out_of_memory(s, what, before);
	if (kind)
		return refuse(s, WORDS(s->a, sv_of(what), SV(": "), sv_of(why.text)));
	*ret = arena_sv(s->a, narrowed);
	return ret->ptr ? ERR_OK : no_memory(s);
}

/* One of the two queries. per_pod: it must give rows. */
static enum error_kind prepare_in(struct asking *s, const char *what, struct sv text, bool per_pod,
	struct arena *scratch, struct sv *ret)
{
	struct error why;
	struct ast *root;
	unsigned long before = mem_n_failures();
	enum error_kind kind = parser_parse(scratch, text, PARSER_ALL, &root, NULL, &why);

	if (kind == ERR_NOMEM)
		return out_of_memory(s, what, before);
	if (kind)
		return invalid(s, WORDS(s->a, sv_of(what), SV(": "), sv_of(why.text)));
	if (root->type != VALUE_VECTOR && (per_pod || root->type != VALUE_SCALAR))
		return invalid(s,
			WORDS(s->a, sv_of(what), SV(": gives a "), sv_of(ast_type_name(root->type)),
				per_pod ? SV(", expected an instant vector with the podLabel")
					: SV(", expected an instant vector or a scalar")));
	if (!s->server)
		return ERR_OK;
	if (!s->server->unrestricted)
		return narrow(s, what, scratch, root, text, ret);
	*ret = arena_sv(s->a, text);
	return ret->ptr ? ERR_OK : no_memory(s);
}

static enum error_kind prepare(
	struct asking *s, const char *what, struct sv text, bool per_pod, struct sv *ret)
{
	AUTO(arena_done) struct arena scratch = { 0 };

	arena_init(&scratch, QUERY_ARENA_BYTES);
	return prepare_in(s, what, text, per_pod, &scratch, ret);
}

/* What tapes know the question by: the same whatever the servers are. */
static enum error_kind name_question(struct asking *s)
{
	const struct hpa_prometheus *m = s->metric;
	struct buf out;
	bool first = true;

	buf_init(&out, LIMIT_OBJECT_BYTES);
	buf_put_str(&out, "/prometheus/");
	api_path_put_segment(&out, m->server.len ? m->server : SV(SERVER_CONFIG_DEFAULT));
	buf_put_str(&out, "/api/v1/query");
	api_path_put_query(&out, &first, "query", m->query);
	api_path_put_query(&out, &first, "aliveQuery", m->alive_query);
	return words_keep(s->a, &out, "a query", &s->q->target, s->err);
}

/* NULL: q says why. */
static const struct server_config *find_server(
	struct asking *s, const struct ask_prometheus_servers *servers)
{
	struct sv name = s->metric->server;
	const struct server_config *found = NULL;

	if (servers && servers->n > 0)
		found = server_config_find(
			servers->at, servers->n, name.len ? name : SV(SERVER_CONFIG_DEFAULT));
	if (!found && name.len == 0 && servers && servers->n == 1)
		found = &servers->at[0];
	if (!servers || servers->n == 0)
		s->q->refusal = SV("no Prometheus server is configured");
	else if (!found && name.len == 0)
		s->q->refusal = SV("several Prometheus servers are configured: name one in server");
	else if (!found)
		s->q->refusal =
			WORDS(s->a, SV("no Prometheus server \""), name, SV("\" is configured"));
	else if (!server_config_allows(found, s->ns))
		s->q->refusal = WORDS(s->a, SV("the Prometheus server \""), found->name,
			SV("\" does not serve namespace \""), s->ns, SV("\""));
	return s->q->refusal.len ? NULL : found;
}

/* To whom it goes, unless there is nothing to send. */
static enum error_kind address(struct asking *s, struct sv query, struct sv alive)
{
	struct ask_question *q = s->q;

	if (q->state != ASK_REQUEST || q->refusal.len || !s->server)
		return ERR_OK;
	/* The configuration may be another one while the answer is waited for. */
	q->server = arena_sv(s->a, s->server->name);
	if (!q->server.ptr)
		return no_memory(s);
	q->query = query;
	q->alive_query = alive;
	return ERR_OK;
}

enum error_kind ask_prometheus(struct arena *a, const struct ask_prometheus_servers *servers,
	struct sv ns, const struct hpa_prometheus *metric, struct ask_question *q,
	struct error *err)
{
	struct asking s = { a, ns, metric, NULL, q, err };
	struct sv query = SV(""), alive = SV("");

	*q = (struct ask_question){ .state = ASK_REQUEST };
	if (sv_is(metric->no_data, "Zero") && metric->alive_query.len == 0)
		return invalid(&s, SV("noData Zero needs an aliveQuery: without it, a dead "
				      "exporter reads as no load"));
	if (name_question(&s))
		return err->kind;
	if (!servers || !servers->unknown)
		s.server = find_server(&s, servers);
	if (q->refusal.len && !q->refusal.ptr)
		return no_memory(&s);
	if (prepare(&s, "query", metric->query, metric->pod_label.len > 0, &query))
		return err->kind;
	if (metric->alive_query.len > 0 && q->state == ASK_REQUEST &&
		prepare(&s, "aliveQuery", metric->alive_query, false, &alive))
		return err->kind;
	return address(&s, query, alive);
}
