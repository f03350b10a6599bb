/* TLS of the server: versions and ciphers, client certificates, changing the certificate, clients that
 * break off. */
#include "common/http_tls.h"
#include "tests/unit/common/certs.h"
#include "tests/unit/common/net.h"

#define BODY_BYTES 300000

static void handle(struct http_exchange *x, void *ctx)
{
	struct net *n = ctx;
	struct buf out;
	n->n_handled++;
	buf_init(&out, 1000000);
	if (sv_is(http_exchange_path(x), "/certs")) {
		struct sv der;
		unsigned i = 0;
		while ((der = http_exchange_client_cert_at(x, i)).len > 0) {
			gnutls_x509_crt_t cert;
			char name[64];
			size_t len = sizeof(name);
			const struct buf view = { .data = arena_strdup(http_exchange_arena(x), der),
				.len = der.len };
			gnutls_datum_t datum = certs_datum(&view);
			ck_assert_int_eq(gnutls_x509_crt_init(&cert), 0);
			ck_assert_int_eq(
				gnutls_x509_crt_import(cert, &datum, GNUTLS_X509_FMT_DER), 0);
			ck_assert_int_eq(gnutls_x509_crt_get_dn_by_oid(cert,
						 GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len),
				0);
			buf_printf(&out, "%s|", name);
			gnutls_x509_crt_deinit(cert);
			i++;
		}
		ck_assert_uint_eq(
			http_exchange_client_cert(x).len, http_exchange_client_cert_at(x, 0).len);
	} else {
		buf_put_sv(&out, http_exchange_body(x));
	}
	http_exchange_reply_buf(x, 200, "text/plain", &out, NULL);
	buf_done(&out);
}

struct world {
	struct net net;
	struct certs_authority ca;
	struct certs_pair server;
};

static void start_with(
	struct world *w, bool request_client_cert, const struct http_tls_policy *policy)
{
	w->ca = certs_authority_new("test authority");
	w->server = certs_pair_new(&w->ca, "server");
	const struct http_tls_pair pair = { buf_sv(&w->server.cert), buf_sv(&w->server.key) };
	const struct http_server_config config = { .bind_address = "127.0.0.1",
		.max_body_bytes = 1000000,
		.tls_pairs = &pair,
		.n_tls_pairs = 1,
		.tls = *policy,
		.request_client_cert = request_client_cert };
	net_start(&w->net, &config, handle);
}

static void start(struct world *w, bool request_client_cert)
{
	static const struct http_tls_policy DEFAULTS;
	start_with(w, request_client_cert, &DEFAULTS);
}

static void stop(struct world *w)
{
	net_stop(&w->net);
	certs_pair_done(&w->server);
	certs_authority_done(&w->ca);
}

struct client {
	struct net *net;
	int fd;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	const char *server_name; /* NULL: none is named */
};

/* Turns the loop until the call is through; its result. */
#define THROUGH(c, call)                                                                           \
	({                                                                                         \
		ssize_t code_;                                                                     \
		int64_t until_ = instant_mono_now().ns + NET_PATIENCE_NS;                          \
		while ((code_ = (call)) == GNUTLS_E_AGAIN || code_ == GNUTLS_E_INTERRUPTED) {      \
			net_turn((c)->net, 1);                                                     \
			ck_assert(instant_mono_now().ns < until_);                                 \
		}                                                                                  \
		code_;                                                                             \
	})

/* Result of the handshake. */
static ssize_t client_open(
	struct client *c, struct net *n, const char *priorities, const struct certs_pair *pair)
{
	gnutls_datum_t protocols[] = { { (unsigned char[]){ 'h', '2' }, 2 },
		{ (unsigned char[]){ 'h', 't', 't', 'p', '/', '1', '.', '1' }, 8 } };
	c->net = n;
	c->fd = net_connect(n);
	ck_assert_int_eq(
		gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), 0);
	ck_assert_int_eq(gnutls_certificate_allocate_credentials(&c->credentials), 0);
	ck_assert_int_eq(gnutls_priority_set_direct(c->session, priorities, NULL), 0);
	ck_assert_int_eq(gnutls_alpn_set_protocols(c->session, protocols, 2, 0), 0);
	if (pair) {
		gnutls_datum_t cert = certs_datum(&pair->cert);
		gnutls_datum_t key = certs_datum(&pair->key);
		ck_assert_int_eq(gnutls_certificate_set_x509_key_mem(
					 c->credentials, &cert, &key, GNUTLS_X509_FMT_PEM),
			0);
	}
	ck_assert_int_eq(
		gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->credentials), 0);
	if (c->server_name)
		ck_assert_int_eq(gnutls_server_name_set(c->session, GNUTLS_NAME_DNS, c->server_name,
					 strlen(c->server_name)),
			0);
	gnutls_transport_set_int(c->session, c->fd);
	return THROUGH(c, gnutls_handshake(c->session));
}

