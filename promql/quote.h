#pragma once
/* Go's quoting of strings: strconv.Quote, %q. */
#include <stdint.h>

#include "common/buf.h"
#include "common/sv.h"

/* Double quotes; \a \b \f \n \r \t \v \\ \" by letter; other control bytes, DEL and bytes that are not UTF-8 as \xhh; code points
 * that Unicode 15 does not count as printable as \uhhhh or \Uhhhhhhhh; the rest verbatim. */
void quote_print(struct buf *out, struct sv text);
/* One code point in single quotes, as %q prints a rune. */
void quote_print_rune(struct buf *out, uint32_t rune);
/* Everything above U+007E is escaped too (%+q). */
void quote_print_ascii(struct buf *out, struct sv text);
