/* Lookups in a discovery snapshot: kind -> resources and resource -> version, with the order and the oddities of the reference's mapper
 * (spec/hpa.md 5.1, 5.2, 5.4). Linear: snapshots have some hundred groups and callers keep what they found. Pure. */
#include "kube/discovery.h"

const struct discovery_group *discovery_find_group(const struct discovery *d, struct sv group)
{
	for (size_t i = 0; d && i < d->n_groups; i++)
		if (sv_eq(d->groups[i].name, group))
			return &d->groups[i];
	return NULL;
}

const struct discovery_version *discovery_find_version(
	const struct discovery_group *g, struct sv version)
{
	for (size_t i = 0; g && i < g->n_versions; i++)
		if (!g->versions[i].failed && sv_eq(g->versions[i].version, version))
			return &g->versions[i];
	return NULL;
}

const struct discovery_resource *discovery_find_resource(
	const struct discovery_version *v, struct sv name)
{
	for (size_t i = 0; v && i < v->n_resources; i++)
		if (sv_eq(v->resources[i].name, name))
			return &v->resources[i];
	return NULL;
}

const struct discovery_version *discovery_preferred_version(
	const struct discovery_group *g, struct sv resource)
{
	if (!g)
		return NULL;
	const struct discovery_version *preferred = discovery_find_version(g, g->preferred);
	if (discovery_find_resource(preferred, resource))
		return preferred;
	for (size_t i = 0; i < g->n_versions; i++)
		if (!g->versions[i].failed && discovery_find_resource(&g->versions[i], resource))
			return &g->versions[i];
	return NULL;
}

static bool is_lower_of(struct sv text, struct sv kind)
{
	if (text.len != kind.len)
		return false;
	for (size_t i = 0; i < kind.len; i++) {
		char c = kind.ptr[i];
		if (text.ptr[i] != (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c))
			return false;
	}
	return true;
}

/* The resource of a kind. Where several have it the last one counts: the reference's table is overwritten. */
static const struct discovery_resource *resource_of_kind(
	const struct discovery_version *v, struct sv kind)
{
	for (size_t i = v->n_resources; i > 0; i--) {
		const struct discovery_resource *r = &v->resources[i - 1];
		bool sub = sv_find(r->name, '/') < r->name.len;
		if (!sub && (sv_eq(r->kind, kind) || is_lower_of(kind, r->kind)))
			return r;
	}
	return NULL;
}

/* `DeploymentList` and `List` have a mapping in the reference too, to a guessed resource that no server has. Callers ask for it all the same
 * and report the server's 404, so the guess must be the same. SV_NULL: not such a kind. */
static struct sv guessed_list(const struct discovery_version *v, struct sv kind)
{
	if (sv_is(kind, "List"))
		return SV("lists");
	if (!sv_has_suffix(kind, SV("List")))
		return SV_NULL;
	struct sv single = sv_take(kind, kind.len - 4);
	for (size_t i = 0; i < v->n_resources; i++)
		if (v->resources[i].guessed_list.len > 0 && sv_eq(v->resources[i].kind, single))
			return v->resources[i].guessed_list;
	return SV_NULL;
}

size_t discovery_map_kind(const struct discovery *d, struct sv group, struct sv kind,
	struct discovery_mapping ret[DISCOVERY_MAX_MAPPINGS])
{
	const struct discovery_group *g = discovery_find_group(d, group);
	size_t n = 0;

	for (size_t i = 0; g && i < g->n_versions && n < DISCOVERY_MAX_MAPPINGS; i++) {
		const struct discovery_version *v = &g->versions[i];
		struct discovery_mapping *m = &ret[n];
		if (v->failed)
			continue;
		const struct discovery_resource *r = resource_of_kind(v, kind);
		struct sv guess = r ? SV_NULL : guessed_list(v, kind);
		if (!r && guess.len == 0)
			continue;
		*m = (struct discovery_mapping){
			.group = g->name,
			.version = v->version,
			.resource = r ? r->name : guess,
			.namespaced = r && r->namespaced,
			.found = r,
		};
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		struct discovery_mapping *m = &ret[i];
		const struct discovery_version *v = discovery_preferred_version(g, m->resource);
		m->preferred = v ? v->version : ret[0].version;
		for (size_t k = 0; !v && k < n; k++)
			if (sv_eq(ret[k].version, g->preferred))
				m->preferred = g->preferred;
	}
	return n;
}

bool discovery_map_kind_preferred(
	const struct discovery *d, struct sv group, struct sv kind, struct discovery_mapping *ret)
{
	struct discovery_mapping all[DISCOVERY_MAX_MAPPINGS];
	size_t n = discovery_map_kind(d, group, kind, all);
	const struct discovery_group *g = discovery_find_group(d, group);
	size_t chosen = 0;

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (sv_eq(all[i].version, g->preferred))
			chosen = i;
	*ret = all[chosen];
	return true;
}

enum error_kind discovery_no_match(struct sv group, struct sv kind, struct error *err)
{
	return error_set(err, ERR_NOTFOUND, "no matches for kind \"%.*s\" in group \"%.*s\"",
		SV_ARG(kind), SV_ARG(group));
}

bool discovery_scale_kind(const struct discovery *d, struct sv group, struct sv version,
	struct sv resource, struct sv *ret_group, struct sv *ret_version)
{
	const struct discovery_version *v =
		discovery_find_version(discovery_find_group(d, group), version);

	for (size_t i = 0; v && i < v->n_resources; i++) {
		const struct discovery_resource *r = &v->resources[i];
		struct sv sub;
		bool cut;
		if (!sv_eq(sv_cut(r->name, '/', &sub, &cut), resource) || !cut ||
			!sv_is(sub, "scale"))
			continue;
		bool own = r->group.len == 0 || r->version.len == 0;
		*ret_group = own ? group : r->group;
		*ret_version = own ? version : r->version;
		return true;
	}
	return false;
}
