/* Go's fmt for the values of a template: Print, Println and Printf with flags, width, precision, argument indexes and the
 * complaints that Go writes into the output. Numbers and texts of one verb are template_verb.c's. */
#include "promql/template_format.h"

void template_format_value(struct buf *out, const struct template_value *v)
{
	template_verb_print(out, &(struct template_verb){ .verb = 'v' }, v);
}

void template_format_print(struct buf *out, const struct template_value *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i && args[i].kind != TEMPLATE_STRING && args[i - 1].kind != TEMPLATE_STRING)
			buf_put_char(out, ' ');
		template_format_value(out, &args[i]);
	}
}

void template_format_println(struct buf *out, const struct template_value *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_char(out, ' ');
		template_format_value(out, &args[i]);
	}
	buf_put_char(out, '\n');
}

struct printf_state {
	struct buf *out;
	struct sv format;
	size_t at;
	const struct template_value *args;
	size_t n_args, arg;
	bool reordered, good_index, after_index;
};

static char peek(const struct printf_state *s)
{
	return s->at < s->format.len ? s->format.ptr[s->at] : 0;
}

/* Decimal digits; *ret_set says whether there were any. Go gives up above a million. */
static int read_number(struct printf_state *s, bool *ret_set)
{
	int value = 0;

	*ret_set = false;
	while (peek(s) >= '0' && peek(s) <= '9') {
		value = value * 10 + (peek(s) - '0');
		if (value > TEMPLATE_FORMAT_MAX_WIDTH) {
			*ret_set = false;
			return 0;
		}
		*ret_set = true;
		s->at++;
	}
	return value;
}

/* "[3]" in front of a verb or a star. */
static void read_index(struct printf_state *s)
{
	bool set;

	if (peek(s) != '[')
		return;
	s->reordered = true;
	size_t close = sv_find(sv_skip(s->format, s->at), ']');

	if (s->at + close >= s->format.len) {
		s->good_index = false;
		s->at++;
		return;
	}
	size_t end = s->at + close;

	s->at++;
	int index = read_number(s, &set);

	if (!set || s->at != end) {
		s->good_index = false;
	} else if (index < 1 || (size_t)index > s->n_args) {
		s->good_index = false;
	} else {
		s->arg = (size_t)index - 1;
		s->after_index = true;
	}
	s->at = end + 1;
}

/* "*": width or precision from an argument; false when it is no usable integer. */
static bool read_star(struct printf_state *s, int *ret)
{
	bool good = false;

	s->at++;
	if (s->arg < s->n_args) {
		const struct template_value *v = &s->args[s->arg++];

		good = (v->kind == TEMPLATE_INT || v->kind == TEMPLATE_BYTE) &&
		       v->i <= TEMPLATE_FORMAT_MAX_WIDTH && v->i >= -TEMPLATE_FORMAT_MAX_WIDTH;
		*ret = good ? (int)v->i : 0;
	}
	s->after_index = false;
	return good;
}

static void read_flags(struct printf_state *s, struct template_verb *verb)
{
	for (;; s->at++) {
		switch (peek(s)) {
		case '#':
			verb->sharp = true;
			break;
		case '0':
			verb->zero = true;
			break;
		case '+':
			verb->plus = true;
			break;
		case '-':
			verb->minus = true;
			break;
		case ' ':
			verb->space = true;
			break;
		default:
			return;
		}
	}
}

static void read_width(struct printf_state *s, struct template_verb *verb)
{
	if (peek(s) == '*') {
		verb->has_width = read_star(s, &verb->width);
		if (!verb->has_width)
			buf_put_str(s->out, "%!(BADWIDTH)");
		if (verb->width < 0) {
			verb->width = -verb->width;
			verb->minus = true;
			verb->zero = false;
		}
	} else {
		verb->width = read_number(s, &verb->has_width);
		if (s->after_index && verb->has_width)
			s->good_index = false;
	}
}

static void read_precision(struct printf_state *s, struct template_verb *verb)
{
	if (peek(s) != '.' || s->at + 1 == s->format.len)
		return;
	s->at++;
	if (s->after_index)
		s->good_index = false;
	read_index(s);
	if (peek(s) == '*') {
		verb->has_precision = read_star(s, &verb->precision);
		if (verb->precision < 0) {
			verb->precision = 0;
			verb->has_precision = false;
		}
		if (!verb->has_precision)
			buf_put_str(s->out, "%!(BADPREC)");
	} else {
		verb->precision = read_number(s, &verb->has_precision);
		if (!verb->has_precision) {
			verb->precision = 0;
			verb->has_precision = true;
		}
	}
}

static void one_verb(struct printf_state *s)
{
	struct template_verb verb = { 0 };
	uint32_t rune;

	s->good_index = true;
	s->after_index = false;
	read_flags(s, &verb);
	read_index(s);
	read_width(s, &verb);
	read_precision(s, &verb);
	if (!s->after_index)
		read_index(s);
	if (s->at >= s->format.len) {
		buf_put_str(s->out, "%!(NOVERB)");
		return;
	}
	s->at += unicode_decode(s->format.ptr + s->at, s->format.len - s->at, &rune);
	verb.verb = rune;
	if (rune == '%') {
		buf_put_char(s->out, '%');
	} else if (!s->good_index || s->arg >= s->n_args) {
		buf_put_str(s->out, "%!");
		template_verb_put_rune(s->out, rune);
		buf_put_str(s->out, s->good_index ? "(MISSING)" : "(BADINDEX)");
	} else {
		if (rune == 'v' || rune == 'w') {
			verb.sharp_v = verb.sharp;
			verb.plus_v = verb.plus;
			verb.sharp = verb.plus = false;
		}
		template_verb_print(s->out, &verb, &s->args[s->arg++]);
	}
}

void template_format_printf(
	struct buf *out, struct sv format, const struct template_value *args, size_t n)
{
	struct printf_state s = { .out = out, .format = format, .args = args, .n_args = n };

	while (s.at < format.len) {
		size_t text = sv_find(sv_skip(format, s.at), '%');

		buf_put(out, format.ptr + s.at, text);
		s.at += text;
		if (s.at == format.len)
			break;
		s.at++;
		one_verb(&s);
	}
	if (s.reordered || s.arg >= n)
		return;
	buf_put_str(out, "%!(EXTRA ");
	for (size_t i = s.arg; i < n; i++) {
		if (i > s.arg)
			buf_put_str(out, ", ");
		buf_put_str(out, template_value_type(&args[i]));
		if (args[i].kind != TEMPLATE_INVALID) {
			buf_put_char(out, '=');
			template_format_value(out, &args[i]);
		}
	}
	buf_put_char(out, ')');
}
