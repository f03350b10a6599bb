#pragma once
/* What the controller did in one step, as the fake API server and the seams saw it, and as the vectors' `expect` spells it. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/jtree.h"
#include "common/opt.h"
#include "common/selfmetrics.h"
#include "common/vec.h"

struct live_event {
	struct sv type, reason, message;
};

struct live_record {
	struct arena *a; /* of all texts */
	VEC(struct sv) requests, scales;
	VEC(struct live_event) events;
	VEC(struct sv) messages; /* of all events since the case began */
	struct opt_i32 scale_write;
	bool status_written;
	struct sv status;    /* that was written, as JSON */
	unsigned n_passes;   /* that came to an end */
	bool concluded;	     /* the last one */
	struct sv error;     /* of it; ptr NULL: none */
	bool conflict;	     /* the last scale write met one */
	const char *problem; /* the controller broke a rule of the API; NULL: it did not */
	struct buf counted;  /* the self-metrics as they stood when the step began */
};

void live_record_init(struct live_record *r, struct arena *a);
void live_record_done(struct live_record *r);
/* A new step begins. */
void live_record_begin(struct live_record *r, const struct selfmetrics *m);

void live_record_request(struct live_record *r, struct sv target);
/* "GET deployments.apps/default/web" */
void live_record_scale(struct live_record *r, const char *text);
void live_record_event(struct live_record *r, const struct live_event *e);
/* Was an event with this message recorded in this step or before? Sending may take longer than the step. */
bool live_record_knows(const struct live_record *r, struct sv message);

/* Everything as `expect` has it, in the arena. `stored`: the status that the server has. `expect` says in which order to tell what
 * has none: questions to the metrics APIs, which go out together, and counters. Our server's address is written as the vectors' one.
 * errors: NOMEM, LIMIT. */
MUST_USE enum error_kind live_record_tell(const struct live_record *r, const struct selfmetrics *m,
	struct sv stored, const char *server, const struct jtree *expect, struct jtree **ret,
	struct error *err);
