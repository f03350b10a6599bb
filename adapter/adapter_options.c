/* The flag table. Spellings and defaults are those of prometheus-adapter v0.12.0, so that its manifests start this program unchanged; what only
 * configures Go's libraries there (klog, audit, profiling, HTTP/2 tuning) is accepted without effect. */
#include "adapter/adapter_options.h"

#include <limits.h>

#include "common/instant.h"
#include "common/options_man.h"

static const char *const COMPATIBILITY[] = { "default", "strict", NULL };
static const char *const LOG_FORMATS[] = { "text", "json", NULL };

static const char *const CIPHERS[] = {
	"TLS_AES_128_GCM_SHA256",
	"TLS_AES_256_GCM_SHA384",
	"TLS_CHACHA20_POLY1305_SHA256",
	"TLS_RSA_WITH_3DES_EDE_CBC_SHA",
	"TLS_RSA_WITH_AES_128_CBC_SHA",
	"TLS_RSA_WITH_AES_128_CBC_SHA256",
	"TLS_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_RSA_WITH_AES_256_CBC_SHA",
	"TLS_RSA_WITH_AES_256_GCM_SHA384",
	"TLS_RSA_WITH_RC4_128_SHA",
};

/* Behind TLS_ECDHE_ECDSA_WITH_ and TLS_ECDHE_RSA_WITH_. */
static const char *const ECDHE_CIPHERS[] = {
	"AES_128_CBC_SHA",
	"AES_128_CBC_SHA256",
	"AES_128_GCM_SHA256",
	"AES_256_CBC_SHA",
	"AES_256_GCM_SHA384",
	"CHACHA20_POLY1305",
	"CHACHA20_POLY1305_SHA256",
	"RC4_128_SHA",
	"3DES_EDE_CBC_SHA",
};

/* Flags without effect: they take a value, or are boolean. */
static const char *const IGNORED[] = { "audit-log-batch-buffer-size", "audit-log-batch-max-size",
	"audit-log-batch-max-wait", "audit-log-batch-throttle-burst",
	"audit-log-batch-throttle-qps", "audit-log-format", "audit-log-maxage",
	"audit-log-maxbackup", "audit-log-maxsize", "audit-log-mode", "audit-log-path",
	"audit-log-truncate-max-batch-size", "audit-log-truncate-max-event-size",
	"audit-log-version", "audit-policy-file", "audit-webhook-batch-buffer-size",
	"audit-webhook-batch-max-size", "audit-webhook-batch-max-wait",
	"audit-webhook-batch-throttle-burst", "audit-webhook-batch-throttle-qps",
	"audit-webhook-config-file", "audit-webhook-initial-backoff", "audit-webhook-mode",
	"audit-webhook-truncate-max-batch-size", "audit-webhook-truncate-max-event-size",
	"audit-webhook-version", "client-burst", "client-qps", "debug-socket-path",
	"http2-max-streams-per-connection", "log-backtrace-at", "log-dir", "log-file",
	"log-file-max-size", "log-flush-frequency", "stderrthreshold", "vmodule" };
static const char *const IGNORED_BOOLS[] = { "add-dir-header", "alsologtostderr",
	"audit-log-batch-throttle-enable", "audit-log-compress", "audit-log-truncate-enabled",
	"audit-webhook-batch-throttle-enable", "audit-webhook-truncate-enabled",
	"contention-profiling", "disable-http2", "enable-priority-and-fairness", "logtostderr",
	"one-output", "permit-address-sharing", "permit-port-sharing", "profiling", "skip-headers",
	"skip-log-headers" };

#define N_OWN 46u
#define N_ALL (N_OWN + ARRAY_LEN(IGNORED) + ARRAY_LEN(IGNORED_BOOLS))

static void set_defaults(struct adapter_options *o)
{
	*o = (struct adapter_options){
		.config = "",
		.prometheus_url = "https://localhost",
		.prometheus_verb = "GET",
		.prometheus_auth_config = "",
		.prometheus_ca_file = "",
		.prometheus_cert_file = "",
		.prometheus_key_file = "",
		.prometheus_token_file = "",
		.relist_interval_ns = 600 * NS_PER_SEC,
		.discovery_interval_ns = 0,
		.answer_max_age_ns = NS_PER_SEC,
		.lister_kubeconfig = "",
		.authentication_kubeconfig = "",
		.authorization_kubeconfig = "",
		.bind_address = "0.0.0.0",
		.secure_port = 443,
		.cert_dir = "apiserver.local.config/certificates",
		.tls_cert_file = "",
		.tls_key_file = "",
		.tls_min_version = "",
		.max_connections = 1000,
		.max_requests = 400,
		.work_note_dir = "",
		.token_ttl_ns = 10 * NS_PER_SEC,
		.client_ca_file = "",
		.proxy_ca_file = "",
		.allowed_ttl_ns = 10 * NS_PER_SEC,
		.denied_ttl_ns = 10 * NS_PER_SEC,
	};
}

