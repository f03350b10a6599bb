/* A flat array of series: the sandbox simulates tens of pods with a few metrics each, so a linear search by labels is enough. */
#include "sandbox/time_series.h"

#include <stdlib.h>

#include "common/vec.h"

#define MAX_SERIES 20000
/* At two scrapes a second this is ten minutes, more than any window a demo uses. */
#define RING_SIZE 1200

struct time_series_store {
	VEC(struct time_series) all;
};

struct time_series_store *time_series_store_new(void)
{
	return mem_zalloc(sizeof(struct time_series_store));
}

static void series_done(struct time_series *s)
{
	for (size_t i = 0; i < s->n_labels; i++) {
		mem_free(s->labels[i].name);
		mem_free(s->labels[i].value);
	}
	mem_free(s->ring);
}

void time_series_store_free(struct time_series_store *s)
{
	if (!s)
		return;
	VEC_FOREACH (one, &s->all)
		series_done(one);
	VEC_DONE(&s->all);
	mem_free(s);
}

const char *time_series_label(const struct time_series *s, const char *name)
{
	for (size_t i = 0; i < s->n_labels; i++) {
		if (strcmp(s->labels[i].name, name) == 0)
			return s->labels[i].value;
	}
	return "";
}

static struct time_series *find(
	struct time_series_store *s, const char *const *pairs, size_t n_labels)
{
	VEC_FOREACH (one, &s->all) {
		bool same = one->n_labels == n_labels && !one->stale;
		for (size_t i = 0; i < n_labels && same; i++)
			same = strcmp(time_series_label(one, pairs[2 * i]), pairs[2 * i + 1]) == 0;
		if (same)
			return one;
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct time_series_label *)a)->name,
		((const struct time_series_label *)b)->name);
}

static struct time_series *add(
	struct time_series_store *s, const char *const *pairs, size_t n_labels)
{
	struct time_series *one = VEC_PUSH(&s->all, MAX_SERIES);

	if (!one)
		return NULL;
	one->ring = mem_calloc(RING_SIZE, sizeof(*one->ring));
	bool ok = one->ring;
	for (size_t i = 0; i < n_labels && ok; i++) {
		one->labels[i].name = mem_strdup(pairs[2 * i]);
		one->labels[i].value = mem_strdup(pairs[2 * i + 1]);
		one->n_labels++;
		ok = one->labels[i].name && one->labels[i].value;
	}
	if (!ok) {
		series_done(one);
		s->all.n--;
		return NULL;
	}
	qsort(one->labels, n_labels, sizeof(one->labels[0]), by_name);
	return one;
}

enum error_kind time_series_append(struct time_series_store *s, const char *const *pairs,
	size_t n_labels, int64_t time_ms, double value, struct error *err)
{
	if (n_labels > TIME_SERIES_MAX_LABELS)
		return error_set(err, ERR_LIMIT, "more than %d labels", TIME_SERIES_MAX_LABELS);
	struct time_series *one = find(s, pairs, n_labels);
	if (!one)
		one = add(s, pairs, n_labels);
	if (!one)
		return error_nomem(err);
	if (one->n == RING_SIZE) {
		one->first = (one->first + 1) % RING_SIZE;
		one->n--;
	}
	one->ring[(one->first + one->n++) % RING_SIZE] =
		(struct time_series_sample){ time_ms, value };
	return ERR_OK;
}

void time_series_end(struct time_series_store *s, const char *name, const char *value)
{
	VEC_FOREACH (one, &s->all) {
		if (strcmp(time_series_label(one, name), value) == 0)
			one->stale = true;
	}
}

void time_series_forget_before(struct time_series_store *s, int64_t time_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->all.n; i++) {
		struct time_series *one = &s->all.at[i];
		if (one->stale && one->n > 0 &&
			time_series_sample_at(one, one->n - 1).time_ms < time_ms)
			series_done(one);
		else
			s->all.at[kept++] = *one;
	}
	s->all.n = kept;
}

size_t time_series_n(const struct time_series_store *s)
{
	return s->all.n;
}

const struct time_series *time_series_at(const struct time_series_store *s, size_t i)
{
	return &s->all.at[i];
}

struct time_series_sample time_series_sample_at(const struct time_series *s, size_t i)
{
	return s->ring[(s->first + i) % RING_SIZE];
}
