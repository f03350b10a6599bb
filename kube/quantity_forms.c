/* Values as runs of decimal digits: one view for small, large and huge quantities, which comparing and printing share. Pure. */
#include "kube/quantity_forms.h"

#include <string.h>

char quantity_forms_digit(const struct quantity_digits *d, size_t i)
{
	char digit = i < d->head.len ? d->head.ptr[i] : d->tail.ptr[i - d->head.len];
	return (char)(digit + (d->bump && i + 1 == d->n));
}

static char raw_digit(const struct quantity_digits *d, size_t i)
{
	return i < d->head.len ? d->head.ptr[i] : d->tail.ptr[i - d->head.len];
}

/* Drops `c` digits at the end: zeros, or nines under a carry. */
static void drop_trailing(struct quantity_digits *d, char c)
{
	while (d->n > 0 && raw_digit(d, d->n - 1) == c) {
		d->n--;
		d->exponent++;
	}
}

static void set_one(struct quantity_digits *d)
{
	d->own[0] = '1';
	d->head = sv_from(d->own, 1);
	d->tail = SV_NULL;
	d->n = 1;
	d->bump = false;
}

/* Only behind the point: those before it are cut off the text. A huge value has other digits. */
static void skip_leading_zeros(struct quantity_digits *d)
{
	while (d->head.len == 0 && d->tail.ptr[0] == '0') {
		d->tail = sv_skip(d->tail, 1);
		d->n--;
	}
}

/* The text's digits, cut to nano-units. */
static void huge_digits(const struct quantity *q, struct quantity_digits *d)
{
	struct quantity_pieces p;

	(void)quantity_forms_cut(q->text, &p);
	d->sign = p.negative ? -1 : 1;
	d->head = p.num;
	d->tail = p.den;
	d->n = p.num.len + p.den.len;
	d->exponent = (int64_t)p.exponent - (int64_t)p.den.len;
	size_t n_cut = d->exponent < QUANTITY_NANO ? (size_t)(QUANTITY_NANO - d->exponent) : 0;
	for (size_t i = d->n - n_cut; i < d->n; i++)
		d->bump = d->bump || raw_digit(d, i) != '0';
	d->n -= n_cut;
	d->exponent += (int64_t)n_cut;
	skip_leading_zeros(d);
}

static void number_digits(quantity_i128 value, int32_t scale, struct quantity_digits *d)
{
	__extension__ unsigned __int128 rest =
		value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
	size_t at = sizeof(d->own);

	d->sign = (value > 0) - (value < 0);
	for (; rest > 0; rest /= 10)
		d->own[--at] = (char)('0' + (int)(rest % 10));
	d->n = sizeof(d->own) - at;
	d->head = sv_from(d->own + at, d->n);
	d->exponent = scale;
}

void quantity_forms_digits(const struct quantity *q, struct quantity_digits *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (q->form == QUANTITY_HUGE)
		huge_digits(q, ret);
	else
		number_digits(q->form == QUANTITY_SMALL ? q->small : q->large, q->scale, ret);
	drop_trailing(ret, ret->bump ? '9' : '0');
	if (ret->bump && ret->n == 0)
		set_one(ret);
}

uint64_t quantity_forms_huge_low(const struct quantity *q, unsigned drop, bool *ret_inexact)
{
	struct quantity_digits d;

	quantity_forms_digits(q, &d);
	/* Digits at 10^(drop-9) and above are kept. */
	int64_t n_cut = (int64_t)drop + QUANTITY_NANO - d.exponent;
	size_t n_kept = d.n - (n_cut > 0 ? (size_t)n_cut : 0);
	uint64_t low = 0;
	for (size_t i = 0; i < n_kept; i++)
		low = low * 10 + (uint64_t)(quantity_forms_digit(&d, i) - '0');
	/* 10^64 has 64 factors of two: nothing is left in the low 64 bits. */
	if (n_cut < -64)
		low = 0;
	for (; n_cut < 0 && low != 0; n_cut++)
		low *= 10;
	*ret_inexact = n_cut > 0;
	return low;
}
