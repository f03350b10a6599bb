/* The part of a cluster's discovery that one object's passes look at: in a tape as a list of
 * groups, in a conformance vector as a table that holds for all of them. */
#include "controller/tape_fields.h"

static const struct codec_field RESOURCE[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct discovery_resource, name, 0),
	CODEC_FIELD("kind", CODEC_TEXT, struct discovery_resource, kind, 0),
	CODEC_FIELD("guessedList", CODEC_TEXT, struct discovery_resource, guessed_list, 0),
	CODEC_SKIPPED("namespaced"),
};
static const struct codec_object RESOURCE_OBJECT =
	CODEC_OBJECT(struct discovery_resource, RESOURCE);

static const struct codec_field VERSION[] = {
	CODEC_FIELD("version", CODEC_TEXT, struct discovery_version, version, 0),
	CODEC_SKIPPED("failed"),
	CODEC_LIST_OF("resources", struct discovery_version, resources, RESOURCE_OBJECT, 0),
};
static const struct codec_object VERSION_OBJECT = CODEC_OBJECT(struct discovery_version, VERSION);

static const struct codec_field GROUP[] = {
	CODEC_FIELD("group", CODEC_TEXT, struct discovery_group, name, 0),
	CODEC_FIELD("preferred", CODEC_TEXT, struct discovery_group, preferred, 0),
	CODEC_LIST_OF("versions", struct discovery_group, versions, VERSION_OBJECT, 0),
};
static const struct codec_object GROUP_OBJECT = CODEC_OBJECT(struct discovery_group, GROUP);

/* What the tables cannot read: booleans, in the same order. */
static void read_flags(struct codec *c, const struct codec_path *path, const struct jtree *versions,
	struct discovery_group *group)
{
	size_t i = 0;

	JTREE_FOREACH (version, versions) {
		struct codec_path at = { .up = path, .index = i };
		struct discovery_version *v = &group->versions[i++];
		size_t k = 0;
		tape_fields_bool(c, &at, version, "failed", &v->failed);
		JTREE_FOREACH (resource, jtree_get(version, "resources")) {
			if (k < v->n_resources)
				tape_fields_bool(c, &at, resource, "namespaced",
					&v->resources[k++].namespaced);
		}
	}
}

struct discovery *tape_kinds_decode(
	struct codec *c, const struct codec_path *path, const struct jtree *list)
{
	struct discovery *d = tape_fields_array(c, 1, sizeof(*d));
	struct discovery_group *groups = tape_fields_array(c, list->n, sizeof(*groups));
	size_t n = 0;

	if (!d || !groups)
		return NULL;
	JTREE_FOREACH (item, list) {
		struct codec_path at = { .up = path, .index = n };
		codec_decode(c, &at, item, &GROUP_OBJECT, &groups[n]);
		if (groups[n].n_versions > 0)
			read_flags(c, &at, jtree_get(item, "versions"), &groups[n]);
		n++;
	}
	d->groups = groups;
	d->n_groups = n;
	return d;
}

struct served {
	const char *group, *version, *preferred, *kind, *resource;
	bool namespaced;
};

/* In discovery order; rows of one group and version stand together. */
static const struct served SERVED[] = {
	{ "", "v1", "v1", "Pod", "pods", true },
	{ "", "v1", "v1", "Service", "services", true },
	{ "", "v1", "v1", "Node", "nodes", false },
	{ "", "v1", "v1", "Namespace", "namespaces", false },
	{ "", "v1", "v1", "ReplicationController", "replicationcontrollers", true },
	{ "", "v1", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true },
	{ "", "v1", "v1", "ConfigMap", "configmaps", true },
	{ "apps", "v1", "v1", "Deployment", "deployments", true },
	{ "apps", "v1", "v1", "ReplicaSet", "replicasets", true },
	{ "apps", "v1", "v1", "StatefulSet", "statefulsets", true },
	{ "apps", "v1", "v1", "DaemonSet", "daemonsets", true },
	{ "batch", "v1", "v1", "Job", "jobs", true },
	{ "networking.k8s.io", "v1", "v1", "Ingress", "ingresses", true },
	{ "example.com", "v2", "v2", "Widget", "widgets", true },
	{ "example.com", "v1", "v2", "Widget", "widgets", true },
};

static struct discovery_group *group_of(
	struct codec *c, struct discovery *d, const struct served *row)
{
	struct discovery_group *group = d->n_groups > 0 ? &d->groups[d->n_groups - 1] : NULL;

	if (group && sv_is(group->name, row->group))
		return group;
	group = &d->groups[d->n_groups++];
	group->name = sv_of(row->group);
	group->preferred = sv_of(row->preferred);
	group->versions = tape_fields_array(c, ARRAY_LEN(SERVED), sizeof(group->versions[0]));
	return group->versions ? group : NULL;
}

static struct discovery_version *version_of(
	struct codec *c, struct discovery_group *group, const struct served *row)
{
	struct discovery_version *last =
		group->n_versions > 0 ? &group->versions[group->n_versions - 1] : NULL;

	if (last && sv_is(last->version, row->version))
		return last;
	last = &group->versions[group->n_versions++];
	last->version = sv_of(row->version);
	last->resources = tape_fields_array(c, ARRAY_LEN(SERVED), sizeof(last->resources[0]));
	return last->resources ? last : NULL;
}

struct discovery *tape_kinds_standard(struct codec *c, struct sv custom_version)
{
	struct discovery *d = tape_fields_array(c, 1, sizeof(*d));
	struct discovery_version *custom = tape_fields_array(c, 1, sizeof(*custom));

	if (!d || !custom)
		return NULL;
	d->groups = tape_fields_array(c, ARRAY_LEN(SERVED) + 1, sizeof(d->groups[0]));
	for (size_t i = 0; i < ARRAY_LEN(SERVED) && d->groups; i++) {
		const struct served *row = &SERVED[i];
		struct discovery_group *group = group_of(c, d, row);
		struct discovery_version *version = group ? version_of(c, group, row) : NULL;
		if (!version)
			return NULL;
		version->resources[version->n_resources++] = (struct discovery_resource){
			.name = sv_of(row->resource),
			.kind = sv_of(row->kind),
			.namespaced = row->namespaced,
			.verbs = DISCOVERY_GET | DISCOVERY_LIST | DISCOVERY_UPDATE,
		};
	}
	if (!d->groups)
		return NULL;
	custom->version = custom_version;
	d->groups[d->n_groups++] = (struct discovery_group){
		.name = SV("custom.metrics.k8s.io"),
		.preferred = custom_version,
		.versions = custom,
		.n_versions = 1,
	};
	return d;
}
