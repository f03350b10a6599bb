/* One requirement against the rules for labels; order of requirements and values. Pure. */
#include "kube/selector_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/jw.h"

/* As the reference prints a list in an error: compact JSON. */
static void add_list_error(
	struct field_error_list *l, const struct selector_requirement *r, const char *detail)
{
	struct buf json;
	struct jw w;

	buf_init(&json, 16 * 1024 * 1024);
	jw_init(&w, &json);
	if (r->n_values == 0) {
		jw_null(&w);
	} else {
		jw_array(&w);
		for (size_t i = 0; i < r->n_values; i++)
			jw_sv(&w, r->values[i]);
		jw_array_end(&w);
	}
	field_error_add(l, FIELD_ERROR_INVALID, SV("values"), buf_sv(&json), sv_of(detail));
	if (json.failed != ERR_OK)
		l->failed = true;
	buf_done(&json);
}

static void check_number(struct field_error_list *l, struct sv value)
{
	int64_t number;
	static const struct names_problems no_integer = { 1,
		{ "for 'Gt', 'Lt' operators, the value must be an integer" } };

	if (!sv_to_i64(value, &number))
		field_error_add_joined(l, SV("values[0]"), value, no_integer);
}

static void check_count(struct field_error_list *l, const struct selector_requirement *r)
{
	switch (r->op) {
	case SELECTOR_IN:
	case SELECTOR_NOT_IN:
		if (r->n_values == 0)
			add_list_error(
				l, r, "for 'in', 'notin' operators, values set can't be empty");
		break;
	case SELECTOR_EXISTS:
	case SELECTOR_NOT_EXISTS:
		if (r->n_values > 0)
			add_list_error(
				l, r, "values set must be empty for exists and does not exist");
		break;
	case SELECTOR_GREATER:
	case SELECTOR_LESS:
		check_number(l, r->values[0]);
		break;
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_NOT_EQUALS:
		break;
	}
}

void selector_check_into(struct field_error_list *l, const struct selector_requirement *r)
{
	field_error_add_joined(l, SV("key"), r->key, names_label_key(r->key));
	check_count(l, r);
	for (size_t i = 0; i < r->n_values; i++) {
		struct names_problems problems = names_label_value(r->values[i]);
		if (problems.n == 0)
			continue;
		char *field =
			arena_printf(l->a, "values[%zu][%.*s]", i, (int)r->key.len, r->key.ptr);
		if (field)
			field_error_add_joined(l, sv_of(field), r->values[i], problems);
		else
			l->failed = true;
	}
}

static int compare_texts(const void *a, const void *b)
{
	const struct sv *x = a, *y = b;
	return sv_cmp(*x, *y);
}

void selector_sort_texts(struct sv *texts, size_t n)
{
	if (n > 1)
		qsort(texts, n, sizeof(*texts), compare_texts);
}

struct placed {
	struct selector_requirement r;
	size_t at; /* where it stood */
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = sv_cmp(x->r.key, y->r.key);
	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

enum error_kind selector_sort(struct arena *a, struct selector *s, struct error *err)
{
	if (s->n < 2)
		return ERR_OK;
	struct placed *placed = ARENA_ARRAY(a, s->n, struct placed);
	if (!placed)
		return arena_error(a, err);
	for (size_t i = 0; i < s->n; i++)
		placed[i] = (struct placed){ s->at[i], i };
	qsort(placed, s->n, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < s->n; i++)
		s->at[i] = placed[i].r;
	return ERR_OK;
}
