/* The documents are well-formed, and every reference in them leads somewhere. */
#include "adapter/openapi_docs.h"
#include "common/jtree.h"
#include "tests/unit/common/run.h"

static const struct route_groups ALL = { true, true, true };

static struct jtree *parse(struct arena *a, const struct buf *text)
{
	struct jtree *t = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(text->failed, ERR_OK);
	ck_assert_msg(jtree_parse(a, buf_sv(text), &t, &err) == ERR_OK, "%s", err.text);
	return t;
}

/* Each "$ref" below t names a member of `schemas`; returns how many there are. */
static size_t check_refs(const struct jtree *t, const struct jtree *schemas, struct sv in)
{
	size_t n = 0;
	struct sv ref = jtree_text(jtree_get(t, "$ref"));
	if (ref.len) {
		char name[256] = "";
		ck_assert(sv_has_prefix(ref, in));
		struct sv rest = sv_skip(ref, in.len);
		memcpy(name, rest.ptr, rest.len);
		ck_assert_msg(jtree_get(schemas, name), "no schema %s", name);
		n++;
	}
	JTREE_FOREACH (child, t)
		n += check_refs(child, schemas, in);
	return n;
}

START_TEST(version_2_has_all_paths_and_kinds)
{
	struct arena a;
	struct buf out;
	arena_init(&a, 16u << 20);
	buf_init(&out, 1u << 20);
	openapi_docs_v2(&out, &ALL);
	const struct jtree *root = parse(&a, &out);
	const struct jtree *definitions = jtree_get(root, "definitions");
	ck_assert_uint_eq(jtree_get(root, "paths")->n, 21);
	ck_assert_uint_eq(definitions->n, 12);
	ck_assert_uint_gt(check_refs(root, definitions, SV("#/definitions/")), 12);
	/* What `kubectl explain podmetrics` looks for. */
	const struct jtree *pod =
		jtree_get(definitions, "io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics");
	ck_assert_ptr_nonnull(jtree_at(pod, "properties", "containers", NULL));
	ck_assert_ptr_nonnull(jtree_get(pod, "x-kubernetes-group-version-kind"));
	buf_done(&out);
	arena_done(&a);
}
END_TEST

START_TEST(only_groups_that_are_offered_are_described)
{
	struct arena a;
	struct buf out;
	arena_init(&a, 16u << 20);
	buf_init(&out, 1u << 20);
	openapi_docs_v2(&out, &(struct route_groups){ .external = true });
	const struct jtree *root = parse(&a, &out);
	ck_assert_uint_eq(jtree_get(root, "definitions")->n, 2);
	ck_assert_uint_eq(jtree_get(root, "paths")->n, 5);
	buf_done(&out);
	arena_done(&a);
}
END_TEST

START_TEST(documents_of_version_3_stand_alone)
{
	static const struct {
		const char *name;
		size_t n_schemas;
	} ROWS[] = { { "apis/custom.metrics.k8s.io/v1beta1", 2 },
		{ "apis/custom.metrics.k8s.io/v1beta2", 3 },
		{ "apis/external.metrics.k8s.io/v1beta1", 2 }, { "apis/metrics.k8s.io/v1beta1", 5 },
		{ "apis/metrics.k8s.io", 0 }, { "version", 0 } };
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct arena a;
		struct buf out;
		arena_init(&a, 16u << 20);
		buf_init(&out, 1u << 20);
		openapi_docs_v3(&out, &ALL, sv_of(ROWS[i].name));
		const struct jtree *root = parse(&a, &out);
		const struct jtree *schemas = jtree_at(root, "components", "schemas", NULL);
		ck_assert_uint_eq(schemas ? schemas->n : 0, ROWS[i].n_schemas);
		ck_assert_uint_ge(check_refs(root, schemas, SV("#/components/schemas/")),
			ROWS[i].n_schemas ? 1 : 0);
		buf_done(&out);
		arena_done(&a);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, version_2_has_all_paths_and_kinds);
	tcase_add_test(tcase, only_groups_that_are_offered_are_described);
	tcase_add_test(tcase, documents_of_version_3_stand_alone);
}

int main(void)
{
	return run_case("openapi_docs", add);
}
