/* Trees in, trees out. Whatever happens between the two applies, nobody writes or one does: the idle object goes before ours, and ours falls silent before the
 * original comes back. */
#include "cli/adopt.h"

#include "cli/convert.h"
#include "common/limits.h"

/* At zero replicas it does nothing, so that 1 leaves ours alone; the most that the field holds leaves room for overrides. */
#define IDLE_MIN "1"
#define IDLE_MAX "2147483647"
#define MAX_NOTES_BYTES 65536u

static struct jtree *member(struct jtree *object, const char *key)
{
	for (struct jtree *m = object ? object->first : NULL; m; m = m->next) {
		if (sv_is(m->key, key))
			return m;
	}
	return NULL;
}

/* Puts `value` in the place of the member, or behind the last one. False: no memory. */
static bool set_member(struct arena *a, struct jtree *object, const char *key, struct jtree value)
{
	struct jtree *m = member(object, key);

	if (!m) {
		struct jtree **end = &object->first;
		m = ARENA_NEW(a, struct jtree);
		if (!m)
			return false;
		while (*end)
			end = &(*end)->next;
		*end = m;
		object->n++;
	}
	value.next = m->next;
	value.key = value.raw_key = sv_of(key);
	*m = value;
	return true;
}

static struct jtree text_node(struct sv text)
{
	return (struct jtree){ .kind = JTREE_STRING, .text = text, .raw = text };
}

static struct jtree number_node(const char *text)
{
	return (struct jtree){ .kind = JTREE_NUMBER, .text = sv_of(text), .raw = sv_of(text) };
}

/* The object as a manifest, without what only the API server writes. */
static enum error_kind as_manifest(
	struct arena *a, struct sv json, enum convert_to to, struct jtree **ret, struct error *err)
{
	struct convert_notes notes = { 0 };
	struct manifest_document document = { .file = "object" };

	if (jtree_parse(a, json, &document.tree, err) != ERR_OK)
		return err->kind;
	buf_init(&notes.lost, MAX_NOTES_BYTES);
	buf_init(&notes.problems, MAX_NOTES_BYTES);
	enum error_kind kind = convert_document(a, &document, to, &notes, ret, err);
	if (kind == ERR_OK && !*ret)
		kind = error_set(
			err, ERR_INVALID, "%.*s", SV_ARG(sv_trim(buf_sv(&notes.problems))));
	buf_done(&notes.lost);
	buf_done(&notes.problems);
	return kind;
}

static struct jtree *annotations_of(struct arena *a, struct jtree *object)
{
	struct jtree *meta = member(object, "metadata");

	if (meta && !member(meta, "annotations") &&
		!set_member(a, meta, "annotations", (struct jtree){ .kind = JTREE_OBJECT }))
		return NULL;
	return member(meta, "annotations");
}

static bool disable(struct arena *a, struct jtree *spec)
{
	static const char *const DIRECTIONS[] = { "scaleUp", "scaleDown" };
	const struct jtree empty = { .kind = JTREE_OBJECT };

	if (!set_member(a, spec, "minReplicas", number_node(IDLE_MIN)) ||
		!set_member(a, spec, "maxReplicas", number_node(IDLE_MAX)) ||
		!set_member(a, spec, "behavior", empty))
		return false;
	struct jtree *behavior = member(spec, "behavior");
	for (size_t i = 0; i < ARRAY_LEN(DIRECTIONS); i++) {
		if (!set_member(a, behavior, DIRECTIONS[i], empty) ||
			!set_member(a, member(behavior, DIRECTIONS[i]), "selectPolicy",
				text_node(SV("Disabled"))))
			return false;
	}
	return true;
}

/* Keeps the spec in the annotation, then makes it idle. */
static enum error_kind make_idle(struct arena *a, struct jtree *object, struct error *err)
{
	AUTO(buf_done) struct buf original = { 0 };
	struct jtree *spec = member(object, "spec");
	struct jtree *annotations = annotations_of(a, object);

	if (!spec || !annotations)
		return arena_error(a, err);
	buf_init(&original, LIMIT_OBJECT_BYTES);
	jtree_print(&original, spec);
	if (buf_check(&original, "the original spec", err) != ERR_OK)
		return err->kind;
	struct sv kept = arena_sv(a, buf_sv(&original));
	return kept.ptr && set_member(a, annotations, ADOPT_ANNOTATION, text_node(kept)) &&
			       disable(a, spec)
		       ? ERR_OK
		       : arena_error(a, err);
}

