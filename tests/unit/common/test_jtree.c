/* JSON trees: what is kept of the text, duplicates, questions, printing. */
#include <stdio.h>

#include "common/buf.h"
#include "common/jtree.h"
#include "common/limits.h"
#include "tests/unit/common/run.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena, 16 << 20);
}

static void teardown(void)
{
	arena_done(&arena);
}

static const struct jtree *parse(struct sv text)
{
	struct jtree *t = NULL;
	struct error err = { 0 };
	enum error_kind kind = jtree_parse(&arena, text, &t, &err);

	ck_assert_msg(!kind, "%.*s: %s", SV_ARG(text), err.text);
	return t;
}

static const char *printed(const struct jtree *t)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1 << 20);
	jtree_print(&out, t);
	return arena_strdup(&arena, buf_sv(&out));
}

START_TEST(order_and_digits_are_kept)
{
	static const char *const rows[] = {
		"{\"z\":1.50,\"a\":[1e3,-0,12345678901234567890123],\"m\":{\"x\":null,\"b\":true,"
		"\"c\":false}}",
		"[]",
		"{}",
		"\"\"",
		"[[],{},[{}]]",
		"\"caf\xc3\xa9 \\n \\u003cb\\u003e\"",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_str_eq(printed(parse(sv_of(rows[i]))), rows[i]);
	ck_assert_str_eq(printed(NULL), "null");
}
END_TEST

START_TEST(every_value_knows_its_place)
{
	const struct jtree *t = parse(SV("{\n  \"spec\": {\"min\": 1,\n\t\"max\" : -2}, \"list\": "
					 "[\"a\\n\", true,\nfalse, null]\n}"));
	static const struct {
		const char *a, *b;
		uint32_t line, column, key_line, key_column;
	} rows[] = {
		{ "spec", NULL, 2, 11, 2, 3 },
		{ "spec", "min", 2, 19, 2, 12 },
		{ "spec", "max", 3, 10, 3, 2 },
		{ "list", NULL, 3, 23, 3, 15 },
	};

	ck_assert(t->line == 1 && t->column == 1 && t->key_line == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct jtree *found = jtree_at(t, rows[i].a, rows[i].b, NULL);
		ck_assert_msg(found && found->line == rows[i].line &&
				      found->column == rows[i].column &&
				      found->key_line == rows[i].key_line &&
				      found->key_column == rows[i].key_column,
			"%s/%s at %u:%u, key at %u:%u", rows[i].a, rows[i].b, found->line,
			found->column, found->key_line, found->key_column);
	}
	const struct jtree *item = jtree_get(t, "list")->first;
	ck_assert(item->line == 3 && item->column == 24 && item->key_line == 0);
	item = item->next;
	ck_assert(item->line == 3 && item->column == 31);
	item = item->next;
	ck_assert(item->line == 4 && item->column == 1);
	item = item->next;
	ck_assert(item->line == 4 && item->column == 8 && !item->next);
}
END_TEST

START_TEST(the_last_of_equal_keys_wins_in_the_first_place)
{
	static const struct {
		const char *text, *result;
		size_t n;
	} rows[] = {
		{ "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}", 2 },
		{ "{\"a\":1,\"a\":2,\"a\":{\"x\":1}}", "{\"a\":{\"x\":1}}", 1 },
		{ "{\"b\":1,\"a\":1,\"\\u0061\":2,\"c\":3,\"c\":null}",
			"{\"b\":1,\"a\":2,\"c\":null}", 3 },
		{ "{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}", 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct jtree *t = parse(sv_of(rows[i].text));
		ck_assert_str_eq(printed(t), rows[i].result);
		ck_assert_uint_eq(t->n, rows[i].n);
	}
}
END_TEST

START_TEST(many_keys_are_searched_for_duplicates_without_taking_forever)
{
	AUTO(buf_done) struct buf text = { 0 };
	const struct jtree *duplicate;

	buf_init(&text, 16 << 20);
	buf_put_char(&text, '{');
	for (int i = 0; i < 50000; i++)
		buf_printf(&text, "%s\"key%d\":%d", i ? "," : "", i % 49999, i);
	buf_put_char(&text, '}');
	arena_done(&arena);
	arena_init(&arena, 64 << 20);
	const struct jtree *t = parse(buf_sv(&text));
	ck_assert_uint_eq(t->n, 49999);
	ck_assert(sv_is(t->first->text, "49999"));
	ck_assert(sv_is(t->first->next->text, "1"));
	ck_assert(jtree_find_duplicate(&arena, t, &duplicate));
	ck_assert_ptr_null(duplicate);
}
END_TEST

START_TEST(duplicates_can_be_found_and_dropped_either_way)
{
	/* More members than are compared pair by pair. */
	enum { N = 40 };
	struct jtree nodes[N] = { 0 };
	char names[N][8];
	const struct jtree *duplicate;

	for (int keep_last = 0; keep_last < 2; keep_last++) {
		struct jtree object = { .kind = JTREE_OBJECT, .first = nodes, .n = N };
		for (int i = 0; i < N; i++) {
			(void)snprintf(names[i], sizeof(names[i]), "k%d", i % 30);
			nodes[i] = (struct jtree){
				.kind = JTREE_NULL, .key = sv_of(names[i]), .line = (uint32_t)i
			};
			nodes[i].next = i + 1 < N ? &nodes[i + 1] : NULL;
		}
		ck_assert(jtree_find_duplicate(&arena, &object, &duplicate));
		ck_assert_ptr_eq(duplicate, &nodes[30]);
		ck_assert(jtree_drop_duplicates(&arena, &object, keep_last));
		ck_assert_uint_eq(object.n, 30);
		ck_assert_uint_eq(object.first->line, keep_last ? 30 : 0);
		uint32_t i = 0;
		for (const struct jtree *member = object.first; member; member = member->next) {
			ck_assert_uint_eq(member->line % 30, i);
			i++;
		}
		ck_assert_uint_eq(i, 30);
	}
}
END_TEST

START_TEST(questions_about_what_is_not_there)
{
	const struct jtree *t = parse(SV("{\"a\":{\"b\":\"x\"},\"n\":null,\"l\":[1]}"));

	ck_assert(sv_is(jtree_text(jtree_at(t, "a", "b", NULL)), "x"));
	ck_assert_ptr_null(jtree_at(t, "a", "c", "d", NULL));
	ck_assert_ptr_null(jtree_at(t, "n", "x", NULL));
	ck_assert_ptr_null(jtree_get(jtree_get(t, "l"), "a"));
	ck_assert_ptr_null(jtree_get(NULL, "a"));
	ck_assert_ptr_null(jtree_get(t, "A"));
	ck_assert_ptr_eq(jtree_at(t, NULL), t);
	ck_assert_ptr_null(jtree_text(jtree_get(t, "n")).ptr);
	ck_assert_ptr_null(jtree_text(NULL).ptr);
	ck_assert(jtree_is_absent(NULL));
	ck_assert(jtree_is_absent(jtree_get(t, "n")));
	ck_assert(!jtree_is_absent(jtree_get(t, "l")));
	JTREE_FOREACH (child, jtree_get(t, "nothing"))
		ck_abort_msg("a child of nothing: %s", jtree_kind_name(child->kind));
}
END_TEST

START_TEST(whole_numbers_are_int64)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} rows[] = {
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "1.0", false, 0 },
		{ "1e3", false, 0 },
		{ "\"1\"", false, 0 },
		{ "null", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t value = 0;
		bool ok = jtree_i64(parse(sv_of(rows[i].text)), &value);
		ck_assert_msg(ok == rows[i].ok && value == rows[i].value, "%s", rows[i].text);
	}
	int64_t value;
	ck_assert(!jtree_i64(NULL, &value));
}
END_TEST

