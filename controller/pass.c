/* The machine around the three pure steps. It keeps the order of effects that others can see: GETs
 * of the scale in the order of the kind's mappings, questions in the order of the metrics, the
 * scale write with its retries before the status write. Time is what the answers bring along: the
 * decision's `now` is the moment its last input arrived. */
#include "controller/pass.h"

#include "common/limits.h"
#include "controller/reading_age.h"
#include "controller/words.h"

#define HTTP_FORBIDDEN 403
#define HTTP_CONFLICT 409
#define HTTP_SERVER_ERROR 500

void pass_begin(struct pass *p, const struct pass_input *in, struct decide_now now)
{
	*p = (struct pass){ .in = *in, .state = PASS_TARGET, .now = now };
	if (in->tape)
		tape_write_begin(in->tape, in, now);
}

const struct conclusion *pass_result(const struct pass *p)
{
	return p->concluded ? &p->conclusion : NULL;
}

/* The object's own status write, if there is something to write. */
static void to_status(struct pass *p)
{
	p->concluded = true;
	p->state = p->conclusion.status_differs ? PASS_WRITE_STATUS : PASS_OVER;
}

static enum error_kind without_scale(
	struct pass *p, const char *prefix, struct sv cause, bool spec_error, struct error *err)
{
	const struct hpa *hpa = p->in.hpa;
	struct conclude_no_scale no_scale = {
		.event = cause,
		.error = WORDS(p->in.arena, sv_of(prefix), cause),
		.spec_error = spec_error,
	};
	if (!no_scale.error.ptr)
		return arena_error(p->in.arena, err);
	if (conclude_without_scale(
		    p->in.arena, p->in.settings, hpa, &no_scale, p->now, &p->conclusion, err))
		return err->kind;
	to_status(p);
	return ERR_OK;
}

static enum error_kind resolve_target(struct pass *p, struct error *err)
{
	const struct hpa_ref *target = &p->in.hpa->spec.target;
	struct error problem;
	struct sv group, text;

	if (target_group(target->api_version, &group, &problem)) {
		text = WORDS(p->in.arena, sv_of(problem.text));
		return text.ptr ? without_scale(p,
					  "invalid API version in scale target reference: ", text,
					  true, err)
				: arena_error(p->in.arena, err);
	}
	p->n_mappings = discovery_map_kind(p->in.discovery, group, target->kind, p->mappings);
	if (p->n_mappings == 0) {
		(void)discovery_no_match(group, target->kind, &problem);
		text = WORDS(p->in.arena, sv_of(problem.text));
		return text.ptr ? without_scale(p,
					  "unable to determine resource for scale target "
					  "reference: ",
					  text, false, err)
				: arena_error(p->in.arena, err);
	}
	p->state = PASS_SCALE;
	return ERR_OK;
}

static enum error_kind scale_failed(struct pass *p, struct sv error, struct error *err)
{
	const struct hpa *hpa = p->in.hpa;
	if (p->mapping == 0) {
		p->first_error = WORDS(p->in.arena, error);
		if (!p->first_error.ptr)
			return arena_error(p->in.arena, err);
	}
	if (++p->mapping < p->n_mappings)
		return ERR_OK;
	struct sv prefix = WORDS(p->in.arena, SV("failed to query scale subresource for "),
		hpa->spec.target.kind, SV("/"), hpa->meta.ns, SV("/"), hpa->spec.target.name,
		SV(": "));
	if (!prefix.ptr)
		return arena_error(p->in.arena, err);
	return without_scale(p, prefix.ptr, p->first_error, false, err);
}

static enum error_kind scale_arrived(
	struct pass *p, const struct pass_answer *answer, struct error *err)
{
	struct sv why = SV_NULL;
	if (answer->failed)
		return scale_failed(p, answer->error, err);
	if (scale_decode(p->in.arena, answer->body, p->in.settings->normalise_selector, &p->scale,
		    &why, err) == ERR_OK) {
		p->state = PASS_SELECTOR;
		return ERR_OK;
	}
	return err->kind == ERR_INVALID ? scale_failed(p, why, err) : err->kind;
}

static enum error_kind conclude(
	struct pass *p, const struct conclude_write *write, struct error *err)
{
	if (conclude_remember(p->in.history, p->in.hpa, &p->proposal, write, err))
		return err->kind;
	if (conclude_compute(p->in.arena, p->in.settings, p->in.hpa, &p->proposal, write,
		    &p->conclusion, err))
		return err->kind;
	to_status(p);
	return ERR_OK;
}

