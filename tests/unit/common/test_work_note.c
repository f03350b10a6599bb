/* The file over real crashes: a child process that is killed, or ends well. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/work_note.h"
#include "tests/unit/common/run.h"

static char folder[] = "/tmp/flyball-work-note-XXXXXX";
static char path[128];

static void setup(void)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/note", folder);
}

static void teardown(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
}

static struct work_note *open_note(void)
{
	struct work_note *n = NULL;
	struct error err = { 0 };
	ck_assert_msg(work_note_new(folder, "note", &n, &err) == ERR_OK, "%s", err.text);
	return n;
}

/* Runs work on a note in a process of its own, which then dies by the signal, or ends well when it is 0. */
static void in_child(void (*work)(struct work_note *n), int with_signal)
{
	int status = 0;
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct work_note *n = NULL;
		struct error err = { 0 };
		if (work_note_new(folder, "note", &n, &err))
			_exit(1);
		work(n);
		if (with_signal)
			raise(with_signal);
		work_note_free(n);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (with_signal)
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == with_signal);
	else
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void two_wait_one_is_done(struct work_note *n)
{
	int done = work_note_enter(n, SV("done"));
	(void)!work_note_enter(n, SV("hangs"));
	(void)!work_note_enter(n, SV("hangs too"));
	work_note_leave(n, done);
}

static void one_runs(struct work_note *n)
{
	(void)!work_note_enter(n, SV("waits"));
	work_note_run(n, work_note_enter(n, SV("runs")));
}

static void one_ran(struct work_note *n)
{
	int ticket = work_note_enter(n, SV("ran"));
	int before = work_note_run(n, ticket);
	work_note_run(n, before);
	work_note_leave(n, ticket);
}

static void gives_up(struct work_note *n)
{
	work_note_keep_suspects(n);
}

static void nothing(struct work_note *n)
{
	(void)n;
}

static void count(const struct work_suspect *s, void *ctx)
{
	size_t *n = ctx;
	(*n)++;
	ck_assert_uint_gt(s->n_crashes, 0);
	ck_assert_int_gt(s->crashed_at.sec, 0);
}

static size_t n_suspects(const struct work_note *n)
{
	size_t found = 0;
	work_note_each_suspect(n, count, &found);
	return found;
}

START_TEST(what_was_there_at_two_crashes_rests)
{
	struct work_suspect s;
	in_child(two_wait_one_is_done, SIGKILL);
	in_child(two_wait_one_is_done, SIGKILL);
	struct work_note *n = open_note();
	ck_assert_uint_eq(work_note_n_crashes(n), 2);
	ck_assert_uint_eq(n_suspects(n), 2);
	ck_assert_uint_eq(work_note_n_quarantined(n), 2);
	ck_assert_int_eq(work_note_enter(n, SV("hangs")), WORK_NOTE_RESTS);
	ck_assert(work_note_find_suspect(n, SV("hangs"), &s));
	ck_assert_uint_eq(s.n_crashes, 2);
	ck_assert_int_gt(s.try_at.sec, s.crashed_at.sec);
	int ticket = work_note_enter(n, SV("done"));
	ck_assert_int_ge(ticket, 0);
	work_note_leave(n, ticket);
	ck_assert(!work_note_find_suspect(n, SV("done"), &s));
	work_note_free(n);
}
END_TEST

START_TEST(one_crash_lets_it_work_again)
{
	in_child(two_wait_one_is_done, SIGKILL);
	struct work_note *n = open_note();
	ck_assert_uint_eq(n_suspects(n), 2);
	ck_assert_uint_eq(work_note_n_quarantined(n), 0);
	int ticket = work_note_enter(n, SV("hangs"));
	ck_assert_int_ge(ticket, 0);
	work_note_leave(n, ticket);
	/* Ending well once does not clear it: the same answer may come again. */
	ck_assert_uint_eq(n_suspects(n), 2);
	work_note_free(n);
}
END_TEST

START_TEST(the_one_that_runs_is_blamed_alone)
{
	in_child(one_runs, SIGKILL);
	in_child(one_runs, SIGKILL);
	struct work_note *n = open_note();
	ck_assert_int_eq(work_note_enter(n, SV("runs")), WORK_NOTE_RESTS);
	ck_assert_int_ge(work_note_enter(n, SV("waits")), 0);
	work_note_free(n);
}
END_TEST

START_TEST(a_crash_without_work_blames_nobody)
{
	in_child(one_ran, SIGKILL);
	struct work_note *n = open_note();
	ck_assert_uint_eq(n_suspects(n), 0);
	work_note_free(n);
}
END_TEST

START_TEST(a_clean_end_clears_all)
{
	in_child(two_wait_one_is_done, SIGKILL);
	in_child(two_wait_one_is_done, SIGKILL);
	in_child(nothing, 0);
	struct work_note *n = open_note();
	ck_assert_uint_eq(work_note_n_crashes(n), 0);
	ck_assert_uint_eq(n_suspects(n), 0);
	work_note_free(n);
}
END_TEST

START_TEST(a_program_that_gives_up_keeps_its_suspects)
{
	in_child(two_wait_one_is_done, SIGKILL);
	in_child(two_wait_one_is_done, SIGKILL);
	in_child(gives_up, 0);
	struct work_note *n = open_note();
	ck_assert_uint_eq(work_note_n_crashes(n), 2);
	ck_assert_int_eq(work_note_enter(n, SV("hangs")), WORK_NOTE_RESTS);
	work_note_free(n);
}
END_TEST

static void is_asked_to_end(struct work_note *n)
{
	(void)!work_note_enter(n, SV("hangs"));
	work_note_ending(n);
}

