#pragma once
/* Header lines of a request, checked. */
#include "common/error.h"
#include "common/sv.h"
#include "common/vec.h"

struct http_lines {
	/* "Name: value"; an empty value is spelled "Name;", as libcurl wants it. */
	VEC(char *) list;
};

void http_lines_done(struct http_lines *lines);
static inline __attribute__((unused)) void http_lines_done_auto(struct http_lines *lines)
{
	http_lines_done(lines);
}
/* Errors: INVALID (what would not stay on its line), LIMIT, NOMEM. */
MUST_USE enum error_kind http_lines_add(
	struct http_lines *lines, struct sv name, struct sv value, struct error *err);
/* "Name: value" texts, NULL-terminated; NULL: none. */
MUST_USE enum error_kind http_lines_add_all(
	struct http_lines *lines, const char *const *texts, struct error *err);
