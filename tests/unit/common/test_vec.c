/* The growing array. */
#include "common/vec.h"
#include "tests/unit/common/run.h"

struct item {
	int number;
	const char *name;
};

struct list {
	VEC(struct item) items;
};

START_TEST(new_elements_are_zero_and_old_ones_stay)
{
	struct list l = { 0 };

	for (int i = 0; i < 100; i++) {
		struct item *item = VEC_PUSH(&l.items, 100);
		ck_assert_ptr_nonnull(item);
		ck_assert(item->number == 0 && !item->name);
		*item = (struct item){ i, "x" };
	}
	ck_assert_ptr_null(VEC_PUSH(&l.items, 100));
	ck_assert_uint_eq(l.items.n, 100);
	int expected = 0;
	VEC_FOREACH (item, &l.items) {
		ck_assert_int_eq(item->number, expected++);
	}
	ck_assert_int_eq(expected, 100);
	VEC_DONE(&l.items);
	ck_assert_uint_eq(l.items.n, 0);
}
END_TEST

START_TEST(an_empty_vector_can_be_walked_and_freed)
{
	struct list l = { 0 };

	VEC_FOREACH (item, &l.items) {
		ck_abort_msg("element %d of an empty vector", item->number);
	}
	VEC_DONE(&l.items);
}
END_TEST

static enum error_kind fill(struct error *err)
{
	struct list l = { 0 };
	enum error_kind kind = ERR_OK;

	for (size_t i = 0; i < 50 && !kind; i++) {
		struct item *item = VEC_PUSH(&l.items, 50);
		kind = item ? ERR_OK : error_nomem(err);
		ck_assert_uint_eq(l.items.n, item ? i + 1 : i);
	}
	VEC_DONE(&l.items);
	return kind;
}

START_TEST(out_of_memory_keeps_what_is_there)
{
	fail_each_allocation(fill);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, new_elements_are_zero_and_old_ones_stay);
	tcase_add_test(tcase, an_empty_vector_can_be_walked_and_freed);
	tcase_add_test(tcase, out_of_memory_keeps_what_is_there);
}

int main(void)
{
	return run_case("vec", add);
}
