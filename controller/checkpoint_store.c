/* When shards are read and written. Their text is checkpoint.c's, their ConfigMaps are checkpoint_map's. A checkpoint that cannot be read or written
 * never stops anybody: decreases are then held as after a crash. */
#include "controller/checkpoint_store.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/log.h"
#include "common/mem.h"
#include "controller/checkpoint.h"
#include "controller/checkpoint_map.h"

#define LOAD_NS (5 * NS_PER_SEC)
#define REQUEST_NS (2 * NS_PER_SEC)
/* A failed read is tried again after this, while the load lasts. */
#define READ_AGAIN_NS (300 * NS_PER_MS)
/* An end must leave time to give the lease back within the 3 s of a takeover. */
#define FLUSH_NS (1500 * NS_PER_MS)
/* With less of the lease left no write is begun. */
#define MIN_LEASE_NS (500 * NS_PER_MS)
/* A mark that could not be removed must go soon. */
#define SOON_NS (5 * NS_PER_SEC)
/* A shard as a tree: about 30 times its text. */
#define TREE_BYTES (32u * 1024 * 1024)
#define SET_BYTES 24

#define METRIC_WRITES "flyball_checkpoint_writes_total"

#define HTTP_NOT_FOUND 404
/* Asking again does not help. */
#define HTTP_FORBIDDEN 403

enum state { IDLE, READING, TAKING, WRITING, FLUSHING };

struct slot {
	struct checkpoint_store *store;
	struct checkpoint_map *map; /* NULL: not used yet */
	uint32_t index;
	bool known; /* the map knows the ConfigMap's version, or that there is none */
	bool last;
	char set[SET_BYTES];
	char *text; /* as read, or to be written */
	size_t text_len;
	bool written; /* by us, with `digest` */
	uint64_t digest, new_digest;
};

struct checkpoint_store {
	struct checkpoint_store_config config;
	struct loop *loop;
	char *namespace, *name;
	struct loop_timer *timer, *deadline;
	enum state state;
	struct slot slots[CHECKPOINT_MAX_SHARDS];
	uint32_t n_shards, next;
	uint32_t n_busy;
	bool found, exact, failed;
	bool problem; /* told once, until it works again */
	char set[SET_BYTES];
	void (*done)(void *ctx);
	void *done_ctx;
};

static void on_map(struct checkpoint_map *m, const struct checkpoint_map_content *content,
	const struct error *failed, void *ctx);
static void write_some(struct checkpoint_store *s);

static void drop_text(struct slot *slot)
{
	mem_free(slot->text);
	slot->text = NULL;
	slot->text_len = 0;
}

static void tell(struct checkpoint_store *s, const struct error *problem)
{
	if (problem && !s->problem)
		log_event(LOG_WARN,
			"the checkpoint failed; it is tried again. A crash now makes decreases "
			"wait",
			"error", problem->text, NULL);
	if (!problem && s->problem)
		log_event(LOG_INFO, "the checkpoint works again", NULL, NULL);
	s->problem = problem != NULL;
}

static void cancel_all(struct checkpoint_store *s)
{
	for (uint32_t i = 0; i < CHECKPOINT_MAX_SHARDS; i++) {
		struct slot *slot = &s->slots[i];
		if (!slot->map || !checkpoint_map_is_busy(slot->map))
			continue;
		/* Whether a write that was under way arrived is not known. */
		checkpoint_map_cancel(slot->map);
		slot->known = slot->written = false;
	}
	s->n_busy = 0;
	loop_timer_stop(s->timer);
	loop_timer_stop(s->deadline);
}

static enum error_kind make_slot(struct checkpoint_store *s, uint32_t i, struct error *err)
{
	char name[300];
	struct slot *slot = &s->slots[i];

	if (slot->map)
		return ERR_OK;
	slot->store = s;
	slot->index = i;
	(void)snprintf(name, sizeof(name), "%s" CHECKPOINT_STORE_INFIX "%" PRIu32, s->name, i);
	return checkpoint_map_new(
		s->config.client, s->namespace, name, on_map, slot, &slot->map, err);
}

