/* What outlives a controller. A recommendation still matters where no later one is as high (it holds a decrease) or, in a complete checkpoint,
 * where no later one is as low (it holds an increase): a staircase, never the whole list. Scale events matter as long as a policy can count
 * them, and then for the slots that they leave. Whatever happened behind an incomplete checkpoint is unknown: the history is restored with a gap, which decide.c answers by holding
 * decreases for as long as anything in the gap could have held them. */
#include "controller/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "common/fnv.h"
#include "common/jtree.h"
#include "common/mem.h"
#include "common/vec.h"

#define VERSION 1
/* The longest stabilisation window and the longest period that the API allows. */
#define LONGEST_WINDOW_NS (INT64_C(3600) * NS_PER_SEC)
#define LONGEST_PERIOD_NS (INT64_C(1800) * NS_PER_SEC)
/* As many entries as a history keeps of a list; more is nobody's checkpoint. */
#define MAX_STAMPS 4096u
/* Years 2000 to 2200 in milliseconds: beyond, nanoseconds leave 64 bits. */
#define MIN_STAMP_MS INT64_C(946684800000)
#define MAX_STAMP_MS INT64_C(7258118400000)

static uint64_t digest_i64(uint64_t digest, int64_t value)
{
	char bytes[sizeof(value)];

	memcpy(bytes, &value, sizeof(value));
	return fnv_bytes(digest, sv_from(bytes, sizeof(bytes)));
}

