/* What the API server hands on.
 * Aggregation: a request for the group version of an APIService goes to its server, under a token that the sandbox's own TokenReview accepts (a real
 * kube-apiserver shows a front-proxy certificate instead). A Service of
 * type ExternalName with a port stands for a process on this machine, as with a real kube-apiserver.
 * pods/https:NAME:PORT/proxy and services/NAME:PORT/proxy: go to the pod's address, or the first one of the service's Endpoints, without `Authorization`,
 * which kube-apiserver keeps for itself; headers of clients go along. */
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
/* Header lines that are handed on to a pod or service. */
#define MAX_HEADERS 64

struct api_backend {
	struct api_backend *next;
	char *url;
	bool is_aggregated;
	struct http_endpoint *endpoint;
};

/* Where a request goes. Texts are in its arena. */
struct destination {
	char *url; /* NULL: nowhere */
	const char *why_not;
	char *target;
	bool is_aggregated; /* with credentials of ours */
	const char *const *headers;
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

static struct http_endpoint *endpoint_of(
	struct api *a, const char *url, bool is_aggregated, struct error *err)
{
	size_t n = 0;
	struct api_backend *b;

	for (b = a->backends; b; b = b->next, n++) {
		if (strcmp(b->url, url) == 0 && b->is_aggregated == is_aggregated)
			return b->endpoint;
	}
	if (n == MAX_BACKENDS) {
		(void)error_set(
			err, ERR_LIMIT, "more than %d servers behind the API server", MAX_BACKENDS);
		return NULL;
	}
	/* The sandbox's adapter signs its own certificate; a real cluster names a CA in the APIService. */
	const struct http_endpoint_config config = {
		.base_url = url,
		.insecure_skip_tls_verify = true,
		.bearer_token = is_aggregated ? PROXY_TOKEN : NULL,
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
	b->is_aggregated = is_aggregated;
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
	/* Of the answer's headers only the one that clients of the metrics APIs look at. */
	char *adapter = response->adapter.len
				? arena_printf(f->request.arena, "X-Flyball-Adapter: %.*s",
					  SV_ARG(response->adapter))
				: NULL;
	const char *const headers[] = { adapter, NULL };
	http_exchange_reply(f->request.x, response->status,
		type && type[0] ? type : "application/json", response->body, headers);
}

static void forward(struct api_request *q, const struct destination *to)
{
	struct error err;

	(void)error_nomem(&err);
	struct forwarded *f = mem_zalloc(sizeof(*f));
	struct http_endpoint *endpoint =
		to->url && f ? endpoint_of(q->api, to->url, to->is_aggregated, &err) : NULL;
	if (!endpoint) {
		mem_free(f);
		api_fail(q, 503, "ServiceUnavailable", to->url ? err.text : to->why_not);
		return;
	}
	f->request = *q;
	char *type = arena_strdup(q->arena, http_exchange_header(q->x, "Content-Type"));
	char *accept = arena_strdup(q->arena, http_exchange_header(q->x, "Accept"));
	const struct http_request request = {
		.method = arena_strdup(q->arena, q->method),
		.target = to->target,
		.body = http_exchange_body(q->x),
		.content_type = type && type[0] ? type : NULL,
		.accept = accept && accept[0] ? accept : NULL,
		.headers = to->headers,
		.timeout_ns = PROXY_TIMEOUT_NS,
		.max_bytes = MAX_ANSWER_BYTES,
		.done = on_answer,
		.ctx = f,
	};
	if (!request.method || !request.target ||
		http_call_start(endpoint, &request, &f->call, &err) != ERR_OK) {
		mem_free(f);
		api_fail(q, 503, "ServiceUnavailable", "the request could not be forwarded");
		return;
	}
	http_exchange_set_ctx(q->x, f, on_exchange_end);
}

struct header_lines {
	struct arena *arena;
	const char *at[MAX_HEADERS + 1];
	size_t n;
};

/* The client's own headers; those of the connection and of the API server's authentication stay here. */
static bool take_header(struct sv name, struct sv value, void *ctx)
{
	struct header_lines *lines = ctx;

	if (!sv_eq_nocase(sv_take(name, 2), SV("X-")))
		return true;
	char *line = lines->n < MAX_HEADERS
			     ? arena_printf(lines->arena, "%.*s: %.*s", SV_ARG(name), SV_ARG(value))
			     : NULL;
	if (line)
		lines->at[lines->n++] = line;
	return line != NULL;
}

/* A segment "SCHEME:NAME:PORT"; without the scheme it is http. */
struct place {
	struct sv scheme, name, port;
};

static struct place split(struct sv segment)
{
	struct place p = { .scheme = SV("http") };
	struct sv rest;
	bool found;

