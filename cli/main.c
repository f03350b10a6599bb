/* flyball: the command line. Finds the verb and calls it. Also installed as kubectl-flyball, so that `kubectl flyball plan` works. */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "common/jx.h"
#include "common/options.h"

/* As for a file that cannot be written. */
#define EXIT_OUTPUT_LOST 2

static const struct verb {
	const char *name, *help;
	verb_fn run;
} VERB_TABLE[] = {
#define VERB_ROW(name, help) { #name, help, cmd_##name },
	VERBS(VERB_ROW)
#undef VERB_ROW
};

static const char *const VERB_NAMES[] = {
#define VERB_NAME(name, help) #name,
	VERBS(VERB_NAME)
#undef VERB_NAME
		NULL,
};

static void print_help(FILE *out)
{
	fputs("flyball: explains and tries out horizontal autoscaling\n\n", out);
	for (size_t i = 0; i < ARRAY_LEN(VERB_TABLE); i++)
		fprintf(out, "  flyball %-10s %s\n", VERB_TABLE[i].name, VERB_TABLE[i].help);
	fputs("\nflyball VERB --help tells more. flyball --version prints the version.\n", out);
}

/* A plan or a converted file of which a part is missing must not pass for a whole one. */
static int check_output(int code)
{
	bool failed = ferror(stdout) != 0;

	if (fflush(stdout) == 0 && !failed)
		return code;
	fputs("flyball: standard output cannot be written; what it holds is incomplete\n", stderr);
	return EXIT_OUTPUT_LOST;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : NULL;

	if (!verb) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(verb, "help") == 0 || strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(verb, "version") == 0 || strcmp(verb, "--version") == 0) {
		puts("flyball " FLYBALL_VERSION);
		return 0;
	}
	jx_init();
	for (size_t i = 0; i < ARRAY_LEN(VERB_TABLE); i++) {
		if (strcmp(VERB_TABLE[i].name, verb) == 0)
			return check_output(VERB_TABLE[i].run(argc - 1, argv + 1));
	}
	const char *nearest = options_nearest(sv_of(verb), VERB_NAMES);
	if (nearest)
		fprintf(stderr, "flyball: unknown verb '%s'; did you mean %s?\n", verb, nearest);
	else
		fprintf(stderr, "flyball: unknown verb '%s'; flyball --help lists them\n", verb);
	return 2;
}
