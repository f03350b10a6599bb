/* Suite `template`: query templates parsed and executed as Go's text/template does, with its messages. */
#include "common/vec.h"
#include "promql/template.h"
#include "tests/conformance/conformance.h"

static struct template_data read_data(struct conformance *c, const struct jtree *row)
{
	const struct jtree *data = jtree_get(row, "data"),
			   *values = jtree_get(data, "LabelValuesByName");
	const struct jtree *slice = jtree_get(data, "GroupBySlice");
	struct template_pair *pairs =
		ARENA_ARRAY(c->a, (values ? values->n : 0) + 1, struct template_pair);
	struct sv *list = ARENA_ARRAY(c->a, (slice ? slice->n : 0) + 1, struct sv);
	struct template_data d = { .kind = jtree_get(data, "Resource") ? TEMPLATE_RESOURCE
								       : TEMPLATE_QUERY,
		.series = conformance_text(data, "Series"),
		.label_matchers = conformance_text(data, "LabelMatchers"),
		.group_by = conformance_text(data, "GroupBy"),
		.group = conformance_text(data, "Group"),
		.resource = conformance_text(data, "Resource"),
		.values = pairs,
		.group_by_slice = list };

	JTREE_FOREACH (value, values) {
		pairs[d.n_values++] = (struct template_pair){ value->key, jtree_text(value) };
	}
	JTREE_FOREACH (item, slice) {
		list[d.n_group_by_slice++] = jtree_text(item);
	}
	return d;
}

static void run(struct conformance *c, const struct jtree *row)
{
	struct template_data data = read_data(c, row);
	struct template *t = NULL;
	struct error err = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	const char *stage = "";

	buf_init(&out, 1024 * 1024);
	if (template_parse(c->a, conformance_text(row, "template"), &t, &err))
		stage = "parse";
	else if (template_execute(t, &data, &out, &err))
		stage = "exec";
	if (!conformance_eq_bool(c, "ok", conformance_flag(row, "ok"), !*stage))
		return;
	if (*stage)
		(void)(conformance_eq_text(
			       c, "stage", conformance_text(row, "stage"), sv_of(stage)) &&
			conformance_eq_text(
				c, "message", conformance_text(row, "message"), sv_of(err.text)));
	else
		conformance_eq_text(c, "out", conformance_text(row, "out"), buf_sv(&out));
}

extern const struct suite suite_template[];
const struct suite suite_template[] = { { "template", run }, { 0 } };
