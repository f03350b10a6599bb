/* Clocks, and the text of instants and durations. Text in, struct wall or nanoseconds out, and
 * back. What is accepted and how a refusal reads are Go's (time.Parse with RFC 3339,
 * time.ParseDuration), because users and recorded vectors compare the texts. It knows no time zone
 * but the numeric offset in the text, and no leap seconds. */
#include "common/instant.h"

#include <time.h>

#define LAYOUT "2006-01-02T15:04:05Z07:00"
#define SEC_PER_DAY 86400
/* Text of an error is cut anyway; a quoted text this long is enough for every sane instant or
 * duration. */
#define QUOTED_MAX 256

static struct timespec now_of(clockid_t id)
{
	struct timespec t = { 0 };

	/* Both clocks exist on every kernel we run on; zero would only make timers late. */
	(void)clock_gettime(id, &t);
	return t;
}

struct mono instant_mono_now(void)
{
	struct timespec t = now_of(CLOCK_BOOTTIME);

	return (struct mono){ (int64_t)t.tv_sec * NS_PER_SEC + t.tv_nsec };
}

struct wall instant_wall_now(void)
{
	struct timespec t = now_of(CLOCK_REALTIME);

	return (struct wall){ t.tv_sec, (int32_t)t.tv_nsec };
}

bool instant_wall_is_zero(struct wall t)
{
	return instant_wall_cmp(t, WALL_ZERO) == 0;
}

int instant_wall_cmp(struct wall a, struct wall b)
{
	if (a.sec != b.sec)
		return a.sec < b.sec ? -1 : 1;
	return (a.nsec > b.nsec) - (a.nsec < b.nsec);
}

struct wall instant_wall_add_ns(struct wall t, int64_t ns)
{
	int64_t sec = ns / NS_PER_SEC;
	int32_t nsec = t.nsec + (int32_t)(ns % NS_PER_SEC);

	if (nsec < 0) {
		nsec += (int32_t)NS_PER_SEC;
		sec--;
	} else if (nsec >= NS_PER_SEC) {
		nsec -= (int32_t)NS_PER_SEC;
		sec++;
	}
	if (__builtin_add_overflow(t.sec, sec, &t.sec))
		t.sec = sec < 0 ? INT64_MIN : INT64_MAX;
	t.nsec = nsec;
	return t;
}

int64_t instant_wall_sub_ns(struct wall a, struct wall b)
{
	int64_t sec;
	int64_t ns;

	/* Seconds and nanoseconds get the same sign first, so that the smallest int64 is
	 * reachable. */
	if (!__builtin_sub_overflow(a.sec, b.sec, &sec)) {
		int64_t rest = (int64_t)a.nsec - b.nsec;
		if (sec < 0 && rest > 0) {
			sec++;
			rest -= NS_PER_SEC;
		} else if (sec > 0 && rest < 0) {
			sec--;
			rest += NS_PER_SEC;
		}
		if (!__builtin_mul_overflow(sec, NS_PER_SEC, &ns) &&
			!__builtin_add_overflow(ns, rest, &ns))
			return ns;
	}
	return instant_wall_cmp(a, b) < 0 ? INT64_MIN : INT64_MAX;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int month, int64_t year)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the date, proleptic Gregorian calendar. The year is counted from March,
 * so the leap day ends it. */
