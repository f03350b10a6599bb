#pragma once
/* Pure step 2 of 3: object, scale, pods, readings, history, now -> what should be written, and
 * everything that led there. The intermediate results (the trace) are kept as they fall out of the
 * stages; texts for people are made from them by whoever explains. Rules: spec 4.3 steps 5 to 9. */
#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "controller/ask.h"
#include "controller/bounds.h"
#include "controller/conditions.h"
#include "controller/decide_events.h"
#include "controller/fallback.h"
#include "controller/guard.h"
#include "controller/history.h"
#include "controller/hpa.h"
#include "controller/limit.h"
#include "controller/override.h"
#include "controller/pick.h"
#include "controller/reading.h"
#include "controller/recommend.h"
#include "controller/scale.h"
#include "controller/settings.h"
#include "controller/stabilize.h"
#include "controller/target.h"

/* One instant on both clocks: wall for pods and conditions, mono for windows. */
struct decide_now {
	struct wall wall;
	struct mono mono;
};

struct decide_input {
	const struct settings *settings;
	const struct hpa *hpa;
	const struct scale *scale;
	/* The rest is looked at only where metrics are computed (bounds_check). */
	const struct target_pods *target;
	const struct pod_set *pods;
	const struct ask_question *questions; /* one a metric */
	const struct reading
		*readings; /* one a metric; not looked at where the question was no request */
	const struct history *history;
	/* Another autoscaler acts on the target, in the words of the condition: the decision stands, its write does not. Empty: none does. */
	struct sv foreign;
	const bool *frozen; /* one a metric: its source fails for many (guard_mass.h); NULL: none */
	struct decide_now now;
};

/* The first moment at which the same metrics would give another count. */
struct decide_next {
	bool known;
	struct wall at;
};

/* All texts and arrays live in the pass's arena or in what the input points to. */
struct proposal {
	int32_t current;
	int32_t desired;
	bool rescale;	    /* the scale has to be written */
	bool only_reported; /* mode Recommend: desired is not to be written */
	struct sv reason;   /* why, for the event; may be empty */
	bool failed;	    /* metrics could not be computed: nothing is written */
	struct sv error;    /* failed: why. Else: some metrics failed, the others decided; ptr NULL:
			     none did */
	struct hpa_metric_status *statuses; /* one a metric; NULL: none computed */
	size_t n_statuses;
	struct conditions conditions;
	struct decide_events events;
	bool seed;		/* the history starts with the present count */
	bool closes_gap;	/* the history goes on with the present count, and `hold_until` */
	struct mono hold_until; /* no decrease before; zero: none is held */
	bool recommended;	/* `wanted` is to be stored in `stabilized.slot` */
	struct decide_now now;

	/* The trace. */
	enum bounds_result bounds;
	enum target_problem target_problem;
	struct recommendation *recommendations; /* one a metric; NULL: none computed */
	size_t n_recommendations;
	struct guards guards;
	bool remembers_metrics; /* guards.sights are to be stored */
	struct picked picked;
	struct fallback fallback; /* of failing metrics; metric FALLBACK_NONE: none */
	int32_t wanted;		  /* the winner's proposal or a fallback, at least 0 */
	const struct history_recommendation
		*history; /* what stabilised: the history's, or the seed */
	size_t n_history;
	bool held; /* only hold_until kept the count from falling */
	int64_t up_window_ns, down_window_ns;
	struct stabilized stabilized;
	struct override_bounds override;
	int32_t bounded; /* the stabilised count, as the override bounds it */
	struct limit_input limit_input;
	struct limited limited;
	bool lifted_from_zero;	 /* minReplicas was enforced after the limits */
	struct decide_next next; /* our own kind only */
};

/* errors: NOMEM, LIMIT. */
MUST_USE enum error_kind decide_compute(
	struct arena *a, const struct decide_input *in, struct proposal *ret, struct error *err);
