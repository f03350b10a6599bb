/* Question -> rows as text. What is no number is printed as what it is. */
#include "cli/query_run.h"

#include "cli/printable.h"
#include "common/instant.h"
#include "common/limits.h"
#include "promql/quote.h"

/* Rows of one answer. */
#define MAX_ARENA_BYTES (256u * 1024 * 1024)

static void put_labels(struct buf *out, const struct prom_source_row *row)
{
	struct sv name = prom_source_label(row, SV("__name__"));
	bool first = true;

	printable_put(out, name);
	if (name.len > 0 && row->n_labels == 1)
		return;
	buf_put_char(out, '{');
	for (size_t i = 0; i < row->n_labels; i++) {
		if (sv_is(row->labels[i].name, "__name__"))
			continue;
		buf_put_str(out, first ? "" : ", ");
		printable_put(out, row->labels[i].name);
		buf_put_char(out, '=');
		quote_print(out, row->labels[i].value);
		first = false;
	}
	buf_put_char(out, '}');
}

void query_run_print_row(struct buf *out, const struct prom_source_row *row)
{
	AUTO(buf_done) struct buf value = { 0 };

	buf_init(&value, LIMIT_PROMETHEUS_ANSWER_BYTES);
	prom_source_print_value(&value, &row->sample);
	put_labels(out, row);
	buf_put_str(out, "  ");
	printable_put(out, buf_sv(&value));
	buf_put_char(out, '\n');
}

static void put_notes(struct buf *out, const char *what, const struct sv *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "%s: ", what);
		printable_put(out, texts[i]);
		buf_put_char(out, '\n');
	}
}

enum error_kind query_run(
	struct prom_source *s, struct sv query, struct buf *out, struct error *err)
{
	static const char *const TYPES[] = { "instant vector",
		"range vector, the newest sample of each", "scalar", "string" };
	AUTO(arena_done) struct arena a = { 0 };
	struct prom_source_answer answer;

	arena_init(&a, MAX_ARENA_BYTES);
	if (prom_source_query(s, &a, query, &answer, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < answer.n_rows; i++)
		query_run_print_row(out, &answer.rows[i]);
	put_notes(out, "warning", answer.answer.warnings, answer.answer.n_warnings);
	put_notes(out, "info", answer.answer.infos, answer.answer.n_infos);
	buf_printf(out, "%zu row%s (%s) in %lld ms\n", answer.n_rows, answer.n_rows == 1 ? "" : "s",
		TYPES[answer.answer.type], (long long)(answer.took_ns / NS_PER_MS));
	return buf_check(out, "the answer", err);
}
