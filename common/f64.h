#pragma once
/* Doubles as text, exactly as Go reads and prints float64. The only file that may call strtod and
 * print a double's digits (the locale is never set, so both speak the C locale). */
#include "common/buf.h"
#include "common/sv.h"

enum f64_status {
	F64_OK,
	F64_SYNTAX, /* not a number at all */
	F64_RANGE,  /* beyond the largest double; *ret is an infinity */
};

/* Go's strconv.ParseFloat(text, 64) on the whole view: decimal, hexadecimal with p exponent, Inf,
 * Infinity and NaN in any case. Rounds to nearest even; too small becomes 0 (not an error). *ret is
 * untouched on F64_SYNTAX. */
MUST_USE enum f64_status f64_parse(struct sv text, double *ret);

/* Shortest text that reads back as the same double. NaN, +Inf, -Inf as Go spells them, -0 keeps its
 * sign. As strconv 'g', -1 and fmt %v print: with exponent below -4 or from 6. */
void f64_print_go_g(struct buf *out, double value);
/* As strconv 'f', -1: never an exponent. */
void f64_print_go_f(struct buf *out, double value);
/* As encoding/json: with exponent below 1e-6 or from 1e21. NaN and infinities, which JSON lacks:
 * null. */
void f64_print_json(struct buf *out, double value);
