#include <check.h>

#include "adapter/catalog.h"
#include "adapter/discovery_docs.h"
#include "adapter/objects.h"
#include "tests/unit/common/run.h"

static const char RULES[] =
	"rules:\n"
	"- seriesQuery: a\n  resources: {overrides: {namespace: {resource: namespace}, pod: "
	"{resource: pod}}}\n"
	"  name: {matches: '^(.*)_total$', as: '${1}_rate'}\n  metricsQuery: x\n"
	"- seriesQuery: b\n  resources: {template: <<.Resource>>}\n  name: {as: hits_rate}\n  "
	"metricsQuery: y\n"
	"- seriesQuery: c\n  resources: {overrides: {w: {resource: widget}}}\n  metricsQuery: z\n"
	"externalRules:\n- seriesQuery: e\n  metricsQuery: w\n";

static struct mapper *cluster(void)
{
	static const struct mapper_resource LIST[] = {
		{ .version = SV("v1"),
			.plural = SV("pods"),
			.singular = SV("pod"),
			.kind = SV("Pod"),
			.namespaced = true,
			.preferred = true },
		{ .version = SV("v1"),
			.plural = SV("namespaces"),
			.singular = SV("namespace"),
			.kind = SV("Namespace"),
			.preferred = true },
		{ .group = SV("x.io"),
			.version = SV("v1"),
			.plural = SV("brands"),
			.kind = SV("Brand"),
			.preferred = true },
	};
	struct mapper *m = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(mapper_new(ARRAY_LEN(LIST), &m, &err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(LIST); i++)
		ck_assert_int_eq(mapper_add(m, &LIST[i], &err), ERR_OK);
	return m;
}

struct listings {
	struct series *of[4]; /* a, b, c, e */
};

static const struct series *listing(const struct rules_rule *rule, void *ctx)
{
	const struct listings *l = ctx;
	return l->of[rule->external ? 3 : rule->index];
}

static struct series *series_of(const char *json)
{
	struct series *s = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(series_new(&s, &err), ERR_OK);
	ck_assert_msg(series_feed(s, sv_of(json), &err) == ERR_OK && series_end(s, &err) == ERR_OK,
		"%s", err.text);
	return s;
}

START_TEST(listings_become_metrics_and_the_last_rule_wins)
{
	AUTO(mapper_unref) struct mapper *m = cluster();
	AUTO(generation_unref) struct generation *g = NULL;
	AUTO(catalog_unref) struct catalog *c = NULL;
	struct error err = { 0 };
	struct catalog_count counts[3];
	ck_assert_msg(
		generation_new(sv_of(RULES), "f", m, false, &g, &err) == ERR_OK, "%s", err.text);
	ck_assert_uint_eq(g->n_custom, 2);
	ck_assert_uint_eq(g->n_skipped, 1);
	struct listings l = { {
		series_of("{\"status\":\"success\",\"data\":[{\"__name__\":\"hits_total\","
			  "\"namespace\":\"n\",\"pod\":\"p\"},{\"__name__\":\"other\"}]}"),
		series_of("{\"status\":\"success\",\"data\":[{\"__name__\":\"raw\",\"pod\":\"p\","
			  "\"brand\":\"b\",\"job\":\"j\"}]}"),
		NULL,
		series_of("{\"status\":\"success\",\"data\":[{\"__name__\":\"lag\"}]}"),
	} };
	ck_assert_msg(catalog_new(g, listing, &l, counts, &c, &err) == ERR_OK, "%s", err.text);
	ck_assert_uint_eq(c->n_custom, 3);
	ck_assert_uint_eq(c->n_external, 1);
	struct mapper_name pods = { SV(""), SV("pods") }, brands = { SV("x.io"), SV("brands") };
	const struct catalog_metric *found =
		catalog_find_custom(c, pods, true, SV("hits_rate"), true);
	ck_assert(found && sv_is(found->series, "raw"));
	ck_assert(!catalog_find_custom(c, pods, false, SV("hits_rate"), true));
	ck_assert(!catalog_find_custom(c, brands, false, SV("hits_rate"), true));
	ck_assert(catalog_find_custom(c, brands, false, SV("hits_rate"), false));
	ck_assert(catalog_find_external(c, SV("lag")) && !catalog_find_external(c, SV("nope")));
	ck_assert_uint_eq(counts[0].n_series, 1);
	ck_assert_uint_eq(counts[0].n_metrics, 1);
	ck_assert_uint_eq(counts[1].n_metrics, 2);
	ck_assert_uint_eq(counts[2].n_metrics, 1);
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, 1u << 20);
	discovery_docs_metrics(&out, c, false);
	ck_assert(sv_has_prefix(
		buf_sv(&out), SV("{\"name\":\"brands.x.io/"
				 "hits_rate\",\"singularName\":\"\",\"namespaced\":true,")));
	for (size_t i = 0; i < ARRAY_LEN(l.of); i++)
		series_free(l.of[i]);
}
END_TEST

START_TEST(strict_mode_refuses_an_unknown_resource)
{
	AUTO(mapper_unref) struct mapper *m = cluster();
	struct generation *g = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(generation_new(sv_of(RULES), "f", m, true, &g, &err), ERR_NOTFOUND);
	ck_assert_msg(sv_find_sv(sv_of(err.text), SV("no matches for /, Resource=widget")) <
			      strlen(err.text),
		"%s", err.text);
}
END_TEST

START_TEST(names_are_read_from_a_list_of_metadata)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct error err = { 0 };
	const struct sv *names = NULL;
	size_t n = 0;
	arena_init(&a, 1u << 20);
	static const char LIST[] =
		"{\"kind\":\"X\",\"metadata\":{\"a\":[1,{}]},\"items\":[{\"metadata\":{\"uid\":"
		"\"u\",\"name\":\"b\",\"labels\":{\"name\":\"x\"}},"
		"\"spec\":{}},{\"metadata\":{\"name\":\"a\\u0041\"}}],\"z\":1}";
	ck_assert_msg(objects_decode(&a, sv_of(LIST), &names, &n, &err) == ERR_OK, "%s", err.text);
	ck_assert_uint_eq(n, 2);
	ck_assert(sv_is(names[0], "b") && sv_is(names[1], "aA"));
	ck_assert_int_eq(objects_decode(&a, SV("{\"items\":null}"), &names, &n, &err), ERR_OK);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(
		objects_decode(&a, SV("{\"items\":[{\"metadata\":{}}]}"), &names, &n, &err),
		ERR_INVALID);
	ck_assert_int_eq(objects_decode(&a, SV("{\"items\":[{\"metadata\":{\"name\":\"a\"}}"),
				 &names, &n, &err),
		ERR_INVALID);
	ck_assert_int_eq(objects_decode(&a, SV("[]"), &names, &n, &err), ERR_INVALID);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, listings_become_metrics_and_the_last_rule_wins);
	tcase_add_test(tcase, strict_mode_refuses_an_unknown_resource);
	tcase_add_test(tcase, names_are_read_from_a_list_of_metadata);
}

int main(void)
{
	return run_case("catalog", add);
}
