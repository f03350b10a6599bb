/* Pages, lines and events of a watch. */
#include <string.h>

#include "kube/watch_decode.h"
#include "tests/unit/kube/run.h"

struct items {
	char text[4096];
	int n;
};

static void note_item(struct sv json, void *ctx)
{
	struct items *i = ctx;
	size_t at = strlen(i->text);
	ck_assert_uint_lt(at + json.len + 2, sizeof(i->text));
	memcpy(i->text + at, json.ptr, json.len);
	i->text[at + json.len] = '|';
	i->text[at + json.len + 1] = '\0';
	i->n++;
}

static const struct {
	const char *what, *body, *items, *version, *next;
} PAGES[] = {
	{ "as the server writes it",
		"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":"
		"\"12\",\"continue\":\"abc\","
		"\"remainingItemCount\":5},\"items\":[{\"a\":1},{\"b\":[\"]}\",\"\\\"}\"]}]}\n",
		"{\"a\":1}|{\"b\":[\"]}\",\"\\\"}\"]}|", "12", "abc" },
	{ "nothing there", "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}", "", "1", "" },
	{ "null for nothing",
		"{\"items\":null,\"metadata\":{\"continue\":null,\"resourceVersion\":\"1\"}}", "",
		"1", "" },
	{ "items first, and blanks",
		" { \"items\" : [ {} , { \"x\" : { } } ] , \"metadata\" : "
		"{\"resourceVersion\":\"7\"} } ",
		"{}|{ \"x\" : { } }|", "7", "" },
	{ "an object that no scanner takes costs only itself",
		"{\"metadata\":{\"resourceVersion\":\"3\"},\"items\":[{\"x\":tru},{\"ok\":1}]}",
		"{\"x\":tru}|{\"ok\":1}|", "3", "" },
};

START_TEST(pages_are_cut_into_objects)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct items items = { 0 };
	struct watch_page page;
	struct error err = { 0 };
	arena_init(&a, 1 << 20);
	enum error_kind kind =
		watch_decode_page(&a, sv_of(PAGES[_i].body), note_item, &items, &page, &err);
	ck_assert_msg(kind == ERR_OK, "%s: %s", PAGES[_i].what, err.text);
	ck_assert_str_eq(items.text, PAGES[_i].items);
	ck_assert(sv_is(page.resource_version, PAGES[_i].version));
	ck_assert(sv_is(page.continue_token, PAGES[_i].next));
}
END_TEST

static void count_item(struct sv json, void *ctx)
{
	(void)json;
	((struct items *)ctx)->n++;
}

START_TEST(a_deep_object_does_not_cost_the_page)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf body = { 0 };
	struct items items = { 0 };
	struct watch_page page;
	struct error err;
	arena_init(&a, 1 << 20);
	buf_init(&body, 100000);
	buf_put_str(&body, "{\"metadata\":{\"resourceVersion\":\"3\"},\"items\":[{\"a\":");
	for (int i = 0; i < 10000; i++)
		buf_put_char(&body, i < 5000 ? '[' : ']');
	buf_put_str(&body, "},{}]}");
	ck_assert_int_eq(
		watch_decode_page(&a, buf_sv(&body), count_item, &items, &page, &err), ERR_OK);
	ck_assert_int_eq(items.n, 2);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	static const char *const BAD[] = { "", "[]", "7", "{}", "{\"items\":[]}",
		"{\"metadata\":{\"resourceVersion\":\"1\"}}",
		"{\"metadata\":{\"resourceVersion\":7},\"items\":[]}",
		"{\"metadata\":7,\"items\":[]}",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{}",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{},",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[7]}",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"a",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]]",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]} x",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":{}}",
		"{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{}{}]}",
		"{\"metadata\":{\"resourceVersion\":\"1\"" };
	AUTO(arena_done) struct arena a = { 0 };
	struct items items = { 0 };
	struct watch_page page;
	struct error err;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		ck_assert_msg(watch_decode_page(&a, sv_of(BAD[i]), note_item, &items, &page,
				      &err) == ERR_INVALID,
			"%s", BAD[i]);
}
END_TEST

START_TEST(events_have_a_type_and_an_object)
{
	struct watch_event e;
	struct error err;
	ck_assert_int_eq(
		watch_decode_event(
			SV("{\"type\":\"ADDED\",\"object\":{\"a\":{\"object\":{}}}}\r"), &e, &err),
		ERR_OK);
	ck_assert(e.type == WATCH_EVENT_ADDED && sv_is(e.object, "{\"a\":{\"object\":{}}}"));
	ck_assert_int_eq(
		watch_decode_event(SV("{\"object\":{},\"x\":[1],\"type\":\"BOOKMARK\"}"), &e, &err),
		ERR_OK);
	ck_assert(e.type == WATCH_EVENT_BOOKMARK && sv_is(e.object, "{}"));
	/* As in a list: what is inside of the object is for its reader to judge. */
	ck_assert_int_eq(
		watch_decode_event(SV("{\"type\":\"ADDED\",\"object\":{\"a\":}}"), &e, &err),
		ERR_OK);
	ck_assert(sv_is(e.object, "{\"a\":}"));
	static const char *const BAD[] = { "", "{", "[]", "{}", "{\"type\":\"ADDED\"}",
		"{\"type\":\"GONE\",\"object\":{}}", "{\"type\":7,\"object\":{}}",
		"{\"type\":\"ADDED\",\"object\":[]}", "{\"type\":\"ADDED\",\"object\":{}}}",
		"{\"type\":\"ADDED\",\"object\":{\"a\":}", "{\"type\":\"ADDED\",\"object\":{}" };
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		ck_assert_msg(
			watch_decode_event(sv_of(BAD[i]), &e, &err) == ERR_INVALID, "%s", BAD[i]);
}
END_TEST

