#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/autoscalers.h"

static struct autoscalers *all;

static void setup(void)
{
	all = autoscalers_new();
	ck_assert_ptr_nonnull(all);
}

static void teardown(void)
{
	autoscalers_free(all);
}

static enum autoscalers_change put(const char *name, const char *uid, const char *version,
	const char *json, struct autoscaler **ret)
{
	const struct object_id id = { .namespace = SV("n"),
		.name = sv_of(name),
		.uid = sv_of(uid),
		.resource_version = sv_of(version) };
	enum autoscalers_change change;
	struct error err;

	ck_assert_msg(autoscalers_put(all, AUTOSCALER_NATIVE, &id, sv_of(json), ret, &change,
			      &err) == ERR_OK,
		"%s", err.text);
	return change;
}

START_TEST(an_edit_is_told_from_a_status_write)
{
	struct autoscaler *one;

	ck_assert_int_eq(
		put("a", "u", "1", "{\"spec\":{\"maxReplicas\":3}}", &one), AUTOSCALERS_ADDED);
	ck_assert_int_eq(
		put("a", "u", "2", "{\"spec\":{\"maxReplicas\":3},\"status\":{\"x\":1}}", &one),
		AUTOSCALERS_UPDATED);
	ck_assert_int_eq(
		put("a", "u", "3", "{\"spec\":{\"maxReplicas\":4}}", &one), AUTOSCALERS_EDITED);
	ck_assert(sv_is(one->key, "n/a"));
	ck_assert_uint_eq(autoscalers_n(all), 1);
}
END_TEST

static void answer(struct autoscaler *one, const char *uid, const char *version, const char *json)
{
	const struct object_id id = { .namespace = SV("n"),
		.name = SV("a"),
		.uid = sv_of(uid),
		.resource_version = sv_of(version) };
	struct error err;

	ck_assert_int_eq(autoscalers_put_answer(all, one, &id, sv_of(json), &err), ERR_OK);
}

static void check_json(const struct autoscaler *one, const char *expected)
{
	struct arena a;
	struct sv json;
	struct error err;

	arena_init(&a, 100000);
	ck_assert_int_eq(autoscalers_json(one, &a, &json, &err), ERR_OK);
	ck_assert_str_eq(json.ptr, expected);
	arena_done(&a);
}

START_TEST(what_is_older_than_our_own_write_is_ignored)
{
	struct autoscaler *one;

	(void)put("a", "u", "8", "{\"spec\":{\"maxReplicas\":4}}", &one);
	answer(one, "u", "10", "{\"spec\":{\"maxReplicas\":4},\"status\":{}}");
	check_json(one, "{\"spec\":{\"maxReplicas\":4},\"status\":{}}");
	ck_assert_int_eq(
		put("a", "u", "9", "{\"spec\":{\"maxReplicas\":3}}", &one), AUTOSCALERS_NONE);
	ck_assert_int_eq(
		put("a", "u", "10", "{\"spec\":{\"maxReplicas\":3}}", &one), AUTOSCALERS_NONE);
	check_json(one, "{\"spec\":{\"maxReplicas\":4},\"status\":{}}");
	ck_assert_int_eq(
		put("a", "u", "11", "{\"spec\":{\"maxReplicas\":5}}", &one), AUTOSCALERS_EDITED);
	/* An answer that the watch was faster than, and one about another object of the name. */
	answer(one, "u", "10", "{\"spec\":{\"maxReplicas\":4}}");
	answer(one, "other", "12", "{\"spec\":{\"maxReplicas\":4}}");
	check_json(one, "{\"spec\":{\"maxReplicas\":5}}");
}
END_TEST

/* The watch leaves out itself what is older than it told. Where a backup was put back, its list is lower and true. */
START_TEST(versions_may_begin_anew)
{
	struct autoscaler *one;

	(void)put("a", "u", "1000", "{\"spec\":{\"maxReplicas\":4}}", &one);
	ck_assert_int_eq(
		put("a", "u", "9", "{\"spec\":{\"maxReplicas\":3}}", &one), AUTOSCALERS_EDITED);
	check_json(one, "{\"spec\":{\"maxReplicas\":3}}");
}
END_TEST

