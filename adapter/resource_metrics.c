/* metrics.k8s.io: which pods or nodes (from the inventory), what they use (one cpu and one memory question per namespace, or for all nodes), both put
 * together. Runs inside the step "route" and ends in the reply, because its questions are of another shape than those of a metric.
 *
 * A question that fails leaves its pods out; an object without a cpu or a memory sample is left out. Nothing is ever filled in, except that a container
 * with one of the two shows 0 for the other, as in the reference. */
#include "adapter/resource_metrics.h"

#include <stdlib.h>

#include "adapter/field.h"
#include "adapter/inventory.h"
#include "adapter/quantity_out.h"
#include "adapter/query.h"
#include "adapter/resource_list.h"
#include "adapter/server.h"
#include "common/log.h"
#include "promql/answer.h"

struct sample {
	bool set;
	int64_t milli, time_ms;
};

struct container {
	struct sv name;
	struct sample usage[2]; /* cpu, memory */
	struct container *next; /* sorted by name */
};

struct resource_question {
	struct shared_ask_waiter waiter;
	struct resource_job *job;
	bool memory, failed;
	size_t from, to; /* of the objects */
	struct sv query, label, container_label;
};

struct resource_job {
	struct request *r;
	struct generation *generation; /* the catalog's, which the request holds */
	bool nodes;
	struct inventory_object *objects;
	struct container **found; /* per object */
	size_t n;
	struct resource_question *questions;
	size_t n_questions, n_waiting;
	bool no_memory;
};

static enum step_next fail(struct request *r, int code, const char *reason,
	enum failure_details details, struct sv message)
{
	request_fail_text(r, code, reason, details, message);
	return STEP_REPLY;
}

static enum step_next no_object(
	struct request *r, struct sv name, struct sv group, struct sv kind, const char *format)
{
	struct failure f = {
		.code = 404,
		.reason = "NotFound",
		.details = FAILURE_OBJECT,
		.name = name,
		.group = group,
		.kind = kind,
	};
	char *text = arena_printf(r->arena, "%s \"%.*s\" not found", format, SV_ARG(name));
	f.message = sv_of(text ? text : "not found");
	request_fail(r, &f);
	return STEP_REPLY;
}

static enum step_next no_usage(struct request *r, const struct inventory_object *o, bool nodes)
{
	char *name = arena_printf(
		r->arena, "%.*s%s%.*s", SV_ARG(o->namespace), nodes ? "" : "/", SV_ARG(o->name));
	return no_object(r, sv_of(name ? name : ""), SV("metrics.k8s.io"),
		nodes ? SV("nodemetrics") : SV("podmetrics"),
		nodes ? "nodemetrics.metrics.k8s.io" : "podmetrics.metrics.k8s.io");
}

/* The object of that name among the question's, or `to`. */
static size_t find_object(const struct resource_question *q, struct sv name)
{
	size_t low = q->from, high = q->to;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = sv_cmp(q->job->objects[middle].name, name);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return q->to;
}

/* The container of that name, made when it is new; NULL: no memory. */
static struct container *find_container(struct resource_job *job, size_t object, struct sv name)
{
	struct container **at = &job->found[object];
	while (*at && sv_cmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at && sv_eq((*at)->name, name))
		return *at;
	struct container *made = ARENA_NEW(job->r->arena, struct container);
	if (!made)
		return NULL;
	made->name = arena_sv(job->r->arena, name);
	if (!made->name.ptr)
		return NULL;
	made->next = *at;
	*at = made;
	return made;
}

static struct sv label_of(const struct answer_row *row, struct sv label)
{
	for (size_t i = 0; i < row->n_labels; i++)
		if (sv_eq(row->labels[i].name, label))
			return row->labels[i].value;
	return SV("");
}

