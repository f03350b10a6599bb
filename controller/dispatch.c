/* The glue between store, schedule and drive: one slot per object hangs on autoscaler.slot. One timer serves all of them. */
#include "controller/dispatch.h"

#include <stdio.h>

#include "common/limits.h"
#include "controller/notice.h"
#include "controller/pass_metrics.h"
#include "controller/status_write.h"

/* Somebody who changes the count faster than we decide is not raced. */
#define MAX_AGAIN 3
#define HOPELESS_RETRY_NS (60 * NS_PER_SEC)

struct slot {
	struct schedule_item item; /* first: the schedule hands this out */
	struct dispatch *dispatch;
	struct autoscaler *one;
	struct drive *drive;
	struct report_memory memory;
	enum scale_kind target_kind; /* as counted in the scale cache */
	unsigned n_again;	     /* passes in a row that were overtaken */
	int64_t rests_until_sec;     /* 0: it does not rest */
	bool rest_is_told;
	bool waits_for_edit; /* what is wrong with it does not heal by itself */
};

struct dispatch {
	struct dispatch_config config;
	struct schedule *schedule;
	struct loop_timer *timer;
	bool turning; /* start_some is on the stack */
};

static void start_some(struct dispatch *d);

static struct slot *slot_of(struct schedule_item *item)
{
	return (struct slot *)(void *)item;
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	(void)t;
	start_some(ctx);
}

/* The answer to our status write is our state until the watch has passed it. */
static void keep_stored(struct slot *s, struct sv stored)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_id id;
	struct error ignored;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	if (stored.len > 0 && object_meta_scan(&a, stored, true, &id, &ignored) == ERR_OK)
		(void)!autoscalers_put_answer(
			s->dispatch->config.drive->autoscalers, s->one, &id, stored, &ignored);
}

/* Looked at again a minute later, or when it is edited. */
static void wait_for_edit(struct slot *s)
{
	struct mono again = instant_mono_now();

	s->waits_for_edit = true;
	again.ns += HOPELESS_RETRY_NS;
	schedule_put_off(s->dispatch->schedule, &s->item, again);
}

static void on_pass_done(struct autoscaler *one, const struct drive_result *result, void *ctx)
{
	struct slot *s = ctx;
	struct dispatch *d = s->dispatch;
	struct mono now = instant_mono_now();

	s->drive = NULL;
	object_quarantine_leave(d->config.drive->quarantine, one);
	if (result->again) {
		s->n_again++;
		if (s->n_again <= MAX_AGAIN)
			schedule_hurry(d->schedule, &s->item, now);
	} else {
		s->n_again = 0;
		report_pass(d->config.report, &s->memory, one, result,
			(double)(now.ns - s->item.started.ns) / 1e9, result->may_send_events);
		if (result->pass && result->pass->forbidden && !d->config.drive->strict)
			wait_for_edit(s);
	}
	keep_stored(s, result->stored);
	schedule_done(d->schedule, &s->item, now);
	start_some(d);
}

/* It was there at two crashes: said once a rest, and tried when the rest is over. */
static void let_rest(struct slot *s, const struct object_quarantine_rest *rest)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct dispatch *d = s->dispatch;
	struct mono now = instant_mono_now();
	int64_t wait_ns = instant_wall_sub_ns(rest->try_at, instant_wall_now());

	buf_init(&text, ERROR_TEXT_MAX);
	object_quarantine_print(&text, rest);
	report_problem(&s->memory, s->one, buf_sv(&text));
	if (!s->rest_is_told || s->rests_until_sec != rest->try_at.sec)
		s->rest_is_told = notice_send(d->config.drive, d->config.report->events, s->one,
			"Quarantined", buf_sv(&text));
	s->rests_until_sec = rest->try_at.sec;
	now.ns += wait_ns > NS_PER_SEC ? wait_ns : NS_PER_SEC;
	/* While nobody could be told, the next turn tries again. */
	if (s->rest_is_told)
		schedule_put_off(d->schedule, &s->item, now);
	schedule_done(d->schedule, &s->item, instant_mono_now());
}

/* An object that no pass can begin with. */
static void tell_unreadable(struct slot *s, const struct error *err)
{
	struct dispatch *d = s->dispatch;

	/* While nobody could be told, the next turn tries again. */
	if (err->kind == ERR_INVALID && notice_send(d->config.drive, d->config.report->events,
						s->one, "InvalidSpec", sv_of(err->text)))
		wait_for_edit(s);
}

