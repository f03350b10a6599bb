/* Objects: autoscalers as the API server would take them, workloads as far as autoscaling concerns them. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/check_parts.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_validate.h"

#define MAX_TEXT_BYTES 65536
#define DEFAULT_NAMESPACE "default"

bool check_object_init(
	struct check *c, const char *file, const struct jtree *tree, struct check_object *ret)
{
	AUTO(buf_done) struct buf title = { 0 };
	struct sv ns = jtree_text(jtree_at(tree, "metadata", "namespace", NULL));

	*ret = (struct check_object){ .file = file,
		.tree = tree,
		.kind = jtree_text(jtree_get(tree, "kind")),
		.ns = ns.len > 0 ? ns : SV(DEFAULT_NAMESPACE),
		.name = jtree_text(jtree_at(tree, "metadata", "name", NULL)) };
	buf_init(&title, MAX_TEXT_BYTES);
	buf_printf(&title, "%.*s %.*s/%.*s", SV_ARG(sv_take(ret->kind, 100)),
		SV_ARG(sv_take(ret->ns, 100)), SV_ARG(sv_take(ret->name, 300)));
	ret->title = arena_sv(c->a, buf_sv(&title));
	c->failed = c->failed || !ret->title.ptr || title.failed == ERR_NOMEM;
	return ret->title.ptr != NULL;
}

static void tell_findings(
	struct check *c, const struct check_object *object, const struct codec *codec)
{
	for (size_t i = 0; i < codec->n; i++) {
		const struct codec_finding *f = &codec->at[i];
		bool unknown = sv_has_prefix(f->text, SV("unknown field"));
		const struct check_finding finding = {
			.rule = unknown ? CHECK_UNKNOWN_FIELD : CHECK_WRONG_TYPE,
			.file = object->file,
			.line = f->line ? f->line : object->tree->line,
			.column = f->line ? f->column : object->tree->column,
			.object = object->title,
			.path = f->path,
			.text = f->text,
		};
		check_find_at(c, &finding);
	}
	c->failed = c->failed || codec->failed;
}

/* The reference says some things twice, and does not know the types that only our kind has. */
static bool is_moot(
	const struct check_autoscaler *s, const struct field_error_list *errors, size_t i)
{
	const struct field_error *e = &errors->at[i];

	if (i > 0 && sv_eq(e[-1].field, e->field) && sv_eq(e[-1].detail, e->detail) &&
		e[-1].type == e->type)
		return true;
	return s->own && sv_has_prefix(e->field, SV("spec.metrics[")) &&
	       sv_has_suffix(e->field, SV("].type")) && e->type == FIELD_ERROR_NOT_SUPPORTED;
}

static void validate(struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_validate_options options = {
		.scale_to_zero = c->scale_to_zero || s->own,
		.configurable_tolerance = true,
	};
	AUTO(buf_done) struct buf text = { 0 };
	struct field_error_list errors;

	buf_init(&text, MAX_TEXT_BYTES);
	field_error_list_init(&errors, c->a);
	hpa_validate(&s->hpa, options, &errors);
	c->failed = c->failed || errors.failed;
	for (size_t i = 0; i < errors.n; i++) {
		if (is_moot(s, &errors, i))
			continue;
		buf_clear(&text);
		field_error_print(&text, &errors.at[i]);
		c->failed = c->failed || text.failed == ERR_NOMEM;
		const struct sv field = errors.at[i].field;
		const char *path = arena_strdup(c->a, field);
		c->failed = c->failed || !path;
		if (path)
			check_find(c, CHECK_INVALID, &s->object, path, "%.*s",
				SV_ARG(sv_skip(buf_sv(&text), field.len + 2)));
	}
}

static void keep_autoscaler(struct check *c, const struct check_autoscaler *s)
{
	struct check_autoscaler *all = check_grow(
		c, c->autoscalers, c->n_autoscalers, &c->autoscalers_size, sizeof(*c->autoscalers));

	if (!all)
		return;
	c->autoscalers = all;
	all[c->n_autoscalers++] = *s;
}

