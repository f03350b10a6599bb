#pragma once
/* One pass over one object as a machine without I/O: it says what it wants, the caller gets it and
 * answers. The same machine serves the live controller, which works asynchronously on many passes,
 * and callers that have all answers at hand.
 *
 *	pass_begin(&pass, &input);
 *	while (pass_next(&pass, &want, &err) == ERR_OK && want.kind != PASS_WANT_NOTHING)
 *		... do it, then one of the pass_answer_* functions ...
 *	pass_result(&pass)
 *
 * Nothing is kept between passes but the history, which a pass brings up to date when its scale
 * write is settled. */
#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/error.h"
#include "controller/ask.h"
#include "controller/conclude.h"
#include "controller/decide.h"
#include "controller/guard_mass.h"
#include "controller/readings.h"
#include "controller/scale.h"
#include "controller/stages.h"
#include "controller/tape_write.h"
#include "controller/target.h"
#include "kube/api_path.h"
#include "kube/discovery.h"

/* How often a scale is written at most when others change it meanwhile, and how long to wait
 * between (plus up to 10 %). */
#define PASS_MAX_SCALE_WRITES 5
#define PASS_RETRY_DELAY_NS (10 * NS_PER_MS)

struct pass_input {
	struct arena *arena; /* lives until the pass is over; answers may be freed right after they
				were given */
	const struct settings *settings;
	const struct hpa *hpa; /* v2, defaulted */
	const struct discovery *discovery;
	/* Version of custom.metrics.k8s.io: ask_custom_version's result; version empty: problem
	 * says why. */
	struct sv custom_version, custom_problem;
	const struct ask_prometheus_servers *prometheus; /* NULL: none is configured */
	struct sv foreign;				 /* as in decide.h */
	struct history *history;
	const struct guard_mass *mass; /* sources that fail for many; NULL: nobody looks */
	const bool *frozen; /* one a metric: what was found there, in a replay; NULL: look there */
	struct tape_write *tape; /* is told all that the pass is given; NULL: nobody is */
};

enum pass_want_kind {
	PASS_WANT_GET_SCALE,  /* answer: pass_answer_scale */
	PASS_WANT_PODS,	      /* the pods that `selector` matches in the namespace, sorted by name:
				 pass_answer_pods */
	PASS_WANT_READINGS,   /* all questions of `questions` that are ASK_REQUEST, in any order:
				 pass_answer_metric for each */
	PASS_WANT_PUT_SCALE,  /* after `delay_ns`; answer: pass_answer_scale */
	PASS_WANT_PUT_STATUS, /* answer: pass_answer_status */
	PASS_WANT_NOTHING,    /* the pass is over */
};

struct pass_want {
	enum pass_want_kind kind;
	struct api_path path;		      /* GET_SCALE, PUT_SCALE, PUT_STATUS */
	struct sv body;			      /* PUT_SCALE */
	int32_t replicas;		      /* PUT_SCALE: what the body says */
	int64_t delay_ns;		      /* PUT_SCALE: a retry waits a little */
	const struct selector *selector;      /* PODS */
	const struct ask_question *questions; /* READINGS: one a metric */
	size_t n_questions;
	const struct hpa_status *status; /* PUT_STATUS */
};

/* What a request came to: a 2xx body, or the client's error text. */
struct pass_answer {
	bool failed;
	int http_status; /* 0: no answer arrived */
	struct sv error; /* failed: as status_explain words it */
	struct sv body;
	struct decide_now now;
};

enum pass_state {
	PASS_TARGET,
	PASS_SCALE,
	PASS_SELECTOR,
	PASS_FIRST_PODS,
	PASS_READINGS,
	PASS_PODS,
	PASS_WRITE_SCALE,
	PASS_REREAD_SCALE,
	PASS_WRITE_STATUS,
	PASS_OVER,
};

struct pass {
	struct pass_input in;
	enum pass_state state;
	struct decide_now now;
	/* target */
	struct discovery_mapping mappings[DISCOVERY_MAX_MAPPINGS];
	size_t n_mappings, mapping;
	struct sv first_error;
	struct scale scale;
	struct target_pods target;
	/* gather */
	struct pod_set pods;
	struct ask_question *questions;
	struct reading *readings;
	bool *answered;
	size_t n_unanswered;
	/* decide */
	const bool *frozen; /* one a metric; NULL: nobody looked */
	bool decided;
	struct proposal proposal;
	/* apply */
	struct sv put_body;
	unsigned n_writes;
	bool conflict;
	bool forbidden;	 /* we may not write the scale: that does not heal by itself */
	bool unanswered; /* the last write came without an HTTP status */
	struct conclude_write write;
	bool concluded, status_written;
	struct conclusion conclusion;
};

/* `now`: when the pass starts. */
void pass_begin(struct pass *p, const struct pass_input *in, struct decide_now now);

/* What the pass needs next; asking twice gives the same. errors: NOMEM, LIMIT: the pass cannot go
 * on, nothing is to be written. */
MUST_USE enum error_kind pass_next(struct pass *p, struct pass_want *ret, struct error *err);

MUST_USE enum error_kind pass_answer_scale(
	struct pass *p, const struct pass_answer *answer, struct error *err);
/* `pods` and the peers stay the caller's: they must live until the next call of pass_next has
 * returned. Peers are read the first time only. */
MUST_USE enum error_kind pass_answer_pods(struct pass *p, const struct pod_set *pods,
	const struct target_peer *peers, size_t n_peers, struct decide_now now, struct error *err);
/* How the answer to question i is to be read. */
struct readings_query pass_readings_query(const struct pass *p, size_t i);
/* Decodes the answer to question i. */
MUST_USE enum error_kind pass_answer_metric(
	struct pass *p, size_t i, const struct readings_answer *answer, struct error *err);
/* A reading that did not come over the wire; what it points to must live as long as the pass. */
void pass_give_reading(struct pass *p, size_t i, const struct reading *reading);
MUST_USE enum error_kind pass_answer_status(
	struct pass *p, const struct pass_answer *answer, struct error *err);

/* The end of the pass; valid once it wants PUT_STATUS or NOTHING, complete with NOTHING. NULL
 * before. */
const struct conclusion *pass_result(const struct pass *p);
