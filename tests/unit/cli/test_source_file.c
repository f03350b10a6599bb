/* Manifests: what is read, what is refused, and where a refusal points. */
#include "cli/source_file.h"
#include "cli/source_yaml.h"
#include "tests/unit/controller/run.h"

#define HEAD                                                                                       \
	"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"       \
	"spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
#define GOOD HEAD "  maxReplicas: 3\n"

static struct arena a;
static struct source_file_list list;
static struct buf problems;
static struct error err;

static void setup(void)
{
	arena_init(&a, 16 << 20);
	buf_init(&problems, 65536);
	list = (struct source_file_list){ 0 };
}

static void teardown(void)
{
	buf_done(&problems);
	arena_done(&a);
}

static void parse(const char *text)
{
	const struct source_file_options options = { .ns = "here" };
	ck_assert_int_eq(
		source_file_parse(&a, "f.yaml", sv_of(text), &options, &list, &problems, &err),
		ERR_OK);
}

static const struct row {
	const char *name, *text;
	size_t n;
	const char *problem; /* NULL: none */
} ROWS[] = {
	{ "one object", GOOD, 1, NULL },
	{ "several documents, with a Deployment among them",
		GOOD "---\napiVersion: apps/v1\nkind: Deployment\n---\n" GOOD, 2, NULL },
	{ "a List is opened",
		"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: autoscaling/v1, kind: "
		"HorizontalPodAutoscaler, metadata: {name: a}, spec: {maxReplicas: 2, "
		"scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}}\n- "
		"{apiVersion: v1, kind: "
		"Service}\n",
		1, NULL },
	{ "JSON is read too",
		"{\"apiVersion\": \"autoscaling/v1\", \"kind\": \"HorizontalPodAutoscaler\", "
		"\"metadata\": {\"name\": \"a\"}, \"spec\": {\"maxReplicas\": 2, "
		"\"scaleTargetRef\": {\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\", "
		"\"name\": \"a\"}}}",
		1, NULL },
	{ "our own kind",
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata: {name: "
		"a}\n"
		"spec: {maxReplicas: 2, mode: Observe, scaleTargetRef: {kind: Deployment, name: a, "
		"apiVersion: apps/v1}}\n",
		1, NULL },
	{ "text that is no YAML", "a: [\n", 0, "f.yaml:2:1: " },
	{ "an empty file", "", 0, "f.yaml: holds no autoscaler" },
	{ "only others", "apiVersion: v1\nkind: Service\n", 0, "f.yaml: holds no autoscaler" },
	{ "a misspelt field names the nearest", HEAD "  maxReplicas: 3\n  minReplica: 1\n", 0,
		"f.yaml:7:3: spec.minReplica: unknown field; did you mean minReplicas?" },
	{ "a wrong type", HEAD "  maxReplicas: many\n", 0, "f.yaml:6:16: spec.maxReplicas: " },
	{ "a number out of range", HEAD "  maxReplicas: 0\n", 0,
		"f.yaml:6:16: spec.maxReplicas: Required value: must be set and greater than 0" },
	{ "contradictory bounds", HEAD "  minReplicas: 5\n  maxReplicas: 3\n", 0,
		"f.yaml:7:16: spec.maxReplicas: Invalid value: 3: must be greater than or equal to "
		"`minReplicas`" },
	{ "minReplicas 0 without the gate", HEAD "  minReplicas: 0\n  maxReplicas: 3\n", 0,
		"f.yaml:6:16: spec.minReplicas: Invalid value: 0" },
	{ "an unknown version", "apiVersion: autoscaling/v3\nkind: HorizontalPodAutoscaler\n", 0,
		"f.yaml:1:13: apiVersion: expected autoscaling/v2, v2beta2, v2beta1 or v1" },
	{ "a misspelt kind", "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaller\n", 0,
		"f.yaml:2:7: kind: expected HorizontalPodAutoscaler" },
	{ "a document that is no object", "- 1\n", 0, "f.yaml:1:1: expected one" },
};

START_TEST(a_file)
{
	const struct row *row = &ROWS[_i];

	parse(row->text);
	ck_assert_msg(
		list.n == row->n, "%s: %zu objects: %s", row->name, list.n, buf_text(&problems));
	if (!row->problem)
		ck_assert_msg(problems.len == 0, "%s: %s", row->name, buf_text(&problems));
	else
		ck_assert_msg(strstr(buf_text(&problems), row->problem) == buf_text(&problems),
			"%s: %s", row->name, buf_text(&problems));
}
END_TEST

START_TEST(an_object_without_namespace_gets_the_one_given)
{
	parse(GOOD);
	ck_assert_int_eq(sv_cmp(list.at[0].hpa.meta.ns, SV("here")), 0);
	ck_assert_uint_eq(list.at[0].line, 1);
}
END_TEST

START_TEST(every_finding_is_told)
{
	size_t lines = 0;

	parse(HEAD "  maxReplica: 3\n  minReplica: 1\n  behaviour: {}\n");
	for (const char *at = buf_text(&problems); *at; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(lines, 3);
}
END_TEST

/* The reference has two errors of the same words for this. */
START_TEST(what_is_said_twice_is_told_once)
{
	const char *words = "spec.metrics[0].type: Unsupported value";

	parse(HEAD "  maxReplicas: 3\n  metrics: [{type: Pod}]\n");
	const char *first = strstr(buf_text(&problems), words);
	ck_assert_msg(first && !strstr(first + 1, words), "%s", buf_text(&problems));
}
END_TEST

START_TEST(a_file_that_is_not_there)
{
	struct sv text;

	ck_assert_int_eq(
		source_file_read(&a, "/nonexistent/x.yaml", 100, &text, &err), ERR_NOTFOUND);
	ck_assert(strstr(err.text, "/nonexistent/x.yaml"));
	ck_assert_int_eq(source_file_read(&a, "/", 100, &text, &err), ERR_INVALID);
	ck_assert_int_eq(source_file_read(&a, "/proc/self/maps", 10, &text, &err), ERR_LIMIT);
}
END_TEST

#define SCALED(name)                                                                               \
	"apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: " name                        \
	"\nspec: {scaleTargetRef: {name: web}}\n"

START_TEST(who_else_acts_is_known_from_the_same_files)
{
	AUTO(foreign_free) struct foreign *foreign = foreign_new();
	const struct hpa_ref web = { SV("Deployment"), SV("web"), SV("apps/v1") };
	const struct foreign_question question = { SV("here"), &web, 1, 10 };
	struct foreign_actor actor;

	list.foreign = foreign;
	parse(SCALED("{name: so}"));
	ck_assert_msg(problems.len == 0, "%s", buf_text(&problems));
	ck_assert_uint_eq(list.n, 0);
	ck_assert(foreign_find(foreign, &question, &actor) && actor.kind == FOREIGN_KEDA);
	foreign_remove_kind(foreign, FOREIGN_KEDA);
	parse(GOOD);
	ck_assert(foreign_find(foreign, &question, &actor) && actor.kind == FOREIGN_NATIVE &&
		  sv_is(actor.name, "web"));
	parse(SCALED("7"));
	ck_assert_msg(
		strstr(buf_text(&problems), "f.yaml:1:1: metadata"), "%s", buf_text(&problems));
	ck_assert_uint_eq(foreign_n(foreign), 1);
}
END_TEST

static const struct {
	const char *json, *yaml;
} YAML[] = {
	{ "{\"a\":1,\"b\":[{\"c\":true,\"d\":null},[]],\"e\":{}}",
		"a: 1\nb:\n- c: true\n  d: null\n- []\ne: {}\n" },
	{ "{\"a\":\"yes\",\"b\":\"2\",\"c\":\"x: y\",\"d\":\"plain text\",\"e\":\"\"}",
		"a: \"yes\"\nb: \"2\"\nc: \"x: y\"\nd: plain text\ne: \"\"\n" },
	{ "{\"a\":{\"b\":[1,2]}}", "a:\n  b:\n  - 1\n  - 2\n" },
	{ "[]", "[]\n" },
};

START_TEST(json_becomes_yaml)
{
	struct buf out;

	buf_init(&out, 65536);
	ck_assert_int_eq(source_yaml_print(&out, sv_of(YAML[_i].json), &err), ERR_OK);
	ck_assert_str_eq(buf_text(&out), YAML[_i].yaml);
	buf_done(&out);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_file, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, an_object_without_namespace_gets_the_one_given);
	tcase_add_test(tcase, every_finding_is_told);
	tcase_add_test(tcase, what_is_said_twice_is_told_once);
	tcase_add_test(tcase, a_file_that_is_not_there);
	tcase_add_test(tcase, who_else_acts_is_known_from_the_same_files);
	tcase_add_loop_test(tcase, json_becomes_yaml, 0, (int)ARRAY_LEN(YAML));
}

int main(void)
{
	return run_case("source_file", add);
}
