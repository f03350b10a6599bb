/* LabelSelector objects: JSON, the selector they stand for, the form in messages, and back from a selector. Pure. */
#include "kube/label_selector.h"

#include <string.h>

#include "common/limits.h"
#include "kube/selector_check.h"

/* clang-format off */
static const struct codec_field EXPRESSION_FIELDS[] = {
	CODEC_FIELD("key", CODEC_TEXT, struct label_expression, key, 0),
	CODEC_FIELD("operator", CODEC_TEXT, struct label_expression, op, 0),
	CODEC_TEXTS_OF("values", CODEC_TEXTS, struct label_expression, values),
};
static const struct codec_object EXPRESSION = CODEC_OBJECT(struct label_expression, EXPRESSION_FIELDS);
static const struct codec_field SELECTOR_FIELDS[] = {
	CODEC_TEXTS_OF("matchLabels", CODEC_TEXT_MAP, struct label_selector, match_labels),
	CODEC_LIST_OF("matchExpressions", struct label_selector, expressions, EXPRESSION, CODEC_OMIT),
};
const struct codec_object label_selector_codec = CODEC_OBJECT(struct label_selector, SELECTOR_FIELDS);
/* clang-format on */

enum error_kind label_selector_decode(
	struct arena *a, const struct jtree *t, struct label_selector **ret, struct error *err)
{
	struct codec c = { .a = a };
	struct label_selector *s = NULL;

	if (!jtree_is_absent(t)) {
		s = ARENA_NEW(a, struct label_selector);
		if (!s)
			return arena_error(a, err);
		codec_decode(&c, NULL, t, &label_selector_codec, s);
	}
	enum error_kind kind = codec_result(&c, err);
	if (kind == ERR_OK)
		*ret = s;
	return kind;
}

void label_selector_encode(struct jw *w, const struct label_selector *s)
{
	if (s)
		codec_encode(w, &label_selector_codec, s);
	else
		jw_null(w);
}

/* One requirement into its place; its values are a copy, sorted after the check, which counts them as given. */
static enum error_kind compile_one(struct arena *a, const struct selector_requirement *given,
	struct selector_requirement *ret, struct sv *ret_why, struct error *err)
{
	struct field_error_list problems;
	struct selector_requirement r = *given;

	field_error_list_init(&problems, a);
	selector_check_into(&problems, given);
	if (problems.n > 0 || problems.failed)
		return field_error_list_refuse(&problems, "", ret_why, err);
	r.values = ARENA_ARRAY(a, given->n_values, struct sv);
	if (!r.values)
		return arena_error(a, err);
	if (given->n_values > 0)
		memcpy(r.values, given->values, given->n_values * sizeof(*r.values));
	selector_sort_texts(r.values, r.n_values);
	*ret = r;
	return ERR_OK;
}

static bool operator_of(struct sv name, enum selector_op *ret)
{
	static const struct {
		const char *name;
		enum selector_op op;
	} operators[] = {
		{ "In", SELECTOR_IN },
		{ "NotIn", SELECTOR_NOT_IN },
		{ "Exists", SELECTOR_EXISTS },
		{ "DoesNotExist", SELECTOR_NOT_EXISTS },
	};

	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (sv_is(name, operators[i].name)) {
			*ret = operators[i].op;
			return true;
		}
	}
	return false;
}

static enum error_kind refuse_operator(
	struct arena *a, struct sv name, struct sv *ret_why, struct error *err)
{
	struct buf text;

	buf_init(&text, LIMIT_OBJECT_BYTES);
	field_error_quote(&text, name);
	buf_put_str(&text, " is not a valid label selector operator");
	struct sv why = arena_sv(a, buf_sv(&text));
	enum error_kind kind = buf_check(&text, "the error about an operator", err);
	buf_done(&text);
	if (kind != ERR_OK)
		return kind;
	if (!why.ptr)
		return arena_error(a, err);
	if (ret_why)
		*ret_why = why;
	return error_set(err, ERR_INVALID, "%s", why.ptr);
}

