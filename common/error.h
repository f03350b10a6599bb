#pragma once
/* Errors are values owned by the caller; nothing is allocated. The kind says what the caller should do. */
#include <stddef.h>

#include "common/mem.h"

enum error_kind {
	ERR_OK = 0,
	ERR_INVALID,  /* the input is wrong: tell the user, do not retry */
	ERR_NOTFOUND, /* it does not exist (any more) */
	ERR_CONFLICT, /* somebody else changed it: read again */
	ERR_DENIED,   /* not authenticated or not allowed */
	ERR_LIMIT,    /* one of our own maxima was crossed */
	ERR_UNAVAIL,  /* a dependency did not answer: back off and retry */
	ERR_NOMEM,    /* memory ran out */
	ERR_BUG,      /* our own mistake */
};

/* Long enough for Kubernetes' longest fixed texts with names in them; longer texts are cut. */
#define ERROR_TEXT_MAX 1024

struct error {
	enum error_kind kind;
	int code; /* errno, HTTP status or CURLcode, when there is one */
	char text[ERROR_TEXT_MAX];
};

/* Fills err and returns kind, so that `return error_set(err, ERR_INVALID, "...")` is one line. No trailing period. */
enum error_kind error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Puts "context: " before the text of err, keeps its kind, returns it. */
enum error_kind error_wrap(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* ERR_NOMEM with the standard text. */
enum error_kind error_nomem(struct error *err);
/* Static text: "invalid", "not found" ... */
const char *error_kind_name(enum error_kind kind);
