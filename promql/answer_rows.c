/* The data of an answer: rows of vectors and matrices, scalars, strings. */
#include <stdlib.h>
#include <string.h>

#include "promql/answer_decoder.h"

static int compare_labels(const void *a, const void *b)
{
	const struct answer_label *la = a, *lb = b;

	return sv_cmp(la->name, lb->name);
}

static bool grow_labels(struct answer_decoder *d)
{
	size_t max = 2 * d->max_labels;
	struct answer_label *more;

	if (d->max_labels >= ANSWER_MAX_LABELS)
		return answer_stop(d, ERR_LIMIT, "fewer labels");
	more = ARENA_ARRAY_RAW(d->arena, max, struct answer_label);
	if (!more)
		return answer_stop(d, ERR_NOMEM, "out of memory");
	memcpy(more, d->labels, d->max_labels * sizeof(*more));
	d->labels = more;
	d->max_labels = max;
	return true;
}

/* {"name":"value", ...}, sorted by name. */
static bool read_labels(struct answer_decoder *d, struct answer_row *row)
{
	struct answer_text key, value;
	bool first = true, close, sorted = true;
	size_t n = 0;

	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (answer_scan_member(&d->scan, &first, &key, &close)) {
		if (n == d->max_labels && !grow_labels(d))
			return false;
		struct answer_label *label = &d->labels[n];
		if (!answer_scan_string(&d->scan, &value) ||
			!answer_decode_text(d, key, &d->row_arena, &label->name) ||
			!answer_decode_text(d, value, &d->row_arena, &label->value))
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
				return answer_refuse(d, "no label twice");
	}
	row->labels = d->labels;
	row->n_labels = n;
	return true;
}

static bool hand_row(struct answer_decoder *d, struct answer_row *row)
{
	bool go_on = !d->handler || !d->handler->row || d->handler->row(row, d->handler->ctx);

	d->answer->n_rows++;
	if (row->sample.kind == ANSWER_HISTOGRAM || row->sample.kind == ANSWER_NO_VALUE ||
		row->sample.kind == ANSWER_NULL_ROW)
		d->answer->n_unusable++;
	if (row->labels && d->row_arena.head)
		arena_clear(&d->row_arena);
	return go_on || answer_stop(d, ERR_LIMIT, "fewer rows");
}

enum row_member { ROW_METRIC, ROW_VALUE, ROW_VALUES, ROW_HISTOGRAM, ROW_HISTOGRAMS };
static const char *const ROW_MEMBERS[] = { "metric", "value", "values", "histogram", "histograms",
	NULL };

/* One member of a vector's element. */
static bool vector_member(struct answer_decoder *d, size_t member, struct answer_row *row,
	struct answer_sample *histogram)
{
	switch (member) {
	case ROW_METRIC:
		return read_labels(d, row);
	case ROW_VALUE:
		if (answer_scan_null(&d->scan)) {
			row->sample.kind = ANSWER_NO_VALUE;
			return true;
		}
		return answer_read_pair(d, false, &row->sample);
	case ROW_HISTOGRAM:
		return answer_read_histogram(d, histogram);
	default:
		return answer_scan_skip(&d->scan);
	}
}

static bool read_vector_row(struct answer_decoder *d, size_t index)
{
	struct answer_row row = { .index = index, .labels = d->labels };
	struct answer_sample histogram = { 0 };
	struct answer_text key;
	bool first = true, close;
	unsigned seen = 0;
	size_t member;

	if (answer_plain_row(d, &row))
		return hand_row(d, &row);
	if (answer_scan_null(&d->scan)) {
		row.sample.kind = ANSWER_NULL_ROW;
		return hand_row(d, &row);
	}
	row.sample.kind = ANSWER_NO_VALUE;
	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (answer_scan_member(&d->scan, &first, &key, &close))
		if (!answer_find_member(d, key, ROW_MEMBERS, &seen, &member) ||
			!vector_member(d, member, &row, &histogram))
			return false;
	if (!close)
		return false;
	if (!(seen & 1u << ROW_METRIC))
		return answer_refuse(d, "the member \"metric\" in a row");
	if (seen & 1u << ROW_HISTOGRAM) {
		if (seen & 1u << ROW_VALUE)
			return answer_refuse(d, "a value or a histogram, not both");
		row.sample = histogram;
	}
	return hand_row(d, &row);
}

