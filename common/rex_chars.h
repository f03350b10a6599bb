#pragma once
/* What stands for characters in RE2 syntax: escapes, classes, properties. Pure; rex_syntax.c's
 * own. */
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct rex_chars {
	struct buf *out; /* gets what PCRE2 is to read */
	bool fold;	 /* (?i) is in force */
	struct error *err;
};

/* INVALID: "error parsing regexp: WHAT: `WHERE`". */
enum error_kind rex_chars_refuse(struct error *err, const char *what, struct sv where);
/* The byte at i, NUL behind the end. */
char rex_chars_peek(struct sv s, size_t i);
bool rex_chars_is_alnum(char c);
/* From the start of `from` to the start of `to`, which is a tail of it. */
struct sv rex_chars_between(struct sv from, struct sv to);

/* All of these take what they read off *s; errors are INVALID in Go's words. */

/* One character. */
MUST_USE enum error_kind rex_chars_take(struct rex_chars *c, struct sv *s, uint32_t *ret);
/* A backslash and what names one character: \n, \., \x41, \012. */
MUST_USE enum error_kind rex_chars_escape(struct rex_chars *c, struct sv *s, uint32_t *ret);
/* Writes one character so that it means itself, and nothing that can be in no text. */
void rex_chars_put(struct rex_chars *c, uint32_t code_point);
bool rex_chars_is_property(struct sv s);
/* \pL, \p{Greek}, \P{^Greek}. */
MUST_USE enum error_kind rex_chars_property(struct rex_chars *c, struct sv *s);
/* \d \D \s \S \w \W at the start of s as the inside of a class, or NULL. */
const char *rex_chars_perl(struct sv s);
/* [...] */
MUST_USE enum error_kind rex_chars_class(struct rex_chars *c, struct sv *s);
