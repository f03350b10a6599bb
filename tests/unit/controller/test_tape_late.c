/* What is kept of a pass's inputs outlives what it was copied from. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "controller/tape_late.h"

#define MAX_BYTES (1024u * 1024)
#define FULL 100

static struct arena arena;

static void start(void)
{
	arena_init(&arena, MAX_BYTES);
}

static void end(void)
{
	arena_done(&arena);
}

static struct tape_late *begin(size_t max_pods, const struct history *history)
{
	struct tape_late *late = tape_late_new(&arena, max_pods, history);
	ck_assert_ptr_nonnull(late);
	return late;
}

START_TEST(the_history_is_the_one_from_before_the_pass)
{
	struct history history = { 0 };
	struct error err;

	ck_assert_int_eq(history_start(&history, 3, (struct mono){ 1 }, &err), ERR_OK);
	struct tape_late *late = begin(FULL, &history);
	ck_assert_int_eq(
		history_recommend(&history, HISTORY_APPEND, 9, (struct mono){ 2 }, &err), ERR_OK);
	ck_assert_uint_eq(late->history.recommendations.n, 1);
	ck_assert_int_eq(late->history.recommendations.at[0].replicas, 3);
	tape_late_done(late);
	history_done(&history);
}
END_TEST

START_TEST(pods_outlive_the_cache_they_came_from)
{
	char name[] = "web-1", key[] = "app", value[] = "web", container[] = "main",
	     resource[] = "cpu", text[] = "100m";
	struct label label = { sv_of(key), sv_of(value) };
	struct pod_labels labels = { &label, 1 };
	struct pod_request request = { .resource = sv_of(resource),
		.quantity = { .text = sv_of(text) } };
	struct pod_container one = { sv_of(container), POD_CONTAINER, { &request, 1 } };
	struct pod_template template = { .containers = &one, .n_containers = 1 };
	const struct pod pod = { .name = sv_of(name),
		.ns = SV("shop"),
		.labels = &labels,
		.template = &template,
		.ready = POD_READY_TRUE };
	const struct pod *at[] = { &pod, &pod };
	struct tape_late *late = begin(FULL, NULL);

	tape_late_pods(late, &(struct pod_set){ at, 2 }, (struct decide_now){ 0 });
	char *const texts[] = { name, key, value, container, resource, text };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		memset(texts[i], 'x', strlen(texts[i]));
	const struct pod_set *kept = &late->first->pods;
	ck_assert_int_eq(late->failed, ERR_OK);
	ck_assert_uint_eq(kept->n, 2);
	ck_assert(sv_is(kept->at[1]->name, "web-1"));
	ck_assert_int_eq(kept->at[1]->ready, POD_READY_TRUE);
	ck_assert(sv_is(kept->at[0]->labels->at[0].key, "app"));
	ck_assert(sv_is(kept->at[0]->labels->at[0].value, "web"));
	const struct pod_container *c = &kept->at[0]->template->containers[0];
	ck_assert(sv_is(c->name, "main"));
	ck_assert(sv_is(c->requests.at[0].resource, "cpu"));
	ck_assert(sv_is(c->requests.at[0].quantity.text, "100m"));
	/* Siblings share the copy. */
	ck_assert_ptr_eq(kept->at[0]->labels, kept->at[1]->labels);
	ck_assert_ptr_eq(kept->at[0]->template, kept->at[1]->template);
	tape_late_done(late);
}
END_TEST

START_TEST(answers_outlive_the_call_in_their_order)
{
	char body[] = "{}", error[] = "no";
	const struct pass_want get = { .kind = PASS_WANT_GET_SCALE };
	struct tape_late *late = begin(FULL, NULL);

	tape_late_scale(late, &get, &(struct pass_answer){ .body = sv_of(body) });
	tape_late_status(late, &(struct pass_answer){ .failed = true, .error = sv_of(error) });
	memset(body, 'x', strlen(body));
	memset(error, 'x', strlen(error));
	ck_assert_int_eq(late->first->kind, TAPE_LATE_SCALE);
	ck_assert(sv_is(late->first->answer.body, "{}"));
	ck_assert_int_eq(late->first->next->kind, TAPE_LATE_STATUS);
	ck_assert(sv_is(late->first->next->answer.error, "no"));
	ck_assert_ptr_null(late->first->next->next);
	tape_late_done(late);
}
END_TEST

START_TEST(too_many_pods_are_told_and_not_kept)
{
	const struct pod pod = { .name = SV("web-1") };
	const struct pod *at[] = { &pod, &pod };
	struct tape_late *late = begin(1, NULL);

	tape_late_pods(late, &(struct pod_set){ at, 2 }, (struct decide_now){ 0 });
	ck_assert_int_eq(late->failed, ERR_LIMIT);
	ck_assert_uint_eq(late->first->pods.n, 0);
	tape_late_done(late);
}
END_TEST

START_TEST(a_full_arena_is_told)
{
	static char body[2 * MAX_BYTES];
	const struct pass_want get = { .kind = PASS_WANT_GET_SCALE };
	struct tape_late *late = begin(FULL, NULL);

	memset(body, 'x', sizeof(body));
	tape_late_scale(late, &get, &(struct pass_answer){ .body = sv_from(body, sizeof(body)) });
	ck_assert_int_ne(late->failed, ERR_OK);
	tape_late_done(late);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tape_late");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, start, end);
	tcase_add_test(tcase, the_history_is_the_one_from_before_the_pass);
	tcase_add_test(tcase, pods_outlive_the_cache_they_came_from);
	tcase_add_test(tcase, answers_outlive_the_call_in_their_order);
	tcase_add_test(tcase, too_many_pods_are_told_and_not_kept);
	tcase_add_test(tcase, a_full_arena_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
