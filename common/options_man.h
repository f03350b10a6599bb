#pragma once
/* A manual page from the table that the help is made of. */
#include "common/options.h"

struct options_page {
	const char *name;    /* "flyball-controller" */
	const char *section; /* "8" */
	const char *version;
	const char *summary;	       /* behind the name, one line */
	const char *synopsis;	       /* what stands behind the name on a command line */
	const char *const *paragraphs; /* of the description, NULL-terminated */
};

/* roff with the man macros. Flags without a help text are left out, as in the help. */
void options_man_print(
	struct buf *out, const struct options_page *page, const struct option *table, size_t n);
