/* The steps of custom and external metrics: route, find rule, list objects, and shape the answer; what is between is in steps_query.c.
 *
 * Every failure is a Status in the reference's words, because HPA events show them. No failure ever becomes a number, and neither does NaN or an infinity:
 * such a sample counts as absent. */
#include "adapter/crashes.h"
#include "adapter/field.h"
#include "adapter/metric_list.h"
#include "adapter/ops.h"
#include "adapter/quantity_out.h"
#include "adapter/resource_metrics.h"
#include "adapter/server.h"
#include "adapter/steps.h"
#include "common/log.h"
#include "common/map.h"

#define STEPS_SAMPLES_MAX 1000000u

static enum step_next fail(struct request *r, int code, const char *reason,
	enum failure_details details, const char *message)
{
	request_fail_text(r, code, reason, details, sv_of(message));
	return STEP_REPLY;
}

static enum step_next bad_request(struct request *r, struct sv message)
{
	request_fail_text(r, 400, "BadRequest", FAILURE_NO_DETAILS, message);
	return STEP_REPLY;
}

static enum step_next refuse_method(struct request *r)
{
	return fail(r, 405, "MethodNotAllowed", FAILURE_EMPTY_DETAILS,
		"the server does not allow this method on the requested resource");
}

static enum step_next no_metric(struct request *r, bool with_name)
{
	request_no_metric(r, with_name);
	return STEP_REPLY;
}

/* Parameters that must be whole numbers, although nothing is made of them. */
static bool check_numbers(struct request *r)
{
	static const char *const NAMES[] = { "limit", "timeoutSeconds" };
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		struct sv text = http_exchange_query_get(r->exchange, NAMES[i]);
		int64_t ignored;
		if (text.len == 0 || sv_to_i64(text, &ignored))
			continue;
		char *message = arena_printf(r->arena,
			"strconv.ParseInt: parsing \"%.*s\": invalid syntax", SV_ARG(text));
		bad_request(r, sv_of(message ? message : "not a number"));
		return false;
	}
	return true;
}

/* fieldSelector: only metadata.name and metadata.namespace are known; where one object is asked for it must require that name. */
static bool check_fields(struct request *r, struct sv name)
{
	struct sv rest = http_exchange_query_get(r->exchange, "fieldSelector");
	struct field_term term;
	bool any = false, required = false;
	while (field_next(&rest, &term)) {
		bool is_name = sv_is(term.key, "metadata.name");
		if (!is_name && !sv_is(term.key, "metadata.namespace")) {
			char *text = arena_printf(r->arena,
				"\"%.*s\" is not a known field selector: only \"metadata.name\", "
				"\"metadata.namespace\"",
				SV_ARG(term.key));
			bad_request(r, sv_of(text ? text : "unknown field selector"));
			return false;
		}
		any = true;
		required = required || (is_name && !term.negated && sv_eq(term.value, name));
	}
	if (!any || required || name.len == 0)
		return true;
	bad_request(r, SV("fieldSelector metadata.name doesn't match requested name"));
	return false;
}

static bool read_selector(struct request *r, const char *parameter, struct selector *ret)
{
	struct error err = { 0 };
	struct sv why = SV_NULL;
	if (selector_parse(r->arena, http_exchange_query_get(r->exchange, parameter), ret, &why,
		    &err) == ERR_OK)
		return true;
	bad_request(r, why.len ? why : sv_of(err.text));
	return false;
}

static bool check_accept(struct request *r)
{
	if (r->accept.format == ACCEPT_NONE_WRITER &&
		(r->route.kind == ROUTE_EXTERNAL || r->route.kind == ROUTE_RESOURCE)) {
		fail(r, 406, "NotAcceptable", FAILURE_NO_DETAILS, ACCEPT_WRITER_MESSAGE);
		return false;
	}
	if (r->accept.format != ACCEPT_NONE_ROUTER)
		return true;
	bool single = r->route.kind == ROUTE_RESOURCE && !r->route.all_objects;
	fail(r, 406, "NotAcceptable", FAILURE_EMPTY_DETAILS,
		single ? ACCEPT_SHORT_MESSAGE : ACCEPT_ROUTER_MESSAGE);
	return false;
}