	p.name = sv_cut(segment, ':', &p.port, &found);
	struct sv second = sv_cut(p.port, ':', &rest, &found);
	if (found) {
		p.scheme = p.name;
		p.name = second;
		p.port = rest;
	}
	return p;
}

static void find_pod(
	struct api_request *q, struct sv ns, const struct place *p, struct destination *to)
{
	AUTO(jx_free)
	json_t *pod = store_get(q->api->store, resources_of_kind("Pod"), ns, p->name);
	const char *address = jx_text_at(pod, "status.podIP");

	to->why_not = pod ? "the pod has no address" : "no such pod";
	if (address && p->port.len > 0)
		to->url = arena_printf(
			q->arena, "%.*s://%s:%.*s", SV_ARG(p->scheme), address, SV_ARG(p->port));
}

/* The entry of a list of ports whose number, or name, is this one. */
static json_t *port_of(json_t *ports, struct sv wanted)
{
	json_t *port;
	char number[24];
	size_t i;

	json_array_foreach(ports, i, port)
	{
		const char *name = jx_text_at(port, "name");
		(void)snprintf(number, sizeof(number), "%lld",
			(long long)json_integer_value(jx_at(port, "port")));
		if (sv_is(wanted, number) || sv_is(wanted, name ? name : ""))
			return port;
	}
	return NULL;
}

/* A port's number leads to its name, and the name to the port of the pods behind. */
static void find_service(
	struct api_request *q, struct sv ns, const struct place *p, struct destination *to)
{
	AUTO(jx_free)
	json_t *service = store_get(q->api->store, resources_of_kind("Service"), ns, p->name);
	AUTO(jx_free)
	json_t *endpoints = store_get(q->api->store, resources_of_kind("Endpoints"), ns, p->name);
	const json_t *port = port_of(jx_at(service, "spec.ports"), p->port);
	const json_t *subset = json_array_get(jx_at(endpoints, "subsets"), 0);
	const char *name = jx_text_at(port, "name");
	const char *address = jx_text_at(json_array_get(jx_at(subset, "addresses"), 0), "ip");
	const json_t *behind = port_of(jx_at(subset, "ports"), sv_of(name ? name : ""));

	to->why_not = port ? "no endpoints available for the service" : "no such service, or port";
	if (port && behind && address)
		to->url = arena_printf(q->arena, "%.*s://%s:%lld", SV_ARG(p->scheme), address,
			(long long)json_integer_value(jx_at(behind, "port")));
}

/* /api/v1/namespaces/NS/pods/SEGMENT/proxy/TARGET, or services */
static bool subresource_proxy(struct api_request *q)
{
	struct header_lines *lines;
	struct destination to = { 0 };
	struct sv rest = http_exchange_target(q->x);
	bool found;

	if (!sv_has_prefix(rest, SV("/api/v1/namespaces/")))
		return false;
	struct sv ns = sv_cut(sv_skip(rest, sizeof("/api/v1/namespaces/") - 1), '/', &rest, &found);
	struct sv plural = sv_cut(rest, '/', &rest, &found);
	struct place place = split(sv_cut(rest, '/', &rest, &found));
	if (!sv_has_prefix(rest, SV("proxy/")))
		return false;
	if (sv_is(plural, "pods"))
		find_pod(q, ns, &place, &to);
	else if (sv_is(plural, "services"))
		find_service(q, ns, &place, &to);
	else
		return false;
	lines = ARENA_NEW(q->arena, struct header_lines);
	if (lines) {
		lines->arena = q->arena;
		http_exchange_each_header(q->x, take_header, lines);
		to.headers = lines->at;
	}
	to.target = arena_strdup(q->arena, sv_skip(rest, sizeof("proxy") - 1));
	forward(q, &to);
	return true;
}

bool api_proxy(struct api_request *q, struct sv path)
{
	AUTO(jx_free) json_t *apiservice = apiservice_of(q, path);

	if (!apiservice || !jx_at(apiservice, "spec.service"))
		return subresource_proxy(q);
	const struct destination to = {
		.url = url_of(q, apiservice),
		.why_not = "the APIService names a Service that does not exist",
		.target = arena_strdup(q->arena, http_exchange_target(q->x)),
		.is_aggregated = true,
	};
	forward(q, &to);
	return true;
}