START_TEST(whoever_is_killed_while_it_ends_did_not_crash)
{
	in_child(is_asked_to_end, SIGKILL);
	in_child(is_asked_to_end, SIGKILL);
	struct work_note *n = open_note();
	ck_assert_uint_eq(work_note_n_crashes(n), 0);
	ck_assert_uint_eq(n_suspects(n), 0);
	work_note_free(n);
}
END_TEST

START_TEST(pieces_of_work_nest)
{
	struct work_note *n = open_note();
	int outer = work_note_enter(n, SV("outer"));
	ck_assert_int_eq(work_note_run(n, outer), WORK_NOTE_NONE);
	ck_assert_int_eq(work_note_run(n, WORK_NOTE_OTHER), outer);
	ck_assert_int_eq(work_note_run(n, outer), WORK_NOTE_OTHER);
	work_note_leave(n, outer);
	ck_assert_int_eq(work_note_run(n, WORK_NOTE_NONE), WORK_NOTE_NONE);
	work_note_free(n);
}
END_TEST

START_TEST(the_file_belongs_to_one_process)
{
	struct work_note *n = open_note(), *second = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(work_note_new(folder, "note", &second, &err), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, "another process uses it"));
	ck_assert_int_ge(work_note_enter(n, SV("still works")), 0);
	work_note_free(n);
}
END_TEST

START_TEST(a_damaged_file_is_begun_anew)
{
	static const char JUNK[300000] = "this is no note";
	static const size_t SIZES[] = { 0, 15, sizeof(JUNK) };
	for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(write(fd, JUNK, SIZES[i]), (ssize_t)SIZES[i]);
		close(fd);
		struct work_note *n = open_note();
		ck_assert_uint_eq(n_suspects(n), 0);
		ck_assert_int_ge(work_note_enter(n, SV("a")), 0);
		work_note_free(n);
	}
}
END_TEST

START_TEST(without_a_directory_it_is_memory)
{
	struct work_note *n = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(work_note_new(NULL, "note", &n, &err), ERR_OK);
	int ticket = work_note_enter(n, SV("a"));
	ck_assert_int_ge(ticket, 0);
	work_note_leave(n, ticket);
	work_note_free(n);
	ck_assert_int_eq(work_note_new("/nonexistent", "note", &n, &err), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/note"));
	ck_assert_int_eq(work_note_enter(NULL, SV("a")), WORK_NOTE_NONE);
	work_note_leave(NULL, WORK_NOTE_NONE);
	work_note_run(NULL, WORK_NOTE_NONE);
}
END_TEST

START_TEST(it_is_bounded_and_equal_keys_share)
{
	struct work_note *n = open_note();
	char key[16];
	int first = work_note_enter(n, SV("same"));
	ck_assert_int_eq(work_note_enter(n, SV("same")), first);
	for (int i = 0; i < 1023; i++) {
		(void)snprintf(key, sizeof(key), "key-%d", i);
		ck_assert_int_ge(work_note_enter(n, sv_of(key)), 0);
	}
	ck_assert_int_eq(work_note_enter(n, SV("one more")), WORK_NOTE_NONE);
	work_note_leave(n, first);
	ck_assert_int_eq(work_note_enter(n, SV("one more")), WORK_NOTE_NONE);
	work_note_leave(n, first);
	ck_assert_int_ge(work_note_enter(n, SV("one more")), 0);
	work_note_free(n);
}
END_TEST

static void fill(struct work_note *n)
{
	char key[16];
	for (int i = 0; i < 1024; i++) {
		(void)snprintf(key, sizeof(key), "key-%d", i);
		(void)!work_note_enter(n, sv_of(key));
	}
}

START_TEST(a_table_full_of_single_suspects_makes_room)
{
	in_child(fill, SIGKILL);
	struct work_note *n = open_note();
	ck_assert_uint_eq(n_suspects(n), 1024);
	ck_assert_int_ge(work_note_enter(n, SV("new")), 0);
	ck_assert_uint_eq(n_suspects(n), 0);
	work_note_free(n);
}
END_TEST

static enum error_kind make_and_use(struct error *err)
{
	AUTO(work_note_free) struct work_note *n = NULL;
	if (work_note_new(NULL, "note", &n, err))
		return err->kind;
	unsigned long before = mem_n_failures();
	int ticket = work_note_enter(n, SV("a"));
	work_note_leave(n, ticket);
	/* No memory to note it is no reason to refuse it. */
	ck_assert_int_ne(ticket, WORK_NOTE_RESTS);
	return mem_n_failures() == before ? ERR_OK : error_nomem(err);
}

START_TEST(every_allocation_may_fail)
{
	fail_each_allocation(make_and_use);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_was_there_at_two_crashes_rests);
	tcase_add_test(tcase, one_crash_lets_it_work_again);
	tcase_add_test(tcase, the_one_that_runs_is_blamed_alone);
	tcase_add_test(tcase, a_crash_without_work_blames_nobody);
	tcase_add_test(tcase, a_clean_end_clears_all);
	tcase_add_test(tcase, a_program_that_gives_up_keeps_its_suspects);
	tcase_add_test(tcase, whoever_is_killed_while_it_ends_did_not_crash);
	tcase_add_test(tcase, pieces_of_work_nest);
	tcase_add_test(tcase, the_file_belongs_to_one_process);
	tcase_add_test(tcase, a_damaged_file_is_begun_anew);
	tcase_add_test(tcase, without_a_directory_it_is_memory);
	tcase_add_test(tcase, it_is_bounded_and_equal_keys_share);
	tcase_add_test(tcase, a_table_full_of_single_suspects_makes_room);
	tcase_add_test(tcase, every_allocation_may_fail);
}

int main(void)
{
	return run_case("work_note", add);
}
