/* The steps "query text" and "ask": a question and its rule -> one or more queries, put to the rule's server. */
#include <stddef.h>

#include "adapter/enforce.h"
#include "adapter/sample_time.h"
#include "adapter/server.h"
#include "adapter/steps.h"
#include "common/log.h"

/* Puts the namespace that is asked for into every selector of the queries. */
static enum error_kind enforce(struct request *r, struct error *err)
{
	const struct naming *n = r->metric->naming;
	const struct mapper_name *resource = &r->metric->resource;
	bool is_namespace = sv_is(resource->plural, "namespaces") && resource->group.len == 0;
	struct sv label;
	if (enforce_label(r->arena, r->catalog->generation->mapper, n, &label, err))
		return err->kind;
	for (size_t i = 0; i < r->pieces.n; i++) {
		struct sv *text = &r->pieces.at[i].query;
		if (enforce_query(r->arena, *text, label,
			    is_namespace ? r->names : &r->route.namespace,
			    is_namespace ? r->n_names : 1, text, err))
			return err->kind;
	}
	return ERR_OK;
}

/* For each query another one: how old is what it counts? */
static enum error_kind add_times(struct request *r, struct error *err)
{
	size_t n = r->pieces.n;
	for (size_t i = 0; i < n; i++) {
		struct piece *made = pieces_add(&r->pieces);
		if (!made)
			return arena_error(r->arena, err);
		made->is_time = true;
		if (sample_time_query(r->arena, r->pieces.at[i].query, r->label, &made->query, err))
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind build_queries(struct request *r, struct error *err)
{
	const struct route *q = &r->route;
	const struct naming *n = r->metric->naming;
	const struct opt_bool *namespaced = &n->rule->mapping.namespaced;
	bool with_namespace = q->kind == ROUTE_CUSTOM || !namespaced->set || namespaced->value;
	const struct query_question question = {
		.series = r->metric->series,
		.mapping = &n->mapping,
		.template = n->query,
		.metric_selector = &r->metric_labels,
		.namespace = with_namespace ? q->namespace : SV(""),
		.resource = r->metric->resource,
		.names = r->names,
		.n_names = r->n_names,
		.exact_text = r->server->strict,
	};
	return pieces_build(
		r->arena, r->catalog->generation->mapper, &question, &r->pieces, &r->label, err);
}

static void log_no_query(struct request *r, const struct error *why)
{
	log_event(LOG_WARN, "unable to build the query", "path",
		arena_strdup(r->arena, r->attributes.path), "why", why->text, NULL);
}

enum step_next steps_query_text(struct request *r)
{
	const struct rules_rule *rule = r->metric->naming->rule;
	struct error err = { 0 };
	if (build_queries(r, &err)) {
		log_no_query(r, &err);
		if (rule->external)
			request_fail_internal(r, "unable to fetch metrics");
		else if (r->server->strict)
			request_no_metric(r, false);
		else
			request_fail_error(r, &err);
		return STEP_REPLY;
	}
	if ((rule->enforce_namespace && enforce(r, &err)) ||
		(rule->sample_timestamp && add_times(r, &err))) {
		log_no_query(r, &err);
		if (err.kind == ERR_INVALID)
			request_fail_text(
				r, 400, "BadRequest", FAILURE_NO_DETAILS, sv_of(err.text));
		else
			request_fail_error(r, &err);
		return STEP_REPLY;
	}
	return STEP_GO;
}

static void on_answers(struct pieces *p)
{
	struct request *r = (struct request *)((char *)p - offsetof(struct request, pieces));
	steps_resume(r, STEP_GO);
}

enum step_next steps_ask(struct request *r)
{
	struct error err = { 0 };
	bool wait = false;
	r->pieces.done = on_answers;
	for (size_t i = 0; log_enabled(LOG_DEBUG) && i < r->pieces.n; i++)
		log_event(LOG_DEBUG, "asking Prometheus", "query",
			arena_strdup(r->arena, r->pieces.at[i].query), NULL);
	struct upstream *to = upstreams_find(r->upstreams, r->metric->naming->rule->server);
	/* A catalog that could not be made anew may name a server that is gone. */
	if (!to || pieces_ask(&r->pieces, to->ask, request_left_ns(r), &wait, &err)) {
		request_fail_internal(r, "unable to fetch metrics");
		return STEP_REPLY;
	}
	return wait ? STEP_WAIT : STEP_GO;
}
