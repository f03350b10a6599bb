/* The chain of authenticators. A failing one does not end it: the first success counts; without one, anything bad that was presented is a refusal, and
 * nothing presented is the anonymous user. X-Remote headers mean something only from a connection whose certificate the proxy CA issued. */
#include "kube/authn.h"

#include "common/limits.h"
#include "kube/authn_trust.h"
#include "kube/watch.h"

#define AUTHN_CONFIG_PATH "/api/v1/namespaces/kube-system/configmaps"
#define AUTHN_CONFIG_NAME "extension-apiserver-authentication"
#define AUTHN_TOKENS_MAX 4096u
#define AUTHN_DECODE_MAX (8u * 1024 * 1024)
/* Tokens of Kubernetes are 1 to 2 KiB. */
#define AUTHN_TOKEN_MAX (64u * 1024)

/* Contents of CA files, copies; empty: not given. */
struct authn_cas {
	struct sv client_pem, proxy_pem;
	char *client, *proxy;
};

struct authn {
	struct authn_config config;
	struct authn_cas files; /* instead of the ConfigMap's */
	struct buf config_map;	/* the last good one, JSON; empty: none */
	struct authn_trust *trust;
	struct watch *watch;
	struct review *tokens;
	bool ready;
};

static void free_cas(struct authn_cas *c)
{
	mem_free(c->client);
	mem_free(c->proxy);
	*c = (struct authn_cas){ 0 };
}

static enum error_kind copy_cas(
	struct sv client_pem, struct sv proxy_pem, struct authn_cas *ret, struct error *err)
{
	struct authn_cas c = { .client = mem_memdup(client_pem.ptr, client_pem.len),
		.proxy = mem_memdup(proxy_pem.ptr, proxy_pem.len) };
	if (!c.client || !c.proxy) {
		free_cas(&c);
		return error_nomem(err);
	}
	c.client_pem = sv_from(c.client, client_pem.len);
	c.proxy_pem = sv_from(c.proxy, proxy_pem.len);
	*ret = c;
	return ERR_OK;
}

/* Files win over the ConfigMap, each for its own half. */
static enum error_kind set_trust(struct authn *a, const struct authn_cas *files,
	struct authn_trust_config *c, struct error *err)
{
	if (files->client_pem.len)
		c->client_ca_pem = files->client_pem;
	if (files->proxy_pem.len) {
		c->proxy_ca_pem = files->proxy_pem;
		c->proxy_names = a->config.proxy_names;
		c->n_proxy_names = a->config.n_proxy_names;
		c->proxy_headers = a->config.proxy_headers;
	}
	struct authn_trust *made = NULL;
	if (authn_trust_new(c, &made, err))
		return err->kind;
	authn_trust_free(a->trust);
	a->trust = made;
	return ERR_OK;
}

static void tell_ready(struct authn *a)
{
	a->ready = true;
	if (a->config.on_ready)
		a->config.on_ready(a->config.ctx);
}

static void tell_error(struct authn *a, const struct error *why, bool refused)
{
	if (!a->ready && refused) {
		if (a->config.tolerate_lookup_failure)
			tell_ready(a);
		else if (a->config.on_refused)
			a->config.on_refused(why, a->config.ctx);
		return;
	}
	if (a->config.on_error)
		a->config.on_error(why, a->config.ctx);
}

static void on_object(const struct object_id *id, struct sv json, void *ctx)
{
	(void)id;
	struct authn *a = ctx;
	struct error err = { 0 };
	struct authn_trust_config c = { 0 };
	AUTO(arena_done) struct arena scratch = { 0 };
	arena_init(&scratch, AUTHN_DECODE_MAX);
	if (authn_trust_decode(&scratch, json, &c, &err) || set_trust(a, &a->files, &c, &err)) {
		error_wrap(&err, "ConfigMap kube-system/" AUTHN_CONFIG_NAME);
		tell_error(a, &err, true);
		return;
	}
	/* Kept for the day when a file changes; without memory the next change of a file has to wait for the next ConfigMap. */
	buf_clear(&a->config_map);
	buf_put_sv(&a->config_map, json);
	if (a->ready)
		tell_ready(a);
}

static void on_deleted(const struct object_id *id, struct sv json, void *ctx)
{
	(void)id;
	(void)json;
	struct authn *a = ctx;
	struct error err = { 0 };
	error_set(&err, ERR_NOTFOUND,
		"ConfigMap kube-system/" AUTHN_CONFIG_NAME
		" was deleted; its last content stays in use");
	tell_error(a, &err, false);
}

static void on_synced(void *ctx)
{
	struct authn *a = ctx;
	if (!a->ready)
		tell_ready(a);
}

