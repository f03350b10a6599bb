#pragma once
/* Integer arithmetic as Go on amd64 does it (two's complement, wrapping), without undefined
 * behaviour in C; and the two ways to treat what leaves an integer's range: reproduce it, or refuse
 * it. Pure. */
#include <stdbool.h>
#include <stdint.h>

enum arith_mode {
	ARITH_SAFE,   /* a number that leaves its range makes the metric fail */
	ARITH_STRICT, /* it wraps or becomes INT_MIN, as the reference's does on amd64 */
};

int64_t arith_add(int64_t a, int64_t b);
int64_t arith_mul(int64_t a, int64_t b);
/* Truncated toward zero; b is not 0. INT64_MIN / -1 is INT64_MIN. */
int64_t arith_div(int64_t a, int64_t b);
int32_t arith_add32(int32_t a, int32_t b);
int32_t arith_sub32(int32_t a, int32_t b);
/* The low 32 bits. */
int32_t arith_low32(int64_t x);

/* Truncation to an integer. False where x is NaN or out of range and the mode is safe; strict: the
 * smallest integer. */
bool arith_to_i32(double x, enum arith_mode mode, int32_t *ret);
bool arith_to_i64(double x, enum arith_mode mode, int64_t *ret);
/* Truncation, clamped to the range; NaN is 0. */
int32_t arith_clamp_i32(double x);
int32_t arith_clamp32(int64_t x);
