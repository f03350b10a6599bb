/* May this user do that? Members of system:masters may; some paths are open; everything else the API server is asked about. */
#include "kube/authz.h"

#include "common/jtree.h"

#define AUTHZ_VERDICTS_MAX 8192u
/* Longer questions are asked anew each time, as in the reference. */
#define AUTHZ_KEY_MAX 10000u
#define AUTHZ_SPEC_MAX (256u * 1024)

struct authz {
	struct authz_config config;
	struct review *reviews;
};

struct answer {
	bool allowed;
	struct sv reason;
};

static enum error_kind decode(
	struct arena *a, struct sv json, struct answer *ret, struct error *err)
{
	struct jtree *root = NULL;
	struct sv kept = arena_sv(a, json);
	if (!kept.ptr)
		return arena_error(a, err);
	if (jtree_parse(a, kept, &root, err))
		return err->kind;
	const struct jtree *status = jtree_get(root, "status");
	const struct jtree *allowed = jtree_get(status, "allowed");
	if (!status || (allowed && allowed->kind != JTREE_BOOL))
		return error_set(
			err, ERR_INVALID, "the API server's answer is no SubjectAccessReview");
	ret->allowed = allowed && allowed->truth;
	ret->reason = jtree_text(jtree_get(status, "reason"));
	return ERR_OK;
}

static int64_t keep_ns(struct sv json, void *ctx)
{
	const struct authz *a = ctx;
	struct answer answer;
	struct error err = { 0 };
	AUTO(arena_done) struct arena scratch = { 0 };
	arena_init(&scratch, 1024u * 1024);
	if (decode(&scratch, json, &answer, &err))
		return 0;
	return answer.allowed ? a->config.allowed_ttl_ns : a->config.denied_ttl_ns;
}

enum error_kind authz_new(const struct authz_config *config, struct authz **ret, struct error *err)
{
	AUTO(authz_free) struct authz *a = mem_zalloc(sizeof(*a));
	if (!a)
		return error_nomem(err);
	a->config = *config;
	struct review_config reviews = {
		.client = config->client,
		.target = "/apis/authorization.k8s.io/v1/subjectaccessreviews?timeout=10s",
		.resource = "subjectaccessreviews.authorization.k8s.io",
		.max_entries = AUTHZ_VERDICTS_MAX,
		.max_key_bytes = AUTHZ_KEY_MAX,
		.keep_ns = keep_ns,
		.ctx = a,
	};
	if (review_new(&reviews, &a->reviews, err))
		return err->kind;
	*ret = TAKE_PTR(a);
	return ERR_OK;
}

void authz_free(struct authz *a)
{
	if (!a)
		return;
	review_free(a->reviews);
	mem_free(a);
}

static bool is_open(const struct authz *a, struct sv path)
{
	for (size_t i = 0; i < a->config.n_always_allow_paths; i++) {
		struct sv open = a->config.always_allow_paths[i];
		if (sv_has_suffix(open, SV("*")) ? sv_has_prefix(path, sv_take(open, open.len - 1))
						 : sv_eq(path, open))
			return true;
	}
	return false;
}

static void put(struct jw *w, const char *key, struct sv text)
{
	if (text.len)
		jw_member_sv(w, key, text);
}

/* The spec of the review; it is also what verdicts are remembered by. */
static void write_spec(
	struct buf *out, const struct authn_user *user, const struct authz_attributes *what)
{
	struct jw w;
	jw_init(&w, out);
	jw_object(&w);
	jw_key(&w, what->is_resource ? "resourceAttributes" : "nonResourceAttributes");
	jw_object(&w);
	if (what->is_resource) {
		put(&w, "namespace", what->namespace);
		put(&w, "verb", what->verb);
		put(&w, "group", what->group);
		put(&w, "version", what->version);
		put(&w, "resource", what->resource);
		put(&w, "subresource", what->subresource);
		put(&w, "name", what->name);
	} else {
		put(&w, "path", what->path);
		put(&w, "verb", what->verb);
	}
	jw_object_end(&w);
	authn_user_write(&w, user);
	jw_object_end(&w);
}

static enum authz_verdict judge(struct arena *arena, struct sv json, struct sv *ret_reason)
{
	struct answer answer;
	struct error err = { 0 };
	if (decode(arena, json, &answer, &err)) {
		*ret_reason = arena_sv(arena, sv_of(err.text));
		return AUTHZ_FAILED;
	}
	*ret_reason = answer.reason;
	return answer.allowed ? AUTHZ_ALLOWED : AUTHZ_DENIED;
}

static void on_answer(struct review_waiter *w, struct sv answer, const struct error *failed)
{
	struct authz_call *call =
		(struct authz_call *)((char *)w - offsetof(struct authz_call, waiter));
	struct sv reason = SV_NULL;
	enum authz_verdict verdict = AUTHZ_FAILED;
	if (failed)
		reason = arena_sv(call->arena, sv_of(failed->text));
	else
		verdict = judge(call->arena, answer, &reason);
	call->done(verdict, reason, call->ctx);
}

static enum authz_verdict ask(
	struct authz *a, struct sv spec, struct authz_call *call, struct sv *ret_reason)
{
	struct buf body;
	struct error err = { 0 };
	struct sv answer = SV_NULL;
	buf_init(&body, 2 * AUTHZ_SPEC_MAX);
	buf_put_str(&body, "{\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s."
			   "io/v1\",\"metadata\":{\"creationTimestamp\":null},"
			   "\"spec\":");
	buf_put_sv(&body, spec);
	buf_put_str(&body, ",\"status\":{\"allowed\":false}}");
	call->waiter = (struct review_waiter){ .done = on_answer };
	enum error_kind kind = buf_check(&body, "review", &err);
	if (kind == ERR_OK)
		kind = review_ask(a->reviews, spec, buf_sv(&body), &call->waiter, &answer, &err);
	buf_done(&body);
	if (kind) {
		*ret_reason = arena_sv(call->arena, sv_of(err.text));
		return AUTHZ_FAILED;
	}
	return answer.ptr ? judge(call->arena, answer, ret_reason) : AUTHZ_WAIT;
}

enum authz_verdict authz_check(struct authz *a, struct arena *arena, const struct authn_user *user,
	const struct authz_attributes *what, struct authz_call *call, struct sv *ret_reason)
{
	*ret_reason = SV_NULL;
	call->arena = arena;
	if (authn_user_is_in(user, SV("system:masters")) ||
		(!what->is_resource && is_open(a, what->path)))
		return AUTHZ_ALLOWED;
	struct buf spec;
	struct error err = { 0 };
	buf_init(&spec, AUTHZ_SPEC_MAX);
	write_spec(&spec, user, what);
	enum authz_verdict verdict = AUTHZ_FAILED;
	if (buf_check(&spec, "review", &err))
		*ret_reason = arena_sv(arena, sv_of(err.text));
	else
		verdict = ask(a, buf_sv(&spec), call, ret_reason);
	buf_done(&spec);
	return verdict;
}

void authz_cancel(struct authz_call *call)
{
	review_cancel(&call->waiter);
}

struct review_stats authz_stats(const struct authz *a)
{
	return review_stats(a->reviews);
}
