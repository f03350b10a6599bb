/* Suite `response`: answers of /api/v1/query. Rows marked `lax` may be refused as bad_response or decoded to exactly the recorded
 * value; a row without a value, which the reference reads as 0, counts as refused here (docs/deviations.md). Rows marked `narrow` may
 * be refused or decoded to the right value. */
#include "common/f64.h"
#include "promql/answer.h"
#include "tests/conformance/promql_text.h"

struct reader {
	struct conformance *c;
	const struct jtree *expected;	       /* next row */
	const struct jtree *value, *histogram; /* next points of a matrix row */
	const struct jtree *row;	       /* the answer as recorded */
	bool missing;			       /* some row had no value */
	bool differs;
};

static bool differ(struct reader *r, bool same)
{
	r->differs = r->differs || !same;
	return true;
}

static int64_t number(const struct jtree *t)
{
	int64_t i = 0;

	return jtree_i64(t, &i) ? i : INT64_MIN;
}

static bool same_labels(
	struct conformance *c, const struct jtree *expected, const struct answer_row *row)
{
	size_t i = 0;

	if ((expected ? expected->n : 0) != row->n_labels)
		return conformance_fail(c, "row %zu: labels: expected %zu, got %zu", row->index,
			expected ? expected->n : 0, row->n_labels);
	JTREE_FOREACH (pair, expected) {
		if (!conformance_eq_text(
			    c, "label name", promql_text_of(c, pair->first), row->labels[i].name) ||
			!conformance_eq_text(c, "label value", promql_text_of(c, pair->first->next),
				row->labels[i].value))
			return false;
		i++;
	}
	return true;
}

static bool same_bits_text(
	struct conformance *c, const char *what, const struct jtree *bits, const struct jtree *text)
{
	double value = 0;

	if (!bits || f64_parse(jtree_text(text), &value) != F64_OK)
		return conformance_fail(c, "%s: no number", what);
	return promql_text_eq_bits(c, what, bits->text, value);
}

static bool same_histogram(struct conformance *c, const struct jtree *expected, struct sv text)
{
	struct jtree *got;
	struct error err;

	if (jtree_parse(c->a, text, &got, &err))
		return conformance_fail(c, "histogram: %s", err.text);
	const struct jtree *bucket =
		jtree_get(got, "buckets") ? jtree_get(got, "buckets")->first : NULL;

	if (!same_bits_text(c, "count", jtree_get(expected, "count"), jtree_get(got, "count")) ||
		!same_bits_text(c, "sum", jtree_get(expected, "sum"), jtree_get(got, "sum")))
		return false;
	JTREE_FOREACH (want, jtree_get(expected, "buckets")) {
		if (!bucket ||
			!conformance_eq_i64(c, "rule", number(want->first), number(bucket->first)))
			return conformance_fail(c, "buckets differ");
		const struct jtree *a = want->first->next, *b = bucket->first->next;

		for (; a && b; a = a->next, b = b->next)
			if (!same_bits_text(c, "bucket", a, b))
				return false;
		bucket = bucket->next;
	}
	return !bucket || conformance_fail(c, "more buckets than expected");
}

static bool same_sample(
	struct conformance *c, const struct jtree *row, const struct answer_sample *s)
{
	const struct jtree *histogram = jtree_get(row, "hist");

	if (!conformance_eq_i64(c, "time", number(jtree_get(row, "t")), s->time_ms))
		return false;
	if (s->kind == ANSWER_TEXT)
		return conformance_eq_text(c, "text", promql_text_get(c, row, "s"), s->text);
	if ((s->kind == ANSWER_HISTOGRAM) != (histogram != NULL))
		return conformance_fail(c, "histogram or value");
	if (histogram)
		return same_histogram(c, histogram, s->text);
	return promql_text_eq_bits(c, "value", conformance_text(row, "v"), s->value);
}

static bool on_row(const struct answer_row *row, void *ctx)
{
	struct reader *r = ctx;
	const struct jtree *expected = r->expected;
	bool rows = jtree_get(r->row, "rows") != NULL;

	if (row->sample.kind == ANSWER_NO_VALUE &&
		!sv_is(conformance_text(r->row, "type"), "matrix")) {
		r->missing = true;
		return true;
	}
	if (!conformance_flag(r->row, "ok"))
		return true;
	if (!rows)
		return differ(r, same_sample(r->c, r->row, &row->sample));
	if (!expected)
		return differ(r, conformance_fail(r->c, "more rows than expected"));
	r->expected = expected->next;
	if (row->sample.kind == ANSWER_NULL_ROW || conformance_flag(expected, "null"))
		return differ(r, (row->sample.kind == ANSWER_NULL_ROW &&
					 conformance_flag(expected, "null")) ||
					 conformance_fail(r->c, "null row"));
	if (!same_labels(r->c, jtree_get(expected, "labels"), row))
		return differ(r, false);
	if (sv_is(conformance_text(r->row, "type"), "matrix")) {
		const struct jtree *values = jtree_get(expected, "values"),
				   *histograms = jtree_get(expected, "histograms");

		differ(r, (!r->value && !r->histogram) ||
				  conformance_fail(r->c, "fewer points than expected"));
		r->value = values ? values->first : NULL;
		r->histogram = histograms ? histograms->first : NULL;
		return true;
	}
	return differ(r, same_sample(r->c, expected, &row->sample));
}

