/* regexp.c: against PCRE2 (common/rex.h) on patterns both know, and our limits. What RE2 is, the conformance vectors say. */
#include "common/buf.h"
#include "common/rex.h"
#include "promql/regexp.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES (64u << 20)

static const char *const PATTERNS[] = { "", "a", "a|b", "a|", "web-.*", ".*-1", ".+", ".*",
	"(a|b)c", "(?:a|b)+c?", "[a-c]{2,3}", "[^a]", "\\d+", "\\w-\\d", "(?i)web", "(?i:A)b",
	"a.c", "a{0}b", "(a*)*b", "x?y?z?", "((a)(b))c", "\\.", "a\\|b", "[[:alpha:]]+",
	"\\bweb\\b.*", "^a", "a$", "(^a|b$)", "\\x61", "é+", "[à-ü]", "(?s).", "(?-s).", "(?m)^a$",
	"a\nb", "(a|ab)(c|bcd)", "(?:web|api|db)-(?:0|1|2)" };
static const char *const SUBJECTS[] = { "", "a", "b", "c", "ab", "abc", "abcd", "bc", "ac", "web",
	"WEB", "web-1", "web-", "api-2", "db-0", "a-1", "aa", "abab", "aaac", "é", "éé", "a\nb",
	"\n", "a.c", "a|b", ".", "a1-9", "7", "77", "x", "xyz", "yz", "Ab", "ü" };

/* The same anchored pattern in PCRE2's hands. */
START_TEST(patterns_match_as_pcre2_matches_them)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(rex_free) struct rex *oracle = NULL;
	const struct regexp *re;
	struct error err;

	arena_init(&a, MAX_BYTES);
	struct sv anchored = sv_of(arena_printf(&a, "^(?s:%s)$", PATTERNS[_i]));

	ck_assert_int_eq(rex_new(anchored, &oracle, &err), ERR_OK);
	ck_assert_int_eq(regexp_compile(&a, sv_of(PATTERNS[_i]), &re, &err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(SUBJECTS); i++) {
		bool wanted = false;

		ck_assert_int_eq(
			rex_match(oracle, sv_of(SUBJECTS[i]), &wanted, NULL, 0, &err), ERR_OK);
		ck_assert_msg(regexp_matches(re, sv_of(SUBJECTS[i])) == wanted, "\"%s\" and \"%s\"",
			PATTERNS[_i], SUBJECTS[i]);
	}
}
END_TEST

static uint32_t random_below(uint64_t *state, uint32_t n)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33) % n;
}

/* Operators in any order and nesting, over few letters, so that many subjects match. */
static void put_random_pattern(struct buf *out, uint64_t *state, unsigned depth)
{
	static const char *const atoms[] = { "a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\d",
		"(?i)a", "", "^", "$", "\\b", "\\B", "ab", "[b-d]", "(?m:^)", "(?m:$)", "-", "\n",
		"(?-s:.)", "[[:alpha:]]", "\\Aa", "\\x62", "\\Qa|b\\E", "[\\w-]", "\\S" };
	static const char *const repeats[] = { "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?",
		"{0}" };
	uint32_t n = random_below(state, 4) + 1;

	for (uint32_t i = 0; i < n; i++) {
		if (i && random_below(state, 3) == 0)
			buf_put_char(out, '|');
		if (depth < 3 && random_below(state, 3) == 0) {
			buf_put_str(out, random_below(state, 2) ? "(" : "(?:");
			put_random_pattern(out, state, depth + 1);
			buf_put_char(out, ')');
			if (random_below(state, 2))
				buf_put_str(out, repeats[random_below(state, ARRAY_LEN(repeats))]);
		} else {
			buf_put_str(out, atoms[random_below(state, ARRAY_LEN(atoms))]);
		}
	}
}

static void put_random_subject(struct buf *out, uint64_t *state)
{
	static const char letters[] = "aaabbbccdAB1- \n_";

	for (uint32_t n = random_below(state, 7); n > 0; n--)
		buf_put_char(out, letters[random_below(state, sizeof(letters) - 1)]);
}

