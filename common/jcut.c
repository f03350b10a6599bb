/* Text in blocks of 64 bytes: a bit for each quote, backslash and bracket, then bits of what is inside of strings, then the brackets outside of them are counted.
 * Only the block in which the depth can come to zero is walked bracket by bracket. The loop exists twice, of the same source: for all processors, which
 * compute the bits byte by byte or, on x86, 16 bytes at a time, and for those with AVX2. Nothing is decoded. */
#include "common/jcut.h"

#include <stdint.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#define BLOCK 64u
/* Inlined into each of the two loops, and compiled for its processor. */
#define EACH static inline __attribute__((always_inline))

struct bits {
	uint64_t quotes, backslashes, opens, closes;
};

struct cut {
	uint64_t depth;
	uint64_t in_string; /* all ones: the block begins inside of a string */
	bool escaped;	    /* its first byte has a backslash in front */
};

#ifdef __SSE2__
EACH uint64_t equal_bits(const __m128i part[4], char c)
{
	const __m128i wanted = _mm_set1_epi8(c);
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++) {
		int found = _mm_movemask_epi8(_mm_cmpeq_epi8(part[i], wanted));
		bits |= (uint64_t)(unsigned)found << (16 * i);
	}
	return bits;
}

EACH struct bits look(const char *block)
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
EACH struct bits look(const char *block)
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
EACH uint64_t find_escaped(struct cut *c, uint64_t backslashes)
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
EACH uint64_t parity(uint64_t bits)
{
	for (unsigned shift = 1; shift < BLOCK; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

/* The compiler's own is a call where the processor may be an old one. */
EACH uint64_t count(uint64_t bits)
{
	bits -= bits >> 1 & UINT64_C(0x5555555555555555);
	bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
	bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return bits * UINT64_C(0x0101010101010101) >> 56;
}

/* What depends on the processor. */
struct means {
	struct bits (*look)(const char *block);
	uint64_t (*parity)(uint64_t bits), (*count)(uint64_t bits);
};

/* The length of the value within the block, 0 when it goes on behind it. */
EACH size_t take_block(struct cut *c, const char *block, const struct means *m)
{
	struct bits b = m->look(block);
	uint64_t escaped = b.backslashes || c->escaped ? find_escaped(c, b.backslashes) : 0;
	uint64_t inside = m->parity(b.quotes & ~escaped) ^ c->in_string;

	c->in_string = inside >> (BLOCK - 1) ? UINT64_MAX : 0;
	b.opens &= ~inside;
	b.closes &= ~inside;
	uint64_t n_closes = m->count(b.closes);
	if (n_closes < c->depth) {
		c->depth += m->count(b.opens) - n_closes;
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

EACH size_t cut_value(struct sv text, const struct means *m)
{
	struct cut c = { 0 };
	size_t at = 0, len;

	for (; text.len - at >= BLOCK; at += BLOCK) {
		len = take_block(&c, text.ptr + at, m);
		if (len > 0)
			return at + len;
	}
	char last[BLOCK] = { 0 };
	if (text.len > at)
		memcpy(last, text.ptr + at, text.len - at);
	len = take_block(&c, last, m);
	return len > 0 ? at + len : 0;
}

#ifdef __SSE2__
#define WIDE __attribute__((target("avx2,pclmul,popcnt")))

WIDE EACH uint64_t wide_bits(const __m256i part[2], char c)
{
	const __m256i wanted = _mm256_set1_epi8(c);
	unsigned low = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(part[0], wanted));
	unsigned high = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(part[1], wanted));

	return (uint64_t)high << 32 | low;
}

WIDE EACH struct bits wide_look(const char *block)
{
	__m256i part[2], folded[2];

	for (unsigned i = 0; i < 2; i++) {
		memcpy(&part[i], block + (size_t)32 * i, sizeof(part[i]));
		folded[i] = _mm256_or_si256(part[i], _mm256_set1_epi8(0x20));
	}
	return (struct bits){ .quotes = wide_bits(part, '"'),
		.backslashes = wide_bits(part, '\\'),
		.opens = wide_bits(folded, '{'),
		.closes = wide_bits(folded, '}') };
}

/* The same as a product without carries by a number that is all ones. */
WIDE EACH uint64_t wide_parity(uint64_t bits)
{
	__m128i product = _mm_clmulepi64_si128(
		_mm_set_epi64x(0, (long long)bits), _mm_set1_epi8((char)0xff), 0);

	return (uint64_t)_mm_cvtsi128_si64(product);
}

WIDE EACH uint64_t wide_count(uint64_t bits)
{
	return (uint64_t)__builtin_popcountll(bits);
}

WIDE static size_t wide_cut(struct sv text)
{
	static const struct means means = { wide_look, wide_parity, wide_count };
	return cut_value(text, &means);
}
#endif

size_t jcut_value_anywhere(struct sv text)
{
	static const struct means means = { look, parity, count };
	return cut_value(text, &means);
}

size_t jcut_value(struct sv text)
{
#ifdef __SSE2__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
		__builtin_cpu_supports("popcnt"))
		return wide_cut(text);
#endif
	return jcut_value_anywhere(text);
}
