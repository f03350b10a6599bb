#pragma once
/* Pure step 1 of 3: object, pods' selector -> what has to be asked of the metrics APIs, one
 * question a metric, in the metrics' order. Rules: spec 6.1, 6.2 and the checks of 7.1 that come
 * before a request. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "controller/ask_prometheus.h"
#include "controller/hpa.h"
#include "kube/discovery.h"

enum ask_state {
	ASK_REQUEST, /* send it */
	ASK_INVALID, /* the metric itself is wrong: `why` is the whole reason */
	ASK_FAILED,  /* no request can be made: `why` is what the client would have said */
};

struct ask_question {
	enum ask_state state;
	struct sv target; /* REQUEST: path and query, escaped byte for byte as the reference does */
	/* The same question for all pods of the namespace; empty: its answer would not do for others. */
	struct sv shared_target;
	struct sv why;
	/* What the request is called in error texts: "(get pods.metrics.k8s.io)", "(get
	 * services.custom.metrics.k8s.io web)". */
	struct sv resource, name;
	/* A Prometheus metric's: ask the server of this name, and hand both answers to readings_prometheus; or, where `refusal` is set, send
	 * nothing: it is what readings_fail is told. */
	struct sv server;	      /* empty: a metrics API is asked */
	struct sv query, alive_query; /* as they go out; alive_query empty: there is none */
	struct sv refusal;
};

/* Whether an answer has to be got; what is refused has its reading already. */
static inline bool ask_is_sent(const struct ask_question *q)
{
	return q->state == ASK_REQUEST && q->refusal.len == 0;
}

struct ask_input {
	const struct hpa *hpa;
	struct sv pod_selector;		   /* canonical text, see target.h */
	const struct discovery *discovery; /* for the kinds of Object metrics */
	/* Version of custom.metrics.k8s.io: ask_custom_version's, or its error. */
	struct sv custom_version, custom_problem;
	const struct ask_prometheus_servers *prometheus; /* NULL: none is configured */
};

/* One question per metric of the spec. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind ask_questions(
	struct arena *a, const struct ask_input *in, struct ask_question **ret, struct error *err);

/* "v1beta2" or "v1beta1" as discovery says. False: none, and *ret_problem is the client's text.
 * Both results are static. */
bool ask_custom_version(const struct discovery *d, struct sv *ret, struct sv *ret_problem);
