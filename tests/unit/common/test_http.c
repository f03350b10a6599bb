/* Percent-encoding, tokens, header lines, URLs of servers, and what is kept of answers. */
#include <string.h>

#include "common/http.h"
#include "common/http_answer.h"
#include "common/http_lines.h"
#include "common/http_url.h"
#include "tests/unit/common/run.h"

START_TEST(text_is_encoded)
{
	static const struct {
		const char *text, *path, *query;
	} ROWS[] = {
		{ "abc-._~09AZ", "abc-._~09AZ", "abc-._~09AZ" },
		{ "a b", "a%20b", "a+b" },
		{ "a/b:c", "a/b%3Ac", "a%2Fb%3Ac" },
		{ "\xc3\xa4\x01%+&=", "%C3%A4%01%25%2B%26%3D", "%C3%A4%01%25%2B%26%3D" },
		{ "", "", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct buf out;
		buf_init(&out, 1000);
		http_escape(&out, sv_of(ROWS[i].text), "/");
		ck_assert_str_eq(buf_text(&out), ROWS[i].path);
		buf_clear(&out);
		http_query_escape(&out, sv_of(ROWS[i].text));
		ck_assert_str_eq(buf_text(&out), ROWS[i].query);
		buf_done(&out);
	}
}
END_TEST

START_TEST(text_is_decoded_or_refused)
{
	static const struct {
		const char *text;
		bool form;
		const char *wanted; /* NULL: refused */
	} ROWS[] = {
		{ "a%20b+c", false, "a b+c" },
		{ "a%20b+c", true, "a b c" },
		{ "%2f%2F", false, "//" },
		{ "%c3%A4", false, "\xc3\xa4" },
		{ "a%0Ab", true, "a\nb" },
		{ "a%0Ab", false, NULL },
		{ "a%00b", true, NULL },
		{ "a%00b", false, NULL },
		{ "a%1fb", true, NULL },
		{ "a%7fb", false, NULL },
		{ "a%", false, NULL },
		{ "a%2", false, NULL },
		{ "a%g0", false, NULL },
		{ "a%0g", false, NULL },
		{ "a\nb", false, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct buf out;
		buf_init(&out, 1000);
		bool good = http_unescape(&out, sv_of(ROWS[i].text), ROWS[i].form);
		ck_assert_msg(good == (ROWS[i].wanted != NULL), "%s", ROWS[i].text);
		if (good)
			ck_assert_str_eq(buf_text(&out), ROWS[i].wanted);
		buf_done(&out);
	}
}
END_TEST

START_TEST(servers_are_addressed_strictly)
{
	static const struct {
		const char *text;
		bool good, is_https;
		const char *host;
		unsigned port;
		const char *path;
	} ROWS[] = {
		{ "http://h", true, false, "h", 80, "" },
		{ "https://h", true, true, "h", 443, "" },
		{ "https://prometheus.monitoring.svc:9090/", true, true,
			"prometheus.monitoring.svc", 9090, "" },
		{ "http://127.0.0.1:1/a/b//", true, false, "127.0.0.1", 1, "/a/b" },
		{ "http://[::1]:8080/p", true, false, "[::1]", 8080, "/p" },
		{ "https://[2001:db8::1]", true, true, "[2001:db8::1]", 443, "" },
		{ "http://h:65535", true, false, "h", 65535, "" },
		{ "http://h:65536", false, false, NULL, 0, NULL },
		{ "http://h:0", false, false, NULL, 0, NULL },
		{ "http://h:", false, false, NULL, 0, NULL },
		{ "http://h:x", false, false, NULL, 0, NULL },
		{ "http://", false, false, NULL, 0, NULL },
		{ "http:///a", false, false, NULL, 0, NULL },
		{ "http://:80", false, false, NULL, 0, NULL },
		{ "http://[]:80", false, false, NULL, 0, NULL },
		{ "http://::1:80", false, false, NULL, 0, NULL },
		{ "HTTP://h", false, false, NULL, 0, NULL },
		{ "unix:///run/x", false, false, NULL, 0, NULL },
		{ "h", false, false, NULL, 0, NULL },
		{ "", false, false, NULL, 0, NULL },
		{ "http://h/a?b", false, false, NULL, 0, NULL },
		{ "http://h#b", false, false, NULL, 0, NULL },
		{ "http://u:p@h", false, false, NULL, 0, NULL },
		{ "http://h/a\nb", false, false, NULL, 0, NULL },
		{ "http://h\\a", false, false, NULL, 0, NULL },
	};
	struct error err;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct http_url url;
		enum error_kind kind = http_url_parse(sv_of(ROWS[i].text), &url, &err);
		ck_assert_msg(kind == (ROWS[i].good ? ERR_OK : ERR_INVALID), "%s", ROWS[i].text);
		if (!ROWS[i].good)
			continue;
		ck_assert_int_eq(url.is_https, ROWS[i].is_https);
		ck_assert_msg(sv_is(url.host, ROWS[i].host), "%s", ROWS[i].text);
		ck_assert_uint_eq(url.port, ROWS[i].port);
		ck_assert_msg(sv_is(url.path, ROWS[i].path), "%s", ROWS[i].text);
	}
}
END_TEST

START_TEST(a_server_name_replaces_the_host)
{
	struct http_dial d;
	struct error err;
	ck_assert_int_eq(
		http_dial_init(&d, SV("https://10.0.0.1:6443/p/"), SV("kubernetes"), &err), ERR_OK);
	ck_assert_str_eq(d.base_url, "https://10.0.0.1:6443/p");
	ck_assert_str_eq(d.url, "https://kubernetes:6443/p");
	ck_assert_str_eq(d.connect_to, "::10.0.0.1:6443");
	ck_assert_str_eq(d.host, "10.0.0.1:6443");
	http_dial_done(&d);
	ck_assert_int_eq(http_dial_init(&d, SV("https://[::1]"), SV("kubernetes"), &err), ERR_OK);
	ck_assert_str_eq(d.url, "https://kubernetes");
	ck_assert_str_eq(d.connect_to, "::[::1]:443");
	ck_assert_str_eq(d.host, "[::1]");
	http_dial_done(&d);
	ck_assert_int_eq(http_dial_init(&d, SV("http://h"), SV("kubernetes"), &err), ERR_OK);
	ck_assert_str_eq(d.url, "http://h");
	ck_assert_ptr_null(d.connect_to);
	http_dial_done(&d);
}
END_TEST

START_TEST(header_lines_stay_one_line)
{
	static const struct {
		const char *name, *value, *wanted;
	} ROWS[] = {
		{ "X-A", "b", "X-A: b" },
		{ "X-A", "  b c\t", "X-A: b c" },
		{ "X-A", "", "X-A;" },
		{ "X-A", "\xc3\xa4", "X-A: \xc3\xa4" },
		{ "X-A", "b\r\nc", NULL },
		{ "X-A", "b\nc", NULL },
		{ "X-A", "b\x7f", NULL },
		{ "", "b", NULL },
		{ "X A", "b", NULL },
		{ "X:A", "b", NULL },
		{ "X-\xc3\xa4", "b", NULL },
	};
	struct error err;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct http_lines lines = { 0 };
		enum error_kind kind =
			http_lines_add(&lines, sv_of(ROWS[i].name), sv_of(ROWS[i].value), &err);
		ck_assert_int_eq(kind, ROWS[i].wanted ? ERR_OK : ERR_INVALID);
		ck_assert_uint_eq(lines.list.n, ROWS[i].wanted != NULL);
		if (ROWS[i].wanted)
			ck_assert_str_eq(lines.list.at[0], ROWS[i].wanted);
		http_lines_done(&lines);
	}
	ck_assert(!http_is_token(sv_from("a\0b", 3)));
}
END_TEST

