#pragma once
/* The reference's checks of names, with its texts. Pure. A check that passes reports no problem; texts are static. */
#include <stddef.h>

#include "common/sv.h"

#define NAMES_MAX_PROBLEMS 4

struct names_problems {
	size_t n;
	const char *at[NAMES_MAX_PROBLEMS];
};

/* [PREFIX/]NAME, as label keys, annotation keys and resource names are. */
struct names_problems names_label_key(struct sv text);
struct names_problems names_label_value(struct sv text);
struct names_problems names_dns1123_subdomain(struct sv text);
struct names_problems names_dns1123_label(struct sv text);
/* What may not stand in a path: `.`, `..`, and texts with a slash or percent sign. Empty passes. */
struct names_problems names_path_segment(struct sv text);

bool names_is_label_key(struct sv text);
bool names_is_dns1123_subdomain(struct sv text);