static void client_close(struct client *c)
{
	gnutls_deinit(c->session);
	gnutls_certificate_free_credentials(c->credentials);
	close(c->fd);
}

static struct buf client_ask(struct client *c, struct sv request)
{
	struct buf out;
	char bytes[20000];
	buf_init(&out, 1000000);
	while (request.len > 0) {
		ssize_t n = THROUGH(c, gnutls_record_send(c->session, request.ptr, request.len));
		ck_assert_int_gt(n, 0);
		request = sv_skip(request, (size_t)n);
	}
	while (!net_is_answer(buf_sv(&out))) {
		ssize_t n = THROUGH(c, gnutls_record_recv(c->session, bytes, sizeof(bytes)));
		ck_assert_msg(n > 0, "%s", gnutls_strerror((int)n));
		buf_put(&out, bytes, (size_t)n);
	}
	return out;
}

START_TEST(only_modern_versions_and_ciphers_are_spoken)
{
	static const struct {
		const char *sentence, *priorities;
		bool agreed;
		gnutls_protocol_t version;
	} ROWS[] = {
		{ "TLS 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", true, GNUTLS_TLS1_3 },
		{ "TLS 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", true, GNUTLS_TLS1_2 },
		{ "the best of all", "NORMAL", true, GNUTLS_TLS1_3 },
		{ "TLS 1.2 with ChaCha20",
			"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305", true,
			GNUTLS_TLS1_2 },
		{ "TLS 1.1", "NORMAL:-VERS-ALL:+VERS-TLS1.1", false, 0 },
		{ "TLS 1.0", "NORMAL:-VERS-ALL:+VERS-TLS1.0", false, 0 },
		{ "TLS 1.2 with CBC",
			"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC",
			false, 0 },
		{ "TLS 1.2 without forward secrecy", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
			false, 0 },
	};
	struct world w;
	start(&w, false);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct client c = { 0 };
		ssize_t code = client_open(&c, &w.net, ROWS[i].priorities, NULL);
		ck_assert_msg((code == 0) == ROWS[i].agreed, "%s: %s", ROWS[i].sentence,
			gnutls_strerror((int)code));
		if (code == 0) {
			gnutls_datum_t protocol;
			ck_assert_int_eq(gnutls_protocol_get_version(c.session), ROWS[i].version);
			ck_assert_int_eq(
				gnutls_alpn_get_selected_protocol(c.session, &protocol), 0);
			ck_assert_uint_eq(protocol.size, 8);
			struct buf out = client_ask(&c, SV("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
			ck_assert_int_eq(net_status(buf_sv(&out)), 200);
			buf_done(&out);
		}
		client_close(&c);
	}
	stop(&w);
}
END_TEST

START_TEST(versions_and_ciphers_can_be_narrowed)
{
	static const struct {
		const char *sentence;
		struct http_tls_policy policy;
		const char *priorities;
		bool agreed;
	} ROWS[] = {
		{ "only TLS 1.3, asked for it", { .only_tls13 = true }, "NORMAL", true },
		{ "only TLS 1.3, asked for 1.2", { .only_tls13 = true },
			"NORMAL:-VERS-ALL:+VERS-TLS1.2", false },
		{ "one cipher, asked for it", { .aes_256_gcm = true },
			"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM", true },
		{ "one cipher, asked for another", { .aes_256_gcm = true },
			"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", false },
		{ "one cipher, asked for another over 1.3", { .chacha20_poly1305 = true },
			"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM", false },
		{ "two ciphers, asked for the second",
			{ .aes_128_gcm = true, .chacha20_poly1305 = true },
			"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305", true },
	};
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct world w;
		struct client c = { 0 };
		start_with(&w, false, &ROWS[i].policy);
		ssize_t code = client_open(&c, &w.net, ROWS[i].priorities, NULL);
		ck_assert_msg((code == 0) == ROWS[i].agreed, "%s: %s", ROWS[i].sentence,
			gnutls_strerror((int)code));
		client_close(&c);
		stop(&w);
	}
}
END_TEST

