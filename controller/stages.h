#pragma once
/* The way of an object through a pass: the only place that knows the order. `where` says who runs
 * the stage: the controller's loop, or the pass in one of its three pure steps; decide.c makes its
 * list of functions from it. */
#define PASS_STAGES(X)                                                                             \
	/* name       where     file            in -> out */                                       \
	X(due, LOOP, "schedule.c", "clock, store -> the objects whose turn it is")                 \
	X(object, LOOP, "hpa.h", "cached JSON -> struct hpa, defaulted")                           \
	X(target, ASK, "target.c", "scaleTargetRef, discovery -> struct scale, pods' selector")    \
	X(gather, ASK, "ask.c", "metrics -> questions; answers -> struct reading")                 \
	X(classify, DECIDE, "pods.c", "pods, samples -> struct pods_groups")                       \
	X(recommend, DECIDE, "recommend.c", "groups, readings -> struct recommendation")           \
	X(guard, DECIDE, "guard.c", "recommendations, rows before -> struct guards")               \
	X(pick, DECIDE, "pick.c", "recommendations -> struct picked")                              \
	X(fallback, DECIDE, "fallback.c", "failing metrics, since when -> struct fallback")        \
	X(stabilise, DECIDE, "stabilize.c", "proposal, history -> struct stabilized")              \
	X(override, DECIDE, "override.c", "stabilized, spec.override -> the count in its bounds")  \
	X(limit, DECIDE, "limit.c", "policies, min, max -> struct limited")                        \
	X(conditions, DECIDE, "decide.c", "all of these -> struct proposal")                       \
	X(apply, CONCLUDE, "conclude.c", "outcome of the writes -> struct conclusion")             \
	X(record, LOOP, "record.c", "inputs, proposal, conclusion -> tape")
