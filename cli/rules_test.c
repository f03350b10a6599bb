/* Listing -> metrics -> an example of each -> the question as the adapter asks it -> the rows that come back. */
#include "cli/rules_test.h"

#include <inttypes.h>

#include "adapter/enforce.h"
#include "cli/printable.h"
#include "promql/quote.h"

/* Names, labels and rows of one metric. */
#define MAX_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_BODY_BYTES (4u * 1024 * 1024)
#define MAX_SHOWN_ROWS 5

static const char *const WORDS[RULES_TEST_N_VERDICTS] = { "OK", "NOTHING", "ERROR", "ERROR" };

static void put_line(struct buf *out, const char *what, struct sv text)
{
	buf_printf(out, "  %-8s ", what);
	printable_put(out, text);
	buf_put_char(out, '\n');
}

static void put_head(struct buf *out, const struct rules_test *t, const struct rules_file_rule *r,
	enum rules_test_verdict verdict)
{
	buf_printf(out, "%s  %s:%u  %-7s  ", r->title, t->file->name, r->line, WORDS[verdict]);
}

/* One line of trouble, with a cure if there is one. */
static enum rules_test_verdict put_trouble(struct buf *out, const struct rules_test *t,
	const struct rules_file_rule *r, enum rules_test_verdict verdict, struct sv cause,
	struct sv cure)
{
	put_head(out, t, r, verdict);
	printable_put(out, cause);
	buf_put_char(out, '\n');
	if (cure.len > 0)
		put_line(out, "cure", cure);
	return verdict;
}

/* The label that a template gives a pod; empty: it gives none. */
static struct sv template_label(
	struct arena *a, const struct rules_file *f, const struct rules_file_rule *r)
{
	static const struct mapper_name PODS = { SV(""), SV("pods") };
	struct error ignored;
	struct sv label;

	return naming_label(&r->naming.mapping, f->mapper, a, PODS, &label, &ignored) == ERR_OK
		       ? label
		       : SV("");
}

static void name_labels(
	struct buf *cause, const struct rules_file *f, const struct rules_file_rule *r)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct rules_mapping *m = &r->rule->mapping;

	arena_init(&a, MAX_BODY_BYTES);
	if (m->n_overrides > 0)
		buf_printf(
			cause, "resources.overrides names label%s ", m->n_overrides > 1 ? "s" : "");
	for (size_t i = 0; i < m->n_overrides; i++)
		buf_printf(cause, "%s\"%.*s\"", i > 0 ? ", " : "", SV_ARG(m->overrides[i].label));
	if (m->n_overrides > 0 && m->template.len > 0)
		buf_put_str(cause, ", ");
	if (m->template.len > 0)
		buf_printf(cause, "resources.template names label \"%.*s\"",
			SV_ARG(template_label(&a, f, r)));
	buf_put_str(cause, m->n_overrides > 0 || m->template.len > 0 ? ", absent"
								     : "resources names no label");
}

static void advise_labels(struct buf *cure, const struct rules_series *found)
{
	static const char *const KINDS[] = { "pod", "namespace", "node", "service" };
	AUTO(buf_done) struct buf overrides = { 0 };
	size_t n = 0;

	buf_init(&overrides, MAX_BODY_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
		struct sv like = rules_series_like(found->labels, found->n_labels, KINDS[i]);
		if (like.len == 0)
			continue;
		buf_printf(cure, "%s\"%.*s\"", n > 0 ? " and " : "series carry ", SV_ARG(like));
		buf_printf(&overrides, "%s%.*s: {resource: %s}", n > 0 ? ", " : "", SV_ARG(like),
			KINDS[i]);
		n++;
	}
	if (n > 0)
		buf_printf(cure, ": overrides: {%s}", buf_text(&overrides));
	else
		buf_put_str(cure, "series carry none that looks like one: let Prometheus attach "
				  "namespace and pod when it scrapes");
	if (overrides.failed == ERR_NOMEM)
		cure->failed = ERR_NOMEM;
}

