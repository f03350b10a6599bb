/* list+watch against a server that misbehaves on purpose: rows 1-7 of the fault matrix. */
#include "kube/watch.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

#define PATH "/api/v1/pods"

/* What the watch told, and what the server does next. */
struct state {
	char told[8192]; /* "+ns/name@version" "-ns/name#uid" "=" (synced) */
	int n_errors;
	struct error err;
	/* Server. */
	const char *list; /* answer of a LIST; NULL: 410 for continue, else an empty one */
	struct http_exchange *stream; /* open watch */
	int n_streams;
	void (*on_stream)(struct fake *f, struct http_exchange *x);
	int status; /* not 0: answer everything with it */
	const char *list_page_2;
	bool expired_page;
	bool metadata_only;
	int64_t silence_ns; /* 0: long */
	char accepted[512]; /* "LIST accept; WATCH accept; " */
};

static void tell(struct state *s, const char *mark, const struct object_id *id,
	const char *tail_mark, struct sv tail)
{
	size_t at = strlen(s->told);
	(void)snprintf(s->told + at, sizeof(s->told) - at, "%s%.*s/%.*s%s%.*s ", mark,
		SV_ARG(id->namespace), SV_ARG(id->name), tail_mark, SV_ARG(tail));
}

static void on_object(const struct object_id *id, struct sv json, void *ctx)
{
	ck_assert(json.len > 0 && json.ptr[0] == '{' && json.ptr[json.len - 1] == '}');
	tell(ctx, "+", id, "@", id->resource_version);
}

static void on_deleted(const struct object_id *id, struct sv json, void *ctx)
{
	(void)json;
	tell(ctx, "-", id, "#", id->uid);
}

static void on_synced(void *ctx)
{
	struct state *s = ctx;
	(void)strncat(s->told, "= ", sizeof(s->told) - strlen(s->told) - 1);
}

static void on_error(const struct error *err, void *ctx)
{
	struct state *s = ctx;
	s->n_errors++;
	s->err = *err;
}

static void stream_over(struct http_exchange *x, void *ctx)
{
	struct state *s = ctx;
	if (s->stream == x)
		s->stream = NULL;
}

static void serve(struct fake *f, struct http_exchange *x)
{
	struct state *s = f->state;
	ck_assert(sv_is(http_exchange_path(x), PATH));
	size_t at = strlen(s->accepted);
	(void)snprintf(s->accepted + at, sizeof(s->accepted) - at, "%.*s\n",
		SV_ARG(http_exchange_header(x, "Accept")));
	if (s->status) {
		http_exchange_reply(x, s->status, "text/plain", SV("as told"), NULL);
	} else if (sv_is(http_exchange_query_get(x, "watch"), "true")) {
		s->n_streams++;
		http_exchange_set_ctx(x, s, stream_over);
		if (s->on_stream) {
			s->on_stream(f, x);
			return;
		}
		s->stream = x;
		http_exchange_stream(x, "application/json", 1 << 22);
	} else if (http_exchange_query_get(x, "continue").len > 0) {
		if (s->expired_page || !s->list_page_2) {
			s->expired_page = false;
			fake_reply(x, 410,
				"{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":"
				"\"Expired\",\"message\":\"too old\"}");
		} else {
			fake_reply(x, 200, s->list_page_2);
		}
	} else {
		fake_reply(x, 200,
			s->list ? s->list
				: "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}");
	}
}

#define POD(name, uid, version)                                                                    \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"n\",\"uid\":\"" uid                  \
	"\",\"resourceVersion\":\"" version "\"}}"
#define LIST(version, items)                                                                       \
	"{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" version                       \
	"\"},\"items\":[" items "]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define BOOKMARK(version)                                                                          \
	EVENT("BOOKMARK", "{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"" version "\"}}")

