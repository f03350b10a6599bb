/* A watch's objects as identities and labels; everything else of them is dropped on arrival. */
#include "adapter/inventory.h"

#include <stdlib.h>

#include "common/jtree.h"
#include "common/map.h"
#include "common/vec.h"
#include "kube/watch.h"

#define INVENTORY_OBJECTS_MAX 500000u
/* One decoded object: 3 MiB of JSON make at most this much tree. */
#define INVENTORY_DECODE_MAX (64u * 1024 * 1024)
/* Labels and names of one object, far above what the API server accepts. */
#define INVENTORY_OBJECT_MAX (512u * 1024)

/* A watch that has been silent for longer than it ever is while it works. */
#define INVENTORY_STALE_NS (60 * NS_PER_SEC)

struct entry {
	struct arena arena;
	struct inventory_object object;
};

/* The objects of one namespace, sorted by name. */
struct bucket {
	VEC(struct entry *) entries;
};

struct inventory {
	struct inventory_config config;
	char *resource; /* copy of the configuration's */
	struct watch *watch;
	struct map buckets; /* namespace -> struct bucket */
	size_t n;
	uint64_t n_arrived;
};

static void free_entry(void *value)
{
	struct entry *e = value;
	if (!e)
		return;
	arena_done(&e->arena);
	mem_free(e);
}

