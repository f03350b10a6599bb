/* The machine of pass.h with all answers at hand. A tape holds everything that a pass asks for; what
 * it does not hold was never asked by the pass that was recorded, and is answered as by a server
 * that does not know the request. */
#include "controller/tape_play.h"

#include "common/limits.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_encode.h"
#include "controller/tape_write.h"
#include "kube/status.h"

/* The API server's address where a text of a vector shows it. */
#define SERVER "https://10.96.0.1:443"

struct player {
	struct tape_play *play;
	const struct tape_step *step;
	struct pass *pass;
	struct tape_write *log;
	int64_t delayed_ns;	       /* by retries of the scale write */
	size_t n_gets, n_puts, n_pods; /* answered so far */
	struct error *err;
};

void tape_play_begin(struct tape_play *play, struct arena *a, const struct tape *tape)
{
	*play = (struct tape_play){ .arena = a, .tape = tape, .hpa = tape->hpa };
}

void tape_play_done(struct tape_play *play)
{
	history_done(&play->history);
	history_done(&play->before);
}

/* What the tape says of the time, or else the pass's own beginning and the waits since. */
static struct decide_now now_of(const struct player *p, const struct decide_now *told)
{
	struct decide_now now = p->step->now;

	if (told)
		return *told;
	now.wall = instant_wall_add_ns(now.wall, p->delayed_ns);
	now.mono.ns += p->delayed_ns;
	return now;
}

static struct pass_answer as_pass_answer(const struct player *p, const struct tape_answer *a)
{
	return (struct pass_answer){
		.failed = a->failed,
		.http_status = a->failed ? (int)a->http_status : 200,
		.error = a->error,
		.body = a->body,
		.now = now_of(p, a->now),
	};
}

/* The last answer repeats; without any the server knows no such object. */
static enum error_kind get_scale(struct player *p)
{
	const struct tape_step *step = p->step;
	struct tape_answer none = { .failed = true,
		.http_status = 404,
		.error = SV("the tape holds no answer to a GET of the scale") };
	size_t i = p->n_gets++;

	if (i >= step->n_gets && step->n_gets > 0)
		i = step->n_gets - 1;
	struct pass_answer answer = as_pass_answer(p, i < step->n_gets ? &step->gets[i] : &none);
	return pass_answer_scale(p->pass, &answer, p->err);
}

/* Behind the last answer every write succeeds. */
static enum error_kind put_scale(struct player *p, const struct pass_want *want)
{
	const struct tape_step *step = p->step;
	struct tape_answer done = { 0 };
	size_t i = p->n_puts++;

	p->delayed_ns += want->delay_ns;
	struct pass_answer answer = as_pass_answer(p, i < step->n_puts ? &step->puts[i] : &done);
	return pass_answer_scale(p->pass, &answer, p->err);
}

static enum error_kind give_pods(struct player *p, const struct pass_want *want)
{
	const struct tape_step *step = p->step;
	bool first = p->n_pods++ == 0;
	const struct tape_pods *from =
		first && step->has_first_pods ? &step->first_pods : &step->pods;
	const struct decide_now *told = step->pods.now;
	struct pod_set pods;

	if (first && step->first_pods.now)
		told = step->first_pods.now;
	if (pods_select(p->play->arena, from->at, from->n, p->play->hpa.meta.ns, want->selector,
		    &pods, p->err) != ERR_OK)
		return p->err->kind;
	return pass_answer_pods(
		p->pass, &pods, step->peers, step->n_peers, now_of(p, told), p->err);
}

static const struct tape_http *find_row(
	const struct tape_step *step, struct sv target, const struct hpa_source *source)
{
	for (size_t i = step->n_http; i > 0; i--) {
		const struct tape_http *row = &step->http[i - 1];
		bool narrowed = row->resource.ptr != NULL;
		if (!sv_eq(row->path, target))
			continue;
		if (!narrowed || (sv_eq(row->resource, source->resource) &&
					 sv_eq(row->container, source->container)))
			return row;
	}
	return NULL;
}

/* An answer as our client would hand it on: what is no success becomes its text. */
static enum error_kind explain(
	struct player *p, const struct ask_question *q, struct readings_answer *answer)
{
	struct arena *a = p->play->arena;
	struct status_answer raw = {
		.code = answer->http_status,
		.content_type = answer->content_type,
		.body = answer->body,
		.method = "GET",
		.resource = arena_strdup(a, q->resource),
		.name = arena_strdup(a, q->name),
	};
	struct error told;

	if (!raw.resource || !raw.name)
		return arena_error(a, p->err);
	(void)status_explain(&raw, &told);
	*answer = (struct readings_answer){
		.failed = true, .http_status = raw.code, .error = arena_sv(a, sv_of(told.text))
	};
	return answer->error.ptr ? ERR_OK : arena_error(a, p->err);
}

static enum error_kind unreachable(struct player *p, const struct ask_question *q,
	const struct tape_http *row, struct readings_answer *answer)
{
	char *text = arena_printf(p->play->arena, "Get \"" SERVER "%.*s\": %.*s", SV_ARG(q->target),
		SV_ARG(row->reason));

	*answer = (struct readings_answer){ .failed = true, .error = sv_of(text) };
	return text ? ERR_OK : arena_error(p->play->arena, p->err);
}

static enum error_kind answer_question(struct player *p, size_t i, const struct ask_question *q)
{
	const struct hpa_metric *metric = &p->pass->in.hpa->spec.metrics[i];
	const struct tape_http *row = find_row(p->step, q->target, metric->member[metric->kind]);
	struct readings_answer answer = { .http_status = 404 };
	enum error_kind kind = ERR_OK;

