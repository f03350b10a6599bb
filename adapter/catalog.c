/* Series listings + compiled rules -> the metrics that exist. Pure: listings come in, a snapshot comes out.
 *
 * Only distinct (name, label-name set) pairs arrive here (promql/series.h), so the cost follows the number of metrics, not of pods. */
#include "adapter/catalog.h"

#include <stdlib.h>

#include "adapter/enforce.h"
#include "common/map.h"

/* Every metric of a big cluster on every resource its labels name; the reference's default rules make a few thousand. */
#define CATALOG_METRICS_MAX 500000u
/* Those, at about 200 bytes. */
#define CATALOG_ARENA_MAX (128u * 1024 * 1024)

struct builder {
	struct catalog *catalog;
	struct map by_key; /* "plural\0group\0n\0name" -> struct catalog_metric, in the arena */
	struct buf key;
};

static struct sv key_of(
	struct buf *out, struct mapper_name resource, bool namespaced, struct sv name)
{
	buf_clear(out);
	buf_put_sv(out, resource.plural);
	buf_put_char(out, '\0');
	buf_put_sv(out, resource.group);
	buf_put_str(out, namespaced ? "/n/" : "/r/");
	buf_put_sv(out, name);
	return buf_sv(out);
}

static enum error_kind put(
	struct builder *b, const struct catalog_metric *metric, struct error *err)
{
	struct arena *a = &b->catalog->arena;
	struct sv key = key_of(&b->key, metric->resource, metric->namespaced, metric->name);
	if (buf_check(&b->key, "metric name", err))
		return err->kind;
	struct catalog_metric *kept = map_get(&b->by_key, key);
	if (!kept) {
		kept = ARENA_NEW(a, struct catalog_metric);
		if (!kept)
			return arena_error(a, err);
		if (map_set(&b->by_key, key, kept, NULL, err))
			return err->kind;
	}
	*kept = *metric;
	return ERR_OK;
}

/* Only these three core kinds are outside of namespaces for the reference. */
static bool is_namespaced(struct mapper_name resource)
{
	return resource.group.len > 0 ||
	       !(sv_is(resource.plural, "namespaces") || sv_is(resource.plural, "nodes") ||
		       sv_is(resource.plural, "persistentvolumes"));
}

/* What has no namespace is not offered by a rule that enforces it; a namespace is its own. */
static bool is_offered(const struct naming *n, const struct mapper *m, struct mapper_name resource)
{
	return !n->rule->enforce_namespace || enforce_is_possible(m, resource);
}

