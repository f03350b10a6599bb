/* UTF-8: how long a character is, and how a code point is written. Pure. */
#include "common/utf8.h"

#define REPLACEMENT 0xfffd

static bool is_tail(struct sv s, size_t i)
{
	return i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80;
}

/* The second byte rules out overlong forms, surrogates and what lies beyond U+10FFFF. */
static bool second_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

size_t utf8_char_len(struct sv s)
{
	unsigned char first = s.len > 0 ? (unsigned char)s.ptr[0] : 0xff;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4 || !is_tail(s, 1))
		return 0;
	if (first < 0xe0)
		return 2;
	if (!second_fits(first, (unsigned char)s.ptr[1]) || !is_tail(s, 2))
		return 0;
	if (first < 0xf0)
		return 3;
	return is_tail(s, 3) ? 4 : 0;
}

static char tail(uint32_t code_point, unsigned shift)
{
	return (char)(0x80 | ((code_point >> shift) & 0x3f));
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
	if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff))
		code_point = REPLACEMENT;
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		out[0] = (char)(0xc0 | code_point >> 6);
		out[1] = tail(code_point, 0);
		return 2;
	}
	if (code_point < 0x10000) {
		out[0] = (char)(0xe0 | code_point >> 12);
		out[1] = tail(code_point, 6);
		out[2] = tail(code_point, 0);
		return 3;
	}
	out[0] = (char)(0xf0 | code_point >> 18);
	out[1] = tail(code_point, 12);
	out[2] = tail(code_point, 6);
	out[3] = tail(code_point, 0);
	return 4;
}