void rules_test_explain_nothing(struct buf *cause, struct buf *cure, const struct rules_file *f,
	const struct rules_file_rule *r, const struct rules_series *found)
{
	if (found->n_shapes == 0) {
		buf_printf(cause, "no series match %.*s", SV_ARG(r->rule->series_query));
		return;
	}
	buf_printf(cause, "0 of %" PRIu64 " series kept: ", found->n_series);
	if (found->n_without_resource > 0) {
		name_labels(cause, f, r);
		advise_labels(cure, found);
	} else if (found->n_nameless > 0) {
		buf_put_str(cause, "name.as makes an empty name");
		buf_put_str(cure, "write ${1}_suffix instead of $1_suffix in name.as");
	} else {
		buf_printf(
			cause, "seriesFilters or name.matches refuse %.*s", SV_ARG(found->refused));
		buf_put_str(cure, "make the patterns match that name; they are not anchored");
	}
}

/* With a metric's name alone: does it exist at all? */
static enum error_kind advise_name(const struct rules_test *t, struct arena *a,
	const struct rules_file_rule *r, struct buf *cure, struct error *err)
{
	AUTO(buf_done) struct buf query = { 0 };
	struct prom_source_answer answer;

	if (r->series.len == 0) {
		buf_put_str(cure, "look at what Prometheus has: its page of targets, or another "
				  "pattern");
		return ERR_OK;
	}
	buf_init(&query, MAX_BODY_BYTES);
	buf_put_str(&query, "count({__name__=");
	quote_print(&query, r->series);
	buf_put_str(&query, "})");
	if (buf_check(&query, "a query", err) != ERR_OK)
		return err->kind;
	enum error_kind kind = prom_source_query(t->server, a, buf_sv(&query), &answer, err);
	if (kind == ERR_NOMEM)
		return kind;
	if (kind != ERR_OK)
		buf_printf(cure, "whether Prometheus has %.*s at all could not be asked: %s",
			SV_ARG(r->series), err->text);
	else if (answer.n_rows == 0)
		buf_printf(cure, "Prometheus has no %.*s at all: is its target scraped?",
			SV_ARG(r->series));
	else
		buf_printf(cure, "%.*s alone has %.*s series: loosen the other matchers",
			SV_ARG(r->series), SV_ARG(answer.rows[0].sample.text));
	return ERR_OK;
}

static enum error_kind tell_nothing(const struct rules_test *t, struct arena *a,
	const struct rules_file_rule *r, const struct rules_series *found, struct buf *out,
	struct error *err)
{
	AUTO(buf_done) struct buf cause = { 0 }, cure = { 0 };

	buf_init(&cause, MAX_BODY_BYTES);
	buf_init(&cure, MAX_BODY_BYTES);
	rules_test_explain_nothing(&cause, &cure, t->file, r, found);
	if (found->n_shapes == 0 && advise_name(t, a, r, &cure, err) != ERR_OK)
		return err->kind;
	(void)put_trouble(out, t, r, RULES_TEST_NOTHING, buf_sv(&cause), buf_sv(&cure));
	return ERR_OK;
}

/* One metric of a rule: what is asked of it. */
struct subject {
	const struct rules_file_rule *rule;
	struct sv metric, series;
	struct mapper_name resource; /* empty: external */
	const struct mapper_name *resources;
	size_t n_resources;
};

static void put_series(struct buf *out, const struct rules_test *t, const struct rules_example *e)
{
	buf_put_str(out, "  series   ");
	printable_put(out, e->selector);
	buf_printf(out, ": %" PRIu64 " found", e->n_series);
	if (e->newest_sec > 0) {
		double age = (double)t->now.sec + (double)t->now.nsec * 1e-9 - e->newest_sec;
		buf_printf(out, ", newest sample %.0fs old", age > 0 ? age : 0);
	} else {
		buf_put_str(out, " within the last 5 minutes");
	}
	buf_put_char(out, '\n');
}