/* Where PCRE2 gives up (its limits) or the reference refuses what PCRE2 takes, there is nothing to compare. */
static void compare_random(uint64_t *state, size_t *n_compared, size_t *n_matched)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf pattern = { 0 };
	AUTO(rex_free) struct rex *oracle = NULL;
	const struct regexp *re;
	struct error err;
	bool wanted;

	arena_init(&a, MAX_BYTES);
	buf_init(&pattern, 100000);
	put_random_pattern(&pattern, state, 0);
	if (regexp_compile(&a, buf_sv(&pattern), &re, &err))
		return;
	struct sv anchored = sv_of(arena_printf(&a, "^(?s:%s)$", buf_text(&pattern)));

	ck_assert_int_eq(rex_new(anchored, &oracle, &err), ERR_OK);
	for (int i = 0; i < 25; i++) {
		AUTO(buf_done) struct buf subject = { 0 };

		buf_init(&subject, 100);
		put_random_subject(&subject, state);
		if (rex_match(oracle, buf_sv(&subject), &wanted, NULL, 0, &err))
			continue;
		ck_assert_msg(regexp_matches(re, buf_sv(&subject)) == wanted,
			"\"%s\" and \"%s\": expected %d", buf_text(&pattern), buf_text(&subject),
			wanted);
		++*n_compared;
		*n_matched += wanted;
	}
}

START_TEST(random_patterns_match_as_pcre2_matches_them)
{
	uint64_t state = 7;
	size_t n_compared = 0, n_matched = 0;

	for (int i = 0; i < 4000; i++)
		compare_random(&state, &n_compared, &n_matched);
	ck_assert_uint_gt(n_compared, 50000);
	ck_assert_uint_gt(n_matched, 5000);
}
END_TEST

static const struct {
	const char *what, *pattern, *error;
} BAD[] = {
	{ "a group that does not end", "(a", "missing closing ): `(a`" },
	{ "a group too many", "a)", "unexpected ): `a)`" },
	{ "a class that does not end", "[a", "missing closing ]: `[a`" },
	{ "a range that runs back", "[b-a]", "invalid character class range: `b-a`" },
	{ "a class of an unknown name", "[[:x:]]", "invalid character class range: `[:x:]`" },
	{ "an unknown script", "\\p{Klingon}", "invalid character class range: `\\p{Klingon}`" },
	{ "nothing to repeat", "*a", "missing argument to repetition operator: `*`" },
	{ "a repetition of a repetition", "a**", "invalid nested repetition operator: `**`" },
	{ "a count too large", "a{1001}", "invalid repeat count: `{1001}`" },
	{ "counts that multiply", "((a{100}){100}){100}", "invalid repeat count: `{100}`" },
	{ "a backreference", "(a)\\1", "invalid escape sequence: `\\1`" },
	{ "a look behind", "(?<=a)b", "invalid named capture: `(?<=a)b`" },
	{ "a look ahead", "(?=a)b", "invalid or unsupported Perl syntax: `(?=`" },
	{ "a group's name that does not end", "(?P<n", "invalid named capture: `(?P<n`" },
	{ "a group's name with a blank", "(?<a b>c)", "invalid named capture: `(?<a b>`" },
	{ "a group's name that is no text", "(?<\xff>c)", "invalid UTF-8: `\xff`" },
	{ "flags that do not end", "(?i", "invalid or unsupported Perl syntax: `(?i`" },
	{ "an unknown flag", "(?x)a", "invalid or unsupported Perl syntax: `(?x`" },
	{ "a count that runs back", "a{3,2}", "invalid repeat count: `{3,2}`" },
	{ "an unknown escape", "\\y", "invalid escape sequence: `\\y`" },
	{ "a code point beyond the last", "\\x{110000}", "invalid escape sequence: `\\x{110000`" },
	{ "a class of a script that does not end", "\\p{Greek",
		"invalid character class range: `\\p{Greek`" },
	{ "a range to a class", "[a-\\d]", "invalid escape sequence: `\\d`" },
	{ "a backslash at the end", "a\\", "trailing backslash at end of expression: ``" },
	{ "bytes that are no text", "\xff.", "invalid UTF-8: `\xff.`" },
};

START_TEST(what_re2_refuses_is_refused_with_its_words)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct regexp *re;
	struct error err;

	arena_init(&a, MAX_BYTES);
	ck_assert_int_eq(regexp_compile(&a, sv_of(BAD[_i].pattern), &re, &err), ERR_INVALID);
	ck_assert(sv_has_prefix(sv_of(err.text), SV("error parsing regexp: ")));
	ck_assert_str_eq(err.text + strlen("error parsing regexp: "), BAD[_i].error);
}
END_TEST

/* n times a text between two others. */
static struct sv repeat(
	struct arena *a, const char *head, const char *text, size_t n, const char *tail)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, MAX_BYTES);
	buf_put_str(&out, head);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&out, text);
	buf_put_str(&out, tail);
	return arena_sv(a, buf_sv(&out));
}

