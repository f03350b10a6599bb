/* Passes over a made-up cluster: the first with the values as given, the next ones a sync period apart with the same totals in equal shares
 * over pods that are all ready. Whether something is still to come cannot be read off one pass (windows and policies have a
 * memory), so the passes go on until nothing has changed for as long as that memory reaches. */
#include "cli/what_if.h"

#include "cli/what_if_flags.h"
#include "cli/what_if_world.h"
#include "common/limits.h"

/* Passes that are computed at most: two hours at 15 s, twice the longest window. */
#define MAX_PASSES 480
/* Changes that are told at most. */
#define MAX_STEPS 64

struct run {
	const struct what_if_input *in;
	struct discovery *discovery;
	struct history history;
	struct what_if_world world;
	struct what_if_course *course;
	struct error *err;
};

static enum error_kind answer_scale(struct run *r, struct arena *a, struct pass *pass)
{
	struct pass_answer answer = { .http_status = 200, .now = r->world.now };

	if (what_if_world_scale(a, r->in->hpa, &r->world, &answer.body, r->err) != ERR_OK)
		return r->err->kind;
	return pass_answer_scale(pass, &answer, r->err);
}

static enum error_kind answer_metrics(
	struct run *r, struct arena *a, struct pass *pass, const struct pass_want *want)
{
	for (size_t i = 0; i < want->n_questions; i++) {
		struct reading reading;
		if (want->questions[i].state != ASK_REQUEST)
			continue;
		if (what_if_world_reading(
			    a, r->in->hpa, &r->world, &pass->pods, i, &reading, r->err) != ERR_OK)
			return r->err->kind;
		pass_give_reading(pass, i, &reading);
	}
	return ERR_OK;
}

static enum error_kind serve(
	struct run *r, struct arena *a, struct pass *pass, const struct pass_want *want)
{
	struct pass_answer written = { .http_status = 200, .now = r->world.now };
	struct pod_set pods;

	switch (want->kind) {
	case PASS_WANT_GET_SCALE:
		return answer_scale(r, a, pass);
	case PASS_WANT_PODS:
		if (pass->questions)
			return pass_answer_pods(pass, &pass->pods, NULL, 0, r->world.now, r->err);
		if (what_if_world_pods(a, r->in->hpa, &r->world, &pods, r->err) != ERR_OK)
			return r->err->kind;
		return pass_answer_pods(pass, &pods, NULL, 0, r->world.now, r->err);
	case PASS_WANT_READINGS:
		return answer_metrics(r, a, pass, want);
	case PASS_WANT_PUT_SCALE:
		return pass_answer_scale(pass, &written, r->err);
	case PASS_WANT_PUT_STATUS:
		return pass_answer_status(pass, &written, r->err);
	case PASS_WANT_NOTHING:
		break;
	}
	return ERR_OK;
}

static enum error_kind one_pass(struct run *r, struct arena *a, struct pass *ret)
{
	/* Values are given for queries too; no server is asked. */
	static const struct ask_prometheus_servers NO_SERVERS = { .unknown = true };
	const struct pass_input input = { .arena = a,
		.settings = r->in->settings,
		.hpa = r->in->hpa,
		.prometheus = &NO_SERVERS,
		.discovery = r->discovery,
		.custom_version = SV("v1beta2"),
		.foreign = r->in->foreign,
		.history = &r->history };
	struct pass_want want;

	pass_begin(ret, &input, r->world.now);
	while (pass_next(ret, &want, r->err) == ERR_OK) {
		if (want.kind == PASS_WANT_NOTHING)
			return ERR_OK;
		if (serve(r, a, ret, &want) != ERR_OK)
			break;
	}
	return r->err->kind;
}

int64_t what_if_memory_ns(const struct settings *settings, const struct hpa_spec *spec)
{
	int64_t longest = settings->downscale_stabilization_ns;
	const struct hpa_rules *rules[] = {
		spec->behavior ? spec->behavior->scale_up : NULL,
		spec->behavior ? spec->behavior->scale_down : NULL,
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!rules[i])
			continue;
		int64_t window = rules[i]->stabilization_window_sec.value * NS_PER_SEC;
		longest = window > longest ? window : longest;
		for (size_t k = 0; k < rules[i]->n_policies; k++) {
			int64_t period = rules[i]->policies[k].period_sec * NS_PER_SEC;
			longest = period > longest ? period : longest;
		}
	}
	return longest;
}

/* The present count is the wanted one: memory can only end, and what ends cannot move a count that is right. */
static bool is_content(const struct proposal *p)
{
	return !p->rescale && (p->bounds != BOUNDS_COMPUTE || p->wanted == p->current);
}

static void note_step(struct run *r, const struct pass *pass, int64_t after_ns)
{
	const struct proposal *p = &pass->proposal;
	struct what_if_step *step = &r->course->steps[r->course->n_steps++];
	bool picked = p->bounds == BOUNDS_COMPUTE && p->picked.ok &&
		      p->picked.winner < p->n_recommendations;

	*step = (struct what_if_step){ .after_ns = after_ns,
		.from = p->current,
		.to = p->desired,
		.winner = picked ? p->picked.winner : PICK_NONE };
	if (picked)
		step->calculation = p->recommendations[p->picked.winner].calculation;
}

static void note_state(struct run *r, const struct pass *pass)
{
	const struct proposal *p = &pass->proposal;
	struct what_if_course *c = r->course;
	bool writes = !p->failed && r->in->foreign.len == 0;

	c->replicas = writes ? p->desired : p->current;
	c->wanted = p->bounds == BOUNDS_COMPUTE && !p->failed ? p->wanted : c->replicas;
	c->limited_by = p->limited.by;
}

