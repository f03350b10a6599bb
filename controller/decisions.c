/* A map from object to its tapes, and one list of all tapes by age: the oldest of all go first. An object without tapes that nobody asked for lately has no
 * entry. Tapes are kept packed, each by what it has not in common with the first one: that takes a tenth of the room; they count, and are bounded, as the
 * texts that they are. */
#include "controller/decisions.h"

#include "common/buf.h"
#include "common/gzip.h"
#include "common/map.h"

/* Objects with tapes or questions: as many as there may be tapes of the smallest size. */
#define MAX_OBJECTS 200000
/* "1/namespace/name": a digit, two names of at most 253 bytes. */
#define MAX_KEY_BYTES 512

struct entry;

struct kept {
	struct kept *older, *newer; /* of all objects */
	struct entry *entry;
	size_t len; /* of the text */
	size_t packed_len;
	char packed[];
};

struct entry {
	struct kept *at[DECISIONS_PER_OBJECT]; /* oldest first */
	size_t n;
	struct mono asked_until; /* ns 0: never */
	char *key;
};

struct decisions {
	struct map entries;
	struct kept *oldest, *newest;
	size_t bytes, max_bytes;
	struct buf first;			 /* a tape, or its end */
	struct buf opened[DECISIONS_PER_OBJECT]; /* what the last question got */
};

struct decisions *decisions_new(int64_t max_bytes)
{
	struct decisions *d = mem_zalloc(sizeof(*d));

	if (!d)
		return NULL;
	map_init(&d->entries, MAX_OBJECTS);
	d->max_bytes = (size_t)max_bytes;
	return d;
}

/* What was handed out is no longer borrowed. */
static void close_opened(struct decisions *d)
{
	for (size_t i = 0; i < DECISIONS_PER_OBJECT; i++)
		buf_done(&d->opened[i]);
}

static void free_entry(void *value)
{
	struct entry *e = value;

	for (size_t i = 0; i < e->n; i++)
		mem_free(e->at[i]);
	mem_free(e->key);
	mem_free(e);
}

void decisions_free(struct decisions *d)
{
	if (!d)
		return;
	map_done(&d->entries, free_entry);
	close_opened(d);
	buf_done(&d->first);
	mem_free(d);
}

static void put_key(struct buf *out, const struct decisions_key *key)
{
	buf_init(out, MAX_KEY_BYTES);
	buf_printf(out, "%d/", (int)key->kind);
	buf_put_sv(out, key->ns);
	buf_put_char(out, '/');
	buf_put_sv(out, key->name);
}

static struct entry *find(const struct decisions *d, const struct decisions_key *key)
{
	AUTO(buf_done) struct buf text = { 0 };

	put_key(&text, key);
	return text.failed == ERR_OK ? map_get(&d->entries, buf_sv(&text)) : NULL;
}

static struct entry *find_or_add(
	struct decisions *d, const struct decisions_key *key, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct entry *e;

	put_key(&text, key);
	if (buf_check(&text, "the object's name", err) != ERR_OK)
		return NULL;
	e = map_get(&d->entries, buf_sv(&text));
	if (e)
		return e;
	e = mem_zalloc(sizeof(*e));
	if (!e || !(e->key = mem_memdup(text.data, text.len + 1)) ||
		map_set(&d->entries, buf_sv(&text), e, NULL, err) != ERR_OK) {
		if (!e || !e->key)
			(void)error_nomem(err);
		if (e)
			free_entry(e);
		return NULL;
	}
	return e;
}

/* Out of the list of all, and freed. */
static void drop_kept(struct decisions *d, struct kept *k)
{
	if (k->older)
		k->older->newer = k->newer;
	else
		d->oldest = k->newer;
	if (k->newer)
		k->newer->older = k->older;
	else
		d->newest = k->older;
	d->bytes -= k->len;
	mem_free(k);
}

static void drop_oldest_of(struct decisions *d, struct entry *e)
{
	drop_kept(d, e->at[0]);
	e->n--;
	memmove(e->at, e->at + 1, e->n * sizeof(e->at[0]));
}

static void drop_entry_if_idle(struct decisions *d, struct entry *e)
{
	if (e->n == 0 && e->asked_until.ns == 0)
		free_entry(map_take(&d->entries, sv_of(e->key)));
}

bool decisions_is_asked(const struct decisions *d, const struct decisions_key *key, struct mono now)
{
	const struct entry *e = find(d, key);

	return e && now.ns < e->asked_until.ns;
}

