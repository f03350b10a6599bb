/* The whole text of an answer -> rows. Members may come in any order: what cannot be read yet is skipped once and read when its
 * type is known. Rows are handed on as they are read, so a caller drops them when the end of the text turns out to be wrong. */
#include "promql/answer.h"

#include <math.h>
#include <stdlib.h>

#include "common/f64.h"
#include "promql/answer_scan.h"
#include "promql/unicode.h"

/* A series of Prometheus has at most some dozens of labels; more than this is no series. */
#define MAX_LABELS 1024u
/* Warnings and infos that are kept; Prometheus sends at most ten of each and then a count. */
#define MAX_NOTES 64u
/* Decoded escapes of one row. */
#define ROW_ARENA_BYTES (1024u * 1024)

struct decoder {
	struct answer_scan scan;
	struct arena *arena;
	struct arena row_arena;
	const struct answer_handler *handler;
	struct answer *answer;
	struct answer_label *labels; /* MAX_LABELS */
	enum error_kind stopped;     /* LIMIT or NOMEM from inside; OK: the text is wrong */
};

static bool refuse(struct decoder *d, const char *expected)
{
	return answer_scan_fail(&d->scan, expected);
}

static bool stop(struct decoder *d, enum error_kind kind, const char *why)
{
	d->stopped = kind;
	return answer_scan_fail(&d->scan, why);
}

static bool decode_text(struct decoder *d, struct answer_text text, struct arena *a, struct sv *ret)
{
	if (!text.decode) {
		*ret = text.raw;
		return true;
	}
	*ret = answer_scan_decode(text, a);
	return ret->ptr || stop(d, ERR_NOMEM, "out of memory");
}

/* A string value, decoded into the answer's arena. */
static bool read_text(struct decoder *d, struct sv *ret)
{
	struct answer_text text;

	return answer_scan_string(&d->scan, &text) && decode_text(d, text, d->arena, ret);
}

/* Equal under Unicode's simple case folding, as encoding/json matches names. */
static bool folds_to(struct sv text, const char *name)
{
	size_t at = 0;

	for (; *name; name++) {
		uint32_t rune;

		if (at >= text.len)
			return false;
		at += unicode_decode(text.ptr + at, text.len - at, &rune);
		for (uint32_t next = unicode_fold(rune);
			(rune | 32) != ((unsigned char)*name | 32u); next = unicode_fold(next)) {
			if (next == rune)
				return false;
			if ((next | 32) == ((unsigned char)*name | 32u))
				break;
		}
	}
	return at == text.len;
}

#define UNKNOWN_MEMBER SIZE_MAX

/* Members longer than this are none of ours, whatever their escapes mean. */
#define MAX_MEMBER_BYTES 128u

/* Index of the member in names (NULL-terminated), or UNKNOWN_MEMBER; *ret_odd: it was there before, or its spelling is another one
 * that Go's client takes too. */
static bool look_up_member(struct decoder *d, struct answer_text key, const char *const *names,
	unsigned *seen, size_t *ret, bool *ret_odd)
{
	struct sv name = key.raw;
	size_t i = 0;

	*ret = UNKNOWN_MEMBER;
	if (key.decode && key.raw.len < MAX_MEMBER_BYTES &&
		!decode_text(d, key, &d->row_arena, &name))
		return false;
	while (names[i] && !sv_is(name, names[i]))
		i++;
	if (!names[i]) {
		for (i = 0; names[i] && !folds_to(name, names[i]); i++)
			;
		if (!names[i])
			return true;
		*ret_odd = true;
	}
	if (*seen & 1u << i)
		*ret_odd = true;
	*seen |= 1u << i;
	*ret = i;
	return true;
}

/* The same where odd members are refused. */
static bool find_member(struct decoder *d, struct answer_text key, const char *const *names,
	unsigned *seen, size_t *ret)
{
	bool odd = false;

	if (!look_up_member(d, key, names, seen, ret, &odd))
		return false;
	return !odd || refuse(d, "every member once, under its exact name");
}

