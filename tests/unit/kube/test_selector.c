/* Selector texts: canonical form, matching, the reference's errors, memory. */
#include "kube/selector.h"
#include "kube/selector_check.h"
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
	const char *what, *text, *canonical;
} GOOD[] = {
	{ "empty", "", "" },
	{ "blank", " \t\r\n", "" },
	{ "a key", "app", "app" },
	{ "no key", "! app", "!app" },
	{ "equals", "app = web", "app=web" },
	{ "two equals stay", "app==web", "app==web" },
	{ "not equals", "app!=web", "app!=web" },
	{ "no value is the empty one", "app=", "app=" },
	{ "even before a comma", "app=,b", "app=,b" },
	{ "numbers", "n>1,n<9", "n>1,n<9" },
	{ "a set", "app in (web,db)", "app in (db,web)" },
	{ "not in a set", "app notin(x)", "app notin (x)" },
	{ "a set is unique", "app in (b,a,b)", "app in (a,b)" },
	{ "an empty set holds the empty text", "app in ()", "app in ()" },
	{ "commas make empty members", "app in (,)", "app in ()" },
	{ "between members too", "app in (x,,y)", "app in (,x,y)" },
	{ "and at the end", "app in (x,)", "app in (,x)" },
	{ "and two of them", "app in (x,,)", "app in (,x)" },
	{ "more members than a small list", "app in (e,d,c,b,a)", "app in (a,b,c,d,e)" },
	{ "keys are sorted", "b,a,c=1,a!=2", "a,a!=2,b,c=1" },
	{ "operators may be keys", "in in (in,notin),notin", "in in (in,notin),notin" },
	{ "a comma and no key", "a,!b", "a,!b" },
	{ "a prefix", "example.com/app=web", "example.com/app=web" },
	{ "fourteen of them", "n,m,l,k,j,i,h,g,f,e,d,c,b,a", "a,b,c,d,e,f,g,h,i,j,k,l,m,n" },
};

static struct selector parse(const char *text)
{
	struct selector s;
	struct error err;
	ck_assert_msg(selector_parse(&arena, sv_of(text), &s, NULL, &err) == ERR_OK, "%s: %s", text,
		err.text);
	return s;
}

START_TEST(a_text_has_a_canonical_form)
{
	struct selector s = parse(GOOD[_i].text);
	struct buf out;

	buf_init(&out, 1000);
	selector_print(&out, &s);
	ck_assert_msg(
		sv_is(buf_sv(&out), GOOD[_i].canonical), "%s: %s", GOOD[_i].what, buf_text(&out));
	buf_done(&out);
}
END_TEST

#define IN "unable to parse requirement: "

static const struct {
	const char *text, *error; /* the error's beginning */
} BAD[] = {
	{ ",", "found ',', expected: !, identifier, or 'end of string'" },
	{ "=web", "found '=', expected: !, identifier, or 'end of string'" },
	{ "a,", "found '', expected: identifier after ','" },
	{ "a,,b", "found ',', expected: identifier after ','" },
	{ "a=b c", "found 'c', expected: ',' or 'end of string'" },
	{ "!a=b", "found '=', expected: ',' or 'end of string'" },
	{ "!", IN "found '', expected: identifier" },
	{ "!(", IN "found '(', expected: identifier" },
	{ "a b", IN "found 'b', expected: in, notin, =, ==, !=, gt, lt" },
	{ "a(b", IN "found '(', expected: in, notin, =, ==, !=, gt, lt" },
	{ "a===b", IN "found '=', expected: identifier" },
	{ "a in", IN "found '' expected: '('" },
	{ "a in b", IN "found 'b' expected: '('" },
	{ "a in (", IN "found '', expected: ',', ')' or identifier" },
	{ "a in (=", IN "found '=', expected: ',', ')' or identifier" },
	{ "a in (b", IN "found '', expected: ',' or ')'" },
	{ "a in (b c)", IN "found 'c', expected: ',' or ')'" },
	{ "a in (b,!)", IN "found '!', expected: ',', or identifier" },
	{ "a in (b,", IN "found '', expected: ',', or identifier" },
	{ "-a=b", IN "<nil>: Invalid value: \"-a\": name part must consist of" },
	{ "a/=b", IN "<nil>: Invalid value: \"a/\": name part must be non-empty; name part must "
		     "consist of" },
	{ "a=-", IN "values[0][a]: Invalid value: \"-\": a valid label must be" },
	{ "a in (b,-)", IN "values[0][a]: Invalid value: \"-\": a valid label must be" },
	{ "a>x", IN "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be "
		    "an integer" },
	{ "a<-", IN "[values[0]: Invalid value: \"-\": for 'Gt', 'Lt' operators, the value must be "
		    "an integer, "
		    "values[0][a]: Invalid value: \"-\": a valid label" },
};

