/* Tree in, tree out. Between versions that spell a spec alike (v2beta2 to v2, v2 to our kind) the tree is kept as it was written and only
 * renamed; otherwise the object is decoded to v2 and encoded again. What is lost is found by reading the result back. */
#include "cli/convert.h"

#include "cli/convert_keda.h"
#include "cli/convert_lost.h"
#include "cli/own_as_v2.h"
#include "common/limits.h"
#include "controller/hpa_decode.h"

#define KIND "HorizontalPodAutoscaler"
#define MAX_PATH_BYTES 4096

const char *const convert_versions[] = { "autoscaling/v2", "autoscaling/v2beta2",
	"autoscaling/v2beta1", "autoscaling/v1", OWN_KIND_API_VERSION, NULL };

struct converting {
	struct arena *a;
	const char *file;
	const struct jtree *original;
	enum convert_to to;
	struct convert_notes *notes;
	struct error *err;
};

static void put_place(struct buf *out, const struct converting *c, const struct jtree *where)
{
	uint32_t line = where->key_line ? where->key_line : where->line;
	uint32_t column = where->key_line ? where->key_column : where->column;

	buf_printf(out, "%s:%u:%u: ", c->file, line, column);
}

static void tell_lost(void *ctx, const struct codec_path *path)
{
	AUTO(buf_done) struct buf text = { 0 };
	const struct converting *c = ctx;

	buf_init(&text, MAX_PATH_BYTES);
	codec_path_print(&text, path);
	put_place(&c->notes->lost, c, manifest_locate(c->original, buf_sv(&text)));
	buf_printf(&c->notes->lost, "%s: lost, %s cannot express it\n", buf_text(&text),
		convert_versions[c->to]);
}

static void tell_findings(const struct converting *c, const struct codec *codec)
{
	struct buf *out = &c->notes->problems;

	for (size_t i = 0; i < codec->n; i++) {
		const struct codec_finding *f = &codec->at[i];
		buf_printf(out, "%s:%u:%u: ", c->file, f->line ? f->line : c->original->line,
			f->line ? f->column : c->original->column);
		if (f->path.len > 0)
			buf_printf(out, "%.*s: ", SV_ARG(f->path));
		buf_printf(out, "%.*s\n", SV_ARG(f->text));
	}
}

static struct jtree *member(struct jtree *object, const char *key)
{
	for (struct jtree *m = object->first; m; m = m->next) {
		if (sv_is(m->key, key))
			return m;
	}
	return NULL;
}

/* People read apiVersion first. */
static void put_version_first(struct jtree *t)
{
	struct jtree *first = t->first, *second = first ? first->next : NULL;

	if (!second || !sv_is(first->key, "kind") || !sv_is(second->key, "apiVersion"))
		return;
	first->next = second->next;
	second->next = first;
	t->first = second;
}

/* Without what only the API server may write: a client that sends it is refused, or owns a history that is not its own. */
static void tidy(struct jtree *t)
{
	static const char *const SERVERS[] = { "managedFields", "uid", "resourceVersion",
		"generation", "creationTimestamp", "selfLink" };
	struct jtree *meta = member(t, "metadata");
	struct jtree *annotations = meta ? member(meta, "annotations") : NULL;

	put_version_first(t);
	manifest_drop(t, "status");
	for (size_t i = 0; meta && i < ARRAY_LEN(SERVERS); i++)
		manifest_drop(meta, SERVERS[i]);
	if (!annotations)
		return;
	manifest_drop(annotations, "kubectl.kubernetes.io/last-applied-configuration");
	if (annotations->n == 0)
		manifest_drop(meta, "annotations");
}

static void rename_object(struct jtree *t, enum convert_to to)
{
	struct jtree *kind = member(t, "kind"), *version = member(t, "apiVersion");

	if (kind)
		kind->text = to == CONVERT_TO_OWN ? SV(OWN_KIND_NAME) : SV(KIND);
	if (version)
		version->text = sv_of(convert_versions[to]);
}

static void keep_quantity(struct opt_quantity *q)
{
	q->value.keeps_text = q->set && q->value.text.len > 0;
}

static void keep_rules(struct hpa_rules *rules)
{
	if (rules)
		keep_quantity(&rules->tolerance);
}

/* Quantities are printed as they were written, not in canonical form. */
static void keep_quantities(struct hpa_spec *spec)
{
	for (size_t i = 0; i < spec->n_metrics; i++) {
		for (size_t kind = 0; kind < HPA_N_METRIC_KINDS; kind++) {
			struct hpa_source *source = spec->metrics[i].member[kind];
			if (source) {
				keep_quantity(&source->target.value);
				keep_quantity(&source->target.average_value);
			}
		}
	}
	if (spec->behavior) {
		keep_rules(spec->behavior->scale_up);
		keep_rules(spec->behavior->scale_down);
	}
}

static enum error_kind encode(const struct converting *c, const struct hpa *hpa,
	enum hpa_version version, struct jtree **ret)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, 2 * LIMIT_CONFIG_FILE_BYTES);
	jw_init(&w, &out);
	enum error_kind kind = hpa_encode(&w, c->a, hpa, version, c->err);
	if (kind != ERR_OK)
		return kind;
	struct sv json = arena_sv(c->a, buf_sv(&out));
	return json.ptr ? jtree_parse(c->a, json, ret, c->err) : arena_error(c->a, c->err);
}

