/* Who else could act on a target. */
#include <stdio.h>

#include "common/mem.h"
#include "controller/foreign.h"
#include "controller/own_kind.h"
#include "tests/unit/controller/run.h"

static struct foreign *known;
static struct error err;

static void setup(void)
{
	known = foreign_new();
	ck_assert_ptr_nonnull(known);
}

static void teardown(void)
{
	foreign_free(known);
}

static struct hpa_ref ref(const char *api_version, const char *kind, const char *name)
{
	return (struct hpa_ref){
		.api_version = sv_of(api_version), .kind = sv_of(kind), .name = sv_of(name)
	};
}

struct native {
	const char *name, *target;
	const char *up, *down; /* selectPolicy; NULL: no behavior */
	int32_t min, max;
};

static void put_text(const char *name, const char *json)
{
	const struct object_id id = { .namespace = SV("default"), .name = sv_of(name) };

	ck_assert_msg(foreign_put_native(known, &id, sv_of(json), &err) == ERR_OK, "%s", err.text);
}

static void put(const struct native *n)
{
	char behavior[256] = "", json[1024];

	if (n->up)
		(void)snprintf(behavior, sizeof(behavior),
			",\"behavior\":{\"scaleUp\":{\"selectPolicy\":\"%s\"},\"scaleDown\":{"
			"\"selectPolicy\":\"%s\"}}",
			n->up, n->down);
	(void)snprintf(json, sizeof(json),
		"{\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\"},\"spec\":{"
		"\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
		"\"name\":\"%s\"},\"minReplicas\":%d,\"maxReplicas\":%d%s}}",
		n->name, n->target, n->min, n->max, behavior);
	put_text(n->name, json);
}

static bool find(
	const char *ns, struct hpa_ref target, int32_t min, int32_t max, struct foreign_actor *ret)
{
	const struct foreign_question q = { sv_of(ns), &target, min, max };

	return foreign_find(known, &q, ret);
}

static const struct {
	const char *what;
	struct native native;
	int32_t min, max; /* ours */
	bool could_act;
} NATIVES[] = {
	{ "without behavior", { "a", "web", NULL, NULL, 1, 10 }, 1, 10, true },
	{ "with one direction disabled", { "a", "web", "Disabled", "Max", 1, 10 }, 1, 10, true },
	{ "idle", { "a", "web", "Disabled", "Disabled", 1, 10 }, 1, 10, false },
	{ "idle with wider bounds", { "a", "web", "Disabled", "Disabled", 1, 100 }, 2, 10, false },
	{ "a minimum above ours", { "a", "web", "Disabled", "Disabled", 2, 10 }, 1, 10, true },
	{ "a maximum below ours", { "a", "web", "Disabled", "Disabled", 1, 9 }, 1, 10, true },
	{ "at zero it does nothing", { "a", "web", "Disabled", "Disabled", 1, 10 }, 0, 10, false },
	{ "another target", { "a", "api", NULL, NULL, 1, 10 }, 1, 10, false },
};

START_TEST(natives)
{
	struct foreign_actor actor;

	put(&NATIVES[_i].native);
	bool found = find("default", ref("apps/v1beta1", "Deployment", "web"), NATIVES[_i].min,
		NATIVES[_i].max, &actor);
	ck_assert_msg(found == NATIVES[_i].could_act, "%s", NATIVES[_i].what);
	if (found)
		ck_assert(sv_is(actor.name, "a") && sv_is(actor.ns, "default"));
}
END_TEST

START_TEST(namespace_group_and_kind_belong_to_the_target)
{
	struct foreign_actor actor;

	put(&(struct native){ "a", "web", NULL, NULL, 1, 10 });
	ck_assert(!find("other", ref("apps/v1", "Deployment", "web"), 1, 10, &actor));
	ck_assert(!find("default", ref("argoproj.io/v1", "Deployment", "web"), 1, 10, &actor));
	ck_assert(!find("default", ref("apps/v1", "StatefulSet", "web"), 1, 10, &actor));
	ck_assert(!find("default", ref("a/b/c", "Deployment", "web"), 1, 10, &actor));
}
END_TEST