static void start_pass(struct slot *s)
{
	struct dispatch *d = s->dispatch;
	struct object_quarantine *q = d->config.drive->quarantine;
	struct object_quarantine_rest rest;
	struct error err;

	if (!object_quarantine_enter(q, s->one, &rest)) {
		let_rest(s, &rest);
		return;
	}
	s->rests_until_sec = 0;
	s->waits_for_edit = false;
	pass_metrics_observe_lateness(
		d->config.metrics, (double)(s->item.started.ns - s->item.due.ns) / 1e9);
	struct object_quarantine_turn turn = object_quarantine_run(q, s->one);
	enum error_kind rc = drive_start(d->config.drive, s->one, on_pass_done, s, &s->drive, &err);
	object_quarantine_back(turn);
	if (rc == ERR_OK)
		return;
	object_quarantine_leave(q, s->one);
	s->drive = NULL;
	pass_metrics_observe_failure(d->config.metrics, 0);
	report_problem(&s->memory, s->one, sv_of(err.text));
	tell_unreadable(s, &err);
	schedule_done(d->schedule, &s->item, instant_mono_now());
}

/* A pass may be over before drive_start returns, or end others' turns: only the outermost call goes through the queue. */
static void start_some(struct dispatch *d)
{
	struct schedule_item *item;
	struct mono wake;

	if (d->turning)
		return;
	d->turning = true;
	while ((item = schedule_next(d->schedule, instant_mono_now())) != NULL)
		start_pass(slot_of(item));
	d->turning = false;
	if (schedule_wake(d->schedule, &wake))
		loop_timer_set_at(d->timer, wake);
	else
		loop_timer_stop(d->timer);
}

enum error_kind dispatch_new(
	const struct dispatch_config *config, struct dispatch **ret, struct error *err)
{
	AUTO(dispatch_free) struct dispatch *d = mem_zalloc(sizeof(*d));

	if (!d)
		return error_nomem(err);
	d->config = *config;
	d->schedule = schedule_new();
	d->timer = loop_timer_new(config->drive->loop, on_timer, d);
	if (!d->schedule || !d->timer)
		return error_nomem(err);
	*ret = TAKE_PTR(d);
	return ERR_OK;
}

/* The kind that the object targets is watched while anybody targets it. */
static void count_target(struct slot *s, enum scale_kind kind)
{
	struct scale_cache *scales = s->dispatch->config.drive->scales;
	enum scale_kind before = s->target_kind;

	s->target_kind = kind;
	if (!scales || kind == before)
		return;
	scale_cache_use(scales, kind);
	scale_cache_drop(scales, before);
}

static void slot_free(struct slot *s)
{
	if (!s)
		return;
	count_target(s, SCALE_OTHER);
	drive_cancel(s->drive);
	object_quarantine_leave(s->dispatch->config.drive->quarantine, s->one);
	schedule_remove(s->dispatch->schedule, &s->item);
	mem_free(s);
}

static void free_slot_of(struct autoscaler *one, void *ctx)
{
	(void)ctx;
	slot_free(one->slot);
	one->slot = NULL;
}

void dispatch_free(struct dispatch *d)
{
	if (!d)
		return;
	autoscalers_each(d->config.drive->autoscalers, free_slot_of, NULL);
	schedule_free(d->schedule);
	loop_timer_free(d->timer);
	mem_free(d);
}

void dispatch_start(struct dispatch *d)
{
	schedule_start(d->schedule, instant_mono_now());
	start_some(d);
}

static void cancel(struct autoscaler *one, void *ctx)
{
	struct slot *s = one->slot;

	(void)ctx;
	if (!s)
		return;
	drive_cancel(TAKE_PTR(s->drive));
	object_quarantine_leave(s->dispatch->config.drive->quarantine, one);
}

void dispatch_stop(struct dispatch *d)
{
	autoscalers_each(d->config.drive->autoscalers, cancel, NULL);
	status_write_end_turns(d->config.drive);
	schedule_stop(d->schedule);
	loop_timer_stop(d->timer);
}

bool dispatch_is_started(const struct dispatch *d)
{
	return schedule_is_started(d->schedule);
}