static bool hand_point(struct answer_decoder *d, const struct answer_sample *sample)
{
	if (sample->kind == ANSWER_HISTOGRAM)
		d->answer->n_unusable++;
	if (!d->handler || !d->handler->point || d->handler->point(sample, d->handler->ctx))
		return true;
	return answer_stop(d, ERR_LIMIT, "fewer points");
}

/* The list of samples that begins at `place`. */
static bool read_points(struct answer_decoder *d, const char *place, bool histograms)
{
	const char *back = d->scan.at;
	bool first = true, close;

	d->scan.at = place;
	if (!answer_scan_expect(&d->scan, '['))
		return false;
	while (answer_scan_element(&d->scan, &first, &close)) {
		struct answer_sample sample = { 0 };

		if (histograms ? !answer_read_histogram(d, &sample)
			       : !answer_read_pair(d, false, &sample))
			return false;
		if (sample.kind == ANSWER_NO_VALUE)
			return answer_refuse(d, "a time and a value");
		if (!hand_point(d, &sample))
			return false;
	}
	d->scan.at = back;
	return close;
}

/* The places of a matrix row's lists, to be read once the labels are known. */
struct lists {
	const char *values, *histograms;
};

static bool matrix_member(
	struct answer_decoder *d, size_t member, struct answer_row *row, struct lists *lists)
{
	(void)answer_scan_peek(&d->scan);
	if (member == ROW_METRIC)
		return read_labels(d, row);
	if (member == ROW_VALUES)
		lists->values = d->scan.at;
	else if (member == ROW_HISTOGRAMS)
		lists->histograms = d->scan.at;
	return answer_scan_skip(&d->scan);
}

static bool read_matrix_row(struct answer_decoder *d, size_t index)
{
	struct answer_row row = { .index = index, .labels = d->labels };
	struct lists lists = { NULL, NULL };
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
	while (answer_scan_member(&d->scan, &first, &key, &close))
		if (!answer_find_member(d, key, ROW_MEMBERS, &seen, &member) ||
			!matrix_member(d, member, &row, &lists))
			return false;
	if (!close)
		return false;
	if (!(seen & 1u << ROW_METRIC) || (!lists.values && !lists.histograms))
		return answer_refuse(d, "the members \"metric\" and \"values\" in a row");
	return hand_row(d, &row) && (!lists.values || read_points(d, lists.values, false)) &&
	       (!lists.histograms || read_points(d, lists.histograms, true));
}

static bool read_rows(struct answer_decoder *d)
{
	bool first = true, close;
	size_t index = 0;

	if (answer_scan_peek(&d->scan) == 'n') {
		d->answer->null_result = answer_scan_null(&d->scan);
		return answer_refuse(d, "a list of rows, not null");
	}
	if (!answer_scan_expect(&d->scan, '['))
		return false;
	for (; answer_scan_element(&d->scan, &first, &close); index++)
		if (d->answer->type == ANSWER_VECTOR ? !read_vector_row(d, index)
						     : !read_matrix_row(d, index))
			return false;
	return close;
}

static bool read_result(struct answer_decoder *d)
{
	struct answer_row row = { .sample = { 0 } };

	if (d->answer->type == ANSWER_VECTOR || d->answer->type == ANSWER_MATRIX)
		return read_rows(d);
	if (!answer_read_pair(d, d->answer->type == ANSWER_STRING, &row.sample))
		return false;
	if (row.sample.kind == ANSWER_NO_VALUE)
		return answer_refuse(d, "a time and a value");
	return hand_row(d, &row);
}

static bool find_type(struct answer_decoder *d, struct sv name)
{
	static const char *const names[] = { "vector", "matrix", "scalar", "string" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (sv_is(name, names[i])) {
			d->answer->type = (enum answer_type)i;
			return true;
		}
	}
	return answer_refuse(d, "the resultType vector, matrix, scalar or string");
}

bool answer_read_data(struct answer_decoder *d)
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
		if (!answer_find_member(d, key, names, &seen, &member))
			return false;
		(void)answer_scan_peek(&d->scan);
		if (member == 0) {
			good = answer_read_text(d, &type) && find_type(d, type);
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
		return answer_refuse(d, "the members \"resultType\" and \"result\" in data");
	if (done)
		return true;
	back = d->scan.at;
	d->scan.at = result;
	good = read_result(d);
	d->scan.at = good ? back : d->scan.at;
	return good;
}
