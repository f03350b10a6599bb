/* What a key in quarantine is told, after real crashes: a child process that is killed in the middle of its work. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapter/crashes.h"
#include "tests/unit/common/run.h"

#define KEY "listing up{job=\"a\nb\"}"

static char folder[] = "/tmp/flyball-quarantine-XXXXXX";

static void setup(void)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/flyball-adapter.work", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

static struct work_note *open_note(const char *directory)
{
	const struct adapter_options o = { .work_note_dir = directory, .cert_dir = folder };
	struct work_note *n = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(crashes_open(&o, &n, &err), ERR_OK);
	return n;
}

static void crash(void)
{
	int status = 0, ticket = 0;
	struct error err = { 0 };
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct work_note *n = open_note("");
		if (crashes_enter(n, SV(KEY), &ticket, &err) ||
			crashes_enter_config(n, "rules.yaml", SV("rules: []"), &ticket, &err))
			_exit(1);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(two_crashes_put_a_key_into_quarantine)
{
	struct error err = { 0 };
	int ticket = WORK_NOTE_NONE;
	struct buf out;
	buf_init(&out, 65536);
	crash();
	struct work_note *n = open_note("");
	ck_assert_int_eq(crashes_enter(n, SV(KEY), &ticket, &err), ERR_OK);
	work_note_leave(n, ticket);
	crashes_print(n, &out);
	ck_assert_ptr_nonnull(strstr(buf_text(&out),
		"suspect  listing up{job=\"a?b\"}  in work at 1 crash, the last at "));
	work_note_keep_suspects(n);
	work_note_free(n);
	crash();
	n = open_note("");
	ck_assert_int_eq(crashes_enter(n, SV(KEY), &ticket, &err), ERR_UNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.text,
		"listing up{job=\"a?b\"} is in quarantine: it was in work at 2 crashes of the "
		"adapter; it is tried again at "));
	ck_assert_int_eq(
		crashes_enter_config(n, "rules.yaml", SV("rules: []"), &ticket, &err), ERR_UNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.text, "configuration "));
	ck_assert_ptr_nonnull(strstr(err.text, " rules.yaml is in quarantine"));
	ck_assert_int_eq(
		crashes_enter_config(n, "rules.yaml", SV("rules: []\n"), &ticket, &err), ERR_OK);
	work_note_leave(n, ticket);
	buf_clear(&out);
	crashes_print(n, &out);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "quarantine  listing"));
	ck_assert_ptr_null(strchr(strstr(buf_text(&out), "listing"), '\r'));
	buf_done(&out);
	work_note_free(n);
}
END_TEST

START_TEST(without_a_directory_there_is_memory)
{
	struct error err = { 0 };
	int ticket = WORK_NOTE_NONE;
	struct work_note *n = open_note("/nonexistent");
	ck_assert_int_eq(crashes_enter(n, SV(KEY), &ticket, &err), ERR_OK);
	work_note_leave(n, ticket);
	work_note_free(n);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, two_crashes_put_a_key_into_quarantine);
	tcase_add_test(tcase, without_a_directory_there_is_memory);
}

int main(void)
{
	return run_case("crashes", add);
}
