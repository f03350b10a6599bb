/* One verb of Go's fmt over one value: text with flags, width and precision. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/f64.h"
#include "promql/quote.h"
#include "promql/template_format.h"

/* Longest number in front of padding: %f of the largest double with a large precision is cut by the output's own maximum. */
#define NUMBER_MAX_BYTES (2u * 1024 * 1024)

void template_verb_put_rune(struct buf *out, uint32_t rune)
{
	char utf8[4];

	buf_put(out, utf8, unicode_encode(utf8, rune));
}

static int count_runes(struct sv text)
{
	int n = 0;
	uint32_t rune;

	for (size_t i = 0; i < text.len; n++)
		i += unicode_decode(text.ptr + i, text.len - i, &rune);
	return n;
}

static void put_fill(struct buf *out, int n, char fill)
{
	for (; n > 0 && !out->failed; n--)
		buf_put_char(out, fill);
}

static void put_padded(struct buf *out, const struct template_verb *verb, struct sv text, bool zero)
{
	int fill = verb->has_width ? verb->width - count_runes(text) : 0;

	if (!verb->minus)
		put_fill(out, fill, zero ? '0' : ' ');
	buf_put_sv(out, text);
	if (verb->minus)
		put_fill(out, fill, ' ');
}

/* The same for what was printed on the side; its failure is that of out. */
static void put_padded_buf(
	struct buf *out, const struct template_verb *verb, const struct buf *text, bool zero)
{
	if (text->failed)
		out->failed = text->failed;
	put_padded(out, verb, buf_sv(text), zero);
}

static struct sv cut_to_precision(const struct template_verb *verb, struct sv text)
{
	size_t at = 0;
	uint32_t rune;

	if (!verb->has_precision)
		return text;
	for (int n = 0; n < verb->precision && at < text.len; n++)
		at += unicode_decode(text.ptr + at, text.len - at, &rune);
	return sv_take(text, at);
}

static void put_bad_verb(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	struct template_verb plain = *verb;

	plain.verb = 'v';
	buf_put_str(out, "%!");
	template_verb_put_rune(out, verb->verb);
	buf_put_char(out, '(');
	buf_put_str(out, template_value_type(v));
	if (v->kind != TEMPLATE_INVALID && v->kind != TEMPLATE_MISSING) {
		buf_put_char(out, '=');
		template_verb_print(out, &plain, v);
	}
	buf_put_char(out, ')');
}

static bool can_backquote(struct sv text)
{
	uint32_t rune;

	for (size_t i = 0; i < text.len;) {
		size_t n = unicode_decode(text.ptr + i, text.len - i, &rune);

		if ((n == 1 && rune == UNICODE_BAD) || rune == 0xFEFF ||
			(rune < ' ' && rune != '\t') || rune == '`' || rune == 0x7F)
			return false;
		i += n;
	}
	return true;
}

static void put_quoted(struct buf *out, const struct template_verb *verb, struct sv text)
{
	struct buf quoted;

	buf_init(&quoted, NUMBER_MAX_BYTES);
	text = cut_to_precision(verb, text);
	if (verb->sharp && can_backquote(text)) {
		buf_put_char(&quoted, '`');
		buf_put_sv(&quoted, text);
		buf_put_char(&quoted, '`');
	} else if (verb->plus) {
		quote_print_ascii(&quoted, text);
	} else {
		quote_print(&quoted, text);
	}
	put_padded_buf(out, verb, &quoted, verb->zero && !verb->minus);
	buf_done(&quoted);
}

