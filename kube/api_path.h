#pragma once
/* Request targets of the Kubernetes API, escaped as Go's net/url does it: paths keep `$ & + , : ; = @`, query values are form-encoded
 * (blank is '+'). Pure. */
#include <stdbool.h>

#include "common/buf.h"
#include "common/sv.h"

struct api_path {
	struct sv group, version;    /* group empty: the core group, /api/{version} */
	struct sv namespace;	     /* empty: cluster scope, or all namespaces */
	struct sv resource;	     /* plural */
	struct sv name, subresource; /* may be empty */
};

/* "/apis/apps/v1/namespaces/default/deployments/web/scale". */
void api_path_put(struct buf *out, const struct api_path *p);
/* One escaped path segment, without a slash. */
void api_path_put_segment(struct buf *out, struct sv text);
/* "?name=value" or "&name=value" (`*first` says which and becomes false). An empty value writes nothing. */
void api_path_put_query(struct buf *out, bool *first, const char *name, struct sv value);