/* One sample of an object. Of several the first counts for a node, the last for a container, as in the reference. */
static bool keep_sample(const struct answer_row *row, void *ctx)
{
	struct resource_question *q = ctx;
	struct resource_job *job = q->job;
	int64_t milli;
	if (row->sample.kind != ANSWER_FINITE || !quantity_out_milli(row->sample.value, &milli))
		return true;
	size_t object = find_object(q, label_of(row, q->label));
	if (object == q->to)
		return true;
	struct container *c = find_container(
		job, object, job->nodes ? SV("") : label_of(row, q->container_label));
	if (!c) {
		job->no_memory = true;
		return false;
	}
	struct sample *sample = &c->usage[q->memory];
	if (!sample->set || !job->nodes)
		*sample = (struct sample){ true, milli < 0 ? 0 : milli, row->sample.time_ms };
	return true;
}

static void take_answer(struct resource_question *q, const struct shared_ask_answer *given)
{
	struct request *r = q->job->r;
	struct answer answer = { 0 };
	struct error err = { 0 };
	const struct answer_handler handler = { .row = keep_sample, .ctx = q };
	if (given->failed)
		err = *given->failed;
	else if (answer_decode(r->arena, given->status, given->body, &handler, &answer, &err) ==
			 ERR_OK &&
		 answer.type != ANSWER_VECTOR)
		error_set(&err, ERR_INVALID, "the query's answer is no vector");
	q->failed = err.kind != ERR_OK;
	if (q->failed)
		log_event(LOG_WARN,
			q->job->nodes ? "unable to fetch metrics for nodes"
				      : "unable to fetch metrics for pods",
			"query", arena_strdup(r->arena, sv_take(q->query, 1000)), "why", err.text,
			NULL);
}

/* Whether both questions about the object were answered. */
static bool is_answered(const struct resource_job *job, size_t object)
{
	for (size_t i = 0; i < job->n_questions; i++) {
		const struct resource_question *q = &job->questions[i];
		if (object >= q->from && object < q->to && q->failed)
			return false;
	}
	return true;
}

/* False: something is missing, the object is left out. */
static bool make_item(struct resource_job *job, size_t object, struct resource_list_item *ret)
{
	bool has[2] = { false, false };
	size_t n = 0;
	int64_t earliest_ms = INT64_MAX;
	for (const struct container *c = job->found[object]; c; c = c->next, n++) {
		for (size_t i = 0; i < 2; i++) {
			has[i] = has[i] || c->usage[i].set;
			if (c->usage[i].set && c->usage[i].time_ms < earliest_ms)
				earliest_ms = c->usage[i].time_ms;
		}
	}
	if (!has[0] || !has[1] || !is_answered(job, object))
		return false;
	struct resource_list_usage *usage =
		ARENA_ARRAY(job->r->arena, n, struct resource_list_usage);
	if (!usage) {
		job->no_memory = true;
		return false;
	}
	size_t at = 0;
	for (const struct container *c = job->found[object]; c; c = c->next)
		usage[at++] = (struct resource_list_usage){ c->name, c->usage[0].milli,
			c->usage[1].milli };
	*ret = (struct resource_list_item){ &job->objects[object], { earliest_ms / 1000, 0 }, usage,
		n };
	return true;
}

static enum resource_list_objects objects_of(struct request *r)
{
	struct sv include = http_exchange_query_get(r->exchange, "includeObject");
	return sv_is(include, "None")	  ? RESOURCE_LIST_NONE
	       : sv_is(include, "Object") ? RESOURCE_LIST_OBJECT
					  : RESOURCE_LIST_METADATA;
}

static bool check_include(struct request *r)
{
	struct sv include = http_exchange_query_get(r->exchange, "includeObject");
	if (r->accept.format != ACCEPT_TABLE || !include.len || sv_is(include, "None") ||
		sv_is(include, "Object") || sv_is(include, "Metadata"))
		return true;
	char *text = arena_printf(r->arena,
		"Unable to convert to Table as requested: includeObject: Invalid value: \"%.*s\": "
		"must be 'Metadata', 'Object', 'None', or empty",
		SV_ARG(include));
	fail(r, 400, "BadRequest", FAILURE_NO_DETAILS, sv_of(text ? text : "bad includeObject"));
	return false;
}