static void read_slot(struct checkpoint_store *s, uint32_t i)
{
	struct error err;

	if (make_slot(s, i, &err) == ERR_OK &&
		checkpoint_map_read(s->slots[i].map, REQUEST_NS, &err) == ERR_OK) {
		s->n_busy++;
		return;
	}
	s->failed = true;
	tell(s, &err);
}

/* Loading */

static const char *outcome_of(const struct checkpoint_store *s)
{
	if (s->failed)
		return "the checkpoint cannot be read; decreases wait for a whole window";
	if (!s->found)
		return "there is no checkpoint yet; decreases wait for a whole window";
	return s->exact ? "took over the windows of the last leader"
			: "the last leader did not end in order; decreases wait for a whole window";
}

static void end_load(struct checkpoint_store *s)
{
	void (*done)(void *ctx) = s->done;

	cancel_all(s);
	s->state = IDLE;
	log_event(s->exact ? LOG_INFO : LOG_WARN, outcome_of(s), "checkpoint", s->name, NULL);
	s->done = NULL;
	if (done)
		done(s->done_ctx);
}

static void give_up_load(struct checkpoint_store *s)
{
	s->failed = true;
	s->exact = false;
	end_load(s);
}

/* All shards are of one complete checkpoint. */
static bool is_last_word(const struct checkpoint_store *s)
{
	bool last = s->slots[0].last && s->slots[0].set[0] != '\0';

	for (uint32_t i = 0; i < s->n_shards && last; i++)
		last = s->slots[i].text && strcmp(s->slots[i].set, s->slots[0].set) == 0;
	return last;
}

static void take(struct checkpoint_store *s)
{
	struct error err;

	s->exact = is_last_word(s);
	if (!s->slots[0].last) {
		end_load(s);
		return;
	}
	s->state = TAKING;
	if (checkpoint_map_take(s->slots[0].map, REQUEST_NS, &err) == ERR_OK) {
		s->n_busy++;
		return;
	}
	s->exact = false;
	end_load(s);
}

static void keep_read(struct slot *slot, const struct checkpoint_map_content *content)
{
	struct checkpoint_store *s = slot->store;

	drop_text(slot);
	slot->last = content->last;
	(void)snprintf(slot->set, sizeof(slot->set), "%.*s", SV_ARG(content->set));
	slot->text = mem_memdup(content->text.ptr ? content->text.ptr : "", content->text.len);
	slot->text_len = slot->text ? content->text.len : 0;
	s->failed = s->failed || !slot->text;
	if (slot->index > 0)
		return;
	s->found = true;
	s->n_shards = content->n_shards;
	if (s->n_shards < 1 || s->n_shards > CHECKPOINT_MAX_SHARDS)
		s->n_shards = 1;
	for (uint32_t i = 1; i < s->n_shards; i++)
		read_slot(s, i);
}

static void on_loaded(
	struct slot *slot, const struct checkpoint_map_content *content, const struct error *failed)
{
	struct checkpoint_store *s = slot->store;

	if (failed && failed->code != HTTP_NOT_FOUND) {
		slot->known = false;
		tell(s, failed);
		if (failed->code == HTTP_FORBIDDEN)
			give_up_load(s);
		else
			loop_timer_set(s->timer, READ_AGAIN_NS);
		return;
	}
	slot->known = true;
	if (content)
		keep_read(slot, content);
	else
		s->failed = s->failed || slot->index > 0;
	bool all = s->n_busy == 0;
	for (uint32_t i = 0; i < s->n_shards; i++)
		all = all && s->slots[i].known;
	if (all)
		take(s);
}

static void read_again(struct checkpoint_store *s)
{
	for (uint32_t i = 0; i < s->n_shards; i++)
		if (!s->slots[i].known &&
			(!s->slots[i].map || !checkpoint_map_is_busy(s->slots[i].map)))
			read_slot(s, i);
	if (s->n_busy == 0)
		loop_timer_set(s->timer, READ_AGAIN_NS);
}

void checkpoint_store_load(struct checkpoint_store *s, void (*done)(void *ctx), void *ctx)
{
	checkpoint_store_stop(s);
	for (uint32_t i = 0; i < CHECKPOINT_MAX_SHARDS; i++) {
		struct slot *slot = &s->slots[i];
		drop_text(slot);
		slot->known = slot->written = slot->last = false;
		slot->set[0] = '\0';
	}
	s->n_shards = 1;
	s->next = 0;
	s->found = s->exact = s->failed = false;
	s->done = done;
	s->done_ctx = ctx;
	s->state = READING;
	loop_timer_set(s->deadline, LOAD_NS);
	read_slot(s, 0);
	if (s->n_busy == 0)
		loop_timer_set(s->timer, READ_AGAIN_NS);
}

