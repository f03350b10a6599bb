/* Aggregation: a request for the group version of an APIService goes to its server, under a token that the sandbox's own TokenReview accepts (a real
 * kube-apiserver shows a front-proxy certificate instead). A Service of
 * type ExternalName with a port stands for a process on this machine, as with a real kube-apiserver. */
#include "common/jw.h"
#include "common/limits.h"
#include "sandbox/api_request.h"

/* Servers behind APIServices that one sandbox talks to. */
#define MAX_BACKENDS 8
/* Answers of an aggregated server: a list of metrics. */
#define MAX_ANSWER_BYTES LIMIT_METRICS_ANSWER_BYTES
/* The sandbox has no users: any token will do. */
#define PROXY_TOKEN "sandbox-user"
#define PROXY_TIMEOUT_NS (30 * NS_PER_SEC)

struct api_backend {
	struct api_backend *next;
	char *url;
	struct http_endpoint *endpoint;
};

struct forwarded {
	struct api_request request;
	struct http_call *call; /* NULL once done */
};

void api_proxy_done(struct api *a)
{
	while (a->backends) {
		struct api_backend *b = a->backends;
		a->backends = b->next;
		http_endpoint_free(b->endpoint);
		mem_free(b->url);
		mem_free(b);
	}
}

/* The APIService that serves the path's group version, or NULL. */
static json_t *apiservice_of(struct api_request *q, struct sv path)
{
	struct sv rest, version;
	bool found;

	if (!sv_has_prefix(path, SV("/apis/")))
		return NULL;
	struct sv group = sv_cut(sv_skip(path, 6), '/', &rest, &found);
	version = sv_cut(rest, '/', &rest, &found);
	char *name = arena_printf(q->arena, "%.*s.%.*s", SV_ARG(version), SV_ARG(group));
	return name ? store_get(q->api->store, resources_of_kind("APIService"), SV(""), sv_of(name))
		    : NULL;
}

/* "https://localhost:6443" of the Service behind the APIService; NULL: no such Service. In the request's arena. */
static char *url_of(struct api_request *q, const json_t *apiservice)
{
	const char *ns = jx_text_at(apiservice, "spec.service.namespace");
	const char *name = jx_text_at(apiservice, "spec.service.name");
	const json_t *port = jx_at(apiservice, "spec.service.port");
	AUTO(jx_free)
	json_t *service =
		store_get(q->api->store, resources_of_kind("Service"), sv_of(ns), sv_of(name));
	const char *host = jx_text_at(service, "spec.externalName");

	return host ? arena_printf(q->arena, "https://%s:%lld", host,
			      json_is_integer(port) ? (long long)json_integer_value(port) : 443)
		    : NULL;
}

static struct http_endpoint *endpoint_of(struct api *a, const char *url, struct error *err)
{
	size_t n = 0;
	struct api_backend *b;

	for (b = a->backends; b; b = b->next, n++) {
		if (strcmp(b->url, url) == 0)
			return b->endpoint;
	}
	if (n == MAX_BACKENDS) {
		(void)error_set(
			err, ERR_LIMIT, "more than %d servers behind APIServices", MAX_BACKENDS);
		return NULL;
	}
	/* The sandbox's adapter signs its own certificate; a real cluster names a CA in the APIService. */
	const struct http_endpoint_config config = {
		.base_url = url,
		.insecure_skip_tls_verify = true,
		.bearer_token = PROXY_TOKEN,
		.user_agent = "flyball-sandbox",
		.http1_only = true,
	};
	b = mem_zalloc(sizeof(*b));
	if (!b || !(b->url = mem_strdup(url))) {
		mem_free(b);
		(void)error_nomem(err);
		return NULL;
	}
	if (http_endpoint_new(a->client, &config, &b->endpoint, err) != ERR_OK) {
		mem_free(b->url);
		mem_free(b);
		return NULL;
	}
	b->next = a->backends;
	a->backends = b;
	return b->endpoint;
}

static void on_exchange_end(struct http_exchange *x, void *ctx)
{
	struct forwarded *f = ctx;
	(void)x;
	if (f->call)
		http_call_cancel(f->call);
	mem_free(f);
}

static void on_answer(const struct http_response *response, const struct error *failed, void *ctx)
{
	struct forwarded *f = ctx;

	f->call = NULL;
	if (failed) {
		char *message = arena_printf(
			f->request.arena, "error trying to reach service: %s", failed->text);
		api_fail(&f->request, 503, "ServiceUnavailable",
			message ? message : "error trying to reach service");
		return;
	}
	char *type = arena_strdup(f->request.arena, response->content_type);
	http_exchange_reply(f->request.x, response->status,
		type && type[0] ? type : "application/json", response->body, NULL);
}

bool api_proxy(struct api_request *q, struct sv path)
{
	AUTO(jx_free) json_t *apiservice = apiservice_of(q, path);
	struct error err;

	(void)error_nomem(&err);
	if (!apiservice || !jx_at(apiservice, "spec.service"))
		return false;
	char *url = url_of(q, apiservice);
	struct forwarded *f = mem_zalloc(sizeof(*f));
	struct http_endpoint *endpoint = url && f ? endpoint_of(q->api, url, &err) : NULL;
	if (!endpoint) {
		mem_free(f);
		api_fail(q, 503, "ServiceUnavailable",
			url ? err.text : "the APIService names a Service that does not exist");
		return true;
	}
	f->request = *q;
	char *accept = arena_strdup(q->arena, http_exchange_header(q->x, "Accept"));
	const struct http_request request = {
		.method = arena_strdup(q->arena, q->method),
		.target = arena_strdup(q->arena, http_exchange_target(q->x)),
		.body = http_exchange_body(q->x),
		.accept = accept && accept[0] ? accept : NULL,
		.timeout_ns = PROXY_TIMEOUT_NS,
		.max_bytes = MAX_ANSWER_BYTES,
		.done = on_answer,
		.ctx = f,
	};
	if (!request.method || !request.target ||
		http_call_start(endpoint, &request, &f->call, &err) != ERR_OK) {
		mem_free(f);
		api_fail(q, 503, "ServiceUnavailable", "the request could not be forwarded");
		return true;
	}
	http_exchange_set_ctx(q->x, f, on_exchange_end);
	return true;
}
