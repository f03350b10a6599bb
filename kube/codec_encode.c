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

/* What `omitempty` calls empty; only asked for members with CODEC_OMIT. */
static bool is_empty(const struct codec_field *f, const char *base)
{
	const void *at = base + f->offset;

	switch (f->type) {
	case CODEC_TEXT:
		return f->flags & CODEC_NIL ? !((const struct sv *)at)->ptr
					    : ((const struct sv *)at)->len == 0;
	case CODEC_I32:
		return *(const int32_t *)at == 0;
	case CODEC_I64:
		return *(const int64_t *)at == 0;
	case CODEC_OPT_I32:
		return !((const struct opt_i32 *)at)->set;
	case CODEC_OPT_I64:
		return !((const struct opt_i64 *)at)->set;
	case CODEC_OPT_QUANTITY:
		return !((const struct opt_quantity *)at)->set;
	case CODEC_OPT_TIME:
		return !base[f->has];
	case CODEC_POINTER:
		return !pointer_at(base, f->offset);
	case CODEC_LIST:
	case CODEC_TEXTS:
	case CODEC_TEXT_MAP:
		return count_at(base, f) == 0;
	case CODEC_SKIP:
	case CODEC_TIME:
	case CODEC_INLINE:
		break;
	}
	return false;
}

static void encode_quantity(struct jw *w, const struct codec_field *f, const struct opt_quantity *q)
{
	struct buf text;

	if (!q->set) {
		if (f->flags & CODEC_ZERO)
			jw_str(w, "0");
		else
			jw_null(w);
		return;
	}
	buf_init(&text, w->out->max);
	quantity_print(&text, &q->value);
	if (text.failed != ERR_OK)
		w->out->failed = text.failed;
	jw_sv(w, buf_sv(&text));
	buf_done(&text);
}

static void encode_time(struct jw *w, struct wall t)
{
	struct buf text;

	if (instant_wall_is_zero(t)) {
		jw_null(w);
		return;
	}
	buf_init(&text, 64);
	instant_wall_print(&text, t);
	if (text.failed != ERR_OK)
		w->out->failed = text.failed;
	jw_sv(w, buf_sv(&text));
	buf_done(&text);
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

static void encode_texts(struct jw *w, const struct sv *texts, size_t n)
{
	jw_array(w);
	for (size_t i = 0; i < n; i++)
		jw_sv(w, texts[i]);
	jw_array_end(w);
}

static void encode_text_map(struct jw *w, const struct label *labels, size_t n)
{
	jw_object(w);
	for (size_t i = 0; i < n; i++) {
		jw_key_sv(w, labels[i].key);
		jw_sv(w, labels[i].value);
	}
	jw_object_end(w);
}

static void encode_value(struct jw *w, const struct codec_field *f, const char *base)
{
	const void *at = base + f->offset;
	const void *pointed;

	switch (f->type) {
	case CODEC_SKIP:
		break;
	case CODEC_TEXT:
		if (f->flags & CODEC_NIL && is_empty(f, base))
			jw_null(w);
		else
			jw_sv(w, *(const struct sv *)at);
		break;
	case CODEC_I32:
		jw_i64(w, *(const int32_t *)at);
		break;
	case CODEC_I64:
		jw_i64(w, *(const int64_t *)at);
		break;
	case CODEC_OPT_I32:
		if (is_empty(f, base))
			jw_null(w);
		else
			jw_i64(w, ((const struct opt_i32 *)at)->value);
		break;
	case CODEC_OPT_I64:
		if (is_empty(f, base))
			jw_null(w);
		else
			jw_i64(w, ((const struct opt_i64 *)at)->value);
		break;
	case CODEC_OPT_QUANTITY:
		encode_quantity(w, f, at);
		break;
	case CODEC_TIME:
		encode_time(w, *(const struct wall *)at);
		break;
	case CODEC_OPT_TIME:
		encode_time(w, base[f->has] ? *(const struct wall *)at : WALL_ZERO);
		break;
	case CODEC_TEXTS:
		encode_texts(w, pointer_at(base, f->offset), count_at(base, f));
		break;
	case CODEC_TEXT_MAP:
		encode_text_map(w, pointer_at(base, f->offset), count_at(base, f));
		break;
	case CODEC_INLINE:
		codec_encode(w, f->object, at);
		break;
	case CODEC_POINTER:
		pointed = pointer_at(base, f->offset);
		if (pointed)
			codec_encode(w, f->object, pointed);
		else
			jw_null(w);
		break;
	case CODEC_LIST:
		encode_list(w, f, base);
		break;
	}
}

void codec_encode(struct jw *w, const struct codec_object *object, const void *from)
{
	jw_object(w);
	for (size_t i = 0; i < object->n_fields; i++) {
		const struct codec_field *f = &object->fields[i];
		if (f->type == CODEC_SKIP || (f->flags & CODEC_OMIT && is_empty(f, from)))
			continue;
		jw_key(w, f->name);
		encode_value(w, f, from);
	}
	jw_object_end(w);
}
