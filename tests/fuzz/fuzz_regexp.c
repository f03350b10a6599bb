/* Regular expressions of matchers, "pattern\nsubject": bounded memory and time for any pair; what PCRE2 (common/rex.h) understands too,
 * and reads the same, it answers the same. */
#include "common/rex.h"
#include "promql/regexp.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (64u << 20)
/* A label value of this length times a program of REGEXP_MAX_PROGRAM is the most that one match costs. */
#define SUBJECT_BYTES_MAX 48

/* ASCII without what the two read differently: \v \s \h and other escapes, flags, named classes, verbs, and bytes that are no text. */
static bool is_common(struct sv pattern)
{
	for (size_t i = 0; i < pattern.len; i++)
		if (!pattern.ptr[i] || !strchr("abcxyzABC019_-.*+?|()[]{},^$", pattern.ptr[i]))
			return false;
	return true;
}

static void compare(struct arena *a, struct sv pattern, const struct regexp *re, struct sv subject)
{
	AUTO(rex_free) struct rex *oracle = NULL;
	struct sv anchored = sv_of(arena_printf(a, "^(?s:%.*s)$", SV_ARG(pattern)));
	bool wanted = false;
	struct error err;

	for (size_t i = 0; i < subject.len; i++)
		if (subject.ptr[i] < ' ' || subject.ptr[i] > '~')
			return;
	if (rex_new(anchored, &oracle, &err) || rex_match(oracle, subject, &wanted, NULL, 0, &err))
		return;
	REQUIRE(regexp_matches(re, subject) == wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct regexp *re;
	struct sv subject;
	struct error err;
	bool found;

	arena_init(&a, MAX_BYTES);
	struct sv pattern = sv_cut(sv_from((const char *)data, size), '\n', &subject, &found);
	enum error_kind kind = regexp_compile(&a, pattern, &re, &err);

	if (kind) {
		REQUIRE(kind == ERR_LIMIT ||
			(kind == ERR_INVALID &&
				sv_has_prefix(sv_of(err.text), SV("error parsing regexp: "))));
		return 0;
	}
	subject = sv_take(subject, SUBJECT_BYTES_MAX);
	bool matches = regexp_matches(re, subject);
	REQUIRE(regexp_matches(re, subject) == matches);
	if (is_common(pattern))
		compare(&a, pattern, re, subject);
	return 0;
}