/* %x of a text: the bytes in hexadecimal. */
static void put_hex_bytes(
	struct buf *out, const struct template_verb *verb, struct sv text, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEFX" : "0123456789abcdefx";
	struct template_verb plain = *verb;
	struct buf hex;

	buf_init(&hex, NUMBER_MAX_BYTES);
	if (verb->has_precision)
		text = sv_take(text, (size_t)verb->precision);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (i && verb->space)
			buf_put_char(&hex, ' ');
		if (verb->sharp && (i == 0 || verb->space)) {
			buf_put_char(&hex, '0');
			buf_put_char(&hex, digits[16]);
		}
		buf_put_char(&hex, digits[c >> 4]);
		buf_put_char(&hex, digits[c & 15]);
	}
	plain.minus = verb->minus && text.len;
	put_padded_buf(out, &plain, &hex, verb->zero && !verb->minus);
	buf_done(&hex);
}

static void put_text(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	switch (verb->verb) {
	case 'v':
		if (verb->sharp_v) {
			put_quoted(out, verb, v->text);
			break;
		}
		__attribute__((fallthrough));
	case 's':
		put_padded(out, verb, cut_to_precision(verb, v->text), verb->zero && !verb->minus);
		break;
	case 'q':
		put_quoted(out, verb, v->text);
		break;
	case 'x':
	case 'X':
		put_hex_bytes(out, verb, v->text, verb->verb == 'X');
		break;
	default:
		put_bad_verb(out, verb, v);
		break;
	}
}

static void put_sign(struct buf *out, const struct template_verb *verb, bool negative)
{
	if (negative)
		buf_put_char(out, '-');
	else if (verb->plus)
		buf_put_char(out, '+');
	else if (verb->space)
		buf_put_char(out, ' ');
}

/* What "#" and "O" put in front of the digits; an octal number has its zero already when it is padded. */
static void put_base(
	struct buf *out, const struct template_verb *verb, unsigned base, bool zero_in_front)
{
	if (verb->verb == 'O')
		buf_put_str(out, "0o");
	if (!verb->sharp)
		return;
	if (base == 16)
		buf_put_str(out, verb->verb == 'X' ? "0X" : "0x");
	else if (base == 2)
		buf_put_str(out, "0b");
	else if (base == 8 && !zero_in_front)
		buf_put_char(out, '0');
}

/* Digits at least. */
static int least_digits(const struct template_verb *verb, bool sign)
{
	if (verb->has_precision)
		return verb->precision;
	return verb->zero && !verb->minus && verb->has_width ? verb->width - sign : 0;
}

static void put_based(struct buf *out, const struct template_verb *verb, int64_t i, unsigned base)
{
	const char *digits = verb->verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	int precision = least_digits(verb, i < 0 || verb->plus || verb->space);
	char text[64];
	int n = 0;
	struct buf number;

	buf_init(&number, NUMBER_MAX_BYTES);
	if (!(verb->has_precision && verb->precision == 0 && u == 0)) {
		do
			text[n++] = digits[u % base];
		while ((u /= base) > 0);
		put_sign(&number, verb, i < 0);
		put_base(&number, verb, base, precision > n || text[n - 1] == '0');
		put_fill(&number, precision - n, '0');
		while (n > 0)
			buf_put_char(&number, text[--n]);
	}
	put_padded_buf(out, verb, &number, false);
	buf_done(&number);
}

static void put_unicode(struct buf *out, const struct template_verb *verb, int64_t i)
{
	struct buf text;

	buf_init(&text, NUMBER_MAX_BYTES);
	buf_printf(&text, "U+%0*llX",
		verb->has_precision && verb->precision > 4 ? verb->precision : 4,
		(unsigned long long)i);
	if (verb->sharp && i >= 0 && i <= UNICODE_MAX && unicode_is_print((uint32_t)i)) {
		buf_put_str(&text, " '");
		template_verb_put_rune(&text, (uint32_t)i);
		buf_put_char(&text, '\'');
	}
	put_padded_buf(out, verb, &text, false);
	buf_done(&text);
}

