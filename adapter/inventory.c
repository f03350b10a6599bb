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

struct entry {
	struct arena arena;
	struct inventory_object object;
};

struct inventory {
	struct inventory_config config;
	struct watch *watch;
	struct map objects; /* "namespace/name" -> struct entry */
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

static struct sv key_of(struct arena *a, struct sv namespace, struct sv name)
{
	return sv_of(arena_printf(a, "%.*s/%.*s", SV_ARG(namespace), SV_ARG(name)));
}

static void on_object(const struct object_id *id, struct sv json, void *ctx)
{
	struct inventory *i = ctx;
	struct jtree *root = NULL;
	struct object_meta meta = { 0 };
	struct error err = { 0 };
	AUTO(arena_done) struct arena scratch;
	arena_init(&scratch, INVENTORY_DECODE_MAX);
	enum error_kind kind = jtree_parse(&scratch, json, &root, &err);
	if (kind == ERR_OK)
		kind = object_meta_decode(&scratch, root, &meta, &err);
	struct entry *e = kind ? NULL : entry_of(&meta);
	struct sv key = key_of(&scratch, id->namespace, id->name);
	void *old = NULL;
	if (!e || !key.ptr || map_set(&i->objects, key, e, &old, &err)) {
		free_entry(e);
		if (!err.kind)
			error_nomem(&err);
		error_wrap(&err, "%s %.*s/%.*s", i->config.resource, SV_ARG(id->namespace),
			SV_ARG(id->name));
		i->config.on_error(&err, i->config.ctx);
		return;
	}
	free_entry(old);
}

static void on_deleted(const struct object_id *id, struct sv json, void *ctx)
{
	(void)json;
	struct inventory *i = ctx;
	AUTO(arena_done) struct arena scratch;
	arena_init(&scratch, 4096);
	struct sv key = key_of(&scratch, id->namespace, id->name);
	if (key.ptr)
		free_entry(map_take(&i->objects, key));
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
	map_init(&i->objects, INVENTORY_OBJECTS_MAX);
	struct watch_config w = {
		.client = config->client,
		.path = config->path,
		.resource = config->resource,
		.field_selector = config->field_selector,
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
	map_done(&i->objects, free_entry);
	mem_free(i);
}

bool inventory_is_synced(const struct inventory *i)
{
	return watch_is_synced(i->watch);
}

static bool matches(const struct inventory_object *o, const struct inventory_query *q)
{
	return (!q->namespace.len || sv_eq(o->namespace, q->namespace)) &&
	       (!q->name.len || sv_eq(o->name, q->name)) &&
	       (!q->labels || selector_matches(q->labels, o->labels, o->n_labels)) &&
	       (!q->accepts || q->accepts(o, q->ctx));
}

static int by_name(const void *a, const void *b)
{
	const struct inventory_object *x = a, *y = b;
	int order = sv_cmp(x->namespace, y->namespace);
	return order ? order : sv_cmp(x->name, y->name);
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

enum error_kind inventory_select(const struct inventory *i, struct arena *a,
	const struct inventory_query *q, struct inventory_object **ret, size_t *ret_n,
	struct error *err)
{
	size_t n = 0;
	MAP_FOREACH (e, &i->objects)
		n += matches(&((const struct entry *)e->value)->object, q);
	struct inventory_object *list = ARENA_ARRAY(a, n + 1, struct inventory_object);
	if (!list)
		return arena_error(a, err);
	size_t at = 0;
	MAP_FOREACH (e, &i->objects) {
		const struct inventory_object *o = &((const struct entry *)e->value)->object;
		if (matches(o, q) && !copy_object(a, o, &list[at++]))
			return arena_error(a, err);
	}
	qsort(list, n, sizeof(*list), by_name);
	*ret = list;
	*ret_n = n;
	return ERR_OK;
}