START_TEST(answers_leave_date_and_delay)
{
	static const struct {
		const char *line, *date;
		bool set;
		int64_t seconds;
	} ROWS[] = {
		{ "Date: Sat, 21 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 2026 12:00:00 GMT", false,
			0 },
		{ "date:x", "x", false, 0 },
		{ "Retry-After: 1", "", true, 1 },
		{ "retry-after: 0", "", true, 0 },
		{ "Retry-After: -5", "", true, 0 },
		{ "Retry-After: 3601", "", true, 3600 },
		{ "Retry-After: Sat, 21 Nov 2026 12:00:00 GMT", "", false, 0 },
		{ "Retry-After: 99999999999999999999", "", false, 0 },
		{ "Retry-After:", "", false, 0 },
		{ "Content-Type: text/plain", "", false, 0 },
		{ "Date: 0123456789012345678901234567890123456789012345678901234567890123", "",
			false, 0 },
		{ "", "", false, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct http_answer a = { 0 };
		http_answer_note(&a, SV("CONTENT-TYPE: text/html"));
		http_answer_note(&a, sv_of(ROWS[i].line));
		ck_assert_str_eq(a.date, ROWS[i].date);
		ck_assert_str_eq(a.content_type, sv_has_prefix(sv_of(ROWS[i].line), SV("Content"))
							 ? "text/plain"
							 : "text/html");
		ck_assert_int_eq(a.retry_after.set, ROWS[i].set);
		ck_assert_int_eq(a.retry_after.seconds, ROWS[i].seconds);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, text_is_encoded);
	tcase_add_test(tcase, text_is_decoded_or_refused);
	tcase_add_test(tcase, servers_are_addressed_strictly);
	tcase_add_test(tcase, a_server_name_replaces_the_host);
	tcase_add_test(tcase, header_lines_stay_one_line);
	tcase_add_test(tcase, answers_leave_date_and_delay);
}

int main(void)
{
	return run_case("http", add);
}
