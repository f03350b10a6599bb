/* Our decision against theirs. */
#include "common/mem.h"
#include "controller/divergence.h"
#include "tests/unit/controller/run.h"

static struct hpa_condition conditions[2];

static struct hpa_status theirs(int32_t desired, const char *able, const char *active)
{
	conditions[0] = (struct hpa_condition){ .type = SV("AbleToScale"), .status = sv_of(able) };
	conditions[1] =
		(struct hpa_condition){ .type = SV("ScalingActive"), .status = sv_of(active) };
	return (struct hpa_status){
		.desired_replicas = desired, .conditions = conditions, .n_conditions = 2
	};
}

static struct mono at(int sec)
{
	return (struct mono){ sec * NS_PER_SEC };
}

static void check_text(const struct divergence *d, int sec, const char *text)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1000);
	divergence_print(&out, d, at(sec));
	ck_assert_str_eq(buf_text(&out), text);
}

START_TEST(an_agreement)
{
	struct hpa_status status = theirs(5, "True", "True");
	struct divergence d = { 0 };

	ck_assert(divergence_compare(&d, &status, 5, at(0)));
	ck_assert_int_eq(divergence_of(&d), 0);
	ck_assert_uint_eq(d.n_same, 1);
	check_text(&d, 9, "the cluster's controller wants 5, too");
}
END_TEST

START_TEST(a_difference_lasts_until_an_agreement)
{
	struct hpa_status status = theirs(5, "True", "True");
	struct divergence d = { 0 };

	ck_assert(divergence_compare(&d, &status, 7, at(10)));
	check_text(&d, 10, "the cluster's controller wants 5, this one 7");
	ck_assert(divergence_compare(&d, &status, 3, at(40)));
	ck_assert_int_eq(divergence_of(&d), -2);
	check_text(&d, 100, "the cluster's controller wants 5, this one 3 (for 1m30s)");
	ck_assert(divergence_compare(&d, &status, 5, at(110)));
	ck_assert(divergence_compare(&d, &status, 6, at(120)));
	check_text(&d, 121, "the cluster's controller wants 5, this one 6 (for 1s)");
	ck_assert_uint_eq(d.n_other, 3);
}
END_TEST

START_TEST(a_status_without_a_decision_is_none_to_compare_with)
{
	static const char *const STATES[][2] = { { "False", "True" }, { "True", "False" },
		{ "Unknown", "True" } };

	for (size_t i = 0; i < ARRAY_LEN(STATES); i++) {
		struct hpa_status status = theirs(5, STATES[i][0], STATES[i][1]);
		struct divergence d = { .compared = true, .ours = 7, .theirs = 5 };
		ck_assert(!divergence_compare(&d, &status, 9, at(0)));
		ck_assert_int_eq(divergence_of(&d), 0);
		check_text(&d, 1, "the cluster's controller tells of no decision to compare with");
	}
	const struct hpa_status empty = { 0 };
	struct divergence d = { 0 };
	ck_assert(!divergence_compare(&d, &empty, 0, at(0)));
}
END_TEST

START_TEST(counts_far_apart_do_not_overflow)
{
	struct hpa_status status = theirs(INT32_MIN, "True", "True");
	struct divergence d = { 0 };

	ck_assert(divergence_compare(&d, &status, INT32_MAX, at(0)));
	ck_assert_int_eq(divergence_of(&d), (int64_t)INT32_MAX - INT32_MIN);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, an_agreement);
	tcase_add_test(t, a_difference_lasts_until_an_agreement);
	tcase_add_test(t, a_status_without_a_decision_is_none_to_compare_with);
	tcase_add_test(t, counts_far_apart_do_not_overflow);
}

int main(void)
{
	return run_case("divergence", add);
}