/* External and resource metrics are lists to the API machinery, and lists can be asked to be watched. */
static bool refuse_watch(struct request *r)
{
	if (r->route.kind == ROUTE_CUSTOM || !sv_is(r->attributes.verb, "watch"))
		return false;
	const struct authz_attributes *at = &r->attributes;
	bool external = r->route.kind == ROUTE_EXTERNAL;
	char *text =
		arena_printf(r->arena, "watch is not supported on resources of kind \"%.*s.%.*s\"",
			SV_ARG(external ? SV("*") : at->resource), SV_ARG(at->group));
	struct failure f = {
		.code = 405,
		.reason = "MethodNotAllowed",
		.message = sv_of(text ? text : "watch is not supported"),
		.details = FAILURE_OBJECT,
		.group = at->group,
		.kind = external ? SV("*") : at->resource,
	};
	request_fail(r, &f);
	return true;
}

/* The selectors of each kind of question. */
static bool read_selectors(struct request *r)
{
	switch (r->route.kind) {
	case ROUTE_CUSTOM:
		return read_selector(r, "labelSelector", &r->labels) &&
		       read_selector(r, "metricLabelSelector", &r->metric_labels);
	case ROUTE_EXTERNAL:
		return read_selector(r, "labelSelector", &r->metric_labels);
	case ROUTE_RESOURCE:
		return !r->route.all_objects || read_selector(r, "labelSelector", &r->labels);
	case ROUTE_DOCUMENT:
	case ROUTE_NO_RESOURCE:
	case ROUTE_BAD_METHOD:
	case ROUTE_BAD_PATH:
	default:
		return true;
	}
}

/* A question whose parts have to be read: GO, or a refusal. */
static enum step_next read_question(struct request *r)
{
	if (!check_accept(r) || refuse_watch(r) || !check_numbers(r))
		return STEP_REPLY;
	if (!check_fields(r, r->route.kind == ROUTE_CUSTOM ? r->route.name : SV("")) ||
		!read_selectors(r))
		return STEP_REPLY;
	return r->route.kind == ROUTE_RESOURCE ? resource_metrics_begin(r) : STEP_GO;
}

enum step_next steps_route(struct request *r)
{
	route_find(&r->attributes, http_exchange_method(r->exchange), &r->groups, &r->route);
	if (!crashes_enter_request(r))
		return STEP_REPLY;
	switch (r->route.kind) {
	case ROUTE_DOCUMENT:
		ops_document(r);
		return STEP_REPLY;
	case ROUTE_NO_RESOURCE:
		return fail(r, 404, "NotFound", FAILURE_EMPTY_DETAILS,
			"the server could not find the requested resource");
	case ROUTE_BAD_METHOD:
		return refuse_method(r);
	case ROUTE_BAD_PATH:
		return check_accept(r) ? bad_request(r, SV("invalid request path")) : STEP_REPLY;
	case ROUTE_CUSTOM:
	case ROUTE_EXTERNAL:
	case ROUTE_RESOURCE:
	default:
		return read_question(r);
	}
}

static enum step_next cannot_list(struct request *r)
{
	request_fail_internal(r, "unable to list matching resources");
	return STEP_REPLY;
}