static int64_t days_of(int64_t year, int month, int day)
{
	if (month <= 2)
		year--;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

/* The inverse of days_of. */
static void date_of(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month_from_march = (int)((5 * day_of_year + 2) / 153);

	*ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5) + 1;
	*ret_month = month_from_march + (month_from_march < 10 ? 3 : -9);
	*ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

/* Go's time package quotes with \xNN for every byte outside printable ASCII. */
static const char *quoted(struct sv text, char out[QUOTED_MAX])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	out[n++] = '"';
	for (size_t i = 0; i < text.len && n < QUOTED_MAX - 6; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c >= 0x80 || c < ' ') {
			out[n++] = '\\';
			out[n++] = 'x';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		} else {
			if (c == '"' || c == '\\')
				out[n++] = '\\';
			out[n++] = (char)c;
		}
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

struct wall_parser {
	struct sv all, rest;
	struct error *err;
};

static enum error_kind bad_element(const struct wall_parser *p, struct sv at, const char *element)
{
	char all[QUOTED_MAX], found[QUOTED_MAX];

	return error_set(p->err, ERR_INVALID,
		"parsing time %s as \"" LAYOUT "\": cannot parse %s as \"%s\"", quoted(p->all, all),
		quoted(at, found), element);
}

static enum error_kind out_of_range(const struct wall_parser *p, const char *what)
{
	char all[QUOTED_MAX];

	return error_set(
		p->err, ERR_INVALID, "parsing time %s: %s out of range", quoted(p->all, all), what);
}

static bool digit_at(struct sv s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

static int digit(struct sv s, size_t i)
{
	return s.ptr[i] - '0';
}

static enum error_kind expect_char(struct wall_parser *p, char c)
{
	if (p->rest.len == 0 || p->rest.ptr[0] != c)
		return bad_element(p, p->rest, (const char[]){ c, '\0' });
	p->rest = sv_skip(p->rest, 1);
	return ERR_OK;
}

static enum error_kind expect_year(struct wall_parser *p, int *ret)
{
	for (size_t i = 0; i < 4; i++) {
		if (!digit_at(p->rest, i))
			return bad_element(p, p->rest, "2006");
	}
	*ret = digit(p->rest, 0) * 1000 + digit(p->rest, 1) * 100 + digit(p->rest, 2) * 10 +
	       digit(p->rest, 3);
	p->rest = sv_skip(p->rest, 4);
	return ERR_OK;
}

/* A field of two digits; the hour may have one, as in Go. */
static enum error_kind expect_number(
	struct wall_parser *p, const char *element, bool may_be_short, int *ret)
{
	bool two = digit_at(p->rest, 1);

	if (!digit_at(p->rest, 0) || (!two && !may_be_short))
		return bad_element(p, p->rest, element);
	*ret = two ? digit(p->rest, 0) * 10 + digit(p->rest, 1) : digit(p->rest, 0);
	p->rest = sv_skip(p->rest, two ? 2 : 1);
	return ERR_OK;
}

/* ".5" or ",5" after the seconds; digits behind the ninth are dropped. */
static int32_t take_fraction(struct wall_parser *p)
{
	int32_t nsec = 0;
	size_t n = 1;

	if (p->rest.len < 2 || (p->rest.ptr[0] != '.' && p->rest.ptr[0] != ',') ||
		!digit_at(p->rest, 1))
		return 0;
	for (; digit_at(p->rest, n); n++) {
		if (n <= 9)
			nsec = nsec * 10 + digit(p->rest, n);
	}
	for (size_t have = n - 1; have < 9; have++)
		nsec *= 10;
	p->rest = sv_skip(p->rest, n);
	return nsec;
}

static bool two_digits(struct sv s, size_t at, int *ret)
{
	if (!digit_at(s, at) || !digit_at(s, at + 1))
		return false;
	*ret = digit(s, at) * 10 + digit(s, at + 1);
	return true;
}

/* "Z", "+05:30": *ret_sec is what to subtract. Go allows 24 hours and 60 minutes. */
static enum error_kind expect_offset(struct wall_parser *p, int *ret_sec)
{
	struct sv s = p->rest;
	int hour = 0, minute = 0;

	if (s.len > 0 && s.ptr[0] == 'Z') {
		p->rest = sv_skip(s, 1);
		*ret_sec = 0;
		return ERR_OK;
	}
	if (s.len < 6 || s.ptr[3] != ':')
		return bad_element(p, s, "Z07:00");
	bool good = two_digits(s, 1, &hour) && two_digits(s, 4, &minute);
	/* Go reports the range before the syntax, and the minute over the hour. */
	if (minute > 60)
		return out_of_range(p, "time zone offset minute");
	if (hour > 24)
		return out_of_range(p, "time zone offset hour");
	if (!good || (s.ptr[0] != '+' && s.ptr[0] != '-'))
		return bad_element(p, s, "Z07:00");
	*ret_sec = (hour * 60 + minute) * 60;
	if (s.ptr[0] == '-')
		*ret_sec = -*ret_sec;
	p->rest = sv_skip(s, 6);
	return ERR_OK;
}

static enum error_kind parse_date(struct wall_parser *p, int *year, int *month, int *day)
{
	enum error_kind kind;

	if ((kind = expect_year(p, year)) || (kind = expect_char(p, '-')) ||
		(kind = expect_number(p, "01", false, month)))
		return kind;
	if (*month < 1 || *month > 12)
		return out_of_range(p, "month");
	if ((kind = expect_char(p, '-')))
		return kind;
	/* The day's range is looked at last, as in Go. */
	return expect_number(p, "02", false, day);
}

static enum error_kind parse_clock(struct wall_parser *p, int *ret_sec, int32_t *ret_nsec)
{
	int hour, minute, second;
	enum error_kind kind;

	if ((kind = expect_char(p, 'T')) || (kind = expect_number(p, "15", true, &hour)))
		return kind;
	if (hour > 23)
		return out_of_range(p, "hour");
	if ((kind = expect_char(p, ':')) || (kind = expect_number(p, "04", false, &minute)))
		return kind;
	if (minute > 59)
		return out_of_range(p, "minute");
	if ((kind = expect_char(p, ':')) || (kind = expect_number(p, "05", false, &second)))
		return kind;
	if (second > 59)
		return out_of_range(p, "second");
	*ret_sec = (hour * 60 + minute) * 60 + second;
	*ret_nsec = take_fraction(p);
	return ERR_OK;
}

enum error_kind instant_wall_parse(struct sv text, struct wall *ret, struct error *err)
{
	struct wall_parser p = { .all = text, .rest = text, .err = err };
	int year = 0, month = 0, day = 0, sec_of_day = 0, offset_sec = 0;
	int32_t nsec = 0;
	enum error_kind kind;

	if ((kind = parse_date(&p, &year, &month, &day)) ||
		(kind = parse_clock(&p, &sec_of_day, &nsec)) ||
		(kind = expect_offset(&p, &offset_sec)))
		return kind;
	if (p.rest.len > 0) {
		char all[QUOTED_MAX], extra[QUOTED_MAX];
		return error_set(err, ERR_INVALID, "parsing time %s: extra text: %s",
			quoted(text, all), quoted(p.rest, extra));
	}
	if (day < 1 || day > days_in(month, year))
		return out_of_range(&p, "day");
	ret->sec = days_of(year, month, day) * SEC_PER_DAY + sec_of_day - offset_sec;
	ret->nsec = nsec;
	return ERR_OK;
}

static void print_seconds(struct buf *out, struct wall t)
{
	int64_t days = t.sec / SEC_PER_DAY;
	int64_t rest = t.sec % SEC_PER_DAY;
	int64_t year;
	int month, day;

	if (rest < 0) {
		rest += SEC_PER_DAY;
		days--;
	}
	date_of(days, &year, &month, &day);
	/* An offset can lead before year 0; Go prints that year as -0001. */
	if (year < 0)
		buf_put_char(out, '-');
	buf_printf(out, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)(year < 0 ? -year : year),
		month, day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}

void instant_wall_print(struct buf *out, struct wall t)
{
	print_seconds(out, t);
	buf_put_char(out, 'Z');
}

void instant_wall_print_micro(struct buf *out, struct wall t)
{
	print_seconds(out, t);
	buf_printf(out, ".%06dZ", (int)(t.nsec / 1000));
}

static enum error_kind bad_duration(struct sv all, struct error *err)
{
	char text[QUOTED_MAX];

	return error_set(err, ERR_INVALID, "time: invalid duration %s", quoted(all, text));
}

static uint64_t unit_of(struct sv unit)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "\xc2\xb5s", 1000 }, /* U+00B5, micro sign */
		{ "\xce\xbcs", 1000 }, /* U+03BC, Greek letter mu */
		{ "ms", NS_PER_MS },
		{ "s", NS_PER_SEC },
		{ "m", 60 * NS_PER_SEC },
		{ "h", 3600 * NS_PER_SEC },
	};
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (sv_is(unit, units[i].name))
			return (uint64_t)units[i].ns;
	}
	return 0;
}

