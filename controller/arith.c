/* Wrapping integers and range-checked conversions; see the header. Everything the calculator and
 * the limits compute on integers goes through here, so that no overflow is left to the compiler. */
#include "controller/arith.h"

#include <math.h>
#include <string.h>

static int64_t from_bits(uint64_t bits)
{
	int64_t x;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

int64_t arith_add(int64_t a, int64_t b)
{
	return from_bits((uint64_t)a + (uint64_t)b);
}

int64_t arith_mul(int64_t a, int64_t b)
{
	return from_bits((uint64_t)a * (uint64_t)b);
}

int64_t arith_div(int64_t a, int64_t b)
{
	if (b == -1)
		return from_bits(0 - (uint64_t)a);
	return a / b;
}

int32_t arith_low32(int64_t x)
{
	uint32_t bits = (uint32_t)((uint64_t)x & UINT32_MAX);
	int32_t low;
	memcpy(&low, &bits, sizeof(low));
	return low;
}

int32_t arith_add32(int32_t a, int32_t b)
{
	return arith_low32((int64_t)a + b);
}

int32_t arith_sub32(int32_t a, int32_t b)
{
	return arith_low32((int64_t)a - b);
}

/* Both bounds are exact doubles; NaN fails both comparisons. */
static bool within_i32(double x)
{
	return x > -2147483649.0 && x < 2147483648.0;
}

bool arith_to_i32(double x, enum arith_mode mode, int32_t *ret)
{
	if (within_i32(x)) {
		*ret = (int32_t)x;
		return true;
	}
	if (mode == ARITH_SAFE)
		return false;
	*ret = INT32_MIN;
	return true;
}

bool arith_to_i64(double x, enum arith_mode mode, int64_t *ret)
{
	if (x >= -9223372036854775808.0 && x < 9223372036854775808.0) {
		*ret = (int64_t)x;
		return true;
	}
	if (mode == ARITH_SAFE)
		return false;
	*ret = INT64_MIN;
	return true;
}

int32_t arith_clamp_i32(double x)
{
	if (within_i32(x))
		return (int32_t)x;
	if (isnan(x))
		return 0;
	return x < 0 ? INT32_MIN : INT32_MAX;
}

int32_t arith_clamp32(int64_t x)
{
	if (x > INT32_MAX)
		return INT32_MAX;
	return x < INT32_MIN ? INT32_MIN : (int32_t)x;
}
