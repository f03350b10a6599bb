/* jtree -> YAML text. Pure. Errs on the side of quotes: other YAML readers than ours take more texts for numbers and times. Comments and the
 * style of the text that a tree was read from are not kept. */
#include "common/yx_print.h"

#include "common/utf8.h"

/* A tree of JSON text: a node of some 200 bytes for each value, of which a text has at most one in two bytes. */
#define MAX_TREE_BYTES (512u * 1024 * 1024)
/* libyaml reads no longer key without a `?` in front. */
#define MAX_SIMPLE_KEY 1000
#define STEP 2

static void put_indent(struct buf *out, unsigned indent)
{
	for (unsigned i = 0; i < indent; i++)
		buf_put_char(out, ' ');
}

/* The code point of a valid character of `len` bytes. */
static uint32_t code_point(struct sv s, size_t len)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)s.ptr[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	return c;
}

/* May stand as it is in a YAML stream, and is no line break in YAML 1.1. */
static bool is_printable(uint32_t c)
{
	if (c < 0x7f)
		return c >= 0x20;
	return c > 0xa0 && c != 0x2028 && c != 0x2029 && !(c >= 0xd800 && c <= 0xdfff) &&
	       c != 0xfeff && c != 0xfffe && c != 0xffff;
}

/* All of it may stand as it is; with `lines` newlines too. */
static bool all_printable(struct sv text, bool lines)
{
	while (text.len > 0) {
		size_t len = utf8_char_len(text);
		if (len == 0)
			return false;
		uint32_t c = code_point(text, len);
		if (!is_printable(c) && !(lines && c == '\n'))
			return false;
		text = sv_skip(text, len);
	}
	return true;
}

/* Numbers of any base, in sexagesimal, dates and times: a text of only such characters that begins like a number. */
static bool looks_like_number(struct sv text)
{
	if (sv_find(SV("0123456789+-."), text.ptr[0]) == SV("0123456789+-.").len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		struct sv set = SV("0123456789abcdefABCDEFxXoOtTzZ_.:+- ");
		if (sv_find(set, text.ptr[i]) == set.len)
			return false;
	}
	return true;
}

/* The words of YAML 1.1 in any case, more than any reader takes. */
static bool is_word(struct sv text)
{
	static const char *const words[] = { "y", "yes", "true", "on", "n", "no", "false", "off",
		"null", "~", "=", "<<", ".inf", "-.inf", "+.inf", ".nan" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (sv_eq_nocase(text, sv_of(words[i])))
			return true;
	}
	return false;
}

static bool may_be_plain(struct sv text)
{
	struct sv indicators = SV("-?:,[]{}#&*!|>'\"%@` ");

	if (text.len == 0 || is_word(text) || looks_like_number(text) ||
		!all_printable(text, false))
		return false;
	return sv_find(indicators, text.ptr[0]) == indicators.len &&
	       sv_find_sv(text, SV(": ")) == text.len && sv_find_sv(text, SV(" #")) == text.len &&
	       !sv_has_suffix(text, SV(":")) && !sv_has_suffix(text, SV(" ")) &&
	       !sv_has_prefix(text, SV("..."));
}

static void put_quoted(struct buf *out, struct sv text)
{
	buf_put_char(out, '"');
	while (text.len > 0) {
		size_t len = utf8_char_len(text);
		uint32_t c = len > 0 ? code_point(text, len) : 0xfffd;
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", (char)c);
		else if (c == '\n')
			buf_put_str(out, "\\n");
		else if (c == '\t')
			buf_put_str(out, "\\t");
		else if (is_printable(c) && len > 0)
			buf_put_sv(out, sv_take(text, len));
		else
			buf_printf(out, c > 0xffff ? "\\U%08X" : "\\u%04X", c);
		text = sv_skip(text, len > 0 ? len : 1);
	}
	buf_put_char(out, '"');
}