START_TEST(a_wrong_text_is_refused_in_the_references_words)
{
	struct selector s;
	struct sv why = SV_NULL;
	struct error err;

	ck_assert_int_eq(selector_parse(&arena, sv_of(BAD[_i].text), &s, &why, &err), ERR_INVALID);
	ck_assert_msg(sv_has_prefix(why, sv_of(BAD[_i].error)), "%s: %s", BAD[_i].text, err.text);
	ck_assert(sv_has_prefix(why, sv_of(err.text)));
	ck_assert_int_eq(selector_parse(&arena, sv_of(BAD[_i].text), &s, NULL, &err), ERR_INVALID);
}
END_TEST

START_TEST(a_nul_ends_a_word_and_an_early_one_everything)
{
	struct selector s;
	struct error err;

	ck_assert_int_eq(selector_parse(&arena, SV("a\0=b"), &s, NULL, &err), ERR_OK);
	ck_assert(s.n == 1 && s.at[0].op == SELECTOR_EQUALS);
	ck_assert_int_eq(selector_parse(&arena, SV("a \0=b"), &s, NULL, &err), ERR_OK);
	ck_assert(s.n == 1 && s.at[0].op == SELECTOR_EXISTS);
	ck_assert_int_eq(selector_parse(&arena, SV("\0a"), &s, NULL, &err), ERR_OK);
	ck_assert_uint_eq(s.n, 0);
}
END_TEST

static const struct label WEB[] = { { SV("app"), SV("web") }, { SV("n"), SV("5") } };
static const struct label ODD[] = { { SV("n"), SV("five") } };

static const struct {
	const char *text;
	bool web, odd;
} MATCHES[] = {
	{ "", true, true },
	{ "app", true, false },
	{ "!app", false, true },
	{ "app=web", true, false },
	{ "app==db", false, false },
	{ "app!=web", false, true },
	{ "app!=db", true, true },
	{ "app in (db,web)", true, false },
	{ "app in (db)", false, false },
	{ "app notin (web)", false, true },
	{ "app notin (db)", true, true },
	{ "n>4", true, false },
	{ "n>5", false, false },
	{ "n<6", true, false },
	{ "n<5", false, false },
	{ "x>1", false, false },
	{ "app,n=5", true, false },
	{ "app,n=6", false, false },
};

START_TEST(labels_match_when_every_requirement_holds)
{
	struct selector s = parse(MATCHES[_i].text);

	ck_assert_msg(selector_matches(&s, WEB, 2) == MATCHES[_i].web, "%s", MATCHES[_i].text);
	ck_assert_msg(selector_matches(&s, ODD, 1) == MATCHES[_i].odd, "%s", MATCHES[_i].text);
}
END_TEST

START_TEST(nothing_matches_nothing)
{
	struct selector nothing = { .nothing = true };
	struct selector_requirement odd = { SV("app"), (enum selector_op)99, NULL, 0 };
	struct selector unknown = { .at = &odd, .n = 1 };
	struct buf out;

	ck_assert(!selector_matches(&nothing, WEB, 2) && !selector_matches(&nothing, NULL, 0));
	ck_assert(!selector_matches(&unknown, WEB, 2));
	buf_init(&out, 100);
	selector_print(&out, &nothing);
	ck_assert_uint_eq(out.len, 0);
	selector_print(&out, &unknown);
	ck_assert_str_eq(buf_text(&out), "app");
	buf_done(&out);
}
END_TEST

START_TEST(a_number_in_the_selector_that_overflows_matches_nothing)
{
	/* The parser refuses it; a selector made elsewhere may hold it. */
	struct sv value = SV("99999999999999999999");
	struct selector_requirement r = { SV("n"), SELECTOR_GREATER, &value, 1 };
	struct selector s = { .at = &r, .n = 1 };

	ck_assert(!selector_matches(&s, WEB, 2));
}
END_TEST

