#pragma once
/* Kubernetes quantities ("250m", "1Gi", "12e6"): a value type without memory of its own. Arithmetic follows the reference bit
 * for bit, wrapping included; the `_checked` forms are for callers that must not act on a wrapped number. */
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct jtree;

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

/* How the value is held. The reference overflows differently for small and large ones, so the form is part of the value. */
enum quantity_form {
	QUANTITY_SMALL, /* small * 10^scale */
	QUANTITY_LARGE, /* large * 10^scale; from text the scale is -9 (nano-units) */
	QUANTITY_HUGE,	/* more nano-units than 128 bits hold: read from `text` each time */
};

struct quantity {
	__extension__ __int128 large;
	int64_t small;
	int32_t scale;
	uint8_t form;	 /* enum quantity_form */
	uint8_t format;	 /* enum quantity_format */
	bool keeps_text; /* `text` is the canonical text already */
	struct sv
		text; /* as parsed, borrowed: it must live as long as the quantity. Empty for computed values */
};

struct opt_quantity {
	bool set;
	struct quantity value;
};

static inline struct opt_quantity opt_quantity_of(struct quantity value)
{
	return (struct opt_quantity){ true, value };
}

/* Whole view as a quantity; blanks are errors. The result borrows `text`.
 * errors: INVALID with the reference's text. Cost: about 20 ns for `250m`. */
MUST_USE enum error_kind quantity_parse(struct sv text, struct quantity *ret, struct error *err);
/* A JSON value: a string (outer blanks trimmed as Go does) or a number's text; null is zero. */
MUST_USE enum error_kind quantity_decode(
	const struct jtree *t, struct quantity *ret, struct error *err);
/* The inside of a JSON string, or a JSON number: trimmed, then as quantity_parse. */
MUST_USE enum error_kind quantity_parse_json(
	struct sv inside, struct quantity *ret, struct error *err);

/* milli * 10^-3, as the controller makes its own values. */
struct quantity quantity_from_milli(int64_t milli, enum quantity_format format);

/* Canonical text. */
void quantity_print(struct buf *out, const struct quantity *q);
/* "DecimalSI", "BinarySI", "DecimalExponent". */
const char *quantity_format_name(enum quantity_format format);

/* Thousandths and units as the reference computes them: rounded away from zero, wrapped or zeroed on overflow. */
int64_t quantity_milli(const struct quantity *q);
int64_t quantity_value(const struct quantity *q);
/* Thousandths, rounded away from zero; false (and *ret untouched) where they leave int64. */
MUST_USE bool quantity_milli_checked(const struct quantity *q, int64_t *ret);
/* The reference's approximate double: mantissa times a power of ten; infinities are possible. */
double quantity_approx(const struct quantity *q);
/* -1, 0, 1. */
int quantity_sign(const struct quantity *q);
/* By value, exactly: negative, 0, positive. Form and format do not matter. */
int quantity_cmp(const struct quantity *a, const struct quantity *b);
/* Exact sum in the format the reference gives it; false where 128 bits do not hold it (values no workload has). Powers of ten further apart
 * than 31 bits wrap as the reference's do, and the sum is then none. */
MUST_USE bool quantity_add(
	const struct quantity *a, const struct quantity *b, struct quantity *ret);