static enum error_kind encode_put(struct pass *p, struct error *err)
{
	struct buf body;
	buf_init(&body, LIMIT_OBJECT_BYTES);
	scale_encode(&body, &p->scale, p->proposal.desired);
	return words_keep(p->in.arena, &body, "a Scale", &p->put_body, err);
}

/* Which metrics come from a source that is failing for many at this moment. */
static enum error_kind look_up_frozen(struct pass *p, struct error *err)
{
	const struct hpa_spec *spec = &p->in.hpa->spec;
	struct arena *a = p->in.arena;

	p->frozen = p->in.frozen;
	if (p->in.frozen || !p->in.mass)
		return ERR_OK;
	bool *frozen = ARENA_ARRAY(a, spec->n_metrics, bool);
	if (!frozen)
		return arena_error(a, err);
	for (size_t i = 0; i < spec->n_metrics; i++) {
		struct sv source = guard_mass_source_of(a, &spec->metrics[i]);
		if (!source.ptr)
			return arena_error(a, err);
		frozen[i] = guard_mass_is_frozen(p->in.mass, source);
	}
	p->frozen = frozen;
	return ERR_OK;
}

static enum error_kind decide(struct pass *p, struct error *err)
{
	struct decide_input in = {
		.settings = p->in.settings,
		.hpa = p->in.hpa,
		.scale = &p->scale,
		.target = &p->target,
		.pods = &p->pods,
		.questions = p->questions,
		.readings = p->readings,
		.history = p->in.history,
		.foreign = p->in.foreign,
		.now = p->now,
	};
	if (look_up_frozen(p, err))
		return err->kind;
	in.frozen = p->frozen;
	if (decide_compute(p->in.arena, &in, &p->proposal, err))
		return err->kind;
	p->decided = true;
	if (!p->proposal.rescale)
		return conclude(p, NULL, err);
	p->state = PASS_WRITE_SCALE;
	return encode_put(p, err);
}

/* With the scale known: is there anything to ask? */
static enum error_kind select_pods(struct pass *p, struct error *err)
{
	int32_t replicas = p->scale.replicas;

	if (conclude_settle_lost(p->in.history, p->in.hpa, replicas, p->now.mono, err))
		return err->kind;
	if (bounds_check(p->in.settings, p->in.hpa, p->in.history->asleep, replicas, p->now.wall) !=
		BOUNDS_COMPUTE)
		return decide(p, err);
	if (target_select(p->in.arena, p->scale.selector, &p->target, err))
		return err->kind;
	if (p->target.problem != TARGET_OK)
		return decide(p, err);
	p->state = PASS_FIRST_PODS;
	return ERR_OK;
}

/* Questions that are asked for the record only. */
static enum error_kind answer_refused(struct pass *p, struct error *err)
{
	for (size_t i = 0; i < p->in.hpa->spec.n_metrics; i++) {
		const struct ask_question *q = &p->questions[i];

		if (q->state != ASK_REQUEST || q->refusal.len == 0)
			continue;
		if (readings_fail(p->in.arena, p->in.hpa->spec.metrics[i].kind, q->refusal,
			    &p->readings[i], err))
			return err->kind;
		p->answered[i] = true;
		p->n_unanswered--;
	}
	return ERR_OK;
}

static enum error_kind ask(struct pass *p, struct error *err)
{
	const struct hpa *hpa = p->in.hpa;
	struct ask_input in = {
		.hpa = hpa,
		.pod_selector = p->target.selector_text,
		.discovery = p->in.discovery,
		.custom_version = p->in.custom_version,
		.custom_problem = p->in.custom_problem,
		.prometheus = p->in.prometheus,
	};
	if (ask_questions(p->in.arena, &in, &p->questions, err))
		return err->kind;
	p->readings = ARENA_ARRAY(p->in.arena, hpa->spec.n_metrics, struct reading);
	p->answered = ARENA_ARRAY(p->in.arena, hpa->spec.n_metrics, bool);
	if (!p->readings || !p->answered)
		return arena_error(p->in.arena, err);
	for (size_t i = 0; i < hpa->spec.n_metrics; i++)
		if (p->questions[i].state == ASK_REQUEST)
			p->n_unanswered++;
	if (answer_refused(p, err))
		return err->kind;
	p->state = PASS_READINGS;
	return p->n_unanswered > 0 ? ERR_OK : decide(p, err);
}

/* A recorded reading was checked when it was recorded. */
static enum error_kind check_ages(struct pass *p, struct error *err)
{
	int64_t max_age_ns = p->in.settings->max_reading_age_ns;

