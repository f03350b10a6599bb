/* Where the serving certificate comes from. */
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/serving_cert.h"
#include "common/tls_cert.h"

#define MAX_BYTES (1024u * 1024)

static struct arena arena;
static char dir[] = "/tmp/flyball-cert-XXXXXX";

static void start(void)
{
	arena_init(&arena, MAX_BYTES);
}

static void end(void)
{
	arena_done(&arena);
}

static struct serving_cert load(const char *cert_dir, const char *cert_file, const char *key_file)
{
	const struct serving_cert_config config = { .bind_address = "127.0.0.1",
		.cert_dir = cert_dir,
		.cert_file = cert_file,
		.key_file = key_file };
	struct serving_cert cert = { 0 };
	struct error err;

	enum error_kind kind = serving_cert_load(&arena, &config, instant_wall_now(), &cert, &err);
	ck_assert_msg(kind == ERR_OK, "%s", kind == ERR_OK ? "" : err.text);
	ck_assert_uint_eq(cert.n, 1);
	ck_assert_int_eq(
		tls_cert_check_pair(cert.pairs[0].cert_pem, cert.pairs[0].key_pem, &err), ERR_OK);
	return cert;
}

START_TEST(without_files_and_directory_it_is_made_in_memory)
{
	struct serving_cert cert = load("", "", "");

	ck_assert_str_eq(cert.cert_file, "");
	ck_assert_uint_ne(serving_cert_fingerprint(&cert), 0);
}
END_TEST

START_TEST(in_a_directory_it_is_made_once)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	struct serving_cert first = load(dir, "", ""), second = load(dir, "", "");
	struct serving_cert named = load("", first.cert_file, first.key_file);

	ck_assert(serving_cert_fingerprint(&first) == serving_cert_fingerprint(&second));
	ck_assert(serving_cert_fingerprint(&first) == serving_cert_fingerprint(&named));
	ck_assert_int_eq(unlink(first.cert_file), 0);
	struct serving_cert anew = load(dir, "", "");
	ck_assert(serving_cert_fingerprint(&first) != serving_cert_fingerprint(&anew));
	ck_assert_int_eq(unlink(anew.cert_file), 0);
	ck_assert_int_eq(unlink(anew.key_file), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_file_that_is_missing_is_told_with_its_name)
{
	const struct serving_cert_config config = { .bind_address = "127.0.0.1",
		.cert_dir = "",
		.cert_file = "/nonexistent/tls.crt",
		.key_file = "/nonexistent/tls.key" };
	struct serving_cert cert;
	struct error err;

	ck_assert_int_ne(
		serving_cert_load(&arena, &config, instant_wall_now(), &cert, &err), ERR_OK);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/tls.crt"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serving_cert");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, start, end);
	tcase_add_test(tcase, without_files_and_directory_it_is_made_in_memory);
	tcase_add_test(tcase, in_a_directory_it_is_made_once);
	tcase_add_test(tcase, a_file_that_is_missing_is_told_with_its_name);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
