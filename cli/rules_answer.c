/* JSON -> items by name -> differences. Times are not compared: each answer has its own. */
#include "cli/rules_answer.h"

#include <stdlib.h>

#include "cli/printable.h"
#include "common/jtree.h"

#define MAX_TEXT_BYTES (1024u * 1024)

static enum error_kind set_value(
	struct arena *a, struct rules_answer_item *item, struct sv value, struct error *err)
{
	item->value = arena_sv(a, value);
	if (!item->value.ptr)
		return arena_error(a, err);
	return quantity_parse(item->value, &item->quantity, err);
}

static enum error_kind set_key(
	struct arena *a, struct rules_answer_item *item, const struct buf *key, struct error *err)
{
	if (buf_check(key, "a name", err) != ERR_OK)
		return err->kind;
	item->key = arena_sv(a, buf_sv(key));
	return item->key.ptr ? ERR_OK : arena_error(a, err);
}

static void put_labels(struct buf *out, const struct jtree *labels)
{
	bool first = true;

	buf_put_char(out, '{');
	JTREE_FOREACH (label, labels) {
		buf_printf(out, "%s%.*s=%.*s", first ? "" : ", ", SV_ARG(label->key),
			SV_ARG(jtree_text(label)));
		first = false;
	}
	buf_put_char(out, '}');
}

static int compare_members(const void *a, const void *b)
{
	const struct jtree *const *x = a, *const *y = b;

	return sv_cmp((*x)->key, (*y)->key);
}

/* External metrics are told apart by their labels, whatever order these come in. */
static enum error_kind put_sorted_labels(
	struct arena *a, struct buf *out, const struct jtree *labels, struct error *err)
{
	struct jtree sorted = { .kind = JTREE_OBJECT };
	size_t n = 0;
	const struct jtree **members = ARENA_ARRAY(a, labels ? labels->n : 0, const struct jtree *);
	struct jtree *copies = ARENA_ARRAY(a, labels ? labels->n : 0, struct jtree);

	if (!members || !copies)
		return arena_error(a, err);
	JTREE_FOREACH (label, labels)
		members[n++] = label;
	if (n > 1)
		qsort(members, n, sizeof(*members), compare_members);
	for (size_t i = 0; i < n; i++) {
		copies[i] = *members[i];
		copies[i].next = i + 1 < n ? &copies[i + 1] : NULL;
	}
	sorted.first = n > 0 ? copies : NULL;
	put_labels(out, &sorted);
	return ERR_OK;
}

/* An element of a MetricValueList or ExternalMetricValueList. */
static enum error_kind decode_item(
	struct arena *a, const struct jtree *t, struct rules_answer_item *item, struct error *err)
{
	AUTO(buf_done) struct buf key = { 0 };
	const struct jtree *object = jtree_get(t, "describedObject");

	buf_init(&key, MAX_TEXT_BYTES);
	if (object) {
		struct sv ns = jtree_text(jtree_get(object, "namespace"));
		buf_printf(&key, "%.*s %.*s%s%.*s", SV_ARG(jtree_text(jtree_get(object, "kind"))),
			SV_ARG(ns), ns.len > 0 ? "/" : "",
			SV_ARG(jtree_text(jtree_get(object, "name"))));
	} else if (put_sorted_labels(a, &key, jtree_get(t, "metricLabels"), err) != ERR_OK) {
		return err->kind;
	}
	if (set_key(a, item, &key, err) != ERR_OK)
		return err->kind;
	return set_value(a, item, jtree_text(jtree_get(t, "value")), err);
}

struct collection {
	struct arena *a;
	struct rules_answer *ret;
	size_t size;
};

static struct rules_answer_item *add(struct collection *c)
{
	struct rules_answer *r = c->ret;

	if (r->n == c->size) {
		size_t size = c->size ? 2 * c->size : 64;
		struct rules_answer_item *grown = ARENA_ARRAY(c->a, size, struct rules_answer_item);
		if (!grown)
			return NULL;
		if (r->n > 0)
			memcpy(grown, r->items, r->n * sizeof(*grown));
		r->items = grown;
		c->size = size;
	}
	return &r->items[r->n++];
}

