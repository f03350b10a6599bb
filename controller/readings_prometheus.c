/* Answers of Prometheus. Rows are looked at while they are decoded; of a large answer only the rows of the target's pods are kept. */
#include "controller/readings_prometheus.h"

#include <math.h>
#include <stdlib.h>

#include "controller/words.h"
#include "promql/answer.h"

/* Pods of a namespace several times over; a query that gives more is not about the object's pods. */
#define MAX_ROWS 50000u
/* Thousandths beyond this do not fit into an int64. */
#define MAX_MILLI 9.2e18
/* The end of the year 9999. */
#define MAX_TIME_MS INT64_C(253402300799999)

struct collecting {
	struct arena *a;
	const struct hpa_prometheus *metric;
	const struct pod_set *pods;
	bool zero; /* noData Zero */
	/* without podLabel */
	size_t n_rows;
	struct answer_sample sample; /* of the last row; its text is gone */
	/* with podLabel: one of each for every pod of the set */
	struct reading_sample *samples;
	unsigned char *seen;
	/* The first thing that is wrong. */
	enum reading_kind kind;
	struct sv why;
	bool no_memory;
};

static enum error_kind conclude(struct arena *a, enum reading_kind kind, struct sv why,
	struct reading *ret, struct error *err)
{
	if (!why.ptr)
		return arena_error(a, err);
	*ret = (struct reading){ .kind = kind, .why = why };
	return ERR_OK;
}

/* The first of a kind stays. Decoding goes on: the server's own errors come behind the rows. */
static bool fail(struct collecting *c, enum reading_kind kind, struct sv why)
{
	if (!c->why.ptr) {
		c->kind = kind;
		c->why = why;
		c->no_memory = c->no_memory || !why.ptr;
	}
	return true;
}

/* To the nearest thousandth, away from zero where that would be zero. */
static bool to_milli(double value, int64_t *ret)
{
	double milli = value * 1000, nearest = round(milli);

	if (!(fabs(milli) < MAX_MILLI))
		return false;
	if (value > 0 && nearest < 1)
		nearest = 1;
	if (value < 0 && nearest > -1)
		nearest = -1;
	*ret = (int64_t)nearest;
	return true;
}

static struct sv label_of(const struct answer_row *row, struct sv name)
{
	for (size_t i = 0; i < row->n_labels; i++)
		if (sv_eq(row->labels[i].name, name))
			return row->labels[i].value;
	return SV("");
}

static int by_pod(const void *name, const void *pod)
{
	return sv_cmp(*(const struct sv *)name, (*(const struct pod *const *)pod)->name);
}

/* Index of the pod in the set; its size: not of the set. */
static size_t find_pod(const struct pod_set *pods, struct sv name)
{
	const struct pod *const *found =
		pods->n == 0 ? NULL
			     : bsearch(&name, pods->at, pods->n, sizeof(pods->at[0]), by_pod);

	return found ? (size_t)(found - pods->at) : pods->n;
}

static const char *unusable(enum answer_value kind)
{
	return kind == ANSWER_HISTOGRAM ? "is a native histogram" : "has no value";
}

/* The value of a pod's row; a NaN is none, or zero. */
static bool take_sample(struct collecting *c, const struct answer_sample *from, size_t i)
{
	struct reading_sample *to = &c->samples[i];
	struct sv pod = c->pods->at[i]->name;
	bool is_number = from->kind == ANSWER_FINITE;

	if (from->kind == ANSWER_NAN && !c->zero)
		return true;
	if (from->kind == ANSWER_INFINITE || (is_number && !to_milli(from->value, &to->milli)))
		return fail(c, READING_NOT_FINITE,
			WORDS(c->a, SV("the value of pod "), pod,
				SV(" is infinite, or too large to compute with")));
	if (!is_number && from->kind != ANSWER_NAN)
		return fail(c, READING_FAILED,
			WORDS(c->a, SV("the row of pod "), pod, SV(" "),
				sv_of(unusable(from->kind))));
	to->at = WALL_ZERO;
	if (from->time_ms >= 0 && from->time_ms <= MAX_TIME_MS)
		to->at = (struct wall){ from->time_ms / 1000,
			(int32_t)(from->time_ms % 1000 * NS_PER_MS) };
	to->pod = arena_sv(c->a, pod);
	c->no_memory = c->no_memory || !to->pod.ptr;
	return !c->no_memory;
}

