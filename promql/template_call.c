/* The built-in functions of Go's text/template, with their messages. "and" and "or" evaluate their arguments one by one and are
 * therefore template_exec.c's. */
#include "promql/template_tree.h"
#include "promql/unicode.h"

static const struct template_function FUNCTIONS[] = {
	{ "and", 1, TEMPLATE_ANY_ARGS, false, false },
	{ "call", 1, TEMPLATE_ANY_ARGS, false, false },
	{ "eq", 1, TEMPLATE_ANY_ARGS, false, false },
	{ "ge", 2, 2, false, false },
	{ "gt", 2, 2, false, false },
	{ "html", 0, TEMPLATE_ANY_ARGS, false, true },
	{ "index", 1, TEMPLATE_ANY_ARGS, false, false },
	{ "js", 0, TEMPLATE_ANY_ARGS, false, true },
	{ "le", 2, 2, false, false },
	{ "len", 1, 1, false, false },
	{ "lt", 2, 2, false, false },
	{ "ne", 2, 2, false, false },
	{ "not", 1, 1, false, false },
	{ "or", 1, TEMPLATE_ANY_ARGS, false, false },
	{ "print", 0, TEMPLATE_ANY_ARGS, false, true },
	{ "printf", 1, TEMPLATE_ANY_ARGS, true, true },
	{ "println", 0, TEMPLATE_ANY_ARGS, false, true },
	{ "slice", 1, TEMPLATE_ANY_ARGS, false, false },
	{ "urlquery", 0, TEMPLATE_ANY_ARGS, false, true },
};

const struct template_function *template_call_find(struct sv name)
{
	for (size_t i = 0; i < ARRAY_LEN(FUNCTIONS); i++)
		if (sv_is(name, FUNCTIONS[i].name))
			return &FUNCTIONS[i];
	return NULL;
}

/* An index argument within 0..limit. */
static enum error_kind index_of(
	const struct template_value *v, size_t limit, size_t *ret, struct error *err)
{
	if (v->kind == TEMPLATE_INVALID)
		return error_set(err, ERR_INVALID, "cannot index slice/array with nil");
	if (v->kind != TEMPLATE_INT && v->kind != TEMPLATE_BYTE)
		return error_set(err, ERR_INVALID, "cannot index slice/array with type %s",
			template_value_type(v));
	if (v->i < 0 || (uint64_t)v->i > limit)
		return error_set(err, ERR_INVALID, "index out of range: %lld", (long long)v->i);
	*ret = (size_t)v->i;
	return ERR_OK;
}

static enum error_kind index_map(const struct template_value *map, const struct template_value *key,
	struct template_value *ret, struct error *err)
{
	if (key->kind == TEMPLATE_INVALID)
		return error_set(err, ERR_INVALID, "value is nil; should be of type string");
	if (key->kind != TEMPLATE_STRING)
		return error_set(err, ERR_INVALID, "value has type %s; should be string",
			template_value_type(key));
	*ret = template_value_text(SV(""));
	for (size_t i = 0; i < map->n; i++)
		if (sv_eq(map->map[i].name, key->text))
			ret->text = map->map[i].value;
	return ERR_OK;
}

static enum error_kind call_index(
	const struct template_value *args, size_t n, struct template_value *ret, struct error *err)
{
	struct template_value item = args[0];

	if (item.kind == TEMPLATE_INVALID)
		return error_set(err, ERR_INVALID, "index of untyped nil");
	for (size_t i = 1; i < n; i++) {
		size_t at, len = item.kind == TEMPLATE_STRING ? item.text.len : item.n;
		struct template_value found;

		if (item.kind == TEMPLATE_MAP) {
			if (index_map(&item, &args[i], &found, err))
				return err->kind;
		} else if (item.kind == TEMPLATE_STRING || item.kind == TEMPLATE_LIST) {
			if (index_of(&args[i], len, &at, err))
				return err->kind;
			if (at == len)
				return error_set(err, ERR_INVALID, "reflect: %s index out of range",
					item.kind == TEMPLATE_STRING ? "string" : "slice");
			if (item.kind == TEMPLATE_STRING)
				found = (struct template_value){ .kind = TEMPLATE_BYTE,
					.i = (unsigned char)item.text.ptr[at] };
			else
				found = template_value_text(item.list[at]);
		} else {
			return error_set(err, ERR_INVALID, "can't index item of type %s",
				template_value_type(&item));
		}
		item = found;
	}
	*ret = item;
	return ERR_OK;
}

