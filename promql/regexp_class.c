/* Sets of code points. */
#include <stdlib.h>

#include "promql/regexp_tree.h"

/* All of Unicode's letters are some 660 ranges; a pattern cannot name much more without being an attack. */
#define MAX_RANGES 200000u

void regexp_ranges_add(struct regexp_ranges *r, uint32_t first, uint32_t last)
{
	struct regexp_range *range;

	if (first > last)
		return;
	/* Neighbours that come in order are merged at once. */
	if (r->list.n && r->list.at[r->list.n - 1].last + 1 == first) {
		r->list.at[r->list.n - 1].last = last;
		return;
	}
	range = VEC_PUSH(&r->list, MAX_RANGES);
	if (!range) {
		r->failed = true;
		return;
	}
	*range = (struct regexp_range){ first, last };
}

struct folding {
	struct regexp_ranges *ranges;
	uint32_t first, last; /* the range whose images are added */
};

static void push(struct regexp_ranges *r, uint32_t first, uint32_t last)
{
	struct regexp_range *range = VEC_PUSH(&r->list, MAX_RANGES);

	if (range)
		*range = (struct regexp_range){ first, last };
	else
		r->failed = true;
}

/* Images inside of the range itself say nothing new; most are. */
static void add_image(uint32_t first, uint32_t last, void *ctx)
{
	struct folding *f = ctx;

	if (first < f->first || last > f->last)
		push(f->ranges, first, last);
}

void regexp_ranges_add_folded(struct regexp_ranges *r, uint32_t first, uint32_t last)
{
	size_t from = r->list.n;

	push(r, first, last);
	/* Cycles of case variants have at most four members: three steps reach all of them. */
	for (unsigned step = 0; step < 3; step++) {
		size_t end = r->list.n;

		for (; from < end; from++) {
			struct folding f = { r, r->list.at[from].first, r->list.at[from].last };

			unicode_each_fold(f.first, f.last, add_image, &f);
		}
	}
}

void regexp_ranges_add_class(struct regexp_ranges *r, const struct regexp_class *class)
{
	for (size_t i = 0; i < class->n; i++)
		regexp_ranges_add(r, class->ranges[i].first, class->ranges[i].last);
}

void regexp_ranges_add_negated(struct regexp_ranges *r, const struct regexp_class *class)
{
	uint32_t next = 0;

	for (size_t i = 0; i < class->n; i++) {
		if (class->ranges[i].first > next)
			regexp_ranges_add(r, next, class->ranges[i].first - 1);
		next = class->ranges[i].last + 1;
	}
	if (next <= UNICODE_MAX)
		regexp_ranges_add(r, next, UNICODE_MAX);
}

static int compare(const void *a, const void *b)
{
	const struct regexp_range *ra = a, *rb = b;

	return ra->first < rb->first ? -1 : ra->first > rb->first;
}

static void set_ascii(struct regexp_class *class)
{
	for (size_t i = 0; i < class->n && class->ranges[i].first < 128; i++)
		for (uint32_t c = class->ranges[i].first; c <= class->ranges[i].last && c < 128;
			c++)
			class->ascii[c / 64] |= UINT64_C(1) << (c % 64);
}

const struct regexp_class *regexp_ranges_finish(
	struct regexp_ranges *r, struct arena *a, bool negate)
{
	struct regexp_class *class = ARENA_NEW(a, struct regexp_class);
	struct regexp_range *out = ARENA_ARRAY(a, r->list.n + 1, struct regexp_range);
	size_t n = 0;

	if (!class || !out || r->failed)
		return NULL;
	if (r->list.n > 1)
		qsort(r->list.at, r->list.n, sizeof(*r->list.at), compare);
	for (size_t i = 0; i < r->list.n; i++) {
		struct regexp_range range = r->list.at[i];

		if (n && range.first <= out[n - 1].last + 1)
			out[n - 1].last =
				range.last > out[n - 1].last ? range.last : out[n - 1].last;
		else
			out[n++] = range;
	}
	class->ranges = out;
	class->n = n;
	if (negate) {
		struct regexp_ranges inverse = { .failed = false };

		regexp_ranges_add_negated(&inverse, class);
		const struct regexp_class *result = regexp_ranges_finish(&inverse, a, false);

		regexp_ranges_done(&inverse);
		return result;
	}
	set_ascii(class);
	return class;
}

void regexp_ranges_done(struct regexp_ranges *r)
{
	VEC_DONE(&r->list);
}

bool regexp_class_has(const struct regexp_class *class, uint32_t rune)
{
	size_t low = 0, high = class->n;

	if (rune < 128)
		return class->ascii[rune / 64] >> (rune % 64) & 1;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rune < class->ranges[middle].first)
			high = middle;
		else if (rune > class->ranges[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static const struct regexp_range DIGIT[] = { { '0', '9' } };
static const struct regexp_range PERL_SPACE[] = { { '\t', '\n' }, { '\f', '\r' }, { ' ', ' ' } };
static const struct regexp_range WORD[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' },
	{ 'a', 'z' } };
static const struct regexp_range ALNUM[] = { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } };
static const struct regexp_range ALPHA[] = { { 'A', 'Z' }, { 'a', 'z' } };
static const struct regexp_range ASCII[] = { { 0, 0x7F } };
static const struct regexp_range BLANK[] = { { '\t', '\t' }, { ' ', ' ' } };
static const struct regexp_range CNTRL[] = { { 0, 0x1F }, { 0x7F, 0x7F } };
static const struct regexp_range GRAPH[] = { { '!', '~' } };
static const struct regexp_range LOWER[] = { { 'a', 'z' } };
static const struct regexp_range PRINT[] = { { ' ', '~' } };
static const struct regexp_range PUNCT[] = { { '!', '/' }, { ':', '@' }, { '[', '`' },
	{ '{', '~' } };
static const struct regexp_range SPACE[] = { { '\t', '\r' }, { ' ', ' ' } };
static const struct regexp_range UPPER[] = { { 'A', 'Z' } };
static const struct regexp_range XDIGIT[] = { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } };

const struct regexp_range *regexp_named_class(struct sv name, size_t *ret_n)
{
	static const struct {
		const char *name;
		const struct regexp_range *ranges;
		size_t n;
	} classes[] = {
#define CLASS(name, ranges) { name, ranges, ARRAY_LEN(ranges) }
		CLASS("\\d", DIGIT),
		CLASS("\\s", PERL_SPACE),
		CLASS("\\w", WORD),
		CLASS("[:alnum:]", ALNUM),
		CLASS("[:alpha:]", ALPHA),
		CLASS("[:ascii:]", ASCII),
		CLASS("[:blank:]", BLANK),
		CLASS("[:cntrl:]", CNTRL),
		CLASS("[:digit:]", DIGIT),
		CLASS("[:graph:]", GRAPH),
		CLASS("[:lower:]", LOWER),
		CLASS("[:print:]", PRINT),
		CLASS("[:punct:]", PUNCT),
		CLASS("[:space:]", SPACE),
		CLASS("[:upper:]", UPPER),
		CLASS("[:word:]", WORD),
		CLASS("[:xdigit:]", XDIGIT),
#undef CLASS
	};

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (sv_is(name, classes[i].name)) {
			*ret_n = classes[i].n;
			return classes[i].ranges;
		}
	}
	return NULL;
}
