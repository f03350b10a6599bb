/* Suite `quantity-out`: the text of a sample's value in each of the three APIs. Rows marked `overflow` hold what one machine's conversion made of values
 * outside the range; there the project's own rule is checked instead: not finite is absent, finite saturates. */
#include <math.h>

#include "adapter/quantity_out.h"
#include "common/f64.h"
#include "tests/conformance/conformance.h"

static bool compare(struct conformance *c, const struct jtree *row, const char *member,
	int64_t milli, enum quantity_out_format format)
{
	struct buf out;
	buf_init(&out, 64);
	quantity_out_print(&out, milli, format);
	bool same = conformance_eq_text(c, member, conformance_text(row, member), buf_sv(&out));
	buf_done(&out);
	return same;
}

static void run(struct conformance *c, const struct jtree *row)
{
	double value = 0;
	if (f64_parse(conformance_text(row, "value"), &value) == F64_SYNTAX) {
		conformance_fail(c, "value is no number");
		return;
	}
	int64_t milli = 0;
	bool usable = quantity_out_milli(value, &milli);
	if (conformance_flag(row, "overflow")) {
		if (!isfinite(value))
			conformance_eq_bool(c, "usable", false, usable);
		else
			conformance_eq_i64(c, "milli", value > 0 ? INT64_MAX : -INT64_MAX, milli);
		return;
	}
	if (!conformance_eq_bool(c, "usable", true, usable))
		return;
	int64_t usage = milli < 0 ? 0 : milli;
	(void)(compare(c, row, "custom", milli, QUANTITY_OUT_DECIMAL) &&
		compare(c, row, "external", milli, QUANTITY_OUT_DECIMAL) &&
		compare(c, row, "resourceCPU", usage, QUANTITY_OUT_DECIMAL) &&
		compare(c, row, "resourceMemory", usage, QUANTITY_OUT_BINARY));
}

extern const struct suite suite_quantity_out[];
const struct suite suite_quantity_out[] = { { "quantity-out", run }, { 0 } };
