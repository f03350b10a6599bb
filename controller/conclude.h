#pragma once
/* Pure step 3 of 3: proposal, outcome of the scale write -> new status, events, error, labels; and
 * the one place where a history changes. Rules: spec 4.3 steps 10 and 11, 4.6, 9.2, 12. */
#include "common/arena.h"
#include "common/error.h"
#include "controller/decide.h"
#include "controller/history.h"
#include "controller/hpa.h"

/* What became of the scale write that a proposal asked for. */
struct conclude_write {
	bool ok;
	bool unknown;	       /* not ok, and yet it may have happened */
	struct sv error;       /* not ok: the client's text of the last attempt */
	struct decide_now now; /* when it ended */
};

enum conclude_action { CONCLUDE_NONE, CONCLUDE_SCALE_UP, CONCLUDE_SCALE_DOWN };
enum conclude_error { CONCLUDE_NO_ERROR, CONCLUDE_SPEC, CONCLUDE_INTERNAL };

/* Labels of the pass's or a metric's self-metrics. */
struct conclude_labels {
	enum conclude_action action;
	enum conclude_error error;
};

struct conclusion {
	struct hpa_status status;
	bool status_differs; /* from the stored one: it has to be written */
	struct decide_events events;
	size_t n_events_before; /* events recorded before the status write; the rest comes after */
	struct sv error;	/* of the pass, as logged; ptr NULL: none */
	bool failed; /* the pass ended early: a failing status write does not replace its error */
	struct conclude_labels labels;
	struct conclude_labels *metric_labels; /* one a metric computed */
	size_t n_metric_labels;
	bool rescaled;	 /* the scale was written: desired is the new count */
	int32_t desired; /* what self-metrics show; meaningless when `failed` */
};

/* "scale_up", "internal" ... as label values. */
const char *conclude_action_name(enum conclude_action action);
const char *conclude_error_name(enum conclude_error error);

/* `write` is NULL when the proposal wanted none. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind conclude_compute(struct arena *a, const struct settings *settings,
	const struct hpa *hpa, const struct proposal *proposal, const struct conclude_write *write,
	struct conclusion *ret, struct error *err);

/* A target whose scale cannot be read. `event` is the cause, `error` the text that the pass
 * returns. */
struct conclude_no_scale {
	struct sv event, error;
	bool spec_error; /* the reference in the spec is wrong */
};
MUST_USE enum error_kind conclude_without_scale(struct arena *a, const struct settings *settings,
	const struct hpa *hpa, const struct conclude_no_scale *cause, struct decide_now now,
	struct conclusion *ret, struct error *err);

/* The status write failed: one more event, and perhaps another error. */
MUST_USE enum error_kind conclude_status_failure(struct arena *a, const struct hpa *hpa,
	struct sv client_error, struct conclusion *c, struct error *err);

/* A pass found this count. A write that may have happened is settled by it: what happened counts for the policies, as of now. errors: NOMEM; it is still
 * open then. */
MUST_USE enum error_kind conclude_settle_lost(struct history *history, const struct hpa *hpa,
	int32_t replicas, struct mono now, struct error *err);

/* Brings the history up to date. `write` as above. errors: NOMEM; the history is then older, never
 * wrong. */
MUST_USE enum error_kind conclude_remember(struct history *history, const struct hpa *hpa,
	const struct proposal *proposal, const struct conclude_write *write, struct error *err);
