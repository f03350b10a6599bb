/* Metadata by tree and by scan. */
#include "common/jtree.h"
#include "kube/object_meta.h"
#include "tests/unit/kube/run.h"

static const char POD[] =
	"{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web-0\",\"namespace\":"
	"\"shop\","
	"\"uid\":\"11-22\",\"resourceVersion\":\"70000000001\",\"generation\":3,"
	"\"creationTimestamp\":\"2026-01-02T03:04:05Z\",\"deletionTimestamp\":null,"
	"\"labels\":{\"app\":\"web\",\"tier\":\"\",\"nil\":null},\"annotations\":{\"a/"
	"b\":\"c\\u0064\"}},\"spec\":{}}";

static enum error_kind decode(
	struct arena *a, const char *json, struct object_meta *ret, struct error *err)
{
	struct jtree *t;
	ck_assert_int_eq(jtree_parse(a, sv_of(json), &t, err), ERR_OK);
	return object_meta_decode(a, t, ret, err);
}

START_TEST(a_tree_gives_everything)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_meta m;
	struct error err;
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(decode(&a, POD, &m, &err), ERR_OK);
	ck_assert(sv_is(m.name, "web-0") && sv_is(m.namespace, "shop") && sv_is(m.uid, "11-22"));
	ck_assert(sv_is(m.resource_version, "70000000001"));
	ck_assert_int_eq(m.generation, 3);
	ck_assert(m.created.set && m.created.value.sec == 1767323045);
	ck_assert(!m.deleting.set);
	ck_assert_uint_eq(m.n_labels, 3);
	ck_assert(sv_is(object_meta_find(m.labels, m.n_labels, SV("app")), "web"));
	ck_assert_ptr_nonnull(object_meta_find(m.labels, m.n_labels, SV("tier")).ptr);
	ck_assert_ptr_nonnull(object_meta_find(m.labels, m.n_labels, SV("nil")).ptr);
	ck_assert_ptr_null(object_meta_find(m.labels, m.n_labels, SV("none")).ptr);
	ck_assert(sv_is(object_meta_find(m.annotations, m.n_annotations, SV("a/b")), "cd"));
	ck_assert_int_eq(decode(&a, "{}", &m, &err), ERR_OK);
	ck_assert_uint_eq(m.name.len, 0);
}
END_TEST

static const struct {
	const char *json, *text;
} WRONG[] = {
	{ "[]", "expected an object, got a list" },
	{ "{\"metadata\":[]}", "metadata: expected an object, got a list" },
	{ "{\"metadata\":{\"name\":1}}", "metadata.name: expected a string, got a number" },
	{ "{\"metadata\":{\"generation\":\"1\"}}",
		"metadata.generation: expected a whole number, got a string" },
	{ "{\"metadata\":{\"generation\":1.5}}",
		"metadata.generation: expected a whole number, got a number" },
	{ "{\"metadata\":{\"labels\":[]}}", "metadata.labels: expected an object, got a list" },
	{ "{\"metadata\":{\"labels\":{\"app\":1}}}",
		"metadata.labels.app: expected a string, got a number" },
};

START_TEST(wrong_types_are_named_with_their_path)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_meta m;
	struct error err;
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(decode(&a, WRONG[_i].json, &m, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, WRONG[_i].text);
	ck_assert_int_eq(
		decode(&a, "{\"metadata\":{\"creationTimestamp\":\"x\"}}", &m, &err), ERR_INVALID);
	ck_assert(strncmp(err.text, "metadata.creationTimestamp: ", 28) == 0);
}
END_TEST

START_TEST(a_scan_gives_identity)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_id id;
	struct error err;
	arena_init(&a, 1 << 20);
	for (int whole = 0; whole < 2; whole++) {
		ck_assert_int_eq(object_meta_scan(&a, sv_of(POD), whole, &id, &err), ERR_OK);
		ck_assert(sv_is(id.kind, "Pod") && sv_is(id.api_version, "v1") &&
			  sv_is(id.name, "web-0"));
		ck_assert(sv_is(id.namespace, "shop") && sv_is(id.uid, "11-22"));
		ck_assert(sv_is(id.resource_version, "70000000001"));
	}
	/* Members in an unusual order, escapes, nothing before the metadata, no namespace. */
	const char *node = "{\"status\":{\"name\":\"no\"},\"metadata\":{\"resourceVersion\":\"5\","
			   "\"labels\":{\"name\":"
			   "\"no\"},\"name\":\"n\\u0031\",\"uid\":\"u\"},\"kind\":\"Node\"}";
	ck_assert_int_eq(object_meta_scan(&a, sv_of(node), false, &id, &err), ERR_OK);
	ck_assert(sv_is(id.name, "n1") && id.namespace.len == 0 && id.kind.len == 0);
	ck_assert_int_eq(object_meta_scan(&a, sv_of(node), true, &id, &err), ERR_OK);
	ck_assert(sv_is(id.kind, "Node"));
}
END_TEST

START_TEST(a_scan_refuses_what_is_no_object)
{
	static const char *const BAD[] = { "", "[]", "7", "{\"metadata\":", "{\"metadata\":7}",
		"{\"metadata\":{}}", "{\"metadata\":{\"name\":7}}", "{\"metadata\":{\"name\":\"a\"",
		"{\"metadata\":null}", "{\"kind\":[}", "{\"metadata\":{\"name\":\"\"}}" };
	AUTO(arena_done) struct arena a = { 0 };
	struct object_id id;
	struct error err;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		ck_assert_msg(object_meta_scan(&a, sv_of(BAD[i]), false, &id, &err) == ERR_INVALID,
			"%s", BAD[i]);
	/* Only a whole scan sees what lies behind. */
	struct sv late = SV("{\"metadata\":{\"name\":\"a\"},\"spec\":}");
	ck_assert_int_eq(object_meta_scan(&a, late, false, &id, &err), ERR_OK);
	ck_assert_int_eq(object_meta_scan(&a, late, true, &id, &err), ERR_INVALID);
	ck_assert_int_eq(
		object_meta_scan(&a, SV("{\"metadata\":{\"name\":\"a\"}} x"), true, &id, &err),
		ERR_INVALID);
}
END_TEST

START_TEST(versions_are_numbers)
{
	uint64_t v;
	ck_assert(object_meta_version(SV("70000000001"), &v) && v == 70000000001);
	ck_assert(!object_meta_version(SV(""), &v));
	ck_assert(!object_meta_version(SV("+1"), &v));
	ck_assert(!object_meta_version(SV("-1"), &v));
	ck_assert(!object_meta_version(SV("abc"), &v));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_tree_gives_everything);
	tcase_add_loop_test(tcase, wrong_types_are_named_with_their_path, 0, (int)ARRAY_LEN(WRONG));
	tcase_add_test(tcase, a_scan_gives_identity);
	tcase_add_test(tcase, a_scan_refuses_what_is_no_object);
	tcase_add_test(tcase, versions_are_numbers);
}

int main(void)
{
	return run_case("object_meta", add);
}
