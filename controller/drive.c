/* One want at a time, in the machine's order; only the questions to the metrics APIs go out together. Each answer steps the machine on. */
#include "controller/drive.h"

#include "common/http_client.h"
#include "common/limits.h"
#include "controller/bounds.h"
#include "controller/drive_tape.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_encode.h"
#include "controller/hpa_status.h"
#include "controller/readings_prometheus.h"

#define HTTP_FORBIDDEN 403
#define SCALE_TIMEOUT_NS (10 * NS_PER_SEC)
/* Status writes wait this long when the server is overloaded and does not say how long. */
#define PRESSURE_NS NS_PER_SEC
/* A kind or API that the snapshot does not have is looked up once more, but not anew for each of many objects that miss one: their passes
 * would wait for one fetch after the other, and with them all others. */
#define MISS_MAX_AGE_NS NS_PER_SEC

struct question_call {
	struct drive *drive;
	size_t index;
	struct client_call *call;	       /* NULL: answered, or shared */
	struct metric_share_waiter *waiter;    /* NULL: answered, or asked alone */
	struct prom_share_waiter *prom_waiter; /* NULL: answered, or no question to Prometheus */
};

struct drive {
	const struct drive_context *context;
	struct autoscaler *one;
	drive_done_fn done;
	void *ctx;
	struct arena arena;
	struct sv json;	      /* the object as the pass began, in the arena */
	uint64_t fingerprint; /* of the spec then */
	struct hpa hpa;
	struct discovery *discovery;
	bool looked_twice; /* discovery was refreshed once because something was missing */
	bool waiting_for_discovery;
	struct pass pass;
	bool begun;
	struct pass_want want;
	struct client_call *call;
	struct question_call *questions;
	size_t n_unanswered;
	struct loop_timer *delay;
	struct tape_write tape;
	struct sv stored;
	enum gate_reason scale_refused;
	bool again;
	bool wrote;	/* a scale was written, or it was tried: what is known about it is old */
	bool withdrawn; /* the server put the scale write off, and it may not be repeated as it is */
};

static void step(struct drive *d);
static void send_scale(struct drive *d);

/* While a callback runs, a crash is this object's fault. The drive may be gone when the turn ends. */
struct turn {
	struct object_quarantine *quarantine;
	int before;
};

static struct turn begin_turn(const struct drive *d)
{
	struct object_quarantine *q = d->context->quarantine;

	return (struct turn){ q, object_quarantine_run(q, d->one) };
}

static void end_turn(struct turn turn)
{
	object_quarantine_back(turn.quarantine, turn.before);
}

static struct decide_now now(void)
{
	return (struct decide_now){ instant_wall_now(), instant_mono_now() };
}

static struct gate_answer ask_gate(const struct drive *d, enum gate_write write)
{
	return d->context->gate(d->one, &d->hpa, write, d->context->gate_ctx);
}

static void question_cancel(struct question_call *q)
{
	client_cancel(q->call);
	metric_share_cancel(q->waiter);
	prom_share_cancel(q->prom_waiter);
}

static void drive_free(struct drive *d)
{
	client_cancel(d->call);
	for (size_t i = 0; d->questions && i < d->want.n_questions; i++)
		question_cancel(&d->questions[i]);
	if (d->waiting_for_discovery)
		discovery_cache_forget(d->context->discovery, d);
	discovery_unref(d->discovery);
	if (d->delay)
		loop_timer_free(d->delay);
	tape_write_done(&d->tape);
	arena_done(&d->arena);
	mem_free(d);
}

void drive_cancel(struct drive *d)
{
	if (d)
		drive_free(d);
}