/* "web-1 main cpu": each resource of a PodMetrics' container or NodeMetrics is an item of its own. */
static enum error_kind add_usage(struct collection *c, struct sv object, struct sv container,
	const struct jtree *usage, struct error *err)
{
	JTREE_FOREACH (resource, usage) {
		AUTO(buf_done) struct buf key = { 0 };
		struct rules_answer_item *item = add(c);
		buf_init(&key, MAX_TEXT_BYTES);
		buf_printf(&key, "%.*s%s%.*s %.*s", SV_ARG(object), container.len > 0 ? " " : "",
			SV_ARG(container), SV_ARG(resource->key));
		if (!item)
			return arena_error(c->a, err);
		if (set_key(c->a, item, &key, err) != ERR_OK ||
			set_value(c->a, item, jtree_text(resource), err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind add_resource_metrics(
	struct collection *c, const struct jtree *t, struct error *err)
{
	struct sv name = jtree_text(jtree_at(t, "metadata", "name", NULL));
	struct sv ns = jtree_text(jtree_at(t, "metadata", "namespace", NULL));
	const char *object =
		arena_printf(c->a, "%.*s%s%.*s", SV_ARG(ns), ns.len > 0 ? "/" : "", SV_ARG(name));

	if (!object)
		return arena_error(c->a, err);
	if (jtree_get(t, "usage"))
		return add_usage(c, sv_of(object), SV(""), jtree_get(t, "usage"), err);
	JTREE_FOREACH (container, jtree_get(t, "containers")) {
		if (add_usage(c, sv_of(object), jtree_text(jtree_get(container, "name")),
			    jtree_get(container, "usage"), err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static int compare_items(const void *a, const void *b)
{
	const struct rules_answer_item *x = a, *y = b;
	int keys = sv_cmp(x->key, y->key);

	return keys != 0 ? keys : quantity_cmp(&x->quantity, &y->quantity);
}

static enum error_kind decode_items(
	struct collection *c, const struct jtree *items, struct error *err)
{
	enum error_kind kind = ERR_OK;

	JTREE_FOREACH (one, items) {
		bool usage = jtree_get(one, "usage") || jtree_get(one, "containers");
		struct rules_answer_item *item = usage ? NULL : add(c);
		if (usage)
			kind = add_resource_metrics(c, one, err);
		else
			kind = item ? decode_item(c->a, one, item, err) : arena_error(c->a, err);
		if (kind != ERR_OK)
			return kind;
	}
	return ERR_OK;
}

enum error_kind rules_answer_decode(
	struct arena *a, int status, struct sv body, struct rules_answer *ret, struct error *err)
{
	struct collection c = { .a = a, .ret = ret };
	struct jtree *t;

	*ret = (struct rules_answer){ .status = status, .reason = SV("") };
	enum error_kind kind = jtree_parse(a, body, &t, err);
	if (status != 200) {
		if (kind == ERR_OK)
			ret->reason = jtree_text(jtree_get(t, "reason"));
		return kind == ERR_INVALID ? ERR_OK : kind;
	}
	if (kind != ERR_OK)
		return kind;
	const struct jtree *items = jtree_get(t, "items");
	if (!sv_has_suffix(jtree_text(jtree_get(t, "kind")), SV("List")) ||
		(!jtree_is_absent(items) && items->kind != JTREE_ARRAY))
		return error_set(err, ERR_INVALID, "the answer is no list of metrics");
	if (decode_items(&c, items, err) != ERR_OK)
		return err->kind;
	if (ret->n > 1)
		qsort(ret->items, ret->n, sizeof(*ret->items), compare_items);
	return ERR_OK;
}

static bool is_near(const struct quantity *a, const struct quantity *b, double tolerance)
{
	double x = quantity_approx(a), y = quantity_approx(b);
	double distance = x > y ? x - y : y - x;
	double larger = (x < 0 ? -x : x) > (y < 0 ? -y : y) ? (x < 0 ? -x : x) : (y < 0 ? -y : y);

	return quantity_cmp(a, b) == 0 || distance <= tolerance * larger;
}

static void put_difference(struct buf *out, struct sv key, const struct rules_answer_item *before,
	const struct rules_answer_item *after)
{
	buf_put_str(out, "  ");
	printable_put(out, key);
	buf_put_str(out, "  old ");
	printable_put(out, before ? before->value : SV("missing"));
	buf_put_str(out, "  new ");
	printable_put(out, after ? after->value : SV("missing"));
	buf_put_char(out, '\n');
}

size_t rules_answer_compare(struct buf *out, const struct rules_answer *before,
	const struct rules_answer *after, double tolerance)
{
	size_t i = 0, k = 0, n = 0;

	if (before->status != after->status || !sv_eq(before->reason, after->reason)) {
		buf_printf(out, "  old %d %.*s  new %d %.*s\n", before->status,
			SV_ARG(before->reason), after->status, SV_ARG(after->reason));
		return 1;
	}
	while (i < before->n || k < after->n) {
		const struct rules_answer_item *x = i < before->n ? &before->items[i] : NULL;
		const struct rules_answer_item *y = k < after->n ? &after->items[k] : NULL;
		int order = !x ? 1 : !y ? -1 : sv_cmp(x->key, y->key);
		if (order < 0)
			y = NULL;
		if (order > 0)
			x = NULL;
		i += x != NULL;
		k += y != NULL;
		if (x && y && is_near(&x->quantity, &y->quantity, tolerance))
			continue;
		put_difference(out, x ? x->key : y->key, x, y);
		n++;
	}
	return n;
}

int rules_answer_order(const struct rules_answer_name *a, const struct rules_answer_name *b)
{
	int names = sv_cmp(a->name, b->name);

	return names != 0 ? names : (int)a->namespaced - (int)b->namespaced;
}

static int compare_names(const void *a, const void *b)
{
	return rules_answer_order(a, b);
}

enum error_kind rules_answer_names(struct arena *a, struct sv body, struct rules_answer_name **ret,
	size_t *ret_n, struct error *err)
{
	struct jtree *t;
	size_t n = 0;

	if (jtree_parse(a, body, &t, err) != ERR_OK)
		return err->kind;
	const struct jtree *resources = jtree_get(t, "resources");
	struct rules_answer_name *names =
		ARENA_ARRAY(a, resources ? resources->n : 0, struct rules_answer_name);
	if (!names)
		return arena_error(a, err);
	JTREE_FOREACH (resource, resources) {
		const struct jtree *namespaced = jtree_get(resource, "namespaced");
		struct sv name = jtree_text(jtree_get(resource, "name"));
		if (name.len > 0)
			names[n++] =
				(struct rules_answer_name){ name, namespaced && namespaced->truth };
	}
	if (n > 1)
		qsort(names, n, sizeof(*names), compare_names);
	*ret = names;
	*ret_n = n;
	return ERR_OK;
}
