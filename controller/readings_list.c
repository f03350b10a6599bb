/* Wire formats of metrics.k8s.io, custom.metrics.k8s.io and external.metrics.k8s.io. The text is
 * scanned twice: first for its kind and for being JSON at all, because the kind may stand behind
 * the items and the reference reads it first; then for the items. Types are checked as the
 * reference's decoder does for the members that are read; the others are skipped. */
#include "controller/readings_list.h"

#include "common/jscan.h"
#include "kube/quantity.h"

/* custom.metrics.k8s.io: what a value without a window is taken to cover. */
#define CUSTOM_DEFAULT_WINDOW_NS (60 * NS_PER_SEC)
/* First size of the arrays; they double. */
#define FIRST_SIZE 16

struct container {
	struct sv name;
	bool has_usage;
	struct quantity usage;
};

struct item {
	struct sv name;
	struct wall at;
	int64_t window_ns;
	int64_t milli;
	size_t n_containers;
	bool has_value; /* of metrics that are no resources */
	bool missing;	/* some container lacks the resource */
	bool decided;	/* the container that was asked for has been seen */
};

struct decoder {
	struct arena *a;
	struct jscan s;
	const struct readings_query *query;
	struct readings_list *list;
	bool keep_bare;
	size_t size; /* allocated samples or values */
	struct error *err;
	struct sv kind, api_version;
	struct sv status, message; /* of a Status document */
	struct container container;
	struct item item;
};

typedef enum error_kind (*read_fn)(struct decoder *d, enum jscan_token token);

struct field {
	const char *name;
	read_fn read;
};

static enum error_kind wrong_type(struct decoder *d, const char *expected)
{
	return error_set(
		d->err, ERR_INVALID, "json: cannot unmarshal a value that is not %s", expected);
}

static enum error_kind read_text(struct decoder *d, enum jscan_token token, struct sv *ret)
{
	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token != JSCAN_STRING)
		return wrong_type(d, "a string");
	*ret = jscan_string(&d->s, d->a);
	return ret->ptr ? ERR_OK : arena_error(d->a, d->err);
}

static enum error_kind read_object(
	struct decoder *d, enum jscan_token token, const struct field *fields)
{
	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token != JSCAN_OBJECT)
		return wrong_type(d, "an object");
	while ((token = jscan_next(&d->s)) == JSCAN_KEY) {
		const struct field *field = fields;
		while (field->name && !jscan_is(&d->s, sv_of(field->name)))
			field++;
		token = jscan_next(&d->s);
		if (field->name ? field->read(d, token) : !jscan_skip(&d->s, token))
			return field->name ? d->err->kind : jscan_error(&d->s, d->err);
	}
	return token == JSCAN_CLOSE ? ERR_OK : jscan_error(&d->s, d->err);
}

static enum error_kind read_array(struct decoder *d, enum jscan_token token, read_fn read)
{
	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token != JSCAN_ARRAY)
		return wrong_type(d, "an array");
	while ((token = jscan_next(&d->s)) != JSCAN_CLOSE) {
		if (token == JSCAN_ERROR || token == JSCAN_END)
			return jscan_error(&d->s, d->err);
		if (read(d, token))
			return d->err->kind;
	}
	return ERR_OK;
}

static enum error_kind read_quantity(
	struct decoder *d, enum jscan_token token, struct quantity *ret)
{
	struct sv text = SV("0");
	if (token == JSCAN_STRING || token == JSCAN_NUMBER)
		text = d->s.text;
	else if (token != JSCAN_NULL)
		text = SV("true");
	return quantity_parse_json(text, ret, d->err);
}

static enum error_kind read_time(struct decoder *d, enum jscan_token token)
{
	struct sv text = SV_NULL;
	if (token == JSCAN_NULL)
		return ERR_OK;
	if (read_text(d, token, &text))
		return d->err->kind;
	return instant_wall_parse(text, &d->item.at, d->err);
}

static enum error_kind read_window_text(struct decoder *d, enum jscan_token token)
{
	struct sv text = SV("");
	if (read_text(d, token, &text))
		return d->err->kind;
	return instant_duration_parse(text, &d->item.window_ns, d->err);
}

static enum error_kind read_window_seconds(struct decoder *d, enum jscan_token token)
{
	int64_t seconds;
	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token != JSCAN_NUMBER || !sv_to_i64(d->s.text, &seconds))
		return wrong_type(d, "a whole number of seconds");
	d->item.window_ns = arith_mul(seconds, NS_PER_SEC);
	return ERR_OK;
}

static enum error_kind read_name(struct decoder *d, enum jscan_token token)
{
	return read_text(d, token, &d->item.name);
}

