/* Pieces of an answer -> distinct shapes. The envelope is followed byte by byte only as far as needed to find the elements of
 * "data"; each element is collected and decoded on its own, so that memory is one element and the shapes. The envelope's other
 * members (status, error, warnings) are kept, up to a bound, and decoded at the end. */
#include "promql/series.h"

#include <stdlib.h>

#include "common/map.h"
#include "common/vec.h"
#include "promql/answer_scan.h"

/* Memory for shapes: a shape takes about 300 bytes, so a million of them; a cluster has some thousands. */
#define MAX_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_SHAPES 1000000u
/* One label set: 64 labels of 1 KiB are far beyond what Prometheus keeps. */
#define MAX_ELEMENT_BYTES (1024u * 1024)
/* The rest of the envelope: warnings. */
#define MAX_ENVELOPE_BYTES (1024u * 1024)
#define MAX_LABELS 1024u
#define MAX_DEPTH 64u

struct series {
	struct arena arena, scratch;
	struct map shapes; /* struct series_shape by its names */
	VEC(struct series_shape *) sorted;
	struct buf element, envelope, key;
	struct sv *names; /* MAX_LABELS, for one element */
	unsigned depth;	  /* inside of an element, or of the envelope */
	bool in_string, escaped;
	bool in_data, first, ended; /* inside of the list, before its first element, behind it */
	uint64_t n_entries;
	size_t n_warnings;
	struct error failure; /* stays */
	void (*busy)(bool begins, void *ctx);
	void *busy_ctx;
};

enum error_kind series_new(struct series **ret, struct error *err)
{
	struct series *s = mem_zalloc(sizeof(*s));

	if (!s)
		return error_nomem(err);
	arena_init(&s->arena, MAX_ARENA_BYTES);
	arena_init(&s->scratch, 4 * MAX_ELEMENT_BYTES);
	map_init(&s->shapes, MAX_SHAPES);
	buf_init(&s->element, MAX_ELEMENT_BYTES);
	buf_init(&s->envelope, MAX_ENVELOPE_BYTES);
	buf_init(&s->key, 2 * MAX_ELEMENT_BYTES);
	s->names = ARENA_ARRAY(&s->arena, MAX_LABELS, struct sv);
	if (!s->names) {
		series_free(s);
		return error_nomem(err);
	}
	*ret = s;
	return ERR_OK;
}

void series_free(struct series *s)
{
	if (!s)
		return;
	map_done(&s->shapes, NULL);
	VEC_DONE(&s->sorted);
	buf_done(&s->element);
	buf_done(&s->envelope);
	buf_done(&s->key);
	arena_done(&s->scratch);
	arena_done(&s->arena);
	mem_free(s);
}

static bool fail(struct series *s, enum error_kind kind, const char *text)
{
	if (!s->failure.kind)
		error_set(&s->failure, kind, "%s", text);
	return false;
}

static bool bad(struct series *s, const char *expected)
{
	if (!s->failure.kind)
		error_set(&s->failure, ERR_INVALID, "bad_response: series %llu: expected %s",
			(unsigned long long)s->n_entries, expected);
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return sv_cmp(*(const struct sv *)a, *(const struct sv *)b);
}

/* The shape's text: every name with its length in front. */
static bool make_key(struct series *s, struct sv name, size_t n)
{
	buf_clear(&s->key);
	buf_put(&s->key, &name.len, sizeof(name.len));
	buf_put_sv(&s->key, name);
	for (size_t i = 0; i < n; i++) {
		buf_put(&s->key, &s->names[i].len, sizeof(s->names[i].len));
		buf_put_sv(&s->key, s->names[i]);
	}
	return !s->key.failed ||
	       fail(s, s->key.failed, "bad_response: a series with too many labels");
}

static struct series_shape *new_shape(struct series *s, struct sv name, size_t n)
{
	struct series_shape *shape = ARENA_NEW(&s->arena, struct series_shape);
	struct sv *labels = ARENA_ARRAY(&s->arena, n + 1, struct sv);
	struct series_shape **slot;

	if (!shape || !labels)
		return NULL;
	shape->name = arena_sv(&s->arena, name);
	shape->labels = labels;
	shape->n_labels = n;
	for (size_t i = 0; i < n; i++) {
		labels[i] = arena_sv(&s->arena, s->names[i]);
		if (!labels[i].ptr)
			return NULL;
	}
	slot = VEC_PUSH(&s->sorted, MAX_SHAPES);
	if (!shape->name.ptr || !slot)
		return NULL;
	*slot = shape;
	return shape;
}

