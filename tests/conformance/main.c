/* flyball-conformance SUITE FILE...: runs recorded vectors against our code. Reads JSON lines, plain or gzip; `-` is standard input.
 * Prints each failing case with its first difference; the last line is "N passed, M failed".
 * Exit: 0 all passed, 1 some failed, 2 wrong command line or unreadable file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/conformance/conformance.h"
#include "tests/conformance/suites.h"

/* A recorded case with all its pods is at most 1 MiB; a longer line is a wrong file. */
#define MAX_LINE_BYTES (64u * 1024 * 1024)
#define READ_BYTES (64u * 1024)

struct totals {
	unsigned long n_passed, n_failed;
};

/* Reads lines out of a gzip or plain stream. */
struct lines {
	gzFile in;
	struct buf held;
	size_t n_used; /* bytes of `held` handed out already */
	bool ended;
};

enum line_status { LINE_READ, LINE_END, LINE_BROKEN };

static enum line_status next_line(struct lines *l, struct sv *ret)
{
	char chunk[READ_BYTES];
	size_t searched = l->n_used;

	for (;;) {
		struct sv rest = sv_skip(buf_sv(&l->held), searched);
		size_t at = sv_find(rest, '\n');
		if (at < rest.len || l->ended) {
			size_t end = searched + at;
			*ret = sv_from(l->held.data + l->n_used, end - l->n_used);
			l->n_used = at < rest.len ? end + 1 : end;
			return at < rest.len || ret->len > 0 ? LINE_READ : LINE_END;
		}
		buf_consume(&l->held, l->n_used);
		l->n_used = 0;
		searched = l->held.len;
		int n = gzread(l->in, chunk, sizeof(chunk));
		if (n < 0)
			return LINE_BROKEN;
		l->ended = n == 0;
		buf_put(&l->held, chunk, (size_t)n);
		if (l->held.failed != ERR_OK)
			return LINE_BROKEN;
	}
}

/* What a person finds the case again by: its name, or else its input. */
static struct sv label_of(struct conformance *c, const struct jtree *row)
{
	const struct jtree *t = jtree_get(row, "name");
	if (!t)
		t = jtree_get(row, "in");
	if (!t)
		return SV("(no name)");
	struct buf out;
	buf_init(&out, 200);
	jtree_print(&out, t);
	struct sv label = out.failed ? SV("(long)") : arena_sv(c->a, buf_sv(&out));
	buf_done(&out);
	return label;
}

static void run_line(
	const struct suite *suite, struct conformance *c, struct sv line, struct totals *totals)
{
	struct jtree *row = NULL;
	struct error err;

	c->failed = c->skipped = false;
	buf_clear(&c->why);
	c->text = line;
	if (jtree_parse(c->a, line, &row, &err) != ERR_OK)
		(void)conformance_fail(c, "not JSON: %s", err.text);
	else
		suite->run(c, row);
	if (c->failed) {
		totals->n_failed++;
		printf("FAIL %s:%zu %.*s\n     %s\n", c->path, c->line, SV_ARG(label_of(c, row)),
			buf_text(&c->why));
	} else if (!c->skipped) {
		totals->n_passed++;
	}
	arena_clear(c->a);
}

static bool run_file(const struct suite *suite, const char *path, struct totals *totals)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct lines lines = { .in = is_stdin ? gzdopen(dup(STDIN_FILENO), "rb")
					      : gzopen(path, "rb") };
	if (!lines.in) {
		fprintf(stderr,
			"flyball-conformance: %s: cannot be read; name a .jsonl or .jsonl.gz file, "
			"or -\n",
			path);
		return false;
	}
	struct arena file, a;
	arena_init(&file, CONFORMANCE_ARENA_BYTES);
	arena_init(&a, CONFORMANCE_ARENA_BYTES);
	buf_init(&lines.held, MAX_LINE_BYTES);
	struct conformance c = { .file = &file, .a = &a, .path = path };
	buf_init(&c.why, 64 * 1024);

	enum line_status status;
	struct sv line;
	while ((status = next_line(&lines, &line)) == LINE_READ) {
		c.line++;
		if (sv_trim(line).len > 0)
			run_line(suite, &c, line, totals);
	}
	if (c.at_end)
		c.at_end(&c);
	/* A gzip that ends early shows only here. */
	if (gzclose(lines.in) != Z_OK && status == LINE_END)
		status = LINE_BROKEN;
	if (status == LINE_BROKEN)
		fprintf(stderr,
			"flyball-conformance: %s: line %zu: cannot be read (broken gzip, or a line "
			"over %u bytes)\n",
			path, c.line + 1, MAX_LINE_BYTES);
	buf_done(&c.why);
	buf_done(&lines.held);
	arena_done(&a);
	arena_done(&file);
	return status == LINE_END;
}

static const struct suite *find_suite(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(SUITES); i++) {
		for (const struct suite *s = SUITES[i]; s->name; s++) {
			if (strcmp(s->name, name) == 0)
				return s;
		}
	}
	return NULL;
}

static int usage(const char *problem, const char *what)
{
	fprintf(stderr,
		"flyball-conformance: %s%s; usage: flyball-conformance SUITE FILE... (- is "
		"standard input); suites:",
		problem, what);
	for (size_t i = 0; i < ARRAY_LEN(SUITES); i++) {
		for (const struct suite *s = SUITES[i]; s->name; s++)
			fprintf(stderr, " %s", s->name);
	}
	fputc('\n', stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct totals totals = { 0, 0 };

	if (argc < 3)
		return usage(argc < 2 ? "no suite given" : "no file given", "");
	const struct suite *suite = find_suite(argv[1]);
	if (!suite)
		return usage("unknown suite ", argv[1]);
	for (int i = 2; i < argc; i++) {
		if (!run_file(suite, argv[i], &totals))
			return 2;
	}
	printf("%lu passed, %lu failed\n", totals.n_passed, totals.n_failed);
	return totals.n_failed > 0 ? 1 : 0;
}