uint32_t checkpoint_shard_of(struct sv uid, uint32_t n_shards)
{
	uint64_t digest = fnv_bytes(FNV_START, uid);

	/* The last bytes have hardly reached the upper half yet. */
	digest = (digest ^ (digest >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)((digest >> 33) % n_shards);
}

static int64_t ceil_ms(int64_t ns)
{
	return ns / NS_PER_MS + (ns % NS_PER_MS > 0);
}

void checkpoint_begin(struct checkpoint_writer *w, struct buf *out,
	const struct checkpoint_now *now, bool complete)
{
	*w = (struct checkpoint_writer){
		.now = *now, .complete = complete, .digest = FNV_START + complete
	};
	jw_init(&w->w, out);
	jw_object(&w->w);
	jw_member_i64(&w->w, "version", VERSION);
	jw_member_bool(&w->w, "complete", complete);
	jw_member_i64(&w->w, "slackMs", ceil_ms(now->server.latest_ns - now->server.earliest_ns));
	jw_key(&w->w, "objects");
	jw_array(&w->w);
}

uint64_t checkpoint_end(struct checkpoint_writer *w)
{
	jw_array_end(&w->w);
	jw_object_end(&w->w);
	mem_free(w->stairs);
	w->stairs = NULL;
	return w->digest;
}

static int by_age(const void *a, const void *b)
{
	const struct history_recommendation *x = a, *y = b;

	if (x->at.ns != y->at.ns)
		return x->at.ns > y->at.ns ? -1 : 1;
	return x->replicas == y->replicas ? 0 : x->replicas > y->replicas ? -1 : 1;
}

static const struct history_recommendation *newest_of(const struct history *h)
{
	const struct history_recommendation *newest = h->recommendations.at;

	for (size_t i = 1; i < h->recommendations.n; i++)
		if (by_age(&h->recommendations.at[i], newest) < 0)
			newest = &h->recommendations.at[i];
	return newest;
}

/* Steps of the staircase into w->stairs, youngest first. */
static bool find_stairs(struct checkpoint_writer *w, const struct history *h, size_t *ret_n)
{
	const struct history_recommendation *newest = newest_of(h);
	int64_t cut_ns = w->now.mono.ns - LONGEST_WINDOW_NS;
	size_t n = 0, n_kept = 0;

	if (w->stairs_size < h->recommendations.n) {
		void *grown = mem_realloc(w->stairs, h->recommendations.n * sizeof(w->stairs[0]));
		if (!grown)
			return false;
		w->stairs = grown;
		w->stairs_size = h->recommendations.n;
	}
	for (size_t i = 0; i < h->recommendations.n; i++) {
		const struct history_recommendation *r = &h->recommendations.at[i];
		if (r->at.ns >= cut_ns && (w->complete || r->replicas > newest->replicas))
			w->stairs[n++] = *r;
	}
	if (n > 1)
		qsort(w->stairs, n, sizeof(w->stairs[0]), by_age);
	int32_t highest = INT32_MIN, lowest = INT32_MAX;
	for (size_t i = 0; i < n; i++) {
		int32_t replicas = w->stairs[i].replicas;
		if (replicas <= highest && !(w->complete && replicas < lowest))
			continue;
		highest = replicas > highest ? replicas : highest;
		lowest = replicas < lowest ? replicas : lowest;
		w->stairs[n_kept++] = w->stairs[i];
	}
	*ret_n = n_kept;
	return true;
}

/* The latest that a moment of our clock can be on the server's. */
static int64_t stamp_ms(const struct checkpoint_writer *w, struct mono at)
{
	return ceil_ms(w->now.server.latest_ns - (w->now.mono.ns - at.ns));
}

static void put_stamp(
	struct checkpoint_writer *w, struct mono at, int32_t value, uint16_t earlier_ms)
{
	jw_array(&w->w);
	jw_i64(&w->w, stamp_ms(w, at));
	jw_i64(&w->w, value);
	if (earlier_ms > 0)
		jw_i64(&w->w, earlier_ms);
	jw_array_end(&w->w);
	w->digest = digest_i64(digest_i64(w->digest, at.ns), value);
}

static bool is_alive(const struct checkpoint_writer *w, const struct history_event *e)
{
	return e->at.ns > w->now.mono.ns - LONGEST_PERIOD_NS;
}

static bool has_alive(const struct checkpoint_writer *w, const struct history_events *events)
{
	for (size_t i = 0; i < events->n; i++)
		if (is_alive(w, &events->at[i]))
			return true;
	return false;
}

/* All, where one is alive: which slot a later event takes is part of the behaviour. */
static void put_events(
	struct checkpoint_writer *w, const char *key, const struct history_events *events)
{
	w->digest = fnv_bytes(w->digest, sv_from(key, 1));
	if (!has_alive(w, events))
		return;
	jw_key(&w->w, key);
	jw_array(&w->w);
	for (size_t i = 0; i < events->n; i++)
		put_stamp(w, events->at[i].at, events->at[i].change, events->at[i].earlier_ms);
	jw_array_end(&w->w);
}

static bool matters(const struct metric_memory *m)
{
	return m->rows.set || m->failing;
}

static bool any_matters(const struct metric_memory_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (matters(&list->at[i]))
			return true;
	return false;
}

/* A reading that lost its rows must not become fit to lower replicas because the controller changed. */
static void put_metrics(struct checkpoint_writer *w, const struct metric_memory_list *list)
{
	if (!any_matters(list))
		return;
	jw_key(&w->w, "metrics");
	jw_array(&w->w);
	for (size_t i = 0; i < list->n; i++) {
		const struct metric_memory *m = &list->at[i];
		if (!matters(m))
			continue;
		jw_array(&w->w);
		jw_i64(&w->w, (int64_t)m->key);
		jw_i64(&w->w, m->rows.set ? m->rows.value : -1);
		if (m->failing)
			jw_i64(&w->w, stamp_ms(w, m->failing_since));
		jw_array_end(&w->w);
		w->digest = digest_i64(w->digest, (int64_t)m->key);
		w->digest = digest_i64(w->digest, m->rows.set ? m->rows.value : -1);
		w->digest = digest_i64(w->digest, m->failing ? m->failing_since.ns : 0);
	}
	jw_array_end(&w->w);
}

/* Of the history's own lists; a gap or a hold counts by itself. */
static bool has_content(const struct checkpoint_writer *w, const struct history *h, size_t n_stairs)
{
	return n_stairs > 0 || has_alive(w, &h->up) || has_alive(w, &h->down) ||
	       any_matters(&h->metrics);
}

enum error_kind checkpoint_put(struct checkpoint_writer *w, struct sv key, struct sv uid,
	const struct history *history, struct error *err)
{
	bool open = history->gap || (w->complete && history->unsettled);
	bool holds = history->hold_until.ns > w->now.mono.ns;
	size_t n = 0;

	if (history->recommendations.n > 0 && !find_stairs(w, history, &n))
		return error_nomem(err);
	if (!open && !holds && !history->asleep && !has_content(w, history, n))
		return ERR_OK;
	jw_object(&w->w);
	jw_member_sv(&w->w, "hpa", key);
	jw_member_sv(&w->w, "uid", uid);
	w->digest = fnv_bytes(w->digest, uid);
	if (open)
		jw_member_bool(&w->w, "open", true);
	if (holds)
		jw_member_i64(&w->w, "holdMs", stamp_ms(w, history->hold_until));
	if (history->asleep)
		jw_member_bool(&w->w, "asleep", true);
	w->digest = digest_i64(w->digest, history->asleep);
	w->digest = digest_i64(w->digest, open + (holds ? history->hold_until.ns : 0));
	if (n > 0) {
		jw_key(&w->w, "recommendations");
		jw_array(&w->w);
		for (size_t i = n; i > 0; i--)
			put_stamp(w, w->stairs[i - 1].at, w->stairs[i - 1].replicas, 0);
		jw_array_end(&w->w);
	}
	put_events(w, "up", &history->up);
	put_events(w, "down", &history->down);
	put_metrics(w, &history->metrics);
	jw_object_end(&w->w);
	return ERR_OK;
}

static enum error_kind refuse(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "not a checkpoint of this version: %s", what);
}