static enum error_kind compile_all(struct arena *a, const struct label_selector *s,
	struct selector *into, struct sv *ret_why, struct error *err)
{
	enum error_kind kind = ERR_OK;

	for (size_t i = 0; i < s->n_match_labels && kind == ERR_OK; i++) {
		struct selector_requirement r = { s->match_labels[i].key, SELECTOR_EQUALS,
			&s->match_labels[i].value, 1 };
		kind = compile_one(a, &r, &into->at[into->n++], ret_why, err);
	}
	for (size_t i = 0; i < s->n_expressions && kind == ERR_OK; i++) {
		const struct label_expression *e = &s->expressions[i];
		struct selector_requirement r = { e->key, SELECTOR_IN, e->values, e->n_values };
		if (!operator_of(e->op, &r.op))
			return refuse_operator(a, e->op, ret_why, err);
		kind = compile_one(a, &r, &into->at[into->n++], ret_why, err);
	}
	return kind == ERR_OK ? selector_sort(a, into, err) : kind;
}

enum error_kind label_selector_compile(struct arena *a, const struct label_selector *s,
	struct selector *ret, struct sv *ret_why, struct error *err)
{
	struct selector compiled = { .nothing = !s };

	if (s && s->n_match_labels + s->n_expressions > 0) {
		compiled.at = ARENA_ARRAY(
			a, s->n_match_labels + s->n_expressions, struct selector_requirement);
		if (!compiled.at)
			return arena_error(a, err);
		enum error_kind kind = compile_all(a, s, &compiled, ret_why, err);
		if (kind != ERR_OK)
			return kind;
	}
	*ret = compiled;
	return ERR_OK;
}

static void print_expression(struct buf *out, const struct label_expression *e)
{
	buf_put_str(out, "LabelSelectorRequirement{Key:");
	buf_put_sv(out, e->key);
	buf_put_str(out, ",Operator:");
	buf_put_sv(out, e->op);
	buf_put_str(out, ",Values:[");
	for (size_t i = 0; i < e->n_values; i++) {
		buf_put_str(out, i > 0 ? " " : "");
		buf_put_sv(out, e->values[i]);
	}
	buf_put_str(out, "],},");
}

void label_selector_print(struct buf *out, const struct label_selector *s)
{
	if (!s) {
		buf_put_str(out, "nil");
		return;
	}
	buf_put_str(out, "&LabelSelector{MatchLabels:map[string]string{");
	for (size_t i = 0; i < s->n_match_labels; i++) {
		buf_put_sv(out, s->match_labels[i].key);
		buf_put_str(out, ": ");
		buf_put_sv(out, s->match_labels[i].value);
		buf_put_char(out, ',');
	}
	buf_put_str(out, "},MatchExpressions:[]LabelSelectorRequirement{");
	for (size_t i = 0; i < s->n_expressions; i++)
		print_expression(out, &s->expressions[i]);
	buf_put_str(out, "},}");
}

static bool expression_eq(const struct label_expression *a, const struct label_expression *b)
{
	if (!sv_eq(a->key, b->key) || !sv_eq(a->op, b->op) || a->n_values != b->n_values)
		return false;
	for (size_t i = 0; i < a->n_values; i++) {
		if (!sv_eq(a->values[i], b->values[i]))
			return false;
	}
	return true;
}

bool label_selector_eq(const struct label_selector *a, const struct label_selector *b)
{
	if (!a || !b)
		return a == b;
	if (a->n_match_labels != b->n_match_labels || a->n_expressions != b->n_expressions)
		return false;
	for (size_t i = 0; i < a->n_match_labels; i++) {
		if (!sv_eq(a->match_labels[i].key, b->match_labels[i].key) ||
			!sv_eq(a->match_labels[i].value, b->match_labels[i].value))
			return false;
	}
	for (size_t i = 0; i < a->n_expressions; i++) {
		if (!expression_eq(&a->expressions[i], &b->expressions[i]))
			return false;
	}
	return true;
}