static void on_watch_error(const struct error *why, void *ctx)
{
	struct authn *a = ctx;
	struct error err = *why;
	error_wrap(&err, "unable to read ConfigMap kube-system/" AUTHN_CONFIG_NAME);
	bool unusable = why->kind == ERR_DENIED ||
			(why->kind == ERR_UNAVAIL && a->config.tolerate_lookup_failure);
	tell_error(a, &err, unusable);
}

static enum error_kind start_watch(struct authn *a, struct error *err)
{
	struct watch_config w = {
		.client = a->config.client,
		.path = AUTHN_CONFIG_PATH,
		.resource = "configmaps",
		.field_selector = "metadata.name=" AUTHN_CONFIG_NAME,
		.on_object = on_object,
		.on_deleted = on_deleted,
		.on_synced = on_synced,
		.on_error = on_watch_error,
		.ctx = a,
	};
	return watch_start(&w, &a->watch, err);
}

static int64_t keep_token_ns(struct sv answer, void *ctx)
{
	(void)answer;
	const struct authn *a = ctx;
	return a->config.token_ttl_ns;
}

enum error_kind authn_new(const struct authn_config *config, struct authn **ret, struct error *err)
{
	AUTO(authn_free) struct authn *a = mem_zalloc(sizeof(*a));
	if (!a)
		return error_nomem(err);
	a->config = *config;
	buf_init(&a->config_map, LIMIT_OBJECT_BYTES);
	struct authn_trust_config files = { 0 };
	if (copy_cas(config->client_ca_pem, config->proxy_ca_pem, &a->files, err) ||
		set_trust(a, &a->files, &files, err))
		return err->kind;
	if (config->client) {
		struct review_config tokens = {
			.client = config->client,
			.target = "/apis/authentication.k8s.io/v1/tokenreviews",
			.resource = "tokenreviews.authentication.k8s.io",
			.max_entries = AUTHN_TOKENS_MAX,
			.keep_ns = keep_token_ns,
			.ctx = a,
		};
		if (review_new(&tokens, &a->tokens, err))
			return err->kind;
	}
	bool both_files = config->client_ca_pem.len && config->proxy_ca_pem.len;
	if (!config->client || config->skip_lookup || both_files)
		a->ready = true;
	else if (start_watch(a, err))
		return err->kind;
	*ret = TAKE_PTR(a);
	return ERR_OK;
}

enum error_kind authn_set_cas(
	struct authn *a, struct sv client_ca_pem, struct sv proxy_ca_pem, struct error *err)
{
	struct authn_trust_config c = { 0 };
	struct authn_cas files = { 0 };
	AUTO(arena_done) struct arena scratch = { 0 };
	arena_init(&scratch, AUTHN_DECODE_MAX);
	if (a->config_map.len && authn_trust_decode(&scratch, buf_sv(&a->config_map), &c, err))
		return err->kind;
	if (buf_check(&a->config_map, "authentication configuration", err) ||
		copy_cas(client_ca_pem.len ? client_ca_pem : a->files.client_pem,
			proxy_ca_pem.len ? proxy_ca_pem : a->files.proxy_pem, &files, err))
		return err->kind;
	if (set_trust(a, &files, &c, err)) {
		free_cas(&files);
		return err->kind;
	}
	free_cas(&a->files);
	a->files = files;
	return ERR_OK;
}

void authn_free(struct authn *a)
{
	if (!a)
		return;
	watch_stop(a->watch);
	review_free(a->tokens);
	authn_trust_free(a->trust);
	free_cas(&a->files);
	buf_done(&a->config_map);
	mem_free(a);
}

bool authn_is_ready(const struct authn *a)
{
	return a->ready;
}

enum outcome { OUTCOME_NONE, OUTCOME_USER, OUTCOME_BAD, OUTCOME_FAILED };

static enum outcome finish_user(struct arena *arena, struct authn_user *u)
{
	struct error err = { 0 };
	return authn_user_add_group(arena, u, SV("system:authenticated"), &err) ? OUTCOME_FAILED
										: OUTCOME_USER;
}

static enum outcome user_of_subject(
	struct arena *arena, const struct tls_cert_subject *subject, struct authn_user *ret)
{
	struct error err = { 0 };
	*ret = (struct authn_user){ .name = arena_sv(arena, subject->common_name) };
	if (!ret->name.ptr)
		return OUTCOME_FAILED;
	for (size_t i = 0; i < subject->n_organizations; i++) {
		struct sv group = arena_sv(arena, subject->organizations[i]);
		if (!group.ptr || authn_user_add_group(arena, ret, group, &err))
			return OUTCOME_FAILED;
	}
	return finish_user(arena, ret);
}