enum step_next steps_find_rule(struct request *r)
{
	const struct route *q = &r->route;
	r->catalog = catalog_ref(r->server->catalog);
	r->upstreams = upstreams_ref(r->server->upstreams);
	/* No such object can exist, so the question need not reach a template. */
	if (!r->server->strict && (!route_is_name(q->name) || !route_is_name(q->namespace)))
		return no_metric(r, q->kind == ROUTE_CUSTOM);
	if (q->kind == ROUTE_EXTERNAL) {
		r->metric = catalog_find_external(r->catalog, q->metric);
		return r->metric ? STEP_GO : no_metric(r, false);
	}
	const struct mapper *m = r->catalog->generation->mapper;
	struct mapper_name name = mapper_split(q->resource);
	struct error err = { 0 };
	if (mapper_resolve(m, name.group, name.plural, &r->described, &err))
		return q->all_objects ? cannot_list(r) : no_metric(r, false);
	struct mapper_name normal = { r->described->group, r->described->plural };
	r->metric = catalog_find_custom(r->catalog, normal,
		q->has_namespace && q->namespace.len > 0, q->metric, r->server->strict);
	if (q->all_objects && q->has_namespace && !r->described->namespaced)
		return cannot_list(r);
	return r->metric ? STEP_GO : no_metric(r, false);
}

static enum step_next take_objects(struct request *r, const struct sv *names, size_t n)
{
	r->names = names;
	r->n_names = n;
	return n > 0 ? STEP_GO : no_metric(r, false);
}

static void on_objects(const struct sv *names, size_t n, const struct error *failed, void *ctx)
{
	struct request *r = ctx;
	if (!failed) {
		steps_resume(r, take_objects(r, names, n));
		return;
	}
	log_event(LOG_WARN, "unable to list matching resource names", "path",
		arena_strdup(r->arena, r->attributes.path), "why", failed->text, NULL);
	steps_resume(r, cannot_list(r));
}

static enum step_next list_live(struct request *r, const struct mapper_resource *resource)
{
	struct error err = { 0 };
	struct objects_query query = {
		.resource = resource,
		.namespace = r->route.namespace,
		.labels = &r->labels,
		.timeout_ns = request_left_ns(r),
	};
	r->objects.done = on_objects;
	r->objects.ctx = r;
	if (!r->server->lister ||
		objects_list(r->server->lister, r->arena, &query, &r->objects, &err))
		return cannot_list(r);
	return STEP_WAIT;
}

enum step_next steps_list_objects(struct request *r)
{
	const struct route *q = &r->route;
	if (q->kind == ROUTE_EXTERNAL || !q->all_objects) {
		r->names = &q->name;
		r->n_names = 1;
		return STEP_GO;
	}
	struct mapper_name name = mapper_split(q->resource);
	const struct mapper_resource *resource =
		mapper_first(r->catalog->generation->mapper, name.group, name.plural);
	if (!resource)
		return cannot_list(r);
	const struct inventory *known =
		r->server->inventories ? inventories_find(r->server->inventories, resource) : NULL;
	if (!known)
		return list_live(r, resource);
	struct inventory_query query = { .namespace = q->namespace, .labels = &r->labels };
	struct error err = { 0 };
	const struct sv *names = NULL;
	size_t n = 0;
	if (inventory_names(known, r->arena, &query, &names, &n, &err))
		return cannot_list(r);
	return take_objects(r, names, n);
}

static enum step_next cannot_fetch(struct request *r, const char *why)
{
	log_event(LOG_WARN, "unable to fetch metrics from prometheus", "query",
		arena_strdup(r->arena, sv_take(r->pieces.at[0].query, 1000)), "why", why, NULL);
	request_fail_internal(r, "unable to fetch metrics");
	return STEP_REPLY;
}

/* Values by object name; of equal names the last one counts, as in the reference. */
struct collector {
	const struct request *r;
	struct map by_name;  /* name -> int64_t in the arena */
	struct map times;    /* of samples, when they are asked for; likewise */
	struct map *into;    /* the one that the rows in work belong to */
	struct opt_i64 only; /* of the one object that was asked for */
	bool no_memory;
};

static bool put(struct collector *c, struct sv name, int64_t milli)
{
	int64_t *kept = map_get(c->into, name);
	struct error err = { 0 };
	if (!kept) {
		kept = ARENA_NEW(c->r->arena, int64_t);
		if (!kept || map_set(c->into, name, kept, NULL, &err)) {
			c->no_memory = true;
			return false;
		}
	}
	*kept = milli;
	return true;
}

