/* What the registries of apps/v1 and v1 do when they are asked for a scale: replicas, status.replicas, the selector as text. */
#include "controller/scale_derive.h"

#include "common/jtree.h"
#include "common/jw.h"
#include "common/limits.h"
#include "controller/target.h"
#include "kube/label_selector.h"

static const struct scale_kind_names NAMES[SCALE_KINDS] = {
	[SCALE_DEPLOYMENT] = { "apps", "deployments", "Deployment", "/apis/apps/v1/deployments",
		"deployments.apps" },
	[SCALE_REPLICA_SET] = { "apps", "replicasets", "ReplicaSet", "/apis/apps/v1/replicasets",
		"replicasets.apps" },
	[SCALE_STATEFUL_SET] = { "apps", "statefulsets", "StatefulSet",
		"/apis/apps/v1/statefulsets", "statefulsets.apps" },
	[SCALE_REPLICATION_CONTROLLER] = { "", "replicationcontrollers", "ReplicationController",
		"/api/v1/replicationcontrollers", "replicationcontrollers" },
};

const struct scale_kind_names *scale_derive_names(enum scale_kind kind)
{
	return &NAMES[kind];
}

enum scale_kind scale_derive_kind(struct sv api_version, struct sv kind)
{
	struct error ignored;
	struct sv group;

	if (target_group(api_version, &group, &ignored) != ERR_OK)
		return SCALE_OTHER;
	for (int i = 0; i < SCALE_KINDS; i++)
		if (sv_is(group, NAMES[i].group) && sv_eq_nocase(kind, sv_of(NAMES[i].kind)))
			return (enum scale_kind)i;
	return SCALE_OTHER;
}

enum scale_kind scale_derive_resource(struct sv group, struct sv plural)
{
	for (int i = 0; i < SCALE_KINDS; i++)
		if (sv_is(group, NAMES[i].group) && sv_is(plural, NAMES[i].plural))
			return (enum scale_kind)i;
	return SCALE_OTHER;
}

static enum error_kind read_count(
	const struct jtree *t, const char *path, int32_t absent, int32_t *ret, struct error *err)
{
	int64_t count;

	*ret = absent;
	if (jtree_is_absent(t))
		return ERR_OK;
	if (!jtree_i64(t, &count) || count < 0 || count > INT32_MAX)
		return error_set(err, ERR_INVALID, "%s: expected a count, got %s", path,
			jtree_kind_name(t->kind));
	*ret = (int32_t)count;
	return ERR_OK;
}

/* A ReplicationController's selector is a plain map of labels. */
static enum error_kind read_map(
	struct arena *a, const struct jtree *t, struct label_selector *ret, struct error *err)
{
	ret->match_labels = ARENA_ARRAY(a, t->n, struct label);
	if (!ret->match_labels)
		return arena_error(a, err);
	JTREE_FOREACH (member, t)
		ret->match_labels[ret->n_match_labels++] =
			(struct label){ member->key, jtree_text(member) };
	return ERR_OK;
}

static enum error_kind read_selector(struct arena *a, enum scale_kind kind, const struct jtree *t,
	struct sv *ret, struct error *err)
{
	struct label_selector plain = { 0 }, *object = &plain;
	struct selector selector;
	AUTO(buf_done) struct buf text = { 0 };

	*ret = SV("");
	if (jtree_is_absent(t))
		return ERR_OK;
	if (kind == SCALE_REPLICATION_CONTROLLER && t->kind == JTREE_OBJECT) {
		if (read_map(a, t, &plain, err) != ERR_OK)
			return err->kind;
	} else if (label_selector_decode(a, t, &object, err) != ERR_OK) {
		return err->kind;
	}
	if (label_selector_compile(a, object, &selector, NULL, err) != ERR_OK)
		return err->kind;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	selector_print(&text, &selector);
	if (buf_check(&text, "a selector", err) != ERR_OK)
		return err->kind;
	*ret = arena_sv(a, buf_sv(&text));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

enum error_kind scale_derive_read(struct arena *a, enum scale_kind kind, struct sv json,
	struct scale_derived *ret, struct error *err)
{
	struct scale_derived d;
	struct jtree *t;

	if (jtree_parse(a, json, &t, err) != ERR_OK)
		return err->kind;
	d.uid = jtree_text(jtree_at(t, "metadata", "uid", NULL));
	d.version = jtree_text(jtree_at(t, "metadata", "resourceVersion", NULL));
	/* Of an object the server defaults an absent count to 1 before it stores it; a Scale leaves out 0. */
	int32_t absent = kind == SCALE_OTHER ? 0 : 1;
	if (read_count(jtree_at(t, "spec", "replicas", NULL), "spec.replicas", absent, &d.replicas,
		    err) != ERR_OK ||
		read_count(jtree_at(t, "status", "replicas", NULL), "status.replicas", 0,
			&d.status_replicas, err) != ERR_OK ||
		read_selector(a, kind, jtree_at(t, "spec", "selector", NULL), &d.selector, err) !=
			ERR_OK)
		return err->kind;
	*ret = d;
	return ERR_OK;
}

void scale_derive_print(
	struct buf *out, struct sv ns, struct sv name, const struct scale_derived *d)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Scale");
	jw_member_str(&w, "apiVersion", "autoscaling/v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_member_sv(&w, "name", name);
	jw_member_sv(&w, "namespace", ns);
	jw_member_sv(&w, "uid", d->uid);
	jw_member_sv(&w, "resourceVersion", d->version);
	jw_object_end(&w);
	jw_key(&w, "spec");
	jw_object(&w);
	jw_member_i64(&w, "replicas", d->replicas);
	jw_object_end(&w);
	jw_key(&w, "status");
	jw_object(&w);
	jw_member_i64(&w, "replicas", d->status_replicas);
	if (d->selector.len > 0)
		jw_member_sv(&w, "selector", d->selector);
	jw_object_end(&w);
	jw_object_end(&w);
}