START_TEST(objects_are_replaced_and_removed)
{
	struct foreign_actor actor;
	const struct hpa_ref web = ref("apps/v1", "Deployment", "web");

	put(&(struct native){ "a", "web", NULL, NULL, 1, 10 });
	put(&(struct native){ "b", "web", NULL, NULL, 1, 10 });
	put(&(struct native){ "c", "web", NULL, NULL, 1, 10 });
	put(&(struct native){ "b", "api", NULL, NULL, 1, 10 });
	ck_assert_uint_eq(foreign_n(known), 3);
	foreign_remove(known, FOREIGN_NATIVE, SV("default"), SV("c"));
	ck_assert(find("default", web, 1, 10, &actor) && sv_is(actor.name, "a"));
	put(&(struct native){ "a", "web", "Disabled", "Disabled", 1, 10 });
	ck_assert(!find("default", web, 1, 10, &actor));
	foreign_remove(known, FOREIGN_NATIVE, SV("default"), SV("a"));
	foreign_remove(known, FOREIGN_NATIVE, SV("default"), SV("a"));
	foreign_remove(known, FOREIGN_KEDA, SV("default"), SV("b"));
	ck_assert(find("default", ref("apps/v1", "Deployment", "api"), 1, 10, &actor));
	foreign_remove(known, FOREIGN_NATIVE, SV("default"), SV("b"));
	ck_assert_uint_eq(foreign_n(known), 0);
}
END_TEST

START_TEST(an_edit_counts_and_one_that_does_not_decode_changes_nothing)
{
	const struct object_id id = { .namespace = SV("default"), .name = SV("a") };
	const struct hpa_ref web = ref("apps/v1", "Deployment", "web");
	struct foreign_actor actor;

	put(&(struct native){ "a", "web", "Disabled", "Disabled", 1, 10 });
	put(&(struct native){ "a", "web", "Disabled", "Disabled", 1, 10 });
	ck_assert(!find("default", web, 1, 10, &actor));
	put(&(struct native){ "a", "web", "Disabled", "Disabled", 1, 9 });
	ck_assert(find("default", web, 1, 10, &actor) && actor.max == 9);
	ck_assert_int_eq(
		foreign_put_native(known, &id, SV("{\"spec\":{\"maxReplicas\":\"x\"}}"), &err),
		ERR_INVALID);
	ck_assert(find("default", web, 1, 10, &actor) && actor.max == 9);
}
END_TEST

START_TEST(many_of_one_target_go_in_any_order)
{
	const struct hpa_ref web = ref("apps/v1", "Deployment", "web");
	struct foreign_actor actor;
	char name[16];

	for (int i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof(name), "h%d", i);
		put(&(struct native){ name, "web", NULL, NULL, 1, 10 });
	}
	for (int i = 0; i < 50; i++) {
		ck_assert(find("default", web, 1, 10, &actor));
		(void)snprintf(name, sizeof(name), "h%d", i * 7 % 50);
		foreign_remove(known, FOREIGN_NATIVE, SV("default"), sv_of(name));
	}
	ck_assert(!find("default", web, 1, 10, &actor));
}
END_TEST

