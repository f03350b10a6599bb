/* kubeconfig: what is read, what is refused and with which line, merging, the Pod's account, and the order of places. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kube/kubeconfig.h"
#include "tests/unit/kube/run.h"

static const char GOOD[] =
	"apiVersion: v1\n"
	"kind: Config\n"
	"current-context: dev\n"
	"clusters:\n"
	"- name: local\n"
	"  cluster:\n"
	"    server: https://10.0.0.1:6443\n"
	"    certificate-authority: pki/ca.crt\n"
	"    tls-server-name: kubernetes\n"
	"- name: open\n"
	"  cluster: {server: 'http://localhost:8080', insecure-skip-tls-verify: true}\n"
	"- name: data\n"
	"  cluster: {server: 'https://h', certificate-authority: x, certificate-authority-data: "
	"Q0E=}\n"
	"users:\n"
	"- name: admin\n"
	"  user: {client-certificate: admin.crt, client-key: /abs/admin.key}\n"
	"- name: bot\n"
	"  user: {token: 12345, tokenFile: bot.token}\n"
	"- name: old\n"
	"  user: {username: me, password: \"s:cret\"}\n"
	"- name: inline\n"
	"  user: {client-certificate: x, client-certificate-data: Q0VSVA==, client-key-data: "
	"S0VZ}\n"
	"contexts:\n"
	"- name: dev\n"
	"  context: {cluster: local, user: admin, namespace: shop}\n"
	"- name: bot\n"
	"  context: {cluster: open, user: bot}\n"
	"- name: old\n"
	"  context: {cluster: open, user: old}\n"
	"- name: inline\n"
	"  context: {cluster: data, user: inline}\n"
	"- name: nobody\n"
	"  context: {cluster: open}\n";

static struct kubeconfig_client resolve(struct arena *a, const char *context)
{
	struct kubeconfig *config;
	struct kubeconfig_client c;
	struct error err;
	ck_assert_msg(
		kubeconfig_parse(a, SV_NULL, "empty", &config, &err) == ERR_OK, "%s", err.text);
	ck_assert_msg(kubeconfig_parse(a, sv_of(GOOD), "/etc/kube/config", &config, &err) == ERR_OK,
		"%s", err.text);
	ck_assert_msg(kubeconfig_resolve(a, config, context, &c, &err) == ERR_OK, "%s", err.text);
	return c;
}

START_TEST(contexts_are_resolved)
{
	AUTO(arena_done) struct arena a = { 0 };
	arena_init(&a, 1 << 20);
	struct kubeconfig_client c = resolve(&a, NULL);
	ck_assert_str_eq(c.context, "dev");
	ck_assert_str_eq(c.namespace, "shop");
	ck_assert_str_eq(c.server, "https://10.0.0.1:6443");
	ck_assert_str_eq(c.ca_file, "/etc/kube/pki/ca.crt");
	ck_assert_str_eq(c.tls_server_name, "kubernetes");
	ck_assert_str_eq(c.cert_file, "/etc/kube/admin.crt");
	ck_assert_str_eq(c.key_file, "/abs/admin.key");
	ck_assert(!c.token && !c.username && !c.insecure_skip_tls_verify);
	c = resolve(&a, "bot");
	ck_assert_str_eq(c.token, "12345");
	ck_assert_str_eq(c.token_file, "/etc/kube/bot.token");
	ck_assert_str_eq(c.namespace, "default");
	ck_assert(c.insecure_skip_tls_verify);
	c = resolve(&a, "old");
	ck_assert_str_eq(c.password, "s:cret");
	c = resolve(&a, "inline");
	ck_assert(sv_is(c.ca_data, "CA") && !c.ca_file);
	ck_assert(sv_is(c.cert_data, "CERT") && !c.cert_file && sv_is(c.key_data, "KEY"));
	c = resolve(&a, "nobody");
	ck_assert(!c.token && !c.cert_file);
}
END_TEST

#define CLUSTER(text) "clusters: [{name: c, cluster: {" text "}}]\n"
#define USER(text) CLUSTER("server: https://h") "users: [{name: u, user: {" text "}}]\n"
#define CONTEXT "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
#define ALONE "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n"

static const struct {
	const char *text, *says;
} WRONG[] = {
	{ "", "f: no current-context: choose one with `kubectl config use-context NAME` or "
	      "--context=NAME" },
	{ "kind: Pod\n", "f:1:7: kind is not \"Config\": this is no kubeconfig" },
	{ "- a\n", "f:1:1: kubeconfig: expected an object (kind: Config), got a list" },
	{ "a: 1\n---\nb: 2\n", "f: 2 documents, a kubeconfig is one" },
	{ "clusters: 7\n", "f:1:11: clusters: expected a list, got a number" },
	{ "users: [{user: {}}]\n", "f:1:9: users: each entry needs a name (text) and a user" },
	{ "users: [7]\n", "f:1:9: users: each entry needs a name (text) and a user" },
	{ "current-context: [a]\n", "f:1:18: current-context: expected a string, got a list" },
	{ "current-context: nope\n",
		"f: context \"nope\" does not exist; `kubectl config get-contexts` lists them" },
	{ ALONE, "f:1:31: context \"x\": cluster \"c\" is not in the file (clusters)" },
	{ "contexts: [{name: x, context: {}}]\ncurrent-context: x\n",
		"f:1:31: context \"x\": cluster is missing" },
	{ "contexts: [{name: x, context: 7}]\ncurrent-context: x\n",
		"f:1:31: context \"x\": expected an object, got a number" },
	{ CLUSTER("server: https://h") CONTEXT,
		"f:2:31: context \"x\": user \"u\" is not in the file (users)" },
	{ CLUSTER("") ALONE, "f:1:31: cluster \"c\": server is missing: expected a URL such as "
			     "https://HOST:6443" },
	{ CLUSTER("server: 'h:6443'") ALONE,
		"f:1:40: cluster \"c\": server: \"h:6443\" is no URL: expected https://HOST:PORT" },
	{ CLUSTER("server: https://h, proxy-url: http://p") ALONE,
		"f:1:62: cluster \"c\": proxy-url: proxies are not supported; give a server that "
		"can be reached without "
		"one, e.g. through a port forward" },
	{ CLUSTER("server: https://h, insecure-skip-tls-verify: 1") ALONE,
		"f:1:77: cluster \"c\": insecure-skip-tls-verify: expected true or false, got a "
		"number" },
	{ CLUSTER("server: https://h, insecure-skip-tls-verify: true, certificate-authority: a")
			ALONE,
		"f:1:31: cluster \"c\": insecure-skip-tls-verify and certificate-authority "
		"contradict each other; remove "
		"one" },
	{ CLUSTER("server: https://h, certificate-authority-data: '%'") ALONE,
		"f:1:79: cluster \"c\": certificate-authority-data: illegal base64 data at input "
		"byte 0" },
	{ CLUSTER("server: [h]") ALONE,
		"f:1:40: cluster \"c\": server: expected a string, got a list" },
	{ USER("exec: {command: aws}") CONTEXT, "f:2:32: user \"u\": exec: login plugins are not "
						"run; put a token into the user instead: token: "
						"\"$(kubectl create token SERVICEACCOUNT)\", or "
						"tokenFile, or a client certificate" },
	{ USER("auth-provider: {name: gcp}") CONTEXT,
		"f:2:41: user \"u\": auth-provider: login plugins are not run; put a token into "
		"the user instead: token: "
		"\"$(kubectl create token SERVICEACCOUNT)\", or tokenFile, or a client "
		"certificate" },
	{ USER("as: root") CONTEXT, "f:2:30: user \"u\": as: impersonation is not supported; use "
				    "the credentials of that account" },
	{ USER("client-certificate: a") CONTEXT,
		"f:2:25: user \"u\": client-certificate is given without client-key" },
	{ USER("client-key: a") CONTEXT,
		"f:2:25: user \"u\": client-key is given without client-certificate" },
	{ USER("username: a, token: b") CONTEXT, "f:2:25: user \"u\": username and token are both "
						 "given; a request can carry one of them" },
};

START_TEST(mistakes_are_named_with_file_and_place)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct kubeconfig *config;
	struct kubeconfig_client c;
	struct error err = { .text = "nothing was refused" };
	arena_init(&a, 1 << 20);
	enum error_kind kind = kubeconfig_parse(&a, sv_of(WRONG[_i].text), "f", &config, &err);
	if (kind == ERR_OK)
		kind = kubeconfig_resolve(&a, config, NULL, &c, &err);
	ck_assert_str_eq(err.text, WRONG[_i].says);
	ck_assert_int_eq(kind, ERR_INVALID);
}
END_TEST

START_TEST(entries_nobody_uses_do_no_harm)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct kubeconfig *config;
	struct kubeconfig_client c;
	struct error err;
	arena_init(&a, 1 << 20);
	const char *text = "users: [{name: broken, user: {exec: {command: x}}}, {name: u, user: "
			   "{token: t}}]\n" CLUSTER("server: https://h") CONTEXT;
	ck_assert_int_eq(kubeconfig_parse(&a, sv_of(text), "f", &config, &err), ERR_OK);
	ck_assert_int_eq(kubeconfig_resolve(&a, config, NULL, &c, &err), ERR_OK);
	ck_assert_str_eq(c.token, "t");
	/* JSON is fine too. */
	text = "{\"current-context\":\"x\",\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":"
	       "\"c\"}}],"
	       "\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"https://j\"}}]}";
	ck_assert_int_eq(kubeconfig_parse(&a, sv_of(text), "f", &config, &err), ERR_OK);
	ck_assert_int_eq(kubeconfig_resolve(&a, config, NULL, &c, &err), ERR_OK);
	ck_assert_str_eq(c.server, "https://j");
}
END_TEST