START_TEST(equality_is_by_value)
{
	static const struct {
		const char *what, *a, *b;
		bool equal;
	} rows[] = {
		{ "members in another order", "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true },
		{ "items in another order", "[1,2]", "[2,1]", false },
		{ "an escape and the character", "\"\\u0041\"", "\"A\"", true },
		{ "numbers by text", "1.0", "1", false },
		{ "another value of a member", "{\"a\":1,\"b\":2}", "{\"b\":3,\"a\":1}", false },
		{ "another member", "{\"a\":1}", "{\"b\":1}", false },
		{ "a member more", "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
		{ "other booleans", "true", "false", false },
		{ "null and null", "null", "null", true },
		{ "a string and a number", "\"1\"", "1", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct jtree *a = parse(sv_of(rows[i].a));
		const struct jtree *b = parse(sv_of(rows[i].b));
		ck_assert_msg(jtree_eq(a, b) == rows[i].equal, "%s", rows[i].what);
		ck_assert_msg(jtree_eq(b, a) == rows[i].equal, "%s, turned", rows[i].what);
		ck_assert(jtree_eq(a, a));
	}
	ck_assert(jtree_eq(NULL, NULL));
	ck_assert(!jtree_eq(parse(SV("null")), NULL));
}
END_TEST

START_TEST(scalars_keep_their_raw_text)
{
	const struct jtree *t = parse(SV("[true,false,null,1.50,\"a\\n\"]"))->first;

	for (const char *const *raw =
			(const char *const[]){ "true", "false", "null", "1.50", "a\n", NULL };
		*raw; raw++) {
		ck_assert(sv_is(t->raw, *raw));
		ck_assert_int_eq(t->quoted, t->kind == JTREE_STRING);
		t = t->next;
	}
	ck_assert(sv_is(parse(SV("{\"k\":1}"))->first->raw_key, "k"));
}
END_TEST

START_TEST(bad_texts_are_refused_with_their_place)
{
	struct jtree *t = NULL;
	struct error err;
	char deep[LIMIT_NESTING + 1];

	ck_assert_int_eq(jtree_parse(&arena, SV("{\"a\":\n  tru}"), &t, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "line 2, column 3: expected a value");
	memset(deep, '[', sizeof(deep));
	ck_assert_int_eq(jtree_parse(&arena, sv_from(deep, sizeof(deep)), &t, &err), ERR_LIMIT);
	struct arena small;
	arena_init(&small, 1000);
	ck_assert_int_eq(
		jtree_parse(&small, SV("[1,2,3,4,5,6,7,8,9,10,11,12]"), &t, &err), ERR_LIMIT);
	arena_done(&small);
	ck_assert_ptr_null(t);
}
END_TEST

START_TEST(every_kind_has_a_name)
{
	for (int kind = JTREE_NULL; kind <= JTREE_OBJECT; kind++)
		ck_assert_str_ne(jtree_kind_name((enum jtree_kind)kind), "unknown");
}
END_TEST

static enum error_kind parse_much(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree *t;

	arena_init(&a, 1 << 20);
	return jtree_parse(&a,
		SV("{\"\\u0061\":1,\"b\":\"\\n\",\"c\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
		   "18,19,20],\"a\":[[[]]],"
		   "\"d\":\"some longer text that is not "
		   "copied\",\"e\":{\"f\":{\"g\":{}}},\"h\":1,\"i\":2,\"j\":3}"),
		&t, err);
}

START_TEST(out_of_memory_is_told)
{
	fail_each_allocation(parse_much);
}
END_TEST

START_TEST(only_what_is_wanted_is_built)
{
	static const struct jtree_want INNER[] = { { "b", NULL }, { NULL, NULL } };
	static const struct jtree_want WANT[] = { { "a", INNER }, { "all", NULL },
		{ "list", INNER }, { NULL, NULL } };
	static const struct {
		const char *text, *left; /* NULL: refused */
	} ROWS[] = {
		{ "{\"x\":[1,{\"y\":2}],\"a\":{\"c\":{},\"b\":1,\"d\":null}}",
			"{\"a\":{\"b\":1}}" },
		{ "{\"all\":{\"x\":[1,{\"y\":2}]},\"z\":0}", "{\"all\":{\"x\":[1,{\"y\":2}]}}" },
		{ "{\"list\":[{\"b\":1,\"c\":2},3,{\"c\":4},[{\"c\":5,\"b\":6}]]}",
			"{\"list\":[{\"b\":1},3,{},[{\"b\":6}]]}" },
		{ "{\"\\u0061\":{\"b\":7}}", "{\"a\":{\"b\":7}}" },
		{ "[{\"a\":1,\"x\":2}]", "[{\"a\":1}]" },
		{ "{\"x\":1}", "{}" },
		{ "{\"x\":[1,,{]},\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}" },
		{ "5", "5" },
		{ "{\"x\":[1,}", NULL },
		{ "{\"x\":tru}", NULL },
		{ "{\"x\":{}", NULL },
	};
	struct arena a;
	struct error err;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO(buf_done) struct buf out = { 0 };
		struct jtree *t;
		buf_init(&out, 4096);
		enum error_kind rc = jtree_parse_only(&a, sv_of(ROWS[i].text), WANT, &t, &err);
		ck_assert_msg((rc == ERR_OK) == (ROWS[i].left != NULL), "%s", ROWS[i].text);
		if (rc != ERR_OK)
			continue;
		jtree_print(&out, t);
		ck_assert_str_eq(buf_text(&out), ROWS[i].left);
	}
	arena_done(&a);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, only_what_is_wanted_is_built);
	tcase_add_test(tcase, order_and_digits_are_kept);
	tcase_add_test(tcase, every_value_knows_its_place);
	tcase_add_test(tcase, the_last_of_equal_keys_wins_in_the_first_place);
	tcase_add_test(tcase, many_keys_are_searched_for_duplicates_without_taking_forever);
	tcase_add_test(tcase, duplicates_can_be_found_and_dropped_either_way);
	tcase_add_test(tcase, questions_about_what_is_not_there);
	tcase_add_test(tcase, whole_numbers_are_int64);
	tcase_add_test(tcase, equality_is_by_value);
	tcase_add_test(tcase, scalars_keep_their_raw_text);
	tcase_add_test(tcase, bad_texts_are_refused_with_their_place);
	tcase_add_test(tcase, every_kind_has_a_name);
	tcase_add_test(tcase, out_of_memory_is_told);
}

int main(void)
{
	return run_case("jtree", add);
}