static enum step_next finish(struct resource_job *job)
{
	struct request *r = job->r;
	struct resource_list list = {
		.nodes = job->nodes,
		.single = !r->route.all_objects,
		.now = instant_wall_now(),
		.window_ns = job->generation->config.window_ns,
	};
	struct resource_list_item *items =
		ARENA_ARRAY(r->arena, job->n + 1, struct resource_list_item);
	if (items)
		for (size_t i = 0; i < job->n; i++)
			list.n_items += make_item(job, i, &items[list.n_items]);
	list.items = items;
	if (!items || job->no_memory)
		return fail(r, 500, "InternalError", FAILURE_NO_DETAILS,
			SV("Internal error occurred: out of memory"));
	if (list.single && list.n_items == 0)
		return no_usage(r, &job->objects[0], job->nodes);
	if (!check_include(r))
		return STEP_REPLY;
	if (r->accept.format == ACCEPT_TABLE)
		resource_list_table(&r->body, &list, r->accept.table_version, objects_of(r));
	else if (r->accept.format == ACCEPT_PARTIAL)
		resource_list_partial(&r->body, &list, r->accept.table_version);
	else
		resource_list_print(&r->body, &list);
	return STEP_REPLY;
}

static void on_answer(struct shared_ask_waiter *w, const struct shared_ask_answer *answer)
{
	struct resource_question *q =
		(struct resource_question *)((char *)w -
					     offsetof(struct resource_question, waiter));
	struct resource_job *job = q->job;
	take_answer(q, answer);
	if (--job->n_waiting == 0)
		steps_resume(job->r, finish(job));
}

/* The question about objects from..to in the terms of their rule. False: no memory. */
static bool describe(
	struct resource_job *job, const struct resource_question *q, struct query_question *ret)
{
	struct request *r = job->r;
	const struct generation *g = job->generation;
	const struct generation_resource *rule = q->memory ? &g->memory : &g->cpu;
	struct sv *names = ARENA_ARRAY(r->arena, q->to - q->from, struct sv);
	if (!names)
		return false;
	for (size_t i = q->from; i < q->to; i++)
		names[i - q->from] = job->objects[i].name;
	*ret = (struct query_question){
		.mapping = &rule->mapping,
		.template = job->nodes ? rule->node_query : rule->container_query,
		.namespace = job->objects[q->from].namespace,
		.resource = { SV(""), job->nodes ? SV("nodes") : SV("pods") },
		.names = names,
		.n_names = q->to - q->from,
		.has_container = !job->nodes,
		.container_label = rule->container_label,
		.exact_text = r->server->strict,
	};
	return true;
}

static bool build_question(struct resource_job *job, struct resource_question *q)
{
	struct request *r = job->r;
	const struct generation *g = job->generation;
	struct query_question question;
	struct error err = { 0 };
	if (!describe(job, q, &question))
		return false;
	q->container_label = question.container_label;
	if (query_build(r->arena, g->mapper, &question, &q->query, &q->label, &err) == ERR_OK)
		return true;
	log_event(LOG_WARN, "unable to build the query", "path",
		arena_strdup(r->arena, r->attributes.path), "why", err.text, NULL);
	return false;
}

/* NULL: a catalog that could not be made anew names a server that is gone. */
static struct shared_ask *ask_of(const struct resource_question *q)
{
	const struct rules_config *c = &q->job->generation->config;
	struct sv server = q->memory ? c->memory.server : c->cpu.server;
	const struct upstream *to = upstreams_find(q->job->r->upstreams, server);
	return to ? to->ask : NULL;
}

static enum step_next ask_all(struct resource_job *job)
{
	struct request *r = job->r;
	/* Answers at hand come at once; the job must not finish before all questions were put. */
	job->n_waiting = 1;
	for (size_t i = 0; i < job->n_questions; i++) {
		struct resource_question *q = &job->questions[i];
		struct shared_ask_answer answer = { 0 };
		struct error err = { 0 };
		q->waiter.done = on_answer;
		if (!build_question(job, q) || !ask_of(q) ||
			shared_ask_query(
				ask_of(q), q->query, request_left_ns(r), &q->waiter, &answer, &err))
			q->failed = true;
		else if (answer.at_hand)
			take_answer(q, &answer);
		else
			job->n_waiting++;
	}
	return --job->n_waiting == 0 ? finish(job) : STEP_WAIT;
}

