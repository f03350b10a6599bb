/* What an object scales: groups, selectors, other objects; bounds; and the scale document. */
#include "common/mem.h"
#include "controller/bounds.h"
#include "controller/scale.h"
#include "controller/target.h"
#include "tests/unit/controller/run.h"

static struct arena a;
static struct error err;

static void setup(void)
{
	arena_init(&a, 1 << 20);
}

static void teardown(void)
{
	arena_done(&a);
}

START_TEST(a_version_names_a_group)
{
	static const struct {
		const char *text, *group;
	} ROWS[] = { { "apps/v1", "apps" }, { "v1", "" }, { "apps", "" }, { "", "" }, { "/", "" },
		{ "apps/", "apps" }, { "a/b/c", NULL } };
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct sv group;
		enum error_kind kind = target_group(sv_of(ROWS[i].text), &group, &err);
		ck_assert_msg((kind == ERR_OK) == (ROWS[i].group != NULL), "%s", ROWS[i].text);
		if (ROWS[i].group)
			ck_assert_msg(sv_is(group, ROWS[i].group), "%s", ROWS[i].text);
		else
			ck_assert_str_eq(err.text, "unexpected GroupVersion string: a/b/c");
	}
}
END_TEST

START_TEST(selectors_are_told_apart_from_none)
{
	struct target_pods t;
	ck_assert_int_eq(target_select(&a, SV(""), &t, &err), ERR_OK);
	ck_assert_int_eq(t.problem, TARGET_NO_SELECTOR);
	ck_assert_int_eq(target_select(&a, SV("app in web"), &t, &err), ERR_OK);
	ck_assert_int_eq(t.problem, TARGET_BAD_SELECTOR);
	ck_assert_str_eq(t.why.ptr, "couldn't convert selector into a corresponding internal "
				    "selector object: unable to parse requirement: "
				    "found 'web' expected: '('");
	ck_assert_int_eq(target_select(&a, SV("b=1,a in (y, x)"), &t, &err), ERR_OK);
	ck_assert_int_eq(t.problem, TARGET_OK);
	ck_assert_str_eq(t.selector_text.ptr, "a in (x,y),b=1");
}
END_TEST

START_TEST(overlapping_objects_are_listed_in_order)
{
	struct label app = { SV("app"), SV("web") };
	struct pod_labels labels = { &app, 1 };
	struct pod pod = { .name = SV("p"), .ns = SV("default"), .labels = &labels };
	const struct pod *list[] = { &pod };
	struct pod_set pods = { list, 1 }, nobody = { list, 0 };
	struct selector web, db;
	struct hpa_meta self = { .name = SV("m"), .ns = SV("default") };
	struct target_pods t;
	ck_assert_int_eq(selector_parse(&a, SV("app=web"), &web, NULL, &err), ERR_OK);
	ck_assert_int_eq(selector_parse(&a, SV("app=db"), &db, NULL, &err), ERR_OK);
	struct target_peer peers[] = { { SV("default"), SV("z"), &web },
		{ SV("other"), SV("b"), &web }, { SV("default"), SV("c"), &db },
		{ SV("default"), SV("d"), NULL }, { SV("default"), SV("m"), &web },
		{ SV("default"), SV("a"), &web } };
	ck_assert_int_eq(target_select(&a, SV("app=web"), &t, &err), ERR_OK);
	ck_assert_int_eq(
		target_check_peers(&a, &self, &nobody, peers, ARRAY_LEN(peers), &t, &err), ERR_OK);
	ck_assert_msg(t.problem == TARGET_OK, "without pods nothing overlaps");
	ck_assert_int_eq(target_check_peers(&a, &self, &pods, peers + 1, 4, &t, &err), ERR_OK);
	ck_assert_msg(
		t.problem == TARGET_OK, "other namespaces, other pods, no selector yet, itself");
	ck_assert_int_eq(
		target_check_peers(&a, &self, &pods, peers, ARRAY_LEN(peers), &t, &err), ERR_OK);
	ck_assert_int_eq(t.problem, TARGET_AMBIGUOUS);
	ck_assert_str_eq(t.why.ptr, "pods by selector app=web are controlled by multiple HPAs: "
				    "[default/a default/m default/z]");
}
END_TEST

