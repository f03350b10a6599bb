/* The table of functions and the ways to find one. */
#include "promql/functions.h"

#include "common/mem.h"

static const struct function FUNCTIONS[] = {
#define F(id, name, result, args, variadic, experimental)                                          \
	{ name, FUNCTION_##id, result, args, variadic, experimental },
#include "promql/functions.tbl"
#undef F
};

const struct function *functions_find(struct sv name)
{
	size_t low = 0, high = ARRAY_LEN(FUNCTIONS);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = sv_cmp(name, sv_of(FUNCTIONS[middle].name));

		if (order == 0)
			return &FUNCTIONS[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct function *functions_get(enum function_id id)
{
	return &FUNCTIONS[id];
}

enum value_type functions_arg(const struct function *f, size_t i)
{
	size_t n = strlen(f->args);

	if (n == 0)
		return VALUE_NONE;
	switch (f->args[i < n ? i : n - 1]) {
	case 'V':
		return VALUE_VECTOR;
	case 'M':
		return VALUE_MATRIX;
	case 'S':
		return VALUE_SCALAR;
	default:
		return VALUE_STRING;
	}
}

/* Names are short; a longer word is no misspelling of one. */
#define MAX_NAME 40u

/* Levenshtein's distance, case ignored. */
static size_t distance(struct sv a, struct sv b)
{
	size_t row[MAX_NAME + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t above = row[j];
			size_t best = diagonal + ((a.ptr[i - 1] | 32) != (b.ptr[j - 1] | 32));

			best = above + 1 < best ? above + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[b.len];
}

const char *functions_suggest(struct sv name)
{
	const char *best = NULL;
	size_t least = name.len / 3 + 1;

	if (name.len > MAX_NAME)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(FUNCTIONS); i++) {
		size_t d = distance(name, sv_of(FUNCTIONS[i].name));

		if (d <= least && (!best || d < least)) {
			least = d;
			best = FUNCTIONS[i].name;
		}
	}
	return best;
}
