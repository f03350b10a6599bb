/* Reads the generated tables: a category is found from the mark before it, a class by walking all runs (once per class of a
 * pattern). Code points outside of Unicode count as U+FFFD where that can happen. */
#include "promql/unicode.h"

#include "promql/unicode_data.h"

static uint32_t read_varint(const unsigned char **at)
{
	uint32_t value = 0;
	unsigned shift = 0;
	unsigned char byte;

	do {
		byte = *(*at)++;
		value |= (uint32_t)(byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	return value;
}

/* The next run of categories: returns its category, *ret_len its length. */
static unsigned read_run(const unsigned char **at, uint32_t *ret_len)
{
	unsigned char head = *(*at)++;

	*ret_len = head & 7 ? head & 7 : read_varint(at);
	return head >> 3;
}

static const char *category_of(uint32_t rune)
{
	unsigned low = 0, high = unicode_data_n_marks;

	if (rune > UNICODE_MAX)
		rune = UNICODE_BAD;
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;

		if (unicode_data_marks[middle].first <= rune)
			low = middle;
		else
			high = middle;
	}
	const unsigned char *at = unicode_data_categories + unicode_data_marks[low].offset;
	uint32_t first = unicode_data_marks[low].first, len;

	for (;;) {
		unsigned category = read_run(&at, &len);

		if (rune - first < len)
			return unicode_data_category_names[category];
		first += len;
	}
}

bool unicode_is_print(uint32_t rune)
{
	if (rune < 0x7F)
		return rune >= 0x20;
	const char *category = category_of(rune);

	return rune <= UNICODE_MAX && category[0] != 'C' && category[0] != 'Z';
}

bool unicode_is_letter(uint32_t rune)
{
	if (rune < 0x80)
		return (rune | 32) - 'a' < 26;
	return category_of(rune)[0] == 'L';
}

bool unicode_is_digit(uint32_t rune)
{
	if (rune < 0x80)
		return rune - '0' < 10;
	const char *category = category_of(rune);

	return category[0] == 'N' && category[1] == 'd';
}

bool unicode_is_space(uint32_t rune)
{
	if (rune < 0x100)
		return rune == ' ' || (rune >= '\t' && rune <= '\r') || rune == 0x85 ||
		       rune == 0xA0;
	return category_of(rune)[0] == 'Z';
}

uint32_t unicode_fold(uint32_t rune)
{
	unsigned low = 0, high = unicode_data_n_folds;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (unicode_data_folds[middle].first <= rune)
			low = middle + 1;
		else
			high = middle;
	}
	/* Ranges of stride 2 interleave: the one that holds the code point begins last or up to three before. */
	for (unsigned back = 1; back <= 4 && back <= low; back++) {
		const struct unicode_data_fold *fold = &unicode_data_folds[low - back];

		if (rune <= fold->last && (rune - fold->first) % fold->stride == 0)
			return (uint32_t)((int32_t)rune + fold->distance);
	}
	return rune;
}

void unicode_each_fold(uint32_t first, uint32_t last, unicode_range_fn fn, void *ctx)
{
	for (unsigned i = 0; i < unicode_data_n_folds; i++) {
		const struct unicode_data_fold *fold = &unicode_data_folds[i];

		if (fold->first > last)
			break;
		if (fold->last < first)
			continue;
		uint32_t from = fold->first > first ? fold->first : first;
		uint32_t to = fold->last < last ? fold->last : last;

		/* Every second code point: one by one. */
		if (fold->stride == 1) {
			fn((uint32_t)((int32_t)from + fold->distance),
				(uint32_t)((int32_t)to + fold->distance), ctx);
			continue;
		}
		for (from += (from - fold->first) % 2; from <= to; from += 2)
			fn((uint32_t)((int32_t)from + fold->distance),
				(uint32_t)((int32_t)from + fold->distance), ctx);
	}
}

static bool category_matches(const char *category, struct sv name)
{
	if (name.len == 1)
		return category[0] == name.ptr[0];
	if (sv_is(name, "LC"))
		return category[0] == 'L' &&
		       (category[1] == 'l' || category[1] == 't' || category[1] == 'u');
	return sv_is(name, category);
}

struct merged {
	unicode_range_fn fn;
	void *ctx;
	uint32_t first, end; /* pending range, empty when equal */
	bool any;
};

static void merged_add(struct merged *m, uint32_t first, uint32_t len)
{
	m->any = true;
	if (m->end != m->first && m->end == first) {
		m->end += len;
		return;
	}
	if (m->end != m->first)
		m->fn(m->first, m->end - 1, m->ctx);
	m->first = first;
	m->end = first + len;
}

static void each_category_range(struct sv name, struct merged *m)
{
	const unsigned char *at = unicode_data_categories;
	uint32_t len;

	for (uint32_t first = 0; first <= UNICODE_MAX; first += len) {
		const char *category = unicode_data_category_names[read_run(&at, &len)];

		if (category_matches(category, name))
			merged_add(m, first, len);
	}
}

static void each_script_range(struct sv name, struct merged *m)
{
	const unsigned char *at = unicode_data_scripts;
	uint32_t len;

	for (uint32_t first = 0; first <= UNICODE_MAX; first += len) {
		unsigned script = *at++;

		len = read_varint(&at);
		if (script < unicode_data_n_scripts &&
			sv_is(name, unicode_data_script_names[script]))
			merged_add(m, first, len);
	}
}

bool unicode_each_range(struct sv name, unicode_range_fn fn, void *ctx)
{
	struct merged m = { .fn = fn, .ctx = ctx };

	if (sv_is(name, "Any"))
		merged_add(&m, 0, UNICODE_MAX + 1);
	else if (name.len == 1 || name.len == 2)
		each_category_range(name, &m);
	else
		each_script_range(name, &m);
	if (m.any)
		fn(m.first, m.end - 1, ctx);
	return m.any;
}

/* Length that the first byte announces; 0 for a byte that begins nothing. */
static size_t announced_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static bool is_code_point(uint32_t rune, size_t len)
{
	if (len == 3)
		return rune >= 0x800 && !(rune >= 0xD800 && rune < 0xE000);
	return len != 4 || (rune >= 0x10000 && rune <= UNICODE_MAX);
}

size_t unicode_decode(const char *text, size_t len, uint32_t *ret_rune)
{
	const unsigned char *t = (const unsigned char *)text;
	size_t n = announced_length(t[0]);
	uint32_t rune = t[0];

	if (n == 1) {
		*ret_rune = rune;
		return 1;
	}
	*ret_rune = UNICODE_BAD;
	if (n == 0 || n > len)
		return 1;
	rune &= 0x7Fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((t[i] & 0xC0) != 0x80)
			return 1;
		rune = rune << 6 | (t[i] & 0x3F);
	}
	if (!is_code_point(rune, n))
		return 1;
	*ret_rune = rune;
	return n;
}

size_t unicode_encode(char *out, uint32_t rune)
{
	if (rune > UNICODE_MAX || (rune >= 0xD800 && rune < 0xE000))
		rune = UNICODE_BAD;
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	size_t n = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (rune & 0x3F));
		rune >>= 6;
	}
	out[0] = (char)((0xF00u >> n & 0xF0) | rune);
	return n;
}

bool unicode_is_utf8(struct sv text)
{
	uint32_t rune;

	for (size_t i = 0; i < text.len;) {
		size_t n = unicode_decode(text.ptr + i, text.len - i, &rune);

		if (n == 1 && rune == UNICODE_BAD)
			return false;
		i += n;
	}
	return true;
}