static struct watch *start(struct fake *f, struct state *s)
{
	struct watch *w;
	struct error err;
	fake_start(f, serve, s);
	struct watch_config config = {
		.client = f->client,
		.path = PATH,
		.resource = "pods",
		.on_object = on_object,
		.on_deleted = on_deleted,
		.on_synced = on_synced,
		.on_error = on_error,
		.metadata_only = s->metadata_only,
		.silence_ns = s->silence_ns ? s->silence_ns : 30 * NS_PER_SEC,
		.ctx = s,
	};
	ck_assert_int_eq(watch_start(&config, &w, &err), ERR_OK);
	return w;
}

static void stop(struct fake *f, struct watch *w)
{
	watch_stop(w);
	fake_stop(f);
}

START_TEST(objects_are_listed_then_followed)
{
	struct fake f;
	struct state s = { .list = LIST("10", POD("a", "1", "7") "," POD("b", "2", "9")),
		.silence_ns = NS_PER_SEC };
	struct watch *w = start(&f, &s);
	ck_assert(!watch_is_synced(w));
	FAKE_UNTIL(&f, s.stream);
	ck_assert_str_eq(s.told, "+n/a@7 +n/b@9 = ");
	ck_assert(watch_is_synced(w));
	fake_write(s.stream,
		EVENT("ADDED", POD("c", "3", "11")) EVENT("MODIFIED", POD("a", "1", "12")));
	fake_write(s.stream, EVENT("DELETED", POD("b", "2", "13")));
	FAKE_UNTIL(&f, watch_stats(w).n_events == 3);
	ck_assert_str_eq(s.told, "+n/a@7 +n/b@9 = +n/c@11 +n/a@12 -n/b#2 ");
	struct watch_stats stats = watch_stats(w);
	ck_assert_uint_eq(stats.n_objects, 2);
	ck_assert_uint_eq(stats.n_lists, 1);
	ck_assert(stats.connected && stats.last_contact.ns > 0);
	ck_assert_int_eq(s.n_errors, 0);
	ck_assert_ptr_nonnull(strstr(f.log, "GET " PATH "?limit=500\n"));
	ck_assert_ptr_nonnull(strstr(f.log,
		"GET " PATH
		"?allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=1&watch=true\n"));
	stop(&f, w);
}
END_TEST

START_TEST(old_and_repeated_versions_are_left_out)
{
	struct fake f;
	struct state s = { .list = LIST("10", POD("a", "1", "7")) };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	fake_write(s.stream, EVENT("MODIFIED", POD("a", "1", "20")));
	fake_write(s.stream,
		EVENT("MODIFIED", POD("a", "1", "20")) EVENT("MODIFIED", POD("a", "1", "15")));
	fake_write(s.stream,
		EVENT("DELETED", POD("a", "1", "15")) EVENT("DELETED", POD("a", "0", "30")));
	fake_write(s.stream, EVENT("DELETED", POD("never", "0", "31")));
	/* The same name with another uid is another object. */
	fake_write(s.stream, EVENT("ADDED", POD("a", "2", "32")));
	FAKE_UNTIL(&f, watch_stats(w).n_events == 7);
	ck_assert_str_eq(s.told, "+n/a@7 = +n/a@20 -n/a#1 +n/a@32 ");
	stop(&f, w);
}
END_TEST

START_TEST(a_restart_of_the_server_resumes_without_a_list)
{
	struct fake f;
	struct state s = { .list = LIST("10", POD("a", "1", "7")) };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	fake_write(s.stream, EVENT("MODIFIED", POD("a", "1", "20")) BOOKMARK("25"));
	FAKE_UNTIL(&f, watch_stats(w).n_events == 2);
	fake_hang_up(&f);
	FAKE_UNTIL(&f, s.n_errors >= 3);
	ck_assert_int_eq(s.err.kind, ERR_UNAVAIL);
	ck_assert(!watch_stats(w).connected);
	ck_assert(watch_is_synced(w));
	fake_listen(&f);
	FAKE_UNTIL(&f, s.n_streams == 2);
	ck_assert_int_eq(fake_count(&f, "limit=500"), 1);
	ck_assert_int_eq(fake_count(&f, "resourceVersion=25&"), 1);
	stop(&f, w);
}
END_TEST

