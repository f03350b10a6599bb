/* There and back: what is printed for a native autoscaler, and what brings it back. */
#include <check.h>
#include <stdlib.h>

#include "cli/adopt.h"
#include "common/yx_print.h"

#define META                                                                                       \
	"\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"u\",\"resourceVersion\":" \
	"\"7\""
#define SPEC                                                                                       \
	"\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/"                                     \
	"v1\",\"kind\":\"Deployment\",\"name\":"                                                   \
	"\"web\"},\"minReplicas\":2,\"maxReplicas\":10,\"metrics\":[{\"type\":\"Resource\","       \
	"\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\","                     \
	"\"averageUtilization\":70}}}]}"
#define HPA(meta)                                                                                  \
	"{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\"," META meta       \
	"}," SPEC ",\"status\":{\"desiredReplicas\":3}}"
#define OWN                                                                                        \
	"{\"apiVersion\":\"flyball.dev/v1alpha1\",\"kind\":\"HorizontalAutoscaler\"," META         \
	"}," SPEC "}"

#define TARGET "  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: web\n"
#define METRICS                                                                                    \
	"  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      target:\n"          \
	"        type: Utilization\n        averageUtilization: 70\n"

static struct arena arena;
static struct buf notes, text;
static struct error err;

static void setup(void)
{
	arena_init(&arena, 1 << 24);
	buf_init(&notes, 1 << 16);
	buf_init(&text, 1 << 16);
}

static void teardown(void)
{
	arena_done(&arena);
	buf_done(&notes);
	buf_done(&text);
}

static const char *print(const struct jtree *t)
{
	buf_clear(&text);
	yx_print(&text, t);
	return buf_text(&text);
}

static struct adopt_pair take(const char *json)
{
	struct adopt_pair pair;

	ck_assert_msg(
		adopt_take(&arena, sv_of(json), &pair, &notes, &err) == ERR_OK, "%s", err.text);
	return pair;
}

START_TEST(the_native_object_goes_first_and_idle)
{
	struct adopt_pair pair = take(HPA(""));
	const char *yaml = print(pair.first);

	ck_assert_msg(strstr(yaml, TARGET "  minReplicas: 1\n  maxReplicas: 2147483647\n" METRICS
					  "  behavior:\n"
					  "    scaleUp:\n      selectPolicy: Disabled\n"
					  "    scaleDown:\n      selectPolicy: Disabled\n"),
		"%s", yaml);
	ck_assert(strstr(yaml, "flyball.dev/adopted-spec: \"{\\\"scaleTargetRef\\\"") != NULL);
	ck_assert(strstr(yaml, "status") == NULL && strstr(yaml, "resourceVersion") == NULL);
	ck_assert_uint_eq(notes.len, 0);
}
END_TEST

START_TEST(ours_has_the_original_spec)
{
	struct adopt_pair pair = take(HPA(""));

	ck_assert_str_eq(print(pair.second),
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata:\n  name: "
		"web\n  namespace: shop\nspec:\n" TARGET
		"  minReplicas: 2\n  maxReplicas: 10\n" METRICS);
}
END_TEST

START_TEST(release_brings_the_object_back_as_it_was)
{
	static const char *const ANNOTATIONS[] = { "", ",\"annotations\":{\"team\":\"a\"}" };
	static const char *const OBJECTS[] = { HPA(""), HPA(",\"annotations\":{\"team\":\"a\"}") };

	for (size_t i = 0; i < ARRAY_LEN(OBJECTS); i++) {
		AUTO(buf_done) struct buf idle = { 0 }, expected = { 0 };
		struct adopt_pair pair = take(OBJECTS[i]), back;
		struct jtree *original;
		buf_init(&idle, 1 << 16);
		buf_init(&expected, 1 << 16);
		jtree_print(&idle, pair.first);
		ck_assert_int_eq(
			adopt_release(&arena, buf_sv(&idle), SV(OWN), &back, &notes, &err), ERR_OK);
		buf_printf(&expected,
			"{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\","
			"\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"%s}," SPEC "}",
			ANNOTATIONS[i]);
		ck_assert_int_eq(jtree_parse(&arena, buf_sv(&expected), &original, &err), ERR_OK);
		ck_assert_msg(jtree_eq(back.second, original), "%s", print(back.second));
		ck_assert(strstr(print(back.first), "  mode: Recommend\n") != NULL);
	}
}
END_TEST

START_TEST(release_without_an_object_of_ours_says_so)
{
	struct adopt_pair pair = take(HPA("")), back;
	AUTO(buf_done) struct buf idle = { 0 };

	buf_init(&idle, 1 << 16);
	jtree_print(&idle, pair.first);
	ck_assert_int_eq(
		adopt_release(&arena, buf_sv(&idle), SV_NULL, &back, &notes, &err), ERR_OK);
	ck_assert_ptr_null(back.first);
	ck_assert(strstr(buf_text(&notes), "no object of our kind") != NULL);
}
END_TEST

START_TEST(an_adopted_object_is_not_adopted_again)
{
	struct adopt_pair pair;

	ck_assert_int_eq(adopt_take(&arena,
				 SV(HPA(",\"annotations\":{\"flyball.dev/adopted-spec\":\"{}\"}")),
				 &pair, &notes, &err),
		ERR_INVALID);
	ck_assert(strstr(err.text, "flyball release") != NULL);
}
END_TEST

START_TEST(what_was_not_adopted_is_not_released)
{
	static const struct {
		const char *json, *why;
	} BAD[] = {
		{ HPA(""), "carries no annotation" },
		{ HPA(",\"annotations\":{\"flyball.dev/adopted-spec\":\"{\"}"), "adopted-spec: " },
		{ HPA(",\"annotations\":{\"flyball.dev/adopted-spec\":\"[]\"}"),
			"no spec but a list" },
	};
	struct adopt_pair pair;

	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		ck_assert_int_eq(
			adopt_release(&arena, sv_of(BAD[i].json), SV_NULL, &pair, &notes, &err),
			ERR_INVALID);
		ck_assert_msg(strstr(err.text, BAD[i].why) != NULL, "%s", err.text);
	}
}
END_TEST

static const struct {
	const char *json, *note;
} OWNED[] = {
	{ HPA(",\"annotations\":{\"argocd.argoproj.io/tracking-id\":\"x\"}"), "Argo CD deploys" },
	{ HPA(",\"labels\":{\"kustomize.toolkit.fluxcd.io/name\":\"x\"}"), "Flux deploys" },
	{ HPA(",\"annotations\":{\"meta.helm.sh/release-name\":\"x\"}"), "Helm deploys" },
	{ HPA(",\"ownerReferences\":[{\"kind\":\"ScaledObject\",\"name\":\"so\"}]"),
		"ScaledObject so owns this object and takes changes back: pause it" },
};

START_TEST(who_would_take_the_change_back_is_told)
{
	(void)take(OWNED[_i].json);
	ck_assert_msg(strstr(buf_text(&notes), OWNED[_i].note) != NULL, "%s", buf_text(&notes));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("adopt");
	TCase *t = tcase_create("adopt");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_native_object_goes_first_and_idle);
	tcase_add_test(t, ours_has_the_original_spec);
	tcase_add_test(t, release_brings_the_object_back_as_it_was);
	tcase_add_test(t, release_without_an_object_of_ours_says_so);
	tcase_add_test(t, an_adopted_object_is_not_adopted_again);
	tcase_add_test(t, what_was_not_adopted_is_not_released);
	tcase_add_loop_test(t, who_would_take_the_change_back_is_told, 0, (int)ARRAY_LEN(OWNED));
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
