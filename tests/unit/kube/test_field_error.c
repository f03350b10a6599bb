/* Field errors: their texts, lists of them, quoting. */
#include "kube/field_error.h"
#include "tests/unit/common/run.h"

static struct arena arena;

static void start(void)
{
	arena_init(&arena, 1 << 22);
}

static void stop(void)
{
	arena_done(&arena);
}

static const struct {
	enum field_error_type type;
	const char *field, *value, *detail, *name, *text;
} TEXTS[] = {
	{ FIELD_ERROR_REQUIRED, "spec.kind", "", "", "FieldValueRequired",
		"spec.kind: Required value" },
	{ FIELD_ERROR_REQUIRED, "spec.max", "", "must be set", "FieldValueRequired",
		"spec.max: Required value: must be set" },
	{ FIELD_ERROR_INVALID, "spec.max", "-1", "too small", "FieldValueInvalid",
		"spec.max: Invalid value: -1: too small" },
	{ FIELD_ERROR_NOT_SUPPORTED, "t", "\"x\"", "supported values: \"y\"",
		"FieldValueNotSupported", "t: Unsupported value: \"x\": supported values: \"y\"" },
	{ FIELD_ERROR_FORBIDDEN, "t", "", "no", "FieldValueForbidden", "t: Forbidden: no" },
	{ FIELD_ERROR_TOO_LONG, "t", "", "may not be more than 1 bytes", "FieldValueTooLong",
		"t: Too long: may not be more than 1 bytes" },
	{ (enum field_error_type)9, "t", "", "", "", "t: " },
};

START_TEST(an_error_reads_as_the_api_server_writes_it)
{
	struct field_error e = { TEXTS[_i].type, sv_of(TEXTS[_i].field), sv_of(TEXTS[_i].value),
		sv_of(TEXTS[_i].detail) };
	struct buf out;

	buf_init(&out, 1000);
	field_error_print(&out, &e);
	ck_assert_str_eq(buf_text(&out), TEXTS[_i].text);
	ck_assert_str_eq(field_error_type_name(TEXTS[_i].type), TEXTS[_i].name);
	buf_done(&out);
}
END_TEST

static const struct names_problems TWO = { 2, { "one", "two" } };
static const struct names_problems NONE = { 0 };

START_TEST(a_list_prints_each_text_once)
{
	struct field_error_list l;
	struct buf out;

	buf_init(&out, 1000);
	field_error_list_init(&l, &arena);
	field_error_add(&l, FIELD_ERROR_REQUIRED, SV("a"), SV(""), SV(""));
	field_error_list_print(&out, &l);
	ck_assert_str_eq(buf_text(&out), "a: Required value");
	field_error_add(&l, FIELD_ERROR_REQUIRED, SV("a"), SV(""), SV(""));
	buf_clear(&out);
	field_error_list_print(&out, &l);
	ck_assert_str_eq(buf_text(&out), "a: Required value");
	field_error_add(&l, FIELD_ERROR_FORBIDDEN, SV("a"), SV(""), SV(""));
	field_error_add(&l, FIELD_ERROR_REQUIRED, SV("b"), SV(""), SV(""));
	field_error_add(&l, FIELD_ERROR_INVALID, SV("b"), SV("1"), SV("x"));
	field_error_add(&l, FIELD_ERROR_INVALID, SV("b"), SV("2"), SV("x"));
	field_error_add(&l, FIELD_ERROR_INVALID, SV("b"), SV("2"), SV("y"));
	buf_clear(&out);
	field_error_list_print(&out, &l);
	ck_assert_str_eq(buf_text(&out),
		"[a: Required value, a: Forbidden, b: Required value, b: Invalid value: 1: x, "
		"b: Invalid value: 2: x, b: Invalid value: 2: y]");
	buf_done(&out);
}
END_TEST

START_TEST(problems_come_singly_or_joined)
{
	struct field_error_list l;

	field_error_list_init(&l, &arena);
	field_error_add_problems(&l, SV("f"), SV("v"), NONE);
	field_error_add_joined(&l, SV("f"), SV("v"), NONE);
	ck_assert_uint_eq(l.n, 0);
	field_error_add_problems(&l, SV("f"), SV("v"), TWO);
	field_error_add_joined(&l, SV("f"), SV("v"), TWO);
	ck_assert_uint_eq(l.n, 3);
	ck_assert(sv_is(l.at[0].detail, "one") && sv_is(l.at[1].detail, "two"));
	ck_assert(sv_is(l.at[2].detail, "one; two") && sv_is(l.at[2].value, "\"v\""));
}
END_TEST

