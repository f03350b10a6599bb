/* The scale that an object has, against what API servers answer for it. */
#include "common/limits.h"
#include "controller/scale_derive.h"
#include "tests/unit/controller/run.h"

#define META                                                                                       \
	"\"metadata\":{\"name\":\"web\",\"namespace\":\"n\",\"uid\":\"u1\",\"resourceVersion\":"   \
	"\"7\"}"
#define SCALE(replicas, status)                                                                    \
	"{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{\"name\":\"web\","    \
	"\"namespace\":\"n\",\"uid\":\"u1\",\"resourceVersion\":\"7\"},\"spec\":{"                 \
	"\"replicas\":" replicas "},\"status\":" status "}"

static const struct {
	const char *sentence;
	enum scale_kind kind;
	const char *object, *scale; /* scale NULL: refused */
} ROWS[] = {
	{ "a Deployment", SCALE_DEPLOYMENT,
		"{" META ",\"spec\":{\"replicas\":3,\"selector\":{\"matchLabels\":{\"b\":\"2\","
		"\"a\":\"1\"}}},"
		"\"status\":{\"replicas\":2}}",
		SCALE("3", "{\"replicas\":2,\"selector\":\"a=1,b=2\"}") },
	{ "a selector with expressions", SCALE_STATEFUL_SET,
		"{" META
		",\"spec\":{\"replicas\":0,\"selector\":{\"matchExpressions\":[{\"key\":\"t\","
		"\"operator\":\"In\",\"values\":[\"y\",\"x\"]},{\"key\":\"z\",\"operator\":"
		"\"DoesNotExist\"}]}}}",
		SCALE("0", "{\"replicas\":0,\"selector\":\"t in (x,y),!z\"}") },
	{ "a ReplicationController's selector is a map", SCALE_REPLICATION_CONTROLLER,
		"{" META ",\"spec\":{\"replicas\":1,\"selector\":{\"app\":\"web\"}},\"status\":{"
		"\"replicas\":1}}",
		SCALE("1", "{\"replicas\":1,\"selector\":\"app=web\"}") },
	{ "without a count it is one", SCALE_REPLICA_SET, "{" META ",\"spec\":{}}",
		SCALE("1", "{\"replicas\":0}") },
	{ "of a Scale only the counts are read, and an absent one is zero", SCALE_OTHER,
		"{" META ",\"spec\":{},\"status\":{\"replicas\":4,\"selector\":\"x\"}}",
		SCALE("0", "{\"replicas\":4}") },
	{ "a count that is none", SCALE_DEPLOYMENT, "{" META ",\"spec\":{\"replicas\":\"3\"}}",
		NULL },
	{ "a count below zero", SCALE_DEPLOYMENT, "{" META ",\"spec\":{\"replicas\":-1}}", NULL },
	{ "a selector that is none", SCALE_DEPLOYMENT, "{" META ",\"spec\":{\"selector\":\"a=b\"}}",
		NULL },
	{ "broken JSON", SCALE_DEPLOYMENT, "{", NULL },
};

START_TEST(objects_have_the_scale_that_the_server_would_answer)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	struct scale_derived d;
	struct error err;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	buf_init(&text, LIMIT_OBJECT_BYTES);
	enum error_kind rc = scale_derive_read(&a, ROWS[_i].kind, sv_of(ROWS[_i].object), &d, &err);
	ck_assert_msg((rc == ERR_OK) == (ROWS[_i].scale != NULL), "%s", ROWS[_i].sentence);
	if (rc != ERR_OK)
		return;
	scale_derive_print(&text, SV("n"), SV("web"), &d);
	ck_assert_str_eq(buf_text(&text), ROWS[_i].scale);
}
END_TEST

START_TEST(kinds_are_told_by_group_and_kind)
{
	ck_assert_int_eq(scale_derive_kind(SV("apps/v1"), SV("Deployment")), SCALE_DEPLOYMENT);
	ck_assert_int_eq(scale_derive_kind(SV("apps/v9"), SV("deployment")), SCALE_DEPLOYMENT);
	ck_assert_int_eq(scale_derive_kind(SV("v1"), SV("ReplicationController")),
		SCALE_REPLICATION_CONTROLLER);
	ck_assert_int_eq(scale_derive_kind(SV("example.com/v1"), SV("Deployment")), SCALE_OTHER);
	ck_assert_int_eq(scale_derive_kind(SV("a/b/c"), SV("Deployment")), SCALE_OTHER);
	ck_assert_int_eq(scale_derive_resource(SV("apps"), SV("statefulsets")), SCALE_STATEFUL_SET);
	ck_assert_int_eq(scale_derive_resource(SV(""), SV("pods")), SCALE_OTHER);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, objects_have_the_scale_that_the_server_would_answer, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, kinds_are_told_by_group_and_kind);
}

int main(void)
{
	return run_case("scale_derive", add);
}