static enum outcome check_certificate(struct authn *a, struct arena *arena,
	const struct authn_credentials *c, struct authn_user *ret)
{
	struct error err = { 0 };
	if (c->client_cert.len == 0 ||
		(!authn_trust_has_proxy(a->trust) && !authn_trust_has_client(a->trust)))
		return OUTCOME_NONE;
	const struct authn_trust_verdict *v =
		authn_trust_check(a->trust, c->client_cert, instant_wall_now());
	if (!v)
		return OUTCOME_FAILED;
	if (v->proxy) {
		bool found = false;
		if (authn_user_from_headers(arena, authn_trust_headers(a->trust), c->headers,
			    c->n_headers, &found, ret, &err))
			return OUTCOME_FAILED;
		if (found)
			return finish_user(arena, ret);
	}
	/* Groups without a name are nobody. */
	if (v->client && v->subject.common_name.len > 0)
		return user_of_subject(arena, &v->subject, ret);
	bool failed =
		(authn_trust_has_proxy(a->trust) && !v->proxy) || authn_trust_has_client(a->trust);
	return failed ? OUTCOME_BAD : OUTCOME_NONE;
}

/* The token, or empty. */
static struct sv bearer_token(struct sv authorization, bool *ret_extra_space)
{
	struct sv rest, after;
	bool found, more;
	struct sv scheme = sv_cut(sv_trim(authorization), ' ', &rest, &found);
	if (!found || !sv_eq_nocase(scheme, SV("bearer")))
		return SV_NULL;
	struct sv token = sv_cut(rest, ' ', &after, &more);
	*ret_extra_space = token.len == 0;
	return token;
}

static enum outcome judge_token(struct arena *arena, struct sv answer, struct authn_user *ret)
{
	struct error err = { 0 };
	bool found = false;
	if (authn_user_from_review(arena, answer, &found, ret, &err))
		return err.kind == ERR_INVALID ? OUTCOME_BAD : OUTCOME_FAILED;
	return found ? finish_user(arena, ret) : OUTCOME_BAD;
}

static enum authn_verdict verdict_of(enum outcome o)
{
	return o == OUTCOME_USER ? AUTHN_USER : o == OUTCOME_FAILED ? AUTHN_FAILED : AUTHN_REFUSED;
}

static void on_token(struct review_waiter *w, struct sv answer, const struct error *failed)
{
	struct authn_call *call =
		(struct authn_call *)((char *)w - offsetof(struct authn_call, waiter));
	struct authn_user user = { 0 };
	enum outcome o = failed ? OUTCOME_BAD : judge_token(call->arena, answer, &user);
	call->done(verdict_of(o), &user, call->ctx);
}

static enum authn_verdict ask_token(
	struct authn *a, struct sv token, struct authn_call *call, struct authn_user *ret)
{
	struct buf body;
	struct jw w;
	struct error err = { 0 };
	struct sv answer = SV_NULL;
	buf_init(&body, AUTHN_TOKEN_MAX);
	jw_init(&w, &body);
	buf_put_str(&body, "{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/"
			   "v1\",\"metadata\":{\"creationTimestamp\":null},"
			   "\"spec\":{\"token\":");
	jw_sv(&w, token);
	buf_put_str(&body, "},\"status\":{\"user\":{}}}");
	call->waiter = (struct review_waiter){ .done = on_token };
	enum error_kind kind = buf_check(&body, "token", &err);
	if (kind == ERR_OK)
		kind = review_ask(a->tokens, token, buf_sv(&body), &call->waiter, &answer, &err);
	buf_done(&body);
	if (kind == ERR_LIMIT)
		return AUTHN_REFUSED;
	if (kind)
		return AUTHN_FAILED;
	return answer.ptr ? verdict_of(judge_token(call->arena, answer, ret)) : AUTHN_WAIT;
}

enum authn_verdict authn_check(struct authn *a, struct arena *arena,
	const struct authn_credentials *credentials, struct authn_call *call,
	struct authn_user *ret, bool *ret_extra_space)
{
	*ret_extra_space = false;
	call->arena = arena;
	enum outcome o = check_certificate(a, arena, credentials, ret);
	if (o == OUTCOME_USER || o == OUTCOME_FAILED)
		return verdict_of(o);
	struct sv token = bearer_token(credentials->authorization, ret_extra_space);
	if (token.len && a->tokens)
		return ask_token(a, token, call, ret);
	if (o == OUTCOME_BAD)
		return AUTHN_REFUSED;
	struct error err = { 0 };
	*ret = (struct authn_user){ .name = SV("system:anonymous") };
	return authn_user_add_group(arena, ret, SV("system:unauthenticated"), &err) ? AUTHN_FAILED
										    : AUTHN_USER;
}

void authn_cancel(struct authn_call *call)
{
	review_cancel(&call->waiter);
}

struct review_stats authn_stats(const struct authn *a)
{
	return a->tokens ? review_stats(a->tokens) : (struct review_stats){ 0 };
}
