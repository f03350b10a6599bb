/* config_file.c: servers with the namespaces that may use them; everything else is a mistake. */
#include "controller/config_file.h"
#include "promql/server_config.h"
#include "tests/unit/common/run.h"

static const char GOOD[] = "servers:\n"
			   "- name: main\n"
			   "  url: http://prometheus.monitoring.svc:9090\n"
			   "  namespaces: [shop, bank]\n"
			   "- name: open\n"
			   "  url: https://other:9090/prefix\n"
			   "  namespaces: ['*']\n"
			   "  unrestricted: true\n"
			   "  timeout: 3s\n";

START_TEST(servers_say_for_whom_they_are)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct config_file file;
	struct error err;

	arena_init(&a, 1u << 20);
	ck_assert_msg(config_file_parse(&a, sv_of(GOOD), "c.yaml", &file, &err) == ERR_OK, "%s",
		err.text);
	ck_assert_uint_eq(file.prometheus.n, 2);
	const struct server_config *main_server = &file.prometheus.at[0];

	ck_assert(server_config_allows(main_server, SV("bank")));
	ck_assert(!server_config_allows(main_server, SV("default")));
	ck_assert(!main_server->unrestricted && file.prometheus.at[1].unrestricted);
	ck_assert(server_config_allows(&file.prometheus.at[1], SV("default")));
	ck_assert_int_eq(file.prometheus.at[1].timeout_ns, 3 * INT64_C(1000000000));
}
END_TEST

START_TEST(an_empty_file_has_no_servers)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct config_file file;
	struct error err;

	arena_init(&a, 1u << 20);
	ck_assert_int_eq(config_file_parse(&a, SV("# none\n"), "c.yaml", &file, &err), ERR_OK);
	ck_assert_uint_eq(file.prometheus.n, 0);
}
END_TEST

static const struct {
	const char *what, *text, *holds;
} BAD[] = {
	{ "an unknown key", "server:\n- name: a\n", "server" },
	{ "no list", "servers: {name: a}\n", "servers" },
	{ "a server without a URL", "servers:\n- name: a\n", "url" },
	{ "a key that servers do not have", "servers:\n- {name: a, url: 'http://a', uri: b}\n",
		"uri" },
	{ "two documents", "servers: []\n---\nservers: []\n", "must be one YAML document" },
	{ "a service with credentials of its own",
		"servers:\n- {name: a, url: svc/m/p:9090, tokenFile: t}\n", "give no others" },
	{ "neither a URL nor a service", "servers:\n- {name: a, url: pod/m/p}\n",
		"svc/NAMESPACE/NAME:PORT" },
	{ "no YAML", "servers: [\n", "c.yaml" },
};

START_TEST(mistakes_are_one_line)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct config_file file;
	struct error err;

	arena_init(&a, 1u << 20);
	ck_assert_int_eq(
		config_file_parse(&a, sv_of(BAD[_i].text), "c.yaml", &file, &err), ERR_INVALID);
	ck_assert_msg(strstr(err.text, BAD[_i].holds) && strstr(err.text, "c.yaml"), "%s: %s",
		BAD[_i].what, err.text);
	ck_assert(!strchr(err.text, '\n'));
}
END_TEST

START_TEST(a_file_that_is_missing_is_named)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct config_file file;
	struct error err;

	arena_init(&a, 1u << 20);
	ck_assert_int_eq(config_file_load(&a, "/nonexistent/c.yaml", &file, &err), ERR_INVALID);
	ck_assert(strstr(err.text, "/nonexistent/c.yaml"));
}
END_TEST

static enum error_kind work(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct config_file file;

	arena_init(&a, 1u << 20);
	return config_file_parse(&a, sv_of(GOOD), "c.yaml", &file, err);
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, servers_say_for_whom_they_are);
	tcase_add_test(tcase, an_empty_file_has_no_servers);
	tcase_add_loop_test(tcase, mistakes_are_one_line, 0, ARRAY_LEN(BAD));
	tcase_add_test(tcase, a_file_that_is_missing_is_named);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("config_file", add);
}
