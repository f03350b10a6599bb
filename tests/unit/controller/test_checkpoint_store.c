/* The checkpoint's life against a server that keeps ConfigMaps, with optimistic concurrency, and fails on command. */
#include <stdlib.h>

#include "common/jtree.h"
#include "common/jw.h"
#include "common/mem.h"
#include "controller/checkpoint.h"
#include "controller/checkpoint_store.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define PATH "/api/v1/namespaces/sys/configmaps"
#define PREFIX "ctl-checkpoint-"
#define MAX_BODY (1u << 20)
#define MANY 4000

struct kept {
	char *text; /* NULL: it does not exist */
	char set[64], shards[16];
	bool last;
	int version;
};

struct world {
	struct fake fake;
	struct kept maps[CHECKPOINT_MAX_SHARDS];
	struct selfmetrics *metrics;
	struct autoscalers *all;
	struct checkpoint_store *store;
	int64_t left_ns;
	int n_writes, n_done;
	int version;
	bool silent;
	int status; /* not 0: answers everything with it */
};

static struct error err;

static void reply_map(struct http_exchange *x, int status, int i, const struct kept *m)
{
	AUTO(buf_done) struct buf out = { 0 };
	char name[40], version[16];
	struct jw w;

	buf_init(&out, 2 * MAX_BODY);
	(void)snprintf(name, sizeof(name), PREFIX "%d", i);
	(void)snprintf(version, sizeof(version), "%d", m->version);
	jw_init(&w, &out);
	jw_object(&w);
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_member_str(&w, "name", name);
	jw_member_str(&w, "resourceVersion", version);
	jw_object_end(&w);
	jw_key(&w, "data");
	jw_object(&w);
	jw_member_str(&w, "checkpoint", m->text);
	jw_member_str(&w, "shards", m->shards);
	if (m->set[0])
		jw_member_str(&w, "set", m->set);
	if (m->last)
		jw_member_str(&w, "last", "true");
	jw_object_end(&w);
	jw_object_end(&w);
	fake_reply(x, status, buf_text(&out));
}

static void copy_text(char *to, size_t size, const struct jtree *data, const char *key)
{
	(void)snprintf(to, size, "%.*s", SV_ARG(jtree_text(jtree_get(data, key))));
}

/* False: a conflict. */
static bool store_map(struct world *w, int i, const struct jtree *object, bool patch)
{
	const struct jtree *data = jtree_get(object, "data");
	struct sv version = jtree_text(jtree_at(object, "metadata", "resourceVersion", NULL));
	struct kept *m = &w->maps[i];
	char now[16];

	(void)snprintf(now, sizeof(now), "%d", m->version);
	if (m->text ? !sv_is(version, now) : version.len > 0)
		return false;
	w->n_writes++;
	m->version = ++w->version;
	if (patch) {
		ck_assert(jtree_get(data, "last") && jtree_is_absent(jtree_get(data, "last")));
		m->last = false;
		return true;
	}
	struct sv text = jtree_text(jtree_get(data, "checkpoint"));
	ck_assert_uint_le(text.len, CHECKPOINT_SHARD_BYTES);
	free(m->text);
	m->text = strndup(text.ptr, text.len);
	copy_text(m->set, sizeof(m->set), data, "set");
	copy_text(m->shards, sizeof(m->shards), data, "shards");
	m->last = sv_is(jtree_text(jtree_get(data, "last")), "true");
	return true;
}

