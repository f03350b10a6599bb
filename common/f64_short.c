/* Decimals of up to 19 digits -> double with integers of 128 bits: exact, then rounded once. */
#include "common/f64_short.h"

#include <stdint.h>

/* 10^19 is the largest that 64 bits hold. */
#define MAX_POWER 19
#define MAX_DIGITS 19
/* Powers of ten that are doubles themselves. */
#define MAX_EXACT_POWER 22
#define MANTISSA_BITS 53
/* Sign, digits, point, leading zeros, exponent. */
#define MAX_BYTES 64

__extension__ typedef unsigned __int128 u128;

/* 10^k, its length in bits, and the first 64 bits of its reciprocal, cut. */
#define POWER(value, bits)                                                                         \
	{                                                                                          \
		UINT64_C(value), bits, (uint64_t)(((u128)1 << (63 + (bits))) / UINT64_C(value))    \
	}

static const struct power {
	uint64_t value;
	int bits;
	uint64_t reciprocal;
} POWERS[MAX_POWER + 1] = {
	POWER(1, 1),
	POWER(10, 4),
	POWER(100, 7),
	POWER(1000, 10),
	POWER(10000, 14),
	POWER(100000, 17),
	POWER(1000000, 20),
	POWER(10000000, 24),
	POWER(100000000, 27),
	POWER(1000000000, 30),
	POWER(10000000000, 34),
	POWER(100000000000, 37),
	POWER(1000000000000, 40),
	POWER(10000000000000, 44),
	POWER(100000000000000, 47),
	POWER(1000000000000000, 50),
	POWER(10000000000000000, 54),
	POWER(100000000000000000, 57),
	POWER(1000000000000000000, 60),
	POWER(10000000000000000000, 64),
};

/* 2^exponent of a normal double. */
static double power_of_two(int exponent)
{
	uint64_t bits = (uint64_t)(exponent + 1023) << (MANTISSA_BITS - 1);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* value * 2^exponent, where `more` tells that the value is a little larger; value != 0. */
static double round_to_double(u128 value, bool more, int exponent)
{
	uint64_t high = (uint64_t)(value >> 64);
	int length = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)value);
	int drop = length - MANTISSA_BITS;

	if (drop > 0) {
		u128 half = (u128)1 << (drop - 1), rest = value & (half * 2 - 1);

		value >>= drop;
		exponent += drop;
		if (rest > half || (rest == half && (more || (value & 1))))
			value++;
	}
	return (double)(uint64_t)value * power_of_two(exponent);
}

static double multiply(uint64_t digits, int power)
{
	return round_to_double((u128)digits * POWERS[power].value, false, 0);
}

static double divide(uint64_t digits, int power)
{
	int shift = 64 + __builtin_clzll(digits);
	u128 value = (u128)digits << shift, quotient = value / POWERS[power].value;

	return round_to_double(quotient, quotient * POWERS[power].value != value, -shift);
}

/* The first 64 bits of the quotient by multiplication: right, or too small by less than two. False where that decides the rounding. */
static bool divide_quickly(uint64_t digits, int power, double *ret)
{
	int shift = __builtin_clzll(digits);
	uint64_t quotient = (uint64_t)(((u128)(digits << shift) * POWERS[power].reciprocal) >> 64);
	int drop = 64 - __builtin_clzll(quotient) - MANTISSA_BITS;
	uint64_t half = UINT64_C(1) << (drop - 1), rest = quotient & (half * 2 - 1);

	if (rest + 2 >= half && rest <= half)
		return false;
	*ret = (double)((quotient >> drop) + (rest > half)) *
	       power_of_two(drop + 1 - shift - POWERS[power].bits);
	return true;
}

static bool convert(uint64_t digits, int exponent, double *ret)
{
	static const double powers[MAX_EXACT_POWER + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
		1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
		1e22 };
	bool exact = digits <= UINT64_C(1) << MANTISSA_BITS;

	if (digits == 0)
		*ret = 0;
	else if (exact && exponent <= 0 && exponent >= -MAX_EXACT_POWER)
		*ret = (double)digits / powers[-exponent];
	else if (exact && exponent > 0 && exponent <= MAX_EXACT_POWER)
		*ret = (double)digits * powers[exponent];
	else if (exponent >= -MAX_POWER && exponent < 0)
		*ret = divide_quickly(digits, -exponent, ret) ? *ret : divide(digits, -exponent);
	else if (exponent >= 0 && exponent <= MAX_POWER)
		*ret = multiply(digits, exponent);
	else
		return false;
	return true;
}

/* "e-12" and the end of the text. */
static bool read_exponent(const char *p, const char *end, int *exponent)
{
	int value = 0;

	if (p == end)
		return true;
	if ((*p | 32) != 'e' || ++p == end)
		return false;
	bool negative = *p == '-';

	if (negative || *p == '+')
		p++;
	if (p == end || end - p > 3)
		return false;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		value = value * 10 + (*p - '0');
	}
	*exponent += negative ? -value : value;
	return true;
}

bool f64_parse_short(struct sv text, double *ret)
{
	const char *p = text.ptr, *end = p + text.len, *point = NULL, *begin;
	uint64_t digits = 0;
	size_t n = 0;
	int exponent = 0;

	if (text.len == 0 || text.len > MAX_BYTES)
		return false;
	bool negative = *p == '-';

	if (negative || *p == '+')
		p++;
	for (begin = p; p < end; p++) {
		unsigned digit = (unsigned char)*p - (unsigned)'0';

		if (digit <= 9) {
			digits = digits * 10 + digit;
			n += n > 0 || digit > 0;
		} else if (*p == '.' && !point) {
			point = p;
		} else {
			break;
		}
	}
	if (p - begin == (point != NULL) || n > MAX_DIGITS)
		return false;
	if (point)
		exponent = (int)(point + 1 - p);
	if (!read_exponent(p, end, &exponent) || !convert(digits, exponent, ret))
		return false;
	if (negative)
		*ret = -*ret;
	return true;
}
