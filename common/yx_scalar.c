/* YAML scalar text -> null, boolean, number or string. The order of attempts is go-yaml v2's:
 * words, then integers of base 2, 8, 10 and 16 with underscores, then decimal floats, else text.
 * Times and base 60 numbers stay text. Pure. */
#include "common/yx_scalar.h"

#include <math.h>

#include "common/f64.h"

/* What a scalar looks like, whatever its tag says. */
struct resolved {
	enum yx_scalar_tag tag;
	bool truth;
	bool negative;	    /* INT */
	uint64_t magnitude; /* INT */
	double number;	    /* FLOAT */
};

static bool resolve_word(struct sv text, struct resolved *ret)
{
	static const struct {
		const char *words;
		enum yx_scalar_tag tag;
		bool truth;
	} table[] = {
		{ "y Y yes Yes YES true True TRUE on On ON ", YX_SCALAR_BOOL, true },
		{ "n N no No NO false False FALSE off Off OFF ", YX_SCALAR_BOOL, false },
		{ "~ null Null NULL ", YX_SCALAR_NULL, false },
	};

	if (text.len == 0) {
		ret->tag = YX_SCALAR_NULL;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct sv rest = sv_of(table[i].words);
		while (rest.len > 0) {
			bool found;
			if (!sv_eq(sv_cut(rest, ' ', &rest, &found), text))
				continue;
			ret->tag = table[i].tag;
			ret->truth = table[i].truth;
			return true;
		}
	}
	return false;
}

/* ".inf" and ".nan" in go-yaml's three spellings. */
static bool resolve_special(struct sv text, struct resolved *ret)
{
	bool negative = sv_has_prefix(text, SV("-"));
	bool has_sign = negative || sv_has_prefix(text, SV("+"));
	struct sv word = sv_skip(text, has_sign ? 1 : 0);

	ret->tag = YX_SCALAR_FLOAT;
	if (sv_is(word, ".inf") || sv_is(word, ".Inf") || sv_is(word, ".INF")) {
		ret->number = negative ? -HUGE_VAL : HUGE_VAL;
		return true;
	}
	ret->number = (double)NAN;
	return !has_sign && (sv_is(word, ".nan") || sv_is(word, ".NaN") || sv_is(word, ".NAN"));
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* The base that a prefix announces; takes the prefix off. */
static unsigned take_base(struct sv *digits)
{
	if (digits->len < 2 || digits->ptr[0] != '0')
		return 10;
	unsigned base = 8;
	size_t prefix = 2;
	switch (digits->ptr[1]) {
	case 'x':
	case 'X':
		base = 16;
		break;
	case 'b':
	case 'B':
		base = 2;
		break;
	case 'o':
	case 'O':
		break;
	default:
		prefix = 1;
		break;
	}
	*digits = sv_skip(*digits, prefix);
	return base;
}

/* int64 with any sign, or uint64 without one. */
static bool resolve_int(struct sv text, struct resolved *ret)
{
	bool negative = sv_has_prefix(text, SV("-"));
	bool has_sign = negative || sv_has_prefix(text, SV("+"));
	struct sv digits = sv_skip(text, has_sign ? 1 : 0);
	unsigned base = take_base(&digits);
	uint64_t value = 0;

	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = digit_value(digits.ptr[i]);
		if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
			__builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	uint64_t largest = has_sign ? (uint64_t)INT64_MAX + negative : UINT64_MAX;
	if (value > largest)
		return false;
	ret->tag = YX_SCALAR_INT;
	ret->negative = negative && value > 0;
	ret->magnitude = value;
	return true;
}

/* Only digits, a point and an exponent: what f64_parse takes beyond that is text in YAML. */
static bool looks_like_float(struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!(c >= '0' && c <= '9') && c != '.' && c != 'e' && c != 'E' && c != '+' &&
			c != '-')
			return false;
	}
	return true;
}

static bool resolve_float(struct sv text, struct resolved *ret)
{
	ret->tag = YX_SCALAR_FLOAT;
	return f64_parse(text, &ret->number) == F64_OK;
}