static void begin_and_end(struct fake *f, struct http_exchange *x)
{
	(void)f;
	http_exchange_stream(x, "application/json", 1 << 20);
	http_exchange_stream_end(x);
}

START_TEST(a_server_that_ends_every_stream_at_once_is_not_hammered)
{
	struct fake f;
	struct state s = { .on_stream = begin_and_end };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.n_streams > 0);
	int64_t began = fake_now_ns(&f);
	fake_turn_for(&f, NS_PER_SEC);
	/* 50-100, 100-200, 200-400, 400-800 ms. */
	ck_assert_int_le(s.n_streams, 6);
	FAKE_UNTIL(&f, s.n_streams >= 3);
	ck_assert_int_le(fake_now_ns(&f) - began, NS_PER_SEC + 50 * NS_PER_MS);
	ck_assert_int_eq(fake_count(&f, "limit=500"), 1);
	stop(&f, w);
}
END_TEST

START_TEST(an_expired_version_is_listed_again_and_leaves_no_ghosts)
{
	struct fake f;
	struct state s = { .list = LIST("10", POD("a", "1", "7") "," POD("b", "2", "8") "," POD(
						      "c", "3", "9")) };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	s.told[0] = '\0';
	/* a is as it was, b went, c changed, d is a new one under an old name... */
	s.list = LIST("50", POD("a", "1", "7") "," POD("c", "3", "40") "," POD("d", "4", "41"));
	fake_write(s.stream, EVENT("ERROR", "{\"kind\":\"Status\",\"status\":\"Failure\","
					    "\"reason\":\"Expired\",\"code\":410,"
					    "\"message\":\"too old resource version: 10 (45)\"}"));
	FAKE_UNTIL(&f, s.n_streams == 2);
	ck_assert_str_eq(s.told, "+n/c@40 +n/d@41 -n/b#2 = ");
	ck_assert_int_eq(s.err.code, 410);
	ck_assert_ptr_nonnull(strstr(s.err.text, "too old resource version"));
	/* The same as the answer of the request; versions may even go back when a list says so. */
	s.told[0] = '\0';
	s.list = LIST("30", POD("a", "9", "20") "," POD("c", "3", "21"));
	FAKE_UNTIL(&f, s.stream);
	s.status = 410;
	http_exchange_stream_end(s.stream);
	FAKE_UNTIL(&f, s.n_errors >= 3);
	ck_assert_int_eq(s.err.code, 410);
	s.status = 0;
	FAKE_UNTIL(&f, watch_stats(w).n_lists == 3);
	ck_assert_str_eq(s.told, "-n/a#1 +n/a@20 +n/c@21 -n/d#4 = ");
	ck_assert_uint_eq(watch_stats(w).n_lists, 3);
	stop(&f, w);
}
END_TEST

START_TEST(other_errors_resume_where_they_were)
{
	struct fake f;
	struct state s = { 0 };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	fake_write(s.stream, EVENT("ERROR", "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":"
					    "500,\"message\":\"oops\"}"));
	FAKE_UNTIL(&f, s.n_streams == 2);
	ck_assert_int_eq(fake_count(&f, "limit=500"), 1);
	ck_assert_str_eq(s.err.text, "watch of " PATH ": oops");
	/* A server in trouble is no reason to list, a version that it does not know is. */
	FAKE_UNTIL(&f, s.stream);
	s.status = 503;
	http_exchange_stream_end(s.stream);
	FAKE_UNTIL(&f, s.n_errors >= 4);
	s.status = 0;
	FAKE_UNTIL(&f, s.stream);
	ck_assert_int_eq(fake_count(&f, "limit=500"), 1);
	fake_write(s.stream, EVENT("ERROR", "{\"kind\":\"Status\",\"status\":\"Failure\","
					    "\"reason\":\"Timeout\",\"message\":"
					    "\"Too large resource version: 9, current: 5\"}"));
	FAKE_UNTIL(&f, fake_count(&f, "limit=500") == 2);
	stop(&f, w);
}
END_TEST