/* [time, value] or [time, value, earlier] */
static bool read_stamp(const struct jtree *t, int64_t min_value, struct checkpoint_stamp *ret)
{
	int64_t at_ms, value, earlier_ms = 0;

	if (t->kind != JTREE_ARRAY || t->n < 2 || t->n > 3 || !jtree_i64(t->first, &at_ms) ||
		!jtree_i64(t->first->next, &value) ||
		(t->n == 3 && !jtree_i64(t->first->next->next, &earlier_ms)))
		return false;
	*ret = (struct checkpoint_stamp){ at_ms, (int32_t)value, earlier_ms };
	return at_ms >= MIN_STAMP_MS && at_ms <= MAX_STAMP_MS && value >= min_value &&
	       value <= INT32_MAX && earlier_ms >= 0 && earlier_ms <= UINT16_MAX;
}

static enum error_kind read_stamps(struct arena *a, const struct jtree *t, int64_t min_value,
	struct checkpoint_stamp **ret, size_t *ret_n, struct error *err)
{
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_ARRAY || t->n > MAX_STAMPS)
		return refuse(err, "a list of stamps is none");
	struct checkpoint_stamp *all = ARENA_ARRAY(a, t->n, struct checkpoint_stamp);
	size_t n = 0;
	if (!all)
		return arena_error(a, err);
	JTREE_FOREACH (pair, t)
		if (!read_stamp(pair, min_value, &all[n++]))
			return refuse(err, "a stamp is no list of numbers in range");
	*ret = all;
	*ret_n = n;
	return ERR_OK;
}

/* [key, rows or -1] or [key, rows or -1, failing since] */
static bool read_metric(const struct jtree *t, struct checkpoint_metric *ret)
{
	int64_t key, rows, since_ms = 0;

	if (t->kind != JTREE_ARRAY || t->n < 2 || t->n > 3 || !jtree_i64(t->first, &key) ||
		!jtree_i64(t->first->next, &rows) || rows < -1 || rows > INT32_MAX)
		return false;
	if (t->n == 3 && (!jtree_i64(t->first->next->next, &since_ms) || since_ms < MIN_STAMP_MS ||
				 since_ms > MAX_STAMP_MS))
		return false;
	*ret = (struct checkpoint_metric){ .key = (uint64_t)key, .failing_since_ms = since_ms };
	if (rows >= 0)
		ret->rows = opt_i32_of((int32_t)rows);
	return true;
}

