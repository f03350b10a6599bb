/* struct hpa -> JSON. Pure. Metadata is written from its own members and from what was kept of the rest. */
#include "controller/hpa_encode.h"

#include "common/jscan.h"
#include "controller/hpa_fields.h"
#include "controller/hpa_old.h"
#include "controller/own_kind.h"

const char *hpa_encode_version_name(enum hpa_version version)
{
	switch (version) {
	case HPA_V2:
		return "autoscaling/v2";
	case HPA_V2BETA2:
		return "autoscaling/v2beta2";
	case HPA_V2BETA1:
		return "autoscaling/v2beta1";
	case HPA_V1:
		return "autoscaling/v1";
	}
	return "";
}

/* The members of the kept object, value texts as they are. */
static void encode_rest(struct jw *w, struct sv rest)
{
	struct jscan s;

	jscan_init(&s, rest);
	if (jscan_next(&s) != JSCAN_OBJECT)
		return;
	while (jscan_next(&s) == JSCAN_KEY) {
		struct sv key = s.text;
		/* Compact text: the value begins behind the colon. */
		const char *begin = s.at;
		while (begin < s.end && *begin == ':')
			begin++;
		if (!jscan_skip(&s, jscan_next(&s)))
			return;
		jw_key_sv(w, key);
		jw_raw(w, sv_from(begin, (size_t)(s.at - begin)));
	}
}

static void encode_labels(struct jw *w, const char *key, const struct label *labels, size_t n)
{
	if (n == 0)
		return;
	jw_key(w, key);
	jw_object(w);
	for (size_t i = 0; i < n; i++) {
		jw_key_sv(w, labels[i].key);
		jw_sv(w, labels[i].value);
	}
	jw_object_end(w);
}

static void encode_text(struct jw *w, const char *key, struct sv text)
{
	if (text.len > 0)
		jw_member_sv(w, key, text);
}

static void encode_meta(struct jw *w, const struct hpa_meta *meta, const struct label *annotations,
	size_t n_annotations)
{
	jw_object(w);
	encode_text(w, "name", meta->name);
	encode_text(w, "generateName", meta->generate_name);
	encode_text(w, "namespace", meta->ns);
	encode_text(w, "uid", meta->uid);
	encode_text(w, "resourceVersion", meta->resource_version);
	if (meta->generation != 0)
		jw_member_i64(w, "generation", meta->generation);
	encode_labels(w, "labels", meta->labels, meta->n_labels);
	encode_labels(w, "annotations", annotations, n_annotations);
	if (meta->rest.ptr)
		encode_rest(w, meta->rest);
	jw_object_end(w);
}

static void encode_head(struct jw *w, enum autoscaler_kind kind, const char *api_version)
{
	jw_object(w);
	jw_member_str(w, "kind", autoscaler_kind_names(kind)->kind);
	jw_member_str(w, "apiVersion", api_version);
	jw_key(w, "metadata");
}

static void encode_parts(struct jw *w, const struct codec_object *spec_object, const void *spec,
	const struct codec_object *status_object, const void *status)
{
	jw_key(w, "spec");
	codec_encode(w, spec_object, spec);
	jw_key(w, "status");
	codec_encode(w, status_object, status);
	jw_object_end(w);
}

enum error_kind hpa_encode(struct jw *w, struct arena *a, const struct hpa *hpa,
	enum hpa_version version, struct error *err)
{
	struct label *annotations = hpa->meta.annotations;
	size_t n = hpa->meta.n_annotations;

	if (version == HPA_V1 || version == HPA_V2BETA1) {
		enum error_kind kind =
			hpa_old_annotations(a, hpa, version == HPA_V1, &annotations, &n, err);
		if (kind != ERR_OK)
			return kind;
	}
	encode_head(w, AUTOSCALER_NATIVE, hpa_encode_version_name(version));
	encode_meta(w, &hpa->meta, annotations, n);
	struct hpa_v1_spec spec = hpa_old_spec_v1(&hpa->spec);
	struct hpa_v1_status status = hpa_old_status_v1(&hpa->status);
	switch (version) {
	case HPA_V2:
		encode_parts(w, &hpa_fields_spec, &hpa->spec, &hpa_fields_status, &hpa->status);
		break;
	case HPA_V2BETA2:
		encode_parts(w, &hpa_fields_spec_v2beta2, &hpa->spec, &hpa_fields_status_v2beta2,
			&hpa->status);
		break;
	case HPA_V2BETA1:
		encode_parts(w, &hpa_fields_spec_v2beta1, &hpa->spec, &hpa_fields_status_v2beta1,
			&hpa->status);
		break;
	case HPA_V1:
		encode_parts(w, &hpa_fields_spec_v1, &spec, &hpa_fields_status_v1, &status);
		break;
	}
	return buf_check(w->out, "the autoscaler", err);
}

/* A status update of a custom resource ignores all but metadata and status. */
static void encode_own_with_status(
	struct jw *w, const struct hpa *hpa, const struct hpa_status *status)
{
	encode_head(w, AUTOSCALER_OWN, OWN_KIND_API_VERSION);
	encode_meta(w, &hpa->meta, hpa->meta.annotations, hpa->meta.n_annotations);
	jw_key(w, "status");
	own_kind_encode_status(w, status);
	jw_object_end(w);
}

void hpa_encode_with_status(struct buf *out, const struct hpa *hpa, const struct hpa_status *status)
{
	struct jw w;

	jw_init(&w, out);
	if (hpa->owner_kind == AUTOSCALER_OWN) {
		encode_own_with_status(&w, hpa, status);
		return;
	}
	encode_head(&w, AUTOSCALER_NATIVE, hpa_encode_version_name(HPA_V2));
	encode_meta(&w, &hpa->meta, hpa->meta.annotations, hpa->meta.n_annotations);
	encode_parts(&w, &hpa_fields_spec, &hpa->spec, &hpa_fields_status, status);
}

void hpa_encode_spec(struct jw *w, const struct hpa_spec *spec)
{
	if (spec->own)
		own_kind_encode_spec(w, spec);
	else
		codec_encode(w, &hpa_fields_spec, spec);
}

void hpa_encode_status(struct jw *w, const struct hpa_status *status)
{
	if (status->own)
		own_kind_encode_status(w, status);
	else
		codec_encode(w, &hpa_fields_status, status);
}