static void put_character(struct buf *out, const struct template_verb *verb, int64_t i)
{
	uint32_t rune = i < 0 || i > UNICODE_MAX ? UNICODE_BAD : (uint32_t)i;
	struct buf text;

	buf_init(&text, 64);
	if (verb->verb == 'c')
		template_verb_put_rune(&text, rune);
	else if (verb->plus && rune >= 0x80)
		buf_printf(&text, rune < 0x10000 ? "'\\u%04x'" : "'\\U%08x'", (unsigned)rune);
	else
		quote_print_rune(&text, rune);
	put_padded_buf(out, verb, &text, verb->zero && !verb->minus);
	buf_done(&text);
}

static void put_integer(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	struct template_verb hex = *verb;

	switch (verb->verb) {
	case 'v':
		hex.sharp = true;
		if (verb->sharp_v && v->kind == TEMPLATE_BYTE)
			put_based(out, &hex, v->i, 16);
		else
			put_based(out, verb, v->i, 10);
		break;
	case 'd':
		put_based(out, verb, v->i, 10);
		break;
	case 'b':
		put_based(out, verb, v->i, 2);
		break;
	case 'o':
	case 'O':
		put_based(out, verb, v->i, 8);
		break;
	case 'x':
	case 'X':
		put_based(out, verb, v->i, 16);
		break;
	case 'c':
	case 'q':
		put_character(out, verb, v->i);
		break;
	case 'U':
		put_unicode(out, verb, v->i);
		break;
	default:
		put_bad_verb(out, verb, v);
		break;
	}
}

/* A hexadecimal number as Go prints it: a one in front of the point (rounding may make C print a two), an exponent of two digits at
 * least. */
static void put_hex_float(struct buf *out, double magnitude, int precision, bool upper)
{
	AUTO(buf_done) struct buf text = { 0 };
	int exponent = 0;
	double fraction = magnitude > 0 ? frexp(magnitude, &exponent) * 2 : 0; /* 1 to 2 */

	buf_init(&text, NUMBER_MAX_BYTES);
	if (precision < 0)
		buf_printf(&text, "%a", fraction);
	else
		buf_printf(&text, "%.*a", precision, fraction);
	if (text.failed) {
		out->failed = text.failed;
		return;
	}
	text.len = sv_find(buf_sv(&text), 'p');
	exponent -= magnitude > 0;
	if (text.len > 2 && text.data[2] == '2') {
		text.data[2] = '1';
		exponent++;
	}
	buf_printf(&text, "p%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		buf_put_char(out, upper && c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
	}
}

/* 4503599627370496p-52. */
static void put_binary_float(struct buf *out, double magnitude)
{
	uint64_t bits;

	memcpy(&bits, &magnitude, sizeof(bits));
	uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
	int exponent = (int)(bits >> 52 & 0x7FF);

	if (exponent)
		mantissa |= UINT64_C(1) << 52;
	else
		exponent = 1;
	buf_put_u64(out, mantissa);
	buf_printf(out, "p%+d", exponent - 1075);
}

/* The exponent of a printed number, or its end. */
static size_t find_exponent(struct sv number, bool hex)
{
	for (size_t i = 0; i < number.len; i++) {
		char c = (char)(number.ptr[i] | 32);

		if (c == 'p' || (c == 'e' && !hex))
			return i;
	}
	return number.len;
}

/* What "#" does: a point in any case, and zeros up to `digits` digits (which the x of a hexadecimal number counts as one of). */
static void put_sharp(struct buf *out, struct sv number, bool hex, int digits)
{
	size_t end = find_exponent(number, hex);
	bool nonzero = false, point = false;

	for (size_t i = 0; i < end; i++) {
		point |= number.ptr[i] == '.';
		nonzero |= number.ptr[i] != '.' && number.ptr[i] != '0';
		digits -= nonzero && number.ptr[i] != '.';
	}
	buf_put_sv(out, sv_take(number, end));
	if (!point) {
		buf_put_char(out, '.');
		digits -= end == 1 && number.ptr[0] == '0';
	}
	put_fill(out, digits, '0');
	buf_put_sv(out, sv_skip(number, end));
}

