/* common/uuid.h: there and back, and what is none. */
#include <string.h>

#include "common/mem.h"
#include "common/uuid.h"
#include "tests/unit/common/run.h"

START_TEST(only_the_servers_form_is_taken)
{
	static const struct {
		const char *text;
		bool taken;
	} ROWS[] = {
		{ "12345678-9abc-4def-8012-3456789abcde", true },
		{ "00000000-0000-0000-0000-000000000000", true },
		{ "ffffffff-ffff-ffff-ffff-ffffffffffff", true },
		{ "12345678-9ABC-4def-8012-3456789abcde", false },
		{ "123456789abc-4def-8012-3456789abcde-", false },
		{ "12345678-9abc-4def-8012-3456789abcd", false },
		{ "12345678-9abc-4def-8012-3456789abcdef", false },
		{ "12345678-9abc-4def-8012-3456789abcdg", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		unsigned char bytes[UUID_BYTES];
		char back[UUID_TEXT];
		bool taken = uuid_pack(sv_of(ROWS[i].text), bytes);
		ck_assert_msg(taken == ROWS[i].taken, "%s", ROWS[i].text);
		if (!taken)
			continue;
		uuid_print(bytes, back);
		ck_assert(sv_is(sv_from(back, sizeof(back)), ROWS[i].text));
	}
}
END_TEST

START_TEST(a_random_one_is_of_version_4)
{
	unsigned char bytes[UUID_BYTES];
	char text[UUID_TEXT];

	memset(bytes, 0xff, sizeof(bytes));
	uuid_print_random(bytes, text);
	ck_assert(sv_is(sv_from(text, sizeof(text)), "ffffffff-ffff-4fff-bfff-ffffffffffff"));
	memset(bytes, 0, sizeof(bytes));
	uuid_print_random(bytes, text);
	ck_assert(sv_is(sv_from(text, sizeof(text)), "00000000-0000-4000-8000-000000000000"));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_random_one_is_of_version_4);
	tcase_add_test(tcase, only_the_servers_form_is_taken);
}

int main(void)
{
	return run_case("uuid", add);
}