static bool collect(const struct answer_row *row, void *ctx)
{
	struct collector *c = ctx;
	int64_t milli;
	if (row->sample.kind != ANSWER_FINITE || !quantity_out_milli(row->sample.value, &milli))
		return true;
	struct sv name = SV("");
	for (size_t i = 0; i < row->n_labels; i++)
		if (sv_eq(row->labels[i].name, c->r->label))
			name = row->labels[i].value;
	if (c->r->route.all_objects || c->into == &c->times)
		return put(c, name, milli);
	if (sv_eq(name, c->r->route.name))
		c->only = opt_i64_of(milli);
	return true;
}

/* A value whose age is asked for and not known is left out: no answer claims an age that nobody knows. */
static void write_one(
	const struct collector *c, struct metric_list *list, struct sv name, int64_t milli)
{
	const struct request *r = c->r;
	if (!r->metric->naming->rule->sample_timestamp) {
		metric_list_add(list, name, milli);
		return;
	}
	const int64_t *time_ms = map_get(&c->times, name);
	if (time_ms)
		metric_list_add_at(list, name, milli, (struct wall){ *time_ms / 1000, 0 });
}

static enum step_next write_custom(struct request *r, const struct collector *c)
{
	struct metric_list list;
	struct error err = { 0 };
	struct metric_list_custom head = {
		.v1beta2 = r->route.v1beta2,
		.kind = r->described->kind,
		.group = r->described->group,
		.version = r->described->version,
		.namespace = r->route.namespace,
		.metric = r->route.metric,
		.selector = &r->metric_labels,
		.at = { pieces_asked_at_ms(&r->pieces) / 1000, 0 },
	};
	if (metric_list_begin(&list, r->arena, &r->body, &head, &err)) {
		request_fail_error(r, &err);
		return STEP_REPLY;
	}
	if (!r->route.all_objects)
		write_one(c, &list, r->route.name, c->only.value);
	for (size_t i = 0; r->route.all_objects && i < r->n_names; i++) {
		const int64_t *milli = map_get(&c->by_name, r->names[i]);
		if (milli)
			write_one(c, &list, r->names[i], *milli);
	}
	metric_list_end(&list);
	return STEP_GO;
}

/* Prometheus explains itself with these codes too: the document decides what it is, as in the reference. */
static int status_of(const struct shared_ask_answer *answer)
{
	return answer->status == 400 || answer->status == 422 || answer->status == 503
		       ? 200
		       : answer->status;
}

/* All pieces into the collector. *ret_null: an answer's result was null. */
static enum error_kind collect_all(struct collector *c, bool *ret_null, struct error *err)
{
	const struct pieces *p = &c->r->pieces;
	const struct answer_handler handler = { .row = collect, .ctx = c };
	for (size_t i = 0; i < p->n; i++) {
		struct answer answer = { 0 };
		const struct shared_ask_answer *given = &p->at[i].answer;
		c->into = p->at[i].is_time ? &c->times : &c->by_name;
		enum error_kind kind = answer_decode(
			c->r->arena, status_of(given), given->body, &handler, &answer, err);
		*ret_null = *ret_null || (kind && answer.null_result);
		if (kind)
			return kind;
		if (answer.type != ANSWER_VECTOR)
			return error_set(err, ERR_INVALID, "the query's answer is no vector");
	}
	return c->no_memory ? error_nomem(err) : ERR_OK;
}