static void put_text(struct buf *out, struct sv text)
{
	if (may_be_plain(text))
		buf_put_sv(out, text);
	else
		put_quoted(out, text);
}

/* Several lines that read well and unchanged as a block. */
static bool may_be_block(struct sv text)
{
	return sv_find(text, '\n') < text.len && text.ptr[0] != ' ' && text.ptr[0] != '\n' &&
	       all_printable(text, true);
}

static void put_block(struct buf *out, struct sv text, unsigned indent)
{
	bool ends = sv_has_suffix(text, SV("\n"));
	bool found = true;

	buf_put_str(out, !ends ? "|-\n" : sv_has_suffix(text, SV("\n\n")) ? "|+\n" : "|\n");
	if (ends)
		text = sv_take(text, text.len - 1);
	while (found) {
		struct sv line = sv_cut(text, '\n', &text, &found);
		if (line.len > 0)
			put_indent(out, indent);
		buf_put_sv(out, line);
		buf_put_char(out, '\n');
	}
}

/* A scalar or an empty container on one line, or a block whose lines go in by `indent`. */
static void put_leaf(struct buf *out, const struct jtree *t, unsigned indent)
{
	switch (t->kind) {
	case JTREE_NULL:
		buf_put_str(out, "null");
		break;
	case JTREE_BOOL:
		buf_put_str(out, t->truth ? "true" : "false");
		break;
	case JTREE_NUMBER:
		buf_put_sv(out, t->text);
		break;
	case JTREE_STRING:
		if (indent > 0 && may_be_block(t->text)) {
			put_block(out, t->text, indent);
			return;
		}
		put_text(out, t->text);
		break;
	case JTREE_ARRAY:
		buf_put_str(out, "[]");
		break;
	case JTREE_OBJECT:
		buf_put_str(out, "{}");
		break;
	}
	buf_put_char(out, '\n');
}

static void put_children(struct buf *out, const struct jtree *t, unsigned indent);

/* What follows a dash: the first child of a container stands on the same line. */
static void put_item(struct buf *out, const struct jtree *t, unsigned indent)
{
	buf_put_str(out, "- ");
	if (t->n > 0)
		put_children(out, t, indent + STEP);
	else
		put_leaf(out, t, indent + STEP);
}

/* What follows a key. */
static void put_value(struct buf *out, const struct jtree *t, unsigned indent)
{
	if (t->n == 0) {
		buf_put_char(out, ' ');
		put_leaf(out, t, indent + STEP);
		return;
	}
	unsigned inner = t->kind == JTREE_OBJECT ? indent + STEP : indent;
	buf_put_char(out, '\n');
	put_indent(out, inner);
	put_children(out, t, inner);
}

static void put_member(struct buf *out, const struct jtree *t, unsigned indent)
{
	bool simple = t->key.len < MAX_SIMPLE_KEY / 10; /* an escape has up to ten characters */

	if (!simple)
		buf_put_str(out, "? ");
	put_text(out, t->key);
	if (!simple) {
		buf_put_char(out, '\n');
		put_indent(out, indent);
	}
	buf_put_char(out, ':');
	put_value(out, t, indent);
}

/* The caller has indented the first line. */
static void put_children(struct buf *out, const struct jtree *t, unsigned indent)
{
	JTREE_FOREACH (child, t) {
		if (child != t->first)
			put_indent(out, indent);
		if (t->kind == JTREE_OBJECT)
			put_member(out, child, indent);
		else
			put_item(out, child, indent);
	}
}

void yx_print(struct buf *out, const struct jtree *t)
{
	if (t->n > 0)
		put_children(out, t, 0);
	else
		put_leaf(out, t, 0);
}

enum error_kind yx_print_json(struct buf *out, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree *t;

	arena_init(&a, MAX_TREE_BYTES);
	enum error_kind kind = jtree_parse(&a, json, &t, err);
	if (kind == ERR_OK)
		yx_print(out, t);
	return kind;
}
