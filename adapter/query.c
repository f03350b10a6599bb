/* Step "query text": question and rule -> the PromQL that Prometheus is asked.
 *
 * Order of matchers: metric selector (by key), namespace, object label. The reference's users see these texts in Prometheus' log and their rules
 * depend on the order, so it stays. What a metric selector's In holds is pattern text on purpose; object names are literal and escaped unless the
 * exact text is asked for. */
#include "adapter/query.h"

#include "promql/matcher.h"

/* 5,000 pods with names of 60 bytes are 300 KiB; templates may repeat their matchers a few times. */
#define QUERY_TEXT_MAX (4u * 1024 * 1024)

struct parts {
	struct arena *a;
	struct matcher *matchers;
	struct template_pair *values;
	size_t n;
};

static enum error_kind join(struct arena *a, const struct sv *texts, size_t n, bool escape,
	struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, QUERY_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(&out, '|');
		if (escape)
			matcher_quote_meta(&out, texts[i]);
		else
			buf_put_sv(&out, texts[i]);
	}
	if (out.failed == ERR_LIMIT)
		return error_set(err, ERR_LIMIT, "%zu values of a matcher are longer than %u bytes",
			n, QUERY_TEXT_MAX);
	if (out.failed)
		return error_nomem(err);
	*ret = arena_sv(a, buf_sv(&out));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

static void add(
	struct parts *p, struct sv label, enum matcher_op op, struct sv value, struct sv shown)
{
	p->matchers[p->n] = (struct matcher){ .label = label, .op = op, .value = value };
	p->values[p->n] = (struct template_pair){ label, shown };
	p->n++;
}

static enum error_kind add_requirement(
	struct parts *p, const struct selector_requirement *r, struct error *err)
{
	struct sv value = r->n_values == 1 ? r->values[0] : SV("");
	if (r->n_values > 1 && join(p->a, r->values, r->n_values, false, &value, err))
		return err->kind;
	enum matcher_op op = MATCHER_EQ;
	switch (r->op) {
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_NOT_EXISTS:
		break;
	case SELECTOR_NOT_EQUALS:
	case SELECTOR_EXISTS:
		op = MATCHER_NEQ;
		break;
	case SELECTOR_IN:
		op = MATCHER_RE;
		break;
	case SELECTOR_NOT_IN:
		op = MATCHER_NRE;
		break;
	case SELECTOR_GREATER:
	case SELECTOR_LESS:
	default:
		return error_set(err, ERR_INVALID, "operator not supported by prometheus");
	}
	add(p, r->key, op, value, value);
	return ERR_OK;
}

static enum error_kind add_object(
	struct parts *p, const struct query_question *q, struct sv label, struct error *err)
{
	if (q->n_names == 0)
		return error_set(err, ERR_INVALID,
			"no resource names requested while producing a query for metric");
	if (q->n_names == 1) {
		add(p, label, MATCHER_EQ, q->names[0], q->names[0]);
		return ERR_OK;
	}
	struct sv shown, value;
	if (join(p->a, q->names, q->n_names, false, &shown, err))
		return err->kind;
	value = shown;
	if (!q->exact_text && join(p->a, q->names, q->n_names, true, &value, err))
		return err->kind;
	add(p, label, MATCHER_RE, value, shown);
	return ERR_OK;
}

static enum error_kind render(const struct parts *p, const struct query_question *q,
	struct sv label, struct buf *out, struct sv *ret, struct error *err)
{
	struct buf matchers;
	buf_init(&matchers, QUERY_TEXT_MAX);
	matcher_print_list(&matchers, p->matchers, p->n);
	enum error_kind kind = buf_check(&matchers, "label matchers", err);
	struct sv group[2] = { label, q->container_label };
	struct template_data data = {
		.kind = TEMPLATE_QUERY,
		.series = q->series,
		.label_matchers = buf_sv(&matchers),
		.values = p->values,
		.n_values = p->n,
		.group_by = label,
		.group_by_slice = group,
		.n_group_by_slice = q->resource.plural.len == 0 ? 0
				    : q->has_container		? 2
								: 1,
	};
	if (q->has_container) {
		data.group_by = sv_of(
			arena_printf(p->a, "%.*s,%.*s", SV_ARG(label), SV_ARG(q->container_label)));
		if (!data.group_by.ptr)
			kind = arena_error(p->a, err);
	}
	if (kind == ERR_OK)
		kind = template_execute(q->template, &data, out, err);
	if (kind == ERR_OK)
		kind = buf_check(out, "query", err);
	if (kind == ERR_OK && out->len == 0)
		kind = error_set(
			err, ERR_INVALID, "empty query produced by metrics query template");
	if (kind == ERR_OK) {
		*ret = arena_sv(p->a, buf_sv(out));
		if (!ret->ptr)
			kind = arena_error(p->a, err);
	}
	buf_done(&matchers);
	return kind;
}

enum error_kind query_build(struct arena *a, const struct mapper *m, const struct query_question *q,
	struct sv *ret_text, struct sv *ret_label, struct error *err)
{
	size_t room = (q->metric_selector ? q->metric_selector->n : 0) + 2;
	struct parts p = { .a = a };
	p.matchers = ARENA_ARRAY(a, room, struct matcher);
	p.values = ARENA_ARRAY(a, room, struct template_pair);
	if (!p.matchers || !p.values)
		return arena_error(a, err);
	struct sv namespace_label = SV_NULL, label = SV("");
	struct mapper_name namespaces = { SV(""), SV("namespaces") };
	if (q->namespace.len && naming_label(q->mapping, m, a, namespaces, &namespace_label, err))
		return err->kind;
	for (size_t i = 0; q->metric_selector && i < q->metric_selector->n; i++)
		if (add_requirement(&p, &q->metric_selector->at[i], err))
			return err->kind;
	if (q->namespace.len)
		add(&p, namespace_label, MATCHER_EQ, q->namespace, q->namespace);
	if (q->resource.plural.len) {
		if (naming_label(q->mapping, m, a, q->resource, &label, err) ||
			add_object(&p, q, label, err))
			return err->kind;
	}
	struct buf out;
	buf_init(&out, QUERY_TEXT_MAX);
	struct sv text = SV_NULL;
	enum error_kind kind = render(&p, q, label, &out, &text, err);
	buf_done(&out);
	if (kind)
		return kind;
	*ret_text = text;
	*ret_label = label;
	return ERR_OK;
}
