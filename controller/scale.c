/* Scale documents. autoscaling/v1 is what every server sends today; the kinds of the removed beta
 * groups are understood because a third-party scale subresource may still speak them. What is
 * written is always autoscaling/v1, the metadata as received, so that the resourceVersion guards
 * the write. */
#include "controller/scale.h"

#include "common/jw.h"
#include "kube/label_selector.h"

static enum error_kind refuse(
	struct arena *a, struct sv *ret_why, struct error *err, const char *text)
{
	*ret_why = arena_sv(a, sv_of(text));
	if (!ret_why->ptr)
		return arena_error(a, err);
	return error_set(err, ERR_INVALID, "%s", text);
}

static enum error_kind read_count(struct arena *a, const struct jtree *t, const char *path,
	int32_t *ret, struct sv *ret_why, struct error *err)
{
	int64_t count = 0;
	if (jtree_is_absent(t))
		return ERR_OK;
	if (!jtree_i64(t, &count) || count < INT32_MIN || count > INT32_MAX) {
		char *text = arena_printf(a,
			"json: cannot unmarshal %s into Go struct field %s of type int32",
			jtree_kind_name(t->kind), path);
		return text ? refuse(a, ret_why, err, text) : arena_error(a, err);
	}
	*ret = (int32_t)count;
	return ERR_OK;
}

enum scale_version { SCALE_NONE, SCALE_V1, SCALE_BETA };

static enum scale_version version_of(struct sv api_version)
{
	if (sv_is(api_version, "autoscaling/v1"))
		return SCALE_V1;
	if (sv_is(api_version, "extensions/v1beta1") || sv_is(api_version, "apps/v1beta1") ||
		sv_is(api_version, "apps/v1beta2"))
		return SCALE_BETA;
	return SCALE_NONE;
}

static enum error_kind check_kind(struct arena *a, const struct jtree *t, struct sv body,
	struct sv *ret_why, struct error *err)
{
	struct sv kind = jtree_text(jtree_get(t, "kind")),
		  version = jtree_text(jtree_get(t, "apiVersion"));
	char *text;
	if (kind.len == 0)
		text = arena_printf(a, "Object 'Kind' is missing in '%.*s'", SV_ARG(body));
	else if (version.len == 0)
		text = arena_printf(a, "Object 'apiVersion' is missing in '%.*s'", SV_ARG(body));
	else if (!sv_is(kind, "Scale") || version_of(version) == SCALE_NONE)
		text = arena_printf(a,
			"no kind \"%.*s\" is registered for version \"%.*s\" in scheme "
			"\"pkg/runtime/scheme.go:111\"",
			SV_ARG(kind), SV_ARG(version));
	else
		return ERR_OK;
	return text ? refuse(a, ret_why, err, text) : arena_error(a, err);
}

/* The betas have the selector as text in targetSelector, or else as a map of labels. */
static enum error_kind beta_selector(
	struct arena *a, const struct jtree *status, struct sv *ret, struct error *err)
{
	const struct jtree *map = jtree_get(status, "selector");
	struct sv text = jtree_text(jtree_get(status, "targetSelector"));
	if (text.len > 0 || !map || map->kind != JTREE_OBJECT) {
		*ret = text;
		return ERR_OK;
	}
	char *joined = arena_strdup(a, SV(""));
	JTREE_FOREACH (member, map) {
		if (joined)
			joined = arena_printf(a, "%s%s%.*s=%.*s", joined, *joined ? "," : "",
				SV_ARG(member->key), SV_ARG(member->text));
	}
	if (!joined)
		return arena_error(a, err);
	*ret = sv_of(joined);
	return ERR_OK;
}

static enum error_kind read_selector(struct arena *a, const struct jtree *t, bool normalise,
	struct scale *scale, struct sv *ret_why, struct error *err)
{
	const struct jtree *status = jtree_get(t, "status");
	struct sv why = SV_NULL;
	if (version_of(jtree_text(jtree_get(t, "apiVersion"))) == SCALE_BETA) {
		if (beta_selector(a, status, &scale->selector, err))
			return err->kind;
	} else {
		scale->selector = jtree_text(jtree_get(status, "selector"));
	}
	if (!normalise || scale->selector.len == 0)
		return ERR_OK;
	if (label_selector_normalise(a, scale->selector, &scale->selector, &why, err) == ERR_OK)
		return ERR_OK;
	if (err->kind != ERR_INVALID)
		return err->kind;
	char *text = arena_printf(a,
		"received an object from a /scale endpoint which was not convertible to "
		"autoscaling Scale: %.*s",
		SV_ARG(why));
	return text ? refuse(a, ret_why, err, text) : arena_error(a, err);
}

enum error_kind scale_decode(struct arena *a, struct sv body, bool normalise, struct scale *ret,
	struct sv *ret_why, struct error *err)
{
	struct scale scale = { 0 };
	struct jtree *t;
	struct sv kept = arena_sv(a, body);
	if (!kept.ptr)
		return arena_error(a, err);
	if (jtree_parse(a, kept, &t, err)) {
		if (err->kind != ERR_INVALID)
			return err->kind;
		char *text = arena_printf(
			a, "couldn't get version/kind; json parse error: %s", err->text);
		return text ? refuse(a, ret_why, err, text) : arena_error(a, err);
	}
	if (check_kind(a, t, kept, ret_why, err))
		return err->kind;
	scale.metadata = jtree_get(t, "metadata");
	scale.name = jtree_text(jtree_get(scale.metadata, "name"));
	scale.ns = jtree_text(jtree_get(scale.metadata, "namespace"));
	scale.uid = jtree_text(jtree_get(scale.metadata, "uid"));
	scale.resource_version = jtree_text(jtree_get(scale.metadata, "resourceVersion"));
	if (read_count(a, jtree_at(t, "spec", "replicas", NULL), "ScaleSpec.spec.replicas",
		    &scale.replicas, ret_why, err))
		return err->kind;
	if (read_count(a, jtree_at(t, "status", "replicas", NULL), "ScaleStatus.status.replicas",
		    &scale.status_replicas, ret_why, err))
		return err->kind;
	if (read_selector(a, t, normalise, &scale, ret_why, err))
		return err->kind;
	*ret = scale;
	return ERR_OK;
}

void scale_encode(struct buf *out, const struct scale *s, int32_t replicas)
{
	struct jw w;
	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Scale");
	jw_member_str(&w, "apiVersion", "autoscaling/v1");
	jw_key(&w, "metadata");
	jw_raw(&w, s->metadata ? SV("") : SV("{}"));
	if (s->metadata)
		jtree_print(out, s->metadata);
	jw_key(&w, "spec");
	jw_object(&w);
	if (replicas != 0)
		jw_member_i64(&w, "replicas", replicas);
	jw_object_end(&w);
	jw_key(&w, "status");
	jw_object(&w);
	jw_member_i64(&w, "replicas", s->status_replicas);
	if (s->selector.len > 0)
		jw_member_sv(&w, "selector", s->selector);
	jw_object_end(&w);
	jw_object_end(&w);
}
