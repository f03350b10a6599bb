/* decoder.c: what is read, and what a finding says. */
#include "common/decoder.h"
#include "common/yx.h"
#include "tests/unit/common/run.h"

enum as { AS_TEXT, AS_STRING, AS_BOOL, AS_INT, AS_OBJECT, AS_LIST, AS_KEYS };

static const char *const KEYS[] = { "a", "b", NULL };

/* Reads the member "v" of the file; what was read, as text. */
static const char *read_as(struct decoder *d, const struct jtree *root, enum as as)
{
	const struct jtree *v = jtree_get(root, "v");
	struct sv text;
	struct opt_bool truth;
	struct opt_i64 number;
	const char *string;

	switch (as) {
	case AS_TEXT:
		text = decoder_text(d, v, "v");
		return text.ptr ? arena_strdup(d->arena, text) : "absent";
	case AS_STRING:
		string = decoder_string(d, v, "v");
		return string ? string : "absent";
	case AS_BOOL:
		truth = decoder_bool(d, v, "v");
		return !truth.set ? "absent" : truth.value ? "true" : "false";
	case AS_INT:
		number = decoder_int(d, v, "v", -5, 10);
		return number.set ? arena_printf(d->arena, "%d", (int)number.value) : "absent";
	case AS_OBJECT:
		return decoder_is_object(d, v, "v") ? "object" : "absent";
	case AS_LIST:
		return decoder_is_list(d, v, "v") ? "list" : "absent";
	case AS_KEYS:
	default:
		decoder_check_keys(d, v, "v", KEYS);
		return "";
	}
}

static const struct {
	const char *name, *text;
	enum as as;
	const char *read, *why; /* why NULL: fine */
} ROWS[] = {
	{ "text as it was written", "v: 0x1F", AS_TEXT, "0x1F", NULL },
	{ "quotes are no part of it", "v: 'yes'", AS_TEXT, "yes", NULL },
	{ "null is absent", "v: null", AS_TEXT, "absent", NULL },
	{ "a map is no text", "v: {a: 1}", AS_TEXT, "absent", "f:1: v: must be text" },
	{ "a string", "v: abc", AS_STRING, "abc", NULL },
	{ "a NUL byte ends no string early", "v: \"a\\0b\"", AS_STRING, "absent",
		"f:1: v: must not contain a NUL byte" },
	{ "a boolean", "v: on", AS_BOOL, "true", NULL },
	{ "a quoted boolean is text", "v: \"true\"", AS_BOOL, "absent",
		"f:1: v: must be true or false, without quotes" },
	{ "the smallest number", "v: -5", AS_INT, "-5", NULL },
	{ "the largest number", "v: 10", AS_INT, "10", NULL },
	{ "a number too large", "v: 11", AS_INT, "absent",
		"f:1: v: must be a whole number from -5 to 10" },
	{ "a fraction", "v: 1.5", AS_INT, "absent",
		"f:1: v: must be a whole number from -5 to 10" },
	{ "a map", "v: {}", AS_OBJECT, "object", NULL },
	{ "a list for a map", "\nv: []", AS_OBJECT, "absent",
		"f:2: v: must be a map of keys and values" },
	{ "a list", "v: []", AS_LIST, "list", NULL },
	{ "a map for a list", "v: {}", AS_LIST, "absent",
		"f:1: v: must be a list (lines that begin with \"- \")" },
	{ "known keys", "v: {a: 1, b: 2}", AS_KEYS, "", NULL },
	{ "an unknown key", "v:\n  a: 1\n  c: 2", AS_KEYS, "",
		"f:3: v: unknown key \"c\", known are: a b" },
	{ "more findings than a message holds", "v: {c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}",
		AS_KEYS, "",
		"f:1: v: unknown key \"c\", known are: a b; f:1: v: unknown key \"d\", known are: "
		"a b; f:1: v: unknown key \"e\", known are: a b; f:1: v: unknown key \"f\", known "
		"are: a b; f:1: v: unknown key \"g\", known are: a b; and 2 more" },
};

START_TEST(values_are_read_and_mistakes_named)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree **documents;
	struct decoder d;
	struct error err = { 0 };
	size_t n;

	arena_init(&a, 1u << 20);
	ck_assert_int_eq(yx_parse(&a, sv_of(ROWS[_i].text), "f", &documents, &n, &err), ERR_OK);
	decoder_init(&d, &a, "f");
	const char *read = read_as(&d, documents[0], ROWS[_i].as);
	enum error_kind kind = decoder_end(&d, &err);
	ck_assert_msg((kind == ERR_OK) == !ROWS[_i].why, "%s: %s", ROWS[_i].name, err.text);
	ck_assert_msg(sv_is(sv_of(read), ROWS[_i].read), "%s: %s", ROWS[_i].name, read);
	if (ROWS[_i].why)
		ck_assert_str_eq(err.text, ROWS[_i].why);
}
END_TEST

START_TEST(memory_that_ran_out_is_no_finding)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct decoder d;
	struct error err;

	arena_init(&a, 64);
	decoder_init(&d, &a, "f");
	ck_assert_ptr_null(decoder_array(&d, 1000, 8));
	ck_assert_int_eq(decoder_end(&d, &err), ERR_LIMIT);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, values_are_read_and_mistakes_named, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, memory_that_ran_out_is_no_finding);
}

int main(void)
{
	return run_case("decoder", add);
}
