/* Date headers -> the range in which the API server's clock lies. Nothing here trusts our own wall clock: two replicas on two machines agree on the
 * age of something when both count in the server's time. */
#include "kube/server_clock.h"

/* What clocks may drift against each other unnoticed, as 1/n: the kernel slews by at most 500 parts in a million. */
#define DRIFT_DIVISOR 2000
/* Beyond, nanoseconds leave 64 bits. Kubernetes is younger than the one and will be older than the other. */
#define MIN_YEAR 2000
#define MAX_YEAR 2200
#define DATE_LEN 29

/* Digits in fixed places. */
static bool number(struct sv text, size_t at, size_t len, int64_t *ret)
{
	int64_t value = 0;

	for (size_t i = at; i < at + len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (text.ptr[i] - '0');
	}
	*ret = value;
	return true;
}

static int64_t month_of(struct sv name)
{
	static const char NAMES[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; i + 3 < sizeof(NAMES); i += 3)
		if (sv_eq(name, sv_from(NAMES + i, 3)))
			return (int64_t)(i / 3) + 1;
	return 0;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar (years counted from March, so that a leap day is a year's last). */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date {
	int64_t year, month, day, hour, minute, second;
};

static bool read_date(struct sv text, struct date *ret)
{
	if (text.len != DATE_LEN || text.ptr[3] != ',' || !sv_eq(sv_skip(text, 25), SV(" GMT")))
		return false;
	ret->month = month_of(sv_take(sv_skip(text, 8), 3));
	return number(text, 5, 2, &ret->day) && number(text, 12, 4, &ret->year) &&
	       number(text, 17, 2, &ret->hour) && number(text, 20, 2, &ret->minute) &&
	       number(text, 23, 2, &ret->second);
}

static bool is_between(int64_t value, int64_t low, int64_t high)
{
	return value >= low && value <= high;
}

enum error_kind server_clock_parse(struct sv text, int64_t *ret_sec, struct error *err)
{
	struct date d;

	if (!read_date(text, &d))
		return error_set(err, ERR_INVALID, "not an HTTP date");
	if (!is_between(d.year, MIN_YEAR, MAX_YEAR) || !is_between(d.month, 1, 12) ||
		!is_between(d.day, 1, 31) || d.hour > 23 || d.minute > 59 || d.second > 60)
		return error_set(err, ERR_INVALID, "a date that does not exist");
	*ret_sec = ((days_since_1970(d.year, d.month, d.day) * 24 + d.hour) * 60 + d.minute) * 60 +
		   d.second;
	return ERR_OK;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void server_clock_observe(
	struct server_clock *c, struct sv date, struct mono sent, struct mono received)
{
	struct error ignored;
	int64_t sec;

	if (server_clock_parse(date, &sec, &ignored) != ERR_OK || received.ns < sent.ns)
		return;
	int64_t earliest = sec * NS_PER_SEC - received.ns;
	int64_t latest = (sec + 1) * NS_PER_SEC - sent.ns;
	if (c->known) {
		int64_t drift = most(received.ns - c->observed_at.ns, 0) / DRIFT_DIVISOR;
		int64_t old_earliest = c->earliest_ns - drift, old_latest = c->latest_ns + drift;
		bool agree = most(earliest, old_earliest) <= least(latest, old_latest);
		earliest = agree ? most(earliest, old_earliest) : least(earliest, old_earliest);
		latest = agree ? least(latest, old_latest) : most(latest, old_latest);
	}
	*c = (struct server_clock){ true, earliest, latest, received };
}

bool server_clock_at(const struct server_clock *c, struct mono at, struct server_time *ret)
{
	if (!c->known)
		return false;
	int64_t drift = most(at.ns - c->observed_at.ns, 0) / DRIFT_DIVISOR;
	*ret = (struct server_time){ c->earliest_ns - drift + at.ns, c->latest_ns + drift + at.ns };
	return true;
}

struct wall server_clock_correct(const struct server_time *t, struct wall ours)
{
	const struct wall zero = { 0, 0 };
	struct wall earliest = instant_wall_add_ns(zero, t->earliest_ns);
	struct wall latest = instant_wall_add_ns(zero, t->latest_ns);

	if (instant_wall_cmp(ours, earliest) < 0)
		return earliest;
	return instant_wall_cmp(ours, latest) > 0 ? latest : ours;
}
