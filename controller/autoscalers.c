/* Per kind a table by namespace and name, and an index of selectors, so that the check of overlapping ones looks only at those that could. */
#include "controller/autoscalers.h"

#include <stddef.h>

#include "common/fnv.h"
#include "common/jtree.h"
#include "common/limits.h"
#include "common/map.h"
#include "common/table.h"
#include "controller/json_pack.h"
#include "controller/own_kind.h"
#include "kube/object_key.h"

/* The largest cluster that was ever reported has tens of thousands. */
#define MAX_OBJECTS 200000
#define MAX_DECODE_BYTES (16u * LIMIT_OBJECT_BYTES)

struct kind {
	struct table objects; /* struct autoscaler */
	struct selector_index selectors;
};

struct autoscalers {
	struct kind kinds[AUTOSCALER_KINDS];
	struct map alike; /* spread, as its bytes -> struct alike */
};

struct alike {
	size_t n;
};

static bool is_named(const void *item, const void *key)
{
	const struct autoscaler *one = item;
	const struct object_key own = { one->ns, one->name };

	return object_key_eq(&own, key);
}

static struct sv spread_key(const uint64_t *spread)
{
	return sv_from((const char *)spread, sizeof(*spread));
}

/* Without memory an object is not counted; then it is not missed when it goes. */
static void count_alike(struct autoscalers *all, struct autoscaler *one, uint64_t spread)
{
	struct alike *a = map_get(&all->alike, spread_key(&spread));
	struct error ignored;

	if (!a && (a = mem_zalloc(sizeof(*a))) != NULL &&
		map_set(&all->alike, spread_key(&spread), a, NULL, &ignored) != ERR_OK) {
		mem_free(a);
		a = NULL;
	}
	one->is_counted = a != NULL;
	one->spread = spread;
	if (a)
		a->n++;
}

static void uncount_alike(struct autoscalers *all, struct autoscaler *one)
{
	struct alike *a = one->is_counted ? map_get(&all->alike, spread_key(&one->spread)) : NULL;

	one->is_counted = false;
	if (a && --a->n == 0)
		mem_free(map_take(&all->alike, spread_key(&one->spread)));
}

size_t autoscalers_n_alike(const struct autoscalers *all, uint64_t spread)
{
	const struct alike *a = map_get(&all->alike, spread_key(&spread));
	return a ? a->n : 0;
}

struct autoscalers *autoscalers_new(void)
{
	struct autoscalers *all = mem_zalloc(sizeof(*all));

	if (!all)
		return NULL;
	map_init(&all->alike, MAX_OBJECTS);
	for (size_t i = 0; i < AUTOSCALER_KINDS; i++) {
		table_init(&all->kinds[i].objects, MAX_OBJECTS);
		selector_index_init(&all->kinds[i].selectors);
	}
	return all;
}

void autoscalers_free_one(struct autoscaler *one)
{
	if (!one)
		return;
	history_done(&one->history);
	mem_free(one->selector.text);
	mem_free(one->packed);
	mem_free((void *)(uintptr_t)one->key.ptr);
	mem_free(one);
}

static void free_one(void *one)
{
	autoscalers_free_one(one);
}

void autoscalers_free(struct autoscalers *all)
{
	if (!all)
		return;
	map_done(&all->alike, mem_free);
	for (size_t i = 0; i < AUTOSCALER_KINDS; i++) {
		table_done(&all->kinds[i].objects, free_one);
		selector_index_done(&all->kinds[i].selectors);
	}
	mem_free(all);
}

static char *key_of(struct sv ns, struct sv name)
{
	char *key = mem_alloc(ns.len + name.len + 2);

	if (!key)
		return NULL;
	memcpy(key, ns.ptr, ns.len);
	key[ns.len] = '/';
	memcpy(key + ns.len + 1, name.ptr, name.len);
	key[ns.len + name.len + 1] = '\0';
	return key;
}