static bool take_pod_row(const struct answer_row *row, void *ctx)
{
	struct collecting *c = ctx;
	struct sv name = label_of(row, c->metric->pod_label);

	if (++c->n_rows > MAX_ROWS)
		return false;
	if (name.len == 0)
		return fail(c, READING_FAILED,
			WORDS(c->a, SV("a row has no label "), c->metric->pod_label));
	size_t i = find_pod(c->pods, name);

	if (i == c->pods->n)
		return true;
	if (c->seen[i])
		return fail(
			c, READING_FAILED, WORDS(c->a, SV("there are several rows of pod "), name));
	c->seen[i] = 1;
	return take_sample(c, &row->sample, i);
}

static bool take_row(const struct answer_row *row, void *ctx)
{
	struct collecting *c = ctx;

	c->n_rows++;
	c->sample = row->sample;
	return c->n_rows <= MAX_ROWS;
}

/* What is wrong with the answer as a whole counts more than what is wrong with a row. */
static enum error_kind refuse(struct collecting *c, struct sv why, struct error *err)
{
	c->kind = READING_FAILED;
	c->why = why;
	return why.ptr ? ERR_OK : arena_error(c->a, err);
}

/* Decodes; what is wrong with the answer as a whole is in c->why. errors: NOMEM. */
static enum error_kind decode(struct collecting *c, const struct readings_answer *answer,
	bool (*row)(const struct answer_row *row, void *ctx), struct error *err)
{
	const struct answer_handler handler = { .row = row, .ctx = c };
	struct answer head;
	struct error why;
	enum error_kind kind =
		answer_decode(c->a, answer->http_status, answer->body, &handler, &head, &why);

	if (c->no_memory || kind == ERR_NOMEM)
		return arena_error(c->a, err);
	if (kind == ERR_LIMIT && c->n_rows > MAX_ROWS)
		return refuse(c, SV("gives more rows than a namespace has pods"), err);
	if (kind)
		return refuse(c, WORDS(c->a, sv_of(why.text)), err);
	if (head.n_warnings > 0)
		return refuse(c,
			WORDS(c->a, SV("the answer may be incomplete, the server warns: "),
				head.warnings[0]),
			err);
	if (head.odd_status || head.type == ANSWER_MATRIX || head.type == ANSWER_STRING)
		return refuse(c, SV("bad_response: expected a vector or a scalar"), err);
	return ERR_OK;
}

/* The one row that was collected. */
static bool take_number(struct collecting *c, int64_t *ret_milli)
{
	switch (c->sample.kind) {
	case ANSWER_FINITE:
		return to_milli(c->sample.value, ret_milli) ||
		       fail(c, READING_NOT_FINITE,
			       SV("gives a number that is too large to compute with"));
	case ANSWER_NAN:
		return c->zero || fail(c, READING_EMPTY, SV("gives NaN, which is no number"));
	case ANSWER_INFINITE:
		return fail(c, READING_NOT_FINITE, SV("gives an infinite number"));
	case ANSWER_HISTOGRAM:
	case ANSWER_TEXT:
	case ANSWER_NO_VALUE:
	case ANSWER_NULL_ROW:
		break;
	}
	return fail(
		c, READING_FAILED, WORDS(c->a, SV("its row "), sv_of(unusable(c->sample.kind))));
}

/* One number in thousandths, or what is wrong in c->why. errors: NOMEM, LIMIT. */
static enum error_kind read_number(struct collecting *c, const struct readings_answer *answer,
	int64_t *ret_milli, struct error *err)
{
	*ret_milli = 0;
	if (answer->failed)
		return refuse(c, WORDS(c->a, answer->error), err);
	if (decode(c, answer, take_row, err))
		return err->kind;
	if (c->why.ptr)
		return ERR_OK;
	if (c->n_rows > 1)
		fail(c, READING_FAILED,
			WORDS(c->a, SV("gives "), words_i64(c->a, (int64_t)c->n_rows),
				SV(" series, expected one number")));
	else if (c->n_rows == 1)
		take_number(c, ret_milli);
	else if (!c->zero)
		fail(c, READING_EMPTY, SV("gives no series"));
	return c->no_memory ? arena_error(c->a, err) : ERR_OK;
}