static void finish(struct drive *d, const struct error *failed)
{
	bool taped = drive_tape_is_wanted(d->context) && d->begun && !failed && !d->again;
	struct error problem;
	const struct drive_result result = {
		.hpa = &d->hpa,
		.pass = d->begun ? &d->pass : NULL,
		.conclusion = d->begun && !failed ? pass_result(&d->pass) : NULL,
		.failed = failed,
		.not_recorded = taped && drive_tape_end(&d->tape, d->context, d->one, &d->pass,
						 &problem) != ERR_OK
					? &problem
					: NULL,
		.stored = d->stored,
		.scale_refused = d->scale_refused,
		.again = d->again,
		.may_send_events = ask_gate(d, GATE_EVENT).allowed,
	};

	d->done(d->one, &result, d->ctx);
	drive_free(d);
}

/* The scale cache learns from what others were asked for. */
static void tell_scales(
	struct drive *d, const struct client_answer *answer, const struct error *failed)
{
	struct scale_cache *scales = d->context->scales;

	if (scales && d->want.kind == PASS_WANT_GET_SCALE)
		scale_cache_asked(scales, &d->want.path, failed, instant_mono_now());
	/* What was read again after a conflict is news, too. */
	if (scales && !failed &&
		(d->want.kind == PASS_WANT_PUT_SCALE || d->want.kind == PASS_WANT_GET_SCALE))
		scale_cache_wrote(scales, &d->want.path, answer->body);
	d->wrote = d->wrote || d->want.kind == PASS_WANT_PUT_SCALE;
}

/* Hands the machine what it wanted. False: the pass is over. */
static bool answer_pass(
	struct drive *d, const struct client_answer *answer, const struct error *failed)
{
	const struct pass_answer given = {
		.failed = failed != NULL,
		.http_status = failed ? failed->code : answer->status,
		.error = failed ? sv_of(failed->text) : SV_NULL,
		.body = answer ? answer->body : SV_NULL,
		.now = now(),
	};
	struct error err;
	enum error_kind rc = d->want.kind == PASS_WANT_PUT_STATUS
				     ? pass_answer_status(&d->pass, &given, &err)
				     : pass_answer_scale(&d->pass, &given, &err);

	if (rc != ERR_OK)
		finish(d, &err);
	return rc == ERR_OK;
}

/* A write that is not to be sent, now or by us (GATE_OPEN: it can wait). Mostly it is taken for done, so that the history goes on as if we had been the ones who wrote. */
static void refuse(struct drive *d, enum gate_reason why)
{
	const struct client_answer answer = { .status = 200,
		.body = d->want.kind == PASS_WANT_PUT_SCALE ? d->want.body : d->json };
	struct error err;

	if (d->want.kind == PASS_WANT_PUT_SCALE)
		d->scale_refused = why;
	if (gate_ends_pass(why)) {
		(void)error_set(&err, ERR_DENIED, "nothing is written: %s", gate_reason_text(why));
		finish(d, &err);
		return;
	}
	if (answer_pass(d, &answer, NULL))
		step(d);
}

/* Too much to do: the status is left to a later pass, and those of others too, until the server has caught its breath. */
static bool is_overloaded(const struct drive *d, const struct client_answer *answer)
{
	int64_t wait_ns = answer->retry_after_ns > 0 ? answer->retry_after_ns : PRESSURE_NS;

	if (d->context->strict || answer->status != 429)
		return false;
	d->context->pressure->until.ns = instant_mono_now().ns + wait_ns;
	d->context->pressure->n_deferred++;
	return true;
}

/* A conflict, and somebody else has changed the count meanwhile: what we decided is about another count. A rollout's status updates, the common
 * reason, change none; and the count that we wanted may be our own write, whose answer was lost. */
static bool is_overtaken(struct drive *d, struct sv body)
{
	struct scale scale;
	struct sv why;
	struct error ignored;

	return !d->context->strict && d->pass.conflict && d->want.kind == PASS_WANT_GET_SCALE &&
	       scale_decode(&d->arena, body, false, &scale, &why, &ignored) == ERR_OK &&
	       scale.replicas != d->pass.scale.replicas &&
	       scale.replicas != d->pass.proposal.desired;
}

