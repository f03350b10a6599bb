/* Request targets of the Kubernetes API, percent-encoded as the reference's client encodes them. Names are not checked here: what the API
 * would refuse is refused by it, except that a slash never gets through as one. Pure. */
#include "kube/api_path.h"

#include "common/http.h"

/* What Go's url.URL leaves alone in a path, the slash aside. */
static const char KEPT_IN_PATH[] = "$&+,:;=@";

void api_path_put_segment(struct buf *out, struct sv text)
{
	http_escape(out, text, KEPT_IN_PATH);
}

static void put_part(struct buf *out, struct sv text)
{
	if (text.len == 0)
		return;
	buf_put_char(out, '/');
	api_path_put_segment(out, text);
}

void api_path_put(struct buf *out, const struct api_path *p)
{
	buf_put_str(out, p->group.len > 0 ? "/apis" : "/api");
	put_part(out, p->group);
	put_part(out, p->version);
	if (p->namespace.len > 0)
		buf_put_str(out, "/namespaces");
	put_part(out, p->namespace);
	put_part(out, p->resource);
	put_part(out, p->name);
	put_part(out, p->subresource);
}

void api_path_put_query(struct buf *out, bool *first, const char *name, struct sv value)
{
	if (value.len == 0)
		return;
	buf_put_char(out, *first ? '?' : '&');
	*first = false;
	buf_put_str(out, name);
	buf_put_char(out, '=');
	http_query_escape(out, value);
}
