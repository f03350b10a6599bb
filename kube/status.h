#pragma once
/* metav1.Status <-> struct error <-> HTTP code, in one table. Pure.
 * Towards us: an answer that is no success becomes a struct error with the text that Kubernetes' own client would show.
 * From us: servers print their errors as a Status document. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct jtree;

struct status {
	int code;	  /* HTTP status; 0: not given */
	struct sv reason; /* "NotFound" ...; empty: unknown */
	struct sv message;
	struct sv name, group, kind, uid; /* details, each may be empty */
	int64_t retry_after_seconds;	  /* 0: not given */
};

/* What the caller should do about an answer with this code and reason (reason may be empty):
 *   401, 403 DENIED; 404 NOTFOUND; 409 and 410 CONFLICT (read again: 410 is an expired resourceVersion);
 *   408, 429, 5xx UNAVAIL; 413 LIMIT; all else INVALID. A reason in a Status body beats the code. */
enum error_kind status_kind(int code, struct sv reason);
/* The reason and the default code of it: "NotFound" <-> 404. Unknown: "" and 0. */
struct sv status_reason_of_code(int code);
int status_code_of_reason(struct sv reason);

/* A JSON tree that is a Status (kind "Status" with any or no apiVersion) with status other than "Success". Views point into the tree.
 * False: it is none. */
bool status_decode(const struct jtree *t, struct status *ret);
/* The document, as Go prints it: kind, apiVersion, metadata, status, message, reason, details, code. A code of 0 is derived from
 * the reason and an empty reason from the code. */
void status_encode(struct buf *out, const struct status *s);

/* What a server answers for one of its own errors: code and reason by kind (an HTTP status in err->code wins), message = text. */
struct status status_from_error(const struct error *err);

/* An answer that is no success, and who asked for what; for status_explain. */
struct status_answer {
	int code;
	struct sv content_type, body;
	const char *method;   /* "GET" */
	const char *resource; /* "pods.metrics.k8s.io"; NULL: nothing is appended */
	const char *name;     /* NULL or "": none */
};
/* Fills err: kind as status_kind, code = HTTP status, text = message of the Status body, else the reference's text for
 * the code (spec/hpa.md 5.5) with " (get pods.metrics.k8s.io name)" behind it. Scratch comes from the heap, bounded by the body;
 * without memory the code's text is used. Returns the kind. */
enum error_kind status_explain(const struct status_answer *answer, struct error *err);
