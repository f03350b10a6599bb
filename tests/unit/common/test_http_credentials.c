/* Whom the client believes, and how it proves itself: authorities, certificates, tokens. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "common/http_credentials.h"
#include "tests/unit/common/certs.h"
#include "tests/unit/common/world.h"

/* Credentials */

static void write_file(const char *name, const char *text)
{
	char fresh[80];
	(void)snprintf(fresh, sizeof(fresh), "%s.new", name);
	FILE *f = fopen(fresh, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(rename(fresh, name), 0);
}

START_TEST(bearer_tokens_are_read_again)
{
	struct world w;
	struct error err;
	char dir[] = "/tmp/flyball-test-XXXXXX";
	char file[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/token", dir);
	start(&w, (struct http_endpoint_config){ .bearer_token_file = file });
	w.wanted_token = "first";
	const struct http_request request = {
		.method = "GET", .target = "/secret", .done = on_done, .ctx = &w
	};
	ck_assert_int_eq(http_call_start(w.endpoint, &request, NULL, &err), ERR_UNAVAIL);
	ck_assert_ptr_nonnull(strstr(err.text, file));
	write_file(file, "first\n");
	ask(&w, (struct http_request){ .target = "/secret" });
	ck_assert_int_eq(w.status, 200);
	/* Seen before the request: another file. */
	write_file(file, "second\n");
	w.wanted_token = "second";
	ask(&w, (struct http_request){ .target = "/secret" });
	ck_assert_int_eq(w.status, 200);
	ck_assert_uint_eq(w.net.n_handled, 2);
	/* Seen after the 401: changed while the request was under way. */
	w.wanted_token = "third";
	begin(&w, (struct http_request){ .target = "/secret" });
	write_file(file, "third\n");
	TURN_UNTIL(&w, w.n_done == 3);
	ck_assert_int_eq(w.status, 200);
	ck_assert_uint_eq(w.net.n_handled, 4);
	/* The same token is not tried twice. */
	w.wanted_token = "fourth";
	ask(&w, (struct http_request){ .target = "/secret" });
	ck_assert_int_eq(w.status, 401);
	ck_assert_uint_eq(w.net.n_handled, 5);
	/* Without the file the last token goes on. */
	w.wanted_token = "third";
	ck_assert_int_eq(unlink(file), 0);
	ask(&w, (struct http_request){ .target = "/secret" });
	ck_assert_int_eq(w.status, 200);
	ck_assert_int_eq(rmdir(dir), 0);
	stop(&w);
}
END_TEST

START_TEST(fixed_tokens_and_passwords_are_sent)
{
	struct world w;
	start(&w, (struct http_endpoint_config){ .bearer_token = "abc" });
	ask(&w, (struct http_request){ .target = "/echo" });
	ck_assert(sv_find_sv(buf_sv(&w.body), SV("|Authorization=Bearer abc|")) < w.body.len);
	http_endpoint_free(w.endpoint);
	w.endpoint = endpoint(&w,
		(struct http_endpoint_config){ .username = "aladdin", .password = "opensesame" });
	ask(&w, (struct http_request){ .target = "/echo" });
	ck_assert(sv_find_sv(buf_sv(&w.body),
			  SV("|Authorization=Basic YWxhZGRpbjpvcGVuc2VzYW1l|")) < w.body.len);
	stop(&w);
}
END_TEST

/* Trust */

struct tls_world {
	struct world w;
	struct certs_authority ours, foreign;
	struct certs_pair server, client;
	char url[64];
};

/* The server's certificate comes from the foreign authority when `by_foreign`. */
static void start_tls(struct tls_world *t, bool by_foreign)
{
	t->ours = certs_authority_new("our authority");
	t->foreign = certs_authority_new("foreign authority");
	t->server = certs_pair_new(by_foreign ? &t->foreign : &t->ours, "metrics.svc");
	t->client = certs_pair_new(&t->foreign, "client");
	const struct http_tls_pair pair = { buf_sv(&t->server.cert), buf_sv(&t->server.key) };
	const struct http_server_config server = { .bind_address = "127.0.0.1",
		.tls_pairs = &pair,
		.n_tls_pairs = 1,
		.request_client_cert = true };
	start_with(&t->w, &server, (struct http_endpoint_config){ 0 });
	(void)snprintf(
		t->url, sizeof(t->url), "https://127.0.0.1:%u", http_server_port(t->w.net.server));
}

static void stop_tls(struct tls_world *t)
{
	stop(&t->w);
	certs_pair_done(&t->server);
	certs_pair_done(&t->client);
	certs_authority_done(&t->ours);
	certs_authority_done(&t->foreign);
}

/* One request with this trust; 0 when the server was not believed. */
static int ask_tls(struct tls_world *t, struct http_endpoint_config config)
{
	http_endpoint_free(t->w.endpoint);
	if (!config.base_url)
		config.base_url = t->url;
	t->w.endpoint = endpoint(&t->w, config);
	ask(&t->w, (struct http_request){ .target = "/certificate" });
	return t->w.status;
}

static void write_pem(const char *dir, const char *name, const struct buf *pem, char ret_path[128])
{
	(void)snprintf(ret_path, 128, "%s/%s", dir, name);
	FILE *f = fopen(ret_path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(pem->data, 1, pem->len, f), pem->len);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(servers_are_believed_by_the_configured_authority)
{
	struct tls_world t;
	char dir[] = "/tmp/flyball-test-XXXXXX";
	char ca[128], cert[128], key[128], url[64];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	start_tls(&t, false);
	write_pem(dir, "ca.pem", &t.ours.pem, ca);
	write_pem(dir, "cert.pem", &t.client.cert, cert);
	write_pem(dir, "key.pem", &t.client.key, key);
	ck_assert_msg(ask_tls(&t, (struct http_endpoint_config){ .ca_file = ca }) == 200, "%s",
		t.w.failed.text);
	ck_assert_str_eq(buf_text(&t.w.body), "none");
	ck_assert_msg(
		ask_tls(&t, (struct http_endpoint_config){ .ca_data = buf_sv(&t.ours.pem) }) == 200,
		"%s", t.w.failed.text);
	ck_assert_int_eq(ask_tls(&t, (struct http_endpoint_config){ .ca_data = buf_sv(&t.ours.pem),
					     .ca_file = "/nowhere",
					     .cert_data = buf_sv(&t.client.cert),
					     .key_data = buf_sv(&t.client.key) }),
		200);
	ck_assert_str_eq(buf_text(&t.w.body), "shown");
	ck_assert_int_eq(ask_tls(&t,
				 (struct http_endpoint_config){
					 .ca_file = ca, .cert_file = cert, .key_file = key }),
		200);
	ck_assert_str_eq(buf_text(&t.w.body), "shown");
	ck_assert_int_eq(ask_tls(&t, (struct http_endpoint_config){ .ca_file = ca,
					     .tls_server_name = "metrics.svc" }),
		200);
	ck_assert_int_eq(ask_tls(&t, (struct http_endpoint_config){ .ca_file = ca,
					     .tls_server_name = "other.svc" }),
		0);
	ck_assert_int_eq(
		ask_tls(&t, (struct http_endpoint_config){ .insecure_skip_tls_verify = true }),
		200);
	ck_assert_int_eq(ask_tls(&t, (struct http_endpoint_config){ .ca_file = "/nowhere" }), 0);
	(void)snprintf(url, sizeof(url), "https://localhost:%u", http_server_port(t.w.net.server));
	ck_assert_int_eq(
		ask_tls(&t, (struct http_endpoint_config){ .ca_file = ca, .base_url = url }), 200);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(t.w.net.server));
	ck_assert_int_eq(
		ask_tls(&t, (struct http_endpoint_config){ .ca_file = ca, .base_url = url }), 0);
	stop_tls(&t);
	ck_assert_int_eq(unlink(ca) | unlink(cert) | unlink(key) | rmdir(dir), 0);
}
END_TEST

START_TEST(the_tls_server_name_leaves_the_host_alone)
{
	struct tls_world t;
	char wanted[80];
	start_tls(&t, false);
	http_endpoint_free(t.w.endpoint);
	t.w.endpoint = endpoint(&t.w, (struct http_endpoint_config){ .base_url = t.url,
					      .ca_data = buf_sv(&t.ours.pem),
					      .tls_server_name = "metrics.svc" });
	ask(&t.w, (struct http_request){ .target = "/echo" });
	(void)snprintf(wanted, sizeof(wanted), "|Host=%s|", t.url + 8);
	ck_assert_msg(strstr(buf_text(&t.w.body), wanted), "%s", buf_text(&t.w.body));
	ck_assert_str_eq(http_endpoint_url(t.w.endpoint), t.url);
	stop_tls(&t);
}
END_TEST

/* Puts the foreign authority into the system's store, as far as this process (a child of its own) sees it:
 * where libcurl was built to look, and where OpenSSL's variables point. False: not permitted here. */
static bool poison_system_store(const char *dir, const char *bundle)
{
	setenv("SSL_CERT_FILE", bundle, 1);
	setenv("SSL_CERT_DIR", dir, 1);
	setenv("CURL_CA_BUNDLE", bundle, 1);
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(dir, "/etc/ssl/certs", "none", MS_BIND, NULL) == 0;
}

START_TEST(a_configured_authority_is_the_only_trust)
{
	struct tls_world t;
	char dir[] = "/tmp/flyball-test-XXXXXX";
	char bundle[128], copy[128];
	ck_assert_ptr_nonnull(mkdtemp(dir));
	start_tls(&t, true);
	write_pem(dir, "foreign.pem", &t.foreign.pem, bundle);
	write_pem(dir, "ca-certificates.crt", &t.foreign.pem, copy);
	ck_assert_int_eq(
		ask_tls(&t, (struct http_endpoint_config){ .ca_data = buf_sv(&t.ours.pem) }), 0);
	ck_assert_int_eq(t.w.failed.kind, ERR_UNAVAIL);
	bool poisoned = poison_system_store(dir, bundle);
	/* The counter-check: without a CA of its own the client believes the store. */
	if (poisoned)
		ck_assert_msg(ask_tls(&t, (struct http_endpoint_config){ 0 }) == 200, "%s",
			t.w.failed.text);
	ck_assert_int_eq(
		ask_tls(&t, (struct http_endpoint_config){ .ca_data = buf_sv(&t.ours.pem) }), 0);
	ck_assert_int_eq(t.w.failed.kind, ERR_UNAVAIL);
	ck_assert_uint_eq(t.w.net.n_handled, poisoned);
	ck_assert_int_eq(
		ask_tls(&t, (struct http_endpoint_config){ .ca_data = buf_sv(&t.foreign.pem) }),
		200);
	stop_tls(&t);
	ck_assert_int_eq(unlink(bundle) | unlink(copy), 0);
	if (poisoned)
		umount("/etc/ssl/certs");
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, bearer_tokens_are_read_again);
	tcase_add_test(tcase, fixed_tokens_and_passwords_are_sent);
	tcase_add_test(tcase, servers_are_believed_by_the_configured_authority);
	tcase_add_test(tcase, the_tls_server_name_leaves_the_host_alone);
	tcase_add_test(tcase, a_configured_authority_is_the_only_trust);
}

int main(void)
{
	return run_case("http_credentials", add);
}