static bool enter_shape(struct series *s, struct sv name, size_t n)
{
	struct series_shape *shape;
	struct error why;
	size_t kept = 0;

	qsort(s->names, n, sizeof(*s->names), compare_names);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !sv_eq(s->names[i], s->names[kept - 1]))
			s->names[kept++] = s->names[i];
	if (!make_key(s, name, kept))
		return false;
	shape = map_get(&s->shapes, buf_sv(&s->key));
	if (!shape) {
		shape = new_shape(s, name, kept);
		if (!shape || map_set(&s->shapes, buf_sv(&s->key), shape, NULL, &why))
			return fail(s, ERR_LIMIT, "the list of series needs too much memory");
	}
	shape->last_index = s->n_entries++;
	return true;
}

/* {"name":"value", ...}; null is an entry without labels. */
static bool decode_element(struct series *s, struct answer_scan *scan)
{
	struct answer_text key, value;
	struct sv name = SV(""), label;
	bool first = true, close;
	size_t n = 0;

	if (answer_scan_null(scan))
		return enter_shape(s, name, 0);
	if (!answer_scan_expect(scan, '{'))
		return bad(s, scan->problem);
	while (answer_scan_member(scan, &first, &key, &close)) {
		if (!answer_scan_string(scan, &value))
			return bad(s, scan->problem);
		label = answer_scan_decode(key, &s->scratch);
		if (sv_is(label, "__name__"))
			name = answer_scan_decode(value, &s->scratch);
		if (!label.ptr || !name.ptr)
			return fail(s, ERR_NOMEM, "out of memory");
		if (sv_is(label, "__name__"))
			continue;
		if (n == MAX_LABELS)
			return fail(s, ERR_LIMIT, "bad_response: a series with too many labels");
		s->names[n++] = label;
	}
	if (!close)
		return bad(s, scan->problem);
	if (!enter_shape(s, name, n))
		return false;
	if (s->scratch.head)
		arena_clear(&s->scratch);
	return true;
}

static bool end_element(struct series *s)
{
	struct sv text = buf_sv(&s->element);
	struct answer_scan scan = { .at = text.ptr, .end = text.ptr + text.len };

	if (s->element.failed)
		return fail(s, s->element.failed, "bad_response: a series of more than a megabyte");
	if (!decode_element(s, &scan))
		return false;
	if (!answer_scan_end(&scan))
		return bad(s, scan.problem);
	buf_clear(&s->element);
	return true;
}

/* Whether the envelope so far ends in the key "data" of the outermost object, so that its value begins. */
static bool at_data(const struct series *s)
{
	struct sv text = sv_trim(buf_sv(&s->envelope));

	if (s->depth != 1 || s->ended || !sv_has_suffix(text, SV(":")))
		return false;
	text = sv_trim(sv_take(text, text.len - 1));
	if (!sv_has_suffix(text, SV("\"data\"")))
		return false;
	text = sv_trim(sv_take(text, text.len - 6));
	return text.len && (text.ptr[text.len - 1] == '{' || text.ptr[text.len - 1] == ',');
}

