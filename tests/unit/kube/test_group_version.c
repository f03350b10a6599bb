/* apiVersion texts. */
#include <stdio.h>

#include "common/mem.h"
#include "kube/group_version.h"
#include "tests/unit/kube/run.h"

static const struct {
	const char *text, *group, *version; /* group NULL: refused */
} TEXTS[] = {
	{ "", "", "" },
	{ "/", "", "" },
	{ "v1", "", "v1" },
	{ "apps", "", "apps" },
	{ "apps/v1", "apps", "v1" },
	{ "apps/", "apps", "" },
	{ "/v1", "", "v1" },
	{ " apps/v1", " apps", "v1" },
	{ "//", NULL, NULL },
	{ "a/b/c", NULL, NULL },
};

START_TEST(a_text_is_split_at_its_only_slash)
{
	struct group_version gv;
	struct error err;
	char expected[64];

	enum error_kind kind = group_version_parse(sv_of(TEXTS[_i].text), &gv, &err);
	if (TEXTS[_i].group) {
		ck_assert_int_eq(kind, ERR_OK);
		ck_assert(sv_is(gv.group, TEXTS[_i].group) && sv_is(gv.version, TEXTS[_i].version));
		return;
	}
	ck_assert_int_eq(kind, ERR_INVALID);
	(void)snprintf(
		expected, sizeof(expected), "unexpected GroupVersion string: %s", TEXTS[_i].text);
	ck_assert_str_eq(err.text, expected);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_text_is_split_at_its_only_slash, 0, ARRAY_LEN(TEXTS));
}

int main(void)
{
	return run_case("group_version", add);
}
