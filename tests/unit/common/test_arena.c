/* Arenas: alignment, zeroing, limits, reuse. */
#include "common/arena.h"
#include "tests/unit/common/run.h"

START_TEST(memory_is_aligned_and_zero_even_when_used_again)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 300; size += 7) {
			unsigned char *p = arena_alloc(&a, size);
			ck_assert_ptr_nonnull(p);
			ck_assert_uint_eq((uintptr_t)p % 16, 0);
			for (size_t i = 0; i < size; i++) {
				ck_assert_uint_eq(p[i], 0);
				p[i] = 0xff;
			}
		}
		arena_clear(&a);
	}
	arena_done(&a);
	ck_assert_uint_eq(a.n_bytes, 0);
	ck_assert_ptr_nonnull(arena_alloc(&a, 1));
	arena_done(&a);
}
END_TEST

START_TEST(the_limit_is_exact_and_an_ordinary_failure)
{
	struct arena a;
	struct error err;

	arena_init(&a, 10000);
	ck_assert_ptr_nonnull(arena_alloc(&a, 9000));
	ck_assert_ptr_null(arena_alloc(&a, 2000));
	ck_assert_int_eq(arena_error(&a, &err), ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.text, "10000 bytes"));
	ck_assert_ptr_nonnull(arena_alloc(&a, 500));
	arena_done(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 2000));
	arena_done(&a);
}
END_TEST

START_TEST(sizes_that_overflow_fail)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX / 2));
	ck_assert_ptr_null(arena_calloc(&a, SIZE_MAX / 2, 3));
	arena_done(&a);
}
END_TEST

START_TEST(raw_memory_counts_like_any_other)
{
	struct arena a;

	arena_init(&a, 10000);
	ck_assert_ptr_null(ARENA_ARRAY_RAW(&a, SIZE_MAX / 2, uint64_t));
	unsigned char *p = ARENA_ARRAY_RAW(&a, 1001, unsigned char);
	ck_assert_ptr_nonnull(p);
	memset(p, 0xff, 1001);
	ck_assert_uint_eq((uintptr_t)arena_alloc_raw(&a, 1) % 16, 0);
	ck_assert_uint_eq(p[1000], 0xff);
	ck_assert_ptr_null(ARENA_ARRAY_RAW(&a, 9000, unsigned char));
	arena_done(&a);
}
END_TEST

START_TEST(clear_keeps_one_chunk)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	for (int i = 0; i < 100; i++)
		ck_assert_ptr_nonnull(arena_alloc(&a, 1000));
	size_t before = a.n_bytes;
	arena_clear(&a);
	ck_assert_uint_gt(a.n_bytes, 0);
	ck_assert_uint_lt(a.n_bytes, before);
	unsigned long n_allocations = mem_n_allocations();
	ck_assert_ptr_nonnull(arena_alloc(&a, 1000));
	ck_assert_uint_eq(mem_n_allocations(), n_allocations);
	arena_done(&a);
}
END_TEST

START_TEST(copies_end_in_nul)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	ck_assert_str_eq(arena_strdup(&a, sv_take(SV("pods"), 3)), "pod");
	ck_assert_str_eq(arena_strdup(&a, SV_NULL), "");
	ck_assert(sv_is(arena_sv(&a, SV("x")), "x"));
	ck_assert_ptr_nonnull(arena_sv(&a, SV_NULL).ptr);
	ck_assert_str_eq(arena_printf(&a, "%s/%d", "a", 5), "a/5");
	struct {
		int x, y;
	} *pair = arena_alloc(&a, sizeof(*pair));
	ck_assert_ptr_nonnull(pair);
	ck_assert_ptr_nonnull(ARENA_ARRAY(&a, 3, int));
	arena_done(&a);
}
END_TEST

static enum error_kind fill(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };

	arena_init(&a, 1 << 20);
	for (int i = 0; i < 20; i++) {
		if (!arena_printf(&a, "%1000d", i) || !arena_sv(&a, SV("x")).ptr)
			return arena_error(&a, err);
	}
	return ERR_OK;
}

START_TEST(out_of_memory_is_told_apart_from_the_limit)
{
	fail_each_allocation(fill);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, memory_is_aligned_and_zero_even_when_used_again);
	tcase_add_test(tcase, the_limit_is_exact_and_an_ordinary_failure);
	tcase_add_test(tcase, sizes_that_overflow_fail);
	tcase_add_test(tcase, raw_memory_counts_like_any_other);
	tcase_add_test(tcase, clear_keeps_one_chunk);
	tcase_add_test(tcase, copies_end_in_nul);
	tcase_add_test(tcase, out_of_memory_is_told_apart_from_the_limit);
}

int main(void)
{
	return run_case("arena", add);
}