/* Restoring */

struct restoring {
	const struct checkpoint_store *store;
	uint32_t index;
	const struct checkpoint_shard *shard; /* NULL: not readable */
	struct checkpoint_now now;
	size_t n_failed;
};

static bool get_now(const struct checkpoint_store *s, struct checkpoint_now *ret)
{
	ret->mono = instant_mono_now();
	return client_server_time(s->config.client, ret->mono, &ret->server);
}

static void restore_one(struct autoscaler *one, void *ctx)
{
	struct restoring *r = ctx;
	struct sv uid = sv_of(one->uid);
	struct error ignored;

	if (checkpoint_shard_of(uid, r->store->n_shards) != r->index)
		return;
	if (checkpoint_restore(r->shard, r->shard ? checkpoint_find(r->shard, uid) : NULL,
		    r->store->exact, &r->now, &one->history, &ignored) != ERR_OK)
		r->n_failed++;
}

static void restore_shard(struct checkpoint_store *s, uint32_t i)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct restoring r = { .store = s, .index = i };
	struct checkpoint_shard shard;
	struct error err;

	arena_init(&a, TREE_BYTES);
	bool has_now = get_now(s, &r.now);
	if (has_now && s->slots[i].text) {
		struct sv text = sv_from(s->slots[i].text, s->slots[i].text_len);
		if (checkpoint_read(&a, text, &shard, &err) == ERR_OK)
			r.shard = &shard;
		else
			tell(s, &err);
	}
	autoscalers_each(s->config.autoscalers, restore_one, &r);
	drop_text(&s->slots[i]);
	if (r.n_failed > 0)
		log_event(LOG_WARN, "no memory to restore all windows; decreases wait", NULL, NULL);
}

void checkpoint_store_restore(struct checkpoint_store *s)
{
	for (uint32_t i = 0; i < s->n_shards; i++)
		restore_shard(s, i);
}

/* Writing */

struct building {
	struct checkpoint_writer writer;
	uint32_t index, n_shards;
	enum error_kind rc;
	struct error *err;
};

static void put_one(struct autoscaler *one, void *ctx)
{
	struct building *b = ctx;
	struct sv uid = sv_of(one->uid);

	if (b->rc == ERR_OK && checkpoint_shard_of(uid, b->n_shards) == b->index)
		b->rc = checkpoint_put(&b->writer, one->key, uid, &one->history, b->err);
}

/* The text of a shard into its slot. errors: LIMIT (there must be more shards), NOMEM, UNAVAIL (no clock). */
static enum error_kind build(
	struct checkpoint_store *s, struct slot *slot, bool complete, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct building b = { .index = slot->index, .n_shards = s->n_shards, .err = err };
	struct checkpoint_now now;

	if (!get_now(s, &now))
		return error_set(err, ERR_UNAVAIL, "the API server's time is not known");
	buf_init(&text, CHECKPOINT_SHARD_BYTES);
	checkpoint_begin(&b.writer, &text, &now, complete);
	autoscalers_each(s->config.autoscalers, put_one, &b);
	slot->new_digest = checkpoint_end(&b.writer);
	if (b.rc != ERR_OK)
		return b.rc;
	if (buf_check(&text, "a shard of the checkpoint", err) != ERR_OK)
		return err->kind;
	drop_text(slot);
	slot->text = buf_take(&text, &slot->text_len);
	return slot->text ? ERR_OK : error_nomem(err);
}

/* Twice as many shards; what they have is then written anew. False: there are as many as there may be. */
static bool grow(struct checkpoint_store *s)
{
	if (s->n_shards >= CHECKPOINT_MAX_SHARDS)
		return false;
	s->n_shards *= 2;
	if (s->n_shards > CHECKPOINT_MAX_SHARDS)
		s->n_shards = CHECKPOINT_MAX_SHARDS;
	for (uint32_t i = 0; i < CHECKPOINT_MAX_SHARDS; i++)
		s->slots[i].written = false;
	return true;
}

