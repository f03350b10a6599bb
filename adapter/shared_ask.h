#pragma once
/* Questions to Prometheus, shared: equal questions in flight are one, and an answer may be used again while it is younger than a short, explicit age. */
#include "common/error.h"
#include "common/loop.h"
#include "common/sv.h"
#include "promql/prom_client.h"

struct shared_ask;

struct shared_ask_config {
	struct loop *loop;
	struct prom_client *client; /* must outlive the ask */
	/* As the reference asks: every question on its own, long texts in the URL too, without telling Prometheus the deadline. */
	bool exact;
	int64_t max_age_ns; /* of a reused answer; 0: only questions in flight are shared */
	int64_t timeout_ns; /* of a question, if its own is not shorter; 0: none */
	/* An answer came (status 0: none did), for metrics. May be NULL. */
	void (*on_answered)(int status, int64_t took_ns, void *ctx);
	void *ctx;
};

/* What a question gives. Borrowed for the time of the callback, or until the loop's next round when it came at once. */
struct shared_ask_answer {
	int status;
	struct sv body;
	const struct error *failed; /* set: no answer */
	bool at_hand;		    /* it came at once */
	int64_t asked_at_ms;	    /* evaluation time that Prometheus was given, since 1970 */
};

/* Zero it and set done. */
struct shared_ask_waiter {
	void (*done)(struct shared_ask_waiter *w, const struct shared_ask_answer *answer);
	/* private */
	struct shared_ask_question *question;
	struct shared_ask_waiter *next;
};

MUST_USE enum error_kind shared_ask_new(
	const struct shared_ask_config *config, struct shared_ask **ret, struct error *err);
/* Waiters are not called. Fine from inside a waiter's callback. */
void shared_ask_free(struct shared_ask *a);
DEFINE_AUTO(struct shared_ask *, shared_ask_free)

/* ret->at_hand: the answer is there already (then done is not called); else done is called later. timeout_ns bounds a question that nobody
 * else can join; others may take as long as the longest request, or until nobody waits for them. Questions that start in one round of the loop are evaluated at one instant, so that the parts of an answer fit together.
 * errors: NOMEM, LIMIT */
MUST_USE enum error_kind shared_ask_query(struct shared_ask *a, struct sv query, int64_t timeout_ns,
	struct shared_ask_waiter *w, struct shared_ask_answer *ret, struct error *err);
/* The waiter is no longer interested; a question that nobody waits for is ended. Fine when it does not wait. */
void shared_ask_cancel(struct shared_ask_waiter *w);

struct shared_ask_stats {
	uint64_t n_asked, n_joined, n_reused;
};
struct shared_ask_stats shared_ask_stats(const struct shared_ask *a);
