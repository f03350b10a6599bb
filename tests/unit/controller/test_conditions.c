/* Conditions of an object, and whether a status differs. */
#include "common/mem.h"
#include "controller/conditions.h"
#include "controller/hpa_status.h"
#include "kube/label_selector.h"
#include "tests/unit/controller/run.h"

static struct arena arena;
static struct conditions c;
static struct error err;

static struct wall at(int sec)
{
	return (struct wall){ sec, 0 };
}

static void set(const char *type, bool truth, const char *reason, int sec)
{
	struct conditions_entry entry = { type, truth, sv_of(reason), SV("message") };
	conditions_set(&c, &entry, at(sec));
}

static void setup(void)
{
	static struct hpa_condition stored[2];
	stored[0] = (struct hpa_condition){
		.type = SV("ScalingActive"), .status = SV("True"), .last_transition = { 5, 0 }
	};
	stored[1] = (struct hpa_condition){
		.type = SV("Ours"), .status = SV("Unknown"), .last_transition = { 6, 0 }
	};
	struct hpa_status status = { .conditions = stored, .n_conditions = 2 };
	arena_init(&arena, 1 << 20);
	ck_assert_int_eq(conditions_copy(&arena, &status, &c, &err), ERR_OK);
}

static void teardown(void)
{
	arena_done(&arena);
}

START_TEST(a_new_type_is_appended_and_order_kept)
{
	set("AbleToScale", true, "A", 10);
	set("ScalingActive", true, "B", 10);
	ck_assert_uint_eq(c.n, 3);
	ck_assert(sv_is(c.at[0].type, "ScalingActive"));
	ck_assert(sv_is(c.at[2].type, "AbleToScale"));
	ck_assert_int_eq(c.at[2].last_transition.sec, 10);
}
END_TEST

START_TEST(time_moves_only_with_the_status)
{
	set("ScalingActive", true, "B", 10);
	ck_assert_int_eq(c.at[0].last_transition.sec, 5);
	ck_assert(sv_is(c.at[0].reason, "B"));
	set("ScalingActive", false, "B", 10);
	ck_assert_int_eq(c.at[0].last_transition.sec, 10);
}
END_TEST

START_TEST(setting_there_and_back_moves_the_time)
{
	set("AbleToScale", false, "A", 1);
	set("AbleToScale", true, "A", 10);
	set("AbleToScale", false, "A", 10);
	ck_assert_int_eq(c.at[2].last_transition.sec, 10);
}
END_TEST

START_TEST(removing_keeps_the_order_of_the_rest)
{
	set("AbleToScale", true, "A", 10);
	conditions_remove(&c, "Ours");
	conditions_remove(&c, "NotThere");
	ck_assert_uint_eq(c.n, 2);
	ck_assert(sv_is(c.at[1].type, "AbleToScale"));
}
END_TEST

START_TEST(a_generation_is_noted_when_it_is_known)
{
	set("AbleToScale", true, "A", 10);
	ck_assert(!c.at[2].observed_generation.set);
	c.generation = opt_i64_of(7);
	set("AbleToScale", true, "A", 10);
	ck_assert_int_eq(c.at[2].observed_generation.value, 7);
}
END_TEST

/* Ways in which one status can differ from another. */
enum change {
	SAME,
	REPLICAS,
	DESIRED,
	SCALE_TIME,
	NO_SCALE_TIME,
	VALUE,
	KIND_OF_VALUE,
	METRICS,
	TYPE,
	MESSAGE,
	TRANSITION,
	CONDITIONS,
	GENERATION,
	SAME_VALUE_OTHERWISE,
	N_CHANGES
};

struct sample_status {
	struct hpa_status status;
	struct hpa_metric_status metric;
	struct hpa_current current;
	struct hpa_condition condition;
};

static void make(struct sample_status *s, enum change change)
{
	*s = (struct sample_status){ 0 };
	s->current.metric = SV("qps");
	s->current.average_value = opt_quantity_of(
		quantity_from_milli(change == VALUE ? 2001 : 2000, QUANTITY_DECIMAL_SI));
	if (change == KIND_OF_VALUE) {
		s->current.value = s->current.average_value;
		s->current.average_value.set = false;
	}
	if (change == SAME_VALUE_OTHERWISE)
		ck_assert_int_eq(
			quantity_parse(SV("2000m"), &s->current.average_value.value, &err), ERR_OK);
	s->metric.type = change == TYPE ? SV("") : SV("Pods");
	s->metric.member[HPA_METRIC_PODS] = &s->current;
	s->condition.type = SV("AbleToScale");
	s->condition.message = change == MESSAGE ? SV("x") : SV("y");
	s->condition.last_transition = at(change == TRANSITION ? 2 : 1);
	s->status = (struct hpa_status){
		.has_last_scale_time = change != NO_SCALE_TIME,
		.last_scale_time = at(change == SCALE_TIME ? 4 : 3),
		.current_replicas = change == REPLICAS ? 4 : 3,
		.desired_replicas = change == DESIRED ? 6 : 5,
		.current_metrics = &s->metric,
		.n_current_metrics = change == METRICS ? 0 : 1,
		.conditions = &s->condition,
		.n_conditions = change == CONDITIONS ? 0 : 1,
	};
	if (change == GENERATION)
		s->status.observed_generation = opt_i64_of(1);
}

START_TEST(every_difference_is_seen)
{
	struct sample_status left, right;
	make(&left, SAME);
	make(&right, (enum change)_i);
	bool same = _i == SAME || _i == SAME_VALUE_OTHERWISE;
	ck_assert_msg(hpa_status_eq(&left.status, &right.status) == same, "change %d", _i);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_new_type_is_appended_and_order_kept);
	tcase_add_test(tcase, time_moves_only_with_the_status);
	tcase_add_test(tcase, setting_there_and_back_moves_the_time);
	tcase_add_test(tcase, removing_keeps_the_order_of_the_rest);
	tcase_add_test(tcase, a_generation_is_noted_when_it_is_known);
	tcase_add_loop_test(tcase, every_difference_is_seen, 0, N_CHANGES);
}

int main(void)
{
	return run_case("conditions", add);
}
