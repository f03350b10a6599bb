#pragma once
/* A suite answers one line (a JSON object) of a vector file. To add suites: write suite_STEM.c that exports
 * `const struct suite suite_STEM[]`, ended by a zeroed element; CMake finds the file and enters it in the table. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/jtree.h"

#define CONFORMANCE_ARENA_BYTES (256u * 1024 * 1024)

struct conformance {
	struct arena *file; /* lives for one file: what a header line declares */
	struct arena *a;    /* cleared for each line */
	const char *path;   /* of the file, as given */
	size_t line;	    /* 1-based */
	struct sv text;	    /* the line itself, until the next one */
	void *state;	    /* the suite's own, in `file`; NULL at the start of each file */
	void (*at_end)(struct conformance
			*c); /* behind the last line of the file; a suite that counts sets it */
	/* private */
	bool failed, skipped;
	struct buf why;
};

struct suite {
	const char *name; /* as on the command line */
	/* Checks one line; reports through the functions below. Neither: the case passed. */
	void (*run)(struct conformance *c, const struct jtree *row);
};

/* This case fails; only the first call of a line counts. Returns false, so that checks chain with &&. */
bool conformance_fail(struct conformance *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* This line is no case (a header, a row that does not apply). */
void conformance_skip(struct conformance *c);

/* Each compares and fails with "WHAT: expected ..., got ...". */
bool conformance_eq_text(
	struct conformance *c, const char *what, struct sv expected, struct sv got);
bool conformance_eq_i64(struct conformance *c, const char *what, int64_t expected, int64_t got);
bool conformance_eq_bool(struct conformance *c, const char *what, bool expected, bool got);
/* The same JSON value: order of members does not matter. The first differing path is named. */
bool conformance_eq_tree(struct conformance *c, const char *what, const struct jtree *expected,
	const struct jtree *got);
/* The outcome of a fallible call against the row's `ok` and `error`: true when the row goes on to compare values. A null or absent `error`
 * accepts any text. */
bool conformance_outcome(
	struct conformance *c, const struct jtree *row, bool ok, struct sv error_text);

/* `true` member; false when absent. */
bool conformance_flag(const struct jtree *row, const char *member);
/* Text of a member; empty when absent. */
struct sv conformance_text(const struct jtree *row, const char *member);
