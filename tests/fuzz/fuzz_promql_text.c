/* Durations, numbers and quoted texts of PromQL: what is read is printed so that it is read again. */
#include <math.h>

#include "promql/duration.h"
#include "promql/number.h"
#include "promql/quote.h"
#include "promql/unquote.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (16u << 20)

static void check_duration(struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	int64_t ns = 0, again = -1;
	struct error err;

	if (duration_parse(text, &ns, &err)) {
		REQUIRE(err.kind == ERR_INVALID && err.text[0]);
		return;
	}
	REQUIRE(ns >= 0);
	buf_init(&out, 100);
	duration_print(&out, ns);
	REQUIRE(out.failed == ERR_OK);
	REQUIRE(duration_parse(buf_sv(&out), &again, &err) == ERR_OK && again == ns);
}

static void check_number(struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	double value = 0, again = 0;
	struct error err;

	if (number_parse_literal(text, &value, &err)) {
		REQUIRE(err.kind == ERR_INVALID && err.text[0]);
		return;
	}
	if (isnan(value) || isinf(value))
		return;
	buf_init(&out, 1000);
	number_print_sample(&out, value);
	REQUIRE(out.failed == ERR_OK);
	REQUIRE(number_parse_literal(buf_sv(&out), &again, &err) == ERR_OK);
	REQUIRE(again <= value && again >= value);
}

static void check_quoted(struct arena *a, struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct sv value, again;
	struct error err;

	enum error_kind kind = unquote_promql(a, text, &value, &err);
	REQUIRE(kind == ERR_OK || kind == ERR_INVALID);
	kind = unquote_go(a, text, &again, &err);
	REQUIRE(kind == ERR_OK || kind == ERR_INVALID);
	/* Any bytes can be quoted. */
	buf_init(&out, MAX_BYTES);
	quote_print(&out, text);
	REQUIRE(unquote_promql(a, buf_sv(&out), &again, &err) == ERR_OK && sv_eq(again, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = sv_from((const char *)data, size);
	AUTO(arena_done) struct arena a = { 0 };

	arena_init(&a, MAX_BYTES);
	check_duration(text);
	check_number(text);
	check_quoted(&a, text);
	return 0;
}
