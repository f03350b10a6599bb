#pragma once
/* HTTP client on the loop: libcurl multi. HTTPS, client certificates, bearer token files that are read again when they
 * change, connection reuse, HTTP/2 where the server offers it, total deadlines and size caps. Redirects are never followed.
 * Trust: a configured CA is the only trust (CURLOPT_CAPATH is NULL); the system store only where none is configured. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/http.h"
#include "common/loop.h"
#include "common/sv.h"

/* Where requests go and as whom. All text is copied by http_endpoint_new. Data (PEM) wins over file. */
struct http_endpoint_config {
	const char *
		base_url; /* "https://host:port" with optional path prefix; no trailing slash needed */
	const char *ca_file; /* PEM; NULL with ca_data NULL: the system's store */
	struct sv ca_data;
	const char *cert_file, *key_file; /* client certificate */
	struct sv cert_data, key_data;
	bool insecure_skip_tls_verify;
	const char *tls_server_name;	 /* NULL: the host of base_url */
	const char *bearer_token;	 /* or */
	const char *bearer_token_file;	 /* read again when its mtime changes, and after a 401 */
	const char *username, *password; /* basic authentication */
	const char *const *headers;	 /* NULL-terminated "Name: value" lines, may be NULL */
	const char *user_agent;
	int64_t connect_timeout_ns; /* 0: 5 s */
	unsigned max_connections;   /* to this endpoint; 0: 8 */
	bool http1_only;	    /* do not offer HTTP/2 */
};

struct http_client; /* one per process: the multi handle on the loop */
struct http_endpoint; /* one per server and credential set, and per traffic class that wants its own connections */
struct http_call; /* a request in flight */

MUST_USE enum error_kind http_client_new(
	struct loop *l, struct http_client **ret, struct error *err);
void http_client_free(struct http_client
		*c); /* cancels what is in flight without calling back; free endpoints first */
DEFINE_AUTO(struct http_client *, http_client_free)

MUST_USE enum error_kind http_endpoint_new(struct http_client *c,
	const struct http_endpoint_config *config, struct http_endpoint **ret, struct error *err);
void http_endpoint_free(struct http_endpoint *e); /* cancels its calls without calling back */
DEFINE_AUTO(struct http_endpoint *, http_endpoint_free)
const char *http_endpoint_url(const struct http_endpoint *e);

struct http_response {
	int status;	/* HTTP status; 0 when none arrived */
	struct sv body; /* empty when the request streams (on_data) */
	struct sv content_type;
	struct sv date; /* the Date header, or empty */
	struct opt_retry_after {
		bool set;
		int64_t seconds; /* Retry-After: whole seconds only, clamped to 0..3600 */
	} retry_after;
};

/* Exactly one of: failed == NULL and response complete (any status), or failed set (UNAVAIL: transport or deadline, code =
 * CURLcode; LIMIT: body above max_bytes; NOMEM). Everything is borrowed for the time of the call. */
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
	int64_t idle_timeout_ns;    /* streams: longest silence; 0: none */
	size_t max_bytes;     /* of the body; 0: LIMIT_OBJECT_BYTES. Does not count for streams */
	http_data_fn on_data; /* NULL: the body is collected */
	http_done_fn done;    /* called once, from the loop, never from inside http_call_start */
	void *ctx;
};

/* Starts a request; the request struct and its texts may go away at once. *ret_call (may be NULL) is valid until `done`. */
MUST_USE enum error_kind http_call_start(struct http_endpoint *e,
	const struct http_request *request, struct http_call **ret_call, struct error *err);
/* Ends the call without calling `done`. */
void http_call_cancel(struct http_call *call);
/* The text that libcurl or the deadline gave is in struct error; this tells connection refused and the like apart. */

/* For programs without a loop of their own (command line): starts the request on a private loop turn and waits for it.
 * request->done and ctx are ignored. The body is copied into *ret_body (buf_done it). Banned in daemons. */
struct buf;
MUST_USE enum error_kind http_call_wait(struct http_endpoint *e, struct loop *l,
	const struct http_request *request, int *ret_status, struct buf *ret_body,
	struct error *err);
