/* Answers of metrics APIs. One scan over the text, no tree: a list of 150,000 pods costs its
 * samples and nothing else. Quantities are read from the raw inside of their JSON strings, escapes
 * included, because the reference does. An answer is taken or refused whole: one quantity that does
 * not parse makes it useless, as zero would be a guess. */
#include "controller/readings.h"

#include <stdlib.h>

#include "common/jscan.h"
#include "controller/pods.h"
#include "controller/readings_list.h"
#include "kube/quantity.h"

static const char *api_name(enum hpa_metric_kind kind)
{
	switch (kind) {
	case HPA_METRIC_RESOURCE:
	case HPA_METRIC_CONTAINER_RESOURCE:
		return "resource";
	case HPA_METRIC_EXTERNAL:
		return "external";
	case HPA_METRIC_PROMETHEUS:
		return "Prometheus";
	case HPA_METRIC_OBJECT:
	case HPA_METRIC_PODS:
	case HPA_METRIC_UNKNOWN:
		break;
	}
	return "custom";
}

static enum error_kind tagged(struct arena *a, enum reading_kind kind, struct sv why,
	struct reading *ret, struct error *err)
{
	if (!why.ptr)
		return arena_error(a, err);
	*ret = (struct reading){ .kind = kind, .why = why };
	return ERR_OK;
}

enum error_kind readings_fail(struct arena *a, enum hpa_metric_kind kind, struct sv error,
	struct reading *ret, struct error *err)
{
	struct sv why = sv_of(arena_printf(a, "unable to fetch metrics from %s metrics API: %.*s",
		api_name(kind), SV_ARG(error)));
	return tagged(a, READING_FAILED, why, ret, err);
}

/* JSON, or nothing said: other media types have no decoder here. */
static bool is_json(struct sv content_type)
{
	struct sv rest;
	bool found;
	struct sv media = sv_trim(sv_cut(content_type, ';', &rest, &found));
	return media.len == 0 || sv_eq_nocase(media, SV("application/json"));
}

static int by_name_then_order(const void *left, const void *right)
{
	const struct reading_sample *const *a = left;
	const struct reading_sample *const *b = right;
	int order = sv_cmp((*a)->pod, (*b)->pod);
	if (order != 0)
		return order;
	return *a < *b ? -1 : 1;
}

/* Strictly ascending names: of duplicates the last in the answer stays. Answers are nearly always
 * in order already. */
static enum error_kind sort_samples(struct arena *a, struct readings_list *list, struct error *err)
{
	bool sorted = true;
	for (size_t i = 1; i < list->n_samples && sorted; i++)
		sorted = sv_cmp(list->samples[i - 1].pod, list->samples[i].pod) < 0;
	if (sorted)
		return ERR_OK;

	const struct reading_sample **order =
		ARENA_ARRAY(a, list->n_samples, const struct reading_sample *);
	struct reading_sample *samples = ARENA_ARRAY(a, list->n_samples, struct reading_sample);
	if (!order || !samples)
		return arena_error(a, err);
	for (size_t i = 0; i < list->n_samples; i++)
		order[i] = &list->samples[i];
	qsort(order, list->n_samples, sizeof(order[0]), by_name_then_order);

	size_t n = 0;
	for (size_t i = 0; i < list->n_samples; i++) {
		if (n > 0 && sv_eq(samples[n - 1].pod, order[i]->pod))
			n--;
		samples[n++] = *order[i];
	}
	list->samples = samples;
	list->n_samples = n;
	return ERR_OK;
}

static enum error_kind finish(struct arena *a, const struct readings_query *query,
	struct readings_list *list, struct reading *ret, struct error *err)
{
	if (list->n_items == 0 && query->kind != HPA_METRIC_OBJECT) {
		struct sv why = sv_of(arena_printf(
			a, "no metrics returned from %s metrics API", api_name(query->kind)));
		return tagged(a, READING_EMPTY, why, ret, err);
	}
	if (query->kind == HPA_METRIC_OBJECT && list->n_items != 1) {
		struct sv why = sv_of(arena_printf(a,
			"unable to fetch metrics from custom metrics API: the custom metrics API "
			"server returned %zu results when we "
			"asked for exactly one",
			list->n_items));
		return tagged(
			a, list->n_items == 0 ? READING_EMPTY : READING_FAILED, why, ret, err);
	}
	if (list->not_finite) {
		struct sv why = sv_of(arena_printf(a,
			"a value from the %s metrics API is too large to compute with",
			api_name(query->kind)));
		return tagged(a, READING_NOT_FINITE, why, ret, err);
	}
	if (sort_samples(a, list, err))
		return err->kind;
	*ret = (struct reading){
		.kind = READING_VALUE,
		.samples = list->samples,
		.n_samples = list->n_samples,
		.values = list->values,
		.n_values = list->n_values,
		.oldest = list->oldest,
		.newest = list->newest,
	};
	return ERR_OK;
}