bool decisions_wants(const struct decisions *d, const struct decisions_key *key,
	const struct decisions_memory *m, uint64_t outcome, struct mono now)
{
	return m->outcome != outcome || decisions_is_asked(d, key, now);
}

/* Nothing is kept that was packed by another one. Without memory for it the tapes only take more. */
static void keep_first(struct decisions *d, struct sv tape)
{
	size_t len = tape.len < GZIP_LIKE_BYTES ? tape.len : GZIP_LIKE_BYTES;

	buf_done(&d->first);
	buf_init(&d->first, GZIP_LIKE_BYTES);
	buf_put_sv(&d->first, sv_skip(tape, tape.len - len));
	if (d->first.failed != ERR_OK)
		buf_clear(&d->first);
}

/* NULL: no memory. */
static struct kept *pack(const struct decisions *d, struct sv tape)
{
	AUTO(buf_done) struct buf packed = { 0 };
	struct error ignored;

	/* What does not shrink grows by a few bytes. */
	buf_init(&packed, tape.len + tape.len / 8 + 64);
	if (gzip_pack(&packed, tape, buf_sv(&d->first), &ignored) != ERR_OK)
		return NULL;
	struct kept *k = mem_alloc(sizeof(*k) + packed.len);
	if (!k)
		return NULL;
	k->len = tape.len;
	k->packed_len = packed.len;
	memcpy(k->packed, packed.data, packed.len);
	return k;
}

enum error_kind decisions_keep(struct decisions *d, const struct decisions_key *key,
	struct decisions_memory *m, uint64_t outcome, struct sv tape, struct error *err)
{
	if (tape.len > d->max_bytes)
		return error_set(err, ERR_LIMIT,
			"a tape of %zu bytes is longer than all may be together (%zu bytes)",
			tape.len, d->max_bytes);
	close_opened(d);
	if (!d->oldest)
		keep_first(d, tape);
	struct kept *k = pack(d, tape);
	if (!k)
		return error_nomem(err);
	struct entry *e = find_or_add(d, key, err);
	if (!e) {
		mem_free(k);
		return err->kind;
	}
	if (e->n == DECISIONS_PER_OBJECT)
		drop_oldest_of(d, e);
	while (d->bytes + tape.len > d->max_bytes) {
		struct entry *other = d->oldest->entry;
		drop_oldest_of(d, other);
		if (other != e)
			drop_entry_if_idle(d, other);
	}
	k->entry = e;
	k->older = d->newest;
	k->newer = NULL;
	if (d->newest)
		d->newest->newer = k;
	else
		d->oldest = k;
	d->newest = k;
	d->bytes += k->len;
	e->at[e->n++] = k;
	m->outcome = outcome;
	return ERR_OK;
}

/* Questions that are over leave no entry behind. */
static void drop_old_questions(struct decisions *d, struct mono now)
{
	struct entry *idle;

	do {
		idle = NULL;
		MAP_FOREACH (slot, &d->entries) {
			struct entry *e = slot->value;
			if (e->asked_until.ns != 0 && now.ns >= e->asked_until.ns) {
				e->asked_until.ns = 0;
				if (e->n == 0) {
					idle = e;
					break;
				}
			}
		}
		if (idle)
			drop_entry_if_idle(d, idle);
	} while (idle);
}

size_t decisions_ask(struct decisions *d, const struct decisions_key *key, struct mono now,
	struct sv ret[static DECISIONS_PER_OBJECT])
{
	struct error ignored;
	size_t n = 0;

	close_opened(d);
	drop_old_questions(d, now);
	struct entry *e = find_or_add(d, key, &ignored);
	if (!e)
		return 0;
	e->asked_until = (struct mono){ now.ns + DECISIONS_ASKED_NS };
	for (size_t i = 0; i < e->n; i++) {
		const struct kept *k = e->at[i];
		buf_init(&d->opened[n], k->len);
		if (gzip_unpack(&d->opened[n], sv_from(k->packed, k->packed_len), k->len,
			    buf_sv(&d->first), &ignored) == ERR_OK) {
			ret[n] = buf_sv(&d->opened[n]);
			n++;
		} else {
			buf_done(&d->opened[n]);
		}
	}
	return n;
}

void decisions_forget(struct decisions *d, const struct decisions_key *key)
{
	struct entry *e = find(d, key);

	if (!e)
		return;
	while (e->n > 0)
		drop_oldest_of(d, e);
	e->asked_until.ns = 0;
	drop_entry_if_idle(d, e);
}

size_t decisions_bytes(const struct decisions *d)
{
	return d->bytes;
}