static void serve(struct fake *f, struct http_exchange *x)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct world *w = f->state;
	struct sv method = http_exchange_method(x), path = http_exchange_path(x);
	struct jtree *object = NULL;
	int64_t i = 0;

	if (w->silent)
		return;
	if (w->status) {
		http_exchange_reply(x, w->status, "text/plain", SV(""), NULL);
		return;
	}
	arena_init(&a, 1 << 24);
	if (!sv_is(method, "GET"))
		ck_assert_int_eq(jtree_parse(&a, http_exchange_body(x), &object, &err), ERR_OK);
	struct sv name = sv_is(method, "POST")
				 ? jtree_text(jtree_at(object, "metadata", "name", NULL))
				 : sv_skip(path, sizeof(PATH "/") - 1);
	ck_assert(sv_has_prefix(path, SV(PATH)) && sv_has_prefix(name, SV(PREFIX)));
	ck_assert(sv_to_i64(sv_skip(name, sizeof(PREFIX) - 1), &i));
	if (sv_is(method, "GET") && !w->maps[i].text)
		fake_reply(x, 404, "{}");
	else if (sv_is(method, "GET"))
		reply_map(x, 200, (int)i, &w->maps[i]);
	else if (store_map(w, (int)i, object, sv_is(method, "PATCH")))
		reply_map(x, 200, (int)i, &w->maps[i]);
	else
		fake_reply(x, 409, "{}");
}

static int64_t left(void *ctx)
{
	return ((struct world *)ctx)->left_ns;
}

static void on_done(void *ctx)
{
	((struct world *)ctx)->n_done++;
}

/* A controller without objects and memory: the next one. */
static void begin(struct world *w)
{
	const struct checkpoint_store_config config = {
		.client = w->fake.client,
		.metrics = w->metrics = selfmetrics_new(),
		.autoscalers = w->all = autoscalers_new(),
		.namespace = "sys",
		.name = "ctl",
		.period_ns = 50 * NS_PER_MS,
		.left_ns = left,
		.left_ctx = w,
	};

	ck_assert_int_eq(checkpoint_store_new(&config, &w->store, &err), ERR_OK);
}

static void end(struct world *w)
{
	checkpoint_store_free(w->store);
	autoscalers_free(w->all);
	selfmetrics_free(w->metrics);
}

static void next_controller(struct world *w)
{
	end(w);
	begin(w);
}

static void load(struct world *w)
{
	w->n_done = 0;
	checkpoint_store_load(w->store, on_done, w);
	FAKE_UNTIL(&w->fake, w->n_done);
}

/* With the API server's time known, as in a controller that has watched for a while. */
static void start(struct world *w)
{
	*w = (struct world){ .left_ns = 10 * NS_PER_SEC };
	fake_start(&w->fake, serve, w);
	begin(w);
	load(w);
}

static void stop(struct world *w)
{
	end(w);
	fake_stop(&w->fake);
	for (size_t i = 0; i < CHECKPOINT_MAX_SHARDS; i++)
		free(w->maps[i].text);
}

static struct history *object(struct world *w, int number)
{
	char name[16], uid[48];
	const struct object_id id = { .namespace = SV("n"),
		.name = (snprintf(name, sizeof(name), "h%d", number), sv_of(name)),
		.uid = (snprintf(uid, sizeof(uid), "0b6ef2c1-0000-4000-8000-%012d", number),
			sv_of(uid)),
		.resource_version = SV("1") };
	enum autoscalers_change change;
	struct autoscaler *one;

	ck_assert_int_eq(autoscalers_put(w->all, AUTOSCALER_NATIVE, &id,
				 SV("{\"spec\":{\"maxReplicas\":3}}"), &one, &change, &err),
		ERR_OK);
	return &one->history;
}

static void recommend(struct history *h, int64_t age_sec, int32_t replicas)
{
	struct mono at = { instant_mono_now().ns - age_sec * NS_PER_SEC };

	h->started = true;
	ck_assert_int_eq(history_recommend(h, HISTORY_APPEND, replicas, at, &err), ERR_OK);
}

static void flush(struct world *w)
{
	w->n_done = 0;
	checkpoint_store_flush(w->store, on_done, w);
	FAKE_UNTIL(&w->fake, w->n_done);
}

START_TEST(without_a_checkpoint_decreases_wait)
{
	struct world w;

	start(&w);
	struct history *h = object(&w, 1);
	load(&w);
	checkpoint_store_restore(w.store);
	ck_assert(h->gap);
	ck_assert_int_eq(w.n_writes, 0);
	stop(&w);
}
END_TEST

