/* The frame of every verb: argv -> options -> help, a refusal, or the verb's own work. */
#include "cli/verb_args.h"

#include <stdio.h>

#include "cli/printable.h"

/* The help of the longest verb has 8 KiB. */
#define MAX_HELP_BYTES (256u * 1024)

static const char *const OUTPUTS[] = { "text", "json", NULL };

struct option verb_args_output_row(int *output)
{
	return (struct option){ .name = "output",
		.letter = 'o',
		.kind = OPTION_CHOICE,
		.target = output,
		.choices = OUTPUTS,
		.value_name = "FORMAT",
		.help = "text or json" };
}

struct option verb_args_files_row(struct option_list *files)
{
	return (struct option){ .name = "filename",
		.letter = 'f',
		.kind = OPTION_REPEAT,
		.target = files,
		.value_name = "FILE",
		.help = "the same as naming FILE without a flag; '-' is standard input" };
}

static void print_help(const char *intro, const struct option *table, size_t n)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_HELP_BYTES);
	buf_put_str(&text, intro);
	options_help(&text, table, n);
	fputs(buf_text(&text), stdout);
}

/* Texts of servers and files are among the problems. */
static void put_line(const char *verb, struct sv line)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_HELP_BYTES);
	printable_put(&text, line);
	fprintf(stderr, "flyball %s: %s\n", verb, text.failed ? "out of memory" : buf_text(&text));
}

int verb_args_fail(const char *verb, const struct error *err, int code)
{
	put_line(verb, sv_of(err->text));
	return code;
}

void verb_args_problems(const char *verb, const struct buf *problems)
{
	struct sv rest = buf_sv(problems);
	bool found = true;

	while (rest.len > 0 && found) {
		struct sv line = sv_cut(rest, '\n', &rest, &found);
		put_line(verb, line);
	}
}

int verb_args_main(const struct verb_args *v, int argc, char **argv)
{
	size_t n = v->n_options + 1;
	AUTO(mem_free) void *memory = mem_calloc(n, sizeof(struct option));
	struct option *table = memory;
	bool help = false;
	struct error err;

	if (!table) {
		(void)error_nomem(&err);
		return verb_args_fail(v->verb, &err, VERB_ARGS_NO);
	}
	memcpy(table, v->table, v->n_options * sizeof(*table));
	table[n - 1] = (struct option){ .name = "help",
		.letter = 'h',
		.kind = OPTION_BOOL,
		.target = &help,
		.help = "prints this text and ends" };
	enum error_kind kind = options_parse(table, n, argc, argv, v->rest, &err);
	if (kind == ERR_OK && help) {
		print_help(v->intro, table, n);
		return VERB_ARGS_OK;
	}
	if (kind == ERR_OK && v->check)
		kind = v->check(v->ctx, &err);
	if (kind != ERR_OK)
		return verb_args_fail(v->verb, &err, VERB_ARGS_BAD_INPUT);
	return v->run(v->ctx);
}
