/* The strict front (RFC 9112, read narrowly). In: the bytes of a connection -> out: the same request in canonical form.
 *
 * libmicrohttpd 0.9.75 takes a bare LF for a line end, lets the first of two Content-Lengths win, cuts header values at a
 * NUL, and so on; whoever reads the same bytes by the book sees other requests. So this filter refuses, before libmicrohttpd
 * sees anything:
 *  - bare CR, bare LF, NUL and other control bytes, folded headers, blanks around header names, nameless headers
 *  - Content-Length with Transfer-Encoding; any second Host, Content-Length, Transfer-Encoding, Authorization, Content-Type,
 *    Expect, X-Remote-User or X-Remote-Uid; a missing Host; lengths that are not plain digits; codings other than "chunked"
 *  - chunk extensions, trailers, chunk lines that end in a bare LF
 *  - bodies on GET and HEAD
 *  - targets that are no absolute path, contain "%00", malformed percent signs, encoded control bytes or dot segments in the
 *    path, or bytes outside visible ASCII
 *  - more than HEAD_MAX bytes of head, MAX_HEADERS lines, or max_body bytes of body
 * Encoded slashes stay encoded: whoever routes splits at raw slashes and decodes segments afterwards. */
#include "common/http_gate.h"

#include <string.h>

#include "common/http.h"

/* Request line and headers together; kube-apiserver's own limit is 1 MiB, but nothing it sends to a backend comes near
 * this. */
#define HEAD_MAX (32u * 1024)
#define MAX_HEADERS 128
#define MAX_METHOD 16
/* Digits of a chunk's size: 8 are enough for 4 GiB. */
#define MAX_CHUNK_DIGITS 8

/* What the headers of one request have said so far. */
struct head {
	struct sv method, target, version;
	unsigned seen; /* one bit per entry of ONCE */
	bool chunked;
	bool has_length;
	uint64_t length;
};

enum once {
	ONCE_HOST,
	ONCE_LENGTH,
	ONCE_CODING,
	ONCE_AUTHORIZATION,
	ONCE_TYPE,
	ONCE_EXPECT,
	ONCE_USER,
	ONCE_UID,
};

static const struct {
	const char *name;
	const char *reason;
} ONCE[] = {
	[ONCE_HOST] = { "Host", "more than one Host header" },
	[ONCE_LENGTH] = { "Content-Length", "more than one Content-Length header" },
	[ONCE_CODING] = { "Transfer-Encoding", "more than one Transfer-Encoding header" },
	[ONCE_AUTHORIZATION] = { "Authorization", "more than one Authorization header" },
	[ONCE_TYPE] = { "Content-Type", "more than one Content-Type header" },
	[ONCE_EXPECT] = { "Expect", "more than one Expect header" },
	[ONCE_USER] = { "X-Remote-User", "more than one X-Remote-User header" },
	[ONCE_UID] = { "X-Remote-Uid", "more than one X-Remote-Uid header" },
};

void http_gate_init(struct http_gate *g, size_t max_body_bytes)
{
	*g = (struct http_gate){ .max_body = max_body_bytes };
	buf_init(&g->head, HEAD_MAX);
}

void http_gate_done(struct http_gate *g)
{
	buf_done(&g->head);
}

void http_gate_next(struct http_gate *g)
{
	buf_clear(&g->head);
	g->state = HTTP_GATE_HEAD;
	g->line_len = 0;
	g->left = g->n_body = 0;
	g->cr = false;
}

bool http_gate_is_idle(const struct http_gate *g)
{
	return g->state == HTTP_GATE_HEAD && g->head.len == 0;
}

static bool refuse(struct http_gate *g, int status, const char *reason)
{
	g->state = HTTP_GATE_REFUSED;
	g->status = status;
	g->reason = reason;
	return false;
}