/* Strings, for both parts: true while c belongs to one. */
static bool follow_string(struct series *s, char c)
{
	if (!s->in_string) {
		s->in_string = c == '"';
		return s->in_string;
	}
	if (s->escaped)
		s->escaped = false;
	else if (c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->in_string = false;
	return true;
}

/* A byte of the envelope; the list of "data" is left out of it. */
static void feed_envelope(struct series *s, char c)
{
	if (!follow_string(s, c)) {
		if (c == '[' && at_data(s)) {
			s->in_data = s->first = true;
			s->depth = 0;
		} else if (c == '{' || c == '[') {
			s->depth++;
		} else if ((c == '}' || c == ']') && s->depth > 0) {
			s->depth--;
		}
	}
	buf_put_char(&s->envelope, c);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A comma or the closing bracket behind an element. */
static bool feed_separator(struct series *s, char c)
{
	bool empty = s->element.len == 0;

	if (empty && !(c == ']' && s->first))
		return bad(s, "an object");
	if (!empty && !end_element(s))
		return false;
	s->first = false;
	if (c == ']') {
		s->in_data = false;
		s->ended = true;
		s->depth = 1;
		buf_put_char(&s->envelope, c);
	}
	return true;
}

/* A byte of the list, between the brackets. */
static bool feed_data(struct series *s, char c)
{
	if (follow_string(s, c)) {
		buf_put_char(&s->element, c);
		return true;
	}
	if (s->depth == 0 && (c == ',' || c == ']'))
		return feed_separator(s, c);
	if (c == '{' || c == '[')
		s->depth++;
	else if (c == '}' || c == ']')
		s->depth -= s->depth > 0;
	if (s->element.len || !is_blank(c))
		buf_put_char(&s->element, c);
	return true;
}

void series_set_busy(struct series *s, void (*busy)(bool begins, void *ctx), void *ctx)
{
	s->busy = busy;
	s->busy_ctx = ctx;
}

static void tell_busy(const struct series *s, bool begins)
{
	if (s->busy)
		s->busy(begins, s->busy_ctx);
}

enum error_kind series_feed(struct series *s, struct sv piece, struct error *err)
{
	tell_busy(s, true);
	for (size_t i = 0; i < piece.len && !s->failure.kind; i++) {
		if (s->in_data)
			(void)feed_data(s, piece.ptr[i]);
		else
			feed_envelope(s, piece.ptr[i]);
	}
	if (s->envelope.failed)
		fail(s, s->envelope.failed, "bad_response: no list of series");
	if (s->element.failed)
		fail(s, s->element.failed, "bad_response: a series of more than a megabyte");
	tell_busy(s, false);
	if (s->failure.kind)
		*err = s->failure;
	return s->failure.kind;
}

/* The value of "data" in the envelope: the brackets whose inside is decoded already, or a list behind an escaped key. */
static bool read_data(struct series *s, struct answer_scan *scan)
{
	bool first = true, close;

	if (!answer_scan_expect(scan, '['))
		return bad(s, "a list of series as data");
	while (answer_scan_element(scan, &first, &close))
		if (!decode_element(s, scan))
			return false;
	return close || bad(s, scan->problem);
}

static bool read_member(
	struct series *s, struct answer_scan *scan, struct sv name, struct sv *texts)
{
	static const char *const names[] = { "status", "errorType", "error" };
	struct answer_text text;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (sv_is(name, names[i]) && answer_scan_peek(scan) == '"') {
			if (!answer_scan_string(scan, &text))
				return bad(s, scan->problem);
			texts[i] = answer_scan_decode(text, &s->scratch);
			return true;
		}
	}
	if (sv_is(name, "warnings") && answer_scan_peek(scan) == '[') {
		bool first = true, close;

		scan->at++;
		while (answer_scan_element(scan, &first, &close)) {
			s->n_warnings++;
			if (!answer_scan_skip(scan))
				return bad(s, scan->problem);
		}
		return close || bad(s, scan->problem);
	}
	return answer_scan_skip(scan) || bad(s, scan->problem);
}

static bool read_envelope(struct series *s)
{
	struct sv text = buf_sv(&s->envelope), texts[3] = { SV(""), SV(""), SV("") };
	struct answer_scan scan = { .at = buf_text(&s->envelope),
		.end = buf_text(&s->envelope) + text.len },
			   data = { 0 };
	struct answer_text key;
	bool first = true, close;

	if (!answer_scan_expect(&scan, '{'))
		return bad(s, scan.problem);
	while (answer_scan_member(&scan, &first, &key, &close)) {
		struct sv name = answer_scan_decode(key, &s->scratch);

		(void)answer_scan_peek(&scan);
		if (sv_is(name, "data"))
			data = scan;
		if (!read_member(s, &scan, name, texts))
			return false;
	}
	if (!close || !answer_scan_end(&scan))
		return bad(s, scan.problem);
	if (sv_is(texts[0], "error")) {
		error_set(
			&s->failure, ERR_UNAVAIL, "%.*s: %.*s", SV_ARG(texts[1]), SV_ARG(texts[2]));
		return false;
	}
	if (!texts[0].len)
		return bad(s, "the member \"status\"");
	return data.at ? read_data(s, &data) : bad(s, "the member \"data\"");
}

static int compare_shapes(const void *a, const void *b)
{
	const struct series_shape *const *sa = a, *const *sb = b;

	return (*sa)->last_index < (*sb)->last_index ? -1 : (*sa)->last_index > (*sb)->last_index;
}

enum error_kind series_end(struct series *s, struct error *err)
{
	tell_busy(s, true);
	if (!s->failure.kind && (s->in_data || s->in_string))
		bad(s, "the end of the list");
	if (!s->failure.kind && read_envelope(s) && s->sorted.n > 0)
		qsort(s->sorted.at, s->sorted.n, sizeof(*s->sorted.at), compare_shapes);
	tell_busy(s, false);
	if (s->failure.kind)
		*err = s->failure;
	return s->failure.kind;
}

size_t series_n(const struct series *s)
{
	return s->sorted.n;
}

const struct series_shape *series_at(const struct series *s, size_t i)
{
	return s->sorted.at[i];
}

uint64_t series_n_entries(const struct series *s)
{
	return s->n_entries;
}

size_t series_n_warnings(const struct series *s)
{
	return s->n_warnings;
}
