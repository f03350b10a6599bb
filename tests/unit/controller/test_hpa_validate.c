/* Validation: every rule fires once, worded as the API server words it; everything else passes. */
#include "controller/hpa_decode.h"
#include "controller/hpa_validate.h"
#include "tests/unit/common/run.h"

static struct arena arena;

static void start(void)
{
	arena_init(&arena, 1 << 24);
}

static void stop(void)
{
	arena_done(&arena);
}

#define NAME "\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"}"
#define REF "\"scaleTargetRef\":{\"kind\":\"D\",\"name\":\"w\",\"apiVersion\":\"apps/v1\"}"
#define SPEC(more) NAME ",\"spec\":{" REF ",\"maxReplicas\":9" more "}"
#define METRIC(text) SPEC(",\"metrics\":[" text "]")
#define TARGET "\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"1\"}"
#define RULES(text) SPEC(",\"behavior\":{\"scaleUp\":{" text "}}")
#define UP "spec.behavior.scaleUp"
#define FIRST "spec.metrics[0]"

static const struct {
	const char *json;   /* the members of the object */
	const char *errors; /* as one text; for names only its beginning */
} ROWS[] = {
	{ SPEC(""), "" },
	{ "\"metadata\":{},\"spec\":{" REF ",\"maxReplicas\":9}",
		"[metadata.name: Required value: name or generateName is required, "
		"metadata.namespace: Required value]" },
	{ "\"metadata\":{\"name\":\"W\",\"namespace\":\"a.b\",\"generateName\":\"w-\"},\"spec\":"
	  "{" REF ",\"maxReplicas\":9}",
		"[metadata.name: Invalid value: \"W\": a lowercase RFC 1123 subdomain" },
	{ "\"metadata\":{\"name\":\"w\",\"namespace\":\"n\",\"generateName\":\"W.-\","
	  "\"generation\":-1},\"spec\":{" REF ",\"maxReplicas\":9}",
		"[metadata.generateName: Invalid value: \"W.-\": a lowercase RFC 1123 subdomain" },
	{ "\"metadata\":{\"name\":\"w\",\"namespace\":\"n\",\"generation\":-1},\"spec\":{" REF
	  ",\"maxReplicas\":9}",
		"metadata.generation: Invalid value: -1: must be greater than or equal to 0" },
	{ "\"metadata\":{\"name\":\"w\",\"namespace\":\"n\",\"labels\":{\"a\":\"-\"}},\"spec\":"
	  "{" REF ",\"maxReplicas\":9}",
		"metadata.labels: Invalid value: \"-\": a valid label" },
	{ "\"metadata\":{\"name\":\"w\",\"namespace\":\"n\",\"annotations\":{\"A/"
	  "B\":\"\",\"-\":\"\"}},\"spec\":{" REF ",\"maxReplicas\":9}",
		"metadata.annotations: Invalid value: \"-\": name part" },
	{ "\"metadata\":{\"name\":\"w\",\"namespace\":\"n\",\"finalizers\":[\"orphan\","
	  "\"kubernetes\",\"foregroundDeletion\","
	  "\"a/b\",\"x\"]},\"spec\":{" REF ",\"maxReplicas\":9}",
		"metadata.finalizers[4]: Invalid value: \"x\": name is neither a standard "
		"finalizer name nor is it fully qualified" },
	{ "\"metadata\":{\"name\":\"w\",\"namespace\":\"n\",\"ownerReferences\":[{\"apiVersion\":"
	  "\"apps/\",\"kind\":\"D\",\"name\":\"n\"},"
	  "{\"apiVersion\":\"v1\",\"kind\":\"D\",\"name\":\"n\",\"uid\":\"u\"}]},\"spec\":{" REF
	  ",\"maxReplicas\":9}",
		"[metadata.ownerReferences.apiVersion: Invalid value: \"apps/\": version must not "
		"be empty, "
		"metadata.ownerReferences.uid: Invalid value: \"\": must not be empty]" },
	{ SPEC(",\"minReplicas\":-1"),
		"spec.minReplicas: Invalid value: -1: must be greater than or equal to 1" },
	{ NAME ",\"spec\":{" REF "}",
		"[spec.maxReplicas: Required value: must be set and greater than 0, "
		"spec.maxReplicas: Invalid value: 0: must be greater than or equal to "
		"`minReplicas`]" },
	{ NAME ",\"spec\":{" REF ",\"maxReplicas\":-1}",
		"[spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1, "
		"spec.maxReplicas: Invalid value: -1: must be greater than or equal to "
		"`minReplicas`]" },
	{ NAME ",\"spec\":{\"maxReplicas\":1}", "[spec.scaleTargetRef.kind: Required value, "
						"spec.scaleTargetRef.name: Required value, "
						"spec.scaleTargetRef.apiVersion: Invalid value: "
						"\"\": apiVersion must specify API group]" },
	{ NAME ",\"spec\":{\"scaleTargetRef\":{\"kind\":\".\",\"name\":\"a/b%\",\"apiVersion\":\"a/"
	       "b/c\"},\"maxReplicas\":1}",
		"[spec.scaleTargetRef.kind: Invalid value: \".\": may not be '.', "
		"spec.scaleTargetRef.name: Invalid value: \"a/b%\": may not contain '/', "
		"spec.scaleTargetRef.name: Invalid value: \"a/b%\": may not contain '%', "
		"spec.scaleTargetRef.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion "
		"string: a/b/c]" },
	{ NAME ",\"spec\":{\"scaleTargetRef\":{\"kind\":\"ReplicationController\",\"name\":\"a\","
	       "\"apiVersion\":\"v1\"},\"maxReplicas\":1}",
		"" },
	{ RULES("\"stabilizationWindowSeconds\":-1"),
		UP ".stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal "
		   "to zero" },
	{ RULES("\"stabilizationWindowSeconds\":3601"),
		UP ".stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal "
		   "to 3600" },
	{ RULES("\"selectPolicy\":\"<\""), UP ".selectPolicy: Unsupported value: \"\\u003c\": "
					      "supported values: \"Disabled\", \"Max\", \"Min\"" },
	{ RULES("\"selectPolicy\":\"Disabled\""), "" },
	{ RULES("\"selectPolicy\":\"Min\""), "" },
	{ RULES("\"policies\":[]"),
		UP ".policies: Required value: must specify at least one Policy" },
	{ RULES("\"policies\":[{\"type\":\"X\",\"value\":0,\"periodSeconds\":0},{\"type\":\"Pods\","
		"\"value\":1,\"periodSeconds\":1801}]"),
		"[" UP ".policies[0].type: Unsupported value: \"X\": supported values: "
		"\"Percent\", \"Pods\", " UP
		".policies[0].value: Invalid value: 0: must be greater than zero, " UP
		".policies[0].periodSeconds: Invalid value: 0: must be greater than zero, " UP
		".policies[1].periodSeconds: Invalid value: 1801: must be less than or equal to "
		"1800]" },
	{ RULES("\"tolerance\":\"-0.1\""),
		UP ".tolerance: Invalid value: \"-100m\": must be greater than or equal to 0" },
	{ RULES("\"tolerance\":\"0.1\""), "" },
	{ METRIC("{\"type\":\"Pods\"}"), FIRST
		".pods: Required value: must populate information for the given metric source" },
	{ METRIC("{\"type\":\"\"}"),
		"[" FIRST ".type: Required value: must specify a metric source type, " FIRST
		".type: Unsupported value: \"\": supported values: \"ContainerResource\", "
		"\"External\", \"Object\", \"Pods\", \"Resource\"]" },
	{ METRIC("{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"m\"}," TARGET
		 "},\"external\":{}}"),
		"[" FIRST
		".external.metric.name: Required value: must specify a metric name, " FIRST
		".external.target.type: Required value: must specify a metric target type, " FIRST
		".external.target.type: Invalid value: \"\": must be either Utilization, Value, or "
		"AverageValue, " FIRST
		".external.target.averageValue: Required value: must set either a target value for "
		"metric or a per-pod target, " FIRST
		".external: Forbidden: must populate the given metric source only]" },
	{ METRIC("{\"type\":\"Object\",\"object\":{\"describedObject\":{\"kind\":\"S\",\"name\":"
		 "\"n\"},\"metric\":{\"name\":\"..\"},"
		 "\"target\":{\"type\":\"Value\"}}}"),
		"[" FIRST ".object.metric.name: Invalid value: \"..\": may not be '..', " FIRST
		".object.target.averageValue: Required value: must set either a target value or "
		"averageValue]" },
	{ METRIC("{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"m\"},\"target\":{"
		 "\"type\":\"Value\",\"value\":\"0\","
		 "\"averageValue\":\"-1\"}}}"),
		"[" FIRST ".external.target.value: Invalid value: \"0\": must be positive, " FIRST
		".external.target.averageValue: Invalid value: \"-1\": must be positive, " FIRST
		".external.target.value: Forbidden: may not set both a target value for metric and "
		"a per-pod target]" },
	{ METRIC("{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"m\"},\"target\":{\"type\":"
		 "\"Utilization\",\"averageUtilization\":0}}}"),
		"[" FIRST
		".pods.target.averageUtilization: Invalid value: 0: must be greater than 0, " FIRST
		".pods.target.averageValue: Required value: must specify a positive target "
		"averageValue]" },
	{ METRIC("{\"type\":\"Resource\",\"resource\":{\"target\":{\"type\":\"Value\"}}}"),
		"[" FIRST ".resource.name: Required value: must specify a resource name, " FIRST
		".resource.target.averageUtilization: Required value: must set either a target raw "
		"value or a target utilization]" },
	{ METRIC("{\"type\":\"Resource\",\"resource\":{\"name\":\"any "
		 "thing\",\"target\":{\"type\":\"Utilization\",\"averageUtilization\":1,"
		 "\"averageValue\":\"1\"}}}"),
		FIRST ".resource.target.averageValue: Forbidden: may not set both a target raw "
		      "value and a target utilization" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{" TARGET "}}"),
		"[" FIRST
		".containerResource.name: Required value: must specify a resource name, " FIRST
		".containerResource.container: Required value: must specify a container]" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"hugepages-"
		 "2Mi\",\"container\":\"A\"," TARGET "}}"),
		FIRST
		".containerResource.container: Invalid value: \"A\": a lowercase RFC 1123 label" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"gpu\","
		 "\"container\":\"a\"," TARGET "}}"),
		"[" FIRST ".containerResource.name: Invalid value: \"gpu\": must be a standard "
		"resource type or fully qualified, " FIRST
		".containerResource.name: Invalid value: \"gpu\": must be a standard resource for "
		"containers]" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"pods\","
		 "\"container\":\"a\"," TARGET "}}"),
		FIRST ".containerResource.name: Invalid value: \"pods\": must be a standard "
		      "resource for containers" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"requests."
		 "hugepages-1Gi\",\"container\":\"a\"," TARGET "}}"),
		FIRST ".containerResource.name: Invalid value: \"requests.hugepages-1Gi\": must be "
		      "a standard resource for containers" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"requests.x/"
		 "y\",\"container\":\"a\"," TARGET "}}"),
		FIRST ".containerResource.name: Invalid value: \"requests.x/y\": doesn't follow "
		      "extended resource name standard" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"x.kubernetes."
		 "io/y\",\"container\":\"a\"," TARGET "}}"),
		"" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"example.com/"
		 "gpu\",\"container\":\"a\"," TARGET "}}"),
		"" },
	{ METRIC("{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"a "
		 "b\",\"container\":\"a\"," TARGET "}}"),
		"[" FIRST
		".containerResource.name: Invalid value: \"a b\": name part must consist of" },
};