/* "." and "..", also with encoded dots. */
static bool is_dot_segment(struct sv segment)
{
	unsigned n_dots = 0;

	while (segment.len > 0) {
		if (segment.ptr[0] == '.')
			segment = sv_skip(segment, 1);
		else if (segment.ptr[0] == '%' && http_hex_byte(sv_skip(segment, 1)) == '.')
			segment = sv_skip(segment, 3);
		else
			return false;
		n_dots++;
	}
	return n_dots == 1 || n_dots == 2;
}

static bool check_path(struct http_gate *g, struct sv path)
{
	for (size_t i = 0; i < path.len; i++) {
		int byte = path.ptr[i] == '%' ? http_hex_byte(sv_skip(path, i + 1)) : 'x';
		if (byte < 0x20 || byte == 0x7f)
			return refuse(g, 400, "control byte in the path");
	}
	bool more = true;
	while (more) {
		if (is_dot_segment(sv_cut(path, '/', &path, &more)))
			return refuse(g, 400, "dot segment in the path");
	}
	return true;
}

static bool check_target(struct http_gate *g, struct sv target)
{
	if (target.len == 0 || target.ptr[0] != '/')
		return refuse(g, 400, "the request target is not an absolute path");
	for (size_t i = 0; i < target.len; i++) {
		unsigned char c = (unsigned char)target.ptr[i];
		if (c <= 0x20 || c >= 0x7f || c == '#')
			return refuse(g, 400,
				"the request target contains a byte that must be percent-encoded");
		if (c != '%')
			continue;
		int byte = http_hex_byte(sv_skip(target, i + 1));
		if (byte <= 0)
			return refuse(g, 400, "malformed percent-encoding in the request target");
	}
	return check_path(g, sv_take(target, sv_find(target, '?')));
}

static bool check_request_line(struct http_gate *g, struct sv line, struct head *h)
{
	bool found;

	h->method = sv_cut(line, ' ', &line, &found);
	h->target = sv_cut(line, ' ', &h->version, &found);
	if (!http_is_token(h->method) || h->method.len > MAX_METHOD || !found)
		return refuse(g, 400, "malformed request line");
	if (!sv_is(h->version, "HTTP/1.1") && !sv_is(h->version, "HTTP/1.0")) {
		if (sv_has_prefix(h->version, SV("HTTP/")))
			return refuse(g, 505, "only HTTP/1.1 and HTTP/1.0 are served");
		return refuse(g, 400, "malformed request line");
	}
	return check_target(g, h->target);
}

static bool check_length(struct http_gate *g, struct sv value, struct head *h)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return refuse(g, 400, "Content-Length is not a number");
	}
	if (!sv_to_u64(value, &h->length))
		return refuse(g, 400, "Content-Length is not a number");
	h->has_length = true;
	return true;
}

static bool check_host(struct http_gate *g, struct sv value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (!http_is_token(sv_from(value.ptr + i, 1)) && !strchr(":[]", value.ptr[i]))
			return refuse(g, 400, "malformed Host header");
	}
	return true;
}

/* Headers that decide about framing or identity; all others pass as they are. */
static bool check_once(struct http_gate *g, enum once which, struct sv value, struct head *h)
{
	if (h->seen & 1u << which)
		return refuse(g, 400, ONCE[which].reason);
	h->seen |= 1u << which;
	switch (which) {
	case ONCE_LENGTH:
		return check_length(g, value, h);
	case ONCE_HOST:
		return check_host(g, value);
	case ONCE_CODING:
		h->chunked = true;
		return sv_eq_nocase(value, SV("chunked")) ||
		       refuse(g, 501, "only the transfer coding \"chunked\" is served");
	case ONCE_EXPECT:
		return sv_eq_nocase(value, SV("100-continue")) ||
		       refuse(g, 417, "unknown expectation");
	case ONCE_AUTHORIZATION:
	case ONCE_TYPE:
	case ONCE_USER:
	case ONCE_UID:
		return true;
	}
	return true;
}