START_TEST(a_silent_stream_is_dead_and_is_replaced)
{
	struct fake f;
	struct state s = { .silence_ns = NS_PER_SEC / 2 };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.n_streams == 1);
	int64_t began = instant_mono_now().ns, lost_ns = f.lost_ns;
	FAKE_UNTIL(&f, s.n_streams == 2);
	int64_t took = instant_mono_now().ns - began;
	ck_assert_int_ge(took + f.lost_ns, NS_PER_SEC / 2 - 50 * NS_PER_MS);
	ck_assert_int_le(took - (f.lost_ns - lost_ns), NS_PER_SEC * 2);
	ck_assert_int_eq(fake_count(&f, "limit=500"), 1);
	stop(&f, w);
}
END_TEST

static void dribble(struct fake *f, struct http_exchange *x)
{
	struct state *s = f->state;
	s->stream = x;
	http_exchange_stream(x, "application/json", 1 << 20);
}

START_TEST(events_may_be_cut_anywhere)
{
	static const char TEXT[] = EVENT("ADDED", POD("a\303\244", "1", "11"))
		EVENT("MODIFIED", POD("a\303\244", "1", "12"));
	struct fake f;
	struct state s = { .on_stream = dribble };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	for (size_t i = 0; i + 1 < sizeof(TEXT); i++) {
		ck_assert(http_exchange_stream_write(s.stream, sv_from(TEXT + i, 1)));
		fake_turn_for(&f, 100000);
	}
	FAKE_UNTIL(&f, watch_stats(w).n_events == 2);
	ck_assert_str_eq(s.told, "= +n/a\303\244@11 +n/a\303\244@12 ");
	stop(&f, w);
}
END_TEST

START_TEST(malformed_objects_are_passed_over)
{
	struct fake f;
	struct state s = { .list = LIST("10",
				   "{\"metadata\":7},{\"x\":nope}," POD("a", "1", "7") ",{}") };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	ck_assert_str_eq(s.told, "+n/a@7 = ");
	ck_assert_uint_eq(watch_stats(w).n_malformed, 3);
	fake_write(s.stream, "garbage\n{\"type\":\"ADDED\"}\n" EVENT("ODD", "{}")
				     EVENT("ADDED", "{\"metadata\":{}}") EVENT("BOOKMARK", "{}")
					     EVENT("ADDED", POD("b", "2", "11")));
	FAKE_UNTIL(&f, watch_stats(w).n_events == 6);
	ck_assert_str_eq(s.told, "+n/a@7 = +n/b@11 ");
	ck_assert_uint_eq(watch_stats(w).n_malformed, 8);
	ck_assert_int_eq(s.n_errors, 0);
	stop(&f, w);
}
END_TEST

START_TEST(an_event_beyond_all_bounds_costs_only_itself)
{
	struct fake f;
	struct state s = { 0 };
	char *big = mem_alloc(4 << 20);
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	memset(big, 'x', (4 << 20) - 2);
	(void)strcpy(big + (4 << 20) - 2, "\n");
	for (size_t at = 0; at < (4 << 20) - 1; at += 65536) {
		fake_turn_for(&f, 1000000);
		ck_assert(http_exchange_stream_write(s.stream, sv_take(sv_of(big + at), 65536)));
	}
	fake_write(s.stream, EVENT("ADDED", POD("b", "2", "11")));
	FAKE_UNTIL(&f, watch_stats(w).n_events == 1);
	ck_assert_str_eq(s.told, "= +n/b@11 ");
	ck_assert_uint_eq(watch_stats(w).n_malformed, 1);
	mem_free(big);
	stop(&f, w);
}
END_TEST

START_TEST(lists_come_in_pages)
{
	struct fake f;
	struct state s = {
		.list = "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"a/"
			"b+c=\"},\"items\":[" POD("a", "1", "7") "]}",
		.list_page_2 = LIST("10", POD("b", "2", "8")),
		.expired_page = true,
	};
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.stream);
	/* The first time the second page had expired: all of it again. */
	ck_assert_str_eq(s.told, "+n/a@7 +n/b@8 = ");
	ck_assert_int_eq(fake_count(&f, "?limit=500\n"), 2);
	ck_assert_int_eq(fake_count(&f, "?continue=a%2Fb%2Bc%3D&limit=500\n"), 2);
	ck_assert_uint_eq(watch_stats(w).n_lists, 1);
	stop(&f, w);
}
END_TEST

