/* The page as roff wants it. */
#include <check.h>
#include <stdlib.h>

#include "common/options_man.h"

#define MAX_BYTES (64u * 1024)

START_TEST(flags_defaults_and_texts_are_there_and_roff_reads_them_as_text)
{
	static const char *const PARAGRAPHS[] = { "First.", ".a line that roff would obey", NULL };
	const struct options_page page = { "prog", "8", "1.2", "does it", "[flags]", PARAGRAPHS };
	const char *file = "a\\b-c";
	int64_t hidden = 0;
	const struct option table[] = {
		{ .name = "a-file",
			.letter = 'f',
			.kind = OPTION_TEXT,
			.target = &file,
			.value_name = "FILE",
			.help = "'quoted' to begin with" },
		{ .name = "hidden", .kind = OPTION_INT, .target = &hidden },
		{ .name = "old", .kind = OPTION_IGNORED },
	};
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, MAX_BYTES);
	options_man_print(&out, &page, table, ARRAY_LEN(table));
	ck_assert_str_eq(buf_text(&out), ".TH prog 8 \"\" \"prog 1.2\"\n"
					 ".SH NAME\n"
					 "prog \\- does it\n"
					 ".SH SYNOPSIS\n"
					 ".B prog\n"
					 "[flags]\n"
					 ".SH DESCRIPTION\n"
					 "First.\n"
					 ".PP\n"
					 "\\&.a line that roff would obey\n"
					 ".SH OPTIONS\n"
					 ".TP\n"
					 ".B \\-f, \\-\\-a\\-file=FILE\n"
					 "\\&'quoted' to begin with (default a\\eb\\-c)\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options_man");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, flags_defaults_and_texts_are_there_and_roff_reads_them_as_text);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
