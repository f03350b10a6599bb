#pragma once
/* What the check programs of this folder share: the end of main, and running work with every
 * allocation failing in turn. */
#include <check.h>
#include <stdlib.h>

#include "common/error.h"

static inline int run_case(const char *name, void (*add)(TCase *tcase))
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 120);
	add(tcase);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

typedef enum error_kind (*work_fn)(struct error *err);

/* Repeats the work with its first, second ... allocation failing, alone and with all later ones,
 * until a run meets no failure: each must say "out of memory", the last one must succeed. Leaks
 * show under the sanitizers. */
static inline void fail_each_allocation(work_fn work)
{
	for (int forever = 0; forever < 2; forever++) {
		unsigned long n_failed;
		unsigned long at = 0;
		do {
			struct error err = { 0 };
			unsigned long before = mem_n_failures();
			mem_fail_at(++at, forever);
			enum error_kind kind = work(&err);
			mem_fail_at(0, false);
			n_failed = mem_n_failures() - before;
			ck_assert_msg(kind == (n_failed ? ERR_NOMEM : ERR_OK),
				"allocation %lu of the work fails: %s, %s", at,
				error_kind_name(kind), err.text);
		} while (n_failed > 0);
		ck_assert_uint_gt(at, 1);
	}
}
