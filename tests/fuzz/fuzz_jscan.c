/* JSON: the scanner and the tree agree on what is JSON; a printed tree is the same tree; decoded
 * text is UTF-8. */
#include "common/buf.h"
#include "common/jscan.h"
#include "common/jtree.h"
#include "common/limits.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (64u << 20)

static void check_string(const struct jscan *s, struct arena *a)
{
	struct sv text = jscan_string(s, a);
	struct sv rest = text;

	REQUIRE(text.ptr);
	REQUIRE(jscan_is(s, text));
	while (rest.len > 0) {
		size_t len = utf8_char_len(rest);
		REQUIRE(len > 0);
		rest = sv_skip(rest, len);
	}
}

static bool scan(struct sv text, struct arena *a)
{
	struct jscan s;
	enum jscan_token token;

	jscan_init(&s, text);
	do {
		token = jscan_next(&s);
		REQUIRE(s.at >= s.start && s.at <= s.end && s.depth <= LIMIT_NESTING);
		if (token == JSCAN_KEY || token == JSCAN_STRING)
			check_string(&s, a);
	} while (token != JSCAN_END && token != JSCAN_ERROR);
	struct error err;
	if (token == JSCAN_ERROR)
		REQUIRE(jscan_error(&s, &err) != ERR_OK);
	return token == JSCAN_END;
}

static void check_round_trip(const struct jtree *t, struct arena *a)
{
	AUTO(buf_done) struct buf once = { 0 };
	AUTO(buf_done) struct buf twice = { 0 };
	struct jtree *again = NULL;
	struct error err;

	buf_init(&once, ARENA_BYTES);
	buf_init(&twice, ARENA_BYTES);
	jtree_print(&once, t);
	REQUIRE(jtree_parse(a, buf_sv(&once), &again, &err) == ERR_OK);
	REQUIRE(jtree_eq(t, again));
	jtree_print(&twice, again);
	REQUIRE(sv_eq(buf_sv(&once), buf_sv(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text = sv_from((const char *)data, size);
	struct jtree *t = NULL;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	bool accepted = scan(text, &a);
	enum error_kind kind = jtree_parse(&a, text, &t, &err);
	REQUIRE(accepted == (kind == ERR_OK));
	if (accepted)
		check_round_trip(t, &a);
	return 0;
}
