#pragma once
/* UTF-8 as Go understands it. Pure. */
#include "common/sv.h"

/* Length of the character at the start of s, 0 when there is none: overlong forms, surrogates and
 * what lies beyond U+10FFFF are no characters, nor is the end of s. */
size_t utf8_char_len(struct sv s);
/* Number of bytes written; U+FFFD for what is no code point. */
size_t utf8_encode(uint32_t code_point, char out[4]);
