/* common/jcut.h: rows, and random texts against the obvious way. */
#include <stdlib.h>

#include "common/jcut.h"
#include "common/mem.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES 400
#define ROUNDS 20000

/* One byte after the other. Outside of strings, where JSON has no backslash, it also hides a quote. */
static size_t plain_cut(struct sv text)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '"') {
			for (i++; i < text.len && text.ptr[i] != '"'; i++)
				i += text.ptr[i] == '\\';
		} else if (c == '\\') {
			i += i + 1 < text.len && strchr("\"\\", text.ptr[i + 1]);
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

START_TEST(a_value_ends_with_its_bracket)
{
	static const struct {
		const char *text;
		size_t len;
	} ROWS[] = {
		{ "{}", 2 },
		{ "[]rest", 2 },
		{ "{\"a\":[1,{\"b\":2}]},{}", 17 },
		{ "{\"}\":\"]\"}", 9 },
		{ "{\"\\\"}\":1}", 9 },
		{ "{\"\\\\\":1}}", 8 },
		{ "{\"\\\\\\\"}\":1}}", 11 },
		{ "{", 0 },
		{ "{\"}", 0 },
		{ "{\"a\":\"\\", 0 },
		{ "[[[[]]]", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct sv text = sv_of(ROWS[i].text);
		ck_assert_msg(jcut_value(text) == ROWS[i].len, "%s", ROWS[i].text);
		ck_assert_msg(jcut_value_anywhere(text) == ROWS[i].len, "%s", ROWS[i].text);
	}
}
END_TEST

/* Long strings, backslashes and brackets in every position of a block. */
START_TEST(random_texts_are_cut_as_byte_by_byte)
{
	static const char LETTERS[] = "{}[]\"\\a :,\"\\\\x";
	unsigned seed = 7;
	size_t n_found = 0;

	for (int round = 0; round < ROUNDS; round++) {
		seed = seed * 1103515245u + 12345u;
		size_t len = 1 + (seed >> 8) % MAX_BYTES;
		/* Of its very size, so that a byte behind it is noticed. */
		char *text = mem_alloc(len);
		ck_assert_ptr_nonnull(text);
		text[0] = '{';
		for (size_t i = 1; i < len; i++) {
			seed = seed * 1103515245u + 12345u;
			unsigned pick = seed >> 16;
			text[i] = pick % 4 ? 'a' : LETTERS[(pick >> 2) % (sizeof(LETTERS) - 1)];
		}
		struct sv view = sv_from(text, len);
		size_t cut = jcut_value(view);
		ck_assert_uint_eq(cut, plain_cut(view));
		ck_assert_uint_eq(cut, jcut_value_anywhere(view));
		n_found += cut > 0;
		mem_free(text);
	}
	ck_assert_uint_gt(n_found, ROUNDS / 10);
	ck_assert_uint_lt(n_found, ROUNDS);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_value_ends_with_its_bracket);
	tcase_add_test(tcase, random_texts_are_cut_as_byte_by_byte);
}

int main(void)
{
	return run_case("jcut", add);
}