/* A scratch directory with files. */
struct dir {
	char path[64];
	char list[512];
};

static void make_dir(struct dir *d)
{
	(void)snprintf(d->path, sizeof(d->path), "/tmp/flyball-test-kubeconfig-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->path));
}

static const char *put_file(struct dir *d, const char *name, const char *text)
{
	static char path[256];
	(void)snprintf(path, sizeof(path), "%s/%s", d->path, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

static void remove_dir(struct dir *d, const char *const *names)
{
	for (; *names; names++) {
		char path[256];
		(void)snprintf(path, sizeof(path), "%s/%s", d->path, *names);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(d->path), 0);
}

START_TEST(a_list_of_files_is_merged_and_the_first_wins)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct dir d;
	struct kubeconfig_client c;
	struct error err;
	arena_init(&a, 1 << 20);
	make_dir(&d);
	put_file(&d, "one", "clusters: [{name: c, cluster: {server: https://one}}]\n");
	put_file(&d, "two",
		CLUSTER("server: https://two") ALONE "users: [{name: u, user: {tokenFile: t}}]\n");
	put_file(&d, "three",
		"contexts: [{name: x, context: {cluster: none}}, {name: z, context: {cluster: c, "
		"user: u}}]\n"
		"current-context: z\n");
	(void)snprintf(d.list, sizeof(d.list), "%s/one::%s/missing:%s/two:%s/three", d.path, d.path,
		d.path, d.path);
	struct kubeconfig_env env = { .kubeconfig = d.list, .home = "/nonexistent" };
	ck_assert_msg(
		kubeconfig_find(&a, NULL, NULL, &env, false, &c, &err) == ERR_OK, "%s", err.text);
	ck_assert_str_eq(c.context, "x");
	ck_assert_str_eq(c.server, "https://one");
	ck_assert_msg(
		kubeconfig_find(&a, NULL, "z", &env, false, &c, &err) == ERR_OK, "%s", err.text);
	char expected[128];
	(void)snprintf(expected, sizeof(expected), "%s/t", d.path);
	ck_assert_str_eq(c.token_file, expected);
	remove_dir(&d, (const char *const[]){ "one", "two", "three", NULL });
}
END_TEST

START_TEST(the_pods_account_is_found)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct dir d;
	struct kubeconfig_client c;
	struct error err;
	arena_init(&a, 1 << 20);
	make_dir(&d);
	struct kubeconfig_env env = {
		.service_host = "10.96.0.1", .service_port = "443", .service_account = d.path
	};
	ck_assert_int_eq(kubeconfig_in_cluster(&a, &env, &c, &err), ERR_INVALID);
	ck_assert(strstr(err.text, "automountServiceAccountToken") &&
		  strstr(err.text, "/token: No such file"));
	put_file(&d, "token", "secret");
	put_file(&d, "ca.crt", "PEM");
	ck_assert_int_eq(kubeconfig_in_cluster(&a, &env, &c, &err), ERR_OK);
	ck_assert_str_eq(c.namespace, "default");
	put_file(&d, "namespace", "flyball-system\n");
	env.service_host = "fd00::1";
	ck_assert_int_eq(kubeconfig_find(&a, NULL, NULL, &env, false, &c, &err), ERR_OK);
	ck_assert_str_eq(c.namespace, "flyball-system");
	ck_assert_str_eq(c.server, "https://[fd00::1]:443");
	ck_assert(strstr(c.token_file, "/token") && strstr(c.ca_file, "/ca.crt"));
	/* A kubeconfig goes first for people, the account for daemons. */
	const char *file = put_file(&d, "config", CLUSTER("server: https://file") ALONE);
	env.kubeconfig = file;
	ck_assert_int_eq(kubeconfig_find(&a, NULL, NULL, &env, false, &c, &err), ERR_OK);
	ck_assert_str_eq(c.server, "https://file");
	ck_assert_int_eq(kubeconfig_find(&a, NULL, NULL, &env, true, &c, &err), ERR_OK);
	ck_assert_str_eq(c.server, "https://[fd00::1]:443");
	ck_assert_int_eq(kubeconfig_find(&a, file, NULL, &env, true, &c, &err), ERR_OK);
	ck_assert_str_eq(c.server, "https://file");
	remove_dir(&d, (const char *const[]){ "token", "ca.crt", "namespace", "config", NULL });
}
END_TEST

START_TEST(what_is_not_there_is_told)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct kubeconfig_client c;
	struct error err;
	struct kubeconfig_env env = { .home = "/nonexistent" };
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(kubeconfig_find(&a, NULL, NULL, &env, true, &c, &err), ERR_NOTFOUND);
	ck_assert_str_eq(err.text,
		"no kubeconfig found (looked for /nonexistent/.kube/config) and not in a Pod: give "
		"--kubeconfig=FILE or set KUBECONFIG");
	ck_assert_int_eq(
		kubeconfig_find(&a, "/nonexistent/x", NULL, &env, true, &c, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "kubeconfig: /nonexistent/x: No such file or directory");
	ck_assert_int_eq(kubeconfig_find(&a, "/tmp", NULL, &env, true, &c, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "kubeconfig: /tmp: Is a directory");
	ck_assert_int_eq(kubeconfig_in_cluster(&a, &env, &c, &err), ERR_NOTFOUND);
}
END_TEST

START_TEST(memory_may_run_out_anywhere)
{
	for (unsigned long n = 1;; n++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct kubeconfig *config;
		struct kubeconfig_client c;
		struct error err;
		arena_init(&a, 1 << 20);
		mem_fail_at(n, false);
		unsigned long failures = mem_n_failures();
		enum error_kind kind = kubeconfig_parse(&a, sv_of(GOOD), "f", &config, &err);
		if (kind == ERR_OK)
			kind = kubeconfig_resolve(&a, config, "inline", &c, &err);
		mem_fail_at(0, false);
		if (mem_n_failures() == failures) {
			ck_assert_int_eq(kind, ERR_OK);
			break;
		}
		ck_assert_int_eq(kind, ERR_NOMEM);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, contexts_are_resolved);
	tcase_add_loop_test(
		tcase, mistakes_are_named_with_file_and_place, 0, (int)ARRAY_LEN(WRONG));
	tcase_add_test(tcase, entries_nobody_uses_do_no_harm);
	tcase_add_test(tcase, a_list_of_files_is_merged_and_the_first_wins);
	tcase_add_test(tcase, the_pods_account_is_found);
	tcase_add_test(tcase, what_is_not_there_is_told);
	tcase_add_test(tcase, memory_may_run_out_anywhere);
}

int main(void)
{
	return run_case("kubeconfig", add);
}
