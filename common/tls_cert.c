/* X.509 work beside the TLS sessions themselves (common/http_tls.c). The handshake proved that the client holds the key of its certificate; here it is
 * decided whether that certificate means anything to us. Intermediate certificates are not used: Kubernetes' own client certificates have none. */
#include "common/tls_cert.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

/* A cluster has one or two; more than this in one file is a mistake. */
#define TLS_CERT_MAX_CAS 256u
/* Groups of a user; each is one organization. */
#define TLS_CERT_MAX_ORGANIZATIONS 256u
#define TLS_CERT_TEXT_MAX 1024u
#define YEAR_SEC INT64_C(31536000)

struct tls_cert_pool {
	gnutls_x509_trust_list_t list;
};

static gnutls_datum_t datum_of(struct sv bytes)
{
	/* GnuTLS reads only, but its type has no const. */
	union {
		const char *read;
		unsigned char *data;
	} p = { .read = bytes.ptr };
	return (gnutls_datum_t){ p.data, (unsigned)bytes.len };
}

static enum error_kind failed(int code, enum error_kind kind, const char *what, struct error *err)
{
	if (code == GNUTLS_E_MEMORY_ERROR)
		return error_nomem(err);
	return error_set(err, kind, "%s: %s", what, gnutls_strerror(code));
}

enum error_kind tls_cert_pool_new(struct sv pem, struct tls_cert_pool **ret, struct error *err)
{
	gnutls_x509_crt_t *certs = NULL;
	unsigned n = 0;
	gnutls_datum_t text = datum_of(pem);
	int code = gnutls_x509_crt_list_import2(&certs, &n, &text, GNUTLS_X509_FMT_PEM, 0);
	if (code < 0)
		return failed(code, ERR_INVALID, "cannot read CA certificates", err);
	AUTO(tls_cert_pool_free) struct tls_cert_pool *p = mem_zalloc(sizeof(*p));
	bool made = p && gnutls_x509_trust_list_init(&p->list, n) >= 0;
	/* On success the list owns the certificates. */
	if (made && n <= TLS_CERT_MAX_CAS &&
		gnutls_x509_trust_list_add_cas(p->list, certs, n, 0) == (int)n) {
		gnutls_free(certs);
		*ret = TAKE_PTR(p);
		return ERR_OK;
	}
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(certs[i]);
	gnutls_free(certs);
	return made ? error_set(err, ERR_INVALID, "cannot use the %u CA certificates", n)
		    : error_nomem(err);
}

void tls_cert_pool_free(struct tls_cert_pool *p)
{
	if (!p)
		return;
	if (p->list)
		gnutls_x509_trust_list_deinit(p->list, 1);
	mem_free(p);
}

static int import(struct sv der, gnutls_x509_crt_t *ret)
{
	int code = gnutls_x509_crt_init(ret);
	if (code < 0)
		return code;
	gnutls_datum_t bytes = datum_of(der);
	code = gnutls_x509_crt_import(*ret, &bytes, GNUTLS_X509_FMT_DER);
	if (code < 0)
		gnutls_x509_crt_deinit(*ret);
	return code;
}

bool tls_cert_pool_verify_client(const struct tls_cert_pool *p, struct sv der)
{
	gnutls_x509_crt_t cert;
	if (!p || der.len == 0 || import(der, &cert) < 0)
		return false;
	char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st wanted = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)purpose };
	unsigned status = 0;
	int code =
		gnutls_x509_trust_list_verify_crt2(p->list, &cert, 1, &wanted, 1, 0, &status, NULL);
	gnutls_x509_crt_deinit(cert);
	return code >= 0 && status == 0;
}

/* The index-th value of a name attribute; length 0: there is none. */
static struct sv attribute(struct arena *a, gnutls_x509_crt_t cert, const char *oid, unsigned index)
{
	char text[TLS_CERT_TEXT_MAX];
	size_t len = sizeof(text);
	int code = gnutls_x509_crt_get_dn_by_oid(cert, oid, index, 0, text, &len);
	return code < 0 ? SV_NULL : arena_sv(a, sv_from(text, len));
}

