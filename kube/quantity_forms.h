#pragma once
/* What the quantity_*.c files share: the pieces of a text, and any value as a run of decimal digits. Private to them. */
#include <stddef.h>

#include "kube/quantity.h"

/* 10^-9, the finest unit that a value read from text keeps. */
#define QUANTITY_NANO (-9)
/* The finest unit that a zero remembers; nobody writes more decimals of nothing, and 10^18 still fits int64. */
#define QUANTITY_FINEST (-18)
/* Most decimal digits of a signed 128-bit number. */
#define QUANTITY_I128_DIGITS 39

__extension__ typedef __int128 quantity_i128;

enum quantity_shape { QUANTITY_FORM_OK, QUANTITY_FORM_BAD, QUANTITY_FORM_BAD_SUFFIX };

/* A text cut into its pieces; the views point into it. */
struct quantity_pieces {
	bool negative;
	bool has_digits; /* any digit at all, leading zeros included */
	struct sv num,
		den; /* digits before (without leading zeros, may be empty) and behind the point */
	int32_t exponent; /* of two or ten, by format */
	enum quantity_format format;
};

enum quantity_shape quantity_forms_cut(struct sv text, struct quantity_pieces *ret);

/* sign * DIGITS * 10^exponent, the digits without zeros at either end. Points into the quantity's text or into `own`: not to be copied. */
struct quantity_digits {
	int sign;
	struct sv head, tail; /* where digit 0..n-1 come from, one behind the other */
	size_t n;
	bool bump; /* the last digit counts one more (rounded away from zero) */
	int64_t exponent;
	char own[QUANTITY_I128_DIGITS];
};

void quantity_forms_digits(const struct quantity *q, struct quantity_digits *ret);
/* '0'..'9' */
char quantity_forms_digit(const struct quantity_digits *d, size_t i);
/* |q| in nano-units, floor-divided by 10^drop (0..9), its low 64 bits; *ret_inexact: something was cut. Only for QUANTITY_HUGE. */
uint64_t quantity_forms_huge_low(const struct quantity *q, unsigned drop, bool *ret_inexact);
