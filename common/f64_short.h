#pragma once
/* The short way for the numbers that are common: decimals of up to 19 digits and a small exponent. */
#include "common/mem.h"
#include "common/sv.h"

/* [+-]digits[.digits][e[+-]digits] rounded to nearest even, as f64_parse does. False: the number is not of this kind (or no number at
 * all); *ret is untouched. */
MUST_USE bool f64_parse_short(struct sv text, double *ret);