/* The one request that is under way is answered; the pass goes on. */
static void take_answer(
	struct drive *d, const struct client_answer *answer, const struct error *failed)
{
	d->call = NULL;
	if (d->withdrawn) {
		d->withdrawn = false;
		send_scale(d);
		return;
	}
	tell_scales(d, answer, failed);
	if (d->want.kind == PASS_WANT_PUT_STATUS) {
		if (!failed)
			d->stored = arena_sv(&d->arena, answer->body);
		d->one->status_due.ns = instant_mono_now().ns + d->context->status_refresh_ns;
		if (failed && is_overloaded(d, answer)) {
			refuse(d, GATE_OPEN);
			return;
		}
	}
	if (!failed && is_overtaken(d, answer->body)) {
		d->again = true;
		finish(d, NULL);
	} else if (answer_pass(d, answer, failed)) {
		step(d);
	}
}

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct drive *d = ctx;
	struct turn turn = begin_turn(d);

	take_answer(d, answer, failed);
	end_turn(turn);
}

/* The spec was edited while the pass ran: what was decided is the old one's word. */
static bool is_outdated(const struct drive *d)
{
	return !d->context->strict && d->one->fingerprint != d->fingerprint;
}

/* Before a scale write that the server put off is sent again: what has changed while it waited? */
static bool may_repeat(void *ctx)
{
	struct drive *d = ctx;

	d->withdrawn = is_outdated(d) || !ask_gate(d, GATE_SCALE).allowed;
	return !d->withdrawn;
}

static void send(struct drive *d, const char *method, struct sv body, int64_t max_timeout_ns)
{
	AUTO(buf_done) struct buf target = { 0 };
	bool urgent = d->want.kind == PASS_WANT_PUT_SCALE;
	struct error err;

	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &d->want.path);
	const struct client_request request = {
		.traffic = urgent ? CLIENT_URGENT : CLIENT_NORMAL,
		.once = !d->context->strict && d->want.kind == PASS_WANT_PUT_STATUS,
		.method = method,
		.target = buf_text(&target),
		.resource = arena_strdup(&d->arena, d->want.path.resource),
		.name = arena_strdup(&d->arena, d->want.path.name),
		.body = body,
		.timeout_ns = max_timeout_ns < SCALE_TIMEOUT_NS ? max_timeout_ns : SCALE_TIMEOUT_NS,
		.may_repeat = urgent ? may_repeat : NULL,
		.done = on_answer,
		.ctx = d,
	};
	if (target.failed != ERR_OK ||
		client_start(d->context->client, &request, &d->call, &err) != ERR_OK) {
		if (target.failed != ERR_OK)
			(void)error_nomem(&err);
		finish(d, &err);
		return;
	}
	/* Until it is settled: if we end before, a successor must take it for possible. */
	d->one->history.unsettled = d->one->history.unsettled || urgent;
}

static void send_scale(struct drive *d)
{
	struct gate_answer gate = ask_gate(d, GATE_SCALE);

	if (is_outdated(d)) {
		d->again = true;
		finish(d, NULL);
		return;
	}
	if (gate.allowed)
		send(d, "PUT", d->want.body, gate.max_timeout_ns);
	else
		refuse(d, gate.why);
}

static void on_delay(struct loop_timer *t, void *ctx)
{
	struct turn turn = begin_turn(ctx);

	(void)t;
	send_scale(ctx);
	end_turn(turn);
}

static void put_scale(struct drive *d)
{
	/* What is written again is what the count was read for a moment ago. */
	if (d->want.delay_ns == 0 || !d->context->strict) {
		send_scale(d);
		return;
	}
	if (!d->delay)
		d->delay = loop_timer_new(d->context->loop, on_delay, d);
	if (!d->delay) {
		struct error err;
		(void)error_nomem(&err);
		finish(d, &err);
		return;
	}
	loop_timer_set(d->delay, d->want.delay_ns);
}