/* The largest magnitude a duration can have, one more than INT64_MAX. */
#define MAGNITUDE_MAX (UINT64_C(1) << 63)

/* Digits before the point. False on overflow. */
static bool take_whole(struct sv *s, uint64_t *ret)
{
	uint64_t value = 0;

	for (; digit_at(*s, 0); *s = sv_skip(*s, 1)) {
		if (value > MAGNITUDE_MAX / 10)
			return false;
		value = value * 10 + (uint64_t)digit(*s, 0);
		if (value > MAGNITUDE_MAX)
			return false;
	}
	*ret = value;
	return true;
}

/* Digits behind the point: value / scale. Digits that no longer fit into 63 bits are dropped, as in
 * Go. */
static void take_decimals(struct sv *s, uint64_t *ret_value, double *ret_scale)
{
	uint64_t value = 0;
	double scale = 1;
	bool full = false;

	for (; digit_at(*s, 0); *s = sv_skip(*s, 1)) {
		if (full || value > (MAGNITUDE_MAX - 1) / 10) {
			full = true;
			continue;
		}
		uint64_t next = value * 10 + (uint64_t)digit(*s, 0);
		if (next > MAGNITUDE_MAX) {
			full = true;
			continue;
		}
		value = next;
		scale *= 10;
	}
	*ret_value = value;
	*ret_scale = scale;
}