static enum step_next shape_custom(struct request *r)
{
	struct collector c = { .r = r };
	struct error err = { 0 };
	bool null_result = false;
	map_init(&c.by_name, STEPS_SAMPLES_MAX);
	map_init(&c.times, STEPS_SAMPLES_MAX);
	enum step_next next;
	enum error_kind kind = collect_all(&c, &null_result, &err);
	bool known = r->route.all_objects || c.only.set;
	if (known && !r->route.all_objects && r->metric->naming->rule->sample_timestamp)
		known = map_has(&c.times, r->route.name);
	if (kind && null_result && !r->route.all_objects)
		next = no_metric(r, true);
	else if (kind)
		next = cannot_fetch(r, err.text);
	else if (!known)
		next = no_metric(r, true);
	else
		next = write_custom(r, &c);
	map_done(&c.by_name, NULL);
	map_done(&c.times, NULL);
	return next;
}

struct external_writer {
	struct request *r;
	struct metric_list list;
};

static bool write_external(const struct answer_row *row, void *ctx)
{
	struct external_writer *w = ctx;
	int64_t milli;
	if (row->sample.kind != ANSWER_FINITE || !quantity_out_milli(row->sample.value, &milli))
		return true;
	static const struct answer_label NONE[1];
	struct wall at = { row->sample.time_ms / 1000, 0 };
	const struct answer_label *labels = row->labels ? row->labels : NONE;
	metric_list_external_add(&w->list, w->r->route.metric, labels, row->n_labels, at, milli);
	return true;
}

/* A scalar comes as a row too, but its labels are null. Its type is known only at the end, so the one item is rewritten then. */
static bool write_scalar(const struct answer_row *row, void *ctx)
{
	struct external_writer *w = ctx;
	int64_t milli;
	struct wall at = { row->sample.time_ms / 1000, 0 };
	if (row->sample.kind == ANSWER_FINITE && quantity_out_milli(row->sample.value, &milli))
		metric_list_external_add(&w->list, w->r->route.metric, NULL, 0, at, milli);
	return true;
}

static enum step_next shape_external(struct request *r)
{
	struct external_writer w = { .r = r };
	struct answer answer = { 0 };
	struct error err = { 0 };
	struct answer_handler handler = { .row = write_external, .ctx = &w };
	const struct shared_ask_answer *given = &r->pieces.at[0].answer;
	metric_list_external_begin(&w.list, &r->body);
	enum error_kind kind =
		answer_decode(r->arena, status_of(given), given->body, &handler, &answer, &err);
	if (kind == ERR_OK && answer.type == ANSWER_SCALAR) {
		buf_clear(&r->body);
		metric_list_external_begin(&w.list, &r->body);
		handler.row = write_scalar;
		kind = answer_decode(
			r->arena, status_of(given), given->body, &handler, &answer, &err);
	}
	if (kind && answer.null_result) {
		request_fail_text(r, 500, NULL, FAILURE_NO_DETAILS,
			SV("the provided input did not contain vector query results"));
		return STEP_REPLY;
	}
	if (kind)
		return cannot_fetch(r, err.text);
	if (answer.type == ANSWER_STRING)
		return cannot_fetch(r, "the query's answer is a string");
	if (answer.type == ANSWER_MATRIX) {
		request_fail_text(r, 500, NULL, FAILURE_NO_DETAILS,
			SV("encountered an unexpected query result type"));
		return STEP_REPLY;
	}
	if (r->accept.format == ACCEPT_PARTIAL) {
		request_fail_text(r, 500, NULL, FAILURE_NO_DETAILS,
			SV("object does not implement the Object interfaces"));
		return STEP_REPLY;
	}
	metric_list_end(&w.list);
	return STEP_GO;
}

enum step_next steps_shape(struct request *r)
{
	const struct error *failed = pieces_failed(&r->pieces);
	if (failed)
		return cannot_fetch(r, failed->text);
	enum step_next next = r->route.kind == ROUTE_CUSTOM ? shape_custom(r) : shape_external(r);
	if (next == STEP_GO && r->accept.format == ACCEPT_NONE_WRITER) {
		request_fail_text(
			r, 406, "NotAcceptable", FAILURE_NO_DETAILS, SV(ACCEPT_WRITER_MESSAGE));
		return STEP_REPLY;
	}
	return next;
}
