/* server_connect.c: files of a definition, read or refused, and when a client has to be made anew. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/instant.h"
#include "common/tls_cert.h"
#include "promql/server_connect.h"
#include "tests/unit/common/run.h"

struct world {
	struct arena a;
	char folder[40];
	char ca[60], key[60], other_key[60], password[60], token[60], missing[60];
	struct error err;
};

static void put(char path[60], const struct world *w, const char *name, struct sv content)
{
	(void)snprintf(path, 60, "%s/%s", w->folder, name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content.ptr, content.len), (ssize_t)content.len);
	close(fd);
}

static void make_pair(struct world *w, char cert[60], const char *name, char key[60])
{
	struct buf pem[2];

	for (size_t i = 0; i < 2; i++)
		buf_init(&pem[i], 100000);
	enum error_kind kind =
		tls_cert_self_signed(SV("x"), instant_wall_now(), &pem[0], &pem[1], &w->err);
	ck_assert_msg(kind == ERR_OK, "%s", w->err.text);
	if (cert)
		put(cert, w, "crt", buf_sv(&pem[0]));
	put(key, w, name, buf_sv(&pem[1]));
	for (size_t i = 0; i < 2; i++)
		buf_done(&pem[i]);
}

static void start(struct world *w)
{
	*w = (struct world){ .folder = "/tmp/flyball-test-server-XXXXXX" };
	arena_init(&w->a, 1u << 20);
	ck_assert_ptr_nonnull(mkdtemp(w->folder));
	make_pair(w, w->ca, "key", w->key);
	make_pair(w, NULL, "other", w->other_key);
	put(w->password, w, "password", SV("p w\n"));
	put(w->token, w, "token", SV("t0k\n"));
	(void)snprintf(w->missing, sizeof(w->missing), "%s/missing", w->folder);
}

static void stop(struct world *w)
{
	const char *const files[] = { w->ca, w->key, w->other_key, w->password, w->token };

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlink(files[i]);
	ck_assert_int_eq(rmdir(w->folder), 0);
	arena_done(&w->a);
}

static struct server_config whole(const struct world *w)
{
	return (struct server_config){ .name = SV("s"),
		.url = "https://x",
		.ca_file = w->ca,
		.cert_file = w->ca,
		.key_file = w->key,
		.username = "me",
		.password_file = w->password };
}

START_TEST(files_are_read)
{
	struct world w;
	struct prom_client_config c = { 0 };

	start(&w);
	struct server_config s = whole(&w);
	s.post = true;
	s.timeout_ns = 5;
	enum error_kind kind = server_connect_load(&w.a, &s, "agent", &c, &w.err);
	ck_assert_msg(kind == ERR_OK, "%s", w.err.text);
	ck_assert(sv_has_prefix(c.endpoint.ca_data, SV("-----BEGIN CERTIFICATE-----")));
	ck_assert(sv_eq(c.endpoint.ca_data, c.endpoint.cert_data));
	ck_assert(c.endpoint.key_data.len > 0);
	ck_assert_str_eq(c.endpoint.password, "p w");
	ck_assert_str_eq(c.endpoint.user_agent, "agent");
	ck_assert_uint_eq(c.endpoint.max_calls, 32);
	ck_assert(c.post && c.timeout_ns == 5 && !c.endpoint.bearer_token_file);
	s = (struct server_config){
		.name = SV("s"), .url = "http://x", .token_file = w.token, .max_concurrency = 2
	};
	ck_assert_int_eq(server_connect_load(&w.a, &s, NULL, &c, &w.err), ERR_OK);
	ck_assert_str_eq(c.endpoint.bearer_token_file, w.token);
	ck_assert_ptr_null(c.endpoint.bearer_token);
	ck_assert_uint_eq(c.endpoint.max_calls, 2);
	stop(&w);
}
END_TEST

START_TEST(bad_files_are_named)
{
	struct world w;
	struct prom_client_config c;
	char empty[60], lines[60];

	start(&w);
	put(empty, &w, "empty", SV("\n"));
	put(lines, &w, "lines", SV("a\nb\n"));
	struct server_config bad[7];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = whole(&w);
	bad[0].ca_file = w.missing;
	bad[1].ca_file = w.password;
	bad[2].key_file = w.other_key;
	bad[3].cert_file = w.missing;
	bad[4].password_file = empty;
	bad[5].password_file = lines;
	bad[6].token_file = empty;
	static const char *const WHY[] = { "server \"s\": caFile: open ",
		"server \"s\": caFile /tmp/", "server \"s\": certFile /tmp/",
		"server \"s\": certFile: open ", "/empty: expected one line",
		"/lines: expected one line", "/empty is empty" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum error_kind kind = server_connect_load(&w.a, &bad[i], NULL, &c, &w.err);
		ck_assert_int_eq(kind, ERR_INVALID);
		ck_assert_msg(strstr(w.err.text, WHY[i]), "%zu: %s", i, w.err.text);
	}
	unlink(empty);
	unlink(lines);
	stop(&w);
}
END_TEST

static uint64_t fingerprint(struct world *w, const struct server_config *s)
{
	struct prom_client_config c;

	enum error_kind kind = server_connect_load(&w->a, s, NULL, &c, &w->err);
	ck_assert_msg(kind == ERR_OK, "%s", w->err.text);
	return server_connect_fingerprint(&c);
}

START_TEST(a_client_is_made_anew_when_something_differs)
{
	static const char *const HEADERS[] = { "X-A: b", NULL };
	static const struct prom_client_param PARAMS[] = { { SV("a"), SV("b") } };
	struct world w;
	uint64_t seen[10];
	size_t n = 0;

	start(&w);
	struct server_config s = whole(&w);
	seen[n++] = fingerprint(&w, &s);
	ck_assert(seen[0] == fingerprint(&w, &s));
	s.headers = HEADERS;
	seen[n++] = fingerprint(&w, &s);
	s.params = PARAMS;
	s.n_params = 1;
	seen[n++] = fingerprint(&w, &s);
	s.post = true;
	seen[n++] = fingerprint(&w, &s);
	s.timeout_ns = 1;
	seen[n++] = fingerprint(&w, &s);
	s.url = "https://y";
	seen[n++] = fingerprint(&w, &s);
	put(w.password, &w, "password", SV("another"));
	seen[n++] = fingerprint(&w, &s);
	make_pair(&w, w.ca, "key", w.key);
	seen[n++] = fingerprint(&w, &s);
	s.max_concurrency = 1;
	seen[n++] = fingerprint(&w, &s);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(seen[i] != seen[j], "change %zu is as %zu", i, j);
	stop(&w);
}
END_TEST

/* The client reads the token again by itself. */
START_TEST(a_new_token_needs_no_new_client)
{
	struct world w;

	start(&w);
	struct server_config s = { .name = SV("s"), .url = "http://x", .token_file = w.token };
	uint64_t before = fingerprint(&w, &s);
	put(w.token, &w, "token", SV("another"));
	ck_assert(before == fingerprint(&w, &s));
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, files_are_read);
	tcase_add_test(tcase, bad_files_are_named);
	tcase_add_test(tcase, a_client_is_made_anew_when_something_differs);
	tcase_add_test(tcase, a_new_token_needs_no_new_client);
}

int main(void)
{
	return run_case("server_connect", add);
}
