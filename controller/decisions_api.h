#pragma once
/* GET /decisions/NAMESPACE/NAME[?kind=hpa|fha]: the last decisions about one object as tapes, one a line, oldest first. */
#include "common/http_server.h"
#include "controller/controller.h"
#include "controller/decisions.h"
#include "kube/authz.h"

#define DECISIONS_API_PREFIX "/decisions/"

/* What the request is about, in its arena. False: it is none of these, and was answered. */
bool decisions_api_read(struct http_exchange *x, struct decisions_key *ret);
/* What one has to be allowed: to get the object itself. */
struct authz_attributes decisions_api_permission(const struct decisions_key *key);

struct decisions_api_config {
	struct controller *controller;
	int64_t sync_period_ns;
	struct sv leader; /* as its Lease names it; empty: nobody known */
};
/* The answer, to somebody who may have it. From then on the object counts as asked for. */
void decisions_api_reply(struct http_exchange *x, const struct decisions_key *key,
	const struct decisions_api_config *config);