static int64_t timeout_ns(const struct checkpoint_store *s)
{
	int64_t left_ns = s->config.left_ns(s->config.left_ctx);

	if (left_ns < MIN_LEASE_NS)
		return 0;
	return left_ns < REQUEST_NS ? left_ns : REQUEST_NS;
}

/* Sends the slot's text, or first asks what is there. False: told, and given up. */
static bool send(struct slot *slot, bool last)
{
	struct checkpoint_store *s = slot->store;
	const struct checkpoint_map_content content = {
		.text = sv_from(slot->text, slot->text_len),
		.set = sv_of(s->state == FLUSHING ? s->set : ""),
		.n_shards = s->n_shards,
		.last = last,
	};
	int64_t timeout = timeout_ns(s);
	struct error err;

	enum error_kind rc = timeout == 0 ? error_set(&err, ERR_UNAVAIL, "the lease is running out")
			     : slot->known
				     ? checkpoint_map_write(slot->map, &content, timeout, &err)
				     : checkpoint_map_read(slot->map, timeout, &err);
	if (rc == ERR_OK) {
		s->n_busy++;
		return true;
	}
	tell(s, &err);
	return false;
}

static void on_written(struct slot *slot, const struct error *failed)
{
	struct checkpoint_store *s = slot->store;
	const char *const result[] = { failed ? "failed" : "ok", NULL };

	selfmetrics_add(s->config.metrics, METRIC_WRITES, result, 1);
	tell(s, failed);
	slot->known = !failed;
	slot->written = !failed;
	slot->digest = slot->new_digest;
	drop_text(slot);
}

/* One shard that changed, in turn. */
static void write_some(struct checkpoint_store *s)
{
	struct error err;

	loop_timer_set(s->timer, s->config.period_ns);
	if (s->n_busy > 0)
		return;
	for (uint32_t n = 0; n < s->n_shards; n++) {
		struct slot *slot = &s->slots[(s->next + n) % s->n_shards];
		uint32_t i = (s->next + n) % s->n_shards;
		enum error_kind rc = make_slot(s, i, &err);
		if (rc == ERR_OK)
			rc = build(s, slot, false, &err);
		if (rc == ERR_LIMIT && grow(s)) {
			loop_timer_set(s->timer, 0);
			return;
		}
		if (rc != ERR_OK) {
			tell(s, &err);
			return;
		}
		if (slot->written && slot->digest == slot->new_digest) {
			drop_text(slot);
			continue;
		}
		s->next = i + 1;
		(void)send(slot, false);
		return;
	}
}

void checkpoint_store_start(struct checkpoint_store *s)
{
	s->state = WRITING;
	loop_timer_set(
		s->timer, s->slots[0].last && !s->slots[0].known ? SOON_NS : s->config.period_ns);
}

void checkpoint_store_stop(struct checkpoint_store *s)
{
	cancel_all(s);
	s->state = IDLE;
	s->done = NULL;
}

/* Flushing */

static void end_flush(struct checkpoint_store *s, bool complete)
{
	void (*done)(void *ctx) = s->done;

	checkpoint_store_stop(s);
	for (uint32_t i = 0; i < CHECKPOINT_MAX_SHARDS; i++)
		drop_text(&s->slots[i]);
	log_event(complete ? LOG_INFO : LOG_WARN,
		complete ? "wrote down all windows for the next leader"
			 : "could not write down all windows; the next leader holds decreases",
		"checkpoint", s->name, NULL);
	if (done)
		done(s->done_ctx);
}

static bool build_all(struct checkpoint_store *s)
{
	struct error err;

	for (uint32_t i = 0; i < s->n_shards;) {
		enum error_kind rc = make_slot(s, i, &err);
		if (rc == ERR_OK)
			rc = build(s, &s->slots[i], true, &err);
		if (rc == ERR_LIMIT && grow(s)) {
			i = 0;
			continue;
		}
		if (rc != ERR_OK) {
			tell(s, &err);
			return false;
		}
		i++;
	}
	return true;
}