struct autoscaler *autoscalers_find(
	const struct autoscalers *all, enum autoscaler_kind kind, struct sv ns, struct sv name)
{
	const struct object_key key = { ns, name };

	return object_key_find(&all->kinds[kind].objects, is_named, &key);
}

struct autoscaler *autoscalers_any(const struct autoscalers *all, enum autoscaler_kind kind)
{
	TABLE_FOREACH(item, &all->kinds[kind].objects)
	return *item;
	return NULL;
}

size_t autoscalers_n(const struct autoscalers *all)
{
	size_t n = 0;

	for (size_t i = 0; i < AUTOSCALER_KINDS; i++)
		n += all->kinds[i].objects.n;
	return n;
}

void autoscalers_each(
	const struct autoscalers *all, void (*fn)(struct autoscaler *one, void *ctx), void *ctx)
{
	for (size_t i = 0; i < AUTOSCALER_KINDS; i++) {
		TABLE_FOREACH(item, &all->kinds[i].objects)
		fn(*item, ctx);
	}
}

/* What the store reads of an object. */
struct gist {
	char *packed; /* of its own; the uid is behind it */
	size_t packed_len;
	uint64_t fingerprint, spread;
	int64_t period_ns;
	enum scale_kind target_kind;
};

/* Half of an object is managedFields, which nobody here reads; a status update may leave them out. */
static void drop_managed_fields(struct jtree *tree)
{
	struct jtree *metadata = tree->first;

	while (metadata && !sv_is(metadata->key, "metadata"))
		metadata = metadata->next;
	struct jtree **at = metadata && metadata->kind == JTREE_OBJECT ? &metadata->first : NULL;
	for (; at && *at; at = &(*at)->next) {
		if (sv_is((*at)->key, "managedFields")) {
			*at = (*at)->next;
			metadata->n--;
			return;
		}
	}
}

/* Objects of a namespace whose first metric one list of the namespace's pods answers belong together, and those whose first metric is the same question to
 * Prometheus; the others are on their own. */
static uint64_t spread_of(const struct object_id *id, const struct jtree *spec)
{
	const struct jtree *metrics = jtree_get(spec, "metrics");
	const struct jtree *metric = metrics ? metrics->first : NULL;
	uint64_t hash = fnv_text(FNV_START, id->namespace);
	struct sv type = metric ? jtree_text(jtree_get(metric, "type")) : SV("Resource");

	if (sv_is(type, "Resource") || sv_is(type, "ContainerResource"))
		return hash;
	if (sv_is(type, "Pods"))
		return fnv_text(hash, jtree_text(jtree_at(metric, "pods", "metric", "name", NULL)));
	if (sv_is(type, "Prometheus")) {
		static const char *const KEYS[] = { "server", "query", "aliveQuery" };
		const struct jtree *question = jtree_get(metric, "prometheus");

		for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
			hash = fnv_text(hash, jtree_text(jtree_get(question, KEYS[i])));
		return hash;
	}
	return fnv_text(hash, id->name);
}

