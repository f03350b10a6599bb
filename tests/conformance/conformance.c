/* Verdict of one line: the first difference, in words. */
#include "tests/conformance/conformance.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define PATH_MAX_BYTES 512

bool conformance_fail(struct conformance *c, const char *fmt, ...)
{
	char text[4096];
	va_list args;

	if (c->failed)
		return false;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	c->failed = true;
	buf_put_str(&c->why, text);
	return false;
}

void conformance_skip(struct conformance *c)
{
	c->skipped = true;
}

bool conformance_eq_text(struct conformance *c, const char *what, struct sv expected, struct sv got)
{
	if (sv_eq(expected, got))
		return true;
	return conformance_fail(
		c, "%s: expected \"%.*s\", got \"%.*s\"", what, SV_ARG(expected), SV_ARG(got));
}

bool conformance_eq_i64(struct conformance *c, const char *what, int64_t expected, int64_t got)
{
	if (expected == got)
		return true;
	return conformance_fail(c, "%s: expected %" PRId64 ", got %" PRId64, what, expected, got);
}

bool conformance_eq_bool(struct conformance *c, const char *what, bool expected, bool got)
{
	if (expected == got)
		return true;
	return conformance_fail(c, "%s: expected %s, got %s", what, expected ? "true" : "false",
		got ? "true" : "false");
}

static struct sv printed(struct conformance *c, const struct jtree *t)
{
	struct buf out;
	buf_init(&out, 2000);
	if (t)
		jtree_print(&out, t);
	else
		buf_put_str(&out, "nothing");
	struct sv copy = arena_sv(c->a, buf_sv(&out));
	buf_done(&out);
	return copy;
}

/* Descends to the first difference, so that a long object shows one member and not two pages. */
static bool eq_tree(struct conformance *c, char *path, size_t len, const struct jtree *expected,
	const struct jtree *got)
{
	size_t room = PATH_MAX_BYTES - len;

	if (expected && got && jtree_eq(expected, got))
		return true;
	if (expected && got && expected->kind == JTREE_OBJECT && got->kind == JTREE_OBJECT) {
		JTREE_FOREACH (member, expected) {
			char key[128];
			(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(member->key));
			int n = snprintf(path + len, room, ".%s", key);
			if (n < 0 || (size_t)n >= room ||
				!eq_tree(c, path, len + (size_t)n, member, jtree_get(got, key)))
				return false;
		}
		path[len] = '\0';
		JTREE_FOREACH (member, got) {
			char key[128];
			(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(member->key));
			if (!jtree_get(expected, key))
				return conformance_fail(c, "%s: unexpected member %s", path, key);
		}
	}
	if (expected && got && expected->kind == JTREE_ARRAY && got->kind == JTREE_ARRAY &&
		expected->n == got->n) {
		const struct jtree *other = got->first;
		size_t i = 0;
		JTREE_FOREACH (item, expected) {
			int n = snprintf(path + len, room, "[%zu]", i++);
			if (n < 0 || (size_t)n >= room ||
				!eq_tree(c, path, len + (size_t)n, item, other))
				return false;
			other = other->next;
		}
	}
	return conformance_fail(c, "%s: expected %.*s, got %.*s", path,
		SV_ARG(printed(c, expected)), SV_ARG(printed(c, got)));
}

bool conformance_eq_tree(struct conformance *c, const char *what, const struct jtree *expected,
	const struct jtree *got)
{
	char path[PATH_MAX_BYTES];
	int n = snprintf(path, sizeof(path), "%s", what);
	return n > 0 && (size_t)n < sizeof(path) && eq_tree(c, path, (size_t)n, expected, got);
}

bool conformance_outcome(
	struct conformance *c, const struct jtree *row, bool ok, struct sv error_text)
{
	bool wanted = conformance_flag(row, "ok");

	if (ok != wanted)
		return ok ? conformance_fail(c, "expected the error \"%.*s\", but it was accepted",
				    SV_ARG(conformance_text(row, "error")))
			  : conformance_fail(c, "expected to be accepted, got the error \"%.*s\"",
				    SV_ARG(error_text));
	if (ok)
		return true;
	const struct jtree *error = jtree_get(row, "error");
	if (!jtree_is_absent(error))
		(void)conformance_eq_text(c, "error", jtree_text(error), error_text);
	return false;
}

bool conformance_flag(const struct jtree *row, const char *member)
{
	const struct jtree *t = jtree_get(row, member);
	return t && t->kind == JTREE_BOOL && t->truth;
}

struct sv conformance_text(const struct jtree *row, const char *member)
{
	return jtree_text(jtree_get(row, member));
}