static struct sv kind_of(const struct rules_test *t, struct mapper_name resource)
{
	const struct mapper_resource *found =
		mapper_first(t->file->mapper, resource.group, resource.plural);

	return found ? found->kind : SV("");
}

static bool is_number(const struct prom_source_row *row)
{
	return row->sample.kind == ANSWER_FINITE;
}

/* The row of an object: the last number with its name counts, as in the adapter. */
static const struct prom_source_row *row_of(
	const struct prom_source_answer *answer, struct sv label, struct sv name)
{
	const struct prom_source_row *found = NULL;

	for (size_t i = 0; i < answer->n_rows; i++) {
		const struct prom_source_row *row = &answer->rows[i];
		if (sv_eq(prom_source_label(row, label), name) && (!found || is_number(row)))
			found = row;
	}
	return found;
}

static void put_value(struct buf *out, const struct prom_source_row *row)
{
	AUTO(buf_done) struct buf value = { 0 };

	buf_init(&value, MAX_BODY_BYTES);
	if (row)
		prom_source_print_value(&value, &row->sample);
	else
		buf_put_str(&value, "no row");
	buf_put_str(out, "  ");
	printable_put(out, buf_sv(&value));
	if (row && !is_number(row))
		buf_put_str(out, ", which counts as absent");
	if (value.failed == ERR_NOMEM)
		out->failed = ERR_NOMEM;
}

static size_t put_objects(struct buf *out, const struct rules_test *t, const struct subject *s,
	const struct rules_example *e, struct sv label, const struct prom_source_answer *answer)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_names; i++) {
		const struct prom_source_row *row = row_of(answer, label, e->names[i]);
		buf_put_str(out, "  answer   ");
		printable_put(out, label);
		buf_put_char(out, '=');
		printable_put(out, e->names[i]);
		put_value(out, row);
		if (t->uses)
			rules_uses_print(out, t->uses, e->ns, s->metric, kind_of(t, s->resource),
				e->names[i]);
		buf_put_char(out, '\n');
		n += row && is_number(row);
	}
	return n;
}

static size_t put_rows(struct buf *out, const struct rules_test *t, const struct subject *s,
	const struct rules_example *e, const struct prom_source_answer *answer)
{
	size_t n = 0;

	for (size_t i = 0; i < answer->n_rows; i++) {
		const struct prom_source_row *row = &answer->rows[i];
		n += is_number(row);
		if (i >= MAX_SHOWN_ROWS)
			continue;
		buf_put_str(out, "  answer   {");
		for (size_t k = 0; k < row->n_labels; k++) {
			buf_put_str(out, k > 0 ? ", " : "");
			printable_put(out, row->labels[k].name);
			buf_put_char(out, '=');
			quote_print(out, row->labels[k].value);
		}
		buf_put_char(out, '}');
		put_value(out, row);
		if (t->uses && i == 0)
			rules_uses_print(out, t->uses, e->ns, s->metric, SV(""), SV(""));
		buf_put_char(out, '\n');
	}
	if (answer->n_rows > MAX_SHOWN_ROWS)
		buf_printf(out, "           and %zu more rows\n", answer->n_rows - MAX_SHOWN_ROWS);
	if (answer->n_rows == 0)
		put_line(out, "answer", SV("no rows"));
	return n;
}

static enum error_kind ask(const struct rules_test *t, struct arena *a, const struct subject *s,
	const struct rules_example *e, struct buf *out, enum rules_test_verdict *ret,
	struct error *err)
{
	bool external = s->rule->part == RULES_FILE_EXTERNAL;
	const struct rules_question q = { .series = s->series,
		.resource = s->resource,
		.ns = e->ns.len > 0 ? e->ns
		      : external    ? SV("default")
				    : SV(""),
		.names = e->names,
		.n_names = e->n_names };
	struct rules_text text;
	struct prom_source_answer answer;

