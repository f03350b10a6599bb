#include <check.h>
#include <stdlib.h>

#include "sandbox/store.h"

static const struct wall NOW = { 1000000000, 0 };

static json_t *parse(const char *text)
{
	json_t *doc = NULL;
	struct error err;
	ck_assert_msg(jx_parse(sv_of(text), &doc, &err) == ERR_OK, "%s", text);
	return doc;
}

static struct store *fresh(void)
{
	struct store *s = NULL;
	struct error err;
	ck_assert_int_eq(store_new(&s, &err), ERR_OK);
	return s;
}

static void create(struct store *s, const char *kind, const char *text)
{
	struct error err;
	json_t *doc = parse(text);
	ck_assert_msg(
		store_create(s, resources_of_kind(kind), doc, NOW, &err) == ERR_OK, "%s", err.text);
	json_decref(doc);
}

START_TEST(created_objects_get_the_servers_metadata)
{
	struct store *s = fresh();
	create(s, "Deployment",
		"{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"spec\":{\"replicas\":1}}");
	json_t *doc = store_get(s, resources_of_kind("Deployment"), SV("n"), SV("a"));

	ck_assert_str_eq(jx_text_at(doc, "apiVersion"), "apps/v1");
	ck_assert_str_eq(jx_text_at(doc, "kind"), "Deployment");
	ck_assert_str_eq(jx_text_at(doc, "metadata.resourceVersion"), "1");
	ck_assert_str_eq(jx_text_at(doc, "metadata.creationTimestamp"), "2001-09-09T01:46:40Z");
	ck_assert_int_eq(json_integer_value(jx_at(doc, "metadata.generation")), 1);
	ck_assert_ptr_nonnull(jx_text_at(doc, "metadata.uid"));
	json_decref(doc);
	store_free(s);
}
END_TEST

START_TEST(a_second_object_of_the_name_is_refused)
{
	struct store *s = fresh();
	struct error err;
	create(s, "Pod", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}");
	json_t *doc = parse("{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}");

	ck_assert_int_eq(store_create(s, resources_of_kind("Pod"), doc, NOW, &err), ERR_CONFLICT);
	ck_assert_str_eq(err.text, "pods \"a\" already exists");
	json_decref(doc);
	store_free(s);
}
END_TEST

START_TEST(generation_grows_with_the_spec_and_not_with_the_status)
{
	struct store *s = fresh();
	const struct resource *r = resources_of_kind("Deployment");
	struct error err;
	create(s, "Deployment",
		"{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"spec\":{\"replicas\":1}}");

	json_t *doc = store_get(s, r, SV("n"), SV("a"));
	json_object_set_new(doc, "status", json_pack("{s:i}", "replicas", 1));
	ck_assert_int_eq(store_update(s, r, doc, &err), ERR_OK);
	ck_assert_int_eq(json_integer_value(jx_at(doc, "metadata.generation")), 1);
	json_object_set_new(json_object_get(doc, "spec"), "replicas", json_integer(2));
	ck_assert_int_eq(store_update(s, r, doc, &err), ERR_OK);
	ck_assert_int_eq(json_integer_value(jx_at(doc, "metadata.generation")), 2);
	ck_assert_uint_eq(store_revision(s), 3);
	json_decref(doc);
	store_free(s);
}
END_TEST

START_TEST(an_equal_update_makes_no_revision)
{
	struct store *s = fresh();
	const struct resource *r = resources_of_kind("Pod");
	struct error err;
	create(s, "Pod", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}");
	json_t *doc = store_get(s, r, SV("n"), SV("a"));

	ck_assert_int_eq(store_update(s, r, doc, &err), ERR_OK);
	ck_assert_uint_eq(store_revision(s), 1);
	json_decref(doc);
	store_free(s);
}
END_TEST

START_TEST(a_stale_revision_is_a_conflict)
{
	struct store *s = fresh();
	const struct resource *r = resources_of_kind("Pod");
	struct error err;
	create(s, "Pod", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}");
	json_t *doc = parse(
		"{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"resourceVersion\":\"77\"}}");

	ck_assert_int_eq(store_update(s, r, doc, &err), ERR_CONFLICT);
	ck_assert_ptr_nonnull(strstr(err.text, "the object has been modified"));
	json_decref(doc);
	store_free(s);
}
END_TEST

