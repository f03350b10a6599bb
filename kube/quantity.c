/* Text -> quantity. Pure. The text is scanned by hand, looser than Kubernetes documents and exactly as it accepts (`+`, `.`, `1.`
 * are numbers). A short number stays small (int64 times a power of ten); anything else is rounded away from zero to nano-units.
 * Does not copy the text: huge values and canonical texts are read from it again. */
#include "kube/quantity.h"

#include "common/jtree.h"
#include "kube/quantity_forms.h"

#define TEXT_BAD_FORM                                                                              \
	"quantities must match the regular expression "                                            \
	"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
#define TEXT_BAD_SUFFIX "unable to parse quantity's suffix"
#define TEXT_BAD_NUMBER "unable to parse numeric part of quantity"

/* Digits that are sure to fit int64. */
#define SMALL_DIGITS 18

#define NANO_PER_UNIT ((quantity_i128)1000000000)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Splits digits and suffix off; the suffix must use its letters, then one sign, then digits. */
static struct sv take_digits(struct sv *rest)
{
	size_t n = 0;
	while (n < rest->len && is_digit(rest->ptr[n]))
		n++;
	struct sv digits = sv_take(*rest, n);
	*rest = sv_skip(*rest, n);
	return digits;
}

static bool is_suffix_letter(char c)
{
	switch (c) {
	case 'e':
	case 'E':
	case 'i':
	case 'n':
	case 'u':
	case 'm':
	case 'k':
	case 'K':
	case 'M':
	case 'G':
	case 'T':
	case 'P':
		return true;
	default:
		return false;
	}
}

static bool is_suffix(struct sv s)
{
	size_t at = 0;
	while (at < s.len && is_suffix_letter(s.ptr[at]))
		at++;
	if (at < s.len && (s.ptr[at] == '-' || s.ptr[at] == '+'))
		at++;
	while (at < s.len && is_digit(s.ptr[at]))
		at++;
	return at == s.len;
}

static bool decimal_suffix(char letter, int32_t *ret_exponent)
{
	switch (letter) {
	case 'n':
		*ret_exponent = -9;
		return true;
	case 'u':
		*ret_exponent = -6;
		return true;
	case 'm':
		*ret_exponent = -3;
		return true;
	case 'k':
		*ret_exponent = 3;
		return true;
	case 'M':
		*ret_exponent = 6;
		return true;
	case 'G':
		*ret_exponent = 9;
		return true;
	case 'T':
		*ret_exponent = 12;
		return true;
	case 'P':
		*ret_exponent = 15;
		return true;
	case 'E':
		*ret_exponent = 18;
		return true;
	default:
		return false;
	}
}

static bool binary_suffix(char letter, int32_t *ret_exponent)
{
	const char *letters = "KMGTPE";
	for (int32_t i = 0; letters[i]; i++) {
		if (letters[i] == letter) {
			*ret_exponent = 10 * (i + 1);
			return true;
		}
	}
	return false;
}

/* A suffix that is not empty. */
static bool interpret_suffix(struct sv s, struct quantity_pieces *ret)
{
	int64_t exponent;

	if (s.len == 1)
		return decimal_suffix(s.ptr[0], &ret->exponent);
	if (s.len == 2 && s.ptr[1] == 'i') {
		ret->format = QUANTITY_BINARY_SI;
		return binary_suffix(s.ptr[0], &ret->exponent);
	}
	if ((s.ptr[0] != 'e' && s.ptr[0] != 'E') || !sv_to_i64(sv_skip(s, 1), &exponent))
		return false;
	/* The reference keeps the low 32 bits: 1e4294967299 is 1e3. */
	ret->format = QUANTITY_DECIMAL_EXPONENT;
	ret->exponent = (int32_t)(uint32_t)(uint64_t)exponent;
	return true;
}

enum quantity_shape quantity_forms_cut(struct sv text, struct quantity_pieces *ret)
{
	struct sv rest = text;

	*ret = (struct quantity_pieces){ .format = QUANTITY_DECIMAL_SI };
	if (text.len == 0)
		return QUANTITY_FORM_BAD;
	if (rest.ptr[0] == '-' || rest.ptr[0] == '+') {
		ret->negative = rest.ptr[0] == '-';
		rest = sv_skip(rest, 1);
	}
	while (rest.len > 0 && rest.ptr[0] == '0') {
		ret->has_digits = true;
		rest = sv_skip(rest, 1);
	}
	ret->num = take_digits(&rest);
	if (rest.len > 0 && rest.ptr[0] == '.') {
		rest = sv_skip(rest, 1);
		ret->den = take_digits(&rest);
	}
	if (ret->num.len > 0 || ret->den.len > 0)
		ret->has_digits = true;
	if (rest.len == 0)
		return QUANTITY_FORM_OK;
	if (!is_suffix(rest))
		return QUANTITY_FORM_BAD;
	return interpret_suffix(rest, ret) ? QUANTITY_FORM_OK : QUANTITY_FORM_BAD_SUFFIX;
}

