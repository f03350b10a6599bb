/* Create, update, patch, delete. Server-side apply is api_apply.c's. */
#include "common/jw.h"
#include "common/limits.h"
#include "sandbox/api_request.h"
#include "sandbox/defaults.h"
#include "sandbox/ownership.h"
#include "sandbox/patch.h"

/* DNS subdomains; no kind allows more. */
#define MAX_NAME_BYTES 253

bool api_refuse_dry_run(struct api_request *q)
{
	if (http_exchange_query_get(q->x, "dryRun").len == 0)
		return false;
	api_fail(q, 400, "BadRequest", "the sandbox does not support dryRun; nothing was changed");
	return true;
}

static json_t *read_body(struct api_request *q)
{
	struct error err;
	json_t *doc = NULL;
	struct sv type = http_exchange_header(q->x, "Content-Type");

	if (sv_find_sv(type, SV("protobuf")) < type.len) {
		api_fail(q, 415, "UnsupportedMediaType",
			"the sandbox reads application/json only; kubectl apply sends that");
		return NULL;
	}
	if (jx_parse(http_exchange_body(q->x), &doc, &err) != ERR_OK) {
		api_fail_error(q, &err);
		return NULL;
	}
	if (!json_is_object(doc) && !sv_is(q->method, "PATCH")) {
		json_decref(doc);
		api_fail(q, 400, "BadRequest", "the body must be a JSON object");
		return NULL;
	}
	return doc;
}

/* The namespace of the URL, unless the body names another one. */
static bool settle_namespace(struct api_request *q, const json_t *doc, json_t *metadata)
{
	const char *ns = jx_text_at(doc, "metadata.namespace");

	if (!q->r->namespaced || q->ns.len == 0)
		return true;
	if (ns && !sv_is(q->ns, ns)) {
		api_fail(q, 400, "BadRequest",
			"the namespace of the provided object does not match the namespace sent on "
			"the request");
		return false;
	}
	return json_object_set_new(metadata, "namespace", json_stringn(q->ns.ptr, q->ns.len)) == 0;
}

/* What can stand in a path of the API, as for every kind: one segment, nothing that a path would take for something else. */
static bool is_path_segment(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/') &&
	       !strchr(name, '%') && strlen(name) <= MAX_NAME_BYTES;
}

static void generate_name(struct api_request *q, const json_t *doc, json_t *metadata)
{
	const char *base = jx_text_at(doc, "metadata.generateName");
	char *name;

	if (!base || jx_text_at(doc, "metadata.name"))
		return;
	name = arena_printf(
		q->arena, "%s%05llx", base, (unsigned long long)store_revision(q->api->store) + 1);
	if (name)
		(void)json_object_set_new(metadata, "name", json_string(name));
}

/* Fills in namespace and a generated name; checks what the URL says against the body. */
bool api_settle_identity(struct api_request *q, json_t *doc)
{
	json_t *metadata = json_object_get(doc, "metadata");

	if (!metadata && json_object_set_new(doc, "metadata", metadata = json_object()) != 0)
		return false;
	if (!settle_namespace(q, doc, metadata))
		return false;
	generate_name(q, doc, metadata);
	const char *name = jx_text_at(doc, "metadata.name");
	if (name && !is_path_segment(name)) {
		api_fail(q, 422, "Invalid",
			"metadata.name: Invalid value: may not be '.' or '..', contain '/' or '%', "
			"or be longer than 253 bytes");
		return false;
	}
	if (q->name.len == 0 || (name && sv_is(q->name, name)))
		return true;
	char *why = arena_printf(q->arena,
		"the name of the object (%s) does not match the name on the URL (%.*s)",
		name ? name : "", SV_ARG(q->name));
	api_fail(q, 400, "BadRequest", why ? why : "the names do not match");
	return false;
}

static void reply_stored(struct api_request *q, int status, const json_t *doc)
{
	const struct store_object *o =
		store_find(q->api->store, q->r, sv_of(jx_text_at(doc, "metadata.namespace")),
			sv_of(jx_text_at(doc, "metadata.name")));
	if (o)
		api_reply_object(q, status, sv_from(o->text, o->text_len));
	else
		api_fail(q, 500, "InternalError", "the object is gone");
}

/* Whether a review's resourceAttributes are allowed; all else is. */
static bool is_allowed(const struct api_request *q, const json_t *doc)
{
	const json_t *a = jx_at(doc, "spec.resourceAttributes");
	const struct denial_request request = {
		.verb = sv_of(jx_text_at(a, "verb")),
		.group = sv_of(jx_text_at(a, "group")),
		.resource = sv_of(jx_text_at(a, "resource")),
		.subresource = sv_of(jx_text_at(a, "subresource")),
	};

	return !a || !denials_match(&q->api->denials, &request);
}