static int64_t period_of(const struct dispatch *d, const struct autoscaler *one)
{
	return one->period_ns > 0 ? one->period_ns : d->config.period_ns;
}

static enum error_kind slot_new(struct dispatch *d, struct autoscaler *one, struct error *err)
{
	struct slot *s = mem_zalloc(sizeof(*s));

	if (!s)
		return error_nomem(err);
	s->dispatch = d;
	s->one = one;
	s->target_kind = SCALE_OTHER;
	if (schedule_add(d->schedule, &s->item, one->ns, period_of(d, one), one->spread,
		    instant_mono_now(), err) != ERR_OK) {
		mem_free(s);
		return err->kind;
	}
	one->slot = s;
	return ERR_OK;
}

enum error_kind dispatch_put(struct dispatch *d, enum autoscaler_kind kind,
	const struct object_id *id, struct sv json, struct error *err)
{
	struct autoscalers *all = d->config.drive->autoscalers;
	struct object_quarantine *q = d->config.drive->quarantine;
	enum autoscalers_change change;
	struct autoscaler *one;
	int ticket, before;

	if (!object_quarantine_enter_state(q, id, &ticket, &before))
		return error_set(err, ERR_UNAVAIL,
			"in quarantine: taking in its state crashed the controller");
	enum error_kind rc = autoscalers_put(all, kind, id, json, &one, &change, err);
	object_quarantine_leave_state(q, ticket, before);
	if (rc != ERR_OK)
		return rc;
	if (!one->slot) {
		pass_metrics_set_objects(d->config.metrics, autoscalers_n(all));
		/* Without memory it is taken in with its next change. */
		if (slot_new(d, one, err) != ERR_OK)
			return err->kind;
	} else if (change == AUTOSCALERS_EDITED) {
		struct slot *s = one->slot;
		/* Another spec is another object to the quarantine. */
		if (s->rests_until_sec != 0 || s->waits_for_edit)
			schedule_put_off(d->schedule, &s->item, instant_mono_now());
		schedule_set_period(&s->item, period_of(d, one));
		schedule_set_spread(&s->item, one->spread);
		schedule_hurry(d->schedule, &s->item, instant_mono_now());
	}
	count_target(one->slot, one->target_kind);
	start_some(d);
	return ERR_OK;
}

/* `one` was taken out of the store. */
static void forget(struct dispatch *d, struct autoscaler *one)
{
	char ns_text[256], name_text[256];

	(void)snprintf(ns_text, sizeof(ns_text), "%.*s", SV_ARG(one->ns));
	(void)snprintf(name_text, sizeof(name_text), "%.*s", SV_ARG(one->name));
	pass_metrics_forget(d->config.metrics, ns_text, name_text);
	pass_metrics_set_objects(d->config.metrics, autoscalers_n(d->config.drive->autoscalers));
	if (d->config.drive->decisions)
		decisions_forget(d->config.drive->decisions,
			&(struct decisions_key){ one->kind, one->ns, one->name });
	slot_free(one->slot);
	autoscalers_free_one(one);
}

void dispatch_remove(struct dispatch *d, enum autoscaler_kind kind, struct sv ns, struct sv name)
{
	struct autoscaler *one = autoscalers_take(d->config.drive->autoscalers, kind, ns, name);

	if (!one)
		return;
	forget(d, one);
	start_some(d);
}

void dispatch_remove_kind(struct dispatch *d, enum autoscaler_kind kind)
{
	struct autoscalers *all = d->config.drive->autoscalers;
	struct autoscaler *one;

	while ((one = autoscalers_any(all, kind)) != NULL) {
		(void)autoscalers_take(all, kind, one->ns, one->name);
		forget(d, one);
	}
	start_some(d);
}

void dispatch_hurry(struct dispatch *d, struct autoscaler *one)
{
	struct slot *s = one->slot;

	if (!s)
		return;
	schedule_hurry(d->schedule, &s->item, instant_mono_now());
	start_some(d);
}

void dispatch_put_off(struct dispatch *d, struct autoscaler *one, struct mono until)
{
	struct slot *s = one->slot;

	if (s)
		schedule_put_off(d->schedule, &s->item, until);
}

struct schedule_depth dispatch_depth(const struct dispatch *d)
{
	return schedule_depth(d->schedule);
}