/* clang-format off */
static size_t own_flags(struct adapter_options *o, struct option *t)
{
	const struct option own[] = {
		{ .name = "config", .kind = OPTION_TEXT, .target = &o->config, .value_name = "FILE", .help = "rules: which metrics are served, and by which queries (required)" },
		{ .name = "prometheus-url", .kind = OPTION_TEXT, .target = &o->prometheus_url, .value_name = "URL", .help = "where Prometheus answers; may hold a path and user:password" },
		{ .name = "prometheus-verb", .kind = OPTION_TEXT, .target = &o->prometheus_verb, .value_name = "GET|POST", .help = "how Prometheus is asked" },
		{ .name = "prometheus-auth-incluster", .kind = OPTION_BOOL, .target = &o->prometheus_auth_incluster, .help = "use the Pod's service account for Prometheus" },
		{ .name = "prometheus-auth-config", .kind = OPTION_TEXT, .target = &o->prometheus_auth_config, .value_name = "FILE", .help = "kubeconfig whose credentials are used for Prometheus" },
		{ .name = "prometheus-ca-file", .kind = OPTION_TEXT, .target = &o->prometheus_ca_file, .value_name = "FILE", .help = "CA certificates that Prometheus' certificate must come from" },
		{ .name = "prometheus-client-tls-cert-file", .kind = OPTION_TEXT, .target = &o->prometheus_cert_file, .value_name = "FILE", .help = "client certificate for Prometheus" },
		{ .name = "prometheus-client-tls-key-file", .kind = OPTION_TEXT, .target = &o->prometheus_key_file, .value_name = "FILE", .help = "its key" },
		{ .name = "prometheus-token-file", .kind = OPTION_TEXT, .target = &o->prometheus_token_file, .value_name = "FILE", .help = "bearer token for Prometheus, read again when it changes" },
		{ .name = "prometheus-header", .kind = OPTION_REPEAT, .target = &o->prometheus_headers, .value_name = "NAME=VALUE", .help = "header of every request to Prometheus; may be repeated" },
		{ .name = "metrics-relist-interval", .kind = OPTION_DURATION, .target = &o->relist_interval_ns, .value_name = "DURATION", .help = "how often Prometheus is asked which series exist" },
		{ .name = "metrics-max-age", .kind = OPTION_DURATION, .target = &o->max_age_ns, .value_name = "DURATION", .help = "how far back a series may lie; 0: the relist interval" },
		{ .name = "discovery-interval", .kind = OPTION_DURATION, .target = &o->discovery_interval_ns, .value_name = "DURATION", .help = "how often the cluster's resources are read again; 0: 10m" },
		{ .name = "answer-max-age", .kind = OPTION_DURATION, .target = &o->answer_max_age_ns, .value_name = "DURATION", .help = "how old an answer of Prometheus may be to be used again; 0: never" },
		{ .name = "lister-kubeconfig", .kind = OPTION_TEXT, .target = &o->lister_kubeconfig, .value_name = "FILE", .help = "API server for discovery and object lists; default: the Pod's own" },
		{ .name = "authentication-kubeconfig", .kind = OPTION_TEXT, .target = &o->authentication_kubeconfig, .value_name = "FILE", .help = "API server that knows who asks; default: the Pod's own" },
		{ .name = "authorization-kubeconfig", .kind = OPTION_TEXT, .target = &o->authorization_kubeconfig, .value_name = "FILE", .help = "API server that knows who may; default: the Pod's own" },
		{ .name = "bind-address", .kind = OPTION_TEXT, .target = &o->bind_address, .value_name = "ADDRESS", .help = "address to listen on" },
		{ .name = "secure-port", .kind = OPTION_INT, .target = &o->secure_port, .value_name = "PORT", .help = "port to listen on, HTTPS" },
		{ .name = "cert-dir", .kind = OPTION_TEXT, .target = &o->cert_dir, .value_name = "DIR", .help = "apiserver.crt and .key; made there when no certificate is given" },
		{ .name = "tls-cert-file", .kind = OPTION_TEXT, .target = &o->tls_cert_file, .value_name = "FILE", .help = "serving certificate" },
		{ .name = "tls-private-key-file", .kind = OPTION_TEXT, .target = &o->tls_key_file, .value_name = "FILE", .help = "its key" },
		{ .name = "tls-sni-cert-key", .kind = OPTION_REPEAT, .target = &o->sni_cert_keys, .value_name = "CERT,KEY", .help = "further certificate, for clients that name a server in it; may be repeated" },
		{ .name = "tls-min-version", .kind = OPTION_TEXT, .target = &o->tls_min_version, .value_name = "VERSION", .help = "VersionTLS10 to VersionTLS13; below 1.2 means 1.2" },
		{ .name = "tls-cipher-suites", .kind = OPTION_LIST, .target = &o->tls_cipher_suites, .value_name = "NAMES", .help = "suites that may be used; of these only the ones with AEAD and ECDHE are" },
		{ .name = "max-connections", .kind = OPTION_INT, .target = &o->max_connections, .min = 1, .max = 100000, .value_name = "N", .help = "connections served at once" },
		{ .name = "max-requests-inflight", .kind = OPTION_INT, .target = &o->max_requests, .min = 1, .max = 100000, .value_name = "N", .help = "requests in work at once; more get 429, health checks do not count" },
		{ .name = "work-note-dir", .kind = OPTION_TEXT, .target = &o->work_note_dir, .value_name = "DIR", .help = "remembers over a crash what was in work, so that it is not tried again and again; default: --cert-dir" },
		{ .name = "authentication-skip-lookup", .kind = OPTION_BOOL, .target = &o->skip_lookup, .help = "do not read kube-system/extension-apiserver-authentication" },
		{ .name = "authentication-tolerate-lookup-failure", .kind = OPTION_BOOL, .target = &o->tolerate_lookup_failure, .help = "serve even if it cannot be read: then only tokens identify callers" },
		{ .name = "authentication-token-webhook-cache-ttl", .kind = OPTION_DURATION, .target = &o->token_ttl_ns, .value_name = "DURATION", .help = "how long a token's verdict is used again" },
		{ .name = "client-ca-file", .kind = OPTION_TEXT, .target = &o->client_ca_file, .value_name = "FILE", .help = "CA of client certificates, instead of the cluster's" },
		{ .name = "requestheader-client-ca-file", .kind = OPTION_TEXT, .target = &o->proxy_ca_file, .value_name = "FILE", .help = "CA of front proxies, instead of the cluster's" },
		{ .name = "requestheader-allowed-names", .kind = OPTION_LIST, .target = &o->proxy_names, .value_name = "NAMES", .help = "common names of front proxies; none: any" },
		{ .name = "requestheader-username-headers", .kind = OPTION_LIST, .target = &o->proxy_user_headers, .value_name = "NAMES", .help = "headers that name the user (x-remote-user)" },
		{ .name = "requestheader-group-headers", .kind = OPTION_LIST, .target = &o->proxy_group_headers, .value_name = "NAMES", .help = "headers that name the groups (x-remote-group)" },
		{ .name = "requestheader-extra-headers-prefix", .kind = OPTION_LIST, .target = &o->proxy_extra_prefixes, .value_name = "PREFIXES", .help = "prefixes of further headers (x-remote-extra-)" },
		{ .name = "authorization-always-allow-paths", .kind = OPTION_LIST, .target = &o->always_allow_paths, .value_name = "PATHS", .help = "paths open to all (/healthz,/readyz,/livez)" },
		{ .name = "authorization-webhook-cache-authorized-ttl", .kind = OPTION_DURATION, .target = &o->allowed_ttl_ns, .value_name = "DURATION", .help = "how long a permission is used again" },
		{ .name = "authorization-webhook-cache-unauthorized-ttl", .kind = OPTION_DURATION, .target = &o->denied_ttl_ns, .value_name = "DURATION", .help = "how long a refusal is used again" },
		{ .name = "compatibility", .kind = OPTION_CHOICE, .target = &o->compatibility, .choices = COMPATIBILITY, .value_name = "default|strict", .help = "strict: ask Prometheus exactly as prometheus-adapter does, for every request" },
		{ .name = "log-format", .kind = OPTION_CHOICE, .target = &o->log_format, .choices = LOG_FORMATS, .value_name = "text|json", .help = "form of the log lines" },
		{ .name = "v", .letter = 'v', .kind = OPTION_INT, .target = &o->verbosity, .value_name = "N", .help = "6 and above: log every question to Prometheus" },
		{ .name = "help", .letter = 'h', .kind = OPTION_BOOL, .target = &o->help, .help = "print this text" },
		{ .name = "version", .kind = OPTION_BOOL, .target = &o->version, .help = "print the version" },
		{ .name = "man", .kind = OPTION_BOOL, .target = &o->man, .help = "print the manual page as roff" },
	};
	_Static_assert(ARRAY_LEN(own) == N_OWN, "N_OWN counts the flags");
	memcpy(t, own, sizeof(own));
	return ARRAY_LEN(own);
}
/* clang-format on */

