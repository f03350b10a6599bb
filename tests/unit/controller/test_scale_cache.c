/* Scales from a watch, against a small API server on the same loop. */
#include "common/limits.h"
#include "controller/scale_cache.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define OBJECT(version, replicas)                                                                  \
	"{\"metadata\":{\"name\":\"web\",\"namespace\":\"n\",\"uid\":\"u\",\"resourceVersion\":"   \
	"\"" version "\"},\"spec\":{\"replicas\":" replicas                                        \
	",\"selector\":{\"matchLabels\":{\"a\":\"b\"}}},\"status\":{\"replicas\":1}}"

struct world {
	struct fake fake;
	struct scale_cache *cache;
	struct http_exchange *stream;
	int n_told, n_errors, refuse;
};

static void on_stream_end(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;
	if (w->stream == x)
		w->stream = NULL;
}

static void serve(struct fake *f, struct http_exchange *x)
{
	struct world *w = f->state;

	if (w->refuse) {
		fake_reply(x, w->refuse, "{}");
	} else if (sv_is(http_exchange_query_get(x, "watch"), "true")) {
		http_exchange_set_ctx(x, w, on_stream_end);
		http_exchange_stream(x, "application/json", 1 << 20);
		w->stream = x;
	} else {
		fake_reply(x, 200,
			"{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" OBJECT(
				"9", "3") "]}");
	}
}

static void on_target(enum scale_kind kind, const struct object_id *id, struct sv json, void *ctx)
{
	struct world *w = ctx;
	(void)id;
	(void)json;
	ck_assert_int_eq(kind, SCALE_DEPLOYMENT);
	w->n_told++;
}

static void on_error(const char *resource, const struct error *err, void *ctx)
{
	struct world *w = ctx;
	(void)err;
	ck_assert_str_eq(resource, "deployments.apps");
	w->n_errors++;
}

static void start(struct world *w)
{
	struct error err;

	fake_start(&w->fake, serve, w);
	const struct scale_cache_config config = {
		.client = w->fake.client, .on_target = on_target, .on_error = on_error, .ctx = w
	};
	ck_assert_int_eq(scale_cache_new(&config, &w->cache, &err), ERR_OK);
}

static void stop(struct world *w)
{
	scale_cache_free(w->cache);
	fake_stop(&w->fake);
}

static struct api_path path_of(const char *resource, const char *name)
{
	return (struct api_path){ .group = SV("apps"),
		.version = SV("v1"),
		.namespace = SV("n"),
		.resource = sv_of(resource),
		.name = sv_of(name),
		.subresource = SV("scale") };
}

/* The count that the cache knows; -1: it has to be asked for; -2: known to fail. */
static int64_t known(struct world *w, struct api_path path, int64_t now_ns)
{
	AUTO(buf_done) struct buf body = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct scale_derived d;
	struct error failed, err;

	buf_init(&body, LIMIT_OBJECT_BYTES);
	arena_init(&a, LIMIT_OBJECT_BYTES);
	switch (scale_cache_get(w->cache, &path, (struct mono){ now_ns }, &body, &failed)) {
	case SCALE_CACHE_ASK:
		return -1;
	case SCALE_CACHE_FAILS:
		ck_assert_str_eq(failed.text, "no");
		return -2;
	case SCALE_CACHE_KNOWN:
		break;
	}
	ck_assert_int_eq(scale_derive_read(&a, SCALE_OTHER, buf_sv(&body), &d, &err), ERR_OK);
	return d.replicas;
}

START_TEST(targets_are_watched_only_while_somebody_uses_their_kind)
{
	struct world w = { 0 };
	struct api_path web = path_of("deployments", "web");

	start(&w);
	fake_turn_for(&w.fake, 50 * NS_PER_MS);
	ck_assert_int_eq(w.fake.n_requests, 0);
	ck_assert_int_eq(known(&w, web, 1), -1);
	scale_cache_use(w.cache, SCALE_DEPLOYMENT);
	scale_cache_use(w.cache, SCALE_DEPLOYMENT);
	FAKE_UNTIL(&w.fake, w.stream && w.n_told == 1);
	ck_assert_int_eq(known(&w, web, 1), 3);
	ck_assert_int_eq(known(&w, path_of("deployments", "other"), 1), -1);
	ck_assert_int_eq(known(&w, path_of("statefulsets", "web"), 1), -1);
	scale_cache_drop(w.cache, SCALE_DEPLOYMENT);
	ck_assert_int_eq(known(&w, web, 1), 3);
	scale_cache_drop(w.cache, SCALE_DEPLOYMENT);
	ck_assert_int_eq(known(&w, web, 1), -1);
	FAKE_UNTIL(&w.fake, !w.stream);
	stop(&w);
}
END_TEST