/* Seconds with a fraction -> milliseconds, digits after the third decimal cut. */
static bool read_time(struct decoder *d, int64_t *ret)
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
			return refuse(d, "a time without exponent");
		decimals += point;
		if (__builtin_mul_overflow(ms, 10, &ms) ||
			__builtin_add_overflow(ms, text.ptr[i] - '0', &ms))
			return refuse(d, "a time within 64 bits of milliseconds");
	}
	for (; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return refuse(d, "a time without exponent");
	for (; decimals < 3; decimals++)
		if (__builtin_mul_overflow(ms, 10, &ms))
			return refuse(d, "a time within 64 bits of milliseconds");
	*ret = negative ? -ms : ms;
	return true;
}

/* A number in quotes. Hexadecimal and underscores, which Go takes, are refused: no server prints them. */
static bool read_value(struct decoder *d, struct answer_sample *ret)
{
	struct answer_text text;

	if (!answer_scan_string(&d->scan, &text))
		return false;
	if (text.decode || text.raw.len == 0)
		return refuse(d, "a number in quotes");
	for (size_t i = 0; i < text.raw.len; i++)
		if (text.raw.ptr[i] == '_' || (text.raw.ptr[i] | 32) == 'x')
			return refuse(d, "a decimal number in quotes");
	if (f64_parse(text.raw, &ret->value) != F64_OK)
		return refuse(d, "a number in quotes");
	ret->text = text.raw;
	ret->kind = isnan(ret->value)	? ANSWER_NAN
		    : isinf(ret->value) ? ANSWER_INFINITE
					: ANSWER_FINITE;
	return true;
}

/* Behind the last element that counts: Go's client ignores more. */
static bool read_rest(struct decoder *d)
{
	bool first = false, close;

	while (answer_scan_element(&d->scan, &first, &close))
		if (!answer_scan_skip(&d->scan))
			return false;
	return close;
}

/* [time, "value"]. A value that is missing or null is NO_VALUE. */
static bool read_pair(struct decoder *d, bool text, struct answer_sample *ret)
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
		if (!read_text(d, &ret->text))
			return false;
	} else if (answer_scan_null(&d->scan)) {
		ret->kind = ANSWER_NO_VALUE;
	} else if (!read_value(d, ret)) {
		return false;
	}
	return read_rest(d);
}

/* [rule, "lower", "upper", "count"] of a native histogram. */
static bool check_bucket(struct decoder *d)
{
	struct answer_sample number;
	struct sv rule;

	if (!answer_scan_expect(&d->scan, '[') || !answer_scan_number(&d->scan, &rule))
		return false;
	for (size_t i = 0; i < rule.len; i++)
		if ((rule.ptr[i] < '0' || rule.ptr[i] > '9') && rule.ptr[i] != '-')
			return refuse(d, "an integer as boundary rule");
	for (unsigned i = 0; i < 3; i++)
		if (!answer_scan_expect(&d->scan, ',') || !read_value(d, &number))
			return false;
	return answer_scan_expect(&d->scan, ']');
}

static bool check_buckets(struct decoder *d)
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

static bool check_histogram(struct decoder *d)
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
		if (!find_member(d, key, names, &seen, &member))
			return false;
		good = member == UNKNOWN_MEMBER ? answer_scan_skip(&d->scan)
		       : member == 2		? check_buckets(d)
						: read_value(d, &number);
	}
	if (!good || !close)
		return false;
	return (seen & 3) == 3 || refuse(d, "count and sum in a histogram");
}

/* [time, {histogram}]. */
static bool read_histogram(struct decoder *d, struct answer_sample *ret)
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

static int compare_labels(const void *a, const void *b)
{
	const struct answer_label *la = a, *lb = b;

	return sv_cmp(la->name, lb->name);
}

