#pragma once
/* One verb of a Printf, shared by template_format.c and template_verb.c. */
#include "promql/template_tree.h"
#include "promql/unicode.h"

/* Go takes up to a million; output is capped anyway. */
#define TEMPLATE_FORMAT_MAX_WIDTH 1000000

struct template_verb {
	uint32_t verb;
	bool sharp, zero, plus, minus, space, sharp_v, plus_v;
	bool has_width, has_precision;
	int width, precision;
};

/* The value under this verb, or Go's complaint "%!d(string=x)". */
void template_verb_print(
	struct buf *out, const struct template_verb *verb, const struct template_value *v);
void template_verb_put_rune(struct buf *out, uint32_t rune);