	*ret = RULES_TEST_ERROR;
	if (rules_question_text(a, t->file, s->rule, &q, &text, err) != ERR_OK)
		return err->kind;
	put_line(out, "query", text.query);
	if (prom_source_query(t->server, a, text.query, &answer, err) != ERR_OK)
		return err->kind;
	bool vector = answer.answer.type == ANSWER_VECTOR ||
		      (external && answer.answer.type == ANSWER_SCALAR);
	if (!vector)
		return error_set(err, ERR_INVALID, "the answer is no instant vector");
	size_t n = external ? put_rows(out, t, s, e, &answer)
			    : put_objects(out, t, s, e, text.label, &answer);
	for (size_t i = 0; i < answer.answer.n_warnings; i++)
		put_line(out, "warning", answer.answer.warnings[i]);
	*ret = n > 0 ? RULES_TEST_OK : RULES_TEST_NOTHING;
	return ERR_OK;
}

static enum error_kind look(const struct rules_test *t, struct arena *a, const struct subject *s,
	struct buf *body, enum rules_test_verdict *ret, struct error *err)
{
	struct rules_example example;

	*ret = RULES_TEST_ERROR;
	if (rules_example_find(t->server, a, t->file, s->rule, s->resource, s->series, &example,
		    err) != ERR_OK)
		return err->kind;
	put_series(body, t, &example);
	*ret = RULES_TEST_NOTHING;
	if (example.n_series == 0)
		return ERR_OK;
	if (s->rule->part != RULES_FILE_EXTERNAL && example.n_names == 0) {
		put_line(body, "cause", SV("none of the newest series names an object"));
		return ERR_OK;
	}
	return ask(t, a, s, &example, body, ret, err);
}

static void put_subject(struct buf *out, const struct subject *s)
{
	if (s->metric.len > 0)
		printable_put(out, s->metric);
	else
		buf_put_str(out, "metrics.k8s.io");
	for (size_t i = 0; i < s->n_resources; i++) {
		buf_put_str(out, i > 0 ? ", " : " on ");
		rules_file_print_resource(out, s->resources[i]);
	}
	buf_put_char(out, '\n');
}

static bool is_among(const struct subject *s, struct mapper_name one)
{
	for (size_t i = 0; i < s->n_resources; i++) {
		if (sv_eq(s->resources[i].plural, one.plural) &&
			sv_eq(s->resources[i].group, one.group))
			return true;
	}
	return false;
}

/* A misspelt label of pods leaves the metric of their namespace, which looks like success. */
static enum error_kind put_absent(
	struct buf *out, const struct rules_test *t, const struct subject *s, struct error *err)
{
	const struct rules_rule *rule = s->rule->rule;

	/* Of resourceRules every label is asked for, and external ones are on nothing. */
	for (size_t i = 0; rule && s->n_resources > 0 && i < rule->mapping.n_overrides; i++) {
		const struct rules_override *o = &rule->mapping.overrides[i];
		struct mapper_name one;
		bool found;
		if (naming_resource(&s->rule->naming.mapping, t->file->mapper, o->label, &found,
			    &one, err) != ERR_OK)
			return err->kind;
		if (!found || is_among(s, one))
			continue;
		/* What cannot be enforced is not served, whatever the series carry. */
		if (rule->enforce_namespace && !enforce_is_possible(t->file->mapper, one))
			continue;
		buf_put_str(out, "  absent   label \"");
		printable_put(out, o->label);
		buf_put_str(out, "\" of resources.overrides: no metric on ");
		rules_file_print_resource(out, one);
		buf_put_char(out, '\n');
	}
	return ERR_OK;
}

static enum error_kind test_subject(const struct rules_test *t, const struct subject *s,
	struct buf *out, enum rules_test_verdict *ret, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf body = { 0 };

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&body, MAX_BODY_BYTES);
	enum error_kind kind = look(t, &a, s, &body, ret, err);
	if (kind == ERR_NOMEM)
		return kind;
	put_head(out, t, s->rule, *ret);
	put_subject(out, s);
	if (kind == ERR_OK && put_absent(out, t, s, err) != ERR_OK)
		return err->kind;
	buf_put_sv(out, buf_sv(&body));
	if (kind != ERR_OK)
		put_line(out, "error", sv_of(err->text));
	return buf_check(&body, "a rule", err);
}

