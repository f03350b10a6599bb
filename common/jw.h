#pragma once
/* JSON writer into a buffer, members in the order they are written; strings escaped as Go's
 * encoding/json does by default (HTML characters as \u003c, U+2028, invalid UTF-8 as \ufffd).
 * Commas are its business; that what is opened is closed is the caller's. Failures stick in the
 * buffer. */
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/sv.h"

struct jw {
	struct buf *out;
	unsigned depth;
	bool comma;	/* the next value or key needs one in front */
	bool after_key; /* the next value belongs to a key on the same line */
	bool plain;	/* do not escape < > & (for people) */
	int indent;	/* > 0: pretty, that many blanks a level */
};

void jw_init(struct jw *w, struct buf *out);
void jw_object(struct jw *w);
void jw_object_end(struct jw *w);
void jw_array(struct jw *w);
void jw_array_end(struct jw *w);
void jw_key(struct jw *w, const char *key);
void jw_key_sv(struct jw *w, struct sv key);
void jw_str(struct jw *w, const char *text);
void jw_sv(struct jw *w, struct sv text);
void jw_i64(struct jw *w, int64_t value);
void jw_bool(struct jw *w, bool value);
void jw_null(struct jw *w);
/* A double as Go's encoding/json prints a float64. NaN and infinities: null. */
void jw_f64(struct jw *w, double value);
/* JSON text as it is. */
void jw_raw(struct jw *w, struct sv json);
/* key and value in one. */
void jw_member_str(struct jw *w, const char *key, const char *text);
void jw_member_sv(struct jw *w, const char *key, struct sv text);
void jw_member_i64(struct jw *w, const char *key, int64_t value);
void jw_member_bool(struct jw *w, const char *key, bool value);