enum error_kind tls_cert_subject(
	struct arena *a, struct sv der, struct tls_cert_subject *ret, struct error *err)
{
	gnutls_x509_crt_t cert;
	int code = import(der, &cert);
	if (code < 0)
		return failed(code, ERR_INVALID, "cannot read the client's certificate", err);
	struct tls_cert_subject subject = {
		.expires = { (int64_t)gnutls_x509_crt_get_expiration_time(cert), 0 }
	};
	subject.common_name = attribute(a, cert, GNUTLS_OID_X520_COMMON_NAME, 0);
	subject.organizations = ARENA_ARRAY(a, TLS_CERT_MAX_ORGANIZATIONS, struct sv);
	for (unsigned i = 0; subject.organizations && i < TLS_CERT_MAX_ORGANIZATIONS; i++) {
		struct sv one = attribute(a, cert, GNUTLS_OID_X520_ORGANIZATION_NAME, i);
		if (!one.ptr)
			break;
		subject.organizations[subject.n_organizations++] = one;
	}
	gnutls_x509_crt_deinit(cert);
	if (!subject.organizations)
		return arena_error(a, err);
	*ret = subject;
	return ERR_OK;
}

/* Whether the key is the first certificate's. GnuTLS' credentials would tell as well, but lose memory over each pair that does not fit, and a bad pair may
 * be looked at every few seconds for days. */