/* The page behind it is under way when it turns out. */
START_TEST(a_damaged_page_is_listed_again)
{
	struct fake f;
	struct state s = {
		.list = "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"p2\"},\"items\":"
			"[" POD("a", "1", "7") ",{\"metadata\"",
		.list_page_2 = LIST("10", POD("b", "2", "8")),
	};
	struct watch *w = start(&f, &s);

	FAKE_UNTIL(&f, s.n_errors == 1);
	ck_assert_ptr_nonnull(strstr(s.err.text, "list of " PATH));
	ck_assert(!watch_is_synced(w));
	s.list = "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"p2\"},\"items\":[" POD(
		"a", "1", "7") "]}";
	FAKE_UNTIL(&f, watch_is_synced(w));
	ck_assert_str_eq(s.told, "+n/a@7 +n/b@8 = ");
	stop(&f, w);
}
END_TEST

/* The token behind the items is one, too. */
START_TEST(a_page_may_tell_late_of_the_next_one)
{
	struct fake f;
	struct state s = {
		.list = "{\"items\":[" POD(
			"a", "1", "7") "],\"metadata\":{\"resourceVersion\":\"10\","
				       "\"continue\":\"p2\"}}",
		.list_page_2 = LIST("10", POD("b", "2", "8")),
	};
	struct watch *w = start(&f, &s);

	FAKE_UNTIL(&f, watch_is_synced(w));
	ck_assert_str_eq(s.told, "+n/a@7 +n/b@8 = ");
	ck_assert_int_eq(s.n_errors, 0);
	stop(&f, w);
}
END_TEST

START_TEST(what_is_no_list_is_tried_again)
{
	struct fake f;
	struct state s = { .list = "{}" };
	struct watch *w = start(&f, &s);
	FAKE_UNTIL(&f, s.n_errors == 2);
	ck_assert_str_eq(
		s.err.text, "list of " PATH ": items is missing: this is no list of objects");
	s.list = NULL;
	s.status = 403;
	FAKE_UNTIL(&f, s.n_errors == 3);
	ck_assert_int_eq(s.err.kind, ERR_DENIED);
	ck_assert_str_eq(s.err.text, "as told (get pods)");
	s.status = 0;
	FAKE_UNTIL(&f, watch_is_synced(w));
	stop(&f, w);
}
END_TEST

START_TEST(too_many_objects_are_an_error_and_not_a_guess)
{
	struct fake f;
	struct state s = { .list = LIST("10", POD("a", "1", "7") "," POD("b", "2", "8") "," POD(
						      "c", "3", "9")) };
	struct watch *w;
	struct error err;
	fake_start(&f, serve, &s);
	struct watch_config config = {
		.client = f.client,
		.path = PATH,
		.resource = "pods",
		.label_selector = "app in (a,b)",
		.field_selector = "spec.nodeName=x",
		.max_objects = 2,
		.on_object = on_object,
		.on_deleted = on_deleted,
		.on_error = on_error,
		.ctx = &s,
	};
	ck_assert_int_eq(watch_start(&config, &w, &err), ERR_OK);
	FAKE_UNTIL(&f, s.n_errors == 1);
	ck_assert_ptr_nonnull(strstr(s.err.text, "more than 2 entries"));
	ck_assert(!watch_is_synced(w));
	s.list = LIST("11", POD("a", "1", "7"));
	FAKE_UNTIL(&f, watch_is_synced(w));
	ck_assert_uint_eq(watch_stats(w).n_objects, 1);
	ck_assert_int_ge(fake_count(&f, "?fieldSelector=spec.nodeName%3Dx&labelSelector=app+in+%"
					"28a%2Cb%29&limit=500"),
		2);
	stop(&f, w);
	watch_stop(NULL);
}
END_TEST

/* A caller that keeps the objects with their names, and takes none that is called "no". */
struct record {
	char name[8];
	struct watch_mark mark;
};

