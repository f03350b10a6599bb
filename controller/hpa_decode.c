/* Documents -> struct hpa. Pure. The tables of hpa_fields.h do the reading; here is what they cannot say: which version it is, what becomes
 * of metadata, and which metric a type names. Conversion from the older versions is hpa_old.c's. */
#include "controller/hpa_decode.h"

#include "common/limits.h"
#include "controller/hpa_default.h"
#include "controller/hpa_fields.h"
#include "controller/hpa_old.h"
#include "controller/own_kind.h"

#define KIND "HorizontalPodAutoscaler"

enum version {
	VERSION_V2,
	VERSION_V2BETA2,
	VERSION_V2BETA1,
	VERSION_V1,
	VERSION_OWN,
	VERSION_UNKNOWN
};

static enum version version_of(struct sv api_version)
{
	static const char *const names[] = { "autoscaling/v2", "autoscaling/v2beta2",
		"autoscaling/v2beta1", "autoscaling/v1", OWN_KIND_API_VERSION };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (sv_is(api_version, names[i]))
			return (enum version)i;
	}
	return VERSION_UNKNOWN;
}

enum hpa_metric_kind hpa_decode_kind(enum autoscaler_kind which, struct sv type)
{
	static const char *const names[HPA_N_METRIC_KINDS] = { "Object", "Pods", "Resource",
		"ContainerResource", "External", "Prometheus" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (sv_is(type, names[i]) &&
			(i != HPA_METRIC_PROMETHEUS || which == AUTOSCALER_OWN))
			return (enum hpa_metric_kind)i;
	}
	return HPA_METRIC_UNKNOWN;
}

static void set_spec_kinds(enum autoscaler_kind which, struct hpa_spec *spec)
{
	for (size_t i = 0; i < spec->n_metrics; i++)
		spec->metrics[i].kind = hpa_decode_kind(which, spec->metrics[i].type);
}

static void set_status_kinds(enum autoscaler_kind which, struct hpa_status *status)
{
	for (size_t i = 0; i < status->n_current_metrics; i++)
		status->current_metrics[i].kind =
			hpa_decode_kind(which, status->current_metrics[i].type);
}

static bool is_rest(struct sv key)
{
	for (size_t i = 0; i < hpa_fields_meta_rest.n_fields; i++) {
		if (sv_is(key, hpa_fields_meta_rest.fields[i].name))
			return true;
	}
	return false;
}

static bool is_empty(const struct jtree *t)
{
	return t->kind == JTREE_NULL || (t->kind == JTREE_STRING && t->text.len == 0) ||
	       ((t->kind == JTREE_OBJECT || t->kind == JTREE_ARRAY) && t->n == 0);
}

/* The members that no decision reads, kept as text. */
static void keep_rest(struct codec *c, const struct jtree *t, struct hpa_meta *meta)
{
	struct buf out;
	struct jw w;
	size_t n = 0;

	buf_init(&out, LIMIT_OBJECT_BYTES);
	jw_init(&w, &out);
	jw_object(&w);
	JTREE_FOREACH (member, t) {
		struct buf value;
		if (!is_rest(member->key) || is_empty(member))
			continue;
		buf_init(&value, LIMIT_OBJECT_BYTES);
		jtree_print(&value, member);
		jw_key_sv(&w, member->key);
		jw_raw(&w, buf_sv(&value));
		c->failed = c->failed || value.failed != ERR_OK;
		buf_done(&value);
		n++;
	}
	jw_object_end(&w);
	if (n > 0)
		meta->rest = arena_sv(c->a, buf_sv(&out));
	c->failed = c->failed || out.failed != ERR_OK || (n > 0 && !meta->rest.ptr);
	buf_done(&out);
}

static void decode_meta(struct codec *c, const struct jtree *t, struct hpa_meta *meta)
{
	struct codec_path at = { .member = SV("metadata") };

	codec_decode(c, &at, t, &hpa_fields_meta, meta);
	if (!jtree_is_absent(t) && t->kind == JTREE_OBJECT)
		keep_rest(c, t, meta);
}

static void decode_parts(
	struct codec *c, enum version version, const struct jtree *t, struct hpa *hpa)
{
	struct codec_path spec = { .member = SV("spec") }, status = { .member = SV("status") };
	static const struct codec_object *const specs[] = { &hpa_fields_spec,
		&hpa_fields_spec_v2beta2, &hpa_fields_spec_v2beta1 };
	static const struct codec_object *const statuses[] = { &hpa_fields_status,
		&hpa_fields_status_v2beta2, &hpa_fields_status_v2beta1 };