/* One "12.5ms" from the front of *s, added to *sum. */
static enum error_kind take_term(struct sv all, struct sv *s, uint64_t *sum, struct error *err)
{
	uint64_t whole = 0, decimals = 0;
	double scale = 1;
	size_t before = s->len;
	size_t n_decimals = 0;
	char text[QUOTED_MAX], unit_text[QUOTED_MAX];

	if (!take_whole(s, &whole))
		return bad_duration(all, err);
	size_t n_whole = before - s->len;
	if (s->len > 0 && s->ptr[0] == '.') {
		*s = sv_skip(*s, 1);
		before = s->len;
		take_decimals(s, &decimals, &scale);
		n_decimals = before - s->len;
	}
	if (n_whole == 0 && n_decimals == 0)
		return bad_duration(all, err);

	size_t len = 0;
	while (len < s->len && s->ptr[len] != '.' && !digit_at(*s, len))
		len++;
	if (len == 0)
		return error_set(
			err, ERR_INVALID, "time: missing unit in duration %s", quoted(all, text));
	uint64_t unit = unit_of(sv_take(*s, len));
	if (unit == 0)
		return error_set(err, ERR_INVALID, "time: unknown unit %s in duration %s",
			quoted(sv_take(*s, len), unit_text), quoted(all, text));
	*s = sv_skip(*s, len);
	if (whole > MAGNITUDE_MAX / unit)
		return bad_duration(all, err);
	whole *= unit;
	if (decimals > 0)
		whole += (uint64_t)((double)decimals * ((double)unit / scale));
	if (whole > MAGNITUDE_MAX)
		return bad_duration(all, err);
	/* Neither summand exceeds 2^63, so the sum may wrap to 0 only when both equal it; Go has
	 * the same hole. */
	*sum += whole;
	return *sum > MAGNITUDE_MAX ? bad_duration(all, err) : ERR_OK;
}

enum error_kind instant_duration_parse(struct sv text, int64_t *ret_ns, struct error *err)
{
	struct sv s = text;
	bool negative = s.len > 0 && s.ptr[0] == '-';
	uint64_t sum = 0;

	if (negative || (s.len > 0 && s.ptr[0] == '+'))
		s = sv_skip(s, 1);
	if (sv_is(s, "0")) {
		*ret_ns = 0;
		return ERR_OK;
	}
	if (s.len == 0)
		return bad_duration(text, err);
	while (s.len > 0) {
		enum error_kind kind = take_term(text, &s, &sum, err);
		if (kind)
			return kind;
	}
	if (!negative && sum == MAGNITUDE_MAX)
		return bad_duration(text, err);
	if (sum == MAGNITUDE_MAX)
		*ret_ns = INT64_MIN;
	else
		*ret_ns = negative ? -(int64_t)sum : (int64_t)sum;
	return ERR_OK;
}

/* value / 10^digits without trailing zeros, then the unit. */
static void print_decimal(struct buf *out, uint64_t value, int digits, const char *unit)
{
	char text[24];
	size_t at = sizeof(text);
	bool significant = false;

	for (int i = 0; i < digits; i++, value /= 10) {
		significant = significant || value % 10 != 0;
		if (significant)
			text[--at] = (char)('0' + value % 10);
	}
	buf_put_u64(out, value);
	if (significant)
		buf_put_char(out, '.');
	buf_put(out, text + at, sizeof(text) - at);
	buf_put_str(out, unit);
}

void instant_duration_print(struct buf *out, int64_t ns)
{
	uint64_t magnitude = ns < 0 ? (uint64_t)0 - (uint64_t)ns : (uint64_t)ns;

	if (ns < 0)
		buf_put_char(out, '-');
	if (magnitude == 0) {
		buf_put_str(out, "0s");
	} else if (magnitude < 1000) {
		print_decimal(out, magnitude, 0, "ns");
	} else if (magnitude < (uint64_t)NS_PER_MS) {
		print_decimal(out, magnitude, 3, "\xc2\xb5s");
	} else if (magnitude < (uint64_t)NS_PER_SEC) {
		print_decimal(out, magnitude, 6, "ms");
	} else {
		const uint64_t minute_ns = 60 * (uint64_t)NS_PER_SEC;
		uint64_t hours = magnitude / (60 * minute_ns);
		if (hours > 0)
			buf_printf(out, "%lluh", (unsigned long long)hours);
		if (magnitude >= minute_ns)
			buf_printf(out, "%dm", (int)(magnitude / minute_ns % 60));
		print_decimal(out, magnitude % minute_ns, 9, "s");
	}
}
