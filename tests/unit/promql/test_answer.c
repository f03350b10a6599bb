/* answer.c: answers of /api/v1/query, good, odd and wrong. */
#include <math.h>

#include "common/buf.h"
#include "promql/answer.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES (1u << 22)

static void print_sample(struct buf *out, const struct answer_sample *s)
{
	static const char *const kinds[] = { "finite", "infinite", "nan", "histogram", "text",
		"none", "null" };

	if (s->kind != ANSWER_NULL_ROW)
		buf_printf(out, "@%lld ", (long long)s->time_ms);
	buf_put_str(out, kinds[s->kind]);
	if (s->kind == ANSWER_FINITE || s->kind == ANSWER_INFINITE)
		buf_printf(out, " %g", s->value);
	if (s->text.ptr)
		buf_printf(out, " '%.*s'", SV_ARG(s->text));
}

static bool print_row(const struct answer_row *row, void *ctx)
{
	struct buf *out = ctx;

	buf_printf(out, "%zu{", row->index);
	for (size_t i = 0; i < row->n_labels; i++)
		buf_printf(out, "%s%.*s=%.*s", i ? "," : "", SV_ARG(row->labels[i].name),
			SV_ARG(row->labels[i].value));
	buf_put_str(out, "} ");
	print_sample(out, &row->sample);
	buf_put_str(out, "; ");
	return true;
}

static bool print_point(const struct answer_sample *sample, void *ctx)
{
	buf_put_str(ctx, "point ");
	print_sample(ctx, sample);
	buf_put_str(ctx, "; ");
	return true;
}

#define VECTOR(rows)                                                                               \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":" rows "}}"
#define MATRIX(rows)                                                                               \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":" rows "}}"
#define ROW(value) VECTOR("[{\"metric\":{},\"value\":" value "}]")

