/* Step "shape the answer": named values -> the lists that HPA controllers read.
 *
 * Order of members and the odd "/v1" of the core group are the reference's; clients compare texts in tests and kubectl shows them. */
#include "adapter/metric_list.h"

#include "adapter/quantity_out.h"

/* What items share: a few names and the selector, which the request line bounds. */
#define METRIC_LIST_FRAME_MAX (256u * 1024)
/* 2006-01-02T15:04:05Z */
#define METRIC_LIST_TIME_BYTES 20u

static bool is_label(enum selector_op op)
{
	return op == SELECTOR_EQUALS || op == SELECTOR_DOUBLE_EQUALS;
}

static const char *expression_operator(enum selector_op op)
{
	switch (op) {
	case SELECTOR_IN:
		return "In";
	case SELECTOR_NOT_IN:
	case SELECTOR_NOT_EQUALS:
		return "NotIn";
	case SELECTOR_EXISTS:
		return "Exists";
	case SELECTOR_NOT_EXISTS:
		return "DoesNotExist";
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_GREATER:
	case SELECTOR_LESS:
	default:
		return NULL;
	}
}

static void put_labels(struct jw *w, const struct selector *s)
{
	jw_key(w, "matchLabels");
	jw_object(w);
	for (size_t i = 0; i < s->n; i++) {
		if (!is_label(s->at[i].op))
			continue;
		/* Requirements are sorted by key, so the last of equal keys is the last before another key. */
		bool again = false;
		for (size_t j = i + 1; j < s->n && sv_eq(s->at[j].key, s->at[i].key); j++)
			again = again || is_label(s->at[j].op);
		if (again)
			continue;
		jw_key_sv(w, s->at[i].key);
		jw_sv(w, s->at[i].n_values ? s->at[i].values[0] : SV(""));
	}
	jw_object_end(w);
}