static struct field_error_list validate(const char *json, struct hpa_validate_options options)
{
	struct field_error_list errors;
	struct hpa hpa;
	struct error err;

	ck_assert_msg(
		hpa_decode_stored(&arena, AUTOSCALER_NATIVE, sv_of(json), &hpa, &err) == ERR_OK,
		"%s: %s", json, err.text);
	ck_assert_int_eq(hpa_decode_admit(&arena, &hpa, &err), ERR_OK);
	field_error_list_init(&errors, &arena);
	hpa_validate(&hpa, options, &errors);
	ck_assert(!errors.failed);
	return errors;
}

START_TEST(each_rule_speaks_for_itself)
{
	struct field_error_list errors = validate(arena_printf(&arena, "{%s}", ROWS[_i].json),
		(struct hpa_validate_options){ .configurable_tolerance = true });
	struct sv expected = sv_of(ROWS[_i].errors);
	struct buf out;

	buf_init(&out, 1 << 16);
	field_error_list_print(&out, &errors);
	/* Texts about names go on with the reference's regular expression. */
	bool begins = sv_has_suffix(expected, SV("subdomain")) ||
		      sv_has_suffix(expected, SV("label")) ||
		      sv_has_suffix(expected, SV("name part")) ||
		      sv_has_suffix(expected, SV("consist of"));
	ck_assert_msg(
		begins ? sv_has_prefix(buf_sv(&out), expected) : sv_eq(buf_sv(&out), expected),
		"%s: %s", ROWS[_i].json, buf_text(&out));
	buf_done(&out);
}
END_TEST