struct keeper {
	struct state state;
	struct record records[8];
	size_t n;
};

static struct watch_mark *find_mark(void *keeper, struct sv ns, struct sv name)
{
	struct keeper *k = keeper;

	for (size_t i = 0; i < k->n; i++)
		if (sv_is(ns, "n") && sv_is(name, k->records[i].name))
			return &k->records[i].mark;
	return NULL;
}

static void each_mark(void *keeper, watch_mark_fn fn, void *arg)
{
	struct keeper *k = keeper;

	for (size_t i = 0; i < k->n; i++)
		fn(SV("n"), sv_of(k->records[i].name), &k->records[i].mark, arg);
}

static size_t n_marks(void *keeper)
{
	return ((struct keeper *)keeper)->n;
}

static void keep_object(const struct object_id *id, struct sv json, void *ctx)
{
	struct keeper *k = ctx;

	on_object(id, json, &k->state);
	if (sv_is(id->name, "no") || find_mark(k, id->namespace, id->name))
		return;
	ck_assert_uint_lt(k->n, ARRAY_LEN(k->records));
	struct record *r = &k->records[k->n++];
	*r = (struct record){ 0 };
	memcpy(r->name, id->name.ptr, id->name.len);
}

static void drop_object(const struct object_id *id, struct sv json, void *ctx)
{
	struct keeper *k = ctx;
	const struct watch_mark *mark = find_mark(k, id->namespace, id->name);

	ck_assert_ptr_nonnull(mark);
	on_deleted(id, json, &k->state);
	/* The last one moves: what the watch borrowed is no longer there. */
	for (size_t i = 0; i < k->n; i++)
		if (&k->records[i].mark == mark) {
			k->records[i] = k->records[--k->n];
			break;
		}
}

static void keeper_synced(void *ctx)
{
	on_synced(&((struct keeper *)ctx)->state);
}

static void keeper_error(const struct error *err, void *ctx)
{
	on_error(err, &((struct keeper *)ctx)->state);
}

START_TEST(marks_may_lie_in_the_callers_records)
{
	static const struct watch_marks MARKS = { find_mark, each_mark, n_marks };
	struct fake f;
	struct keeper k = { .state.list = LIST("10", POD("a", "1", "7") "," POD("b", "2",
							     "8") "," POD("no", "3", "9")) };
	struct state *s = &k.state;
	struct watch *w;
	struct error err;
	fake_start(&f, serve, s);
	struct watch_config config = {
		.client = f.client,
		.path = PATH,
		.resource = "pods",
		.marks = &MARKS,
		.keeper = &k,
		.on_object = keep_object,
		.on_deleted = drop_object,
		.on_synced = keeper_synced,
		.on_error = keeper_error,
		.silence_ns = s->silence_ns ? s->silence_ns : 30 * NS_PER_SEC,
		.ctx = &k,
	};
	ck_assert_int_eq(watch_start(&config, &w, &err), ERR_OK);
	FAKE_UNTIL(&f, s->stream);
	ck_assert_str_eq(s->told, "+n/a@7 +n/b@8 +n/no@9 = ");
	ck_assert_uint_eq(watch_stats(w).n_objects, 2);
	/* Repeated, old, new, another one under an old name, gone. */
	s->told[0] = '\0';
	fake_write(s->stream,
		EVENT("MODIFIED", POD("a", "1", "7")) EVENT("MODIFIED", POD("a", "1", "6")) EVENT(
			"MODIFIED", POD("a", "1", "11")) EVENT("ADDED", POD("b", "9", "12"))
			EVENT("DELETED", POD("b", "2", "13")) EVENT("ADDED", POD("c", "4", "14"))
				EVENT("DELETED", POD("c", "4", "15"))
					EVENT("ADDED", POD("d", "5", "16")));
	FAKE_UNTIL(&f, strstr(s->told, "d@16"));
	ck_assert_str_eq(s->told, "+n/a@11 -n/b# +n/b@12 +n/c@14 -n/c#4 +n/d@16 ");
	/* After another list a and d are gone, and what was not taken is told again. */
	s->told[0] = '\0';
	s->list = LIST("50", POD("b", "9", "12") "," POD("no", "3", "9"));
	fake_write(s->stream, EVENT("ERROR", "{\"kind\":\"Status\",\"status\":\"Failure\","
					     "\"reason\":\"Expired\",\"code\":410,"
					     "\"message\":\"too old resource version: 10 (45)\"}"));
	FAKE_UNTIL(&f, watch_stats(w).n_lists == 2);
	ck_assert_msg(strcmp(s->told, "+n/no@9 -n/a# -n/d# = ") == 0, "%s", s->told);
	ck_assert_uint_eq(watch_stats(w).n_objects, 1);
	stop(&f, w);
}
END_TEST