	for (size_t i = 0; max_age_ns > 0 && i < p->in.hpa->spec.n_metrics; i++)
		if (p->answered[i] && reading_age_check(p->in.arena, &p->readings[i], p->now.wall,
					      max_age_ns, err))
			return err->kind;
	return ERR_OK;
}

enum error_kind pass_answer_pods(struct pass *p, const struct pod_set *pods,
	const struct target_peer *peers, size_t n_peers, struct decide_now now, struct error *err)
{
	if (p->in.tape)
		tape_write_pods(p->in.tape, pods, peers, n_peers, now);
	p->pods = *pods;
	p->now = now;
	if (p->state == PASS_PODS)
		return check_ages(p, err) ? err->kind : decide(p, err);
	if (target_check_peers(
		    p->in.arena, &p->in.hpa->meta, pods, peers, n_peers, &p->target, err))
		return err->kind;
	return p->target.problem == TARGET_OK ? ask(p, err) : decide(p, err);
}

struct readings_query pass_readings_query(const struct pass *p, size_t i)
{
	const struct hpa_metric *metric = &p->in.hpa->spec.metrics[i];
	const struct hpa_source *source = metric->member[metric->kind];
	enum hpa_metric_kind kind = metric->kind;

	/* Its live answers go through readings_prometheus; a tape holds them in the form of the API whose rules they follow. */
	if (kind == HPA_METRIC_PROMETHEUS)
		kind = metric->prometheus->pod_label.len ? HPA_METRIC_PODS : HPA_METRIC_EXTERNAL;
	return (struct readings_query){
		.kind = kind,
		.resource = source->resource,
		.container = source->container,
		.mode = p->in.settings->arithmetic,
	};
}

void pass_give_reading(struct pass *p, size_t i, const struct reading *reading)
{
	p->readings[i] = *reading;
	if (p->answered[i])
		return;
	p->answered[i] = true;
	if (--p->n_unanswered == 0)
		p->state = PASS_PODS;
}

enum error_kind pass_answer_metric(
	struct pass *p, size_t i, const struct readings_answer *answer, struct error *err)
{
	struct readings_query query = pass_readings_query(p, i);
	struct reading reading;
	if (readings_decode(p->in.arena, &query, answer, &reading, err))
		return err->kind;
	pass_give_reading(p, i, &reading);
	return ERR_OK;
}

static struct api_path scale_path(const struct pass *p)
{
	const struct discovery_mapping *mapping = &p->mappings[p->mapping];
	return (struct api_path){
		.group = mapping->group,
		.version = mapping->preferred,
		.namespace = p->in.hpa->meta.ns,
		.resource = mapping->resource,
		.name = p->in.hpa->spec.target.name,
		.subresource = SV("scale"),
	};
}

static struct pass_want want_scale(const struct pass *p)
{
	struct pass_want want = { .kind = PASS_WANT_GET_SCALE, .path = scale_path(p) };
	if (p->state == PASS_SCALE)
		return want;
	if (p->scale.name.len > 0)
		want.path.name = p->scale.name;
	if (p->state == PASS_REREAD_SCALE)
		return want;
	want.kind = PASS_WANT_PUT_SCALE;
	want.body = p->put_body;
	want.replicas = p->proposal.desired;
	want.delay_ns = p->n_writes > 0 ? PASS_RETRY_DELAY_NS : 0;
	return want;
}

static enum error_kind write_settled(
	struct pass *p, const struct pass_answer *answer, struct error *err)
{
	p->n_writes++;
	p->write = (struct conclude_write){ .ok = !answer->failed, .now = answer->now };
	if (!answer->failed)
		return conclude(p, &p->write, err);
	p->write.error = WORDS(p->in.arena, answer->error);
	if (!p->write.error.ptr)
		return arena_error(p->in.arena, err);
	p->conflict = answer->http_status == HTTP_CONFLICT;
	p->forbidden = answer->http_status == HTTP_FORBIDDEN;
	/* A server that fails may have written before it did. */
	p->unanswered = answer->http_status == 0 || answer->http_status >= HTTP_SERVER_ERROR;
	p->state = PASS_REREAD_SCALE;
	return ERR_OK;
}

/* The count is the one that was to be written, though nobody said so: the answer was lost, and a transport that repeats the request then gets a conflict with
 * its own first write. Not counted, it would be a step that no policy knows of. */