static const struct {
	const char *what;
	int status;
	const char *body, *rows;
	const char *error;
	enum error_kind kind;
} ROWS[] = {
	{ "no rows", 200, VECTOR("[]"), "", NULL, ERR_OK },
	{ "a row as the server prints it", 200,
		VECTOR("[{\"metric\":{\"a\":\"1\",\"b\":\"2\"},\"value\":[1435781451.781,\"1.5\"]}"
		       "]"),
		"0{a=1,b=2} @1435781451781 finite 1.5 '1.5'; ", NULL, ERR_OK },
	{ "the same with blanks, labels unsorted, members turned round", 200,
		VECTOR(" [ { \"value\" : [ 1435781451.7819 , \"1.5\" ] , \"metric\" : { \"b\" : "
		       "\"2\" , \"a\" : \"1\" } } ] "),
		"0{a=1,b=2} @1435781451781 finite 1.5 '1.5'; ", NULL, ERR_OK },
	{ "escapes in labels", 200,
		VECTOR("[{\"metric\":{\"\\u0061\":\"x\\n\\ud83d\\ude00\"},\"value\":[1,\"1\"]}]"),
		"0{a=x\n\360\237\230\200} @1000 finite 1 '1'; ", NULL, ERR_OK },
	{ "values that are no numbers to compare with", 200,
		VECTOR("[{\"metric\":{},\"value\":[1,\"NaN\"]},{\"metric\":{},\"value\":[1.5,\"+"
		       "Inf\"]},"
		       "{\"metric\":{},\"value\":[0.001,\"-Inf\"]}]"),
		"0{} @1000 nan 'NaN'; 1{} @1500 infinite inf '+Inf'; 2{} @1 infinite -inf '-Inf'; ",
		NULL, ERR_OK },
	{ "values that are missing are not zero", 200,
		VECTOR("[{\"metric\":{\"a\":\"1\"}},{\"metric\":{},\"value\":null},{\"metric\":{},"
		       "\"value\":[1,null]},{\"metric\":{},\"value\":[1]},null]"),
		"0{a=1} @0 none; 1{} @0 none; 2{} @1000 none; 3{} @1000 none; 4{} null; ", NULL,
		ERR_OK },
	{ "numbers with exponents and signs", 200,
		VECTOR("[{\"metric\":{},\"value\":[-1.5,\"1e+21\"]},{\"metric\":{},\"value\":[0,\"-"
		       "0\"]},{\"metric\":{},\"value\":[1,\"1e-07\"]}]"),
		"0{} @-1500 finite 1e+21 '1e+21'; 1{} @0 finite -0 '-0'; 2{} @1000 finite 1e-07 "
		"'1e-07'; ",
		NULL, ERR_OK },
	{ "more elements and members than we know", 200,
		VECTOR("[{\"metric\":{},\"x\":[[1,{\"y\":null}],true,false],\"value\":[1,\"1\","
		       "\"more\",2]}]"),
		"0{} @1000 finite 1 '1'; ", NULL, ERR_OK },
	{ "a native histogram is passed over", 200,
		VECTOR("[{\"metric\":{},\"histogram\":[1,{\"count\":\"2\",\"sum\":\"3.5\","
		       "\"buckets\":[[0,\"1\",\"2\",\"2\"],[-1,\"-1\",\"+Inf\",\"0\"]],\"z\":1}]"
		       "}]"),
		"0{} @1000 histogram '{\"count\":\"2\",\"sum\":\"3.5\",\"buckets\":[[0,\"1\","
		"\"2\",\"2\"],[-1,\"-1\",\"+Inf\",\"0\"]],\"z\":1}'; ",
		NULL, ERR_OK },
	{ "a matrix", 200,
		MATRIX("[{\"values\":[[1,\"1\"],[2,\"NaN\"]],\"metric\":{\"a\":\"1\"}},{\"metric\":"
		       "{},\"histograms\":[[3,{\"count\":\"0\",\"sum\":\"0\",\"buckets\":null}]]},"
		       "null]"),
		"0{a=1} @0 finite 0; point @1000 finite 1 '1'; point @2000 nan 'NaN'; 1{} @0 "
		"finite "
		"0; "
		"point @3000 histogram '{\"count\":\"0\",\"sum\":\"0\",\"buckets\":null}'; 2{} "
		"null; ",
		NULL, ERR_OK },
	{ "a scalar", 200,
		"{\"status\":\"success\",\"data\":{\"result\":[1.25,\"7\"],\"resultType\":"
		"\"scalar\"}}",
		"0{} @1250 finite 7 '7'; ", NULL, ERR_OK },
	{ "a string", 200,
		"{\"data\":{\"resultType\":\"string\",\"result\":[1,\"a\\\"b\"]},\"status\":"
		"\"success\"}",
		"0{} @1000 text 'a\"b'; ", NULL, ERR_OK },
	{ "warnings and infos", 200,
		"{\"status\":\"success\",\"warnings\":[\"w\\u00e9\"],\"infos\":[\"i\",\"j\"],"
		"\"data\":"
		"{\"resultType\":\"vector\",\"result\":[]}}",
		"warning w\303\251; info i; info j; ", NULL, ERR_OK },
	{ "warnings that are null", 200,
		"{\"status\":\"success\",\"warnings\":null,\"data\":{\"resultType\":\"vector\","
		"\"result\":[]},\"unknown\":{}}",
		"", NULL, ERR_OK },
	{ "an odd status counts as success, and is told", 200,
		"{\"status\":\"partial\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
		"odd; ", NULL, ERR_OK },
	{ "bad data", 400,
		"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:1: parse error\"}",
		NULL, "bad_data: 1:1: parse error", ERR_INVALID },
	{ "an execution error", 422,
		"{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"many-to-many\"}",
		NULL, "execution: many-to-many", ERR_UNAVAIL },
	{ "an error with status 200", 200,
		"{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"slow\",\"data\":7}",
		NULL, "timeout: slow", ERR_UNAVAIL },
	{ "not found as an error type", 422,
		"{\"status\":\"error\",\"errorType\":\"not_found\",\"error\":\"x\"}", NULL,
		"not_found: x", ERR_NOTFOUND },
	{ "a failing proxy", 502, "<html>bad gateway</html>", NULL, "server_error: HTTP status 502",
		ERR_UNAVAIL },
	{ "an overloaded server that says why", 503,
		"{\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"shutting down\"}",
		NULL, "unavailable: shutting down", ERR_UNAVAIL },
	{ "no such path", 404, "404 page not found", NULL, "client_error: HTTP status 404",
		ERR_NOTFOUND },
	{ "not allowed", 403, "", NULL, "client_error: HTTP status 403", ERR_DENIED },
	{ "a proxy tells why", 403,
		"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"not for \\\"you\\\"\","
		"\"details\":{\"message\":1},\"code\":403}",
		NULL, "client_error: not for \"you\"", ERR_DENIED },
	{ "a proxy tells what is wrong with the request", 400,
		"{\"status\":\"Failure\",\"message\":\"address not allowed\"}", NULL,
		"client_error: address not allowed", ERR_INVALID },
	{ "a message that is no text", 503, "{\"message\":{\"a\":[1]},\"code\":503}", NULL,
		"server_error: HTTP status 503", ERR_UNAVAIL },
	{ "the server's own words come first", 503,
		"{\"message\":\"m\",\"status\":\"error\",\"errorType\":\"timeout\",\"error\":"
		"\"e\"}",
		NULL, "timeout: e", ERR_UNAVAIL },
	{ "a message beside an answer is nothing", 200,
		"{\"message\":1,\"Message\":2,\"status\":\"success\",\"data\":{\"resultType\":"
		"\"vector\","
		"\"result\":[]}}",
		"", NULL, ERR_OK },
	{ "no credentials", 401, "", NULL, "client_error: HTTP status 401", ERR_DENIED },
	{ "a redirect, which nobody follows", 302, "", NULL, "bad_response: HTTP status 302",
		ERR_INVALID },
	{ "an empty success", 204, "", NULL, "bad_response: HTTP status 204", ERR_INVALID },
	{ "no body", 200, "", NULL, "bad_response: byte 0: expected an object", ERR_INVALID },
	{ "a web page", 200, "<html>", NULL, "bad_response: byte 0: expected an object",
		ERR_INVALID },
	{ "success with a status of failure", 400, VECTOR("[]"), NULL,
		"bad_response: byte 63: expected an error", ERR_INVALID },
	{ "no data", 200, "{\"status\":\"success\"}", NULL,
		"bad_response: byte 20: expected the member \"data\"", ERR_INVALID },
	{ "no status", 200, "{\"data\":{\"resultType\":\"vector\",\"result\":[]}}", NULL,
		"bad_response: byte 44: expected the member \"status\"", ERR_INVALID },
	{ "no result", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\"}}", NULL,
		"bad_response: byte 50: expected the members \"resultType\" and \"result\" in data",
		ERR_INVALID },
	{ "data of another kind", 200, "{\"status\":\"success\",\"data\":[]}", NULL,
		"bad_response: byte 27: expected an object", ERR_INVALID },
	{ "an unknown type", 200,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"tensor\",\"result\":[]}}", NULL,
		"bad_response: byte 49: expected the resultType vector, matrix, scalar or string",
		ERR_INVALID },
	{ "a null result", 200, VECTOR("null"), NULL,
		"bad_response: byte 63: expected a list of rows, not null", ERR_INVALID },
	{ "text behind the answer", 200, VECTOR("[]") "x", NULL,
		"bad_response: byte 63: expected the end of the answer", ERR_INVALID },
	{ "a cut answer", 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"resu",
		NULL, "bad_response: byte 55: expected the end of a string", ERR_INVALID },
	{ "a member twice", 200,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"resultType\":"
		"\"vector\","
		"\"result\":[]}}",
		NULL, "bad_response: byte 63: expected every member once, under its exact name",
		ERR_INVALID },
	{ "a member that Go's client would take for another", 200,
		"{\"status\":\"success\",\"Data\":{\"resultType\":\"vector\",\"result\":[]}}", NULL,
		"bad_response: byte 27: expected every member once, under its exact name",
		ERR_INVALID },
	{ "the same with a letter that folds", 200,
		"{\"\\u017ftatus\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
		NULL, "bad_response: byte 15: expected every member once, under its exact name",
		ERR_INVALID },
	{ "a row without labels", 200, VECTOR("[{\"value\":[1,\"1\"]}]"), NULL,
		"bad_response: byte 77: expected the member \"metric\" in a row", ERR_INVALID },
	{ "a row with a value and a histogram", 200,
		VECTOR("[{\"metric\":{},\"value\":[1,\"1\"],\"histogram\":[1,{\"count\":\"1\","
		       "\"sum\":"
		       "\"1\"}]}]"),
		NULL, "bad_response: byte 129: expected a value or a histogram, not both",
		ERR_INVALID },
	{ "a label twice", 200,
		VECTOR("[{\"metric\":{\"a\":\"1\",\"b\":\"1\",\"a\":\"2\"},\"value\":[1,\"1\"]}]"),
		NULL, "bad_response: byte 95: expected no label twice", ERR_INVALID },
	{ "a label that is no text", 200, VECTOR("[{\"metric\":{\"a\":1},\"value\":[1,\"1\"]}]"),
		NULL, "bad_response: byte 75: expected a string", ERR_INVALID },
	{ "a value that is no text", 200, ROW("[1,1]"), NULL,
		"bad_response: byte 84: expected a string", ERR_INVALID },
	{ "a value that is no number", 200, ROW("[1,\"x\"]"), NULL,
		"bad_response: byte 87: expected a decimal number in quotes", ERR_INVALID },
	{ "an empty value", 200, ROW("[1,\"\"]"), NULL,
		"bad_response: byte 86: expected a number in quotes", ERR_INVALID },
	{ "a hexadecimal value", 200, ROW("[1,\"0x1p3\"]"), NULL,
		"bad_response: byte 91: expected a decimal number in quotes", ERR_INVALID },
	{ "a value beyond the largest", 200, ROW("[1,\"1e999\"]"), NULL,
		"bad_response: byte 91: expected a number in quotes", ERR_INVALID },
	{ "an escaped value", 200, ROW("[1,\"\\u0031\"]"), NULL,
		"bad_response: byte 92: expected a number in quotes", ERR_INVALID },
	{ "a value of points", 200, ROW("[1,\"1.2.3\"]"), NULL,
		"bad_response: byte 91: expected a number in quotes", ERR_INVALID },
	{ "a time with an exponent", 200, ROW("[1e3,\"1\"]"), NULL,
		"bad_response: byte 85: expected a time without exponent", ERR_INVALID },
	{ "a time with an exponent behind decimals", 200, ROW("[1.2345e3,\"1\"]"), NULL,
		"bad_response: byte 90: expected a time without exponent", ERR_INVALID },
	{ "a time that is too large", 200, ROW("[9223372036854775,\"1\"]"),
		"0{} @9223372036854775000 finite 1 '1'; ", NULL, ERR_OK },
	{ "a time that is larger", 200, ROW("[92233720368547758,\"1\"]"), NULL,
		"bad_response: byte 99: expected a time within 64 bits of milliseconds",
		ERR_INVALID },
	{ "a time far too large", 200, ROW("[99999999999999999999,\"1\"]"), NULL,
		"bad_response: byte 102: expected a time within 64 bits of milliseconds",
		ERR_INVALID },
	{ "a time that is no number", 200, ROW("[true,\"1\"]"), NULL,
		"bad_response: byte 82: expected a number", ERR_INVALID },
	{ "a time with a leading zero", 200, ROW("[01,\"1\"]"), NULL,
		"bad_response: byte 83: expected ',' or ']'", ERR_INVALID },
	{ "a time without decimals", 200, ROW("[1.,\"1\"]"), NULL,
		"bad_response: byte 84: expected a digit", ERR_INVALID },
	{ "a control byte in a label", 200, VECTOR("[{\"metric\":{\"a\":\"\n\"}}]"), NULL,
		"bad_response: byte 76: expected no control character in a string", ERR_INVALID },
	{ "a bad escape", 200, VECTOR("[{\"metric\":{\"a\":\"\\q\"}}]"), NULL,
		"bad_response: byte 77: expected an escape sequence", ERR_INVALID },
	{ "a bad \\u", 200, VECTOR("[{\"metric\":{\"a\":\"\\u00g\"}}]"), NULL,
		"bad_response: byte 80: expected a hexadecimal digit", ERR_INVALID },
	{ "a histogram without sum", 200,
		VECTOR("[{\"metric\":{},\"histogram\":[1,{\"count\":\"2\"}]}]"), NULL,
		"bad_response: byte 101: expected count and sum in a histogram", ERR_INVALID },
	{ "a bucket with a fraction", 200,
		VECTOR("[{\"metric\":{},\"histogram\":[1,{\"count\":\"2\",\"sum\":\"1\","
		       "\"buckets\":[["
		       "1.5,\"1\",\"2\",\"3\"]]}]}]"),
		NULL, "bad_response: byte 126: expected an integer as boundary rule", ERR_INVALID },
	{ "a matrix row without values", 200, MATRIX("[{\"metric\":{}}]"), NULL,
		"bad_response: byte 73: expected the members \"metric\" and \"values\" in a row",
		ERR_INVALID },
	{ "a point without value", 200, MATRIX("[{\"metric\":{},\"values\":[[1,null]]}]"), NULL,
		"bad_response: byte 91: expected a time and a value", ERR_INVALID },
	{ "a scalar without value", 200,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1]}}",
		NULL, "bad_response: byte 62: expected a time and a value", ERR_INVALID },
};

