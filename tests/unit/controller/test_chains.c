/* controller/chains.h: links come and go, against a plain list. */
#include "controller/chains.h"
#include "tests/unit/controller/run.h"

#define N_LINKS 500

static size_t count(const struct chains *c, uint32_t hash)
{
	size_t n = 0;

	for (const struct chain_link *l = chains_first(c, hash); l; l = l->next)
		n += l->hash == hash;
	return n;
}

START_TEST(links_are_found_by_their_hash_until_they_go)
{
	static struct chain_link links[N_LINKS];
	struct chains c = { 0 };
	size_t n_in = 0, n_of[7] = { 0 };
	unsigned seed = 11;

	ck_assert_ptr_null(chains_first(&c, 3));
	for (int step = 0; step < 20000; step++) {
		seed = seed * 1103515245u + 12345u;
		struct chain_link *l = &links[(seed >> 8) % N_LINKS];
		if (l->from) {
			n_of[l->hash]--;
			n_in--;
			chains_remove(&c, l);
			chains_remove(&c, l);
		} else {
			*l = (struct chain_link){ .hash = (seed >> 20) % 7, .tag = 5 };
			ck_assert(chains_reserve(&c, 1));
			chains_add(&c, l);
			n_of[l->hash]++;
			n_in++;
		}
		ck_assert_uint_eq(c.n, n_in);
		ck_assert_uint_eq(count(&c, 3), n_of[3]);
	}
	chains_done(&c);
}
END_TEST

START_TEST(the_shortest_chain_is_named)
{
	static struct chain_link links[12];
	static const uint32_t HASHES[] = { 1, 2, 3 };
	struct chains c = { 0 };

	/* Four, two and six. */
	ck_assert(chains_reserve(&c, 12));
	for (size_t i = 0; i < 12; i++) {
		links[i] = (struct chain_link){ .hash = i < 4 ? 1 : i < 6 ? 2 : 3 };
		chains_add(&c, &links[i]);
	}
	ck_assert_uint_eq(chains_shortest(&c, HASHES, 3), 1);
	ck_assert_uint_eq(chains_shortest(&c, HASHES, 1), 0);
	chains_done(&c);
}
END_TEST

START_TEST(without_memory_the_chains_stay)
{
	static struct chain_link links[100];
	struct chains c = { 0 };

	mem_fail_at(1, true);
	ck_assert(!chains_reserve(&c, 1));
	mem_fail_at(0, false);
	for (size_t i = 0; i < 100; i++) {
		links[i] = (struct chain_link){ .hash = (uint32_t)i };
		mem_fail_at(i == 64, true);
		bool ok = chains_reserve(&c, 1);
		mem_fail_at(0, false);
		ck_assert(ok == (i != 64) || i == 0);
		ck_assert(ok || chains_reserve(&c, 1));
		chains_add(&c, &links[i]);
	}
	for (size_t i = 0; i < 100; i++)
		ck_assert_uint_eq(count(&c, (uint32_t)i), 1);
	chains_done(&c);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, links_are_found_by_their_hash_until_they_go);
	tcase_add_test(tcase, the_shortest_chain_is_named);
	tcase_add_test(tcase, without_memory_the_chains_stay);
}

int main(void)
{
	return run_case("chains", add);
}