/* Values alone are no news, and nothing but news goes to a server that has too much to do. */
static bool is_deferred(const struct drive *d)
{
	const struct drive_context *c = d->context;
	struct autoscaler *one = d->one;
	int64_t now_ns = instant_mono_now().ns;

	if (c->strict)
		return false;
	if (now_ns < c->pressure->until.ns)
		return true;
	if (c->status_refresh_ns == 0 || !hpa_status_eq_but_values(&d->hpa.status, d->want.status))
		return false;
	/* Not all at once after a start. */
	if (one->status_due.ns == 0)
		one->status_due.ns =
			now_ns + (int64_t)(one->spread_alone % (uint64_t)c->status_refresh_ns);
	return now_ns < one->status_due.ns;
}

static void put_status(struct drive *d)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct gate_answer gate = ask_gate(d, GATE_STATUS);
	struct error err;

	if (!gate.allowed) {
		refuse(d, gate.why);
		return;
	}
	if (is_deferred(d)) {
		d->context->pressure->n_deferred++;
		refuse(d, GATE_OPEN);
		return;
	}
	buf_init(&body, LIMIT_OBJECT_BYTES);
	hpa_encode_with_status(&body, &d->hpa, d->want.status);
	if (buf_check(&body, "the autoscaler's status", &err) != ERR_OK)
		finish(d, &err);
	else
		send(d, "PUT", buf_sv(&body), gate.max_timeout_ns);
}

/* What came of an attempt to do without a request. */
enum given { GIVEN_NOT, GIVEN, GIVEN_OVER };

static enum given give_known_scale(struct drive *d)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct client_answer answer = { .status = 200 };
	struct error failed;

	if (!d->context->scales || d->wrote)
		return GIVEN_NOT;
	buf_init(&body, LIMIT_OBJECT_BYTES);
	enum scale_cache_result result = scale_cache_get(
		d->context->scales, &d->want.path, instant_mono_now(), &body, &failed);
	if (result == SCALE_CACHE_ASK)
		return GIVEN_NOT;
	answer.body = buf_sv(&body);
	bool goes_on = answer_pass(d, &answer, result == SCALE_CACHE_FAILS ? &failed : NULL);
	return goes_on ? GIVEN : GIVEN_OVER;
}

static bool give_pods(struct drive *d)
{
	const struct drive_context *c = d->context;
	AUTO(buf_done) struct buf text = { 0 };
	struct target_peer *peers;
	struct pod_set pods;
	struct error err;
	size_t n;

	buf_init(&text, LIMIT_OBJECT_BYTES);
	selector_print(&text, d->want.selector);
	/* Without memory the object matches nothing for its peers, as before its first pass. */
	(void)!autoscalers_set_selector(c->autoscalers, d->one, buf_sv(&text), &err);
	if (pod_cache_select(c->pods, &d->arena, d->one->ns, d->want.selector, &pods, &err) ==
			ERR_OK &&
		autoscalers_peers(c->autoscalers, &d->arena, d->one, &pods, &peers, &n, &err) ==
			ERR_OK &&
		pass_answer_pods(&d->pass, &pods, peers, n, now(), &err) == ERR_OK)
		return true;
	finish(d, &err);
	return false;
}

/* One more question is answered. False: the pass is over. */
static bool take_reading(
	struct question_call *q, const struct client_answer *answer, const struct error *failed)
{
	struct drive *d = q->drive;
	const struct readings_answer given = {
		.failed = failed != NULL,
		.error = failed ? sv_of(failed->text) : SV_NULL,
		.http_status = failed ? failed->code : answer->status,
		.content_type = answer ? answer->content_type : SV_NULL,
		.body = answer ? answer->body : SV_NULL,
	};
	struct error err;

	if (pass_answer_metric(&d->pass, q->index, &given, &err) == ERR_OK)
		return true;
	finish(d, &err);
	return false;
}

