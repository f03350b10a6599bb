/* Server-side apply of whole objects (not of subresources), and who a writer is. */
#include "common/limits.h"
#include "common/yx.h"
#include "sandbox/api_request.h"
#include "sandbox/defaults.h"
#include "sandbox/ownership.h"

/* As the API server allows. */
#define MAX_MANAGER_BYTES 128

bool api_is_apply(const struct api_request *q)
{
	return sv_has_prefix(
		http_exchange_header(q->x, "Content-Type"), SV("application/apply-patch+yaml"));
}

const char *api_manager(struct api_request *q)
{
	struct sv rest, named = http_exchange_query_get(q->x, "fieldManager");
	bool found;

	if (named.len == 0)
		named = sv_cut(http_exchange_header(q->x, "User-Agent"), '/', &rest, &found);
	return arena_strdup(q->arena, sv_take(named, MAX_MANAGER_BYTES));
}

static json_t *read_yaml(struct api_request *q)
{
	struct jtree **documents = NULL;
	struct error err;
	json_t *doc = NULL;
	size_t n = 0;

	if (yx_parse(q->arena, http_exchange_body(q->x), "body", &documents, &n, &err) != ERR_OK ||
		(n == 1 && jx_from_tree(documents[0], &doc, &err) != ERR_OK)) {
		api_fail_error(q, &err);
		return NULL;
	}
	if (json_is_object(doc))
		return doc;
	json_decref(doc);
	api_fail(q, 400, "BadRequest", "the applied configuration must be one object");
	return NULL;
}

/* An applied uid or resourceVersion is a precondition. */
static bool is_expected(struct api_request *q, const json_t *applied, const json_t *stored)
{
	const char *uid = jx_text_at(applied, "metadata.uid");
	const char *revision = jx_text_at(applied, "metadata.resourceVersion");
	const char *stored_uid = stored ? jx_text_at(stored, "metadata.uid") : NULL;
	const char *stored_revision =
		stored ? jx_text_at(stored, "metadata.resourceVersion") : NULL;

	if ((!uid || (stored_uid && strcmp(uid, stored_uid) == 0)) &&
		(!revision || (stored_revision && strcmp(revision, stored_revision) == 0)))
		return true;
	api_fail(q, 409, "Conflict",
		stored ? "the object is not the one that was expected"
		       : "uid mismatch: the provided object specified uid, and no existing object "
			 "was found");
	return false;
}

void api_apply(struct api_request *q)
{
	struct sv force = http_exchange_query_get(q->x, "force");
	AUTO(buf_done) struct buf version = { 0 };
	struct error err;
	json_t *result = NULL;

	if (q->sub.len > 0 || http_exchange_query_get(q->x, "fieldManager").len == 0) {
		api_fail(q, 422, "Invalid",
			"the sandbox applies whole objects only, and fieldManager is required for "
			"apply patch");
		return;
	}
	AUTO(jx_free) json_t *applied = read_yaml(q);
	if (!applied || !api_namespace_exists(q) || !api_settle_identity(q, applied))
		return;
	AUTO(jx_free) json_t *stored = store_get(q->api->store, q->r, q->ns, q->name);
	if (!is_expected(q, applied, stored))
		return;
	(void)json_object_del(applied, "status");
	buf_init(&version, 256);
	resources_print_api_version(&version, q->r);
	const struct ownership_writer writer = { .manager = api_manager(q),
		.subresource = "",
		.api_version = buf_text(&version),
		.now = instant_wall_now() };
	bool forced = sv_is(force, "true") || sv_is(force, "1");
	if (!writer.manager)
		(void)arena_error(q->arena, &err);
	if (!writer.manager ||
		ownership_apply(stored, applied, &writer, forced, &result, &err) != ERR_OK ||
		defaults_apply(q->r, result, &err) != ERR_OK)
		api_fail_error(q, &err);
	else
		api_put(q, result, !stored);
	json_decref(result);
}
