/* The table against a plain array, under many operations and failing memory. */
#include <stdio.h>

#include "common/table.h"
#include "tests/unit/common/run.h"

#define N 500

struct item {
	char ns[8], name[16];
};

static struct table t;
static struct item items[N], others[N];

static bool eq(const void *item, const void *key)
{
	const struct item *a = item, *b = key;
	return strcmp(a->ns, b->ns) == 0 && strcmp(a->name, b->name) == 0;
}

static uint32_t hash(const struct item *i)
{
	return table_hash(&t, sv_of(i->ns), sv_of(i->name));
}

static void setup(void)
{
	table_init(&t, N);
	for (int i = 0; i < N; i++) {
		(void)snprintf(items[i].ns, sizeof(items[i].ns), "n%d", i % 7);
		(void)snprintf(items[i].name, sizeof(items[i].name), "pod-%d", i);
		others[i] = items[i];
	}
}

static void teardown(void)
{
	table_done(&t, NULL);
}

START_TEST(it_holds_what_was_added_and_not_taken)
{
	bool in[N] = { false };
	uint64_t random = (uint64_t)_i + 1;
	struct error err;
	size_t n = 0;

	for (int step = 0; step < 20000; step++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
		int i = (int)(random >> 33) % N;
		struct item *found = table_find(&t, hash(&items[i]), eq, &items[i]);
		ck_assert((found != NULL) == in[i]);
		if (!in[i])
			ck_assert_int_eq(table_add(&t, hash(&items[i]), &items[i], &err), ERR_OK);
		else if (random >> 63)
			table_replace(&t, hash(&items[i]), found,
				found == &items[i] ? &others[i] : &items[i]);
		else
			ck_assert_ptr_eq(table_take(&t, hash(&items[i]), eq, &items[i]), found);
		in[i] = !in[i] || random >> 63;
		n = 0;
		for (int k = 0; k < N; k++)
			n += in[k];
		ck_assert_uint_eq(t.n, n);
	}
	size_t seen = 0;
	TABLE_FOREACH(slot, &t)
	seen++;
	ck_assert_uint_eq(seen, n);
}
END_TEST

START_TEST(parts_of_a_key_do_not_run_together)
{
	ck_assert_uint_ne(table_hash(&t, SV("a"), SV("bc")), table_hash(&t, SV("ab"), SV("c")));
	ck_assert_uint_ne(table_hash(&t, SV(""), SV("a")), table_hash(&t, SV("a"), SV("")));
	ck_assert_uint_ne(
		table_hash(&t, SV("x"), SV("")), table_hash(&t, SV("x"), sv_from("\0", 1)));
}
END_TEST

START_TEST(its_limit_and_failing_memory_change_nothing)
{
	struct error err;

	table_done(&t, NULL);
	table_init(&t, 3);
	for (unsigned long i = 1; i < 3; i++) {
		mem_fail_at(i, true);
		ck_assert_int_eq(table_add(&t, 1, &items[0], &err), ERR_NOMEM);
		mem_fail_at(0, false);
	}
	ck_assert_ptr_null(table_find(&t, 1, eq, &items[0]));
	ck_assert_ptr_null(table_take(&t, 1, eq, &items[0]));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(table_add(&t, hash(&items[i]), &items[i], &err), ERR_OK);
	ck_assert_int_eq(table_add(&t, hash(&items[3]), &items[3], &err), ERR_LIMIT);
	ck_assert_uint_eq(t.n, 3);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, it_holds_what_was_added_and_not_taken, 0, 3);
	tcase_add_test(tcase, parts_of_a_key_do_not_run_together);
	tcase_add_test(tcase, its_limit_and_failing_memory_change_nothing);
}

int main(void)
{
	return run_case("table", add);
}