static size_t all_flags(struct adapter_options *o, struct option *t)
{
	size_t n = own_flags(o, t);
	for (size_t i = 0; i < ARRAY_LEN(IGNORED); i++)
		t[n++] = (struct option){ .name = IGNORED[i], .kind = OPTION_IGNORED };
	for (size_t i = 0; i < ARRAY_LEN(IGNORED_BOOLS); i++)
		t[n++] = (struct option){ .name = IGNORED_BOOLS[i], .kind = OPTION_IGNORED_BOOL };
	return n;
}

enum error_kind adapter_options_parse(
	int argc, char **argv, struct adapter_options *ret, struct error *err)
{
	struct option table[N_ALL];
	set_defaults(ret);
	size_t n = all_flags(ret, table);
	return options_parse(table, n, argc, argv, &ret->rest, err);
}

void adapter_options_done(struct adapter_options *o)
{
	options_list_done(&o->prometheus_headers);
	options_list_done(&o->tls_cipher_suites);
	options_list_done(&o->sni_cert_keys);
	options_list_done(&o->proxy_names);
	options_list_done(&o->proxy_user_headers);
	options_list_done(&o->proxy_group_headers);
	options_list_done(&o->proxy_extra_prefixes);
	options_list_done(&o->always_allow_paths);
	options_list_done(&o->rest);
}

