#pragma once
/* Tables of objects by namespace and name; the items hold the texts. */
#include "common/table.h"

struct object_key {
	struct sv ns, name;
};

static inline bool object_key_eq(const struct object_key *a, const struct object_key *b)
{
	return sv_eq(a->name, b->name) && sv_eq(a->ns, b->ns);
}

static inline uint32_t object_key_hash(const struct table *t, const struct object_key *key)
{
	return table_hash(t, key->ns, key->name);
}

/* eq gets an item and the key. */
static inline void *object_key_find(
	const struct table *t, table_eq_fn eq, const struct object_key *key)
{
	return table_find(t, object_key_hash(t, key), eq, key);
}

static inline void *object_key_take(struct table *t, table_eq_fn eq, const struct object_key *key)
{
	return table_take(t, object_key_hash(t, key), eq, key);
}
