/* Discovery documents -> an immutable snapshot, and the lookups in it (spec/hpa.md 5.1). Both document forms give the same snapshot: the classic
 * ones (APIVersions, APIGroupList, APIResourceList) and the aggregated one (APIGroupDiscoveryList). Who fetches them, and when, is not its
 * business. Pure. */
#include "kube/discovery.h"

#include "common/arena.h"
#include "common/jtree.h"
#include "common/vec.h"

/* A cluster with thousands of custom resources has some 10 MB of documents; a metrics API may list every metric as a resource. */
#define SNAPSHOT_MAX_BYTES (64u * 1024 * 1024)
/* A tree needs several times its text. */
#define SCRATCH_MAX_BYTES (512u * 1024 * 1024)
#define MAX_GROUPS 10000u

struct discovery_memory {
	struct arena arena;
};

struct discovery_builder {
	struct arena arena; /* becomes the snapshot's */
	VEC(struct discovery_group) groups;
};

struct discovery *discovery_ref(struct discovery *d)
{
	d->n_references++;
	return d;
}

void discovery_unref(struct discovery *d)
{
	if (!d || --d->n_references > 0)
		return;
	struct discovery_memory *memory = d->memory;
	arena_done(&memory->arena); /* d lives in it */
	mem_free(memory);
}

enum error_kind discovery_builder_new(struct discovery_builder **ret, struct error *err)
{
	struct discovery_builder *b = mem_zalloc(sizeof(*b));

	if (!b)
		return error_nomem(err);
	arena_init(&b->arena, SNAPSHOT_MAX_BYTES);
	*ret = b;
	return ERR_OK;
}

void discovery_builder_free(struct discovery_builder *b)
{
	if (!b)
		return;
	arena_done(&b->arena);
	VEC_DONE(&b->groups);
	mem_free(b);
}

/* The snapshot's own copy of a text that a document gave. */
static enum error_kind keep(
	struct discovery_builder *b, const struct jtree *t, struct sv *ret, struct error *err)
{
	struct sv text = jtree_text(t);

	*ret = SV("");
	if (text.len == 0)
		return ERR_OK;
	*ret = arena_sv(&b->arena, text);
	return ret->ptr ? ERR_OK : arena_error(&b->arena, err);
}

static unsigned verbs_of(const struct jtree *list)
{
	static const struct {
		const char *name;
		enum discovery_verb verb;
	} VERBS[] = {
		{ "get", DISCOVERY_GET },
		{ "list", DISCOVERY_LIST },
		{ "watch", DISCOVERY_WATCH },
		{ "create", DISCOVERY_CREATE },
		{ "update", DISCOVERY_UPDATE },
		{ "patch", DISCOVERY_PATCH },
		{ "delete", DISCOVERY_DELETE },
		{ "deletecollection", DISCOVERY_DELETE_COLLECTION },
	};
	unsigned verbs = 0;

	JTREE_FOREACH (item, list) {
		for (size_t i = 0; i < ARRAY_LEN(VERBS); i++)
			if (sv_is(jtree_text(item), VERBS[i].name))
				verbs |= (unsigned)VERBS[i].verb;
	}
	return verbs;
}

static enum error_kind keep_list(struct discovery_builder *b, const struct jtree *list,
	struct sv **ret, size_t *ret_n, struct error *err)
{
	if (!list || list->kind != JTREE_ARRAY || list->n == 0)
		return ERR_OK;
	*ret = ARENA_ARRAY(&b->arena, list->n, struct sv);
	if (!*ret)
		return arena_error(&b->arena, err);
	JTREE_FOREACH (item, list) {
		if (keep(b, item, &(*ret)[(*ret_n)++], err))
			return err->kind;
	}
	return ERR_OK;
}

static size_t items(const struct jtree *list)
{
	return list && list->kind == JTREE_ARRAY ? list->n : 0;
}

/* The reference's mapper guesses a resource for `{Kind}List`: lower case with an s. Subresources have none. */
static enum error_kind guess_list(
	struct discovery_builder *b, struct discovery_resource *r, struct error *err)
{
	r->guessed_list = SV("");
	if (sv_find(r->name, '/') < r->name.len || r->kind.len == 0)
		return ERR_OK;
	char *text = arena_printf(&b->arena, "%.*slists", SV_ARG(r->kind));
	if (!text)
		return arena_error(&b->arena, err);
	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	r->guessed_list = sv_of(text);
	return ERR_OK;
}

