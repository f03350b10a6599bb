/* Integers with Go's base prefixes, float literals, and the conversions between seconds and nanoseconds. */
#include "promql/number.h"

#include <math.h>

#include "common/f64.h"
#include "promql/quote.h"

static bool is_hex_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'f';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Underscores stand between digits, or between the prefix and a digit. */
static bool underscores_ok(struct sv text, size_t prefix)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '_')
			continue;
		bool before = i > 0 && (is_digit(text.ptr[i - 1]) || i == prefix ||
					       is_hex_letter(text.ptr[i - 1]));
		bool after = i + 1 < text.len &&
			     (is_digit(text.ptr[i + 1]) || is_hex_letter(text.ptr[i + 1]));

		if (!before || !after)
			return false;
	}
	return true;
}

static unsigned base_of(struct sv text, size_t *ret_prefix)
{
	*ret_prefix = 0;
	if (text.len < 2 || text.ptr[0] != '0')
		return 10;
	*ret_prefix = 2;
	switch (text.ptr[1] | 32) {
	case 'x':
		return 16;
	case 'o':
		return 8;
	case 'b':
		return 2;
	default:
		*ret_prefix = 1;
		return 8;
	}
}

bool number_parse_u64(struct sv text, uint64_t *ret)
{
	size_t prefix;
	unsigned base = base_of(text, &prefix);
	uint64_t value = 0;
	bool any = prefix == 1;

	if (!underscores_ok(text, prefix))
		return false;
	for (size_t i = prefix; i < text.len; i++) {
		char c = text.ptr[i];
		unsigned digit = is_digit(c)	    ? (unsigned)(c - '0')
				 : is_hex_letter(c) ? (unsigned)((c | 32) - 'a') + 10
						    : 99;

		if (c == '_')
			continue;
		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return false;
		any = true;
	}
	*ret = value;
	return any;
}

bool number_parse_i64(struct sv text, int64_t *ret)
{
	bool negative = text.len && text.ptr[0] == '-';
	bool sign = negative || (text.len && text.ptr[0] == '+');
	uint64_t magnitude;

	if (!number_parse_u64(sv_skip(text, sign), &magnitude) ||
		magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

/* Up to 15 digits with at most one point: exact by one division. */
static bool parse_plain(struct sv text, double *ret)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15 };
	uint64_t value = 0;
	size_t decimals = 0;
	bool point = false;

	if (text.len > 15 || (text.len > 1 && text.ptr[0] == '0' && text.ptr[1] != '.'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '.' && !point) {
			point = true;
		} else if (is_digit(text.ptr[i])) {
			value = value * 10 + (uint64_t)(text.ptr[i] - '0');
			decimals += point;
		} else {
			return false;
		}
	}
	*ret = (double)value / powers[decimals];
	return true;
}

enum error_kind number_parse_literal(struct sv text, double *ret, struct error *err)
{
	int64_t integer;
	struct buf quoted;
	enum f64_status status;

	if (parse_plain(text, ret))
		return ERR_OK;
	if (number_parse_i64(text, &integer)) {
		*ret = (double)integer;
		return ERR_OK;
	}
	*ret = 0;
	status = f64_parse(text, ret);
	if (status == F64_OK)
		return ERR_OK;
	buf_init(&quoted, ERROR_TEXT_MAX);
	quote_print(&quoted, text);
	if (quoted.failed == ERR_NOMEM)
		error_nomem(err);
	else
		error_set(err, ERR_INVALID, "strconv.ParseFloat: parsing %s: %s", buf_text(&quoted),
			status == F64_RANGE ? "value out of range" : "invalid syntax");
	buf_done(&quoted);
	return err->kind;
}

void number_print(struct buf *out, double value)
{
	f64_print_go_f(out, value);
}

void number_print_sample(struct buf *out, double value)
{
	double magnitude = fabs(value);
	bool exponent = magnitude > 0 && (magnitude < 1e-6 || magnitude >= 1e21) && isfinite(value);

	/* Within these bounds Go's 'g' has an exponent too, of two digits at least. */
	if (exponent)
		f64_print_go_g(out, value);
	else
		f64_print_go_f(out, value);
}

int64_t number_seconds_to_ns(double seconds)
{
	double ns = round(seconds * 1e9);

	return ns >= -0x1p63 && ns < 0x1p63 ? (int64_t)ns : INT64_MIN;
}

double number_ns_to_seconds(int64_t ns)
{
	return (double)(ns / 1000000000) + (double)(ns % 1000000000) / 1e9;
}