START_TEST(the_gates_decide)
{
	struct hpa_validate_options none = { 0 }, zero = { .scale_to_zero = true };
	static const char negative[] = "{" RULES("\"tolerance\":\"-1\"") "}";
	static const char woken[] =
		"{" SPEC(",\"minReplicas\":0,\"metrics\":[{\"type\":\"External\",\"external\":{"
			 "\"metric\":{\"name\":\"m\"}," TARGET "}}]") "}";
	static const char asleep[] = "{" SPEC(",\"minReplicas\":0") "}";

	ck_assert_uint_eq(validate(negative, none).n, 0);
	ck_assert_uint_eq(validate(woken, none).n, 1);
	ck_assert_uint_eq(validate(woken, zero).n, 0);
	struct field_error_list errors = validate(asleep, zero);
	ck_assert_uint_eq(errors.n, 1);
	ck_assert(sv_is(errors.at[0].field, "spec.metrics") &&
		  errors.at[0].type == FIELD_ERROR_FORBIDDEN);
	errors = validate("{" SPEC(",\"minReplicas\":-1") "}", zero);
	ck_assert(sv_is(errors.at[0].detail, "must be greater than or equal to 0"));
}
END_TEST

START_TEST(annotations_have_a_size)
{
	struct buf json;

	buf_init(&json, 1 << 20);
	buf_put_str(&json,
		"{\"metadata\":{\"name\":\"w\",\"namespace\":\"n\",\"annotations\":{\"a\":\"");
	for (int i = 0; i < 256 * 1024; i++)
		buf_put_char(&json, 'x');
	buf_put_str(&json, "\"}},\"spec\":{" REF ",\"maxReplicas\":9}}");
	struct field_error_list errors =
		validate(buf_text(&json), (struct hpa_validate_options){ 0 });
	ck_assert_uint_eq(errors.n, 1);
	ck_assert_int_eq(errors.at[0].type, FIELD_ERROR_TOO_LONG);
	ck_assert(sv_is(errors.at[0].detail, "may not be more than 262144 bytes"));
	buf_done(&json);
}
END_TEST

