/* Keys in work -> suspects after a crash -> rest, trial, release. What is stored is ordered so that a crash between any two stores leaves a valid table:
 * a key is written before its slot counts as used. Deliberately without clocks, files and locks. */
#include "common/work_table.h"

#include <stdatomic.h>
#include <stdio.h>

#include "common/fnv.h"

#define MAGIC "flywork1"
#define HASH_DIGITS 16u

/* The next process sees the stores in the order of this one; only the compiler could change it. */
static void keep_order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

void work_table_clear(struct work_table *t)
{
	memset(t, 0, sizeof(*t));
	t->slot_bytes = sizeof(t->slots[0]);
	t->n_slots = WORK_TABLE_SLOTS;
	keep_order();
	memcpy(t->magic, MAGIC, sizeof(t->magic));
}

bool work_table_is_valid(const struct work_table *t)
{
	if (memcmp(t->magic, MAGIC, sizeof(t->magic)) != 0 ||
		t->slot_bytes != sizeof(t->slots[0]) || t->n_slots != WORK_TABLE_SLOTS ||
		(t->running > WORK_TABLE_SLOTS && t->running != WORK_TABLE_OTHER))
		return false;
	for (size_t i = 0; i < WORK_TABLE_SLOTS; i++)
		if (t->slots[i].key_len > WORK_TABLE_KEY_MAX)
			return false;
	return true;
}

static void forget_old(struct work_slot *s, int64_t now_sec)
{
	int64_t end_sec = work_table_rest_ends_sec(s);
	if (end_sec < s->crashed_at_sec)
		end_sec = s->crashed_at_sec;
	if (now_sec - end_sec > WORK_TABLE_FORGET_SEC)
		s->n_crashes = 0;
}

void work_table_end(struct work_table *t)
{
	for (size_t i = 0; i < WORK_TABLE_SLOTS; i++) {
		struct work_slot *s = &t->slots[i];
		s->n_in_work = 0;
		if (s->n_crashes == 0)
			s->key_len = 0;
	}
	t->running = 0;
	keep_order();
	t->ended = 1;
}

/* Is there anything that an end would have cleared? */
static bool is_in_use(const struct work_table *t)
{
	for (size_t i = 0; i < WORK_TABLE_SLOTS; i++)
		if (t->slots[i].key_len > 0)
			return true;
	return t->n_crashes > 0 || t->running > 0;
}

static bool is_blamed(const struct work_table *t, uint32_t i, bool crashed)
{
	if (!crashed)
		return false;
	return t->running ? i + 1 == t->running : t->slots[i].n_in_work > 0;
}

void work_table_resume(struct work_table *t, int64_t now_sec)
{
	bool crashed = !t->ended && is_in_use(t);
	t->n_crashes += crashed;
	for (uint32_t i = 0; i < WORK_TABLE_SLOTS; i++) {
		struct work_slot *s = &t->slots[i];
		if (s->key_len == 0)
			continue;
		/* A clock that was set back must not make a rest longer. */
		if (s->crashed_at_sec > now_sec)
			s->crashed_at_sec = now_sec;
		forget_old(s, now_sec);
		if (is_blamed(t, i, crashed)) {
			s->crashed_at_sec = now_sec;
			s->n_crashes += s->n_crashes < UINT32_MAX;
		}
		s->n_in_work = 0;
		if (s->n_crashes == 0)
			s->key_len = 0;
	}
	t->running = 0;
	t->ended = 0;
}

struct sv work_table_key(struct sv key, char room[WORK_TABLE_KEY_MAX])
{
	char digits[HASH_DIGITS + 2];
	size_t kept = WORK_TABLE_KEY_MAX - HASH_DIGITS - 1;
	if (key.len == 0)
		return SV("-");
	if (key.len <= WORK_TABLE_KEY_MAX)
		return key;
	(void)snprintf(
		digits, sizeof(digits), "#%016llx", (unsigned long long)fnv_bytes(FNV_START, key));
	memcpy(room, key.ptr, kept);
	memcpy(room + kept, digits, HASH_DIGITS + 1);
	return sv_from(room, WORK_TABLE_KEY_MAX);
}

struct sv work_table_slot_key(const struct work_slot *s)
{
	return sv_from(s->key, s->key_len);
}

int64_t work_table_rest_ends_sec(const struct work_slot *s)
{
	int64_t rest_sec = WORK_TABLE_REST_SEC;
	if (s->n_crashes < WORK_TABLE_CRASHES)
		return 0;
	for (uint32_t i = WORK_TABLE_CRASHES; i < s->n_crashes; i++) {
		rest_sec *= 2;
		if (rest_sec >= WORK_TABLE_REST_MAX_SEC)
			break;
	}
	if (rest_sec > WORK_TABLE_REST_MAX_SEC)
		rest_sec = WORK_TABLE_REST_MAX_SEC;
	return s->crashed_at_sec + rest_sec;
}

bool work_table_rests(const struct work_slot *s, int64_t now_sec)
{
	if (s->n_crashes < WORK_TABLE_CRASHES)
		return false;
	return s->n_in_work > 0 || now_sec < work_table_rest_ends_sec(s);
}

void work_table_enter(struct work_slot *s, struct sv kept_key, int64_t now_sec)
{
	if (s->key_len == 0) {
		s->n_crashes = 0;
		s->n_in_work = 0;
		memcpy(s->key, kept_key.ptr, kept_key.len);
		keep_order();
		s->key_len = (uint32_t)kept_key.len;
	}
	if (s->n_crashes < WORK_TABLE_CRASHES)
		forget_old(s, now_sec);
	keep_order();
	s->n_in_work++;
}

bool work_table_leave(struct work_slot *s)
{
	s->n_in_work--;
	if (s->n_in_work > 0)
		return false;
	if (s->n_crashes >= WORK_TABLE_CRASHES)
		s->n_crashes = 0;
	keep_order();
	if (s->n_crashes == 0)
		s->key_len = 0;
	return s->key_len == 0;
}
