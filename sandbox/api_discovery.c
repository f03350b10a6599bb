/* Discovery, version and health documents. Groups of the table and groups that an APIService adds (custom.metrics.k8s.io ...); the resource
 * lists of the latter come from their servers (api_proxy.c). */
#include "common/jw.h"
#include "common/limits.h"
#include "sandbox/api_request.h"

/* Kubernetes version whose behaviour the sandbox follows. */
#define KUBERNETES_MAJOR "1"
#define KUBERNETES_MINOR "36"
#define KUBERNETES_VERSION "v1.36.3"
/* Groups of the table and of APIServices together. */
#define MAX_GROUPS 64

struct group_version {
	struct sv group, version;
	bool aggregated;
};

bool api_serves(const struct api *a, const struct resource *r)
{
	AUTO(buf_done) struct buf name = { 0 };

	if (!r->custom)
		return true;
	buf_init(&name, 256);
	resources_print_qualified(&name, r);
	return store_find(a->store, resources_of_kind("CustomResourceDefinition"), SV(""),
		       buf_sv(&name)) != NULL;
}

static bool add(
	struct group_version *all, size_t *n, struct sv group, struct sv version, bool aggregated)
{
	for (size_t i = 0; i < *n; i++) {
		if (sv_eq(all[i].group, group) && sv_eq(all[i].version, version))
			return true;
	}
	if (*n == MAX_GROUPS)
		return false;
	all[(*n)++] = (struct group_version){ group, version, aggregated };
	return true;
}

/* Every served group version but the core's; texts live in the request's arena. */
static size_t collect(struct api_request *q, struct group_version *all)
{
	AUTO(store_list_done) struct store_list services = { NULL, 0 };
	struct error ignored;
	size_t n = 0;

	for (size_t i = 0; i < resources_n; i++) {
		if (resources_table[i].group[0] != '\0' && api_serves(q->api, &resources_table[i]))
			(void)add(all, &n, sv_of(resources_table[i].group),
				sv_of(resources_table[i].version), false);
	}
	const struct resource *apiservice = resources_of_kind("APIService");
	if (store_list(q->api->store, apiservice, SV(""), &services, &ignored) != ERR_OK)
		return n;
	for (size_t i = 0; i < services.n; i++) {
		AUTO(jx_free)
		json_t *doc =
			store_get(q->api->store, apiservice, SV(""), sv_of(services.at[i]->name));
		const char *group = jx_text_at(doc, "spec.group");
		const char *version = jx_text_at(doc, "spec.version");
		if (group && version && jx_at(doc, "spec.service"))
			(void)add(all, &n, arena_sv(q->arena, sv_of(group)),
				arena_sv(q->arena, sv_of(version)), true);
	}
	return n;
}

static void put_version(struct jw *w, struct sv group, struct sv version)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 512);
	buf_printf(&text, "%.*s/%.*s", SV_ARG(group), SV_ARG(version));
	jw_object(w);
	jw_member_sv(w, "groupVersion", buf_sv(&text));
	jw_member_sv(w, "version", version);
	jw_object_end(w);
}

/* name, versions, preferredVersion of all[at]'s group; the first version listed is preferred. v1beta2 of a metrics API goes before v1beta1, as
 * their APIServices' version priorities say. */
static void put_group_members(struct jw *w, const struct group_version *all, size_t n, size_t at)
{
	struct sv preferred = all[at].version;

	jw_member_sv(w, "name", all[at].group);
	jw_key(w, "versions");
	jw_array(w);
	for (size_t i = n; i-- > 0;) {
		if (sv_eq(all[i].group, all[at].group)) {
			put_version(w, all[i].group, all[i].version);
			if (sv_cmp(all[i].version, preferred) > 0)
				preferred = all[i].version;
		}
	}
	jw_array_end(w);
	jw_key(w, "preferredVersion");
	put_version(w, all[at].group, preferred);
}

