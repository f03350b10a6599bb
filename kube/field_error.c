/* Lists of field errors and their texts. Pure: whoever decodes or validates an object collects here. */
#include "kube/field_error.h"

#include "common/limits.h"
#include "common/utf8.h"

#define FIRST_SIZE 4
/* A list is shown to people: an object that is wrong in more places is cut. */
#define MAX_ERRORS 10000
/* One text of an object, which is itself at most LIMIT_OBJECT_BYTES, at four bytes an escape. */
#define MAX_TEXT_BYTES (4 * LIMIT_OBJECT_BYTES)
#define MAX_LIST_BYTES (4 * MAX_TEXT_BYTES)

void field_error_list_init(struct field_error_list *l, struct arena *a)
{
	*l = (struct field_error_list){ .a = a };
}

static struct sv copy(struct field_error_list *l, struct sv text)
{
	struct sv kept = arena_sv(l->a, text);
	if (!kept.ptr)
		l->failed = true;
	return kept;
}

void field_error_add(struct field_error_list *l, enum field_error_type type, struct sv field,
	struct sv value, struct sv detail)
{
	if (l->n == MAX_ERRORS)
		l->failed = true;
	if (l->failed)
		return;
	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : FIRST_SIZE;
		struct field_error *grown = ARENA_ARRAY(l->a, size, struct field_error);
		if (!grown) {
			l->failed = true;
			return;
		}
		for (size_t i = 0; i < l->n; i++)
			grown[i] = l->at[i];
		l->at = grown;
		l->size = size;
	}
	l->at[l->n++] =
		(struct field_error){ type, copy(l, field), copy(l, value), copy(l, detail) };
}

void field_error_add_problems(
	struct field_error_list *l, struct sv field, struct sv text, struct names_problems problems)
{
	struct buf quoted;

	if (problems.n == 0)
		return;
	buf_init(&quoted, MAX_TEXT_BYTES);
	field_error_quote(&quoted, text);
	for (size_t i = 0; i < problems.n; i++)
		field_error_add(
			l, FIELD_ERROR_INVALID, field, buf_sv(&quoted), sv_of(problems.at[i]));
	l->failed = l->failed || quoted.failed != ERR_OK;
	buf_done(&quoted);
}

void field_error_add_joined(
	struct field_error_list *l, struct sv field, struct sv text, struct names_problems problems)
{
	struct buf quoted, detail;

	if (problems.n == 0)
		return;
	buf_init(&quoted, MAX_TEXT_BYTES);
	buf_init(&detail, MAX_TEXT_BYTES);
	field_error_quote(&quoted, text);
	for (size_t i = 0; i < problems.n; i++) {
		buf_put_str(&detail, i > 0 ? "; " : "");
		buf_put_str(&detail, problems.at[i]);
	}
	field_error_add(l, FIELD_ERROR_INVALID, field, buf_sv(&quoted), buf_sv(&detail));
	l->failed = l->failed || quoted.failed != ERR_OK || detail.failed != ERR_OK;
	buf_done(&quoted);
	buf_done(&detail);
}

const char *field_error_type_name(enum field_error_type type)
{
	switch (type) {
	case FIELD_ERROR_REQUIRED:
		return "FieldValueRequired";
	case FIELD_ERROR_INVALID:
		return "FieldValueInvalid";
	case FIELD_ERROR_NOT_SUPPORTED:
		return "FieldValueNotSupported";
	case FIELD_ERROR_FORBIDDEN:
		return "FieldValueForbidden";
	case FIELD_ERROR_TOO_LONG:
		return "FieldValueTooLong";
	}
	return "";
}

static const char *heading(enum field_error_type type)
{
	switch (type) {
	case FIELD_ERROR_REQUIRED:
		return "Required value";
	case FIELD_ERROR_INVALID:
		return "Invalid value";
	case FIELD_ERROR_NOT_SUPPORTED:
		return "Unsupported value";
	case FIELD_ERROR_FORBIDDEN:
		return "Forbidden";
	case FIELD_ERROR_TOO_LONG:
		return "Too long";
	}
	return "";
}

