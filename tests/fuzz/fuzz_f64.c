/* Numbers: what is read prints so that it reads back to the same bits. */
#include <math.h>

#include "common/f64.h"
#include "tests/fuzz/fuzz.h"

static void check(double value, void (*print)(struct buf *out, double value))
{
	AUTO(buf_done) struct buf out = { 0 };
	double back = 0;

	buf_init(&out, 1000);
	print(&out, value);
	REQUIRE(f64_parse(buf_sv(&out), &back) == F64_OK);
	REQUIRE(isnan(value) ? isnan(back) : memcmp(&value, &back, sizeof(value)) == 0);
}

static void check_value(double value)
{
	check(value, f64_print_go_g);
	check(value, f64_print_go_f);
	if (isfinite(value))
		check(value, f64_print_json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	double value;

	if (f64_parse(sv_from((const char *)data, size), &value) != F64_SYNTAX)
		check_value(value);
	if (size == sizeof(value)) {
		memcpy(&value, data, sizeof(value));
		check_value(value);
	}
	return 0;
}
