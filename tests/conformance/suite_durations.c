/* Suite `durations`: Prometheus' durations, read and printed. */
#include "promql/duration.h"
#include "tests/conformance/promql_text.h"

static void run(struct conformance *c, const struct jtree *row)
{
	bool has_input = jtree_get(row, "in") != NULL, ok = conformance_flag(row, "ok");
	AUTO(buf_done) struct buf out = { 0 };
	struct error err = { 0 };
	int64_t ns = 0, expected = 0;

	buf_init(&out, 256);
	(void)jtree_i64(jtree_get(row, "ns"), &expected);
	if (has_input) {
		bool parsed = !duration_parse(promql_text_get(c, row, "in"), &ns, &err);

		if (!conformance_eq_bool(c, "ok", ok, parsed))
			return;
		if (!parsed) {
			conformance_eq_text(
				c, "message", promql_text_get(c, row, "message"), sv_of(err.text));
			return;
		}
		if (!conformance_eq_i64(c, "ns", expected, ns))
			return;
	}
	duration_print(&out, expected);
	conformance_eq_text(c, "string", conformance_text(row, "string"), buf_sv(&out));
}

extern const struct suite suite_durations[];
const struct suite suite_durations[] = { { "durations", run }, { 0 } };
