/* Recommendations and scale events of one object. Lists are unordered, as in the reference; which
 * slot is reused is part of the behaviour, because an entry that was kept counts again when a
 * window grows. */
#include "controller/history.h"

#include "common/vec.h"

/* One entry a second for the longest window (3600 s) and a little. Such a list only fills when the
 * sync period is far below what is supported; then the oldest entry, which is the first to leave
 * every window, makes room. */
#define HISTORY_MAX_ENTRIES 4096u
/* The list fills once, to a window over the period (21 by default), and then stays. Growing in small steps would leave holes of every size behind. */
#define GROW_ENTRIES 24u

void history_done(struct history *h)
{
	if (!h)
		return;
	VEC_DONE(&h->recommendations);
	VEC_DONE(&h->up);
	VEC_DONE(&h->down);
	metric_memory_done(&h->metrics);
	*h = (struct history){ .started = false };
}

void history_clear(struct history *h)
{
	h->started = h->gap = h->unsettled = h->lost.open = h->asleep = false;
	h->hold_until = (struct mono){ 0 };
	h->recommendations.n = h->up.n = h->down.n = h->metrics.n = 0;
}

/* The first n entries of a list, as many as a list may have. */
static bool copy_list(void **ret_at, size_t *n, size_t item_bytes, const void *from)
{
	*n = *n < HISTORY_MAX_ENTRIES ? *n : HISTORY_MAX_ENTRIES;
	if (*n == 0)
		return true;
	*ret_at = mem_calloc(*n, item_bytes);
	if (*ret_at)
		memcpy(*ret_at, from, *n * item_bytes);
	return *ret_at != NULL;
}

static bool copy_events(struct history_events *to, const struct history_events *from)
{
	void *at = NULL;
	size_t n = from->n;
	bool ok = copy_list(&at, &n, sizeof(from->at[0]), from->at);

	*to = (struct history_events){ at, ok ? n : 0, ok ? n : 0 };
	return ok;
}

enum error_kind history_copy(struct history *to, const struct history *from, struct error *err)
{
	void *at = NULL;
	size_t n = from->recommendations.n;

	history_done(to);
	bool ok = copy_list(&at, &n, sizeof(from->recommendations.at[0]), from->recommendations.at);
	to->recommendations.at = at;
	to->recommendations.n = to->recommendations.size = ok ? n : 0;
	if (ok && copy_events(&to->up, &from->up) && copy_events(&to->down, &from->down) &&
		metric_memory_copy(&to->metrics, &from->metrics, err) == ERR_OK) {
		to->started = from->started;
		to->gap = from->gap;
		to->hold_until = from->hold_until;
		to->unsettled = from->unsettled;
		to->lost = from->lost;
		to->asleep = from->asleep;
		return ERR_OK;
	}
	history_done(to);
	return error_nomem(err);
}

static size_t oldest_recommendation(const struct history *h)
{
	size_t oldest = 0;
	for (size_t i = 1; i < h->recommendations.n; i++)
		if (h->recommendations.at[i].at.ns < h->recommendations.at[oldest].at.ns)
			oldest = i;
	return oldest;
}

/* The place behind the last one; NULL: no memory. */
static struct history_recommendation *append(struct history *h)
{
	size_t n = h->recommendations.n, size = h->recommendations.size;

	if (n == size) {
		size += GROW_ENTRIES + size / 8;
		void *at =
			mem_realloc(h->recommendations.at, size * sizeof(*h->recommendations.at));
		if (!at)
			return NULL;
		h->recommendations.at = at;
		h->recommendations.size = size;
	}
	h->recommendations.n = n + 1;
	return &h->recommendations.at[n];
}

enum error_kind history_recommend(
	struct history *h, size_t slot, int32_t replicas, struct mono now, struct error *err)
{
	struct history_recommendation *entry;
	if (slot < h->recommendations.n)
		entry = &h->recommendations.at[slot];
	else if (h->recommendations.n >= HISTORY_MAX_ENTRIES)
		entry = &h->recommendations.at[oldest_recommendation(h)];
	else
		entry = append(h);
	if (!entry)
		return error_nomem(err);
	*entry = (struct history_recommendation){ now, replicas };
	return ERR_OK;
}

enum error_kind history_start(
	struct history *h, int32_t replicas, struct mono now, struct error *err)
{
	if (h->started)
		return ERR_OK;
	h->recommendations.n = 0;
	enum error_kind kind = history_recommend(h, HISTORY_APPEND, replicas, now, err);
	h->started = kind == ERR_OK;
	return kind;
}

static size_t oldest_event(const struct history_events *events)
{
	size_t oldest = 0;
	for (size_t i = 1; i < events->n; i++)
		if (events->at[i].at.ns < events->at[oldest].at.ns)
			oldest = i;
	return oldest;
}

enum error_kind history_add_event(struct history_events *events, int32_t change,
	int32_t longest_sec, struct mono now, struct error *err)
{
	int64_t cutoff_ns = now.ns - (int64_t)longest_sec * NS_PER_SEC;
	struct history_event *entry = NULL;
	for (size_t i = 0; i < events->n; i++) {
		if (events->at[i].at.ns < cutoff_ns)
			events->at[i].outdated = true;
		if (events->at[i].outdated)
			entry = &events->at[i];
	}
	if (!entry && events->n >= HISTORY_MAX_ENTRIES)
		entry = &events->at[oldest_event(events)];
	if (!entry)
		entry = VEC_PUSH(events, HISTORY_MAX_ENTRIES);
	if (!entry)
		return error_nomem(err);
	*entry = (struct history_event){ .at = now, .change = change };
	return ERR_OK;
}

int64_t history_sum(const struct history_events *events, int32_t period_sec, struct mono now)
{
	int64_t cutoff_ns = now.ns - (int64_t)period_sec * NS_PER_SEC;
	int64_t sum = 0;
	for (size_t i = 0; i < events->n; i++)
		if (events->at[i].at.ns > cutoff_ns)
			sum += events->at[i].change;
	return sum;
}

int64_t history_sum_certain(
	const struct history_events *events, int32_t period_sec, struct mono now)
{
	int64_t cutoff_ns = now.ns - (int64_t)period_sec * NS_PER_SEC;
	int64_t sum = 0;
	for (size_t i = 0; i < events->n; i++)
		if (events->at[i].at.ns - events->at[i].earlier_ms * NS_PER_MS > cutoff_ns)
			sum += events->at[i].change;
	return sum;
}
