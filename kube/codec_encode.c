/* Struct -> JSON by table, members in the table's order: the order in which the API server writes them. Pure. */
#include <string.h>

#include "common/instant.h"
#include "kube/codec.h"
#include "kube/quantity.h"

static const void *pointer_at(const char *base, size_t offset)
{
	const void *p;
	memcpy(&p, base + offset, sizeof(p));
	return p;
}

static size_t count_at(const char *base, const struct codec_field *f)
{
	size_t n;
	memcpy(&n, base + f->count, sizeof(n));
	return n;
}

/* One pair of functions for each type: what `omitempty` and null call empty, and the value as it is. */
typedef bool (*empty_fn)(const struct codec_field *f, const char *base);
typedef void (*encode_fn)(struct jw *w, const struct codec_field *f, const char *base);

static bool empty_never(const struct codec_field *f, const char *base)
{
	(void)f;
	(void)base;
	return false;
}

static bool empty_text(const struct codec_field *f, const char *base)
{
	struct sv text;
	memcpy(&text, base + f->offset, sizeof(text));
	return f->flags & CODEC_NIL ? !text.ptr : text.len == 0;
}

static void encode_text(struct jw *w, const struct codec_field *f, const char *base)
{
	struct sv text;
	memcpy(&text, base + f->offset, sizeof(text));
	if (f->flags & CODEC_NIL && !text.ptr)
		jw_null(w);
	else
		jw_sv(w, text);
}

static int64_t i32_at(const struct codec_field *f, const char *base)
{
	int32_t value;
	memcpy(&value, base + f->offset, sizeof(value));
	return value;
}

static bool empty_i32(const struct codec_field *f, const char *base)
{
	return i32_at(f, base) == 0;
}

static void encode_i32(struct jw *w, const struct codec_field *f, const char *base)
{
	jw_i64(w, i32_at(f, base));
}

static int64_t i64_at(const struct codec_field *f, const char *base)
{
	int64_t value;
	memcpy(&value, base + f->offset, sizeof(value));
	return value;
}

static bool empty_i64(const struct codec_field *f, const char *base)
{
	return i64_at(f, base) == 0;
}

static void encode_i64(struct jw *w, const struct codec_field *f, const char *base)
{
	jw_i64(w, i64_at(f, base));
}

static struct opt_i64 opt_i32_at(const struct codec_field *f, const char *base)
{
	struct opt_i32 value;
	memcpy(&value, base + f->offset, sizeof(value));
	return (struct opt_i64){ value.set, value.value };
}

static struct opt_i64 opt_i64_at(const struct codec_field *f, const char *base)
{
	struct opt_i64 value;
	memcpy(&value, base + f->offset, sizeof(value));
	return value;
}

static void encode_opt(struct jw *w, struct opt_i64 value)
{
	if (value.set)
		jw_i64(w, value.value);
	else
		jw_null(w);
}

static bool empty_opt_i32(const struct codec_field *f, const char *base)
{
	return !opt_i32_at(f, base).set;
}

static void encode_opt_i32(struct jw *w, const struct codec_field *f, const char *base)
{
	encode_opt(w, opt_i32_at(f, base));
}

static bool empty_opt_i64(const struct codec_field *f, const char *base)
{
	return !opt_i64_at(f, base).set;
}

static void encode_opt_i64(struct jw *w, const struct codec_field *f, const char *base)
{
	encode_opt(w, opt_i64_at(f, base));
}

static struct opt_quantity quantity_at(const struct codec_field *f, const char *base)
{
	struct opt_quantity q;
	memcpy(&q, base + f->offset, sizeof(q));
	return q;
}

static bool empty_quantity(const struct codec_field *f, const char *base)
{
	return !quantity_at(f, base).set;
}

/* A text made on the side, with its failure handed on. */
static void encode_made(struct jw *w, struct buf *text)
{
	if (text->failed != ERR_OK)
		w->out->failed = text->failed;
	jw_sv(w, buf_sv(text));
	buf_done(text);
}

