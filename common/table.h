#pragma once
/* Hash table of the caller's items, which hold their own keys: 12 bytes a slot and nothing per item. For stores of hundreds of thousands; where keys
 * are texts and the number is small, map.h is simpler. */
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

struct table {
	void **items; /* NULL: free slot */
	uint32_t *hashes;
	size_t n, size; /* used and allocated slots; size is a power of two or 0 */
	size_t max;
	uint64_t seed;
};

typedef bool (*table_eq_fn)(const void *item, const void *key);

/* At most max items; the hashes are seeded by the kernel, so that remote names cannot force collisions. */
void table_init(struct table *t, size_t max);
/* Frees the slots, and the items with free_item when it is not NULL. */
void table_done(struct table *t, void (*free_item)(void *item));
/* Of two texts, such as namespace and name; ("a", "bc") differs from ("ab", "c"). */
uint32_t table_hash(const struct table *t, struct sv first, struct sv second);
/* The item whose key eq finds equal, or NULL. */
void *table_find(const struct table *t, uint32_t hash, table_eq_fn eq, const void *key);
/* Adds an item whose key is not in. errors: LIMIT, NOMEM; nothing changed. */
MUST_USE enum error_kind table_add(struct table *t, uint32_t hash, void *item, struct error *err);
/* Puts another item of the same key into the old one's place, which is in. */
void table_replace(struct table *t, uint32_t hash, const void *old, void *item);
/* Removes the item with the key and returns it, or NULL. Not inside TABLE_FOREACH. */
void *table_take(struct table *t, uint32_t hash, table_eq_fn eq, const void *key);

/* Items in no particular order. */
#define TABLE_FOREACH(slot, t)                                                                     \
	for (void **slot = (t)->items; slot && slot < (t)->items + (t)->size; slot++)              \
		if (*slot)
