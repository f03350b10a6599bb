/* server_config.c: definitions that are taken, and what is said about the others. */
#include "common/instant.h"
#include "common/yx.h"
#include "promql/server_config.h"
#include "tests/unit/common/run.h"

struct world {
	struct arena a;
	const struct server_config *servers;
	size_t n;
	struct error err;
};

static enum error_kind decode(struct world *w, const char *text, unsigned options)
{
	struct jtree **documents;
	struct decoder d;
	size_t n;

	*w = (struct world){ 0 };
	arena_init(&w->a, 1u << 20);
	ck_assert_int_eq(yx_parse(&w->a, sv_of(text), "f", &documents, &n, &w->err), ERR_OK);
	decoder_init(&d, &w->a, "f");
	w->servers = server_config_decode(&d, n ? documents[0] : NULL, options, &w->n);
	return decoder_end(&d, &w->err);
}

START_TEST(every_member_arrives)
{
	struct world w;

	enum error_kind kind = decode(&w,
		"- name: a.b-c_1\n"
		"  url: https://thanos:9090/prefix\n"
		"  caFile: /ca\n"
		"  certFile: /crt\n"
		"  keyFile: /key\n"
		"  basicAuth: {username: me, passwordFile: /password}\n"
		"  headers: {X-Scope-OrgID: team, X-Empty: }\n"
		"  queryParameters: {dedup: false, max_source_resolution: 5m}\n"
		"  method: POST\n"
		"  timeout: 7s\n"
		"  maxConcurrency: 3\n"
		"- name: second\n"
		"  url: http://other\n"
		"  tokenFile: /token\n"
		"- {name: third, url: 'https://x', insecureSkipTLSVerify: true}\n",
		0);
	ck_assert_msg(kind == ERR_OK, "%s", w.err.text);
	ck_assert_uint_eq(w.n, 3);
	const struct server_config *s = &w.servers[0];
	ck_assert(sv_is(s->name, "a.b-c_1") && s->line == 1);
	ck_assert_str_eq(s->url, "https://thanos:9090/prefix");
	ck_assert_str_eq(s->ca_file, "/ca");
	ck_assert_str_eq(s->cert_file, "/crt");
	ck_assert_str_eq(s->key_file, "/key");
	ck_assert_str_eq(s->username, "me");
	ck_assert_str_eq(s->password_file, "/password");
	ck_assert_str_eq(s->headers[0], "X-Scope-OrgID: team");
	ck_assert_str_eq(s->headers[1], "X-Empty: ");
	ck_assert_ptr_null(s->headers[2]);
	ck_assert_uint_eq(s->n_params, 2);
	ck_assert(sv_is(s->params[0].name, "dedup") && sv_is(s->params[0].value, "false"));
	ck_assert(s->post && !s->insecure_skip_tls_verify && !s->token_file);
	ck_assert_int_eq(s->timeout_ns, 7 * NS_PER_SEC);
	ck_assert_uint_eq(s->max_concurrency, 3);
	s = server_config_find(w.servers, w.n, SV("second"));
	ck_assert_ptr_eq(s, &w.servers[1]);
	ck_assert_str_eq(s->token_file, "/token");
	ck_assert(!s->post && !s->headers && !s->timeout_ns && !s->max_concurrency);
	ck_assert(w.servers[2].insecure_skip_tls_verify);
	ck_assert_ptr_null(server_config_find(w.servers, w.n, SV("fourth")));
	arena_done(&w.a);
}
END_TEST

START_TEST(tenants_are_part_of_a_definition_only_where_asked)
{
	struct world w;
	static const char TEXT[] =
		"- {name: a, url: 'http://x', namespaces: [one, two]}\n"
		"- {name: b, url: 'http://x', namespaces: ['*'], unrestricted: true}\n"
		"- {name: c, url: 'http://x'}\n";

	ck_assert_int_eq(decode(&w, TEXT, SERVER_CONFIG_TENANTS), ERR_OK);
	ck_assert(server_config_allows(&w.servers[0], SV("two")));
	ck_assert(!server_config_allows(&w.servers[0], SV("three")) && !w.servers[0].unrestricted);
	ck_assert(server_config_allows(&w.servers[1], SV("three")) && w.servers[1].unrestricted);
	ck_assert(!server_config_allows(&w.servers[2], SV("one")));
	arena_done(&w.a);
	ck_assert_int_eq(decode(&w, TEXT, 0), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(w.err.text, "f:1: servers: unknown key \"namespaces\""));
	arena_done(&w.a);
	ck_assert_int_eq(decode(&w, "- {name: a, url: 'http://x', namespaces: ['']}\n",
				 SERVER_CONFIG_TENANTS),
		ERR_INVALID);
	arena_done(&w.a);
}
END_TEST

#define GOOD "name: a, url: 'https://x'"