/* {"name":"value", ...}, sorted by name. */
static bool read_labels(struct decoder *d, size_t *ret_n)
{
	struct answer_text key, value;
	bool first = true, close, sorted = true;
	size_t n = 0;

	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (answer_scan_member(&d->scan, &first, &key, &close)) {
		struct answer_label *label = &d->labels[n];

		if (n == MAX_LABELS - 1)
			return stop(d, ERR_LIMIT, "fewer labels");
		if (!answer_scan_string(&d->scan, &value) ||
			!decode_text(d, key, &d->row_arena, &label->name) ||
			!decode_text(d, value, &d->row_arena, &label->value))
			return false;
		sorted = sorted && (n == 0 || sv_cmp(label[-1].name, label->name) < 0);
		n++;
	}
	if (!close)
		return false;
	if (!sorted) {
		qsort(d->labels, n, sizeof(*d->labels), compare_labels);
		for (size_t i = 1; i < n; i++)
			if (sv_eq(d->labels[i - 1].name, d->labels[i].name))
				return refuse(d, "no label twice");
	}
	*ret_n = n;
	return true;
}

static bool hand_row(struct decoder *d, struct answer_row *row)
{
	bool go_on = !d->handler || !d->handler->row || d->handler->row(row, d->handler->ctx);

	d->answer->n_rows++;
	if (row->sample.kind == ANSWER_HISTOGRAM || row->sample.kind == ANSWER_NO_VALUE ||
		row->sample.kind == ANSWER_NULL_ROW)
		d->answer->n_unusable++;
	if (row->labels && d->row_arena.head)
		arena_clear(&d->row_arena);
	return go_on || stop(d, ERR_LIMIT, "fewer rows");
}

enum row_member { ROW_METRIC, ROW_VALUE, ROW_VALUES, ROW_HISTOGRAM, ROW_HISTOGRAMS };
static const char *const ROW_MEMBERS[] = { "metric", "value", "values", "histogram", "histograms",
	NULL };

/* One member of a vector's element. */
static bool vector_member(
	struct decoder *d, size_t member, struct answer_row *row, struct answer_sample *histogram)
{
	switch (member) {
	case ROW_METRIC:
		return read_labels(d, &row->n_labels);
	case ROW_VALUE:
		if (answer_scan_null(&d->scan)) {
			row->sample.kind = ANSWER_NO_VALUE;
			return true;
		}
		return read_pair(d, false, &row->sample);
	case ROW_HISTOGRAM:
		return read_histogram(d, histogram);
	default:
		return answer_scan_skip(&d->scan);
	}
}

static bool read_vector_row(struct decoder *d, size_t index)
{
	struct answer_row row = { .index = index, .labels = d->labels };
	struct answer_sample histogram = { 0 };
	struct answer_text key;
	bool first = true, close;
	unsigned seen = 0;
	size_t member;

	if (answer_scan_null(&d->scan)) {
		row.sample.kind = ANSWER_NULL_ROW;
		return hand_row(d, &row);
	}
	row.sample.kind = ANSWER_NO_VALUE;
	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (answer_scan_member(&d->scan, &first, &key, &close))
		if (!find_member(d, key, ROW_MEMBERS, &seen, &member) ||
			!vector_member(d, member, &row, &histogram))
			return false;
	if (!close)
		return false;
	if (!(seen & 1u << ROW_METRIC))
		return refuse(d, "the member \"metric\" in a row");
	if (seen & 1u << ROW_HISTOGRAM) {
		if (seen & 1u << ROW_VALUE)
			return refuse(d, "a value or a histogram, not both");
		row.sample = histogram;
	}
	return hand_row(d, &row);
}

static bool hand_point(struct decoder *d, const struct answer_sample *sample)
{
	if (sample->kind == ANSWER_HISTOGRAM)
		d->answer->n_unusable++;
	if (!d->handler || !d->handler->point || d->handler->point(sample, d->handler->ctx))
		return true;
	return stop(d, ERR_LIMIT, "fewer points");
}

