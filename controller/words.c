/* Texts in the arena; see the header. */
#include "controller/words.h"

#include "common/limits.h"

/* Selectors of metrics are short; longer ones take the way over the heap. */
#define SHORT_SELECTOR 512

struct sv words_join(struct arena *a, const struct sv *parts, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		if (!parts[i].ptr && parts[i].len > 0)
			return WORDS_FAILED;
		len += parts[i].len;
	}
	char *text = arena_alloc(a, len + 1);
	if (!text)
		return WORDS_FAILED;
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > 0)
			memcpy(text + at, parts[i].ptr, parts[i].len);
		at += parts[i].len;
	}
	return sv_from(text, len);
}

enum error_kind words_keep(
	struct arena *a, struct buf *b, const char *what, struct sv *ret, struct error *err)
{
	enum error_kind kind = buf_check(b, what, err);
	if (!kind) {
		struct sv kept = arena_sv(a, buf_sv(b));
		if (kept.ptr)
			*ret = kept;
		else
			kind = arena_error(a, err);
	}
	buf_done(b);
	return kind;
}

struct sv words_selector(struct arena *a, const struct label_selector *selector)
{
	char memory[SHORT_SELECTOR];
	/* A buf over memory of our own: with max below size it never reallocates. */
	struct buf text = { .data = memory, .size = sizeof(memory), .max = sizeof(memory) - 1 };
	struct error err;
	struct sv kept = SV_NULL;

	if (!selector)
		return SV("nil");
	label_selector_print(&text, selector);
	if (text.failed == ERR_OK)
		return WORDS(a, buf_sv(&text));
	buf_init(&text, LIMIT_OBJECT_BYTES);
	label_selector_print(&text, selector);
	return words_keep(a, &text, "a label selector", &kept, &err) ? WORDS_FAILED : kept;
}

struct sv words_i64(struct arena *a, int64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[--at] = '-';
	return WORDS(a, sv_from(digits + at, sizeof(digits) - at));
}