void adapter_options_man(struct buf *out)
{
	static const char *const PARAGRAPHS[] = {
		"flyball-adapter answers custom.metrics.k8s.io, external.metrics.k8s.io and "
		"metrics.k8s.io with what Prometheus answers to the queries that its rules make. "
		"It "
		"takes the configuration and the flags of prometheus-adapter; flags of that "
		"program "
		"that only configure Go's libraries are accepted without effect and not listed "
		"here.",
		"It ends with 0 after SIGTERM or SIGINT, with 1 after a second one, with 2 when "
		"the "
		"command line is wrong, and with 255 when it cannot serve.",
		NULL
	};
	static const struct options_page PAGE = {
		.name = "flyball-adapter",
		.section = "8",
		.version = FLYBALL_VERSION,
		.summary = "serves Kubernetes' metrics APIs from Prometheus queries",
		.synopsis = "--config=FILE --prometheus-url=URL [flags]",
		.paragraphs = PARAGRAPHS,
	};
	struct adapter_options defaults;
	struct option table[N_ALL];

	set_defaults(&defaults);
	options_man_print(out, &PAGE, table, all_flags(&defaults, table));
}

void adapter_options_help(struct buf *out)
{
	struct adapter_options defaults;
	struct option table[N_ALL];
	set_defaults(&defaults);
	size_t n = all_flags(&defaults, table);
	buf_put_str(out,
		"flyball-adapter serves Kubernetes' metrics APIs from Prometheus queries.\n\n"
		"  flyball-adapter --config=FILE --prometheus-url=URL [flags]\n\n");
	options_help(out, table, n);
}

static bool is_cipher(struct sv name)
{
	for (size_t i = 0; i < ARRAY_LEN(CIPHERS); i++)
		if (sv_is(name, CIPHERS[i]))
			return true;
	struct sv rest = SV_NULL;
	if (sv_has_prefix(name, SV("TLS_ECDHE_ECDSA_WITH_")))
		rest = sv_skip(name, sizeof("TLS_ECDHE_ECDSA_WITH_") - 1);
	else if (sv_has_prefix(name, SV("TLS_ECDHE_RSA_WITH_")))
		rest = sv_skip(name, sizeof("TLS_ECDHE_RSA_WITH_") - 1);
	for (size_t i = 0; i < ARRAY_LEN(ECDHE_CIPHERS); i++)
		if (sv_is(rest, ECDHE_CIPHERS[i]))
			return true;
	return false;
}

