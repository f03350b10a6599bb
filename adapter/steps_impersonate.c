/* Step "impersonate": acting as somebody else, when the headers ask for it and every part of it is permitted.
 *
 * kubectl --as works through the aggregation layer without this (the API server impersonates there); it is for callers that come directly. Each user,
 * group, extra value and uid is its own permission of the caller. Only then the request goes on, as the other user. */
#include "adapter/server.h"
#include "adapter/steps.h"

#define PREFIX "Impersonate-"
#define EXTRA_PREFIX "Impersonate-Extra-"
/* Every header line at most makes one permission. */
#define IMPERSONATE_MAX 256u

struct impersonation {
	struct authz_attributes wanted[IMPERSONATE_MAX];
	size_t n, at;
	struct authn_user user; /* who the request becomes */
	bool failed;
	struct arena *arena;
};

static void want(struct impersonation *im, struct authz_attributes what)
{
	if (im->n >= IMPERSONATE_MAX) {
		im->failed = true;
		return;
	}
	what.is_resource = true;
	what.verb = SV("impersonate");
	im->wanted[im->n++] = what;
}

/* "system:serviceaccount:NAMESPACE:NAME" */
static bool split_account(struct sv user, struct sv *ret_namespace, struct sv *ret_name)
{
	bool found;
	if (!sv_has_prefix(user, SV("system:serviceaccount:")))
		return false;
	*ret_namespace =
		sv_cut(sv_skip(user, sizeof("system:serviceaccount:") - 1), ':', ret_name, &found);
	return found && ret_namespace->len > 0 && ret_name->len > 0;
}

static void want_user(struct impersonation *im)
{
	struct authz_attributes what = { .resource = SV("users"), .name = im->user.name };
	if (split_account(im->user.name, &what.namespace, &what.name))
		what.resource = SV("serviceaccounts");
	want(im, what);
}

static bool find_user(struct sv name, struct sv value, void *ctx)
{
	struct impersonation *im = ctx;
	if (sv_eq_nocase(name, SV(PREFIX "User")) && im->user.name.len == 0)
		im->user.name = value;
	return true;
}

static bool find_group(struct sv name, struct sv value, void *ctx)
{
	struct impersonation *im = ctx;
	struct error err = { 0 };
	if (!sv_eq_nocase(name, SV(PREFIX "Group")))
		return true;
	want(im, (struct authz_attributes){ .resource = SV("groups"), .name = value });
	im->failed = im->failed || authn_user_add_group(im->arena, &im->user, value, &err);
	return true;
}

/* Extra values and the uid. */
static bool find_rest(struct sv name, struct sv value, void *ctx)
{
	struct impersonation *im = ctx;
	const struct sv prefixes[] = { SV(EXTRA_PREFIX) };
	const struct sv nobody[] = { SV(PREFIX "User") };
	struct authz_attributes what = {
		.group = SV("authentication.k8s.io"), .version = SV("v1"), .name = value
	};
	if (sv_eq_nocase(name, SV(PREFIX "Uid"))) {
		im->user.uid = value;
		what.resource = SV("uids");
		want(im, what);
	} else if (name.len > prefixes[0].len &&
		   sv_eq_nocase(sv_take(name, prefixes[0].len), prefixes[0])) {
		/* The same reading of keys as for a front proxy's extra headers. */
		const struct authn_proxy_headers proxy = { .names = nobody,
			.n_names = 1,
			.extra_prefixes = prefixes,
			.n_extra_prefixes = 1 };
		const struct authn_header lines[] = { { nobody[0], SV("x") }, { name, value } };
		struct authn_user one = { 0 };
		struct error err = { 0 };
		bool found = false;
		if (authn_user_from_headers(im->arena, &proxy, lines, 2, &found, &one, &err) ||
			one.n_extra != 1) {
			im->failed = true;
			return true;
		}
		what.resource = SV("userextras");
		what.subresource = one.extra[0].key;
		want(im, what);
		im->failed = im->failed || authn_user_add_extra(im->arena, &im->user,
						   one.extra[0].key, value, &err);
	}
	return true;
}

