#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "adapter/steps.h"
#include "tests/unit/common/run.h"

static char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	ck_assert_msg(fd >= 0, "cannot open %s", path);
	char *text = mem_zalloc(65536);
	ck_assert(text && read(fd, text, 65535) > 0);
	close(fd);
	return text;
}

/* Rows "| name | ..." of the first table, in order, are the steps in order. */
START_TEST(readme_shows_the_steps_in_order)
{
	char *text = read_file("adapter/README.md");
	struct sv rest = sv_of(text);
	size_t at = sv_find_sv(rest, SV("|---|---|---|---|\n"));
	ck_assert(at < rest.len);
	rest = sv_skip(rest, at + sizeof("|---|---|---|---|\n") - 1);
	size_t n = 0;
	while (sv_has_prefix(rest, SV("| "))) {
		struct sv cell, line;
		bool found;
		line = sv_cut(rest, '\n', &rest, &found);
		cell = sv_trim(sv_cut(sv_skip(line, 2), '|', &line, &found));
		const char *step = steps_name(n);
		ck_assert_msg(step && sv_is(cell, step), "row %zu is \"%.*s\", the step is \"%s\"",
			n, SV_ARG(cell), step ? step : "(none)");
		n++;
	}
	ck_assert_msg(steps_name(n) == NULL, "README.md lacks the step \"%s\"", steps_name(n));
	mem_free(text);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, readme_shows_the_steps_in_order);
}

int main(void)
{
	return run_case("steps", add);
}
