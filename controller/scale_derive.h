#pragma once
/* The scale of the kinds that everybody scales, read from the object itself as the API server does it, so that nobody has to ask for it. Pure. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

enum scale_kind {
	SCALE_DEPLOYMENT,
	SCALE_REPLICA_SET,
	SCALE_STATEFUL_SET,
	SCALE_REPLICATION_CONTROLLER,
	SCALE_OTHER, /* anything else: only its scale subresource says */
};
#define SCALE_KINDS SCALE_OTHER

struct scale_kind_names {
	const char *group, *plural, *kind;
	const char *watch_path;
	const char *resource; /* for messages */
};
/* Not for SCALE_OTHER. */
const struct scale_kind_names *scale_derive_names(enum scale_kind kind);
/* Of a scaleTargetRef; the version plays no part, and the kind may be written in lower case (spec 5.1). */
enum scale_kind scale_derive_kind(struct sv api_version, struct sv kind);
/* Of a path. */
enum scale_kind scale_derive_resource(struct sv group, struct sv plural);

struct scale_derived {
	struct sv uid, version;
	struct sv selector; /* canonical text */
	int32_t replicas, status_replicas;
};

/* An object of that kind; SCALE_OTHER: a Scale, whose selector is not read. Texts are in the arena or point into json. errors: INVALID, NOMEM, LIMIT. */
MUST_USE enum error_kind scale_derive_read(struct arena *a, enum scale_kind kind, struct sv json,
	struct scale_derived *ret, struct error *err);
/* The autoscaling/v1 Scale, as a GET would answer. */
void scale_derive_print(
	struct buf *out, struct sv ns, struct sv name, const struct scale_derived *d);
