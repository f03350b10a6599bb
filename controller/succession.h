#pragma once
/* One controller after the other: who leads (election.h), what a leader takes over and leaves behind (checkpoint_store.h), and what the controller is told of
 * it. */
#include "common/error.h"
#include "controller/controller.h"
#include "controller/election.h"

struct succession;

/* client, metrics and controller outlive it. */
struct succession_config {
	struct kube_client *client;
	struct selfmetrics *metrics;
	struct controller *controller;
	struct election_options options; /* namespace filled in */
};

/* The controller stands by from here on, until it is elected. errors: INVALID (durations that contradict each other), NOMEM. */
MUST_USE enum error_kind succession_new(
	const struct succession_config *config, struct succession **ret, struct error *err);
void succession_free(struct succession *s);
DEFINE_AUTO(struct succession *, succession_free)

/* The orderly end: no pass any more, all windows written down, the lease given back; then `done`, within 4.5 s. */
void succession_end(struct succession *s, void (*done)(void *ctx), void *ctx);
const struct election *succession_election(const struct succession *s);
