#pragma once
/* What every verb does with its command line: flags, help, one line for what is wrong, then the work. */
#include "common/options.h"

#define VERB_ARGS_OK 0
#define VERB_ARGS_NO 1 /* something that was asked did not answer or did not hold */
#define VERB_ARGS_BAD_INPUT 2

enum verb_args_output { VERB_ARGS_TEXT, VERB_ARGS_JSON };

/* Rows that many verbs have; -o is an int, enum verb_args_output. */
struct option verb_args_output_row(int *output);
struct option verb_args_files_row(struct option_list *files);

struct verb_args {
	const char *verb;	    /* "rules check": in front of every message */
	const char *intro;	    /* the help above the flags */
	const struct option *table; /* --help comes behind it */
	size_t n_options;
	struct option_list *
		rest; /* gets the arguments that are no flags; may be the target of the files row */
	/* What the flags mean together; may be NULL. errors: INVALID. */
	enum error_kind (*check)(void *ctx, struct error *err);
	int (*run)(void *ctx); /* returns the exit code */
	void *ctx;
};

/* Parses, then prints the help or checks and runs. The exit code; 2 with one line on standard error for a wrong command line. */
MUST_USE int verb_args_main(const struct verb_args *v, int argc, char **argv);
/* The problem with the verb in front, on standard error. Returns `code`. */
int verb_args_fail(const char *verb, const struct error *err, int code);
/* The same for each line of `problems`. */
void verb_args_problems(const char *verb, const struct buf *problems);
