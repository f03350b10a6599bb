/* Object metadata from a tree (everything) or from a scan of the text (identity only, stopping early). Names are not validated: what the API
 * server stores is taken as it is. Pure. */
#include "kube/object_meta.h"

#include "common/jscan.h"
#include "common/jtree.h"

static enum error_kind wrong_type(
	const struct jtree *t, const char *key, const char *expected, struct error *err)
{
	return error_set(err, ERR_INVALID, "metadata%s%s: expected %s, got %s", key ? "." : "",
		key ? key : "", expected, jtree_kind_name(t->kind));
}

static enum error_kind read_text(
	const struct jtree *meta, const char *key, struct sv *out, struct error *err)
{
	const struct jtree *t = jtree_get(meta, key);

	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_STRING)
		return wrong_type(t, key, "a string", err);
	*out = t->text;
	return ERR_OK;
}

static enum error_kind read_time(
	const struct jtree *meta, const char *key, struct opt_wall *out, struct error *err)
{
	struct sv text = SV_NULL;

	if (read_text(meta, key, &text, err))
		return err->kind;
	if (!text.ptr)
		return ERR_OK;
	if (instant_wall_parse(text, &out->value, err))
		return error_wrap(err, "metadata.%s", key);
	out->set = !instant_wall_is_zero(out->value);
	return ERR_OK;
}

static enum error_kind read_labels(struct arena *a, const struct jtree *meta, const char *key,
	struct label **out, size_t *out_n, struct error *err)
{
	const struct jtree *t = jtree_get(meta, key);

	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_OBJECT)
		return wrong_type(t, key, "an object", err);
	struct label *list = ARENA_ARRAY(a, t->n, struct label);
	if (!list)
		return arena_error(a, err);
	size_t n = 0;
	JTREE_FOREACH (child, t) {
		if (child->kind != JTREE_STRING && child->kind != JTREE_NULL)
			return error_set(err, ERR_INVALID,
				"metadata.%s.%.*s: expected a string, got %s", key,
				SV_ARG(child->key), jtree_kind_name(child->kind));
		/* null is Go's empty string in a map of strings. */
		list[n++] = (struct label){ child->key,
			child->kind == JTREE_NULL ? SV("") : child->text };
	}
	*out = list;
	*out_n = n;
	return ERR_OK;
}

/* Identity and generation. */
static enum error_kind read_identity(
	const struct jtree *meta, struct object_meta *m, struct error *err)
{
	const struct jtree *generation = jtree_get(meta, "generation");

	if (!jtree_is_absent(generation) && !jtree_i64(generation, &m->generation))
		return wrong_type(generation, "generation", "a whole number", err);
	if (read_text(meta, "name", &m->name, err) ||
		read_text(meta, "namespace", &m->namespace, err) ||
		read_text(meta, "uid", &m->uid, err))
		return err->kind;
	return read_text(meta, "resourceVersion", &m->resource_version, err);
}

enum error_kind object_meta_decode(
	struct arena *a, const struct jtree *t, struct object_meta *ret, struct error *err)
{
	struct object_meta m = { 0 };

	if (!t || t->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID, "expected an object, got %s",
			t ? jtree_kind_name(t->kind) : "nothing");
	const struct jtree *meta = jtree_get(t, "metadata");
	if (jtree_is_absent(meta)) {
		*ret = m;
		return ERR_OK;
	}
	if (meta->kind != JTREE_OBJECT)
		return wrong_type(meta, NULL, "an object", err);
	if (read_identity(meta, &m, err) || read_time(meta, "creationTimestamp", &m.created, err) ||
		read_time(meta, "deletionTimestamp", &m.deleting, err) ||
		read_labels(a, meta, "labels", &m.labels, &m.n_labels, err) ||
		read_labels(a, meta, "annotations", &m.annotations, &m.n_annotations, err))
		return err->kind;
	*ret = m;
	return ERR_OK;
}

struct sv object_meta_find(const struct label *list, size_t n, struct sv key)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq(list[i].key, key))
			return list[i].value.ptr ? list[i].value : SV("");
	return SV_NULL;
}

