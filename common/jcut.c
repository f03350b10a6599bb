/* Text in blocks of 64 bytes: a bit for each quote, backslash and bracket, then bits of what is inside of strings, then the brackets outside of them are counted.
 * Only the block in which the depth can come to zero is walked bracket by bracket. One path for all processors computes the bits byte by byte;
 * x86 compares 16 bytes at a time. Nothing is decoded. */
#include "common/jcut.h"

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 64u

struct bits {
	uint64_t quotes, backslashes, opens, closes;
};

struct cut {
	uint64_t depth;
	uint64_t in_string; /* all ones: the block begins inside of a string */
	bool escaped;	    /* its first byte has a backslash in front */
};

#ifdef __SSE2__
static uint64_t equal_bits(const __m128i part[4], char c)
{
	const __m128i wanted = _mm_set1_epi8(c);
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++) {
		int found = _mm_movemask_epi8(_mm_cmpeq_epi8(part[i], wanted));
		bits |= (uint64_t)(unsigned)found << (16 * i);
	}
	return bits;
}

static struct bits look(const char *block)
{
	__m128i part[4], folded[4];

	for (unsigned i = 0; i < 4; i++) {
		memcpy(&part[i], block + (size_t)16 * i, sizeof(part[i]));
		/* '[' and '{', ']' and '}' differ in this bit; no other character becomes one of them but control characters, which JSON does not have. */
		folded[i] = _mm_or_si128(part[i], _mm_set1_epi8(0x20));
	}
	return (struct bits){ .quotes = equal_bits(part, '"'),
		.backslashes = equal_bits(part, '\\'),
		.opens = equal_bits(folded, '{'),
		.closes = equal_bits(folded, '}') };
}
#else
static struct bits look(const char *block)
{
	struct bits b = { 0 };

	for (unsigned i = 0; i < BLOCK; i++) {
		uint64_t bit = UINT64_C(1) << i;
		char c = block[i];
		b.quotes |= c == '"' ? bit : 0;
		b.backslashes |= c == '\\' ? bit : 0;
		b.opens |= c == '{' || c == '[' ? bit : 0;
		b.closes |= c == '}' || c == ']' ? bit : 0;
	}
	return b;
}
#endif

/* The bytes behind a backslash that is none itself. */
static uint64_t find_escaped(struct cut *c, uint64_t backslashes)
{
	uint64_t escaped = c->escaped;

	backslashes &= ~escaped;
	c->escaped = false;
	while (backslashes) {
		uint64_t first = backslashes & -backslashes, behind = first << 1;
		escaped |= behind;
		backslashes &= ~(first | behind);
		c->escaped = !behind;
	}
	return escaped;
}

/* Bit i: the number of set bits up to and with i is odd. */
static uint64_t parity(uint64_t bits)
{
	for (unsigned shift = 1; shift < BLOCK; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

/* The compiler's own is a call where the processor may be an old one. */
static uint64_t count(uint64_t bits)
{
	bits -= bits >> 1 & UINT64_C(0x5555555555555555);
	bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
	bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return bits * UINT64_C(0x0101010101010101) >> 56;
}

/* The length of the value within the block, 0 when it goes on behind it. */
static size_t take_block(struct cut *c, const char *block)
{
	struct bits b = look(block);
	uint64_t escaped = b.backslashes || c->escaped ? find_escaped(c, b.backslashes) : 0;
	uint64_t inside = parity(b.quotes & ~escaped) ^ c->in_string;

	c->in_string = inside >> (BLOCK - 1) ? UINT64_MAX : 0;
	b.opens &= ~inside;
	b.closes &= ~inside;
	uint64_t n_closes = count(b.closes);
	if (n_closes < c->depth) {
		c->depth += count(b.opens) - n_closes;
		return 0;
	}
	for (uint64_t left = b.opens | b.closes; left; left &= left - 1) {
		uint64_t bit = left & -left;
		c->depth = b.opens & bit ? c->depth + 1 : c->depth - 1;
		if (c->depth == 0)
			return (size_t)(unsigned)__builtin_ctzll(bit) + 1;
	}
	return 0;
}

size_t jcut_value(struct sv text)
{
	struct cut c = { 0 };
	size_t at = 0, len;

	for (; text.len - at >= BLOCK; at += BLOCK) {
		len = take_block(&c, text.ptr + at);
		if (len > 0)
			return at + len;
	}
	char last[BLOCK] = { 0 };
	if (text.len > at)
		memcpy(last, text.ptr + at, text.len - at);
	len = take_block(&c, last);
	return len > 0 ? at + len : 0;
}
