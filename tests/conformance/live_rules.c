/* Rules over recorded steps and over what came of them. Pure. */
#include "tests/conformance/live_rules.h"

#include "common/buf.h"

#define MAX_TEXT_BYTES (16u * 1024 * 1024)

static bool is_same_pod(const struct jtree *a, const struct jtree *b)
{
	static const char *const KEYS[] = { "namespace", "name" };

	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
		if (!sv_eq(jtree_text(jtree_at(a, "metadata", KEYS[i], NULL)),
			    jtree_text(jtree_at(b, "metadata", KEYS[i], NULL))))
			return false;
	return true;
}

bool live_rules_leaves_out(const struct jtree *step, enum live_rules_left_out *ret)
{
	*ret = LIVE_RULES_SAME_POD;
	JTREE_FOREACH (pod, jtree_get(step, "pods"))
		for (const struct jtree *other = pod->next; other; other = other->next)
			if (is_same_pod(pod, other))
				return true;
	return false;
}

const char *live_rules_left_out_text(enum live_rules_left_out why)
{
	static const char *const TEXTS[LIVE_RULES_N_LEFT_OUT] = {
		[LIVE_RULES_SAME_POD] = "two pods of one name, where a watch has one",
	};

	return TEXTS[why];
}

enum error_kind live_rules_copy(
	struct arena *a, const struct jtree *t, struct jtree **ret, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };

	if (!t)
		return error_set(err, ERR_INVALID, "no expect");
	buf_init(&text, MAX_TEXT_BYTES);
	jtree_print(&text, t);
	if (buf_check(&text, "expect", err) != ERR_OK)
		return err->kind;
	struct sv kept = arena_sv(a, buf_sv(&text));
	return kept.ptr ? jtree_parse(a, kept, ret, err) : arena_error(a, err);
}

static void cut(struct jtree *t)
{
	struct sv call = SV("Get \"https://10.96.0.1:443/"), end = SV("\": ");
	size_t at = sv_find_sv(t->text, call);

	if (t->kind == JTREE_STRING && at < t->text.len) {
		at += call.len;
		at += sv_find_sv(sv_skip(t->text, at), end) + end.len;
		t->text = sv_take(t->text, at);
	}
	for (struct jtree *child = t->first; child; child = child->next)
		cut(child);
}

void live_rules_cut_transport(const struct jtree *step, struct jtree *t)
{
	JTREE_FOREACH (row, jtree_get(step, "http"))
		if (jtree_get(row, "transportError")) {
			cut(t);
			return;
		}
}
