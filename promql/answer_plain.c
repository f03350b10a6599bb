/* The layout that Prometheus prints, {"metric":{"a":"b"},"value":[1435781451.781,"1.5"]}, read in one go: no blanks, labels sorted and
 * without escapes, a finite value. Whatever differs is left to answer_rows.c, which also finds the errors. */
#include "common/f64_short.h"
#include "promql/answer_decoder.h"

/* Times of more digits are read the long way. */
#define MAX_TIME_DIGITS 17
/* Some ten rows ahead. A row is one or two cache lines long. */
#define PREFETCH_BYTES 1024
#define LINE_BYTES 64

struct cursor {
	const char *at, *end;
};

static inline bool take(struct cursor *c, const char *text, size_t n)
{
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, text, n) != 0)
		return false;
	c->at += n;
	return true;
}

#define TAKE(c, text) take(c, "" text, sizeof(text) - 1)

static inline bool take_char(struct cursor *c, char wanted)
{
	if (c->at >= c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* Up to the closing quote, which is consumed; eight bytes at once. */
static inline bool take_text(struct cursor *c, struct sv *ret)
{
	const char *begin = c->at;

	for (;;) {
		uint64_t word, special;

		if (c->end - c->at < 8)
			return false;
		memcpy(&word, c->at, sizeof(word));
		special = answer_scan_special_bytes(word);
		if (special) {
			c->at += __builtin_ctzll(special) / 8;
			break;
		}
		c->at += 8;
	}
	*ret = sv_from(begin, (size_t)(c->at - begin));
	return take_char(c, '"');
}

/* "name":"value",... and the closing brace. */
static bool take_labels(struct cursor *c, struct answer_label *labels, size_t max, size_t *ret_n)
{
	size_t n = 0;

	if (take_char(c, '}')) {
		*ret_n = 0;
		return true;
	}
	do {
		struct answer_label *label = &labels[n];

		if (n == max || !take_char(c, '"') || !take_text(c, &label->name) ||
			!TAKE(c, ":\"") || !take_text(c, &label->value))
			return false;
		if (n > 0 && sv_cmp(label[-1].name, label->name) >= 0)
			return false;
		n++;
	} while (take_char(c, ','));
	*ret_n = n;
	return take_char(c, '}');
}

static inline const char *take_digits(struct cursor *c, int64_t *value)
{
	const char *begin = c->at;

	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
		*value = (int64_t)((uint64_t)*value * 10 + (uint64_t)(*c->at - '0'));
	return begin;
}

/* Seconds with up to three decimals. */
static bool take_time(struct cursor *c, int64_t *ret_ms)
{
	int64_t value = 0;
	const char *begin = take_digits(c, &value);
	ptrdiff_t n = c->at - begin, decimals = 0;

	if (n == 0 || (n > 1 && *begin == '0'))
		return false;
	if (take_char(c, '.')) {
		begin = take_digits(c, &value);
		decimals = c->at - begin;
		if (decimals == 0 || decimals > 3)
			return false;
	}
	if (n + 3 > MAX_TIME_DIGITS)
		return false;
	for (; decimals < 3; decimals++)
		value *= 10;
	*ret_ms = value;
	return true;
}

/* All rows of a vector have one time: it is read once. What only begins like it fails behind it. */
static inline bool take_same_time(struct answer_decoder *d, struct cursor *c, int64_t *ret_ms)
{
	const char *begin = c->at;

	if (d->time.len > 0 && take(c, d->time.ptr, d->time.len)) {
		*ret_ms = d->time_ms;
		return true;
	}
	if (!take_time(c, ret_ms))
		return false;
	d->time = sv_from(begin, (size_t)(c->at - begin));
	d->time_ms = *ret_ms;
	return true;
}

/* A decimal number, closing quote included. */
static bool take_value(struct cursor *c, struct answer_sample *ret)
{
	ret->kind = ANSWER_FINITE;
	return take_text(c, &ret->text) && f64_parse_short(ret->text, &ret->value);
}

bool answer_plain_row(struct answer_decoder *d, struct answer_row *ret)
{
	struct cursor c = { d->scan.at, d->scan.end };

	/* The text is read once, from the beginning to the end, and arrives from memory slower than it is read. */
	if (c.end - c.at > PREFETCH_BYTES + LINE_BYTES) {
		__builtin_prefetch(c.at + PREFETCH_BYTES);
		__builtin_prefetch(c.at + PREFETCH_BYTES + LINE_BYTES);
	}

	if (!TAKE(&c, "{\"metric\":{") ||
		!take_labels(&c, d->labels, d->max_labels, &ret->n_labels) ||
		!TAKE(&c, ",\"value\":[") || !take_same_time(d, &c, &ret->sample.time_ms) ||
		!TAKE(&c, ",\"") || !take_value(&c, &ret->sample) || !TAKE(&c, "]}")) {
		ret->n_labels = 0;
		ret->sample = (struct answer_sample){ 0 };
		return false;
	}
	d->scan.at = c.at;
	return true;
}