/* The list of samples that begins at `place`. */
static bool read_points(struct decoder *d, const char *place, bool histograms)
{
	const char *back = d->scan.at;
	bool first = true, close;

	d->scan.at = place;
	if (!answer_scan_expect(&d->scan, '['))
		return false;
	while (answer_scan_element(&d->scan, &first, &close)) {
		struct answer_sample sample = { 0 };

		if (histograms ? !read_histogram(d, &sample) : !read_pair(d, false, &sample))
			return false;
		if (sample.kind == ANSWER_NO_VALUE)
			return refuse(d, "a time and a value");
		if (!hand_point(d, &sample))
			return false;
	}
	d->scan.at = back;
	return close;
}

static bool read_matrix_row(struct decoder *d, size_t index)
{
	struct answer_row row = { .index = index, .labels = d->labels };
	const char *values = NULL, *histograms = NULL;
	struct answer_text key;
	bool first = true, close;
	unsigned seen = 0;
	size_t member;

	if (answer_scan_null(&d->scan)) {
		row.sample.kind = ANSWER_NULL_ROW;
		return hand_row(d, &row);
	}
	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (answer_scan_member(&d->scan, &first, &key, &close)) {
		if (!find_member(d, key, ROW_MEMBERS, &seen, &member))
			return false;
		(void)answer_scan_peek(&d->scan);
		if (member == ROW_METRIC) {
			if (!read_labels(d, &row.n_labels))
				return false;
			continue;
		}
		if (member == ROW_VALUES)
			values = d->scan.at;
		else if (member == ROW_HISTOGRAMS)
			histograms = d->scan.at;
		if (!answer_scan_skip(&d->scan))
			return false;
	}
	if (!close)
		return false;
	if (!(seen & 1u << ROW_METRIC) || (!values && !histograms))
		return refuse(d, "the members \"metric\" and \"values\" in a row");
	return hand_row(d, &row) && (!values || read_points(d, values, false)) &&
	       (!histograms || read_points(d, histograms, true));
}

static bool read_rows(struct decoder *d)
{
	bool first = true, close;
	size_t index = 0;

	if (answer_scan_peek(&d->scan) == 'n') {
		d->answer->null_result = answer_scan_null(&d->scan);
		return refuse(d, "a list of rows, not null");
	}
	if (!answer_scan_expect(&d->scan, '['))
		return false;
	for (; answer_scan_element(&d->scan, &first, &close); index++)
		if (d->answer->type == ANSWER_VECTOR ? !read_vector_row(d, index)
						     : !read_matrix_row(d, index))
			return false;
	return close;
}

static bool read_result(struct decoder *d)
{
	struct answer_row row = { .sample = { 0 } };

	if (d->answer->type == ANSWER_VECTOR || d->answer->type == ANSWER_MATRIX)
		return read_rows(d);
	if (!read_pair(d, d->answer->type == ANSWER_STRING, &row.sample))
		return false;
	if (row.sample.kind == ANSWER_NO_VALUE)
		return refuse(d, "a time and a value");
	return hand_row(d, &row);
}

static bool find_type(struct decoder *d, struct sv name)
{
	static const char *const names[] = { "vector", "matrix", "scalar", "string" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (sv_is(name, names[i])) {
			d->answer->type = (enum answer_type)i;
			return true;
		}
	}
	return refuse(d, "the resultType vector, matrix, scalar or string");
}

