/* JSON tree -> struct by table. Pure. Type rules are the API server's: null leaves a member unset, integers take no fraction, no
 * exponent and no quotes, a quantity is a string or a number. What is wrong is collected with path and place, so that a file with five
 * mistakes is told in one run. */
#include "kube/codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/instant.h"
#include "kube/quantity.h"

/* A person reads findings; nobody reads more. */
#define MAX_FINDINGS 200
#define MAX_PATH_BYTES 4096
#define MAX_FINDING_BYTES 1024

void codec_path_print(struct buf *out, const struct codec_path *path)
{
	if (!path)
		return;
	codec_path_print(out, path->up);
	if (!path->member.ptr) {
		buf_printf(out, "[%zu]", path->index);
		return;
	}
	if (out->len > 0)
		buf_put_char(out, '.');
	buf_put_sv(out, path->member);
}

static struct codec_finding *add_finding(struct codec *c)
{
	if (c->n == c->size) {
		size_t size = c->size ? c->size * 2 : 8;
		struct codec_finding *grown = ARENA_ARRAY(c->a, size, struct codec_finding);
		if (!grown) {
			c->failed = true;
			return NULL;
		}
		if (c->n > 0)
			memcpy(grown, c->at, c->n * sizeof(*grown));
		c->at = grown;
		c->size = size;
	}
	return &c->at[c->n++];
}

static void find_at(struct codec *c, const struct codec_path *path, uint32_t line, uint32_t column,
	const char *text)
{
	struct codec_finding *f = c->n < MAX_FINDINGS ? add_finding(c) : NULL;
	struct buf where;

	if (!f)
		return;
	buf_init(&where, MAX_PATH_BYTES);
	codec_path_print(&where, path);
	f->path = arena_sv(c->a, buf_sv(&where));
	f->text = arena_sv(c->a, sv_of(text));
	f->line = line;
	f->column = column;
	c->failed = c->failed || where.failed == ERR_NOMEM || !f->path.ptr || !f->text.ptr;
	buf_done(&where);
}

void codec_find(struct codec *c, const struct codec_path *path, const struct jtree *where,
	const char *fmt, ...)
{
	char text[MAX_FINDING_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	find_at(c, path, where ? where->line : 0, where ? where->column : 0, text);
}

enum error_kind codec_result(const struct codec *c, struct error *err)
{
	if (c->failed)
		return arena_error(c->a, err);
	if (c->n == 0)
		return ERR_OK;
	const struct codec_finding *f = &c->at[0];
	const char *between = f->path.len > 0 ? ": " : "";
	return error_set(err, ERR_INVALID, "%.*s%s%.*s", SV_ARG(f->path), between, SV_ARG(f->text));
}

static bool is_name(const struct codec *c, const char *name, struct sv key)
{
	return c->fold_case ? sv_eq_nocase(sv_of(name), key) : sv_is(key, name);
}

static const struct codec_field *find_field(
	const struct codec *c, const struct codec_object *object, struct sv key)
{
	for (size_t i = 0; i < object->n_fields; i++) {
		if (is_name(c, object->fields[i].name, key))
			return &object->fields[i];
	}
	return NULL;
}

/* Letters to insert, remove or change to make one name of the other, case aside; `max` or more are all the same. */
static size_t distance(struct sv a, struct sv b, size_t max)
{
	enum { MAX_NAME = 40 };
	size_t row[MAX_NAME + 1];

	if (a.len > MAX_NAME || b.len > MAX_NAME)
		return max;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same =
				sv_eq_nocase(sv_from(a.ptr + i - 1, 1), sv_from(b.ptr + j - 1, 1));
			size_t best = diagonal + !same;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[b.len] < max ? row[b.len] : max;
}

const char *codec_nearest(const struct codec_object *object, struct sv name)
{
	/* More than a third wrong is another word. */
	size_t best = name.len / 3 + 2;
	const char *nearest = NULL;

	for (size_t i = 0; i < object->n_fields; i++) {
		size_t d = distance(name, sv_of(object->fields[i].name), best);
		if (d < best) {
			best = d;
			nearest = object->fields[i].name;
		}
	}
	return nearest;
}

static void find_unknown(struct codec *c, const struct codec_path *path, const struct jtree *member,
	const struct codec_object *object)
{
	char text[MAX_FINDING_BYTES];
	const char *nearest = codec_nearest(object, member->key);

	if (nearest) {
		(void)snprintf(text, sizeof(text), "unknown field; did you mean %s?", nearest);
	} else {
		int n = snprintf(text, sizeof(text), "unknown field; known are");
		for (size_t i = 0; i < object->n_fields && n > 0 && (size_t)n < sizeof(text); i++)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%s %s", i > 0 ? "," : "",
				object->fields[i].name);
	}
	find_at(c, path, member->key_line, member->key_column, text);
}

