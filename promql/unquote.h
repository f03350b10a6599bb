#pragma once
/* Reads quoted strings: Go's (templates) and PromQL's. */
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"

/* Go's strconv.Unquote for "..." and `...` with their quotes. The result is in the arena or points into text.
 * errors: INVALID "invalid syntax", NOMEM. */
MUST_USE enum error_kind unquote_go(
	struct arena *a, struct sv text, struct sv *ret, struct error *err);
/* PromQL's "...", '...' and `...`, which its lexer accepted: \x and octal escapes make single bytes, raw strings are kept as they are. */
MUST_USE enum error_kind unquote_promql(
	struct arena *a, struct sv text, struct sv *ret, struct error *err);
/* One character or escape of the inside of a literal with this quote: *ret_rune is a code point, or a byte when *ret_is_byte (\x and
 * octal). Returns its length, 0 for bad syntax. Go's strconv.UnquoteChar. */
size_t unquote_go_char(struct sv text, char quote, uint32_t *ret_rune, bool *ret_is_byte);
