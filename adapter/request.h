#pragma once
/* One request on its way through the steps. Lives in the exchange's arena and ends with the exchange. */
#include "adapter/accept.h"
#include "adapter/catalog.h"
#include "adapter/failure.h"
#include "adapter/objects.h"
#include "adapter/pieces.h"
#include "adapter/route.h"
#include "adapter/upstreams.h"
#include "common/http_server.h"
#include "common/loop.h"
#include "kube/authn.h"
#include "kube/authz.h"

struct server;
struct impersonation; /* steps_impersonate.c */
struct resource_job;  /* what metrics.k8s.io asks for one request; resource_metrics.c */

struct request {
	struct server *server;
	struct http_exchange *exchange;
	struct arena *arena;
	int ticket;    /* of the work note */
	unsigned step; /* index of the step that runs, or waits */
	bool running, ended;
	struct loop_timer *timer; /* the deadline, once something waits */
	struct mono started, deadline;

	struct accept accept;
	struct route_groups groups;
	struct authz_attributes attributes;
	struct route route;
	struct authn_user user;

	struct catalog *catalog;     /* referenced */
	struct upstreams *upstreams; /* referenced: whom the catalog's rules name */
	const struct catalog_metric *metric;
	const struct mapper_resource *described;
	struct selector labels, metric_labels;
	const struct sv *names;
	size_t n_names;
	struct sv label; /* names the objects in answers */
	struct pieces
		pieces; /* the query, mostly one; answers are valid only while the steps run on them */
	struct resource_job *job;
	struct impersonation *impersonation;

	/* What is under way. */
	struct authn_call authn;
	struct authz_call authz;
	struct objects_call objects;

	/* The reply. */
	int status;
	const char *content_type;
	struct buf body;
	bool plain;		     /* not JSON: sent as it is, with nosniff */
	bool sniffable;		     /* without nosniff all the same */
	bool no_newline;	     /* JSON without the newline at the end */
	bool is_status;		     /* the body is a failure */
	const char *more_headers[4]; /* "Name: value" */
	size_t n_more_headers;
};

/* 100 metrics of 5,000 pods with long selectors; an answer that grows beyond it is an error of the request. */
#define REQUEST_BODY_MAX (256u * 1024 * 1024)

/* Replaces the reply by a Status. */
void request_fail(struct request *r, const struct failure *f);
/* The usual ones. */
void request_fail_text(struct request *r, int code, const char *reason,
	enum failure_details details, struct sv message);
void request_fail_internal(
	struct request *r, const char *why); /* "Internal error occurred: WHY" with the cause */
void request_fail_error(struct request *r,
	const struct error *err); /* of our own making: 500, 503 or 400 by kind */
/* 404: there is no such metric (for that object, with_name) in the reference's words. */
void request_no_metric(struct request *r, bool with_name);
/* A text reply outside of the API. */
void request_text(struct request *r, int status, const char *content_type, struct sv text);
/* 403 in the words of Kubernetes' authoriser. */
void request_refuse(struct request *r, const struct authz_attributes *at, struct sv reason);
void request_add_header(struct request *r, const char *line);
/* Time left until the deadline, at least one millisecond. */
int64_t request_left_ns(const struct request *r);
