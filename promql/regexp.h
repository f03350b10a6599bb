#pragma once
/* Regular expressions of PromQL matchers: RE2's syntax as Prometheus accepts it, anchored at both ends, "." matches newlines too.
 *
 * Time and memory are bounded for any pattern and subject: a pattern is parsed without recursion on its length, its program has at
 * most REGEXP_MAX_PROGRAM instructions, and a subject of n characters costs at most n times the program's length. Alternatives of
 * plain texts are compared as bytes. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"

/* Prometheus goes to 3.3 million; ours takes 12 bytes for each, and a label value is matched against them one by one. */
#define REGEXP_MAX_PROGRAM 1000000u
/* Alternatives that are listed as texts. */
#define REGEXP_MAX_LITERALS 256u

struct regexp;

/* The result lives in the arena and may be used by one thread at a time (it holds its own scratch memory).
 * errors: INVALID with the reference's text ("error parsing regexp: missing closing ]: `[a`"), LIMIT, NOMEM. */
MUST_USE enum error_kind regexp_compile(
	struct arena *a, struct sv pattern, const struct regexp **ret, struct error *err);
/* Whether the whole subject matches. Bytes that are not UTF-8 count as U+FFFD for "." and classes. */
bool regexp_matches(const struct regexp *re, struct sv subject);
