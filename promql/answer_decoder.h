#pragma once
/* Inside of answer.c and answer_*.c: one decoding. All functions return false after a failure, whose place and reason stay in scan. */
#include "promql/answer.h"
#include "promql/answer_scan.h"

/* A series of Prometheus has at most some dozens of labels; more than this is no series. */
#define ANSWER_MAX_LABELS 1024u
/* Room at first; it doubles. */
#define ANSWER_FIRST_LABELS 32u

struct answer_decoder {
	struct answer_scan scan;
	struct arena *arena;
	struct arena row_arena; /* decoded escapes of one row */
	const struct answer_handler *handler;
	struct answer *answer;
	struct answer_label *labels; /* of the present row */
	size_t max_labels;	     /* room */
	enum error_kind stopped;     /* LIMIT or NOMEM from inside; OK: the text is wrong */
	struct sv time;		     /* of the last row in the plain layout, as written */
	int64_t time_ms;
};

/* The text is wrong here. */
bool answer_refuse(struct answer_decoder *d, const char *expected);
/* The text may be right but we cannot go on. */
bool answer_stop(struct answer_decoder *d, enum error_kind kind, const char *why);
/* The text with its escapes decoded into a, or as it is when it has none. */
MUST_USE bool answer_decode_text(
	struct answer_decoder *d, struct answer_text text, struct arena *a, struct sv *ret);
/* A string value, decoded into the answer's arena. */
MUST_USE bool answer_read_text(struct answer_decoder *d, struct sv *ret);

#define ANSWER_UNKNOWN_MEMBER SIZE_MAX

/* Index of the member in names (NULL-terminated), or UNKNOWN_MEMBER; *ret_odd is set when it was there before, or its spelling is
 * another one that Go's client takes too. */
MUST_USE bool answer_look_up_member(struct answer_decoder *d, struct answer_text key,
	const char *const *names, unsigned *seen, size_t *ret, bool *ret_odd);
/* The same where odd members are refused. */
MUST_USE bool answer_find_member(struct answer_decoder *d, struct answer_text key,
	const char *const *names, unsigned *seen, size_t *ret);

/* [time, "value"], the value a text or a number. A value that is missing or null is NO_VALUE. */
MUST_USE bool answer_read_pair(struct answer_decoder *d, bool text, struct answer_sample *ret);
/* [time, {histogram}]. */
MUST_USE bool answer_read_histogram(struct answer_decoder *d, struct answer_sample *ret);
/* A vector's row in exactly the layout that Prometheus prints. False, with nothing consumed: another layout, or an error. */
MUST_USE bool answer_plain_row(struct answer_decoder *d, struct answer_row *ret);
/* {"resultType":..., "result":...}. */
MUST_USE bool answer_read_data(struct answer_decoder *d);
