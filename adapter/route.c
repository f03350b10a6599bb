/* Step "route" (and the attributes that "authorise" asks about): URL -> question.
 *
 * Two readings of one path, as in Kubernetes: the resolver of request attributes, which authorisation uses, and the routes of the API. They disagree
 * in corners (/namespaces/NS/status); both are kept apart here on purpose. */
#include "adapter/route.h"

#include "common/buf.h"
#include "common/http_server.h"

/* Deeper paths match no route; the rest stays in the last part. */
#define ROUTE_PARTS_MAX 12u
/* The server refuses longer request lines before. */
#define ROUTE_PATH_MAX (64u * 1024)

struct parts {
	struct sv at[ROUTE_PARTS_MAX];
	size_t n;
};

/* Without the slashes at both ends, cut at each slash; empty parts in the middle count. */
static struct parts split(struct sv path)
{
	struct parts p = { .n = 0 };
	while (path.len > 0 && path.ptr[0] == '/')
		path = sv_skip(path, 1);
	while (path.len > 0 && path.ptr[path.len - 1] == '/')
		path = sv_take(path, path.len - 1);
	bool found = path.len > 0;
	while (found && p.n < ROUTE_PARTS_MAX) {
		struct sv rest = SV_NULL;
		p.at[p.n++] = sv_cut(path, '/', &rest, &found);
		path = rest;
	}
	return p;
}

static struct sv lower(struct arena *a, struct sv text)
{
	char *copy = arena_strdup(a, text);
	for (char *p = copy; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	return copy ? sv_of(copy) : SV_NULL;
}

static struct sv verb_of_method(struct sv method)
{
	static const struct {
		const char *method, *verb;
	} VERBS[] = { { "GET", "get" }, { "HEAD", "get" }, { "POST", "create" },
		{ "PUT", "update" }, { "PATCH", "patch" }, { "DELETE", "delete" } };
	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++)
		if (sv_is(method, VERBS[i].method))
			return sv_of(VERBS[i].verb);
	return SV("");
}

static void drop(struct parts *p, size_t n)
{
	for (size_t i = n; i < p->n; i++)
		p->at[i - n] = p->at[i];
	p->n -= n;
}

/* "watch" and "proxy" in front of the resource are verbs; true: one was taken off. */
static bool take_special_verb(struct parts *p, struct authz_attributes *at)
{
	if (p->n < 2 || !(sv_is(p->at[0], "watch") || sv_is(p->at[0], "proxy")))
		return false;
	at->verb = p->at[0];
	drop(p, 1);
	return true;
}

static void take_namespace(struct parts *p, struct authz_attributes *at)
{
	if (p->n < 2 || !sv_is(p->at[0], "namespaces"))
		return;
	at->namespace = p->at[1];
	if (p->n > 2 && !sv_is(p->at[2], "status") && !sv_is(p->at[2], "finalize"))
		drop(p, 2);
}

/* parts: behind the version. */
static void read_resource(
	struct parts *p, struct sv method, bool watch, struct authz_attributes *at)
{
	at->verb = verb_of_method(method);
	bool special = take_special_verb(p, at);
	take_namespace(p, at);
	if (p->n > 0)
		at->resource = p->at[0];
	if (p->n > 1)
		at->name = p->at[1];
	if (p->n > 2 && !special)
		at->subresource = p->at[2];
	if (at->name.len > 0)
		return;
	if (sv_is(at->verb, "get"))
		at->verb = watch ? SV("watch") : SV("list");
	else if (sv_is(at->verb, "delete"))
		at->verb = SV("deletecollection");
}

enum error_kind route_attributes(struct arena *a, struct sv method, struct sv raw_path, bool watch,
	struct authz_attributes *ret, struct error *err)
{
	struct authz_attributes at = { 0 };
	struct buf decoded;
	buf_init(&decoded, ROUTE_PATH_MAX);
	bool fine = http_unescape(&decoded, raw_path, false);
	enum error_kind kind =
		fine ? buf_check(&decoded, "path", err)
		     : error_set(err, ERR_INVALID, "the path is not properly encoded");
	if (kind == ERR_OK) {
		at.path = arena_sv(a, buf_sv(&decoded));
		if (!at.path.ptr)
			kind = arena_error(a, err);
	}
	buf_done(&decoded);
	if (kind)
		return kind;
	struct parts p = split(at.path);
	bool grouped = p.n > 3 && sv_is(p.at[0], "apis");
	at.is_resource = grouped || (p.n > 2 && sv_is(p.at[0], "api"));
	if (at.is_resource) {
		if (grouped)
			at.group = p.at[1];
		at.version = p.at[grouped ? 2 : 1];
		drop(&p, grouped ? 3 : 2);
		read_resource(&p, method, watch, &at);
	} else {
		at.verb = lower(a, method);
		if (!at.verb.ptr)
			return arena_error(a, err);
	}
	*ret = at;
	return ERR_OK;
}

