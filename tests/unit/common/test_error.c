/* Error values. */
#include <string.h>

#include "common/error.h"
#include "tests/unit/common/run.h"

START_TEST(context_goes_in_front_and_the_kind_stays)
{
	struct error err;

	ck_assert_int_eq(error_set(&err, ERR_INVALID, "%s: required", "maxReplicas"), ERR_INVALID);
	err.code = 422;
	ck_assert_int_eq(error_wrap(&err, "spec"), ERR_INVALID);
	ck_assert_int_eq(error_wrap(&err, "HPA %s/%s", "shop", "web"), ERR_INVALID);
	ck_assert_str_eq(err.text, "HPA shop/web: spec: maxReplicas: required");
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_int_eq(err.code, 422);
}
END_TEST

START_TEST(its_own_text_may_be_an_argument)
{
	struct error err;

	(void)error_set(&err, ERR_UNAVAIL, "connection refused");
	(void)error_set(&err, ERR_LIMIT, "gave up after: %s", err.text);
	ck_assert_str_eq(err.text, "gave up after: connection refused");
	(void)error_wrap(&err, "twice %s", err.text);
	ck_assert_str_eq(err.text,
		"twice gave up after: connection refused: gave up after: connection refused");
}
END_TEST

START_TEST(long_texts_are_cut)
{
	struct error err;
	char big[2 * ERROR_TEXT_MAX];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)error_set(&err, ERR_BUG, "%s", big);
	ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
	(void)error_set(&err, ERR_BUG, "end");
	(void)error_wrap(&err, "%.*s", ERROR_TEXT_MAX - 4, big);
	ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
	ck_assert_str_eq(err.text + ERROR_TEXT_MAX - 4, ": e");
	(void)error_wrap(&err, "%s", big);
	ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
}
END_TEST

START_TEST(every_kind_has_a_name)
{
	struct error err;

	ck_assert_int_eq(error_nomem(&err), ERR_NOMEM);
	ck_assert_str_eq(err.text, "out of memory");
	for (int kind = ERR_OK; kind <= ERR_BUG; kind++)
		ck_assert_str_ne(error_kind_name((enum error_kind)kind), "unknown");
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, context_goes_in_front_and_the_kind_stays);
	tcase_add_test(tcase, its_own_text_may_be_an_argument);
	tcase_add_test(tcase, long_texts_are_cut);
	tcase_add_test(tcase, every_kind_has_a_name);
}

int main(void)
{
	return run_case("error", add);
}
