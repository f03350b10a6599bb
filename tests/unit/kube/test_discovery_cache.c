/* Fetching of discovery: both forms of documents, who waits for what, and servers that fail. */
#include "kube/discovery_cache.h"
#include "kube/wait.h"
#include "tests/unit/kube/fake.h"
#include "tests/unit/kube/run.h"

struct waits {
	int n;
	struct error err;
	struct discovery *d; /* as handed over, not counted */
	struct discovery_cache *forget_in;
	void *forget;
};

static void on_snapshot(struct discovery *d, const struct error *failed, void *ctx)
{
	struct waits *w = ctx;
	w->n++;
	w->d = d;
	w->err.kind = ERR_OK;
	if (failed)
		w->err = *failed;
	if (w->forget_in)
		discovery_cache_forget(w->forget_in, w->forget);
}

static struct discovery_cache *make(struct fake *f)
{
	struct discovery_cache *c;
	struct error err;
	ck_assert_int_eq(discovery_cache_new(f->client, &c, &err), ERR_OK);
	return c;
}

static void refresh(struct discovery_cache *c, int64_t max_age_ns, struct waits *w)
{
	struct error err;
	ck_assert_int_eq(discovery_cache_refresh(c, max_age_ns, on_snapshot, w, &err), ERR_OK);
}

