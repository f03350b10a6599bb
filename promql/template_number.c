/* Number constants of templates: Go's rules for integers of any base, floats, complex numbers and characters. */
#include "common/f64.h"
#include "promql/number.h"
#include "promql/template_tree.h"
#include "promql/unquote.h"

static enum error_kind bad_number(struct sv text, const char *what, struct error *err)
{
	struct buf quoted;

	buf_init(&quoted, 8 * TEMPLATE_MAX_BYTES);
	template_format_printf(&quoted, SV("%q"),
		&(struct template_value){ .kind = TEMPLATE_STRING, .text = text }, 1);
	error_set(err, ERR_INVALID, "%s: %s", what, buf_text(&quoted));
	buf_done(&quoted);
	return ERR_INVALID;
}

static enum error_kind parse_char(struct sv text, struct template_number *ret, struct error *err)
{
	uint32_t rune;
	bool is_byte;
	struct sv inside = sv_skip(text, 1);
	size_t n = unquote_go_char(inside, '\'', &rune, &is_byte);

	if (n == 0)
		return error_set(err, ERR_INVALID, "invalid syntax");
	if (!sv_is(sv_skip(inside, n), "'"))
		return error_set(
			err, ERR_INVALID, "malformed character constant: %.*s", SV_ARG(text));
	*ret = (struct template_number){ .is_int = true, .is_uint = true, .i = rune };
	return ERR_OK;
}

static void parse_integer(struct sv text, struct template_number *ret)
{
	bool negative = sv_has_prefix(text, SV("-"));
	struct sv digits = sv_skip(text, negative || sv_has_prefix(text, SV("+")));
	uint64_t value;

	if (!number_parse_u64(digits, &value))
		return;
	ret->is_uint = digits.len == text.len || value == 0;
	if (value <= (uint64_t)INT64_MAX + negative) {
		ret->is_int = true;
		ret->i = negative ? (int64_t)(0 - value) : (int64_t)value;
	}
}

/* Go's ParseFloat takes underscores only in hexadecimal numbers. */
static bool parse_float(struct sv text, double *ret)
{
	return f64_parse(text, ret) == F64_OK;
}

static bool has_float_mark(struct sv text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(".eEpP", text.ptr[i]))
			return true;
	return false;
}

/* "1+2i" and "2i": the imaginary part begins at the last sign that is not an exponent's. */
static bool parse_complex(struct sv text, struct template_number *ret)
{
	struct sv imag = sv_take(text, text.len - 1), real = SV("0");
	size_t cut = imag.len;

	for (size_t i = imag.len; i-- > 1;)
		if ((imag.ptr[i] == '+' || imag.ptr[i] == '-') && (imag.ptr[i - 1] | 32) != 'e' &&
			(imag.ptr[i - 1] | 32) != 'p') {
			cut = i;
			break;
		}
	if (cut < imag.len) {
		real = sv_take(imag, cut);
		imag = sv_skip(imag, cut);
	}
	ret->is_complex = true;
	return parse_float(real, &ret->f) && parse_float(imag, &ret->imag);
}

enum error_kind template_number_parse(
	struct template_item item, struct template_number *ret, struct error *err)
{
	struct sv text = item.text;
	struct template_number n = { 0 };

	if (item.kind == TEMPLATE_TOKEN_CHAR_CONSTANT)
		return parse_char(text, ret, err);
	if (text.len && text.ptr[text.len - 1] == 'i' && parse_complex(text, &n)) {
		*ret = n;
		return ERR_OK;
	}
	if (item.kind == TEMPLATE_TOKEN_COMPLEX)
		return error_set(err, ERR_INVALID, "syntax error scanning complex number");
	n = (struct template_number){ 0 };
	parse_integer(text, &n);
	if (!n.is_int && !n.is_uint) {
		if (!parse_float(text, &n.f))
			return bad_number(text, "illegal number syntax", err);
		if (!has_float_mark(text))
			return bad_number(text, "integer overflow", err);
		n.is_float = true;
	}
	*ret = n;
	return ERR_OK;
}