static void encode_quantity(struct jw *w, const struct codec_field *f, const char *base)
{
	struct opt_quantity q = quantity_at(f, base);
	struct buf text;

	if (q.set) {
		buf_init(&text, w->out->max);
		quantity_print(&text, &q.value);
		encode_made(w, &text);
	} else if (f->flags & CODEC_ZERO) {
		jw_str(w, "0");
	} else {
		jw_null(w);
	}
}

static void encode_time(struct jw *w, const struct codec_field *f, const char *base)
{
	struct wall time;
	struct buf text;

	memcpy(&time, base + f->offset, sizeof(time));
	if (instant_wall_is_zero(time)) {
		jw_null(w);
		return;
	}
	buf_init(&text, 64);
	instant_wall_print(&text, time);
	encode_made(w, &text);
}

static bool empty_opt_time(const struct codec_field *f, const char *base)
{
	return !base[f->has];
}

static void encode_opt_time(struct jw *w, const struct codec_field *f, const char *base)
{
	if (base[f->has])
		encode_time(w, f, base);
	else
		jw_null(w);
}

static bool empty_list(const struct codec_field *f, const char *base)
{
	return count_at(base, f) == 0;
}

static void encode_texts(struct jw *w, const struct codec_field *f, const char *base)
{
	const struct sv *texts = pointer_at(base, f->offset);

	jw_array(w);
	for (size_t i = 0; i < count_at(base, f); i++)
		jw_sv(w, texts[i]);
	jw_array_end(w);
}

static void encode_text_map(struct jw *w, const struct codec_field *f, const char *base)
{
	const struct label *labels = pointer_at(base, f->offset);

	jw_object(w);
	for (size_t i = 0; i < count_at(base, f); i++) {
		jw_key_sv(w, labels[i].key);
		jw_sv(w, labels[i].value);
	}
	jw_object_end(w);
}

static void encode_inline(struct jw *w, const struct codec_field *f, const char *base)
{
	codec_encode(w, f->object, base + f->offset);
}

static bool empty_pointer(const struct codec_field *f, const char *base)
{
	return !pointer_at(base, f->offset);
}

static void encode_pointer(struct jw *w, const struct codec_field *f, const char *base)
{
	const void *pointed = pointer_at(base, f->offset);

	if (pointed)
		codec_encode(w, f->object, pointed);
	else
		jw_null(w);
}

static void encode_list(struct jw *w, const struct codec_field *f, const char *base)
{
	const char *items = pointer_at(base, f->offset);
	size_t n = count_at(base, f);
	bool given = f->flags & CODEC_NIL_LIST && base[f->has];

	if (n == 0 && !given) {
		jw_null(w);
		return;
	}
	jw_array(w);
	for (size_t i = 0; i < n; i++)
		codec_encode(w, f->object, items + i * f->object->size);
	jw_array_end(w);
}

static const struct {
	empty_fn is_empty;
	encode_fn encode;
} ENCODERS[] = {
	[CODEC_TEXT] = { empty_text, encode_text },
	[CODEC_I32] = { empty_i32, encode_i32 },
	[CODEC_I64] = { empty_i64, encode_i64 },
	[CODEC_OPT_I32] = { empty_opt_i32, encode_opt_i32 },
	[CODEC_OPT_I64] = { empty_opt_i64, encode_opt_i64 },
	[CODEC_OPT_QUANTITY] = { empty_quantity, encode_quantity },
	[CODEC_TIME] = { empty_never, encode_time },
	[CODEC_OPT_TIME] = { empty_opt_time, encode_opt_time },
	[CODEC_TEXTS] = { empty_list, encode_texts },
	[CODEC_TEXT_MAP] = { empty_list, encode_text_map },
	[CODEC_INLINE] = { empty_never, encode_inline },
	[CODEC_POINTER] = { empty_pointer, encode_pointer },
	[CODEC_LIST] = { empty_list, encode_list },
};

void codec_encode(struct jw *w, const struct codec_object *object, const void *from)
{
	jw_object(w);
	for (size_t i = 0; i < object->n_fields; i++) {
		const struct codec_field *f = &object->fields[i];
		if (f->type == CODEC_SKIP ||
			(f->flags & CODEC_OMIT && ENCODERS[f->type].is_empty(f, from)))
			continue;
		jw_key(w, f->name);
		ENCODERS[f->type].encode(w, f, from);
	}
	jw_object_end(w);
}