START_TEST(a_refusal_keeps_the_whole_text)
{
	struct field_error_list l;
	struct sv why = SV_NULL;
	struct error err;
	char *detail = arena_alloc(&arena, 5001);

	memset(detail, 'x', 5000);
	field_error_list_init(&l, &arena);
	field_error_add(&l, FIELD_ERROR_FORBIDDEN, SV("f"), SV(""), sv_of(detail));
	ck_assert_int_eq(field_error_list_refuse(&l, "because: ", &why, &err), ERR_INVALID);
	ck_assert(sv_has_prefix(why, SV("because: f: Forbidden: xxx")));
	ck_assert_uint_eq(why.len, 5000 + strlen("because: f: Forbidden: "));
	ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
	ck_assert_int_eq(field_error_list_refuse(&l, "", NULL, &err), ERR_INVALID);
}
END_TEST

START_TEST(a_list_without_end_is_cut_and_says_so)
{
	struct field_error_list l;
	struct error err;
	struct arena small;

	field_error_list_init(&l, &arena);
	for (int i = 0; i < 10001; i++)
		field_error_add(&l, FIELD_ERROR_REQUIRED, SV(""), SV(""), SV(""));
	ck_assert(l.failed);
	ck_assert_uint_eq(l.n, 10000);
	field_error_add(&l, FIELD_ERROR_REQUIRED, SV(""), SV(""), SV(""));
	ck_assert_uint_eq(l.n, 10000);

	arena_init(&small, 4096);
	field_error_list_init(&l, &small);
	for (int i = 0; i < 100; i++)
		field_error_add(&l, FIELD_ERROR_REQUIRED, SV("a field"), SV(""), SV(""));
	ck_assert(l.failed);
	ck_assert_int_eq(field_error_list_refuse(&l, "", NULL, &err), ERR_LIMIT);
	arena_done(&small);
}
END_TEST

static const struct {
	const char *text;
	size_t len; /* 0: NUL-terminated */
	const char *quoted;
} QUOTES[] = {
	{ "plain", 0, "\"plain\"" },
	{ "a \"b\" \\", 0, "\"a \\\"b\\\" \\\\\"" },
	{ "\a\b\f\n\r\t\v", 0, "\"\\a\\b\\f\\n\\r\\t\\v\"" },
	{ "\x01\x1f\x7f", 0, "\"\\x01\\x1f\\x7f\"" },
	{ "a\0b", 3, "\"a\\x00b\"" },
	{ "\xff\xc3", 0, "\"\\xff\\xc3\"" },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 0, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ "\xc2\x80\xc2\xa0\xc2\xad\xe2\x80\xa8\xef\xbb\xbf", 0,
		"\"\\u0080\\u00a0\\u00ad\\u2028\\ufeff\"" },
	{ "\xf0\x9f\xbf\xbe\xf4\x8f\xbf\xbf", 0, "\"\\U0001fffe\\U0010ffff\"" },
};

START_TEST(texts_are_quoted_as_go_does)
{
	struct buf out;
	size_t len = QUOTES[_i].len ? QUOTES[_i].len : strlen(QUOTES[_i].text);

	buf_init(&out, 1000);
	field_error_quote(&out, sv_from(QUOTES[_i].text, len));
	ck_assert_str_eq(buf_text(&out), QUOTES[_i].quoted);
	buf_done(&out);
}
END_TEST

static enum error_kind some_work(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct field_error_list l;
	struct sv why;

	arena_init(&a, 1 << 20);
	field_error_list_init(&l, &a);
	field_error_add_problems(&l, SV("f"), SV("v"), TWO);
	field_error_add_joined(&l, SV("f"), SV("v"), TWO);
	for (int i = 0; i < 200; i++)
		field_error_add(&l, FIELD_ERROR_REQUIRED, SV("a field"), SV(""), SV(""));
	enum error_kind kind = field_error_list_refuse(&l, "x", &why, err);
	return kind == ERR_INVALID ? ERR_OK : kind;
}

START_TEST(memory_may_run_out_anywhere)
{
	fail_each_allocation(some_work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, an_error_reads_as_the_api_server_writes_it, 0, ARRAY_LEN(TEXTS));
	tcase_add_test(tcase, a_list_prints_each_text_once);
	tcase_add_test(tcase, problems_come_singly_or_joined);
	tcase_add_test(tcase, a_refusal_keeps_the_whole_text);
	tcase_add_test(tcase, a_list_without_end_is_cut_and_says_so);
	tcase_add_loop_test(tcase, texts_are_quoted_as_go_does, 0, ARRAY_LEN(QUOTES));
	tcase_add_test(tcase, memory_may_run_out_anywhere);
}

int main(void)
{
	return run_case("field_error", add);
}