/* Whoever asks while there is none would otherwise be the second writer. */
START_TEST(without_memory_nobody_is_overlooked)
{
	const struct object_id id = { .namespace = SV("default"), .name = SV("a") };
	const struct hpa_ref web = ref("apps/v1", "Deployment", "web");
	const struct sv edited =
		SV("{\"metadata\":{\"name\":\"a\",\"namespace\":\"default\"},\"spec\":{"
		   "\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
		   "\"name\":\"web\"},\"maxReplicas\":7}}");
	struct foreign_actor actor;
	enum error_kind rc = ERR_NOMEM;

	put(&(struct native){ "a", "web", NULL, NULL, 1, 10 });
	mem_fail_at(1, true);
	bool found = find("default", web, 1, 10, &actor);
	mem_fail_at(0, false);
	ck_assert(found);
	for (unsigned long n = 1; rc != ERR_OK; n++) {
		mem_fail_at(n, false);
		rc = foreign_put_native(known, &id, edited, &err);
		mem_fail_at(0, false);
		ck_assert(rc == ERR_OK || rc == ERR_NOMEM);
		ck_assert(find("default", web, 1, 10, &actor));
		ck_assert_int_eq(actor.max, rc == ERR_OK ? 7 : 10);
	}
}
END_TEST

#define SCALED(annotations, target)                                                                \
	"{\"metadata\":{\"name\":\"s\",\"namespace\":\"default\",\"annotations\":{" annotations    \
	"}},\"spec\":{\"scaleTargetRef\":{" target "}}}"
#define PAUSED "\"autoscaling.keda.sh/paused\":"

static const struct {
	const char *what, *json;
	bool could_act;
} SCALED_OBJECTS[] = {
	{ "kind and group are Deployment's when not said", SCALED("", "\"name\":\"web\""), true },
	{ "another kind", SCALED("", "\"name\":\"web\",\"kind\":\"StatefulSet\""), false },
	{ "paused", SCALED(PAUSED "\"true\"", "\"name\":\"web\""), false },
	{ "paused with any other word", SCALED(PAUSED "\"yes\"", "\"name\":\"web\""), false },
	{ "not paused", SCALED(PAUSED "\"false\"", "\"name\":\"web\""), true },
	{ "pinned to a count it still writes",
		SCALED("\"autoscaling.keda.sh/paused-replicas\":\"3\"", "\"name\":\"web\""), true },
	{ "without a target", "{\"metadata\":{\"name\":\"s\",\"namespace\":\"default\"}}", false },
};

START_TEST(scaled_objects)
{
	struct foreign_actor actor;

	ck_assert_int_eq(foreign_put_keda(known, sv_of(SCALED_OBJECTS[_i].json), &err), ERR_OK);
	bool found = find("default", ref("apps/v1", "Deployment", "web"), 1, 10, &actor);
	ck_assert_msg(found == SCALED_OBJECTS[_i].could_act, "%s", SCALED_OBJECTS[_i].what);
	ck_assert(!found || actor.kind == FOREIGN_KEDA);
}
END_TEST

START_TEST(a_scaled_object_that_is_none_changes_nothing)
{
	struct foreign_actor actor;

	ck_assert_int_eq(foreign_put_keda(known, sv_of(SCALED_OBJECTS[0].json), &err), ERR_OK);
	ck_assert_int_eq(foreign_put_keda(known, SV("{\"metadata\":7}"), &err), ERR_INVALID);
	ck_assert(find("default", ref("apps/v1", "Deployment", "web"), 1, 10, &actor));
	put(&(struct native){ "a", "api", NULL, NULL, 1, 10 });
	foreign_remove_kind(known, FOREIGN_KEDA);
	ck_assert(!find("default", ref("apps/v1", "Deployment", "web"), 1, 10, &actor));
	ck_assert_uint_eq(foreign_n(known), 1);
}
END_TEST

