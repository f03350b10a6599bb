/* Lease -> leader's pod -> its /decisions -> the newest tape. Two requests to the API server, which hands the second one on: no way to the pod but that is
 * needed. It keeps the `Authorization` header for itself, so the token goes along under another name. */
#include "cli/leader.h"

#include <stdlib.h>

#include "cli/source_snapshot.h"
#include "common/file.h"
#include "common/http_client.h"
#include "common/limits.h"
#include "controller/autoscaler_kind.h"
#include "controller/decisions.h"
#include "controller/election.h"
#include "kube/access.h"
#include "kube/kubeconfig.h"
#include "kube/lease_record.h"
#include "kube/wait.h"

#define MAX_ARENA_BYTES (16u * LIMIT_CONFIG_FILE_BYTES)
/* All tapes of one object together are smaller than all of all. */
#define MAX_ANSWER_BYTES ((size_t)DECISIONS_MAX_BYTES)
/* The next decision of an object is at most its period away; how often to look for it. */
#define LOOK_AGAIN_NS NS_PER_SEC
#define MAX_WAIT_NS (330 * NS_PER_SEC)
#define HTTP_FORBIDDEN 403
#define HTTP_UNAUTHORIZED 401
#define HTTP_NOT_FOUND 404

struct leader {
	const struct leader_options *o;
	const struct source_options *source;
	struct arena arena;
	struct kubeconfig_client config;
	struct loop *loop;
	struct http_client *http;
	struct kube_client *client;
	const char *ns;	      /* of the object */
	const char *identity; /* as the Lease names it */
	const char *token;    /* a header line; NULL: there is none */
};

void leader_options_init(struct leader_options *o)
{
	*o = (struct leader_options){ .ns = LEADER_DEFAULT_NAMESPACE, .port = LEADER_DEFAULT_PORT };
}

void leader_options_fill(struct option table[LEADER_N_OPTIONS], struct leader_options *o)
{
	const struct option options[LEADER_N_OPTIONS] = {
		{ .name = "live",
			.kind = OPTION_BOOL,
			.target = &o->live,
			.help = "explain what the leading flyball-controller decided last, instead "
				"of deciding here" },
		{ .name = "controller-namespace",
			.kind = OPTION_TEXT,
			.target = &o->ns,
			.value_name = "NAME",
			.help = "with --live: where flyball-controller runs" },
		{ .name = "controller-port",
			.kind = OPTION_INT,
			.target = &o->port,
			.min = 1,
			.max = 65535,
			.value_name = "PORT",
			.help = "with --live: its --secure-port" },
		{ .name = "token-file",
			.kind = OPTION_TEXT,
			.target = &o->token_file,
			.value_name = "FILE",
			.help = "with --live: a token to show to the controller; without it the "
				"kubeconfig's" },
	};

	memcpy(table, options, sizeof(options));
}

enum error_kind leader_options_check(
	const struct leader_options *o, const struct source_options *source, struct error *err)
{
	if (!o->live)
		return o->token_file ? error_set(err, ERR_INVALID, "--token-file needs --live")
				     : ERR_OK;
	if (!source_is_live(source))
		return error_set(err, ERR_INVALID, "--live and %s exclude each other",
			source->snapshot ? "--snapshot" : "-f");
	if (!source->name)
		return error_set(err, ERR_INVALID,
			"--live needs the name of one autoscaler: hpa/NAME or fha/NAME");
	return ERR_OK;
}

static enum error_kind connect_to(struct leader *l, struct error *err)
{
	const struct kubeconfig_env env = {
		.kubeconfig = getenv("KUBECONFIG"),
		.home = getenv("HOME"),
		.service_host = getenv("KUBERNETES_SERVICE_HOST"),
		.service_port = getenv("KUBERNETES_SERVICE_PORT"),
	};

	if (kubeconfig_find(&l->arena, l->source->kubeconfig, l->source->context, &env, false,
		    &l->config, err) != ERR_OK ||
		loop_new(&l->loop, err) != ERR_OK ||
		http_client_new(l->loop, &l->http, err) != ERR_OK)
		return err->kind;
	l->ns = l->source->ns ? l->source->ns : l->config.namespace;
	return client_new(
		l->http, l->loop, &l->config, "flyball/" FLYBALL_VERSION, &l->client, err);
}

