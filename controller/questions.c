/* One request a question, or a place among those who wait for an answer to many. What an answer means is the pass's business. */
#include "controller/questions.h"

#include "common/http_client.h"
#include "common/limits.h"
#include "controller/readings_prometheus.h"

#define HTTP_FORBIDDEN 403

struct question {
	struct questions *all;
	size_t index;
	struct client_call *call;	       /* NULL: answered, or shared */
	struct metric_share_waiter *waiter;    /* NULL: answered, or asked alone */
	struct prom_share_waiter *prom_waiter; /* NULL: answered, or no question to Prometheus */
};

struct questions {
	struct questions_config config;
	struct question *at;
	size_t n, n_unanswered;
};

void questions_cancel(struct questions *all)
{
	for (size_t i = 0; all && i < all->n; i++) {
		client_cancel(all->at[i].call);
		metric_share_cancel(all->at[i].waiter);
		prom_share_cancel(all->at[i].prom_waiter);
	}
}

/* An answer came from the loop. */
static struct object_quarantine_turn begin_turn(const struct questions *all)
{
	return object_quarantine_run(all->config.context->quarantine, all->config.one);
}

/* One question is settled. All of them may be gone behind it. */
static void settle(struct questions *all, enum error_kind rc, const struct error *err,
	struct object_quarantine_turn turn)
{
	all->n_unanswered--;
	if (rc != ERR_OK)
		all->config.done(err, all->config.ctx);
	else if (all->n_unanswered == 0)
		all->config.done(NULL, all->config.ctx);
	object_quarantine_back(turn);
}

static enum error_kind take_reading(struct question *q, const struct client_answer *answer,
	const struct error *failed, struct error *err)
{
	const struct readings_answer given = {
		.failed = failed != NULL,
		.error = failed ? sv_of(failed->text) : SV_NULL,
		.http_status = failed ? failed->code : answer->status,
		.content_type = answer ? answer->content_type : SV_NULL,
		.body = answer ? answer->body : SV_NULL,
	};

	return pass_answer_metric(q->all->config.pass, q->index, &given, err);
}

static void note_answer(
	struct question *q, const struct client_answer *answer, const struct error *failed)
{
	const struct questions_config *config = &q->all->config;
	const struct drive_context *c = config->context;
	const struct hpa_metric *metric = &config->hpa->spec.metrics[q->index];
	struct sv target = config->want->questions[q->index].target;

	if (c->share && metric->kind == HPA_METRIC_PODS)
		metric_share_note_adapter(c->share, answer);
	if (c->refusals && failed && failed->code == HTTP_FORBIDDEN)
		refusals_note(c->refusals, target, failed, instant_mono_now());
	else if (c->refusals)
		refusals_forget(c->refusals, target);
}

static void on_metric(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct question *q = ctx;
	struct object_quarantine_turn turn = begin_turn(q->all);
	struct error err;

	q->call = NULL;
	note_answer(q, answer, failed);
	enum error_kind rc = take_reading(q, answer, failed, &err);
	settle(q->all, rc, &err, turn);
}

static enum error_kind ask_alone(struct question *q, struct error *err)
{
	const struct questions_config *config = &q->all->config;
	const struct drive_context *c = config->context;
	const struct ask_question *question = &config->want->questions[q->index];
	const struct client_request request = {
		.target = arena_strdup(config->arena, question->target),
		.resource = arena_strdup(config->arena, question->resource),
		.name = arena_strdup(config->arena, question->name),
		.timeout_ns = c->metrics_timeout_ns,
		.max_bytes = LIMIT_METRICS_ANSWER_BYTES,
		.done = on_metric,
		.ctx = q,
	};
	struct error refused;

	if (c->refusals &&
		refusals_find(c->refusals, question->target, instant_mono_now(), &refused))
		return take_reading(q, NULL, &refused, err);
	if (!request.target || !request.resource || !request.name)
		return arena_error(config->arena, err);
	if (client_start(c->client, &request, &q->call, err) != ERR_OK)
		return err->kind;
	q->all->n_unanswered++;
	return ERR_OK;
}

/* From an answer for many. */
static enum error_kind take_shared(
	struct question *q, const struct metric_share_answer *answer, struct error *err)
{
	const struct questions_config *config = &q->all->config;
	struct pod_set pods;
	struct reading reading;

