/* Our own kind's part of an autoscaler object <-> JSON. autoscaling/v2 and our members are one JSON
 * object, so both are read and written by one table (hpa_fields.h) over a struct that holds both;
 * afterwards the parts are separate again. What the members mean is decided elsewhere. */
#include "controller/own_kind.h"

#include "controller/hpa_fields.h"

static enum own_mode mode_of(struct sv text)
{
	if (text.len == 0 || sv_is(text, "Active"))
		return OWN_MODE_ACTIVE;
	return sv_is(text, "Recommend") ? OWN_MODE_RECOMMEND : OWN_MODE_UNKNOWN;
}

void own_kind_decode_spec(
	struct codec *c, const struct codec_path *path, const struct jtree *t, struct hpa_spec *ret)
{
	struct hpa_own_spec both = { 0 };
	struct own_spec *own = ARENA_NEW(c->a, struct own_spec);

	if (!own) {
		c->failed = true;
		return;
	}
	codec_decode(c, path, t, &hpa_fields_spec_own, &both);
	for (size_t i = 0; i < both.spec.n_metrics; i++) {
		struct hpa_metric *m = &both.spec.metrics[i];
		if (m->prometheus)
			m->member[HPA_METRIC_PROMETHEUS] = &m->prometheus->source;
	}
	*own = both.own;
	own->mode = mode_of(own->mode_text);
	*ret = both.spec;
	ret->own = own;
}

void own_kind_decode_status(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct hpa_status *ret)
{
	struct hpa_own_status both = { 0 };
	struct own_status *own = ARENA_NEW(c->a, struct own_status);

	if (!own) {
		c->failed = true;
		return;
	}
	codec_decode(c, path, t, &hpa_fields_status_own, &both);
	*own = both.own;
	*ret = both.status;
	ret->own = own;
}

void own_kind_encode_spec(struct jw *w, const struct hpa_spec *spec)
{
	struct hpa_own_spec both = { .spec = *spec };

	if (spec->own)
		both.own = *spec->own;
	codec_encode(w, &hpa_fields_spec_own, &both);
}

void own_kind_encode_status(struct jw *w, const struct hpa_status *status)
{
	struct hpa_own_status both = { .status = *status };

	if (status->own)
		both.own = *status->own;
	codec_encode(w, &hpa_fields_status_own, &both);
}

static bool opt_i32_eq(struct opt_i32 a, struct opt_i32 b)
{
	return a.set == b.set && (!a.set || a.value == b.value);
}

static bool decision_eq(const struct own_decision *a, const struct own_decision *b)
{
	if (!a || !b)
		return a == b;
	if (a->n_constraints != b->n_constraints || a->has_next_change != b->has_next_change)
		return false;
	for (size_t i = 0; i < a->n_constraints; i++)
		if (!sv_eq(a->constraints[i], b->constraints[i]))
			return false;
	return opt_i32_eq(a->raw_desired, b->raw_desired) &&
	       opt_i32_eq(a->final_desired, b->final_desired) &&
	       sv_eq(a->selected_metric, b->selected_metric) &&
	       (!a->has_next_change || instant_wall_cmp(a->next_change, b->next_change) == 0);
}

static bool summary_eq(const struct own_summary *a, const struct own_summary *b)
{
	return sv_eq(a->reference, b->reference) && sv_eq(a->targets, b->targets) &&
	       sv_eq(a->limited_by, b->limited_by) && sv_eq(a->mode, b->mode) &&
	       opt_i32_eq(a->wants, b->wants);
}

bool own_kind_status_eq(const struct own_status *a, const struct own_status *b)
{
	static const struct own_status NONE = { 0 };

	a = a ? a : &NONE;
	b = b ? b : &NONE;
	return decision_eq(a->last_decision, b->last_decision) &&
	       summary_eq(&a->summary, &b->summary);
}
