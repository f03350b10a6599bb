/* Text from files and servers -> text that a terminal shows as it is. Pure. Escapes look like Go's %q without the quotes; a backslash stays one, so
 * that ordinary text never changes. */
#include "cli/printable.h"

#include "common/utf8.h"
#include "controller/own_kind.h"

/* A name or a message of a server, each byte as four. */
#define MAX_TEXT_BYTES (4u * 1024 * 1024)

#define DEL 0x7F
#define FIRST_C1 0x80
#define LAST_C1 0x9F

static uint32_t decode(const unsigned char *p, size_t len)
{
	static const unsigned char FIRST_BITS[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	uint32_t code_point = p[0] & FIRST_BITS[len];

	for (size_t i = 1; i < len; i++)
		code_point = code_point << 6 | (p[i] & 0x3F);
	return code_point;
}

/* Besides controls: line and paragraph separators and the marks with which text can be made to read in another order. */
static bool is_deceptive(uint32_t c)
{
	return c < ' ' || (c >= DEL && c <= LAST_C1) || (c >= 0x200E && c <= 0x200F) ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static size_t put_one(struct buf *out, struct sv text)
{
	const unsigned char *p = (const unsigned char *)text.ptr;
	size_t len = utf8_char_len(text);

	if (len == 0) {
		buf_printf(out, "\\x%02x", p[0]);
		return 1;
	}
	uint32_t c = decode(p, len);
	if (!is_deceptive(c))
		buf_put(out, text.ptr, len);
	else if (c == '\n')
		buf_put_str(out, "\\n");
	else if (c < FIRST_C1)
		buf_printf(out, "\\x%02x", c);
	else
		buf_printf(out, "\\u%04x", c);
	return len;
}

void printable_put(struct buf *out, struct sv text)
{
	while (text.len > 0)
		text = sv_skip(text, put_one(out, text));
}

/* The length of a colour at the start of the text: ESC [ digits m; 0 when there is none. */
static size_t colour_len(struct sv text)
{
	size_t i = 2;

	if (!sv_has_prefix(text, SV("\033[")))
		return 0;
	while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
		i++;
	return i < text.len && text.ptr[i] == 'm' ? i + 1 : 0;
}

void printable_lines(struct buf *out, struct sv text, bool colours)
{
	while (text.len > 0) {
		size_t len = text.ptr[0] == '\n' ? 1 : colours ? colour_len(text) : 0;
		if (len > 0)
			buf_put(out, text.ptr, len);
		else
			len = put_one(out, text);
		text = sv_skip(text, len);
	}
}

struct sv printable_text(struct arena *a, struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, MAX_TEXT_BYTES);
	printable_put(&out, text);
	if (out.failed)
		return SV_NULL;
	return sv_eq(buf_sv(&out), text) && text.ptr ? text : arena_sv(a, buf_sv(&out));
}

struct escaping {
	struct arena *a;
	bool changed, no_memory;
};

static void escape(struct escaping *e, struct sv *text)
{
	struct sv escaped = text->len > 0 ? printable_text(e->a, *text) : SV("");

	e->no_memory = e->no_memory || !escaped.ptr;
	if (text->len == 0 || !escaped.ptr || escaped.ptr == text->ptr)
		return;
	*text = escaped;
	e->changed = true;
}

static void escape_source(struct escaping *e, struct hpa_source *s)
{
	escape(e, &s->metric);
	escape(e, &s->resource);
	escape(e, &s->container);
	escape(e, &s->described.kind);
	escape(e, &s->described.name);
}

/* What our own kind adds; shared with nobody else's view of the object, so it is copied. */
static void escape_own(struct escaping *e, struct hpa_spec *spec)
{
	struct own_spec *own = ARENA_NEW(e->a, struct own_spec);
	struct own_override *o = ARENA_NEW(e->a, struct own_override);

	e->no_memory = e->no_memory || !own || !o;
	if (!own || !o)
		return;
	*own = *spec->own;
	escape(e, &own->mode_text);
	if (own->override) {
		*o = *own->override;
		escape(e, &o->reason);
		own->override = o;
	}
	spec->own = own;
}

bool printable_hpa(struct arena *a, struct hpa *hpa, bool *ret_changed)
{
	struct escaping e = { .a = a };
	struct hpa_spec *spec = &hpa->spec;

	escape(&e, &hpa->meta.ns);
	escape(&e, &hpa->meta.name);
	escape(&e, &spec->target.kind);
	escape(&e, &spec->target.name);
	if (spec->own)
		escape_own(&e, spec);
	for (size_t i = 0; i < spec->n_metrics; i++) {
		escape(&e, &spec->metrics[i].type);
		for (size_t k = 0; k < HPA_N_METRIC_KINDS; k++) {
			if (spec->metrics[i].member[k])
				escape_source(&e, spec->metrics[i].member[k]);
		}
	}
	*ret_changed = e.changed;
	return !e.no_memory;
}
