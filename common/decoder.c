/* Tree -> typed values and findings. Knows no format; those who know one (adapter/rules.c, promql/server_config.c) call it. */
#include "common/decoder.h"

#include <stdio.h>
#include <string.h>

/* A message that lists more findings than this helps nobody. */
#define DECODER_FINDINGS_MAX 5u
/* Of a key in a message; longer ones are cut. */
#define DECODER_KEY_SHOWN 60u

void decoder_init(struct decoder *d, struct arena *a, const char *file)
{
	*d = (struct decoder){ .arena = a, .name = file };
	buf_init(&d->findings, ERROR_TEXT_MAX);
}

enum error_kind decoder_end(struct decoder *d, struct error *err)
{
	enum error_kind kind = ERR_OK;

	if (d->no_memory)
		kind = arena_error(d->arena, err);
	else if (d->n_findings > DECODER_FINDINGS_MAX)
		kind = error_set(err, ERR_INVALID, "%s; and %u more", buf_text(&d->findings),
			d->n_findings - DECODER_FINDINGS_MAX);
	else if (d->n_findings > 0)
		kind = error_set(err, ERR_INVALID, "%s", buf_text(&d->findings));
	buf_done(&d->findings);
	return kind;
}

void decoder_find(struct decoder *d, const struct jtree *at, const char *where, const char *what)
{
	d->n_findings++;
	if (d->n_findings > DECODER_FINDINGS_MAX)
		return;
	buf_printf(&d->findings, "%s%s:%u: %s: %s", d->n_findings > 1 ? "; " : "", d->name,
		at->key_line ? at->key_line : at->line, where, what);
}

bool decoder_is_object(struct decoder *d, const struct jtree *t, const char *where)
{
	if (jtree_is_absent(t))
		return false;
	if (t->kind == JTREE_OBJECT)
		return true;
	decoder_find(d, t, where, "must be a map of keys and values");
	return false;
}

bool decoder_is_list(struct decoder *d, const struct jtree *t, const char *where)
{
	if (jtree_is_absent(t))
		return false;
	if (t->kind == JTREE_ARRAY)
		return true;
	decoder_find(d, t, where, "must be a list (lines that begin with \"- \")");
	return false;
}

static void unknown_key(
	struct decoder *d, const struct jtree *child, const char *where, const char *const *known)
{
	AUTO(buf_done) struct buf what = { 0 };

	buf_init(&what, ERROR_TEXT_MAX);
	buf_put_str(&what, "unknown key \"");
	buf_put_sv(&what, sv_take(child->key, DECODER_KEY_SHOWN));
	buf_put_str(&what, "\", known are:");
	for (const char *const *key = known; *key; key++)
		buf_printf(&what, " %s", *key);
	d->no_memory = d->no_memory || what.failed == ERR_NOMEM;
	decoder_find(d, child, where, buf_text(&what));
}

void decoder_check_keys(
	struct decoder *d, const struct jtree *t, const char *where, const char *const *known)
{
	JTREE_FOREACH (child, t) {
		bool found = false;
		for (const char *const *key = known; *key; key++)
			found = found || sv_is(child->key, *key);
		if (!found)
			unknown_key(d, child, where, known);
	}
}

struct sv decoder_text(struct decoder *d, const struct jtree *t, const char *where)
{
	if (jtree_is_absent(t))
		return SV_NULL;
	if (t->kind == JTREE_OBJECT || t->kind == JTREE_ARRAY) {
		decoder_find(d, t, where, "must be text");
		return SV_NULL;
	}
	return t->raw.ptr ? t->raw : t->text;
}

const char *decoder_string(struct decoder *d, const struct jtree *t, const char *where)
{
	struct sv text = decoder_text(d, t, where);

	if (!text.ptr)
		return NULL;
	if (memchr(text.ptr, 0, text.len)) {
		decoder_find(d, t, where, "must not contain a NUL byte");
		return NULL;
	}
	char *copy = arena_strdup(d->arena, text);
	d->no_memory = d->no_memory || !copy;
	return copy;
}

struct opt_bool decoder_bool(struct decoder *d, const struct jtree *t, const char *where)
{
	struct opt_bool none = { false, false };

	if (jtree_is_absent(t))
		return none;
	if (t->kind != JTREE_BOOL) {
		decoder_find(d, t, where, "must be true or false, without quotes");
		return none;
	}
	return (struct opt_bool){ true, t->truth };
}

struct opt_i64 decoder_int(
	struct decoder *d, const struct jtree *t, const char *where, int64_t min, int64_t max)
{
	struct opt_i64 none = { false, 0 };
	char what[80];
	int64_t value;

	if (jtree_is_absent(t))
		return none;
	if (jtree_i64(t, &value) && value >= min && value <= max)
		return opt_i64_of(value);
	(void)snprintf(what, sizeof(what), "must be a whole number from %lld to %lld",
		(long long)min, (long long)max);
	decoder_find(d, t, where, what);
	return none;
}

void *decoder_array(struct decoder *d, size_t n, size_t size)
{
	void *made = arena_calloc(d->arena, n ? n : 1, size);

	d->no_memory = d->no_memory || !made;
	return made;
}
