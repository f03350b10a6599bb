/* Names: which texts pass, and the beginning of what is said about the others. */
#include <stdio.h>

#include "common/mem.h"
#include "kube/names.h"
#include "tests/unit/kube/run.h"

#define X10 "xxxxxxxxxx"
#define X63 X10 X10 X10 X10 X10 X10 "xxx"
#define X253 X63 X63 X63 X63 "x"

enum check { KEY, VALUE, SUBDOMAIN, LABEL, SEGMENT };

static const struct {
	enum check check;
	const char *text;
	const char *problems[3]; /* how each begins */
} NAMES[] = {
	{ KEY, "app", { 0 } },
	{ KEY, "A-b_c.9", { 0 } },
	{ KEY, "example.com/app", { 0 } },
	{ KEY, X253 "/" X63, { 0 } },
	{ KEY, X63 "x", { "name part must be no more than 63 bytes" } },
	{ KEY, X253 "x/a", { "prefix part must be no more than 253 bytes" } },
	{ KEY, "X" X253 "/a",
		{ "prefix part must be no more than 253 bytes",
			"prefix part a lowercase RFC 1123 subdomain" } },
	{ KEY, "", { "name part must be non-empty", "name part must consist of" } },
	{ KEY, "a/", { "name part must be non-empty", "name part must consist of" } },
	{ KEY, "/a", { "prefix part must be non-empty" } },
	{ KEY, "A/a", { "prefix part a lowercase RFC 1123 subdomain must consist of" } },
	{ KEY, "a../a", { "prefix part a lowercase RFC 1123 subdomain must consist of" } },
	{ KEY, "a/b/c", { "a valid label key must consist of" } },
	{ KEY, "-a", { "name part must consist of" } },
	{ KEY, "a-", { "name part must consist of" } },
	{ KEY, "a b", { "name part must consist of" } },
	{ KEY, "\xc3\xa4", { "name part must consist of" } },
	{ VALUE, "", { 0 } },
	{ VALUE, "My.value_1", { 0 } },
	{ VALUE, "a/b", { "a valid label must be an empty string" } },
	{ VALUE, X63 "-",
		{ "must be no more than 63 bytes", "a valid label must be an empty string" } },
	{ SUBDOMAIN, "web-0.example.com", { 0 } },
	{ SUBDOMAIN, "0", { 0 } },
	{ SUBDOMAIN, "Web", { "a lowercase RFC 1123 subdomain must consist of" } },
	{ SUBDOMAIN, "", { "a lowercase RFC 1123 subdomain must consist of" } },
	{ SUBDOMAIN, "a.", { "a lowercase RFC 1123 subdomain must consist of" } },
	{ SUBDOMAIN, X253 "x", { "must be no more than 253 characters" } },
	{ LABEL, "web-0", { 0 } },
	{ LABEL, "a.b", { "must not contain dots" } },
	{ LABEL, "a_b", { "a lowercase RFC 1123 label must consist of" } },
	{ LABEL, "a{b", { "a lowercase RFC 1123 label must consist of" } },
	{ LABEL, "ab-", { "a lowercase RFC 1123 label must consist of" } },
	{ LABEL, "-", { "a lowercase RFC 1123 label must consist of" } },
	{ LABEL, X63 "x", { "must be no more than 63 characters" } },
	{ SEGMENT, "", { 0 } },
	{ SEGMENT, "any thing", { 0 } },
	{ SEGMENT, "...", { 0 } },
	{ SEGMENT, ".", { "may not be '.'" } },
	{ SEGMENT, "..", { "may not be '..'" } },
	{ SEGMENT, "a/b%c", { "may not contain '/'", "may not contain '%'" } },
	{ SEGMENT, "%", { "may not contain '%'" } },
};

static struct names_problems problems_of(enum check check, struct sv text)
{
	switch (check) {
	case KEY:
		return names_label_key(text);
	case VALUE:
		return names_label_value(text);
	case SUBDOMAIN:
		return names_dns1123_subdomain(text);
	case LABEL:
		return names_dns1123_label(text);
	case SEGMENT:
		break;
	}
	return names_path_segment(text);
}

START_TEST(each_problem_is_told)
{
	struct names_problems got = problems_of(NAMES[_i].check, sv_of(NAMES[_i].text));
	size_t n = 0;

	while (n < ARRAY_LEN(NAMES[_i].problems) && NAMES[_i].problems[n])
		n++;
	ck_assert_msg(got.n == n, "\"%s\": %zu problems", NAMES[_i].text, got.n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(sv_has_prefix(sv_of(got.at[i]), sv_of(NAMES[_i].problems[i])),
			"\"%s\": %s", NAMES[_i].text, got.at[i]);
}
END_TEST

START_TEST(the_short_forms_agree)
{
	ck_assert(names_is_label_key(SV("a/b")) && !names_is_label_key(SV("a/b/c")));
	ck_assert(names_is_dns1123_subdomain(SV("a.b")) && !names_is_dns1123_subdomain(SV("a..b")));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, each_problem_is_told, 0, ARRAY_LEN(NAMES));
	tcase_add_test(tcase, the_short_forms_agree);
}

int main(void)
{
	return run_case("names", add);
}