START_TEST(pods_are_selected_and_sorted)
{
	struct label app = { SV("app"), SV("web") };
	struct pod_labels web = { &app, 1 }, none = { 0 };
	struct pod pods[] = { { .name = SV("web-10"), .ns = SV("default"), .labels = &web },
		{ .name = SV("web-2"), .ns = SV("default"), .labels = &web },
		{ .name = SV("web-1"), .ns = SV("default"), .labels = &web },
		{ .name = SV("web-0"), .ns = SV("other"), .labels = &web },
		{ .name = SV("db-0"), .ns = SV("default"), .labels = &none } };
	struct pod_set set;
	struct selector selector;
	ck_assert_int_eq(selector_parse(&a, SV("app"), &selector, NULL, &err), ERR_OK);
	ck_assert_int_eq(
		pods_select(&a, pods, ARRAY_LEN(pods), SV("default"), &selector, &set, &err),
		ERR_OK);
	ck_assert_uint_eq(set.n, 3);
	ck_assert(sv_is(set.at[0]->name, "web-1"));
	ck_assert(sv_is(set.at[1]->name, "web-10"));
	ck_assert(sv_is(set.at[2]->name, "web-2"));
}
END_TEST

/* Zero replicas, the gate, the condition, the metric, minReplicas. */
static const struct {
	const char *what;
	int32_t current, min, max;
	bool gate;
	const char *scaled_to_zero;
	enum hpa_metric_kind kind;
	enum bounds_result result;
} BOUNDS[] = {
	{ "in between", 3, 1, 5, false, NULL, HPA_METRIC_RESOURCE, BOUNDS_COMPUTE },
	{ "at both ends", 5, 5, 5, false, NULL, HPA_METRIC_RESOURCE, BOUNDS_COMPUTE },
	{ "above max", 6, 1, 5, false, NULL, HPA_METRIC_RESOURCE, BOUNDS_ABOVE_MAX },
	{ "below min", 1, 2, 5, false, NULL, HPA_METRIC_RESOURCE, BOUNDS_BELOW_MIN },
	{ "max below min scales down first", 6, 8, 5, false, NULL, HPA_METRIC_RESOURCE,
		BOUNDS_ABOVE_MAX },
	{ "zero without the gate", 0, 1, 5, false, "True", HPA_METRIC_EXTERNAL, BOUNDS_DISABLED },
	{ "zero by hand", 0, 0, 5, true, NULL, HPA_METRIC_EXTERNAL, BOUNDS_DISABLED },
	{ "zero by hand, as the condition says", 0, 0, 5, true, "False", HPA_METRIC_EXTERNAL,
		BOUNDS_DISABLED },
	{ "zero by us", 0, 0, 5, true, "True", HPA_METRIC_EXTERNAL, BOUNDS_COMPUTE },
	{ "zero by us, but no metric can be read there", 0, 0, 5, true, "True", HPA_METRIC_PODS,
		BOUNDS_DISABLED },
	{ "unless minReplicas has been raised", 0, 1, 5, true, "True", HPA_METRIC_PODS,
		BOUNDS_COMPUTE },
};

START_TEST(bounds_say_whether_to_compute)
{
	struct settings settings = SETTINGS_DEFAULT;
	struct hpa_metric metric = { .kind = BOUNDS[_i].kind };
	struct hpa_condition condition = { .type = SV("ScaledToZero"),
		.status = sv_of(BOUNDS[_i].scaled_to_zero) };
	struct hpa hpa = { .spec = { .min_replicas = opt_i32_of(BOUNDS[_i].min),
				   .max_replicas = BOUNDS[_i].max,
				   .metrics = &metric,
				   .n_metrics = 1 } };
	settings.scale_to_zero = BOUNDS[_i].gate;
	hpa.status.conditions = &condition;
	hpa.status.n_conditions = BOUNDS[_i].scaled_to_zero ? 1 : 0;
	ck_assert_msg(bounds_check(&settings, &hpa, false, BOUNDS[_i].current,
			      (struct wall){ 0 }) == BOUNDS[_i].result,
		"%s", BOUNDS[_i].what);
}
END_TEST

#define SCALE(rest) "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\"" rest "}"

