/* Samples: times, numbers and native histograms. */
#include <math.h>

#include "common/f64.h"
#include "promql/answer_decoder.h"

/* Seconds with a fraction -> milliseconds, digits after the third decimal cut. */
static bool read_time(struct answer_decoder *d, int64_t *ret)
{
	struct sv text;
	int64_t ms = 0;
	size_t i = 0, decimals = 0;
	bool point = false;

	if (!answer_scan_number(&d->scan, &text))
		return false;
	bool negative = text.ptr[0] == '-';

	for (i = negative; i < text.len && decimals < 3; i++) {
		if (text.ptr[i] == '.') {
			point = true;
			continue;
		}
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return answer_refuse(d, "a time without exponent");
		decimals += point;
		if (__builtin_mul_overflow(ms, 10, &ms) ||
			__builtin_add_overflow(ms, text.ptr[i] - '0', &ms))
			return answer_refuse(d, "a time within 64 bits of milliseconds");
	}
	for (; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return answer_refuse(d, "a time without exponent");
	for (; decimals < 3; decimals++)
		if (__builtin_mul_overflow(ms, 10, &ms))
			return answer_refuse(d, "a time within 64 bits of milliseconds");
	*ret = negative ? -ms : ms;
	return true;
}

/* A number in quotes. Hexadecimal and underscores, which Go takes, are refused: no server prints them. */
static bool read_value(struct answer_decoder *d, struct answer_sample *ret)
{
	struct answer_text text;

	if (!answer_scan_string(&d->scan, &text))
		return false;
	if (text.decode || text.raw.len == 0)
		return answer_refuse(d, "a number in quotes");
	for (size_t i = 0; i < text.raw.len; i++)
		if (text.raw.ptr[i] == '_' || (text.raw.ptr[i] | 32) == 'x')
			return answer_refuse(d, "a decimal number in quotes");
	if (f64_parse(text.raw, &ret->value) != F64_OK)
		return answer_refuse(d, "a number in quotes");
	ret->text = text.raw;
	ret->kind = isnan(ret->value)	? ANSWER_NAN
		    : isinf(ret->value) ? ANSWER_INFINITE
					: ANSWER_FINITE;
	return true;
}

/* Behind the last element that counts: Go's client ignores more. */
static bool read_rest(struct answer_decoder *d)
{
	bool first = false, close;

	while (answer_scan_element(&d->scan, &first, &close))
		if (!answer_scan_skip(&d->scan))
			return false;
	return close;
}

bool answer_read_pair(struct answer_decoder *d, bool text, struct answer_sample *ret)
{
	if (!answer_scan_expect(&d->scan, '[') || !read_time(d, &ret->time_ms))
		return false;
	if (answer_scan_peek(&d->scan) == ']') {
		d->scan.at++;
		ret->kind = ANSWER_NO_VALUE;
		return true;
	}
	if (!answer_scan_expect(&d->scan, ','))
		return false;
	if (text) {
		ret->kind = ANSWER_TEXT;
		if (!answer_read_text(d, &ret->text))
			return false;
	} else if (answer_scan_null(&d->scan)) {
		ret->kind = ANSWER_NO_VALUE;
	} else if (!read_value(d, ret)) {
		return false;
	}
	return read_rest(d);
}

/* [rule, "lower", "upper", "count"] of a native histogram. */
static bool check_bucket(struct answer_decoder *d)
{
	struct answer_sample number;
	struct sv rule;

	if (!answer_scan_expect(&d->scan, '[') || !answer_scan_number(&d->scan, &rule))
		return false;
	for (size_t i = 0; i < rule.len; i++)
		if ((rule.ptr[i] < '0' || rule.ptr[i] > '9') && rule.ptr[i] != '-')
			return answer_refuse(d, "an integer as boundary rule");
	for (unsigned i = 0; i < 3; i++)
		if (!answer_scan_expect(&d->scan, ',') || !read_value(d, &number))
			return false;
	return answer_scan_expect(&d->scan, ']');
}

static bool check_buckets(struct answer_decoder *d)
{
	bool first = true, close;

	if (answer_scan_null(&d->scan))
		return true;
	if (!answer_scan_expect(&d->scan, '['))
		return false;
	while (answer_scan_element(&d->scan, &first, &close))
		if (!check_bucket(d))
			return false;
	return close;
}

static bool check_histogram(struct answer_decoder *d)
{
	static const char *const names[] = { "count", "sum", "buckets", NULL };
	struct answer_sample number;
	struct answer_text key;
	bool first = true, close, good = true;
	unsigned seen = 0;
	size_t member;

	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (good && answer_scan_member(&d->scan, &first, &key, &close)) {
		if (!answer_find_member(d, key, names, &seen, &member))
			return false;
		good = member == ANSWER_UNKNOWN_MEMBER ? answer_scan_skip(&d->scan)
		       : member == 2		       ? check_buckets(d)
						       : read_value(d, &number);
	}
	if (!good || !close)
		return false;
	return (seen & 3) == 3 || answer_refuse(d, "count and sum in a histogram");
}

bool answer_read_histogram(struct answer_decoder *d, struct answer_sample *ret)
{
	if (!answer_scan_expect(&d->scan, '[') || !read_time(d, &ret->time_ms) ||
		!answer_scan_expect(&d->scan, ','))
		return false;
	(void)answer_scan_peek(&d->scan);
	const char *begin = d->scan.at;

	if (!check_histogram(d))
		return false;
	ret->kind = ANSWER_HISTOGRAM;
	ret->text = sv_from(begin, (size_t)(d->scan.at - begin));
	return read_rest(d);
}
