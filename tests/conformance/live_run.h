#pragma once
/* A recorded case on the live controller: one process, one loop, a real client and a small API server on loopback, and a clock that stands still during a
 * step. */
#include "controller/controller.h"
#include "controller/tape.h"
#include "tests/conformance/live_api.h"
#include "tests/conformance/live_seams.h"

struct live_run {
	struct arena *a;
	const struct tape *tape;
	struct live_record record;
	struct live_api api;
	struct live_seams seams;
	struct loop *loop;
	struct http_server *server;
	struct http_client *http;
	struct kube_client *client;
	struct selfmetrics *metrics;
	struct controller *controller;	   /* NULL: between two */
	const struct canary_watch *canary; /* of this controller */
	int64_t elapsed_ns;		   /* that the clock was moved since the case began */
	int64_t t;			   /* of the present step */
	int64_t give_up_ns;		   /* in real time */
	bool numbers;			   /* of the step: hpa_step_parts */
};

/* root: the case, decoded as `tape`; its settings are used as they are. The run is not moved until live_run_done. errors: as the parts'. */
MUST_USE enum error_kind live_run_start(struct live_run *run, struct arena *a,
	const struct jtree *root, const struct tape *tape, struct error *err);
/* Also after a failure. The process's clocks go again. */
void live_run_done(struct live_run *run);

/* The step's inputs, and one pass over them; what came of it is in `record`. i: its number. errors: UNAVAIL: the pass does not end; its own. */
MUST_USE enum error_kind live_run_step(
	struct live_run *run, const struct jtree *step, size_t i, struct error *err);
/* What the step did against the status that is stored now: live_record_tell. */
MUST_USE enum error_kind live_run_tell(
	struct live_run *run, const struct jtree *expect, struct jtree **ret, struct error *err);