static enum error_kind call_slice(
	const struct template_value *args, size_t n, struct template_value *ret, struct error *err)
{
	struct template_value item = args[0];
	bool string = item.kind == TEMPLATE_STRING;
	size_t len = string ? item.text.len : item.n, at[3] = { 0, len, len };

	if (item.kind == TEMPLATE_INVALID)
		return error_set(err, ERR_INVALID, "slice of untyped nil");
	if (n > 4)
		return error_set(err, ERR_INVALID, "too many slice indexes: %zu", n - 1);
	if (!string && item.kind != TEMPLATE_LIST)
		return error_set(err, ERR_INVALID, "can't slice item of type %s",
			template_value_type(&item));
	if (string && n == 4)
		return error_set(err, ERR_INVALID, "cannot 3-index slice a string");
	for (size_t i = 1; i < n; i++)
		if (index_of(&args[i], len, &at[i - 1], err))
			return err->kind;
	if (at[0] > at[1])
		return error_set(err, ERR_INVALID, "invalid slice index: %zu > %zu", at[0], at[1]);
	if (at[1] > at[2])
		return error_set(err, ERR_INVALID, "invalid slice index: %zu > %zu", at[1], at[2]);
	if (string) {
		item.text = sv_from(item.text.ptr + at[0], at[1] - at[0]);
	} else {
		item.list += at[0];
		item.n = at[1] - at[0];
	}
	*ret = item;
	return ERR_OK;
}

static enum error_kind call_len(
	const struct template_value *v, struct template_value *ret, struct error *err)
{
	if (v->kind == TEMPLATE_INVALID)
		return error_set(
			err, ERR_INVALID, "reflect: call of reflect.Value.Type on zero Value");
	if (v->kind == TEMPLATE_STRING)
		*ret = template_value_int((int64_t)v->text.len);
	else if (v->kind == TEMPLATE_LIST || v->kind == TEMPLATE_MAP)
		*ret = template_value_int((int64_t)v->n);
	else
		return error_set(err, ERR_INVALID, "len of type %s", template_value_type(v));
	return ERR_OK;
}

enum basic {
	NO_BASIC,
	BOOL_BASIC,
	COMPLEX_BASIC,
	INT_BASIC,
	FLOAT_BASIC,
	STRING_BASIC,
	UINT_BASIC
};

static enum basic basic_kind(const struct template_value *v)
{
	static const enum basic kinds[] = { [TEMPLATE_BOOL] = BOOL_BASIC,
		[TEMPLATE_INT] = INT_BASIC,
		[TEMPLATE_BYTE] = UINT_BASIC,
		[TEMPLATE_FLOAT] = FLOAT_BASIC,
		[TEMPLATE_COMPLEX] = COMPLEX_BASIC,
		[TEMPLATE_STRING] = STRING_BASIC,
		[TEMPLATE_DATA] = NO_BASIC };

	return kinds[v->kind];
}

static bool same_number(double a, double b)
{
	return a <= b && a >= b;
}

static bool is_comparable_data(const struct template_value *v)
{
	return v->kind == TEMPLATE_DATA && v->data->kind == TEMPLATE_RESOURCE;
}

static enum error_kind not_comparable(const struct template_value *a,
	const struct template_value *b, bool types, struct error *err)
{
	struct buf text;
	buf_init(&text, 4096);
	if (types) {
		template_format_value(&text, a);
		buf_printf(&text, ": %s, %s: ", template_value_type(a), template_value_type(b));
		template_format_value(&text, b);
	} else {
		template_format_value(&text, b);
		buf_printf(&text, ": %s", template_value_type(b));
	}
	error_set(err, ERR_INVALID, "non-comparable type%s %s", types ? "s" : "", buf_text(&text));
	buf_done(&text);
	return ERR_INVALID;
}

