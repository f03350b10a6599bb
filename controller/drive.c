/* One want at a time, in the machine's order; only the questions to the metrics APIs go out together. Each answer steps the machine on. */
#include "controller/drive.h"

#include "common/limits.h"
#include "controller/bounds.h"
#include "controller/drive_tape.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_encode.h"
#include "controller/questions.h"
#include "controller/status_write.h"

#define HTTP_CONFLICT 409
#define SCALE_TIMEOUT_NS (10 * NS_PER_SEC)
/* A kind or API that the snapshot does not have is looked up once more, but not anew for each of many objects that miss one: their passes
 * would wait for one fetch after the other, and with them all others. */
#define MISS_MAX_AGE_NS NS_PER_SEC

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
	struct questions *questions;
	struct mono asked;
	int64_t metrics_ns; /* until the last answer */
	struct loop_timer *delay;
	struct tape_write tape;
	struct sv stored;
	enum gate_reason scale_refused;
	bool again;
	bool wrote;	/* a scale was written, or it was tried: what is known about it is old */
	bool withdrawn; /* the server put the scale write off, and it may not be repeated as it is */
	/* The status write met a conflict: the object is read again, once. */
	bool rebasing, rebased;
	struct error *conflict; /* in the arena */
};

static void step(struct drive *d);
static void send_scale(struct drive *d);
static void put_status(struct drive *d);
static void send(struct drive *d, const char *method, struct sv body, struct mono deadline);

/* A callback's turn. The drive may be gone when it ends. */
static struct object_quarantine_turn begin_turn(const struct drive *d)
{
	return object_quarantine_run(d->context->quarantine, d->one);
}

/* The API server's time where ours contradicts it: a node's wrong clock neither ends an override nor prolongs one. */
static struct decide_now now(const struct drive *d)
{
	const struct drive_context *c = d->context;

	return (struct decide_now){ c->strict ? instant_wall_now() : client_wall_now(c->client),
		instant_mono_now() };
}

static struct gate_answer ask_gate(const struct drive *d, enum gate_write write)
{
	return d->context->gate(d->one, &d->hpa, write, d->context->gate_ctx);
}

