/* Who set the replicas. */
#include "common/mem.h"
#include "controller/replica_author.h"
#include "tests/unit/controller/run.h"

#define ENTRY(manager, operation, sub, time)                                                       \
	"{\"manager\":\"" manager "\",\"operation\":\"" operation "\",\"time\":\"" time            \
	"\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}" sub "}"
#define SCALE ",\"subresource\":\"scale\""
#define TARGET(entries) "{\"metadata\":{\"managedFields\":[" entries "]}}"

static const struct {
	const char *what, *json, *text;
	bool ours;
} ROWS[] = {
	{ "a GitOps tool took the count back",
		TARGET(ENTRY("flyball-controller", "Update", SCALE,
			"2026-11-21T10:00:00Z") "," ENTRY("argocd-controller", "Apply", "",
			"2026-11-21T10:00:30Z")),
		"argocd-controller (Apply) at 2026-11-21T10:00:30Z", false },
	{ "a person scaled", TARGET(ENTRY("kubectl", "Update", SCALE, "2026-11-21T10:00:30Z")),
		"kubectl (Update of scale) at 2026-11-21T10:00:30Z", false },
	{ "we did, after an apply",
		TARGET(ENTRY("helm", "Apply", "", "2026-11-21T09:00:00Z") "," ENTRY(
			"flyball-controller", "Update", SCALE, "2026-11-21T10:00:00Z")),
		"flyball-controller (Update of scale) at 2026-11-21T10:00:00Z", true },
	{ "our name outside of scale is somebody else",
		TARGET(ENTRY("flyball-controller", "Update", "", "2026-11-21T10:00:00Z")),
		"flyball-controller (Update) at 2026-11-21T10:00:00Z", false },
	{ "nobody", "{\"metadata\":{\"managedFields\":[]}}", NULL, false },
	{ "a manager without a name",
		"{\"metadata\":{\"managedFields\":[{\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}}]"
		"}}",
		"an unnamed manager", false },
};

START_TEST(rows)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct managed_fields_writer author;
	bool found = replica_author_find(sv_of(ROWS[_i].json), &author);

	buf_init(&text, 1000);
	ck_assert_msg(found == (ROWS[_i].text != NULL), "%s", ROWS[_i].what);
	if (!found)
		return;
	replica_author_print(&text, &author);
	ck_assert_str_eq(buf_text(&text), ROWS[_i].text);
	ck_assert_msg(replica_author_is_ours(&author) == ROWS[_i].ours, "%s", ROWS[_i].what);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, rows, 0, (int)ARRAY_LEN(ROWS));
}

int main(void)
{
	return run_case("replica_author", add);
}
