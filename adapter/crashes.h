#pragma once
/* What crashed the adapter twice is left alone for a while: requests for a metric, listings and rules, a configuration file. The record is common/work_note.h
 * in --work-note-dir; here are the keys, and what a key in quarantine is told. */
#include "adapter/adapter_options.h"
#include "adapter/request.h"
#include "common/work_note.h"

/* Where the record is, or NULL (then only memory): the flag's directory, else --cert-dir. Never fails for lack of a file: that is logged. Tells in the log
 * what the last process left behind. errors: NOMEM */
MUST_USE enum error_kind crashes_open(
	const struct adapter_options *o, struct work_note **ret, struct error *err);

/* The request's work begins. False: it is in quarantine and the reply says so. */
MUST_USE bool crashes_enter_request(struct request *r);
/* A key of another kind. errors: UNAVAIL naming the key and when it is tried again */
MUST_USE enum error_kind crashes_enter(
	struct work_note *n, struct sv key, int *ret_ticket, struct error *err);

/* The key of a configuration file with this text. errors: as above */
MUST_USE enum error_kind crashes_enter_config(
	struct work_note *n, const char *name, struct sv text, int *ret_ticket, struct error *err);

/* Suspects as lines of text, for /debug/rules. */
void crashes_print(const struct work_note *n, struct buf *out);