START_TEST(only_what_changed_is_written)
{
	struct world w;

	start(&w);
	struct history *h = object(&w, 1);
	load(&w);
	checkpoint_store_restore(w.store);
	h->gap = false;
	recommend(h, 20, 5);
	checkpoint_store_start(w.store);
	FAKE_UNTIL(&w.fake, w.n_writes == 1);
	ck_assert(!w.maps[0].last);
	recommend(h, 10, 5);
	fake_turn_for(&w.fake, 300 * NS_PER_MS);
	ck_assert_int_eq(w.n_writes, 1);
	recommend(h, 5, 3);
	FAKE_UNTIL(&w.fake, w.n_writes == 2);
	ck_assert_ptr_nonnull(strstr(w.maps[0].text, "0b6ef2c1"));
	/* Nothing is written without the lease. */
	w.left_ns = 0;
	recommend(h, 4, 2);
	fake_turn_for(&w.fake, 200 * NS_PER_MS);
	ck_assert_int_eq(w.n_writes, 2);
	checkpoint_store_stop(w.store);
	w.left_ns = NS_PER_SEC;
	fake_turn_for(&w.fake, 200 * NS_PER_MS);
	ck_assert_int_eq(w.n_writes, 2);
	stop(&w);
}
END_TEST

START_TEST(the_last_word_is_believed_once)
{
	struct world w;

	start(&w);
	recommend(object(&w, 1), 20, 5);
	flush(&w);
	ck_assert(w.maps[0].last);
	next_controller(&w);
	struct history *h = object(&w, 1);
	load(&w);
	ck_assert(!w.maps[0].last);
	checkpoint_store_restore(w.store);
	ck_assert(!h->gap);
	ck_assert_uint_eq(h->recommendations.n, 1);
	ck_assert_int_eq(h->recommendations.at[0].replicas, 5);
	int64_t age_ns = instant_mono_now().ns - h->recommendations.at[0].at.ns;
	ck_assert_int_le(age_ns, 21 * NS_PER_SEC);
	ck_assert_int_ge(age_ns, 17 * NS_PER_SEC);
	/* That one dies. */
	next_controller(&w);
	h = object(&w, 1);
	load(&w);
	checkpoint_store_restore(w.store);
	ck_assert(h->gap);
	stop(&w);
}
END_TEST

START_TEST(a_mark_that_cannot_be_removed_is_not_believed)
{
	struct world w;

	start(&w);
	recommend(object(&w, 1), 20, 5);
	flush(&w);
	next_controller(&w);
	struct history *h = object(&w, 1);
	ck_assert(w.maps[0].last);
	w.n_done = 0;
	checkpoint_store_load(w.store, on_done, &w);
	/* Somebody else writes between our read and our patch. */
	int n = w.fake.n_requests;
	FAKE_UNTIL(&w.fake, w.fake.n_requests > n);
	w.maps[0].version = ++w.version + 100;
	FAKE_UNTIL(&w.fake, w.n_done);
	checkpoint_store_restore(w.store);
	ck_assert(w.maps[0].last && h->gap);
	stop(&w);
}
END_TEST

static void recommend_many(struct world *w)
{
	for (int i = 0; i < MANY; i++) {
		struct history *h = object(w, i);
		for (int k = 0; k < 6; k++)
			recommend(h, 100 - k, 100 - k);
	}
}

START_TEST(many_objects_take_several_shards)
{
	struct world w;

	start(&w);
	recommend_many(&w);
	flush(&w);
	ck_assert(w.maps[0].last);
	ck_assert_ptr_nonnull(w.maps[1].text);
	ck_assert_str_eq(w.maps[0].set, w.maps[1].set);
	next_controller(&w);
	for (int i = 0; i < MANY; i++)
		(void)object(&w, i);
	load(&w);
	checkpoint_store_restore(w.store);
	for (int i = 0; i < MANY; i++) {
		const struct history *h = object(&w, i);
		ck_assert(!h->gap);
		ck_assert_uint_eq(h->recommendations.n, 6);
	}
	stop(&w);
}
END_TEST