START_TEST(metadata_alone_can_be_asked_for)
{
	static const char WANTED[] =
		"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/"
		"json\n"
		"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json\n";
	for (int only = 0; only < 2; only++) {
		struct fake f;
		struct state s = { .metadata_only = only == 1,
			.list = LIST("7", POD("a", "u1", "3")) };
		struct watch *w = start(&f, &s);
		FAKE_UNTIL(&f, s.stream);
		fake_write(s.stream,
			EVENT("ADDED",
				"{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/"
				"v1\",\"metadata\":{\"name\":\"b\",\"namespace\":\"n\",\"uid\":"
				"\"u2\",\"resourceVersion\":\"8\"}}"));
		FAKE_UNTIL(&f, strstr(s.told, "+n/b@8"));
		ck_assert_str_eq(
			s.accepted, only ? WANTED : "application/json\napplication/json\n");
		watch_stop(w);
		fake_stop(&f);
	}
}
END_TEST

START_TEST(a_server_that_is_back_and_refuses_at_first_is_asked_often)
{
	struct state s = { .list = LIST("10", POD("a", "u", "3")) };
	struct fake f;
	struct watch *w = start(&f, &s);

	FAKE_UNTIL(&f, s.stream);
	fake_hang_up(&f);
	s.status = 403;
	fake_turn_for(&f, 2500 * NS_PER_MS);
	fake_listen(&f);
	int n = f.n_requests;
	FAKE_UNTIL(&f, f.n_requests > n);
	int64_t began = fake_now_ns(&f);
	FAKE_UNTIL(&f, f.n_requests >= n + 3);
	ck_assert_int_le(fake_now_ns(&f) - began, 700 * NS_PER_MS);
	s.status = 0;
	FAKE_UNTIL(&f, s.stream);
	watch_stop(w);
	fake_stop(&f);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_server_that_is_back_and_refuses_at_first_is_asked_often);
	tcase_add_test(tcase, metadata_alone_can_be_asked_for);
	tcase_add_test(tcase, marks_may_lie_in_the_callers_records);
	tcase_add_test(tcase, objects_are_listed_then_followed);
	tcase_add_test(tcase, old_and_repeated_versions_are_left_out);
	tcase_add_test(tcase, a_restart_of_the_server_resumes_without_a_list);
	tcase_add_test(tcase, a_server_that_ends_every_stream_at_once_is_not_hammered);
	tcase_add_test(tcase, an_expired_version_is_listed_again_and_leaves_no_ghosts);
	tcase_add_test(tcase, other_errors_resume_where_they_were);
	tcase_add_test(tcase, a_silent_stream_is_dead_and_is_replaced);
	tcase_add_test(tcase, events_may_be_cut_anywhere);
	tcase_add_test(tcase, malformed_objects_are_passed_over);
	tcase_add_test(tcase, an_event_beyond_all_bounds_costs_only_itself);
	tcase_add_test(tcase, lists_come_in_pages);
	tcase_add_test(tcase, a_damaged_page_is_listed_again);
	tcase_add_test(tcase, a_page_may_tell_late_of_the_next_one);
	tcase_add_test(tcase, what_is_no_list_is_tried_again);
	tcase_add_test(tcase, too_many_objects_are_an_error_and_not_a_guess);
}

int main(void)
{
	return run_case("watch", add);
}