START_TEST(requirements_of_other_makers_are_checked)
{
	struct sv values[] = { SV("a"), SV("<b>") };
	struct {
		struct selector_requirement r;
		const char *text;
	} rows[] = {
		{ { SV("k"), SELECTOR_IN, NULL, 0 },
			"values: Invalid value: null: for 'in', 'notin' operators, values set "
			"can't be empty" },
		{ { SV("k"), SELECTOR_NOT_IN, NULL, 0 },
			"values: Invalid value: null: for 'in', 'notin' operators, values set "
			"can't be empty" },
		{ { SV("k"), SELECTOR_EXISTS, values, 1 },
			"values: Invalid value: [\"a\"]: values set must be empty for exists and "
			"does not exist" },
		{ { SV("k"), SELECTOR_NOT_EXISTS, values, 2 },
			"values: Invalid value: [\"a\",\"\\u003cb\\u003e\"]: values set must be "
			"empty for exists "
			"and does not exist" },
		{ { SV("k"), SELECTOR_EXISTS, NULL, 0 }, NULL },
		{ { SV("k"), SELECTOR_EQUALS, values, 1 }, NULL },
		{ { SV("k"), SELECTOR_DOUBLE_EQUALS, values, 1 }, NULL },
		{ { SV("k"), SELECTOR_NOT_EQUALS, values, 1 }, NULL },
		{ { SV("k"), (enum selector_op)99, NULL, 0 }, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct field_error_list l;
		struct buf out;
		field_error_list_init(&l, &arena);
		selector_check_into(&l, &rows[i].r);
		ck_assert_uint_eq(l.n > 0, rows[i].text != NULL);
		if (l.n == 0)
			continue;
		buf_init(&out, 1000);
		field_error_print(&out, &l.at[0]);
		ck_assert_str_eq(buf_text(&out), rows[i].text);
		buf_done(&out);
	}
}
END_TEST

static enum error_kind some_work(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct selector s;
	struct sv why;
	char text[3000] = "a in (1,2,3,4,5,6,7,8,9),b,c,d,e";

	arena_init(&a, 1 << 20);
	enum error_kind kind = selector_parse(&a, sv_of(text), &s, &why, err);
	if (kind != ERR_OK)
		return kind;
	/* A long list fills more than one chunk. */
	memset(text, ',', sizeof(text) - 1);
	memcpy(text, "a in (", 6);
	memcpy(text + sizeof(text) - 3, ")", 2);
	kind = selector_parse(&a, sv_of(text), &s, &why, err);
	if (kind != ERR_OK)
		return kind;
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 2 ? ',' : 'a';
	text[sizeof(text) - 3] = '\0';
	kind = selector_parse(&a, sv_of(text), &s, &why, err);
	if (kind != ERR_OK)
		return kind;
	kind = selector_parse(&a, SV("a in (-,-x) =x"), &s, &why, err);
	if (kind != ERR_INVALID)
		return kind;
	struct sv value = SV("x");
	struct selector_requirement wrong = { SV("k"), SELECTOR_EXISTS, &value, 1 };
	struct field_error_list l;
	field_error_list_init(&l, &a);
	selector_check_into(&l, &wrong);
	kind = field_error_list_refuse(&l, "", &why, err);
	if (kind != ERR_INVALID)
		return kind;
	kind = selector_parse(&a, SV("a=b c"), &s, &why, err);
	return kind == ERR_INVALID ? ERR_OK : kind;
}

START_TEST(memory_may_run_out_anywhere)
{
	fail_each_allocation(some_work);
}
END_TEST

START_TEST(an_arena_too_small_is_a_limit)
{
	/* Every size of arena ends in a limit or in success, never in a crash or in "invalid". */
	const char *const texts[] = { "b in (1,2,3,4,5,6,7,8,9),a,c,d,e", "a in (-,-)", "a b", "-",
		"a in (x,y,z) ,", "a=", "a in ()", "a in (,)" };

	for (size_t max = 0; max < 6000; max += 16) {
		for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
			struct arena small;
			struct selector s;
			struct sv why;
			struct error err;
			arena_init(&small, max);
			enum error_kind kind =
				selector_parse(&small, sv_of(texts[i]), &s, &why, &err);
			bool valid = i == 0 || i > 4;
			ck_assert(kind == ERR_LIMIT || kind == ERR_NOMEM ||
				  kind == (valid ? ERR_OK : ERR_INVALID));
			arena_done(&small);
		}
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, a_text_has_a_canonical_form, 0, ARRAY_LEN(GOOD));
	tcase_add_loop_test(
		tcase, a_wrong_text_is_refused_in_the_references_words, 0, ARRAY_LEN(BAD));
	tcase_add_test(tcase, a_nul_ends_a_word_and_an_early_one_everything);
	tcase_add_loop_test(
		tcase, labels_match_when_every_requirement_holds, 0, ARRAY_LEN(MATCHES));
	tcase_add_test(tcase, nothing_matches_nothing);
	tcase_add_test(tcase, a_number_in_the_selector_that_overflows_matches_nothing);
	tcase_add_test(tcase, requirements_of_other_makers_are_checked);
	tcase_add_test(tcase, memory_may_run_out_anywhere);
	tcase_add_test(tcase, an_arena_too_small_is_a_limit);
}

int main(void)
{
	return run_case("selector", add);
}
