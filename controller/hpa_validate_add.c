/* Errors of the validation, with their values in the forms in which the API server prints them. */
#include "common/jw.h"
#include "common/limits.h"
#include "controller/hpa_validate_parts.h"

static void add(struct field_error_list *l, enum field_error_type type,
	const struct codec_path *path, const char *member, const struct buf *value,
	const char *detail)
{
	struct codec_path at = { .up = path, .member = sv_of(member) };
	struct buf field;

	buf_init(&field, LIMIT_OBJECT_BYTES);
	codec_path_print(&field, member ? &at : path);
	field_error_add(l, type, buf_sv(&field), value ? buf_sv(value) : SV(""),
		sv_of(detail ? detail : ""));
	l->failed = l->failed || field.failed != ERR_OK || (value && value->failed != ERR_OK);
	buf_done(&field);
}

void hpa_validate_add(struct field_error_list *l, enum field_error_type type,
	const struct codec_path *path, const char *member, const char *detail)
{
	add(l, type, path, member, NULL, detail);
}

void hpa_validate_add_text(struct field_error_list *l, const struct codec_path *path,
	const char *member, struct sv value, const char *detail)
{
	struct buf out;

	buf_init(&out, 4 * LIMIT_OBJECT_BYTES);
	field_error_quote(&out, value);
	add(l, FIELD_ERROR_INVALID, path, member, &out, detail);
	buf_done(&out);
}

void hpa_validate_add_i64(struct field_error_list *l, const struct codec_path *path,
	const char *member, int64_t value, const char *detail)
{
	struct buf out;

	buf_init(&out, 32);
	buf_put_i64(&out, value);
	add(l, FIELD_ERROR_INVALID, path, member, &out, detail);
	buf_done(&out);
}

void hpa_validate_add_json(struct field_error_list *l, enum field_error_type type,
	const struct codec_path *path, const char *member, struct sv value, const char *detail)
{
	struct buf out;
	struct jw w;

	buf_init(&out, 8 * LIMIT_OBJECT_BYTES);
	jw_init(&w, &out);
	jw_sv(&w, value);
	add(l, type, path, member, &out, detail);
	buf_done(&out);
}

void hpa_validate_add_quantity(struct field_error_list *l, const struct codec_path *path,
	const char *member, const struct quantity *value, const char *detail)
{
	struct buf out;

	buf_init(&out, LIMIT_OBJECT_BYTES);
	buf_put_char(&out, '"');
	quantity_print(&out, value);
	buf_put_char(&out, '"');
	add(l, FIELD_ERROR_INVALID, path, member, &out, detail);
	buf_done(&out);
}

void hpa_validate_add_problems(struct field_error_list *l, const struct codec_path *path,
	const char *member, struct sv value, struct names_problems problems)
{
	for (size_t i = 0; i < problems.n; i++)
		hpa_validate_add_text(l, path, member, value, problems.at[i]);
}
