/* Quantity -> numbers, order, sum. Pure. The int64 results wrap, become zero or end up one too high exactly where the reference's
 * do; quantity_milli_checked is for callers that must not act on such a number. */
#include <math.h>

#include "common/f64.h"
#include "kube/quantity_forms.h"

static const int64_t POWERS[-QUANTITY_FINEST + 1] = {
	1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000,
};

static int64_t wrapping_mul(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int32_t wrapping_sub_i32(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a - (uint32_t)b);
}

/* value * 10^k. The reference multiplies by a constant for some k, where an overflow keeps the low bits, and in steps of ten
 * for the others, where it gives 0. */
static int64_t scale_up(int64_t value, int32_t k, bool *ret_exact)
{
	switch (k) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 6:
	case 9:
		*ret_exact = !__builtin_mul_overflow(value, POWERS[k], &value);
		return value;
	default:
		break;
	}
	*ret_exact = true;
	/* A k that wrapped below zero is no step at all. */
	for (int32_t i = 0; i < k && value != 0; i++) {
		if (__builtin_mul_overflow(value, INT64_C(10), &value)) {
			*ret_exact = false;
			return 0;
		}
	}
	return value;
}

/* value / 10^k, away from zero. */
static int64_t scale_down(int64_t value, int32_t k)
{
	bool inexact = false;
	int64_t rest = value;

	for (; k > 0 && rest != 0; k--) {
		inexact = inexact || rest % 10 != 0;
		rest /= 10;
	}
	if (!inexact)
		return rest;
	return value > 0 ? rest + 1 : rest - 1;
}

static int64_t small_scaled(const struct quantity *q, int32_t target)
{
	bool exact;

	if (q->scale >= target)
		return scale_up(q->small, wrapping_sub_i32(q->scale, target), &exact);
	return scale_down(q->small, target - q->scale);
}

/* The low 64 bits of the magnitude with the sign of the whole. */
static int64_t low_bits(quantity_i128 value)
{
	return (int64_t)(uint64_t)(value < 0 ? -(uint64_t)-value : (uint64_t)value);
}

/* large / 10^drop as the reference divides: below 2^63-1 (so for every negative) in int64 toward zero, above it downwards; one more when
 * something was cut. */
static int64_t large_divided(quantity_i128 value, int64_t divisor)
{
	if (value < INT64_MAX) {
		int64_t low = low_bits(value);
		return low / divisor + (low % divisor != 0);
	}
	return low_bits(value / divisor + (value % divisor != 0));
}

static int64_t large_scaled(const struct quantity *q, int32_t target)
{
	int64_t drop = (int64_t)target - q->scale;

	if (drop > 0)
		return large_divided(q->large, POWERS[drop]);
	/* The reference's factor is a double made an integer: INT64_MIN for all that is too large. */
	return wrapping_mul(
		low_bits(q->large), drop >= QUANTITY_FINEST ? POWERS[-drop] : INT64_MIN);
}

static int64_t huge_scaled(const struct quantity *q, int32_t target)
{
	unsigned drop = (unsigned)(target - QUANTITY_NANO);
	bool inexact;

	if (quantity_sign(q) > 0) {
		uint64_t low = quantity_forms_huge_low(q, drop, &inexact);
		return (int64_t)(low + inexact);
	}
	int64_t low = wrapping_mul(-1, (int64_t)quantity_forms_huge_low(q, 0, &inexact));
	return low / POWERS[drop] + (low % POWERS[drop] != 0);
}

static int64_t scaled(const struct quantity *q, int32_t target)
{
	if (q->form == QUANTITY_SMALL)
		return small_scaled(q, target);
	return q->form == QUANTITY_LARGE ? large_scaled(q, target) : huge_scaled(q, target);
}

int64_t quantity_milli(const struct quantity *q)
{
	return scaled(q, -3);
}

int64_t quantity_value(const struct quantity *q)
{
	return scaled(q, 0);
}

bool quantity_milli_checked(const struct quantity *q, int64_t *ret)
{
	quantity_i128 milli = q->form == QUANTITY_SMALL ? q->small : q->large;
	bool inexact = false;

	if (q->form == QUANTITY_HUGE)
		return false;
	int sign = quantity_sign(q);
	for (int64_t k = q->scale; k > -3 && milli != 0; k--) {
		if (__builtin_mul_overflow(milli, 10, &milli))
			return false;
	}
	for (int64_t k = q->scale; k < -3 && milli != 0; k++) {
		inexact = inexact || milli % 10 != 0;
		milli /= 10;
	}
	if (inexact)
		milli += sign;
	if (milli > INT64_MAX || milli < INT64_MIN)
		return false;
	*ret = (int64_t)milli;
	return true;
}

/* 10^n as Go's math.Pow10 makes it: one product or quotient of two table entries, which is not always the nearest double. */
static double power_of_ten(int32_t n)
{
	static const double ones[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25,
		1e26, 1e27, 1e28, 1e29, 1e30, 1e31 };
	static const double up[] = { 1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256,
		1e288 };

	if (n > 308)
		return (double)INFINITY;
	if (n >= 0)
		return up[n / 32] * ones[n % 32];
	/* No scale is below QUANTITY_FINEST. */
	return 1.0 / ones[-n];
}

