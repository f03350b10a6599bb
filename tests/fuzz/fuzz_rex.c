/* Regular expressions: "pattern\ntemplate\nsubject". Groups lie inside of the subject, replacing
 * by $0 changes nothing, and work is bounded. */
#include "common/rex.h"
#include "tests/fuzz/fuzz.h"

#define N_GROUPS 8
/* Each start position may take the full number of steps. */
#define SUBJECT_BYTES_MAX 48
#define ARENA_BYTES (1u << 20)

static void check_match(const struct rex *r, struct sv subject, struct sv template, struct arena *a)
{
	struct sv groups[N_GROUPS] = { 0 };
	struct sv text;
	struct error err;
	bool matched = false;
	enum error_kind kind = rex_match(r, subject, &matched, groups, N_GROUPS, &err);

	if (kind) {
		REQUIRE(kind == ERR_LIMIT);
		return;
	}
	for (size_t i = 0; matched && i < N_GROUPS; i++) {
		struct sv group = groups[i];
		REQUIRE(!group.ptr || (group.ptr >= subject.ptr && group.len <= subject.len &&
					      group.ptr + group.len <= subject.ptr + subject.len));
	}
	REQUIRE(!matched || groups[0].ptr);
	if (matched)
		REQUIRE(rex_expand(r, a, template, groups, N_GROUPS, &text));
	kind = rex_replace_all(r, a, subject, SV("$0"), &text, &err);
	REQUIRE(kind == ERR_LIMIT || (kind == ERR_OK && sv_eq(text, subject)));
	kind = rex_replace_all(r, a, subject, template, &text, &err);
	REQUIRE(kind == ERR_LIMIT || kind == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(rex_free) struct rex *r = NULL;
	AUTO(arena_done) struct arena a = { 0 };
	struct sv rest = sv_from((const char *)data, size);
	struct error err;
	bool found;

	arena_init(&a, ARENA_BYTES);
	struct sv pattern = sv_cut(rest, '\n', &rest, &found);
	struct sv template = sv_cut(rest, '\n', &rest, &found);
	enum error_kind kind = rex_new(pattern, &r, &err);
	if (kind)
		REQUIRE(kind == ERR_INVALID || kind == ERR_LIMIT);
	else
		check_match(r, sv_take(rest, SUBJECT_BYTES_MAX), template, &a);
	return 0;
}
