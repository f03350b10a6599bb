/* What all parts of an answer's decoder need: failures, texts, and members by name. */
#include "promql/answer_decoder.h"

#include "promql/unicode.h"

bool answer_refuse(struct answer_decoder *d, const char *expected)
{
	return answer_scan_fail(&d->scan, expected);
}

bool answer_stop(struct answer_decoder *d, enum error_kind kind, const char *why)
{
	d->stopped = kind;
	return answer_scan_fail(&d->scan, why);
}

bool answer_decode_text(
	struct answer_decoder *d, struct answer_text text, struct arena *a, struct sv *ret)
{
	if (!text.decode) {
		*ret = text.raw;
		return true;
	}
	*ret = answer_scan_decode(text, a);
	return ret->ptr || answer_stop(d, ERR_NOMEM, "out of memory");
}

bool answer_read_text(struct answer_decoder *d, struct sv *ret)
{
	struct answer_text text;

	return answer_scan_string(&d->scan, &text) && answer_decode_text(d, text, d->arena, ret);
}

/* Equal under Unicode's simple case folding, as encoding/json matches names. */
static bool folds_to(struct sv text, const char *name)
{
	size_t at = 0;

	for (; *name; name++) {
		uint32_t rune;

		if (at >= text.len)
			return false;
		at += unicode_decode(text.ptr + at, text.len - at, &rune);
		for (uint32_t next = unicode_fold(rune);
			(rune | 32) != ((unsigned char)*name | 32u); next = unicode_fold(next)) {
			if (next == rune)
				return false;
			if ((next | 32) == ((unsigned char)*name | 32u))
				break;
		}
	}
	return at == text.len;
}

/* Members longer than this are none of ours, whatever their escapes mean. */
#define MAX_MEMBER_BYTES 128u

bool answer_look_up_member(struct answer_decoder *d, struct answer_text key,
	const char *const *names, unsigned *seen, size_t *ret, bool *ret_odd)
{
	struct sv name = key.raw;
	size_t i = 0;

	*ret = ANSWER_UNKNOWN_MEMBER;
	if (key.decode && key.raw.len < MAX_MEMBER_BYTES &&
		!answer_decode_text(d, key, &d->row_arena, &name))
		return false;
	while (names[i] && !sv_is(name, names[i]))
		i++;
	if (!names[i]) {
		for (i = 0; names[i] && !folds_to(name, names[i]); i++)
			;
		if (!names[i])
			return true;
		*ret_odd = true;
	}
	if (*seen & 1u << i)
		*ret_odd = true;
	*seen |= 1u << i;
	*ret = i;
	return true;
}

bool answer_find_member(struct answer_decoder *d, struct answer_text key, const char *const *names,
	unsigned *seen, size_t *ret)
{
	bool odd = false;

	if (!answer_look_up_member(d, key, names, seen, ret, &odd))
		return false;
	return !odd || answer_refuse(d, "every member once, under its exact name");
}
