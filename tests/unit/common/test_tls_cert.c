#include <check.h>

#include "common/tls_cert.h"
#include "tests/unit/common/run.h"

START_TEST(a_self_signed_certificate_can_be_served)
{
	AUTO(buf_done) struct buf cert = { 0 };
	AUTO(buf_done) struct buf key = { 0 };
	struct error err = { 0 };
	buf_init(&cert, 65536);
	buf_init(&key, 65536);
	ck_assert_msg(tls_cert_self_signed(SV("10.1.2.3"), instant_wall_now(), &cert, &key, &err) ==
			      ERR_OK,
		"%s", err.text);
	ck_assert_msg(
		tls_cert_check_pair(buf_sv(&cert), buf_sv(&key), &err) == ERR_OK, "%s", err.text);
	ck_assert_int_eq(tls_cert_check_pair(buf_sv(&cert), SV("nonsense"), &err), ERR_INVALID);
	/* Made for servers, so nobody is identified by it. */
	struct tls_cert_pool *pool = NULL;
	ck_assert_msg(tls_cert_pool_new(buf_sv(&cert), &pool, &err) == ERR_OK, "%s", err.text);
	ck_assert(!tls_cert_pool_verify_client(pool, SV("nonsense")));
	ck_assert(!tls_cert_pool_verify_client(pool, SV("")));
	tls_cert_pool_free(pool);
}
END_TEST

/* Under the sanitizers also: none of them loses memory. */
START_TEST(pairs_that_do_not_fit_are_refused)
{
	struct error err = { 0 };
	struct buf cert[2], key[2];
	for (size_t i = 0; i < 2; i++) {
		buf_init(&cert[i], 65536);
		buf_init(&key[i], 65536);
		ck_assert_int_eq(tls_cert_self_signed(SV("10.1.2.3"), instant_wall_now(), &cert[i],
					 &key[i], &err),
			ERR_OK);
	}
	struct sv good_cert = buf_sv(&cert[0]), good_key = buf_sv(&key[0]);
	const struct {
		const char *sentence;
		struct sv cert, key;
	} ROWS[] = {
		{ "another key", good_cert, buf_sv(&key[1]) },
		{ "another certificate", buf_sv(&cert[1]), good_key },
		{ "half a certificate", sv_take(good_cert, good_cert.len / 2), good_key },
		{ "half a key", good_cert, sv_take(good_key, good_key.len / 2) },
		{ "no certificate", SV(""), good_key },
		{ "no key", good_cert, SV("") },
		{ "the certificate as key", good_cert, good_cert },
		{ "the key as certificate", good_key, good_key },
	};
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		ck_assert_msg(tls_cert_check_pair(ROWS[i].cert, ROWS[i].key, &err) == ERR_INVALID,
			"%s: %s", ROWS[i].sentence, err.text);
	ck_assert_int_eq(tls_cert_check_pair(good_cert, good_key, &err), ERR_OK);
	for (size_t i = 0; i < 2; i++) {
		buf_done(&cert[i]);
		buf_done(&key[i]);
	}
}
END_TEST

START_TEST(a_pool_needs_certificates)
{
	struct tls_cert_pool *pool = NULL;
	struct error err = { 0 };
	ck_assert_int_eq(tls_cert_pool_new(SV(""), &pool, &err), ERR_INVALID);
	ck_assert_int_eq(
		tls_cert_pool_new(
			SV("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), &pool,
			&err),
		ERR_INVALID);
	ck_assert(!tls_cert_pool_verify_client(NULL, SV("x")));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_self_signed_certificate_can_be_served);
	tcase_add_test(tcase, pairs_that_do_not_fit_are_refused);
	tcase_add_test(tcase, a_pool_needs_certificates);
}

int main(void)
{
	return run_case("tls_cert", add);
}
