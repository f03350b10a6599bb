#pragma once
/* Who of several controllers acts: leader election over one Lease, with this program's identity, log lines and metrics. Without a Lease to elect
 * on there is no election: election_left_ns(NULL) says that nothing limits a write. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/selfmetrics.h"
#include "kube/client.h"

struct election;

/* As kube-controller-manager's --leader-elect-* flags. */
struct election_options {
	bool enabled;
	const char *namespace; /* "": the one of the service account or kubeconfig */
	const char *name;
	int64_t duration_ns, renew_deadline_ns, retry_period_ns;
};

#define ELECTION_LEASE_NAME "flyball-controller"
#define ELECTION_DEFAULT                                                                           \
	((struct election_options){                                                                \
		.namespace = "",                                                                   \
		.name = ELECTION_LEASE_NAME,                                                       \
		.duration_ns = 15 * NS_PER_SEC,                                                    \
		.renew_deadline_ns = 10 * NS_PER_SEC,                                              \
		.retry_period_ns = 2 * NS_PER_SEC,                                                 \
	})

struct election_config {
	struct election_options options; /* namespace filled in */
	struct kube_client *client;
	struct selfmetrics *metrics; /* flyball_leader, flyball_leader_changes_total */
	/* From now on we act; from now on we do not. Called from the loop; must not free the election. */
	void (*on_lead)(void *ctx);
	void (*on_step_down)(void *ctx);
	void *ctx;
};

/* errors: INVALID (durations that contradict each other, no name), NOMEM. */
MUST_USE enum error_kind election_new(
	const struct election_config *config, struct election **ret, struct error *err);
/* Without release and without callbacks. */
void election_free(struct election *e);
DEFINE_AUTO(struct election *, election_free)

/* How long we may still write, from a clock read for this call; 0: we may not. e NULL: INT64_MAX, nobody else writes. Bounds the timeout of a write. */
int64_t election_left_ns(const struct election *e, struct mono now);
/* e NULL: true. */
bool election_leads(const struct election *e, struct mono now);
/* The leader's identity as last seen, perhaps ours; empty: none, or e NULL. Borrowed until the loop's next round. */
struct sv election_leader(const struct election *e);
/* "hostname_uuid", as kube-controller-manager makes it. */
const char *election_identity(const struct election *e);
/* Steps down and gives the Lease back, so that a successor need not wait; then `done`, at the latest after 3 s. */
void election_release(struct election *e, void (*done)(void *ctx), void *ctx);