static int by_key(const void *a, const void *b)
{
	return sv_cmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

static bool copy_labels(struct entry *e, const struct object_meta *meta)
{
	struct label *labels = ARENA_ARRAY(&e->arena, meta->n_labels + 1, struct label);
	if (!labels)
		return false;
	for (size_t i = 0; i < meta->n_labels; i++) {
		labels[i].key = arena_sv(&e->arena, meta->labels[i].key);
		labels[i].value = arena_sv(&e->arena, meta->labels[i].value);
		if (!labels[i].key.ptr || !labels[i].value.ptr)
			return false;
	}
	qsort(labels, meta->n_labels, sizeof(*labels), by_key);
	e->object.labels = labels;
	e->object.n_labels = meta->n_labels;
	return true;
}

static struct entry *entry_of(const struct object_meta *meta)
{
	struct entry *e = mem_zalloc(sizeof(*e));
	if (!e)
		return NULL;
	arena_init(&e->arena, INVENTORY_OBJECT_MAX);
	e->object.namespace = arena_sv(&e->arena, meta->namespace);
	e->object.name = arena_sv(&e->arena, meta->name);
	if (e->object.namespace.ptr && e->object.name.ptr && copy_labels(e, meta))
		return e;
	free_entry(e);
	return NULL;
}

static void free_bucket(void *value)
{
	struct bucket *b = value;
	if (!b)
		return;
	VEC_FOREACH (e, &b->entries)
		free_entry(*e);
	VEC_DONE(&b->entries);
	mem_free(b);
}

/* Where the name is, or would be inserted. */
static size_t position(const struct bucket *b, struct sv name, bool *ret_found)
{
	size_t low = 0, high = b->entries.n;
	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = sv_cmp(b->entries.at[middle]->object.name, name);
		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct bucket *bucket_of(struct inventory *i, struct sv namespace)
{
	struct bucket *b = map_get(&i->buckets, namespace);
	struct error err = { 0 };
	if (b)
		return b;
	b = mem_zalloc(sizeof(*b));
	if (!b || map_set(&i->buckets, namespace, b, NULL, &err)) {
		mem_free(b);
		return NULL;
	}
	return b;
}

/* Takes the entry over; false: no memory, and it is still the caller's. */
static bool put_entry(struct inventory *i, struct entry *e)
{
	struct bucket *b = bucket_of(i, e->object.namespace);
	bool found = false;
	if (!b)
		return false;
	size_t at = position(b, e->object.name, &found);
	if (found) {
		e->object.arrival = b->entries.at[at]->object.arrival;
		free_entry(b->entries.at[at]);
		b->entries.at[at] = e;
		return true;
	}
	if (i->n >= INVENTORY_OBJECTS_MAX || !VEC_PUSH(&b->entries, INVENTORY_OBJECTS_MAX))
		return false;
	memmove(&b->entries.at[at + 1], &b->entries.at[at],
		(b->entries.n - 1 - at) * sizeof(struct entry *));
	b->entries.at[at] = e;
	e->object.arrival = i->n_arrived++;
	i->n++;
	return true;
}

static void on_object(const struct object_id *id, struct sv json, void *ctx)
{
	struct inventory *i = ctx;
	struct jtree *root = NULL;
	struct object_meta meta = { 0 };
	struct error err = { 0 };
	AUTO(arena_done) struct arena scratch = { 0 };
	arena_init(&scratch, INVENTORY_DECODE_MAX);
	enum error_kind kind = jtree_parse(&scratch, json, &root, &err);
	if (kind == ERR_OK)
		kind = object_meta_decode(&scratch, root, &meta, &err);
	struct entry *e = kind ? NULL : entry_of(&meta);
	if (e && put_entry(i, e))
		return;
	free_entry(e);
	if (!kind)
		error_nomem(&err);
	error_wrap(&err, "%s %.*s/%.*s", i->resource, SV_ARG(id->namespace), SV_ARG(id->name));
	i->config.on_error(&err, i->config.ctx);
}

static void on_deleted(const struct object_id *id, struct sv json, void *ctx)
{
	(void)json;
	struct inventory *i = ctx;
	struct bucket *b = map_get(&i->buckets, id->namespace);
	bool found = false;
	size_t at = b ? position(b, id->name, &found) : 0;
	if (!found)
		return;
	free_entry(b->entries.at[at]);
	memmove(&b->entries.at[at], &b->entries.at[at + 1],
		(b->entries.n - 1 - at) * sizeof(struct entry *));
	b->entries.n--;
	i->n--;
	if (b->entries.n == 0)
		free_bucket(map_take(&i->buckets, id->namespace));
}

static void on_error(const struct error *why, void *ctx)
{
	struct inventory *i = ctx;
	i->config.on_error(why, i->config.ctx);
}

enum error_kind inventory_new(
	const struct inventory_config *config, struct inventory **ret, struct error *err)
{
	AUTO(inventory_free) struct inventory *i = mem_zalloc(sizeof(*i));
	if (!i)
		return error_nomem(err);
	i->config = *config;
	map_init(&i->buckets, INVENTORY_OBJECTS_MAX);
	i->resource = mem_strdup(config->resource);
	if (!i->resource)
		return error_nomem(err);
	struct watch_config w = {
		.client = config->client,
		.path = config->path,
		.resource = config->resource,
		.field_selector = config->field_selector,
		.metadata_only = true,
		.on_object = on_object,
		.on_deleted = on_deleted,
		.on_error = on_error,
		.ctx = i,
	};
	if (watch_start(&w, &i->watch, err))
		return err->kind;
	*ret = TAKE_PTR(i);
	return ERR_OK;
}

void inventory_free(struct inventory *i)
{
	if (!i)
		return;
	watch_stop(i->watch);
	map_done(&i->buckets, free_bucket);
	mem_free(i->resource);
	mem_free(i);
}

bool inventory_is_synced(const struct inventory *i)
{
	return watch_is_synced(i->watch);
}

bool inventory_is_fresh(const struct inventory *i, struct mono now)
{
	struct watch_stats stats = watch_stats(i->watch);
	return stats.synced &&
	       (stats.connected || now.ns - stats.last_contact.ns < INVENTORY_STALE_NS);
}

static bool matches(const struct inventory_object *o, const struct inventory_query *q)
{
	return (!q->name.len || sv_eq(o->name, q->name)) &&
	       (!q->labels || selector_matches(q->labels, o->labels, o->n_labels)) &&
	       (!q->accepts || q->accepts(o, q->ctx));
}

static int by_namespace(const void *a, const void *b)
{
	const struct bucket *const *x = a, *const *y = b;
	return sv_cmp((*x)->entries.at[0]->object.namespace, (*y)->entries.at[0]->object.namespace);
}

/* The buckets the query looks into, sorted by namespace, in the arena. */
static enum error_kind buckets_of(const struct inventory *i, struct arena *a,
	const struct inventory_query *q, const struct bucket ***ret, size_t *ret_n,
	size_t *ret_room, struct error *err)
{
	size_t n = 0;
	const struct bucket **list =
		ARENA_ARRAY(a, (q->namespace.len ? 1 : i->buckets.n) + 1, const struct bucket *);
	if (!list)
		return arena_error(a, err);
	if (q->namespace.len) {
		list[0] = map_get(&i->buckets, q->namespace);
		n = list[0] ? 1 : 0;
	} else {
		MAP_FOREACH (e, &i->buckets)
			list[n++] = e->value;
		qsort(list, n, sizeof(*list), by_namespace);
	}
	*ret_room = 0;
	for (size_t b = 0; b < n; b++)
		*ret_room += list[b]->entries.n;
	*ret = list;
	*ret_n = n;
	return ERR_OK;
}

/* The objects that match, in order; their texts are the inventory's. */
static enum error_kind find(const struct inventory *i, struct arena *a,
	const struct inventory_query *q, const struct inventory_object ***ret, size_t *ret_n,
	struct error *err)
{
	const struct bucket **buckets = NULL;
	size_t n_buckets = 0, room = 0, n = 0;
	if (buckets_of(i, a, q, &buckets, &n_buckets, &room, err))
		return err->kind;
	const struct inventory_object **list =
		ARENA_ARRAY(a, room + 1, const struct inventory_object *);
	if (!list)
		return arena_error(a, err);
	for (size_t b = 0; b < n_buckets; b++)
		VEC_FOREACH (e, &buckets[b]->entries)
			if (matches(&(*e)->object, q))
				list[n++] = &(*e)->object;
	*ret = list;
	*ret_n = n;
	return ERR_OK;
}

static bool copy_object(
	struct arena *a, const struct inventory_object *from, struct inventory_object *to)
{
	struct label *labels = ARENA_ARRAY(a, from->n_labels + 1, struct label);
	to->namespace = arena_sv(a, from->namespace);
	to->name = arena_sv(a, from->name);
	if (!labels || !to->namespace.ptr || !to->name.ptr)
		return false;
	for (size_t i = 0; i < from->n_labels; i++) {
		labels[i].key = arena_sv(a, from->labels[i].key);
		labels[i].value = arena_sv(a, from->labels[i].value);
		if (!labels[i].key.ptr || !labels[i].value.ptr)
			return false;
	}
	to->labels = labels;
	to->n_labels = from->n_labels;
	return true;
}

static int by_arrival(const void *a, const void *b)
{
	const struct inventory_object *const *x = a, *const *y = b;
	return ((*x)->arrival > (*y)->arrival) - ((*x)->arrival < (*y)->arrival);
}

enum error_kind inventory_names(const struct inventory *i, struct arena *a,
	const struct inventory_query *q, const struct sv **ret, size_t *ret_n, struct error *err)
{
	const struct inventory_object **found = NULL;
	size_t n = 0;
	if (find(i, a, q, &found, &n, err))
		return err->kind;
	qsort(found, n, sizeof(*found), by_arrival);
	struct sv *names = ARENA_ARRAY(a, n + 1, struct sv);
	for (size_t at = 0; names && at < n; at++) {
		names[at] = arena_sv(a, found[at]->name);
		if (!names[at].ptr)
			names = NULL;
	}
	if (!names)
		return arena_error(a, err);
	*ret = names;
	*ret_n = n;
	return ERR_OK;
}

enum error_kind inventory_select(const struct inventory *i, struct arena *a,
	const struct inventory_query *q, struct inventory_object **ret, size_t *ret_n,
	struct error *err)
{
	const struct inventory_object **found = NULL;
	size_t n = 0;
	if (find(i, a, q, &found, &n, err))
		return err->kind;
	struct inventory_object *list = ARENA_ARRAY(a, n + 1, struct inventory_object);
	if (!list)
		return arena_error(a, err);
	for (size_t at = 0; at < n; at++)
		if (!copy_object(a, found[at], &list[at]))
			return arena_error(a, err);
	*ret = list;
	*ret_n = n;
	return ERR_OK;
}
