/* Leader election for the controller: identity, log lines and metrics around kube/lease. Timings and the Lease itself are the lease's
 * business; what leading means is the caller's. */
#include "controller/election.h"

#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/log.h"
#include "common/uuid.h"
#include "kube/lease.h"

/* A host name of 64 bytes, "_", a UUID of 36. */
#define IDENTITY_BYTES 128
#define HOST_BYTES 65

#define METRIC_LEADER "flyball_leader"
#define METRIC_CHANGES "flyball_leader_changes_total"

struct election {
	struct election_config config;
	struct lease *lease;
	char identity[IDENTITY_BYTES];
	bool failing; /* tries fail; told once, and once when they work again */
};

/* Random rather than remembered: a program that restarts is another candidate, as in client-go. */
static enum error_kind make_identity(char *out, size_t size, struct error *err)
{
	unsigned char random[UUID_BYTES];
	char host[HOST_BYTES], id[UUID_TEXT];

	if (gethostname(host, sizeof(host)) != 0)
		(void)snprintf(host, sizeof(host), "unknown");
	host[sizeof(host) - 1] = '\0';
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_set(err, ERR_UNAVAIL, "the kernel gave no random bytes");
	uuid_print_random(random, id);
	(void)snprintf(out, size, "%s_%.*s", host, UUID_TEXT, id);
	return ERR_OK;
}

static void set_leader(const struct election *e, bool leads)
{
	selfmetrics_set(e->config.metrics, METRIC_LEADER, NULL, leads ? 1 : 0);
}

static void log_works_again(struct election *e)
{
	if (e->failing)
		log_event(LOG_INFO, "the lease works again", "lease", e->config.options.name, NULL);
	e->failing = false;
}

static void on_started(void *ctx)
{
	struct election *e = ctx;

	log_works_again(e);
	log_event(
		LOG_INFO, "leads", "identity", e->identity, "lease", e->config.options.name, NULL);
	set_leader(e, true);
	e->config.on_lead(e->config.ctx);
}

static void on_stopped(const struct error *why, void *ctx)
{
	struct election *e = ctx;

	log_event(why ? LOG_WARN : LOG_INFO, "leads no longer; nothing is written", "why",
		why ? why->text : "the lease is given back", NULL);
	set_leader(e, false);
	e->config.on_step_down(e->config.ctx);
}

static void on_leader(struct sv identity, void *ctx)
{
	struct election *e = ctx;
	char text[IDENTITY_BYTES * 2];

	selfmetrics_add(e->config.metrics, METRIC_CHANGES, NULL, 1);
	log_works_again(e);
	if (sv_is(identity, e->identity))
		return;
	(void)snprintf(text, sizeof(text), "%.*s", SV_ARG(identity));
	log_event(LOG_INFO, "stands by", "leader", text, NULL);
}

static void on_error(const struct error *err, void *ctx)
{
	struct election *e = ctx;

	/* Two candidates that write at once are no fault. */
	log_event(e->failing || err->kind == ERR_CONFLICT ? LOG_DEBUG : LOG_WARN,
		"a try for the lease failed; it goes on trying", "error", err->text, NULL);
	if (err->kind != ERR_CONFLICT)
		e->failing = true;
}

static enum error_kind declare(struct selfmetrics *m, struct error *err)
{
	if (selfmetrics_declare(m, SELFMETRICS_GAUGE, METRIC_LEADER,
		    "1 while this replica decides and writes, 0 while it stands by.", NULL, NULL, 0,
		    err) != ERR_OK ||
		selfmetrics_declare(m, SELFMETRICS_COUNTER, METRIC_CHANGES,
			"Changes of the leader that this replica saw, the first one included.",
			NULL, NULL, 0, err) != ERR_OK)
		return err->kind;
	return ERR_OK;
}

enum error_kind election_new(
	const struct election_config *config, struct election **ret, struct error *err)
{
	AUTO(election_free) struct election *e = mem_zalloc(sizeof(*e));

	if (!e)
		return error_nomem(err);
	e->config = *config;
	if (make_identity(e->identity, sizeof(e->identity), err) != ERR_OK ||
		declare(config->metrics, err) != ERR_OK)
		return err->kind;
	const struct lease_config lease = {
		.client = config->client,
		.namespace = config->options.namespace,
		.name = config->options.name,
		.identity = e->identity,
		.duration_ns = config->options.duration_ns,
		.renew_deadline_ns = config->options.renew_deadline_ns,
		.retry_period_ns = config->options.retry_period_ns,
		.on_started = on_started,
		.on_stopped = on_stopped,
		.on_leader = on_leader,
		.on_error = on_error,
		.ctx = e,
	};
	if (lease_new(&lease, &e->lease, err) != ERR_OK)
		return err->kind;
	set_leader(e, false);
	*ret = TAKE_PTR(e);
	return ERR_OK;
}

void election_free(struct election *e)
{
	if (!e)
		return;
	lease_free(e->lease);
	mem_free(e);
}

int64_t election_left_ns(const struct election *e, struct mono now)
{
	return e ? lease_left_ns(e->lease, now) : INT64_MAX;
}

bool election_leads(const struct election *e, struct mono now)
{
	return election_left_ns(e, now) > 0;
}

struct sv election_leader(const struct election *e)
{
	return e ? lease_leader(e->lease) : SV_NULL;
}

const char *election_identity(const struct election *e)
{
	return e->identity;
}

void election_release(struct election *e, void (*done)(void *ctx), void *ctx)
{
	lease_release(e->lease, done, ctx);
}
