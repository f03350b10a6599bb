/* Our own stages in words. */
#include "cli/explain_own.h"

#include "cli/plan_words.h"
#include "controller/own_kind.h"

static void label(struct buf *out, const char *name, const struct explain_style *s)
{
	buf_printf(out, "%s%s%s%*s", s->bold, name, s->off, (int)(13 - strlen(name)), "");
}

void explain_own_print_guards(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;

	for (size_t i = 0; i < p->guards.n; i++) {
		const struct guarded *g = &p->guards.at[i];
		if (g->by == GUARD_NONE)
			continue;
		label(out, "guard", s);
		buf_printf(out, "%sholds %d%s: metric %zu asks for %d, but ", s->bold,
			(int)p->current, s->off, i + 1, (int)g->computed);
		if (g->by == GUARD_PARTIAL)
			buf_printf(out,
				"only %d pod%s report%s; it may lower the count again from %d on\n",
				(int)g->rows, g->rows == 1 ? "" : "s", g->rows == 1 ? "s" : "",
				(int)g->partial.expected);
		else
			buf_put_str(
				out, "many autoscalers lost the metrics of its source at once\n");
	}
}

void explain_own_print_fallback(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	const struct fallback *f = &p->fallback;

	if (f->n_active > 0) {
		label(out, "fallback", s);
		buf_printf(out, "%sat least %d%s: metric %zu has failed for its time\n", s->bold,
			(int)f->replicas, s->off, f->metric + 1);
	}
	if (f->waiting) {
		label(out, "fallback", s);
		buf_put_str(out, f->n_active > 0 ? "another one begins at +" : "begins at +");
		plan_words_duration(out, f->due.ns - p->now.mono.ns);
		buf_put_str(out, " if the metric goes on failing\n");
	}
}

void explain_own_print_override(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	const struct override_bounds *o = &p->override;

	if (!o->active)
		return;
	label(out, "override", s);
	buf_printf(out, "%d..%d until ", (int)o->min, (int)o->max);
	instant_wall_print(out, o->until);
	buf_printf(out, " (%.*s): ", SV_ARG(o->reason));
	if (p->bounded != p->stabilized.replicas)
		buf_printf(out, "%d becomes %s%d%s\n", (int)p->stabilized.replicas, s->bold,
			(int)p->bounded, s->off);
	else
		buf_printf(out, "%d is within it\n", (int)p->bounded);
}

void explain_own_print_mode(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct own_spec *own = view->hpa->spec.own;

	if (!own || own->mode == OWN_MODE_ACTIVE)
		return;
	label(out, "mode", s);
	if (own->mode == OWN_MODE_RECOMMEND)
		buf_printf(out, "Recommend: %d is reported and not written\n",
			(int)view->pass->proposal.desired);
	else
		buf_printf(out, "\"%.*s\" is unknown: nothing is written\n",
			SV_ARG(sv_take(own->mode_text, 100)));
}