/* The passes behind the first, which has just been made. */
static enum error_kind go_on(struct run *r, const struct pass *first)
{
	int64_t memory = what_if_memory_ns(r->in->settings, &r->in->hpa->spec), changed_ns = 0;
	struct what_if_course *c = r->course;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(mem_free) void *room = mem_alloc(sizeof(struct pass));
	struct pass *pass = room;
	const struct pass *last = first;

	if (!pass)
		return error_nomem(r->err);
	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	note_state(r, first);
	for (int i = 1; i <= MAX_PASSES; i++) {
		int64_t after_ns = i * r->in->sync_period_ns;
		c->end = WHAT_IF_STEADY;
		c->end_after_ns = changed_ns;
		if ((is_content(&last->proposal) && r->world.not_ready == 0) ||
			after_ns - changed_ns > memory + 2 * r->in->sync_period_ns)
			return ERR_OK;
		c->end_after_ns = after_ns;
		c->end = WHAT_IF_TOO_MANY;
		if (c->replicas > WHAT_IF_MAX_PODS)
			return ERR_OK;
		r->world.replicas = c->replicas;
		r->world.not_ready = 0;
		r->world.now.wall = instant_wall_add_ns(r->in->now.wall, after_ns);
		r->world.now.mono.ns = r->in->now.mono.ns + after_ns;
		arena_clear(&a);
		if (one_pass(r, &a, pass) != ERR_OK)
			return r->err->kind;
		c->end = WHAT_IF_UNDECIDED;
		if (!pass->decided || pass->proposal.failed)
			return ERR_OK;
		c->end = WHAT_IF_TOO_LONG;
		if (pass->proposal.rescale) {
			if (c->n_steps == MAX_STEPS)
				return ERR_OK;
			note_step(r, pass, after_ns);
			changed_ns = after_ns;
		}
		note_state(r, pass);
		last = pass;
	}
	return ERR_OK;
}

static enum error_kind set_totals(struct run *r)
{
	const struct hpa_spec *spec = &r->in->hpa->spec;
	struct what_if_course *c = r->course;
	bool nobody = r->world.replicas == r->world.not_ready;

	c->totals_milli = ARENA_ARRAY(r->in->arena, spec->n_metrics, int64_t);
	c->given = ARENA_ARRAY(r->in->arena, spec->n_metrics, bool);
	c->steps = ARENA_ARRAY(r->in->arena, MAX_STEPS, struct what_if_step);
	if (!c->totals_milli || !c->given || !c->steps)
		return arena_error(r->in->arena, r->err);
	for (size_t i = 0; i < spec->n_metrics; i++) {
		const struct hpa_metric *m = &spec->metrics[i];
		const struct what_if_value *v = what_if_flags_find(r->in->what_if, m);
		if (!v)
			continue;
		/* Pods that are not ready show nothing; without any other there is nothing to spread a total over. */
		c->given[i] = true;
		int32_t n = nobody ? r->world.replicas : r->world.replicas - r->world.not_ready;
		if (what_if_world_total(r->in->hpa, m, v, n, &c->totals_milli[i], r->err) != ERR_OK)
			return r->err->kind;
	}
	r->world.totals_milli = c->totals_milli;
	r->world.given = c->given;
	return ERR_OK;
}

static enum error_kind run(struct run *r, struct pass *ret_first)
{
	if (set_totals(r) != ERR_OK ||
		what_if_world_discovery(r->in->arena, r->in->hpa, &r->discovery, r->err) !=
			ERR_OK ||
		one_pass(r, r->in->arena, ret_first) != ERR_OK)
		return r->err->kind;
	if (!ret_first->decided || ret_first->proposal.failed) {
		r->course->end = WHAT_IF_UNDECIDED;
		r->course->replicas = r->course->wanted = r->world.replicas;
		return ERR_OK;
	}
	if (r->in->foreign.len == 0)
		return go_on(r, ret_first);
	note_state(r, ret_first);
	return ERR_OK;
}

enum error_kind what_if_assume(struct arena *a, const struct settings *settings,
	const struct what_if *w, struct hpa *hpa, struct error *err)
{
	struct hpa_status *status = &hpa->status;

	if (!bounds_may_sleep(settings, hpa) || what_if_replicas(w, hpa) != 0 ||
		bounds_min_replicas(&hpa->spec) != 0)
		return ERR_OK;
	struct hpa_condition *at = ARENA_ARRAY(a, status->n_conditions + 1, struct hpa_condition);
	if (!at)
		return arena_error(a, err);
	/* The first condition of a type is the one that counts. */
	at[0] = (struct hpa_condition){ .type = SV("ScaledToZero"), .status = SV("True") };
	if (status->n_conditions > 0)
		memcpy(at + 1, status->conditions, status->n_conditions * sizeof(*at));
	status->conditions = at;
	status->n_conditions++;
	return ERR_OK;
}

enum error_kind what_if_run(const struct what_if_input *in, struct pass *ret_first,
	struct what_if_course *ret_course, struct error *err)
{
	struct what_if_course course = { 0 };
	struct run r = {
		.in = in,
		.course = &course,
		.err = err,
		.world = { .replicas = what_if_replicas(in->what_if, in->hpa),
			.not_ready = in->what_if->not_ready,
			.now = in->now },
	};
	static const struct history_events NO_EVENTS = { 0 };
	course.n_ready = r.world.replicas - r.world.not_ready;
	course.n_pending = r.world.not_ready;
	enum error_kind kind = run(&r, ret_first);

	/* The first pass knew no history; what it points to must outlive the run. */
	history_done(&r.history);
	ret_first->in.history = NULL;
	ret_first->proposal.limit_input.up_events = &NO_EVENTS;
	ret_first->proposal.limit_input.down_events = &NO_EVENTS;
	if (kind == ERR_OK)
		*ret_course = course;
	return kind;
}
