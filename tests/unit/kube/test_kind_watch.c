/* A kind that is missing, comes, and goes away again. */
#include "kube/kind_watch.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

#define PATH "/apis/example.com/v1/things"

struct state {
	bool installed, down, other_kind;
	int n_objects, n_synced, n_errors;
	char told[64]; /* "+" the kind is there, "-" it is not */
	struct http_exchange *stream;
};

static void on_object(const struct object_id *id, struct sv json, void *ctx)
{
	struct state *s = ctx;
	(void)id;
	(void)json;
	s->n_objects++;
}

static void on_deleted(const struct object_id *id, struct sv json, void *ctx)
{
	(void)id;
	(void)json;
	(void)ctx;
}

static void on_synced(void *ctx)
{
	struct state *s = ctx;
	s->n_synced++;
}

static void on_error(const struct error *err, void *ctx)
{
	struct state *s = ctx;
	(void)err;
	s->n_errors++;
}

static void on_known(bool installed, void *ctx)
{
	struct state *s = ctx;
	(void)strncat(s->told, installed ? "+" : "-", sizeof(s->told) - strlen(s->told) - 1);
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

	if (s->down) {
		fake_reply(x, 500, "{}");
	} else if (fake_is(x, "GET", "/api")) {
		fake_reply(x, 200, "{\"kind\":\"APIVersions\",\"versions\":[]}");
	} else if (fake_is(x, "GET", "/apis")) {
		fake_reply(x, 200,
			s->installed ? "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"example."
				       "com\",\"versions\":[{\"groupVersion\":\"example.com/v1\","
				       "\"version\":\"v1\"}]}]}"
				     : "{\"kind\":\"APIGroupList\",\"groups\":[]}");
	} else if (s->installed && fake_is(x, "GET", "/apis/example.com/v1")) {
		fake_reply(x, 200,
			s->other_kind
				? "{\"kind\":\"APIResourceList\",\"groupVersion\":\"example.com/"
				  "v1\",\"resources\":[{\"name\":\"others\",\"kind\":\"Other\"}]}"
				: "{\"kind\":\"APIResourceList\",\"groupVersion\":\"example.com/"
				  "v1\","
				  "\"resources\":[{\"name\":\"things\",\"kind\":\"Thing\","
				  "\"namespaced\":"
				  "true,\"verbs\":[\"list\",\"watch\"]}]}");
	} else if (!s->installed) {
		fake_reply(x, 404, "{\"kind\":\"Status\",\"code\":404,\"reason\":\"NotFound\"}");
	} else if (sv_is(http_exchange_query_get(x, "watch"), "true")) {
		http_exchange_set_ctx(x, s, stream_over);
		http_exchange_stream(x, "application/json", 1 << 20);
		s->stream = x;
	} else {
		fake_reply(x, 200,
			"{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{\"metadata\":{"
			"\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"4\"}}]}");
	}
}

static struct kind_watch *start(struct fake *f, struct state *s, struct discovery_cache **cache)
{
	struct kind_watch *k;
	struct error err;

	fake_start(f, serve, s);
	ck_assert_int_eq(discovery_cache_new(f->client, cache, &err), ERR_OK);
	const struct kind_watch_config config = {
		.watch = { .client = f->client,
			.path = PATH,
			.resource = "things.example.com",
			.on_object = on_object,
			.on_deleted = on_deleted,
			.on_synced = on_synced,
			.on_error = on_error,
			.ctx = s },
		.discovery = *cache,
		.group = "example.com",
		.version = "v1",
		.plural = "things",
		.look_ns = 200 * NS_PER_MS,
		.on_known = on_known,
	};
	ck_assert_int_eq(kind_watch_start(&config, &k, &err), ERR_OK);
	return k;
}

static void stop(struct fake *f, struct kind_watch *k, struct discovery_cache *cache)
{
	kind_watch_stop(k);
	discovery_cache_free(cache);
	fake_stop(f);
}

START_TEST(a_missing_kind_is_found_when_it_is_installed_and_let_go_when_it_is_removed)
{
	struct state s = { 0 };
	struct fake f;
	struct discovery_cache *cache;
	struct kind_watch *k = start(&f, &s, &cache);

	ck_assert(!kind_watch_is_synced(k));
	FAKE_UNTIL(&f, kind_watch_is_synced(k));
	ck_assert(!kind_watch_is_installed(k));
	ck_assert_int_eq(fake_count(&f, "GET " PATH), 0);

	/* It is looked for with one small question. */
	int n_discovery = fake_count(&f, "GET /apis\n");
	int n_looks = fake_count(&f, "GET /apis/example.com/v1\n");
	FAKE_UNTIL(&f, fake_count(&f, "GET /apis/example.com/v1\n") >= n_looks + 2);
	ck_assert_int_eq(fake_count(&f, "GET /apis\n"), n_discovery);
	/* The group has come, the kind has not. */
	s.installed = s.other_kind = true;
	n_looks = fake_count(&f, "GET /apis/example.com/v1\n");
	FAKE_UNTIL(&f, fake_count(&f, "GET /apis/example.com/v1\n") >= n_looks + 2);
	ck_assert(!kind_watch_is_installed(k));
	s.other_kind = false;
	FAKE_UNTIL(&f, s.n_synced == 1 && s.stream);
	ck_assert_int_eq(s.n_objects, 1);
	ck_assert(kind_watch_is_installed(k) && kind_watch_is_connected(k));

	s.installed = false;
	http_exchange_stream_end(s.stream);
	FAKE_UNTIL(&f, !kind_watch_is_installed(k));
	ck_assert(kind_watch_is_synced(k) && kind_watch_is_connected(k));
	int n = fake_count(&f, "GET " PATH);
	fake_turn_for(&f, 500 * NS_PER_MS);
	ck_assert_int_eq(fake_count(&f, "GET " PATH), n);

	s.installed = true;
	FAKE_UNTIL(&f, s.n_synced == 2);
	ck_assert_str_eq(s.told, "-+-+");
	stop(&f, k, cache);
}
END_TEST

START_TEST(a_kind_that_is_there_is_watched_at_once)
{
	struct state s = { .installed = true };
	struct fake f;
	struct discovery_cache *cache;
	struct kind_watch *k = start(&f, &s, &cache);

	FAKE_UNTIL(&f, kind_watch_is_synced(k) && s.stream);
	ck_assert_str_eq(s.told, "+");
	ck_assert_int_eq(s.n_errors, 0);
	stop(&f, k, cache);
}
END_TEST

START_TEST(nothing_is_known_while_the_server_does_not_say)
{
	struct state s = { .installed = true, .down = true };
	struct fake f;
	struct discovery_cache *cache;
	struct kind_watch *k = start(&f, &s, &cache);

	fake_turn_for(&f, 400 * NS_PER_MS);
	ck_assert_str_eq(s.told, "");
	ck_assert(!kind_watch_is_synced(k));
	s.down = false;
	FAKE_UNTIL(&f, kind_watch_is_synced(k));
	ck_assert_str_eq(s.told, "+");
	stop(&f, k, cache);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(
		tcase, a_missing_kind_is_found_when_it_is_installed_and_let_go_when_it_is_removed);
	tcase_add_test(tcase, a_kind_that_is_there_is_watched_at_once);
	tcase_add_test(tcase, nothing_is_known_while_the_server_does_not_say);
}

int main(void)
{
	return run_case("kind_watch", add);
}
