#pragma once
/* RE2 syntax (Go's regexp) -> a PCRE2 pattern that means the same. Pure. */
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"
#include "common/vec.h"

struct rex_syntax_name {
	struct sv name; /* in the pattern that was translated */
	unsigned group;
};

struct rex_syntax {
	struct buf pattern; /* for PCRE2: UTF, LF as newline, no other options */
	unsigned n_groups;  /* capturing ones */
	VEC(struct rex_syntax_name) names;
};

/* Errors: INVALID with Go's text ("error parsing regexp: missing closing ): `(a`"), LIMIT, NOMEM.
 * In every case the caller owns *ret: rex_syntax_done. */
MUST_USE enum error_kind rex_syntax_translate(
	struct sv pattern, struct rex_syntax *ret, struct error *err);
void rex_syntax_done(struct rex_syntax *s);