START_TEST(a_shard_of_another_flush_spoils_the_last_word)
{
	struct world w;

	start(&w);
	recommend_many(&w);
	flush(&w);
	w.maps[1].set[0] = 'x';
	next_controller(&w);
	struct history *h = object(&w, 1);
	load(&w);
	checkpoint_store_restore(w.store);
	ck_assert(h->gap);
	stop(&w);
}
END_TEST

START_TEST(nonsense_in_it_means_a_gap)
{
	struct world w;

	start(&w);
	recommend(object(&w, 1), 20, 5);
	flush(&w);
	free(w.maps[0].text);
	w.maps[0].text = strdup("what?");
	next_controller(&w);
	struct history *h = object(&w, 1);
	load(&w);
	checkpoint_store_restore(w.store);
	ck_assert(h->gap);
	stop(&w);
}
END_TEST

START_TEST(a_server_that_fails_holds_up_nobody_for_long)
{
	struct world w;

	start(&w);
	w.status = 500;
	struct history *h = object(&w, 1);
	int64_t began_wall = instant_mono_now().ns, began = fake_now_ns(&w.fake);
	load(&w);
	ck_assert_int_ge(instant_mono_now().ns - began_wall, 4 * NS_PER_SEC);
	ck_assert_int_le(fake_now_ns(&w.fake) - began, 6 * NS_PER_SEC);
	ck_assert_int_le(w.fake.n_requests, 25);
	checkpoint_store_restore(w.store);
	ck_assert(h->gap);
	w.status = 0;
	w.silent = true;
	began = fake_now_ns(&w.fake);
	flush(&w);
	ck_assert_int_le(fake_now_ns(&w.fake) - began, 1700 * NS_PER_MS);
	stop(&w);
}
END_TEST

START_TEST(without_permission_nobody_waits)
{
	struct world w;

	start(&w);
	w.status = 403;
	struct history *h = object(&w, 1);
	int64_t began = fake_now_ns(&w.fake);
	load(&w);
	ck_assert_int_le(fake_now_ns(&w.fake) - began, NS_PER_SEC);
	checkpoint_store_restore(w.store);
	ck_assert(h->gap);
	stop(&w);
}
END_TEST

START_TEST(somebody_elses_write_is_a_conflict_and_then_replaced)
{
	struct world w;

	start(&w);
	struct history *h = object(&w, 1);
	load(&w);
	checkpoint_store_restore(w.store);
	checkpoint_store_start(w.store);
	FAKE_UNTIL(&w.fake, w.n_writes == 1);
	w.maps[0].version = ++w.version + 50;
	recommend(h, 20, 5);
	recommend(h, 10, 3);
	FAKE_UNTIL(&w.fake, w.n_writes == 2);
	ck_assert_ptr_nonnull(strstr(w.maps[0].text, "recommendations"));
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, without_a_checkpoint_decreases_wait);
	tcase_add_test(tcase, only_what_changed_is_written);
	tcase_add_test(tcase, the_last_word_is_believed_once);
	tcase_add_test(tcase, a_mark_that_cannot_be_removed_is_not_believed);
	tcase_add_test(tcase, many_objects_take_several_shards);
	tcase_add_test(tcase, a_shard_of_another_flush_spoils_the_last_word);
	tcase_add_test(tcase, nonsense_in_it_means_a_gap);
	tcase_add_test(tcase, a_server_that_fails_holds_up_nobody_for_long);
	tcase_add_test(tcase, without_permission_nobody_waits);
	tcase_add_test(tcase, somebody_elses_write_is_a_conflict_and_then_replaced);
}

int main(void)
{
	return run_case("checkpoint_store", add);
}
