/* apiVersion -> group and version. Pure. Nothing but the number of slashes is checked, as in the reference. */
#include "kube/group_version.h"

enum error_kind group_version_parse(struct sv text, struct group_version *ret, struct error *err)
{
	struct sv rest;
	bool found;

	if (sv_is(text, "") || sv_is(text, "/")) {
		*ret = (struct group_version){ SV(""), SV("") };
		return ERR_OK;
	}
	struct sv head = sv_cut(text, '/', &rest, &found);
	if (sv_find(rest, '/') < rest.len)
		return error_set(err, ERR_INVALID, "unexpected GroupVersion string: %.*s",
			(int)text.len, text.ptr);
	*ret = found ? (struct group_version){ head, rest }
		     : (struct group_version){ SV(""), head };
	return ERR_OK;
}
