/* Doubles from text and to text. In: a view; out: the nearest double; and back: the fewest digits
 * that name this double, laid out as Go lays them out. libc does the exact conversion; this file
 * brings the text into one plain form first, so that no libc extension (hex without exponent,
 * "nan(...)", blanks) comes through. The common short numbers are f64_short.c's. */
#include "common/f64.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/f64_short.h"

/* No decimal text needs more digits than this to decide how it rounds (767 suffice); what is cut
 * off is represented by a final 1. */
#define DIGITS_MAX 800
/* Exponents beyond this are all zero or infinite; it keeps the sum far from overflow. Go stops
 * counting near here too. */
#define EXPONENT_MAX 100000
/* A double has at most 17 significant digits. */
#define SHORTEST_MAX 17

struct number {
	bool negative, hex;
	size_t n;	  /* significant digits kept */
	size_t end;	  /* bytes read */
	bool any;	  /* saw a digit */
	bool dropped;	  /* digits other than 0 were left out */
	int64_t exponent; /* of the number read as digits.0: powers of 10, or of 2 for hex */
	char digits[DIGITS_MAX + 1];
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c, bool hex)
{
	return (c >= '0' && c <= '9') || (hex && lower(c) >= 'a' && lower(c) <= 'f');
}

static char at(struct sv s, size_t i)
{
	return i < s.len ? s.ptr[i] : '\0';
}

/* Every underscore stands between two digits, or behind the prefix 0x and before a digit. */
static bool underscores_ok(struct sv s, bool hex)
{
	for (size_t i = sv_find(s, '_'); i < s.len; i++) {
		if (s.ptr[i] != '_')
			continue;
		bool behind_prefix = hex && i > 0 && lower(s.ptr[i - 1]) == 'x';
		if (i == 0 || i + 1 == s.len || !(is_digit(s.ptr[i - 1], hex) || behind_prefix) ||
			!is_digit(s.ptr[i + 1], hex))
			return false;
	}
	return true;
}

/* One more digit of the mantissa. */
static void take_digit(struct number *n, char c, bool behind_point)
{
	int64_t digit_bits = n->hex ? 4 : 1;
	bool leading_zero = c == '0' && n->n == 0;
	bool kept = !leading_zero && n->n < DIGITS_MAX;

	n->any = true;
	if (kept)
		n->digits[n->n++] = c;
	else
		n->dropped = n->dropped || c != '0';
	/* A digit behind the point that is kept, or a leading zero there, lowers the exponent; one
	 * before the point that is cut off raises it. */
	if (behind_point && (kept || leading_zero))
		n->exponent -= digit_bits;
	else if (!behind_point && !kept && !leading_zero)
		n->exponent += digit_bits;
}

static void read_mantissa(struct sv s, struct number *n)
{
	bool point = false;

	for (; n->end < s.len; n->end++) {
		char c = s.ptr[n->end];
		if (c == '.' && !point)
			point = true;
		else if (is_digit(c, n->hex))
			take_digit(n, c, point);
		else if (c != '_')
			return;
	}
}

/* "e-12" or "p+3". False when it is spoilt; absent is fine for decimals only. */
static bool read_exponent(struct sv s, struct number *n)
{
	int64_t value = 0;

	if (lower(at(s, n->end)) != (n->hex ? 'p' : 'e'))
		return !n->hex;
	n->end++;
	bool negative = at(s, n->end) == '-';
	if (negative || at(s, n->end) == '+')
		n->end++;
	if (!is_digit(at(s, n->end), false))
		return false;
	for (; is_digit(at(s, n->end), false) || at(s, n->end) == '_'; n->end++) {
		if (at(s, n->end) != '_' && value < EXPONENT_MAX)
			value = value * 10 + (s.ptr[n->end] - '0');
	}
	n->exponent += negative ? -value : value;
	return true;
}

static bool read_number(struct sv s, struct number *n)
{
	n->negative = at(s, 0) == '-';
	if (n->negative || at(s, 0) == '+')
		n->end++;
	n->hex = s.len - n->end > 2 && s.ptr[n->end] == '0' && lower(s.ptr[n->end + 1]) == 'x';
	if (n->hex)
		n->end += 2;
	read_mantissa(s, n);
	return n->any && read_exponent(s, n) && n->end == s.len && underscores_ok(s, n->hex);
}

static double convert_exactly(const struct number *n)
{
	char text[DIGITS_MAX + 32];
	int dropped = n->dropped ? 1 : 0;
	int64_t exponent = n->exponent - dropped * (n->hex ? 4 : 1);

	if (n->n == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "%s%.*s%s%c%lld", n->hex ? "0x" : "", (int)n->n,
		n->digits, dropped ? "1" : "", n->hex ? 'p' : 'e', (long long)exponent);
	return strtod(text, NULL);
}

static bool special(struct sv text, double *ret)
{
	struct sv s = text;
	bool negative = at(s, 0) == '-';

	if (sv_eq_nocase(text, SV("nan"))) {
		*ret = (double)NAN;
		return true;
	}
	if (negative || at(s, 0) == '+')
		s = sv_skip(s, 1);
	if (!sv_eq_nocase(s, SV("inf")) && !sv_eq_nocase(s, SV("infinity")))
		return false;
	*ret = negative ? -HUGE_VAL : HUGE_VAL;
	return true;
}

enum f64_status f64_parse(struct sv text, double *ret)
{
	struct number n;
	double value;

