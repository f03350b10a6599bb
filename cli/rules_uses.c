/* Autoscalers -> the metrics that they ask the adapter for. */
#include "cli/rules_uses.h"

#include "cli/printable.h"
#include "controller/hpa_decode.h"

static enum error_kind print_target(
	struct arena *a, const struct hpa_target *t, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1000);
	if (t->average_value.set)
		quantity_print(&out, &t->average_value.value);
	else if (t->value.set)
		quantity_print(&out, &t->value.value);
	else if (t->average_utilization.set)
		buf_printf(&out, "%d%%", t->average_utilization.value);
	*ret = arena_sv(a, buf_sv(&out));
	return ret->ptr ? buf_check(&out, "a target", err) : arena_error(a, err);
}

enum error_kind rules_uses_add(struct arena *a, const struct hpa *hpa, struct rules_uses *into,
	size_t *size, struct error *err)
{
	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		const struct hpa_metric *m = &hpa->spec.metrics[i];
		const struct hpa_source *s = hpa_metric_source(m);
		bool ours = m->kind == HPA_METRIC_PODS || m->kind == HPA_METRIC_OBJECT ||
			    m->kind == HPA_METRIC_EXTERNAL;
		if (!s || !ours)
			continue;
		if (into->n == *size) {
			*size = *size ? 2 * *size : 64;
			struct rules_use *grown = ARENA_ARRAY(a, *size, struct rules_use);
			if (!grown)
				return arena_error(a, err);
			if (into->n > 0)
				memcpy(grown, into->at, into->n * sizeof(*grown));
			into->at = grown;
		}
		struct rules_use *use = &into->at[into->n++];
		*use = (struct rules_use){ .kind = m->kind,
			.ns = hpa->meta.ns,
			.hpa = hpa->meta.name,
			.metric = s->metric,
			.described_kind = s->described.kind,
			.described_name = s->described.name,
			.selector = s->selector };
		if (print_target(a, &s->target, &use->target, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

enum error_kind rules_uses_read(
	struct live *l, struct arena *a, const char *ns, struct rules_uses *ret, struct error *err)
{
	const struct live_which which = { .ns = ns };
	struct live_object *objects;
	size_t n, size = 0;

	*ret = (struct rules_uses){ 0 };
	if (live_list(l, a, &which, &objects, &n, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < n; i++) {
		struct hpa *hpa = ARENA_NEW(a, struct hpa);
		if (!hpa)
			return arena_error(a, err);
		enum error_kind kind =
			hpa_decode_stored(a, objects[i].kind, objects[i].json, hpa, err);
		if (kind == ERR_INVALID)
			continue;
		if (kind != ERR_OK || rules_uses_add(a, hpa, ret, &size, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static bool is_use(
	const struct rules_use *u, struct sv ns, struct sv metric, struct sv kind, struct sv name)
{
	if (!sv_eq(u->metric, metric) || (ns.len > 0 && !sv_eq(u->ns, ns)))
		return false;
	switch ((int)u->kind) {
	case HPA_METRIC_PODS:
		return sv_is(kind, "Pod");
	case HPA_METRIC_OBJECT:
		return sv_eq(u->described_kind, kind) && sv_eq(u->described_name, name);
	default:
		return kind.len == 0;
	}
}

void rules_uses_print(struct buf *out, const struct rules_uses *uses, struct sv ns,
	struct sv metric, struct sv kind, struct sv name)
{
	size_t n = 0;

	for (size_t i = 0; i < uses->n; i++) {
		const struct rules_use *u = &uses->at[i];
		if (!is_use(u, ns, metric, kind, name) || n++ > 0)
			continue;
		buf_put_str(out, "  used by hpa/");
		printable_put(out, u->hpa);
		buf_put_str(out, ", target ");
		printable_put(out, u->target);
	}
	if (n > 1)
		buf_printf(out, " and %zu more", n - 1);
}
