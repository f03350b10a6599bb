/* A live look has no history, so that ours is what a controller would decide that has just begun. */
#include "cli/explain_beside.h"

#include <string.h>

#include "controller/divergence.h"

static void label(struct buf *out, const char *name, const struct explain_style *s)
{
	buf_printf(out, "%s%s%s%*s", s->bold, name, s->off, (int)(13 - strlen(name)), "");
}

void explain_beside_print(
	struct buf *out, const struct source_view *view, const struct explain_style *s)
{
	const struct proposal *p = &view->pass->proposal;
	struct divergence d = { 0 };

	if (!view->live)
		return;
	if (view->author.len > 0) {
		label(out, "set by", s);
		buf_printf(out, "%.*s\n", SV_ARG(view->author));
	}
	if (view->hpa->spec.own || p->failed)
		return;
	label(out, "compared", s);
	(void)divergence_compare(&d, &view->hpa->status, p->desired, p->now.mono);
	divergence_print(out, &d, p->now.mono);
	buf_put_char(out, '\n');
}