/* Reads the result back and compares what both say in v2. */
static enum error_kind find_lost(
	struct converting *c, const struct hpa *hpa, const struct jtree *result)
{
	struct codec codec = { .a = c->a };
	struct codec_path path = { .member = SV("spec") };
	struct jtree *before, *after;
	struct hpa back;

	enum error_kind kind = hpa_decode(&codec, result, &back, c->err);
	if (kind != ERR_OK)
		return kind;
	keep_quantities(&back.spec);
	kind = encode(c, hpa, HPA_V2, &before);
	if (kind == ERR_OK)
		kind = encode(c, &back, HPA_V2, &after);
	if (kind == ERR_OK)
		convert_lost_each(
			jtree_get(before, "spec"), jtree_get(after, "spec"), &path, tell_lost, c);
	return kind;
}

/* v2 and v2beta2 have the same JSON but for tolerance. */
static bool only_needs_a_name(struct sv version, enum convert_to to)
{
	if (sv_is(version, convert_versions[to]))
		return true;
	return (to == CONVERT_TO_V2 || to == CONVERT_TO_OWN) &&
	       (sv_is(version, "autoscaling/v2") || sv_is(version, "autoscaling/v2beta2"));
}

/* `t` is of the autoscaling group. */
static enum error_kind convert_autoscaler(struct converting *c, struct jtree *t, struct jtree **ret)
{
	enum hpa_version version = c->to == CONVERT_TO_OWN ? HPA_V2 : (enum hpa_version)c->to;
	struct codec codec = { .a = c->a, .strict = true };
	struct jtree *made = t;
	struct hpa hpa;

	enum error_kind kind = hpa_decode(&codec, t, &hpa, c->err);
	if (kind == ERR_INVALID) {
		if (codec.n == 0) {
			put_place(&c->notes->problems, c, t);
			buf_printf(&c->notes->problems, "%s\n", c->err->text);
		}
		tell_findings(c, &codec);
		return ERR_OK;
	}
	if (kind == ERR_OK && !only_needs_a_name(hpa.api_version, c->to)) {
		hpa.status = (struct hpa_status){ 0 };
		keep_quantities(&hpa.spec);
		kind = encode(c, &hpa, version, &made);
		if (kind == ERR_OK)
			kind = find_lost(c, &hpa, made);
	}
	if (kind != ERR_OK)
		return kind;
	rename_object(made, c->to);
	tidy(made);
	*ret = made;
	return ERR_OK;
}

static bool is_prometheus(const struct jtree *metric)
{
	return sv_is(jtree_text(jtree_get(metric, "type")), "Prometheus");
}

/* Metrics that only we have are no metrics of v2. */
static void drop_own_metrics(struct jtree *metrics)
{
	struct jtree **at = &metrics->first;

	while (*at) {
		if (is_prometheus(*at)) {
			*at = (*at)->next;
			metrics->n--;
		} else {
			at = &(*at)->next;
		}
	}
}

static enum error_kind convert_own(struct converting *c, struct jtree *t, struct jtree **ret)
{
	struct codec codec = { .a = c->a, .strict = true };
	struct codec_path path = { .member = SV("spec") };
	struct hpa hpa;

	if (hpa_decode(&codec, t, &hpa, c->err) != ERR_OK) {
		if (c->err->kind != ERR_INVALID)
			return c->err->kind;
		if (codec.n == 0) {
			put_place(&c->notes->problems, c, t);
			buf_printf(&c->notes->problems, "%s\n", c->err->text);
		}
		tell_findings(c, &codec);
		return ERR_OK;
	}
	if (c->to == CONVERT_TO_OWN) {
		tidy(t);
		*ret = t;
		return ERR_OK;
	}
	struct jtree *v2 = own_as_v2(c->a, t);
	if (!v2)
		return arena_error(c->a, c->err);
	struct jtree *v2_spec = member(v2, "spec");
	struct jtree *metrics = v2_spec ? member(v2_spec, "metrics") : NULL;
	size_t n_metrics = metrics ? metrics->n : 0;
	if (metrics)
		drop_own_metrics(metrics);
	if (n_metrics > 0 && metrics->n == 0) {
		put_place(&c->notes->problems, c, manifest_locate(t, SV("spec.metrics")));
		buf_printf(&c->notes->problems,
			"spec.metrics: none of them can be expressed in %s; nothing would be left "
			"to decide by\n",
			convert_versions[c->to]);
		return ERR_OK;
	}
	if (v2_spec)
		convert_lost_each(jtree_get(t, "spec"), v2_spec, &path, tell_lost, c);
	return convert_autoscaler(c, v2, ret);
}

enum error_kind convert_document(struct arena *a, const struct manifest_document *document,
	enum convert_to to, struct convert_notes *notes, struct jtree **ret, struct error *err)
{
	struct jtree *t = document->tree;
	struct converting c = { a, document->file, t, to, notes, err };
	size_t n_problems = notes->problems.len;
	struct jtree *made = NULL;
	enum error_kind kind = ERR_OK;

	if (convert_keda_is(t)) {
		kind = convert_keda(a, document, notes, &t, err);
		if (kind == ERR_OK && t)
			kind = convert_own(&c, t, &made);
	} else if (own_as_v2_is_own(t))
		kind = convert_own(&c, t, &made);
	else if (sv_is(jtree_text(jtree_get(t, "kind")), KIND))
		kind = convert_autoscaler(&c, t, &made);
	else
		made = t;
	if (kind == ERR_OK)
		*ret = notes->problems.len == n_problems ? made : NULL;
	return kind;
}
