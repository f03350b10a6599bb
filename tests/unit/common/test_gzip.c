/* What gzip_put writes is unpacked by zlib itself: the test is the one other place that knows it. */
#include <zlib.h>

#include "common/gzip.h"
#include "tests/unit/common/run.h"

static void unpack(struct sv packed, struct buf *out)
{
	unsigned char piece[4096];
	z_stream z = { 0 };
	AUTO(mem_free_str) char *copy = mem_memdup(packed.ptr, packed.len);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (unsigned char *)copy;
	z.avail_in = (unsigned)packed.len;
	int code = Z_OK;
	while (code == Z_OK) {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		code = inflate(&z, Z_NO_FLUSH);
		buf_put(out, piece, sizeof(piece) - z.avail_out);
	}
	ck_assert_int_eq(code, Z_STREAM_END);
	ck_assert_uint_eq(z.avail_in, 0);
	inflateEnd(&z);
}

static void make_text(struct buf *out, size_t n)
{
	buf_init(out, 16u * 1024 * 1024);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "{\"name\":\"pods/metric_%zu\",\"namespaced\":true}", i);
}

START_TEST(it_comes_back_as_it_was)
{
	static const size_t SIZES[] = { 0, 1, 100, 20000 };
	for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
		struct buf text, packed, back;
		struct error err = { 0 };
		make_text(&text, SIZES[i]);
		buf_init(&packed, 16u * 1024 * 1024);
		buf_init(&back, 16u * 1024 * 1024);
		ck_assert_int_eq(gzip_put(&packed, buf_sv(&text), &err), ERR_OK);
		unpack(buf_sv(&packed), &back);
		ck_assert(sv_eq(buf_sv(&back), buf_sv(&text)));
		if (text.len > 10000)
			ck_assert_uint_lt(packed.len, text.len / 8);
		buf_done(&text);
		buf_done(&packed);
		buf_done(&back);
	}
}
END_TEST

START_TEST(what_is_packed_is_unpacked)
{
	static const size_t SIZES[] = { 0, 1, 100, 20000 };
	for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
		struct buf text, packed, back;
		struct error err = { 0 };
		make_text(&text, SIZES[i]);
		buf_init(&packed, 16u * 1024 * 1024);
		buf_init(&back, 16u * 1024 * 1024);
		buf_put_str(&back, "before");
		ck_assert_int_eq(gzip_pack(&packed, buf_sv(&text), SV_NULL, &err), ERR_OK);
		ck_assert_int_eq(
			gzip_unpack(&back, buf_sv(&packed), text.len, SV_NULL, &err), ERR_OK);
		ck_assert(sv_eq(sv_skip(buf_sv(&back), strlen("before")), buf_sv(&text)));
		if (text.len > 10000)
			ck_assert_uint_lt(packed.len, text.len / 8);
		/* Another length than it had, a piece of it, no room. */
		ck_assert_int_eq(
			gzip_unpack(&back, buf_sv(&packed), text.len + 1, SV_NULL, &err), ERR_BUG);
		struct sv piece = sv_take(buf_sv(&packed), packed.len - 1);
		ck_assert_int_eq(gzip_unpack(&back, piece, text.len, SV_NULL, &err), ERR_BUG);
		buf_done(&back);
		buf_init(&back, text.len / 2);
		if (text.len > 0)
			ck_assert_int_eq(
				gzip_unpack(&back, buf_sv(&packed), text.len, SV_NULL, &err),
				ERR_LIMIT);
		mem_fail_at(1, true);
		ck_assert_int_eq(gzip_pack(&packed, buf_sv(&text), SV_NULL, &err), ERR_NOMEM);
		ck_assert_int_eq(gzip_unpack(&back, piece, text.len, SV_NULL, &err), ERR_NOMEM);
		mem_fail_at(0, false);
		buf_done(&text);
		buf_done(&packed);
		buf_done(&back);
	}
}
END_TEST