	if (f64_parse_short(text, ret))
		return F64_OK;
	/* The digits stay uninitialised: clearing them would cost more than the rest. */
	n.n = n.end = 0;
	n.any = n.dropped = false;
	n.exponent = 0;
	if (!read_number(text, &n))
		return special(text, ret) ? F64_OK : F64_SYNTAX;
	value = convert_exactly(&n);
	*ret = n.negative ? -value : value;
	return isinf(value) ? F64_RANGE : F64_OK;
}

/* The fewest digits d1..dn and the exponent e such that d1.d2...dn * 10^e reads back as the
 * value. */
struct shortest {
	char digits[SHORTEST_MAX + 1];
	int n;
	int exponent;
};

/* Rounds to n digits (correctly: libc is exact). */
static void round_to(double value, int n, struct shortest *ret)
{
	char text[SHORTEST_MAX + 16];

	(void)snprintf(text, sizeof(text), "%.*e", n - 1, value);
	ret->digits[0] = text[0];
	for (int i = 1; i < n; i++)
		ret->digits[i] = text[i + 1];
	ret->digits[n] = '\0';
	ret->n = n;
	const char *exponent = text + (n > 1 ? n + 1 : 1) + 1; /* behind the 'e' */
	ret->exponent = 0;
	for (const char *p = exponent + 1; *p; p++)
		ret->exponent = ret->exponent * 10 + (*p - '0');
	if (*exponent == '-')
		ret->exponent = -ret->exponent;
}

static bool reads_back(const struct shortest *s, double value)
{
	char text[SHORTEST_MAX + 24];

	(void)snprintf(text, sizeof(text), "%se%d", s->digits, s->exponent - (s->n - 1));
	double back = strtod(text, NULL);
	return !(back < value) && !(back > value);
}

/* The next larger decimal of as many digits. False for a carry out of the first digit. */
static bool step_up(struct shortest *s)
{
	for (int i = s->n - 1; i >= 0; i--) {
		if (s->digits[i] != '9') {
			s->digits[i]++;
			return true;
		}
		s->digits[i] = '0';
	}
	return false;
}

/* value > 0 and finite. */
static void find_shortest(double value, struct shortest *ret)
{
	/* 15 digits survive the way through any normal double, so fewer need not be tried: trailing
	 * zeros tell. */
	int n = value < 2.3e-308 ? 1 : 15;
	int binary_exponent;
	bool power_of_two = !(frexp(value, &binary_exponent) > 0.5);

	for (; n < SHORTEST_MAX; n++) {
		round_to(value, n, ret);
		if (reads_back(ret, value))
			break;
		/* Below a power of two doubles lie twice as dense, so the nearest decimal can miss
		 * where the next one above still reads back. */
		if (power_of_two && step_up(ret) && reads_back(ret, value))
			break;
	}
	if (n == SHORTEST_MAX)
		round_to(value, n, ret);
	while (ret->n > 1 && ret->digits[ret->n - 1] == '0')
		ret->n--;
}

static void print_exponent_form(struct buf *out, const struct shortest *s, int min_exponent_digits)
{
	buf_put_char(out, s->digits[0]);
	if (s->n > 1) {
		buf_put_char(out, '.');
		buf_put(out, s->digits + 1, (size_t)s->n - 1);
	}
	buf_printf(
		out, "e%c%0*d", s->exponent < 0 ? '-' : '+', min_exponent_digits, abs(s->exponent));
}

static void put_zeros(struct buf *out, int n)
{
	for (; n > 0; n--)
		buf_put_char(out, '0');
}

static void print_plain_form(struct buf *out, const struct shortest *s)
{
	int before_point = s->exponent + 1;

	if (before_point <= 0) {
		buf_put_str(out, "0.");
		put_zeros(out, -before_point);
		buf_put(out, s->digits, (size_t)s->n);
	} else if (before_point >= s->n) {
		buf_put(out, s->digits, (size_t)s->n);
		put_zeros(out, before_point - s->n);
	} else {
		buf_put(out, s->digits, (size_t)before_point);
		buf_put_char(out, '.');
		buf_put(out, s->digits + before_point, (size_t)(s->n - before_point));
	}
}

struct layout {
	int lowest, highest; /* decimal exponents that are written without one */
	int exponent_digits;
};

static void print(struct buf *out, double value, struct layout layout)
{
	struct shortest s;

	if (isnan(value)) {
		buf_put_str(out, "NaN");
		return;
	}
	if (isinf(value)) {
		buf_put_str(out, value > 0 ? "+Inf" : "-Inf");
		return;
	}
	if (signbit(value))
		buf_put_char(out, '-');
	value = fabs(value);
	if (!(value > 0)) {
		buf_put_char(out, '0');
		return;
	}
	find_shortest(value, &s);
	if (s.exponent < layout.lowest || s.exponent > layout.highest)
		print_exponent_form(out, &s, layout.exponent_digits);
	else
		print_plain_form(out, &s);
}

void f64_print_go_g(struct buf *out, double value)
{
	print(out, value, (struct layout){ -4, 5, 2 });
}

void f64_print_go_f(struct buf *out, double value)
{
	print(out, value, (struct layout){ -400, 400, 2 });
}

void f64_print_json(struct buf *out, double value)
{
	if (!isfinite(value)) {
		buf_put_str(out, "null");
		return;
	}
	print(out, value, (struct layout){ -6, 20, 1 });
}
