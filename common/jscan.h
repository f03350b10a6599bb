#pragma once
/* Pull scanner for JSON (RFC 8259) over one complete text in memory: never builds a tree, never
 * copies. Strict: exactly Go's encoding/json grammar (invalid UTF-8 in strings is accepted and
 * reported raw; jscan_string replaces it by U+FFFD as Go does). Depth is limited by
 * LIMIT_NESTING. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/limits.h"
#include "common/sv.h"

enum jscan_token {
	JSCAN_END,    /* the text is over */
	JSCAN_ERROR,  /* see jscan_error */
	JSCAN_OBJECT, /* { */
	JSCAN_ARRAY,  /* [ */
	JSCAN_CLOSE,  /* } or ] */
	JSCAN_KEY,    /* member name; text is the raw inside of the quotes */
	JSCAN_STRING, /* text is the raw inside of the quotes */
	JSCAN_NUMBER, /* text as written */
	JSCAN_TRUE,
	JSCAN_FALSE,
	JSCAN_NULL,
};

struct jscan {
	const char *start, *at, *end;
	struct sv text; /* of the last KEY, STRING or NUMBER, raw */
	bool escaped;	/* that text holds backslashes or bad UTF-8: use jscan_string */
	unsigned depth;
	/* private */
	unsigned char state;
	unsigned char after;			/* the state that follows a value at this depth */
	uint64_t is_object[LIMIT_NESTING / 64]; /* one bit per depth */
	const char *problem;
};

void jscan_init(struct jscan *s, struct sv text);
/* The next token. After JSCAN_ERROR or JSCAN_END it stays there. */
enum jscan_token jscan_next(struct jscan *s);
/* Skips the value that starts with the token just returned (an object or array to its close;
 * scalars are done already). */
MUST_USE bool jscan_skip(struct jscan *s, enum jscan_token token);
/* The same without a look inside: an object or array is passed over by its brackets alone, and what it holds need not be JSON. For what nobody reads. */
MUST_USE bool jscan_leap(struct jscan *s, enum jscan_token token);
/* The decoded text of the last KEY or STRING: the raw view when nothing is escaped, else a copy in
 * the arena. ptr NULL: no memory. */
MUST_USE struct sv jscan_string(const struct jscan *s, struct arena *a);
/* Compares the last KEY or STRING with text, escapes decoded, without allocating. */
bool jscan_is(const struct jscan *s, struct sv text);
/* Line and column (1-based, in bytes) of a place in the text. */
void jscan_where(
	const struct jscan *s, const char *place, uint32_t *ret_line, uint32_t *ret_column);
/* Why JSCAN_ERROR came. INVALID: "line 3, column 7: expected ',' or '}'"; LIMIT: nested deeper than
 * LIMIT_NESTING. */
enum error_kind jscan_error(const struct jscan *s, struct error *err);
