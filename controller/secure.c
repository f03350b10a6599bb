/* Certificate, listening, who may. What is answered is ops.h's and decisions_api.h's. */
#include "controller/secure.h"

#include <stdio.h>

#include "common/limits.h"
#include "common/log.h"
#include "common/serving_cert.h"
#include "controller/decisions_api.h"
#include "controller/ops.h"
#include "kube/access.h"

/* A mounted Secret itself arrives about a minute late. */
#define RELOAD_NS (10 * NS_PER_SEC)
#define CERT_ARENA_BYTES (8u * LIMIT_CREDENTIAL_FILE_BYTES)
/* People and a Prometheus; each connection costs TLS' buffers. */
#define MAX_CONNECTIONS 100u

struct secure {
	struct secure_config config;
	struct http_server *server;
	struct access *access;
	struct loop_timer *reload_timer;
	uint64_t fingerprint;
	bool told_certificate, told_lookup; /* what is wrong was said, once */
};

/* One request for decisions, in its arena. */
struct visit {
	const struct secure *secure;
	struct decisions_key key;
};

static struct serving_cert_config files(const struct secure *s)
{
	const struct secure_options *o = &s->config.options;

	return (struct serving_cert_config){
		.bind_address = s->config.bind_address,
		.cert_dir = o->cert_dir,
		.cert_file = o->cert_file,
		.key_file = o->key_file,
	};
}

static void on_decisions_allowed(struct http_exchange *x, void *ctx)
{
	const struct visit *v = ctx;
	const struct secure_config *config = &v->secure->config;
	const struct decisions_api_config api = {
		.controller = config->controller,
		.sync_period_ns = config->sync_period_ns,
		.leader = election_leader(config->election),
	};

	decisions_api_reply(x, &v->key, &api);
}

static void on_metrics_allowed(struct http_exchange *x, void *ctx)
{
	const struct secure *s = ctx;

	ops_metrics(x, s->config.metrics);
}

static void check_decisions(const struct secure *s, struct http_exchange *x)
{
	struct visit *v = ARENA_NEW(http_exchange_arena(x), struct visit);

	if (!v) {
		ops_reply_text(x, 500, "out of memory\n");
		return;
	}
	v->secure = s;
	if (!decisions_api_read(x, &v->key))
		return;
	const struct authz_attributes what = decisions_api_permission(&v->key);
	access_check(s->access, x, &what, on_decisions_allowed, v);
}

static void handle(struct http_exchange *x, void *ctx)
{
	static const struct authz_attributes METRICS = { .verb = { "get", 3 },
		.path = { "/metrics", 8 } };
	struct secure *s = ctx;
	struct sv path = http_exchange_path(x);

	if (!ops_is_get(x) || ops_health(x, s->config.controller))
		return;
	if (sv_has_prefix(path, SV(DECISIONS_API_PREFIX)))
		check_decisions(s, x);
	else if (sv_is(path, "/metrics"))
		access_check(s->access, x, &METRICS, on_metrics_allowed, s);
	else
		ops_reply_text(x, 404,
			"this server has /decisions/NAMESPACE/NAME, /metrics, /healthz, /livez "
			"and /readyz\n");
}

/* Without it callers show tokens: nothing else of the controller depends on it. */
static void on_access_problem(const struct error *why, bool refused, void *ctx)
{
	struct secure *s = ctx;

	if (!s->told_lookup)
		log_event(LOG_WARN,
			refused ? "the HTTPS port serves nobody: the authentication configuration "
				  "may not be read"
				: "authentication configuration of the HTTPS port",
			"error", why->text, NULL);
	s->told_lookup = true;
}

static enum error_kind take_certificate(struct secure *s, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct serving_cert_config config = files(s);
	struct serving_cert cert;

	arena_init(&a, CERT_ARENA_BYTES);
	if (serving_cert_load(&a, &config, instant_wall_now(), &cert, err) != ERR_OK)
		return err->kind;
	uint64_t fingerprint = serving_cert_fingerprint(&cert);
	if (fingerprint == s->fingerprint)
		return ERR_OK;
	if (http_server_set_certificates(s->server, cert.pairs, cert.n, err) != ERR_OK)
		return err->kind;
	s->fingerprint = fingerprint;
	log_event(LOG_INFO, "serving certificate reloaded", "file", cert.cert_file, NULL);
	return ERR_OK;
}

static void on_reload(struct loop_timer *t, void *ctx)
{
	struct secure *s = ctx;
	struct error err;
	bool bad = take_certificate(s, &err) != ERR_OK;

	if (bad && !s->told_certificate)
		log_event(LOG_ERROR,
			"the serving certificate cannot be used, the last good one stays", "error",
			err.text, NULL);
	s->told_certificate = bad;
	loop_timer_set(t, RELOAD_NS);
}

static enum error_kind listen_on(struct secure *s, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct serving_cert_config config = files(s);
	struct serving_cert cert;
	char port[8];

	arena_init(&a, CERT_ARENA_BYTES);
	if (serving_cert_load(&a, &config, instant_wall_now(), &cert, err) != ERR_OK)
		return err->kind;
	const struct http_server_config server = {
		.bind_address = s->config.bind_address,
		.port = (uint16_t)s->config.options.port,
		.tls_pairs = cert.pairs,
		.n_tls_pairs = cert.n,
		.tls = { .only_tls13 = s->config.options.only_tls13 },
		.request_client_cert = true,
		.max_connections = MAX_CONNECTIONS,
	};
	if (http_server_new(s->config.loop, &server, handle, s, &s->server, err) != ERR_OK)
		return error_wrap(err, "--secure-port=%lld", (long long)s->config.options.port);
	s->fingerprint = serving_cert_fingerprint(&cert);
	/* One that was made for this process has no file that could change. */
	if (cert.cert_file[0])
		loop_timer_set(s->reload_timer, RELOAD_NS);
	(void)snprintf(port, sizeof(port), "%u", (unsigned)http_server_port(s->server));
	log_event(LOG_INFO, "serving", "address", s->config.bind_address, "port", port,
		"certificate", cert.cert_file[0] ? cert.cert_file : "made for this process", NULL);
	return ERR_OK;
}

enum error_kind secure_new(
	const struct secure_config *config, struct secure **ret, struct error *err)
{
	AUTO(secure_free) struct secure *s = mem_zalloc(sizeof(*s));

	if (!s)
		return error_nomem(err);
	s->config = *config;
	s->reload_timer = loop_timer_new(config->loop, on_reload, s);
	if (!s->reload_timer)
		return error_nomem(err);
	const struct access_config access = {
		.loop = config->loop,
		.client = config->client,
		.skip_lookup = config->options.skip_lookup,
		.tolerate_lookup_failure = config->options.tolerate_lookup_failure,
		.token_ttl_ns = config->options.token_ttl_ns,
		.allowed_ttl_ns = config->options.allowed_ttl_ns,
		.denied_ttl_ns = config->options.denied_ttl_ns,
		.on_problem = on_access_problem,
		.ctx = s,
	};
	if (access_new(&access, &s->access, err) != ERR_OK || listen_on(s, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(s);
	return ERR_OK;
}

void secure_free(struct secure *s)
{
	if (!s)
		return;
	http_server_free(s->server);
	access_free(s->access);
	loop_timer_free(s->reload_timer);
	mem_free(s);
}

uint16_t secure_port(const struct secure *s)
{
	return http_server_port(s->server);
}
