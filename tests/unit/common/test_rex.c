/* Regular expressions: what RE2 refuses and in which words, what matches, templates, limits. Expected texts are Go's. */
#include "common/buf.h"
#include "common/rex.h"
#include "tests/unit/common/run.h"

#define N_GROUPS 8

static struct arena arena;

static void setup(void)
{
	arena_init(&arena, 16 << 20);
}

static void teardown(void)
{
	arena_done(&arena);
}

static struct rex *compile(const char *pattern)
{
	struct rex *r = NULL;
	struct error err = { 0 };

	ck_assert_msg(rex_new(sv_of(pattern), &r, &err) == ERR_OK, "%s: %s", pattern, err.text);
	return r;
}

START_TEST(what_re2_refuses_is_refused_in_gos_words)
{
	static const struct {
		const char *what, *pattern, *error;
	} rows[] = {
		{ "look-ahead", "a(?=b)", "invalid or unsupported Perl syntax: `(?=`" },
		{ "negative look-ahead", "(?!b)", "invalid or unsupported Perl syntax: `(?!`" },
		{ "look-behind", "(?<=a)b", "invalid named capture: `(?<=a)b`" },
		{ "negative look-behind", "(?<!a>)b", "invalid named capture: `(?<!a>`" },
		{ "a backreference", "(a)\\1", "invalid escape sequence: `\\1`" },
		{ "a named backreference", "(?P<n>a)(?P=n)",
			"invalid or unsupported Perl syntax: `(?P`" },
		{ "another named backreference", "\\k<n>", "invalid escape sequence: `\\k`" },
		{ "an atomic group", "(?>a)", "invalid or unsupported Perl syntax: `(?>`" },
		{ "a possessive quantifier", "a++", "invalid nested repetition operator: `++`" },
		{ "nested quantifiers", "a**", "invalid nested repetition operator: `**`" },
		{ "a quantifier behind a lazy one", "a+?+",
			"invalid nested repetition operator: `+?+`" },
		{ "counts in a row", "a{2}{3}", "invalid nested repetition operator: `{2}{3}`" },
		{ "a conditional", "(?(1)a)", "invalid or unsupported Perl syntax: `(?(`" },
		{ "recursion", "(?R)", "invalid or unsupported Perl syntax: `(?R`" },
		{ "a comment", "(?#x)", "invalid or unsupported Perl syntax: `(?#`" },
		{ "a branch reset", "(?|a)", "invalid or unsupported Perl syntax: `(?|`" },
		{ "a name in quotes", "(?'n'a)", "invalid or unsupported Perl syntax: `(?'`" },
		{ "an unknown flag", "(?x)a", "invalid or unsupported Perl syntax: `(?x`" },
		{ "a minus without flag", "(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`" },
		{ "two minuses", "(?i--s)a", "invalid or unsupported Perl syntax: `(?i--`" },
		{ "flags without end", "(?i", "invalid or unsupported Perl syntax: `(?i`" },
		{ "\\Z", "a\\Z", "invalid escape sequence: `\\Z`" },
		{ "\\G", "\\G", "invalid escape sequence: `\\G`" },
		{ "\\K", "a\\Kb", "invalid escape sequence: `\\K`" },
		{ "\\R", "\\R", "invalid escape sequence: `\\R`" },
		{ "\\X", "\\X", "invalid escape sequence: `\\X`" },
		{ "\\h", "\\h", "invalid escape sequence: `\\h`" },
		{ "\\H", "\\H", "invalid escape sequence: `\\H`" },
		{ "\\C", "\\C", "invalid escape sequence: `\\C`" },
		{ "a verb", "(*UTF)", "missing argument to repetition operator: `*`" },
		{ "a count above 1000", "a{1001}", "invalid repeat count: `{1001}`" },
		{ "counts above 1000 in product", "(a{100}b){11}", "invalid repeat count: `{11}`" },
		{ "a count with the ends swapped", "a{3,2}", "invalid repeat count: `{3,2}`" },
		{ "a huge count", "a{99999999999999999999}",
			"invalid repeat count: `{99999999999999999999}`" },
		{ "nothing to repeat", "*a", "missing argument to repetition operator: `*`" },
		{ "nothing to repeat in a branch", "a|+",
			"missing argument to repetition operator: `+`" },
		{ "nothing to repeat in a group", "(?:{2}?)",
			"missing argument to repetition operator: `{2}?`" },
		{ "an open group", "(a", "missing closing ): `(a`" },
		{ "a closed group that was not open", "a)b", "unexpected ): `a)b`" },
		{ "an open class", "x[a-", "missing closing ]: `[a-`" },
		{ "an empty class is open", "[]", "missing closing ]: `[]`" },
		{ "a range the wrong way", "[z-a]", "invalid character class range: `z-a`" },
		{ "an unknown POSIX class", "[[:foo:]]",
			"invalid character class range: `[:foo:]`" },
		{ "an unknown property", "a\\p{Foo}b",
			"invalid character class range: `\\p{Foo}`" },
		{ "a property that only PCRE2 knows", "\\p{L&}",
			"invalid character class range: `\\p{L&}`" },
		{ "another one", "\\p{Xan}", "invalid character class range: `\\p{Xan}`" },
		{ "an open property", "\\p{Greek", "invalid character class range: `\\p{Greek`" },
		{ "an unknown escape", "a\\q", "invalid escape sequence: `\\q`" },
		{ "an escape of a wide character", "\\\xc3\xa9",
			"invalid escape sequence: `\\\xc3\xa9`" },
		{ "\\b in a class", "[\\b]", "invalid escape sequence: `\\b`" },
		{ "a short hexadecimal escape", "\\x1", "invalid escape sequence: `\\x1`" },
		{ "a hexadecimal escape without digits", "\\x{}",
			"invalid escape sequence: `\\x{}`" },
		{ "beyond Unicode", "\\x{110000}", "invalid escape sequence: `\\x{110000`" },
		{ "a backslash at the end", "a\\", "trailing backslash at end of expression: ``" },
		{ "a name with a dash", "(?P<a-b>x)", "invalid named capture: `(?P<a-b>`" },
		{ "a name without end", "(?P<a", "invalid named capture: `(?P<a`" },
		{ "bad UTF-8", "a\xff", "invalid UTF-8: `\xff`" },
		{ "bad UTF-8 in a class", "[a\xff]", "invalid UTF-8: `\xff]`" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rex *r = NULL;
		struct error err = { 0 };
		enum error_kind kind = rex_new(sv_of(rows[i].pattern), &r, &err);
		ck_assert_msg(kind == ERR_INVALID && !r, "%s is refused", rows[i].what);
		ck_assert_msg(strncmp(err.text, "error parsing regexp: ", 22) == 0 &&
				      strcmp(err.text + 22, rows[i].error) == 0,
			"%s: %s", rows[i].what, err.text);
	}
}
END_TEST

/* groups: the matched texts, '|' between them, '-' for one that took no part; NULL: no match. */
static const struct {
	const char *what, *pattern;
	struct sv subject;
	const char *groups;
} MATCHES[] = {
	{ "the search is not anchored", "_total", SV("a_total_x"), "_total" },
	{ "the first branch wins", "a|ab", SV("ab"), "a" },
	{ "greedy", "<.*>", SV("<a><b>"), "<a><b>" },
	{ "lazy", "<.*?>", SV("<a><b>"), "<a>" },
	{ "(?U) swaps both", "(?U)(<.*>)(<.*?>)", SV("<a><b><c>"), "<a><b><c>|<a>|<b><c>" },
	{ "groups that took no part", "(a)|(b)", SV("b"), "b|-|b" },
	{ "an empty group took part", "(x*)a", SV("a"), "a|" },
	{ "names in Python's form", "^(?P<group>.+?)_(?P<resource>.+?)$", SV("apps_deployment"),
		"apps_deployment|apps|deployment" },
	{ "names in Perl's form", "(?<a>x)(?<a>y)", SV("xy"), "xy|x|y" },
	{ "an empty pattern", "", SV("abc"), "" },
	{ "an empty subject", "^$", SV_NULL, "" },
	{ "$ is the very end", "a$", SV("a\n"), NULL },
	{ "\\z is the very end", "a\\z", SV("a\n"), NULL },
	{ "$ at line ends with m", "(?m)^b$", SV("a\nb\nc"), "b" },
	{ "^ behind a final line break with m", "(?m)^\\z", SV("a\n"), "" },
	{ "^ is the very start", "^b", SV("a\nb"), NULL },
	{ "\\A stays the start with m", "(?m)\\Ab", SV("a\nb"), NULL },
	{ "the dot takes no line break", "a.b", SV("a\nb"), NULL },
	{ "the dot takes one with s", "(?s)a.b", SV("a\nb"), "a\nb" },
	{ "the dot takes a carriage return", "a.b", SV("a\rb"), "a\rb" },
	{ "the dot takes a whole character", "^.$", SV("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80" },
	{ "flags end with their group", "(?:(?i)a)b", SV("AB"), NULL },
	{ "flags go on to the next branch", "(?i)x|b", SV("B"), "B" },
	{ "flags can be taken back", "(?i)a(?-i)b", SV("AB"), NULL },
	{ "flags for one group", "(?i:a)b", SV("Ab"), "Ab" },
	{ "flags between an atom and its quantifier", "a(?i)*", SV("aaa"), "aaa" },
	{ "case folding knows the Kelvin sign", "(?i)k", SV("\xe2\x84\xaa"), "\xe2\x84\xaa" },
	{ "a folded class", "(?i)[a-c]+", SV("xABCx"), "ABC" },
	{ "a folded \\w has the long s", "(?i)^\\w$", SV("\xc5\xbf"), "\xc5\xbf" },
	{ "a folded \\W lacks it", "(?i)\\W", SV("\xc5\xbf"), NULL },
	{ "a folded \\p{Lu}", "(?i)\\p{Lu}", SV("a"), "a" },
	{ "\\d is ASCII", "\\d", SV("\xd9\xa3"), NULL },
	{ "\\w is ASCII", "\\w", SV("\xc3\xa9"), NULL },
	{ "\\b is ASCII", "\\bb",
		SV("\xc3\xa9"
		   "b"),
		"b" },
	{ "\\s has no vertical tab", "\\s", SV("\v"), NULL },
	{ "\\S has it", "\\S", SV("\v"), "\v" },
	{ "\\s in a class has none either", "[\\s]", SV("\v"), NULL },
	{ "\\S in a class has it", "[^\\S]", SV("\v"), NULL },
	{ "[[:space:]] has it", "[[:space:]]", SV("\v"), "\v" },
	{ "[[:^alpha:]]", "[[:^alpha:]]+", SV("ab12"), "12" },
	{ "properties", "\\p{Greek}+\\pN\\P{L}",
		SV("x\xce\xb1\xce\xb2"
		   "1-"),
		"\xce\xb1\xce\xb2"
		"1-" },
	{ "a negated property", "\\p{^Greek}", SV("\xce\xb1x"), "x" },
	{ "a negated class takes a line break", "[^a]", SV("a\n"), "\n" },
	{ "a bracket first in a class", "[]a]+", SV("a]"), "a]" },
	{ "a bracket first in a negated class", "[^]a]", SV("a]b"), "b" },
	{ "a dash at the ends and behind a class", "[-a\\d-z-]+", SV("z-5a"), "z-5a" },
	{ "PCRE2's class operators are characters", "[a-z&&[^b]+", SV("&&b["), "&&b[" },
	{ "a collating element is characters", "[[.a.]]", SV(".]"), ".]" },
	{ "\\Q quotes", "\\Qa.b*\\E+", SV("a.b**"), "a.b**" },
	{ "\\Q without \\E", "\\Q(a", SV("(a"), "(a" },
	{ "a brace that is no count", "a{,2}", SV("a{,2}"), "a{,2}" },
	{ "a brace with a leading zero", "a{01}", SV("a{01}"), "a{01}" },
	{ "an open brace", "a{2", SV("a{2"), "a{2" },
	{ "counts", "^a{2}b{1,}c{0,1}d{0}$", SV("aabbb"), "aabbb" },
	{ "a lazy count", "a{1,3}?", SV("aaa"), "a" },
	{ "escapes", "\\x41\\x{42}\\103\\a\\f\\t\\n\\r\\v\\.\\_\\-", SV("ABC\a\f\t\n\r\v._-"),
		"ABC\a\f\t\n\r\v._-" },
	{ "a NUL", "a\\0b", SV("a\0b"), "a" /* printed up to the NUL */ },
	{ "an assertion can be repeated", "(?:^a)*^\\b*a", SV("a"), "a" },
	{ "a lone surrogate is nowhere", "\\x{d800}|a", SV("a"), "a" },
	{ "a range across the surrogates", "[\\x{d000}-\\x{e000}]", SV("\xed\x9f\xbf"),
		"\xed\x9f\xbf" },
	{ "# and blanks are characters", "a # b", SV("a # b"), "a # b" },
	{ "bad bytes do not match but do no harm", "b",
		SV("\xff"
		   "b"),
		"b" },
	{ "a group repeated no times", "(a){0}b", SV("ab"), "b|-" },
};

START_TEST(matches_are_those_of_re2)
{
	for (size_t i = 0; i < ARRAY_LEN(MATCHES); i++) {
		AUTO(rex_free) struct rex *r = compile(MATCHES[i].pattern);
		AUTO(buf_done) struct buf out = { 0 };
		struct sv groups[N_GROUPS];
		struct error err = { 0 };
		bool matched;
		ck_assert_int_eq(
			rex_match(r, MATCHES[i].subject, &matched, groups, N_GROUPS, &err), ERR_OK);
		ck_assert_msg(
			matched == (MATCHES[i].groups != NULL), "%s: %d", MATCHES[i].what, matched);
		if (!matched)
			continue;
		buf_init(&out, 1000);
		for (unsigned g = 0; g <= rex_n_groups(r); g++) {
			if (g > 0)
				buf_put_char(&out, '|');
			if (groups[g].ptr)
				buf_put_sv(&out, groups[g]);
			else
				buf_put_char(&out, '-');
		}
		ck_assert_msg(strcmp(buf_text(&out), MATCHES[i].groups) == 0, "%s: %s",
			MATCHES[i].what, buf_text(&out));
	}
}
END_TEST

START_TEST(groups_beyond_the_pattern_are_empty_and_names_are_found)
{
	AUTO(rex_free) struct rex *r = compile("(?P<group>a)(?P<resource>b)(c)?");
	struct sv groups[6];
	struct error err;
	bool matched = false;

	ck_assert_int_eq(rex_match(r, SV("ab"), &matched, groups, 6, &err), ERR_OK);
	ck_assert(matched && sv_is(groups[2], "b"));
	ck_assert(!groups[3].ptr && !groups[4].ptr && !groups[5].ptr);
	ck_assert_int_eq(rex_match(r, SV("ab"), &matched, NULL, 0, &err), ERR_OK);
	ck_assert(matched);
	ck_assert_uint_eq(rex_n_groups(r), 3);
	ck_assert_uint_eq(rex_group(r, SV("resource")), 2);
	ck_assert_uint_eq(rex_group(r, SV("Resource")), 0);
	rex_free(NULL);
}
END_TEST

START_TEST(templates_expand_as_in_go)
{
	static const struct {
		const char *pattern, *template, *subject, *result;
	} rows[] = {
		{ "^(.*)_total$", "${1}_per_second", "http_requests_total",
			"http_requests_per_second" },
		{ "^(.*)_total", "$1_per_second", "a_total", "" },
		{ "^(.*)_total", "${1}_ps", "a_total_x", "a_ps" },
		{ "foo", "$0", "xfoox", "foo" },
		{ "(?P<n>a+)b", "$n-${n}-$n1", "aab", "aa-aa-" },
		{ "(a)|(b)", "$1:$2", "b", ":b" },
		{ "^(.*)$", "$$1", "abc", "$1" },
		{ "^(.*)$", "$", "abc", "$" },
		{ "^(.*)$", "${1", "abc", "${1" },
		{ "^(.*)$", "${}", "abc", "${}" },
		{ "^(.*)$", "$-x", "abc", "$-x" },
		{ "^(.*)$", "$01$99999999999999999999", "abc", "" },
		{ "^(.*)$", "a$1$", "abc", "aabc$" },
		{ "^(?P<a>p)(v.)", "${a}_$2_$2x_$$_${9}", "pvm", "p_$_" },
		{ "(?P<n>a)?(?P<n>b)", "$n", "b", "b" },
		{ "x", "", "x", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(rex_free) struct rex *r = compile(rows[i].pattern);
		struct sv groups[N_GROUPS];
		struct sv result;
		struct error err;
		bool matched = false;
		ck_assert_int_eq(
			rex_match(r, sv_of(rows[i].subject), &matched, groups, N_GROUPS, &err),
			ERR_OK);
		ck_assert(matched);
		ck_assert(rex_expand(
			r, &arena, sv_of(rows[i].template), groups, rex_n_groups(r) + 1, &result));
		ck_assert_msg(sv_is(result, rows[i].result), "%s -> %s: %.*s", rows[i].pattern,
			rows[i].template, SV_ARG(result));
	}
}
END_TEST

START_TEST(all_matches_are_replaced_as_in_go)
{
	static const struct {
		const char *what, *pattern, *subject, *template, *result;
	} rows[] = {
		{ "empty matches, but none behind a match", "a*", "baac", "<$0>", "<>b<aa>c<>" },
		{ "an empty pattern", "", "ab", "-", "-a-b-" },
		{ "at both ends", "b*", "abba", "x", "xaxax" },
		{ "the start only", "^", "ab", "x", "xab" },
		{ "the end only", "$", "a\n", "x", "a\nx" },
		{ "every line's end", "(?m)$", "a\nb", "x", "ax\nbx" },
		{ "whole characters are stepped over", "\xc3\xa9*", "a\xc3\xa9\xc3\xa9", "x",
			"xax" },
		{ "each character", ".", "a\n\xe2\x82\xac", "<$0>", "<a>\n<\xe2\x82\xac>" },
		{ "groups", "(a)(b)?", "ab a", "$2$1", "ba a" },
		{ "a name that two groups share", "(?P<n>a)(?P<n>b)?", "ab a", "[$n]", "[a] [a]" },
		{ "no match", "x", "abc", "y", "abc" },
		{ "places between characters", "\\b", "ab cd", "|", "|ab| |cd|" },
		{ "nothing", "x*", "", "y", "y" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(rex_free) struct rex *r = compile(rows[i].pattern);
		struct sv result;
		struct error err;
		ck_assert_int_eq(rex_replace_all(r, &arena, sv_of(rows[i].subject),
					 sv_of(rows[i].template), &result, &err),
			ERR_OK);
		ck_assert_msg(
			sv_is(result, rows[i].result), "%s: %.*s", rows[i].what, SV_ARG(result));
	}
}
END_TEST

START_TEST(limits_are_errors_and_never_no_match)
{
	AUTO(rex_free) struct rex *r = compile("(a|aa)+$");
	struct error err;
	struct sv result;
	bool matched = true;
	char subject[61];

	memset(subject, 'a', sizeof(subject));
	subject[60] = 'b';
	ck_assert_int_eq(rex_match(r, sv_from(subject, 61), &matched, NULL, 0, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text,
		"regular expression `(a|aa)+$` needs too much work on a text of 61 bytes");
	ck_assert_int_eq(rex_replace_all(r, &arena, sv_from(subject, 61), SV("x"), &result, &err),
		ERR_LIMIT);

	AUTO(rex_free) struct rex *each = compile("a");
	struct arena small;
	arena_init(&small, 2000);
	ck_assert_int_eq(rex_replace_all(each, &small, sv_from(subject, 61),
				 SV("$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0"), &result, &err),
		ERR_LIMIT);
	arena_done(&small);
}
END_TEST

START_TEST(patterns_are_limited_in_size_and_depth)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct rex *r = NULL;
	struct error err;

	buf_init(&text, 1 << 20);
	for (int i = 0; i < 20000; i++)
		buf_put_char(&text, 'a');
	ck_assert_int_eq(rex_new(buf_sv(&text), &r, &err), ERR_LIMIT);
	buf_clear(&text);
	for (int i = 0; i < 201; i++)
		buf_put_char(&text, '(');
	ck_assert_int_eq(rex_new(buf_sv(&text), &r, &err), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, "expression nests too deeply"));
	buf_clear(&text);
	for (int i = 0; i < 200; i++)
		buf_put_str(&text, "(");
	for (int i = 0; i < 200; i++)
		buf_put_str(&text, ")");
	ck_assert_int_eq(rex_new(buf_sv(&text), &r, &err), ERR_OK);
	ck_assert_uint_eq(rex_n_groups(r), 200);
	rex_free(r);
	r = NULL;
	/* Small for us, but PCRE2's code for it is not. */
	ck_assert_int_eq(
		rex_new(SV("(?:(?:abcdefghijklmnopqrstuvwxyzabcdefghijklmnop){31}){31}"), &r, &err),
		ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.text, "expression too large"));
	ck_assert_ptr_null(r);
}
END_TEST

static enum error_kind use(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(rex_free) struct rex *r = NULL;
	struct sv result;

	arena_init(&a, 1 << 20);
	enum error_kind kind =
		rex_new(SV("^(?P<name>.*)_(seconds|[[:alpha:]]{2,})_total$"), &r, err);
	return kind ? kind
		    : rex_replace_all(r, &a, SV("a_seconds_total"), SV("${name}"), &result, err);
}

START_TEST(out_of_memory_is_told)
{
	fail_each_allocation(use);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_re2_refuses_is_refused_in_gos_words);
	tcase_add_test(tcase, matches_are_those_of_re2);
	tcase_add_test(tcase, groups_beyond_the_pattern_are_empty_and_names_are_found);
	tcase_add_test(tcase, templates_expand_as_in_go);
	tcase_add_test(tcase, all_matches_are_replaced_as_in_go);
	tcase_add_test(tcase, limits_are_errors_and_never_no_match);
	tcase_add_test(tcase, patterns_are_limited_in_size_and_depth);
	tcase_add_test(tcase, out_of_memory_is_told);
}

int main(void)
{
	return run_case("rex", add);
}
