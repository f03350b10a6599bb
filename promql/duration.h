#pragma once
/* Prometheus' durations: "1h30m", units y w d h m s ms in falling order. */
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

/* errors: INVALID with the reference's text, NOMEM. "0" needs no unit; signs are refused. */
enum error_kind duration_parse(struct sv text, int64_t *ret_ns, struct error *err);
/* Whole milliseconds; years and weeks only when they divide exactly: "90d", "1w", "0s". */
void duration_print(struct buf *out, int64_t ns);
