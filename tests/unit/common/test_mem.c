/* The allocator and its fault seam. */
#include <stdint.h>
#include <string.h>

#include "common/mem.h"
#include "tests/unit/common/run.h"

/* AddressSanitizer would end the program where malloc returns NULL. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

START_TEST(sizes_of_zero_and_sizes_that_overflow)
{
	void *p = mem_alloc(0);
	ck_assert_ptr_nonnull(p);
	p = mem_realloc(p, 0);
	ck_assert_ptr_nonnull(p);
	mem_free(p);
	p = mem_calloc(0, 8);
	ck_assert_ptr_nonnull(p);
	mem_free(p);
	ck_assert_ptr_null(mem_calloc(SIZE_MAX / 2, 3));
	ck_assert_ptr_null(mem_memdup("x", SIZE_MAX));
	mem_free(NULL);
}
END_TEST

START_TEST(copies_and_zeroes)
{
	AUTO(mem_free_str) char *copy = mem_strdup("pod");
	AUTO(mem_free_str) char *part = mem_memdup("pods", 3);
	AUTO(mem_free_str) char *nothing = mem_memdup(NULL, 0);
	AUTO(mem_free_str) char *zero = mem_zalloc(16);

	ck_assert_str_eq(copy, "pod");
	ck_assert_str_eq(part, "pod");
	ck_assert_str_eq(nothing, "");
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(zero[i], 0);
	char *moved = TAKE_PTR(copy);
	ck_assert_ptr_null(copy);
	mem_free(moved);
}
END_TEST

static int failures_of_five(unsigned long at, bool forever)
{
	int pattern = 0;

	mem_fail_at(at, forever);
	for (int i = 0; i < 5; i++) {
		void *p = mem_alloc(1);
		pattern = pattern * 2 + !p;
		mem_free(p);
	}
	mem_fail_at(0, false);
	return pattern;
}

START_TEST(the_seam_fails_one_allocation_or_all_from_there)
{
	unsigned long n_allocations = mem_n_allocations();
	unsigned long n_failures = mem_n_failures();

	ck_assert_int_eq(failures_of_five(1, false), 16);
	ck_assert_int_eq(failures_of_five(3, false), 4);
	ck_assert_int_eq(failures_of_five(3, true), 7);
	ck_assert_int_eq(failures_of_five(6, true), 0);
	ck_assert_int_eq(failures_of_five(0, true), 0);
	ck_assert_uint_eq(mem_n_allocations() - n_allocations, 25);
	ck_assert_uint_eq(mem_n_failures() - n_failures, 5);
}
END_TEST

START_TEST(a_failing_realloc_keeps_the_old_block)
{
	AUTO(mem_free_str) char *p = mem_strdup("kept");

	mem_fail_at(1, false);
	ck_assert_ptr_null(mem_realloc(p, 1000));
	mem_fail_at(0, false);
	ck_assert_str_eq(p, "kept");
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, sizes_of_zero_and_sizes_that_overflow);
	tcase_add_test(tcase, copies_and_zeroes);
	tcase_add_test(tcase, the_seam_fails_one_allocation_or_all_from_there);
	tcase_add_test(tcase, a_failing_realloc_keeps_the_old_block);
}

int main(void)
{
	return run_case("mem", add);
}
