/* A map by key, and per namespace a list, so that the check of overlapping selectors looks at one namespace only. */
#include "controller/autoscalers.h"

#include "common/jtree.h"
#include "common/limits.h"
#include "common/map.h"
#include "common/vec.h"

/* The largest cluster that was ever reported has tens of thousands. */
#define MAX_OBJECTS 200000
#define MAX_NAMESPACES 100000
#define MAX_SELECTOR_BYTES (256u * 1024)
#define MAX_DECODE_BYTES (16u * LIMIT_OBJECT_BYTES)

struct namespace_list {
	VEC(struct autoscaler *) members;
};

struct autoscalers {
	struct map by_key;	 /* -> struct autoscaler */
	struct map by_namespace; /* -> struct namespace_list */
};

struct autoscalers *autoscalers_new(void)
{
	struct autoscalers *all = mem_zalloc(sizeof(*all));

	if (!all)
		return NULL;
	map_init(&all->by_key, MAX_OBJECTS);
	map_init(&all->by_namespace, MAX_NAMESPACES);
	return all;
}

void autoscalers_free_one(struct autoscaler *one)
{
	if (!one)
		return;
	history_done(&one->history);
	arena_done(&one->selector_memory);
	mem_free(one->uid);
	mem_free(one->json);
	mem_free((void *)(uintptr_t)one->key.ptr);
	mem_free(one);
}

static void free_one(void *one)
{
	autoscalers_free_one(one);
}

static void free_list(void *list)
{
	VEC_DONE(&((struct namespace_list *)list)->members);
	mem_free(list);
}

