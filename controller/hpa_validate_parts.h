#pragma once
/* What the hpa_validate*.c files share. Private to them. */
#include "controller/hpa.h"
#include "kube/codec.h"
#include "kube/field_error.h"

/* An error at path.member (member NULL: at path itself); detail may be NULL. The value is that of the field as the API server prints
 * it: texts of plain string type as Go quotes them, all else as JSON. */
void hpa_validate_add(struct field_error_list *l, enum field_error_type type,
	const struct codec_path *path, const char *member, const char *detail);
void hpa_validate_add_text(struct field_error_list *l, const struct codec_path *path,
	const char *member, struct sv value, const char *detail);
void hpa_validate_add_i64(struct field_error_list *l, const struct codec_path *path,
	const char *member, int64_t value, const char *detail);
void hpa_validate_add_json(struct field_error_list *l, enum field_error_type type,
	const struct codec_path *path, const char *member, struct sv value, const char *detail);
void hpa_validate_add_quantity(struct field_error_list *l, const struct codec_path *path,
	const char *member, const struct quantity *value, const char *detail);
/* One error for each problem, the value Go-quoted. */
void hpa_validate_add_problems(struct field_error_list *l, const struct codec_path *path,
	const char *member, struct sv value, struct names_problems problems);

/* A target or described object: rules 6 to 9. */
void hpa_validate_ref(struct field_error_list *l, const struct codec_path *path,
	const struct hpa_ref *ref, bool may_lack_group);
void hpa_validate_meta(struct field_error_list *l, const struct hpa_meta *meta);
void hpa_validate_metric(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_metric *metric);