START_TEST(answers_are_decoded_or_refused)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct answer_handler handler = { print_row, print_point, &out };
	struct answer answer;
	struct error err = { 0 };

	arena_init(&a, MAX_BYTES);
	buf_init(&out, MAX_BYTES);
	enum error_kind kind =
		answer_decode(&a, ROWS[_i].status, sv_of(ROWS[_i].body), &handler, &answer, &err);

	ck_assert_str_eq(err.text, ROWS[_i].error ? ROWS[_i].error : "");
	ck_assert_int_eq(kind, ROWS[_i].kind);
	if (kind) {
		ck_assert_int_eq(answer.null_result, strstr(ROWS[_i].body, ":null}") != NULL);
		return;
	}
	for (size_t i = 0; i < answer.n_warnings; i++)
		buf_printf(&out, "warning %.*s; ", SV_ARG(answer.warnings[i]));
	for (size_t i = 0; i < answer.n_infos; i++)
		buf_printf(&out, "info %.*s; ", SV_ARG(answer.infos[i]));
	if (answer.odd_status)
		buf_put_str(&out, "odd; ");
	ck_assert_str_eq(buf_text(&out), ROWS[_i].rows);
}
END_TEST

static bool refuse_row(const struct answer_row *row, void *ctx)
{
	(void)ctx;
	return row->index < 1;
}

