#pragma once
/* One label matcher: text form, and the value part of a metric query's <<.LabelMatchers>>. */
#include "common/buf.h"
#include "common/sv.h"

struct regexp;

enum matcher_op { MATCHER_EQ, MATCHER_NEQ, MATCHER_RE, MATCHER_NRE };

struct matcher {
	struct sv label;
	enum matcher_op op;
	struct sv value;
	const struct regexp
		*regexp; /* compiled value of RE and NRE, once a parser or the owner set it */
};

/* "=", "!=", "=~", "!~". */
const char *matcher_op_text(enum matcher_op op);
/* label, operator, value in Go's %q quoting, without blanks: pod=~"a|b". The label is written as it is (prometheus-adapter
 * never validates it); the printer of expressions quotes it where needed. */
void matcher_print(struct buf *out, const struct matcher *m);
/* Whether a label of this value (empty: no such label) satisfies the matcher. RE and NRE need their compiled regexp. */
bool matcher_matches(const struct matcher *m, struct sv value);
/* Every matcher, joined by a comma without blanks. */
void matcher_print_list(struct buf *out, const struct matcher *list, size_t n);
/* text with a backslash before every character that means something in a regular expression (Go's regexp.QuoteMeta). */
void matcher_quote_meta(struct buf *out, struct sv text);
