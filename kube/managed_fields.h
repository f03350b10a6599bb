#pragma once
/* Who wrote what, as the API server keeps it in metadata.managedFields. Pure: reads the text of an object without building a tree. */
#include <stdbool.h>

#include "common/instant.h"
#include "common/sv.h"

/* The API server allows 128 characters. */
#define MANAGED_FIELDS_MAX_MANAGER 512
#define MANAGED_FIELDS_MAX_WORD 64

struct managed_fields_writer {
	char manager[MANAGED_FIELDS_MAX_MANAGER];
	char operation[MANAGED_FIELDS_MAX_WORD];   /* "Update", "Apply" */
	char subresource[MANAGED_FIELDS_MAX_WORD]; /* "scale", "status"; empty: the object itself */
	struct wall time;			   /* WALL_ZERO: absent */
};

struct managed_fields_query {
	/* The field, as fieldsV1 spells it, NULL-terminated: { "f:spec", "f:replicas", NULL }. */
	const char *const *path;
	const char *except; /* a manager that does not count, or NULL */
};

/* The newest writer of the field. A value's owners are all that wrote it as it is; of several with one time the last listed counts. False:
 * nobody is recorded, or the text is no JSON object. */
bool managed_fields_newest(struct sv json, const struct managed_fields_query *query,
	struct managed_fields_writer *ret);
