/* jansson behind our rules. */
#include "common/jx.h"
#include "common/limits.h"
#include "tests/unit/common/run.h"

static json_t *parse(const char *text)
{
	json_t *j = NULL;
	struct error err = { 0 };

	ck_assert_msg(jx_parse(sv_of(text), &j, &err) == ERR_OK, "%s: %s", text, err.text);
	return j;
}

static const char *print(const json_t *j)
{
	static char text[1000]; /* tests run one after the other, each in its own process */
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, sizeof(text) - 1);
	jx_print(&out, j);
	memcpy(text, buf_text(&out), out.len + 1);
	return text;
}

START_TEST(texts_come_back_in_order)
{
	static const char *const rows[] = {
		"{\"z\":1,\"a\":[true,false,null,-5,0.1,\"caf\xc3\xa9 "
		"\\u003cb\\u003e\"],\"m\":{\"x\":{}}}",
		"9223372036854775807",
		"[1e+21,1e-7,100000]",
		"\"a\\u0000b\"",
		"[]",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(jx_free) json_t *j = parse(rows[i]);
		ck_assert_str_eq(print(j), rows[i]);
	}
	ck_assert_str_eq(print(NULL), "null");
}
END_TEST

START_TEST(bad_texts_are_refused_with_their_place)
{
	static const struct {
		const char *what, *text, *error;
	} rows[] = {
		{ "syntax", "{\"a\":1,\n}", "line 2, column 1: expected a member name" },
		{ "nothing", "", "line 1, column 1: expected a value, but the text ends" },
		{ "something behind it", "{} x", "line 1, column 4: expected the end of the text" },
		{ "an integer beyond int64", "[9223372036854775808]",
			"line 1, column 20: too big integer" },
		{ "a real beyond double", "[1e999]", "line 1, column 6: real number overflow" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *j = NULL;
		struct error err = { 0 };
		ck_assert_msg(
			jx_parse(sv_of(rows[i].text), &j, &err) == ERR_INVALID, "%s", rows[i].what);
		ck_assert_msg(strncmp(err.text, rows[i].error, strlen(rows[i].error)) == 0,
			"%s: %s", rows[i].what, err.text);
		ck_assert_ptr_null(j);
	}
	char deep[2 * (LIMIT_NESTING + 1)];
	json_t *j = NULL;
	struct error err;
	memset(deep, '[', LIMIT_NESTING + 1);
	memset(deep + LIMIT_NESTING + 1, ']', LIMIT_NESTING + 1);
	ck_assert_int_eq(jx_parse(sv_from(deep, sizeof(deep)), &j, &err), ERR_LIMIT);
}
END_TEST

START_TEST(trees_become_documents)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree *t;
	struct error err;
	const char *text = "{\"n\":[1,-9223372036854775808,1.50,1e3,9223372036854775808],\"s\":"
			   "\"a\\u0000b\",\"o\":{},\"x\":[null,true]}";

	arena_init(&a, 1 << 20);
	ck_assert_int_eq(jtree_parse(&a, sv_of(text), &t, &err), ERR_OK);
	AUTO(jx_free) json_t *j = NULL;
	ck_assert_int_eq(jx_from_tree(t, &j, &err), ERR_OK);
	ck_assert_str_eq(print(j), "{\"n\":[1,-9223372036854775808,1.5,1000,9223372036854776000],"
				   "\"s\":\"a\\u0000b\",\"o\":{},\"x\":[null,true]}");
	AUTO(jx_free) json_t *nothing = NULL;
	ck_assert_int_eq(jx_from_tree(NULL, &nothing, &err), ERR_OK);
	ck_assert(json_is_null(nothing));
}
END_TEST

START_TEST(trees_that_a_document_cannot_hold_are_refused)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "{\"a\":\n [1e999]}", "line 2, column 3: number 1e999 is too large" },
		{ "{\"a\\u0000b\":1}", "line 1, column 2: NUL in a member name" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct jtree *t;
		json_t *j = NULL;
		struct error err;
		arena_init(&a, 1 << 20);
		ck_assert_int_eq(jtree_parse(&a, sv_of(rows[i].text), &t, &err), ERR_OK);
		ck_assert_int_eq(jx_from_tree(t, &j, &err), ERR_INVALID);
		ck_assert_str_eq(err.text, rows[i].error);
		ck_assert_ptr_null(j);
	}
}
END_TEST

