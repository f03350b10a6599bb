/* Answers of metrics APIs: what decodes differs from itself in nothing. */
#include "cli/rules_answer.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct sv body = sv_from((const char *)data, size);
	struct rules_answer_name *names;
	struct rules_answer answer;
	struct error err = { 0 };
	size_t n;

	arena_init(&a, 256u << 20);
	buf_init(&out, 64u << 20);
	if (rules_answer_decode(&a, 200, body, &answer, &err) == ERR_OK)
		REQUIRE(rules_answer_compare(&out, &answer, &answer, 0) == 0 && out.len == 0);
	if (rules_answer_decode(&a, 404, body, &answer, &err) == ERR_OK)
		REQUIRE(answer.n == 0);
	if (rules_answer_names(&a, body, &names, &n, &err) == ERR_OK && n > 1)
		REQUIRE(rules_answer_order(&names[0], &names[1]) <= 0);
	return 0;
}