static void find_type(
	struct codec *c, const struct codec_path *path, const struct jtree *t, const char *expected)
{
	if (t->kind == JTREE_STRING || t->kind == JTREE_NUMBER)
		codec_find(c, path, t, "expected %s, got %s %s%.*s%s", expected,
			t->kind == JTREE_STRING ? "the string" : "the number",
			t->kind == JTREE_STRING ? "\"" : "", SV_ARG(sv_take(t->text, 60)),
			t->kind == JTREE_STRING ? "\"" : "");
	else
		codec_find(c, path, t, "expected %s, got %s", expected, jtree_kind_name(t->kind));
}

/* In YAML 1, true, yes and y are no texts; a person who means one must quote it. */
static void find_no_text(struct codec *c, const struct codec_path *path, const struct jtree *t)
{
	bool quotable = t->kind == JTREE_BOOL || t->kind == JTREE_NUMBER;

	if (c->strict && quotable)
		codec_find(c, path, t, "expected a string, got %s; put %.*s in quotes",
			jtree_kind_name(t->kind), SV_ARG(sv_take(t->raw, 60)));
	else
		find_type(c, path, t, jtree_kind_name(JTREE_STRING));
}

static bool expect(
	struct codec *c, const struct codec_path *path, const struct jtree *t, enum jtree_kind kind)
{
	if (t->kind != kind && kind == JTREE_STRING)
		find_no_text(c, path, t);
	else if (t->kind != kind)
		find_type(c, path, t, jtree_kind_name(kind));
	return t->kind == kind;
}

static bool decode_integer(struct codec *c, const struct codec_path *path, const struct jtree *t,
	bool narrow, int64_t *ret)
{
	bool fits = jtree_i64(t, ret) && (!narrow || (*ret >= INT32_MIN && *ret <= INT32_MAX));

	if (!fits)
		find_type(c, path, t, narrow ? "a whole number of 32 bits" : "a whole number");
	return fits;
}

/* One function for each type: a member that is there and not null, into its place in the struct `base`. */
typedef void (*decode_fn)(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base);

static void decode_nothing(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	(void)c;
	(void)path;
	(void)t;
	(void)f;
	(void)base;
}

static void decode_text(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	struct sv text = t->text.ptr ? t->text : SV("");

	if (expect(c, path, t, JTREE_STRING))
		memcpy(base + f->offset, &text, sizeof(text));
}

static void decode_i32(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	int64_t number = 0;
	bool fits = decode_integer(c, path, t, true, &number);
	int32_t narrow = (int32_t)number;

	if (fits)
		memcpy(base + f->offset, &narrow, sizeof(narrow));
}

static void decode_i64(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	int64_t number;

	if (decode_integer(c, path, t, false, &number))
		memcpy(base + f->offset, &number, sizeof(number));
}

static void decode_opt_i32(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	int64_t number = 0;
	bool fits = decode_integer(c, path, t, true, &number);
	struct opt_i32 value = opt_i32_of((int32_t)number);

	if (fits)
		memcpy(base + f->offset, &value, sizeof(value));
}

static void decode_opt_i64(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	int64_t number = 0;
	bool fits = decode_integer(c, path, t, false, &number);
	struct opt_i64 value = opt_i64_of(number);

	if (fits)
		memcpy(base + f->offset, &value, sizeof(value));
}

static void decode_quantity(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	struct opt_quantity q = { .set = true };
	struct error err;

	if (quantity_decode(t, &q.value, &err) == ERR_OK)
		memcpy(base + f->offset, &q, sizeof(q));
	else if (t->kind == JTREE_STRING)
		codec_find(c, path, t, "\"%.*s\" is no quantity: %s", SV_ARG(sv_take(t->text, 60)),
			err.text);
	else
		find_type(c, path, t, "a quantity such as \"250m\"");
}

static void decode_time(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	struct wall time;
	struct error err;

	if (t->kind != JTREE_STRING)
		find_type(c, path, t, "a time such as \"2006-01-02T15:04:05Z\"");
	else if (instant_wall_parse(t->text, &time, &err) != ERR_OK)
		codec_find(c, path, t, "%s", err.text);
	else
		memcpy(base + f->offset, &time, sizeof(time));
}

