/* Values of samples as Kubernetes writes them. Only whole thousandths survive: that is the resolution of the APIs, and cutting (not rounding) is what
 * the reference does. */
#include "adapter/quantity_out.h"

#include <math.h>

/* 2^63: the first double that no int64 holds. */
#define TWO_TO_63 9223372036854775808.0

bool quantity_out_milli(double value, int64_t *ret)
{
	if (!isfinite(value))
		return false;
	double milli = trunc(value * 1000.0);
	if (milli >= TWO_TO_63)
		*ret = INT64_MAX;
	else if (milli <= -TWO_TO_63)
		*ret = -INT64_MAX;
	else
		*ret = (int64_t)milli;
	return true;
}

static void print_decimal(struct buf *out, int64_t milli)
{
	static const char *const SUFFIXES[] = { "m", "", "k", "M", "G", "T", "P", "E" };
	size_t step = milli == 0 ? 1 : 0;
	while (milli != 0 && milli % 1000 == 0 && step + 1 < ARRAY_LEN(SUFFIXES)) {
		milli /= 1000;
		step++;
	}
	buf_put_i64(out, milli);
	buf_put_str(out, SUFFIXES[step]);
}

static void print_binary(struct buf *out, int64_t milli)
{
	static const char *const SUFFIXES[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
	int64_t value = milli / 1000;
	size_t step = 0;
	while (value != 0 && value % 1024 == 0 && step + 1 < ARRAY_LEN(SUFFIXES)) {
		value /= 1024;
		step++;
	}
	buf_put_i64(out, value);
	buf_put_str(out, SUFFIXES[step]);
}

void quantity_out_print(struct buf *out, int64_t milli, enum quantity_out_format format)
{
	bool small = milli > -1024 * INT64_C(1000) && milli < 1024 * INT64_C(1000);
	if (format == QUANTITY_OUT_BINARY && !small && milli % 1000 == 0)
		print_binary(out, milli);
	else
		print_decimal(out, milli);
}