START_TEST(nesting_is_bounded)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct regexp *re;
	struct error err;

	arena_init(&a, MAX_BYTES);
	AUTO(buf_done) struct buf deep = { 0 };
	buf_init(&deep, MAX_BYTES);
	for (int i = 0; i < 1001; i++)
		buf_put_char(&deep, '(');
	buf_put_char(&deep, 'a');
	for (int i = 0; i < 1001; i++)
		buf_put_char(&deep, ')');
	ck_assert_int_eq(regexp_compile(&a, buf_sv(&deep), &re, &err), ERR_INVALID);
	ck_assert(strstr(err.text, "expression nests too deeply"));
	/* What fits alone but not inside of ^(?s:...)$ is named with it. */
	ck_assert_int_eq(
		regexp_compile(&a, sv_from(deep.data + 2, deep.len - 4), &re, &err), ERR_INVALID);
	ck_assert(strstr(err.text, "expression nests too deeply: `^(?s:((("));
}
END_TEST

START_TEST(programs_are_bounded)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct regexp *re;
	struct error err;

	arena_init(&a, MAX_BYTES);
	struct sv pattern = repeat(&a, "", "(?:[a-c]x){1000}", 600, "");

	ck_assert_int_eq(regexp_compile(&a, pattern, &re, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "the regular expression needs more than 1000000 instructions");
	pattern = repeat(&a, "", "(?:[a-c]x){1000}", 2000, "");
	ck_assert_int_eq(regexp_compile(&a, pattern, &re, &err), ERR_INVALID);
	ck_assert(strstr(err.text, "expression too large"));
}
END_TEST

/* What takes others exponential time. */
START_TEST(time_is_linear)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct regexp *re;
	struct error err;

	arena_init(&a, MAX_BYTES);
	ck_assert_int_eq(regexp_compile(&a, SV("(a*)*(a|aa)+b"), &re, &err), ERR_OK);
	ck_assert(!regexp_matches(re, repeat(&a, "", "a", 100000, "")));
	ck_assert(regexp_matches(re, repeat(&a, "", "a", 100000, "b")));
	ck_assert_int_eq(
		regexp_compile(&a, repeat(&a, "", "a?", 500, "a{500}"), &re, &err), ERR_OK);
	ck_assert(regexp_matches(re, repeat(&a, "", "a", 500, "")));
	ck_assert(!regexp_matches(re, repeat(&a, "", "a", 499, "")));
}
END_TEST

START_TEST(long_lists_are_searched)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	const struct regexp *re;
	struct error err;

	arena_init(&a, MAX_BYTES);
	buf_init(&out, MAX_BYTES);
	for (int i = 0; i < 2000; i++)
		buf_printf(&out, "%sweb-%d", i ? "|" : "", i * 7 % 2000);
	ck_assert_int_eq(regexp_compile(&a, buf_sv(&out), &re, &err), ERR_OK);
	ck_assert(regexp_matches(re, SV("web-0")) && regexp_matches(re, SV("web-1999")));
	ck_assert(!regexp_matches(re, SV("web-2000")) && !regexp_matches(re, SV("web")));
	ck_assert_int_eq(regexp_compile(&a, SV("(web|api)-[0-9](a|b|)"), &re, &err), ERR_OK);
	ck_assert(regexp_matches(re, SV("api-7b")) && regexp_matches(re, SV("web-0")));
	ck_assert(!regexp_matches(re, SV("api-")) && !regexp_matches(re, SV("api-77")));
}
END_TEST

static enum error_kind compile_all(struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(PATTERNS); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		const struct regexp *re;

		arena_init(&a, MAX_BYTES);
		if (regexp_compile(&a, sv_of(PATTERNS[i]), &re, err))
			return err->kind;
		(void)regexp_matches(re, SV("web-1"));
	}
	return ERR_OK;
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(compile_all);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, patterns_match_as_pcre2_matches_them, 0, ARRAY_LEN(PATTERNS));
	tcase_add_test(tcase, random_patterns_match_as_pcre2_matches_them);
	tcase_add_loop_test(tcase, what_re2_refuses_is_refused_with_its_words, 0, ARRAY_LEN(BAD));
	tcase_add_test(tcase, nesting_is_bounded);
	tcase_add_test(tcase, programs_are_bounded);
	tcase_add_test(tcase, time_is_linear);
	tcase_add_test(tcase, long_lists_are_searched);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("regexp", add);
}
