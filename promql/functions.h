#pragma once
/* PromQL's functions: names, types of arguments and results. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/sv.h"

enum value_type { VALUE_NONE, VALUE_VECTOR, VALUE_MATRIX, VALUE_SCALAR, VALUE_STRING };

enum function_id {
#define F(id, ...) FUNCTION_##id,
#include "promql/functions.tbl"
#undef F
	FUNCTION_N
};

#define FUNCTION_MAX_ARGS 5

struct function {
	const char *name;
	enum function_id id;
	enum value_type result;
	const char
		*args; /* one letter each: V instant vector, M range vector, S scalar, T string */
	int variadic; /* 0: exactly these; n > 0: the last one and up to n - 1 more of it are optional; -1: any number of the last, or none */
	bool experimental;
};

/* NULL: unknown. Names are matched exactly. */
const struct function *functions_find(struct sv name);
const struct function *functions_get(enum function_id id);
/* Type of the i-th argument (the last one repeats). */
enum value_type functions_arg(const struct function *f, size_t i);
/* The known name nearest to a misspelt one, NULL when none is near. */
const char *functions_suggest(struct sv name);
