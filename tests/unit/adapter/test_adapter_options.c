/* Flags that become something else than their own value. */
#include <stdio.h>

#include "adapter/adapter_options.h"
#include "common/file.h"
#include "tests/unit/common/run.h"

static struct http_tls_policy policy_of(char *flag)
{
	char program[] = "flyball-adapter", config[] = "--config=x";
	char *argv[] = { program, config, flag, NULL };
	struct adapter_options o;
	struct error err = { 0 };
	ck_assert_msg(adapter_options_parse(3, argv, &o, &err) == ERR_OK, "%s", err.text);
	ck_assert_msg(adapter_options_check(&o, &err) == ERR_OK, "%s", err.text);
	struct http_tls_policy p = adapter_options_tls(&o);
	adapter_options_done(&o);
	return p;
}

START_TEST(tls_flags_narrow_what_is_spoken)
{
	static const struct {
		const char *sentence, *flag;
		struct http_tls_policy wanted;
	} ROWS[] = {
		{ "no flag", "--v=0", { 0 } },
		{ "1.0 means 1.2", "--tls-min-version=VersionTLS10", { 0 } },
		{ "1.2 is the default", "--tls-min-version=VersionTLS12", { 0 } },
		{ "1.3 only", "--tls-min-version=VersionTLS13", { .only_tls13 = true } },
		{ "one suite", "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
			{ .aes_128_gcm = true } },
		{ "both names of ChaCha20 mean the same",
			"--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
			{ .chacha20_poly1305 = true } },
		{ "kube-prometheus' list: CBC and RSA key exchange are left out",
			"--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,"
			"TLS_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,"
			"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
			{ .aes_128_gcm = true, .aes_256_gcm = true } },
		{ "nothing left for TLS 1.2", "--tls-cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA",
			{ .only_tls13 = true } },
		{ "a suite of TLS 1.3 alone", "--tls-cipher-suites=TLS_AES_256_GCM_SHA384",
			{ .only_tls13 = true, .aes_256_gcm = true } },
	};
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO(mem_free_str) char *flag = mem_strdup(ROWS[i].flag);
		struct http_tls_policy got = policy_of(flag);
		const struct http_tls_policy *wanted = &ROWS[i].wanted;
		ck_assert_msg(got.only_tls13 == wanted->only_tls13 &&
				      got.aes_128_gcm == wanted->aes_128_gcm &&
				      got.aes_256_gcm == wanted->aes_256_gcm &&
				      got.chacha20_poly1305 == wanted->chacha20_poly1305,
			"%s", ROWS[i].sentence);
	}
}
END_TEST

/* Every flag that the documentation calls one without effect is accepted. */
START_TEST(flags_without_effect_are_accepted)
{
	const char *folder = getenv("FLYBALL_SOURCE_DIR");
	char path[4096];
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text = SV_NULL, flag = SV_NULL;
	struct error err = { 0 };
	size_t n = 0;
	bool found = true;
	arena_init(&a, 1u << 20);
	(void)snprintf(path, sizeof(path), "%s/docs/adapter-serving.md", folder ? folder : ".");
	ck_assert_msg(file_read(&a, path, 1u << 18, &text, &err) == ERR_OK, "%s", err.text);
	text = sv_skip(text, sv_find_sv(text, SV("## Flags without effect")));
	while (found) {
		text = sv_skip(text, sv_find_sv(text, SV("`--")));
		flag = sv_cut(sv_skip(text, 1), '`', &text, &found);
		if (!found || sv_has_suffix(flag, SV("=6")))
			continue;
		struct adapter_options o;
		char program[] = "flyball-adapter";
		char *given = arena_printf(&a, "%.*s=true", SV_ARG(flag));
		char *argv[] = { program, given, NULL };
		ck_assert_msg(adapter_options_parse(2, argv, &o, &err) == ERR_OK, "%s", err.text);
		adapter_options_done(&o);
		n++;
	}
	ck_assert_uint_eq(n, 54);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, flags_without_effect_are_accepted);
	tcase_add_test(tcase, tls_flags_narrow_what_is_spoken);
}

int main(void)
{
	return run_case("adapter_options", add);
}