static void decode_opt_time(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	base[f->has] = true;
	decode_time(c, path, t, f, base);
}

/* null is the empty text, as in every Go map and list of strings. */
static struct sv member_text(struct codec *c, const struct codec_path *path, const struct jtree *t)
{
	if (t->kind == JTREE_NULL || !expect(c, path, t, JTREE_STRING) || !t->text.ptr)
		return SV("");
	return t->text;
}

/* An array of t's children; NULL with the failure noted when memory ran out. */
static void *new_items(struct codec *c, const struct jtree *t, size_t size)
{
	void *items = arena_calloc(c->a, t->n, size);

	if (!items)
		c->failed = true;
	return items;
}

static void set_list(const struct codec_field *f, char *base, const void *items, size_t n)
{
	memcpy(base + f->offset, &items, sizeof(items));
	memcpy(base + f->count, &n, sizeof(n));
}

static void decode_texts(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	size_t n = 0;

	if (!expect(c, path, t, JTREE_ARRAY))
		return;
	struct sv *texts = new_items(c, t, sizeof(*texts));
	if (!texts)
		return;
	JTREE_FOREACH (item, t) {
		struct codec_path at = { .up = path, .index = n };
		texts[n++] = member_text(c, &at, item);
	}
	set_list(f, base, texts, n);
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	return sv_cmp(x->key, y->key);
}

static void decode_text_map(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	size_t n = 0;

	if (!expect(c, path, t, JTREE_OBJECT))
		return;
	struct label *labels = new_items(c, t, sizeof(*labels));
	if (!labels)
		return;
	JTREE_FOREACH (member, t) {
		struct codec_path at = { .up = path, .member = member->key };
		labels[n++] = (struct label){ member->key, member_text(c, &at, member) };
	}
	if (n > 1)
		qsort(labels, n, sizeof(*labels), compare_labels);
	set_list(f, base, labels, n);
}

static void decode_inline(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	codec_decode(c, path, t, f->object, base + f->offset);
}

static void decode_pointer(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	void *item = arena_alloc(c->a, f->object->size);

	if (!item) {
		c->failed = true;
		return;
	}
	codec_decode(c, path, t, f->object, item);
	memcpy(base + f->offset, &item, sizeof(item));
}

static void decode_list(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_field *f, char *base)
{
	size_t size = f->object->size, n = 0;

	if (!expect(c, path, t, JTREE_ARRAY))
		return;
	char *items = new_items(c, t, size);
	if (!items)
		return;
	JTREE_FOREACH (item, t) {
		struct codec_path at = { .up = path, .index = n };
		codec_decode(c, &at, item, f->object, items + n * size);
		n++;
	}
	set_list(f, base, items, n);
	if (f->flags & CODEC_NIL_LIST)
		base[f->has] = true;
}

static const decode_fn DECODERS[] = {
	[CODEC_SKIP] = decode_nothing,
	[CODEC_TEXT] = decode_text,
	[CODEC_I32] = decode_i32,
	[CODEC_I64] = decode_i64,
	[CODEC_OPT_I32] = decode_opt_i32,
	[CODEC_OPT_I64] = decode_opt_i64,
	[CODEC_OPT_QUANTITY] = decode_quantity,
	[CODEC_TIME] = decode_time,
	[CODEC_OPT_TIME] = decode_opt_time,
	[CODEC_TEXTS] = decode_texts,
	[CODEC_TEXT_MAP] = decode_text_map,
	[CODEC_INLINE] = decode_inline,
	[CODEC_POINTER] = decode_pointer,
	[CODEC_LIST] = decode_list,
};

/* A time that is not there is the year 1 and not 1970. */
static void set_zero_times(const struct codec_object *object, char *base)
{
	for (size_t i = 0; i < object->n_fields; i++) {
		if (object->fields[i].type == CODEC_TIME)
			*(struct wall *)(void *)(base + object->fields[i].offset) = WALL_ZERO;
	}
}

void codec_decode(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct codec_object *object, void *into)
{
	set_zero_times(object, into);
	if (jtree_is_absent(t) || !expect(c, path, t, JTREE_OBJECT))
		return;
	JTREE_FOREACH (member, t) {
		struct codec_path at = { .up = path, .member = member->key };
		const struct codec_field *f = find_field(c, object, member->key);
		if (!f && c->strict)
			find_unknown(c, &at, member, object);
		if (f && member->kind != JTREE_NULL)
			DECODERS[f->type](c, &at, member, f, into);
	}
}