/* The token that goes along, as a header line. */
static enum error_kind read_token(struct leader *l, struct error *err)
{
	const char *file = l->o->token_file ? l->o->token_file : l->config.token_file;
	struct sv token = sv_of(l->config.token);

	if (file && file_read(&l->arena, file, LIMIT_CREDENTIAL_FILE_BYTES, &token, err) != ERR_OK)
		return err->kind;
	token = sv_trim(token);
	if (token.len == 0)
		return ERR_OK;
	l->token = arena_printf(&l->arena, ACCESS_TOKEN_HEADER ": Bearer %.*s", SV_ARG(token));
	return l->token ? ERR_OK : arena_error(&l->arena, err);
}

static enum error_kind find_leader(struct leader *l, struct error *err)
{
	const struct api_path path = { .group = SV("coordination.k8s.io"),
		.version = SV("v1"),
		.namespace = sv_of(l->o->ns),
		.resource = SV("leases"),
		.name = SV(ELECTION_LEASE_NAME) };
	AUTO(buf_done) struct buf body = { 0 };
	struct lease_record record;
	struct jtree *root;

	buf_init(&body, LIMIT_OBJECT_BYTES);
	if (wait_get_path(l->client, &path, "leases.coordination.k8s.io", ELECTION_LEASE_NAME,
		    &body, err) != ERR_OK) {
		if (err->code == HTTP_NOT_FOUND)
			return error_set(err, ERR_NOTFOUND,
				"no Lease %s in namespace %s: --controller-namespace says where "
				"flyball-controller runs, which needs --leader-elect",
				ELECTION_LEASE_NAME, l->o->ns);
		return error_wrap(err, "who leads");
	}
	struct sv text = arena_sv(&l->arena, buf_sv(&body));
	if (!text.ptr)
		return arena_error(&l->arena, err);
	if (jtree_parse(&l->arena, text, &root, err) != ERR_OK ||
		lease_record_decode(root, &record, err) != ERR_OK)
		return error_wrap(err, "the Lease %s/%s", l->o->ns, ELECTION_LEASE_NAME);
	if (record.holder.len == 0)
		return error_set(err, ERR_UNAVAIL, "nobody leads: the Lease %s/%s has no holder",
			l->o->ns, ELECTION_LEASE_NAME);
	l->identity = arena_strdup(&l->arena, record.holder);
	return l->identity ? ERR_OK : arena_error(&l->arena, err);
}

/* The pod's name: the identity is "HOSTNAME_UUID". */
static struct sv pod_of(const struct leader *l)
{
	struct sv identity = sv_of(l->identity);

	for (size_t i = identity.len; i > 0; i--)
		if (identity.ptr[i - 1] == '_')
			return sv_take(identity, i - 1);
	return identity;
}

static void put_target(const struct leader *l, struct buf *out)
{
	buf_printf(out, "/api/v1/namespaces/%s/pods/https:", l->o->ns);
	api_path_put_segment(out, pod_of(l));
	buf_printf(out, ":%lld/proxy/decisions/", (long long)l->o->port);
	api_path_put_segment(out, sv_of(l->ns));
	buf_put_char(out, '/');
	api_path_put_segment(out, sv_of(l->source->name));
	buf_put_str(out, l->source->kind == AUTOSCALER_OWN ? "?kind=fha" : "?kind=hpa");
}

struct answer {
	struct buf *body;
	struct error err;
	int64_t retry_after_ns;
	bool done;
};

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct answer *a = ctx;

	a->done = true;
	a->err = failed ? *failed : (struct error){ 0 };
	a->retry_after_ns = answer ? answer->retry_after_ns : 0;
	if (!failed)
		buf_put_sv(a->body, answer->body);
}

/* Errors of the request itself are in a->err. */
static enum error_kind ask(
	struct leader *l, const char *target, struct answer *a, struct error *err)
{
	const struct client_request request = {
		.target = target,
		.header = l->token,
		.max_bytes = MAX_ANSWER_BYTES,
		.done = on_answer,
		.ctx = a,
	};
	struct client_call *call;

