/* Quantities: the canonical text reads back to the same text, comparing is consistent, sums are exact. */
#include "kube/quantity.h"
#include "tests/fuzz/fuzz.h"

static void print(struct buf *out, const struct quantity *q)
{
	buf_init(out, 1 << 24);
	quantity_print(out, q);
	REQUIRE(out->failed == ERR_OK);
}

/* The exponent of a canonical text is kept in 32 bits, as the reference does. No value is finer than nano-units, so this one wrapped. */
static bool exponent_wrapped(struct sv text)
{
	int64_t exponent;
	return sv_to_i64(sv_skip(text, sv_find(text, 'e') + 1), &exponent) && exponent < -9;
}

static void check_one(const struct quantity *q)
{
	struct quantity again, zero = quantity_from_milli(0, QUANTITY_DECIMAL_SI), sum;
	struct error err;
	struct buf first, second;
	int64_t milli;

	print(&first, q);
	REQUIRE(quantity_parse(buf_sv(&first), &again, &err) == ERR_OK);
	print(&second, &again);
	REQUIRE(sv_eq(buf_sv(&first), buf_sv(&second)) || exponent_wrapped(buf_sv(&first)));
	REQUIRE(quantity_cmp(q, q) == 0);
	REQUIRE(quantity_sign(q) == 0 || quantity_sign(q) == quantity_sign(&again));
	(void)quantity_value(q);
	(void)quantity_approx(q);
	if (quantity_milli_checked(q, &milli) && q->form == QUANTITY_SMALL)
		REQUIRE(quantity_milli(q) == milli);
	if (quantity_add(q, &zero, &sum))
		REQUIRE(quantity_cmp(q, &sum) == 0);
	buf_done(&first);
	buf_done(&second);
}

static void check_two(const struct quantity *a, const struct quantity *b)
{
	struct quantity sum, other;

	REQUIRE((quantity_cmp(a, b) > 0) == (quantity_cmp(b, a) < 0));
	if (!quantity_add(a, b, &sum))
		return;
	REQUIRE(quantity_add(b, a, &other) && quantity_cmp(&sum, &other) == 0);
	/* Scales further apart than 31 bits wrap, as the reference's do. */
	int64_t apart = (int64_t)a->scale - b->scale;
	if (apart > INT32_MAX || apart < -INT32_MAX)
		return;
	int sign = quantity_sign(b);
	REQUIRE((quantity_cmp(&sum, a) > 0) == (sign > 0) &&
		(quantity_cmp(&sum, a) < 0) == (sign < 0));
}

/* Two texts, separated by a blank. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest;
	bool found;
	struct sv text = sv_cut(sv_from((const char *)data, size), ' ', &rest, &found);
	struct quantity a, b;
	struct error err;

	bool ok = quantity_parse(text, &a, &err) == ERR_OK;
	if (ok)
		check_one(&a);
	if (found && quantity_parse_json(rest, &b, &err) == ERR_OK) {
		check_one(&b);
		if (ok)
			check_two(&a, &b);
	}
	return 0;
}