START_TEST(a_kind_that_goes_leaves_the_other)
{
	enum { EACH = 300 };
	char name[16], json[256];
	struct foreign_actor actor;

	for (int i = 0; i < EACH; i++) {
		(void)snprintf(name, sizeof(name), "h%d", i);
		put(&(struct native){ name, name, NULL, NULL, 1, 10 });
		(void)snprintf(json, sizeof(json),
			"{\"metadata\":{\"name\":\"s%d\",\"namespace\":\"default\"},\"spec\":{"
			"\"scaleTargetRef\":{\"name\":\"%s\"}}}",
			i, name);
		ck_assert_int_eq(foreign_put_keda(known, sv_of(json), &err), ERR_OK);
	}
	foreign_remove_kind(known, FOREIGN_KEDA);
	ck_assert_uint_eq(foreign_n(known), EACH);
	for (int i = 0; i < EACH; i++) {
		(void)snprintf(name, sizeof(name), "h%d", i);
		ck_assert(find("default", ref("apps/v1", "Deployment", name), 1, 10, &actor));
		ck_assert_int_eq(actor.kind, FOREIGN_NATIVE);
	}
}
END_TEST

static void check_text(const struct foreign_actor *actor, const char *part)
{
	AUTO(buf_done) struct buf out = { 0 };
	const struct hpa_ref web = ref("apps/v1", "Deployment", "web");
	const struct foreign_question q = { SV("default"), &web, 1, 20 };

	buf_init(&out, 1000);
	foreign_print(&out, actor, &q);
	ck_assert_msg(strstr(buf_text(&out), part) != NULL, "%s", buf_text(&out));
}

START_TEST(messages_name_the_other_and_the_way_out)
{
	check_text(&(struct foreign_actor){ .kind = FOREIGN_NATIVE, .name = SV("web") },
		"HorizontalPodAutoscaler web scales the same target; flyball adopt hpa/web");
	check_text(&(struct foreign_actor){ .kind = FOREIGN_NATIVE,
			   .name = SV("web"),
			   .held = true,
			   .min = 1,
			   .max = 10 },
		"web, 1 to 10, do not contain ours, 1 to 20");
	check_text(&(struct foreign_actor){ .kind = FOREIGN_KEDA, .name = SV("so") },
		"ScaledObject so scales the same target; pause it");
}
END_TEST

START_TEST(one_that_is_decoded_counts_like_its_text)
{
	struct foreign_actor actor;
	struct hpa_rules disabled = { .select_policy = SV("Disabled") };
	struct hpa_behavior idle = { &disabled, &disabled };
	struct hpa hpa = { .meta = { .ns = SV("default"), .name = SV("a") },
		.spec = { .target = ref("apps/v1", "Deployment", "web"), .max_replicas = 10 } };

	ck_assert_int_eq(foreign_put_hpa(known, &hpa, &err), ERR_OK);
	ck_assert(find("default", hpa.spec.target, 1, 10, &actor) && sv_is(actor.name, "a"));
	hpa.spec.behavior = &idle;
	ck_assert_int_eq(foreign_put_hpa(known, &hpa, &err), ERR_OK);
	ck_assert(!find("default", hpa.spec.target, 1, 10, &actor));
	ck_assert(find("default", hpa.spec.target, 1, 11, &actor) && actor.max == 10);
	put(&(struct native){ "a", "web", NULL, NULL, 1, 10 });
	ck_assert(find("default", hpa.spec.target, 1, 10, &actor));
	ck_assert_uint_eq(foreign_n(known), 1);
}
END_TEST

START_TEST(a_scaled_object_without_a_namespace_gets_the_one_given)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct hpa_ref web = ref("apps/v1", "Deployment", "web");
	struct foreign_actor actor;
	struct jtree *t;

	arena_init(&a, 1 << 20);
	ck_assert_int_eq(jtree_parse(&a,
				 SV("{\"metadata\":{\"name\":\"s\"},\"spec\":{"
				    "\"scaleTargetRef\":{\"name\":\"web\"}}}"),
				 &t, &err),
		ERR_OK);
	ck_assert_int_eq(foreign_put_keda_tree(known, t, SV("here"), &err), ERR_OK);
	ck_assert(find("here", web, 1, 10, &actor) && sv_is(actor.ns, "here"));
	ck_assert(!find("default", web, 1, 10, &actor));
}
END_TEST

