/* The least of OpenAPI v3 that kubectl needs before it sends a write: an index of group versions, and for each kind a PATCH operation that takes
 * `fieldValidation`. There are no schemas: `kubectl explain` has nothing to show here. */
#include "common/jw.h"
#include "common/limits.h"
#include "sandbox/api_request.h"

#define PREFIX "/openapi/v3"

/* "api/v1" or "apis/apps/v1". */
static void put_location(struct buf *out, const struct resource *r)
{
	buf_put_str(out, r->group[0] != '\0' ? "apis/" : "api/");
	resources_print_api_version(out, r);
}

static bool is_first_of_version(size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(resources_table[k].group, resources_table[i].group) == 0 &&
			strcmp(resources_table[k].version, resources_table[i].version) == 0)
			return false;
	}
	return true;
}

static void put_index(struct jw *w)
{
	jw_object(w);
	jw_key(w, "paths");
	jw_object(w);
	for (size_t i = 0; i < resources_n; i++) {
		AUTO(buf_done) struct buf location = { 0 };
		if (!is_first_of_version(i))
			continue;
		buf_init(&location, 512);
		put_location(&location, &resources_table[i]);
		jw_key_sv(w, buf_sv(&location));
		jw_object(w);
		jw_key(w, "serverRelativeURL");
		AUTO(buf_done) struct buf url = { 0 };
		buf_init(&url, 512);
		buf_printf(&url, PREFIX "/%s", buf_text(&location));
		jw_sv(w, buf_sv(&url));
		jw_object_end(w);
	}
	jw_object_end(w);
	jw_object_end(w);
}

static void put_kind(struct jw *w, const struct resource *r, struct sv location)
{
	AUTO(buf_done) struct buf path = { 0 };

	buf_init(&path, 512);
	buf_printf(&path, "/%.*s/%s%s/{name}", SV_ARG(location),
		r->namespaced ? "namespaces/{namespace}/" : "", r->plural);
	jw_key_sv(w, buf_sv(&path));
	jw_object(w);
	jw_key(w, "patch");
	jw_object(w);
	jw_key(w, "parameters");
	jw_array(w);
	jw_object(w);
	jw_member_str(w, "name", "fieldValidation");
	jw_member_str(w, "in", "query");
	jw_object_end(w);
	jw_array_end(w);
	jw_key(w, "x-kubernetes-group-version-kind");
	jw_object(w);
	jw_member_str(w, "group", r->group);
	jw_member_str(w, "version", r->version);
	jw_member_str(w, "kind", r->kind);
	jw_object_end(w);
	jw_object_end(w);
	jw_object_end(w);
}

/* False: no kind lives there. */
static bool put_version(struct jw *w, struct sv location)
{
	bool any = false;

	jw_object(w);
	jw_member_str(w, "openapi", "3.0.0");
	jw_key(w, "info");
	jw_object(w);
	jw_member_str(w, "title", "flyball sandbox");
	jw_member_str(w, "version", FLYBALL_VERSION);
	jw_object_end(w);
	jw_key(w, "paths");
	jw_object(w);
	for (size_t i = 0; i < resources_n; i++) {
		AUTO(buf_done) struct buf own = { 0 };
		buf_init(&own, 512);
		put_location(&own, &resources_table[i]);
		if (!sv_eq(buf_sv(&own), location))
			continue;
		any = true;
		put_kind(w, &resources_table[i], location);
	}
	jw_object_end(w);
	jw_object_end(w);
	return any;
}

bool api_openapi(struct api_request *q, struct sv path)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	if (!sv_has_prefix(path, SV(PREFIX)))
		return false;
	buf_init(&out, LIMIT_OBJECT_BYTES);
	jw_init(&w, &out);
	if (sv_is(path, PREFIX))
		put_index(&w);
	else if (!put_version(&w, sv_skip(path, sizeof(PREFIX))))
		return false;
	api_reply_json(q, 200, buf_sv(&out));
	return true;
}
