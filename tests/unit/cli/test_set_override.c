/* What is applied for an override, and what is refused before. */
#include <check.h>
#include <stdlib.h>

#include "cli/set_override.h"
#include "common/mem.h"

#define HOUR (3600 * NS_PER_SEC)
#define OWN(spec)                                                                                  \
	"{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"u1\",\"managedFields\":" \
	"["                                                                                        \
	"{\"manager\":\"kubectl-edit\",\"operation\":\"Update\",\"fieldsV1\":{\"f:spec\":{"        \
	"\"f:override\":{\"f:until\":{}}}}}]},\"spec\":{" spec "}}"
#define ID                                                                                         \
	"{\"apiVersion\":\"flyball.dev/v1alpha1\",\"kind\":\"HorizontalAutoscaler\","              \
	"\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"u1\"}"
#define OVERRIDE(min, max)                                                                         \
	ID ",\"spec\":{\"override\":{\"minReplicas\":" min ",\"maxReplicas\":" max                 \
	   ",\"until\":\"1970-01-01T03:00:00Z\",\"reason\":\"INC-12\"}}}"
#define BOUNDS "\"minReplicas\":2,\"maxReplicas\":10"
#define PRESENT                                                                                    \
	",\"override\":{\"minReplicas\":5,\"maxReplicas\":6,\"until\":\"x\",\"reason\":\"old\"}"

static struct arena arena;
static struct buf body, told;
static struct error err;

static void setup(void)
{
	arena_init(&arena, 1 << 20);
	buf_init(&body, 1 << 16);
	buf_init(&told, 1 << 16);
}

static void teardown(void)
{
	arena_done(&arena);
	buf_done(&body);
	buf_done(&told);
}

static const struct {
	const char *what, *own;
	int min, max; /* -1: not given */
	const char *body, *told;
} ROWS[] = {
	{ "a minimum within the bounds", OWN(BOUNDS), 5, -1, OVERRIDE("5", "10"),
		"5 to 10 replicas until 1970-01-01T03:00:00Z: INC-12" },
	{ "a minimum above them takes the maximum along", OWN(BOUNDS), 20, -1, OVERRIDE("20", "20"),
		"20 to 20 replicas until 1970-01-01T03:00:00Z: INC-12" },
	{ "a maximum below them takes the minimum along", OWN(BOUNDS), -1, 1, OVERRIDE("1", "1"),
		"1 to 1 replicas until 1970-01-01T03:00:00Z: INC-12" },
	{ "a maximum within the bounds", OWN(BOUNDS), -1, 4, OVERRIDE("2", "4"),
		"2 to 4 replicas until 1970-01-01T03:00:00Z: INC-12" },
	{ "without minReplicas it is 1", OWN("\"maxReplicas\":10"), -1, 4, OVERRIDE("1", "4"),
		"1 to 4 replicas until 1970-01-01T03:00:00Z: INC-12" },
	{ "one that is there is told", OWN(BOUNDS PRESENT), 0, 4, OVERRIDE("0", "4"),
		"0 to 4 replicas until 1970-01-01T03:00:00Z: INC-12; before: 5 to 6 replicas "
		"until x: old, set by kubectl-edit" },
};

static struct opt_i32 opt(int n)
{
	return n < 0 ? (struct opt_i32){ 0 } : opt_i32_of(n);
}

START_TEST(rows)
{
	const struct set_override o = { .min = opt(ROWS[_i].min),
		.max = opt(ROWS[_i].max),
		.for_ns = 2 * HOUR,
		.reason = "INC-12" };

	ck_assert_int_eq(set_override_check(&o, &err), ERR_OK);
	ck_assert_msg(set_override_compute(&arena, sv_of(ROWS[_i].own), &o,
			      (struct wall){ 3600, 5 }, &body, &told, &err) == ERR_OK,
		"%s: %s", ROWS[_i].what, err.text);
	ck_assert_str_eq(buf_text(&body), ROWS[_i].body);
	ck_assert_str_eq(buf_text(&told), ROWS[_i].told);
}
END_TEST

START_TEST(clearing_applies_nothing_but_the_name)
{
	const struct set_override o = { .clear = true };

	ck_assert_int_eq(set_override_check(&o, &err), ERR_OK);
	ck_assert_int_eq(set_override_compute(&arena, SV(OWN("\"maxReplicas\":\"x\"" PRESENT)), &o,
				 (struct wall){ 0, 0 }, &body, &told, &err),
		ERR_OK);
	ck_assert_str_eq(buf_text(&body), ID "}");
	buf_clear(&told);
	ck_assert(set_override_remains(&arena, SV(OWN(BOUNDS PRESENT)), &told));
	ck_assert_str_eq(buf_text(&told), "5 to 6 replicas until x: old, set by kubectl-edit");
	ck_assert(!set_override_remains(&arena, SV(OWN(BOUNDS)), &told));
}
END_TEST

START_TEST(an_object_without_bounds_is_refused)
{
	static const char *const BAD[] = { OWN(""), OWN("\"maxReplicas\":0"),
		OWN("\"minReplicas\":7,\"maxReplicas\":5"), OWN("\"maxReplicas\":\"5\"") };
	const struct set_override o = { .min = opt(3), .for_ns = HOUR, .reason = "INC-12" };

	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		ck_assert_int_eq(set_override_compute(&arena, sv_of(BAD[i]), &o,
					 (struct wall){ 0, 0 }, &body, &told, &err),
			ERR_INVALID);
		ck_assert(strstr(err.text, "no bounds") != NULL);
	}
}
END_TEST

static const struct {
	const char *part;
	int min, max;
	int64_t for_ns;
	const char *reason;
	bool clear;
} WRONG[] = {
	{ "expected --min, --max or both", -1, -1, HOUR, "x", false },
	{ "--min=5 is more than --max=4", 5, 4, HOUR, "x", false },
	{ "expected --for=DURATION", 5, -1, 0, "x", false },
	{ "expected --for=DURATION", 5, -1, 1000 * HOUR, "x", false },
	{ "expected --reason=TEXT", 5, -1, HOUR, NULL, false },
	{ "expected --reason=TEXT", 5, -1, HOUR, "", false },
	{ "--clear excludes", 5, -1, 0, NULL, true },
};

START_TEST(wrong_wishes)
{
	const struct set_override o = { opt(WRONG[_i].min), opt(WRONG[_i].max), WRONG[_i].for_ns,
		WRONG[_i].reason, WRONG[_i].clear };

	ck_assert_int_eq(set_override_check(&o, &err), ERR_INVALID);
	ck_assert_msg(strstr(err.text, WRONG[_i].part) != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("set_override");
	TCase *t = tcase_create("set_override");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, rows, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(t, clearing_applies_nothing_but_the_name);
	tcase_add_test(t, an_object_without_bounds_is_refused);
	tcase_add_loop_test(t, wrong_wishes, 0, (int)ARRAY_LEN(WRONG));
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