/* An APIResource of an APIResourceList. */
static enum error_kind read_resource(struct discovery_builder *b, const struct jtree *t,
	struct discovery_resource *r, struct error *err)
{
	const struct jtree *namespaced = jtree_get(t, "namespaced");

	r->namespaced = namespaced && namespaced->kind == JTREE_BOOL && namespaced->truth;
	r->verbs = verbs_of(jtree_get(t, "verbs"));
	if (keep(b, jtree_get(t, "name"), &r->name, err) ||
		keep(b, jtree_get(t, "singularName"), &r->singular, err) ||
		keep(b, jtree_get(t, "kind"), &r->kind, err) ||
		keep(b, jtree_get(t, "group"), &r->group, err) ||
		keep(b, jtree_get(t, "version"), &r->version, err) || guess_list(b, r, err))
		return err->kind;
	return keep_list(b, jtree_get(t, "shortNames"), &r->short_names, &r->n_short_names, err);
}

/* Kind of an aggregated resource or subresource; false: it has none and is left out, as in the reference. */
static enum error_kind read_response_kind(struct discovery_builder *b, const struct jtree *t,
	struct discovery_resource *r, bool *ret_has, struct error *err)
{
	const struct jtree *kind = jtree_get(t, "responseKind");

	if (keep(b, jtree_get(kind, "kind"), &r->kind, err) ||
		keep(b, jtree_get(kind, "group"), &r->group, err) ||
		keep(b, jtree_get(kind, "version"), &r->version, err))
		return err->kind;
	*ret_has = r->kind.len > 0 || r->group.len > 0 || r->version.len > 0;
	return ERR_OK;
}

static enum error_kind read_subresources(struct discovery_builder *b, const struct jtree *t,
	const struct discovery_resource *parent, struct discovery_version *v, struct error *err)
{
	JTREE_FOREACH (sub, jtree_get(t, "subresources")) {
		struct sv name = jtree_text(jtree_get(sub, "subresource"));
		struct discovery_resource *r = &v->resources[v->n_resources];
		bool has_kind;
		*r = (struct discovery_resource){
			.singular = parent->singular,
			.namespaced = parent->namespaced,
			.verbs = verbs_of(jtree_get(sub, "verbs")),
		};
		if (read_response_kind(b, sub, r, &has_kind, err))
			return err->kind;
		if (!has_kind)
			continue;
		char *full =
			arena_printf(&b->arena, "%.*s/%.*s", SV_ARG(parent->name), SV_ARG(name));
		if (!full)
			return arena_error(&b->arena, err);
		r->name = sv_of(full);
		v->n_resources++;
	}
	return ERR_OK;
}

static enum error_kind read_aggregated_version(struct discovery_builder *b, const struct jtree *t,
	struct discovery_version *v, struct error *err)
{
	const struct jtree *list = jtree_get(t, "resources");
	size_t n = items(list);

	if (keep(b, jtree_get(t, "version"), &v->version, err))
		return err->kind;
	v->failed = sv_is(jtree_text(jtree_get(t, "freshness")), "Stale");
	JTREE_FOREACH (item, list) {
		n += items(jtree_get(item, "subresources"));
	}
	v->resources = ARENA_ARRAY(&b->arena, n + 1, struct discovery_resource);
	if (!v->resources)
		return arena_error(&b->arena, err);
	JTREE_FOREACH (item, list) {
		struct discovery_resource *r = &v->resources[v->n_resources];
		bool has_kind;
		*r = (struct discovery_resource){
			.namespaced = sv_is(jtree_text(jtree_get(item, "scope")), "Namespaced"),
			.verbs = verbs_of(jtree_get(item, "verbs")),
		};
		if (keep(b, jtree_get(item, "resource"), &r->name, err) ||
			keep(b, jtree_get(item, "singularResource"), &r->singular, err) ||
			read_response_kind(b, item, r, &has_kind, err) || guess_list(b, r, err) ||
			keep_list(b, jtree_get(item, "shortNames"), &r->short_names,
				&r->n_short_names, err))
			return err->kind;
		struct discovery_resource parent = *r;
		if (has_kind)
			v->n_resources++;
		if (read_subresources(b, item, &parent, v, err))
			return err->kind;
	}
	return ERR_OK;
}