	if (row && row->is_problem) {
		pass_give_reading(p->pass, i, &row->problem);
		return ERR_OK;
	}
	if (row) {
		answer.http_status = (int)row->http_status;
		answer.content_type = row->content_type;
		answer.body = row->body;
	}
	if (row && row->unreachable)
		kind = unreachable(p, q, row, &answer);
	else if (answer.http_status < 200 || answer.http_status > 206)
		kind = explain(p, q, &answer);
	return kind != ERR_OK ? kind : pass_answer_metric(p->pass, i, &answer, p->err);
}

static enum error_kind give_readings(struct player *p, const struct pass_want *want)
{
	enum error_kind kind = ERR_OK;

	for (size_t i = 0; i < want->n_questions && kind == ERR_OK; i++)
		if (want->questions[i].state == ASK_REQUEST)
			kind = answer_question(p, i, &want->questions[i]);
	return kind;
}

/* The status as the API server stores it: through its JSON form. */
static enum error_kind store_status(struct player *p, const struct hpa_status *status)
{
	struct arena *a = p->play->arena;
	AUTO(buf_done) struct buf text = { 0 };
	struct jtree *tree;
	struct jw w;

	buf_init(&text, LIMIT_OBJECT_BYTES);
	jw_init(&w, &text);
	hpa_encode_status(&w, status);
	if (buf_check(&text, "the status", p->err) != ERR_OK)
		return p->err->kind;
	struct sv kept = arena_sv(a, buf_sv(&text));
	if (!kept.ptr)
		return arena_error(a, p->err);
	if (jtree_parse(a, kept, &tree, p->err) != ERR_OK)
		return p->err->kind;
	return hpa_decode_status(a, p->play->hpa.owner_kind, tree, &p->play->hpa.status, p->err);
}

static enum error_kind put_status(struct player *p)
{
	struct pass_answer answer = as_pass_answer(p, &p->step->status_put);
	return pass_answer_status(p->pass, &answer, p->err);
}

static enum error_kind run(struct player *p)
{
	struct pass_want want = { .kind = PASS_WANT_NOTHING };
	enum error_kind kind;

	while ((kind = pass_next(p->pass, &want, p->err)) == ERR_OK) {
		switch (want.kind) {
		case PASS_WANT_GET_SCALE:
			kind = get_scale(p);
			break;
		case PASS_WANT_PUT_SCALE:
			kind = put_scale(p, &want);
			break;
		case PASS_WANT_PODS:
			kind = give_pods(p, &want);
			break;
		case PASS_WANT_READINGS:
			kind = give_readings(p, &want);
			break;
		case PASS_WANT_PUT_STATUS:
			kind = put_status(p);
			break;
		case PASS_WANT_NOTHING:
			return ERR_OK;
		}
		if (kind != ERR_OK)
			return kind;
	}
	return kind;
}

/* What the step changes before its pass. */
static enum error_kind prepare(
	struct tape_play *play, const struct tape_step *step, struct error *err)
{
	if (step->restart)
		history_clear(&play->history);
	if (step->spec)
		play->hpa.spec = *step->spec;
	if (step->history && history_copy(&play->history, step->history, err) != ERR_OK)
		return err->kind;
	return history_copy(&play->before, &play->history, err);
}

static enum error_kind tell(struct player *p, struct tape_outcome *ret)
{
	AUTO(buf_done) struct buf expect = { 0 };
	struct arena *a = p->play->arena;

	buf_init(&expect, TAPE_MAX_BYTES);
	if (tape_write_expect(p->log, p->pass, &expect, p->err) != ERR_OK)
		return p->err->kind;
	*ret = (struct tape_outcome){
		.hpa = p->pass->in.hpa,
		.pass = p->pass,
		.before = &p->play->before,
		.now = p->step->now,
		.expect = arena_sv(a, buf_sv(&expect)),
	};
	return ret->expect.ptr ? ERR_OK : arena_error(a, p->err);
}

static enum error_kind play_step(struct player *p, struct tape_outcome *ret)
{
	struct tape_play *play = p->play;
	struct hpa *hpa = ARENA_NEW(play->arena, struct hpa);

	p->pass = ARENA_NEW(play->arena, struct pass);
	if (!hpa || !p->pass)
		return arena_error(play->arena, p->err);
	if (prepare(play, p->step, p->err) != ERR_OK)
		return p->err->kind;
	static const struct ask_prometheus_servers NO_SERVERS = { .unknown = true };

	*hpa = play->hpa;
	struct pass_input input = {
		.arena = play->arena,
		.settings = &play->tape->settings,
		.hpa = hpa,
		.discovery = play->tape->discovery,
		.history = &play->history,
		.prometheus = &NO_SERVERS,
		.foreign = p->step->foreign,
		.tape = p->log,
	};
	if (p->step->n_frozen >= hpa->spec.n_metrics)
		input.frozen = p->step->frozen;
	(void)ask_custom_version(
		play->tape->discovery, &input.custom_version, &input.custom_problem);
	pass_begin(p->pass, &input, p->step->now);
	if (run(p) != ERR_OK || tell(p, ret) != ERR_OK)
		return p->err->kind;
	if (p->log->status_written && p->pass->status_written)
		return store_status(p, &p->pass->conclusion.status);
	return ERR_OK;
}

enum error_kind tape_play_step(
	struct tape_play *play, size_t i, struct tape_outcome *ret, struct error *err)
{
	const struct tape_write_options options = { .outcome_only = true };
	AUTO(tape_write_done) struct tape_write log = { 0 };
	struct player p = { .play = play, .step = &play->tape->steps[i], .err = err };

	tape_write_init(&log, &options);
	p.log = play->record ? play->record : &log;
	enum error_kind kind = play_step(&p, ret);
	/* The log ends here; nobody may ask the pass for more. */
	if (p.pass)
		p.pass->in.tape = NULL;
	return kind;
}
