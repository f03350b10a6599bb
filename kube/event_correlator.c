/* Events are correlated in three steps, each with a cache of its own: merging by reason, counting by the whole text, and a token bucket by object and
 * type (client-go's EventCorrelator; its order, including that an event which the bucket holds back is counted all the same). Keys are
 * the texts themselves. Sends nothing, reads no clock. Pure. */
#include "kube/event_correlator.h"

#include "common/buf.h"
#include "common/fnv.h"
#include "common/map.h"

#define DEFAULT_ENTRIES 4096
/* From this many distinct messages on they are merged, */
#define MERGE_MESSAGES 10
/* unless the last one is older. */
#define MERGE_INTERVAL_NS (INT64_C(600) * NS_PER_SEC)
/* A bucket holds time: each event takes one refill interval out of it. */
#define BUCKET_EVENTS 25
#define BUCKET_REFILL_NS (INT64_C(300) * NS_PER_SEC)
#define BUCKET_FULL_NS (BUCKET_EVENTS * BUCKET_REFILL_NS)
/* A key is an event's whole text; the API server refuses messages far smaller than this. */
#define KEY_MAX_BYTES 65536

/* Head of every cached record. */
struct cached {
	struct cached *newer, *older;
	char *key; /* owned; the map has a copy of its own */
	size_t key_len;
};

/* Least recently used goes first. */
struct cache {
	struct map map;
	struct cached *newest, *oldest;
	size_t record_bytes;
	void (*done)(struct cached *record); /* frees what the record owns; may be NULL */
};

struct merge_record {
	struct cached head;
	uint64_t messages[MERGE_MESSAGES]; /* hashes of distinct ones, oldest first */
	size_t n_messages;
	struct wall last;
	bool used;
};

struct count_record {
	struct cached head;
	int32_t count; /* 0: new */
	struct wall first;
	char *name;
};

struct bucket_record {
	struct cached head;
	int64_t credit_ns;
	struct wall last;
	bool used;
};

struct event_correlator {
	struct cache merges, counts, buckets;
	struct buf key, name;
};

static void free_name(struct cached *record)
{
	mem_free(((struct count_record *)record)->name);
}

static void cache_init(
	struct cache *c, size_t max, size_t record_bytes, void (*done)(struct cached *record))
{
	*c = (struct cache){ .record_bytes = record_bytes, .done = done };
	map_init(&c->map, max);
}

static void cache_unlink(struct cache *c, struct cached *r)
{
	*(r->newer ? &r->newer->older : &c->newest) = r->older;
	*(r->older ? &r->older->newer : &c->oldest) = r->newer;
	r->newer = r->older = NULL;
}

static void cache_push(struct cache *c, struct cached *r)
{
	r->older = c->newest;
	if (c->newest)
		c->newest->newer = r;
	else
		c->oldest = r;
	c->newest = r;
}

static void cache_drop(struct cache *c, struct cached *r)
{
	cache_unlink(c, r);
	(void)map_take(&c->map, sv_from(r->key, r->key_len));
	if (c->done)
		c->done(r);
	mem_free(r->key);
	mem_free(r);
}

static void cache_done(struct cache *c)
{
	while (c->oldest)
		cache_drop(c, c->oldest);
	map_done(&c->map, NULL);
}

/* The record of the key, a zeroed one if it is new; NULL: no memory. */
static void *cache_get(struct cache *c, struct sv key)
{
	struct cached *r = map_get(&c->map, key);
	struct error err;

	if (r) {
		cache_unlink(c, r);
		cache_push(c, r);
		return r;
	}
	if (c->map.n >= c->map.max)
		cache_drop(c, c->oldest);
	r = mem_zalloc(c->record_bytes);
	if (!r)
		return NULL;
	r->key = mem_memdup(key.ptr, key.len);
	r->key_len = key.len;
	if (!r->key || map_set(&c->map, key, r, NULL, &err)) {
		mem_free(r->key);
		mem_free(r);
		return NULL;
	}
	cache_push(c, r);
	return r;
}

enum error_kind event_correlator_new(
	size_t max_entries, struct event_correlator **ret, struct error *err)
{
	struct event_correlator *c = mem_zalloc(sizeof(*c));

	if (!c)
		return error_nomem(err);
	if (max_entries == 0)
		max_entries = DEFAULT_ENTRIES;
	cache_init(&c->merges, max_entries, sizeof(struct merge_record), NULL);
	cache_init(&c->counts, max_entries, sizeof(struct count_record), free_name);
	cache_init(&c->buckets, max_entries, sizeof(struct bucket_record), NULL);
	buf_init(&c->key, KEY_MAX_BYTES);
	buf_init(&c->name, KEY_MAX_BYTES);
	*ret = c;
	return ERR_OK;
}

