/* Marks of objects. In our own table each has a piece of memory with the names behind it, about 80 bytes for a name of 30. */
#include "kube/watch_store.h"

#include <stddef.h>

#include "common/fnv.h"
#include "common/vec.h"
#include "kube/object_key.h"

struct tracked {
	struct watch_mark mark;
	uint16_t ns_len, name_len;
	uint16_t uid_len;
	bool is_uuid; /* in the mark; no text of it here */
	char texts[]; /* uid, namespace, name */
};

void watch_store_init(
	struct watch_store *s, const struct watch_marks *marks, void *keeper, size_t max_objects)
{
	*s = (struct watch_store){ .marks = marks, .keeper = keeper };
	table_init(&s->objects, max_objects);
}

void watch_store_done(struct watch_store *s)
{
	table_done(&s->objects, mem_free);
}

size_t watch_store_n(const struct watch_store *s)
{
	return s->marks ? s->marks->n(s->keeper) : s->objects.n;
}

/* Uids */

/* False: it is no UUID, and what came out is a hash. No server of Kubernetes writes such a uid. */
static bool pack_uid(struct sv uid, unsigned char ret[UUID_BYTES])
{
	if (uuid_pack(uid, ret))
		return true;
	const uint64_t halves[2] = { fnv_text(FNV_START, uid),
		fnv_text(fnv_number(FNV_START, uid.len), uid) };
	memcpy(ret, halves, sizeof(halves));
	return false;
}

bool watch_store_is_of(const struct watch_mark *mark, const struct object_id *id)
{
	unsigned char uid[UUID_BYTES];

	(void)pack_uid(id->uid, uid);
	return memcmp(mark->uid, uid, sizeof(uid)) == 0;
}

static const struct tracked *owner_of(const struct watch_mark *mark)
{
	return (const void *)((const char *)mark - offsetof(struct tracked, mark));
}

struct sv watch_store_uid(
	const struct watch_store *s, const struct watch_mark *mark, char room[static UUID_TEXT])
{
	if (s->marks)
		return SV_NULL;
	const struct tracked *t = owner_of(mark);
	if (!t->is_uuid)
		return sv_from(t->texts, t->uid_len);
	uuid_print(mark->uid, room);
	return sv_from(room, UUID_TEXT);
}

/* The table */

static struct object_key key_of(const struct tracked *t)
{
	struct sv ns = sv_from(t->texts + t->uid_len, t->ns_len);
	return (struct object_key){ ns, sv_from(ns.ptr + ns.len, t->name_len) };
}

static bool is_object(const void *item, const void *key)
{
	const struct object_key own = key_of(item);

	return object_key_eq(&own, key);
}

struct watch_mark *watch_store_find(const struct watch_store *s, const struct object_id *id)
{
	const struct object_key key = { id->namespace, id->name };

	if (s->marks) {
		struct watch_mark *mark = s->marks->find(s->keeper, key.ns, key.name);
		return mark && mark->list != 0 ? mark : NULL;
	}
	struct tracked *t = object_key_find(&s->objects, is_object, &key);
	return t ? &t->mark : NULL;
}

void watch_store_forget(struct watch_store *s, const struct object_id *id)
{
	const struct object_key key = { id->namespace, id->name };

	mem_free(object_key_take(&s->objects, is_object, &key));
}

/* NULL: no memory. */
static struct tracked *new_tracked(const struct object_id *id)
{
	unsigned char packed[UUID_BYTES];
	bool is_uuid = pack_uid(id->uid, packed);
	struct sv uid = is_uuid ? SV("") : id->uid;
	const struct sv texts[] = { uid, id->namespace, id->name };
	struct tracked *t;

	if (uid.len > UINT16_MAX || id->namespace.len > UINT16_MAX || id->name.len > UINT16_MAX)
		return NULL;
	t = mem_alloc(offsetof(struct tracked, texts) + uid.len + id->namespace.len + id->name.len);
	if (!t)
		return NULL;
	t->is_uuid = is_uuid;
	t->uid_len = (uint16_t)uid.len;
	t->ns_len = (uint16_t)id->namespace.len;
	t->name_len = (uint16_t)id->name.len;
	char *at = t->texts;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].len > 0)
			memcpy(at, texts[i].ptr, texts[i].len);
		at += texts[i].len;
	}
	return t;
}

static enum error_kind add(struct watch_store *s, const struct object_id *id,
	struct watch_mark **ret, struct error *err)
{
	const struct object_key key = { id->namespace, id->name };
	struct tracked *t = new_tracked(id);

	if (!t)
		return error_nomem(err);
	if (table_add(&s->objects, object_key_hash(&s->objects, &key), t, err) != ERR_OK) {
		mem_free(t);
		return err->kind;
	}
	*ret = &t->mark;
	return ERR_OK;
}

enum error_kind watch_store_set(struct watch_store *s, const struct object_id *id, uint64_t version,
	uint32_t list, struct error *err)
{
	struct watch_mark *mark = s->marks ? s->marks->find(s->keeper, id->namespace, id->name)
					   : watch_store_find(s, id);

	if (!mark && s->marks)
		return watch_store_n(s) < s->objects.max
			       ? ERR_OK
			       : error_set(err, ERR_LIMIT, "more than %zu entries", s->objects.max);
	if (!mark && add(s, id, &mark, err) != ERR_OK)
		return err->kind;
	mark->version = version;
	mark->list = list;
	(void)pack_uid(id->uid, mark->uid);
	return ERR_OK;
}

/* Sweeping: first all that are gone, because the table and the keeper change with each. */

struct missing {
	struct sv ns, name;
	struct watch_mark *mark;
};

struct sweep {
	VEC(struct missing) missing;
	uint32_t list;
	size_t max;
	bool failed;
};

static void look(struct sv ns, struct sv name, struct watch_mark *mark, void *arg)
{
	struct sweep *w = arg;

	if (mark->list == w->list || w->failed)
		return;
	struct missing *slot = VEC_PUSH(&w->missing, w->max);
	w->failed = !slot;
	if (slot)
		*slot = (struct missing){ ns, name, mark };
}

static void look_at_table(const struct watch_store *s, struct sweep *w)
{
	TABLE_FOREACH(item, &s->objects)
	{
		struct tracked *t = *item;
		const struct object_key key = key_of(t);
		look(key.ns, key.name, &t->mark, w);
	}
}

static void end_one(struct watch_store *s, const struct missing *m,
	void (*fn)(const struct object_id *id, void *ctx), void *ctx)
{
	char room[UUID_TEXT];
	const struct object_id id = {
		.namespace = m->ns, .name = m->name, .uid = watch_store_uid(s, m->mark, room)
	};
	const struct object_key key = { m->ns, m->name };

	/* The names are the item's own. */
	void *item = s->marks ? NULL : object_key_take(&s->objects, is_object, &key);
	fn(&id, ctx);
	mem_free(item);
}

enum error_kind watch_store_sweep(struct watch_store *s, uint32_t list,
	void (*fn)(const struct object_id *id, void *ctx), void *ctx, struct error *err)
{
	struct sweep w = { .list = list, .max = watch_store_n(s) };

	if (s->marks)
		s->marks->each(s->keeper, look, &w);
	else
		look_at_table(s, &w);
	for (size_t i = 0; !w.failed && i < w.missing.n; i++)
		end_one(s, &w.missing.at[i], fn, ctx);
	VEC_DONE(&w.missing);
	return w.failed ? error_nomem(err) : ERR_OK;
}