/* False without memory. */
static bool resolve(struct arena *a, struct sv text, struct resolved *ret)
{
	*ret = (struct resolved){ .tag = YX_SCALAR_STR };
	if (resolve_word(text, ret) || resolve_special(text, ret))
		return true;
	char first = text.ptr[0];
	if (first == '.' && resolve_float(text, ret))
		return true;
	if ((first >= '0' && first <= '9') || first == '+' || first == '-') {
		char *plain = arena_alloc(a, text.len);
		size_t n = 0;
		if (!plain)
			return false;
		for (size_t i = 0; i < text.len; i++) {
			if (text.ptr[i] != '_')
				plain[n++] = text.ptr[i];
		}
		struct sv number = sv_from(plain, n);
		if (resolve_int(number, ret) ||
			(looks_like_float(number) && resolve_float(number, ret)))
			return true;
	}
	ret->tag = YX_SCALAR_STR;
	return true;
}

static const char *tag_name(enum yx_scalar_tag tag)
{
	switch (tag) {
	case YX_SCALAR_STR:
	case YX_SCALAR_UNTAGGED:
		return "!!str";
	case YX_SCALAR_INT:
		return "!!int";
	case YX_SCALAR_FLOAT:
		return "!!float";
	case YX_SCALAR_BOOL:
		return "!!bool";
	case YX_SCALAR_NULL:
		return "!!null";
	}
	return "?";
}

static enum error_kind print_number(
	struct arena *a, const struct resolved *r, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 64); /* more than any number takes */
	if (r->tag == YX_SCALAR_FLOAT) {
		f64_print_json(&text, r->number);
	} else {
		if (r->negative)
			buf_put_char(&text, '-');
		buf_put_u64(&text, r->magnitude);
	}
	enum error_kind kind = buf_check(&text, "a number", err);
	if (kind)
		return kind;
	*ret = arena_sv(a, buf_sv(&text));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

/* `!!float 3` is 3.0; any other tag must agree with what the text looks like. */
static bool agree(enum yx_scalar_tag tag, struct resolved *r)
{
	if (tag == YX_SCALAR_FLOAT && r->tag == YX_SCALAR_INT) {
		r->tag = YX_SCALAR_FLOAT;
		r->number = r->negative ? -(double)r->magnitude : (double)r->magnitude;
	}
	return tag == YX_SCALAR_UNTAGGED || tag == r->tag;
}

enum error_kind yx_scalar_resolve(struct arena *a, struct sv text, enum yx_scalar_tag tag,
	struct jtree *node, struct error *err)
{
	struct resolved r = { .tag = YX_SCALAR_STR };

	node->raw = text;
	if (tag != YX_SCALAR_STR && !resolve(a, text, &r))
		return arena_error(a, err);
	if (!agree(tag, &r))
		return error_set(err, ERR_INVALID, "cannot read %s `%.*s` as %s", tag_name(r.tag),
			SV_ARG(text), tag_name(tag));
	switch (r.tag) {
	case YX_SCALAR_NULL:
		node->kind = JTREE_NULL;
		return ERR_OK;
	case YX_SCALAR_BOOL:
		node->kind = JTREE_BOOL;
		node->truth = r.truth;
		return ERR_OK;
	case YX_SCALAR_FLOAT:
		if (!isfinite(r.number))
			return error_set(err, ERR_INVALID,
				"%.*s is no number that JSON can hold; quote it for text",
				SV_ARG(text));
		node->kind = JTREE_NUMBER;
		return print_number(a, &r, &node->text, err);
	case YX_SCALAR_INT:
		node->kind = JTREE_NUMBER;
		return print_number(a, &r, &node->text, err);
	case YX_SCALAR_STR:
	case YX_SCALAR_UNTAGGED:
		break;
	}
	node->kind = JTREE_STRING;
	node->text = text;
	return ERR_OK;
}

enum error_kind yx_scalar_key(const struct jtree *value, struct sv *ret, struct error *err)
{
	switch (value->kind) {
	case JTREE_STRING:
	case JTREE_NUMBER:
		*ret = value->text;
		return ERR_OK;
	case JTREE_BOOL:
		*ret = value->truth ? SV("true") : SV("false");
		return ERR_OK;
	case JTREE_NULL:
		return error_set(err, ERR_INVALID, "null cannot be a key; quote it");
	case JTREE_ARRAY:
	case JTREE_OBJECT:
		break;
	}
	return error_set(err, ERR_INVALID, "%s cannot be a key", jtree_kind_name(value->kind));
}