	if (version == VERSION_OWN) {
		hpa->owner_kind = AUTOSCALER_OWN;
		own_kind_decode_spec(c, &spec, jtree_get(t, "spec"), &hpa->spec);
		own_kind_decode_status(c, &status, jtree_get(t, "status"), &hpa->status);
	} else if (version == VERSION_V1) {
		hpa_old_decode_v1(c, t, hpa);
	} else {
		codec_decode(c, &spec, jtree_get(t, "spec"), specs[version], &hpa->spec);
		codec_decode(c, &status, jtree_get(t, "status"), statuses[version], &hpa->status);
	}
	if (version == VERSION_V2BETA1)
		hpa_old_unflatten(c, hpa);
	set_spec_kinds(hpa->owner_kind, &hpa->spec);
	set_status_kinds(hpa->owner_kind, &hpa->status);
	if (version != VERSION_OWN)
		hpa_old_drop_annotations(&hpa->meta);
}

/* Members of the object itself that are none of its own. */
static void check_top(struct codec *c, const struct jtree *t)
{
	struct hpa nothing;
	if (c->strict)
		codec_decode(c, NULL, t, &hpa_fields_top, &nothing);
}

static enum error_kind decode(struct codec *c, enum version version, const struct jtree *t,
	struct hpa *ret, struct error *err)
{
	struct hpa hpa = { .api_version = jtree_text(jtree_get(t, "apiVersion")),
		.kind = jtree_text(jtree_get(t, "kind")) };

	check_top(c, t);
	decode_meta(c, jtree_get(t, "metadata"), &hpa.meta);
	decode_parts(c, version, t, &hpa);
	enum error_kind kind = codec_result(c, err);
	if (kind == ERR_OK)
		*ret = hpa;
	return kind;
}

enum error_kind hpa_decode(
	struct codec *codec, const struct jtree *t, struct hpa *ret, struct error *err)
{
	struct sv kind = jtree_text(jtree_get(t, "kind"));
	struct sv api_version = jtree_text(jtree_get(t, "apiVersion"));
	enum version version = version_of(api_version);
	bool own = sv_is(kind, OWN_KIND_NAME);

	if (jtree_is_absent(t) || t->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID, "expected one " KIND ", got %s",
			t ? jtree_kind_name(t->kind) : "nothing");
	if (!own && !sv_is(kind, KIND))
		return error_set(err, ERR_INVALID, "kind: expected " KIND ", got \"%.*s\"",
			SV_ARG(sv_take(kind, 100)));
	if (own && version != VERSION_OWN)
		return error_set(err, ERR_INVALID,
			"apiVersion: expected " OWN_KIND_API_VERSION ", got \"%.*s\"",
			SV_ARG(sv_take(api_version, 100)));
	if (!own && (version == VERSION_UNKNOWN || version == VERSION_OWN))
		return error_set(err, ERR_INVALID,
			"apiVersion: expected autoscaling/v2, v2beta2, v2beta1 or v1, got \"%.*s\"",
			SV_ARG(sv_take(api_version, 100)));
	return decode(codec, version, t, ret, err);
}

enum error_kind hpa_decode_stored(struct arena *a, enum autoscaler_kind which, struct sv json,
	struct hpa *ret, struct error *err)
{
	struct codec c = { .a = a };
	struct jtree *t;

	enum error_kind kind = jtree_parse(a, json, &t, err);
	if (kind != ERR_OK)
		return kind;
	if (t->kind == JTREE_OBJECT && jtree_is_absent(jtree_get(t, "apiVersion")))
		kind = decode(&c, which == AUTOSCALER_OWN ? VERSION_OWN : VERSION_V2, t, ret, err);
	else
		kind = hpa_decode(&c, t, ret, err);
	if (kind == ERR_OK && ret->owner_kind == AUTOSCALER_OWN)
		kind = hpa_default(a, ret, err);
	return kind;
}

enum error_kind hpa_decode_spec(struct arena *a, enum autoscaler_kind which, const struct jtree *t,
	struct hpa_spec *ret, struct error *err)
{
	struct codec c = { .a = a };
	struct codec_path at = { .member = SV("spec") };
	struct hpa_spec spec = { 0 };

	if (which == AUTOSCALER_OWN)
		own_kind_decode_spec(&c, &at, t, &spec);
	else
		codec_decode(&c, &at, t, &hpa_fields_spec, &spec);
	set_spec_kinds(which, &spec);
	enum error_kind kind = codec_result(&c, err);
	if (kind == ERR_OK)
		*ret = spec;
	return kind;
}

enum error_kind hpa_decode_status(struct arena *a, enum autoscaler_kind which,
	const struct jtree *t, struct hpa_status *ret, struct error *err)
{
	struct codec c = { .a = a };
	struct codec_path at = { .member = SV("status") };
	struct hpa_status status = { 0 };

	if (which == AUTOSCALER_OWN)
		own_kind_decode_status(&c, &at, t, &status);
	else
		codec_decode(&c, &at, t, &hpa_fields_status, &status);
	set_status_kinds(which, &status);
	enum error_kind kind = codec_result(&c, err);
	if (kind == ERR_OK)
		*ret = status;
	return kind;
}

enum error_kind hpa_decode_admit(struct arena *a, struct hpa *hpa, struct error *err)
{
	if (version_of(hpa->api_version) == VERSION_V1)
		return ERR_OK;
	return hpa_default(a, hpa, err);
}
