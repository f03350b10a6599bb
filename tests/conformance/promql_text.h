#pragma once
/* Texts and bits of the PromQL vectors. */
#include "tests/conformance/conformance.h"

/* A JSON string, or {"b64": ...} where the bytes are no UTF-8; empty when absent. */
struct sv promql_text_of(struct conformance *c, const struct jtree *t);
struct sv promql_text_get(struct conformance *c, const struct jtree *row, const char *member);
/* The double of 16 hexadecimal digits. */
double promql_text_bits(struct sv bits);
/* 16 hexadecimal digits against a double: any NaN equals any NaN. */
bool promql_text_eq_bits(struct conformance *c, const char *what, struct sv bits, double got);