/* Groups that every user of that name has. */
static bool complete_groups(struct impersonation *im)
{
	struct error err = { 0 };
	struct sv namespace, name;
	if (im->user.n_groups == 0 && split_account(im->user.name, &namespace, &name)) {
		char *of_namespace =
			arena_printf(im->arena, "system:serviceaccounts:%.*s", SV_ARG(namespace));
		if (!of_namespace ||
			authn_user_add_group(
				im->arena, &im->user, SV("system:serviceaccounts"), &err) ||
			authn_user_add_group(im->arena, &im->user, sv_of(of_namespace), &err))
			return false;
	}
	bool anonymous = sv_is(im->user.name, "system:anonymous");
	return authn_user_add_group(im->arena, &im->user,
		       anonymous ? SV("system:unauthenticated") : SV("system:authenticated"),
		       &err) == ERR_OK;
}

static enum step_next failed(struct request *r, const char *why)
{
	char *text = arena_printf(r->arena, "Internal Server Error: \"%.*s\": %s\n",
		SV_ARG(http_exchange_target(r->exchange)), why);
	request_text(r, 500, "text/plain; charset=utf-8",
		text ? sv_of(text) : SV("Internal Server Error\n"));
	return STEP_REPLY;
}

static enum step_next without_user(struct request *r, const struct impersonation *im)
{
	struct buf list;
	buf_init(&list, 64u * 1024);
	buf_put_str(&list, "requested [");
	for (size_t i = 0; i < im->n; i++) {
		bool group = sv_is(im->wanted[i].resource, "groups");
		buf_printf(&list, "%s{%s  %.*s    }", i ? " " : "", group ? "Group" : "UserExtra",
			SV_ARG(im->wanted[i].name));
	}
	buf_put_str(&list, "] without impersonating a user");
	enum step_next next = failed(r, buf_text(&list));
	buf_done(&list);
	return next;
}

static enum step_next ask_next(struct request *r);

static enum step_next take(struct request *r, enum authz_verdict verdict, struct sv reason)
{
	struct impersonation *im = r->impersonation;
	if (verdict == AUTHZ_WAIT)
		return STEP_WAIT;
	if (verdict == AUTHZ_DENIED) {
		request_refuse(r, &im->wanted[im->at], reason);
		return STEP_REPLY;
	}
	if (verdict == AUTHZ_FAILED) {
		char *why = arena_strdup(r->arena, reason);
		return failed(r, why ? why : "no verdict");
	}
	im->at++;
	return ask_next(r);
}

static void on_permission(enum authz_verdict verdict, struct sv reason, void *ctx)
{
	struct request *r = ctx;
	enum step_next next = take(r, verdict, reason);
	if (next != STEP_WAIT)
		steps_resume(r, next);
}

static enum step_next ask_next(struct request *r)
{
	struct impersonation *im = r->impersonation;
	if (im->at == im->n) {
		r->user = im->user;
		return STEP_GO;
	}
	struct sv reason = SV_NULL;
	r->authz.done = on_permission;
	r->authz.ctx = r;
	enum authz_verdict verdict = authz_check(
		r->server->authz, r->arena, &r->user, &im->wanted[im->at], &r->authz, &reason);
	return take(r, verdict, reason);
}

static bool find_any(struct sv name, struct sv value, void *ctx)
{
	bool *found = ctx;
	(void)value;
	*found = name.len >= sizeof(PREFIX) - 1 &&
		 sv_eq_nocase(sv_take(name, sizeof(PREFIX) - 1), SV(PREFIX));
	return !*found;
}

enum step_next steps_impersonate(struct request *r)
{
	bool found = false;
	http_exchange_each_header(r->exchange, find_any, &found);
	if (!found)
		return STEP_GO;
	struct impersonation *im = ARENA_NEW(r->arena, struct impersonation);
	if (!im)
		return failed(r, "out of memory");
	im->arena = r->arena;
	http_exchange_each_header(r->exchange, find_user, im);
	if (im->user.name.len > 0)
		want_user(im);
	http_exchange_each_header(r->exchange, find_group, im);
	http_exchange_each_header(r->exchange, find_rest, im);
	if (im->failed)
		return failed(r, "too much to impersonate");
	if (im->n == 0)
		return STEP_GO;
	if (im->user.name.len == 0)
		return without_user(r, im);
	if (!complete_groups(im))
		return failed(r, "out of memory");
	r->impersonation = im;
	return ask_next(r);
}