static enum error_kind read_named(struct decoder *d, enum jscan_token token)
{
	static const struct field FIELDS[] = { { "name", read_name }, { NULL, NULL } };
	return read_object(d, token, FIELDS);
}

/* Adds to the item's value. Safe arithmetic notes what does not fit and goes on: the answer may
 * hold worse. */
static void add(struct decoder *d, const struct quantity *q)
{
	int64_t milli;
	if (d->query->mode == ARITH_STRICT)
		d->item.milli = arith_add(d->item.milli, quantity_milli(q));
	else if (!quantity_milli_checked(q, &milli) ||
		 __builtin_add_overflow(d->item.milli, milli, &d->item.milli))
		d->list->not_finite = true;
}

static enum error_kind read_value(struct decoder *d, enum jscan_token token)
{
	struct quantity q;

	d->item.has_value = token != JSCAN_NULL;
	if (read_quantity(d, token, &q))
		return d->err->kind;
	d->item.milli = 0;
	add(d, &q);
	return ERR_OK;
}

static enum error_kind read_container_name(struct decoder *d, enum jscan_token token)
{
	return read_text(d, token, &d->container.name);
}

static enum error_kind read_usage(struct decoder *d, enum jscan_token token)
{
	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token != JSCAN_OBJECT)
		return wrong_type(d, "an object");
	while ((token = jscan_next(&d->s)) == JSCAN_KEY) {
		bool wanted = jscan_is(&d->s, d->query->resource);
		struct quantity q;
		token = jscan_next(&d->s);
		if (read_quantity(d, token, &q))
			return d->err->kind;
		if (wanted && (token != JSCAN_NULL || d->query->mode == ARITH_STRICT)) {
			d->container.has_usage = true;
			d->container.usage = q;
		}
	}
	return token == JSCAN_CLOSE ? ERR_OK : jscan_error(&d->s, d->err);
}

/* Whole pod: every container must have the resource. One container: the first of its name. */
static void count_container(struct decoder *d)
{
	const struct container *c = &d->container;
	d->item.n_containers++;
	if (d->query->kind == HPA_METRIC_RESOURCE) {
		d->item.missing |= !c->has_usage;
		if (!d->item.missing)
			add(d, &c->usage);
	} else if (!d->item.decided && sv_eq(c->name, d->query->container)) {
		d->item.decided = true;
		d->item.missing = !c->has_usage;
		if (c->has_usage)
			add(d, &c->usage);
	}
}

static enum error_kind read_container(struct decoder *d, enum jscan_token token)
{
	static const struct field FIELDS[] = { { "name", read_container_name },
		{ "usage", read_usage }, { NULL, NULL } };
	d->container = (struct container){ .name = SV("") };
	if (read_object(d, token, FIELDS))
		return d->err->kind;
	count_container(d);
	return ERR_OK;
}

static enum error_kind read_containers(struct decoder *d, enum jscan_token token)
{
	return read_array(d, token, read_container);
}

/* Doubles an array in the arena when it is full. */
static enum error_kind grow(struct decoder *d, void **array, size_t n, size_t item_size)
{
	if (n < d->size)
		return ERR_OK;
	size_t size = d->size ? d->size * 2 : FIRST_SIZE;
	void *grown = arena_calloc(d->a, size, item_size);
	if (!grown)
		return arena_error(d->a, d->err);
	if (n > 0)
		memcpy(grown, *array, n * item_size);
	*array = grown;
	d->size = size;
	return ERR_OK;
}

static enum error_kind push_sample(struct decoder *d)
{
	struct readings_list *list = d->list;
	void *samples = list->samples;
	if (grow(d, &samples, list->n_samples, sizeof(list->samples[0])))
		return d->err->kind;
	list->samples = samples;
	struct sv name = arena_sv(d->a, d->item.name);
	if (!name.ptr)
		return arena_error(d->a, d->err);
	list->samples[list->n_samples++] = (struct reading_sample){
		.pod = name,
		.milli = d->item.milli,
		.at = d->item.at,
		.window_ns = d->item.window_ns,
	};
	return ERR_OK;
}

static enum error_kind push_bare(struct decoder *d)
{
	struct readings_list *list = d->list;
	struct sv name = arena_sv(d->a, d->item.name);

	if (!d->keep_bare)
		return ERR_OK;
	if (list->n_bare == list->bare_size) {
		size_t size = list->bare_size ? list->bare_size * 2 : FIRST_SIZE;
		struct sv *grown = ARENA_ARRAY(d->a, size, struct sv);
		if (!grown)
			return arena_error(d->a, d->err);
		if (list->n_bare > 0)
			memcpy(grown, list->bare, list->n_bare * sizeof(*grown));
		list->bare = grown;
		list->bare_size = size;
	}
	if (!name.ptr)
		return arena_error(d->a, d->err);
	list->bare[list->n_bare++] = name;
	return ERR_OK;
}