START_TEST(another_uid_starts_with_an_empty_history)
{
	struct autoscaler *one;
	struct error err;

	(void)put("a", "u", "10", "{\"spec\":{}}", &one);
	ck_assert_int_eq(history_start(&one->history, 3, (struct mono){ 1 }, &err), ERR_OK);
	ck_assert_int_eq(put("a", "other", "11", "{\"spec\":{}}", &one), AUTOSCALERS_EDITED);
	ck_assert(!one->history.started);
}
END_TEST

/* The peers of an object whose pods have one label, as "name name ". */
static const char *peers_of(const struct autoscaler *self, const char *key, const char *value)
{
	static char text[256];
	struct label label = { sv_of(key), sv_of(value) };
	const struct pod_labels labels = { &label, 1 };
	const struct pod pod = { .labels = &labels };
	const struct pod *const pods[] = { &pod, &pod };
	const struct pod_set set = { pods, 2 };
	struct target_peer *peers;
	struct arena arena;
	struct error err;
	size_t n, at = 0;

	arena_init(&arena, 100000);
	ck_assert_int_eq(autoscalers_peers(all, &arena, self, &set, &peers, &n, &err), ERR_OK);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "%.*s ", SV_ARG(peers[i].name));
	arena_done(&arena);
	return text;
}

START_TEST(peers_are_the_others_that_could_have_the_same_pods)
{
	struct autoscaler *a, *b, *c, *other_kind;
	enum autoscalers_change change;
	struct error err;
	const struct object_id id = {
		.namespace = SV("n"), .name = SV("b"), .uid = SV("o"), .resource_version = SV("7")
	};

	(void)put("a", "u", "1", "{\"spec\":{}}", &a);
	(void)put("b", "v", "2", "{\"spec\":{}}", &b);
	(void)put("c", "w", "3", "{\"spec\":{}}", &c);
	ck_assert_int_eq(autoscalers_put(all, AUTOSCALER_OWN, &id, SV("{\"spec\":{}}"), &other_kind,
				 &change, &err),
		ERR_OK);
	ck_assert_str_eq(peers_of(a, "app", "web"), "");
	ck_assert_int_eq(autoscalers_set_selector(all, b, SV("app=web,tier=x"), &err), ERR_OK);
	ck_assert_int_eq(autoscalers_set_selector(all, other_kind, SV("app=web"), &err), ERR_OK);
	ck_assert_int_eq(autoscalers_set_selector(all, c, SV("!legacy"), &err), ERR_OK);
	ck_assert_ptr_nonnull(strstr(peers_of(a, "app", "web"), "b "));
	ck_assert_str_eq(peers_of(b, "app", "web"), "c ");
	ck_assert_str_eq(peers_of(a, "app", "db"), "c ");
	ck_assert_str_eq(peers_of(other_kind, "app", "web"), "");
	/* Another selector replaces the first one, a wrong one matches nothing. */
	ck_assert_int_eq(autoscalers_set_selector(all, b, SV("app=db"), &err), ERR_OK);
	ck_assert_str_eq(peers_of(a, "app", "web"), "c ");
	ck_assert_int_ne(autoscalers_set_selector(all, c, SV("!!"), &err), ERR_OK);
	ck_assert_str_eq(peers_of(a, "app", "web"), "");
	/* Who is gone or is another object is no peer. */
	(void)put("b", "new", "9", "{\"spec\":{}}", &b);
	ck_assert_str_eq(peers_of(a, "app", "db"), "");
}
END_TEST

