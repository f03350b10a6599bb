/* Compiled regular expressions: an RE2 pattern (translated by rex_syntax.c) on PCRE2's interpreter,
 * matching, and Go's replacement templates. PCRE2 backtracks where RE2 does not, so steps, depth
 * and memory of one match are limited; the JIT is not used because it needs writable code pages and
 * knows only one of the limits. Text that is not UTF-8 is searched between the bad bytes. */
#include "common/rex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/rex_syntax.h"
#include "common/utf8.h"

/* Some tens of milliseconds: far above what a sane pattern needs for a metric name, far below what
 * a client would notice as a hang. */
#define STEPS_MAX 1000000
#define DEPTH_MAX 100000
#define HEAP_KIB_MAX 4096

struct rex {
	char *text; /* of the pattern, for messages; the names point into it */
	struct rex_syntax syntax;
	pcre2_general_context *memory;
	pcre2_match_context *limits;
	pcre2_code *code;
	pcre2_match_data *found; /* scratch of one match, kept because it is large */
};

static void *pcre_alloc(size_t size, void *unused)
{
	(void)unused;
	return mem_alloc(size);
}

static void pcre_free(void *p, void *unused)
{
	(void)unused;
	mem_free(p);
}

void rex_free(struct rex *r)
{
	if (!r)
		return;
	pcre2_match_data_free(r->found);
	pcre2_code_free(r->code);
	pcre2_match_context_free(r->limits);
	pcre2_general_context_free(r->memory);
	rex_syntax_done(&r->syntax);
	mem_free(r->text);
	mem_free(r);
}

/* The \p{...} that ends at the offset. */
static struct sv property_before(struct sv translated, size_t offset)
{
	struct sv text = sv_take(translated, offset);
	size_t start = text.len;

	while (start > 1 && text.ptr[start - 1] != '\\')
		start--;
	return sv_skip(text, start > 0 ? start - 1 : 0);
}

static enum error_kind compile_error(
	int code, struct sv pattern, struct sv translated, size_t offset, struct error *err)
{
	switch (code) {
	case PCRE2_ERROR_HEAP_FAILED:
		return error_nomem(err);
	case PCRE2_ERROR_PATTERN_TOO_LARGE:
	case PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP:
		return error_set(err, ERR_LIMIT,
			"error parsing regexp: expression too large: `%.*s`", SV_ARG(pattern));
	case PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY:
	case PCRE2_ERROR_MALFORMED_UNICODE_PROPERTY:
		return error_set(err, ERR_INVALID,
			"error parsing regexp: invalid character class range: `%.*s`",
			SV_ARG(property_before(translated, offset)));
	default: {
		PCRE2_UCHAR text[128];
		(void)pcre2_get_error_message(code, text, sizeof(text));
		return error_set(err, ERR_INVALID, "error parsing regexp: %s: `%.*s`",
			(const char *)text, SV_ARG(pattern));
	}
	}
}

static enum error_kind compile(struct rex *r, struct sv pattern, struct error *err)
{
	pcre2_compile_context *options = pcre2_compile_context_create(r->memory);
	struct sv translated = buf_sv(&r->syntax.pattern);
	int code = 0;
	size_t offset = 0;

	if (!options)
		return error_nomem(err);
	(void)pcre2_set_newline(options, PCRE2_NEWLINE_LF);
	r->code = pcre2_compile((PCRE2_SPTR)(translated.ptr ? translated.ptr : ""), translated.len,
		PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
			PCRE2_NEVER_BACKSLASH_C,
		&code, &offset, options);
	pcre2_compile_context_free(options);
	return r->code ? ERR_OK : compile_error(code, pattern, translated, offset, err);
}

static enum error_kind build(struct rex *r, struct sv pattern, struct error *err)
{
	r->text = mem_memdup(pattern.ptr, pattern.len);
	if (!r->text)
		return error_nomem(err);
	enum error_kind kind = rex_syntax_translate(sv_from(r->text, pattern.len), &r->syntax, err);
	if (kind)
		return kind;
	r->memory = pcre2_general_context_create(pcre_alloc, pcre_free, NULL);
	r->limits = r->memory ? pcre2_match_context_create(r->memory) : NULL;
	if (!r->limits)
		return error_nomem(err);
	(void)pcre2_set_match_limit(r->limits, STEPS_MAX);
	(void)pcre2_set_depth_limit(r->limits, DEPTH_MAX);
	(void)pcre2_set_heap_limit(r->limits, HEAP_KIB_MAX);
	kind = compile(r, pattern, err);
	if (kind)
		return kind;
	r->found = pcre2_match_data_create(r->syntax.n_groups + 1, r->memory);
	return r->found ? ERR_OK : error_nomem(err);
}

