/* Our own JSON, written again as YAML. Texts stand plain only where every reader of YAML 1.1 and 1.2 takes them for the same text. */
#include "cli/source_yaml.h"

#include "common/jtree.h"
#include "common/jw.h"
#include "common/limits.h"

#define INDENT 2
#define MAX_ARENA_BYTES (256u * 1024 * 1024)

static bool is_plain(struct sv text)
{
	static const char *const WORDS[] = { "true", "false", "yes", "no", "on", "off", "null", "y",
		"n", "nan", "inf" };
	bool letter = text.len > 0 && ((text.ptr[0] | 0x20) >= 'a' && (text.ptr[0] | 0x20) <= 'z');

	if (!letter || text.ptr[text.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (sv_eq_nocase(text, sv_of(WORDS[i])))
			return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool last = i + 1 == text.len;
		if (c < ' ' || c == 0x7f || c == '"' || c == '\\')
			return false;
		if ((c == ':' && (last || text.ptr[i + 1] == ' ')) ||
			(c == '#' && text.ptr[i - 1] == ' '))
			return false;
	}
	return true;
}

static void put_text(struct buf *out, struct sv text)
{
	struct jw w;

	if (is_plain(text)) {
		buf_put_sv(out, text);
		return;
	}
	jw_init(&w, out);
	w.plain = true;
	jw_sv(&w, text);
}

static void put_scalar(struct buf *out, const struct jtree *t)
{
	if (t->kind == JTREE_STRING)
		put_text(out, t->text);
	else if (t->kind == JTREE_OBJECT)
		buf_put_str(out, "{}");
	else if (t->kind == JTREE_ARRAY)
		buf_put_str(out, "[]");
	else
		jtree_print(out, t);
}

static bool is_block(const struct jtree *t)
{
	return (t->kind == JTREE_OBJECT || t->kind == JTREE_ARRAY) && t->n > 0;
}

static void put_block(struct buf *out, const struct jtree *t, int depth, bool inside);

/* What stands behind "key:" or "-". */
static void put_value(struct buf *out, const struct jtree *t, int depth, bool of_array)
{
	if (!is_block(t)) {
		buf_put_char(out, ' ');
		put_scalar(out, t);
		buf_put_char(out, '\n');
		return;
	}
	if (of_array) {
		buf_put_char(out, ' ');
		put_block(out, t, depth + 1, true);
		return;
	}
	buf_put_char(out, '\n');
	put_block(out, t, t->kind == JTREE_ARRAY ? depth : depth + 1, false);
}

/* `inside`: the first line is begun already. */
static void put_block(struct buf *out, const struct jtree *t, int depth, bool inside)
{
	JTREE_FOREACH (child, t) {
		if (!inside)
			buf_printf(out, "%*s", depth * INDENT, "");
		inside = false;
		if (t->kind == JTREE_ARRAY) {
			buf_put_char(out, '-');
		} else {
			put_text(out, child->key);
			buf_put_char(out, ':');
		}
		put_value(out, child, depth, t->kind == JTREE_ARRAY);
	}
}

enum error_kind source_yaml_print(struct buf *out, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree *t;

	arena_init(&a, MAX_ARENA_BYTES);
	if (jtree_parse(&a, json, &t, err) != ERR_OK)
		return err->kind;
	if (is_block(t)) {
		put_block(out, t, 0, false);
	} else {
		put_scalar(out, t);
		buf_put_char(out, '\n');
	}
	return buf_check(out, "YAML", err);
}