enum error_kind readings_decode(struct arena *a, const struct readings_query *query,
	const struct readings_answer *answer, struct reading *ret, struct error *err)
{
	struct readings_list list;
	if (answer->failed)
		return readings_fail(a, query->kind, answer->error, ret, err);
	if (!is_json(answer->content_type)) {
		struct sv error = sv_of(arena_printf(
			a, "serializer for %.*s doesn't exist", SV_ARG(answer->content_type)));
		return error.ptr ? readings_fail(a, query->kind, error, ret, err)
				 : arena_error(a, err);
	}
	switch (readings_list_decode(a, query, answer, false, &list, err)) {
	case ERR_OK:
		return finish(a, query, &list, ret, err);
	case ERR_NOMEM:
	case ERR_LIMIT:
		return err->kind;
	case ERR_INVALID:
	case ERR_NOTFOUND:
	case ERR_CONFLICT:
	case ERR_DENIED:
	case ERR_UNAVAIL:
	case ERR_BUG:
		break;
	}
	return readings_fail(a, query->kind, list.problem, ret, err);
}

static int by_text(const void *a, const void *b)
{
	return sv_cmp(*(const struct sv *)a, *(const struct sv *)b);
}

/* Moves a name behind the last one. */
static struct sv move_name(char **at, struct sv name)
{
	struct sv moved = sv_from(*at, name.len);

	if (name.len > 0)
		memcpy(*at, name.ptr, name.len);
	*at += name.len;
	return moved;
}

/* The same in one piece of the size that it takes: it is kept, and decoding takes three times as much. */
static enum error_kind keep_compact(struct arena *a, const struct readings_list *list,
	struct readings_all *ret, struct error *err)
{
	size_t n_bytes =
		list->n_samples * sizeof(struct reading_sample) + list->n_bare * sizeof(struct sv);

	for (size_t i = 0; i < list->n_samples; i++)
		n_bytes += list->samples[i].pod.len;
	for (size_t i = 0; i < list->n_bare; i++)
		n_bytes += list->bare[i].len;
	struct reading_sample *samples = arena_alloc_raw(a, n_bytes);
	if (!samples)
		return arena_error(a, err);
	struct sv *bare = (void *)(samples + list->n_samples);
	char *names = (void *)(bare + list->n_bare);
	for (size_t i = 0; i < list->n_samples; i++) {
		samples[i] = list->samples[i];
		samples[i].pod = move_name(&names, list->samples[i].pod);
	}
	for (size_t i = 0; i < list->n_bare; i++)
		bare[i] = move_name(&names, list->bare[i]);
	*ret = (struct readings_all){ samples, list->n_samples, bare, list->n_bare };
	return ERR_OK;
}

enum error_kind readings_decode_all(struct arena *a, const struct readings_query *query,
	const struct readings_answer *answer, struct readings_all *ret, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct readings_list list;

	arena_init(&scratch, a->max_bytes);
	if (answer->failed || !is_json(answer->content_type))
		return error_set(err, ERR_INVALID, "not a list in JSON");
	if (readings_list_decode(&scratch, query, answer, true, &list, err))
		return err->kind;
	if (list.not_finite)
		return error_set(err, ERR_INVALID, "a value is too large to compute with");
	if (sort_samples(&scratch, &list, err))
		return err->kind;
	if (list.n_bare > 0)
		qsort(list.bare, list.n_bare, sizeof(list.bare[0]), by_text);
	return keep_compact(a, &list, ret, err);
}

static int by_pod(const void *name, const void *sample)
{
	return sv_cmp(*(const struct sv *)name, ((const struct reading_sample *)sample)->pod);
}

enum error_kind readings_narrow(struct arena *a, const struct readings_all *all,
	const struct pod_set *pods, struct reading *ret, struct error *err)
{
	struct reading_sample *samples = ARENA_ARRAY(a, pods->n, struct reading_sample);
	size_t n = 0;
	bool named = false;

	if (!samples)
		return arena_error(a, err);
	for (size_t i = 0; i < pods->n; i++) {
		struct sv name = pods->at[i]->name;
		const struct reading_sample *found =
			all->n_samples == 0 ? NULL
					    : bsearch(&name, all->samples, all->n_samples,
						      sizeof(all->samples[0]), by_pod);
		if (found) {
			samples[n] = *found;
			samples[n].pod = arena_sv(a, name);
			if (!samples[n++].pod.ptr)
				return arena_error(a, err);
		}
		named = named || found ||
			(all->n_bare > 0 &&
				bsearch(&name, all->bare, all->n_bare, sizeof(name), by_text));
	}
	if (!named)
		return error_set(err, ERR_NOTFOUND, "none of the pods is named");
	*ret = (struct reading){ .kind = READING_VALUE,
		.samples = samples,
		.n_samples = n,
		.oldest = WALL_ZERO,
		.newest = WALL_ZERO };
	return ERR_OK;
}
