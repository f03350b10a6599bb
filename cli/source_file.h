#pragma once
/* Manifests that people write: files with any number of YAML or JSON documents -> autoscalers, checked as strictly as we can. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "controller/foreign.h"

struct source_file_object {
	struct hpa hpa;	  /* v2, defaulted; its namespace is filled in */
	const char *file; /* "-" is standard input */
	uint32_t line;	  /* where its document begins */
};

struct source_file_list {
	struct source_file_object *at;
	size_t n, size;
	/* Is given the native ones and KEDA's ScaledObjects; NULL: nobody asks who acts beside whom. */
	struct foreign *foreign;
};

struct source_file_options {
	const char *ns;	    /* of objects that name none */
	bool scale_to_zero; /* minReplicas may be 0 */
};

/* A whole file, or standard input for "-". errors: NOTFOUND, INVALID (not readable, a directory), LIMIT, NOMEM. */
MUST_USE enum error_kind source_file_read(
	struct arena *a, const char *file, size_t max_bytes, struct sv *ret, struct error *err);

/* Adds the autoscalers of a text to the list. Lists (kind List) are opened, documents of other API groups skipped; ScaledObjects only go to `foreign`. Each thing
 * that is wrong becomes one line in `problems`: "hpa.yaml:7:5: spec.metrics[0] ...", and nothing is added for its
 * object. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind source_file_parse(struct arena *a, const char *file, struct sv text,
	const struct source_file_options *options, struct source_file_list *list,
	struct buf *problems, struct error *err);