static void drive_free(struct drive *d)
{
	client_cancel(d->call);
	questions_cancel(d->questions);
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
		.metrics_ns = d->metrics_ns,
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
		.now = now(d),
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

/* The server put a write off: those that matter less wait, too. */
static void note_pressure(const struct drive *d, int64_t wait_ns)
{
	if (!d->context->strict)
		pressure_note(d->context->pressure, wait_ns, instant_mono_now());
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

/* The object as it is now, after a conflict of our status write. */
static void take_present_object(
	struct drive *d, const struct client_answer *answer, const struct error *failed)
{
	const struct client_answer refused = { .status = HTTP_CONFLICT };

	d->rebasing = false;
	if (failed) {
		/* What went wrong is the write. */
		if (answer_pass(
			    d, d->conflict ? &refused : answer, d->conflict ? d->conflict : failed))
			step(d);
	} else if (status_write_rebase(&d->arena, d->one, d->json, answer->body, &d->hpa)) {
		put_status(d);
	} else {
		/* The watch brings what changed, and with it the next pass. */
		refuse(d, GATE_OPEN);
	}
}

static void take_status_answer(
	struct drive *d, const struct client_answer *answer, const struct error *failed)
{
	bool put_off = failed && !d->context->strict && pressure_is_put_off(answer);

	if (d->rebasing) {
		take_present_object(d, answer, failed);
		return;
	}
	if (failed && !d->context->strict && !d->rebased && answer->status == HTTP_CONFLICT) {
		d->rebasing = d->rebased = true;
		d->conflict = ARENA_NEW(&d->arena, struct error);
		if (d->conflict)
			*d->conflict = *failed;
		send(d, "GET", SV_NULL, (struct mono){ 0 });
		return;
	}
	if (!failed)
		d->stored = arena_sv(&d->arena, answer->body);
	status_write_is_over(d->context, d->one, instant_mono_now());
	if (put_off) {
		note_pressure(d, answer->retry_after_ns);
		d->context->pressure->n_deferred++;
		refuse(d, GATE_OPEN);
	} else if (answer_pass(d, answer, failed)) {
		step(d);
	}
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
	if (d->want.kind == PASS_WANT_PUT_STATUS) {
		take_status_answer(d, answer, failed);
		return;
	}
	tell_scales(d, answer, failed);
	if (failed && d->want.kind == PASS_WANT_PUT_SCALE && pressure_is_put_off(answer))
		note_pressure(d, answer->retry_after_ns);
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
	struct object_quarantine_turn turn = begin_turn(d);

	take_answer(d, answer, failed);
	object_quarantine_back(turn);
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

static void on_put_off(int64_t wait_ns, void *ctx)
{
	const struct drive *d = ctx;

	note_pressure(d, wait_ns);
}

/* deadline ns 0: none but the usual timeout. */
static void send(struct drive *d, const char *method, struct sv body, struct mono deadline)
{
	AUTO(buf_done) struct buf target = { 0 };
	bool urgent = d->want.kind == PASS_WANT_PUT_SCALE;
	struct api_path path = d->want.path;
	struct error err;

	if (d->rebasing)
		path.subresource = SV_NULL;
	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &path);
	const struct client_request request = {
		.traffic = urgent ? CLIENT_URGENT : CLIENT_NORMAL,
		.once = !d->context->strict && d->want.kind == PASS_WANT_PUT_STATUS,
		.method = method,
		.target = buf_text(&target),
		.resource = arena_strdup(&d->arena, path.resource),
		.name = arena_strdup(&d->arena, path.name),
		.body = body,
		.timeout_ns = SCALE_TIMEOUT_NS,
		.deadline = deadline,
		.may_repeat = urgent ? may_repeat : NULL,
		.on_put_off = urgent ? on_put_off : NULL,
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
		send(d, "PUT", d->want.body, gate.deadline);
	else
		refuse(d, gate.why);
}

static void on_delay(struct loop_timer *t, void *ctx)
{
	struct object_quarantine_turn turn = begin_turn(ctx);

	(void)t;
	send_scale(ctx);
	object_quarantine_back(turn);
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

static void put_status(struct drive *d)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct gate_answer gate = ask_gate(d, GATE_STATUS);
	struct error err;

	if (!gate.allowed) {
		status_write_is_missed(d->one, instant_mono_now());
		refuse(d, gate.why);
		return;
	}
	if (status_write_is_deferred(
		    d->context, d->one, &d->hpa, d->want.status, instant_mono_now())) {
		d->context->pressure->n_deferred++;
		refuse(d, GATE_OPEN);
		return;
	}
	buf_init(&body, LIMIT_OBJECT_BYTES);
	hpa_encode_with_status(&body, &d->hpa, d->want.status);
	if (buf_check(&body, "the autoscaler's status", &err) != ERR_OK)
		finish(d, &err);
	else
		send(d, "PUT", buf_sv(&body), gate.deadline);
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
		pass_answer_pods(&d->pass, &pods, peers, n, now(d), &err) == ERR_OK)
		return true;
	finish(d, &err);
	return false;
}

static void on_answered(const struct error *failed, void *ctx)
{
	struct drive *d = ctx;

	d->metrics_ns = instant_mono_now().ns - d->asked.ns;
	if (failed)
		finish(d, failed);
	else
		step(d);
}

/* True: the answers are there already. False: they come, or the pass is over. */
static bool ask(struct drive *d)
{
	const struct questions_config config = {
		.context = d->context,
		.one = d->one,
		.hpa = &d->hpa,
		.arena = &d->arena,
		.pass = &d->pass,
		.want = &d->want,
		.done = on_answered,
		.ctx = d,
	};
	bool waits = false;
	struct error err;

	d->asked = instant_mono_now();
	if (questions_start(&config, &d->questions, &waits, &err) == ERR_OK)
		return !waits;
	finish(d, &err);
	return false;
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
				send(d, "GET", SV_NULL, (struct mono){ 0 });
			if (given != GIVEN)
				return;
			break;
		case PASS_WANT_PODS:
			if (!give_pods(d))
				return;
			break;
		case PASS_WANT_READINGS:
			if (!ask(d))
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
	pass_begin(&d->pass, &input, now(d));
	d->begun = true;
	step(d);
}

static void on_discovery(struct discovery *found, const struct error *failed, void *ctx)
{
	struct object_quarantine_turn turn = begin_turn(ctx);

	begin_pass(ctx, found, failed);
	object_quarantine_back(turn);
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
