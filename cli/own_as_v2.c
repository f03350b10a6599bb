/* Our own kind seen as autoscaling/v2: the tree is copied as far as it changes, and shared below. */
#include "cli/own_as_v2.h"

#include "cli/manifest.h"
#include "controller/hpa_fields.h"

bool own_as_v2_is_own(const struct jtree *t)
{
	return sv_is(jtree_text(jtree_get(t, "kind")), OWN_KIND_NAME) &&
	       sv_has_prefix(jtree_text(jtree_get(t, "apiVersion")), SV("flyball.dev/"));
}

/* A copy of the node without children. */
static struct jtree *copy_node(struct arena *a, const struct jtree *t)
{
	struct jtree *copy = ARENA_NEW(a, struct jtree);

	if (copy) {
		*copy = *t;
		copy->first = copy->next = NULL;
		copy->n = 0;
	}
	return copy;
}

typedef struct jtree *(*copy_fn)(struct arena *a, const struct jtree *child);

/* Each child as `copy_child` makes it. `known`: only members that the table has; NULL: all. NULL without memory. */
static struct jtree *copy_container(struct arena *a, const struct jtree *t,
	const struct codec_object *known, copy_fn copy_child)
{
	struct jtree *copy = copy_node(a, t);
	struct jtree **end = copy ? &copy->first : NULL;

	JTREE_FOREACH (child, t) {
		bool keep = !known;
		for (size_t i = 0; known && i < known->n_fields; i++)
			keep = keep || sv_is(child->key, known->fields[i].name);
		if (!keep || !copy)
			continue;
		*end = copy_child(a, child);
		if (!*end)
			return NULL;
		end = &(*end)->next;
		copy->n++;
	}
	return copy;
}

/* Below, nothing changes: children are shared. */
static struct jtree *share(struct arena *a, const struct jtree *t)
{
	struct jtree *copy = ARENA_NEW(a, struct jtree);

	if (copy) {
		*copy = *t;
		copy->next = NULL;
	}
	return copy;
}

static const struct codec_object *metric_fields(void)
{
	for (size_t i = 0; i < hpa_fields_spec.n_fields; i++) {
		if (strcmp(hpa_fields_spec.fields[i].name, "metrics") == 0)
			return hpa_fields_spec.fields[i].object;
	}
	return NULL;
}

static struct jtree *copy_metric(struct arena *a, const struct jtree *t)
{
	return copy_container(a, t, t->kind == JTREE_OBJECT ? metric_fields() : NULL, share);
}

static struct jtree *copy_spec_member(struct arena *a, const struct jtree *t)
{
	if (sv_is(t->key, "metrics") && t->kind == JTREE_ARRAY)
		return copy_container(a, t, NULL, copy_metric);
	return share(a, t);
}

static struct jtree *copy_member(struct arena *a, const struct jtree *t)
{
	struct jtree *copy;

	if (sv_is(t->key, "spec") && t->kind == JTREE_OBJECT)
		return copy_container(a, t, &hpa_fields_spec, copy_spec_member);
	copy = share(a, t);
	if (copy && sv_is(t->key, "apiVersion"))
		copy->text = SV("autoscaling/v2");
	if (copy && sv_is(t->key, "kind"))
		copy->text = SV("HorizontalPodAutoscaler");
	return copy;
}

struct jtree *own_as_v2(struct arena *a, const struct jtree *t)
{
	struct jtree *copy = copy_container(a, t, NULL, copy_member);

	if (copy)
		manifest_drop(copy, "status");
	return copy;
}