static enum error_kind read_metrics(
	struct arena *a, const struct jtree *t, struct checkpoint_record *ret, struct error *err)
{
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_ARRAY || t->n > MAX_STAMPS)
		return refuse(err, "the list of metrics is none");
	ret->metrics = ARENA_ARRAY(a, t->n, struct checkpoint_metric);
	if (!ret->metrics)
		return arena_error(a, err);
	JTREE_FOREACH (metric, t)
		if (!read_metric(metric, &ret->metrics[ret->n_metrics++]))
			return refuse(err, "a metric is no list of numbers in range");
	return ERR_OK;
}

static bool is_true(const struct jtree *t, const char *key)
{
	const struct jtree *member = jtree_get(t, key);

	return member && member->kind == JTREE_BOOL && member->truth;
}

static enum error_kind read_record(
	struct arena *a, const struct jtree *t, struct checkpoint_record *ret, struct error *err)
{
	const struct jtree *hold = jtree_get(t, "holdMs");
	struct checkpoint_record r = { .uid = jtree_text(jtree_get(t, "uid")) };

	if (r.uid.len == 0)
		return refuse(err, "an object has no uid");
	if (!jtree_is_absent(hold) && (!jtree_i64(hold, &r.hold_ms) || r.hold_ms < MIN_STAMP_MS ||
					      r.hold_ms > MAX_STAMP_MS))
		return refuse(err, "holdMs is no number in range");
	r.open = is_true(t, "open");
	r.asleep = is_true(t, "asleep");
	if (read_stamps(a, jtree_get(t, "recommendations"), 0, &r.recommendations,
		    &r.n_recommendations, err) != ERR_OK ||
		read_stamps(a, jtree_get(t, "up"), INT32_MIN, &r.up, &r.n_up, err) != ERR_OK ||
		read_stamps(a, jtree_get(t, "down"), INT32_MIN, &r.down, &r.n_down, err) !=
			ERR_OK ||
		read_metrics(a, jtree_get(t, "metrics"), &r, err) != ERR_OK)
		return err->kind;
	*ret = r;
	return ERR_OK;
}

static int by_uid(const void *a, const void *b)
{
	const struct checkpoint_record *x = a, *y = b;

	return sv_cmp(x->uid, y->uid);
}

const struct checkpoint_record *checkpoint_find(const struct checkpoint_shard *shard, struct sv uid)
{
	const struct checkpoint_record key = { .uid = uid };

	return shard->n_records > 0 ? bsearch(&key, shard->records, shard->n_records,
					      sizeof(shard->records[0]), by_uid)
				    : NULL;
}

enum error_kind checkpoint_read(
	struct arena *a, struct sv text, struct checkpoint_shard *ret, struct error *err)
{
	struct checkpoint_shard s = { .n_records = 0 };
	int64_t version;
	struct jtree *t;

	if (jtree_parse(a, text, &t, err) != ERR_OK)
		return err->kind;
	if (!jtree_i64(jtree_get(t, "version"), &version) || version != VERSION)
		return refuse(err, "version is another one");
	if (!jtree_i64(jtree_get(t, "slackMs"), &s.slack_ms) || s.slack_ms < 0 ||
		s.slack_ms > MAX_STAMP_MS)
		return refuse(err, "slackMs is missing or out of range");
	const struct jtree *objects = jtree_get(t, "objects");
	if (!objects || objects->kind != JTREE_ARRAY)
		return refuse(err, "it has no objects");
	s.records = ARENA_ARRAY(a, objects->n, struct checkpoint_record);
	if (!s.records)
		return arena_error(a, err);
	JTREE_FOREACH (object, objects)
		if (read_record(a, object, &s.records[s.n_records++], err) != ERR_OK)
			return err->kind;
	if (s.n_records > 1)
		qsort(s.records, s.n_records, sizeof(s.records[0]), by_uid);
	*ret = s;
	return ERR_OK;
}