static const struct {
	const char *name, *text, *why;
} BAD[] = {
	{ "a map for the list", "{}", "f:1: servers: must be a list" },
	{ "an entry that is no map", "- x", "f:1: servers: must be a map of keys and values" },
	{ "an empty entry", "- ", "f:1: servers: must be a map of keys and values" },
	{ "no name", "- {url: 'https://x'}", "servers.name: must be 1 to 63 letters" },
	{ "a name with a blank", "- {name: 'a b', url: 'https://x'}", "servers.name: must be 1" },
	{ "the flags' name", "- {name: default, url: 'https://x'}",
		"servers.name: \"default\" is the server of the command line" },
	{ "a name twice", "- {" GOOD "}\n- {" GOOD "}",
		"f:2: servers.name: another server has this name" },
	{ "an unknown key", "- {" GOOD ", tokenfile: x}",
		"unknown key \"tokenfile\", known are: name" },
	{ "no url", "- {name: a}", "servers.url: must be http://HOST" },
	{ "a url without a host", "- {name: a, url: 'https:///x'}",
		"servers.url: must be http://" },
	{ "another scheme", "- {name: a, url: 'ftp://x'}", "servers.url: must be http://HOST" },
	{ "a password in the url", "- {name: a, url: 'https://me:pw@x'}",
		"servers.url: must not hold user and password: give basicAuth" },
	{ "parameters in the url", "- {name: a, url: 'https://x/?y=z'}",
		"servers.url: must not hold parameters or a fragment: give queryParameters" },
	{ "basic auth without a file", "- {" GOOD ", basicAuth: {username: me}}",
		"servers.basicAuth.passwordFile: must be given" },
	{ "basic auth without a name", "- {" GOOD ", basicAuth: {passwordFile: /x}}",
		"servers.basicAuth.username: must be given" },
	{ "a password in clear", "- {" GOOD ", basicAuth: {username: me, password: x}}",
		"unknown key \"password\", known are: username passwordFile" },
	{ "a header that ends its line", "- {" GOOD ", headers: {X-A: \"b\\r\\nX-C: d\"}}",
		"f:1: servers.headers: " },
	{ "a header name with a blank", "- {" GOOD ", headers: {'X A': b}}",
		"f:1: servers.headers: " },
	{ "a parameter of our own", "- {" GOOD ", queryParameters: {query: up}}",
		"servers.queryParameters: this parameter belongs to each question" },
	{ "another method", "- {" GOOD ", method: PUT}", "servers.method: must be GET or POST" },
	{ "a timeout of nothing", "- {" GOOD ", timeout: 0s}",
		"servers.timeout: must be a duration" },
	{ "a timeout in no unit", "- {" GOOD ", timeout: 5}",
		"servers.timeout: must be a duration" },
	{ "a timeout of a day", "- {" GOOD ", timeout: 24h}",
		"servers.timeout: must be a duration" },
	{ "no concurrency", "- {" GOOD ", maxConcurrency: 0}",
		"servers.maxConcurrency: must be a whole number from 1 to 1000" },
	{ "token and password",
		"- {" GOOD ", tokenFile: /t, basicAuth: {username: u, passwordFile: /p}}",
		"servers: give one of tokenFile, basicAuth and a header Authorization" },
	{ "token and header", "- {" GOOD ", tokenFile: /t, headers: {authorization: x}}",
		"servers: give one of tokenFile, basicAuth and a header Authorization" },
	{ "a certificate without its key", "- {" GOOD ", certFile: /c}",
		"servers: certFile and keyFile must be given together" },
	{ "a certificate without TLS", "- {name: a, url: 'http://x', certFile: /c, keyFile: /k}",
		"need a url with https" },
	{ "trust in one and in all", "- {" GOOD ", caFile: /c, insecureSkipTLSVerify: true}",
		"give one" },
	{ "a file without a name", "- {" GOOD ", caFile: ''}",
		"servers.caFile: must be the name of a file" },
};

START_TEST(mistakes_are_named)
{
	struct world w;

	enum error_kind kind = decode(&w, BAD[_i].text, 0);
	ck_assert_msg(kind == ERR_INVALID, "%s: taken", BAD[_i].name);
	ck_assert_msg(strstr(w.err.text, BAD[_i].why), "%s: %s", BAD[_i].name, w.err.text);
	arena_done(&w.a);
}
END_TEST

START_TEST(an_absent_list_has_no_servers)
{
	struct world w;

	ck_assert_int_eq(decode(&w, "", 0), ERR_OK);
	ck_assert_uint_eq(w.n, 0);
	arena_done(&w.a);
}
END_TEST

static enum error_kind decode_whole(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree **documents;
	struct decoder d;
	size_t n;

	arena_init(&a, 1u << 20);
	enum error_kind kind = yx_parse(&a,
		SV("- {name: a, url: 'https://x', headers: {A: b}, queryParameters: {c: d}, "
		   "basicAuth: {username: u, passwordFile: /p}, namespaces: [e], caFile: /c}"),
		"f", &documents, &n, err);
	if (kind != ERR_OK)
		return kind;
	decoder_init(&d, &a, "f");
	server_config_decode(&d, documents[0], SERVER_CONFIG_TENANTS, &n);
	return decoder_end(&d, err);
}

START_TEST(out_of_memory_is_said)
{
	fail_each_allocation(decode_whole);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, every_member_arrives);
	tcase_add_test(tcase, tenants_are_part_of_a_definition_only_where_asked);
	tcase_add_loop_test(tcase, mistakes_are_named, 0, ARRAY_LEN(BAD));
	tcase_add_test(tcase, out_of_memory_is_said);
	tcase_add_test(tcase, an_absent_list_has_no_servers);
}

int main(void)
{
	return run_case("server_config", add);
}