/* Prometheus itself names every series' scrape job; hardly anybody means the Kubernetes Job of that name. */
static enum error_kind tell_only_job(const struct rules_test *t, const struct rules_file_rule *r,
	const struct rules_series *found, const struct rules_series_metric *m, struct buf *out,
	struct error *err)
{
	AUTO(buf_done) struct buf cause = { 0 }, cure = { 0 };

	buf_init(&cause, MAX_BODY_BYTES);
	buf_init(&cure, MAX_BODY_BYTES);
	buf_printf(&cause, "%.*s is on jobs.batch only, by Prometheus' own label \"job\"; ",
		SV_ARG(m->name));
	name_labels(&cause, t->file, r);
	advise_labels(&cure, found);
	(void)put_trouble(out, t, r, RULES_TEST_NOTHING, buf_sv(&cause), buf_sv(&cure));
	return buf_check(&cause, "a rule", err);
}

static enum error_kind test_metrics(const struct rules_test *t, const struct rules_file_rule *r,
	const struct rules_series *found, struct buf *out, enum rules_test_verdict *ret,
	struct error *err)
{
	enum rules_test_verdict one;
	bool good = false, wrong = false;

	for (size_t i = 0; i < found->n_metrics && (int64_t)i < t->max_metrics; i++) {
		const struct rules_series_metric *m = &found->metrics[i];
		const struct subject s = { .rule = r,
			.metric = m->name,
			.series = m->series,
			.resource = m->n_resources > 0 ? m->resources[0]
						       : (struct mapper_name){ SV(""), SV("") },
			.resources = m->resources,
			.n_resources = m->n_resources };
		one = RULES_TEST_NOTHING;
		enum error_kind kind = m->only_job ? tell_only_job(t, r, found, m, out, err)
						   : test_subject(t, &s, out, &one, err);
		if (kind != ERR_OK)
			return kind;
		good = good || one == RULES_TEST_OK;
		wrong = wrong || one == RULES_TEST_ERROR;
	}
	if ((int64_t)found->n_metrics > t->max_metrics)
		buf_printf(out, "  and %zu more metrics of this rule, not asked (--limit)\n",
			found->n_metrics - (size_t)t->max_metrics);
	*ret = wrong ? RULES_TEST_ERROR : good ? RULES_TEST_OK : RULES_TEST_NOTHING;
	return ERR_OK;
}

enum error_kind rules_test_rule(const struct rules_test *t, const struct rules_file_rule *r,
	struct buf *out, enum rules_test_verdict *ret, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct rules_series found;

	arena_init(&a, MAX_ARENA_BYTES);
	if (r->problem) {
		*ret = put_trouble(out, t, r, RULES_TEST_ERROR, sv_of(r->problem), SV(""));
		return ERR_OK;
	}
	if (!r->rule) {
		const struct subject s = { .rule = r,
			.metric = SV(""),
			.series = SV(""),
			.resource = r->resources[0],
			.resources = r->resources,
			.n_resources = r->n_resources };
		return test_subject(t, &s, out, ret, err);
	}
	enum error_kind kind = rules_series_find(t->server, &a, t->file, r, &found, err);
	if (kind == ERR_NOMEM)
		return kind;
	if (kind != ERR_OK) {
		AUTO(buf_done) struct buf cause = { 0 };
		buf_init(&cause, MAX_BODY_BYTES);
		buf_printf(
			&cause, "the series of %.*s: %s", SV_ARG(r->rule->series_query), err->text);
		*ret = put_trouble(out, t, r,
			kind == ERR_UNAVAIL ? RULES_TEST_AWAY : RULES_TEST_ERROR, buf_sv(&cause),
			SV(""));
		return ERR_OK;
	}
	*ret = RULES_TEST_NOTHING;
	return found.n_metrics == 0 ? tell_nothing(t, &a, r, &found, out, err)
				    : test_metrics(t, r, &found, out, ret, err);
}