/* {"resultType":..., "result":...}. */
static bool read_data(struct decoder *d)
{
	static const char *const names[] = { "resultType", "result", NULL };
	const char *result = NULL, *back;
	struct answer_text key;
	struct sv type;
	bool first = true, close, done = false, good = true;
	unsigned seen = 0;
	size_t member;

	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (good && answer_scan_member(&d->scan, &first, &key, &close)) {
		if (!find_member(d, key, names, &seen, &member))
			return false;
		(void)answer_scan_peek(&d->scan);
		if (member == 0) {
			good = read_text(d, &type) && find_type(d, type);
		} else if (member == 1 && seen & 1) {
			good = read_result(d);
			done = true;
		} else {
			if (member == 1)
				result = d->scan.at;
			good = answer_scan_skip(&d->scan);
		}
	}
	if (!good || !close)
		return false;
	if (seen != 3)
		return refuse(d, "the members \"resultType\" and \"result\" in data");
	if (done)
		return true;
	back = d->scan.at;
	d->scan.at = result;
	good = read_result(d);
	d->scan.at = good ? back : d->scan.at;
	return good;
}

/* A list of texts, or null. */
static bool read_notes(struct decoder *d, const struct sv **ret, size_t *ret_n)
{
	struct sv *notes = ARENA_ARRAY(d->arena, MAX_NOTES, struct sv), text;
	bool first = true, close;
	size_t n = 0;

	if (!notes)
		return stop(d, ERR_NOMEM, "out of memory");
	if (answer_scan_null(&d->scan))
		return true;
	if (!answer_scan_expect(&d->scan, '['))
		return false;
	while (answer_scan_element(&d->scan, &first, &close)) {
		if (!read_text(d, &text))
			return false;
		if (n < MAX_NOTES)
			notes[n++] = text;
	}
	*ret = notes;
	*ret_n = n;
	return close;
}

struct envelope {
	struct sv status, error_type, error;
	unsigned seen;
	struct answer_scan
		refused; /* where and why the data was refused; the status decides whether that matters */
};

enum envelope_member { ENV_STATUS, ENV_DATA, ENV_ERROR_TYPE, ENV_ERROR, ENV_WARNINGS, ENV_INFOS };

static bool read_optional_text(struct decoder *d, struct sv *ret)
{
	*ret = SV("");
	return answer_scan_null(&d->scan) || read_text(d, ret);
}

static bool envelope_data(struct decoder *d, struct envelope *e, bool want_data)
{
	struct answer_scan before = d->scan;

	if (!want_data || sv_is(e->status, "error") || e->refused.problem)
		return answer_scan_skip(&d->scan);
	if (read_data(d))
		return true;
	if (d->stopped)
		return false;
	e->refused = d->scan;
	d->scan = before;
	return answer_scan_skip(&d->scan);
}

static bool envelope_member(struct decoder *d, size_t member, struct envelope *e, bool want_data)
{
	switch (member) {
	case ENV_STATUS:
		return read_text(d, &e->status);
	case ENV_DATA:
		return envelope_data(d, e, want_data);
	case ENV_ERROR_TYPE:
		return read_optional_text(d, &e->error_type);
	case ENV_ERROR:
		return read_optional_text(d, &e->error);
	case ENV_WARNINGS:
		return read_notes(d, &d->answer->warnings, &d->answer->n_warnings);
	case ENV_INFOS:
		return read_notes(d, &d->answer->infos, &d->answer->n_infos);
	default:
		return answer_scan_skip(&d->scan);
	}
}

static bool read_envelope(struct decoder *d, struct envelope *e, bool want_data)
{
	static const char *const names[] = { "status", "data", "errorType", "error", "warnings",
		"infos", NULL };
	struct answer_text key;
	bool first = true, close;
	size_t member;

	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (answer_scan_member(&d->scan, &first, &key, &close)) {
		bool odd = false;

		if (!look_up_member(d, key, names, &e->seen, &member, &odd))
			return false;
		if (odd && !e->refused.problem) {
			e->refused = d->scan;
			e->refused.problem = "every member once, under its exact name";
		}
		if (!envelope_member(d, member, e, want_data))
			return false;
	}
	return close && answer_scan_end(&d->scan);
}

