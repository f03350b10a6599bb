#pragma once
/* HTTP client on the loop: libcurl multi. HTTPS, client certificates, bearer token files that are read again when they
 * change, connection reuse, HTTP/2 where the server offers it, total deadlines and size caps. Redirects are never followed.
 * Trust: a configured CA is the only trust (CURLOPT_CAPATH is NULL); the system store only where none is configured. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/http.h"
#include "common/instant.h"
#include "common/loop.h"
#include "common/sv.h"

/* Where requests go and as whom. All text is copied by http_endpoint_new. Data (PEM) wins over file. Proxies of the
 * environment are ignored. */
struct http_endpoint_config {
	/* "https://host:port" with optional path prefix; no trailing slash needed */
	const char *base_url;
	/* PEM; without both: the system's store */
	const char *ca_file;
	struct sv ca_data;
	/* client certificate */
	const char *cert_file, *key_file;
	struct sv cert_data, key_data;
	bool insecure_skip_tls_verify;
	/* NULL: the host of base_url */
	const char *tls_server_name;
	/* One of both. The file is read again when it changes, and after a 401: then the request is sent once more if the
	 * token is another one. */
	const char *bearer_token;
	const char *bearer_token_file;
	/* basic authentication */
	const char *username, *password;
	/* NULL-terminated "Name: value" lines, may be NULL */
	const char *const *headers;
	const char *user_agent;
	/* 0: 5 s */
	int64_t connect_timeout_ns;
	/* to this endpoint; 0: 8 */
	unsigned max_connections;
	/* requests in flight; later ones wait in line while their deadlines run. 0: no limit of our own */
	unsigned max_calls;
	/* do not offer HTTP/2 */
	bool http1_only;
};

/* One per process: what all endpoints share. */
struct http_client;
/* One per server and credential set, and per traffic class that wants its own connections: each endpoint has its own. */
struct http_endpoint;
/* A request in flight. */
struct http_call;

MUST_USE enum error_kind http_client_new(
	struct loop *l, struct http_client **ret, struct error *err);
/* Free the endpoints first. */
void http_client_free(struct http_client *c);
DEFINE_AUTO(struct http_client *, http_client_free)

/* Errors: INVALID (URL, headers, token), UNAVAIL, NOMEM. Files are read when they are needed, not here. */
MUST_USE enum error_kind http_endpoint_new(struct http_client *c,
	const struct http_endpoint_config *config, struct http_endpoint **ret, struct error *err);
/* Cancels its calls without calling back. */
void http_endpoint_free(struct http_endpoint *e);
DEFINE_AUTO(struct http_endpoint *, http_endpoint_free)
/* base_url without a trailing slash. */
const char *http_endpoint_url(const struct http_endpoint *e);

struct http_response {
	int status;	/* HTTP status; 0 when none arrived */
	struct sv body; /* empty for a 2xx answer of a request with on_data */
	struct sv content_type;
	struct sv date;	   /* the Date header, or empty */
	struct sv adapter; /* the X-Flyball-Adapter header, or empty */
	struct opt_retry_after {
		bool set;
		int64_t seconds; /* Retry-After: whole seconds only, clamped to 0..3600 */
	} retry_after;
};

/* Either failed is NULL and the response complete (any status), or failed is set: UNAVAIL (transport or deadline; code is
 * libcurl's CURLcode), LIMIT (body above max_bytes, or on_data returned false), NOMEM. Everything is borrowed for the time
 * of the call. The callback may start and cancel calls and free the endpoint. */
typedef void (*http_done_fn)(
	const struct http_response *response, const struct error *failed, void *ctx);
/* A piece of the body of a 2xx answer, for streams; return false to end the call (done is then called with failed LIMIT). */
typedef bool (*http_data_fn)(struct sv piece, void *ctx);

struct http_request {
	const char *method; /* "GET", "PUT" ... */
	const char *target; /* path and query, already percent-encoded: "/api/v1/pods?limit=1" */
	struct sv body;	    /* copied */
	const char *content_type;
	const char *accept;	    /* NULL: application/json */
	const char *const *headers; /* more "Name: value" lines, NULL-terminated; may be NULL */
	int64_t timeout_ns;	    /* total; 0: 30 s. Streams: 0 means no total deadline */
	struct mono deadline;	    /* beside the timeout: nothing is sent after it; ns 0: none */
	bool patient;		    /* the time in line behind max_calls does not count */
	int64_t idle_timeout_ns;    /* streams: longest silence, from the start on; 0: none */
	size_t max_bytes;     /* of the body; 0: LIMIT_OBJECT_BYTES. Does not count for streams */
	http_data_fn on_data; /* NULL: the body is collected */
	http_done_fn done;    /* called once, from the loop, never from inside http_call_start */
	void *ctx;
};

/* Starts a request; the request struct and its texts may go away at once. *ret_call (may be NULL) is valid until `done`.
 * Errors: INVALID (method, target or headers that could change the request), UNAVAIL (no bearer token), NOMEM. */
MUST_USE enum error_kind http_call_start(struct http_endpoint *e,
	const struct http_request *request, struct http_call **ret_call, struct error *err);
/* Ends the call without calling `done`; from anywhere, also from its own on_data. */
void http_call_cancel(struct http_call *call);

/* For programs without a loop of their own (command line): starts the request, turns the loop until it is done. on_data is
 * called as usual, done is ignored. The body is put into *ret_body, which is initialised here (buf_done
 * it on success). Banned in daemons. */
struct buf;
MUST_USE enum error_kind http_call_wait(struct http_endpoint *e, struct loop *l,
	const struct http_request *request, int *ret_status, struct buf *ret_body,
	struct error *err);