static bool was_written_all_the_same(const struct pass *p)
{
	return p->in.settings->arithmetic != ARITH_STRICT && (p->unanswered || p->conflict) &&
	       p->scale.replicas == p->proposal.desired;
}

/* Nobody said whether it was written, and what there is now could not be read. */
static bool may_have_been_written(const struct pass *p, bool reread)
{
	return p->in.settings->arithmetic != ARITH_STRICT && (p->unanswered || p->conflict) &&
	       !reread;
}

/* After every failed write the scale is read again; a read that fails keeps the old one. Only a
 * conflict is worth another try, with the count decided before. */
static enum error_kind scale_reread(
	struct pass *p, const struct pass_answer *answer, struct error *err)
{
	struct scale scale;
	struct sv why = SV_NULL;
	bool reread = false;
	if (!answer->failed) {
		reread = scale_decode(p->in.arena, answer->body, p->in.settings->normalise_selector,
				 &scale, &why, err) == ERR_OK;
		if (reread)
			p->scale = scale;
		else if (err->kind != ERR_INVALID)
			return err->kind;
	}
	p->write.now = answer->now;
	p->write.ok = was_written_all_the_same(p);
	p->write.unknown = may_have_been_written(p, reread);
	if (p->write.ok || !p->conflict || p->n_writes >= PASS_MAX_SCALE_WRITES)
		return conclude(p, &p->write, err);
	p->state = PASS_WRITE_SCALE;
	return encode_put(p, err);
}

enum error_kind pass_answer_scale(
	struct pass *p, const struct pass_answer *answer, struct error *err)
{
	if (p->in.tape) {
		struct pass_want want = want_scale(p);
		tape_write_scale(p->in.tape, &p->in, &want, answer);
	}
	p->now = answer->now;
	switch (p->state) {
	case PASS_SCALE:
		return scale_arrived(p, answer, err);
	case PASS_WRITE_SCALE:
		return write_settled(p, answer, err);
	case PASS_REREAD_SCALE:
		return scale_reread(p, answer, err);
	case PASS_TARGET:
	case PASS_SELECTOR:
	case PASS_FIRST_PODS:
	case PASS_READINGS:
	case PASS_PODS:
	case PASS_WRITE_STATUS:
	case PASS_OVER:
		break;
	}
	return error_set(err, ERR_BUG, "a scale was answered that the pass did not ask for");
}

enum error_kind pass_answer_status(
	struct pass *p, const struct pass_answer *answer, struct error *err)
{
	if (p->in.tape)
		tape_write_status(p->in.tape, answer);
	p->status_written = !answer->failed;
	p->state = PASS_OVER;
	if (!answer->failed)
		return ERR_OK;
	struct sv error = WORDS(p->in.arena, answer->error);
	if (!error.ptr)
		return arena_error(p->in.arena, err);
	return conclude_status_failure(p->in.arena, p->in.hpa, error, &p->conclusion, err);
}

static struct pass_want want_status(const struct pass *p)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(p->in.hpa->owner_kind);

	return (struct pass_want){
		.kind = PASS_WANT_PUT_STATUS,
		.path = {
			.group = sv_of(names->group),
			.version = sv_of(names->version),
			.namespace = p->in.hpa->meta.ns,
			.resource = sv_of(names->plural),
			.name = p->in.hpa->meta.name,
			.subresource = SV("status"),
		},
		.status = &p->conclusion.status,
	};
}

enum error_kind pass_next(struct pass *p, struct pass_want *ret, struct error *err)
{
	if (p->state == PASS_TARGET && resolve_target(p, err))
		return err->kind;
	if (p->state == PASS_SELECTOR && select_pods(p, err))
		return err->kind;
	switch (p->state) {
	case PASS_SCALE:
	case PASS_WRITE_SCALE:
	case PASS_REREAD_SCALE:
		*ret = want_scale(p);
		break;
	case PASS_FIRST_PODS:
	case PASS_PODS:
		*ret = (struct pass_want){ .kind = PASS_WANT_PODS,
			.selector = &p->target.selector };
		break;
	case PASS_READINGS:
		*ret = (struct pass_want){
			.kind = PASS_WANT_READINGS,
			.questions = p->questions,
			.n_questions = p->in.hpa->spec.n_metrics,
		};
		break;
	case PASS_WRITE_STATUS:
		*ret = want_status(p);
		break;
	case PASS_TARGET:
	case PASS_SELECTOR:
	case PASS_OVER:
		*ret = (struct pass_want){ .kind = PASS_WANT_NOTHING };
		break;
	}
	return ERR_OK;
}