void autoscalers_free(struct autoscalers *all)
{
	if (!all)
		return;
	map_done(&all->by_namespace, free_list);
	map_done(&all->by_key, free_one);
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

struct autoscaler *autoscalers_find(const struct autoscalers *all, struct sv ns, struct sv name)
{
	AUTO(mem_free_str) char *key = key_of(ns, name);
	return key ? map_get(&all->by_key, sv_from(key, ns.len + name.len + 1)) : NULL;
}

size_t autoscalers_n(const struct autoscalers *all)
{
	return all->by_key.n;
}

void autoscalers_each(
	const struct autoscalers *all, void (*fn)(struct autoscaler *one, void *ctx), void *ctx)
{
	MAP_FOREACH (e, &all->by_key)
		fn(e->value, ctx);
}

/* 64-bit FNV-1a over the spec as the server prints it: an edit that keeps the hash is as likely as a broken memory cell. */
static enum error_kind fingerprint_of(struct sv json, uint64_t *ret, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf spec = { 0 };
	struct jtree *tree;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	arena_init(&a, MAX_DECODE_BYTES);
	buf_init(&spec, LIMIT_OBJECT_BYTES);
	if (jtree_parse(&a, json, &tree, err) != ERR_OK)
		return err->kind;
	const struct jtree *member = jtree_get(tree, "spec");
	if (member)
		jtree_print(&spec, member);
	if (buf_check(&spec, "the spec", err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < spec.len; i++)
		hash = (hash ^ (unsigned char)spec.data[i]) * UINT64_C(0x100000001b3);
	*ret = hash;
	return ERR_OK;
}

static struct autoscaler *add(
	struct autoscalers *all, struct sv ns, struct sv name, struct error *err)
{
	struct autoscaler *one = mem_zalloc(sizeof(*one));
	char *key = key_of(ns, name);
	struct namespace_list *list = map_get(&all->by_namespace, ns);

	if (!one || !key) {
		mem_free(one);
		mem_free(key);
		(void)error_nomem(err);
		return NULL;
	}
	one->key = sv_from(key, ns.len + name.len + 1);
	one->ns = sv_take(one->key, ns.len);
	one->name = sv_skip(one->key, ns.len + 1);
	arena_init(&one->selector_memory, MAX_SELECTOR_BYTES);
	if (!list) {
		list = mem_zalloc(sizeof(*list));
		if (!list || map_set(&all->by_namespace, ns, list, NULL, err) != ERR_OK) {
			mem_free(list);
			autoscalers_free_one(one);
			(void)error_nomem(err);
			return NULL;
		}
	}
	struct autoscaler **slot = VEC_PUSH(&list->members, MAX_OBJECTS);
	if (slot && map_set(&all->by_key, one->key, one, NULL, err) == ERR_OK) {
		*slot = one;
		return one;
	}
	if (slot)
		list->members.n--;
	else
		(void)error_nomem(err);
	autoscalers_free_one(one);
	return NULL;
}

/* The object under this name is another one now. */
static void start_over(struct autoscaler *one)
{
	history_clear(&one->history);
	one->has_selector = false;
}

static bool is_same(const struct autoscaler *one, const struct object_id *id)
{
	return one && one->uid && sv_is(id->uid, one->uid);
}

enum error_kind autoscalers_put(struct autoscalers *all, const struct object_id *id, struct sv json,
	struct autoscaler **ret, enum autoscalers_change *ret_change, struct error *err)
{
	uint64_t fingerprint, version = 0;
	struct autoscaler *one = autoscalers_find(all, id->namespace, id->name);
	bool added = !one;

	(void)!object_meta_version(id->resource_version, &version);
	bool same_object = is_same(one, id);
	if (same_object && version != 0 && version <= one->version) {
		*ret = one;
		*ret_change = AUTOSCALERS_NONE;
		return ERR_OK;
	}
	if (fingerprint_of(json, &fingerprint, err) != ERR_OK)
		return err->kind;
	AUTO(mem_free_str) char *copy = mem_memdup(json.ptr, json.len);
	AUTO(mem_free_str) char *uid = mem_memdup(id->uid.ptr, id->uid.len);
	if (!copy || !uid)
		return error_nomem(err);
	if (!one && !(one = add(all, id->namespace, id->name, err)))
		return err->kind;
	if (!added && !same_object)
		start_over(one);
	bool edited = !same_object || fingerprint != one->fingerprint;
	*ret_change = added ? AUTOSCALERS_ADDED : edited ? AUTOSCALERS_EDITED : AUTOSCALERS_UPDATED;
	mem_free(one->json);
	mem_free(one->uid);
	one->json = TAKE_PTR(copy);
	one->json_len = json.len;
	one->uid = TAKE_PTR(uid);
	one->version = version;
	one->fingerprint = fingerprint;
	*ret = one;
	return ERR_OK;
}

struct autoscaler *autoscalers_take(struct autoscalers *all, struct sv ns, struct sv name)
{
	struct autoscaler *one = autoscalers_find(all, ns, name);
	struct namespace_list *list = map_get(&all->by_namespace, ns);

	if (!one)
		return NULL;
	for (size_t i = 0; list && i < list->members.n; i++) {
		if (list->members.at[i] == one) {
			list->members.at[i] = list->members.at[--list->members.n];
			break;
		}
	}
	if (list && list->members.n == 0)
		free_list(map_take(&all->by_namespace, one->ns));
	(void)map_take(&all->by_key, one->key);
	return one;
}

enum error_kind autoscalers_set_selector(
	struct autoscaler *one, struct sv selector_text, struct error *err)
{
	one->has_selector = false;
	arena_clear(&one->selector_memory);
	struct sv text = arena_sv(&one->selector_memory, selector_text);
	if (!text.ptr)
		return arena_error(&one->selector_memory, err);
	if (selector_parse(&one->selector_memory, text, &one->selector, NULL, err) != ERR_OK)
		return err->kind;
	one->has_selector = true;
	return ERR_OK;
}

enum error_kind autoscalers_peers(const struct autoscalers *all, struct arena *a,
	const struct autoscaler *self, struct target_peer **ret, size_t *ret_n, struct error *err)
{
	const struct namespace_list *list = map_get(&all->by_namespace, self->ns);
	size_t n = list ? list->members.n : 0;
	struct target_peer *peers = ARENA_ARRAY(a, n, struct target_peer);
	size_t kept = 0;

	if (!peers)
		return arena_error(a, err);
	for (size_t i = 0; i < n; i++) {
		const struct autoscaler *other = list->members.at[i];
		if (other != self)
			peers[kept++] = (struct target_peer){ other->ns, other->name,
				other->has_selector ? &other->selector : NULL };
	}
	*ret = peers;
	*ret_n = kept;
	return ERR_OK;
}
