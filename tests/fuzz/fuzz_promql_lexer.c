/* PromQL tokens: each lies behind the one before it, together with blanks they are the text, and the end stays the end. */
#include "promql/lexer.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (64u << 20)

static void check_between(struct sv text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		REQUIRE(text.ptr[i] == ' ' || text.ptr[i] == '\t' || text.ptr[i] == '\n' ||
			text.ptr[i] == '\r');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = sv_from((const char *)data, size);
	AUTO(arena_done) struct arena a = { 0 };
	struct lexer l;
	struct token t;
	size_t end = 0;

	arena_init(&a, MAX_BYTES);
	lexer_init(&l, &a, text);
	/* An error inside of a quoted text does not end it, so that tokens may come behind an error. */
	for (size_t n = 0;; n++) {
		t = lexer_next(&l);
		REQUIRE(n <= size + 2);
		REQUIRE(t.pos <= size);
		if (t.kind == TOKEN_EOF || t.kind == TOKEN_ERROR)
			break;
		REQUIRE(t.text.len > 0 && t.pos + t.text.len <= size && t.pos >= end);
		REQUIRE(memcmp(t.text.ptr, text.ptr + t.pos, t.text.len) == 0);
		check_between(text, end, t.pos);
		end = t.pos + t.text.len;
	}
	REQUIRE(!l.no_memory);
	for (size_t n = 0; n <= size + 2 && t.kind == TOKEN_ERROR; n++)
		t = lexer_next(&l);
	return 0;
}
