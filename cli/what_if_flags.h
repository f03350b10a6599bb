#pragma once
/* Between the flags and the world made of them: for what_if.c. */
#include "cli/what_if.h"

/* The value that means this metric, or NULL. */
const struct what_if_value *what_if_flags_find(const struct what_if *w, const struct hpa_metric *m);