static enum error_kind read_gist(enum autoscaler_kind kind, const struct object_id *id,
	struct sv json, struct gist *ret, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	struct jtree *tree;
	int64_t seconds = 0;

	arena_init(&a, MAX_DECODE_BYTES);
	buf_init(&text, LIMIT_OBJECT_BYTES);
	if (jtree_parse(&a, json, &tree, err) != ERR_OK)
		return err->kind;
	const struct jtree *spec = jtree_get(tree, "spec");
	if (spec)
		jtree_print(&text, spec);
	if (buf_check(&text, "the spec", err) != ERR_OK)
		return err->kind;
	*ret = (struct gist){ .fingerprint = fnv_text(FNV_START, buf_sv(&text)),
		.spread = spread_of(id, spec) };
	if (kind == AUTOSCALER_OWN && jtree_i64(jtree_get(spec, "syncPeriodSeconds"), &seconds) &&
		seconds >= OWN_KIND_MIN_SYNC_SEC && seconds <= OWN_KIND_MAX_SYNC_SEC)
		ret->period_ns = seconds * NS_PER_SEC;
	ret->target_kind =
		scale_derive_kind(jtree_text(jtree_at(spec, "scaleTargetRef", "apiVersion", NULL)),
			jtree_text(jtree_at(spec, "scaleTargetRef", "kind", NULL)));
	drop_managed_fields(tree);
	buf_clear(&text);
	jtree_print(&text, tree);
	if (buf_check(&text, "an autoscaler", err) != ERR_OK)
		return err->kind;
	AUTO(buf_done) struct buf packed = { 0 };
	buf_init(&packed, LIMIT_OBJECT_BYTES);
	if (json_pack_put(&packed, buf_sv(&text), err) != ERR_OK)
		return err->kind;
	ret->packed_len = packed.len;
	buf_put_sv(&packed, id->uid);
	if (buf_check(&packed, "a packed object", err) != ERR_OK)
		return err->kind;
	ret->packed = mem_memdup(buf_text(&packed), packed.len);
	return ret->packed ? ERR_OK : error_nomem(err);
}

static struct autoscaler *add(struct kind *in, struct sv ns, struct sv name, struct error *err)
{
	struct autoscaler *one = mem_zalloc(sizeof(*one));
	char *key = key_of(ns, name);
	uint32_t hash = object_key_hash(&in->objects, &(struct object_key){ ns, name });

	if (!one || !key) {
		mem_free(one);
		mem_free(key);
		(void)error_nomem(err);
		return NULL;
	}
	one->key = sv_from(key, ns.len + name.len + 1);
	one->ns = sv_take(one->key, ns.len);
	one->name = sv_skip(one->key, ns.len + 1);
	if (table_add(&in->objects, hash, one, err) == ERR_OK)
		return one;
	autoscalers_free_one(one);
	return NULL;
}

/* The object under this name is another one now. */
static void start_over(struct kind *in, struct autoscaler *one)
{
	history_clear(&one->history);
	one->decisions = (struct decisions_memory){ 0 };
	selector_index_remove(&in->selectors, &one->selector);
}

static bool is_same(const struct autoscaler *one, const struct object_id *id)
{
	return one && one->uid && sv_is(id->uid, one->uid);
}

/* The same state, or one that our own write has passed. */
static bool is_no_news(const struct autoscaler *one, uint64_t version)
{
	return version != 0 &&
	       (version == one->version || (version < one->version && one->awaited));
}

enum error_kind autoscalers_put(struct autoscalers *all, enum autoscaler_kind kind,
	const struct object_id *id, struct sv json, struct autoscaler **ret,
	enum autoscalers_change *ret_change, struct error *err)
{
	uint64_t version = 0;
	struct gist gist = { 0 };
	struct autoscaler *one = autoscalers_find(all, kind, id->namespace, id->name);
	bool added = !one;

	(void)!object_meta_version(id->resource_version, &version);
	bool same_object = is_same(one, id);
	if (same_object && is_no_news(one, version)) {
		*ret = one;
		*ret_change = AUTOSCALERS_NONE;
		return ERR_OK;
	}
	if (read_gist(kind, id, json, &gist, err) != ERR_OK)
		return err->kind;
	AUTO(mem_free_str) char *packed = gist.packed;
	if (!one && !(one = add(&all->kinds[kind], id->namespace, id->name, err)))
		return err->kind;
	if (!added && !same_object)
		start_over(&all->kinds[kind], one);
	bool edited = !same_object || gist.fingerprint != one->fingerprint;
	*ret_change = added ? AUTOSCALERS_ADDED : edited ? AUTOSCALERS_EDITED : AUTOSCALERS_UPDATED;
	mem_free(one->packed);
	one->kind = kind;
	one->packed = TAKE_PTR(packed);
	one->packed_len = gist.packed_len;
	one->uid = one->packed + gist.packed_len;
	one->version = version;
	one->awaited = false;
	one->fingerprint = gist.fingerprint;
	uncount_alike(all, one);
	count_alike(all, one, gist.spread);
	one->spread_alone = fnv_text(FNV_START, one->key);
	one->period_ns = gist.period_ns;
	one->target_kind = gist.target_kind;
	*ret = one;
	return ERR_OK;
}

