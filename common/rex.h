#pragma once
/* Go-style (RE2) regular expressions of configuration files on PCRE2: what RE2 refuses (lookaround,
 * backreferences, possessive and atomic groups ...) is refused; `$` matches only at the very end;
 * match, depth and heap limits are set, and a limit that is hit is an error, never "no match". */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"

struct rex;

/* Errors: INVALID with Go's text where it is known ("error parsing regexp: ..."). */
MUST_USE enum error_kind rex_new(struct sv pattern, struct rex **ret, struct error *err);
void rex_free(struct rex *r);
DEFINE_AUTO(struct rex *, rex_free)
unsigned rex_n_groups(const struct rex *r);
/* Number of the group of that name (the leftmost one), or 0. */
unsigned rex_group(const struct rex *r, struct sv name);

/* Unanchored search. ret_groups (may be NULL) gets up to max_groups views, group 0 first; groups
 * that did not take part have ptr NULL. */
MUST_USE enum error_kind rex_match(const struct rex *r, struct sv subject, bool *ret_matched,
	struct sv *ret_groups, size_t max_groups, struct error *err);
/* Go's Regexp.ReplaceAllString: every match replaced by the template ($1, ${name}, $$). The result
 * is in the arena. */
MUST_USE enum error_kind rex_replace_all(const struct rex *r, struct arena *a, struct sv subject,
	struct sv template, struct sv *ret, struct error *err);
/* Go's Regexp.Expand for one match: the template with the groups that rex_match gave, in the arena.
 * Unbraced names are the longest run of [0-9A-Za-z_]; unknown groups are empty; a '$' that starts
 * no reference stays. False: arena_error says why. */
MUST_USE bool rex_expand(const struct rex *r, struct arena *a, struct sv template,
	const struct sv *groups, size_t n_groups, struct sv *ret);
