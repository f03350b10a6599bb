/* Per-metric memory. The list follows the spec: each pass replaces it by one entry a metric, and an
 * entry keeps its past as long as the metric's identity stays the same. */
#include "controller/metric_memory.h"

#include "common/fnv.h"
#include "common/mem.h"

static uint64_t identity(const struct hpa_metric *m)
{
	const struct hpa_source *s = hpa_metric_source(m);
	uint64_t hash = fnv_text(FNV_START, m->type);

	if (!s)
		return hash;
	hash = fnv_text(fnv_text(fnv_text(hash, s->metric), s->resource), s->container);
	hash = fnv_text(fnv_text(hash, s->described.kind), s->described.name);
	if (m->kind == HPA_METRIC_PROMETHEUS && m->prometheus)
		hash = fnv_text(fnv_text(hash, m->prometheus->query), m->prometheus->server);
	return hash;
}

uint64_t metric_memory_key(const struct hpa_spec *spec, size_t i)
{
	uint64_t key = identity(&spec->metrics[i]);
	uint64_t n_before = 0;

	for (size_t j = 0; j < i; j++)
		if (identity(&spec->metrics[j]) == key)
			n_before++;
	return key + n_before;
}

const struct metric_memory *metric_memory_find(const struct metric_memory_list *list, uint64_t key)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].key == key)
			return &list->at[i];
	return NULL;
}

static struct metric_memory remember(
	const struct metric_memory *before, const struct metric_sight *seen, struct mono now)
{
	struct metric_memory m = { .key = seen->key,
		.had_value = !seen->failed,
		.failing = seen->failed,
		.failing_since = now,
		.rows = seen->rows };

	if (!before)
		return m;
	if (seen->failed && before->failing)
		m.failing_since = before->failing_since;
	if (!seen->rows.set)
		m.rows = before->rows;
	return m;
}

enum error_kind metric_memory_update(struct metric_memory_list *list,
	const struct metric_sight *seen, size_t n, struct mono now, struct error *err)
{
	struct metric_memory *made = n > 0 ? mem_calloc(n, sizeof(*made)) : NULL;

	if (n > 0 && !made)
		return error_nomem(err);
	for (size_t i = 0; i < n; i++)
		made[i] = remember(metric_memory_find(list, seen[i].key), &seen[i], now);
	mem_free(list->at);
	*list = (struct metric_memory_list){ made, n, n };
	return ERR_OK;
}

enum error_kind metric_memory_copy(
	struct metric_memory_list *to, const struct metric_memory_list *from, struct error *err)
{
	metric_memory_done(to);
	if (from->n == 0)
		return ERR_OK;
	struct metric_memory *made = mem_calloc(from->n, sizeof(*made));
	if (!made)
		return error_nomem(err);
	memcpy(made, from->at, from->n * sizeof(*made));
	*to = (struct metric_memory_list){ made, from->n, from->n };
	return ERR_OK;
}

void metric_memory_done(struct metric_memory_list *list)
{
	mem_free(list->at);
	*list = (struct metric_memory_list){ 0 };
}
