/* A window from one time of day to another: minutes since midnight compared with both ends. PromQL knows no time zone but UTC. */
#include "cli/convert_cron.h"

#include <inttypes.h>

#define N_FIELDS 5
#define SUNDAY_AS_SEVEN 7

enum { MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK };

struct times {
	int64_t minute_of_day;
	struct sv days; /* "*", "3" or "1-5" */
};

struct days {
	bool all;
	int64_t first, last; /* 0 is Sunday */
};

static bool is_utc(struct sv zone)
{
	static const char *const NAMES[] = { "UTC", "Etc/UTC", "Etc/UCT", "Etc/GMT", "GMT",
		"Etc/Universal", "Etc/Zulu", "Zulu", "Universal", "UCT" };

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		if (sv_is(zone, NAMES[i]))
			return true;
	return false;
}

static bool number(struct sv text, int64_t max, int64_t *ret)
{
	return sv_to_i64(text, ret) && *ret >= 0 && *ret <= max;
}

static enum error_kind parse_times(
	struct sv cron, const char *which, struct times *ret, struct error *err)
{
	struct sv fields[N_FIELDS] = { 0 }, rest = sv_trim(cron);
	int64_t minute, hour;
	size_t n = 0;

	while (rest.len > 0) {
		bool found;
		struct sv field = sv_cut(rest, ' ', &rest, &found);
		if (field.len == 0)
			continue;
		if (n == N_FIELDS)
			return error_set(err, ERR_INVALID, "%s '%.*s' has more than five fields",
				which, SV_ARG(cron));
		fields[n++] = field;
	}
	if (n != N_FIELDS)
		return error_set(err, ERR_INVALID, "%s '%.*s' does not have five fields", which,
			SV_ARG(cron));
	if (!number(fields[MINUTE], 59, &minute) || !number(fields[HOUR], 23, &hour))
		return error_set(err, ERR_INVALID,
			"%s '%.*s' is not one minute of one hour; such windows cannot be expressed",
			which, SV_ARG(cron));
	if (!sv_is(fields[DAY_OF_MONTH], "*") || !sv_is(fields[MONTH], "*"))
		return error_set(err, ERR_INVALID,
			"%s '%.*s' names days of the month or months; such windows cannot be "
			"expressed",
			which, SV_ARG(cron));
	*ret = (struct times){ hour * 60 + minute, fields[DAY_OF_WEEK] };
	return ERR_OK;
}

static enum error_kind parse_days(struct sv text, struct days *ret, struct error *err)
{
	struct sv to;
	bool is_range;
	struct sv from = sv_cut(text, '-', &to, &is_range);

	*ret = (struct days){ .all = sv_is(text, "*") };
	if (ret->all)
		return ERR_OK;
	if (!number(from, SUNDAY_AS_SEVEN, &ret->first) ||
		(is_range && !number(to, SUNDAY_AS_SEVEN, &ret->last)))
		return error_set(err, ERR_INVALID,
			"days of the week '%.*s' are neither one number nor one range of numbers",
			SV_ARG(text));
	if (!is_range)
		ret->last = ret->first;
	if (ret->first == ret->last)
		ret->first = ret->last = ret->first % SUNDAY_AS_SEVEN;
	if (ret->first > ret->last)
		return error_set(
			err, ERR_INVALID, "days of the week '%.*s' run backwards", SV_ARG(text));
	return ERR_OK;
}

/* Sunday is 0 for PromQL; in a range that ends at 7 it comes last. */
static void put_days(struct buf *out, const struct days *days)
{
	if (days->all)
		return;
	if (days->first == days->last)
		buf_printf(out, " * (day_of_week() == bool %" PRId64 ")", days->first);
	else if (days->last < SUNDAY_AS_SEVEN)
		buf_printf(out,
			" * (day_of_week() >= bool %" PRId64 ") * (day_of_week() <= bool %" PRId64
			")",
			days->first, days->last);
	else if (days->first > 0)
		buf_printf(out,
			" * clamp_max((day_of_week() >= bool %" PRId64
			") + (day_of_week() == bool 0), 1)",
			days->first);
}

enum error_kind convert_cron_query(
	const struct convert_cron *cron, struct buf *out, struct error *err)
{
	static const char NOW[] = "hour() * 60 + minute()";
	struct times start, end;
	struct days days;
	int64_t replicas;

	if (!is_utc(cron->timezone))
		return error_set(err, ERR_INVALID,
			"timezone '%.*s': PromQL knows UTC only, and a shift by hand is wrong half "
			"of the year",
			SV_ARG(cron->timezone));
	if (!sv_to_i64(cron->replicas, &replicas) || replicas <= 0)
		return error_set(err, ERR_INVALID, "desiredReplicas '%.*s' is no positive number",
			SV_ARG(cron->replicas));
	if (parse_times(cron->start, "start", &start, err) != ERR_OK ||
		parse_times(cron->end, "end", &end, err) != ERR_OK ||
		parse_days(start.days, &days, err) != ERR_OK)
		return err->kind;
	if (!sv_eq(start.days, end.days))
		return error_set(err, ERR_INVALID,
			"start and end name different days of the week; such windows cannot be "
			"expressed");
	if (start.minute_of_day == end.minute_of_day)
		return error_set(err, ERR_INVALID, "start and end are the same time of day");
	if (start.minute_of_day > end.minute_of_day && !days.all)
		return error_set(err, ERR_INVALID,
			"a window past midnight on some days of the week cannot be expressed");
	bool past_midnight = start.minute_of_day > end.minute_of_day;
	buf_printf(out, "%" PRId64 " * ((%s >= bool %" PRId64 ") %c (%s < bool %" PRId64 "))",
		replicas, NOW, start.minute_of_day, past_midnight ? '+' : '*', NOW,
		end.minute_of_day);
	put_days(out, &days);
	return ERR_OK;
}
