#pragma once
/* One pass over one autoscaler, told: what it would do and why. Pure: from the object and the finished pass to text or JSON. */
#include "common/buf.h"
#include "common/jw.h"
#include "controller/pass.h"

enum plan_verdict { PLAN_UP, PLAN_DOWN, PLAN_SAME, PLAN_UNDECIDED };
#define PLAN_N_VERDICTS 4

/* "UP", "DOWN", "SAME", "NONE". */
const char *plan_verdict_name(enum plan_verdict v);
enum plan_verdict plan_verdict_of(const struct pass *pass);

/* Some lines for a person. */
void plan_print(struct buf *out, const struct hpa *hpa, const struct pass *pass);
/* The same as one JSON object. */
void plan_encode(struct jw *w, const struct hpa *hpa, const struct pass *pass);
/* An object that could not be planned at all. */
void plan_print_failure(struct buf *out, struct sv ns, struct sv name, const char *why);
void plan_encode_failure(struct jw *w, struct sv ns, struct sv name, const char *why);
/* "1 up, 0 down, 0 unchanged, 0 undecided. Nothing was written." */
void plan_print_summary(struct buf *out, const size_t counts[PLAN_N_VERDICTS]);
