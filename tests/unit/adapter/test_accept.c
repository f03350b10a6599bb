#include <check.h>

#include "adapter/accept.h"
#include "tests/unit/common/run.h"

static const struct {
	const char *name, *header;
	enum accept_tables tables;
	enum accept_format format;
	bool pretty;
} CHOICES[] = {
	{ "no header", "", ACCEPT_NO_TABLES, ACCEPT_JSON, false },
	{ "anything", "*/*", ACCEPT_NO_TABLES, ACCEPT_JSON, false },
	{ "protobuf first, as HPA controllers ask",
		"application/vnd.kubernetes.protobuf,application/json", ACCEPT_NO_TABLES,
		ACCEPT_JSON, false },
	{ "cbor first", "application/cbor,application/json", ACCEPT_NO_TABLES, ACCEPT_JSON, false },
	{ "a wildcard subtype is no type to the router", "application/*", ACCEPT_NO_TABLES,
		ACCEPT_NONE_ROUTER, false },
	{ "html only", "text/html", ACCEPT_NO_TABLES, ACCEPT_NONE_ROUTER, true },
	{ "garbage", ";;;", ACCEPT_NO_TABLES, ACCEPT_NONE_ROUTER, true },
	{ "a version parameter", "application/json;v=v1", ACCEPT_NO_TABLES, ACCEPT_NONE_WRITER,
		true },
	{ "q=0 does not exclude", "application/json;q=0", ACCEPT_NO_TABLES, ACCEPT_JSON, false },
	{ "indented", "application/json;pretty=1", ACCEPT_NO_TABLES, ACCEPT_JSON, true },
	{ "a Table where there is one",
		"application/json;as=Table;v=v1;g=meta.k8s.io,application/json", ACCEPT_ANY_TABLE,
		ACCEPT_TABLE, false },
	{ "a Table where there is none",
		"application/json;as=Table;v=v1;g=meta.k8s.io,application/json", ACCEPT_NO_TABLES,
		ACCEPT_JSON, false },
	{ "only a Table where there is none", "application/json;as=Table;v=v1;g=meta.k8s.io",
		ACCEPT_NO_TABLES, ACCEPT_NONE_WRITER, true },
	{ "a Table of an unknown version",
		"application/json;as=Table;v=v7;g=meta.k8s.io,application/json", ACCEPT_ANY_TABLE,
		ACCEPT_JSON, false },
	{ "the better q first",
		"application/json;as=Table;v=v1;g=meta.k8s.io;q=0.5,application/json",
		ACCEPT_ANY_TABLE, ACCEPT_JSON, false },
};

START_TEST(the_first_clause_that_can_be_served_counts)
{
	for (size_t i = 0; i < ARRAY_LEN(CHOICES); i++) {
		struct accept a = accept_choose(
			sv_of(CHOICES[i].header), CHOICES[i].tables, SV(""), false, SV(""));
		ck_assert_msg(a.format == CHOICES[i].format, "%s: format %d", CHOICES[i].name,
			(int)a.format);
		ck_assert_msg(a.pretty == CHOICES[i].pretty, "%s: pretty", CHOICES[i].name);
	}
}
END_TEST

START_TEST(people_get_indented_answers)
{
	ck_assert(accept_choose(SV(""), ACCEPT_NO_TABLES, SV(""), false, SV("curl/8.1")).pretty);
	ck_assert(accept_choose(SV(""), ACCEPT_NO_TABLES, SV("true"), true, SV("")).pretty);
	ck_assert(
		!accept_choose(SV(""), ACCEPT_NO_TABLES, SV("false"), true, SV("curl/8.1")).pretty);
	ck_assert(!accept_choose(SV(""), ACCEPT_NO_TABLES, SV(""), true, SV("")).pretty);
	ck_assert(!accept_choose(SV(""), ACCEPT_NO_TABLES, SV(""), false, SV("kubectl/v1.36"))
			   .pretty);
}
END_TEST

START_TEST(aggregated_discovery_is_only_for_who_prefers_it)
{
	struct sv v = accept_aggregated(
		SV("application/"
		   "json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"));
	ck_assert(sv_is(v, "v2"));
	v = accept_aggregated(
		SV("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,"
		   "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"));
	ck_assert(sv_is(v, "v2beta1"));
	ck_assert_uint_eq(
		accept_aggregated(SV("application/json,application/"
				     "json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"))
			.len,
		0);
	ck_assert_uint_eq(accept_aggregated(SV("")).len, 0);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, the_first_clause_that_can_be_served_counts);
	tcase_add_test(tcase, people_get_indented_answers);
	tcase_add_test(tcase, aggregated_discovery_is_only_for_who_prefers_it);
}

int main(void)
{
	return run_case("accept", add);
}
