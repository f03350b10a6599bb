#pragma once
/* Asks what a pass wants to know of its metrics: alone, together with other objects, or a Prometheus server. All at once; the answers go into the pass. */
#include "controller/drive.h"

struct questions;

/* All of it outlives the questions. */
struct questions_config {
	const struct drive_context *context;
	struct autoscaler *one;
	const struct hpa *hpa;
	struct arena *arena;
	struct pass *pass;
	const struct pass_want *want; /* PASS_WANT_READINGS */
	/* The last answer was given (failed NULL), or the pass cannot go on. From the loop, in the object's turn; the questions may be gone behind it. */
	void (*done)(const struct error *failed, void *ctx);
	void *ctx;
};

/* waits: `done` comes later; else all were answered at once, and it does not come. *ret is in the arena, and set after an error, too: some may be under way.
 * errors: NOMEM, LIMIT. */
MUST_USE enum error_kind questions_start(const struct questions_config *config,
	struct questions **ret, bool *ret_waits, struct error *err);
/* Ends those under way without calling back. NULL is allowed. */
void questions_cancel(struct questions *all);
