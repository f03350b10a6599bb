#include <check.h>

#include "adapter/rules.h"
#include "tests/unit/common/run.h"

static const struct {
	const char *name, *text, *why; /* NULL: fine */
} FILES[] = {
	{ "an empty file", "", NULL },
	{ "an unknown key names what is known", "rules:\n- seriesQuery: a\n  foo: 1\n",
		"f.yaml:3: rule: unknown key \"foo\", known are: seriesQuery seriesFilters "
		"resources name metricsQuery server enforceNamespace sampleTimestamp" },
	{ "every finding is named", "rulez: []\nrules:\n- name: abc\n",
		"f.yaml:1: file: unknown key \"rulez\", known are: rules externalRules "
		"resourceRules servers; f.yaml:3: name: must be a map of keys and values" },
	{ "a quoted boolean", "rules:\n- resources: {namespaced: \"false\"}\n",
		"f.yaml:2: resources.namespaced: must be true or false, without quotes" },
	{ "a list where a map belongs", "resourceRules: []\n",
		"f.yaml:1: resourceRules: must be a map of keys and values" },
	{ "a map where a list belongs", "rules: {}\n",
		"f.yaml:1: rules: must be a list (lines that begin with \"- \")" },
	{ "a bad window", "resourceRules:\n  window: 5x\n",
		"f.yaml:2: resourceRules.window: unknown unit \"x\" in duration \"5x\"" },
	{ "a server that is not defined", "rules:\n- server: a\n",
		"f.yaml:2: server: must be a name from the list servers" },
	{ "the flags' server has a name", "rules:\n- server: default\n", NULL },
	{ "a server with a mistake", "servers:\n- name: a\n",
		"f.yaml:2: servers.url: must be http://HOST[:PORT][/PATH] or https://..." },
	{ "a second document is not read", "rules: []\n---\nbogus: [\n", NULL },
	{ "a marker inside of quotes ends the document", "rules: \"\n---\n\"\n", "" },
};

START_TEST(files_are_accepted_and_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct rules_config c = { 0 };
		struct error err = { 0 };
		arena_init(&a, 1u << 20);
		enum error_kind kind = rules_parse(&a, sv_of(FILES[i].text), "f.yaml", &c, &err);
		ck_assert_msg((kind == ERR_OK) == (FILES[i].why == NULL), "%s: %s", FILES[i].name,
			err.text);
		if (FILES[i].why && FILES[i].why[0])
			ck_assert_str_eq(err.text, FILES[i].why);
	}
}
END_TEST

START_TEST(members_arrive_as_they_were_written)
{
	static const char TEXT[] =
		"rules:\n"
		"- seriesQuery: 0x1F\n"
		"  seriesFilters: [{is: ^a}, {isNot: b$}]\n"
		"  resources: {template: <<.Resource>>, overrides: {1: {group: apps, resource: "
		"deployment}}, namespaced: no}\n"
		"  name: {matches: '^(.*)_total$', as: yes}\n"
		"  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)\n"
		"externalRules:\n- {}\n"
		"resourceRules: {cpu: {containerLabel: c}, window: 1m30s}\n";
	AUTO(arena_done) struct arena a = { 0 };
	struct rules_config c = { 0 };
	struct error err = { 0 };
	arena_init(&a, 1u << 20);
	ck_assert_msg(rules_parse(&a, sv_of(TEXT), "f", &c, &err) == ERR_OK, "%s", err.text);
	ck_assert_uint_eq(c.n_rules, 1);
	ck_assert_uint_eq(c.n_external, 1);
	const struct rules_rule *r = c.rules;
	ck_assert(sv_is(r->series_query, "0x1F"));
	ck_assert_uint_eq(r->n_filters, 2);
	ck_assert(sv_is(r->filters[0].is, "^a") && sv_is(r->filters[1].is_not, "b$"));
	ck_assert(sv_is(r->mapping.template, "<<.Resource>>"));
	ck_assert(sv_is(r->mapping.overrides[0].label, "1") &&
		  sv_is(r->mapping.overrides[0].group, "apps"));
	ck_assert(r->mapping.namespaced.set && !r->mapping.namespaced.value);
	ck_assert(sv_is(r->name_as, "yes"));
	ck_assert_uint_eq(r->line, 2);
	ck_assert(c.external[0].external && !c.external[0].mapping.namespaced.set);
	ck_assert(c.has_resource_rules && sv_is(c.cpu.container_label, "c"));
	ck_assert_int_eq(c.window_ns, INT64_C(90000000000));
}
END_TEST

static const char OURS[] = "servers:\n- {name: a, url: 'http://x'}\n"
			   "rules:\n- {server: a, enforceNamespace: true, sampleTimestamp: true}\n"
			   "externalRules:\n- {server: default}\n"
			   "resourceRules: {cpu: {server: a}}\n";

START_TEST(our_own_keys_arrive)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct rules_config c = { 0 };
	struct error err = { 0 };
	arena_init(&a, 1u << 20);
	ck_assert_msg(rules_parse(&a, sv_of(OURS), "f", &c, &err) == ERR_OK, "%s", err.text);
	ck_assert_uint_eq(c.n_servers, 1);
	ck_assert(sv_is(c.rules[0].server, "a") && c.rules[0].enforce_namespace &&
		  c.rules[0].sample_timestamp);
	ck_assert(c.external[0].server.len == 0 && !c.external[0].enforce_namespace);
	ck_assert(sv_is(c.cpu.server, "a") && c.memory.server.len == 0);
}
END_TEST

/* --compatibility=strict: unknown to the reference, so refused. */
START_TEST(our_own_keys_are_unknown_to_the_reference)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct rules_config c = { 0 };
	struct error err = { 0 };
	arena_init(&a, 1u << 20);
	ck_assert_int_eq(rules_parse_exact(&a, sv_of(OURS), "f", &c, &err), ERR_INVALID);
	static const char *const KEYS[] = { "\"servers\"", "\"server\"", "\"enforceNamespace\"",
		"\"sampleTimestamp\"" };
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
		ck_assert_msg(strstr(err.text, KEYS[i]), "%s: %s", KEYS[i], err.text);
	ck_assert_int_eq(
		rules_parse_exact(&a, SV("rules: [{metricsQuery: a}]"), "f", &c, &err), ERR_OK);
}
END_TEST

static const struct {
	const char *text;
	int64_t ns; /* -1: refused */
} DURATIONS[] = { { "0", 0 }, { "5m", INT64_C(300000000000) }, { "1d2h", INT64_C(93600000000000) },
	{ "500ms", 500000000 }, { "05m", INT64_C(300000000000) }, { "1m1h", -1 }, { "1m1m", -1 },
	{ "1.5m", -1 }, { "-1m", -1 }, { "", -1 }, { "5", -1 }, { "300y", -1 },
	{ "99999999999999999999s", -1 } };

START_TEST(durations_follow_prometheus)
{
	for (size_t i = 0; i < ARRAY_LEN(DURATIONS); i++) {
		struct error err = { 0 };
		int64_t ns = -1;
		(void)!rules_duration(sv_of(DURATIONS[i].text), &ns, &err);
		ck_assert_msg(ns == DURATIONS[i].ns, "%s: %lld", DURATIONS[i].text, (long long)ns);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, files_are_accepted_and_refused);
	tcase_add_test(tcase, members_arrive_as_they_were_written);
	tcase_add_test(tcase, our_own_keys_arrive);
	tcase_add_test(tcase, our_own_keys_are_unknown_to_the_reference);
	tcase_add_test(tcase, durations_follow_prometheus);
}

int main(void)
{
	return run_case("rules", add);
}
