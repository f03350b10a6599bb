#pragma once
/* What Go 1.26 knows of Unicode 15: printability (for quoting), classes by name and case folding (for regular expressions). */
#include <stdbool.h>
#include <stdint.h>

#include "common/sv.h"

#define UNICODE_MAX UINT32_C(0x10FFFF)
#define UNICODE_BAD UINT32_C(0xFFFD)

/* Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII blank. */
bool unicode_is_print(uint32_t rune);
/* Go's unicode.IsLetter, IsDigit (Nd), IsSpace (White_Space). */
bool unicode_is_letter(uint32_t rune);
bool unicode_is_digit(uint32_t rune);
bool unicode_is_space(uint32_t rune);
/* Go's unicode.SimpleFold: the next larger code point of the same case folding, or the smallest; itself when there is none. */
uint32_t unicode_fold(uint32_t rune);

typedef void (*unicode_range_fn)(uint32_t first, uint32_t last, void *ctx);
/* Calls fn for the code points that unicode_fold gives for those of first..last, in any order and possibly more than once; nothing for
 * those without case variants. */
void unicode_each_fold(uint32_t first, uint32_t last, unicode_range_fn fn, void *ctx);

/* Calls fn for the ranges of the class \p{name} in rising order: a general category, a group of them (L, M, N, P, S, Z, C, LC), a script
 * or Any; names are matched exactly. Returns false when there is no such class. */
bool unicode_each_range(struct sv name, unicode_range_fn fn, void *ctx);

/* Decodes one code point of a text that is not empty: its length, or 1 and U+FFFD for a bad byte (Go's utf8.DecodeRune). */
size_t unicode_decode(const char *text, size_t len, uint32_t *ret_rune);
/* Writes at most 4 bytes; surrogates and values above U+10FFFF become U+FFFD. */
size_t unicode_encode(char *out, uint32_t rune);
bool unicode_is_utf8(struct sv text);