/* Reads the value behind a key as text into *out; null leaves it alone. */
static enum error_kind scan_text(
	struct jscan *s, struct arena *a, const char *path, struct sv *out, struct error *err)
{
	enum jscan_token token = jscan_next(s);

	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token == JSCAN_ERROR)
		return jscan_error(s, err);
	if (token != JSCAN_STRING)
		return error_set(err, ERR_INVALID, "%s: expected a string", path);
	struct sv text = jscan_string(s, a);
	if (!text.ptr)
		return arena_error(a, err);
	*out = text;
	return ERR_OK;
}

static enum error_kind scan_over(struct jscan *s, struct error *err)
{
	return jscan_skip(s, jscan_next(s)) ? ERR_OK : jscan_error(s, err);
}

static bool complete(const struct object_id *id)
{
	return id->name.len > 0 && id->namespace.len > 0 && id->uid.len > 0 &&
	       id->resource_version.len > 0;
}

/* Behind the key "metadata". *done: nothing of interest can follow inside. */
static enum error_kind scan_metadata(
	struct jscan *s, struct arena *a, bool whole, struct object_id *id, struct error *err)
{
	enum jscan_token token = jscan_next(s);

	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token == JSCAN_ERROR)
		return jscan_error(s, err);
	if (token != JSCAN_OBJECT)
		return error_set(err, ERR_INVALID, "metadata: expected an object");
	while ((token = jscan_next(s)) == JSCAN_KEY) {
		enum error_kind kind;
		if (jscan_is(s, SV("name")))
			kind = scan_text(s, a, "metadata.name", &id->name, err);
		else if (jscan_is(s, SV("namespace")))
			kind = scan_text(s, a, "metadata.namespace", &id->namespace, err);
		else if (jscan_is(s, SV("uid")))
			kind = scan_text(s, a, "metadata.uid", &id->uid, err);
		else if (jscan_is(s, SV("resourceVersion")))
			kind = scan_text(
				s, a, "metadata.resourceVersion", &id->resource_version, err);
		else
			kind = scan_over(s, err);
		if (kind)
			return kind;
		/* managedFields, the bulk of most objects, comes behind these. */
		if (!whole && complete(id))
			return ERR_OK;
	}
	return token == JSCAN_CLOSE ? ERR_OK : jscan_error(s, err);
}

enum error_kind object_meta_scan(
	struct arena *a, struct sv json, bool whole, struct object_id *ret, struct error *err)
{
	struct object_id id = { 0 };
	struct jscan s;
	enum jscan_token token;

	jscan_init(&s, json);
	token = jscan_next(&s);
	if (token == JSCAN_ERROR)
		return jscan_error(&s, err);
	if (token != JSCAN_OBJECT)
		return error_set(err, ERR_INVALID, "expected an object");
	while ((token = jscan_next(&s)) == JSCAN_KEY) {
		enum error_kind kind;
		bool is_metadata = jscan_is(&s, SV("metadata"));
		if (is_metadata)
			kind = scan_metadata(&s, a, whole, &id, err);
		else if (jscan_is(&s, SV("kind")))
			kind = scan_text(&s, a, "kind", &id.kind, err);
		else if (jscan_is(&s, SV("apiVersion")))
			kind = scan_text(&s, a, "apiVersion", &id.api_version, err);
		else
			kind = scan_over(&s, err);
		if (kind)
			return kind;
		if (is_metadata && !whole)
			break;
	}
	if (token != JSCAN_KEY && (token != JSCAN_CLOSE || jscan_next(&s) != JSCAN_END))
		return jscan_error(&s, err);
	if (id.name.len == 0)
		return error_set(err, ERR_INVALID, "metadata.name is missing");
	*ret = id;
	return ERR_OK;
}

bool object_meta_version(struct sv resource_version, uint64_t *ret)
{
	return resource_version.len > 0 && resource_version.ptr[0] != '+' &&
	       sv_to_u64(resource_version, ret);
}