/* The operator's name in an expression; NULL with the error set when it has none. */
static const char *expression_operator(enum selector_op op, struct error *err)
{
	static const char *const names[] = {
		[SELECTOR_IN] = "In",
		[SELECTOR_NOT_IN] = "NotIn",
		[SELECTOR_EXISTS] = "Exists",
		[SELECTOR_NOT_EXISTS] = "DoesNotExist",
		[SELECTOR_LESS] = NULL,
	};

	if (names[op])
		return names[op];
	if (op == SELECTOR_NOT_EQUALS)
		(void)error_set(err, ERR_INVALID, "\"!=\" is not a valid label selector operator");
	else
		(void)error_set(err, ERR_INVALID, "\"%s\" isn't supported in label selectors",
			op == SELECTOR_GREATER ? "gt" : "lt");
	return NULL;
}

enum error_kind label_selector_from_selector(
	struct arena *a, const struct selector *s, struct label_selector **ret, struct error *err)
{
	struct label_selector *made = ARENA_NEW(a, struct label_selector);

	if (!made)
		return arena_error(a, err);
	made->match_labels = ARENA_ARRAY(a, s->n, struct label);
	made->expressions = ARENA_ARRAY(a, s->n, struct label_expression);
	if (!made->match_labels || !made->expressions)
		return arena_error(a, err);
	for (size_t i = 0; i < s->n; i++) {
		const struct selector_requirement *r = &s->at[i];
		if (r->op == SELECTOR_EQUALS || r->op == SELECTOR_DOUBLE_EQUALS) {
			/* Requirements are in key order: the last of one key wins. */
			size_t n = made->n_match_labels;
			bool again = n > 0 && sv_eq(made->match_labels[n - 1].key, r->key);
			made->match_labels[again ? n - 1 : made->n_match_labels++] =
				(struct label){ r->key, r->values[0] };
			continue;
		}
		const char *op = expression_operator(r->op, err);
		if (!op)
			return ERR_INVALID;
		made->expressions[made->n_expressions++] =
			(struct label_expression){ r->key, sv_of(op), r->values, r->n_values };
	}
	*ret = made;
	return ERR_OK;
}

#define TARGET_SELECTOR "failed to parse target selector: "

static enum error_kind refuse_target(
	struct arena *a, char *text, struct sv *ret_why, struct error *err)
{
	if (!text)
		return arena_error(a, err);
	if (ret_why)
		*ret_why = sv_of(text);
	return error_set(err, ERR_INVALID, "%s", text);
}

enum error_kind label_selector_normalise(
	struct arena *a, struct sv text, struct sv *ret, struct sv *ret_why, struct error *err)
{
	struct selector parsed, compiled;
	struct label_selector *object;
	struct sv why = SV("");
	struct buf out;

	enum error_kind kind = selector_parse(a, text, &parsed, &why, err);
	if (kind == ERR_INVALID)
		return refuse_target(a,
			arena_printf(a,
				TARGET_SELECTOR "couldn't parse the selector string \"%.*s\": %.*s",
				(int)text.len, text.ptr, (int)why.len, why.ptr),
			ret_why, err);
	if (kind == ERR_OK)
		kind = label_selector_from_selector(a, &parsed, &object, err);
	if (kind == ERR_INVALID)
		return refuse_target(
			a, arena_printf(a, TARGET_SELECTOR "%s", err->text), ret_why, err);
	if (kind == ERR_OK)
		kind = label_selector_compile(a, object, &compiled, ret_why, err);
	if (kind != ERR_OK)
		return kind;
	buf_init(&out, LIMIT_OBJECT_BYTES);
	selector_print(&out, &compiled);
	struct sv normal = arena_sv(a, buf_sv(&out));
	kind = buf_check(&out, "a selector", err);
	buf_done(&out);
	if (kind == ERR_OK && !normal.ptr)
		kind = arena_error(a, err);
	if (kind == ERR_OK)
		*ret = normal;
	return kind;
}