static enum error_kind kind_of_failure(int status, struct sv class)
{
	if (sv_is(class, "bad_data") || sv_is(class, "bad_response") || status == 400)
		return ERR_INVALID;
	if (status == 401 || status == 403)
		return ERR_DENIED;
	if (status == 404 || sv_is(class, "not_found"))
		return ERR_NOTFOUND;
	return ERR_UNAVAIL;
}

static enum error_kind fail(
	struct decoder *d, int status, struct sv class, struct sv message, struct error *err)
{
	d->answer->error_class = class;
	d->answer->error_message = message;
	enum error_kind kind = error_set(
		err, kind_of_failure(status, class), "%.*s: %.*s", SV_ARG(class), SV_ARG(message));

	err->code = status;
	return kind;
}

/* A text that is no answer of Prometheus, or one that is not as it should be. */
static enum error_kind bad_response(struct decoder *d, struct sv body, struct error *err)
{
	char message[256];
	struct buf text;

	if (d->stopped)
		return error_set(err, d->stopped,
			d->stopped == ERR_NOMEM ? "out of memory"
						: "the answer of Prometheus is too large");
	buf_init(&text, sizeof(message) - 1);
	buf_printf(&text, "byte %zu: expected %s", (size_t)(d->scan.at - body.ptr),
		d->scan.problem ? d->scan.problem : "an answer of Prometheus");
	struct sv copy = arena_sv(d->arena, buf_sv(&text));

	buf_done(&text);
	return fail(d, 200, SV("bad_response"), copy.ptr ? copy : SV(""), err);
}

/* Statuses whose body the reference's client does not read: the body's own words are used when it has any. */
static enum error_kind fail_by_status(
	struct decoder *d, int status, struct envelope *e, bool readable, struct error *err)
{
	struct sv class = status >= 500 && status < 600	  ? SV("server_error")
			  : status >= 400 && status < 500 ? SV("client_error")
							  : SV("bad_response");
	char *message = arena_printf(d->arena, "HTTP status %d", status);
	struct sv words = message ? sv_of(message) : SV("");

	if (readable && sv_is(e->status, "error") && status >= 400 && status < 600) {
		if (e->error_type.len)
			class = e->error_type;
		if (e->error.len)
			words = e->error;
	}
	return fail(d, status, class, words, err);
}

static enum error_kind decode(struct decoder *d, int status, struct sv body, struct error *err)
{
	struct envelope e = { .status = SV("") };
	bool success = status >= 200 && status < 300 && status != 204;
	bool readable = read_envelope(d, &e, success);

	if (!success && status != 400 && status != 422)
		return fail_by_status(d, status, &e, readable, err);
	if (!readable)
		return bad_response(d, body, err);
	if (sv_is(e.status, "error"))
		return fail(d, status, e.error_type, e.error, err);
	if (e.refused.problem)
		d->scan = e.refused;
	else if (!success)
		refuse(d, "an error");
	else if (!(e.seen & 1u << ENV_STATUS))
		refuse(d, "the member \"status\"");
	else if (!(e.seen & 1u << ENV_DATA))
		refuse(d, "the member \"data\"");
	if (d->scan.problem)
		return bad_response(d, body, err);
	d->answer->odd_status = !sv_is(e.status, "success");
	return ERR_OK;
}

enum error_kind answer_decode(struct arena *a, int http_status, struct sv body,
	const struct answer_handler *handler, struct answer *ret, struct error *err)
{
	struct decoder d = { .scan = { .at = body.ptr, .end = body.ptr + body.len },
		.arena = a,
		.handler = handler,
		.answer = ret };
	enum error_kind failed;

	*ret = (struct answer){ 0 };
	if (!body.ptr)
		d.scan.at = d.scan.end = "";
	d.labels = ARENA_ARRAY(a, MAX_LABELS, struct answer_label);
	if (!d.labels)
		return arena_error(a, err);
	arena_init(&d.row_arena, ROW_ARENA_BYTES);
	failed = decode(&d, http_status, body, err);
	arena_done(&d.row_arena);
	return failed;
}
