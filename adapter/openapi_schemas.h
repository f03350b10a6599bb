#pragma once
/* The objects of the three metrics APIs as OpenAPI schemas, for `kubectl explain` and for clients that are generated. */
#include "common/jw.h"

/* Members "NAME": {schema} for each kind of that group and version. in: where references point, "#/definitions/" or "#/components/schemas/". */
void openapi_schemas_put(struct jw *w, const char *group, const char *version, const char *in);
/* The reference to a kind: {"$ref": "..."}. */
void openapi_schemas_put_ref(
	struct jw *w, const char *group, const char *version, const char *kind, const char *in);