static struct sv trim_blanks(struct sv s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = sv_skip(s, 1);
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool check_header(struct http_gate *g, struct sv line, struct head *h, struct buf *out)
{
	struct sv value;
	bool found;
	struct sv name = sv_cut(line, ':', &value, &found);

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return refuse(g, 400, "folded header line");
	if (!found || !http_is_token(name))
		return refuse(g, 400, "malformed header line");
	value = trim_blanks(value);
	for (size_t i = 0; i < sizeof(ONCE) / sizeof(ONCE[0]); i++) {
		if (sv_eq_nocase(name, sv_of(ONCE[i].name)) &&
			!check_once(g, (enum once)i, value, h))
			return false;
	}
	buf_put_sv(out, name);
	buf_put_str(out, ": ");
	buf_put_sv(out, value);
	buf_put_str(out, "\r\n");
	return true;
}

static bool check_body(struct http_gate *g, const struct head *h)
{
	if (sv_is(h->method, "GET") || sv_is(h->method, "HEAD"))
		return refuse(g, 400, "a GET or HEAD request with a body");
	if (g->max_body == 0 || h->length > g->max_body)
		return refuse(g, 413, "the request body is too large");
	return true;
}

/* The rules that need all headers; decides how the body is framed. */
static bool check_framing(struct http_gate *g, const struct head *h)
{
	bool is_1_1 = sv_is(h->version, "HTTP/1.1");

	if (is_1_1 && !(h->seen & 1u << ONCE_HOST))
		return refuse(g, 400, "missing Host header");
	if (h->chunked && h->has_length)
		return refuse(g, 400, "both Content-Length and Transfer-Encoding");
	if (h->chunked && !is_1_1)
		return refuse(g, 400, "Transfer-Encoding in an HTTP/1.0 request");
	g->left = h->length;
	g->state = HTTP_GATE_DONE;
	if (h->chunked)
		g->state = HTTP_GATE_CHUNK_SIZE;
	else if (h->length > 0)
		g->state = HTTP_GATE_BODY;
	return g->state == HTTP_GATE_DONE || check_body(g, h);
}

/* g->head holds complete lines, each ended by CR LF, without the empty one. */
static bool check_head(struct http_gate *g, struct buf *out)
{
	struct head h = { 0 };
	struct sv rest = buf_sv(&g->head);
	struct buf canonical;
	unsigned n_lines = 0;
	bool good = true;

	buf_init(&canonical, 2 * HEAD_MAX);
	while (good && rest.len > 0) {
		size_t end = sv_find(rest, '\r');
		struct sv line = sv_take(rest, end);
		rest = sv_skip(rest, end + 2);
		if (n_lines > MAX_HEADERS) {
			good = refuse(g, 431, "too many header lines");
		} else if (n_lines == 0) {
			good = check_request_line(g, line, &h);
			buf_put_sv(&canonical, line);
			buf_put_str(&canonical, "\r\n");
		} else {
			good = check_header(g, line, &h, &canonical);
		}
		n_lines++;
	}
	if (n_lines == 0)
		good = refuse(g, 400, "empty request");
	if (good && check_framing(g, &h)) {
		buf_put_str(&canonical, "\r\n");
		buf_put_sv(out, buf_sv(&canonical));
		if (canonical.failed != ERR_OK)
			out->failed = canonical.failed;
	}
	buf_done(&canonical);
	return good;
}

/* Collects lines until the empty one; control bytes and lone CR or LF end it at once. */
static size_t feed_head(struct http_gate *g, struct sv in, struct buf *out)
{
	size_t i = 0;
	bool complete = false;

	while (i < in.len && !complete) {
		unsigned char c = (unsigned char)in.ptr[i++];
		if (c == '\n' && g->cr) {
			complete = g->line_len == 0;
			g->cr = false;
			g->line_len = 0;
		} else if (g->cr || c == '\n') {
			refuse(g, 400, "CR and LF stand alone");
			return i;
		} else if (c == '\r') {
			g->cr = true;
		} else if ((c < 0x20 && c != '\t') || c == 0x7f) {
			refuse(g, 400, "control byte in the request head");
			return i;
		} else {
			g->line_len++;
		}
	}
	buf_put(&g->head, in.ptr, i);
	if (g->head.failed == ERR_LIMIT) {
		refuse(g, 431, "the request head is too large");
	} else if (g->head.failed != ERR_OK) {
		refuse(g, 503, "out of memory");
	} else if (complete) {
		g->head.len -= 2;
		check_head(g, out);
	}
	return i;
}

static size_t feed_data(struct http_gate *g, struct sv in, struct buf *out)
{
	size_t n = in.len < g->left ? in.len : (size_t)g->left;

	buf_put(out, in.ptr, n);
	g->left -= n;
	if (g->left == 0)
		g->state = g->state == HTTP_GATE_BODY ? HTTP_GATE_DONE : HTTP_GATE_CHUNK_END;
	if (g->left == 0 && g->state == HTTP_GATE_CHUNK_END)
		buf_put_str(out, "\r\n");
	return n;
}

/* The size is known: pass the canonical line on, unless the body grows too large. */
static void begin_chunk(struct http_gate *g, struct buf *out)
{
	g->n_body += g->left;
	if (g->n_body > g->max_body) {
		refuse(g, 413, "the request body is too large");
		return;
	}
	g->line_len = 0;
	g->cr = false;
	if (g->left > 0) {
		g->state = HTTP_GATE_CHUNK_DATA;
		buf_printf(out, "%llx\r\n", (unsigned long long)g->left);
	} else {
		g->state = HTTP_GATE_LAST_END;
	}
}

static size_t feed_chunk_size(struct http_gate *g, struct sv in, struct buf *out)
{
	static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
	char c = in.ptr[0];
	const char *digit = c != '\0' ? strchr(DIGITS, c) : NULL;

	if (g->cr && c == '\n') {
		begin_chunk(g, out);
	} else if (!g->cr && c == '\r' && g->line_len > 0) {
		g->cr = true;
	} else if (!g->cr && digit && g->line_len < MAX_CHUNK_DIGITS) {
		g->left = g->line_len == 0 ? 0 : g->left * 16;
		g->left += (uint64_t)(digit - DIGITS) % 16;
		g->line_len++;
	} else {
		refuse(g, 400, "malformed chunk size");
	}
	return 1;
}

/* CR LF behind a chunk or behind the last one. */
static size_t feed_line_end(struct http_gate *g, struct sv in, struct buf *out)
{
	char c = in.ptr[0];

	if (!g->cr && c == '\r') {
		g->cr = true;
	} else if (g->cr && c == '\n') {
		g->cr = false;
		if (g->state == HTTP_GATE_LAST_END)
			buf_put_str(out, "0\r\n\r\n");
		g->state = g->state == HTTP_GATE_LAST_END ? HTTP_GATE_DONE : HTTP_GATE_CHUNK_SIZE;
	} else {
		refuse(g, 400,
			g->state == HTTP_GATE_LAST_END ? "trailers are not served"
						       : "malformed chunk");
	}
	return 1;
}

size_t http_gate_feed(struct http_gate *g, struct sv in, struct buf *out)
{
	size_t n = 0;

	while (n < in.len) {
		struct sv rest = sv_skip(in, n);
		switch (g->state) {
		case HTTP_GATE_HEAD:
			n += feed_head(g, rest, out);
			break;
		case HTTP_GATE_BODY:
		case HTTP_GATE_CHUNK_DATA:
			n += feed_data(g, rest, out);
			break;
		case HTTP_GATE_CHUNK_SIZE:
			n += feed_chunk_size(g, rest, out);
			break;
		case HTTP_GATE_CHUNK_END:
		case HTTP_GATE_LAST_END:
			n += feed_line_end(g, rest, out);
			break;
		case HTTP_GATE_DONE:
		case HTTP_GATE_REFUSED:
			return n;
		}
	}
	return n;
}