START_TEST(what_another_text_says_is_not_spelled_out_again)
{
	struct buf like, alone, packed, back;
	struct error err = { 0 };
	const struct sv text =
		SV("{\"reason\":\"ScalingLimited\",\"pods\":[\"web-17\",\"web-4\"]}");
	buf_init(&like, 1u << 20);
	buf_init(&alone, 1u << 20);
	buf_init(&packed, 1u << 20);
	buf_init(&back, 1u << 20);
	/* Only its end counts. */
	while (like.len < 2 * GZIP_LIKE_BYTES)
		buf_put_char(&like, 'x');
	buf_put_str(&like, "{\"reason\":\"ScalingLimited\",\"pods\":[\"web-1\",\"web-2\"]}");
	ck_assert_int_eq(gzip_pack(&alone, text, SV_NULL, &err), ERR_OK);
	ck_assert_int_eq(gzip_pack(&packed, text, buf_sv(&like), &err), ERR_OK);
	ck_assert_uint_lt(packed.len, alone.len / 2);
	ck_assert_int_eq(
		gzip_unpack(&back, buf_sv(&packed), text.len, buf_sv(&like), &err), ERR_OK);
	ck_assert(sv_eq(buf_sv(&back), text));
	buf_clear(&back);
	ck_assert_int_eq(gzip_unpack(&back, buf_sv(&packed), text.len, SV_NULL, &err), ERR_BUG);
	for (unsigned at = 1; at < 4; at++) {
		buf_clear(&back);
		mem_fail_at(at, false);
		enum error_kind kind =
			gzip_unpack(&back, buf_sv(&packed), text.len, buf_sv(&like), &err);
		mem_fail_at(0, false);
		ck_assert(kind == ERR_NOMEM || (kind == ERR_OK && sv_eq(buf_sv(&back), text)));
	}
	buf_done(&like);
	buf_done(&alone);
	buf_done(&packed);
	buf_done(&back);
}
END_TEST

START_TEST(equal_texts_give_equal_bytes_without_a_time)
{
	struct buf text, one, other;
	struct error err = { 0 };
	make_text(&text, 1000);
	buf_init(&one, 1u << 20);
	buf_init(&other, 1u << 20);
	ck_assert_int_eq(gzip_put(&one, buf_sv(&text), &err), ERR_OK);
	ck_assert_int_eq(gzip_put(&other, buf_sv(&text), &err), ERR_OK);
	ck_assert(sv_eq(buf_sv(&one), buf_sv(&other)));
	/* Magic, deflate, no flags, no time, fastest, unknown system. */
	ck_assert_mem_eq(buf_text(&one), "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff", 10);
	buf_done(&text);
	buf_done(&one);
	buf_done(&other);
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
	struct buf text, packed;
	struct error err = { 0 };
	make_text(&text, 10000);
	buf_init(&packed, 100);
	ck_assert_int_eq(gzip_put(&packed, buf_sv(&text), &err), ERR_LIMIT);
	buf_done(&text);
	buf_done(&packed);
}
END_TEST

static enum error_kind pack(struct error *err)
{
	struct buf packed;
	buf_init(&packed, 1u << 20);
	enum error_kind kind = gzip_put(&packed, SV("a text"), err);
	buf_done(&packed);
	return kind;
}

START_TEST(every_allocation_may_fail)
{
	fail_each_allocation(pack);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, it_comes_back_as_it_was);
	tcase_add_test(tcase, what_is_packed_is_unpacked);
	tcase_add_test(tcase, what_another_text_says_is_not_spelled_out_again);
	tcase_add_test(tcase, equal_texts_give_equal_bytes_without_a_time);
	tcase_add_test(tcase, a_full_buffer_is_an_error);
	tcase_add_test(tcase, every_allocation_may_fail);
}

int main(void)
{
	return run_case("gzip", add);
}
