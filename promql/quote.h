#pragma once
/* Go's quoting of strings (strconv.Quote, %q) and the two ways of reading a quoted string: Go's own and PromQL's. */
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

/* Double quotes; \a \b \f \n \r \t \v \\ \" by letter; other control bytes, DEL and bytes that are not UTF-8 as \xhh; code points
 * that Unicode 15 does not count as printable (Go's unicode.IsPrint) as \uhhhh or \Uhhhhhhhh; the rest verbatim. */
void quote_print(struct buf *out, struct sv text);
/* The same with single quotes around one code point, as %q prints a rune. */
void quote_print_rune(struct buf *out, uint32_t rune);
/* Go's unicode.IsPrint for a code point: letters, marks, numbers, punctuation, symbols and the ASCII blank. */
bool quote_is_printable(uint32_t rune);

/* Decodes one code point; *ret_rune is 0xFFFD and the result 1 for a bad byte (Go's utf8.DecodeRune). text is not empty. */
size_t quote_decode_rune(struct sv text, uint32_t *ret_rune);
/* Appends the code point as UTF-8; surrogates and values above U+10FFFF become U+FFFD. */
void quote_put_rune(struct buf *out, uint32_t rune);
bool quote_is_utf8(struct sv text);