static int match(struct sv cert_pem, struct sv key_pem)
{
	unsigned char ids[2][64];
	size_t sizes[2] = { sizeof(ids[0]), sizeof(ids[1]) };
	gnutls_datum_t cert = datum_of(cert_pem), key = datum_of(key_pem);
	gnutls_x509_crt_t *certs = NULL;
	gnutls_x509_privkey_t private = NULL;
	unsigned n = 0;
	int code = gnutls_x509_crt_list_import2(&certs, &n, &cert, GNUTLS_X509_FMT_PEM, 0);
	if (code >= 0)
		code = gnutls_x509_privkey_init(&private);
	if (code >= 0)
		code = gnutls_x509_privkey_import2(private, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (code >= 0)
		code = gnutls_x509_crt_get_key_id(
			certs[0], GNUTLS_KEYID_USE_SHA256, ids[0], &sizes[0]);
	if (code >= 0)
		code = gnutls_x509_privkey_get_key_id(
			private, GNUTLS_KEYID_USE_SHA256, ids[1], &sizes[1]);
	if (code >= 0 &&
		!sv_eq(sv_from((char *)ids[0], sizes[0]), sv_from((char *)ids[1], sizes[1])))
		code = GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
	if (private)
		gnutls_x509_privkey_deinit(private);
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(certs[i]);
	gnutls_free(certs);
	return code;
}

enum error_kind tls_cert_check_pair(struct sv cert_pem, struct sv key_pem, struct error *err)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t cert = datum_of(cert_pem), key = datum_of(key_pem);
	int code = match(cert_pem, key_pem);
	if (code >= 0 && gnutls_certificate_allocate_credentials(&credentials) < 0)
		return error_nomem(err);
	if (code >= 0) {
		code = gnutls_certificate_set_x509_key_mem(
			credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
		gnutls_certificate_free_credentials(credentials);
	}
	return code < 0 ? failed(code, ERR_INVALID, "certificate and key cannot be used", err)
			: ERR_OK;
}

/* A certificate under construction and its key. */
struct draft {
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;
};

static void draft_done(struct draft *d)
{
	if (d->cert)
		gnutls_x509_crt_deinit(d->cert);
	if (d->key)
		gnutls_x509_privkey_deinit(d->key);
}

static int draft_init(struct draft *d, const char *common_name, struct wall now, unsigned serial)
{
	const unsigned char number[] = { 1, (unsigned char)serial };
	int code = gnutls_x509_crt_init(&d->cert);
	if (code >= 0)
		code = gnutls_x509_privkey_init(&d->key);
	if (code >= 0)
		code = gnutls_x509_privkey_generate(d->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (code >= 0)
		code = gnutls_x509_crt_set_version(d->cert, 3);
	if (code >= 0)
		code = gnutls_x509_crt_set_serial(d->cert, number, sizeof(number));
	if (code >= 0)
		code = gnutls_x509_crt_set_activation_time(d->cert, (time_t)(now.sec - 3600));
	if (code >= 0)
		code = gnutls_x509_crt_set_expiration_time(d->cert, (time_t)(now.sec + YEAR_SEC));
	if (code >= 0)
		code = gnutls_x509_crt_set_dn_by_oid(d->cert, GNUTLS_OID_X520_COMMON_NAME, 0,
			common_name, (unsigned)strlen(common_name));
	if (code >= 0)
		code = gnutls_x509_crt_set_key(d->cert, d->key);
	return code;
}

static int add_address(gnutls_x509_crt_t cert, const char *text)
{
	unsigned char address[16];
	unsigned len = 4;
	if (inet_pton(AF_INET, text, address) != 1) {
		len = 16;
		if (inet_pton(AF_INET6, text, address) != 1)
			return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, text,
				(unsigned)strlen(text), GNUTLS_FSAN_APPEND);
	}
	return gnutls_x509_crt_set_subject_alt_name(
		cert, GNUTLS_SAN_IPADDRESS, address, len, GNUTLS_FSAN_APPEND);
}

static int make_ca(struct draft *ca, struct wall now)
{
	char name[64];
	snprintf(name, sizeof(name), "localhost-ca@%lld", (long long)now.sec);
	int code = draft_init(ca, name, now, 1);
	if (code >= 0)
		code = gnutls_x509_crt_set_basic_constraints(ca->cert, 1, -1);
	if (code >= 0)
		code = gnutls_x509_crt_set_key_usage(
			ca->cert, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (code >= 0)
		code = gnutls_x509_crt_sign2(ca->cert, ca->cert, ca->key, GNUTLS_DIG_SHA256, 0);
	return code;
}

static int make_leaf(struct draft *leaf, const struct draft *ca, const char *host, struct wall now)
{
	char name[64];
	snprintf(name, sizeof(name), "localhost@%lld", (long long)now.sec);
	int code = draft_init(leaf, name, now, 2);
	if (code >= 0)
		code = gnutls_x509_crt_set_basic_constraints(leaf->cert, 0, -1);
	if (code >= 0)
		code = gnutls_x509_crt_set_key_usage(leaf->cert, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (code >= 0)
		code = gnutls_x509_crt_set_key_purpose_oid(leaf->cert, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (code >= 0)
		code = add_address(leaf->cert, "localhost");
	if (code >= 0)
		code = add_address(leaf->cert, "127.0.0.1");
	if (code >= 0 && host[0] && strcmp(host, "localhost") != 0 &&
		strcmp(host, "127.0.0.1") != 0)
		code = add_address(leaf->cert, host);
	if (code >= 0)
		code = gnutls_x509_crt_sign2(leaf->cert, ca->cert, ca->key, GNUTLS_DIG_SHA256, 0);
	return code;
}

static int put_cert(struct buf *out, gnutls_x509_crt_t cert)
{
	gnutls_datum_t pem = { 0 };
	int code = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem);
	if (code >= 0)
		buf_put(out, pem.data, pem.size);
	gnutls_free(pem.data);
	return code;
}

enum error_kind tls_cert_self_signed(
	struct sv host, struct wall now, struct buf *cert, struct buf *key, struct error *err)
{
	struct draft ca = { 0 }, leaf = { 0 };
	gnutls_datum_t pem = { 0 };
	char name[256];
	snprintf(name, sizeof(name), "%.*s", SV_ARG(host));
	int code = make_ca(&ca, now);
	if (code >= 0)
		code = make_leaf(&leaf, &ca, name, now);
	if (code >= 0)
		code = put_cert(cert, leaf.cert);
	if (code >= 0)
		code = put_cert(cert, ca.cert);
	if (code >= 0)
		code = gnutls_x509_privkey_export2(leaf.key, GNUTLS_X509_FMT_PEM, &pem);
	if (code >= 0)
		buf_put(key, pem.data, pem.size);
	gnutls_free(pem.data);
	draft_done(&ca);
	draft_done(&leaf);
	if (code < 0)
		return failed(code, ERR_UNAVAIL, "cannot make a self-signed certificate", err);
	if (buf_check(cert, "certificate", err) || buf_check(key, "key", err))
		return err->kind;
	return ERR_OK;
}
