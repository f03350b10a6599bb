#pragma once
/* The sandbox's API server: HTTP in front of the store. Serves discovery, GET, LIST and WATCH (JSON, Table, PartialObjectMetadata), create,
 * update, patch, server-side apply, delete, the status and scale subresources, reviews (all is allowed but what was denied), and forwards the
 * groups of APIServices to their servers as kube-apiserver's aggregation layer does (without asking what is denied). */
#include "common/arena.h"
#include "common/http_client.h"
#include "common/http_server.h"
#include "common/loop.h"
#include "sandbox/resources.h"
#include "sandbox/store.h"

struct api_config {
	const char *bind_address;
	uint16_t port; /* 0: any */
	/* Asked first for every request; true: it has answered. May be NULL. */
	bool (*first)(struct http_exchange *x, void *ctx);
	void *first_ctx;
};

struct api;

/* store, loop and client outlive the API. */
MUST_USE enum error_kind api_new(struct loop *l, struct http_client *client, struct store *store,
	const struct api_config *config, struct api **ret, struct error *err);
void api_free(struct api *a);
DEFINE_AUTO(struct api *, api_free)
uint16_t api_port(const struct api *a);
/* While true every request is refused by closing with 503: the outage of demo and tests. Watches are cut. */
void api_set_down(struct api *a, bool down);
bool api_is_down(const struct api *a);
/* From now on requests "verb:resource.group" or "verb:resource/subresource.group", * for any of the words, are answered 403. False: malformed,
 * or too many. */
bool api_deny(struct api *a, struct sv what);
void api_allow_all(struct api *a);
