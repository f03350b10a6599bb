/* series.c: pieces of /api/v1/series into shapes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "promql/series.h"

struct row {
	const char *name;
	const char *body;
	const char *shapes; /* "name:label,label;name:..." in order of the last entry */
	const char *error;
};

static const struct row ROWS[] = {
	{ "an empty list is no error", "{\"status\":\"success\",\"data\":[]}", "", NULL },
	{ "values do not matter",
		"{\"status\":\"success\",\"data\":[{\"__name__\":\"a\",\"pod\":\"x\"},{\"__name__"
		"\":\"a\",\"pod\":\"y\"}]}",
		"a:pod;", NULL },
	{ "the last entry decides the order",
		"{\"status\":\"success\",\"data\":[{\"__name__\":\"a\",\"p\":\"1\"},{\"__name__\":"
		"\"b\"},{\"p\":\"2\",\"__name__\":\"a\"}]}",
		"b:;a:p;", NULL },
	{ "labels are sorted and escapes decoded",
		"{\"status\":\"success\",\"data\":[{\"z\":\"1\",\"a\\u0062\":\"]}\\\"\",\"__name__"
		"\":\"n\\u00e9\"}]}",
		"n\xc3\xa9:ab,z;", NULL },
	{ "an entry without a name is kept", "{\"status\":\"success\",\"data\":[{\"a\":\"1\"},{}]}",
		":a;:;", NULL },
	{ "data may come first, with blanks and further members",
		" { \"data\" : [ { \"__name__\" : \"a\" } ] , \"x\":[[1]], \"warnings\":[\"w\"], "
		"\"status\":\"success\" } ",
		"a:;", NULL },
	{ "an escaped key is the same key",
		"{\"status\":\"success\",\"d\\u0061ta\":[{\"__name__\":\"a\"}]}", "a:;", NULL },
	{ "a value that looks like the key is none",
		"{\"status\":\"success\",\"x\":\"\\\"data\\\":[\",\"data\":[{\"__name__\":\"a\"}]}",
		"a:;", NULL },
	{ "an error speaks for itself",
		"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"boom\"}", NULL,
		"bad_data: boom" },
	{ "null as data", "{\"status\":\"success\",\"data\":null}", NULL,
		"bad_response: series 0: expected a list of series as data" },
	{ "an object as data", "{\"status\":\"success\",\"data\":{}}", NULL,
		"bad_response: series 0: expected a list of series as data" },
	{ "no data", "{\"status\":\"success\"}", NULL,
		"bad_response: series 0: expected the member \"data\"" },
	{ "no status", "{\"data\":[]}", NULL,
		"bad_response: series 0: expected the member \"status\"" },
	{ "a number as label value", "{\"status\":\"success\",\"data\":[{\"a\":1}]}", NULL,
		"bad_response: series 0: expected a string" },
	{ "cut in the list", "{\"status\":\"success\",\"data\":[{\"a\":\"1\"}", NULL,
		"bad_response: series 0: expected the end of the list" },
	{ "cut behind the list", "{\"status\":\"success\",\"data\":[]", NULL,
		"bad_response: series 0: expected ',' or '}'" },
	{ "a comma too many", "{\"status\":\"success\",\"data\":[{\"a\":\"1\"},]}", NULL,
		"bad_response: series 1: expected an object" },
	{ "a comma missing", "{\"status\":\"success\",\"data\":[{\"a\":\"1\"}{}]}", NULL,
		"bad_response: series 1: expected the end of the answer" },
	{ "no JSON", "<html>", NULL, "bad_response: series 0: expected an object" },
	{ "garbage behind it", "{\"status\":\"success\",\"data\":[]}x", NULL,
		"bad_response: series 0: expected the end of the answer" },
};