/* Who would take the change back. */
static void note_owners(const struct jtree *object, struct buf *notes)
{
	static const struct {
		const char *where, *key, *who;
	} TOOLS[] = {
		{ "annotations", "argocd.argoproj.io/tracking-id", "Argo CD" },
		{ "labels", "argocd.argoproj.io/instance", "Argo CD" },
		{ "labels", "kustomize.toolkit.fluxcd.io/name", "Flux" },
		{ "labels", "helm.toolkit.fluxcd.io/name", "Flux" },
		{ "annotations", "meta.helm.sh/release-name", "Helm" },
	};
	const struct jtree *meta = jtree_get(object, "metadata");

	for (size_t i = 0; i < ARRAY_LEN(TOOLS); i++) {
		if (jtree_get(jtree_get(meta, TOOLS[i].where), TOOLS[i].key)) {
			buf_printf(notes,
				"%s deploys this object and takes changes back: change it where "
				"its manifest comes from\n",
				TOOLS[i].who);
			break;
		}
	}
	JTREE_FOREACH (owner, jtree_get(meta, "ownerReferences")) {
		struct sv kind = jtree_text(jtree_get(owner, "kind"));
		struct sv name = jtree_text(jtree_get(owner, "name"));
		bool keda = sv_is(kind, "ScaledObject");
		buf_printf(notes, "%.*s %.*s owns this object and takes changes back%s\n",
			SV_ARG(kind), SV_ARG(name),
			keda ? ": pause it with the annotation autoscaling.keda.sh/paused: "
			       "\"true\", then no native object is left to adopt"
			     : "");
	}
}

enum error_kind adopt_take(struct arena *a, struct sv hpa, struct adopt_pair *ret,
	struct buf *notes, struct error *err)
{
	struct jtree *object;
	struct adopt_pair pair;

	if (jtree_parse(a, hpa, &object, err) != ERR_OK)
		return err->kind;
	if (jtree_at(object, "metadata", "annotations", ADOPT_ANNOTATION, NULL))
		return error_set(err, ERR_INVALID,
			"adopted already: it carries the annotation " ADOPT_ANNOTATION
			"; flyball release prints the way back");
	if (as_manifest(a, hpa, CONVERT_TO_V2, &pair.first, err) != ERR_OK ||
		as_manifest(a, hpa, CONVERT_TO_OWN, &pair.second, err) != ERR_OK)
		return err->kind;
	manifest_drop(member(pair.first, "metadata"), "ownerReferences");
	manifest_drop(member(pair.second, "metadata"), "ownerReferences");
	if (make_idle(a, pair.first, err) != ERR_OK)
		return err->kind;
	note_owners(object, notes);
	*ret = pair;
	return ERR_OK;
}

/* The spec of the annotation in the place of the idle one. */
static enum error_kind restore(struct arena *a, struct jtree *object, struct error *err)
{
	struct jtree *meta = member(object, "metadata");
	struct jtree *annotations = member(meta, "annotations");
	const struct jtree *kept = jtree_get(annotations, ADOPT_ANNOTATION);
	struct jtree *spec;

	if (!kept)
		return error_set(err, ERR_INVALID,
			"not adopted: it carries no annotation " ADOPT_ANNOTATION);
	if (jtree_parse(a, jtree_text(kept), &spec, err) != ERR_OK)
		return error_wrap(err, "the annotation " ADOPT_ANNOTATION);
	if (spec->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID,
			"the annotation " ADOPT_ANNOTATION " holds no spec but %s",
			jtree_kind_name(spec->kind));
	manifest_drop(annotations, ADOPT_ANNOTATION);
	if (annotations->n == 0)
		manifest_drop(meta, "annotations");
	return set_member(a, object, "spec", *spec) ? ERR_OK : arena_error(a, err);
}

enum error_kind adopt_release(struct arena *a, struct sv hpa, struct sv own, struct adopt_pair *ret,
	struct buf *notes, struct error *err)
{
	struct adopt_pair pair = { NULL, NULL };

	if (as_manifest(a, hpa, CONVERT_TO_V2, &pair.second, err) != ERR_OK ||
		restore(a, pair.second, err) != ERR_OK)
		return err->kind;
	if (own.len > 0) {
		if (as_manifest(a, own, CONVERT_TO_OWN, &pair.first, err) != ERR_OK)
			return err->kind;
		struct jtree *spec = member(pair.first, "spec");
		if (!spec || !set_member(a, spec, "mode", text_node(SV("Recommend"))))
			return arena_error(a, err);
		manifest_drop(spec, "override");
	} else {
		buf_put_str(notes, "there is no object of our kind of this name\n");
	}
	note_owners(pair.second, notes);
	*ret = pair;
	return ERR_OK;
}
