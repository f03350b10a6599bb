/* One GET of the target, which a scale's own pass does not need. */
#include "cli/live_author.h"

#include "cli/printable.h"
#include "common/limits.h"
#include "controller/replica_author.h"
#include "kube/wait.h"

struct sv live_author(struct live *l, struct arena *a, const struct pass *pass)
{
	AUTO(buf_done) struct buf body = { 0 }, text = { 0 };
	struct managed_fields_writer author;
	struct error ignored;

	if (!pass->decided || pass->mapping >= pass->n_mappings)
		return SV("");
	const struct discovery_mapping *m = &pass->mappings[pass->mapping];
	const struct api_path path = { .group = m->group,
		.version = m->preferred,
		.namespace = m->namespaced ? pass->in.hpa->meta.ns : SV_NULL,
		.resource = m->resource,
		.name = pass->in.hpa->spec.target.name };
	buf_init(&body, LIMIT_OBJECT_BYTES);
	buf_init(&text, LIMIT_OBJECT_BYTES);
	if (wait_get_path(l->client, &path, NULL, NULL, &body, &ignored) != ERR_OK ||
		!replica_author_find(buf_sv(&body), &author))
		return SV("");
	replica_author_print(&text, &author);
	struct sv printable = printable_text(a, buf_sv(&text));
	return printable.ptr ? arena_sv(a, printable) : SV("");
}
