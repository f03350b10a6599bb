/* A search finds every selector that matches, and of many others next to none. */
#include <stdio.h>

#include "controller/selector_index.h"
#include "tests/unit/controller/run.h"

#define N 3000

static struct selector_index x;
static struct selector_entry entries[N];
static int n_found;
static bool found[N];

static void setup(void)
{
	selector_index_init(&x);
	memset(entries, 0, sizeof(entries));
}

static void teardown(void)
{
	for (size_t i = 0; i < N; i++)
		selector_index_remove(&x, &entries[i]);
	ck_assert_uint_eq(x.chains.n, 0);
	selector_index_done(&x);
}

static void set(int i, const char *ns, const char *text)
{
	struct error err;
	ck_assert_int_eq(selector_index_set(&x, &entries[i], sv_of(ns), sv_of(text), &err), ERR_OK);
}

static bool note(struct selector_entry *e, void *ctx)
{
	(void)ctx;
	ck_assert(!found[e - entries]);
	found[e - entries] = true;
	n_found++;
	return true;
}

static int search(const char *ns, const struct label *labels, size_t n)
{
	const struct pod_labels one = { (struct label *)(uintptr_t)labels, n }, same = one;
	const struct pod first = { .labels = &one }, second = { .labels = &same };
	const struct pod *const pods[] = { &first, &first, &second };

	n_found = 0;
	memset(found, 0, sizeof(found));
	selector_index_search(&x, sv_of(ns), &(struct pod_set){ pods, 3 }, note, NULL);
	return n_found;
}

START_TEST(thousands_with_a_label_in_common_are_told_apart)
{
	char text[64], name[16];

	for (int i = 0; i < N; i++) {
		(void)snprintf(text, sizeof(text), "app=a%d,team=one", i);
		set(i, "n", text);
	}
	for (int i = 0; i < N; i += 100) {
		(void)snprintf(name, sizeof(name), "a%d", i);
		const struct label labels[] = { { SV("app"), sv_of(name) },
			{ SV("team"), SV("one") } };
		int n = search("n", labels, 2);
		ck_assert(found[i]);
		ck_assert_int_le(n, 16);
		ck_assert_int_eq(search("m", labels, 2), 0);
	}
}
END_TEST

START_TEST(what_demands_no_label_is_always_found)
{
	const struct label labels[] = { { SV("app"), SV("web") } };

	set(0, "n", "");
	set(1, "n", "!legacy");
	set(2, "n", "app in (a,b)");
	set(3, "n", "app!=x");
	set(4, "n", "app in (web)");
	set(5, "n", "app==web");
	set(6, "n", "app=other");
	set(7, "m", "");
	ck_assert_int_eq(search("n", labels, 1), 6);
	ck_assert(!found[6] && !found[7]);
}
END_TEST

START_TEST(the_same_text_again_changes_nothing_and_a_wrong_one_matches_nothing)
{
	const struct label labels[] = { { SV("app"), SV("web") } };
	struct error err;

	set(0, "n", "app=web");
	const char *text = entries[0].text;
	set(0, "n", "app=web");
	ck_assert_ptr_eq(entries[0].text, text);
	ck_assert_int_eq(
		selector_index_set(&x, &entries[0], SV("n"), SV("a in"), &err), ERR_INVALID);
	ck_assert_int_eq(search("n", labels, 1), 0);
	for (unsigned long i = 1; i < 4; i++) {
		mem_fail_at(i, true);
		(void)!selector_index_set(&x, &entries[0], SV("n"), SV("app=web"), &err);
		mem_fail_at(0, false);
		selector_index_remove(&x, &entries[0]);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, thousands_with_a_label_in_common_are_told_apart);
	tcase_add_test(tcase, what_demands_no_label_is_always_found);
	tcase_add_test(tcase, the_same_text_again_changes_nothing_and_a_wrong_one_matches_nothing);
}

int main(void)
{
	return run_case("selector_index", add);
}
