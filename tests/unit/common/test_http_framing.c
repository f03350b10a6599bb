/* What the engine is told of a request. */
#include <string.h>

#include "common/http_framing.h"
#include "tests/unit/common/run.h"

#define LONG_NUMBER 9000

struct row {
	const char *sentence, *head, *framing;
};

static const struct row ROWS[] = {
	{ "target and other headers are left out",
		"GET /apis?x=y HTTP/1.1\r\nHost: a.b:1\r\nX-Remote-User: u\r\nAccept: a/b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: -\r\n\r\n" },
	{ "a request without headers", "GET /a HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.0\r\nHost: -\r\n\r\n" },
	{ "a body of known length, and the wish to be asked for it",
		"POST /a HTTP/1.1\r\nHost: h\r\ncontent-length: 0012\r\nExpect: "
		"100-Continue\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: -\r\nContent-Length: 12\r\nExpect: "
		"100-continue\r\n\r\n" },
	{ "a body in chunks", "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: -\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "the client's last request, among other words",
		"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\nConnection: "
		"keep-alive\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: -\r\nConnection: close\r\n\r\n" },
	{ "an old client that stays", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
		"GET / HTTP/1.0\r\nHost: -\r\nConnection: Keep-Alive\r\n\r\n" },
	{ "a word that only begins like one",
		"GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\nX-Connection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: -\r\n\r\n" },
};

START_TEST(only_the_framing_is_passed_on)
{
	const struct row *row = &ROWS[_i];
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, HTTP_FRAMING_MAX);
	http_framing_put(&out, sv_of(row->head));
	ck_assert_msg(strcmp(buf_text(&out), row->framing) == 0, "%s: got %s", row->sentence,
		buf_text(&out));
}
END_TEST

START_TEST(the_longest_fits)
{
	AUTO(buf_done) struct buf head = { 0 }, out = { 0 };

	buf_init(&head, 2 * LONG_NUMBER);
	buf_init(&out, HTTP_FRAMING_MAX);
	buf_put_str(&head, "ABCDEFGHIJKLMNOP / HTTP/1.1\r\nContent-Length: ");
	for (unsigned i = 0; i < LONG_NUMBER; i++)
		buf_put_char(&head, '0');
	buf_put_str(&head, "18446744073709551615\r\nExpect: 100-continue\r\n"
			   "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
	http_framing_put(&out, buf_sv(&head));
	ck_assert_int_eq(out.failed, ERR_OK);
	ck_assert(sv_has_suffix(buf_sv(&out), SV("Connection: Keep-Alive\r\n\r\n")));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, only_the_framing_is_passed_on, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, the_longest_fits);
}

int main(void)
{
	return run_case("http_framing", add);
}