/* Reviews are answered at once: the sandbox has one user, who may do all that nobody took from him. */
static void review(struct api_request *q, json_t *doc)
{
	AUTO(buf_done) struct buf out = { 0 };
	json_t *status;

	buf_init(&out, LIMIT_OBJECT_BYTES);
	if (strcmp(q->r->kind, "TokenReview") == 0)
		status = json_pack("{s:b,s:{s:s,s:[s]}}", "authenticated", 1, "user", "username",
			API_USER, "groups", "system:authenticated");
	else if (is_allowed(q, doc))
		status = json_pack("{s:b,s:s}", "allowed", 1, "reason",
			"the sandbox allows what was not denied");
	else
		status = json_pack("{s:b}", "allowed", 0);
	(void)json_object_set_new(doc, "status", status);
	jx_print(&out, doc);
	api_reply_json(q, 201, buf_sv(&out));
}

bool api_namespace_exists(struct api_request *q)
{
	const struct resource *namespaces = resources_of_kind("Namespace");

	if (!q->r->namespaced || store_find(q->api->store, namespaces, SV(""), q->ns))
		return true;
	char *message = arena_printf(q->arena, "namespaces \"%.*s\" not found", SV_ARG(q->ns));
	q->r = namespaces;
	q->name = q->ns;
	api_fail(q, 404, "NotFound", message ? message : "namespace not found");
	return false;
}

enum error_kind api_own(struct api_request *q, json_t *doc, const json_t *before, struct error *err)
{
	AUTO(buf_done) struct buf version = { 0 };

	buf_init(&version, 256);
	resources_print_api_version(&version, q->r);
	const struct ownership_writer writer = {
		.manager = api_manager(q),
		.subresource = arena_strdup(q->arena, q->sub),
		.api_version = buf_text(&version),
		.now = instant_wall_now(),
	};
	if (!writer.manager || !writer.subresource)
		return arena_error(q->arena, err);
	return ownership_update(doc, before, &writer, err);
}

void api_put(struct api_request *q, json_t *doc, bool create)
{
	struct error err;
	enum error_kind kind =
		create ? store_create(q->api->store, q->r, doc, instant_wall_now(), &err)
		       : store_update(q->api->store, q->r, doc, &err);

	if (kind != ERR_OK)
		api_fail_error(q, &err);
	else
		reply_stored(q, create ? 201 : 200, doc);
}

void api_create(struct api_request *q)
{
	struct error err;

	if (api_refuse_dry_run(q))
		return;
	AUTO(jx_free) json_t *doc = read_body(q);
	if (!doc)
		return;
	if (q->r->review) {
		review(q, doc);
		return;
	}
	if (!api_namespace_exists(q) || !api_settle_identity(q, doc))
		return;
	if (defaults_apply(q->r, doc, &err) != ERR_OK || api_own(q, doc, NULL, &err) != ERR_OK)
		api_fail_error(q, &err);
	else
		api_put(q, doc, true);
}

/* Main resource: the stored status stays. Subresource status: everything but status and metadata stays. */
static bool keep_other_half(struct api_request *q, json_t *doc, const json_t *stored)
{
	const json_t *status = json_object_get(doc, "status");
	bool to_status = sv_is(q->sub, "status");

	if (!q->r->has_status)
		return true;
	if (!to_status) {
		json_t *kept = json_object_get(stored, "status");
		return kept ? json_object_set(doc, "status", kept) == 0
			    : (json_object_del(doc, "status"), true);
	}
	AUTO(jx_free) json_t *result = json_deep_copy(stored);
	const json_t *revision = jx_at(doc, "metadata.resourceVersion");
	bool ok = result != NULL;
	if (ok && status)
		ok = json_object_set_new(result, "status", json_deep_copy(status)) == 0;
	else if (ok)
		(void)json_object_del(result, "status");
	if (ok && revision)
		ok = json_object_set_new(json_object_get(result, "metadata"), "resourceVersion",
			     json_deep_copy(revision)) == 0;
	else if (ok)
		(void)json_object_del(json_object_get(result, "metadata"), "resourceVersion");
	return ok && json_object_clear(doc) == 0 && json_object_update(doc, result) == 0;
}

static void store_changed(struct api_request *q, json_t *doc, const json_t *stored)
{
	struct error err;

	if (!keep_other_half(q, doc, stored)) {
		api_fail(q, 500, "InternalError", "out of memory");
		return;
	}
	if (defaults_apply(q->r, doc, &err) != ERR_OK || api_own(q, doc, stored, &err) != ERR_OK)
		api_fail_error(q, &err);
	else
		api_put(q, doc, false);
}

