#pragma once
/* Runs the passes: takes what the watches tell of autoscaler objects into the store, starts a pass when an object's turn has come (schedule.h), and does
 * what is to be done when it is over. */
#include "controller/drive.h"
#include "controller/report.h"
#include "controller/schedule.h"

struct dispatch;

/* Everything outlives the dispatch. */
struct dispatch_config {
	const struct drive_context *drive;
	struct report *report;
	struct selfmetrics *metrics;
	int64_t period_ns; /* of objects that do not say */
};

MUST_USE enum error_kind dispatch_new(
	const struct dispatch_config *config, struct dispatch **ret, struct error *err);
/* Ends the passes that run; the store's objects stay. */
void dispatch_free(struct dispatch *d);
DEFINE_AUTO(struct dispatch *, dispatch_free)

/* Passes may run from now on. */
void dispatch_start(struct dispatch *d);
/* Ends the passes that run; what was not sent yet is never sent. */
void dispatch_stop(struct dispatch *d);
bool dispatch_is_started(const struct dispatch *d);

/* A state of an object: the watch's, or the answer to our own write. errors: as autoscalers_put; then nothing changed. */
MUST_USE enum error_kind dispatch_put(struct dispatch *d, enum autoscaler_kind kind,
	const struct object_id *id, struct sv json, struct error *err);
void dispatch_remove(struct dispatch *d, enum autoscaler_kind kind, struct sv ns, struct sv name);
/* All objects of the kind: it is no longer there. */
void dispatch_remove_kind(struct dispatch *d, enum autoscaler_kind kind);
/* Looks at the object at once: something that it depends on changed. */
void dispatch_hurry(struct dispatch *d, struct autoscaler *one);
/* No pass over it before `until`. */
void dispatch_put_off(struct dispatch *d, struct autoscaler *one, struct mono until);
struct schedule_depth dispatch_depth(const struct dispatch *d);