void event_correlator_free(struct event_correlator *c)
{
	if (!c)
		return;
	cache_done(&c->merges);
	cache_done(&c->counts);
	cache_done(&c->buckets);
	buf_done(&c->key);
	buf_done(&c->name);
	mem_free(c);
}

/* The object and the type, and what else is given; SV_NULL ends the list early. */
static struct sv key_of(
	struct event_correlator *c, const struct event *e, struct sv reason, struct sv message)
{
	const struct sv parts[] = { e->kind, e->namespace, e->name, e->uid, e->api_version, e->type,
		reason, message };

	buf_clear(&c->key);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		buf_put_sv(&c->key, parts[i]);
		buf_put_char(&c->key, '\0');
	}
	return buf_sv(&c->key);
}

/* FNV-1a; messages that collide are merged one too early or late, no more. */
static uint64_t hash_of(struct sv text)
{
	return fnv_bytes(FNV_START, text);
}

/* Notes the message; true: it is to be merged. */
static bool merge(struct merge_record *r, struct sv message, struct wall now)
{
	uint64_t hash = hash_of(message);
	bool known = false;

	if (!r->used || instant_wall_sub_ns(now, r->last) > MERGE_INTERVAL_NS)
		r->n_messages = 0;
	r->used = true;
	r->last = now;
	for (size_t i = 0; i < r->n_messages; i++)
		known = known || r->messages[i] == hash;
	if (!known)
		r->messages[r->n_messages++] = hash;
	if (r->n_messages < MERGE_MESSAGES)
		return false;
	/* Room for the next one; the reference drops any. */
	r->n_messages--;
	memmove(r->messages, r->messages + 1, r->n_messages * sizeof(r->messages[0]));
	return true;
}

/* Takes one event out of the bucket; false: it is empty. */
static bool take(struct bucket_record *r, struct wall now)
{
	if (!r->used) {
		r->credit_ns = BUCKET_FULL_NS;
	} else {
		int64_t passed = instant_wall_sub_ns(now, r->last);
		/* A clock that went back refills nothing. */
		if (passed > 0)
			r->credit_ns = passed > BUCKET_FULL_NS - r->credit_ns
					       ? BUCKET_FULL_NS
					       : r->credit_ns + passed;
	}
	r->used = true;
	r->last = now;
	if (r->credit_ns < BUCKET_REFILL_NS)
		return false;
	r->credit_ns -= BUCKET_REFILL_NS;
	return true;
}

static struct sv spell_name(struct event_correlator *c, const struct event *e, struct wall t)
{
	buf_clear(&c->name);
	buf_put_sv(&c->name, e->name);
	buf_printf(&c->name, ".%llx", (unsigned long long)(t.sec * NS_PER_SEC + t.nsec));
	return buf_sv(&c->name);
}

enum error_kind event_correlator_plan(struct event_correlator *c, const struct event *e,
	struct wall at, struct wall now, struct event_plan *ret, struct error *err)
{
	struct event_plan plan = { .action = EVENT_CREATE, .count = 1 };

	struct merge_record *merged = cache_get(&c->merges, key_of(c, e, e->reason, SV_NULL));
	if (!merged)
		return error_nomem(err);
	plan.combined = merge(merged, e->message, now);
	plan.first = plan.last = plan.combined ? now : at;
	struct count_record *counted = cache_get(&c->counts, key_of(c, e, e->reason,
								     plan.combined ? SV("\x01"
											"combined")
										   : e->message));
	if (!counted)
		return error_nomem(err);
	if (counted->count > 0 && counted->name) {
		plan.action = EVENT_PATCH;
		plan.count = counted->count < INT32_MAX ? counted->count + 1 : INT32_MAX;
		plan.first = counted->first;
	} else {
		struct sv name = spell_name(c, e, plan.first);
		counted->name = mem_memdup(name.ptr, name.len);
		if (!counted->name)
			return error_nomem(err);
	}
	counted->count = plan.count;
	counted->first = plan.first;
	plan.name = sv_of(counted->name);
	struct bucket_record *bucket = cache_get(&c->buckets, key_of(c, e, SV_NULL, SV_NULL));
	if (!bucket)
		return error_nomem(err);
	if (!take(bucket, now))
		plan.action = EVENT_DROP;
	*ret = plan;
	return ERR_OK;
}