START_TEST(our_own_write_counts_until_the_watch_has_passed_it)
{
	struct world w = { 0 };
	struct api_path web = path_of("deployments", "web");

	start(&w);
	scale_cache_use(w.cache, SCALE_DEPLOYMENT);
	FAKE_UNTIL(&w.fake, w.stream && w.n_told == 1);
	scale_cache_wrote(w.cache, &web,
		SV("{\"kind\":\"Scale\",\"metadata\":{\"name\":\"web\",\"uid\":\"u\","
		   "\"resourceVersion\":\"20\"},\"spec\":{\"replicas\":7},\"status\":{}}"));
	ck_assert_int_eq(known(&w, web, 1), 7);
	fake_write(w.stream, "{\"type\":\"MODIFIED\",\"object\":" OBJECT("15", "4") "}\n");
	FAKE_UNTIL(&w.fake, w.n_told == 2);
	ck_assert_int_eq(known(&w, web, 1), 7);
	fake_write(w.stream, "{\"type\":\"MODIFIED\",\"object\":" OBJECT("21", "8") "}\n");
	FAKE_UNTIL(&w.fake, w.n_told == 3);
	ck_assert_int_eq(known(&w, web, 1), 8);
	/* Another object of the name, and an answer that is older than what is known. */
	scale_cache_wrote(w.cache, &web,
		SV("{\"metadata\":{\"uid\":\"other\",\"resourceVersion\":\"30\"},\"spec\":{}}"));
	scale_cache_wrote(w.cache, &web,
		SV("{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"19\"},\"spec\":{}}"));
	ck_assert_int_eq(known(&w, web, 1), 8);
	stop(&w);
}
END_TEST

/* After a backup was put back versions are lower, and what the list tells is the truth all the same. */
START_TEST(a_list_may_go_back)
{
	struct world w = { 0 };
	struct api_path web = path_of("deployments", "web");

	start(&w);
	scale_cache_use(w.cache, SCALE_DEPLOYMENT);
	FAKE_UNTIL(&w.fake, w.stream && w.n_told == 1);
	fake_write(w.stream, "{\"type\":\"MODIFIED\",\"object\":" OBJECT("21", "8") "}\n");
	FAKE_UNTIL(&w.fake, w.n_told == 2);
	ck_assert_int_eq(known(&w, web, 1), 8);
	/* It is listed as it was at first. */
	fake_write(w.stream,
		"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":"
		"\"Expired\"}}\n");
	FAKE_UNTIL(&w.fake, w.n_told == 3 && w.stream);
	ck_assert_int_eq(known(&w, web, 1), 3);
	stop(&w);
}
END_TEST

START_TEST(a_broken_watch_knows_nothing)
{
	struct world w = { 0 };
	struct api_path web = path_of("deployments", "web");

	start(&w);
	scale_cache_use(w.cache, SCALE_DEPLOYMENT);
	FAKE_UNTIL(&w.fake, w.stream && w.n_told == 1);
	w.refuse = 503;
	http_exchange_stream_end(w.stream);
	FAKE_UNTIL(&w.fake, w.n_errors == 1);
	ck_assert_int_eq(known(&w, web, 1), -1);
	w.refuse = 0;
	FAKE_UNTIL(&w.fake, w.stream);
	fake_write(w.stream, "{\"type\":\"MODIFIED\",\"object\":" OBJECT("21", "8") "}\n");
	FAKE_UNTIL(&w.fake, w.n_told == 2);
	ck_assert_int_eq(known(&w, web, 1), 8);
	stop(&w);
}
END_TEST

START_TEST(what_cannot_heal_is_asked_once_a_minute)
{
	struct world w = { 0 };
	struct api_path web = path_of("deployments", "web"), crd = path_of("things", "x");
	struct error no;

	start(&w);
	(void)error_set(&no, ERR_DENIED, "no");
	for (int code = 403; code <= 405; code++) {
		no.code = code;
		scale_cache_asked(w.cache, &crd, &no, (struct mono){ 1 });
		ck_assert_int_eq(known(&w, crd, 59 * NS_PER_SEC), -2);
		ck_assert_int_eq(known(&w, crd, 61 * NS_PER_SEC), -1);
		scale_cache_asked(w.cache, &crd, NULL, (struct mono){ 62 * NS_PER_SEC });
		ck_assert_int_eq(known(&w, crd, 1), -1);
	}
	no.code = 500;
	scale_cache_asked(w.cache, &crd, &no, (struct mono){ 1 });
	ck_assert_int_eq(known(&w, crd, 2), -1);
	/* An object that appears ends its failure. */
	no.code = 404;
	scale_cache_asked(w.cache, &web, &no, (struct mono){ 1 });
	ck_assert_int_eq(known(&w, web, 2), -2);
	scale_cache_use(w.cache, SCALE_DEPLOYMENT);
	FAKE_UNTIL(&w.fake, w.stream && w.n_told == 1);
	ck_assert_int_eq(known(&w, web, 2), 3);
	stop(&w);
}
END_TEST

START_TEST(without_memory_it_asks)
{
	struct world w = { 0 };
	struct api_path web = path_of("deployments", "web");

	start(&w);
	scale_cache_use(w.cache, SCALE_DEPLOYMENT);
	FAKE_UNTIL(&w.fake, w.stream && w.n_told == 1);
	for (unsigned long i = 1; i < 12; i++) {
		mem_fail_at(i, true);
		scale_cache_wrote(w.cache, &web,
			SV("{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"20\"},"
			   "\"spec\":{\"replicas\":7}}"));
		mem_fail_at(0, false);
		int64_t n = known(&w, web, 1);
		ck_assert(n == 7 || n == -1);
	}
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, targets_are_watched_only_while_somebody_uses_their_kind);
	tcase_add_test(tcase, our_own_write_counts_until_the_watch_has_passed_it);
	tcase_add_test(tcase, a_list_may_go_back);
	tcase_add_test(tcase, a_broken_watch_knows_nothing);
	tcase_add_test(tcase, what_cannot_heal_is_asked_once_a_minute);
	tcase_add_test(tcase, without_memory_it_asks);
}

int main(void)
{
	return run_case("scale_cache", add);
}
