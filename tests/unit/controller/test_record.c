/* Recordings on disk: whole lines, bounded, the oldest files first to go. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "controller/record.h"
#include "tests/unit/controller/run.h"

#define FILE_BYTES (RECORD_MIN_BYTES / 8)

static char folder[64];
static struct error err;

static void setup(void)
{
	strcpy(folder, "/tmp/flyball-record-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void path_of(char out[128], const char *name)
{
	(void)snprintf(out, 128, "%s/%s", folder, name);
}

/* Calls fn (may be NULL) for every file of the folder; returns how many. */
static size_t each(void (*fn)(const char *path))
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		char path[400];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		n++;
		if (fn)
			fn(path);
	}
	(void)closedir(dir);
	return n;
}

static void remove_file(const char *path)
{
	(void)unlink(path);
}

static void teardown(void)
{
	(void)each(remove_file);
	(void)rmdir(folder);
}

static struct record *open_record(void)
{
	const struct record_config config = { folder, RECORD_MIN_BYTES };
	struct record *r = NULL;

	ck_assert_msg(record_new(&config, &r, &err) == ERR_OK, "%s", err.text);
	return r;
}

static bool is_there(const char *name)
{
	char path[128];
	path_of(path, name);
	return access(path, F_OK) == 0;
}

static off_t size_of(const char *name)
{
	struct stat st;
	char path[128];

	path_of(path, name);
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_size;
}

START_TEST(a_tape_is_a_line)
{
	struct record *r = open_record();
	char path[128], text[32] = { 0 };

	ck_assert_int_eq(record_append(r, SV("{\"a\":1}"), &err), ERR_OK);
	ck_assert_int_eq(record_append(r, SV("{\"b\":2}"), &err), ERR_OK);
	record_free(r);
	path_of(path, "tape-00000001.jsonl");
	int fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, text, sizeof(text) - 1), 16);
	(void)close(fd);
	ck_assert_str_eq(text, "{\"a\":1}\n{\"b\":2}\n");
}
END_TEST

START_TEST(only_the_owner_can_read_it)
{
	struct stat st;
	char path[128];

	record_free(open_record());
	path_of(path, "tape-00000001.jsonl");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(files_are_bounded_and_the_oldest_go)
{
	struct record *r = open_record();
	char *tape = mem_alloc((size_t)FILE_BYTES);

	memset(tape, 'x', (size_t)FILE_BYTES);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(
			record_append(r, sv_from(tape, (size_t)FILE_BYTES / 2 + 1), &err), ERR_OK);
	record_free(r);
	ck_assert_uint_eq(each(NULL), 8);
	ck_assert(is_there("tape-00000020.jsonl") && is_there("tape-00000013.jsonl"));
	ck_assert(!is_there("tape-00000012.jsonl"));
	ck_assert_int_le(size_of("tape-00000020.jsonl"), FILE_BYTES);
	mem_free(tape);
}
END_TEST

START_TEST(a_tape_longer_than_a_file_is_refused)
{
	struct record *r = open_record();
	char *tape = mem_alloc((size_t)FILE_BYTES);

	memset(tape, 'x', (size_t)FILE_BYTES);
	ck_assert_int_eq(record_append(r, sv_from(tape, (size_t)FILE_BYTES), &err), ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.text, "--record-max-bytes"));
	ck_assert_int_eq(record_append(r, sv_from(tape, (size_t)FILE_BYTES - 1), &err), ERR_OK);
	record_free(r);
	mem_free(tape);
}
END_TEST

START_TEST(a_new_run_begins_a_new_file_and_counts_the_old_ones)
{
	char path[128];

	for (int i = 0; i < 10; i++)
		record_free(open_record());
	ck_assert_uint_eq(each(NULL), 8);
	ck_assert(is_there("tape-00000010.jsonl") && !is_there("tape-00000002.jsonl"));
	path_of(path, "notes.txt");
	(void)close(open(path, O_WRONLY | O_CREAT, 0600));
	record_free(open_record());
	ck_assert_uint_eq(each(NULL), 9);
	ck_assert(is_there("notes.txt"));
}
END_TEST

START_TEST(the_folder_is_made)
{
	const struct record_config config = { strcat(folder, "/new"), RECORD_MIN_BYTES };
	struct record *r = NULL;

	ck_assert_int_eq(record_new(&config, &r, &err), ERR_OK);
	record_free(r);
	ck_assert(is_there("tape-00000001.jsonl"));
	teardown();
	*strrchr(folder, '/') = '\0';
}
END_TEST

START_TEST(a_folder_that_cannot_be_is_named)
{
	const struct record_config missing = { "/nonexistent/deep/er", RECORD_MIN_BYTES };
	const struct record_config file = { "/dev/null", RECORD_MIN_BYTES };
	struct record *r = NULL;

	ck_assert_int_eq(record_new(&missing, &r, &err), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, "--record=/nonexistent/deep/er: cannot be made"));
	ck_assert_int_eq(record_new(&file, &r, &err), ERR_INVALID);
	ck_assert_ptr_null(r);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_tape_is_a_line);
	tcase_add_test(tcase, only_the_owner_can_read_it);
	tcase_add_test(tcase, files_are_bounded_and_the_oldest_go);
	tcase_add_test(tcase, a_tape_longer_than_a_file_is_refused);
	tcase_add_test(tcase, a_new_run_begins_a_new_file_and_counts_the_old_ones);
	tcase_add_test(tcase, the_folder_is_made);
	tcase_add_test(tcase, a_folder_that_cannot_be_is_named);
}

int main(void)
{
	return run_case("record", add);
}