void field_error_print(struct buf *out, const struct field_error *e)
{
	bool shows_value = e->type == FIELD_ERROR_INVALID || e->type == FIELD_ERROR_NOT_SUPPORTED;

	buf_put_sv(out, e->field);
	buf_put_str(out, ": ");
	buf_put_str(out, heading(e->type));
	if (shows_value) {
		buf_put_str(out, ": ");
		buf_put_sv(out, e->value);
	}
	if (e->detail.len > 0) {
		buf_put_str(out, ": ");
		buf_put_sv(out, e->detail);
	}
}

static bool same(const struct field_error *a, const struct field_error *b)
{
	return a->type == b->type && sv_eq(a->field, b->field) && sv_eq(a->value, b->value) &&
	       sv_eq(a->detail, b->detail);
}

static bool is_repeated(const struct field_error_list *l, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (same(&l->at[i], &l->at[at]))
			return true;
	}
	return false;
}

void field_error_list_print(struct buf *out, const struct field_error_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += !is_repeated(l, i);
	if (n > 1)
		buf_put_char(out, '[');
	bool first = true;
	for (size_t i = 0; i < l->n; i++) {
		if (is_repeated(l, i))
			continue;
		if (!first)
			buf_put_str(out, ", ");
		field_error_print(out, &l->at[i]);
		first = false;
	}
	if (n > 1)
		buf_put_char(out, ']');
}

enum error_kind field_error_list_refuse(
	const struct field_error_list *l, const char *prefix, struct sv *ret_why, struct error *err)
{
	struct buf text;
	struct sv whole = SV_NULL;

	if (l->failed)
		return arena_error(l->a, err);
	buf_init(&text, MAX_LIST_BYTES);
	buf_put_str(&text, prefix);
	field_error_list_print(&text, l);
	enum error_kind kind = buf_check(&text, "the list of wrong fields", err);
	if (kind == ERR_OK) {
		kind = error_set(err, ERR_INVALID, "%s", buf_text(&text));
		whole = ret_why ? arena_sv(l->a, buf_sv(&text)) : SV_NULL;
		if (ret_why && !whole.ptr)
			kind = arena_error(l->a, err);
		else if (ret_why)
			*ret_why = whole;
	}
	buf_done(&text);
	return kind;
}

/* Above ASCII: controls, blanks other than the space, invisible formatting, surrogates, private use, noncharacters. */
static bool is_invisible(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x7f, 0xa0 },
		{ 0xad, 0xad },
		{ 0x600, 0x605 },
		{ 0x61c, 0x61c },
		{ 0x6dd, 0x6dd },
		{ 0x70f, 0x70f },
		{ 0x890, 0x891 },
		{ 0x8e2, 0x8e2 },
		{ 0x1680, 0x1680 },
		{ 0x180e, 0x180e },
		{ 0x2000, 0x200f },
		{ 0x2028, 0x202f },
		{ 0x205f, 0x206f },
		{ 0x3000, 0x3000 },
		{ 0xd800, 0xf8ff },
		{ 0xfdd0, 0xfdef },
		{ 0xfeff, 0xfeff },
		{ 0xfff0, 0xfffb },
		{ 0xfffe, 0xffff },
		{ 0x110bd, 0x110bd },
		{ 0x110cd, 0x110cd },
		{ 0x13430, 0x1343f },
		{ 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe00ff },
		{ 0xe01f0, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return (c & 0xfffe) == 0xfffe;
}

static uint32_t decode(struct sv s, size_t n)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)s.ptr[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	return c;
}

static void quote_control(struct buf *out, unsigned char c)
{
	static const char letters[] = "abtnvfr"; /* U+0007 to U+000D */

	if (c >= 7 && c <= 13)
		buf_printf(out, "\\%c", letters[c - 7]);
	else
		buf_printf(out, "\\x%02x", c);
}

static void quote_one(struct buf *out, struct sv s, size_t n)
{
	unsigned char byte = (unsigned char)s.ptr[0];
	uint32_t c = decode(s, n);

	if (n == 0 || byte < ' ' || byte == 0x7f)
		quote_control(out, byte);
	else if (byte == '"' || byte == '\\')
		buf_printf(out, "\\%c", byte);
	else if (n == 1 || !is_invisible(c))
		buf_put(out, s.ptr, n);
	else
		buf_printf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

void field_error_quote(struct buf *out, struct sv text)
{
	buf_put_char(out, '"');
	while (text.len > 0) {
		size_t n = utf8_char_len(text);
		quote_one(out, text, n);
		text = sv_skip(text, n > 0 ? n : 1);
	}
	buf_put_char(out, '"');
}