static json_t *read_stored(struct api_request *q)
{
	json_t *stored = store_get(q->api->store, q->r, q->ns, q->name);

	if (!stored)
		api_get(q); /* answers 404 */
	return stored;
}

void api_update(struct api_request *q)
{
	if (api_refuse_dry_run(q))
		return;
	AUTO(jx_free) json_t *doc = read_body(q);
	if (!doc || !api_settle_identity(q, doc))
		return;
	AUTO(jx_free) json_t *stored = read_stored(q);
	if (stored)
		store_changed(q, doc, stored);
}

void api_patch(struct api_request *q)
{
	enum patch_kind kind;
	struct error err;
	json_t *result = NULL;

	if (api_refuse_dry_run(q))
		return;
	if (api_is_apply(q)) {
		api_apply(q);
		return;
	}
	if (!patch_kind_of(http_exchange_header(q->x, "Content-Type"), &kind)) {
		api_fail(q, 415, "UnsupportedMediaType",
			"the body of the request was in an unknown format - accepted media types "
			"include: application/json-patch+json, "
			"application/merge-patch+json, application/strategic-merge-patch+json, "
			"application/apply-patch+yaml");
		return;
	}
	AUTO(jx_free) json_t *patch = read_body(q);
	AUTO(jx_free) json_t *stored = patch ? read_stored(q) : NULL;
	if (!stored)
		return;
	if (patch_apply(kind, stored, patch, &result, &err) != ERR_OK) {
		api_fail_error(q, &err);
		return;
	}
	/* A patch is on the present object; only a revision that the patch itself names is a precondition. */
	if (!jx_at(patch, "metadata.resourceVersion"))
		(void)json_object_del(json_object_get(result, "metadata"), "resourceVersion");
	if (api_settle_identity(q, result))
		store_changed(q, result, stored);
	json_decref(result);
}

static void delete_namespace_content(struct api_request *q)
{
	struct error ignored;

	for (size_t i = 0; i < resources_n; i++) {
		AUTO(store_list_done) struct store_list all = { NULL, 0 };
		if (!resources_table[i].namespaced || store_list(q->api->store, &resources_table[i],
							      q->name, &all, &ignored) != ERR_OK)
			continue;
		for (size_t k = 0; k < all.n; k++)
			(void)!store_delete(q->api->store, &resources_table[i],
				sv_of(all.at[k]->ns), sv_of(all.at[k]->name), &ignored);
	}
}

static void put_deleted(struct buf *out, const struct api_request *q, const char *uid)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Status");
	jw_member_str(&w, "apiVersion", "v1");
	jw_key(&w, "metadata");
	jw_raw(&w, SV("{}"));
	jw_member_str(&w, "status", "Success");
	jw_key(&w, "details");
	jw_object(&w);
	jw_member_sv(&w, "name", q->name);
	if (q->r->group[0] != '\0')
		jw_member_str(&w, "group", q->r->group);
	jw_member_str(&w, "kind", q->r->plural);
	jw_member_str(&w, "uid", uid ? uid : "");
	jw_object_end(&w);
	jw_object_end(&w);
	buf_put_char(out, '\n');
}

void api_delete(struct api_request *q)
{
	struct error err;

	if (api_refuse_dry_run(q))
		return;
	AUTO(jx_free) json_t *stored = read_stored(q);
	if (!stored)
		return;
	if (strcmp(q->r->kind, "Namespace") == 0)
		delete_namespace_content(q);
	if (store_delete(q->api->store, q->r, q->ns, q->name, &err) != ERR_OK) {
		api_fail_error(q, &err);
		return;
	}
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, LIMIT_OBJECT_BYTES);
	put_deleted(&out, q, jx_text_at(stored, "metadata.uid"));
	api_reply_json(q, 200, buf_sv(&out));
}

void api_delete_collection(struct api_request *q)
{
	AUTO(store_list_done) struct store_list all = { NULL, 0 };
	struct api_filter filter;
	struct error err;

	if (api_refuse_dry_run(q))
		return;
	if (api_filter_parse(q, q->arena, &filter, &err) != ERR_OK ||
		store_list(q->api->store, q->r, q->ns, &all, &err) != ERR_OK) {
		api_fail_error(q, &err);
		return;
	}
	for (size_t i = 0; i < all.n; i++) {
		if (api_filter_selects(&filter, all.at[i]))
			(void)!store_delete(q->api->store, q->r, sv_of(all.at[i]->ns),
				sv_of(all.at[i]->name), &err);
	}
	api_reply_json(q, 200,
		SV("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":"
		   "\"Success\"}\n"));
}