static void note_answer(
	struct question_call *q, const struct client_answer *answer, const struct error *failed)
{
	const struct drive_context *c = q->drive->context;
	const struct hpa_metric *metric = &q->drive->hpa.spec.metrics[q->index];
	struct sv target = q->drive->want.questions[q->index].target;

	if (c->share && metric->kind == HPA_METRIC_PODS)
		metric_share_note_adapter(c->share, answer);
	if (c->refusals && failed && failed->code == HTTP_FORBIDDEN)
		refusals_note(c->refusals, target, failed, instant_mono_now());
	else if (c->refusals)
		refusals_forget(c->refusals, target);
}

static void on_metric(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct question_call *q = ctx;
	struct drive *d = q->drive;
	struct turn turn = begin_turn(d);

	q->call = NULL;
	d->n_unanswered--;
	note_answer(q, answer, failed);
	if (take_reading(q, answer, failed) && d->n_unanswered == 0)
		step(d);
	end_turn(turn);
}

/* False: the pass is over. */
static bool ask_alone(struct question_call *q)
{
	struct drive *d = q->drive;
	const struct ask_question *question = &d->want.questions[q->index];
	const struct client_request request = {
		.target = arena_strdup(&d->arena, question->target),
		.resource = arena_strdup(&d->arena, question->resource),
		.name = arena_strdup(&d->arena, question->name),
		.timeout_ns = d->context->metrics_timeout_ns,
		.max_bytes = LIMIT_METRICS_ANSWER_BYTES,
		.done = on_metric,
		.ctx = q,
	};
	struct error err;

	if (d->context->refusals &&
		refusals_find(d->context->refusals, question->target, instant_mono_now(), &err))
		return take_reading(q, NULL, &err);
	if (!request.target || !request.resource || !request.name)
		(void)arena_error(&d->arena, &err);
	else if (client_start(d->context->client, &request, &q->call, &err) == ERR_OK) {
		d->n_unanswered++;
		return true;
	}
	finish(d, &err);
	return false;
}

/* From an answer for many. False: the pass is over. */
static bool take_shared(struct question_call *q, const struct metric_share_answer *answer)
{
	struct drive *d = q->drive;
	struct pod_set pods;
	struct reading reading;
	struct error err;

	if (answer->failed)
		return take_reading(q, NULL, answer->failed);
	if (!answer->all)
		return ask_alone(q);
	enum error_kind rc = pod_cache_select(
		d->context->pods, &d->arena, d->one->ns, &d->pass.target.selector, &pods, &err);
	if (rc == ERR_OK)
		rc = readings_narrow(&d->arena, answer->all, &pods, &reading, &err);
	if (rc == ERR_NOTFOUND)
		return ask_alone(q);
	if (rc != ERR_OK) {
		finish(d, &err);
		return false;
	}
	pass_give_reading(&d->pass, q->index, &reading);
	return true;
}

static void on_shared(const struct metric_share_answer *answer, void *ctx)
{
	struct question_call *q = ctx;
	struct drive *d = q->drive;
	struct turn turn = begin_turn(d);

	q->waiter = NULL;
	d->n_unanswered--;
	if (take_shared(q, answer) && d->n_unanswered == 0)
		step(d);
	end_turn(turn);
}

/* False: the pass is over. */
static bool take_prometheus(struct question_call *q, const struct prom_share_answer *answer)
{
	struct drive *d = q->drive;
	const struct hpa_prometheus *metric = d->hpa.spec.metrics[q->index].prometheus;
	struct pod_set pods;
	struct reading reading;
	struct error err;

	if (pod_cache_select(d->context->pods, &d->arena, d->one->ns, &d->pass.target.selector,
		    &pods, &err) != ERR_OK ||
		readings_prometheus(&d->arena, metric, &pods, answer->answer, answer->alive,
			&reading, &err) != ERR_OK) {
		finish(d, &err);
		return false;
	}
	pass_give_reading(&d->pass, q->index, &reading);
	return true;
}

