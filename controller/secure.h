#pragma once
/* The controller's HTTPS server: /decisions and /metrics for whom the API server allows it, health for all. */
#include "common/selfmetrics.h"
#include "controller/controller.h"
#include "controller/election.h"

struct secure;

/* As the flags of Kubernetes' servers have it; texts may be empty. */
struct secure_options {
	int64_t port; /* 0: none */
	const char *cert_dir, *cert_file, *key_file;
	bool skip_lookup, tolerate_lookup_failure;
	bool only_tls13;
	int64_t token_ttl_ns, allowed_ttl_ns, denied_ttl_ns; /* how long verdicts count */
};

/* As Kubernetes' servers have it. */
#define SECURE_VERDICT_NS (10 * NS_PER_SEC)

/* Everything outlives the server. */
struct secure_config {
	struct loop *loop;
	struct kube_client *client;
	struct controller *controller;
	const struct selfmetrics *metrics;
	const struct election *election; /* NULL: nobody else can lead */
	const char *bind_address;
	struct secure_options options;
	int64_t sync_period_ns;
};

/* errors: INVALID (certificate, address), UNAVAIL (the port), NOMEM. */
MUST_USE enum error_kind secure_new(
	const struct secure_config *config, struct secure **ret, struct error *err);
void secure_free(struct secure *s);
DEFINE_AUTO(struct secure *, secure_free)
uint16_t secure_port(const struct secure *s);
