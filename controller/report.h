#pragma once
/* What people and Prometheus learn of a pass: one log line per news, events, self-metrics. Nothing is repeated while it stays the same. */
#include "common/selfmetrics.h"
#include "controller/author_ask.h"
#include "controller/divergence.h"
#include "controller/drive.h"
#include "controller/guard_mass.h"
#include "kube/events.h"

/* Of one object, between its passes; zeroed at first. */
struct report_memory {
	uint64_t problem;      /* hash of what was logged last; 0: none */
	uint64_t events;       /* hash of the warnings that were sent last; 0: none */
	struct mono events_at; /* when */
	struct divergence divergence;
	struct opt_i32 expected; /* replicas after the last pass, if nobody else changes them */
};

struct report {
	struct selfmetrics *metrics;
	struct events *events;
	/* The same warnings of the same object go out once in this time; 0: with every pass, as the reference does. */
	int64_t event_repeat_ns;
	struct author_ask
		*authors; /* asks who changed replicas that are ours to scale; NULL: nobody does */
	bool compares;	  /* native objects are observed: our decisions against theirs */
	bool recording_failed;	 /* told once, until it works again */
	struct guard_mass *mass; /* is told of every decision; NULL: there are no guards */
};

/* A problem of one object that kept it from being decided; empty: none. Logged when it is another one than last time. */
void report_problem(struct report_memory *m, const struct autoscaler *one, struct sv text);
/* A pass ended. `send_events`: events may be written. */
void report_pass(struct report *r, struct report_memory *m, const struct autoscaler *one,
	const struct drive_result *result, double seconds, bool send_events);