static void on_prometheus(const struct prom_share_answer *answer, void *ctx)
{
	struct question_call *q = ctx;
	struct drive *d = q->drive;
	struct turn turn = begin_turn(d);

	q->prom_waiter = NULL;
	d->n_unanswered--;
	if (take_prometheus(q, answer) && d->n_unanswered == 0)
		step(d);
	end_turn(turn);
}

/* False: the pass is over. */
static bool ask_prometheus_server(struct question_call *q, const struct ask_question *question)
{
	struct drive *d = q->drive;
	struct prom_share_answer answer;
	struct error err;

	if (prom_share_ask(d->context->prom_share, question->server, question->query,
		    question->alive_query, on_prometheus, q, &answer, &q->prom_waiter,
		    &err) != ERR_OK) {
		const struct readings_answer failed = { .failed = true, .error = sv_of(err.text) };

		answer = (struct prom_share_answer){ &failed,
			question->alive_query.len ? &failed : NULL };
		return take_prometheus(q, &answer);
	}
	if (!q->prom_waiter)
		return take_prometheus(q, &answer);
	d->n_unanswered++;
	return true;
}

/* False: the pass is over. */
static bool ask(struct drive *d, size_t i)
{
	const struct ask_question *question = &d->want.questions[i];
	struct question_call *q = &d->questions[i];
	const struct metric_share_question shared = {
		.target = question->shared_target,
		.resource = arena_strdup(&d->arena, question->resource),
		.name = arena_strdup(&d->arena, question->name),
		.query = pass_readings_query(&d->pass, i),
		.n_pods = d->pass.pods.n,
		.n_namespace_pods = pod_cache_n_in(d->context->pods, d->one->ns),
		.n_alike = autoscalers_n_alike(d->context->autoscalers, d->one->spread),
	};
	struct metric_share_answer answer;

	*q = (struct question_call){ .drive = d, .index = i };
	if (!ask_is_sent(question))
		return true;
	if (question->server.len > 0)
		return ask_prometheus_server(q, question);
	if (!d->context->share || !shared.resource || !shared.name)
		return ask_alone(q);
	switch (metric_share_ask(d->context->share, &shared, on_shared, q, &answer, &q->waiter)) {
	case METRIC_SHARE_ALONE:
		break;
	case METRIC_SHARE_READY:
		return take_shared(q, &answer);
	case METRIC_SHARE_WAIT:
		d->n_unanswered++;
		return true;
	}
	return ask_alone(q);
}

/* False: the pass is over. */
static bool ask_all(struct drive *d)
{
	struct error err;

	d->questions = ARENA_ARRAY(&d->arena, d->want.n_questions, struct question_call);
	if (!d->questions) {
		(void)arena_error(&d->arena, &err);
		finish(d, &err);
		return false;
	}
	for (size_t i = 0; i < d->want.n_questions; i++)
		if (!ask(d, i))
			return false;
	return true;
}

static void step(struct drive *d)
{
	enum given given;
	struct error err;

	for (;;) {
		if (pass_next(&d->pass, &d->want, &err) != ERR_OK) {
			finish(d, &err);
			return;
		}
		switch (d->want.kind) {
		case PASS_WANT_GET_SCALE:
			given = give_known_scale(d);
			if (given == GIVEN_NOT)
				send(d, "GET", SV_NULL, SCALE_TIMEOUT_NS);
			if (given != GIVEN)
				return;
			break;
		case PASS_WANT_PODS:
			if (!give_pods(d))
				return;
			break;
		case PASS_WANT_READINGS:
			if (!ask_all(d) || d->n_unanswered > 0)
				return;
			break;
		case PASS_WANT_PUT_SCALE:
			put_scale(d);
			return;
		case PASS_WANT_PUT_STATUS:
			put_status(d);
			return;
		case PASS_WANT_NOTHING:
			finish(d, NULL);
			return;
		}
	}
}

