#pragma once
/* Numbers of PromQL: literals as the reference reads them, values as it prints them. */
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

/* Go's strconv.ParseUint(text, 0, 64): prefixes 0x, 0b, 0o and 0 (octal), underscores between digits. False: bad syntax or overflow. */
bool number_parse_u64(struct sv text, uint64_t *ret);
/* The same with a sign, ParseInt. */
bool number_parse_i64(struct sv text, int64_t *ret);
/* A literal: an integer of any base, else a float. *ret is set also after a failure (an infinity when it is out of range, else 0).
 * errors: INVALID with Go's text, NOMEM. */
enum error_kind number_parse_literal(struct sv text, double *ret, struct error *err);
/* Shortest decimal without exponent; NaN, +Inf, -Inf. */
void number_print(struct buf *out, double value);
/* A sample value as the HTTP API prints it, without the quotes: an exponent below 1e-6 and from 1e21. */
void number_print_sample(struct buf *out, double value);
/* Go's time.Duration arithmetic: seconds as a double to nanoseconds, rounded; beyond int64 what amd64 makes of it (INT64_MIN). */
int64_t number_seconds_to_ns(double seconds);
double number_ns_to_seconds(int64_t ns);