/* %v, %g and %G. */
static void put_shortest(struct buf *out, const struct template_verb *verb, double magnitude)
{
	bool upper = verb->verb == 'G';

	if (verb->has_precision) {
		buf_printf(out, upper ? "%.*G" : "%.*g", verb->precision, magnitude);
		return;
	}
	f64_print_go_g(out, magnitude);
	for (size_t i = 0; upper && i < out->len; i++)
		if (out->data[i] == 'e')
			out->data[i] = 'E';
}

static void put_bare_magnitude(struct buf *out, const struct template_verb *verb, double magnitude)
{
	int decimals = verb->has_precision ? verb->precision : 6;

	switch (verb->verb) {
	case 'e':
		buf_printf(out, "%.*e", decimals, magnitude);
		break;
	case 'E':
		buf_printf(out, "%.*E", decimals, magnitude);
		break;
	case 'f':
	case 'F':
		buf_printf(out, "%.*f", decimals, magnitude);
		break;
	case 'x':
	case 'X':
		put_hex_float(out, magnitude, verb->has_precision ? verb->precision : -1,
			verb->verb == 'X');
		break;
	case 'b':
		put_binary_float(out, magnitude);
		break;
	default:
		put_shortest(out, verb, magnitude);
		break;
	}
}

static void put_magnitude(struct buf *out, const struct template_verb *verb, double magnitude)
{
	AUTO(buf_done) struct buf bare = { 0 };
	int digits = verb->has_precision ? verb->precision : 6;

	if (!verb->sharp || verb->verb == 'b') {
		put_bare_magnitude(out, verb, magnitude);
		return;
	}
	buf_init(&bare, NUMBER_MAX_BYTES);
	put_bare_magnitude(&bare, verb, magnitude);
	if (bare.failed)
		out->failed = bare.failed;
	bool counts =
		verb->verb == 'v' || verb->verb == 'g' || verb->verb == 'G' || verb->verb == 'x';

	put_sharp(out, buf_sv(&bare), (verb->verb | 32) == 'x', counts ? digits : 0);
}

/* NaN has a sign only where a flag asks for one; an infinity always has, unless a blank takes its place. */
static void put_not_finite(struct buf *out, const struct template_verb *verb, double f)
{
	char sign = isnan(f) ? (verb->plus ? '+' : 0) : signbit(f) ? '-' : '+';
	char text[8];

	if (verb->space && !verb->plus && sign != '-')
		sign = ' ';
	int n = snprintf(text, sizeof(text), "%c%s", sign, isnan(f) ? "NaN" : "Inf");

	put_padded(out, verb, sign ? sv_from(text, (size_t)n) : SV("NaN"), false);
}

static void put_float(struct buf *out, const struct template_verb *verb, double f)
{
	AUTO(buf_done) struct buf number = { 0 }, with_sign = { 0 };
	struct template_verb rest = *verb;
	bool fill = verb->zero && !verb->minus;

	if (!isfinite(f)) {
		put_not_finite(out, verb, f);
		return;
	}
	buf_init(&number, NUMBER_MAX_BYTES);
	put_magnitude(&number, verb, fabs(f));
	if (!signbit(f) && !verb->plus && !verb->space) {
		put_padded_buf(out, verb, &number, fill);
		return;
	}
	if (fill && verb->has_width) { /* zeros go behind the sign */
		put_sign(out, verb, signbit(f));
		rest.width--;
		put_padded_buf(out, &rest, &number, true);
		return;
	}
	buf_init(&with_sign, NUMBER_MAX_BYTES);
	put_sign(&with_sign, verb, signbit(f));
	buf_put_sv(&with_sign, buf_sv(&number));
	if (number.failed)
		with_sign.failed = number.failed;
	put_padded_buf(out, verb, &with_sign, false);
}

static void put_real(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	struct template_verb imag = *verb;

	if (verb->verb >= 0x80 || !strchr("vbgGxXfFeE", (int)verb->verb)) {
		put_bad_verb(out, verb, v);
	} else if (v->kind == TEMPLATE_FLOAT) {
		put_float(out, verb, v->f);
	} else {
		imag.plus = true;
		buf_put_char(out, '(');
		put_float(out, verb, v->f);
		put_float(out, &imag, v->imag);
		buf_put_str(out, "i)");
	}
}

