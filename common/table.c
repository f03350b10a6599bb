/* Open addressing with linear probing and backward-shift deletion, as map.c; load at most 4/5, because the hashes stand side by side and a probe that
 * fails costs four bytes. */
#include "common/table.h"

#include <string.h>

#include "common/seed.h"

#define FIRST_SIZE 16

void table_init(struct table *t, size_t max)
{
	*t = (struct table){ .max = max, .seed = seed_of(t) };
}

void table_done(struct table *t, void (*free_item)(void *item))
{
	if (free_item) {
		TABLE_FOREACH(slot, t)
		free_item(*slot);
	}
	mem_free(t->items);
	mem_free(t->hashes);
	t->items = NULL;
	t->hashes = NULL;
	t->n = t->size = 0;
}

static uint64_t add_text(uint64_t h, uint64_t seed, struct sv text)
{
	size_t at = 0;

	for (; text.len - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, text.ptr + at, 8);
		h = seed_mix(h ^ word, 0xd6e8feb86659fd93U ^ seed);
	}
	uint64_t tail = 0;
	if (text.len > at)
		memcpy(&tail, text.ptr + at, text.len - at);
	h = seed_mix(h ^ tail, 0xa0761d6478bd642fU ^ seed);
	return seed_mix(h ^ (uint64_t)text.len, 0xe7037ed1a0b428dbU ^ seed);
}

uint32_t table_hash(const struct table *t, struct sv first, struct sv second)
{
	uint64_t h = add_text(t->seed ^ 0x9e3779b97f4a7c15U, t->seed, first);

	h = add_text(h, t->seed, second);
	return (uint32_t)(h ^ (h >> 32));
}

/* The slot of the item, or the free one where its row of probes ends. The table is not empty. */
static size_t find(const struct table *t, uint32_t hash, table_eq_fn eq, const void *key)
{
	size_t mask = t->size - 1;
	size_t at = hash & mask;

	while (t->items[at] && !(t->hashes[at] == hash && eq(t->items[at], key)))
		at = (at + 1) & mask;
	return at;
}

static bool never(const void *item, const void *key)
{
	(void)item;
	(void)key;
	return false;
}

void *table_find(const struct table *t, uint32_t hash, table_eq_fn eq, const void *key)
{
	return t->size == 0 ? NULL : t->items[find(t, hash, eq, key)];
}

static bool grow(struct table *t)
{
	struct table old = *t;
	size_t size = old.size ? old.size * 2 : FIRST_SIZE;
	void **items = mem_calloc(size, sizeof(*items));
	uint32_t *hashes = mem_calloc(size, sizeof(*hashes));

	if (!items || !hashes) {
		mem_free(items);
		mem_free(hashes);
		return false;
	}
	t->items = items;
	t->hashes = hashes;
	t->size = size;
	for (size_t i = 0; i < old.size; i++) {
		if (!old.items[i])
			continue;
		size_t at = find(t, old.hashes[i], never, NULL);
		t->items[at] = old.items[i];
		t->hashes[at] = old.hashes[i];
	}
	mem_free(old.items);
	mem_free(old.hashes);
	return true;
}

enum error_kind table_add(struct table *t, uint32_t hash, void *item, struct error *err)
{
	if (t->n >= t->max)
		return error_set(err, ERR_LIMIT, "more than %zu entries", t->max);
	if (t->n + 1 > t->size / 5 * 4 && !grow(t))
		return error_nomem(err);
	size_t at = find(t, hash, never, NULL);
	t->items[at] = item;
	t->hashes[at] = hash;
	t->n++;
	return ERR_OK;
}

static bool is_itself(const void *item, const void *key)
{
	return item == key;
}

void table_replace(struct table *t, uint32_t hash, const void *old, void *item)
{
	size_t at = find(t, hash, is_itself, old);

	if (t->items[at])
		t->items[at] = item;
}

void *table_take(struct table *t, uint32_t hash, table_eq_fn eq, const void *key)
{
	if (t->size == 0)
		return NULL;
	size_t mask = t->size - 1;
	size_t hole = find(t, hash, eq, key);
	void *item = t->items[hole];
	if (!item)
		return NULL;
	t->n--;
	for (size_t at = (hole + 1) & mask; t->items[at]; at = (at + 1) & mask) {
		size_t home = t->hashes[at] & mask;
		/* An item may move back into the hole unless its home lies behind the hole. */
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			t->items[hole] = t->items[at];
			t->hashes[hole] = t->hashes[at];
			hole = at;
		}
	}
	t->items[hole] = NULL;
	return item;
}
