/* The scale subresource: autoscaling/v1 Scale in front of spec.replicas, with the selector and count that the status has. */
#include "common/jw.h"
#include "common/limits.h"
#include "sandbox/api_request.h"
#include "sandbox/patch.h"

/* matchLabels as text "a=b,c=d"; matchExpressions are kept by the kinds' own selector and not needed here. */
static void put_selector(struct buf *out, const json_t *doc)
{
	const json_t *labels = jx_at(doc, "spec.selector.matchLabels");
	const char *key;
	json_t *value;
	bool first = true;

	if (!labels && !jx_at(doc, "spec.selector.matchExpressions"))
		labels = jx_at(doc, "spec.selector"); /* ReplicationController */
	json_object_foreach((json_t *)(uintptr_t)labels, key, value)
	{
		buf_printf(out, "%s%s=%s", first ? "" : ",", key, json_string_value(value));
		first = false;
	}
}

static void member_text(struct jw *w, const json_t *doc, const char *key)
{
	const char *text = jx_text_at(json_object_get(doc, "metadata"), key);
	if (text)
		jw_member_str(w, key, text);
}

static void put_scale(struct buf *out, const json_t *doc)
{
	AUTO(buf_done) struct buf selector = { 0 };
	struct jw w;
	json_int_t replicas = json_integer_value(jx_at(doc, "spec.replicas"));

	buf_init(&selector, LIMIT_OBJECT_BYTES);
	put_selector(&selector, doc);
	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Scale");
	jw_member_str(&w, "apiVersion", "autoscaling/v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	member_text(&w, doc, "name");
	member_text(&w, doc, "namespace");
	member_text(&w, doc, "uid");
	member_text(&w, doc, "resourceVersion");
	member_text(&w, doc, "creationTimestamp");
	jw_object_end(&w);
	jw_key(&w, "spec");
	jw_object(&w);
	if (replicas != 0)
		jw_member_i64(&w, "replicas", replicas);
	jw_object_end(&w);
	jw_key(&w, "status");
	jw_object(&w);
	jw_member_i64(&w, "replicas", json_integer_value(jx_at(doc, "status.replicas")));
	if (selector.len > 0)
		jw_member_sv(&w, "selector", buf_sv(&selector));
	jw_object_end(&w);
	jw_object_end(&w);
}

static void reply_scale(struct api_request *q, const json_t *doc)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, LIMIT_OBJECT_BYTES);
	put_scale(&out, doc);
	buf_put_char(&out, '\n');
	api_reply_json(q, 200, buf_sv(&out));
}

static json_t *read_stored(struct api_request *q)
{
	json_t *stored = store_get(q->api->store, q->r, q->ns, q->name);

	if (!stored)
		api_get(q); /* answers 404 */
	return stored;
}

void api_scale_get(struct api_request *q)
{
	AUTO(jx_free) json_t *stored = read_stored(q);

	if (stored)
		reply_scale(q, stored);
}

/* The present Scale with the PATCH applied. */
static enum error_kind patched_scale(struct api_request *q, const json_t *stored,
	const json_t *patch, json_t **ret, struct error *err)
{
	AUTO(buf_done) struct buf present = { 0 };
	AUTO(jx_free) json_t *scale = NULL;
	enum patch_kind kind = PATCH_MERGE;

	buf_init(&present, LIMIT_OBJECT_BYTES);
	put_scale(&present, stored);
	(void)patch_kind_of(http_exchange_header(q->x, "Content-Type"), &kind);
	if (jx_parse(buf_sv(&present), &scale, err) != ERR_OK)
		return err->kind;
	return patch_apply(kind, scale, patch, ret, err);
}

/* The Scale that a PUT brings, or the present one with a PATCH applied. An absent count is 0, as in the API; one of another type is
 * refused, or a typo would stop the workload. */
static enum error_kind wanted_scale(
	struct api_request *q, const json_t *stored, json_t **ret, struct error *err)
{
	AUTO(jx_free) json_t *body = NULL;
	AUTO(jx_free) json_t *scale = NULL;

	if (jx_parse(http_exchange_body(q->x), &body, err) != ERR_OK)
		return err->kind;
	if (sv_is(q->method, "PUT"))
		scale = TAKE_PTR(body);
	else if (patched_scale(q, stored, body, &scale, err) != ERR_OK)
		return err->kind;
	const json_t *spec = json_object_get(scale, "spec");
	const json_t *replicas = json_object_get(spec, "replicas");
	if (!json_is_object(scale) || (spec && !json_is_object(spec)) ||
		(replicas && !json_is_integer(replicas) && !json_is_null(replicas)))
		return error_set(err, ERR_INVALID,
			"Scale in version \"v1\" cannot be handled as a Scale: spec.replicas: "
			"expected an integer");
	*ret = TAKE_PTR(scale);
	return ERR_OK;
}

void api_scale_write(struct api_request *q)
{
	struct error err;
	json_t *scale = NULL;

	if (!sv_is(q->method, "PUT") && !sv_is(q->method, "PATCH")) {
		api_fail(q, 405, "MethodNotAllowed",
			"the server does not allow this method on the requested resource");
		return;
	}
	AUTO(jx_free) json_t *stored = read_stored(q);
	if (!stored)
		return;
	if (wanted_scale(q, stored, &scale, &err) != ERR_OK) {
		api_fail_error(q, &err);
		return;
	}
	json_int_t replicas = json_integer_value(jx_at(scale, "spec.replicas"));
	const char *revision = jx_text_at(scale, "metadata.resourceVersion");
	bool ok = replicas >= 0 && json_object_set_new(json_object_get(stored, "spec"), "replicas",
					   json_integer(replicas)) == 0;
	json_t *metadata = json_object_get(stored, "metadata");
	if (ok && revision && revision[0] != '\0')
		ok = json_object_set_new(metadata, "resourceVersion", json_string(revision)) == 0;
	else if (ok)
		(void)json_object_del(metadata, "resourceVersion");
	json_decref(scale);
	if (!ok) {
		api_fail(q, 422, "Invalid",
			"spec.replicas: Invalid value: must be greater than or equal to 0");
		return;
	}
	AUTO(jx_free) json_t *before = store_get(q->api->store, q->r, q->ns, q->name);
	if (api_own(q, stored, before, &err) != ERR_OK ||
		store_update(q->api->store, q->r, stored, &err) != ERR_OK) {
		api_fail_error(q, &err);
		return;
	}
	reply_scale(q, stored);
}
