/* Lengths, instants and silence. */
#include <stdio.h>

#include "common/http_deadline.h"
#include "tests/unit/common/run.h"

static const struct {
	const char *sentence;
	struct http_deadline deadline;
	int64_t started_ns, heard_ns, now_ns; /* heard: 0 for nothing */
	int64_t next_ns;
	bool past;
} ROWS[] = {
	{ "nothing ends it", { 0 }, 10, 0, 1000, 0, false },
	{ "a total", { .total_ns = 100 }, 10, 0, 109, 110, false },
	{ "a total that is over", { .total_ns = 100 }, 10, 0, 110, 110, true },
	{ "an instant before the total", { .total_ns = 100, .latest = { 50 } }, 10, 0, 50, 50,
		true },
	{ "an instant behind it", { .total_ns = 100, .latest = { 500 } }, 10, 0, 50, 110, false },
	{ "an instant alone", { .latest = { 500 } }, 10, 0, 499, 500, false },
	{ "an instant that had passed", { .total_ns = 100, .latest = { 5 } }, 10, 0, 10, 5, true },
	{ "silence", { .idle_ns = 20 }, 10, 0, 40, 30, false },
	{ "a word", { .idle_ns = 20 }, 10, 25, 40, 45, false },
	{ "silence behind the end", { .total_ns = 100, .idle_ns = 20 }, 10, 100, 110, 110, true },
};

START_TEST(a_call_is_over_at_the_first_of_them)
{
	struct http_deadline d = ROWS[_i].deadline;
	struct mono now = { ROWS[_i].now_ns };

	http_deadline_start(&d, (struct mono){ ROWS[_i].started_ns });
	if (ROWS[_i].heard_ns)
		http_deadline_heard(&d, (struct mono){ ROWS[_i].heard_ns });
	ck_assert_msg(http_deadline_next(&d).ns == ROWS[_i].next_ns, "%s", ROWS[_i].sentence);
	ck_assert_msg(http_deadline_is_past(&d, now) == ROWS[_i].past, "%s", ROWS[_i].sentence);
}
END_TEST

START_TEST(what_is_not_started_is_not_over)
{
	const struct http_deadline d = { .total_ns = 1, .latest = { 1 } };

	ck_assert(!http_deadline_is_past(&d, (struct mono){ 100 }));
}
END_TEST

START_TEST(it_says_why)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct http_deadline d = { .total_ns = 2000, .idle_ns = 1000, .latest = { 100 } };

	buf_init(&text, 1024);
	http_deadline_start(&d, (struct mono){ 200 });
	http_deadline_print(&text, &d, (struct mono){ 200 }, false);
	ck_assert_str_eq(buf_text(&text), "too many calls under way: not sent within 0s");
	buf_clear(&text);
	http_deadline_print(&text,
		&(struct http_deadline){ .latest = { 600 }, .started_ns = 200, .until_ns = 600 },
		(struct mono){ 600 }, true);
	ck_assert_str_eq(buf_text(&text), "no complete answer within 400ns");
	d.latest.ns = 0;
	http_deadline_start(&d, (struct mono){ 200 });
	buf_clear(&text);
	http_deadline_print(&text, &d, (struct mono){ 1200 }, true);
	ck_assert_str_eq(buf_text(&text), "nothing received for 1µs");
	buf_clear(&text);
	http_deadline_print(&text, &d, (struct mono){ 2200 }, true);
	ck_assert_str_eq(buf_text(&text), "no complete answer within 2µs");
}
END_TEST

START_TEST(the_same_failure_says_the_same)
{
	static const int64_t EARLIER_NS[] = { 1, 5000, 24000, 900000 };

	/* Whoever has the total wants an instant, too, reckons it from the total, a little earlier. */
	for (size_t i = 0; i < ARRAY_LEN(EARLIER_NS); i++) {
		AUTO(buf_done) struct buf text = { 0 };
		struct http_deadline d = { .total_ns = NS_PER_SEC,
			.latest = { 7 * NS_PER_SEC - EARLIER_NS[i] } };

		buf_init(&text, 1024);
		http_deadline_start(&d, (struct mono){ 6 * NS_PER_SEC });
		http_deadline_print(&text, &d, (struct mono){ 7 * NS_PER_SEC }, true);
		ck_assert_str_eq(buf_text(&text), "no complete answer within 1s");
	}
}
END_TEST

static const struct {
	const char *text, *kept;
} ELAPSED[] = {
	{ "Failed to connect to 127.0.0.1 port 1 after 12 ms: Couldn't connect to server",
		"Failed to connect to 127.0.0.1 port 1: Couldn't connect to server" },
	{ "gave up after 7 ms", "gave up" },
	{ "Could not resolve host: after", "Could not resolve host: after" },
	{ "closed after 3 tries", "closed after 3 tries" },
	{ "closed after ms", "closed after ms" },
	{ "", "" },
};

START_TEST(elapsed_milliseconds_are_dropped)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "%s", ELAPSED[_i].text);
	http_deadline_drop_elapsed(text);
	ck_assert_str_eq(text, ELAPSED[_i].kept);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_call_is_over_at_the_first_of_them, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, what_is_not_started_is_not_over);
	tcase_add_test(tcase, it_says_why);
	tcase_add_test(tcase, the_same_failure_says_the_same);
	tcase_add_loop_test(tcase, elapsed_milliseconds_are_dropped, 0, (int)ARRAY_LEN(ELAPSED));
}

int main(void)
{
	return run_case("http_deadline", add);
}
