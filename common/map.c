/* Open addressing with linear probing and backward-shift deletion; load at most 3/4. SipHash would be overkill for our
 * sizes: a seeded 64-bit multiply-mix over 8-byte words is enough to keep remote names from choosing their slots. */
#include "common/map.h"

#include <string.h>

#include "common/seed.h"

#define FIRST_SIZE 16

void map_init(struct map *m, size_t max)
{
	*m = (struct map){ .max = max, .seed = seed_of(m) };
}

void map_done(struct map *m, void (*free_value)(void *))
{
	MAP_FOREACH (e, m) {
		if (free_value)
			free_value(e->value);
		mem_free(e->key);
	}
	mem_free(m->slots);
	m->slots = NULL;
	m->n = m->size = 0;
}

static uint64_t hash_of(const struct map *m, struct sv key)
{
	uint64_t h = m->seed ^ 0x9e3779b97f4a7c15U;
	size_t at = 0;

	for (; key.len - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, key.ptr + at, 8);
		h = seed_mix(h ^ word, 0xd6e8feb86659fd93U ^ m->seed);
	}
	uint64_t tail = (uint64_t)key.len << 56;
	if (key.len > at)
		memcpy(&tail, key.ptr + at, key.len - at);
	return seed_mix(h ^ tail ^ ((uint64_t)key.len << 48), 0xa0761d6478bd642fU ^ m->seed);
}

static struct map_entry *find(const struct map *m, struct sv key, uint64_t hash)
{
	if (m->size == 0)
		return NULL;
	size_t mask = m->size - 1;
	for (size_t at = hash & mask;; at = (at + 1) & mask) {
		struct map_entry *e = &m->slots[at];
		if (!e->key)
			return e;
		if (e->hash == hash && sv_eq(map_key(e), key))
			return e;
	}
}

struct sv map_key(const struct map_entry *e)
{
	return sv_from(e->key, e->key_len);
}

void *map_get(const struct map *m, struct sv key)
{
	struct map_entry *e = find(m, key, hash_of(m, key));
	return e && e->key ? e->value : NULL;
}

bool map_has(const struct map *m, struct sv key)
{
	struct map_entry *e = find(m, key, hash_of(m, key));
	return e && e->key;
}

static bool grow(struct map *m)
{
	struct map old = *m;
	size_t size = old.size ? old.size * 2 : FIRST_SIZE;

	struct map_entry *slots = mem_calloc(size, sizeof(*slots));
	if (!slots)
		return false;
	m->slots = slots;
	m->size = size;
	MAP_FOREACH (e, &old) {
		*find(m, map_key(e), e->hash) = *e;
	}
	mem_free(old.slots);
	return true;
}

enum error_kind map_set(
	struct map *m, struct sv key, void *value, void **ret_old, struct error *err)
{
	uint64_t hash = hash_of(m, key);
	struct map_entry *e = find(m, key, hash);

	if (e && e->key) {
		if (ret_old)
			*ret_old = e->value;
		e->value = value;
		return ERR_OK;
	}
	if (m->n >= m->max)
		return error_set(err, ERR_LIMIT, "more than %zu entries", m->max);
	if (m->n + 1 > m->size / 4 * 3) {
		if (!grow(m))
			return error_nomem(err);
		e = find(m, key, hash);
	}
	char *copy = mem_memdup(key.ptr, key.len);
	if (!copy)
		return error_nomem(err);
	*e = (struct map_entry){ .key = copy, .key_len = key.len, .hash = hash, .value = value };
	m->n++;
	if (ret_old)
		*ret_old = NULL;
	return ERR_OK;
}

void *map_take(struct map *m, struct sv key)
{
	struct map_entry *e = find(m, key, hash_of(m, key));

	if (!e || !e->key)
		return NULL;
	void *value = e->value;
	mem_free(e->key);
	m->n--;
	size_t mask = m->size - 1;
	size_t hole = (size_t)(e - m->slots);
	for (size_t at = (hole + 1) & mask; m->slots[at].key; at = (at + 1) & mask) {
		size_t home = m->slots[at].hash & mask;
		/* An entry may move back into the hole unless its home lies behind the hole. */
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			m->slots[hole] = m->slots[at];
			hole = at;
		}
	}
	m->slots[hole].key = NULL;
	return value;
}
