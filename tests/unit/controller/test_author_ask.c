/* Who changed a count, from what watches showed and from the target itself, against an API server in this process. */
#include "controller/author_ask.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define AT_NOW "@"
#define OWNED(manager, sub, time)                                                                  \
	"{\"metadata\":{\"name\":\"web\",\"managedFields\":[{\"manager\":\"" manager               \
	"\",\"operation\":\"Update\",\"subresource\":\"" sub "\",\"time\":\"" time                 \
	"\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}}]}}"

static struct fake fake;
static struct events *events;
static struct author_ask *authors;
static char told[4096];	   /* bodies of events */
static const char *target; /* what a GET of it gives */
static struct error err;

static void serve(struct fake *f, struct http_exchange *x)
{
	struct sv body = http_exchange_body(x);

	(void)f;
	if (sv_is(http_exchange_method(x), "POST"))
		(void)snprintf(
			told + strlen(told), sizeof(told) - strlen(told), "%.*s\n", SV_ARG(body));
	http_exchange_reply(x, 200, "application/json",
		sv_is(http_exchange_method(x), "POST") ? SV("{}") : sv_of(target), NULL);
}

static void setup(void)
{
	told[0] = '\0';
	target = "{}";
	fake_start(&fake, serve, NULL);
	ck_assert_int_eq(events_new(fake.client, "test", &events, &err), ERR_OK);
	authors = author_ask_new(fake.client, events);
	ck_assert_ptr_nonnull(authors);
}

static void teardown(void)
{
	author_ask_free(authors);
	events_free(events);
	fake_stop(&fake);
}

/* The text with the time that it is for every @. */
static const char *at_now(const char *text)
{
	static char out[4096];
	AUTO(buf_done) struct buf time = { 0 };
	const char *at = strchr(text, '@');

	buf_init(&time, 64);
	instant_wall_print(&time, instant_wall_now());
	(void)snprintf(
		out, sizeof(out), "%.*s%s%s", (int)(at - text), text, buf_text(&time), at + 1);
	return out;
}

static void see(const char *name, const char *json)
{
	const struct object_id id = { .namespace = SV("n"), .name = sv_of(name) };

	author_ask_see(authors, SCALE_DEPLOYMENT, &id, sv_of(json));
}

static void changed(void)
{
	struct autoscaler one = { .kind = AUTOSCALER_OWN, .key = SV("n/h") };
	const struct hpa hpa = { .meta = { .ns = SV("n"), .name = SV("h"), .uid = SV("u") },
		.spec.target = { .api_version = SV("apps/v1"),
			.kind = SV("Deployment"),
			.name = SV("web") } };
	const struct api_path path = { .group = SV("apps"),
		.version = SV("v1"),
		.namespace = SV("n"),
		.resource = SV("deployments"),
		.name = SV("web") };

	author_ask_start(authors, &one, &hpa, &path, 5, 2);
}

START_TEST(what_a_watch_showed_is_told_without_a_request)
{
	see("web", at_now(OWNED("argocd", "", AT_NOW)));
	see("web", at_now(OWNED("flyball-controller", "scale", AT_NOW)));
	changed();
	FAKE_UNTIL(&fake, told[0] != '\0');
	ck_assert(strstr(told, "went from 5 to 2, set by argocd (Update) at ") != NULL);
	ck_assert(strstr(told, "ReplicasChangedByOther") != NULL);
	ck_assert_int_eq(fake_count(&fake, "GET "), 0);
}
END_TEST

START_TEST(otherwise_the_target_is_read)
{
	target = OWNED("kubectl", "scale", "2026-01-01T00:00:00Z");
	see("other", at_now(OWNED("argocd", "", AT_NOW)));
	changed();
	FAKE_UNTIL(&fake, told[0] != '\0');
	ck_assert(strstr(told, "set by kubectl (Update of scale) at 2026-01-01T00:00:00Z") != NULL);
}
END_TEST

START_TEST(old_authors_and_our_own_writes_are_no_news)
{
	target = OWNED("flyball-controller", "scale", "2026-01-01T00:00:00Z");
	see("web", OWNED("argocd", "", "2020-01-01T00:00:00Z"));
	changed();
	FAKE_UNTIL(&fake, fake_count(&fake, "GET ") == 1);
	fake_turn_for(&fake, 50 * NS_PER_MS);
	ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(a_standby_tells_nothing)
{
	target = OWNED("kubectl", "scale", "2026-01-01T00:00:00Z");
	changed();
	FAKE_UNTIL(&fake, fake_count(&fake, "GET ") == 1);
	author_ask_cancel(authors);
	fake_turn_for(&fake, 100 * NS_PER_MS);
	ck_assert_str_eq(told, "");
	changed();
	FAKE_UNTIL(&fake, told[0] != '\0');
}
END_TEST

START_TEST(questions_have_a_bound)
{
	for (int i = 0; i < 100; i++)
		changed();
	fake_turn_for(&fake, 100 * NS_PER_MS);
	ck_assert_int_le(fake_count(&fake, "GET "), 16);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_a_watch_showed_is_told_without_a_request);
	tcase_add_test(t, otherwise_the_target_is_read);
	tcase_add_test(t, old_authors_and_our_own_writes_are_no_news);
	tcase_add_test(t, a_standby_tells_nothing);
	tcase_add_test(t, questions_have_a_bound);
}

int main(void)
{
	return run_case("author_ask", add);
}
