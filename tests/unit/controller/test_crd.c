/* The schema of our kind in manifests/base and the tables by which the controller reads and writes
 * it have the same members of the same types. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/yx.h"
#include "controller/hpa_fields.h"
#include "controller/own_kind.h"
#include "tests/unit/controller/run.h"

#define MAX_FILE_BYTES (1u << 20)

static struct arena arena;
static const struct jtree *crd;
static size_t n_compared;

static struct sv read_file(const char *name)
{
	const char *root = getenv("FLYBALL_SOURCE_DIR");
	char *text = arena_alloc(&arena, MAX_FILE_BYTES);
	FILE *file = fopen(arena_printf(&arena, "%s/%s", root ? root : ".", name), "r");

	ck_assert_msg(file && text, "%s", name);
	size_t n = fread(text, 1, MAX_FILE_BYTES, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_uint_lt(n, MAX_FILE_BYTES);
	return sv_from(text, n);
}

static void setup(void)
{
	struct jtree **documents;
	struct error err = { 0 };
	size_t n;

	arena_init(&arena, 1 << 26);
	ck_assert_msg(yx_parse(&arena, read_file("manifests/base/crd-horizontalautoscalers.yaml"),
			      "crd", &documents, &n, &err) == ERR_OK,
		"%s", err.text);
	ck_assert_uint_eq(n, 1);
	crd = documents[0];
	n_compared = 0;
}

static void teardown(void)
{
	arena_done(&arena);
}

static const struct jtree *schema_of(const char *member)
{
	const struct jtree *version = jtree_at(crd, "spec", "versions", NULL)->first;
	const struct jtree *schema =
		jtree_at(version, "schema", "openAPIV3Schema", "properties", NULL);

	return jtree_get(schema, member);
}

static const struct codec_field *find_field(const struct codec_object *object, struct sv name)
{
	for (size_t i = 0; i < object->n_fields; i++)
		if (sv_is(name, object->fields[i].name))
			return &object->fields[i];
	return NULL;
}

/* "string", "integer", or what an int-or-string has instead. */
static const char *type_of(const struct jtree *schema)
{
	if (!jtree_is_absent(jtree_get(schema, "x-kubernetes-int-or-string")))
		return "quantity";
	return arena_strdup(&arena, jtree_text(jtree_get(schema, "type")));
}

static const char *wanted_type(const struct codec_field *f)
{
	static const char *const TYPES[] = {
		[CODEC_TEXT] = "string",
		[CODEC_I32] = "integer",
		[CODEC_I64] = "integer",
		[CODEC_OPT_I32] = "integer",
		[CODEC_OPT_I64] = "integer",
		[CODEC_OPT_QUANTITY] = "quantity",
		[CODEC_TIME] = "string",
		[CODEC_OPT_TIME] = "string",
		[CODEC_TEXTS] = "array",
		[CODEC_TEXT_MAP] = "object",
		[CODEC_INLINE] = "object",
		[CODEC_POINTER] = "object",
		[CODEC_LIST] = "array",
	};
	return TYPES[f->type];
}

static void compare(const char *path, const struct jtree *schema, const struct codec_object *object)
{
	const struct jtree *properties = jtree_get(schema, "properties");

	for (size_t i = 0; i < object->n_fields; i++)
		ck_assert_msg(!jtree_is_absent(jtree_get(properties, object->fields[i].name)),
			"the controller knows %s.%s, the schema does not", path,
			object->fields[i].name);
	JTREE_FOREACH (property, properties) {
		const struct codec_field *f = find_field(object, property->key);
		const char *inner = arena_printf(&arena, "%s.%.*s", path, SV_ARG(property->key));
		ck_assert_msg(f != NULL, "the schema has %s, the controller does not", inner);
		ck_assert_msg(strcmp(type_of(property), wanted_type(f)) == 0,
			"%s is %s in the schema", inner, type_of(property));
		ck_assert_msg(jtree_text(jtree_get(property, "description")).len > 0,
			"%s has no description", inner);
		n_compared++;
		if (f->type == CODEC_INLINE || f->type == CODEC_POINTER)
			compare(inner, property, f->object);
		else if (f->type == CODEC_LIST)
			compare(inner, jtree_get(property, "items"), f->object);
	}
}

START_TEST(the_schema_has_what_the_controller_reads)
{
	compare("spec", schema_of("spec"), &hpa_fields_spec_own);
	ck_assert_uint_gt(n_compared, 80);
}
END_TEST

START_TEST(the_schema_has_what_the_controller_writes)
{
	compare("status", schema_of("status"), &hpa_fields_status_own);
	ck_assert_uint_gt(n_compared, 50);
}
END_TEST

START_TEST(names_are_those_that_are_asked_for)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(AUTOSCALER_OWN);
	const struct jtree *spec = jtree_get(crd, "spec");

	ck_assert(sv_is(jtree_text(jtree_get(spec, "group")), names->group));
	ck_assert(sv_is(jtree_text(jtree_at(spec, "names", "kind", NULL)), names->kind));
	ck_assert(sv_is(jtree_text(jtree_at(spec, "names", "plural", NULL)), names->plural));
	ck_assert(sv_is(jtree_text(jtree_at(crd, "metadata", "name", NULL)), names->resource));
	const struct jtree *version = jtree_get(spec, "versions")->first;
	ck_assert(sv_is(jtree_text(jtree_get(version, "name")), names->version));
	ck_assert_str_eq(names->api_version, OWN_KIND_API_VERSION);
	ck_assert_str_eq(names->kind, OWN_KIND_NAME);
}
END_TEST

static int64_t number_at(const struct jtree *t, const char *member)
{
	int64_t value = -1;

	ck_assert(jtree_i64(jtree_get(t, member), &value));
	return value;
}

START_TEST(bounds_and_defaults_are_the_same)
{
	const struct jtree *spec = jtree_get(schema_of("spec"), "properties");
	const struct jtree *period = jtree_get(spec, "syncPeriodSeconds");
	const struct jtree *fallback =
		jtree_at(spec, "metrics", "items", "properties", "fallback", "properties", NULL);

	ck_assert_int_eq(number_at(period, "minimum"), OWN_KIND_MIN_SYNC_SEC);
	ck_assert_int_eq(number_at(period, "maximum"), OWN_KIND_MAX_SYNC_SEC);
	ck_assert_int_eq(number_at(jtree_get(fallback, "failureDurationSeconds"), "default"),
		OWN_KIND_FALLBACK_SEC);
	ck_assert(sv_is(jtree_text(jtree_at(spec, "mode", "default", NULL)), "Active"));
	ck_assert_int_eq(number_at(jtree_get(spec, "minReplicas"), "default"), 1);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_schema_has_what_the_controller_reads);
	tcase_add_test(t, the_schema_has_what_the_controller_writes);
	tcase_add_test(t, names_are_those_that_are_asked_for);
	tcase_add_test(t, bounds_and_defaults_are_the_same);
}

int main(void)
{
	return run_case("crd", add);
}
