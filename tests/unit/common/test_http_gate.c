/* The strict front: what it lets through, in which form, and what it refuses. */
#include <string.h>

#include "common/http_gate.h"
#include "tests/unit/common/hostile.h"
#include "tests/unit/common/run.h"

struct passed {
	const char *sentence, *in, *out;
	size_t n_rest; /* bytes behind the request, left alone */
};

static const struct passed PASSED[] = {
	{ "a plain request", GET "\r\n", GET "\r\n", 0 },
	{ "no blank behind the colon", "GET / HTTP/1.1\r\nHost:h\r\n\r\n", GET "\r\n", 0 },
	{ "blanks around a value are trimmed", "GET / HTTP/1.1\r\nHost: \t h\t \r\n\r\n",
		GET "\r\n", 0 },
	{ "an empty value", GET "X-A:\r\n\r\n", GET "X-A: \r\n\r\n", 0 },
	{ "HTTP/1.0 without a host", "GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n", 0 },
	{ "encoded slashes stay encoded", "GET /a%2Fb HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /a%2Fb HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	{ "an encoded star", "GET /a/%2A HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /a/%2A HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	{ "raw braces and quotes in a query", "GET /q?a={b=\"c\"} HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /q?a={b=\"c\"} HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	{ "an encoded line end in a query", "GET /q?a=b%0Ac HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /q?a=b%0Ac HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	{ "three dots are a name", "GET /... HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /... HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	{ "dots in a query", "GET /a?b=/../c HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /a?b=/../c HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
	{ "bytes above ASCII in a value", GET "X-A: \xc3\xa4\r\n\r\n", GET "X-A: \xc3\xa4\r\n\r\n",
		0 },
	{ "repeated headers that may repeat", GET "X-Remote-Group: a\r\nX-Remote-Group: b\r\n\r\n",
		GET "X-Remote-Group: a\r\nX-Remote-Group: b\r\n\r\n", 0 },
	{ "a GET of length 0", GET "Content-Length: 0\r\n\r\n", GET "Content-Length: 0\r\n\r\n",
		0 },
	{ "a body of known length", POST "Content-Length: 3\r\n\r\nabc",
		POST "Content-Length: 3\r\n\r\nabc", 0 },
	{ "a body may hold anything", POST "Content-Length: 4\r\n\r\n\n\r\r\n",
		POST "Content-Length: 4\r\n\r\n\n\r\r\n", 0 },
	{ "a chunked body", POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0 },
	{ "chunk sizes become canonical",
		POST
		"Transfer-Encoding: Chunked\r\n\r\n003\r\nabc\r\n0A\r\n0123456789\r\n000\r\n\r\n",
		POST "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n",
		0 },
	{ "the next request waits", GET "\r\n" GET "\r\n", GET "\r\n", sizeof(GET "\r\n") - 1 },
	{ "the next request waits behind a body", POST "Content-Length: 1\r\n\r\naGET",
		POST "Content-Length: 1\r\n\r\na", 3 },
	{ "an expectation", POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
		POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", 0 },
};

/* Feeds `piece` bytes at a time; returns how many were taken. */
static size_t feed(struct http_gate *g, struct sv in, size_t piece, struct buf *out)
{
	size_t n = 0;
	while (n < in.len) {
		struct sv next = sv_take(sv_skip(in, n), piece);
		size_t taken = http_gate_feed(g, next, out);
		n += taken;
		if (taken < next.len)
			break;
	}
	return n;
}

static const size_t PIECES[] = { 1, 2, 3, 7, 4096 };

START_TEST(good_requests_pass_in_canonical_form)
{
	for (size_t i = 0; i < ARRAY_LEN(PASSED); i++) {
		for (size_t p = 0; p < ARRAY_LEN(PIECES); p++) {
			struct http_gate g;
			struct buf out;
			http_gate_init(&g, HOSTILE_MAX_BODY);
			buf_init(&out, 100000);
			ck_assert(http_gate_is_idle(&g));
			struct sv in = sv_of(PASSED[i].in);
			size_t n = feed(&g, in, PIECES[p], &out);
			ck_assert_msg(g.state == HTTP_GATE_DONE, "%s: %s", PASSED[i].sentence,
				g.reason ? g.reason : "incomplete");
			ck_assert_msg(n == in.len - PASSED[i].n_rest, "%s: took %zu",
				PASSED[i].sentence, n);
			ck_assert_msg(sv_is(buf_sv(&out), PASSED[i].out), "%s: %s",
				PASSED[i].sentence, buf_text(&out));
			http_gate_next(&g);
			ck_assert(http_gate_is_idle(&g));
			buf_clear(&out);
			feed(&g, SV(GET "\r\n"), 5, &out);
			ck_assert_str_eq(buf_text(&out), GET "\r\n");
			http_gate_done(&g);
			buf_done(&out);
		}
	}
}
END_TEST

START_TEST(bad_requests_are_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
		for (size_t p = 0; p < ARRAY_LEN(PIECES); p++) {
			struct http_gate g;
			struct buf out;
			http_gate_init(&g, HOSTILE_MAX_BODY);
			buf_init(&out, 100000);
			feed(&g, sv_from(HOSTILE[i].in, HOSTILE[i].len), PIECES[p], &out);
			ck_assert_msg(g.state == HTTP_GATE_REFUSED, "%s: passed as %s",
				HOSTILE[i].sentence, buf_text(&out));
			ck_assert_msg(g.status == HOSTILE[i].status, "%s: %d", HOSTILE[i].sentence,
				g.status);
			ck_assert_ptr_nonnull(g.reason);
			http_gate_done(&g);
			buf_done(&out);
		}
	}
}
END_TEST

/* Head of n bytes. */
static void put_head(struct buf *in, size_t n)
{
	buf_put_str(in, GET "X-A: ");
	while (in->len < n - 4)
		buf_put_char(in, 'a');
	buf_put_str(in, "\r\n\r\n");
}

START_TEST(heads_end_at_32_KiB_and_129_lines)
{
	static const struct {
		size_t n;
		bool passes;
	} ROWS[] = { { 32 * 1024, true }, { 32 * 1024 + 1, false }, { 100000, false } };
	struct http_gate g;
	struct buf in, out;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		http_gate_init(&g, HOSTILE_MAX_BODY);
		buf_init(&in, 200000);
		buf_init(&out, 200000);
		put_head(&in, ROWS[i].n);
		feed(&g, buf_sv(&in), 1000, &out);
		ck_assert_int_eq(g.state, ROWS[i].passes ? HTTP_GATE_DONE : HTTP_GATE_REFUSED);
		ck_assert(ROWS[i].passes || g.status == 431);
		http_gate_done(&g);
		buf_done(&in);
		buf_done(&out);
	}
	for (unsigned n = 127; n <= 128; n++) {
		http_gate_init(&g, HOSTILE_MAX_BODY);
		buf_init(&in, 200000);
		buf_init(&out, 200000);
		buf_put_str(&in, GET);
		for (unsigned i = 0; i < n; i++)
			buf_put_str(&in, "A: b\r\n");
		buf_put_str(&in, "\r\n");
		feed(&g, buf_sv(&in), 1000, &out);
		ck_assert_int_eq(g.state, n == 127 ? HTTP_GATE_DONE : HTTP_GATE_REFUSED);
		ck_assert(n == 127 || g.status == 431);
		http_gate_done(&g);
		buf_done(&in);
		buf_done(&out);
	}
}
END_TEST

START_TEST(bodies_are_refused_where_none_is_allowed)
{
	struct http_gate g;
	struct buf out;
	http_gate_init(&g, 0);
	buf_init(&out, 1000);
	feed(&g, SV(POST "Content-Length: 1\r\n\r\na"), 100, &out);
	ck_assert_int_eq(g.state, HTTP_GATE_REFUSED);
	ck_assert_int_eq(g.status, 413);
	http_gate_done(&g);
	buf_done(&out);
}
END_TEST

START_TEST(out_of_memory_is_no_bad_request)
{
	struct http_gate g;
	struct buf out;
	http_gate_init(&g, 0);
	buf_init(&out, 1000);
	mem_fail_at(1, true);
	http_gate_feed(&g, SV(GET "\r\n"), &out);
	mem_fail_at(0, false);
	ck_assert_int_eq(g.state, HTTP_GATE_REFUSED);
	ck_assert_int_eq(g.status, 503);
	http_gate_done(&g);
	http_gate_init(&g, 0);
	mem_fail_at(2, true);
	http_gate_feed(&g, SV(GET "\r\n"), &out);
	mem_fail_at(0, false);
	ck_assert_int_ne(out.failed, ERR_OK);
	http_gate_done(&g);
	buf_done(&out);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, good_requests_pass_in_canonical_form);
	tcase_add_test(tcase, bad_requests_are_refused);
	tcase_add_test(tcase, heads_end_at_32_KiB_and_129_lines);
	tcase_add_test(tcase, bodies_are_refused_where_none_is_allowed);
	tcase_add_test(tcase, out_of_memory_is_no_bad_request);
}

int main(void)
{
	return run_case("http_gate", add);
}
