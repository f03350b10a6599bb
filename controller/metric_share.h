#pragma once
/* One request for all objects of a namespace that want the same metric of their pods (--metrics-sharing=auto). The answer names every pod of the namespace; it
 * is decoded once and narrowed to each object's pods, so that it decides as an answer of its own would. Whatever cannot be shared (an answer that does not
 * read, a failure that a smaller question might not have, pods that it does not name) sends the object to ask alone. */
#include "controller/readings.h"
#include "kube/client.h"

/* A shared reading decides for those who ask within this time. */
#define METRIC_SHARE_FRESH_NS NS_PER_SEC

struct metric_share;
struct metric_share_waiter;

struct metric_share_config {
	struct kube_client *client;
	int64_t timeout_ns;
	int64_t period_ns; /* in which most objects ask once */
};

MUST_USE enum error_kind metric_share_new(
	const struct metric_share_config *config, struct metric_share **ret, struct error *err);
/* Waiters are gone by then. */
void metric_share_free(struct metric_share *m);
DEFINE_AUTO(struct metric_share *, metric_share_free)

/* What one object asks. Texts are copied. */
struct metric_share_question {
	struct sv target;	     /* ask_question.shared_target */
	const char *resource, *name; /* for messages */
	struct readings_query query;
	size_t n_pods, n_namespace_pods; /* that it wants, of all there are */
	size_t n_alike; /* objects that will probably ask the same, itself included; until it is known who does */
};

/* What everybody gets; both NULL: ask alone. Borrowed for the time of the call. */
struct metric_share_answer {
	const struct readings_all *all;
	const struct error *failed; /* the server would tell everybody the same */
};
typedef void (*metric_share_fn)(const struct metric_share_answer *answer, void *ctx);

enum metric_share_result {
	METRIC_SHARE_ALONE, /* nothing is shared: ask alone */
	METRIC_SHARE_READY, /* *ret_answer is it, borrowed until the loop's next round */
	METRIC_SHARE_WAIT,  /* fn is called later, once */
};
enum metric_share_result metric_share_ask(struct metric_share *m,
	const struct metric_share_question *question, metric_share_fn fn, void *ctx,
	struct metric_share_answer *ret_answer, struct metric_share_waiter **ret_waiter);
/* fn is not called any more. NULL is allowed. */
void metric_share_cancel(struct metric_share_waiter *waiter);
/* An answer of custom.metrics.k8s.io, whoever asked: it shows whether our adapter serves that API. Another one is asked per object. */
void metric_share_note_adapter(struct metric_share *m, const struct client_answer *answer);

struct metric_share_stats {
	uint64_t n_requests; /* shared ones */
	uint64_t n_answered; /* questions that they answered */
	uint64_t n_failed;   /* shared requests that sent everybody to ask alone */
	size_t n_groups;
	size_t n_kept; /* answers, each for METRIC_SHARE_FRESH_NS */
};
struct metric_share_stats metric_share_stats(const struct metric_share *m);
