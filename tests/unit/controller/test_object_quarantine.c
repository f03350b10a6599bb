/* What crashes the controller twice is left alone, and nobody else is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "controller/object_quarantine.h"
#include "tests/unit/controller/run.h"

static char folder[64];
static struct selfmetrics *metrics;
static struct error err;

static void setup(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/flyball-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	metrics = selfmetrics_new();
	ck_assert_ptr_nonnull(metrics);
}

static void teardown(void)
{
	char file[128];

	selfmetrics_free(metrics);
	(void)snprintf(file, sizeof(file), "%s/flyball-controller.work", folder);
	(void)unlink(file);
	(void)rmdir(folder);
}

static struct autoscaler object(const char *key, uint64_t fingerprint)
{
	return (struct autoscaler){ .key = sv_of(key), .fingerprint = fingerprint };
}

/* A process that dies while it works on `poison`, others being in work. */
static void crash(uint64_t fingerprint)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct autoscaler poison = object("ns/poison", fingerprint);
		struct autoscaler bystander = object("ns/bystander", 1);
		struct object_quarantine_rest rest;
		struct object_quarantine *q;
		if (object_quarantine_new(folder, metrics, &q, &err) != ERR_OK ||
			!object_quarantine_enter(q, &bystander, &rest) ||
			!object_quarantine_enter(q, &poison, &rest))
			_exit(7);
		object_quarantine_back(object_quarantine_run(q, &bystander));
		struct object_quarantine_turn ends_with_us = object_quarantine_run(q, &poison);
		(void)ends_with_us;
		_exit(0);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static bool may_pass(const char *key, uint64_t fingerprint, struct object_quarantine_rest *ret)
{
	struct autoscaler one = object(key, fingerprint);
	struct object_quarantine *q;

	ck_assert_int_eq(object_quarantine_new(folder, metrics, &q, &err), ERR_OK);
	bool may = object_quarantine_enter(q, &one, ret);
	object_quarantine_leave(q, &one);
	/* As a crash of somebody else: the file stays. */
	_Exit(may ? 1 : 0);
}

/* In a process of its own: an end that is no clean one, with nothing in work. */
static bool is_left_alone(const char *key, uint64_t fingerprint)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct object_quarantine_rest rest;
		(void)may_pass(key, fingerprint, &rest);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

START_TEST(one_crash_may_have_any_cause)
{
	crash(5);
	ck_assert(!is_left_alone("ns/poison", 5));
}
END_TEST

START_TEST(what_crashed_twice_is_left_alone_and_nobody_else)
{
	crash(5);
	crash(5);
	ck_assert(is_left_alone("ns/poison", 5));
	ck_assert(!is_left_alone("ns/bystander", 1));
	ck_assert(is_left_alone("ns/poison", 5));
}
END_TEST

START_TEST(another_spec_is_another_chance)
{
	crash(5);
	crash(5);
	ck_assert(!is_left_alone("ns/poison", 6));
}
END_TEST

START_TEST(it_is_counted_and_told)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct autoscaler one = object("ns/poison", 5);
	struct object_quarantine_rest rest = { 0 };
	struct object_quarantine *q;

	crash(5);
	crash(5);
	buf_init(&text, 1 << 20);
	ck_assert_int_eq(object_quarantine_new(folder, metrics, &q, &err), ERR_OK);
	ck_assert(!object_quarantine_enter(q, &one, &rest));
	ck_assert_uint_eq(rest.n_crashes, 2);
	ck_assert_int_gt(rest.try_at.sec, instant_wall_now().sec);
	selfmetrics_print(metrics, &text);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "flyball_quarantined_objects 1"));
	buf_clear(&text);
	object_quarantine_print(&text, &rest);
	ck_assert_ptr_nonnull(
		strstr(buf_text(&text), "it was in work at 2 crashes of the controller; tried"));
	object_quarantine_free(q);
}
END_TEST

START_TEST(a_clean_end_forgets)
{
	struct object_quarantine *q;

	crash(5);
	ck_assert_int_eq(object_quarantine_new(folder, metrics, &q, &err), ERR_OK);
	object_quarantine_free(q);
	crash(5);
	ck_assert(!is_left_alone("ns/poison", 5));
}
END_TEST

START_TEST(a_state_that_cannot_be_taken_in_is_left_alone)
{
	const struct object_id id = { .namespace = SV("ns"), .name = SV("poison") };
	struct object_quarantine *q;
	int ticket, before;

	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			if (object_quarantine_new(folder, metrics, &q, &err) != ERR_OK ||
				!object_quarantine_enter_state(q, &id, &ticket, &before))
				_exit(7);
			_exit(0);
		}
		int status;
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(object_quarantine_new(folder, metrics, &q, &err), ERR_OK);
	ck_assert(!object_quarantine_enter_state(q, &id, &ticket, &before));
	object_quarantine_free(q);
}
END_TEST

START_TEST(without_a_note_nothing_rests)
{
	struct autoscaler one = object("ns/web", 1);
	struct object_quarantine_rest rest;
	struct object_quarantine *q;

	ck_assert(object_quarantine_enter(NULL, &one, &rest));
	object_quarantine_back(object_quarantine_run(NULL, &one));
	object_quarantine_leave(NULL, &one);
	/* A folder that does not exist is no reason not to start. */
	ck_assert_int_eq(object_quarantine_new("/nonexistent/folder", metrics, &q, &err), ERR_OK);
	ck_assert(object_quarantine_enter(q, &one, &rest));
	object_quarantine_leave(q, &one);
	object_quarantine_free(q);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_crash_may_have_any_cause);
	tcase_add_test(tcase, what_crashed_twice_is_left_alone_and_nobody_else);
	tcase_add_test(tcase, another_spec_is_another_chance);
	tcase_add_test(tcase, it_is_counted_and_told);
	tcase_add_test(tcase, a_clean_end_forgets);
	tcase_add_test(tcase, a_state_that_cannot_be_taken_in_is_left_alone);
	tcase_add_test(tcase, without_a_note_nothing_rests);
}

int main(void)
{
	return run_case("object_quarantine", add);
}
