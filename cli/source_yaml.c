/* Our own JSON, written again as YAML. Texts stand plain only where every reader of YAML 1.1 and 1.2 takes them for the same text. */
#include "cli/source_yaml.h"

#include "common/jtree.h"
#include "common/jw.h"
#include "common/limits.h"

#define INDENT 2
#define MAX_ARENA_BYTES (256u * 1024 * 1024)

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A word that YAML 1.1 reads as something else than text. */
static bool is_word(struct sv text)
{
	static const char *const WORDS[] = { "true", "false", "yes", "no", "on", "off", "null", "y",
		"n", "nan", "inf" };

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (sv_eq_nocase(text, sv_of(WORDS[i])))
			return true;
	}
	return false;
}

/* Begins with a letter, and holds nothing that ends a plain text. */
static bool is_plain(struct sv text)
{
	if (text.len == 0 || !is_letter(text.ptr[0]) || text.ptr[text.len - 1] == ' ' ||
		text.ptr[text.len - 1] == ':' || is_word(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c < ' ' || c == 0x7f || c == '"' || c == '\\')
			return false;
	}
	return sv_find_sv(text, SV(": ")) == text.len && sv_find_sv(text, SV(" #")) == text.len;
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