	a->done = false;
	if (client_start(l->client, &request, &call, err) != ERR_OK)
		return err->kind;
	while (!a->done) {
		if (loop_run_once(l->loop, -1, err) != ERR_OK) {
			client_cancel(call);
			return err->kind;
		}
	}
	return ERR_OK;
}

static void on_time(struct loop_timer *t, void *ctx)
{
	bool *over = ctx;

	(void)t;
	*over = true;
}

static enum error_kind wait_a_while(struct leader *l, int64_t ns, struct error *err)
{
	bool over = false;
	struct loop_timer *timer = loop_timer_new(l->loop, on_time, &over);
	enum error_kind kind = timer ? ERR_OK : error_nomem(err);

	if (timer)
		loop_timer_set(timer, ns);
	while (!over && kind == ERR_OK)
		kind = loop_run_once(l->loop, -1, err);
	loop_timer_free(timer);
	return kind;
}

static enum error_kind explain_refusal(struct leader *l, struct error *err)
{
	bool refused = err->code == HTTP_FORBIDDEN || err->code == HTTP_UNAUTHORIZED;

	if (refused && !l->token)
		return error_wrap(err,
			"the kubeconfig has no token, and the API server shows nothing else to the "
			"controller (--token-file=FILE gives one: kubectl create token ...)");
	return error_wrap(err, "the leader %s", l->identity);
}

/* The tapes, oldest first. Where none is kept, the next one is waited for: the controller now keeps it. */
static enum error_kind fetch(struct leader *l, struct buf *tapes, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 };
	struct answer answer = { .body = tapes };
	int64_t give_up_ns = 0;

	buf_init(&target, LIMIT_OBJECT_BYTES);
	put_target(l, &target);
	if (buf_check(&target, "the request", err) != ERR_OK)
		return err->kind;
	for (;;) {
		if (ask(l, buf_text(&target), &answer, err) != ERR_OK)
			return err->kind;
		int64_t now_ns = instant_mono_now().ns, wait_ns = answer.retry_after_ns;
		if (answer.err.kind == ERR_OK)
			return buf_check(tapes, "the leader's answer", err);
		if (give_up_ns == 0)
			give_up_ns = now_ns +
				     2 * (wait_ns < MAX_WAIT_NS / 2 ? wait_ns : MAX_WAIT_NS / 2);
		if (answer.err.code != HTTP_NOT_FOUND || wait_ns == 0 || now_ns >= give_up_ns) {
			*err = answer.err;
			return explain_refusal(l, err);
		}
		if (wait_a_while(l, LOOK_AGAIN_NS, err) != ERR_OK)
			return err->kind;
	}
}

static int hand_out(
	struct leader *l, struct sv tapes, source_fn fn, void *ctx, struct buf *problems)
{
	struct source_options named = *l->source;
	struct sv pod = pod_of(l);

	named.snapshot = arena_strdup(&l->arena, pod);
	if (!named.snapshot) {
		buf_put_str(problems, "out of memory\n");
		return SOURCE_EXIT_NO_ANSWER;
	}
	return source_snapshot_newest(&named, tapes, fn, ctx, problems);
}

int leader_each(const struct leader_options *o, const struct source_options *source, source_fn fn,
	void *ctx, struct buf *problems)
{
	struct leader l = { .o = o, .source = source };
	AUTO(buf_done) struct buf tapes = { 0 };
	struct error err;
	int code = SOURCE_EXIT_NO_ANSWER;

	arena_init(&l.arena, MAX_ARENA_BYTES);
	buf_init(&tapes, MAX_ANSWER_BYTES);
	if (connect_to(&l, &err) != ERR_OK || read_token(&l, &err) != ERR_OK) {
		buf_printf(problems, "%s\n", err.text);
		code = SOURCE_EXIT_BAD_INPUT;
	} else if (find_leader(&l, &err) != ERR_OK || fetch(&l, &tapes, &err) != ERR_OK) {
		buf_printf(problems, "%s\n", err.text);
	} else {
		code = hand_out(&l, buf_sv(&tapes), fn, ctx, problems);
	}
	client_free(l.client);
	http_client_free(l.http);
	loop_free(l.loop);
	arena_done(&l.arena);
	return code;
}
