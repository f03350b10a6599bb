/* quantity.jsonl: one quantity text and all that is computed from it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "kube/quantity.h"
#include "tests/conformance/conformance.h"

static struct sv float_text(char *text, size_t size, double value)
{
	if (isnan(value))
		return SV("NaN");
	if (isinf(value))
		return value > 0 ? SV("+Inf") : SV("-Inf");
	int n = snprintf(text, size, "%.17g", value);
	return sv_from(text, (size_t)n);
}

static struct sv i64_text(char *text, size_t size, int64_t value)
{
	int n = snprintf(text, size, "%" PRId64, value);
	return sv_from(text, (size_t)n);
}

static void run_quantity(struct conformance *c, const struct jtree *row)
{
	struct quantity q;
	struct error err;
	char text[64];

	bool ok = quantity_parse(conformance_text(row, "in"), &q, &err) == ERR_OK;
	if (!conformance_outcome(c, row, ok, sv_of(ok ? "" : err.text)))
		return;
	struct buf out;
	buf_init(&out, 1024 * 1024);
	quantity_print(&out, &q);
	int64_t sign = 0;
	(void)jtree_i64(jtree_get(row, "sign"), &sign);
	(void)(conformance_eq_text(
		       c, "canonical", conformance_text(row, "canonical"), buf_sv(&out)) &&
		conformance_eq_text(c, "format", conformance_text(row, "format"),
			sv_of(quantity_format_name((enum quantity_format)q.format))) &&
		conformance_eq_text(c, "milli", conformance_text(row, "milli"),
			i64_text(text, sizeof(text), quantity_milli(&q))) &&
		conformance_eq_text(c, "value", conformance_text(row, "value"),
			i64_text(text, sizeof(text), quantity_value(&q))) &&
		conformance_eq_text(c, "float", conformance_text(row, "float"),
			float_text(text, sizeof(text), quantity_approx(&q))) &&
		conformance_eq_i64(c, "sign", sign, quantity_sign(&q)));
	buf_done(&out);
}

const struct suite suite_quantity[] = { { "quantity", run_quantity }, { 0 } };