static bool wants_custom_metrics(const struct hpa *hpa)
{
	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		enum hpa_metric_kind kind = hpa->spec.metrics[i].kind;
		if (kind == HPA_METRIC_PODS || kind == HPA_METRIC_OBJECT)
			return true;
	}
	return false;
}

/* Whether the snapshot knows what this object needs; a miss is looked up once more at the server. */
static bool knows_enough(const struct drive *d)
{
	struct discovery_mapping mappings[DISCOVERY_MAX_MAPPINGS];
	struct sv group, version, problem;
	struct error ignored;

	if (target_group(d->hpa.spec.target.api_version, &group, &ignored) == ERR_OK &&
		discovery_map_kind(d->discovery, group, d->hpa.spec.target.kind, mappings) == 0)
		return false;
	return !wants_custom_metrics(&d->hpa) ||
	       ask_custom_version(d->discovery, &version, &problem);
}

static void on_discovery(struct discovery *found, const struct error *failed, void *ctx);

static void begin_pass(struct drive *d, struct discovery *found, const struct error *failed)
{
	struct error err;

	d->waiting_for_discovery = false;
	if (!found) {
		finish(d, failed);
		return;
	}
	discovery_unref(d->discovery);
	d->discovery = discovery_ref(found);
	if (!d->looked_twice && !knows_enough(d)) {
		d->looked_twice = true;
		d->waiting_for_discovery = true;
		if (discovery_cache_refresh(d->context->discovery, MISS_MAX_AGE_NS, on_discovery, d,
			    &err) == ERR_OK)
			return;
		d->waiting_for_discovery = false;
	}
	struct pass_input input = {
		.arena = &d->arena,
		.settings = d->context->settings,
		.hpa = &d->hpa,
		.discovery = d->discovery,
		.prometheus = d->context->prometheus,
		.history = &d->one->history,
		.foreign = d->context->foreign(&d->arena, &d->hpa, d->context->foreign_ctx),
		.mass = d->context->mass,
		.tape = drive_tape_is_wanted(d->context) ? &d->tape : NULL,
	};
	if (!input.foreign.ptr) {
		(void)arena_error(&d->arena, &err);
		finish(d, &err);
		return;
	}
	(void)ask_custom_version(d->discovery, &input.custom_version, &input.custom_problem);
	pass_begin(&d->pass, &input, now());
	d->begun = true;
	step(d);
}

static void on_discovery(struct discovery *found, const struct error *failed, void *ctx)
{
	struct turn turn = begin_turn(ctx);

	begin_pass(ctx, found, failed);
	end_turn(turn);
}

enum error_kind drive_start(const struct drive_context *context, struct autoscaler *one,
	drive_done_fn done, void *ctx, struct drive **ret, struct error *err)
{
	struct drive *d = mem_zalloc(sizeof(*d));

	if (!d)
		return error_nomem(err);
	d->context = context;
	d->one = one;
	d->done = done;
	d->ctx = ctx;
	d->fingerprint = one->fingerprint;
	arena_init(&d->arena, LIMIT_PASS_ARENA_BYTES);
	drive_tape_init(&d->tape, context, one, &d->arena);
	if (autoscalers_json(one, &d->arena, &d->json, err) != ERR_OK ||
		hpa_decode_stored(&d->arena, one->kind, d->json, &d->hpa, err) != ERR_OK ||
		(!context->strict && bounds_exist(&d->hpa.spec, err) != ERR_OK)) {
		drive_free(d);
		return err->kind;
	}
	d->waiting_for_discovery = true;
	if (discovery_cache_refresh(context->discovery, DISCOVERY_CACHE_MAX_AGE_NS, on_discovery, d,
		    err) != ERR_OK) {
		d->waiting_for_discovery = false;
		drive_free(d);
		return err->kind;
	}
	*ret = d;
	return ERR_OK;
}
