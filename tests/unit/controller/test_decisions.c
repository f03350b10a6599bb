/* What is kept, what makes room for it, and who counts as asked for. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/mem.h"
#include "controller/decisions.h"

#define SECOND(n) ((struct mono){ (n)*NS_PER_SEC })

static const struct decisions_key WEB = { AUTOSCALER_NATIVE, SV("shop"), SV("web") };
static const struct decisions_key OWN_WEB = { AUTOSCALER_OWN, SV("shop"), SV("web") };
static const struct decisions_key API = { AUTOSCALER_NATIVE, SV("shop"), SV("api") };

static struct decisions *d;

static void start(void)
{
	d = decisions_new(DECISIONS_MIN_BYTES);
	ck_assert_ptr_nonnull(d);
}

static void end(void)
{
	decisions_free(d);
}

static void keep(const struct decisions_key *key, struct decisions_memory *m, uint64_t outcome,
	const char *tape)
{
	struct error err;
	ck_assert_int_eq(decisions_keep(d, key, m, outcome, sv_of(tape), &err), ERR_OK);
}

START_TEST(an_outcome_is_wanted_once)
{
	struct decisions_memory m = { 0 };

	ck_assert(decisions_wants(d, &WEB, &m, 7, SECOND(1)));
	keep(&WEB, &m, 7, "a");
	ck_assert(!decisions_wants(d, &WEB, &m, 7, SECOND(2)));
	ck_assert(decisions_wants(d, &WEB, &m, 8, SECOND(2)));
}
END_TEST

START_TEST(what_was_asked_for_is_kept_always_for_ten_minutes)
{
	struct sv tapes[DECISIONS_PER_OBJECT];
	struct decisions_memory m = { 0 };

	keep(&WEB, &m, 7, "a");
	ck_assert_uint_eq(decisions_ask(d, &WEB, SECOND(10), tapes), 1);
	ck_assert(sv_is(tapes[0], "a"));
	ck_assert(decisions_wants(d, &WEB, &m, 7, SECOND(609)));
	ck_assert(!decisions_wants(d, &WEB, &m, 7, SECOND(610)));
	ck_assert(!decisions_is_asked(d, &OWN_WEB, SECOND(11)));
}
END_TEST

START_TEST(a_question_about_nothing_is_remembered_and_forgotten)
{
	struct sv tapes[DECISIONS_PER_OBJECT];

	ck_assert_uint_eq(decisions_ask(d, &API, SECOND(1), tapes), 0);
	ck_assert(decisions_is_asked(d, &API, SECOND(2)));
	ck_assert_uint_eq(decisions_ask(d, &WEB, SECOND(700), tapes), 0);
	ck_assert(!decisions_is_asked(d, &API, SECOND(700)));
	ck_assert(decisions_is_asked(d, &WEB, SECOND(701)));
}
END_TEST

START_TEST(the_ninth_tape_of_an_object_replaces_its_first)
{
	struct sv tapes[DECISIONS_PER_OBJECT];
	struct decisions_memory m = { 0 };
	char text[2] = "0";

	for (int i = 0; i < 10; i++) {
		text[0] = (char)('0' + i);
		keep(&WEB, &m, (uint64_t)i + 1, text);
	}
	ck_assert_uint_eq(decisions_ask(d, &WEB, SECOND(1), tapes), DECISIONS_PER_OBJECT);
	ck_assert(sv_is(tapes[0], "2"));
	ck_assert(sv_is(tapes[7], "9"));
	ck_assert_uint_eq(decisions_bytes(d), 8);
}
END_TEST

START_TEST(the_oldest_of_all_make_room)
{
	struct sv tapes[DECISIONS_PER_OBJECT];
	struct decisions_memory web = { 0 }, api = { 0 };
	struct buf half;

	buf_init(&half, (size_t)DECISIONS_MIN_BYTES);
	for (int64_t i = 0; i < DECISIONS_MIN_BYTES / 2; i++)
		buf_put_char(&half, 'x');
	keep(&WEB, &web, 1, buf_text(&half));
	keep(&API, &api, 1, buf_text(&half));
	ck_assert_uint_eq(decisions_bytes(d), (size_t)DECISIONS_MIN_BYTES);
	keep(&API, &api, 2, "one byte more than fits");
	ck_assert_uint_eq(decisions_ask(d, &WEB, SECOND(1), tapes), 0);
	ck_assert_uint_eq(decisions_ask(d, &API, SECOND(1), tapes), 2);
	keep(&WEB, &web, 2, buf_text(&half));
	ck_assert_uint_eq(decisions_ask(d, &API, SECOND(1), tapes), 1);
	buf_done(&half);
}
END_TEST

START_TEST(a_tape_longer_than_all_may_be_is_refused)
{
	struct decisions_memory m = { 0 };
	struct error err;
	struct buf text;

	buf_init(&text, (size_t)DECISIONS_MIN_BYTES + 1);
	for (int64_t i = 0; i <= DECISIONS_MIN_BYTES; i++)
		buf_put_char(&text, 'x');
	ck_assert_int_eq(decisions_keep(d, &WEB, &m, 1, buf_sv(&text), &err), ERR_LIMIT);
	ck_assert_uint_eq(m.outcome, 0);
	buf_done(&text);
}
END_TEST

START_TEST(without_memory_less_is_kept_and_less_is_found)
{
	struct sv tapes[DECISIONS_PER_OBJECT];
	struct decisions_memory m = { 0 };
	struct error err;

	for (unsigned long i = 1; i < 12; i++) {
		size_t before = decisions_bytes(d);
		mem_fail_at(i, true);
		enum error_kind rc = decisions_keep(d, &WEB, &m, i, SV("a tape"), &err);
		mem_fail_at(0, false);
		ck_assert(rc == ERR_OK || rc == ERR_NOMEM);
		ck_assert_uint_eq(decisions_bytes(d), before + (rc == ERR_OK ? 6 : 0));
	}
	keep(&WEB, &m, 20, "b tape");
	mem_fail_at(4, true);
	size_t n = decisions_ask(d, &WEB, SECOND(1), tapes);
	mem_fail_at(0, false);
	ck_assert_uint_le(n, DECISIONS_PER_OBJECT);
	n = decisions_ask(d, &WEB, SECOND(1), tapes);
	ck_assert(n > 0 && sv_is(tapes[n - 1], "b tape"));
}
END_TEST

START_TEST(kinds_of_one_name_are_two_objects_and_a_deleted_one_is_forgotten)
{
	struct sv tapes[DECISIONS_PER_OBJECT];
	struct decisions_memory native = { 0 }, own = { 0 };

	keep(&WEB, &native, 1, "native");
	keep(&OWN_WEB, &own, 1, "own");
	decisions_forget(d, &WEB);
	decisions_forget(d, &API);
	ck_assert_uint_eq(decisions_bytes(d), 3);
	ck_assert_uint_eq(decisions_ask(d, &OWN_WEB, SECOND(1), tapes), 1);
	ck_assert(sv_is(tapes[0], "own"));
	ck_assert_uint_eq(decisions_ask(d, &WEB, SECOND(1), tapes), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decisions");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);

	tcase_add_checked_fixture(t, start, end);
	tcase_add_test(t, an_outcome_is_wanted_once);
	tcase_add_test(t, what_was_asked_for_is_kept_always_for_ten_minutes);
	tcase_add_test(t, a_question_about_nothing_is_remembered_and_forgotten);
	tcase_add_test(t, the_ninth_tape_of_an_object_replaces_its_first);
	tcase_add_test(t, the_oldest_of_all_make_room);
	tcase_add_test(t, a_tape_longer_than_all_may_be_is_refused);
	tcase_add_test(t, without_memory_less_is_kept_and_less_is_found);
	tcase_add_test(t, kinds_of_one_name_are_two_objects_and_a_deleted_one_is_forgotten);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
