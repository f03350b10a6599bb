/* Log lines: their form, what is escaped, and that a full pipe never blocks. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/sv.h"
#include "tests/unit/common/run.h"

struct capture {
	int saved, read_fd;
	char text[3 * PIPE_BUF];
};

/* Standard error becomes a pipe. */
static void begin(struct capture *c)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	c->saved = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
	c->read_fd = ends[0];
	ck_assert_int_ge(fcntl(c->read_fd, F_SETFL, O_NONBLOCK), 0);
}

static void end(struct capture *c)
{
	ck_assert_int_ge(dup2(c->saved, STDERR_FILENO), 0);
	close(c->saved);
	size_t n = 0;
	ssize_t got;
	while (n < sizeof(c->text) - 1 &&
		(got = read(c->read_fd, c->text + n, sizeof(c->text) - 1 - n)) > 0)
		n += (size_t)got;
	c->text[n] = '\0';
	close(c->read_fd);
}

START_TEST(text_lines_quote_what_needs_it)
{
	static const struct {
		const char *value, *wanted;
	} ROWS[] = {
		{ "plain/value:1", " k=plain/value:1\n" },
		{ "two words", " k=\"two words\"\n" },
		{ "", " k=\"\"\n" },
		{ "a=b", " k=\"a=b\"\n" },
		{ "a\"b\\c", " k=\"a\\\"b\\\\c\"\n" },
		{ "a\nlevel=error\tx", " k=\"a\\nlevel=error\\tx\"\n" },
		{ "\x1b[31mred", " k=\"\\x1b[31mred\"\n" },
		{ "\xc2\x9b"
		  "31m",
			" k=\"\\xc2\\x9b31m\"\n" },
		{ "\xff\xfe", " k=\"\\xff\\xfe\"\n" },
		{ "\xc3\xa4", " k=\"\xc3\xa4\"\n" },
		{ NULL, " k=<null>\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct capture c;
		begin(&c);
		log_event(LOG_WARN, "it happened", "k", ROWS[i].value, NULL);
		end(&c);
		struct sv text = sv_of(c.text);
		ck_assert(sv_has_prefix(text, SV("ts=")));
		size_t at = sv_find_sv(text, SV(" level=warn msg=\"it happened\""));
		ck_assert_msg(at < text.len, "%s", c.text);
		ck_assert_str_eq(c.text + at + 29, ROWS[i].wanted);
	}
}
END_TEST

START_TEST(json_lines_are_json)
{
	struct capture c;
	log_init(LOG_DEBUG, LOG_JSON);
	begin(&c);
	log_event(LOG_DEBUG, "m", "a", "x\"\n\xff", "b", "2", NULL);
	log_event(LOG_ERROR, "bare", NULL);
	end(&c);
	struct sv text = sv_of(c.text);
	size_t at = sv_find_sv(text, SV("\",\"level\":\"debug\",\"msg\":\"m\",\"a\":"
					"\"x\\\"\\n\\ufffd\",\"b\":\"2\"}\n{\"ts\":\""));
	ck_assert_msg(sv_has_prefix(text, SV("{\"ts\":\"")) && at < text.len, "%s", c.text);
	ck_assert(sv_has_suffix(text, SV(",\"level\":\"error\",\"msg\":\"bare\"}\n")));
}
END_TEST

START_TEST(levels_below_the_least_are_silent)
{
	struct capture c;
	log_init(LOG_WARN, LOG_TEXT);
	ck_assert(!log_enabled(LOG_INFO));
	ck_assert(log_enabled(LOG_ERROR));
	begin(&c);
	log_event(LOG_INFO, "nobody hears it", NULL);
	end(&c);
	ck_assert_str_eq(c.text, "");
}
END_TEST

START_TEST(long_lines_stay_one_write)
{
	for (unsigned format = LOG_TEXT; format <= LOG_JSON; format++) {
		static char value[10000];
		struct capture c;
		memset(value, '\x01', sizeof(value) - 1);
		log_init(LOG_INFO, (enum log_format)format);
		begin(&c);
		log_event(LOG_INFO, value, "a", "first", "b", value, "c", value, "d", value, "e",
			"last", NULL);
		end(&c);
		size_t len = strlen(c.text);
		ck_assert_uint_le(len, PIPE_BUF);
		ck_assert_uint_gt(len, 2000);
		ck_assert_int_eq(c.text[len - 1], '\n');
		ck_assert_ptr_nonnull(strstr(c.text, "first"));
		ck_assert_ptr_nonnull(strstr(c.text, "last"));
		ck_assert_ptr_nonnull(strstr(
			c.text, format == LOG_TEXT ? "truncated=true" : "\"truncated\":\"true\"}"));
	}
	ck_assert_uint_eq(log_n_dropped(), 0);
}
END_TEST

START_TEST(a_full_pipe_drops_and_counts)
{
	struct capture c;
	begin(&c);
	for (unsigned i = 0; i < 5000; i++)
		log_event(LOG_ERROR, "again and again and again and again and again and again", "k",
			"v", NULL);
	end(&c);
	ck_assert_uint_gt(log_n_dropped(), 0);
	ck_assert(sv_has_prefix(sv_of(c.text), SV("ts=")));
}
END_TEST

START_TEST(memory_that_ran_out_later_does_not_matter)
{
	struct capture c;
	begin(&c);
	log_event(LOG_ERROR, "while memory lasts, lines of this length are prepared for", "k", "v",
		NULL);
	mem_fail_at(1, true);
	log_event(LOG_ERROR, "out of memory", NULL);
	mem_fail_at(0, false);
	end(&c);
	ck_assert_ptr_nonnull(strstr(c.text, "level=error msg=\"out of memory\"\n"));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, text_lines_quote_what_needs_it);
	tcase_add_test(tcase, json_lines_are_json);
	tcase_add_test(tcase, levels_below_the_least_are_silent);
	tcase_add_test(tcase, long_lines_stay_one_write);
	tcase_add_test(tcase, a_full_pipe_drops_and_counts);
	tcase_add_test(tcase, memory_that_ran_out_later_does_not_matter);
}

int main(void)
{
	return run_case("log", add);
}
