#pragma once
/* Whether a status has to be written. Pure. Rule: spec 4.8. */
#include <stdbool.h>

#include "controller/hpa.h"

/* Quantities by value, times by instant, absent and empty lists the same; all else exactly, order
 * included. */
bool hpa_status_eq(const struct hpa_status *a, const struct hpa_status *b);
/* They differ at most in what a metric's value is just now, and in how many pods report it: counts, conditions and which metrics there are
 * stay the same. */
bool hpa_status_eq_but_values(const struct hpa_status *a, const struct hpa_status *b);
