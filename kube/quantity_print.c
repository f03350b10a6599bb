/* Quantity -> canonical text: a mantissa without factors of ten (or 1024), an exponent that has a suffix. Pure. A text that was
 * canonical when it was read is written back as it was. */
#include "kube/quantity_forms.h"

static const quantity_i128 KIBI = 1024;

/* The exponent the reference keeps is 32 bits wide and wraps. */
static int32_t as_i32(int64_t exponent)
{
	return (int32_t)(uint32_t)(uint64_t)exponent;
}

static void put_suffix(struct buf *out, int32_t exponent, bool exponent_format)
{
	static const struct {
		int32_t exponent;
		char suffix;
	} letters[] = { { -9, 'n' }, { -6, 'u' }, { -3, 'm' }, { 3, 'k' }, { 6, 'M' }, { 9, 'G' },
		{ 12, 'T' }, { 15, 'P' }, { 18, 'E' } };

	if (exponent == 0)
		return;
	if (exponent_format) {
		buf_put_char(out, 'e');
		buf_put_i64(out, exponent);
		return;
	}
	/* From 10^21 on there is no letter, and the reference loses the power. */
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (letters[i].exponent == exponent)
			buf_put_char(out, letters[i].suffix);
	}
}

static void print_decimal(struct buf *out, const struct quantity *q, bool exponent_format)
{
	struct quantity_digits d;

	quantity_forms_digits(q, &d);
	int32_t exponent = as_i32(d.exponent);
	if (d.sign < 0)
		buf_put_char(out, '-');
	for (size_t i = 0; i < d.n; i++)
		buf_put_char(out, quantity_forms_digit(&d, i));
	/* Down to a multiple of three. C's remainder has the sign of the exponent, as Go's has. */
	int32_t over = (exponent % 3 + 3) % 3;
	for (int32_t i = 0; i < over; i++)
		buf_put_char(out, '0');
	put_suffix(out, as_i32((int64_t)exponent - over), exponent_format);
}

/* The whole number that a binary format shows; false when the value has a fraction or stays below 1Ki. A binary value is never huge and its
 * scale never above 0: text is capped, and sums take the finer scale. */
static bool whole_units(const struct quantity *q, quantity_i128 *ret)
{
	quantity_i128 value = q->form == QUANTITY_SMALL ? q->small : q->large;

	for (int32_t k = q->scale; k < 0; k++) {
		if (value % 10 != 0)
			return false;
		value /= 10;
	}
	*ret = value;
	return value >= KIBI || value <= -KIBI;
}

static void print_binary(struct buf *out, quantity_i128 units)
{
	struct quantity whole = { .form = QUANTITY_LARGE };
	struct quantity_digits d;
	size_t power = 0;

	while (units % KIBI == 0) {
		units /= KIBI;
		power++;
	}
	whole.large = units;
	quantity_forms_digits(&whole, &d);
	if (d.sign < 0)
		buf_put_char(out, '-');
	for (size_t i = 0; i < d.n; i++)
		buf_put_char(out, quantity_forms_digit(&d, i));
	for (int64_t i = 0; i < d.exponent; i++)
		buf_put_char(out, '0');
	static const char letters[] = " KMGTPE";
	/* Beyond Ei, where only sums get, the reference loses the power. */
	if (power > 0 && power < sizeof(letters) - 1) {
		buf_put_char(out, letters[power]);
		buf_put_char(out, 'i');
	}
}

void quantity_print(struct buf *out, const struct quantity *q)
{
	quantity_i128 units;

	if (quantity_sign(q) == 0)
		buf_put_char(out, '0');
	else if (q->keeps_text)
		buf_put_sv(out, q->text);
	else if (q->format == QUANTITY_BINARY_SI && whole_units(q, &units))
		print_binary(out, units);
	else
		print_decimal(out, q, q->format == QUANTITY_DECIMAL_EXPONENT);
}
