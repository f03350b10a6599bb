#pragma once
/* A cluster that exists only on the command line: so many replicas, such values of the metrics. The passes over it are the
 * controller's own; what follows the first one is computed until nothing changes any more. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "common/opt.h"
#include "common/options.h"
#include "controller/pass.h"

/* Pods of one target. A pass over so many takes about 10 ms and some MiB; what leads beyond is told and not computed. */
#define WHAT_IF_MAX_PODS 20000

/* As written: --replicas, --not-ready, --total=NAME=V, --per-pod=NAME=V, --cpu=V, --memory=V. */
struct what_if_flags {
	int64_t replicas;  /* -1: not given */
	int64_t not_ready; /* -1: not given */
	struct option_list totals, per_pod;
	const char *cpu, *memory;
};

struct what_if_value {
	const char *flag; /* "total", "cpu" ...: for messages */
	struct sv metric; /* a metric's or a resource's name */
	struct sv text;	  /* the value as written */
	bool per_pod;	  /* else: over all pods together */
	bool percent;	  /* of the request; `milli` is in thousandths of a percent */
	int64_t milli;
};

struct what_if {
	struct opt_i32 replicas; /* unset: what the object says */
	int32_t not_ready;	 /* of the replicas: pods that are still Pending */
	struct what_if_value *values;
	size_t n_values;
};

bool what_if_given(const struct what_if_flags *flags);
/* errors: INVALID naming the flag, NOMEM, LIMIT. */
MUST_USE enum error_kind what_if_parse(
	struct arena *a, const struct what_if_flags *flags, struct what_if *ret, struct error *err);
/* Do the values fit this object? Marks in `used` (one a value) which of them mean one of its metrics. errors: INVALID. */
MUST_USE enum error_kind what_if_check(
	const struct what_if *w, const struct hpa *hpa, bool *used, struct error *err);
/* A value that means no metric of any object. Always INVALID, with the metrics there are. */
enum error_kind what_if_refuse(const struct what_if_value *value, const struct hpa *const *hpas,
	size_t n, struct error *err);

/* A later pass that changed the count. */
struct what_if_step {
	int64_t after_ns; /* since the first pass */
	int32_t from, to;
	size_t winner; /* the metric that decided, or PICK_NONE */
	struct calculation calculation;
};

enum what_if_end {
	WHAT_IF_STEADY,	   /* nothing changes any more */
	WHAT_IF_UNDECIDED, /* a later pass could decide nothing */
	WHAT_IF_TOO_LONG,  /* not steady within what is computed */
	WHAT_IF_TOO_MANY,  /* more pods than WHAT_IF_MAX_PODS */
};

struct what_if_course {
	int32_t n_ready, n_pending; /* pods of the first pass */
	struct what_if_step *steps;
	size_t n_steps;
	enum what_if_end end;
	int64_t end_after_ns; /* the last change, or where it stopped */
	int32_t replicas;     /* at the end */
	int32_t wanted;	      /* at the end, before windows and limits */
	enum limited_by limited_by;
	int64_t *totals_milli; /* per metric, what stays the same: one entry a metric */
	bool *given;	       /* per metric: a value was given */
};

struct what_if_input {
	struct arena *arena;
	const struct settings *settings;
	const struct hpa *hpa; /* v2, defaulted */
	const struct what_if *what_if;
	struct sv foreign; /* as in decide.h; where it is set, nothing follows the first pass */
	struct decide_now now;
	int64_t sync_period_ns;
};

/* How long a pass is remembered by later ones: the longest window or policy period. */
int64_t what_if_memory_ns(const struct settings *settings, const struct hpa_spec *spec);
/* The count that the passes begin with. */
int32_t what_if_replicas(const struct what_if *w, const struct hpa *hpa);

/* A made-up target at zero is taken to have been put to sleep by its autoscaler, where that may happen at all: adds the condition that says
 * so. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind what_if_assume(struct arena *a, const struct settings *settings,
	const struct what_if *w, struct hpa *hpa, struct error *err);

/* The first pass, and where the next ones lead, for an object that what_if_check found right. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind what_if_run(const struct what_if_input *in, struct pass *ret_first,
	struct what_if_course *ret_course, struct error *err);
