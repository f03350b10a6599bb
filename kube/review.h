#pragma once
/* TokenReview and SubjectAccessReview share this: POST a question, retry as Kubernetes' webhook clients do, remember the answer for a while, and ask
 * equal questions that are under way only once. */
#include "common/error.h"
#include "common/sv.h"
#include "kube/client.h"

struct review;

struct review_config {
	struct kube_client *client; /* must outlive the review */
	const char *target;	    /* "/apis/authentication.k8s.io/v1/tokenreviews"; copied */
	const char *resource;	    /* for messages; copied */
	size_t max_entries;	    /* remembered answers */
	size_t max_key_bytes;	    /* longer questions are not remembered; 0: any */
	/* How long an answer may be used again; 0: not at all. */
	int64_t (*keep_ns)(struct sv answer, void *ctx);
	void *ctx;
};

/* Part of whatever waits for an answer; zero it before use. */
struct review_waiter {
	/* answer: the body of a 2xx, borrowed for the call; failed set: none, after all retries. Called from the loop, once. */
	void (*done)(struct review_waiter *w, struct sv answer, const struct error *failed);
	/* private */
	struct review_question *question;
	struct review_waiter *next;
};

MUST_USE enum error_kind review_new(
	const struct review_config *config, struct review **ret, struct error *err);
void review_free(struct review *r); /* waiters are not called */
DEFINE_AUTO(struct review *, review_free)

/* key names the question (equal keys share), body is what is posted. An answer at hand is given through *ret_now (borrowed until the loop's next
 * round) and w->done is not called; otherwise *ret_now stays untouched and w->done is called later. errors: NOMEM, LIMIT, UNAVAIL */
MUST_USE enum error_kind review_ask(struct review *r, struct sv key, struct sv body,
	struct review_waiter *w, struct sv *ret_now, struct error *err);
/* The waiter is no longer interested. Fine when it does not wait. */
void review_cancel(struct review_waiter *w);
/* Calls that went out, and failed ones, for metrics. */
struct review_stats {
	uint64_t n_calls, n_failures, n_reused;
};
struct review_stats review_stats(const struct review *r);