/* The questions of one rule about a run of objects: one, or several when its text is too long for one. */
static bool add_questions(struct resource_job *job, const struct resource_question *run)
{
	struct query_question whole;
	struct error err = { 0 };
	size_t budget = SIZE_MAX;
	if (!describe(job, run, &whole))
		return false;
	/* A rule that cannot be asked fails when it is asked. */
	if (pieces_budget(job->r->arena, job->generation->mapper, &whole, &budget, &err))
		budget = SIZE_MAX;
	for (size_t from = 0, to; from < whole.n_names; from = to) {
		to = budget == SIZE_MAX ? whole.n_names
					: pieces_take(whole.names, whole.n_names, from, budget);
		struct resource_question *q = &job->questions[job->n_questions++];
		*q = *run;
		q->from = run->from + from;
		q->to = run->from + to;
	}
	return true;
}

/* Cpu and memory questions for each run of objects with the same namespace. */
static bool make_questions(struct resource_job *job)
{
	job->questions = ARENA_ARRAY(job->r->arena, 2 * job->n + 1, struct resource_question);
	job->found = ARENA_ARRAY(job->r->arena, job->n + 1, struct container *);
	if (!job->questions || !job->found)
		return false;
	for (size_t from = 0, to; from < job->n; from = to) {
		for (to = from + 1; to < job->n && sv_eq(job->objects[to].namespace,
							   job->objects[from].namespace);)
			to++;
		for (int memory = 0; memory < 2; memory++) {
			const struct resource_question run = {
				.job = job, .memory = memory == 1, .from = from, .to = to
			};
			if (!add_questions(job, &run))
				return false;
		}
	}
	return true;
}

void resource_metrics_cancel(struct request *r)
{
	struct resource_job *job = r->job;
	for (size_t i = 0; job && i < job->n_questions; i++)
		shared_ask_cancel(&job->questions[i].waiter);
}

static bool fields_accept(const struct inventory_object *o, void *ctx)
{
	const struct request *r = ctx;
	struct sv rest = http_exchange_query_get(r->exchange, "fieldSelector");
	struct field_term term;
	while (field_next(&rest, &term)) {
		struct sv have = sv_is(term.key, "metadata.namespace") ? o->namespace : o->name;
		if (sv_eq(have, term.value) == term.negated)
			return false;
	}
	return true;
}

enum step_next resource_metrics_begin(struct request *r)
{
	const struct route *q = &r->route;
	struct server *s = r->server;
	bool nodes = sv_is(q->resource, "nodes");
	struct error err = { 0 };
	struct inventory_query query = { .namespace = q->namespace, .name = q->name };
	if (q->all_objects) {
		query.labels = &r->labels;
		query.accepts = fields_accept;
		query.ctx = r;
	}
	const struct inventory *known = nodes ? s->nodes : s->pods;
	if (!known || !inventory_is_synced(known)) {
		error_set(
			&err, ERR_UNAVAIL, "%s have not been listed yet", nodes ? "nodes" : "pods");
		request_fail_error(r, &err);
		return STEP_REPLY;
	}
	struct resource_job *job = ARENA_NEW(r->arena, struct resource_job);
	if (!job || inventory_select(known, r->arena, &query, &job->objects, &job->n, &err))
		return fail(r, 500, "InternalError", FAILURE_NO_DETAILS,
			SV("Internal error occurred: out of memory"));
	if (!q->all_objects && job->n == 0)
		return no_object(r, q->name, SV(""), nodes ? SV("node") : SV("pods"),
			nodes ? "node" : "pods");
	job->r = r;
	job->nodes = nodes;
	r->catalog = catalog_ref(s->catalog);
	r->upstreams = upstreams_ref(s->upstreams);
	job->generation = r->catalog->generation;
	r->job = job;
	if (!make_questions(job))
		return fail(r, 500, "InternalError", FAILURE_NO_DETAILS,
			SV("Internal error occurred: out of memory"));
	return ask_all(job);
}
