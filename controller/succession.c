/* The order of things at a change of leaders: elected - read the checkpoint and take it over - restore the windows - passes; and at an orderly end: no
 * pass - write the checkpoint - give the lease back. */
#include "controller/succession.h"

#include "common/mem.h"
#include "controller/checkpoint_store.h"

struct succession {
	struct controller *controller;
	struct election *election;
	struct checkpoint_store *store;
	bool restored; /* in this term */
	bool ending, releasing;
	void (*done)(void *ctx);
	void *done_ctx;
};

static int64_t left_ns(void *ctx)
{
	const struct succession *s = ctx;
	return election_left_ns(s->election, instant_mono_now());
}

/* The watches have delivered: every object that the checkpoint can be about is known. */
static void before_passes(void *ctx)
{
	struct succession *s = ctx;

	if (s->restored)
		return;
	s->restored = true;
	checkpoint_store_restore(s->store);
	checkpoint_store_start(s->store);
}

static void on_loaded(void *ctx)
{
	struct succession *s = ctx;
	controller_lead(s->controller);
}

static void on_lead(void *ctx)
{
	struct succession *s = ctx;

	s->restored = false;
	checkpoint_store_load(s->store, on_loaded, s);
}

static void release(void *ctx)
{
	struct succession *s = ctx;

	s->releasing = true;
	election_release(s->election, s->done, s->done_ctx);
}

static void on_step_down(void *ctx)
{
	struct succession *s = ctx;

	controller_step_down(s->controller);
	controller_discard_events(s->controller);
	checkpoint_store_stop(s->store);
	/* The lease ran out while the checkpoint was written for the end: nobody else goes on with it. */
	if (s->ending && !s->releasing)
		release(s);
}

void succession_end(struct succession *s, void (*done)(void *ctx), void *ctx)
{
	if (s->ending)
		return;
	s->ending = true;
	s->done = done;
	s->done_ctx = ctx;
	controller_step_down(s->controller);
	/* Without passes the checkpoint that was read is still the last word, or a crash's; it is not ours to replace. */
	if (s->restored && election_leads(s->election, instant_mono_now()))
		checkpoint_store_flush(s->store, release, s);
	else
		release(s);
}

const struct election *succession_election(const struct succession *s)
{
	return s->election;
}

enum error_kind succession_new(
	const struct succession_config *config, struct succession **ret, struct error *err)
{
	AUTO(succession_free) struct succession *s = mem_zalloc(sizeof(*s));

	if (!s)
		return error_nomem(err);
	s->controller = config->controller;
	const struct election_config election = {
		.options = config->options,
		.client = config->client,
		.metrics = config->metrics,
		.on_lead = on_lead,
		.on_step_down = on_step_down,
		.ctx = s,
	};
	const struct checkpoint_store_config store = {
		.client = config->client,
		.metrics = config->metrics,
		.autoscalers = controller_autoscalers(config->controller),
		.namespace = config->options.namespace,
		.name = config->options.name,
		.left_ns = left_ns,
		.left_ctx = s,
	};
	if (checkpoint_store_new(&store, &s->store, err) != ERR_OK ||
		election_new(&election, &s->election, err) != ERR_OK)
		return err->kind;
	controller_use_lease(s->controller, left_ns, s);
	controller_before_passes(s->controller, before_passes, s);
	*ret = TAKE_PTR(s);
	return ERR_OK;
}

void succession_free(struct succession *s)
{
	if (!s)
		return;
	controller_use_lease(s->controller, NULL, NULL);
	controller_before_passes(s->controller, NULL, NULL);
	checkpoint_store_free(s->store);
	election_free(s->election);
	mem_free(s);
}