static void put_expressions(struct jw *w, const struct selector *s)
{
	jw_key(w, "matchExpressions");
	jw_array(w);
	for (size_t i = 0; i < s->n; i++) {
		const struct selector_requirement *r = &s->at[i];
		if (is_label(r->op))
			continue;
		jw_object(w);
		jw_member_sv(w, "key", r->key);
		jw_member_str(w, "operator", expression_operator(r->op));
		if (r->n_values > 0) {
			jw_key(w, "values");
			jw_array(w);
			for (size_t v = 0; v < r->n_values; v++)
				jw_sv(w, r->values[v]);
			jw_array_end(w);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}

enum error_kind metric_list_selector(struct jw *w, const struct selector *s, struct error *err)
{
	size_t n_labels = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (is_label(s->at[i].op))
			n_labels++;
		else if (!expression_operator(s->at[i].op))
			return error_set(err, ERR_INVALID,
				"\"%s\" is not a valid label selector operator",
				s->at[i].op == SELECTOR_GREATER ? "gt" : "lt");
	}
	jw_object(w);
	if (n_labels > 0)
		put_labels(w, s);
	if (n_labels < s->n)
		put_expressions(w, s);
	jw_object_end(w);
	return ERR_OK;
}

static void put_metric(struct jw *w, const struct metric_list_custom *head, struct sv selector)
{
	if (!head->v1beta2) {
		jw_member_sv(w, "metricName", head->metric);
		return;
	}
	jw_key(w, "metric");
	jw_object(w);
	jw_member_sv(w, "name", head->metric);
	jw_key(w, "selector");
	jw_raw(w, selector);
	jw_object_end(w);
}

/* Cuts the rendered example item at the places where name and value stand. */
static enum error_kind cut_frame(struct metric_list *l, struct arena *a, struct sv item,
	size_t name_at, size_t value_at, struct error *err)
{
	struct sv whole = arena_sv(a, item);
	if (!whole.ptr)
		return arena_error(a, err);
	l->before = sv_take(whole, name_at);
	l->between = sv_from(whole.ptr + name_at + 2, value_at - name_at - 2);
	l->after = sv_skip(whole, value_at + 2);
	return ERR_OK;
}

static enum error_kind render_frame(struct metric_list *l, struct arena *a,
	const struct metric_list_custom *head, struct sv selector, struct error *err)
{
	struct buf item;
	buf_init(&item, METRIC_LIST_FRAME_MAX);
	struct jw w;
	jw_init(&w, &item);
	jw_object(&w);
	jw_key(&w, "describedObject");
	jw_object(&w);
	jw_member_sv(&w, "kind", head->kind);
	if (head->namespace.len)
		jw_member_sv(&w, "namespace", head->namespace);
	jw_key(&w, "name");
	size_t name_at = item.len;
	jw_str(&w, "");
	char *api_version =
		arena_printf(a, "%.*s/%.*s", SV_ARG(head->group), SV_ARG(head->version));
	jw_member_str(&w, "apiVersion", api_version ? api_version : "");
	jw_object_end(&w);
	put_metric(&w, head, selector);
	jw_key(&w, "timestamp");
	jw_raw(&w, SV(""));
	buf_put_char(&item, '"');
	size_t time_at = item.len;
	instant_wall_print(&item, head->at);
	buf_put_char(&item, '"');
	jw_key(&w, "value");
	size_t value_at = item.len;
	jw_str(&w, "");
	if (!head->v1beta2) {
		jw_key(&w, "selector");
		jw_raw(&w, selector);
	}
	jw_object_end(&w);
	enum error_kind kind =
		api_version ? buf_check(&item, "metric values", err) : arena_error(a, err);
	if (kind == ERR_OK)
		kind = cut_frame(l, a, buf_sv(&item), name_at, value_at, err);
	l->time_at = time_at - name_at - 2;
	buf_done(&item);
	return kind;
}

enum error_kind metric_list_begin(struct metric_list *l, struct arena *a, struct buf *out,
	const struct metric_list_custom *head, struct error *err)
{
	struct buf selector;
	buf_init(&selector, METRIC_LIST_FRAME_MAX);
	enum error_kind kind = ERR_OK;
	if (head->selector && head->selector->n > 0) {
		struct jw w;
		jw_init(&w, &selector);
		kind = metric_list_selector(&w, head->selector, err);
	} else {
		buf_put_str(&selector, "null");
	}
	*l = (struct metric_list){ .out = out };
	if (kind == ERR_OK)
		kind = buf_check(&selector, "metric selector", err);
	if (kind == ERR_OK)
		kind = render_frame(l, a, head, buf_sv(&selector), err);
	buf_done(&selector);
	buf_put_str(out, "{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/");
	buf_put_str(out, head->v1beta2 ? "v1beta2" : "v1beta1");
	buf_put_str(out, "\",\"metadata\":{},\"items\":[");
	return kind;
}

static void put_text(struct buf *out, struct sv text)
{
	struct jw w;
	jw_init(&w, out);
	jw_sv(&w, text);
}

static void add(struct metric_list *l, struct sv name, const struct wall *at, int64_t milli)
{
	if (l->n_items++ > 0)
		buf_put_char(l->out, ',');
	buf_put_sv(l->out, l->before);
	put_text(l->out, name);
	if (at) {
		buf_put_sv(l->out, sv_take(l->between, l->time_at));
		instant_wall_print(l->out, *at);
		buf_put_sv(l->out, sv_skip(l->between, l->time_at + METRIC_LIST_TIME_BYTES));
	} else {
		buf_put_sv(l->out, l->between);
	}
	buf_put_char(l->out, '"');
	quantity_out_print(l->out, milli, QUANTITY_OUT_DECIMAL);
	buf_put_char(l->out, '"');
	buf_put_sv(l->out, l->after);
}

void metric_list_add(struct metric_list *l, struct sv name, int64_t milli)
{
	add(l, name, NULL, milli);
}

void metric_list_add_at(struct metric_list *l, struct sv name, int64_t milli, struct wall at)
{
	add(l, name, &at, milli);
}

void metric_list_end(struct metric_list *l)
{
	buf_put_str(l->out, "]}");
}

void metric_list_external_begin(struct metric_list *l, struct buf *out)
{
	*l = (struct metric_list){ .out = out };
	buf_put_str(out, "{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics."
			 "k8s.io/v1beta1\",\"metadata\":{},\"items\":[");
}

void metric_list_external_add(struct metric_list *l, struct sv metric,
	const struct answer_label *labels, size_t n_labels, struct wall at, int64_t milli)
{
	struct buf *out = l->out;
	buf_put_str(out, l->n_items++ > 0 ? ",{\"metricName\":" : "{\"metricName\":");
	put_text(out, metric);
	buf_put_str(out, ",\"metricLabels\":");
	if (!labels)
		buf_put_str(out, "null");
	for (size_t i = 0; labels && i < n_labels; i++) {
		buf_put_char(out, i == 0 ? '{' : ',');
		put_text(out, labels[i].name);
		buf_put_char(out, ':');
		put_text(out, labels[i].value);
	}
	if (labels)
		buf_put_str(out, n_labels ? "}" : "{}");
	buf_put_str(out, ",\"timestamp\":\"");
	instant_wall_print(out, at);
	buf_put_str(out, "\",\"value\":\"");
	quantity_out_print(out, milli, QUANTITY_OUT_DECIMAL);
	buf_put_str(out, "\"}");
}