/* The number of digits as the reference counts them: an empty num is "0". */
static size_t num_len(const struct quantity_pieces *p)
{
	return p->num.len > 0 ? p->num.len : 1;
}

/* Whether the digits of num and den as one word look canonical: no leading 0, no 000 at the end. */
static bool looks_canonical(const struct quantity_pieces *p, int64_t digits)
{
	return p->num.len > 0 && digits % 1000 != 0;
}

static int64_t digits_value(const struct quantity_pieces *p)
{
	int64_t value = 0;
	for (size_t i = 0; i < p->num.len; i++)
		value = value * 10 + (p->num.ptr[i] - '0');
	for (size_t i = 0; i < p->den.len; i++)
		value = value * 10 + (p->den.ptr[i] - '0');
	return value;
}

static bool parse_small_decimal(const struct quantity_pieces *p, struct quantity *ret)
{
	if (num_len(p) + p->den.len > SMALL_DIGITS)
		return false;
	int32_t scale = (int32_t)((uint32_t)p->exponent - (uint32_t)p->den.len);
	if (scale < QUANTITY_NANO)
		return false;
	int64_t value = digits_value(p);
	ret->scale = scale;
	ret->keeps_text = scale % 3 == 0 && looks_canonical(p, value);
	ret->small = p->negative ? -value : value;
	return true;
}

/* The bound on the digits is the reference's own estimate. It also keeps the product within int64. */
static bool parse_small_binary(const struct quantity_pieces *p, struct quantity *ret)
{
	size_t max_digits = (size_t)(14 - p->exponent * 3 / 10);

	if (p->den.len > 0 || p->exponent > 40 || num_len(p) > max_digits)
		return false;
	int64_t value = digits_value(p);
	ret->keeps_text = (value & 7) != 0;
	ret->small = (p->negative ? -value : value) * (INT64_C(1) << p->exponent);
	return true;
}

/* digit at position i of num and den as one word */
static unsigned digit_at(const struct quantity_pieces *p, size_t i)
{
	return (unsigned)((i < p->num.len ? p->num.ptr[i] : p->den.ptr[i - p->num.len]) - '0');
}

static bool times_ten_plus(quantity_i128 *value, unsigned digit)
{
	return !__builtin_mul_overflow(*value, 10, value) &&
	       !__builtin_add_overflow(*value, (quantity_i128)digit, value);
}

/* A zero is not made nano-units: its power shows in quantity_approx and in sums. */
static void keep_zero_scale(struct quantity *q, int64_t scale)
{
	q->scale = scale > QUANTITY_FINEST ? (int32_t)scale : QUANTITY_FINEST;
}

/* Nano-units, rounded away from zero; more than 128 bits make it huge. */
static void parse_large_decimal(const struct quantity_pieces *p, struct quantity *ret)
{
	size_t n = p->num.len + p->den.len;
	int64_t shift = (int64_t)p->exponent - (int64_t)p->den.len - QUANTITY_NANO;
	size_t n_kept = n;
	quantity_i128 value = 0;
	bool cut = false;

	if (shift < 0)
		n_kept = (uint64_t)-shift < n ? n - (size_t)-shift : 0;
	for (size_t i = n_kept; i < n; i++)
		cut = cut || digit_at(p, i) != 0;
	bool fits = true;
	for (size_t i = 0; i < n_kept && fits; i++)
		fits = times_ten_plus(&value, digit_at(p, i));
	for (; value != 0 && shift > 0 && fits; shift--)
		fits = times_ten_plus(&value, 0);
	if (fits && cut)
		fits = !__builtin_add_overflow(value, 1, &value);
	if (!fits)
		ret->form = QUANTITY_HUGE;
	else if (value != 0)
		ret->large = p->negative ? -value : value;
	else
		keep_zero_scale(ret, (int64_t)p->exponent - (int64_t)p->den.len);
}

/* ceil(0.DIGITS * 2^exponent) for any number of digits: long multiplication from the last digit, carrying whole parts. */
static quantity_i128 fraction_times_power(struct sv digits, int32_t exponent)
{
	quantity_i128 whole = 0;
	bool inexact = false;

	for (size_t i = digits.len; i-- > 0;) {
		whole += (quantity_i128)(digits.ptr[i] - '0') << exponent;
		inexact = inexact || whole % 10 != 0;
		whole /= 10;
	}
	return whole + inexact;
}

/* Nano-units of num.den * 2^exponent, rounded up; false when that is more than INT64_MAX units. */
static bool binary_nano(const struct quantity_pieces *p, quantity_i128 *ret)
{
	quantity_i128 units = 0;
	for (size_t i = 0; i < p->num.len && units <= INT64_MAX; i++)
		units = units * 10 + (p->num.ptr[i] - '0');
	if (units > INT64_MAX >> p->exponent)
		return false;
	units <<= p->exponent;
	/* The first nine decimals are nano-units themselves, the others parts of one. */
	quantity_i128 nano = 0;
	for (size_t i = 0; i < (size_t)-QUANTITY_NANO; i++)
		nano = nano * 10 + (i < p->den.len ? p->den.ptr[i] - '0' : 0);
	nano <<= p->exponent;
	nano += fraction_times_power(sv_skip(p->den, (size_t)-QUANTITY_NANO), p->exponent);
	*ret = units * NANO_PER_UNIT + nano;
	return *ret <= INT64_MAX * NANO_PER_UNIT;
}