START_TEST(large_bodies_pass_both_ways)
{
	struct world w;
	struct client c = { 0 };
	struct buf in;
	start(&w, false);
	buf_init(&in, 1000000);
	buf_printf(&in, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", BODY_BYTES);
	for (unsigned i = 0; i < BODY_BYTES / 10; i++)
		buf_printf(&in, "%09u\n", i);
	ck_assert_int_eq(client_open(&c, &w.net, "NORMAL", NULL), 0);
	for (unsigned round = 0; round < 3; round++) {
		struct buf out = client_ask(&c, buf_sv(&in));
		ck_assert(sv_has_suffix(buf_sv(&out), sv_skip(buf_sv(&in), in.len - BODY_BYTES)));
		buf_done(&out);
	}
	client_close(&c);
	buf_done(&in);
	stop(&w);
}
END_TEST

START_TEST(client_certificates_are_asked_for_and_shown)
{
	struct world w;
	struct client c = { 0 };
	start(&w, true);
	struct certs_authority other = certs_authority_new("somebody");
	struct certs_pair pair = certs_pair_new(&other, "front-proxy-client");
	/* The chain as kube-apiserver may send it: its own certificate, then the issuer's. */
	buf_put_sv(&pair.cert, buf_sv(&other.pem));
	const struct certs_pair *const pairs[] = { &pair, NULL };
	const char *const wanted[] = { "\r\n\r\nfront-proxy-client|somebody|", "\r\n\r\n" };
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(client_open(&c, &w.net, "NORMAL", pairs[i]), 0);
		struct buf out = client_ask(&c, SV("GET /certs HTTP/1.1\r\nHost: h\r\n\r\n"));
		ck_assert_msg(sv_has_suffix(buf_sv(&out), sv_of(wanted[i])), "%s", buf_text(&out));
		buf_done(&out);
		client_close(&c);
	}
	certs_pair_done(&pair);
	certs_authority_done(&other);
	stop(&w);
}
END_TEST

/* Whether the server's certificate was issued by this authority. */
static bool is_issued_by(struct client *c, const struct certs_authority *a)
{
	unsigned n, verdict;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(c->session, &n);
	gnutls_x509_crt_t cert;
	ck_assert_int_eq(gnutls_x509_crt_init(&cert), 0);
	ck_assert_int_eq(gnutls_x509_crt_import(cert, &chain[0], GNUTLS_X509_FMT_DER), 0);
	ck_assert_int_eq(gnutls_x509_crt_verify(cert, &a->cert, 1, 0, &verdict), 0);
	gnutls_x509_crt_deinit(cert);
	return verdict == 0;
}

