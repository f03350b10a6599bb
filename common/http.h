#pragma once
/* Percent-encoding and header syntax, for both directions of HTTP. Pure. */
#include "common/buf.h"
#include "common/sv.h"

/* Percent-encodes everything but unreserved characters (RFC 3986) and those in `keep`; appends. */
void http_escape(struct buf *out, struct sv text, const char *keep);
/* Form encoding of a query value: blank is '+', as Go's url.QueryEscape. */
void http_query_escape(struct buf *out, struct sv text);
/* Percent-decoding of one path segment or query value; '+' becomes a blank when form is true. False: malformed, or contains
 * an encoded NUL or control byte (form values may contain tab, LF and CR: queries are written in several lines). */
MUST_USE bool http_unescape(struct buf *out, struct sv text, bool form);
/* The byte that the two hexadecimal digits at the start of text stand for, or -1. */
int http_hex_byte(struct sv text);
/* A "token" of RFC 9110: what methods and header names are made of. */
bool http_is_token(struct sv text);
/* INVALID when the pair cannot be sent as one header line. The value is not quoted in the message. */
MUST_USE enum error_kind http_check_header(struct sv name, struct sv value, struct error *err);
/* The reason phrase of a status with which a request is refused before anybody looks at it; of others "Bad Request". */
const char *http_phrase(int status);