static enum error_kind push_value(struct decoder *d)
{
	struct readings_list *list = d->list;
	void *values = list->values;
	if (grow(d, &values, list->n_values, sizeof(list->values[0])))
		return d->err->kind;
	list->values = values;
	list->values[list->n_values++] = d->item.milli;
	if (instant_wall_is_zero(d->item.at))
		return ERR_OK;
	if (instant_wall_is_zero(list->oldest) || instant_wall_cmp(d->item.at, list->oldest) < 0)
		list->oldest = d->item.at;
	if (instant_wall_is_zero(list->newest) || instant_wall_cmp(d->item.at, list->newest) > 0)
		list->newest = d->item.at;
	return ERR_OK;
}

static enum error_kind read_item(struct decoder *d, enum jscan_token token)
{
	static const struct field RESOURCE[] = {
		{ "metadata", read_named },
		{ "timestamp", read_time },
		{ "window", read_window_text },
		{ "containers", read_containers },
		{ NULL, NULL },
	};
	static const struct field CUSTOM_V1BETA1[] = {
		{ "describedObject", read_named },
		{ "timestamp", read_time },
		{ "window", read_window_seconds },
		{ "value", read_value },
		{ NULL, NULL },
	};
	static const struct field CUSTOM_V1BETA2[] = {
		{ "describedObject", read_named },
		{ "timestamp", read_time },
		{ "windowSeconds", read_window_seconds },
		{ "value", read_value },
		{ NULL, NULL },
	};
	static const struct field EXTERNAL[] = {
		{ "timestamp", read_time },
		{ "window", read_window_seconds },
		{ "value", read_value },
		{ NULL, NULL },
	};
	enum hpa_metric_kind kind = d->query->kind;
	bool from_containers = kind == HPA_METRIC_RESOURCE || kind == HPA_METRIC_CONTAINER_RESOURCE;
	bool custom = kind == HPA_METRIC_PODS || kind == HPA_METRIC_OBJECT;
	const struct field *fields = from_containers ? RESOURCE : EXTERNAL;
	if (custom)
		fields = sv_has_suffix(d->api_version, SV("/v1beta1")) ? CUSTOM_V1BETA1
								       : CUSTOM_V1BETA2;

	d->item = (struct item){
		.name = SV(""),
		.at = WALL_ZERO,
		.window_ns = custom ? CUSTOM_DEFAULT_WINDOW_NS : 0,
		.missing = kind == HPA_METRIC_CONTAINER_RESOURCE,
	};
	if (read_object(d, token, fields))
		return d->err->kind;
	/* The reference takes what is not there for 0. No server leaves it out. */
	if (!from_containers && !d->item.has_value && d->query->mode != ARITH_STRICT)
		return error_set(d->err, ERR_INVALID, "items[%zu].value: expected a quantity",
			d->list->n_items);
	d->list->n_items++;
	if (!from_containers)
		return kind == HPA_METRIC_PODS ? push_sample(d) : push_value(d);
	if (d->item.missing || d->item.n_containers == 0)
		return push_bare(d);
	return push_sample(d);
}

/* A second "items" replaces the first. */
static enum error_kind read_items(struct decoder *d, enum jscan_token token)
{
	*d->list = (struct readings_list){ .oldest = WALL_ZERO, .newest = WALL_ZERO };
	d->size = 0;
	return read_array(d, token, read_item);
}

static enum error_kind read_kind(struct decoder *d, enum jscan_token token)
{
	return read_text(d, token, &d->kind);
}

static enum error_kind read_api_version(struct decoder *d, enum jscan_token token)
{
	return read_text(d, token, &d->api_version);
}

/* Members that only a Status has; in another document they may be anything. */
static enum error_kind read_if_text(struct decoder *d, enum jscan_token token, struct sv *ret)
{
	if (token == JSCAN_STRING)
		return read_text(d, token, ret);
	return jscan_skip(&d->s, token) ? ERR_OK : jscan_error(&d->s, d->err);
}

static enum error_kind read_status(struct decoder *d, enum jscan_token token)
{
	return read_if_text(d, token, &d->status);
}

static enum error_kind read_message(struct decoder *d, enum jscan_token token)
{
	return read_if_text(d, token, &d->message);
}