static struct discovery_group *group_of(struct discovery_builder *b, struct sv name)
{
	VEC_FOREACH (g, &b->groups) {
		if (sv_eq(g->name, name))
			return g;
	}
	return NULL;
}

/* A new group with room for as many versions as the list has; NULL with err filled. A group listed twice counts once. */
static enum error_kind add_group(struct discovery_builder *b, const struct jtree *name,
	const struct jtree *versions, struct discovery_group **ret, struct error *err)
{
	*ret = NULL;
	if (group_of(b, jtree_text(name)))
		return ERR_OK;
	struct discovery_group *g = VEC_PUSH(&b->groups, MAX_GROUPS);
	if (!g)
		return b->groups.n >= MAX_GROUPS
			       ? error_set(err, ERR_LIMIT, "discovery: more than %u API groups",
					 MAX_GROUPS)
			       : error_nomem(err);
	g->name = g->preferred = SV("");
	g->versions = ARENA_ARRAY(&b->arena, items(versions) + 1, struct discovery_version);
	if (!g->versions)
		return arena_error(&b->arena, err);
	*ret = g;
	return keep(b, name, &g->name, err);
}

static enum error_kind add_aggregated(
	struct discovery_builder *b, const struct jtree *root, struct error *err)
{
	JTREE_FOREACH (item, jtree_get(root, "items")) {
		const struct jtree *versions = jtree_get(item, "versions");
		struct discovery_group *g;
		if (item->kind != JTREE_OBJECT)
			continue;
		if (add_group(b, jtree_at(item, "metadata", "name", NULL), versions, &g, err))
			return err->kind;
		if (!g)
			continue;
		JTREE_FOREACH (t, versions) {
			struct discovery_version *v = &g->versions[g->n_versions];
			if (read_aggregated_version(b, t, v, err))
				return err->kind;
			g->n_versions++;
			if (g->preferred.len == 0 && !v->failed)
				g->preferred = v->version;
		}
	}
	return ERR_OK;
}

/* APIGroup of an APIGroupList. */
static enum error_kind add_group_list(
	struct discovery_builder *b, const struct jtree *root, struct error *err)
{
	JTREE_FOREACH (item, jtree_get(root, "groups")) {
		const struct jtree *versions = jtree_get(item, "versions");
		struct discovery_group *g;
		if (item->kind != JTREE_OBJECT)
			continue;
		if (add_group(b, jtree_get(item, "name"), versions, &g, err))
			return err->kind;
		if (!g)
			continue;
		if (keep(b, jtree_at(item, "preferredVersion", "version", NULL), &g->preferred,
			    err))
			return err->kind;
		JTREE_FOREACH (t, versions) {
			if (keep(b, jtree_get(t, "version"), &g->versions[g->n_versions++].version,
				    err))
				return err->kind;
		}
	}
	return ERR_OK;
}

/* APIVersions of /api: the versions of the core group. */
static enum error_kind add_core(
	struct discovery_builder *b, const struct jtree *root, struct error *err)
{
	const struct jtree *versions = jtree_get(root, "versions");
	struct discovery_group *g;

	if (add_group(b, NULL, versions, &g, err) || !g)
		return g ? err->kind : ERR_OK;
	JTREE_FOREACH (t, versions) {
		if (keep(b, t, &g->versions[g->n_versions++].version, err))
			return err->kind;
	}
	if (g->n_versions > 0)
		g->preferred = g->versions[0].version;
	return ERR_OK;
}

static enum error_kind parse(
	struct arena *scratch, struct sv json, struct jtree **ret, struct error *err)
{
	arena_init(scratch, SCRATCH_MAX_BYTES);
	if (jtree_parse(scratch, json, ret, err))
		return error_wrap(err, "discovery");
	if ((*ret)->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID, "discovery: expected an object, got %s",
			jtree_kind_name((*ret)->kind));
	return ERR_OK;
}

