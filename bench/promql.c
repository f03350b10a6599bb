/* Measures the language: parsing and checking a rule, a long query, decoding a large answer. Prints lines NAME VALUE for bench/run.py; times
 * are of the CPU. `promql rule` and `promql answer` print what is measured, for the peers.
 *
 * The answer is a vector of 150,000 pods, as a cluster of that size gives it. What decoding takes beyond the input is looked up in the
 * allocator while the rows come. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"
#include "promql/answer.h"
#include "promql/parser.h"

#define ARENA_BYTES (64u << 20)
#define REPEATS 21
#define RULE_ROUNDS 20000
#define LONG_BYTES (16u * 1024)
#define N_SAMPLES 150000
#define ANSWER_BYTES (64u << 20)
/* Rows between two looks at the allocator. */
#define LOOK_EVERY 1000

static const struct sv RULE =
	SV("sum by (namespace, pod) "
	   "(rate(http_requests_total{namespace=\"shop\",code=~\"5..\"}[5m]))");

static void must(enum error_kind kind, const struct error *err)
{
	if (!kind)
		return;
	fprintf(stderr, "bench promql: %s\n", err->text);
	_Exit(EXIT_FAILURE);
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(values[0]), by_size);
	return values[n / 2];
}

/* Microseconds of one parse, and allocations outside of the arena once it has its chunk. */
static double measure_parse(struct sv query, size_t rounds, unsigned long *ret_allocations)
{
	AUTO(arena_done) struct arena a = { 0 };
	double took[REPEATS];
	struct ast *root;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	must(parser_parse(&a, query, PARSER_STOCK, &root, NULL, &err), &err);
	arena_clear(&a);
	must(parser_parse(&a, query, PARSER_STOCK, &root, NULL, &err), &err);
	unsigned long before = mem_n_allocations();
	for (size_t i = 0; i < REPEATS; i++) {
		double start = cpu_us();

		for (size_t k = 0; k < rounds; k++) {
			arena_clear(&a);
			must(parser_parse(&a, query, PARSER_STOCK, &root, NULL, &err), &err);
		}
		took[i] = (cpu_us() - start) / (double)rounds;
	}
	*ret_allocations = mem_n_allocations() - before;
	return median(took, REPEATS);
}

/* Sums of rules, as recording rules with many cases have them. */
static void measure_long(void)
{
	AUTO(buf_done) struct buf query = { 0 };
	unsigned long allocations;

	buf_init(&query, LONG_BYTES);
	buf_put_sv(&query, RULE);
	while (query.len + RULE.len + 3 <= LONG_BYTES) {
		buf_put_str(&query, " + ");
		buf_put_sv(&query, RULE);
	}
	while (query.len < LONG_BYTES)
		buf_put_char(&query, ' ');
	printf("parse_16k_us %.1f\n", measure_parse(buf_sv(&query), 20, &allocations));
}

static void make_answer(struct buf *out)
{
	buf_init(out, ANSWER_BYTES);
	buf_put_str(
		out, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (unsigned i = 0; i < N_SAMPLES; i++)
		buf_printf(out,
			"%s{\"metric\":{\"namespace\":\"team-%03u\",\"pod\":\"web-%05u-5d8f7c9b4d-%"
			"05x\"},"
			"\"value\":[1795237194.14,\"%u.%u\"]}",
			i ? "," : "", i % 200, i / 15, i, i % 977, i % 10);
	buf_put_str(out, "]}}");
	if (out->failed) {
		fprintf(stderr, "bench promql: no memory for the answer\n");
		_Exit(EXIT_FAILURE);
	}
}

struct seen {
	size_t n, bytes_before, bytes_most;
	double sum;
	bool look;
};

static size_t bytes_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static bool take_row(const struct answer_row *row, void *ctx)
{
	struct seen *seen = ctx;

	seen->sum += row->sample.value + (double)row->labels[1].value.len;
	if (seen->look && seen->n++ % LOOK_EVERY == 0 && bytes_in_use() > seen->bytes_most)
		seen->bytes_most = bytes_in_use();
	return true;
}

static void decode(struct sv body, struct seen *seen)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct answer_handler handler = { take_row, NULL, seen };
	struct answer answer;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	seen->bytes_before = seen->bytes_most = bytes_in_use();
	must(answer_decode(&a, 200, body, &handler, &answer, &err), &err);
	if (answer.n_rows == N_SAMPLES && seen->sum > 0)
		return;
	fprintf(stderr, "bench promql: %zu rows\n", answer.n_rows);
	_Exit(EXIT_FAILURE);
}

static void measure_answer(void)
{
	AUTO(buf_done) struct buf body = { 0 };
	double took[REPEATS];

	make_answer(&body);
	for (size_t i = 0; i < REPEATS; i++) {
		struct seen seen = { 0 };
		double start = cpu_us();

		decode(buf_sv(&body), &seen);
		took[i] = cpu_us() - start;
	}
	struct seen seen = { .look = true };

	decode(buf_sv(&body), &seen);
	printf("decode_ms %.2f\n", median(took, REPEATS) / 1000);
	printf("decode_kib %.0f\n", (double)(seen.bytes_most - seen.bytes_before) / 1024);
}

static void print_answer(void)
{
	AUTO(buf_done) struct buf body = { 0 };

	make_answer(&body);
	fputs(buf_text(&body), stdout);
}

int main(int argc, char **argv)
{
	unsigned long allocations;

	if (argc > 1 && strcmp(argv[1], "answer") == 0) {
		print_answer();
		return EXIT_SUCCESS;
	}
	if (argc > 1 && strcmp(argv[1], "rule") == 0) {
		printf("%.*s\n", SV_ARG(RULE));
		return EXIT_SUCCESS;
	}
	printf("parse_rule_us %.3f\n", measure_parse(RULE, RULE_ROUNDS, &allocations));
	printf("parse_rule_allocations %lu\n", allocations);
	measure_long();
	measure_answer();
	return EXIT_SUCCESS;
}
