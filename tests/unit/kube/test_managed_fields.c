/* Who wrote a field last. */
#include <stdio.h>

#include "common/mem.h"
#include "kube/managed_fields.h"
#include "tests/unit/kube/run.h"

#define ENTRY(manager, operation, sub, time, fields)                                               \
	"{\"manager\":\"" manager "\",\"operation\":\"" operation                                  \
	"\",\"apiVersion\":\"apps/v1\",\"time\":\"" time                                           \
	"\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":" fields ",\"subresource\":\"" sub "\"}"
#define REPLICAS "{\"f:spec\":{\"f:paused\":{},\"f:replicas\":{}}}"
#define OTHER "{\"f:spec\":{\"f:template\":{\"f:replicas\":{}}},\"f:replicas\":{}}"
#define OBJECT(entries)                                                                            \
	"{\"metadata\":{\"name\":\"web\",\"managedFields\":[" entries                              \
	"]},\"spec\":{\"replicas\":3}}"

static const char *const PATH[] = { "f:spec", "f:replicas", NULL };

static const struct {
	const char *what, *json, *except;
	const char *manager; /* NULL: nobody */
	const char *operation, *subresource;
} ROWS[] = {
	{ "the only owner",
		OBJECT(ENTRY("kubectl", "Update", "", "2026-11-21T10:00:00Z", REPLICAS)), NULL,
		"kubectl", "Update", "" },
	{ "the newest of two, whatever their order",
		OBJECT(ENTRY("argocd-controller", "Apply", "", "2026-11-21T10:00:02Z",
			REPLICAS) "," ENTRY("kubectl", "Update", "", "2026-11-21T10:00:01Z",
			REPLICAS)),
		NULL, "argocd-controller", "Apply", "" },
	{ "of two with one time the last",
		OBJECT(ENTRY("a", "Apply", "", "2026-11-21T10:00:02Z", REPLICAS) "," ENTRY(
			"b", "Update", "scale", "2026-11-21T10:00:02Z", REPLICAS)),
		NULL, "b", "Update", "scale" },
	{ "a manager that does not count",
		OBJECT(ENTRY("ours", "Update", "scale", "2026-11-21T10:00:02Z", REPLICAS) "," ENTRY(
			"kubectl", "Update", "", "2026-11-21T10:00:01Z", REPLICAS)),
		"ours", "kubectl", "Update", "" },
	{ "fields of the same name elsewhere do not count",
		OBJECT(ENTRY("kubectl", "Update", "", "2026-11-21T10:00:00Z", OTHER)), NULL, NULL,
		"", "" },
	{ "escapes in a name are decoded",
		OBJECT(ENTRY("a\\u0062", "Update", "", "2026-11-21T10:00:00Z", REPLICAS)), NULL,
		"ab", "Update", "" },
	{ "a broken time disqualifies an entry",
		OBJECT(ENTRY("kubectl", "Update", "", "yesterday", REPLICAS)), NULL, NULL, "", "" },
	{ "fieldsV1 of another type is passed over",
		OBJECT(ENTRY("kubectl", "Update", "", "2026-11-21T10:00:00Z", "[1]")), NULL, NULL,
		"", "" },
	{ "an object without the list", "{\"metadata\":{\"name\":\"web\"}}", NULL, NULL, "", "" },
	{ "no metadata", "{\"spec\":{}}", NULL, NULL, "", "" },
	{ "text that ends early", "{\"metadata\":{\"managedFields\":[{\"manager\":\"a\"", NULL,
		NULL, "", "" },
	{ "no object", "[]", NULL, NULL, "", "" },
};

START_TEST(rows)
{
	const struct managed_fields_query query = { PATH, ROWS[_i].except };
	struct managed_fields_writer w;
	bool found = managed_fields_newest(sv_of(ROWS[_i].json), &query, &w);

	ck_assert_msg(found == (ROWS[_i].manager != NULL), "%s", ROWS[_i].what);
	if (!found)
		return;
	ck_assert_msg(strcmp(w.manager, ROWS[_i].manager) == 0, "%s: %s", ROWS[_i].what, w.manager);
	ck_assert_str_eq(w.operation, ROWS[_i].operation);
	ck_assert_str_eq(w.subresource, ROWS[_i].subresource);
}
END_TEST

START_TEST(a_name_that_is_too_long_disqualifies_the_entry)
{
	static char json[4096];
	const struct managed_fields_query query = { PATH, NULL };
	struct managed_fields_writer w;

	(void)snprintf(json, sizeof(json),
		"{\"metadata\":{\"managedFields\":[{\"manager\":\"%0600d\",\"fieldsV1\":" REPLICAS
		"}]}}",
		7);
	ck_assert(!managed_fields_newest(sv_of(json), &query, &w));
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, rows, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(t, a_name_that_is_too_long_disqualifies_the_entry);
}

int main(void)
{
	return run_case("managed_fields", add);
}
