#pragma once
/* One question in pieces: a long list of objects is asked for in several queries whose answers together are what one query would have answered. They are
 * evaluated at one instant, as far as no remembered answer is used. */
#include "adapter/query.h"
#include "adapter/shared_ask.h"

/* A query text longer than this is cut if it can be: VictoriaMetrics takes 16 KiB by default, and proxies limit bodies. A kilobyte is left for matchers
 * that are added. */
#define PIECES_TEXT_MAX (15u * 1024)

struct piece {
	struct sv query;
	bool is_time; /* asks how old the samples are (sample_time.h), not for values */
	struct shared_ask_answer
		answer; /* valid until the request's arena ends, or of the one piece: as shared_ask's */
	/* private */
	struct shared_ask_waiter waiter;
	struct pieces *of;
};

struct pieces {
	struct piece *at;
	size_t n;
	/* Called from the loop when the last answer is there. */
	void (*done)(struct pieces *p);
	/* private */
	struct arena *arena;
	size_t n_waiting;
};

/* How many bytes of object names one query takes; SIZE_MAX: all of them, because they are short or because the query's answer for some objects depends on
 * the others (its reason is separable.h's). errors: as query_build */
MUST_USE enum error_kind pieces_budget(struct arena *a, const struct mapper *m,
	const struct query_question *q, size_t *ret, struct error *err);
/* The names from `from` on that go into one query: the index behind the last. */
size_t pieces_take(const struct sv *names, size_t n, size_t from, size_t budget);
/* The queries for the question, and the label that names the objects in their answers. errors: as query_build */
MUST_USE enum error_kind pieces_build(struct arena *a, const struct mapper *m,
	const struct query_question *q, struct pieces *ret, struct sv *ret_label,
	struct error *err);
/* Room for one more piece. NULL: no memory. */
MUST_USE struct piece *pieces_add(struct pieces *p);

/* Asks all. *ret_wait: done is called later; else all answers are there. errors: as shared_ask_query; nothing is under way then */
MUST_USE enum error_kind pieces_ask(struct pieces *p, struct shared_ask *ask, int64_t timeout_ns,
	bool *ret_wait, struct error *err);
/* Nobody is interested any more. Fine when nothing is under way. */
void pieces_cancel(struct pieces *p);
/* The evaluation time of the oldest answer, since 1970. */
int64_t pieces_asked_at_ms(const struct pieces *p);
/* The first failure to get an answer at all, or NULL. */
const struct error *pieces_failed(const struct pieces *p);
