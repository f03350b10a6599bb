/* Validation of whatever an object refers to: its target, or the object that a metric describes. */
#include "controller/hpa_validate_parts.h"
#include "kube/group_version.h"

void hpa_validate_ref(struct field_error_list *l, const struct codec_path *path,
	const struct hpa_ref *ref, bool may_lack_group)
{
	struct group_version gv;
	struct error err;

	if (ref->kind.len == 0)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, path, "kind", NULL);
	else
		hpa_validate_add_problems(
			l, path, "kind", ref->kind, names_path_segment(ref->kind));
	if (ref->name.len == 0)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, path, "name", NULL);
	else
		hpa_validate_add_problems(
			l, path, "name", ref->name, names_path_segment(ref->name));
	if (group_version_parse(ref->api_version, &gv, &err) != ERR_OK)
		hpa_validate_add_text(l, path, "apiVersion", ref->api_version, err.text);
	else if (gv.group.len == 0 && !may_lack_group)
		hpa_validate_add_text(l, path, "apiVersion", ref->api_version,
			"apiVersion must specify API group");
}
