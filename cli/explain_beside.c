/* A live look has no history, so that ours is what a controller would decide that has just begun. */
#include "cli/explain_beside.h"

#include <string.h>

#include "controller/divergence.h"

static void label(struct buf *out, const char *name, const struct explain_style *s)
{
	buf_printf(out, "%s%s%s%*s", s->bold, name, s->off, (int)(13 - strlen(name)), "");
}

/* Where a native object has a decision of ours, that decision against the cluster's. False: there is none of ours. */
static bool compare(const struct source_view *view, struct divergence *ret)
{
	const struct proposal *p = &view->pass->proposal;

	if (view->hpa->spec.own || p->failed)
		return false;
	(void)divergence_compare(ret, &view->hpa->status, p->desired, p->now.mono);
	return true;
}

void explain_beside_print(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	struct divergence d = { 0 };

	if (!view->live)
		return;
	if (view->author.len > 0) {
		label(out, "set by", s);
		buf_printf(out, "%.*s\n", SV_ARG(view->author));
	}
	if (!compare(view, &d))
		return;
	label(out, "compared", s);
	divergence_print(out, &d, view->pass->proposal.now.mono);
	buf_put_char(out, '\n');
}

void explain_beside_encode(struct jw *w, const struct source_view *view)
{
	struct divergence d = { 0 };

	if (!view->live)
		return;
	if (view->author.len > 0)
		jw_member_sv(w, "setBy", view->author);
	if (!compare(view, &d))
		return;
	jw_key(w, "clusterController");
	jw_object(w);
	jw_member_bool(w, "decided", d.compared);
	if (d.compared) {
		jw_member_i64(w, "desiredReplicas", d.theirs);
		jw_member_i64(w, "difference", divergence_of(&d));
	}
	jw_object_end(w);
}