static void route_custom(const struct parts *p, const struct authz_attributes *at, struct route *r)
{
	r->kind = ROUTE_NO_RESOURCE;
	size_t n = p->n - 3;
	bool namespaced = n > 0 && sv_is(p->at[3], "namespaces");
	if (n == 4 && namespaced && sv_is(p->at[5], "metrics")) {
		r->kind = ROUTE_CUSTOM;
		r->resource = SV("namespaces");
		r->name = at->namespace;
		r->metric = p->at[6];
	} else if (n == 3 || (n == 5 && namespaced)) {
		r->kind = at->subresource.len == 0 ? ROUTE_BAD_PATH : ROUTE_CUSTOM;
		r->has_namespace = n == 5;
		r->resource = at->resource;
		r->namespace = n == 5 ? at->namespace : SV("");
		r->name = at->name;
		r->metric = at->subresource;
	}
	r->all_objects = sv_is(r->name, "*");
}

static void route_external(
	const struct parts *p, const struct authz_attributes *at, struct route *r)
{
	r->kind = ROUTE_NO_RESOURCE;
	if (p->n != 6 || !sv_is(p->at[3], "namespaces"))
		return;
	r->kind = ROUTE_EXTERNAL;
	r->has_namespace = true;
	r->namespace = at->namespace;
	r->metric = p->at[5];
}

static void route_resource(
	const struct parts *p, const struct authz_attributes *at, struct route *r)
{
	size_t n = p->n - 3;
	bool nodes = sv_is(p->at[3], "nodes") && n <= 2;
	bool pods = sv_is(p->at[3], "pods") && n == 1;
	bool in_namespace =
		sv_is(p->at[3], "namespaces") && n >= 3 && n <= 4 && sv_is(p->at[5], "pods");
	r->kind = nodes || pods || in_namespace ? ROUTE_RESOURCE : ROUTE_NO_RESOURCE;
	r->resource = at->resource;
	r->has_namespace = in_namespace;
	r->namespace = in_namespace ? at->namespace : SV("");
	/* Not the attributes' name: a field selector may have set that. */
	r->name = nodes && n == 2 ? p->at[4] : in_namespace && n == 4 ? p->at[6] : SV("");
	r->all_objects = r->name.len == 0;
}

/* A question inside of a served group and version. */
static void route_question(
	const struct parts *p, const struct authz_attributes *at, struct sv method, struct route *r)
{
	if (sv_is(p->at[1], "custom.metrics.k8s.io"))
		route_custom(p, at, r);
	else if (sv_is(p->at[1], "external.metrics.k8s.io"))
		route_external(p, at, r);
	else
		route_resource(p, at, r);
	if (r->kind != ROUTE_NO_RESOURCE && !sv_is(method, "GET"))
		r->kind = ROUTE_BAD_METHOD;
}

static bool is_offered(struct sv group, const struct route_groups *groups)
{
	return (groups->custom && sv_is(group, "custom.metrics.k8s.io")) ||
	       (groups->external && sv_is(group, "external.metrics.k8s.io")) ||
	       (groups->resource && sv_is(group, "metrics.k8s.io"));
}

void route_find(const struct authz_attributes *at, struct sv method,
	const struct route_groups *groups, struct route *ret)
{
	*ret = (struct route){ .kind = ROUTE_DOCUMENT };
	struct parts p = split(at->path);
	if (p.n < 3 || !sv_is(p.at[0], "apis") || !is_offered(p.at[1], groups))
		return;
	ret->v1beta2 = sv_is(p.at[1], "custom.metrics.k8s.io") && sv_is(p.at[2], "v1beta2");
	if (!ret->v1beta2 && !sv_is(p.at[2], "v1beta1"))
		ret->kind = ROUTE_NO_RESOURCE;
	else if (p.n > 3)
		route_question(&p, at, method, ret);
}

bool route_is_name(struct sv name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool letter =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && c != '-' && c != '.' && c != '_' && c != ':' && c != '@' && c != '*')
			return false;
	}
	return true;
}
