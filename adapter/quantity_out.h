#pragma once
/* A sample's double -> the quantity text of the metrics APIs. Pure. */
#include <stdint.h>

#include "common/buf.h"

enum quantity_out_format { QUANTITY_OUT_DECIMAL, QUANTITY_OUT_BINARY };

/* Thousandths, cut towards zero; values beyond the range end at plus or minus 9223372036854775807. False (and *ret untouched) for NaN and
 * infinities: such a sample counts as absent. */
MUST_USE bool quantity_out_milli(double value, int64_t *ret);
/* The canonical text: 20500m, 1k, 100Mi. */
void quantity_out_print(struct buf *out, int64_t milli, enum quantity_out_format format);
