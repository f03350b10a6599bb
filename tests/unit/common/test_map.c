/* The map, compared with a plain array over many random steps. */
#include <stdio.h>

#include "common/map.h"
#include "tests/unit/common/run.h"

#define N_KEYS 200

static int values[N_KEYS];

static struct sv key_of(size_t i, char text[32])
{
	(void)snprintf(text, 32, "ns-%zu/pod-%zu", i % 7, i);
	return sv_of(text);
}

/* A small generator with a fixed seed: the same steps in every run. */
static size_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

START_TEST(it_behaves_like_an_array_of_optional_values)
{
	bool there[N_KEYS] = { 0 };
	struct map m;
	struct error err;
	uint32_t random = 42;
	size_t n = 0;
	char text[32];

	map_init(&m, N_KEYS);
	for (int step = 0; step < 20000; step++) {
		size_t i = next_random(&random) % N_KEYS;
		struct sv key = key_of(i, text);
		ck_assert_int_eq(map_has(&m, key), there[i]);
		ck_assert_ptr_eq(map_get(&m, key), there[i] ? &values[i] : NULL);
		if (next_random(&random) % 2) {
			void *old = &n;
			ck_assert_int_eq(map_set(&m, key, &values[i], &old, &err), ERR_OK);
			ck_assert_ptr_eq(old, there[i] ? &values[i] : NULL);
			n += !there[i];
			there[i] = true;
		} else {
			ck_assert_ptr_eq(map_take(&m, key), there[i] ? &values[i] : NULL);
			n -= there[i];
			there[i] = false;
		}
		ck_assert_uint_eq(m.n, n);
	}
	size_t walked = 0;
	MAP_FOREACH (e, &m) {
		size_t i = (size_t)((int *)e->value - values);
		ck_assert(there[i] && sv_eq(map_key(e), key_of(i, text)));
		walked++;
	}
	ck_assert_uint_eq(walked, n);
	map_done(&m, NULL);
}
END_TEST

START_TEST(the_limit_refuses_new_keys_only)
{
	struct map m;
	struct error err;

	map_init(&m, 2);
	ck_assert_int_eq(map_set(&m, SV("a"), &values[0], NULL, &err), ERR_OK);
	ck_assert_int_eq(map_set(&m, SV("b"), &values[1], NULL, &err), ERR_OK);
	ck_assert_int_eq(map_set(&m, SV("c"), &values[2], NULL, &err), ERR_LIMIT);
	ck_assert_int_eq(map_set(&m, SV("a"), &values[3], NULL, &err), ERR_OK);
	ck_assert_ptr_eq(map_get(&m, SV("a")), &values[3]);
	ck_assert_ptr_null(map_get(&m, SV("c")));
	map_done(&m, NULL);
	ck_assert_ptr_null(map_get(&m, SV("a")));
	ck_assert_int_eq(map_set(&m, SV("a"), &values[0], NULL, &err), ERR_OK);
	map_done(&m, NULL);
}
END_TEST

START_TEST(keys_are_bytes)
{
	struct map m;
	struct error err;

	map_init(&m, 10);
	ck_assert_ptr_null(map_take(&m, SV("a")));
	ck_assert_int_eq(map_set(&m, SV_NULL, &values[0], NULL, &err), ERR_OK);
	ck_assert_int_eq(map_set(&m, SV("a\0b"), &values[1], NULL, &err), ERR_OK);
	ck_assert_int_eq(map_set(&m, SV("a"), NULL, NULL, &err), ERR_OK);
	ck_assert_ptr_eq(map_get(&m, SV("")), &values[0]);
	ck_assert_ptr_eq(map_get(&m, SV("a\0b")), &values[1]);
	ck_assert(map_has(&m, SV("a")));
	ck_assert(!map_has(&m, SV("a\0c")));
	map_done(&m, NULL);
}
END_TEST

static enum error_kind fill(struct error *err)
{
	struct map m;
	char text[32];
	enum error_kind kind = ERR_OK;

	map_init(&m, N_KEYS);
	for (size_t i = 0; i < 40 && !kind; i++) {
		char *value = mem_strdup("value");
		kind = value ? map_set(&m, key_of(i, text), value, NULL, err) : error_nomem(err);
		if (kind)
			mem_free(value);
		else
			ck_assert_uint_eq(m.n, i + 1);
	}
	map_done(&m, mem_free);
	return kind;
}

START_TEST(out_of_memory_changes_nothing)
{
	fail_each_allocation(fill);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, it_behaves_like_an_array_of_optional_values);
	tcase_add_test(tcase, the_limit_refuses_new_keys_only);
	tcase_add_test(tcase, keys_are_bytes);
	tcase_add_test(tcase, out_of_memory_changes_nothing);
}

int main(void)
{
	return run_case("map", add);
}
