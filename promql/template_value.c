/* Values of a template's execution, under the names that Go's reflection gives to their types. */
#include "promql/template_tree.h"

struct template_value template_value_bool(bool truth)
{
	return (struct template_value){ .kind = TEMPLATE_BOOL, .truth = truth };
}

struct template_value template_value_int(int64_t i)
{
	return (struct template_value){ .kind = TEMPLATE_INT, .i = i };
}

struct template_value template_value_text(struct sv text)
{
	return (struct template_value){ .kind = TEMPLATE_STRING, .text = text };
}

bool template_value_is_true(const struct template_value *v)
{
	switch (v->kind) {
	case TEMPLATE_BOOL:
		return v->truth;
	case TEMPLATE_INT:
	case TEMPLATE_BYTE:
		return v->i != 0;
	case TEMPLATE_FLOAT:
	case TEMPLATE_COMPLEX:
		return !(v->f <= 0 && v->f >= 0) || !(v->imag <= 0 && v->imag >= 0);
	case TEMPLATE_STRING:
		return v->text.len > 0;
	case TEMPLATE_LIST:
	case TEMPLATE_MAP:
		return v->n > 0;
	case TEMPLATE_DATA:
		return true;
	case TEMPLATE_INVALID:
	case TEMPLATE_MISSING:
		break;
	}
	return false;
}

const char *template_value_type(const struct template_value *v)
{
	static const char *const names[] = { [TEMPLATE_INVALID] = "<nil>",
		[TEMPLATE_MISSING] = "<nil>",
		[TEMPLATE_BOOL] = "bool",
		[TEMPLATE_INT] = "int",
		[TEMPLATE_BYTE] = "uint8",
		[TEMPLATE_FLOAT] = "float64",
		[TEMPLATE_COMPLEX] = "complex128",
		[TEMPLATE_STRING] = "string",
		[TEMPLATE_LIST] = "[]string",
		[TEMPLATE_MAP] = "map[string]string" };

	if (v->kind == TEMPLATE_DATA)
		return v->data->kind == TEMPLATE_QUERY ? "main.queryData" : "main.resourceData";
	return names[v->kind];
}

enum field {
	SERIES,
	LABEL_MATCHERS,
	LABEL_VALUES,
	GROUP_BY,
	GROUP_BY_SLICE,
	GROUP,
	RESOURCE,
	NO_FIELD
};

static enum field find_field(enum template_kind kind, struct sv name)
{
	static const char *const names[] = { "Series", "LabelMatchers", "LabelValuesByName",
		"GroupBy", "GroupBySlice", "Group", "Resource" };
	enum field first = kind == TEMPLATE_QUERY ? SERIES : GROUP;
	enum field end = kind == TEMPLATE_QUERY ? GROUP : NO_FIELD;

	for (enum field f = first; f < end; f++)
		if (sv_is(name, names[f]))
			return f;
	return NO_FIELD;
}

bool template_value_has_field(enum template_kind kind, struct sv name)
{
	return find_field(kind, name) != NO_FIELD;
}

bool template_value_field(
	const struct template_data *data, struct sv name, struct template_value *ret)
{
	switch (find_field(data->kind, name)) {
	case SERIES:
		*ret = template_value_text(data->series);
		return true;
	case LABEL_MATCHERS:
		*ret = template_value_text(data->label_matchers);
		return true;
	case LABEL_VALUES:
		*ret = (struct template_value){
			.kind = TEMPLATE_MAP, .map = data->values, .n = data->n_values
		};
		return true;
	case GROUP_BY:
		*ret = template_value_text(data->group_by);
		return true;
	case GROUP_BY_SLICE:
		*ret = (struct template_value){ .kind = TEMPLATE_LIST,
			.list = data->group_by_slice,
			.n = data->n_group_by_slice };
		return true;
	case GROUP:
		*ret = template_value_text(data->group);
		return true;
	case RESOURCE:
		*ret = template_value_text(data->resource);
		return true;
	case NO_FIELD:
		break;
	}
	return false;
}
