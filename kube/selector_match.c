/* What a selector says: its canonical text, and whether it holds for a set of labels. Pure, allocates nothing. */
#include "kube/selector.h"

static const char *operator_text(enum selector_op op)
{
	switch (op) {
	case SELECTOR_EQUALS:
		return "=";
	case SELECTOR_DOUBLE_EQUALS:
		return "==";
	case SELECTOR_NOT_EQUALS:
		return "!=";
	case SELECTOR_GREATER:
		return ">";
	case SELECTOR_LESS:
		return "<";
	case SELECTOR_IN:
		return " in (";
	case SELECTOR_NOT_IN:
		return " notin (";
	case SELECTOR_EXISTS:
	case SELECTOR_NOT_EXISTS:
		break;
	}
	return "";
}

static void print_requirement(struct buf *out, const struct selector_requirement *r)
{
	if (r->op == SELECTOR_NOT_EXISTS)
		buf_put_char(out, '!');
	buf_put_sv(out, r->key);
	buf_put_str(out, operator_text(r->op));
	for (size_t i = 0; i < r->n_values; i++) {
		if (i > 0)
			buf_put_char(out, ',');
		buf_put_sv(out, r->values[i]);
	}
	if (r->op == SELECTOR_IN || r->op == SELECTOR_NOT_IN)
		buf_put_char(out, ')');
}

void selector_print(struct buf *out, const struct selector *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (i > 0)
			buf_put_char(out, ',');
		print_requirement(out, &s->at[i]);
	}
}

static const struct label *find_label(const struct label *labels, size_t n, struct sv key)
{
	for (size_t i = 0; i < n; i++) {
		if (sv_eq(labels[i].key, key))
			return &labels[i];
	}
	return NULL;
}

static bool has_value(const struct selector_requirement *r, struct sv value)
{
	for (size_t i = 0; i < r->n_values; i++) {
		if (sv_eq(r->values[i], value))
			return true;
	}
	return false;
}

static bool compares(const struct selector_requirement *r, struct sv value)
{
	int64_t left, right;

	if (!sv_to_i64(value, &left) || !sv_to_i64(r->values[0], &right))
		return false;
	return r->op == SELECTOR_GREATER ? left > right : left < right;
}

static bool holds(const struct selector_requirement *r, const struct label *label)
{
	switch (r->op) {
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_IN:
		return label && has_value(r, label->value);
	case SELECTOR_NOT_EQUALS:
	case SELECTOR_NOT_IN:
		return !label || !has_value(r, label->value);
	case SELECTOR_EXISTS:
		return label;
	case SELECTOR_NOT_EXISTS:
		return !label;
	case SELECTOR_GREATER:
	case SELECTOR_LESS:
		return label && compares(r, label->value);
	}
	return false;
}

bool selector_matches(const struct selector *s, const struct label *labels, size_t n_labels)
{
	if (s->nothing)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (!holds(&s->at[i], find_label(labels, n_labels, s->at[i].key)))
			return false;
	}
	return true;
}
