/* Which native objects nobody decides about, and who keeps our kind off a target. */
#include "controller/beside.h"
#include "controller/own_kind.h"
#include "tests/unit/controller/run.h"
#include "tests/unit/kube/fake.h"

#define CANARY "flyball-canary"
#define TARGET CANARY "-has-no-target"
#define NATIVE(name, labels, target)                                                               \
	SV("{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"labels\":{" labels       \
	   "}},\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","  \
	   "\"name\":\"" target "\"},\"maxReplicas\":9}}")
#define OURS "\"app.kubernetes.io/managed-by\":\"flyball-controller\""

static struct fake fake;
static struct discovery_cache *discovery;
static struct beside *beside;

static void serve(struct fake *f, struct http_exchange *x)
{
	(void)f;
	fake_reply(x, 404, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"code\":404}");
}

static void on_progress(void *ctx)
{
	(void)ctx;
}

static void setup(void)
{
	struct beside_config config = { .on_progress = on_progress };
	struct error err;

	fake_start(&fake, serve, NULL);
	config.client = fake.client;
	ck_assert_int_eq(discovery_cache_new(fake.client, &discovery, &err), ERR_OK);
	config.discovery = discovery;
	ck_assert_int_eq(beside_new(&config, &beside, &err), ERR_OK);
}

static void teardown(void)
{
	beside_free(beside);
	discovery_cache_free(discovery);
	fake_stop(&fake);
}

static const struct {
	const char *what;
	struct sv name, json;
	const char *target; /* ours */
	bool is_canary;
	bool indexes; /* our kind was found before */
	bool is_left_alone;
} ROWS[] = {
	{ "an ordinary one", SV("web"), NATIVE("web", "", "web"), "web", false, true, true },
	{ "an ordinary one before our kind is found", SV("web"), NATIVE("web", "", "web"), "web",
		false, false, false },
	{ "one that has the canary's name", SV(CANARY), NATIVE(CANARY, "", "web"), "web", false,
		true, true },
	{ "one that looks like a canary, and has a target", SV(CANARY),
		NATIVE(CANARY, OURS, TARGET), TARGET, true, true, true },
	{ "the same before our kind is found", SV(CANARY), NATIVE(CANARY, OURS, TARGET), TARGET,
		true, false, true },
};

START_TEST(ours_leaves_the_target_of_a_native_one_alone)
{
	const struct object_id id = { .namespace = SV("shop"), .name = ROWS[_i].name };
	struct own_spec own = { .mode = OWN_MODE_ACTIVE };
	const struct hpa ours = { .meta = { .ns = SV("shop"), .name = SV("ours") },
		.spec = { .target = { .api_version = SV("apps/v1"),
				  .kind = SV("Deployment"),
				  .name = sv_of(ROWS[_i].target) },
			.max_replicas = 9,
			.own = &own } };

	if (ROWS[_i].indexes)
		ck_assert(beside_index_natives(beside));
	ck_assert(!beside_has_foreign(beside, &ours));
	bool is_canary = beside_see_native(beside, &id, ROWS[_i].json);
	ck_assert_msg(is_canary == ROWS[_i].is_canary, "%s", ROWS[_i].what);
	ck_assert_msg(
		beside_has_foreign(beside, &ours) == ROWS[_i].is_left_alone, "%s", ROWS[_i].what);
	ck_assert(!beside_lose_native(beside, &id));
	ck_assert(!beside_has_foreign(beside, &ours));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
		tcase, ours_leaves_the_target_of_a_native_one_alone, 0, (int)ARRAY_LEN(ROWS));
}

int main(void)
{
	return run_case("beside", add);
}