enum error_kind discovery_builder_add_groups(
	struct discovery_builder *b, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct jtree *root;

	if (parse(&scratch, json, &root, err))
		return err->kind;
	struct sv kind = jtree_text(jtree_get(root, "kind"));
	if (sv_is(kind, "APIGroupDiscoveryList"))
		return add_aggregated(b, root, err);
	if (sv_is(kind, "APIGroupList"))
		return add_group_list(b, root, err);
	if (sv_is(kind, "APIVersions"))
		return add_core(b, root, err);
	return error_set(err, ERR_INVALID,
		"discovery: kind \"%.*s\": expected APIVersions, APIGroupList or "
		"APIGroupDiscoveryList; is this a "
		"Kubernetes API server?",
		SV_ARG(sv_take(kind, 100)));
}

static struct discovery_version *version_of(
	struct discovery_builder *b, struct sv group, struct sv version)
{
	struct discovery_group *g = group_of(b, group);

	for (size_t i = 0; g && i < g->n_versions; i++)
		if (sv_eq(g->versions[i].version, version))
			return &g->versions[i];
	return NULL;
}

enum error_kind discovery_builder_add_resources(struct discovery_builder *b, struct sv group,
	struct sv version, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct discovery_version *v = version_of(b, group, version);
	struct jtree *root;

	arena_init(&scratch, 0);
	if (!v)
		return error_set(err, ERR_NOTFOUND, "discovery: %.*s/%.*s was not announced",
			SV_ARG(group), SV_ARG(version));
	if (parse(&scratch, json, &root, err))
		return err->kind;
	if (!sv_is(jtree_text(jtree_get(root, "kind")), "APIResourceList"))
		return error_set(err, ERR_INVALID,
			"discovery: %.*s/%.*s: expected an APIResourceList", SV_ARG(group),
			SV_ARG(version));
	const struct jtree *list = jtree_get(root, "resources");
	struct discovery_resource *resources =
		ARENA_ARRAY(&b->arena, items(list) + 1, struct discovery_resource);
	if (!resources)
		return arena_error(&b->arena, err);
	size_t n = 0;
	JTREE_FOREACH (t, list) {
		if (read_resource(b, t, &resources[n++], err))
			return err->kind;
	}
	v->resources = resources;
	v->n_resources = n;
	v->failed = false;
	return ERR_OK;
}

void discovery_builder_set_failed(struct discovery_builder *b, struct sv group, struct sv version)
{
	struct discovery_version *v = version_of(b, group, version);

	if (v && !v->resources)
		v->failed = true;
}

bool discovery_builder_next(
	struct discovery_builder *b, size_t *at, struct sv *ret_group, struct sv *ret_version)
{
	size_t n = 0;

	VEC_FOREACH (g, &b->groups) {
		for (size_t i = 0; i < g->n_versions; i++, n++) {
			if (n < *at || g->versions[i].resources || g->versions[i].failed)
				continue;
			*at = n + 1;
			*ret_group = g->name;
			*ret_version = g->versions[i].version;
			return true;
		}
	}
	return false;
}

struct discovery *discovery_builder_finish(struct discovery_builder *b)
{
	struct discovery_memory *memory = mem_zalloc(sizeof(*memory));
	struct discovery *d = ARENA_NEW(&b->arena, struct discovery);
	struct discovery_group *groups =
		ARENA_ARRAY(&b->arena, b->groups.n + 1, struct discovery_group);

	if (!memory || !d || !groups) {
		mem_free(memory);
		return NULL;
	}
	d->groups = groups;
	d->n_groups = b->groups.n;
	d->n_references = 1;
	d->memory = memory;
	for (size_t i = 0; i < d->n_groups; i++) {
		groups[i] = b->groups.at[i];
		for (size_t k = 0; k < groups[i].n_versions; k++) {
			struct discovery_version *v = &groups[i].versions[k];
			v->failed = v->failed || !v->resources;
			d->n_failed += v->failed;
		}
	}
	memory->arena = b->arena;
	arena_init(&b->arena, SNAPSHOT_MAX_BYTES);
	VEC_DONE(&b->groups);
	return d;
}
