#pragma once
/* The command line: prometheus-adapter's flags, and ours. Flags of klog, audit and profiling are accepted and ignored. */
#include "common/http_tls.h"
#include "common/options.h"
#include "common/serving_cert.h"

struct adapter_options {
	const char *config;
	const char *prometheus_url;
	const char *prometheus_verb;
	bool prometheus_auth_incluster;
	const char *prometheus_auth_config;
	const char *prometheus_ca_file, *prometheus_cert_file, *prometheus_key_file,
		*prometheus_token_file;
	struct option_list prometheus_headers; /* "Name=value" */
	int64_t relist_interval_ns, max_age_ns;
	int64_t discovery_interval_ns;
	int64_t answer_max_age_ns;
	const char *lister_kubeconfig, *authentication_kubeconfig, *authorization_kubeconfig;

	const char *bind_address;
	int64_t secure_port;
	const char *cert_dir, *tls_cert_file, *tls_key_file, *tls_min_version;
	struct option_list tls_cipher_suites, sni_cert_keys;
	int64_t max_connections, max_requests;
	const char *work_note_dir; /* empty: cert_dir */

	bool skip_lookup, tolerate_lookup_failure;
	int64_t token_ttl_ns;
	const char *client_ca_file, *proxy_ca_file;
	struct option_list proxy_names, proxy_user_headers, proxy_group_headers,
		proxy_extra_prefixes;
	struct option_list always_allow_paths;
	int64_t allowed_ttl_ns, denied_ttl_ns;

	int64_t verbosity;
	int log_format;	   /* enum log_format */
	int compatibility; /* enum adapter_compatibility */
	bool help, version, man;
	/* private */
	struct option_list rest;
};

enum adapter_compatibility { ADAPTER_DEFAULT, ADAPTER_STRICT };

/* Texts are borrowed from argv. Other arguments are ignored, as in the reference. errors: INVALID (usage: exit status 2). Call done in any case. */
MUST_USE enum error_kind adapter_options_parse(
	int argc, char **argv, struct adapter_options *ret, struct error *err);
void adapter_options_done(struct adapter_options *o);
void adapter_options_help(struct buf *out);
/* The manual page. */
void adapter_options_man(struct buf *out);
/* What --tls-min-version and --tls-cipher-suites leave of the default. Suites without AEAD or forward secrecy are accepted and never used; when no suite of
 * TLS 1.2 is left, that version goes. */
struct http_tls_policy adapter_options_tls(const struct adapter_options *o);
struct serving_cert_config adapter_options_cert(const struct adapter_options *o);
/* What is well-formed but cannot be run with. errors: INVALID (exit status 255) */
MUST_USE enum error_kind adapter_options_check(struct adapter_options *o, struct error *err);
