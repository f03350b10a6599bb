#pragma once
/* Command line from a table: Kubernetes' spelling (--flag=value, --flag value, --flag for booleans, --no-flag is not a thing), help text
 * from the same table, unknown flags named with the nearest known one. */
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/vec.h"

enum option_kind {
	OPTION_TEXT,	 /* const char ** */
	OPTION_BOOL,	 /* bool * ; --x, --x=true, --x=false */
	OPTION_INT,	 /* int64_t *, within min..max */
	OPTION_RATIO,	 /* double *, within min..max */
	OPTION_DURATION, /* int64_t * nanoseconds, Go syntax, within min..max (nanoseconds) */
	OPTION_CHOICE,	 /* int *: index into choices */
	OPTION_LIST,	 /* struct option_list *: may be repeated, and split at commas */
	OPTION_REPEAT,	 /* struct option_list *: may be repeated, not split */
	OPTION_IGNORED,	 /* accepted for compatibility, takes a value, without effect */
	OPTION_IGNORED_BOOL,
};

struct option_list {
	VEC(const char *) items; /* point into argv or to copies owned by the list */
};

struct option {
	const char *name; /* "sync-period" */
	char letter;	  /* "-n", or 0 */
	enum option_kind kind;
	void *target;		    /* holds the default before parsing; NULL for IGNORED */
	int64_t min, max;	    /* INT and DURATION; both 0: unchecked */
	const char *const *choices; /* CHOICE: NULL-terminated */
	const char *value_name;	    /* "FILE", "DURATION" in the help */
	const char *help;	    /* one line; NULL: hidden */
};

/* argv[1..argc-1] -> targets; arguments that are no flags (and all after "--") go to ret_rest in order.
 * Texts are borrowed from argv. Errors: INVALID, one line naming flag and what was expected. "--help" and "-h" are ordinary flags of the table. */
MUST_USE enum error_kind options_parse(const struct option *table, size_t n, int argc, char **argv,
	struct option_list *ret_rest, struct error *err);
void options_list_done(struct option_list *list);
/* Sets one flag as the command line does. The value is borrowed as argv is, and a list is cut in it. errors: INVALID, as above, also for a name that is no
 * flag. */
MUST_USE enum error_kind options_set(
	const struct option *table, size_t n, struct sv name, char *value, struct error *err);
/* The last value of --NAME in argv, for what has to be known before the other flags are read; NULL: it is not given. */
char *options_find(int argc, char **argv, const char *name);
/* The one of `names`, which end with NULL, that `name` was probably meant to be; NULL: none is near. */
const char *options_nearest(struct sv name, const char *const *names);
/* The flags as help text, two columns, with defaults, 100 columns wide. */
void options_help(struct buf *out, const struct option *table, size_t n);
/* "--NAME=VALUE" of the help, with the letter if there is one. */
void options_put_usage(struct buf *out, const struct option *o);
/* The target's value as the flag would take it; nothing where there is none. */
void options_put_value(struct buf *out, const struct option *o);