enum error_kind rex_new(struct sv pattern, struct rex **ret, struct error *err)
{
	AUTO(rex_free) struct rex *r = mem_zalloc(sizeof(*r));

	if (!r)
		return error_nomem(err);
	enum error_kind kind = build(r, pattern, err);
	if (kind)
		return kind;
	*ret = TAKE_PTR(r);
	return ERR_OK;
}

unsigned rex_n_groups(const struct rex *r)
{
	return r->syntax.n_groups;
}

unsigned rex_group(const struct rex *r, struct sv name)
{
	VEC_FOREACH (entry, &r->syntax.names) {
		if (sv_eq(entry->name, name))
			return entry->group;
	}
	return 0;
}

/* The first match at or behind offset. */
static enum error_kind search(
	const struct rex *r, struct sv subject, size_t offset, bool *ret_matched, struct error *err)
{
	int code = pcre2_match(r->code, (PCRE2_SPTR)(subject.ptr ? subject.ptr : ""), subject.len,
		offset, 0, r->found, r->limits);

	if (code > 0 || code == PCRE2_ERROR_NOMATCH) {
		*ret_matched = code > 0;
		return ERR_OK;
	}
	switch (code) {
	case PCRE2_ERROR_NOMEMORY:
		return error_nomem(err);
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
		return error_set(err, ERR_LIMIT,
			"regular expression `%s` needs too much work on a text of %zu bytes",
			r->text, subject.len);
	default:
		return error_set(
			err, ERR_BUG, "regular expression `%s`: PCRE2 error %d", r->text, code);
	}
}

/* The group of the last match; ptr NULL when it did not take part. */
static struct sv group_of(const struct rex *r, struct sv subject, size_t group)
{
	const size_t *ends = pcre2_get_ovector_pointer(r->found);

	if (group > r->syntax.n_groups || ends[2 * group] == PCRE2_UNSET)
		return SV_NULL;
	const char *text = subject.ptr ? subject.ptr : "";
	return sv_from(text + ends[2 * group], ends[2 * group + 1] - ends[2 * group]);
}

enum error_kind rex_match(const struct rex *r, struct sv subject, bool *ret_matched,
	struct sv *ret_groups, size_t max_groups, struct error *err)
{
	bool matched;
	enum error_kind kind = search(r, subject, 0, &matched, err);

	if (kind)
		return kind;
	for (size_t i = 0; matched && ret_groups && i < max_groups; i++)
		ret_groups[i] = group_of(r, subject, i);
	*ret_matched = matched;
	return ERR_OK;
}

