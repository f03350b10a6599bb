/* validation.jsonl: one object and the API server's errors on create, sorted by field and then by text. */
#include <stdlib.h>

#include "controller/hpa_decode.h"
#include "controller/hpa_validate.h"
#include "tests/conformance/conformance.h"

#define MAX_TEXT_BYTES (16 * 1024 * 1024)

struct printed {
	const struct field_error *error;
	struct sv text;
};

static int compare_printed(const void *a, const void *b)
{
	const struct printed *x = a, *y = b;
	int order = sv_cmp(x->error->field, y->error->field);
	return order != 0 ? order : sv_cmp(x->text, y->text);
}

static struct printed *print_all(struct conformance *c, const struct field_error_list *errors)
{
	struct printed *all = ARENA_ARRAY(c->a, errors->n, struct printed);
	struct buf out;

	buf_init(&out, MAX_TEXT_BYTES);
	for (size_t i = 0; all && i < errors->n; i++) {
		buf_clear(&out);
		field_error_print(&out, &errors->at[i]);
		all[i] = (struct printed){ &errors->at[i], arena_sv(c->a, buf_sv(&out)) };
	}
	buf_done(&out);
	if (all && errors->n > 1)
		qsort(all, errors->n, sizeof(*all), compare_printed);
	return all;
}

static void check_errors(
	struct conformance *c, const struct jtree *expected, const struct field_error_list *errors)
{
	struct printed *all = print_all(c, errors);
	size_t i = 0;

	if (errors->failed || !all) {
		(void)conformance_fail(c, "the list of errors is incomplete");
		return;
	}
	JTREE_FOREACH (row, expected) {
		if (i == errors->n)
			break;
		const struct field_error *e = all[i].error;
		if (!conformance_eq_text(c, "text", conformance_text(row, "text"), all[i].text) ||
			!conformance_eq_text(c, "type", conformance_text(row, "type"),
				sv_of(field_error_type_name(e->type))) ||
			!conformance_eq_text(
				c, "field", conformance_text(row, "field"), e->field) ||
			!conformance_eq_text(
				c, "detail", conformance_text(row, "detail"), e->detail))
			return;
		i++;
	}
	(void)conformance_eq_i64(
		c, "number of errors", expected ? (int64_t)expected->n : 0, (int64_t)errors->n);
}

static void run_validation(struct conformance *c, const struct jtree *row)
{
	const struct jtree *gates = jtree_get(row, "featureGates");
	struct hpa_validate_options options = {
		.scale_to_zero = conformance_flag(gates, "HPAScaleToZero"),
		.configurable_tolerance = conformance_flag(gates, "HPAConfigurableTolerance"),
	};
	struct codec codec = { .a = c->a };
	struct field_error_list errors;
	struct hpa hpa;
	struct error err;

	enum error_kind kind = hpa_decode(&codec, jtree_get(row, "in"), &hpa, &err);
	if (kind == ERR_OK)
		kind = hpa_decode_admit(c->a, &hpa, &err);
	if (kind != ERR_OK) {
		(void)conformance_fail(c, "the object cannot be read: %s", err.text);
		return;
	}
	field_error_list_init(&errors, c->a);
	hpa_validate(&hpa, options, &errors);
	check_errors(c, jtree_get(row, "errors"), &errors);
}

const struct suite suite_validation[] = { { "validation", run_validation }, { 0 } };