START_TEST(paths_lead_to_members)
{
	AUTO(jx_free)
	json_t *j = parse("{\"metadata\":{\"name\":\"web\",\"generation\":3},\"list\":[1]}");

	ck_assert_str_eq(jx_text_at(j, "metadata.name"), "web");
	ck_assert_ptr_null(jx_text_at(j, "metadata.generation"));
	ck_assert_int_eq(json_integer_value(jx_at(j, "metadata.generation")), 3);
	ck_assert_ptr_eq(jx_at(j, ""), j);
	ck_assert_ptr_null(jx_at(j, "metadata.nam"));
	ck_assert_ptr_null(jx_at(j, "metadata.names"));
	ck_assert_ptr_null(jx_at(j, "metadata.name.x"));
	ck_assert_ptr_null(jx_at(j, "list.0"));
	ck_assert_ptr_null(jx_at(NULL, "a"));
	ck_assert_ptr_null(jx_text_at(NULL, "a"));
}
END_TEST

/* The examples of RFC 7386, appendix A, and a few of ours. */
START_TEST(merge_patches_follow_the_rfc)
{
	static const struct {
		const char *target, *patch, *result;
	} rows[] = {
		{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
		{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
		{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
		{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
			"{\"a\":{\"b\":\"d\"}}" },
		{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
		{ "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
		{ "{\"a\":\"foo\"}", "null", "null" },
		{ "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
		{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
		{ "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
		{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
		{ "{\"x\":1,\"y\":2,\"z\":3}", "{\"n\":0,\"y\":5}",
			"{\"x\":1,\"y\":5,\"z\":3,\"n\":0}" },
		{ "{\"a\":{\"keep\":[1,{\"x\":null}]}}", "{\"a\":{\"l\":[null]}}",
			"{\"a\":{\"keep\":[1,{\"x\":null}],\"l\":[null]}}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(jx_free) json_t *target = parse(rows[i].target);
		AUTO(jx_free) json_t *patch = parse(rows[i].patch);
		AUTO(jx_free) json_t *result = jx_merge(target, patch);
		ck_assert_str_eq(print(result), rows[i].result);
		ck_assert_str_eq(print(target), rows[i].target);
		ck_assert_str_eq(print(patch), rows[i].patch);
	}
}
END_TEST

static enum error_kind parse_one(struct error *err)
{
	AUTO(jx_free) json_t *j = NULL;

	return jx_parse(SV("{\"a\":[1,2.5,\"text\",{\"b\":null}],\"c\":{\"d\":true}}"), &j, err);
}

static enum error_kind convert_one(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(jx_free) json_t *j = NULL;
	struct jtree *t;

	arena_init(&a, 1 << 20);
	enum error_kind kind = jtree_parse(
		&a, SV("{\"a\":[1,2.5,\"text\",{\"b\":null}],\"c\":{\"d\":true}}"), &t, err);
	return kind ? kind : jx_from_tree(t, &j, err);
}

static enum error_kind merge_two(struct error *err)
{
	AUTO(jx_free) json_t *target = NULL;
	AUTO(jx_free) json_t *patch = NULL;
	enum error_kind kind = jx_parse(SV("{\"a\":{\"b\":[1]},\"c\":[{}]}"), &target, err);

	if (kind || (kind = jx_parse(SV("{\"a\":{\"d\":\"x\"},\"e\":{\"f\":1}}"), &patch, err)))
		return kind;
	AUTO(jx_free) json_t *merged = jx_merge(target, patch);
	return merged ? ERR_OK : error_nomem(err);
}

START_TEST(out_of_memory_is_told_apart_from_bad_input)
{
	fail_each_allocation(parse_one);
	fail_each_allocation(convert_one);
	fail_each_allocation(merge_two);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, jx_init, NULL);
	tcase_add_test(tcase, texts_come_back_in_order);
	tcase_add_test(tcase, bad_texts_are_refused_with_their_place);
	tcase_add_test(tcase, trees_become_documents);
	tcase_add_test(tcase, trees_that_a_document_cannot_hold_are_refused);
	tcase_add_test(tcase, paths_lead_to_members);
	tcase_add_test(tcase, merge_patches_follow_the_rfc);
	tcase_add_test(tcase, out_of_memory_is_told_apart_from_bad_input);
}

int main(void)
{
	return run_case("jx", add);
}