/* Values that are no basic type: nil, lists, maps, the data itself. */
static enum error_kind equal_other(const struct template_value *a, const struct template_value *b,
	bool *ret, struct error *err)
{
	bool a_nil = a->kind == TEMPLATE_INVALID, b_nil = b->kind == TEMPLATE_INVALID;

	if (a->kind != b->kind && !a_nil && !b_nil)
		return not_comparable(a, b, true, err);
	if (a_nil || b_nil)
		*ret = a_nil && b_nil;
	else if (!is_comparable_data(b))
		return not_comparable(a, b, false, err);
	else
		*ret = sv_eq(a->data->group, b->data->group) &&
		       sv_eq(a->data->resource, b->data->resource);
	return ERR_OK;
}

/* Two values of one basic type. */
static bool equal_basic(
	enum basic kind, const struct template_value *a, const struct template_value *b)
{
	switch ((int)kind) {
	case BOOL_BASIC:
		return a->truth == b->truth;
	case COMPLEX_BASIC:
	case FLOAT_BASIC:
		return same_number(a->f, b->f) && same_number(a->imag, b->imag);
	case STRING_BASIC:
		return sv_eq(a->text, b->text);
	default:
		return a->i == b->i;
	}
}

static bool is_integer(enum basic kind)
{
	return kind == INT_BASIC || kind == UINT_BASIC;
}

static enum error_kind equal(const struct template_value *a, const struct template_value *b,
	bool *ret, struct error *err)
{
	enum basic ka = basic_kind(a), kb = basic_kind(b);

	*ret = false;
	if (ka == kb && ka == NO_BASIC)
		return equal_other(a, b, ret, err);
	if (ka == kb || (is_integer(ka) && is_integer(kb)))
		*ret = equal_basic(ka, a, b);
	else if (a->kind != TEMPLATE_INVALID && b->kind != TEMPLATE_INVALID)
		return error_set(err, ERR_INVALID, "incompatible types for comparison: %s and %s",
			template_value_type(a), template_value_type(b));
	return ERR_OK;
}

static enum error_kind call_eq(
	const struct template_value *args, size_t n, bool *ret, struct error *err)
{
	*ret = false;
	if (n < 2)
		return error_set(err, ERR_INVALID, "missing argument for comparison");
	for (size_t i = 1; i < n && !*ret; i++)
		if (equal(&args[0], &args[i], ret, err))
			return err->kind;
	return ERR_OK;
}

static enum error_kind less(const struct template_value *a, const struct template_value *b,
	bool *ret, struct error *err)
{
	enum basic ka = basic_kind(a), kb = basic_kind(b);
	bool integers =
		(ka == INT_BASIC || ka == UINT_BASIC) && (kb == INT_BASIC || kb == UINT_BASIC);

	if (ka == NO_BASIC || kb == NO_BASIC ||
		(ka == kb && (ka == BOOL_BASIC || ka == COMPLEX_BASIC)))
		return error_set(err, ERR_INVALID, "invalid type for comparison");
	if (integers)
		*ret = a->i < b->i;
	else if (ka != kb)
		return error_set(err, ERR_INVALID, "incompatible types for comparison: %s and %s",
			template_value_type(a), template_value_type(b));
	else
		*ret = ka == FLOAT_BASIC ? a->f < b->f : sv_cmp(a->text, b->text) < 0;
	return ERR_OK;
}

static enum error_kind less_or_equal(
	const struct template_value *args, bool *ret, struct error *err)
{
	if (less(&args[0], &args[1], ret, err))
		return err->kind;
	return *ret ? ERR_OK : call_eq(args, 2, ret, err);
}

static enum error_kind call_comparison(const struct template_function *f,
	const struct template_value *args, size_t n, bool *ret, struct error *err)
{
	enum error_kind failed;
	bool negate = false;

	if (!strcmp(f->name, "eq")) {
		failed = call_eq(args, n, ret, err);
	} else if (!strcmp(f->name, "ne")) {
		failed = call_eq(args, n, ret, err);
		negate = true;
	} else if (!strcmp(f->name, "lt") || !strcmp(f->name, "ge")) {
		failed = less(&args[0], &args[1], ret, err);
		negate = f->name[0] == 'g';
	} else { /* le, gt */
		failed = less_or_equal(args, ret, err);
		negate = f->name[0] == 'g';
	}
	if (!failed && negate)
		*ret = !*ret;
	return failed;
}