static void put_groups(struct jw *w, struct api_request *q)
{
	struct group_version all[MAX_GROUPS];
	size_t n = collect(q, all);

	jw_object(w);
	jw_member_str(w, "kind", "APIGroupList");
	jw_member_str(w, "apiVersion", "v1");
	jw_key(w, "groups");
	jw_array(w);
	for (size_t i = 0; i < n; i++) {
		bool seen = false;
		for (size_t k = 0; k < i && !seen; k++)
			seen = sv_eq(all[k].group, all[i].group);
		if (seen)
			continue;
		jw_object(w);
		put_group_members(w, all, n, i);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static bool put_group(struct jw *w, struct api_request *q, struct sv group)
{
	struct group_version all[MAX_GROUPS];
	size_t n = collect(q, all);

	for (size_t i = 0; i < n; i++) {
		if (!sv_eq(all[i].group, group))
			continue;
		jw_object(w);
		jw_member_str(w, "kind", "APIGroup");
		jw_member_str(w, "apiVersion", "v1");
		put_group_members(w, all, n, i);
		jw_object_end(w);
		return true;
	}
	return false;
}

static void put_words(struct jw *w, const char *key, const char *words)
{
	struct sv left = sv_of(words);

	if (left.len == 0)
		return;
	jw_key(w, key);
	jw_array(w);
	while (left.len > 0) {
		struct sv rest;
		bool found;
		jw_sv(w, sv_cut(left, ' ', &rest, &found));
		left = rest;
	}
	jw_array_end(w);
}

static void put_resource(struct jw *w, const struct resource *r, const char *sub, const char *verbs)
{
	AUTO(buf_done) struct buf name = { 0 };

	buf_init(&name, 256);
	buf_printf(&name, "%s%s%s", r->plural, sub[0] ? "/" : "", sub);
	jw_object(w);
	jw_member_sv(w, "name", buf_sv(&name));
	jw_member_str(w, "singularName", sub[0] ? "" : r->singular);
	jw_member_bool(w, "namespaced", r->namespaced);
	if (strcmp(sub, "scale") == 0) {
		jw_member_str(w, "group", "autoscaling");
		jw_member_str(w, "version", "v1");
		jw_member_str(w, "kind", "Scale");
	} else {
		jw_member_str(w, "kind", r->kind);
	}
	put_words(w, "verbs", verbs);
	if (sub[0] == '\0') {
		put_words(w, "shortNames", r->short_names);
		put_words(w, "categories", r->categories);
	}
	jw_object_end(w);
}

static bool put_resources(struct jw *w, const struct api *api, struct sv group, struct sv version)
{
	AUTO(buf_done) struct buf text = { 0 };
	bool any = false;

	buf_init(&text, 512);
	buf_printf(&text, "%.*s%s%.*s", SV_ARG(group), group.len ? "/" : "", SV_ARG(version));
	for (size_t i = 0; i < resources_n && !any; i++)
		any = sv_is(group, resources_table[i].group) &&
		      sv_is(version, resources_table[i].version) &&
		      api_serves(api, &resources_table[i]);
	if (!any)
		return false;
	jw_object(w);
	jw_member_str(w, "kind", "APIResourceList");
	if (group.len > 0)
		jw_member_str(w, "apiVersion", "v1");
	jw_member_sv(w, "groupVersion", buf_sv(&text));
	jw_key(w, "resources");
	jw_array(w);
	for (size_t i = 0; i < resources_n; i++) {
		const struct resource *r = &resources_table[i];
		if (!sv_is(group, r->group) || !sv_is(version, r->version) || !api_serves(api, r))
			continue;
		put_resource(w, r, "",
			r->review ? "create"
				  : "create delete deletecollection get list patch update watch");
		if (r->has_scale)
			put_resource(w, r, "scale", "get patch update");
		if (r->has_status)
			put_resource(w, r, "status", "get patch update");
	}
	jw_array_end(w);
	jw_object_end(w);
	return true;
}

static void put_core_versions(struct jw *w)
{
	jw_object(w);
	jw_member_str(w, "kind", "APIVersions");
	jw_key(w, "versions");
	jw_array(w);
	jw_str(w, "v1");
	jw_array_end(w);
	jw_key(w, "serverAddressByClientCIDRs");
	jw_array(w);
	jw_array_end(w);
	jw_object_end(w);
}

static void put_server_version(struct jw *w)
{
	jw_object(w);
	jw_member_str(w, "major", KUBERNETES_MAJOR);
	jw_member_str(w, "minor", KUBERNETES_MINOR);
	jw_member_str(w, "gitVersion", KUBERNETES_VERSION);
	jw_member_str(w, "platform", "linux/amd64");
	jw_object_end(w);
}

bool api_discovery(struct api_request *q, struct sv path)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;
	struct sv group, version;
	bool found = true, more;

	buf_init(&out, LIMIT_OBJECT_BYTES);
	jw_init(&w, &out);
	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (sv_is(path, "/healthz") || sv_is(path, "/livez") || sv_is(path, "/readyz")) {
		http_exchange_reply(q->x, 200, "text/plain; charset=utf-8", SV("ok"), NULL);
		return true;
	}
	if (sv_is(path, "/version")) {
		put_server_version(&w);
	} else if (sv_is(path, "/api")) {
		put_core_versions(&w);
	} else if (sv_is(path, "/api/v1")) {
		found = put_resources(&w, q->api, SV(""), SV("v1"));
	} else if (sv_is(path, "/apis")) {
		put_groups(&w, q);
	} else if (sv_has_prefix(path, SV("/apis/"))) {
		group = sv_cut(sv_skip(path, 6), '/', &version, &more);
		if (more && sv_find(version, '/') < version.len)
			return false;
		found = more ? put_resources(&w, q->api, group, version) : put_group(&w, q, group);
	} else {
		return false;
	}
	if (!found)
		return false;
	buf_put_char(&out, '\n');
	api_reply_json(q, 200, buf_sv(&out));
	return true;
}