enum error_kind autoscalers_put_answer(struct autoscalers *all, struct autoscaler *one,
	const struct object_id *id, struct sv json, struct error *err)
{
	enum autoscalers_change change;
	uint64_t version;

	if (!is_same(one, id) || !object_meta_version(id->resource_version, &version) ||
		version <= one->version)
		return ERR_OK;
	if (autoscalers_put(all, one->kind, id, json, &one, &change, err) != ERR_OK)
		return err->kind;
	one->awaited = true;
	return ERR_OK;
}

enum error_kind autoscalers_json(
	const struct autoscaler *one, struct arena *a, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	if (json_pack_take(&text, sv_from(one->packed, one->packed_len), err) != ERR_OK)
		return err->kind;
	*ret = arena_sv(a, buf_sv(&text));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

struct autoscaler *autoscalers_take(
	struct autoscalers *all, enum autoscaler_kind kind, struct sv ns, struct sv name)
{
	struct kind *in = &all->kinds[kind];
	const struct object_key key = { ns, name };
	struct autoscaler *one = object_key_take(&in->objects, is_named, &key);

	if (!one)
		return NULL;
	selector_index_remove(&in->selectors, &one->selector);
	uncount_alike(all, one);
	return one;
}

enum error_kind autoscalers_set_selector(
	struct autoscalers *all, struct autoscaler *one, struct sv selector_text, struct error *err)
{
	return selector_index_set(
		&all->kinds[one->kind].selectors, &one->selector, one->ns, selector_text, err);
}

/* The peers that a search finds. */
struct peers {
	struct arena *arena;
	const struct autoscaler *self;
	struct target_peer *at;
	size_t n, size;
	struct error *err;
	bool failed;
};

static struct autoscaler *owner_of(struct selector_entry *e)
{
	return (struct autoscaler *)(void *)((char *)e - offsetof(struct autoscaler, selector));
}

static bool add_peer(struct selector_entry *e, void *ctx)
{
	struct peers *p = ctx;
	const struct autoscaler *one = owner_of(e);
	struct selector *selector = ARENA_NEW(p->arena, struct selector);

	if (one == p->self)
		return true;
	if (p->n == p->size) {
		size_t size = p->size ? p->size * 2 : 8;
		struct target_peer *grown = ARENA_ARRAY(p->arena, size, struct target_peer);
		p->failed = !grown;
		if (p->failed)
			return false;
		if (p->n > 0)
			memcpy(grown, p->at, p->n * sizeof(*grown));
		p->at = grown;
		p->size = size;
	}
	p->failed = !selector ||
		    selector_parse(p->arena, sv_of(e->text), selector, NULL, p->err) != ERR_OK;
	if (!p->failed)
		p->at[p->n++] = (struct target_peer){ one->ns, one->name, selector };
	return !p->failed;
}

enum error_kind autoscalers_peers(struct autoscalers *all, struct arena *a,
	const struct autoscaler *self, const struct pod_set *pods, struct target_peer **ret,
	size_t *ret_n, struct error *err)
{
	struct peers peers = { .arena = a, .self = self, .err = err };

	selector_index_search(&all->kinds[self->kind].selectors, self->ns, pods, add_peer, &peers);
	if (peers.failed)
		return arena_error(a, err);
	*ret = peers.at;
	*ret_n = peers.n;
	return ERR_OK;
}
