/* file.c: whole files, and why not. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "tests/unit/common/run.h"

static const char PATH[] = "/tmp/flyball-test-file-XXXXXX";

static void make(char path[sizeof(PATH)], struct sv content)
{
	memcpy(path, PATH, sizeof(PATH));
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content.ptr, content.len), (ssize_t)content.len);
	close(fd);
}

START_TEST(a_file_is_read_whole_or_not_at_all)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text = SV_NULL;
	struct error err;
	char path[sizeof(PATH)];

	arena_init(&a, 1u << 20);
	make(path, SV("ten bytes\0"));
	ck_assert_int_eq(file_read(&a, path, 10, &text, &err), ERR_OK);
	ck_assert(sv_eq(text, SV("ten bytes\0")));
	text = SV_NULL;
	ck_assert_int_eq(file_read(&a, path, 9, &text, &err), ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_ptr_null(text.ptr);
	unlink(path);
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text;
	struct error err;

	arena_init(&a, 1u << 20);
	ck_assert_int_eq(file_read(&a, "/no/such", 10, &text, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "open /no/such: No such file or directory");
	ck_assert_int_eq(file_read(&a, "/", 10, &text, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "read /: Is a directory");
	arena_done(&a);
	arena_init(&a, 16);
	ck_assert_int_eq(file_read(&a, "/proc/self/status", 1u << 20, &text, &err), ERR_LIMIT);
}
END_TEST

static enum error_kind read_status(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text;

	arena_init(&a, 1u << 20);
	return file_read(&a, "/proc/self/status", 1u << 20, &text, err);
}

START_TEST(out_of_memory_is_said)
{
	fail_each_allocation(read_status);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_file_is_read_whole_or_not_at_all);
	tcase_add_test(tcase, what_cannot_be_read_says_why);
	tcase_add_test(tcase, out_of_memory_is_said);
}

int main(void)
{
	return run_case("file", add);
}