/* First scan: is it JSON, and what does it say it is? */
static enum error_kind scan_kind(struct decoder *d, struct sv body)
{
	static const struct field FIELDS[] = {
		{ "kind", read_kind },
		{ "apiVersion", read_api_version },
		{ "status", read_status },
		{ "message", read_message },
		{ NULL, NULL },
	};
	d->kind = d->api_version = d->status = d->message = SV("");
	jscan_init(&d->s, body);
	if (read_object(d, jscan_next(&d->s), FIELDS))
		return d->err->kind;
	return jscan_next(&d->s) == JSCAN_END ? ERR_OK : jscan_error(&d->s, d->err);
}

static bool is_status(const struct decoder *d)
{
	return sv_is(d->kind, "Status") && sv_is(d->api_version, "v1");
}

static enum error_kind unknown_kind(struct decoder *d)
{
	return error_set(d->err, ERR_INVALID,
		"no kind \"%.*s\" is registered for version \"%.*s\" in scheme "
		"\"pkg/runtime/scheme.go:111\"",
		SV_ARG(d->kind), SV_ARG(d->api_version));
}

static enum error_kind check_custom_kind(struct decoder *d, struct sv body)
{
	if (is_status(d))
		return error_set(d->err, ERR_INVALID,
			"the custom metrics API server didn't return MetricValueList, the type is "
			"*v1.Status");
	if (d->kind.len == 0)
		return error_set(d->err, ERR_INVALID, "Object 'Kind' is missing in '%.*s'",
			SV_ARG(sv_take(body, 512)));
	if (d->api_version.len == 0)
		return error_set(d->err, ERR_INVALID, "Object 'apiVersion' is missing in '%.*s'",
			SV_ARG(sv_take(body, 512)));
	bool known = sv_is(d->kind, "MetricValueList") &&
		     (sv_is(d->api_version, "custom.metrics.k8s.io/v1beta1") ||
			     sv_is(d->api_version, "custom.metrics.k8s.io/v1beta2"));
	return known ? ERR_OK : unknown_kind(d);
}

static enum error_kind check_resource_kind(struct decoder *d)
{
	bool kind = d->kind.len == 0 || sv_is(d->kind, "PodMetricsList");
	bool version = d->api_version.len == 0 || sv_is(d->api_version, "metrics.k8s.io/v1beta1");
	return is_status(d) || (kind && version) ? ERR_OK : unknown_kind(d);
}

/* What the three clients insist on: metrics.k8s.io fills in a kind that is missing,
 * custom.metrics.k8s.io demands it, external.metrics.k8s.io never looks. A Status in place of a
 * list hands on its message. */
static enum error_kind check_kind(struct decoder *d, struct sv body)
{
	if (d->query->kind == HPA_METRIC_EXTERNAL)
		return ERR_OK;
	if (is_status(d) && !sv_is(d->status, "Success"))
		return error_set(d->err, ERR_INVALID, "%.*s", SV_ARG(d->message));
	if (d->query->kind == HPA_METRIC_PODS || d->query->kind == HPA_METRIC_OBJECT)
		return check_custom_kind(d, body);
	return check_resource_kind(d);
}

static enum error_kind decode(struct decoder *d, const struct readings_answer *answer)
{
	static const struct field FIELDS[] = { { "items", read_items }, { NULL, NULL } };
	bool custom = d->query->kind == HPA_METRIC_PODS || d->query->kind == HPA_METRIC_OBJECT;

	if (answer->body.len == 0 && !custom)
		return error_set(d->err, ERR_INVALID,
			"0-length response with status code: %d and content type: %.*s",
			answer->http_status, SV_ARG(answer->content_type));
	if (answer->body.len == 0)
		return error_set(d->err, ERR_INVALID, "Object 'Kind' is missing in ''");
	if (scan_kind(d, answer->body))
		return error_wrap(d->err, "couldn't get version/kind; json parse error");
	if (check_kind(d, answer->body))
		return d->err->kind;
	jscan_init(&d->s, answer->body);
	return read_object(d, jscan_next(&d->s), FIELDS);
}

enum error_kind readings_list_decode(struct arena *a, const struct readings_query *query,
	const struct readings_answer *answer, bool keep_bare, struct readings_list *ret,
	struct error *err)
{
	struct readings_list list = { .oldest = WALL_ZERO, .newest = WALL_ZERO };
	struct decoder d = {
		.a = a, .query = query, .list = &list, .keep_bare = keep_bare, .err = err
	};
	enum error_kind kind = decode(&d, answer);

	/* Nested too deeply, or more than the pass has room for: bad input as any other. */
	if (kind == ERR_LIMIT)
		kind = err->kind = ERR_INVALID;
	if (kind == ERR_INVALID) {
		list.problem = sv_of(arena_printf(a, "%s", err->text));
		if (!list.problem.ptr)
			return arena_error(a, err);
	}
	*ret = list;
	return kind;
}