/* Binary magnitudes are capped at INT64_MAX, which the reference then counts in units and not in nano-units. */
static void parse_large_binary(const struct quantity_pieces *p, struct quantity *ret)
{
	quantity_i128 value;

	if (!binary_nano(p, &value)) {
		value = INT64_MAX;
		ret->scale = 0;
	} else if (value == 0) {
		keep_zero_scale(ret, -(int64_t)p->den.len);
	} else if (value < NANO_PER_UNIT) {
		ret->format = QUANTITY_DECIMAL_SI;
	}
	ret->large = p->negative ? -value : value;
}

enum error_kind quantity_parse(struct sv text, struct quantity *ret, struct error *err)
{
	struct quantity_pieces p;

	enum quantity_shape shape = quantity_forms_cut(text, &p);
	if (shape == QUANTITY_FORM_BAD)
		return error_set(err, ERR_INVALID, "%s", TEXT_BAD_FORM);
	if (shape == QUANTITY_FORM_BAD_SUFFIX)
		return error_set(err, ERR_INVALID, "%s", TEXT_BAD_SUFFIX);
	struct quantity q = { .form = QUANTITY_SMALL, .format = (uint8_t)p.format, .text = text };
	bool binary = p.format == QUANTITY_BINARY_SI;
	if (!(binary ? parse_small_binary(&p, &q) : parse_small_decimal(&p, &q))) {
		if (!p.has_digits)
			return error_set(err, ERR_INVALID, "%s", TEXT_BAD_NUMBER);
		q.form = QUANTITY_LARGE;
		q.scale = QUANTITY_NANO;
		if (binary)
			parse_large_binary(&p, &q);
		else
			parse_large_decimal(&p, &q);
	}
	*ret = q;
	return ERR_OK;
}

/* Blanks that Go trims and that can stand in a JSON string unescaped; the reference trims before it decodes escapes, so a tab
 * is part of the text. */
static const struct sv BLANKS[] = {
	SV(" "),
	SV("\xc2\x85"),
	SV("\xc2\xa0"),
	SV("\xe1\x9a\x80"),
	SV("\xe2\x80\x80"),
	SV("\xe2\x80\x81"),
	SV("\xe2\x80\x82"),
	SV("\xe2\x80\x83"),
	SV("\xe2\x80\x84"),
	SV("\xe2\x80\x85"),
	SV("\xe2\x80\x86"),
	SV("\xe2\x80\x87"),
	SV("\xe2\x80\x88"),
	SV("\xe2\x80\x89"),
	SV("\xe2\x80\x8a"),
	SV("\xe2\x80\xa8"),
	SV("\xe2\x80\xa9"),
	SV("\xe2\x80\xaf"),
	SV("\xe2\x81\x9f"),
	SV("\xe3\x80\x80"),
};

static bool trim_one(struct sv *s)
{
	for (size_t i = 0; i < ARRAY_LEN(BLANKS); i++) {
		if (sv_has_prefix(*s, BLANKS[i])) {
			*s = sv_skip(*s, BLANKS[i].len);
			return true;
		}
		if (sv_has_suffix(*s, BLANKS[i])) {
			s->len -= BLANKS[i].len;
			return true;
		}
	}
	return false;
}

enum error_kind quantity_parse_json(struct sv inside, struct quantity *ret, struct error *err)
{
	/* Almost every text begins and ends with an ASCII letter or digit. */
	if (inside.len > 0 && inside.ptr[0] > ' ' && inside.ptr[inside.len - 1] > ' ')
		return quantity_parse(inside, ret, err);
	while (trim_one(&inside))
		;
	return quantity_parse(inside, ret, err);
}

enum error_kind quantity_decode(const struct jtree *t, struct quantity *ret, struct error *err)
{
	if (jtree_is_absent(t)) {
		*ret = (struct quantity){ .form = QUANTITY_SMALL };
		return ERR_OK;
	}
	if (t->kind != JTREE_STRING && t->kind != JTREE_NUMBER)
		return error_set(err, ERR_INVALID, "%s", TEXT_BAD_FORM);
	return quantity_parse_json(t->text, ret, err);
}

struct quantity quantity_from_milli(int64_t milli, enum quantity_format format)
{
	return (struct quantity){
		.form = QUANTITY_SMALL,
		.small = milli,
		.scale = -3,
		.format = (uint8_t)format,
	};
}

const char *quantity_format_name(enum quantity_format format)
{
	switch (format) {
	case QUANTITY_DECIMAL_SI:
		return "DecimalSI";
	case QUANTITY_BINARY_SI:
		return "BinarySI";
	case QUANTITY_DECIMAL_EXPONENT:
		return "DecimalExponent";
	}
	return "unknown";
}