static void collect(const struct store_event *event, void *ctx)
{
	char *log = ctx;
	static const char LETTERS[] = { 'A', 'M', 'D' };
	size_t n = strlen(log);
	log[n] = LETTERS[event->change];
	log[n + 1] = '\0';
}

START_TEST(changes_are_told_and_can_be_replayed)
{
	struct store *s = fresh();
	const struct resource *r = resources_of_kind("Pod");
	char heard[16] = "", replayed[16] = "";
	struct error err;

	ck_assert_int_eq(store_listen(s, collect, heard, &err), ERR_OK);
	create(s, "Pod", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}");
	json_t *doc = store_get(s, r, SV("n"), SV("a"));
	json_object_set_new(doc, "spec", json_object());
	ck_assert_int_eq(store_update(s, r, doc, &err), ERR_OK);
	ck_assert_int_eq(store_delete(s, r, SV("n"), SV("a"), &err), ERR_OK);
	ck_assert_str_eq(heard, "AMD");
	ck_assert(store_replay(s, r, 1, collect, replayed));
	ck_assert_str_eq(replayed, "MD");
	ck_assert_int_eq(store_delete(s, r, SV("n"), SV("a"), &err), ERR_NOTFOUND);
	ck_assert_str_eq(err.text, "pods \"a\" not found");
	json_decref(doc);
	store_free(s);
}
END_TEST

START_TEST(replay_tells_when_the_log_is_too_short)
{
	struct store *s = fresh();
	const struct resource *r = resources_of_kind("Pod");
	char replayed[16] = "";
	struct error err;

	create(s, "Pod", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}");
	for (int i = 0; i < 5000; i++) {
		json_t *doc = store_get(s, r, SV("n"), SV("a"));
		json_object_set_new(doc, "spec", json_integer(i));
		ck_assert_int_eq(store_update(s, r, doc, &err), ERR_OK);
		json_decref(doc);
	}
	ck_assert(!store_replay(s, r, 1, collect, replayed));
	ck_assert(store_replay(s, r, 4999, collect, replayed));
	ck_assert_str_eq(replayed, "MM");
	store_free(s);
}
END_TEST

START_TEST(lists_are_sorted_and_survive_deletion)
{
	struct store *s = fresh();
	const struct resource *r = resources_of_kind("Pod");
	struct store_list list;
	struct error err;

	create(s, "Pod", "{\"metadata\":{\"name\":\"b\",\"namespace\":\"n\"}}");
	create(s, "Pod", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}");
	create(s, "Pod", "{\"metadata\":{\"name\":\"c\",\"namespace\":\"m\"}}");
	ck_assert_int_eq(store_list(s, r, SV(""), &list, &err), ERR_OK);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_int_eq(store_delete(s, r, SV("n"), SV("a"), &err), ERR_OK);
	ck_assert_str_eq(list.at[0]->name, "c");
	ck_assert_str_eq(list.at[1]->name, "a");
	ck_assert_str_eq(list.at[2]->name, "b");
	store_list_done(&list);
	ck_assert_int_eq(store_list(s, r, SV("n"), &list, &err), ERR_OK);
	ck_assert_uint_eq(list.n, 1);
	store_list_done(&list);
	store_free(s);
}
END_TEST

int main(void)
{
	jx_init();
	Suite *suite = suite_create("store");
	TCase *tcase = tcase_create("store");
	tcase_add_test(tcase, created_objects_get_the_servers_metadata);
	tcase_add_test(tcase, a_second_object_of_the_name_is_refused);
	tcase_add_test(tcase, generation_grows_with_the_spec_and_not_with_the_status);
	tcase_add_test(tcase, an_equal_update_makes_no_revision);
	tcase_add_test(tcase, a_stale_revision_is_a_conflict);
	tcase_add_test(tcase, changes_are_told_and_can_be_replayed);
	tcase_add_test(tcase, replay_tells_when_the_log_is_too_short);
	tcase_add_test(tcase, lists_are_sorted_and_survive_deletion);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