/* The latest moment that a stamp can mean on our clock, never in the future, and how much earlier it may have been. */
static struct mono moment_of(const struct checkpoint_shard *shard,
	const struct checkpoint_stamp *stamp, const struct checkpoint_now *now,
	uint16_t *ret_earlier_ms)
{
	int64_t stamp_ns = stamp->at_ms * NS_PER_MS;
	int64_t latest_ns = now->mono.ns + (stamp_ns - now->server.earliest_ns);
	int64_t slack_ms = stamp->earlier_ms + shard->slack_ms +
			   ceil_ms(now->server.latest_ns - now->server.earliest_ns);

	if (latest_ns > now->mono.ns)
		latest_ns = now->mono.ns;
	*ret_earlier_ms = slack_ms > UINT16_MAX ? UINT16_MAX : (uint16_t)slack_ms;
	return (struct mono){ latest_ns };
}

/* Not beyond what a hold can be: a server whose clock was wrong for a while must not hold decreases for years. */
static struct mono hold_of(const struct checkpoint_record *r, const struct checkpoint_now *now)
{
	int64_t left_ns = r->hold_ms * NS_PER_MS - now->server.earliest_ns;

	return (struct mono){ now->mono.ns +
			      (left_ns < LONGEST_WINDOW_NS ? left_ns : LONGEST_WINDOW_NS) };
}

static enum error_kind restore_events(const struct checkpoint_shard *shard,
	const struct checkpoint_stamp *stamps, size_t n, const struct checkpoint_now *now,
	struct history_events *ret, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t earlier_ms;
		struct mono at = moment_of(shard, &stamps[i], now, &earlier_ms);
		if (history_add_event(ret, stamps[i].value, INT32_MAX, at, err) != ERR_OK)
			return err->kind;
		ret->at[ret->n - 1].earlier_ms = earlier_ms;
	}
	return ERR_OK;
}

static enum error_kind restore_metrics(const struct checkpoint_shard *shard,
	const struct checkpoint_record *r, const struct checkpoint_now *now,
	struct metric_memory_list *ret, struct error *err)
{
	for (size_t i = 0; i < r->n_metrics; i++) {
		const struct checkpoint_metric *from = &r->metrics[i];
		const struct checkpoint_stamp since = { .at_ms = from->failing_since_ms };
		struct metric_memory *m = VEC_PUSH(ret, MAX_STAMPS);
		uint16_t ignored;
		if (!m)
			return error_nomem(err);
		m->key = from->key;
		m->rows = from->rows;
		m->failing = from->failing_since_ms != 0;
		m->had_value = !m->failing;
		if (m->failing)
			m->failing_since = moment_of(shard, &since, now, &ignored);
	}
	return ERR_OK;
}

static enum error_kind restore_record(const struct checkpoint_shard *shard,
	const struct checkpoint_record *r, const struct checkpoint_now *now, struct history *ret,
	struct error *err)
{
	for (size_t i = 0; i < r->n_recommendations; i++) {
		uint16_t ignored;
		struct mono at = moment_of(shard, &r->recommendations[i], now, &ignored);
		if (history_recommend(ret, HISTORY_APPEND, r->recommendations[i].value, at, err) !=
			ERR_OK)
			return err->kind;
		ret->started = true;
	}
	if (restore_events(shard, r->up, r->n_up, now, &ret->up, err) != ERR_OK)
		return err->kind;
	if (r->hold_ms > 0)
		ret->hold_until = hold_of(r, now);
	if (restore_metrics(shard, r, now, &ret->metrics, err) != ERR_OK)
		return err->kind;
	return restore_events(shard, r->down, r->n_down, now, &ret->down, err);
}

enum error_kind checkpoint_restore(const struct checkpoint_shard *shard,
	const struct checkpoint_record *record, bool exact, const struct checkpoint_now *now,
	struct history *ret, struct error *err)
{
	history_clear(ret);
	ret->gap = !exact || !shard || (record && record->open);
	if (!shard)
		return ERR_OK;
	if (record && restore_record(shard, record, now, ret, err) != ERR_OK) {
		history_clear(ret);
		ret->gap = true;
		return err->kind;
	}
	/* Otherwise it may have been woken up, and put to sleep by somebody else, since. */
	ret->asleep = exact && record && record->asleep;
	return ERR_OK;
}
