#pragma once
/* Stage `record`: finished tapes into the files of a directory, one a line. What is kept is
 * bounded: of the files that it wrote, the oldest are removed. */
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

/* A day of one object with 20 pods is about 75 MB. */
#define RECORD_DEFAULT_BYTES (INT64_C(256) * 1024 * 1024)
/* A file holds an eighth, and the largest tape must fit into it. */
#define RECORD_MIN_BYTES (INT64_C(8) * 1024 * 1024)
#define RECORD_MAX_BYTES (INT64_C(1024) * 1024 * 1024 * 1024)

struct record_config {
	const char *dir;   /* NULL: nothing is recorded */
	int64_t max_bytes; /* of all files together */
};

struct record;

/* Makes the directory if it is not there, and takes the files of earlier runs into account. errors:
 * INVALID naming the directory (it cannot be made, listed or written), NOMEM. */
MUST_USE enum error_kind record_new(
	const struct record_config *config, struct record **ret, struct error *err);
void record_free(struct record *r);
DEFINE_AUTO(struct record *, record_free)

/* Appends one tape; the newline is ours. A file never ends in half a tape. errors: LIMIT (longer
 * than a file may be), UNAVAIL (disk), NOMEM; the tape is then not kept, the next one may be. */
MUST_USE enum error_kind record_append(struct record *r, struct sv tape, struct error *err);