/* The nano-units of a huge value as the nearest double. */
static double huge_units(const struct quantity *q)
{
	/* Digits beyond the largest double: 10^309 is infinite. */
	enum { MAX_DIGITS = 310 };
	struct quantity_digits d;
	char text[MAX_DIGITS + 32];
	size_t len = 0;
	double value = (double)INFINITY;

	quantity_forms_digits(q, &d);
	int64_t exponent = d.exponent - QUANTITY_NANO;
	if (exponent < MAX_DIGITS && d.n < MAX_DIGITS) {
		for (size_t i = 0; i < d.n; i++)
			text[len++] = quantity_forms_digit(&d, i);
		text[len++] = 'e';
		if (exponent >= 100)
			text[len++] = (char)('0' + exponent / 100);
		text[len++] = (char)('0' + exponent / 10 % 10);
		text[len++] = (char)('0' + exponent % 10);
		/* Digits and an exponent are always a number; too large a one stays infinite. */
		(void)!f64_parse(sv_from(text, len), &value);
	}
	return d.sign < 0 ? -value : value;
}

double quantity_approx(const struct quantity *q)
{
	int32_t scale = q->form == QUANTITY_HUGE ? QUANTITY_NANO : q->scale;
	double base;

	if (q->form == QUANTITY_SMALL)
		base = (double)q->small;
	else
		base = q->form == QUANTITY_LARGE ? (double)q->large : huge_units(q);
	return scale == 0 ? base : base * power_of_ten(scale);
}

int quantity_sign(const struct quantity *q)
{
	if (q->form == QUANTITY_SMALL)
		return (q->small > 0) - (q->small < 0);
	if (q->form == QUANTITY_LARGE)
		return (q->large > 0) - (q->large < 0);
	return q->text.ptr[0] == '-' ? -1 : 1;
}

static int cmp_magnitude(const struct quantity_digits *a, const struct quantity_digits *b)
{
	int64_t top_a = (int64_t)a->n + a->exponent, top_b = (int64_t)b->n + b->exponent;

	if (top_a != top_b)
		return top_a > top_b ? 1 : -1;
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		int order = quantity_forms_digit(a, i) - quantity_forms_digit(b, i);
		if (order != 0)
			return order;
	}
	return (a->n > b->n) - (a->n < b->n);
}

int quantity_cmp(const struct quantity *a, const struct quantity *b)
{
	struct quantity_digits x, y;

	if (a->form == QUANTITY_SMALL && b->form == QUANTITY_SMALL && a->scale == b->scale)
		return (a->small > b->small) - (a->small < b->small);
	quantity_forms_digits(a, &x);
	quantity_forms_digits(b, &y);
	if (x.sign != y.sign || x.sign == 0)
		return x.sign - y.sign;
	return x.sign * cmp_magnitude(&x, &y);
}

/* The sum as a small number, in the finer of both scales; false when the reference goes over to a large one. */
static bool add_small(const struct quantity *a, const struct quantity *b, struct quantity *ret)
{
	const struct quantity *coarse = a->scale > b->scale ? a : b;
	const struct quantity *fine = a->scale > b->scale ? b : a;
	bool exact;

	*ret = *(b->small == 0 ? a : b);
	if (a->small == 0 || b->small == 0)
		return true;
	int64_t up = scale_up(coarse->small, wrapping_sub_i32(coarse->scale, fine->scale), &exact);
	ret->scale = fine->scale;
	return exact && !__builtin_add_overflow(up, fine->small, &ret->small);
}

static bool to_scale(const struct quantity *q, int32_t scale, quantity_i128 *ret)
{
	*ret = q->form == QUANTITY_SMALL ? q->small : q->large;
	for (int64_t k = q->scale; k > scale && *ret != 0; k--) {
		if (__builtin_mul_overflow(*ret, 10, ret))
			return false;
	}
	return true;
}

bool quantity_add(const struct quantity *a, const struct quantity *b, struct quantity *ret)
{
	struct quantity sum = { .form = QUANTITY_SMALL };
	uint8_t format = quantity_sign(a) == 0 ? b->format : a->format;
	bool small = a->form == QUANTITY_SMALL && b->form == QUANTITY_SMALL;

	if (!small || !add_small(a, b, &sum)) {
		quantity_i128 x, y;
		sum.form = QUANTITY_LARGE;
		sum.scale = a->scale < b->scale ? a->scale : b->scale;
		if (a->form == QUANTITY_HUGE || b->form == QUANTITY_HUGE ||
			!to_scale(a, sum.scale, &x) || !to_scale(b, sum.scale, &y) ||
			__builtin_add_overflow(x, y, &sum.large))
			return false;
		sum.small = 0;
	}
	sum.format = format;
	sum.keeps_text = false;
	sum.text = SV_NULL;
	*ret = sum;
	return true;
}
