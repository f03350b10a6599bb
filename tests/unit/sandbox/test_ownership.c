/* Owners of fields, and server-side apply: one object through a series of writes. */
#include <check.h>
#include <stdlib.h>

#include "sandbox/denials.h"
#include "sandbox/ownership.h"

enum kind { UPDATE, SCALE, APPLY, FORCE };

#define MAX_WRITES 4

static const struct row {
	const char *what;
	struct write {
		enum kind kind;
		const char *manager, *json; /* whole object; what is applied */
	} writes[MAX_WRITES];
	const char *conflict; /* of the last write, or NULL */
	const char *spec;     /* in the end */
	const char *owners;   /* "manager/operation/subresource fields" with blanks between */
} ROWS[] = {
	/* clang-format off */
	{ "a create owns what it sets", { { UPDATE, "kubectl", "{'spec':{'replicas':3,'paused':false}}" } }, NULL,
		"{'replicas':3,'paused':false}", "kubectl/Update/ {'f:spec':{'f:replicas':{},'f:paused':{}}}" },
	{ "a change goes to its writer, the rest stays",
		{ { UPDATE, "kubectl", "{'spec':{'replicas':3,'paused':false}}" }, { SCALE, "ours", "{'spec':{'replicas':4,'paused':false}}" } }, NULL,
		"{'replicas':4,'paused':false}",
		"kubectl/Update/ {'f:spec':{'f:paused':{}}} ours/Update/scale {'f:spec':{'f:replicas':{}}}" },
	{ "a write without a change owns nothing",
		{ { UPDATE, "kubectl", "{'spec':{'replicas':3}}" }, { SCALE, "ours", "{'spec':{'replicas':3}}" } }, NULL,
		"{'replicas':3}", "kubectl/Update/ {'f:spec':{'f:replicas':{}}}" },
	{ "a field that is removed has no owner",
		{ { UPDATE, "kubectl", "{'spec':{'replicas':3,'paused':true}}" }, { UPDATE, "other", "{'spec':{'replicas':3}}" } }, NULL,
		"{'replicas':3}", "kubectl/Update/ {'f:spec':{'f:replicas':{}}}" },
	{ "what the server fills in is nobody's",
		{ { UPDATE, "kubectl", "{'apiVersion':'v1','metadata':{'name':'x','uid':'u','labels':{'a.b/c':'d'}}}" } }, NULL,
		NULL, "kubectl/Update/ {'f:metadata':{'f:labels':{'f:a.b/c':{}}}}" },
	{ "an apply adds to what is there",
		{ { UPDATE, "kubectl", "{'spec':{'max':3}}" }, { APPLY, "override", "{'spec':{'override':{'min':2}}}" } }, NULL,
		"{'max':3,'override':{'min':2}}",
		"kubectl/Update/ {'f:spec':{'f:max':{}}} override/Apply/ {'f:spec':{'f:override':{'f:min':{}}}}" },
	{ "a second apply replaces the first",
		{ { UPDATE, "kubectl", "{'spec':{'max':3}}" }, { APPLY, "override", "{'spec':{'override':{'min':2,'why':'x'}}}" },
		  { APPLY, "override", "{'spec':{'override':{'min':4}}}" } }, NULL,
		"{'max':3,'override':{'min':4}}",
		"kubectl/Update/ {'f:spec':{'f:max':{}}} override/Apply/ {'f:spec':{'f:override':{'f:min':{}}}}" },
	{ "an apply of nothing takes its fields away",
		{ { UPDATE, "kubectl", "{'spec':{'max':3}}" }, { APPLY, "override", "{'spec':{'override':{'min':2}}}" }, { APPLY, "override", "{}" } }, NULL,
		"{'max':3}", "kubectl/Update/ {'f:spec':{'f:max':{}}}" },
	{ "but not what somebody changed since",
		{ { UPDATE, "kubectl", "{'spec':{'max':3}}" }, { APPLY, "override", "{'spec':{'override':{'min':2}}}" },
		  { UPDATE, "kubectl", "{'spec':{'max':3,'override':{'min':7}}}" }, { APPLY, "override", "{}" } }, NULL,
		"{'max':3,'override':{'min':7}}", "kubectl/Update/ {'f:spec':{'f:max':{},'f:override':{'f:min':{}}}}" },
	{ "a field of another one is a conflict",
		{ { UPDATE, "kubectl", "{'spec':{'replicas':3}}" }, { APPLY, "other", "{'spec':{'replicas':4}}" } },
		"Apply failed with 1 conflict: conflict with \"kubectl\" using apps/v1: .spec.replicas",
		"{'replicas':3}", "kubectl/Update/ {'f:spec':{'f:replicas':{}}}" },
	{ "unless the value is the same: then both own it",
		{ { UPDATE, "kubectl", "{'spec':{'replicas':3}}" }, { APPLY, "other", "{'spec':{'replicas':3}}" } }, NULL,
		"{'replicas':3}", "kubectl/Update/ {'f:spec':{'f:replicas':{}}} other/Apply/ {'f:spec':{'f:replicas':{}}}" },
	{ "or it is forced",
		{ { UPDATE, "kubectl", "{'spec':{'replicas':3}}" }, { FORCE, "other", "{'spec':{'replicas':4}}" } }, NULL,
		"{'replicas':4}", "other/Apply/ {'f:spec':{'f:replicas':{}}}" },
	{ "lists are wholes",
		{ { UPDATE, "kubectl", "{'spec':{'metrics':[{'a':1}]}}" }, { UPDATE, "other", "{'spec':{'metrics':[{'a':2}]}}" } }, NULL,
		"{'metrics':[{'a':2}]}", "other/Update/ {'f:spec':{'f:metrics':{}}}" },
	/* clang-format on */
};

