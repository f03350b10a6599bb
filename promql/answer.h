#pragma once
/* Answers of /api/v1/query, decoded from the whole text by streaming: rows go to callbacks, no tree is built, and nothing but
 * decoded escapes is copied. Strict where Go's client is lax: duplicate and misspelt members are refused, a missing or null value
 * stays missing. */
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"

enum answer_type { ANSWER_VECTOR, ANSWER_MATRIX, ANSWER_SCALAR, ANSWER_STRING };

enum answer_value {
	ANSWER_FINITE,	  /* value and text */
	ANSWER_INFINITE,  /* value is +Inf or -Inf */
	ANSWER_NAN,	  /* "NaN": also how a server prints a stale marker */
	ANSWER_HISTOGRAM, /* a native histogram: no number; text is its JSON object, checked */
	ANSWER_TEXT,	  /* a string result; text is decoded */
	ANSWER_NO_VALUE,  /* the row has no value, or null as its value: never a zero */
	ANSWER_NULL_ROW,  /* the whole row is null: no labels either */
};

struct answer_sample {
	int64_t time_ms; /* digits after the third decimal are cut */
	enum answer_value kind;
	double value;	/* only of FINITE and INFINITE (NAN: a NaN) */
	struct sv text; /* as written between the quotes */
};

struct answer_label {
	struct sv name, value; /* decoded */
};

struct answer_row {
	size_t index;			   /* 0-based */
	const struct answer_label *labels; /* sorted by name */
	size_t n_labels;
	struct answer_sample sample; /* VECTOR, SCALAR, STRING */
};

/* Everything a callback gets is borrowed for the time of the call. Returning false ends the decoding with LIMIT. */
struct answer_handler {
	/* An element of a vector or matrix; a scalar or string comes as one row without labels. */
	bool (*row)(const struct answer_row *row, void *ctx);
	/* MATRIX: the samples of the row that came last, first `values`, then `histograms`. */
	bool (*point)(const struct answer_sample *sample, void *ctx);
	void *ctx;
};

struct answer {
	enum answer_type type;
	size_t n_rows;
	size_t n_unusable; /* rows or points of kind HISTOGRAM, NO_VALUE or NULL_ROW */
	bool odd_status; /* "status" is neither success nor error; the reference takes that for success */
	bool null_result;	   /* also of a failure: "result" is null */
	const struct sv *warnings; /* in the arena; a server that warns may have left rows out */
	const struct sv *infos;
	size_t n_warnings, n_infos;
	/* Of a failure, also when the function fails: the server's errorType, or client_error (4xx), server_error (5xx),
	 * bad_response (no answer of Prometheus, or one we refuse); and its words. */
	struct sv error_class, error_message;
};

/* in    : http_status and the complete body; a only for warnings, error texts and decoded escapes (labels are dropped after
 *         each row)
 * out   : rows through handler (any callback may be NULL) while it reads: drop them all if the function then fails
 * errors: INVALID (bad_data: the query is wrong; bad_response), NOTFOUND, DENIED (401, 403), UNAVAIL (timeout, execution,
 *         5xx), LIMIT, NOMEM; the text is "<class>: <message>". *ret->error_* is set then, the rest is not. */
MUST_USE enum error_kind answer_decode(struct arena *a, int http_status, struct sv body,
	const struct answer_handler *handler, struct answer *ret, struct error *err);