struct seen {
	char text[256];
	const char *stop_at;
};

static bool note_line(struct sv line, void *ctx)
{
	struct seen *s = ctx;
	size_t at = strlen(s->text);
	memcpy(s->text + at, line.ptr, line.len);
	s->text[at + line.len] = '|';
	s->text[at + line.len + 1] = '\0';
	return !s->stop_at || !sv_is(line, s->stop_at);
}

START_TEST(lines_come_whole_wherever_they_are_cut)
{
	static const char TEXT[] = "one\ntwo is longer\n\n \r\nd\303\251\nthis one is far too long "
				   "to be kept\nlast\nopen";
	for (size_t cut = 0; cut < sizeof(TEXT); cut++) {
		for (size_t step = 1; step < sizeof(TEXT); step++) {
			struct watch_lines l;
			struct seen seen = { 0 };
			struct sv text = sv_of(TEXT);
			/* Whole lines inside one piece are not measured, so cut at least once inside of the long one. */
			watch_decode_lines_init(&l, 16);
			ck_assert(watch_decode_lines(&l, sv_take(text, cut), note_line, &seen));
			for (text = sv_skip(text, cut); text.len > 0; text = sv_skip(text, step))
				ck_assert(watch_decode_lines(
					&l, sv_take(text, step), note_line, &seen));
			if (l.n_skipped == 1)
				ck_assert_str_eq(seen.text, "one|two is longer|d\303\251|last|");
			else
				ck_assert_str_eq(seen.text, "one|two is longer|d\303\251|this one "
							    "is far too long to be kept|last|");
			watch_decode_lines_done(&l);
		}
	}
}
END_TEST

START_TEST(lines_can_be_stopped_and_begun_anew)
{
	struct watch_lines l;
	struct seen seen = { .stop_at = "b" };
	watch_decode_lines_init(&l, 100);
	ck_assert(!watch_decode_lines(&l, SV("a\nb\nc\n"), note_line, &seen));
	ck_assert_str_eq(seen.text, "a|b|");
	ck_assert(watch_decode_lines(&l, SV("half"), note_line, &seen));
	watch_decode_lines_clear(&l);
	ck_assert(watch_decode_lines(&l, SV("new\n"), note_line, &seen));
	ck_assert_str_eq(seen.text, "a|b|new|");
	watch_decode_lines_done(&l);
	watch_decode_lines_init(&l, 100);
	mem_fail_at(1, true);
	ck_assert(!watch_decode_lines(&l, SV("half"), note_line, &seen));
	mem_fail_at(0, false);
	watch_decode_lines_done(&l);
}
END_TEST

START_TEST(the_next_page_is_known_before_the_items)
{
	static const struct {
		const char *body, *token;
	} ROWS[] = {
		{ "{\"kind\":\"L\",\"metadata\":{\"resourceVersion\":\"1\",\"continue\":"
		  "\"a\\u0062\"},\"items\":[",
			"ab" },
		{ "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}", "" },
		{ "{\"metadata\":{\"continue\":\"\"}}", "" },
		{ "{\"metadata\":{\"continue\":7}}", "" },
		{ "{\"items\":[],\"metadata\":{\"continue\":\"a\"}}", "" },
		{ "{\"kind\":", "" },
		{ "[]", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct arena a;
		arena_init(&a, 4096);
		ck_assert_msg(sv_is(watch_decode_continue(&a, sv_of(ROWS[i].body)), ROWS[i].token),
			"%s", ROWS[i].body);
		arena_done(&a);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, the_next_page_is_known_before_the_items);
	tcase_add_loop_test(tcase, pages_are_cut_into_objects, 0, (int)ARRAY_LEN(PAGES));
	tcase_add_test(tcase, a_deep_object_does_not_cost_the_page);
	tcase_add_test(tcase, what_is_no_list_is_refused);
	tcase_add_test(tcase, events_have_a_type_and_an_object);
	tcase_add_test(tcase, lines_come_whole_wherever_they_are_cut);
	tcase_add_test(tcase, lines_can_be_stopped_and_begun_anew);
}

int main(void)
{
	return run_case("watch_decode", add);
}
