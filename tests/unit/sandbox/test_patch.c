#include <check.h>
#include <stdlib.h>

#include "sandbox/patch.h"

static const struct row {
	const char *name;
	enum patch_kind kind;
	const char *target, *patch, *want; /* want NULL: refused */
} ROWS[] = {
	{ "a merge patch sets, replaces and removes members", PATCH_MERGE,
		"{\"a\":1,\"b\":{\"c\":2}}", "{\"a\":null,\"b\":{\"d\":3}}",
		"{\"b\":{\"c\":2,\"d\":3}}" },
	{ "a merge patch replaces lists whole", PATCH_MERGE, "{\"a\":[1,2]}", "{\"a\":[3]}",
		"{\"a\":[3]}" },
	{ "a strategic patch merges containers by name", PATCH_STRATEGIC,
		"{\"containers\":[{\"name\":\"a\",\"image\":\"x\"},{\"name\":\"b\"}]}",
		"{\"containers\":[{\"name\":\"a\",\"image\":\"y\"},{\"name\":\"c\"}]}",
		"{\"containers\":[{\"name\":\"a\",\"image\":\"y\"},{\"name\":\"b\"},{\"name\":"
		"\"c\"}]}" },
	{ "a strategic patch replaces lists without a merge key", PATCH_STRATEGIC,
		"{\"metrics\":[{\"type\":\"Pods\"}]}", "{\"metrics\":[{\"type\":\"Resource\"}]}",
		"{\"metrics\":[{\"type\":\"Resource\"}]}" },
	{ "$patch delete removes a list element", PATCH_STRATEGIC,
		"{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
		"{\"containers\":[{\"$patch\":\"delete\",\"name\":\"a\"}]}",
		"{\"containers\":[{\"name\":\"b\"}]}" },
	{ "$patch replace drops what the object had", PATCH_STRATEGIC, "{\"m\":{\"a\":1}}",
		"{\"m\":{\"$patch\":\"replace\",\"b\":2}}", "{\"m\":{\"b\":2}}" },
	{ "$retainKeys keeps only the members named", PATCH_STRATEGIC, "{\"m\":{\"a\":1,\"b\":2}}",
		"{\"m\":{\"$retainKeys\":[\"b\"]}}", "{\"m\":{\"b\":2}}" },
	{ "$setElementOrder sorts the merged list", PATCH_STRATEGIC,
		"{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
		"{\"$setElementOrder/containers\":[{\"name\":\"b\"},{\"name\":\"a\"}]}",
		"{\"containers\":[{\"name\":\"b\"},{\"name\":\"a\"}]}" },
	{ "$deleteFromPrimitiveList takes values out", PATCH_STRATEGIC,
		"{\"finalizers\":[\"a\",\"b\"]}",
		"{\"$deleteFromPrimitiveList/finalizers\":[\"a\"]}", "{\"finalizers\":[\"b\"]}" },
	{ "a JSON patch adds, replaces and removes", PATCH_JSON, "{\"a\":1,\"b\":[1,3]}",
		"[{\"op\":\"replace\",\"path\":\"/a\",\"value\":2},{\"op\":\"add\",\"path\":\"/b/"
		"1\",\"value\":2},"
		"{\"op\":\"remove\",\"path\":\"/b/0\"}]",
		"{\"b\":[2,3],\"a\":2}" },
	{ "a JSON pointer unescapes ~1 and ~0", PATCH_JSON, "{\"a/b\":{\"c~d\":1}}",
		"[{\"op\":\"replace\",\"path\":\"/a~1b/c~0d\",\"value\":2}]",
		"{\"a/b\":{\"c~d\":2}}" },
	{ "a JSON patch moves", PATCH_JSON, "{\"a\":1}",
		"[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"b\":1}" },
	{ "a failed test refuses the whole JSON patch", PATCH_JSON, "{\"a\":1}",
		"[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]", NULL },
	{ "a JSON patch to a place that is not there is refused", PATCH_JSON, "{}",
		"[{\"op\":\"replace\",\"path\":\"/x/y\",\"value\":2}]", NULL },
	{ "a merge patch must be an object", PATCH_MERGE, "{}", "[1]", NULL },
};

START_TEST(patch_row)
{
	const struct row *row = &ROWS[_i];
	json_t *target = NULL, *patch = NULL, *want = NULL, *got = NULL;
	struct error err;

	ck_assert_int_eq(jx_parse(sv_of(row->target), &target, &err), ERR_OK);
	ck_assert_int_eq(jx_parse(sv_of(row->patch), &patch, &err), ERR_OK);
	enum error_kind rc = patch_apply(row->kind, target, patch, &got, &err);
	if (!row->want) {
		ck_assert_msg(rc == ERR_INVALID, "%s: was accepted", row->name);
	} else {
		ck_assert_int_eq(jx_parse(sv_of(row->want), &want, &err), ERR_OK);
		ck_assert_msg(rc == ERR_OK, "%s: %s", row->name, rc == ERR_OK ? "" : err.text);
		ck_assert_msg(json_equal(got, want), "%s: got %s", row->name,
			json_dumps(got, JSON_COMPACT));
	}
	json_decref(target);
	json_decref(patch);
	json_decref(want);
	json_decref(got);
}
END_TEST

START_TEST(content_types)
{
	enum patch_kind kind;

	ck_assert(patch_kind_of(SV("application/merge-patch+json; charset=utf-8"), &kind));
	ck_assert_int_eq(kind, PATCH_MERGE);
	ck_assert(patch_kind_of(SV("application/strategic-merge-patch+json"), &kind));
	ck_assert_int_eq(kind, PATCH_STRATEGIC);
	ck_assert(!patch_kind_of(SV("application/apply-patch+yaml"), &kind));
	ck_assert(!patch_kind_of(SV(""), &kind));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("patch");
	TCase *tcase = tcase_create("patch");
	tcase_add_loop_test(tcase, patch_row, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, content_types);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