static bool refuse_point(const struct answer_sample *sample, void *ctx)
{
	(void)ctx;
	return sample->time_ms < 2000;
}

START_TEST(a_caller_who_has_enough_ends_the_decoding)
{
	static const char *const bodies[] = { VECTOR("[null,null,null]"),
		MATRIX("[{\"metric\":{},\"values\":[[1,\"1\"],[2,\"1\"]]}]") };
	AUTO(arena_done) struct arena a = { 0 };
	struct answer_handler handler = { refuse_row, refuse_point, NULL };
	struct answer answer;
	struct error err;

	arena_init(&a, MAX_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		ck_assert_int_eq(answer_decode(&a, 200, sv_of(bodies[i]), &handler, &answer, &err),
			ERR_LIMIT);
		ck_assert_str_eq(err.text, "the answer of Prometheus is too large");
	}
}
END_TEST

START_TEST(nesting_and_labels_are_bounded)
{
	AUTO(buf_done) struct buf body = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct answer answer;
	struct error err;

	arena_init(&a, MAX_BYTES);
	buf_init(&body, MAX_BYTES);
	buf_put_str(&body, "{\"x\":");
	for (int i = 0; i < 10001; i++)
		buf_put_char(&body, '[');
	ck_assert_int_eq(answer_decode(&a, 200, buf_sv(&body), NULL, &answer, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "bad_response: byte 10005: expected less nesting");

	buf_clear(&body);
	buf_put_str(&body,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{"
		"\"metric\":{");
	for (int i = 0; i < 1100; i++)
		buf_printf(&body, "%s\"l%04d\":\"\"", i ? "," : "", i);
	buf_put_str(&body, "},\"value\":[1,\"1\"]}]}}");
	ck_assert_int_eq(answer_decode(&a, 200, buf_sv(&body), NULL, &answer, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "the answer of Prometheus is too large");
}
END_TEST

START_TEST(no_more_than_64_warnings_are_kept)
{
	AUTO(buf_done) struct buf body = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct answer answer;
	struct error err;

	arena_init(&a, MAX_BYTES);
	buf_init(&body, MAX_BYTES);
	buf_put_str(&body,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]},"
		"\"warnings\":[");
	for (int i = 0; i < 100; i++)
		buf_printf(&body, "%s\"w%d\"", i ? "," : "", i);
	buf_put_str(&body, "]}");
	ck_assert_int_eq(answer_decode(&a, 200, buf_sv(&body), NULL, &answer, &err), ERR_OK);
	ck_assert_uint_eq(answer.n_warnings, 64);
	ck_assert(sv_is(answer.warnings[63], "w63"));
}
END_TEST

START_TEST(a_hundred_thousand_rows_take_no_more_memory_than_one)
{
	AUTO(buf_done) struct buf body = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct answer answer;
	struct error err;

	arena_init(&a, 65536);
	buf_init(&body, 64u << 20);
	buf_put_str(
		&body, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < 100000; i++)
		buf_printf(&body,
			"%s{\"metric\":{\"pod\":\"w\\u0065b-%d\"},\"value\":[1,\"%d.5\"]}",
			i ? "," : "", i, i);
	buf_put_str(&body, "]}}");
	ck_assert_int_eq(answer_decode(&a, 200, buf_sv(&body), NULL, &answer, &err), ERR_OK);
	ck_assert_uint_eq(answer.n_rows, 100000);
	ck_assert_uint_eq(answer.n_unusable, 0);
}
END_TEST

static enum error_kind decode(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct answer answer;

	arena_init(&a, MAX_BYTES);
	return answer_decode(&a, 200,
		SV("{\"status\":\"succ\\u0065ss\",\"warnings\":[\"\\u0061\"],\"data\":{\"result\":["
		   "{"
		   "\"metric\":{\"\\u0061\":\"\\u0062\"}}],\"resultType\":\"vector\"}}"),
		NULL, &answer, err);
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(decode);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, answers_are_decoded_or_refused, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, a_caller_who_has_enough_ends_the_decoding);
	tcase_add_test(tcase, nesting_and_labels_are_bounded);
	tcase_add_test(tcase, no_more_than_64_warnings_are_kept);
	tcase_add_test(tcase, a_hundred_thousand_rows_take_no_more_memory_than_one);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("answer", add);
}