static const struct {
	const char *what, *body;
	int32_t replicas;
	const char *selector, *why;
} SCALES[] = {
	{ "everything",
		SCALE(",\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":3},\"status\":{"
		      "\"replicas\":2,\"selector\":\"app==web\"}"),
		3, "app=web", NULL },
	{ "absent replicas are zero", SCALE(",\"spec\":{},\"status\":{}"), 0, "", NULL },
	{ "a selector of blanks becomes empty", SCALE(",\"status\":{\"selector\":\" \"}"), 0, "",
		NULL },
	{ "the removed groups have a text",
		"{\"kind\":\"Scale\",\"apiVersion\":\"extensions/"
		"v1beta1\",\"status\":{\"targetSelector\":\"a=b\"}}",
		0, "a=b", NULL },
	{ "or a map",
		"{\"kind\":\"Scale\",\"apiVersion\":\"apps/"
		"v1beta1\",\"status\":{\"selector\":{\"b\":\"2\",\"a\":\"1\"}}}",
		0, "a=1,b=2", NULL },
	{ "no kind", "{}", 0, NULL, "Object 'Kind' is missing in '{}'" },
	{ "no version", "{\"kind\":\"Scale\"}", 0, NULL,
		"Object 'apiVersion' is missing in '{\"kind\":\"Scale\"}'" },
	{ "another kind", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}", 0, NULL,
		"no kind \"Pod\" is registered for version \"v1\" in scheme "
		"\"pkg/runtime/scheme.go:111\"" },
	{ "a selector that has no object form", SCALE(",\"status\":{\"selector\":\"a!=b\"}"), 0,
		NULL,
		"received an object from a /scale endpoint which was not convertible to "
		"autoscaling Scale: failed to parse target selector: "
		"\"!=\" is not a valid label selector operator" },
	{ "replicas that are no number", SCALE(",\"spec\":{\"replicas\":\"3\"}"), 0, NULL,
		"json: cannot unmarshal a string into Go struct field ScaleSpec.spec.replicas of "
		"type int32" },
	{ "replicas beyond 32 bits", SCALE(",\"status\":{\"replicas\":2147483648}"), 0, NULL,
		"json: cannot unmarshal a number into Go struct field ScaleStatus.status.replicas "
		"of type int32" },
};

START_TEST(scales_are_read)
{
	struct scale scale;
	struct sv why = SV("");
	enum error_kind kind = scale_decode(&a, sv_of(SCALES[_i].body), true, &scale, &why, &err);
	ck_assert_msg((kind == ERR_OK) == (SCALES[_i].why == NULL), "%s: %.*s", SCALES[_i].what,
		SV_ARG(why));
	if (SCALES[_i].why) {
		ck_assert_str_eq(why.ptr, SCALES[_i].why);
		return;
	}
	ck_assert_int_eq(scale.replicas, SCALES[_i].replicas);
	ck_assert_msg(sv_is(scale.selector, SCALES[_i].selector), "%s: %.*s", SCALES[_i].what,
		SV_ARG(scale.selector));
}
END_TEST

START_TEST(a_scale_that_is_no_json_is_told)
{
	struct scale scale;
	struct sv why = SV("");
	ck_assert_int_eq(scale_decode(&a, SV("{\"kind\":"), true, &scale, &why, &err), ERR_INVALID);
	ck_assert(sv_has_prefix(why, SV("couldn't get version/kind; json parse error: ")));
}
END_TEST

START_TEST(zero_replicas_are_left_out_of_the_write)
{
	struct scale scale;
	struct sv why;
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, 1000);
	ck_assert_int_eq(
		scale_decode(&a,
			SV(SCALE(",\"metadata\":{\"uid\":\"u\"},\"spec\":{\"replicas\":3}")), false,
			&scale, &why, &err),
		ERR_OK);
	scale_encode(&out, &scale, 0);
	ck_assert_str_eq(buf_text(&out), "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/"
					 "v1\",\"metadata\":{\"uid\":\"u\"},\"spec\":{},"
					 "\"status\":{\"replicas\":0}}");
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_version_names_a_group);
	tcase_add_test(tcase, selectors_are_told_apart_from_none);
	tcase_add_test(tcase, overlapping_objects_are_listed_in_order);
	tcase_add_test(tcase, pods_are_selected_and_sorted);
	tcase_add_loop_test(tcase, bounds_say_whether_to_compute, 0, ARRAY_LEN(BOUNDS));
	tcase_add_loop_test(tcase, scales_are_read, 0, ARRAY_LEN(SCALES));
	tcase_add_test(tcase, a_scale_that_is_no_json_is_told);
	tcase_add_test(tcase, zero_replicas_are_left_out_of_the_write);
}

int main(void)
{
	return run_case("target", add);
}