static void serve_classic(struct fake *f, struct http_exchange *x)
{
	(void)f;
	if (fake_is(x, "GET", "/api"))
		fake_reply(x, 200, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
	else if (fake_is(x, "GET", "/apis")) {
		AUTO(buf_done) struct buf out = { 0 };
		buf_init(&out, 100000);
		buf_put_str(&out, "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"down\","
				  "\"versions\":[{\"version\":\"v1\"}]}");
		for (int i = 0; i < 30; i++)
			buf_printf(&out,
				",{\"name\":\"g%d\",\"versions\":[{\"version\":\"v1\"},{"
				"\"version\":\"v2\"}]}",
				i);
		buf_put_str(&out, "]}");
		fake_reply(x, 200, buf_text(&out));
	} else if (fake_is(x, "GET", "/apis/down/v1"))
		http_exchange_reply(x, 503, "text/plain", SV("service unavailable"), NULL);
	else
		fake_reply(x, 200,
			"{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"things\","
			"\"kind\":\"Thing\",\"namespaced\":true}]}");
}

START_TEST(classic_documents_are_fetched_one_by_one)
{
	struct fake f;
	struct waits a = { 0 }, b = { 0 };
	fake_start(&f, serve_classic, NULL);
	struct discovery_cache *c = make(&f);
	ck_assert_ptr_null(discovery_cache_get(c));
	refresh(c, DISCOVERY_CACHE_MAX_AGE_NS, &a);
	refresh(c, DISCOVERY_CACHE_MAX_AGE_NS, &b);
	ck_assert_int_eq(a.n, 0);
	FAKE_UNTIL(&f, a.n && b.n);
	ck_assert_int_eq(a.err.kind, ERR_OK);
	ck_assert_int_eq(f.n_requests, 2 + 62);
	ck_assert_uint_eq(a.d->n_groups, 32);
	ck_assert_uint_eq(a.d->n_failed, 1);
	struct discovery_mapping m;
	ck_assert(discovery_map_kind_preferred(a.d, SV("g29"), SV("Thing"), &m));
	ck_assert(!discovery_map_kind_preferred(a.d, SV("down"), SV("Thing"), &m));
	/* Young enough: nobody is asked again, and still nothing is called at once. */
	refresh(c, DISCOVERY_CACHE_MAX_AGE_NS, &a);
	ck_assert_int_eq(a.n, 1);
	FAKE_UNTIL(&f, a.n == 2);
	ck_assert_int_eq(f.n_requests, 64);
	discovery_cache_free(c);
	fake_stop(&f);
}
END_TEST

static const char AGGREGATED[] =
	"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

static void serve_aggregated(struct fake *f, struct http_exchange *x)
{
	(void)f;
	struct sv accept = http_exchange_header(x, "Accept");
	ck_assert(sv_has_prefix(accept, sv_of(AGGREGATED)));
	ck_assert(sv_has_suffix(accept, SV(",application/json")));
	if (fake_is(x, "GET", "/api"))
		http_exchange_reply(x, 403, "text/plain", SV("not for you"), NULL);
	else
		http_exchange_reply(x, 200, AGGREGATED,
			SV("{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":"
			   "\"apps\"},\"versions\":[{"
			   "\"version\":\"v1\",\"resources\":[{\"resource\":\"deployments\","
			   "\"responseKind\":{\"kind\":"
			   "\"Deployment\"},\"scope\":\"Namespaced\"}]}]}]}"),
			NULL);
}

START_TEST(aggregated_documents_need_two_requests)
{
	struct fake f;
	struct discovery *d = NULL;
	struct error err;
	fake_start(&f, serve_aggregated, NULL);
	ck_assert_int_eq(wait_discovery(f.client, &d, &err), ERR_OK);
	ck_assert_int_eq(f.n_requests, 2);
	ck_assert_uint_eq(d->n_groups, 1);
	discovery_unref(d);
	fake_stop(&f);
}
END_TEST

START_TEST(a_miss_is_asked_again_but_not_more_than_once_a_second)
{
	struct fake f;
	struct waits first = { 0 }, misses[50] = { 0 };
	fake_start(&f, serve_aggregated, NULL);
	struct discovery_cache *c = make(&f);
	int64_t began = instant_mono_now().ns;
	refresh(c, 0, &first);
	FAKE_UNTIL(&f, first.n);
	struct discovery *old = discovery_ref(first.d);
	for (int i = 0; i < 50; i++)
		refresh(c, 0, &misses[i]);
	FAKE_UNTIL(&f, misses[0].n && misses[49].n);
	ck_assert_int_ge(instant_mono_now().ns - began, NS_PER_SEC);
	ck_assert_int_eq(f.n_requests, 4);
	ck_assert_ptr_ne(misses[0].d, old);
	ck_assert_ptr_eq(misses[0].d, discovery_cache_get(c));
	/* The old one lives as long as somebody holds it. */
	ck_assert_uint_eq(old->n_groups, 1);
	discovery_unref(old);
	discovery_cache_free(c);
	fake_stop(&f);
}
END_TEST

START_TEST(a_server_that_is_gone_fails_those_who_wait_and_keeps_the_old)
{
	struct fake f;
	struct waits a = { 0 };
	fake_start(&f, serve_aggregated, NULL);
	struct discovery_cache *c = make(&f);
	fake_hang_up(&f);
	refresh(c, 0, &a);
	FAKE_UNTIL(&f, a.n == 1);
	ck_assert_int_eq(a.err.kind, ERR_UNAVAIL);
	ck_assert_ptr_null(a.d);
	fake_listen(&f);
	refresh(c, 0, &a);
	FAKE_UNTIL(&f, a.n == 2);
	ck_assert_int_eq(a.err.kind, ERR_OK);
	fake_hang_up(&f);
	refresh(c, 0, &a);
	FAKE_UNTIL(&f, a.n == 3);
	ck_assert_int_eq(a.err.kind, ERR_UNAVAIL);
	ck_assert_ptr_nonnull(a.d);
	discovery_cache_free(c);
	fake_stop(&f);
}
END_TEST

static void serve_nonsense(struct fake *f, struct http_exchange *x)
{
	(void)f;
	fake_reply(x, 200, "{\"kind\":\"Pod\"}");
}

START_TEST(waiters_can_be_forgotten)
{
	struct fake f;
	struct waits a = { 0 }, b = { 0 }, gone = { 0 };
	struct error err;
	struct discovery *d;
	fake_start(&f, serve_nonsense, NULL);
	struct discovery_cache *c = make(&f);
	a.forget_in = c;
	a.forget = &gone;
	refresh(c, 0, &a);
	refresh(c, 0, &gone);
	refresh(c, 0, &b);
	FAKE_UNTIL(&f, a.n && b.n);
	ck_assert_int_eq(gone.n, 0);
	ck_assert_int_eq(b.err.kind, ERR_INVALID);
	refresh(c, 0, &a);
	discovery_cache_free(c);
	ck_assert_int_eq(wait_discovery(f.client, &d, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "discovery: kind \"Pod\": expected APIVersions, APIGroupList or "
				   "APIGroupDiscoveryList; is this a Kubernetes API server?");
	fake_stop(&f);
	ck_assert_int_eq(a.n, 1);
}
END_TEST

static void serve_nobody(struct fake *f, struct http_exchange *x)
{
	(void)f;
	fake_reply(x, 401, "{\"kind\":\"Status\",\"message\":\"Unauthorized\",\"code\":401}");
}

/* The first question of a command line. */
START_TEST(credentials_that_are_not_known_are_told_as_such)
{
	struct fake f;
	struct discovery *d = NULL;
	struct error err;
	fake_start(&f, serve_nobody, NULL);
	ck_assert_int_eq(wait_discovery(f.client, &d, &err), ERR_DENIED);
	ck_assert_str_eq(err.text,
		"the API server does not accept the kubeconfig's credentials: Unauthorized");
	fake_stop(&f);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, credentials_that_are_not_known_are_told_as_such);
	tcase_add_test(tcase, classic_documents_are_fetched_one_by_one);
	tcase_add_test(tcase, aggregated_documents_need_two_requests);
	tcase_add_test(tcase, a_miss_is_asked_again_but_not_more_than_once_a_second);
	tcase_add_test(tcase, a_server_that_is_gone_fails_those_who_wait_and_keeps_the_old);
	tcase_add_test(tcase, waiters_can_be_forgotten);
}

int main(void)
{
	return run_case("discovery_cache", add);
}