static bool on_point(const struct answer_sample *s, void *ctx)
{
	struct reader *r = ctx;
	const struct jtree **next = s->kind == ANSWER_HISTOGRAM ? &r->histogram : &r->value;
	const struct jtree *pair = *next;

	if (!conformance_flag(r->row, "ok"))
		return true;
	if (!pair)
		return differ(r, conformance_fail(r->c, "more points than expected"));
	*next = pair->next;
	if (!conformance_eq_i64(r->c, "time", number(pair->first), s->time_ms))
		return differ(r, false);
	if (s->kind == ANSWER_HISTOGRAM)
		return differ(r, same_histogram(r->c, pair->first->next, s->text));
	return differ(r, promql_text_eq_bits(r->c, "value", pair->first->next->text, s->value));
}

static bool same_notes(struct conformance *c, const char *what, const struct jtree *expected,
	const struct sv *got, size_t n)
{
	size_t i = 0;

	if (!conformance_eq_i64(c, what, expected ? (int64_t)expected->n : 0, (int64_t)n))
		return false;
	JTREE_FOREACH (text, expected) {
		if (!conformance_eq_text(c, what, promql_text_of(c, text), got[i++]))
			return false;
	}
	return true;
}

static bool same_class(struct conformance *c, const struct jtree *row, struct sv class)
{
	struct sv wanted = conformance_text(row, "class"),
		  other = conformance_text(row, "body_class");

	if (other.len && sv_eq(other, class))
		return true;
	return conformance_eq_text(c, "class", wanted, class);
}

static void run(struct conformance *c, const struct jtree *row)
{
	static const char *const types[] = { "vector", "matrix", "scalar", "string" };
	const struct jtree *rows = jtree_get(row, "rows");
	struct reader r = { .c = c, .row = row, .expected = rows ? rows->first : NULL };
	struct answer_handler handler = { on_row, on_point, &r };
	struct answer answer;
	struct error err = { 0 };
	bool ok = conformance_flag(row, "ok"), lax = conformance_flag(row, "lax");
	struct sv body = promql_text_get(c, row, "body");
	int status = (int)number(jtree_get(row, "status"));
	/* Rows that come before a refusal do not count: judge first, compare then. */
	enum error_kind failed = answer_decode(c->a, status, body, NULL, &answer, &err);

	if (!failed)
		failed = answer_decode(c->a, status, body, &handler, &answer, &err);

	if (failed || r.missing) {
		if (ok && lax) {
			if (failed)
				conformance_eq_text(
					c, "class", SV("bad_response"), answer.error_class);
			return;
		}
		if (r.missing && !failed)
			answer.error_class = SV("bad_response");
		if (!conformance_eq_bool(c, "ok", ok, false))
			return;
		(void)(same_class(c, row, answer.error_class) &&
			(!jtree_get(row, "error") ||
				conformance_eq_text(c, "error", promql_text_get(c, row, "error"),
					answer.error_message)) &&
			same_notes(c, "warnings", jtree_get(row, "warnings"), answer.warnings,
				answer.n_warnings));
		return;
	}
	if (!ok && conformance_flag(row, "narrow"))
		return;
	if (!conformance_eq_bool(c, "ok", ok, true) || r.differs)
		return;
	(void)(conformance_eq_text(
		       c, "type", conformance_text(row, "type"), sv_of(types[answer.type])) &&
		(!r.expected || conformance_fail(c, "fewer rows than expected")) &&
		((!r.value && !r.histogram) || conformance_fail(c, "fewer points than expected")) &&
		same_notes(c, "warnings", jtree_get(row, "warnings"), answer.warnings,
			answer.n_warnings) &&
		same_notes(c, "infos", jtree_get(row, "infos"), answer.infos, answer.n_infos));
}

extern const struct suite suite_response[];
const struct suite suite_response[] = { { "response", run }, { 0 } };