/* An idle native object on the target, from 2 to 10. */
static const struct {
	const char *what;
	enum own_mode mode;
	int32_t min, max;     /* min 0: none */
	int32_t override_min; /* 0: no override */
	int32_t override_max;
	bool native;
	const char *part; /* of the message; NULL: none */
} QUESTIONS[] = {
	{ "bounds within its own", OWN_MODE_ACTIVE, 2, 10, 0, 0, false, NULL },
	{ "more than it allows", OWN_MODE_ACTIVE, 2, 20, 0, 0, false, "2 to 20" },
	{ "a maximum below its own", OWN_MODE_ACTIVE, 3, 9, 0, 0, false, NULL },
	{ "without a minimum it is 1", OWN_MODE_ACTIVE, 0, 10, 0, 0, false, "1 to 10" },
	{ "an override leaves them", OWN_MODE_ACTIVE, 2, 10, 1, 30, false, "1 to 30" },
	{ "an override within", OWN_MODE_ACTIVE, 2, 10, 3, 5, false, NULL },
	{ "one that only recommends", OWN_MODE_RECOMMEND, 1, 20, 0, 0, false, NULL },
	{ "a native object", OWN_MODE_ACTIVE, 1, 20, 0, 0, true, NULL },
};

START_TEST(what_is_told_about_an_object)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct own_override override = { .min_replicas = opt_i32_of(QUESTIONS[_i].override_min),
		.max_replicas = opt_i32_of(QUESTIONS[_i].override_max) };
	struct own_spec own = { .mode = QUESTIONS[_i].mode };
	struct hpa hpa = { .meta = { .ns = SV("default"), .name = SV("mine") },
		.spec = { .target = ref("apps/v1", "Deployment", "web"),
			.max_replicas = QUESTIONS[_i].max,
			.own = QUESTIONS[_i].native ? NULL : &own } };

	arena_init(&a, 1 << 20);
	if (QUESTIONS[_i].override_min > 0)
		own.override = &override;
	if (QUESTIONS[_i].min > 0)
		hpa.spec.min_replicas = opt_i32_of(QUESTIONS[_i].min);
	put(&(struct native){ "a", "web", "Disabled", "Disabled", 2, 10 });
	struct sv text = foreign_tell(known, &a, &hpa);
	ck_assert_ptr_nonnull(text.ptr);
	if (QUESTIONS[_i].part)
		ck_assert_msg(sv_find_sv(text, sv_of(QUESTIONS[_i].part)) < text.len, "%s: %.*s",
			QUESTIONS[_i].what, SV_ARG(text));
	else
		ck_assert_msg(text.len == 0, "%s: %.*s", QUESTIONS[_i].what, SV_ARG(text));
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, natives, 0, (int)ARRAY_LEN(NATIVES));
	tcase_add_test(t, namespace_group_and_kind_belong_to_the_target);
	tcase_add_test(t, objects_are_replaced_and_removed);
	tcase_add_test(t, an_edit_counts_and_one_that_does_not_decode_changes_nothing);
	tcase_add_test(t, many_of_one_target_go_in_any_order);
	tcase_add_test(t, without_memory_nobody_is_overlooked);
	tcase_add_loop_test(t, scaled_objects, 0, (int)ARRAY_LEN(SCALED_OBJECTS));
	tcase_add_test(t, a_scaled_object_that_is_none_changes_nothing);
	tcase_add_test(t, a_kind_that_goes_leaves_the_other);
	tcase_add_test(t, messages_name_the_other_and_the_way_out);
	tcase_add_test(t, one_that_is_decoded_counts_like_its_text);
	tcase_add_test(t, a_scaled_object_without_a_namespace_gets_the_one_given);
	tcase_add_loop_test(t, what_is_told_about_an_object, 0, (int)ARRAY_LEN(QUESTIONS));
}

int main(void)
{
	return run_case("foreign", add);
}