/* Single quotes stand for double ones. */
static json_t *parse(const char *text)
{
	static char quoted[2048];
	struct error err;
	json_t *doc = NULL;
	size_t i = 0;

	for (; text[i] != '\0' && i + 1 < sizeof(quoted); i++)
		quoted[i] = text[i] == '\'' ? '"' : text[i];
	quoted[i] = '\0';
	ck_assert_msg(jx_parse(sv_of(quoted), &doc, &err) == ERR_OK, "%s: %s", text, err.text);
	if (!json_object_get(doc, "metadata"))
		ck_assert_int_eq(json_object_set_new(doc, "metadata", json_object()), 0);
	return doc;
}

static void print_owners(struct buf *out, const json_t *doc)
{
	const json_t *list = jx_at(doc, "metadata.managedFields");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *sub = jx_text_at(entry, "subresource");
		buf_printf(out, "%s%s/%s/%s ", i > 0 ? " " : "", jx_text_at(entry, "manager"),
			jx_text_at(entry, "operation"), sub ? sub : "");
		jx_print(out, json_object_get(entry, "fieldsV1"));
	}
}

static void check_text(const char *what, const struct buf *found, const char *expected)
{
	char text[2048];
	size_t n = 0;

	for (const char *c = buf_text(found); *c != '\0' && n + 1 < sizeof(text); c++)
		text[n++] = *c == '"' ? '\'' : *c;
	text[n] = '\0';
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", what, text);
}

/* The object after the write; `before` is taken. */
static json_t *perform(json_t *before, const struct write *w, int sec, struct error *err)
{
	const struct ownership_writer writer = { .manager = w->manager,
		.subresource = w->kind == SCALE ? "scale" : "",
		.api_version = "apps/v1",
		.now = { sec, 0 } };
	json_t *doc = parse(w->json), *made = NULL;

	if (w->kind == UPDATE || w->kind == SCALE) {
		ck_assert_int_eq(ownership_update(doc, before, &writer, err), ERR_OK);
		json_decref(before);
		return doc;
	}
	err->kind = ownership_apply(before, doc, &writer, w->kind == FORCE, &made, err);
	json_decref(doc);
	if (err->kind != ERR_OK)
		return before;
	json_decref(before);
	return made;
}

START_TEST(rows)
{
	AUTO(buf_done) struct buf owners = { 0 }, spec = { 0 };
	const struct row *row = &ROWS[_i];
	struct error err = { .kind = ERR_OK };
	json_t *doc = NULL;

	buf_init(&owners, 65536);
	buf_init(&spec, 65536);
	for (int i = 0; i < MAX_WRITES && row->writes[i].manager; i++)
		doc = perform(doc, &row->writes[i], i, &err);
	if (row->conflict) {
		ck_assert_int_eq(err.kind, ERR_CONFLICT);
		ck_assert_str_eq(err.text, row->conflict);
	} else {
		ck_assert_msg(err.kind == ERR_OK, "%s: %s", row->what, err.text);
	}
	print_owners(&owners, doc);
	check_text(row->what, &owners, row->owners);
	if (row->spec) {
		jx_print(&spec, json_object_get(doc, "spec"));
		check_text(row->what, &spec, row->spec);
	}
	json_decref(doc);
}
END_TEST

static const struct {
	const char *denied, *verb, *group, *resource, *sub;
	bool match;
} DENIALS[] = {
	{ "list:pods", "list", "", "pods", "", true },
	{ "list:pods", "get", "", "pods", "", false },
	{ "list:pods", "list", "metrics.k8s.io", "pods", "", false },
	{ "update:deployments/scale.apps", "update", "apps", "deployments", "scale", true },
	{ "update:deployments/scale.apps", "update", "apps", "deployments", "", false },
	{ "*:*/*.custom.metrics.k8s.io", "get", "custom.metrics.k8s.io", "pods", "qps", true },
	{ "*:*/*.custom.metrics.k8s.io", "get", "", "pods", "qps", false },
};

START_TEST(denials)
{
	struct denials d = { .n = 0 };
	const struct denial_request request = { sv_of(DENIALS[_i].verb), sv_of(DENIALS[_i].group),
		sv_of(DENIALS[_i].resource), sv_of(DENIALS[_i].sub) };

	ck_assert(!denials_match(&d, &request));
	ck_assert(denials_add(&d, sv_of(DENIALS[_i].denied)));
	ck_assert_msg(denials_match(&d, &request) == DENIALS[_i].match, "%s against %s %s",
		DENIALS[_i].denied, DENIALS[_i].verb, DENIALS[_i].resource);
}
END_TEST

START_TEST(malformed_denials_and_too_many_are_refused)
{
	static const char *const BAD[] = { "", "list", "list:", ":pods" };
	struct denials d = { .n = 0 };

	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		ck_assert_msg(!denials_add(&d, sv_of(BAD[i])), "%s", BAD[i]);
	for (size_t i = 0; i < DENIALS_MAX; i++)
		ck_assert(denials_add(&d, SV("list:pods")));
	ck_assert(!denials_add(&d, SV("list:pods")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ownership");
	TCase *t = tcase_create("ownership");

	jx_init();
	tcase_add_loop_test(t, rows, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_loop_test(t, denials, 0, (int)ARRAY_LEN(DENIALS));
	tcase_add_test(t, malformed_denials_and_too_many_are_refused);
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
