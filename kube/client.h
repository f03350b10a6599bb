#pragma once
/* The API server as a service on the loop: requests with a callback, errors in Kubernetes' own words, Retry-After obeyed.
 * Traffic classes have connections of their own, so that a list of 150,000 pods never stands in front of a lease renewal. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/http_client.h"
#include "common/loop.h"
#include "common/sv.h"
#include "kube/server_clock.h"

struct kubeconfig_client;

enum client_class {
	CLIENT_NORMAL, /* HTTP/2; everything that is not one of the others */
	CLIENT_LEASE,  /* the election: nothing else stands before a renewal */
	CLIENT_URGENT, /* scale writes */
	CLIENT_LIST, /* big lists: two at a time, so that ten relists do not hold ten lists in memory */
	CLIENT_WATCH, /* streams, each on a connection of its own: a dead one takes no other along */
	CLIENT_N_CLASSES,
};

struct kube_client;
struct client_call;

/* user_agent: "flyball-controller/0.1"; copied, as everything in config. errors: INVALID (bad URL, certificate), NOMEM. */
MUST_USE enum error_kind client_new(struct http_client *http, struct loop *loop,
	const struct kubeconfig_client *config, const char *user_agent, struct kube_client **ret,
	struct error *err);
/* Ends all calls without calling back. Watches, leases, caches made on this client go first. */
void client_free(struct kube_client *c);
DEFINE_AUTO(struct kube_client *, client_free)
/* "https://host:port", for messages. */
const char *client_server(const struct kube_client *c);
struct loop *client_loop(const struct kube_client *c);
/* The API server's time at that moment, as far as its own answers told: those that it hands on, of the metrics APIs and of proxies, have the Date of others, and a 5xx may
 * be a load balancer's. False: none came yet. */
bool client_server_time(const struct kube_client *c, struct mono at, struct server_time *ret);
/* Our wall clock, put right by what the server's answers told of its own (server_clock_correct). */
struct wall client_wall_now(const struct kube_client *c);

/* Borrowed for the time of the callback. */
struct client_answer {
	int status;	/* HTTP status; 0: none arrived */
	struct sv body; /* also of an error; empty for streams */
	struct sv content_type;
	struct sv date;		/* the server's Date header, or empty */
	int64_t retry_after_ns; /* what it asks for; 0: nothing */
	struct sv adapter;	/* who calls itself our metrics adapter; empty: nobody */
};

/* Called once, from the loop, never from inside client_start. failed == NULL: a 2xx answer, complete.
 * Else kind and code (HTTP status, 0 without one) as status_kind says, text as the reference's client prints it: the Status' message, a
 * default text with " (get deployments web)", or `Get "https://...": ` and the transport's reason. */
typedef void (*client_done_fn)(
	const struct client_answer *answer, const struct error *failed, void *ctx);

struct client_request {
	enum client_class traffic;
	const char *method;   /* NULL: GET */
	const char *target;   /* path and query, escaped: see api_path.h */
	const char *resource; /* for messages: "deployments", "pods.metrics.k8s.io"; may be NULL */
	const char *name;     /* for messages; may be NULL */
	struct sv body;	      /* copied */
	const char *content_type; /* NULL: application/json */
	const char *accept;	  /* NULL: application/json */
	const char *header;	  /* one more "Name: value" line; may be NULL */
	int64_t timeout_ns; /* of all attempts together, waits included; 0: 30 s. Streams: 0 means none */
	/* Beside the timeout: nothing is sent after this instant, however long the request waited for a connection, or the process stood still; ns 0: none. */
	struct mono deadline;
	int64_t idle_timeout_ns; /* streams: longest silence; 0: none */
	size_t max_bytes;	 /* 0: LIMIT_OBJECT_BYTES */
	bool once; /* do not obey Retry-After by asking again; the caller does its own waiting */
	/* Asked before each repetition: a write that was right a while ago may be wrong now. False: it fails instead. NULL: always. */
	bool (*may_repeat)(void *ctx);
	/* The server put the request off for that long. NULL: nobody wants to know. */
	void (*on_put_off)(int64_t wait_ns, void *ctx);
	http_data_fn on_data; /* a stream: pieces of a 2xx body */
	client_done_fn done;
	void *ctx; /* of all of these */
};

/* Starts a request; everything in it may go away at once. Answers 429 and 5xx with Retry-After are asked again after that delay, at most 10
 * times and while the timeout lasts. *ret (may be NULL) is valid until `done`. errors: NOMEM, INVALID (target). */
MUST_USE enum error_kind client_start(struct kube_client *c, const struct client_request *request,
	struct client_call **ret, struct error *err);
/* Ends the call without calling `done`. NULL is allowed. */
void client_cancel(struct client_call *call);

/* Content types of PATCH. */
#define CLIENT_PATCH_MERGE "application/merge-patch+json"
#define CLIENT_PATCH_STRATEGIC "application/strategic-merge-patch+json"
#define CLIENT_PATCH_JSON "application/json-patch+json"
#define CLIENT_PATCH_APPLY "application/apply-patch+yaml"