static void escape_html(struct buf *out, struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.ptr[i]) {
		case 0:
			buf_put_str(out, "\xEF\xBF\xBD");
			break;
		case '"':
			buf_put_str(out, "&#34;");
			break;
		case '\'':
			buf_put_str(out, "&#39;");
			break;
		case '&':
			buf_put_str(out, "&amp;");
			break;
		case '<':
			buf_put_str(out, "&lt;");
			break;
		case '>':
			buf_put_str(out, "&gt;");
			break;
		default:
			buf_put_char(out, text.ptr[i]);
			break;
		}
	}
}

static void escape_js(struct buf *out, struct sv text)
{
	uint32_t rune;

	for (size_t i = 0; i < text.len;) {
		size_t n = unicode_decode(text.ptr + i, text.len - i, &rune);

		if (rune == '\\' || rune == '\'' || rune == '"')
			buf_printf(out, "\\%c", (int)rune);
		else if (rune < ' ' || rune == '<' || rune == '>' || rune == '&' || rune == '=' ||
			 (rune >= 0x80 && !unicode_is_print(rune)))
			buf_printf(out, "\\u%04X", (unsigned)rune);
		else
			buf_put(out, text.ptr + i, n);
		i += n;
	}
}

/* Go's url.QueryEscape. */
static void escape_url(struct buf *out, struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == ' ')
			buf_put_char(out, '+');
		else if (((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') ||
			 (c && strchr("-_.~", c)))
			buf_put_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* The functions that print. */
/* The arguments of html, js and urlquery as one text: as print has it, but nil is printed as a template does. */
static void print_plain(struct buf *out, const struct template_value *args, size_t n)
{
	bool was_text = true;

	for (size_t i = 0; i < n; i++) {
		bool text = args[i].kind == TEMPLATE_STRING || args[i].kind == TEMPLATE_INVALID;

		if (i && !text && !was_text)
			buf_put_char(out, ' ');
		was_text = text;
		if (args[i].kind == TEMPLATE_INVALID)
			buf_put_str(out, "<no value>");
		else
			template_format_value(out, &args[i]);
	}
}

static void call_print(const struct template_function *f, const struct template_value *args,
	size_t n, struct buf *out)
{
	AUTO(buf_done) struct buf plain = { 0 };

	if (!strcmp(f->name, "printf")) {
		template_format_printf(out, args[0].text, args + 1, n - 1);
		return;
	}
	if (!strcmp(f->name, "println")) {
		template_format_println(out, args, n);
		return;
	}
	if (!strcmp(f->name, "print")) {
		template_format_print(out, args, n);
		return;
	}
	buf_init(&plain, out->max);
	print_plain(&plain, args, n);
	if (plain.failed)
		out->failed = plain.failed;
	if (f->name[0] == 'h')
		escape_html(out, buf_sv(&plain));
	else if (f->name[0] == 'j')
		escape_js(out, buf_sv(&plain));
	else
		escape_url(out, buf_sv(&plain));
}

static enum error_kind call_call(
	const struct template_value *args, struct sv callee, struct error *err)
{
	if (args[0].kind == TEMPLATE_INVALID)
		return error_set(err, ERR_INVALID, "call of nil");
	return error_set(err, ERR_INVALID, "non-function %.*s of type %s", SV_ARG(callee),
		template_value_type(&args[0]));
}

enum error_kind template_call(const struct template_function *f, struct arena *a,
	const struct template_value *args, size_t n, struct sv callee, struct template_value *ret,
	struct error *err)
{
	if (f->any) {
		AUTO(buf_done) struct buf out = { 0 };

		buf_init(&out, TEMPLATE_MAX_OUTPUT_BYTES);
		call_print(f, args, n, &out);
		if (buf_check(&out, f->name, err))
			return err->kind;
		struct sv text = arena_sv(a, buf_sv(&out));

		if (!text.ptr)
			return arena_error(a, err);
		*ret = template_value_text(text);
		return ERR_OK;
	}
	if (!strcmp(f->name, "index"))
		return call_index(args, n, ret, err);
	if (!strcmp(f->name, "slice"))
		return call_slice(args, n, ret, err);
	if (!strcmp(f->name, "len"))
		return call_len(&args[0], ret, err);
	if (!strcmp(f->name, "call"))
		return call_call(args, callee, err);
	bool truth = false;

	if (!strcmp(f->name, "not"))
		truth = !template_value_is_true(&args[0]);
	else if (call_comparison(f, args, n, &truth, err))
		return err->kind;
	*ret = template_value_bool(truth);
	return ERR_OK;
}
