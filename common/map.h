#pragma once
/* Hash map from text to pointer, seeded so that remote names cannot force collisions. Keys are copied; values are the caller's. */
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

struct map_entry {
	char *key; /* NULL: free slot */
	size_t key_len;
	uint64_t hash;
	void *value;
};

struct map {
	struct map_entry *slots;
	size_t n, size; /* used and allocated slots; size is a power of two or 0 */
	size_t max;
	uint64_t seed;
};

/* At most max entries. The seed comes from the kernel; without it from the address space layout. */
void map_init(struct map *m, size_t max);
/* Frees keys and table; values with free_value when it is not NULL. */
void map_done(struct map *m, void (*free_value)(void *));

/* The value, or NULL. */
void *map_get(const struct map *m, struct sv key);
bool map_has(const struct map *m, struct sv key);
/* Sets the value; *ret_old (may be NULL) gets the one it replaced, or NULL. ERR_LIMIT, ERR_NOMEM: nothing changed. */
MUST_USE enum error_kind map_set(
	struct map *m, struct sv key, void *value, void **ret_old, struct error *err);
/* Removes the key and returns its value, or NULL. Not inside MAP_FOREACH. */
void *map_take(struct map *m, struct sv key);
struct sv map_key(const struct map_entry *e);

/* Entries in no particular order. */
#define MAP_FOREACH(e, m)                                                                          \
	for (struct map_entry *e = (m)->slots; e && e < (m)->slots + (m)->size; e++)               \
		if (e->key)