static void put_list(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	buf_put_str(out, verb->sharp_v ? "[]string{" : "[");
	for (size_t i = 0; i < v->n; i++) {
		struct template_value item = template_value_text(v->list[i]);

		if (i)
			buf_put_str(out, verb->sharp_v ? ", " : " ");
		put_text(out, verb, &item);
	}
	buf_put_char(out, verb->sharp_v ? '}' : ']');
}

static void put_map(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	buf_put_str(out, verb->sharp_v ? "map[string]string{" : "map[");
	for (size_t i = 0; i < v->n; i++) {
		struct template_value name = template_value_text(v->map[i].name);
		struct template_value value = template_value_text(v->map[i].value);

		if (i)
			buf_put_str(out, verb->sharp_v ? ", " : " ");
		put_text(out, verb, &name);
		buf_put_char(out, ':');
		put_text(out, verb, &value);
	}
	buf_put_char(out, verb->sharp_v ? '}' : ']');
}

static void put_data(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	static const char *const query[] = { "Series", "LabelMatchers", "LabelValuesByName",
		"GroupBy", "GroupBySlice", NULL };
	static const char *const resource[] = { "Group", "Resource", NULL };
	const char *const *names = v->data->kind == TEMPLATE_QUERY ? query : resource;

	if (verb->sharp_v)
		buf_put_str(out, template_value_type(v));
	buf_put_char(out, '{');
	for (size_t i = 0; names[i]; i++) {
		struct template_value field;

		if (i)
			buf_put_str(out, verb->sharp_v ? ", " : " ");
		if (verb->sharp_v || verb->plus_v) {
			buf_put_str(out, names[i]);
			buf_put_char(out, ':');
		}
		if (template_value_field(v->data, sv_of(names[i]), &field))
			template_verb_print(out, verb, &field);
	}
	buf_put_char(out, '}');
}

static void put_plain(struct buf *out, const struct template_verb *verb, struct sv text)
{
	put_padded(out, verb, text, verb->zero && !verb->minus);
}

static void put_nil(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	if (verb->verb == 'v')
		put_plain(out, verb, SV("<nil>"));
	else
		put_bad_verb(out, verb, v);
}

static void put_bool(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	if (verb->verb == 't' || verb->verb == 'v')
		put_plain(out, verb, v->truth ? SV("true") : SV("false"));
	else
		put_bad_verb(out, verb, v);
}

void template_verb_print(
	struct buf *out, const struct template_verb *verb, const struct template_value *v)
{
	static void (*const put[])(
		struct buf *, const struct template_verb *, const struct template_value *) = {
		[TEMPLATE_INVALID] = put_nil,
		[TEMPLATE_MISSING] = put_nil,
		[TEMPLATE_BOOL] = put_bool,
		[TEMPLATE_INT] = put_integer,
		[TEMPLATE_BYTE] = put_integer,
		[TEMPLATE_FLOAT] = put_real,
		[TEMPLATE_COMPLEX] = put_real,
		[TEMPLATE_STRING] = put_text,
		[TEMPLATE_LIST] = put_list,
		[TEMPLATE_MAP] = put_map,
		[TEMPLATE_DATA] = put_data,
	};

	bool error_or_pointer = verb->verb == 'w' || verb->verb == 'p';

	if (verb->verb == 'T' && v->kind <= TEMPLATE_MISSING)
		put_plain(out, verb, SV("<nil>"));
	else if (verb->verb == 'T')
		put_plain(out, verb, cut_to_precision(verb, sv_of(template_value_type(v))));
	else if (error_or_pointer && v->kind >= TEMPLATE_LIST)
		put_bad_verb(out, verb, v);
	else
		put[v->kind](out, verb, v);
}