/* Strictly first, for what is misspelt; then as far as it can be read. False: it cannot. */
static bool decode(struct check *c, struct check_autoscaler *s)
{
	const struct jtree *t = s->object.tree;
	struct codec strict = { .a = c->a, .strict = true }, lenient = { .a = c->a };
	struct error err;

	enum error_kind kind = hpa_decode(&strict, t, &s->hpa, &err);
	if (kind == ERR_INVALID && strict.n == 0) {
		struct sv text = sv_of(err.text);
		const char *path = sv_has_prefix(text, SV("kind: ")) ? "kind" : "apiVersion";
		if (sv_has_prefix(text, sv_of(path)))
			text = sv_skip(text, strlen(path) + strlen(": "));
		check_find(c, CHECK_VERSION, &s->object, path, "%.*s", SV_ARG(text));
	}
	tell_findings(c, &s->object, &strict);
	if (kind == ERR_INVALID && strict.n > 0)
		kind = hpa_decode(&lenient, t, &s->hpa, &err);
	if (kind == ERR_OK)
		kind = hpa_decode_admit(c->a, &s->hpa, &err);
	c->failed = c->failed || kind == ERR_NOMEM || kind == ERR_LIMIT;
	return kind == ERR_OK;
}

void check_object_add_autoscaler(struct check *c, const char *file, const struct jtree *t)
{
	struct check_autoscaler s = { 0 };

	if (!check_object_init(c, file, t, &s.object) || !decode(c, &s))
		return;
	s.own = s.hpa.owner_kind == AUTOSCALER_OWN;
	if (s.hpa.meta.ns.len == 0)
		s.hpa.meta.ns = SV(DEFAULT_NAMESPACE);
	if (sv_has_prefix(s.hpa.api_version, SV("autoscaling/v2beta")))
		check_find(c, CHECK_OLD_VERSION, &s.object, "apiVersion",
			"%.*s is no longer served; it can still be converted",
			SV_ARG(s.hpa.api_version));
	validate(c, &s);
	if (s.own)
		check_own_validate(c, &s.object, &s.hpa.spec);
	keep_autoscaler(c, &s);
}

/* Kinds with pods of their own, and where the template is. */
static const struct jtree *template_of(const struct jtree *t)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "ReplicaSet", "DaemonSet",
		"ReplicationController", "Rollout", "Job" };
	struct sv kind = jtree_text(jtree_get(t, "kind"));

	if (sv_is(kind, "Pod"))
		return t;
	if (sv_is(kind, "CronJob"))
		return jtree_at(t, "spec", "jobTemplate", "spec", "template", NULL);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (sv_is(kind, kinds[i]))
			return jtree_at(t, "spec", "template", NULL);
	}
	return NULL;
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	return sv_cmp(x->key, y->key);
}

/* Labels in the order that selectors want; members that are no texts are left out: that is the API server's to refuse. */
static void read_labels(struct check *c, const struct jtree *labels, struct check_workload *w)
{
	w->labels = ARENA_ARRAY(c->a, labels ? labels->n : 0, struct label);
	if (!w->labels) {
		c->failed = true;
		return;
	}
	JTREE_FOREACH (label, labels) {
		if (label->kind == JTREE_STRING)
			w->labels[w->n_labels++] = (struct label){ label->key, label->text };
	}
	if (w->n_labels > 1)
		qsort(w->labels, w->n_labels, sizeof(*w->labels), compare_labels);
}

static void read_selector(struct check *c, const struct jtree *t, struct check_workload *w)
{
	const struct jtree *selector = jtree_at(t, "spec", "selector", NULL);
	struct label_selector *object = NULL;
	struct error err;

	w->selector.nothing = true;
	if (sv_is(w->object.kind, "ReplicationController") || jtree_is_absent(selector))
		return;
	if (label_selector_decode(c->a, selector, &object, &err) != ERR_OK ||
		label_selector_compile(c->a, object, &w->selector, NULL, &err) != ERR_OK) {
		w->selector = (struct selector){ .nothing = true };
		c->failed = c->failed || err.kind == ERR_NOMEM || err.kind == ERR_LIMIT;
	}
}

bool check_object_add_workload(struct check *c, const char *file, const struct jtree *t)
{
	const struct jtree *template = template_of(t);
	struct check_workload w = { 0 };
	int64_t replicas;

	if (!template || !check_object_init(c, file, t, &w.object))
		return false;
	if (jtree_i64(jtree_at(t, "spec", "replicas", NULL), &replicas) && replicas >= 0 &&
		replicas <= INT32_MAX)
		w.replicas = opt_i32_of((int32_t)replicas);
	w.pod_spec = jtree_get(template, "spec");
	read_labels(c, jtree_at(template, "metadata", "labels", NULL), &w);
	read_selector(c, t, &w);
	struct check_workload *all = check_grow(
		c, c->workloads, c->n_workloads, &c->workloads_size, sizeof(*c->workloads));
	if (all) {
		c->workloads = all;
		all[c->n_workloads++] = w;
	}
	return true;
}
