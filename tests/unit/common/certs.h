#pragma once
/* Certificates made on the spot: authorities and what they sign. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"
#include "common/instant.h"
#include "tests/unit/common/run.h"

struct certs_authority {
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;
	struct buf pem;
};

struct certs_pair {
	struct buf cert, key; /* PEM */
};

static inline void certs_put(struct buf *out, gnutls_x509_crt_t cert, gnutls_x509_privkey_t key)
{
	gnutls_datum_t text = { 0 };
	buf_init(out, 100000);
	if (key)
		ck_assert_int_eq(
			gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, 0, &text),
			0);
	else
		ck_assert_int_eq(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &text), 0);
	buf_put(out, text.data, text.size);
	gnutls_free(text.data);
}

static inline void certs_begin(
	gnutls_x509_crt_t *ret_cert, gnutls_x509_privkey_t *ret_key, const char *name)
{
	static unsigned char serial;
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;
	time_t now = (time_t)instant_wall_now().sec;

	ck_assert_int_eq(gnutls_x509_privkey_init(&key), 0);
	ck_assert_int_eq(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
				 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	ck_assert_int_eq(gnutls_x509_crt_init(&cert), 0);
	serial++;
	ck_assert_int_eq(gnutls_x509_crt_set_version(cert, 3), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_serial(cert, &serial, 1), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_activation_time(cert, now - 3600), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_expiration_time(cert, now + 3600), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_key(cert, key), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, name,
				 (unsigned)strlen(name)),
		0);
	*ret_cert = cert;
	*ret_key = key;
}

static inline __attribute__((unused)) struct certs_authority certs_authority_new(const char *name)
{
	struct certs_authority a;
	certs_begin(&a.cert, &a.key, name);
	ck_assert_int_eq(gnutls_x509_crt_set_ca_status(a.cert, 1), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_key_usage(a.cert, GNUTLS_KEY_KEY_CERT_SIGN), 0);
	ck_assert_int_eq(gnutls_x509_crt_sign2(a.cert, a.cert, a.key, GNUTLS_DIG_SHA256, 0), 0);
	certs_put(&a.pem, a.cert, NULL);
	/* A certificate that was read knows its own encoding; verification compares that. */
	gnutls_datum_t text = { (unsigned char *)a.pem.data, (unsigned)a.pem.len };
	gnutls_x509_crt_deinit(a.cert);
	ck_assert_int_eq(gnutls_x509_crt_init(&a.cert), 0);
	ck_assert_int_eq(gnutls_x509_crt_import(a.cert, &text, GNUTLS_X509_FMT_PEM), 0);
	return a;
}

static inline __attribute__((unused)) void certs_authority_done(struct certs_authority *a)
{
	gnutls_x509_crt_deinit(a->cert);
	gnutls_x509_privkey_deinit(a->key);
	buf_done(&a->pem);
}

/* For servers and clients alike; names: localhost and 127.0.0.1, and `name` itself. */
static inline __attribute__((unused)) struct certs_pair certs_pair_new(
	const struct certs_authority *by, const char *name)
{
	static const unsigned char LOOPBACK[] = { 127, 0, 0, 1 };
	struct certs_pair p;
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;

	certs_begin(&cert, &key, name);
	ck_assert_int_eq(gnutls_x509_crt_set_subject_alt_name(
				 cert, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET),
		0);
	ck_assert_int_eq(gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, name,
				 (unsigned)strlen(name), GNUTLS_FSAN_APPEND),
		0);
	ck_assert_int_eq(gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, LOOPBACK,
				 sizeof(LOOPBACK), GNUTLS_FSAN_APPEND),
		0);
	ck_assert_int_eq(gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_DIGITAL_SIGNATURE), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER, 0), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_CLIENT, 0), 0);
	ck_assert_int_eq(gnutls_x509_crt_sign2(cert, by->cert, by->key, GNUTLS_DIG_SHA256, 0), 0);
	certs_put(&p.cert, cert, NULL);
	certs_put(&p.key, NULL, key);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
	return p;
}

static inline __attribute__((unused)) void certs_pair_done(struct certs_pair *p)
{
	buf_done(&p->cert);
	buf_done(&p->key);
}

static inline __attribute__((unused)) gnutls_datum_t certs_datum(const struct buf *b)
{
	union {
		char *text;
		unsigned char *data;
	} bytes = { .text = b->data };
	return (gnutls_datum_t){ bytes.data, (unsigned)b->len };
}
