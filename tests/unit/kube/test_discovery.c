/* Discovery documents in both forms, and the mapper's rules and oddities. */
#include "common/buf.h"
#include "kube/discovery.h"
#include "tests/unit/kube/run.h"

static const char API_VERSIONS[] = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
static const char GROUPS[] =
	"{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":["
	"{\"name\":\"apps\",\"versions\":[{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"}],"
	"\"preferredVersion\":{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"}},"
	"{\"name\":\"example.com\",\"versions\":[{\"version\":\"v1\"},{\"version\":\"v2\"}],"
	"\"preferredVersion\":{\"version\":\"v2\"}},"
	"{\"name\":\"custom.metrics.k8s.io\",\"versions\":[{\"version\":\"v1beta2\"}],"
	"\"preferredVersion\":{\"version\":\"v1beta2\"}}]}";
static const char CORE[] = "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":["
			   "{\"name\":\"pods\",\"singularName\":\"pod\",\"namespaced\":true,"
			   "\"kind\":\"Pod\",\"verbs\":[\"get\",\"list\","
			   "\"watch\",\"proxy\"],\"shortNames\":[\"po\"]},"
			   "{\"name\":\"pods/"
			   "eviction\",\"singularName\":\"\",\"namespaced\":true,\"group\":"
			   "\"policy\",\"version\":\"v1\","
			   "\"kind\":\"Eviction\",\"verbs\":[\"create\"]},"
			   "{\"name\":\"nodes\",\"singularName\":\"node\",\"namespaced\":false,"
			   "\"kind\":\"Node\",\"verbs\":[]}]}";
static const char APPS[] =
	"{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/v1\",\"resources\":["
	"{\"name\":\"deployments\",\"singularName\":\"deployment\",\"namespaced\":true,\"kind\":"
	"\"Deployment\","
	"\"verbs\":[\"create\",\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\","
	"\"update\",\"watch\"]},"
	"{\"name\":\"deployments/"
	"scale\",\"namespaced\":true,\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":"
	"\"Scale\","
	"\"verbs\":[\"get\",\"patch\",\"update\"]}]}";
static const char WIDGETS1[] =
	"{\"kind\":\"APIResourceList\",\"groupVersion\":\"example.com/v1\",\"resources\":["
	"{\"name\":\"widgets\",\"namespaced\":true,\"kind\":\"Widget\",\"verbs\":[\"get\"]},"
	"{\"name\":\"gears\",\"namespaced\":true,\"kind\":\"Gear\",\"verbs\":[\"get\"]},"
	"{\"name\":\"widgets/scale\",\"namespaced\":true,\"kind\":\"Scale\",\"verbs\":[\"get\"]}]}";
static const char WIDGETS2[] =
	"{\"kind\":\"APIResourceList\",\"groupVersion\":\"example.com/v2\",\"resources\":["
	"{\"name\":\"widgets\",\"namespaced\":true,\"kind\":\"Widget\",\"verbs\":[\"get\"]},"
	"{\"name\":\"widgetz\",\"namespaced\":true,\"kind\":\"Widget\",\"verbs\":[\"get\"]}]}";

static const char AGGREGATED_CORE[] = "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":"
				      "\"apidiscovery.k8s.io/v2\",\"metadata\":{},\"items\":["
				      "{\"metadata\":{\"creationTimestamp\":null},\"versions\":[{"
				      "\"version\":\"v1\",\"resources\":["
				      "{\"resource\":\"pods\",\"responseKind\":{\"group\":\"\","
				      "\"version\":\"\",\"kind\":\"Pod\"},\"scope\":\"Namespaced\","
				      "\"singularResource\":\"pod\",\"verbs\":[\"get\"],"
				      "\"shortNames\":[\"po\"],\"subresources\":["
				      "{\"subresource\":\"eviction\",\"responseKind\":{\"group\":"
				      "\"policy\",\"version\":\"v1\",\"kind\":\"Eviction\"},"
				      "\"verbs\":[\"create\"]}]},"
				      "{\"resource\":\"nodes\",\"responseKind\":{\"kind\":\"Node\"}"
				      ",\"scope\":\"Cluster\",\"verbs\":[\"get\"]}],"
				      "\"freshness\":\"Current\"}]}]}";
static const char AGGREGATED[] =
	"{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/"
	"v2\",\"metadata\":{},\"items\":["
	"{\"metadata\":{\"name\":\"example.com\"},\"versions\":["
	"{\"version\":\"v3\",\"freshness\":\"Stale\"},"
	"{\"version\":\"v2\",\"freshness\":\"Current\",\"resources\":[{\"resource\":\"widgets\","
	"\"responseKind\":{\"kind\":"
	"\"Widget\"},\"scope\":\"Namespaced\",\"subresources\":[{\"subresource\":\"scale\","
	"\"responseKind\":{\"group\":"
	"\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\"}},{\"subresource\":\"odd\"}]},"
	"{\"resource\":\"kindless\",\"scope\":\"Namespaced\"}]}]}]}";

static struct discovery *classic(void)
{
	AUTO(discovery_builder_free) struct discovery_builder *b = NULL;
	struct error err;
	struct sv group, version;
	size_t at = 0;
	int n = 0;
	ck_assert_int_eq(discovery_builder_new(&b, &err), ERR_OK);
	ck_assert_int_eq(discovery_builder_add_groups(b, sv_of(API_VERSIONS), &err), ERR_OK);
	ck_assert_int_eq(discovery_builder_add_groups(b, sv_of(GROUPS), &err), ERR_OK);
	while (discovery_builder_next(b, &at, &group, &version))
		n++;
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(
		discovery_builder_add_resources(b, SV(""), SV("v1"), sv_of(CORE), &err), ERR_OK);
	ck_assert_int_eq(
		discovery_builder_add_resources(b, SV("apps"), SV("v1"), sv_of(APPS), &err),
		ERR_OK);
	ck_assert_int_eq(discovery_builder_add_resources(
				 b, SV("example.com"), SV("v1"), sv_of(WIDGETS1), &err),
		ERR_OK);
	ck_assert_int_eq(discovery_builder_add_resources(
				 b, SV("example.com"), SV("v2"), sv_of(WIDGETS2), &err),
		ERR_OK);
	ck_assert_int_eq(
		discovery_builder_add_resources(b, SV("nope"), SV("v2"), sv_of(WIDGETS2), &err),
		ERR_NOTFOUND);
	at = 0;
	ck_assert(discovery_builder_next(b, &at, &group, &version));
	ck_assert(sv_is(group, "custom.metrics.k8s.io"));
	discovery_builder_set_failed(b, group, version);
	struct discovery *d = discovery_builder_finish(b);
	ck_assert_ptr_nonnull(d);
	return d;
}

START_TEST(classic_documents_make_a_snapshot)
{
	struct discovery *d = classic();
	ck_assert_uint_eq(d->n_groups, 4);
	ck_assert_uint_eq(d->n_failed, 1);
	ck_assert_uint_eq(d->groups[0].name.len, 0);
	const struct discovery_group *g = discovery_find_group(d, SV("apps"));
	const struct discovery_version *v = discovery_find_version(g, SV("v1"));
	const struct discovery_resource *r = discovery_find_resource(v, SV("deployments"));
	ck_assert(
		sv_is(r->kind, "Deployment") && sv_is(r->singular, "deployment") && r->namespaced);
	ck_assert_uint_eq(r->verbs, 0xff);
	r = discovery_find_resource(discovery_find_version(&d->groups[0], SV("v1")), SV("pods"));
	ck_assert_uint_eq(r->verbs, DISCOVERY_GET | DISCOVERY_LIST | DISCOVERY_WATCH);
	ck_assert_uint_eq(r->n_short_names, 1);
	ck_assert(sv_is(r->short_names[0], "po"));
	/* What could not be read is announced, but holds nothing. */
	g = discovery_find_group(d, SV("custom.metrics.k8s.io"));
	ck_assert(g && g->versions[0].failed && sv_is(g->preferred, "v1beta2"));
	ck_assert_ptr_null(discovery_find_version(g, SV("v1beta2")));
	struct discovery *again = discovery_ref(d);
	discovery_unref(d);
	ck_assert_uint_eq(again->n_groups, 4);
	discovery_unref(again);
	discovery_unref(NULL);
}
END_TEST

START_TEST(aggregated_documents_bring_their_resources)
{
	AUTO(discovery_builder_free) struct discovery_builder *b = NULL;
	struct error err;
	struct sv group, version;
	size_t at = 0;
	ck_assert_int_eq(discovery_builder_new(&b, &err), ERR_OK);
	ck_assert_int_eq(discovery_builder_add_groups(b, sv_of(AGGREGATED_CORE), &err), ERR_OK);
	ck_assert_int_eq(discovery_builder_add_groups(b, sv_of(AGGREGATED), &err), ERR_OK);
	ck_assert(!discovery_builder_next(b, &at, &group, &version));
	struct discovery *d = discovery_builder_finish(b);
	const struct discovery_version *v =
		discovery_find_version(discovery_find_group(d, SV("")), SV("v1"));
	ck_assert_uint_eq(v->n_resources, 3);
	ck_assert(sv_is(v->resources[1].name, "pods/eviction") &&
		  sv_is(v->resources[1].group, "policy"));
	ck_assert(sv_is(v->resources[1].singular, "pod") && v->resources[1].namespaced);
	ck_assert(!v->resources[2].namespaced);
	const struct discovery_group *g = discovery_find_group(d, SV("example.com"));
	ck_assert(sv_is(g->preferred, "v2"));
	ck_assert_ptr_null(discovery_find_version(g, SV("v3")));
	ck_assert_uint_eq(d->n_failed, 1);
	ck_assert_uint_eq(discovery_find_version(g, SV("v2"))->n_resources, 2);
	ck_assert(discovery_scale_kind(
		d, SV("example.com"), SV("v2"), SV("widgets"), &group, &version));
	ck_assert(sv_is(group, "autoscaling") && sv_is(version, "v1"));
	discovery_unref(d);
}
END_TEST

static const struct {
	const char *what, *group, *kind;
	size_t n;
	const char *first; /* "resource version preferred" */
} KINDS[] = {
	{ "a plain kind", "apps", "Deployment", 1, "deployments v1 v1" },
	{ "in lower case", "apps", "deployment", 1, "deployments v1 v1" },
	{ "not in mixed case", "apps", "DEPLOYMENT", 0, NULL },
	{ "not of a subresource", "apps", "Scale", 0, NULL },
	{ "not in another group", "", "Deployment", 0, NULL },
	{ "an unknown group", "nope", "Deployment", 0, NULL },
	{ "core", "", "Node", 1, "nodes v1 v1" },
	{ "a list kind is guessed", "apps", "DeploymentList", 1, "deploymentlists v1 v1" },
	{ "not a list in lower case", "apps", "deploymentlist", 0, NULL },
	{ "List itself is everywhere", "example.com", "List", 2, "lists v1 v2" },
	{ "a kind of two versions, in the server's order", "example.com", "Widget", 2,
		"widgets v1 v2" },
	{ "a kind that only the other version has", "example.com", "Gear", 1, "gears v1 v1" },
	{ "nothing of a group that failed", "custom.metrics.k8s.io", "MetricValueList", 0, NULL },
};

START_TEST(kinds_are_mapped_as_the_reference_does)
{
	struct discovery *d = classic();
	struct discovery_mapping all[DISCOVERY_MAX_MAPPINGS], one;
	size_t n = discovery_map_kind(d, sv_of(KINDS[_i].group), sv_of(KINDS[_i].kind), all);
	ck_assert_msg(n == KINDS[_i].n, "%s: %zu", KINDS[_i].what, n);
	ck_assert(discovery_map_kind_preferred(
			  d, sv_of(KINDS[_i].group), sv_of(KINDS[_i].kind), &one) == (n > 0));
	if (n > 0) {
		AUTO(buf_done) struct buf text = { 0 };
		buf_init(&text, 1000);
		buf_printf(&text, "%.*s %.*s %.*s", SV_ARG(all[0].resource), SV_ARG(all[0].version),
			SV_ARG(all[0].preferred));
		ck_assert_msg(strcmp(buf_text(&text), KINDS[_i].first) == 0, "%s: %s",
			KINDS[_i].what, buf_text(&text));
	}
	if (sv_is(sv_of(KINDS[_i].kind), "Widget")) {
		/* The last resource of a kind wins, and only v2 has that one. */
		ck_assert(sv_is(all[1].resource, "widgetz") && sv_is(all[1].preferred, "v2"));
		ck_assert(sv_is(one.version, "v2"));
	}
	discovery_unref(d);
}
END_TEST

START_TEST(versions_and_scales_are_found)
{
	struct discovery *d = classic();
	struct sv group, version;
	struct error err;
	const struct discovery_group *g = discovery_find_group(d, SV("example.com"));
	ck_assert(sv_is(discovery_preferred_version(g, SV("widgets"))->version, "v2"));
	ck_assert(sv_is(discovery_preferred_version(g, SV("gears"))->version, "v1"));
	ck_assert_ptr_null(discovery_preferred_version(g, SV("none")));
	ck_assert_ptr_null(discovery_preferred_version(NULL, SV("none")));
	ck_assert(
		discovery_scale_kind(d, SV("apps"), SV("v1"), SV("deployments"), &group, &version));
	ck_assert(sv_is(group, "autoscaling") && sv_is(version, "v1"));
	/* Without group and version of its own it is of the resource's. */
	ck_assert(discovery_scale_kind(
		d, SV("example.com"), SV("v1"), SV("widgets"), &group, &version));
	ck_assert(sv_is(group, "example.com") && sv_is(version, "v1"));
	ck_assert(!discovery_scale_kind(d, SV(""), SV("v1"), SV("pods"), &group, &version));
	ck_assert_int_eq(discovery_no_match(SV("apps"), SV("Deploy"), &err), ERR_NOTFOUND);
	ck_assert_str_eq(err.text, "no matches for kind \"Deploy\" in group \"apps\"");
	discovery_unref(d);
}
END_TEST

START_TEST(other_documents_are_refused)
{
	AUTO(discovery_builder_free) struct discovery_builder *b = NULL;
	static const char *const BAD[] = { "", "[]", "{}", "{\"kind\":\"Status\"}",
		"{\"kind\":\"APIGroupList\"" };
	struct error err;
	ck_assert_int_eq(discovery_builder_new(&b, &err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		ck_assert_int_eq(discovery_builder_add_groups(b, sv_of(BAD[i]), &err), ERR_INVALID);
	ck_assert_int_eq(
		discovery_builder_add_groups(b, SV("{\"kind\":\"Pod\"}"), &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "discovery: kind \"Pod\": expected APIVersions, APIGroupList or "
				   "APIGroupDiscoveryList; is this a Kubernetes API server?");
	/* Odd members of the right document are passed over. */
	static const char *const ODD[] = { "{\"kind\":\"APIGroupList\",\"groups\":7}",
		"{\"kind\":\"APIGroupList\",\"groups\":[7,{\"versions\":[{},7]}]}",
		"{\"kind\":\"APIGroupDiscoveryList\",\"items\":[7,{\"metadata\":[],\"versions\":[{"
		"\"resources\":[7,{}]}]}]}" };
	for (size_t i = 0; i < ARRAY_LEN(ODD); i++)
		ck_assert_int_eq(discovery_builder_add_groups(b, sv_of(ODD[i]), &err), ERR_OK);
	ck_assert_int_eq(
		discovery_builder_add_resources(b, SV(""), SV(""), SV("{}"), &err), ERR_INVALID);
	discovery_unref(discovery_builder_finish(b));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, classic_documents_make_a_snapshot);
	tcase_add_test(tcase, aggregated_documents_bring_their_resources);
	tcase_add_loop_test(
		tcase, kinds_are_mapped_as_the_reference_does, 0, (int)ARRAY_LEN(KINDS));
	tcase_add_test(tcase, versions_and_scales_are_found);
	tcase_add_test(tcase, other_documents_are_refused);
}

int main(void)
{
	return run_case("discovery", add);
}