static enum error_kind add_resources(struct builder *b, const struct naming *n,
	const struct series_shape *shape, struct catalog_metric *metric, struct error *err)
{
	struct catalog *c = b->catalog;
	for (size_t i = 0; i < shape->n_labels; i++) {
		bool found = false;
		if (naming_resource(&n->mapping, c->generation->mapper, shape->labels[i], &found,
			    &metric->resource, err))
			return err->kind;
		if (!found || !is_offered(n, c->generation->mapper, metric->resource))
			continue;
		metric->namespaced = is_namespaced(metric->resource);
		if (put(b, metric, err))
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind add_rule(struct builder *b, const struct naming *n,
	const struct series *listing, struct catalog_count *count, struct error *err)
{
	struct arena *a = &b->catalog->arena;
	struct sv last_name = SV_NULL;
	bool passes = false;
	struct catalog_metric metric = { .naming = n };
	for (size_t i = 0; i < series_n(listing); i++) {
		const struct series_shape *shape = series_at(listing, i);
		/* Shapes of one name mostly follow each other. */
		if (i == 0 || !sv_eq(shape->name, last_name)) {
			last_name = shape->name;
			if (naming_passes(n, shape->name, &passes, err))
				return err->kind;
			if (passes && naming_metric(n, a, shape->name, &metric.name, err))
				return err->kind;
			metric.series = arena_sv(a, shape->name);
			if (!metric.series.ptr)
				return arena_error(a, err);
		}
		if (!passes)
			continue;
		count->n_series++;
		enum error_kind kind = n->rule->external ? put(b, &metric, err)
							 : add_resources(b, n, shape, &metric, err);
		if (kind)
			return kind;
	}
	return ERR_OK;
}

static int compare(const struct catalog_metric *a, const struct catalog_metric *b)
{
	int order = sv_cmp(a->resource.plural, b->resource.plural);
	if (order == 0)
		order = sv_cmp(a->resource.group, b->resource.group);
	if (order == 0)
		order = sv_cmp(a->name, b->name);
	return order != 0 ? order : (int)a->namespaced - (int)b->namespaced;
}

static int by_resource_and_name(const void *a, const void *b)
{
	return compare(a, b);
}

static enum error_kind finish(
	struct builder *b, struct catalog_metric **ret, size_t *ret_n, struct error *err)
{
	struct arena *a = &b->catalog->arena;
	struct catalog_metric *list = ARENA_ARRAY(a, b->by_key.n + 1, struct catalog_metric);
	if (!list)
		return arena_error(a, err);
	size_t n = 0;
	MAP_FOREACH (e, &b->by_key)
		list[n++] = *(const struct catalog_metric *)e->value;
	qsort(list, n, sizeof(*list), by_resource_and_name);
	*ret = list;
	*ret_n = n;
	return ERR_OK;
}

static enum error_kind build(struct catalog *c, const struct naming *rules, size_t n,
	catalog_series_fn listing, void *ctx, struct catalog_count *counts,
	struct catalog_metric **ret, size_t *ret_n, struct error *err)
{
	struct builder b = { .catalog = c };
	enum error_kind kind = ERR_OK;
	map_init(&b.by_key, CATALOG_METRICS_MAX);
	buf_init(&b.key, 64u * 1024);
	for (size_t i = 0; kind == ERR_OK && i < n; i++) {
		const struct series *series = listing(rules[i].rule, ctx);
		struct catalog_count count = { 0 };
		if (series)
			kind = add_rule(&b, &rules[i], series, &count, err);
		if (counts)
			counts[i] = count;
	}
	if (kind == ERR_OK)
		kind = finish(&b, ret, ret_n, err);
	for (size_t i = 0; kind == ERR_OK && counts && i < *ret_n; i++)
		counts[(*ret)[i].naming - rules].n_metrics++;
	map_done(&b.by_key, NULL);
	buf_done(&b.key);
	return kind;
}

enum error_kind catalog_new(struct generation *g, catalog_series_fn listing, void *ctx,
	struct catalog_count *counts, struct catalog **ret, struct error *err)
{
	AUTO(catalog_unref) struct catalog *c = mem_zalloc(sizeof(*c));
	if (!c)
		return error_nomem(err);
	c->n_references = 1;
	c->generation = generation_ref(g);
	arena_init(&c->arena, CATALOG_ARENA_MAX);
	if (build(c, g->custom, g->n_custom, listing, ctx, counts, &c->custom, &c->n_custom, err) ||
		build(c, g->external, g->n_external, listing, ctx,
			counts ? counts + g->n_custom : NULL, &c->external, &c->n_external, err))
		return err->kind;
	*ret = TAKE_PTR(c);
	return ERR_OK;
}

struct catalog *catalog_ref(struct catalog *c)
{
	c->n_references++;
	return c;
}

void catalog_unref(struct catalog *c)
{
	if (!c || --c->n_references > 0)
		return;
	generation_unref(c->generation);
	arena_done(&c->arena);
	mem_free(c);
}

static const struct catalog_metric *find(
	const struct catalog_metric *list, size_t n, const struct catalog_metric *key)
{
	return n ? bsearch(key, list, n, sizeof(*list), by_resource_and_name) : NULL;
}

const struct catalog_metric *catalog_find_custom(const struct catalog *c,
	struct mapper_name resource, bool namespaced, struct sv name, bool exact)
{
	struct catalog_metric key = {
		.resource = resource, .namespaced = namespaced, .name = name
	};
	const struct catalog_metric *found = find(c->custom, c->n_custom, &key);
	if (found || exact || namespaced)
		return found;
	/* The reference lists metrics of every other cluster-scoped kind as namespaced, where no request can reach them. */
	struct error err = { 0 };
	const struct mapper_resource *kind = NULL;
	if (mapper_resolve(c->generation->mapper, resource.group, resource.plural, &kind, &err) ||
		kind->namespaced)
		return NULL;
	key.namespaced = true;
	return find(c->custom, c->n_custom, &key);
}

const struct catalog_metric *catalog_find_external(const struct catalog *c, struct sv name)
{
	struct catalog_metric key = { .name = name, .namespaced = false };
	return find(c->external, c->n_external, &key);
}
