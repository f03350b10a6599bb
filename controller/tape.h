#pragma once
/* The tape: what one or more passes over one object saw and, where known, what was decided, as
 * JSON. A superset of the case format of the conformance vectors; docs/tape.md tells every member.
 * Decoding checks everything before anything is replayed. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "common/jtree.h"
#include "controller/decide.h"
#include "controller/history.h"
#include "controller/hpa.h"
#include "controller/pods.h"
#include "controller/reading.h"
#include "controller/settings.h"
#include "controller/target.h"
#include "kube/discovery.h"

/* What we write, and the newest that we read. A tape without a version is a conformance vector. */
#define TAPE_VERSION 1
/* One tape: 5,000 pods at about 400 bytes and their rows at about 200 are 3 MiB a pass. */
#define TAPE_MAX_BYTES (64u * 1024 * 1024)

/* An answer to a GET or PUT of the scale, or to the status write. */
struct tape_answer {
	const struct decide_now *now; /* NULL: when the pass began, plus the delays of retries */
	bool failed;
	int64_t http_status; /* failed: the Status' code, or 0 */
	struct sv error;     /* failed: the client's text */
	struct sv body;	     /* of a GET: the Scale as JSON */
};

/* What a request to a metrics API came to. */
struct tape_http {
	struct sv path; /* request target with query */
	/* Set: narrowed to this resource, and to this container of the pods; answers no other
	 * metric's question. */
	struct sv resource, container;
	bool is_problem;
	struct reading problem; /* is_problem: kind and why, as the pass had it */
	/* Else: the answer. */
	bool unreachable; /* there was none, for this reason */
	struct sv reason;
	int64_t http_status;
	struct sv content_type, body;
};

struct tape_pods {
	struct pod *at;
	size_t n;
	const struct decide_now *now; /* NULL: as for an answer */
};

struct tape_step {
	int64_t t; /* whole seconds after 2000-01-01T00:00:00Z: what names the step in messages */
	struct decide_now now;	     /* when the pass began */
	bool restart;		     /* all history is forgotten before the pass */
	const struct hpa_spec *spec; /* replaces the stored one's before the pass; NULL: no */
	/* Replaces what is remembered, before the pass; its arrays are in the arena: never
	 * history_done. NULL: goes on from the step before. */
	const struct history *history;
	struct sv foreign;	     /* as in decide.h */
	bool has_first_pods;	     /* they differ from `pods` */
	struct tape_pods first_pods; /* what the check for other objects saw */
	struct tape_pods pods;	     /* what the decision saw */
	struct target_peer *peers;
	size_t n_peers;
	struct tape_answer *gets, *puts;
	size_t n_gets, n_puts;
	struct tape_answer status_put;
	struct tape_http *http;
	size_t n_http;
	bool *frozen; /* the first n metrics: their source was frozen (guard_mass.h); NULL: none */
	size_t n_frozen;
	const struct jtree *expect; /* what was decided; NULL: not known */
};

struct tape {
	int64_t version; /* 0: a conformance vector */
	struct sv name;	 /* "NAMESPACE/NAME", or the case's name */
	struct sv taken_by, platform_dependent;
	bool opaque_text;
	struct settings settings;
	int64_t sync_period_ns;
	struct discovery *discovery; /* in the arena: never discovery_unref */
	struct hpa hpa;		     /* as stored when the first pass began */
	struct tape_step *steps;
	size_t n_steps; /* at least 1 */
};

/* A text with tapes one after the other, as files hold them: a line each, or spread over lines. */
struct tape_text {
	const char *file; /* as messages name it */
	struct sv all, rest;
	/* private: zeroed */
	const char *counted; /* lines before this are */
	uint32_t line;
};

/* Cuts the next tape off. *ret_root is NULL at the end; it and what tape_decode makes of it point
 * into the text. *ret_line is where it began. errors: INVALID "FILE:LINE:COLUMN: ..." (a tape that
 * is cut off is told as such), LIMIT, NOMEM. */
MUST_USE enum error_kind tape_next(struct arena *a, struct tape_text *text, struct jtree **ret_root,
	uint32_t *ret_line, struct error *err);

/* Everything in *ret is in the arena or points into the tree. `file` and `line` are what messages
 * begin with. errors: INVALID, one line: what, where, what was expected (newer version, unknown
 * member, wrong type, missing member); LIMIT, NOMEM. */
MUST_USE enum error_kind tape_decode(struct arena *a, const char *file, uint32_t line,
	const struct jtree *root, struct tape *ret, struct error *err);