/* Go takes letters and digits of every script; here every character beyond ASCII is one. */
static bool is_name_char(char c)
{
	return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

/* "name" or "{name}" from the front of *template; false, and nothing taken, when it is no
 * reference. */
static bool take_reference(struct sv *template, struct sv *ret_name)
{
	struct sv rest = *template;
	bool braced = sv_has_prefix(rest, SV("{"));
	size_t n = 0;

	if (braced)
		rest = sv_skip(rest, 1);
	while (n < rest.len && is_name_char(rest.ptr[n]))
		n++;
	if (n == 0 || (braced && (n == rest.len || rest.ptr[n] != '}')))
		return false;
	*ret_name = sv_take(rest, n);
	*template = sv_skip(rest, braced ? n + 1 : n);
	return true;
}

/* What a reference stands for: a number without leading zeros is a group's, anything else a
 * name's. */
static struct sv lookup(
	const struct rex *r, struct sv name, const struct sv *groups, size_t n_groups)
{
	uint64_t number;
	bool is_number = sv_to_u64(name, &number) && (name.len == 1 || name.ptr[0] != '0');

	if (is_number)
		return number < n_groups ? groups[number] : SV_NULL;
	/* Of groups that share a name the first that took part counts. */
	VEC_FOREACH (entry, &r->syntax.names) {
		if (sv_eq(entry->name, name) && entry->group < n_groups && groups[entry->group].ptr)
			return groups[entry->group];
	}
	return SV_NULL;
}

struct expansion {
	const struct rex *rex;
	const struct sv *groups;
	size_t n_groups;
};

static size_t copy_out(char *out, size_t at, struct sv text)
{
	if (out && text.len > 0)
		memcpy(out + at, text.ptr, text.len);
	return text.len;
}

/* Length of the expansion; written to out unless that is NULL. */
static size_t expand(const struct expansion *e, struct sv template, char *out)
{
	size_t len = 0;
	bool found = true;

	while (found) {
		struct sv before = sv_cut(template, '$', &template, &found);
		struct sv name;
		len += copy_out(out, len, before);
		if (!found)
			break;
		if (sv_has_prefix(template, SV("$"))) {
			template = sv_skip(template, 1);
			len += copy_out(out, len, SV("$"));
		} else if (take_reference(&template, &name)) {
			len += copy_out(out, len, lookup(e->rex, name, e->groups, e->n_groups));
		} else {
			len += copy_out(out, len, SV("$"));
		}
	}
	return len;
}

bool rex_expand(const struct rex *r, struct arena *a, struct sv template, const struct sv *groups,
	size_t n_groups, struct sv *ret)
{
	struct expansion e = { r, groups, n_groups };
	size_t len = expand(&e, template, NULL);
	char *text = arena_alloc(a, len + 1);

	if (!text)
		return false;
	*ret = sv_from(text, expand(&e, template, text));
	return true;
}

struct replacement {
	const struct rex *rex;
	struct arena *arena;
	struct sv subject, template;
	struct sv *groups;
	size_t n_groups;
	struct buf out;
	size_t at;     /* the search goes on here */
	size_t copied; /* what lies before is in out */
};

/* Takes in the match that was just found. False without memory. */
static bool replace_one(struct replacement *p)
{
	const char *base = p->subject.ptr ? p->subject.ptr : "";
	struct sv text;

	for (size_t i = 0; i < p->n_groups; i++)
		p->groups[i] = group_of(p->rex, p->subject, i);
	size_t start = (size_t)(p->groups[0].ptr - base);
	size_t end = start + p->groups[0].len;
	buf_put_sv(&p->out, sv_take(sv_skip(p->subject, p->copied), start - p->copied));
	/* An empty match right behind another match is none, as in Go. */
	if (end > p->copied || start == 0) {
		if (!rex_expand(p->rex, p->arena, p->template, p->groups, p->n_groups, &text))
			return false;
		buf_put_sv(&p->out, text);
	}
	p->copied = end;
	/* At least one character further, so that an empty match cannot be found again. */
	size_t width = p->at < p->subject.len ? utf8_char_len(sv_skip(p->subject, p->at)) : 1;
	size_t next = p->at + (width ? width : 1);
	p->at = next > end ? next : end;
	return true;
}

static enum error_kind replace_all(struct replacement *p, struct error *err)
{
	while (p->at <= p->subject.len) {
		bool matched;
		enum error_kind kind = search(p->rex, p->subject, p->at, &matched, err);
		if (kind)
			return kind;
		if (!matched)
			break;
		if (!replace_one(p))
			return arena_error(p->arena, err);
	}
	buf_put_sv(&p->out, sv_skip(p->subject, p->copied));
	return buf_check(&p->out, "the replaced text", err);
}

enum error_kind rex_replace_all(const struct rex *r, struct arena *a, struct sv subject,
	struct sv template, struct sv *ret, struct error *err)
{
	size_t n_groups = r->syntax.n_groups + 1;
	struct replacement p = { .rex = r,
		.arena = a,
		.subject = subject,
		.template = template,
		.groups = ARENA_ARRAY(a, n_groups, struct sv),
		.n_groups = n_groups };

	if (!p.groups)
		return arena_error(a, err);
	buf_init(&p.out, a->max_bytes);
	enum error_kind kind = replace_all(&p, err);
	struct sv text = kind ? SV_NULL : arena_sv(a, buf_sv(&p.out));
	buf_done(&p.out);
	if (kind)
		return kind;
	if (!text.ptr)
		return arena_error(a, err);
	*ret = text;
	return ERR_OK;
}