static void check_row(const struct row *row, size_t piece)
{
	struct series *s;
	struct error err = { 0 };
	enum error_kind failed = ERR_OK;
	struct sv body = sv_of(row->body);
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 4096);
	ck_assert(!series_new(&s, &err));
	for (size_t i = 0; i < body.len && !failed; i += piece)
		failed = series_feed(s, sv_take(sv_skip(body, i), piece), &err);
	if (!failed)
		failed = series_end(s, &err);
	if (row->error) {
		ck_assert_msg(failed, "%s: no error", row->name);
		ck_assert_msg(!strcmp(err.text, row->error), "%s: %s", row->name, err.text);
	} else {
		ck_assert_msg(!failed, "%s: %s", row->name, err.text);
		for (size_t i = 0; i < series_n(s); i++) {
			const struct series_shape *shape = series_at(s, i);

			buf_put_sv(&out, shape->name);
			buf_put_char(&out, ':');
			for (size_t l = 0; l < shape->n_labels; l++) {
				buf_put_str(&out, l ? "," : "");
				buf_put_sv(&out, shape->labels[l]);
			}
			buf_put_char(&out, ';');
		}
		ck_assert_msg(
			!strcmp(buf_text(&out), row->shapes), "%s: %s", row->name, buf_text(&out));
	}
	series_free(s);
}

START_TEST(rows)
{
	for (size_t piece = 1; piece < 7; piece++)
		check_row(&ROWS[_i], piece);
	check_row(&ROWS[_i], 4096);
}
END_TEST

START_TEST(many_pods_are_one_shape)
{
	struct series *s;
	struct error err;
	char text[128];

	ck_assert(!series_new(&s, &err));
	ck_assert(!series_feed(s, SV("{\"status\":\"success\",\"data\":["), &err));
	for (int i = 0; i < 100000; i++) {
		int n = snprintf(text, sizeof(text),
			"%s{\"__name__\":\"http_requests_total\",\"namespace\":\"n\",\"pod\":\"web-"
			"%d\"}",
			i ? "," : "", i);

		ck_assert(!series_feed(s, sv_from(text, (size_t)n), &err));
	}
	ck_assert(!series_feed(s, SV("]}"), &err));
	ck_assert(!series_end(s, &err));
	ck_assert_uint_eq(series_n(s), 1);
	ck_assert_uint_eq(series_n_entries(s), 100000);
	series_free(s);
}
END_TEST

/* n times a text between two others. */
static enum error_kind feed_many(
	const char *head, const char *text, size_t n, const char *tail, struct error *err)
{
	AUTO(series_free) struct series *s = NULL;
	enum error_kind kind = series_new(&s, err);

	if (!kind)
		kind = series_feed(s, sv_of(head), err);
	for (size_t i = 0; i < n && !kind; i++)
		kind = series_feed(s, sv_of(text), err);
	if (!kind)
		kind = series_feed(s, sv_of(tail), err);
	return kind ? kind : series_end(s, err);
}

START_TEST(sizes_are_bounded)
{
	AUTO(buf_done) struct buf labels = { 0 };
	struct error err;

	ck_assert_int_eq(feed_many("{\"x\":\"", "0123456789abcdef", 70000, "\"}", &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "bad_response: no list of series");
	ck_assert_int_eq(
		feed_many("{\"data\":[{\"a\":\"", "0123456789abcdef", 70000, "\"}]}", &err),
		ERR_LIMIT);
	ck_assert_str_eq(err.text, "bad_response: a series of more than a megabyte");
	/* Known before the series ends, which may be never. */
	ck_assert_int_eq(
		feed_many("{\"data\":[{\"a\":\"", "0123456789abcdef", 70000, "", &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "bad_response: a series of more than a megabyte");
	buf_init(&labels, 1u << 20);
	buf_put_str(&labels, "{\"data\":[{\"n0\":\"\"");
	for (int i = 1; i < 1100; i++)
		buf_printf(&labels, ",\"n%d\":\"\"", i);
	ck_assert_int_eq(feed_many(buf_text(&labels), "", 0, "}]}", &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "bad_response: a series with too many labels");
}
END_TEST

START_TEST(warnings_are_counted)
{
	AUTO(series_free) struct series *s = NULL;
	struct error err;

	ck_assert(!series_new(&s, &err));
	ck_assert(!series_feed(
		s, SV("{\"status\":\"success\",\"data\":[],\"warnings\":[\"a\",\"b\"]}"), &err));
	ck_assert(!series_end(s, &err));
	ck_assert_uint_eq(series_n_warnings(s), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("series");
	TCase *tc = tcase_create("series");

	tcase_add_loop_test(tc, rows, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tc, many_pods_are_one_shape);
	tcase_add_test(tc, sizes_are_bounded);
	tcase_add_test(tc, warnings_are_counted);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
