/* Text <-> nanoseconds, in the words of Prometheus' common library. */
#include "promql/duration.h"

#include "promql/quote.h"

#define NS_PER_MS INT64_C(1000000)

static const struct unit {
	const char *name;
	int64_t ms;
	bool exact; /* printed only when nothing is left */
} UNITS[] = {
	{ "y", INT64_C(365) * 24 * 3600 * 1000, true },
	{ "w", 7 * 24 * 3600 * 1000, true },
	{ "d", 24 * 3600 * 1000, false },
	{ "h", 3600 * 1000, false },
	{ "m", 60 * 1000, false },
	{ "s", 1000, false },
	{ "ms", 1, false },
};

static enum error_kind fail(
	struct error *err, const char *what, struct sv text, const char *with, struct sv all)
{
	struct buf out;

	buf_init(&out, ERROR_TEXT_MAX);
	buf_put_str(&out, what);
	quote_print(&out, text);
	if (with) {
		buf_put_str(&out, with);
		quote_print(&out, all);
	}
	if (out.failed == ERR_NOMEM)
		error_nomem(err);
	else
		error_set(err, ERR_INVALID, "%s", buf_text(&out));
	buf_done(&out);
	return err->kind;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Number and unit at the start of the text; false: *err says what is wrong with `all`. */
static bool parse_part(
	struct sv *rest, struct sv all, uint64_t *ret_value, size_t *ret_unit, struct error *err)
{
	size_t n_digits = 0, n_unit, unit = 0;

	while (n_digits < rest->len && is_digit(rest->ptr[n_digits]))
		n_digits++;
	n_unit = n_digits;
	while (n_unit < rest->len && !is_digit(rest->ptr[n_unit]))
		n_unit++;
	struct sv name = sv_from(rest->ptr + n_digits, n_unit - n_digits);

	if (!sv_to_u64(sv_take(*rest, n_digits), ret_value) || !name.len)
		return !fail(err, "not a valid duration string: ", all, NULL, all);
	while (unit < ARRAY_LEN(UNITS) && !sv_is(name, UNITS[unit].name))
		unit++;
	if (unit == ARRAY_LEN(UNITS))
		return !fail(err, "unknown unit ", name, " in duration ", all);
	*ret_unit = unit;
	*rest = sv_skip(*rest, n_unit);
	return true;
}

enum error_kind duration_parse(struct sv text, int64_t *ret_ns, struct error *err)
{
	struct sv rest = text;
	uint64_t total = 0, value;
	size_t next_unit = 0, unit = 0;

	if (!text.len)
		return error_set(err, ERR_INVALID, "empty duration string");
	if (sv_is(text, "0"))
		rest = SV("");
	while (rest.len) {
		if (!parse_part(&rest, text, &value, &unit, err))
			return err->kind;
		if (unit < next_unit)
			return fail(err, "not a valid duration string: ", text, NULL, text);
		next_unit = unit + 1;
		uint64_t unit_ns = (uint64_t)(UNITS[unit].ms * NS_PER_MS);

		if (value > (UINT64_C(1) << 63) / unit_ns || (total += value * unit_ns) > INT64_MAX)
			return error_set(err, ERR_INVALID, "duration out of range");
	}
	*ret_ns = (int64_t)total;
	return ERR_OK;
}

void duration_print(struct buf *out, int64_t ns)
{
	int64_t ms = ns / NS_PER_MS;

	if (ms == 0) {
		buf_put_str(out, "0s");
		return;
	}
	if (ms < 0) {
		buf_put_char(out, '-');
		ms = -ms;
	}
	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		int64_t n = ms / UNITS[i].ms;

		if (n == 0 || (UNITS[i].exact && ms % UNITS[i].ms))
			continue;
		buf_put_i64(out, n);
		buf_put_str(out, UNITS[i].name);
		ms -= n * UNITS[i].ms;
	}
}
