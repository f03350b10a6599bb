/* What was refused is asked again once a minute, and no memory is spent without bound. */
#include <stdio.h>

#include "controller/refusals.h"
#include "tests/unit/controller/run.h"

static struct refusals r;
static struct error no, found;

static void setup(void)
{
	refusals_init(&r);
	(void)error_set(&no, ERR_DENIED, "you may not");
	no.code = 403;
}

static void teardown(void)
{
	refusals_done(&r);
}

static bool stands(const char *target, int64_t ns)
{
	return refusals_find(&r, sv_of(target), (struct mono){ ns }, &found);
}

START_TEST(a_refusal_stands_for_a_minute)
{
	ck_assert(!stands("/a", 1));
	refusals_note(&r, SV("/a"), &no, (struct mono){ 1 });
	ck_assert(stands("/a", REFUSALS_RETRY_NS));
	ck_assert_str_eq(found.text, "you may not");
	ck_assert_int_eq(found.code, 403);
	ck_assert_int_eq(found.kind, ERR_DENIED);
	ck_assert(!stands("/a", REFUSALS_RETRY_NS + 1));
	ck_assert(!stands("/b", 2));
}
END_TEST

START_TEST(it_can_be_forgotten_and_renewed)
{
	refusals_note(&r, SV("/a"), &no, (struct mono){ 1 });
	refusals_note(&r, SV("/a"), &no, (struct mono){ NS_PER_SEC });
	ck_assert(stands("/a", REFUSALS_RETRY_NS + 2));
	refusals_forget(&r, SV("/a"));
	refusals_forget(&r, SV("/never"));
	ck_assert(!stands("/a", 2));
}
END_TEST

START_TEST(there_is_room_for_the_newest)
{
	char name[16];

	for (int i = 0; i < 50000; i++) {
		(void)snprintf(name, sizeof(name), "/%d", i);
		refusals_note(&r, sv_of(name), &no, (struct mono){ i * NS_PER_SEC / 100 });
	}
	ck_assert(stands("/49999", 500 * NS_PER_SEC));
	ck_assert_uint_le(r.by_target.n, 20000);
}
END_TEST

START_TEST(without_memory_nothing_stands)
{
	for (unsigned long i = 1; i < 5; i++) {
		mem_fail_at(i, true);
		refusals_note(&r, SV("/a"), &no, (struct mono){ 1 });
		mem_fail_at(0, false);
		refusals_forget(&r, SV("/a"));
	}
	ck_assert(!stands("/a", 2));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_refusal_stands_for_a_minute);
	tcase_add_test(tcase, it_can_be_forgotten_and_renewed);
	tcase_add_test(tcase, there_is_room_for_the_newest);
	tcase_add_test(tcase, without_memory_nothing_stands);
}

int main(void)
{
	return run_case("refusals", add);
}