	if (answer->failed)
		return take_reading(q, NULL, answer->failed, err);
	if (!answer->all)
		return ask_alone(q, err);
	enum error_kind rc = pod_cache_select(config->context->pods, config->arena, config->one->ns,
		&config->pass->target.selector, &pods, err);
	if (rc == ERR_OK)
		rc = readings_narrow(config->arena, answer->all, &pods, &reading, err);
	if (rc == ERR_NOTFOUND)
		return ask_alone(q, err);
	if (rc == ERR_OK)
		pass_give_reading(config->pass, q->index, &reading);
	return rc;
}

static void on_shared(const struct metric_share_answer *answer, void *ctx)
{
	struct question *q = ctx;
	struct object_quarantine_turn turn = begin_turn(q->all);
	struct error err;

	q->waiter = NULL;
	enum error_kind rc = take_shared(q, answer, &err);
	settle(q->all, rc, &err, turn);
}

static enum error_kind take_prometheus(
	struct question *q, const struct prom_share_answer *answer, struct error *err)
{
	const struct questions_config *config = &q->all->config;
	const struct hpa_prometheus *metric = config->hpa->spec.metrics[q->index].prometheus;
	struct pod_set pods;
	struct reading reading;

	if (pod_cache_select(config->context->pods, config->arena, config->one->ns,
		    &config->pass->target.selector, &pods, err) != ERR_OK ||
		readings_prometheus(config->arena, metric, &pods, answer->answer, answer->alive,
			&reading, err) != ERR_OK)
		return err->kind;
	pass_give_reading(config->pass, q->index, &reading);
	return ERR_OK;
}

static void on_prometheus(const struct prom_share_answer *answer, void *ctx)
{
	struct question *q = ctx;
	struct object_quarantine_turn turn = begin_turn(q->all);
	struct error err;

	q->prom_waiter = NULL;
	enum error_kind rc = take_prometheus(q, answer, &err);
	settle(q->all, rc, &err, turn);
}

static enum error_kind ask_prometheus_server(
	struct question *q, const struct ask_question *question, struct error *err)
{
	struct prom_share_answer answer;
	struct error problem;

	if (prom_share_ask(q->all->config.context->prom_share, question->server, question->query,
		    question->alive_query, on_prometheus, q, &answer, &q->prom_waiter,
		    &problem) != ERR_OK) {
		const struct readings_answer failed = { .failed = true,
			.error = sv_of(problem.text) };

		answer = (struct prom_share_answer){ &failed,
			question->alive_query.len ? &failed : NULL };
		return take_prometheus(q, &answer, err);
	}
	if (!q->prom_waiter)
		return take_prometheus(q, &answer, err);
	q->all->n_unanswered++;
	return ERR_OK;
}

static enum error_kind ask(struct questions *all, size_t i, struct error *err)
{
	const struct questions_config *config = &all->config;
	const struct drive_context *c = config->context;
	const struct ask_question *question = &config->want->questions[i];
	struct question *q = &all->at[i];
	const struct metric_share_question shared = {
		.target = question->shared_target,
		.resource = arena_strdup(config->arena, question->resource),
		.name = arena_strdup(config->arena, question->name),
		.query = pass_readings_query(config->pass, i),
		.n_pods = config->pass->pods.n,
		.n_namespace_pods = pod_cache_n_in(c->pods, config->one->ns),
		.n_alike = autoscalers_n_alike(c->autoscalers, config->one->spread),
	};
	struct metric_share_answer answer;

	*q = (struct question){ .all = all, .index = i };
	if (!ask_is_sent(question))
		return ERR_OK;
	if (question->server.len > 0)
		return ask_prometheus_server(q, question, err);
	if (!c->share || !shared.resource || !shared.name)
		return ask_alone(q, err);
	switch (metric_share_ask(c->share, &shared, on_shared, q, &answer, &q->waiter)) {
	case METRIC_SHARE_ALONE:
		break;
	case METRIC_SHARE_READY:
		return take_shared(q, &answer, err);
	case METRIC_SHARE_WAIT:
		all->n_unanswered++;
		return ERR_OK;
	}
	return ask_alone(q, err);
}

enum error_kind questions_start(const struct questions_config *config, struct questions **ret,
	bool *ret_waits, struct error *err)
{
	size_t n = config->want->n_questions;
	struct questions *all = ARENA_NEW(config->arena, struct questions);
	struct question *at = ARENA_ARRAY(config->arena, n, struct question);

	if (!all || !at)
		return arena_error(config->arena, err);
	*all = (struct questions){ .config = *config, .at = at, .n = n };
	*ret = all;
	for (size_t i = 0; i < n; i++)
		if (ask(all, i, err) != ERR_OK)
			return err->kind;
	*ret_waits = all->n_unanswered > 0;
	return ERR_OK;
}
