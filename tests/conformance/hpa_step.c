/* What was recorded against what was done: how it is told, and whether it is expected. */
#include "tests/conformance/hpa_step.h"

#include <inttypes.h>

#include "common/limits.h"

/* Of a value in a message. */
#define SHOWN_BYTES 1500

void hpa_step_differs(
	void *ctx, const char *path, const struct jtree *expected, const struct jtree *got)
{
	const struct hpa_step *s = ctx;
	AUTO(buf_done) struct buf left = { 0 }, right = { 0 };

	buf_init(&left, SHOWN_BYTES);
	buf_init(&right, SHOWN_BYTES);
	if (expected)
		jtree_print(&left, expected);
	if (got)
		jtree_print(&right, got);
	(void)conformance_fail(s->c, "t=%" PRId64 " %s: expected %s, got %s", s->t, path,
		expected ? buf_text(&left) : "nothing", got ? buf_text(&right) : "nothing");
}

static bool holds(struct sv text, struct sv part)
{
	return sv_find_sv(text, part) < text.len;
}

/* Did safe arithmetic refuse a number in this pass? */
static bool refused_a_number(const struct conclusion *c)
{
	static const struct sv TEXTS[] = { SV("too large to compute with"),
		SV("the target is zero, negative or"), SV("the sum of the metric's values is"),
		SV(".value: expected a quantity") };
	bool refused = false;
	for (size_t i = 0; i < c->events.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(TEXTS); k++)
			refused |= holds(c->events.at[i].message, TEXTS[k]);
	return refused;
}

/* Was an average over no replica recorded, which is what the smallest integer stands for? */
static bool expects_no_average(const struct jtree *expect)
{
	AUTO(buf_done) struct buf text = { 0 };
	buf_init(&text, LIMIT_OBJECT_BYTES);
	jtree_print(&text, expect);
	return holds(buf_sv(&text), SV("\"-9223372036854775808m\""));
}

bool hpa_step_parts(const struct pass *pass, const struct jtree *expect)
{
	const struct limited *limited = &pass->proposal.limited;

	return refused_a_number(&pass->conclusion) || expects_no_average(expect) ||
	       (limited->has_rate && limited->rate == INT32_MAX);
}