START_TEST(a_new_certificate_serves_new_connections_only)
{
	struct world w;
	struct client before = { 0 }, after = { 0 };
	struct error err;
	start(&w, false);
	struct certs_authority other = certs_authority_new("another authority");
	struct certs_pair pair = certs_pair_new(&other, "server");
	ck_assert_int_eq(client_open(&before, &w.net, "NORMAL", NULL), 0);
	ck_assert(is_issued_by(&before, &w.ca));
	const struct http_tls_pair good = { buf_sv(&pair.cert), buf_sv(&pair.key) },
				   bad = { buf_sv(&pair.cert), buf_sv(&w.server.key) };
	ck_assert_int_eq(http_server_set_certificates(w.net.server, &bad, 1, &err), ERR_INVALID);
	ck_assert_int_eq(http_server_set_certificates(w.net.server, &good, 1, &err), ERR_OK);
	ck_assert_int_eq(client_open(&after, &w.net, "NORMAL", NULL), 0);
	ck_assert(is_issued_by(&after, &other));
	struct buf out = client_ask(&before, SV("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	ck_assert_int_eq(net_status(buf_sv(&out)), 200);
	buf_done(&out);
	client_close(&before);
	client_close(&after);
	certs_pair_done(&pair);
	certs_authority_done(&other);
	stop(&w);
}
END_TEST

START_TEST(clients_that_name_a_server_get_its_certificate)
{
	static const struct {
		const char *sentence, *server_name;
		bool second;
	} ROWS[] = {
		{ "the name of the first", "server", false },
		{ "the name of the second", "other.example", true },
		{ "a name that none has", "nobody", false },
		{ "no name", NULL, false },
	};
	struct world w;
	struct error err;
	start(&w, false);
	struct certs_authority other = certs_authority_new("another authority");
	struct certs_pair pair = certs_pair_new(&other, "other.example");
	const struct http_tls_pair pairs[] = { { buf_sv(&w.server.cert), buf_sv(&w.server.key) },
		{ buf_sv(&pair.cert), buf_sv(&pair.key) } };
	ck_assert_int_eq(http_server_set_certificates(w.net.server, pairs, 2, &err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct client c = { .server_name = ROWS[i].server_name };
		ck_assert_int_eq(client_open(&c, &w.net, "NORMAL", NULL), 0);
		ck_assert_msg(is_issued_by(&c, &other) == ROWS[i].second, "%s", ROWS[i].sentence);
		client_close(&c);
	}
	certs_pair_done(&pair);
	certs_authority_done(&other);
	stop(&w);
}
END_TEST

START_TEST(a_handshake_that_is_cut_ends_at_once)
{
	static const struct sv PIECES[] = { { "\x16", 1 }, { "\x16\x03\x01", 3 },
		{ "\x16\x03\x01\x02\x00", 5 }, { "\x16\x03\x01\x02\x00\x01\x00\x01", 8 } };
	struct world w;
	start(&w, true);
	for (size_t i = 0; i < ARRAY_LEN(PIECES); i++) {
		struct buf out;
		int64_t before_ns = instant_mono_now().ns;
		buf_init(&out, 100000);
		int fd = net_connect(&w.net);
		net_send(&w.net, fd, PIECES[i]);
		shutdown(fd, SHUT_WR);
		ck_assert(net_read(&w.net, fd, &out, NULL));
		ck_assert_int_lt(instant_mono_now().ns - before_ns, 2 * NS_PER_SEC);
		close(fd);
		buf_done(&out);
	}
	stop(&w);
}
END_TEST

START_TEST(broken_handshakes_end_alone)
{
	static const char *const NOISE[] = { "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
		"\x16\x03\x01\xff\xff\x01", "" };
	struct world w;
	struct client c = { 0 };
	start(&w, true);
	for (size_t i = 0; i < ARRAY_LEN(NOISE); i++) {
		struct buf out;
		buf_init(&out, 100000);
		int fd = net_connect(&w.net);
		net_send(&w.net, fd, sv_of(NOISE[i]));
		shutdown(fd, SHUT_WR);
		ck_assert(net_read(&w.net, fd, &out, NULL));
		ck_assert_uint_eq(sv_find_sv(buf_sv(&out), SV("HTTP")), out.len);
		close(fd);
		buf_done(&out);
	}
	ck_assert_uint_eq(w.net.n_handled, 0);
	ck_assert_int_eq(client_open(&c, &w.net, "NORMAL", NULL), 0);
	client_close(&c);
	net_turn(&w.net, 1);
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, only_modern_versions_and_ciphers_are_spoken);
	tcase_add_test(tcase, versions_and_ciphers_can_be_narrowed);
	tcase_add_test(tcase, large_bodies_pass_both_ways);
	tcase_add_test(tcase, client_certificates_are_asked_for_and_shown);
	tcase_add_test(tcase, a_new_certificate_serves_new_connections_only);
	tcase_add_test(tcase, clients_that_name_a_server_get_its_certificate);
	tcase_add_test(tcase, a_handshake_that_is_cut_ends_at_once);
	tcase_add_test(tcase, broken_handshakes_end_alone);
}

int main(void)
{
	return run_case("http_tls", add);
}
