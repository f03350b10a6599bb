/* Suite `regexp`: patterns of matchers: what is refused, with which words, and what matches. */
#include "promql/regexp.h"
#include "tests/conformance/promql_text.h"

static void run(struct conformance *c, const struct jtree *row)
{
	const struct regexp *re;
	struct error err = { 0 };
	bool ok = !regexp_compile(c->a, promql_text_get(c, row, "pattern"), &re, &err);

	if (!conformance_eq_bool(c, "ok", conformance_flag(row, "ok"), ok))
		return;
	if (!ok) {
		/* A longer message than an error can hold is compared as far as it goes. */
		struct sv expected = promql_text_get(c, row, "message");

		conformance_eq_text(
			c, "message", sv_take(expected, ERROR_TEXT_MAX - 1), sv_of(err.text));
		return;
	}
	JTREE_FOREACH (text, jtree_get(row, "match")) {
		struct sv subject = promql_text_of(c, text);

		if (!regexp_matches(re, subject)) {
			conformance_fail(c, "\"%.*s\" does not match", SV_ARG(subject));
			return;
		}
	}
	JTREE_FOREACH (text, jtree_get(row, "nomatch")) {
		struct sv subject = promql_text_of(c, text);

		if (regexp_matches(re, subject)) {
			conformance_fail(c, "\"%.*s\" matches", SV_ARG(subject));
			return;
		}
	}
}

extern const struct suite suite_regexp[];
const struct suite suite_regexp[] = { { "regexp", run }, { 0 } };