START_TEST(a_taken_object_is_gone)
{
	struct autoscaler *one;

	(void)put("a", "u", "1", "{\"spec\":{}}", &one);
	ck_assert_ptr_eq(autoscalers_take(all, AUTOSCALER_NATIVE, SV("n"), SV("a")), one);
	autoscalers_free_one(one);
	ck_assert_ptr_null(autoscalers_find(all, AUTOSCALER_NATIVE, SV("n"), SV("a")));
	ck_assert_ptr_null(autoscalers_take(all, AUTOSCALER_NATIVE, SV("n"), SV("a")));
	ck_assert_uint_eq(autoscalers_n(all), 0);
}
END_TEST

#define PROMETHEUS(more)                                                                           \
	"{\"spec\":{\"metrics\":[{\"type\":\"Prometheus\",\"prometheus\":{" more "}}]}}"

START_TEST(what_asks_alike_has_one_place_in_the_period)
{
	static const struct {
		const char *what, *first, *second;
		bool alike;
	} ROWS[] = {
		{ "no metrics", "{\"spec\":{}}", "{\"spec\":{}}", true },
		{ "one query", PROMETHEUS("\"query\":\"a\",\"name\":\"x\""),
			PROMETHEUS("\"query\":\"a\",\"name\":\"y\""), true },
		{ "two queries", PROMETHEUS("\"query\":\"a\""), PROMETHEUS("\"query\":\"b\""),
			false },
		{ "two servers", PROMETHEUS("\"query\":\"a\",\"server\":\"s\""),
			PROMETHEUS("\"query\":\"a\""), false },
		{ "only one wants to know whether it is alive", PROMETHEUS("\"query\":\"a\""),
			PROMETHEUS("\"query\":\"a\",\"aliveQuery\":\"up\""), false },
		{ "objects that are asked about",
			"{\"spec\":{\"metrics\":[{\"type\":\"Object\"}]}}",
			"{\"spec\":{\"metrics\":[{\"type\":\"Object\"}]}}", false },
	};
	struct autoscaler *x, *y;

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		(void)put("x", "u", "0", ROWS[i].first, &x);
		(void)put("y", "u", "0", ROWS[i].second, &y);
		ck_assert_msg((x->spread == y->spread) == ROWS[i].alike, "%s", ROWS[i].what);
		ck_assert_uint_eq(autoscalers_n_alike(all, x->spread), ROWS[i].alike ? 2 : 1);
	}
}
END_TEST

START_TEST(every_failing_allocation_leaves_a_usable_set)
{
	struct autoscaler *one;
	enum autoscalers_change change;
	struct error err;
	const struct object_id id = {
		.namespace = SV("m"), .name = SV("z"), .uid = SV("w"), .resource_version = SV("5")
	};

	(void)put("a", "u", "1", "{\"spec\":{}}", &one);
	for (unsigned long i = 1; i < 40; i++) {
		mem_fail_at(i, true);
		enum error_kind rc = autoscalers_put(all, AUTOSCALER_NATIVE, &id,
			SV("{\"spec\":{\"maxReplicas\":1}}"), &one, &change, &err);
		mem_fail_at(0, false);
		ck_assert_uint_eq(autoscalers_n(all), rc == ERR_OK ? 2 : 1);
		autoscalers_free_one(autoscalers_take(all, AUTOSCALER_NATIVE, SV("m"), SV("z")));
	}
	ck_assert_ptr_nonnull(autoscalers_find(all, AUTOSCALER_NATIVE, SV("n"), SV("a")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("autoscalers");
	TCase *tcase = tcase_create("autoscalers");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_edit_is_told_from_a_status_write);
	tcase_add_test(tcase, what_is_older_than_our_own_write_is_ignored);
	tcase_add_test(tcase, versions_may_begin_anew);
	tcase_add_test(tcase, another_uid_starts_with_an_empty_history);
	tcase_add_test(tcase, peers_are_the_others_that_could_have_the_same_pods);
	tcase_add_test(tcase, a_taken_object_is_gone);
	tcase_add_test(tcase, what_asks_alike_has_one_place_in_the_period);
	tcase_add_test(tcase, every_failing_allocation_leaves_a_usable_set);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
