#pragma once
/* What the checks of templates share: the data, and parsing plus execution in one. */
#include "promql/template.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES (1u << 20)

struct template_row {
	const char *what, *text, *out;
	const char *error; /* behind "template: metrics-query:" */
};

/* Of the two values of pod the last counts. */
static const struct template_pair VALUES[] = { { SV("pod"), SV("x") }, { SV("pod"), SV("a|b") },
	{ SV("namespace"), SV("prod") } };
static const struct sv GROUPS[] = { SV("pod"), SV("node") };
static const struct template_data DATA = { .kind = TEMPLATE_QUERY,
	.series = SV("http_requests_total"),
	.label_matchers = SV("namespace=\"prod\",pod=~\"a|b\""),
	.group_by = SV("pod,node"),
	.values = VALUES,
	.n_values = ARRAY_LEN(VALUES),
	.group_by_slice = GROUPS,
	.n_group_by_slice = ARRAY_LEN(GROUPS) };

static inline enum error_kind parse_and_execute(
	struct arena *a, struct sv text, struct buf *out, struct error *err)
{
	struct template *t;
	enum error_kind kind = template_parse(a, text, &t, err);

	return kind ? kind : template_execute(t, &DATA, out, err);
}

static inline void check_row(const struct template_row *row)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct error err = { 0 };

	arena_init(&a, 4 * MAX_BYTES);
	buf_init(&out, MAX_BYTES);
	enum error_kind kind = parse_and_execute(&a, sv_of(row->text), &out, &err);

	if (row->error) {
		ck_assert_int_eq(kind, ERR_INVALID);
		ck_assert_str_eq(err.text + strlen("template: metrics-query:"), row->error);
		ck_assert_uint_eq(out.len, 0);
	} else {
		ck_assert_msg(kind == ERR_OK, "%s: %s", row->what, err.text);
		ck_assert_str_eq(buf_text(&out), row->out);
	}
}
