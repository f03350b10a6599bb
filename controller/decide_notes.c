/* Notes on what our own stages did. A condition that no longer holds is removed
 * instead of set to False: an object that never meets a guard looks as in
 * Kubernetes. */
#include "controller/decide_notes.h"

#include "controller/decide.h"
#include "controller/guard_mass.h"
#include "controller/words.h"

struct noting {
	struct arena *a;
	const struct decide_input *in;
	struct proposal *p;
	struct error *err;
};

static bool holds_already(const struct conditions *c, const char *type, struct sv reason)
{
	for (size_t i = 0; i < c->n; i++)
		if (sv_is(c->at[i].type, type))
			return sv_is(c->at[i].status, "True") && sv_eq(c->at[i].reason, reason);
	return false;
}

static enum error_kind note(
	struct noting *n, const char *type, bool warning, struct sv reason, struct sv message)
{
	struct conditions_entry entry = { type, true, reason, message };

	if (!message.ptr)
		return arena_error(n->a, n->err);
	if (!holds_already(&n->p->conditions, type, reason))
		decide_events_add(&n->p->events, warning, reason, message);
	conditions_set(&n->p->conditions, &entry, n->in->now.wall);
	return ERR_OK;
}

static const struct hpa_metric *metric(const struct noting *n, size_t i)
{
	return &n->in->hpa->spec.metrics[i];
}

static struct sv guard_message(struct noting *n, size_t i)
{
	const struct guarded *g = &n->p->guards.at[i];
	struct sv name = recommend_name(n->a, metric(n, i));

	if (g->by == GUARD_PARTIAL)
		return WORDS(n->a, name, SV(": only "), words_i64(n->a, g->rows),
			SV(" pods report; it does not lower the count until "),
			words_i64(n->a, g->partial.expected), SV(" do"));
	return WORDS(n->a, name, SV(": many autoscalers lost the metrics of "),
		guard_mass_source_of(n->a, metric(n, i)),
		SV(" at once; it does not lower the count until that is over"));
}

/* The first metric that a guard holds stands for all. */
static enum error_kind note_guards(struct noting *n)
{
	for (size_t i = 0; i < n->p->guards.n; i++) {
		enum guard_by by = n->p->guards.at[i].by;
		if (by != GUARD_NONE)
			return note(n, "DecreaseBlocked", true, sv_of(guard_by_name(by)),
				guard_message(n, i));
	}
	conditions_remove(&n->p->conditions, "DecreaseBlocked");
	return ERR_OK;
}

static enum error_kind note_fallback(struct noting *n)
{
	const struct fallback *f = &n->p->fallback;

	if (f->metric == FALLBACK_NONE) {
		conditions_remove(&n->p->conditions, "FallbackActive");
		return ERR_OK;
	}
	return note(n, "FallbackActive", true, SV("MetricFailed"),
		WORDS(n->a, recommend_name(n->a, metric(n, f->metric)),
			SV(" has failed for long: its fallback asks for "),
			words_i64(n->a, f->replicas), SV(" replicas")));
}

static enum error_kind note_override(struct noting *n)
{
	const struct override_bounds *o = &n->p->override;
	struct sv until;
	struct buf text;

	if (!o->active) {
		conditions_remove(&n->p->conditions, "Overridden");
		return ERR_OK;
	}
	buf_init(&text, 64);
	instant_wall_print(&text, o->until);
	if (words_keep(n->a, &text, "a time", &until, n->err))
		return n->err->kind;
	return note(n, "Overridden", false, SV("OverrideActive"),
		WORDS(n->a, words_i64(n->a, o->min), SV(" to "), words_i64(n->a, o->max),
			SV(" replicas until "), until, SV(": "), o->reason));
}

enum error_kind decide_notes(
	struct arena *a, const struct decide_input *in, struct proposal *p, struct error *err)
{
	struct noting n = { a, in, p, err };

	if (!p->remembers_metrics && !in->hpa->spec.own)
		return ERR_OK;
	if (p->guards.at && (note_guards(&n) || note_fallback(&n)))
		return err->kind;
	return note_override(&n);
}