static enum error_kind some_work(struct error *err)
{
	static const size_t rows[] = { 2, 3, 5, 6, 7, 8, 13, 17, 22, 28, 36, 39 };
	AUTO(arena_done) struct arena a = { 0 };

	arena_init(&a, 1 << 22);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct field_error_list errors;
		struct sv why;
		struct hpa hpa;
		char *json = arena_printf(&a, "{%s}", ROWS[rows[i]].json);
		enum error_kind kind =
			json ? hpa_decode_stored(&a, AUTOSCALER_NATIVE, sv_of(json), &hpa, err)
			     : arena_error(&a, err);
		if (kind == ERR_OK)
			kind = hpa_decode_admit(&a, &hpa, err);
		if (kind != ERR_OK)
			return kind;
		field_error_list_init(&errors, &a);
		hpa_validate(&hpa, (struct hpa_validate_options){ .configurable_tolerance = true },
			&errors);
		kind = field_error_list_refuse(&errors, "", &why, err);
		if (kind != ERR_INVALID)
			return kind;
	}
	return ERR_OK;
}

START_TEST(memory_may_run_out_anywhere)
{
	fail_each_allocation(some_work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, each_rule_speaks_for_itself, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, the_gates_decide);
	tcase_add_test(tcase, annotations_have_a_size);
	tcase_add_test(tcase, memory_may_run_out_anywhere);
}

int main(void)
{
	return run_case("hpa_validate", add);
}
