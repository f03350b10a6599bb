/* Texts and bits of the PromQL vectors. */
#include "tests/conformance/promql_text.h"

#include <math.h>

static int sextet(char c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

static struct sv decode_base64(struct conformance *c, struct sv text)
{
	char *out = arena_alloc(c->a, text.len + 1);
	size_t n = 0;
	unsigned held = 0, bits = 0;

	for (size_t i = 0; out && i < text.len; i++) {
		int value = sextet(text.ptr[i]);

		if (value < 0)
			continue;
		held = held << 6 | (unsigned)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (char)(held >> bits & 255);
		}
	}
	return sv_from(out ? out : "", n);
}

struct sv promql_text_of(struct conformance *c, const struct jtree *t)
{
	const struct jtree *b64 = t && t->kind == JTREE_OBJECT ? jtree_get(t, "b64") : NULL;

	if (b64)
		return decode_base64(c, b64->text);
	return t && t->kind == JTREE_STRING ? t->text : SV("");
}

struct sv promql_text_get(struct conformance *c, const struct jtree *row, const char *member)
{
	return promql_text_of(c, jtree_get(row, member));
}

static uint64_t parse_hex(struct sv text)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return value;
}

double promql_text_bits(struct sv bits)
{
	uint64_t value = parse_hex(bits);
	double result;

	memcpy(&result, &value, sizeof(result));
	return result;
}

bool promql_text_eq_bits(struct conformance *c, const char *what, struct sv bits, double got)
{
	double expected = promql_text_bits(bits);
	uint64_t expected_bits = parse_hex(bits), got_bits;

	memcpy(&got_bits, &got, sizeof(got_bits));
	if (expected_bits == got_bits || (isnan(expected) && isnan(got)))
		return true;
	return conformance_fail(c, "%s: expected %016llx (%.17g), got %016llx (%.17g)", what,
		(unsigned long long)expected_bits, expected, (unsigned long long)got_bits, got);
}
