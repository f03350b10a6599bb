/* Series listing of one rule -> metrics, and counts of what was left out and why. */
#include "cli/rules_series.h"

#include <stdlib.h>

#include "adapter/enforce.h"
#include "common/instant.h"

/* The adapter lists what had samples within --metrics-max-age, by default the relist interval of ten minutes. */
#define LOOK_BACK_MS (INT64_C(10) * 60 * 1000)
#define MAX_RESOURCES 16

static enum error_kind copy_labels(struct arena *a, const struct series_shape *shape,
	struct rules_series *ret, struct error *err)
{
	struct sv *labels = ARENA_ARRAY(a, shape->n_labels, struct sv);

	if (!labels)
		return arena_error(a, err);
	for (size_t i = 0; i < shape->n_labels; i++) {
		labels[i] = arena_sv(a, shape->labels[i]);
		if (!labels[i].ptr)
			return arena_error(a, err);
	}
	ret->labels = labels;
	ret->n_labels = shape->n_labels;
	return ERR_OK;
}

/* Pods go first, namespaces last. */
static void add_resource(struct mapper_name *list, size_t *n, struct mapper_name one)
{
	bool pods = one.group.len == 0 && sv_is(one.plural, "pods");
	size_t at = pods ? 0 : *n;

	for (size_t i = 0; i < *n; i++) {
		if (sv_eq(list[i].plural, one.plural) && sv_eq(list[i].group, one.group))
			return;
	}
	if (!pods && *n > 0 && rules_file_is_namespaces(list[*n - 1]))
		at = *n - 1;
	memmove(&list[at + 1], &list[at], (*n - at) * sizeof(*list));
	list[at] = one;
	(*n)++;
}

static bool is_only_job(const struct rules_file_rule *r, const struct rules_series_metric *m)
{
	return r->naming.mapping.template && m->n_resources == 1 &&
	       sv_is(m->resources[0].group, "batch") && sv_is(m->resources[0].plural, "jobs");
}

/* The resources that the labels of a shape name. */
static enum error_kind find_resources(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, const struct series_shape *shape,
	struct rules_series_metric *m, struct error *err)
{
	struct mapper_name *list = ARENA_ARRAY(a, MAX_RESOURCES, struct mapper_name);

	if (!list)
		return arena_error(a, err);
	for (size_t i = 0; i < shape->n_labels && m->n_resources < MAX_RESOURCES; i++) {
		struct mapper_name one;
		bool found;
		if (naming_resource(&r->naming.mapping, f->mapper, shape->labels[i], &found, &one,
			    err) != ERR_OK)
			return err->kind;
		/* Whatever has no namespace is not served by a rule that enforces it. */
		if (found && r->rule->enforce_namespace && !enforce_is_possible(f->mapper, one))
			found = false;
		if (found)
			add_resource(list, &m->n_resources, one);
	}
	m->resources = list;
	m->only_job = is_only_job(r, m);
	return ERR_OK;
}

static enum error_kind take_shape(struct arena *a, const struct series_shape *shape,
	const struct rules_file *f, const struct rules_file_rule *r, struct rules_series *ret,
	struct error *err)
{
	struct rules_series_metric m = { .series = arena_sv(a, shape->name) };
	bool passes;

	if (!m.series.ptr)
		return arena_error(a, err);
	if (naming_passes(&r->naming, shape->name, &passes, err) != ERR_OK)
		return err->kind;
	if (!passes) {
		if (ret->n_refused++ == 0)
			ret->refused = m.series;
		return ERR_OK;
	}
	if (naming_metric(&r->naming, a, m.series, &m.name, err) != ERR_OK)
		return err->kind;
	if (m.name.len == 0) {
		ret->n_nameless++;
		return ERR_OK;
	}
	if (r->part == RULES_FILE_CUSTOM) {
		if (find_resources(a, f, r, shape, &m, err) != ERR_OK)
			return err->kind;
		if ((m.n_resources == 0 || m.only_job) && !ret->labels &&
			copy_labels(a, shape, ret, err) != ERR_OK)
			return err->kind;
		if (m.n_resources == 0) {
			ret->n_without_resource++;
			return ERR_OK;
		}
	}
	ret->metrics[ret->n_metrics++] = m;
	return ERR_OK;
}

static int compare(const void *a, const void *b)
{
	const struct rules_series_metric *x = a, *y = b;
	int names = sv_cmp(x->name, y->name);

	return names != 0 ? names : sv_cmp(x->series, y->series);
}

/* Shapes of one series with other labels make the same metric: the one with most resources stands for it. */
static void merge(struct rules_series *s)
{
	size_t n = 0;

	if (s->n_metrics > 1)
		qsort(s->metrics, s->n_metrics, sizeof(*s->metrics), compare);
	for (size_t i = 0; i < s->n_metrics; i++) {
		struct rules_series_metric *last = n > 0 ? &s->metrics[n - 1] : NULL;
		if (!last || compare(last, &s->metrics[i]) != 0)
			s->metrics[n++] = s->metrics[i];
		else if (s->metrics[i].n_resources > last->n_resources)
			*last = s->metrics[i];
	}
	s->n_metrics = n;
}

enum error_kind rules_series_sort(struct arena *a, const struct series *listing,
	const struct rules_file *f, const struct rules_file_rule *r, struct rules_series *ret,
	struct error *err)
{
	size_t n = series_n(listing);

	*ret = (struct rules_series){ .n_series = series_n_entries(listing), .n_shapes = n };
	ret->metrics = ARENA_ARRAY(a, n, struct rules_series_metric);
	if (!ret->metrics)
		return arena_error(a, err);
	for (size_t i = 0; i < n; i++) {
		if (take_shape(a, series_at(listing, i), f, r, ret, err) != ERR_OK)
			return err->kind;
	}
	merge(ret);
	return ERR_OK;
}

enum error_kind rules_series_find(struct prom_source *s, struct arena *a,
	const struct rules_file *f, const struct rules_file_rule *r, struct rules_series *ret,
	struct error *err)
{
	AUTO(series_free) struct series *listing = NULL;
	struct wall now = instant_wall_now();
	int64_t start_ms = now.sec * 1000 + now.nsec / (int32_t)NS_PER_MS - LOOK_BACK_MS;

	if (series_new(&listing, err) != ERR_OK ||
		prom_source_series(s, r->rule->series_query, start_ms, listing, err) != ERR_OK)
		return err->kind;
	return rules_series_sort(a, listing, f, r, ret, err);
}

struct sv rules_series_like(const struct sv *labels, size_t n, const char *singular)
{
	struct sv best = SV("");

	for (size_t i = 0; i < n; i++) {
		bool holds = sv_find_sv(labels[i], sv_of(singular)) < labels[i].len;
		bool name = sv_has_suffix(labels[i], sv_of(singular)) ||
			    sv_has_suffix(labels[i], SV("name"));
		if (holds && (best.len == 0 || (name && labels[i].len < best.len)))
			best = labels[i];
	}
	return best;
}