struct http_tls_policy adapter_options_tls(const struct adapter_options *o)
{
	struct http_tls_policy p = { .only_tls13 =
					     sv_is(sv_of(o->tls_min_version), "VersionTLS13") };
	size_t n_tls12 = 0;
	VEC_FOREACH (name, &o->tls_cipher_suites.items) {
		struct sv suite = sv_of(*name);
		bool ecdhe = sv_has_prefix(suite, SV("TLS_ECDHE_"));
		if (!ecdhe && sv_has_prefix(suite, SV("TLS_RSA_")))
			continue;
		bool aes_128 = sv_find_sv(suite, SV("AES_128_GCM")) < suite.len;
		bool aes_256 = sv_find_sv(suite, SV("AES_256_GCM")) < suite.len;
		bool chacha = sv_find_sv(suite, SV("CHACHA20_POLY1305")) < suite.len;
		p.aes_128_gcm = p.aes_128_gcm || aes_128;
		p.aes_256_gcm = p.aes_256_gcm || aes_256;
		p.chacha20_poly1305 = p.chacha20_poly1305 || chacha;
		n_tls12 += ecdhe && (aes_128 || aes_256 || chacha);
	}
	if (o->tls_cipher_suites.items.n > 0 && n_tls12 == 0)
		p.only_tls13 = true;
	return p;
}

struct serving_cert_config adapter_options_cert(const struct adapter_options *o)
{
	return (struct serving_cert_config){
		.bind_address = o->bind_address,
		.cert_dir = o->cert_dir,
		.cert_file = o->tls_cert_file,
		.key_file = o->tls_key_file,
		.named = &o->sni_cert_keys,
	};
}

static enum error_kind check_tls(const struct adapter_options *o, struct error *err)
{
	static const char *const VERSIONS[] = { "", "VersionTLS10", "VersionTLS11", "VersionTLS12",
		"VersionTLS13" };
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(VERSIONS); i++)
		known = known || sv_eq(sv_of(o->tls_min_version), sv_of(VERSIONS[i]));
	if (!known)
		return error_set(err, ERR_INVALID,
			"--tls-min-version: unknown tls version \"%s\", expected VersionTLS12 or "
			"VersionTLS13",
			o->tls_min_version);
	VEC_FOREACH (name, &o->tls_cipher_suites.items)
		if (!is_cipher(sv_of(*name)))
			return error_set(err, ERR_INVALID,
				"--tls-cipher-suites: Cipher suite %s not supported or doesn't "
				"exist",
				*name);
	if (!o->tls_cert_file[0] != !o->tls_key_file[0])
		return error_set(err, ERR_INVALID,
			"--tls-cert-file and --tls-private-key-file must be given together");
	return ERR_OK;
}

enum error_kind adapter_options_check(struct adapter_options *o, struct error *err)
{
	if (!o->config[0])
		return error_set(err, ERR_INVALID,
			"unable to load metrics discovery config: no metrics discovery "
			"configuration file specified (make sure to use --config)");
	if (!sv_is(sv_of(o->prometheus_verb), "GET") && !sv_is(sv_of(o->prometheus_verb), "POST"))
		return error_set(err, ERR_INVALID,
			"--prometheus-verb: expected GET or POST, got \"%s\"", o->prometheus_verb);
	if (o->prometheus_auth_incluster && o->prometheus_auth_config[0])
		return error_set(err, ERR_INVALID,
			"may not use both in-cluster auth and an explicit kubeconfig at the same "
			"time: "
			"give --prometheus-auth-incluster or --prometheus-auth-config");
	if (!o->prometheus_cert_file[0] != !o->prometheus_key_file[0])
		return error_set(err, ERR_INVALID,
			"--prometheus-client-tls-cert-file and --prometheus-client-tls-key-file "
			"must be given together");
	if (o->secure_port < 1 || o->secure_port > 65535)
		return error_set(err, ERR_INVALID,
			"--secure-port %lld must be between 1 and 65535, inclusive. It cannot be "
			"turned off with 0",
			(long long)o->secure_port);
	if (o->relist_interval_ns <= 0)
		return error_set(
			err, ERR_INVALID, "--metrics-relist-interval: expected more than 0");
	if (o->max_age_ns == 0)
		o->max_age_ns = o->relist_interval_ns;
	if (o->max_age_ns < o->relist_interval_ns)
		return error_set(err, ERR_INVALID,
			"--metrics-max-age: max age must not be less than relist interval");
	if (o->compatibility == ADAPTER_STRICT)
		o->answer_max_age_ns = 0;
	return check_tls(o, err);
}