/* Whether the query can be believed: false with the reading in *ret. */
static enum error_kind check_alive(struct arena *a, const struct hpa_prometheus *metric,
	const struct readings_answer *alive, bool *ret_alive, struct reading *ret,
	struct error *err)
{
	struct collecting c = { .a = a, .metric = metric };
	int64_t milli = 1;

	*ret_alive = true;
	if (metric->alive_query.len == 0)
		return ERR_OK;
	if (!alive)
		fail(&c, READING_FAILED, SV("was not asked"));
	else if (read_number(&c, alive, &milli, err))
		return err->kind;
	if (!c.why.ptr && milli <= 0)
		fail(&c, READING_FAILED, SV("is not above zero"));
	*ret_alive = !c.why.ptr;
	return *ret_alive
		       ? ERR_OK
		       : conclude(a, READING_FAILED, WORDS(a, SV("aliveQuery: "), c.why), ret, err);
}

static enum error_kind read_total(struct collecting *c, const struct readings_answer *answer,
	struct reading *ret, struct error *err)
{
	int64_t *value = ARENA_NEW(c->a, int64_t);

	if (!value)
		return arena_error(c->a, err);
	if (read_number(c, answer, value, err))
		return err->kind;
	if (c->why.ptr)
		return conclude(c->a, c->kind, WORDS(c->a, SV("query: "), c->why), ret, err);
	*ret = (struct reading){ .kind = READING_VALUE, .values = value, .n_values = 1 };
	return ERR_OK;
}

/* Samples of pods in the set's order, without those that have none. With noData Zero and no row at all every pod has zero. */
static enum error_kind close_samples(struct collecting *c, struct reading *ret, struct error *err)
{
	bool none = true;
	size_t n = 0;

	for (size_t i = 0; i < c->pods->n; i++)
		none = none && !c->samples[i].pod.ptr;
	for (size_t i = 0; i < c->pods->n; i++) {
		struct sv name = c->pods->at[i]->name;

		if (n > 0 && sv_eq(c->samples[n - 1].pod, name))
			continue;
		if (c->samples[i].pod.ptr)
			c->samples[n++] = c->samples[i];
		else if (none && c->zero)
			c->samples[n++] = (struct reading_sample){ .pod = arena_sv(c->a, name),
				.at = WALL_ZERO };
		if (n > 0 && !c->samples[n - 1].pod.ptr)
			return arena_error(c->a, err);
	}
	if (n == 0)
		return conclude(c->a, READING_EMPTY,
			SV("query: no row has a number for a pod of the target"), ret, err);
	*ret = (struct reading){ .kind = READING_VALUE, .samples = c->samples, .n_samples = n };
	return ERR_OK;
}

static enum error_kind read_pods(struct collecting *c, const struct readings_answer *answer,
	struct reading *ret, struct error *err)
{
	c->samples = ARENA_ARRAY(c->a, c->pods->n + 1, struct reading_sample);
	c->seen = ARENA_ARRAY(c->a, c->pods->n + 1, unsigned char);
	if (!c->samples || !c->seen)
		return arena_error(c->a, err);
	if (answer->failed)
		return conclude(
			c->a, READING_FAILED, WORDS(c->a, SV("query: "), answer->error), ret, err);
	if (decode(c, answer, take_pod_row, err))
		return err->kind;
	if (c->why.ptr)
		return conclude(c->a, c->kind, WORDS(c->a, SV("query: "), c->why), ret, err);
	return close_samples(c, ret, err);
}

enum error_kind readings_prometheus(struct arena *a, const struct hpa_prometheus *metric,
	const struct pod_set *pods, const struct readings_answer *answer,
	const struct readings_answer *alive, struct reading *ret, struct error *err)
{
	struct collecting c = { .a = a,
		.metric = metric,
		.pods = pods,
		.zero = sv_is(metric->no_data, "Zero") && metric->alive_query.len > 0 };
	bool is_alive;

	if (check_alive(a, metric, alive, &is_alive, ret, err))
		return err->kind;
	if (!is_alive)
		return ERR_OK;
	return metric->pod_label.len ? read_pods(&c, answer, ret, err)
				     : read_total(&c, answer, ret, err);
}
