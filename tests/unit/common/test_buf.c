/* The capped buffer: growth, the cap, the sticky failure. */
#include "common/buf.h"
#include "tests/unit/common/run.h"

START_TEST(an_untouched_buffer_reads_as_empty_text)
{
	struct buf b;

	buf_init(&b, 10);
	ck_assert_str_eq(buf_text(&b), "");
	ck_assert_uint_eq(buf_sv(&b).len, 0);
	buf_consume(&b, 3);
	buf_clear(&b);
	buf_done(&b);
}
END_TEST

START_TEST(what_is_written_is_text_at_every_step)
{
	AUTO(buf_done) struct buf b = { 0 };

	buf_init(&b, 1000);
	buf_put_str(&b, "a");
	buf_put_char(&b, '=');
	buf_put_i64(&b, INT64_MIN);
	ck_assert_str_eq(buf_text(&b), "a=-9223372036854775808");
	buf_put_u64(&b, UINT64_MAX);
	buf_put_sv(&b, SV_NULL);
	buf_printf(&b, " %s %d", "x", 7);
	ck_assert_str_eq(buf_text(&b), "a=-922337203685477580818446744073709551615 x 7");
	ck_assert_uint_eq(b.len, strlen(buf_text(&b)));
}
END_TEST

START_TEST(the_cap_is_a_length_and_sticks)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct error err;

	buf_init(&b, 5);
	buf_put_str(&b, "12345");
	ck_assert_int_eq(buf_check(&b, "answer", &err), ERR_OK);
	buf_put_char(&b, '6');
	buf_put_str(&b, "");
	ck_assert_str_eq(buf_text(&b), "12345");
	ck_assert_int_eq(buf_check(&b, "answer", &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "answer is larger than the limit of 5 bytes");
	buf_clear(&b);
	ck_assert_int_eq(buf_check(&b, "answer", &err), ERR_OK);
	buf_printf(&b, "%d", 123456);
	ck_assert_str_eq(buf_text(&b), "");
	ck_assert_int_eq(buf_check(&b, "answer", &err), ERR_LIMIT);
}
END_TEST

START_TEST(consuming_moves_the_rest_to_the_front)
{
	AUTO(buf_done) struct buf b = { 0 };

	buf_init(&b, 100);
	buf_put_str(&b, "line\nrest");
	buf_consume(&b, 5);
	ck_assert_str_eq(buf_text(&b), "rest");
	buf_consume(&b, 99);
	ck_assert_str_eq(buf_text(&b), "");
}
END_TEST

START_TEST(take_hands_the_memory_over)
{
	struct buf b;
	size_t len;

	buf_init(&b, 100);
	buf_put(&b, "a\0b", 3);
	char *data = buf_take(&b, &len);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(data, "a\0b", 4);
	mem_free(data);
	ck_assert_uint_eq(b.len, 0);
	data = buf_take(&b, &len);
	ck_assert_str_eq(data, "");
	mem_free(data);
	buf_done(&b);
}
END_TEST

static enum error_kind write_much(struct error *err)
{
	AUTO(buf_done) struct buf b = { 0 };

	buf_init(&b, 10000);
	for (int i = 0; i < 300; i++)
		buf_put_str(&b, "0123456789");
	return buf_check(&b, "text", err);
}

START_TEST(out_of_memory_is_told)
{
	struct buf b;

	fail_each_allocation(write_much);
	buf_init(&b, 10);
	mem_fail_at(1, false);
	buf_put_char(&b, 'x');
	mem_fail_at(0, false);
	buf_put_char(&b, 'y');
	ck_assert_str_eq(buf_text(&b), "");
	ck_assert_ptr_null(buf_take(&b, NULL));
	buf_done(&b);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, an_untouched_buffer_reads_as_empty_text);
	tcase_add_test(tcase, what_is_written_is_text_at_every_step);
	tcase_add_test(tcase, the_cap_is_a_length_and_sticks);
	tcase_add_test(tcase, consuming_moves_the_rest_to_the_front);
	tcase_add_test(tcase, take_hands_the_memory_over);
	tcase_add_test(tcase, out_of_memory_is_told);
}

int main(void)
{
	return run_case("buf", add);
}