/* The first shard goes last: with it the checkpoint is complete. */
static void flush_next(struct slot *slot, bool read, const struct error *failed)
{
	struct checkpoint_store *s = slot->store;

	if (read && (!failed || failed->code == HTTP_NOT_FOUND)) {
		slot->known = true;
		if (!send(slot, slot->index == 0))
			end_flush(s, false);
		return;
	}
	if (!read)
		on_written(slot, failed);
	if (failed || slot->index == 0)
		end_flush(s, !failed);
	else if (s->n_busy == 0 && !send(&s->slots[0], true))
		end_flush(s, false);
}

void checkpoint_store_flush(struct checkpoint_store *s, void (*done)(void *ctx), void *ctx)
{
	struct mono now = instant_mono_now();

	checkpoint_store_stop(s);
	s->done = done;
	s->done_ctx = ctx;
	s->state = FLUSHING;
	(void)snprintf(
		s->set, sizeof(s->set), "%" PRId64, now.ns ^ (int64_t)instant_wall_now().sec);
	loop_timer_set(s->deadline, FLUSH_NS);
	bool ok = build_all(s);
	if (ok && s->n_shards == 1)
		ok = send(&s->slots[0], true);
	for (uint32_t i = 1; i < s->n_shards && ok; i++)
		ok = send(&s->slots[i], false);
	if (!ok) /* not from inside the call */
		loop_timer_set(s->deadline, 0);
}

/* Events */

static void on_map(struct checkpoint_map *m, const struct checkpoint_map_content *content,
	const struct error *failed, void *ctx)
{
	struct slot *slot = ctx;
	struct checkpoint_store *s = slot->store;
	bool was_known = slot->known;

	(void)m;
	s->n_busy--;
	switch (s->state) {
	case READING:
		on_loaded(slot, content, failed);
		break;
	case TAKING:
		slot->known = !failed;
		s->exact = s->exact && !failed;
		end_load(s);
		break;
	case WRITING:
		if (was_known) {
			on_written(slot, failed);
			break;
		}
		slot->known = !failed || failed->code == HTTP_NOT_FOUND;
		tell(s, slot->known ? NULL : failed);
		if (slot->known)
			(void)send(slot, false);
		break;
	case FLUSHING:
		flush_next(slot, !was_known, failed);
		break;
	case IDLE:
		break;
	}
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct checkpoint_store *s = ctx;

	(void)t;
	if (s->state == READING)
		read_again(s);
	else if (s->state == WRITING)
		write_some(s);
}

static void on_deadline(struct loop_timer *t, void *ctx)
{
	struct checkpoint_store *s = ctx;

	(void)t;
	if (s->state == FLUSHING) {
		end_flush(s, false);
	} else if (s->state == READING || s->state == TAKING) {
		give_up_load(s);
	}
}

enum error_kind checkpoint_store_new(const struct checkpoint_store_config *config,
	struct checkpoint_store **ret, struct error *err)
{
	static const char *const LABELS[] = { "result", NULL };
	AUTO(checkpoint_store_free) struct checkpoint_store *s = mem_zalloc(sizeof(*s));

	if (!s)
		return error_nomem(err);
	s->config = *config;
	s->loop = client_loop(config->client);
	s->n_shards = 1;
	if (s->config.period_ns == 0)
		s->config.period_ns = CHECKPOINT_STORE_PERIOD_NS;
	s->namespace = mem_strdup(config->namespace);
	s->name = mem_strdup(config->name);
	s->timer = loop_timer_new(s->loop, on_timer, s);
	s->deadline = loop_timer_new(s->loop, on_deadline, s);
	if (!s->namespace || !s->name || !s->timer || !s->deadline)
		return error_nomem(err);
	if (selfmetrics_declare(config->metrics, SELFMETRICS_COUNTER, METRIC_WRITES,
		    "Writes of a checkpoint's shard.", LABELS, NULL, 0, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(s);
	return ERR_OK;
}

void checkpoint_store_free(struct checkpoint_store *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < CHECKPOINT_MAX_SHARDS; i++) {
		checkpoint_map_free(s->slots[i].map);
		drop_text(&s->slots[i]);
	}
	loop_timer_free(s->timer);
	loop_timer_free(s->deadline);
	mem_free(s->namespace);
	mem_free(s->name);
	mem_free(s);
}
