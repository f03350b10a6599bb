#pragma once
/* A cursor over one complete JSON text for answer.c: strict grammar, no state but the place, so that members can be remembered and
 * read later. (common/jscan.h is the scanner for everything else; here unknown members may nest as deep as Go allows, and rows are
 * read at more than a gigabyte per second.) */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/sv.h"

/* encoding/json gives up below this. */
#define ANSWER_SCAN_MAX_DEPTH 10000u

struct answer_scan {
	const char *at, *end;
	const char *problem; /* what was expected where `at` stands, once a call failed */
};

struct answer_text {
	struct sv raw; /* inside of the quotes */
	bool decode;   /* holds escapes or bytes above 0x7F: answer_scan_decode */
};

/* Of eight bytes those that end a plain run (quote, backslash, control byte, above 0x7F), marked by their highest bit. The lowest mark
 * is right, those above it may be wrong. */
static inline uint64_t answer_scan_special_bytes(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
	uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';

	return (w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
}

/* All return false after a failure; blanks in front are skipped. */
bool answer_scan_fail(struct answer_scan *s, const char *problem);
/* The next character without consuming it; 0 at the end. */
char answer_scan_peek(struct answer_scan *s);
MUST_USE bool answer_scan_expect(struct answer_scan *s, char c);
MUST_USE bool answer_scan_string(struct answer_scan *s, struct answer_text *ret);
/* A number as written. */
MUST_USE bool answer_scan_number(struct answer_scan *s, struct sv *ret);
/* Consumes the word if it stands here. */
bool answer_scan_null(struct answer_scan *s);
/* Any value. */
MUST_USE bool answer_scan_skip(struct answer_scan *s);
/* Nothing but blanks is left. */
MUST_USE bool answer_scan_end(struct answer_scan *s);
/* Behind "{" or a member: true and the key (the colon is consumed), or false with *ret_close when "}" came. `first` starts true. */
MUST_USE bool answer_scan_member(
	struct answer_scan *s, bool *first, struct answer_text *ret_key, bool *ret_close);
/* Behind "[" or an element: true when an element follows, false with *ret_close when "]" came. */
MUST_USE bool answer_scan_element(struct answer_scan *s, bool *first, bool *ret_close);
/* The text with escapes decoded and bad UTF-8 replaced; ptr NULL: no memory. */
MUST_USE struct sv answer_scan_decode(struct answer_text text, struct arena *a);
