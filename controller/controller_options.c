/* One table for parsing and help. */
#include "controller/controller_options.h"

#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/limits.h"
#include "common/options_file.h"
#include "common/options_man.h"
#include "common/yx.h"
#include "controller/canary_watch.h"
#include "controller/decisions.h"
#include "controller/kube_flags.h"

#define N_GROUPS 7
#define GROUP_MAX 10
#define N_OPTIONS (N_GROUPS * GROUP_MAX + KUBE_FLAGS_MAX)
#define MIN_PERIOD_NS (100 * NS_PER_MS)
#define HOUR_NS (3600 * NS_PER_SEC)

/* Results that the table cannot write straight into the options. */
struct raw {
	struct controller_options o;
	int native, compatibility, sharing, tls;
	int64_t verbosity;
	struct option_list gates;
};

static const char *const NATIVE[] = { "observe", "own", "ignore", NULL };
static const char *const SHARING[] = { "auto", "off", NULL };
static const char *const COMPATIBILITY[] = { "default", "strict", NULL };
static const char *const LEVELS[] = { "debug", "info", "warn", "error", NULL };
static const char *const FORMATS[] = { "text", "json", NULL };
static const char *const TLS_VERSIONS[] = { "VersionTLS10", "VersionTLS11", "VersionTLS12",
	"VersionTLS13", NULL };
#define TLS_12 2
#define TLS_13 3
/* From here on Kubernetes' programs tell what is for debugging. */
#define DEBUG_VERBOSITY 4

/* The election between replicas, as kube-controller-manager spells it. */
static size_t fill_election(struct option *table, struct election_options *o)
{
	const struct option options[] = {
		{ .name = "leader-elect",
			.kind = OPTION_BOOL,
			.target = &o->enabled,
			.help = "elect one of several replicas on a Lease, and hand windows on to "
				"the next; without it this program takes itself for the only one" },
		{ .name = "leader-elect-lease-duration",
			.kind = OPTION_DURATION,
			.target = &o->duration_ns,
			.min = NS_PER_SEC,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how long the others wait for a leader that is silent" },
		{ .name = "leader-elect-renew-deadline",
			.kind = OPTION_DURATION,
			.target = &o->renew_deadline_ns,
			.min = 100 * NS_PER_MS,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how long a leader that cannot renew goes on writing; less than "
				"the lease duration" },
		{ .name = "leader-elect-retry-period",
			.kind = OPTION_DURATION,
			.target = &o->retry_period_ns,
			.min = 10 * NS_PER_MS,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how often the Lease is renewed, or looked at" },
		{ .name = "leader-elect-resource-name",
			.kind = OPTION_TEXT,
			.target = &o->name,
			.value_name = "NAME",
			.help = "of the Lease" },
		{ .name = "leader-elect-resource-namespace",
			.kind = OPTION_TEXT,
			.target = &o->namespace,
			.value_name = "NAME",
			.help = "of the Lease and of the checkpoints; without it the service "
				"account's own, or that of the kubeconfig's context" },
	};
	_Static_assert(ARRAY_LEN(options) <= GROUP_MAX, "room for the group");
	memcpy(table, options, sizeof(options));
	return ARRAY_LEN(options);
}

/* The HTTPS port, as kube-controller-manager spells it. */
static size_t fill_secure(struct option *table, struct secure_options *o, int *tls)
{
	const struct option options[] = {
		{ .name = "secure-port",
			.kind = OPTION_INT,
			.target = &o->port,
			.max = 65535,
			.value_name = "PORT",
			.help = "HTTPS: /decisions/NAMESPACE/NAME, and /metrics, for whom the API "
				"server allows it; 0: none; see docs/decisions.md" },
		{ .name = "cert-dir",
			.kind = OPTION_TEXT,
			.target = &o->cert_dir,
			.value_name = "DIR",
			.help = "apiserver.crt and .key of the HTTPS port, made there if they do "
				"not exist; without it a certificate is made for this process" },
		{ .name = "tls-cert-file",
			.kind = OPTION_TEXT,
			.target = &o->cert_file,
			.value_name = "FILE",
			.help = "serving certificate, read again when it changes" },
		{ .name = "tls-private-key-file",
			.kind = OPTION_TEXT,
			.target = &o->key_file,
			.value_name = "FILE",
			.help = "its key" },
		{ .name = "tls-min-version",
			.kind = OPTION_CHOICE,
			.target = tls,
			.choices = TLS_VERSIONS,
			.value_name = "VERSION",
			.help = "VersionTLS10 to VersionTLS13; below 1.2 means 1.2" },
		{ .name = "authentication-token-webhook-cache-ttl",
			.kind = OPTION_DURATION,
			.target = &o->token_ttl_ns,
			.min = 0,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how long a token's verdict is used again" },
		{ .name = "authorization-webhook-cache-authorized-ttl",
			.kind = OPTION_DURATION,
			.target = &o->allowed_ttl_ns,
			.min = 0,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how long a permission is used again" },
		{ .name = "authorization-webhook-cache-unauthorized-ttl",
			.kind = OPTION_DURATION,
			.target = &o->denied_ttl_ns,
			.min = 0,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how long a refusal is used again" },
		{ .name = "authentication-skip-lookup",
			.kind = OPTION_BOOL,
			.target = &o->skip_lookup,
			.help = "do not read kube-system/extension-apiserver-authentication: then "
				"only tokens identify callers" },
		{ .name = "authentication-tolerate-lookup-failure",
			.kind = OPTION_BOOL,
			.target = &o->tolerate_lookup_failure,
			.help = "serve even if it cannot be read (on; =false to switch it off)" },
	};
	_Static_assert(ARRAY_LEN(options) <= GROUP_MAX, "room for the group");
	memcpy(table, options, sizeof(options));
	return ARRAY_LEN(options);
}

/* Where the API server is, and what of it is ours. */
static size_t fill_cluster(struct option *table, struct raw *r)
{
	struct controller_options *o = &r->o;
	const struct option options[] = {
		{ .name = "kubeconfig",
			.kind = OPTION_TEXT,
			.target = &o->kubeconfig,
			.value_name = "FILE",
			.help = "how to reach the API server; without it the pod's service "
				"account, then $KUBECONFIG, then ~/.kube/config" },
		{ .name = "context",
			.kind = OPTION_TEXT,
			.target = &o->context,
			.value_name = "NAME",
			.help = "context of the kubeconfig; without it the current one" },
		{ .name = "config",
			.kind = OPTION_TEXT,
			.target = &o->config_file,
			.value_name = "FILE",
			.help = "YAML: flags under their names, and under `servers` the Prometheus "
				"servers that metrics of type Prometheus may ask; a flag of the "
				"command line wins" },
		{ .name = "native-hpas",
			.kind = OPTION_CHOICE,
			.target = &r->native,
			.choices = NATIVE,
			.value_name = "observe|own|ignore",
			.help = "what to do with HorizontalPodAutoscalers: decide and log but "
				"write nothing, because a cluster normally has its own "
				"controller for them; write; or leave them alone" },
		{ .name = "canary-period",
			.kind = OPTION_DURATION,
			.target = &o->controller.canary_period_ns,
			.min = MIN_PERIOD_NS,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "with --native-hpas=own: how long another HPA controller may take "
				"to show itself; two such periods pass before the first write" },
	};
	_Static_assert(ARRAY_LEN(options) <= GROUP_MAX, "room for the group");
	memcpy(table, options, sizeof(options));
	return ARRAY_LEN(options);
}

/* How often, and with how many requests. */
static size_t fill_loop(struct option *table, struct raw *r)
{
	struct controller_options *o = &r->o;
	const struct option options[] = {
		{ .name = "sync-period",
			.kind = OPTION_DURATION,
			.target = &o->controller.sync_period_ns,
			.min = MIN_PERIOD_NS,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how often each object is looked at" },
		{ .name = "horizontal-pod-autoscaler-sync-period",
			.kind = OPTION_DURATION,
			.target = &o->controller.sync_period_ns,
			.min = MIN_PERIOD_NS,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "the same, as kube-controller-manager spells it" },
		{ .name = "status-refresh",
			.kind = OPTION_DURATION,
			.target = &o->controller.status_refresh_ns,
			.min = 0,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how often a status is written in which only the metrics' values "
				"differ; other changes are written at once; strict mode writes "
				"with every pass" },
		{ .name = "metrics-sharing",
			.kind = OPTION_CHOICE,
			.target = &r->sharing,
			.choices = SHARING,
			.value_name = "auto|off",
			.help = "ask metrics.k8s.io, and our own adapter, once for all objects of "
				"a namespace that want the same metric of their pods; never in "
				"strict mode" },
		{ .name = "compatibility",
			.kind = OPTION_CHOICE,
			.target = &r->compatibility,
			.choices = COMPATIBILITY,
			.value_name = "default|strict",
			.help = "strict reproduces the reference bit for bit, undefined arithmetic "
				"included; see docs/deviations.md" },
	};
	_Static_assert(ARRAY_LEN(options) <= GROUP_MAX, "room for the group");
	memcpy(table, options, sizeof(options));
	return ARRAY_LEN(options);
}

/* What the decision goes by, as kube-controller-manager spells it. */
static size_t fill_decision(struct option *table, struct raw *r)
{
	struct settings *s = &r->o.controller.settings;
	const struct option options[] = {
		{ .name = "horizontal-pod-autoscaler-downscale-stabilization",
			.kind = OPTION_DURATION,
			.target = &s->downscale_stabilization_ns,
			.min = 0,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "how long the highest recommendation holds where an object does "
				"not say" },
		{ .name = "horizontal-pod-autoscaler-tolerance",
			.kind = OPTION_RATIO,
			.target = &s->tolerance,
			.max = 1,
			.value_name = "RATIO",
			.help = "smallest relative error that moves replicas" },
		{ .name = "horizontal-pod-autoscaler-cpu-initialization-period",
			.kind = OPTION_DURATION,
			.target = &s->cpu_initialization_ns,
			.min = 0,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "after a pod's start in which its cpu samples may be skipped" },
		{ .name = "horizontal-pod-autoscaler-initial-readiness-delay",
			.kind = OPTION_DURATION,
			.target = &s->readiness_delay_ns,
			.min = 0,
			.max = HOUR_NS,
			.value_name = "DURATION",
			.help = "after a pod's start in which readiness changes count as its "
				"first" },
		{ .name = "feature-gates",
			.kind = OPTION_LIST,
			.target = &r->gates,
			.value_name = "NAME=BOOL,...",
			.help = "HPAScaleToZero (off), HPAConfigurableTolerance (on), "
				"PodLevelResources (on), as in Kubernetes 1.36; others have no "
				"effect" },
	};
	_Static_assert(ARRAY_LEN(options) <= GROUP_MAX, "room for the group");
	memcpy(table, options, sizeof(options));
	return ARRAY_LEN(options);
}

/* What is kept of what happened. */
static size_t fill_memory(struct option *table, struct raw *r)
{
	struct controller_options *o = &r->o;
	const struct option options[] = {
		{ .name = "record",
			.kind = OPTION_TEXT,
			.target = &o->controller.record.dir,
			.value_name = "DIR",
			.help = "write what each pass saw and decided there, for flyball replay; "
				"see docs/tape.md" },
		{ .name = "record-max-bytes",
			.kind = OPTION_INT,
			.target = &o->controller.record.max_bytes,
			.min = RECORD_MIN_BYTES,
			.max = RECORD_MAX_BYTES,
			.value_name = "BYTES",
			.help = "of all recordings together; the oldest go first" },
		{ .name = "work-note-dir",
			.kind = OPTION_TEXT,
			.target = &o->controller.work_note_dir,
			.value_name = "DIR",
			.help = "remembers over a crash which object was in work, so that it is "
				"not tried again and again" },
		{ .name = "decisions-max-bytes",
			.kind = OPTION_INT,
			.target = &o->controller.decisions_bytes,
			.max = DECISIONS_MAX_BYTES,
			.value_name = "BYTES",
			.help = "of the last decisions that /decisions shows, all objects "
				"together; "
				"the oldest go first; 0: none are kept" },
	};
	_Static_assert(ARRAY_LEN(options) <= GROUP_MAX, "room for the group");
	memcpy(table, options, sizeof(options));
	return ARRAY_LEN(options);
}

/* The program itself. */
static size_t fill_program(struct option *table, struct raw *r)
{
	struct controller_options *o = &r->o;
	const struct option options[] = {
		{ .name = "bind-address",
			.kind = OPTION_TEXT,
			.target = &o->bind_address,
			.value_name = "ADDRESS",
			.help = "of both ports" },
		{ .name = "port",
			.kind = OPTION_INT,
			.target = &o->port,
			.max = 65535,
			.value_name = "PORT",
			.help = "plain HTTP: /healthz, /livez, /readyz and /metrics, for "
				"everybody; 0: none" },
		{ .name = "log-level",
			.kind = OPTION_CHOICE,
			.target = &o->log_level,
			.choices = LEVELS,
			.value_name = "LEVEL",
			.help = "debug, info, warn or error" },
		{ .name = "log-format",
			.kind = OPTION_CHOICE,
			.target = &o->log_format,
			.choices = FORMATS,
			.value_name = "FORMAT",
			.help = "text or json" },
		{ .name = "logging-format",
			.kind = OPTION_CHOICE,
			.target = &o->log_format,
			.choices = FORMATS,
			.value_name = "FORMAT",
			.help = "the same, as kube-controller-manager spells it" },
		{ .name = "v",
			.letter = 'v',
			.kind = OPTION_INT,
			.target = &r->verbosity,
			.value_name = "N",
			.help = "4 and above: --log-level=debug" },
		{ .name = "version",
			.kind = OPTION_BOOL,
			.target = &o->version,
			.help = "prints the version and ends" },
		{ .name = "man",
			.kind = OPTION_BOOL,
			.target = &o->man,
			.help = "prints the manual page as roff and ends" },
		{ .name = "help",
			.letter = 'h',
			.kind = OPTION_BOOL,
			.target = &o->help,
			.help = "prints this text and ends" },
	};
	_Static_assert(ARRAY_LEN(options) <= GROUP_MAX, "room for the group");
	memcpy(table, options, sizeof(options));
	return ARRAY_LEN(options);
}

static size_t fill(struct option table[N_OPTIONS], struct raw *r)
{
	size_t n = fill_cluster(table, r);

	n += fill_loop(table + n, r);
	n += fill_decision(table + n, r);
	n += fill_memory(table + n, r);
	n += fill_program(table + n, r);
	n += fill_secure(table + n, &r->o.secure, &r->tls);
	n += fill_election(table + n, &r->o.election);
	return n + kube_flags_fill(table + n);
}

static void set_defaults(struct raw *r)
{
	*r = (struct raw){ .tls = TLS_12,
		.o = {
			.controller = { .settings = SETTINGS_DEFAULT,
				.sync_period_ns = 15 * NS_PER_SEC,
				.canary_period_ns = CANARY_WATCH_PERIOD_NS,
				.status_refresh_ns = 60 * NS_PER_SEC,
				.record.max_bytes = RECORD_DEFAULT_BYTES,
				.decisions_bytes = DECISIONS_DEFAULT_BYTES },
			.bind_address = "127.0.0.1",
			.secure = { .cert_dir = "",
				.cert_file = "",
				.key_file = "",
				.tolerate_lookup_failure = true,
				.token_ttl_ns = SECURE_VERDICT_NS,
				.allowed_ttl_ns = SECURE_VERDICT_NS,
				.denied_ttl_ns = SECURE_VERDICT_NS },
			.election = ELECTION_DEFAULT,
			.log_level = LOG_INFO,
			.log_format = LOG_TEXT,
		} };
}

/* The name of a gate of Kubernetes that cannot be meant for us: those that begin with HPA would be, and those with All, too. */
static bool is_other_gate(struct sv name)
{
	static const char *const OURS[] = { "hpa", "all" };

	for (size_t i = 0; i < ARRAY_LEN(OURS); i++)
		if (sv_eq_nocase(sv_take(name, 3), sv_of(OURS[i])))
			return false;
	for (size_t i = 0; i < name.len; i++)
		if (!((name.ptr[i] >= 'A' && name.ptr[i] <= 'Z') ||
			    (i > 0 && name.ptr[i] >= 'a' && name.ptr[i] <= 'z') ||
			    (i > 0 && name.ptr[i] >= '0' && name.ptr[i] <= '9')))
			return false;
	return name.len > 0;
}

/* "HPAScaleToZero=true", or "kube:HPAScaleToZero=true" */
static enum error_kind set_gate(struct controller_options *o, struct sv text, struct error *err)
{
	struct settings *s = &o->controller.settings;
	const struct {
		const char *name;
		bool *gate;
	} gates[] = {
		{ "HPAScaleToZero", &s->scale_to_zero },
		{ "HPAConfigurableTolerance", &s->configurable_tolerance },
		{ "PodLevelResources", &s->pod_level_resources },
	};
	struct sv value;
	bool found;
	struct sv name = sv_cut(text, '=', &value, &found);
	bool on = sv_eq_nocase(value, SV("true"));

	if (!on && !sv_eq_nocase(value, SV("false")))
		return error_set(err, ERR_INVALID,
			"--feature-gates=%.*s: expected NAME=true or NAME=false", SV_ARG(text));
	if (sv_has_prefix(name, SV("kube:")))
		name = sv_skip(name, strlen("kube:"));
	for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
		if (sv_is(name, gates[i].name)) {
			*gates[i].gate = on;
			return ERR_OK;
		}
	}
	if (is_other_gate(name)) {
		(void)snprintf(o->idle_gate, sizeof(o->idle_gate), "%.*s", SV_ARG(name));
		return ERR_OK;
	}
	return error_set(err, ERR_INVALID,
		"--feature-gates=%.*s: unknown gate; expected HPAScaleToZero, "
		"HPAConfigurableTolerance or PodLevelResources",
		SV_ARG(text));
}

static const char *const NO_FLAGS[] = { "servers", NULL };
static const char *const ONLY_COMMAND_LINE[] = { "config", "help", "version", "man", NULL };

/* The flags in the file of --config. */
static enum error_kind read_file(
	struct arena *a, const struct option *table, size_t n, const char *path, struct error *err)
{
	const struct options_file file = {
		.table = table, .n = n, .others = NO_FLAGS, .never = ONLY_COMMAND_LINE
	};
	struct jtree **documents = NULL;
	size_t n_documents = 0;
	struct sv text;

	arena_init(a, LIMIT_CONFIG_FILE_BYTES * 8);
	if (file_read(a, path, LIMIT_CONFIG_FILE_BYTES, &text, err) != ERR_OK ||
		yx_parse(a, text, path, &documents, &n_documents, err) != ERR_OK)
		return err->kind;
	return n_documents > 0 ? options_file_apply(a, &file, documents[0], path, err) : ERR_OK;
}

bool controller_options_has(struct sv name)
{
	struct option table[N_OPTIONS];
	struct raw r;

	set_defaults(&r);
	size_t n = fill(table, &r);
	for (size_t i = 0; i < n; i++)
		if (sv_is(name, table[i].name))
			return true;
	return false;
}

enum error_kind controller_options_parse(
	int argc, char **argv, struct controller_options *ret, struct error *err)
{
	struct option table[N_OPTIONS];
	struct option_list rest = { 0 };
	struct raw r;

	set_defaults(&r);
	size_t n = fill(table, &r);
	const char *path = options_find(argc, argv, "config");
	enum error_kind rc = path ? read_file(&r.o.file, table, n, path, err) : ERR_OK;
	if (rc == ERR_OK)
		rc = options_parse(table, n, argc, argv, &rest, err);
	if (rc == ERR_OK && rest.items.n > 0)
		rc = error_set(err, ERR_INVALID, "unexpected argument '%s'; --help lists the flags",
			rest.items.at[0]);
	for (size_t i = 0; rc == ERR_OK && i < r.gates.items.n; i++)
		rc = set_gate(&r.o, sv_of(r.gates.items.at[i]), err);
	options_list_done(&rest);
	options_list_done(&r.gates);
	if (rc == ERR_OK && !r.o.secure.cert_file[0] != !r.o.secure.key_file[0])
		rc = error_set(err, ERR_INVALID,
			"--tls-cert-file and --tls-private-key-file must be given together");
	*ret = r.o;
	if (rc != ERR_OK)
		return rc;
	r.o.controller.native = (enum controller_native)r.native;
	r.o.controller.share_metrics = r.sharing == 0;
	if (r.compatibility == 1)
		r.o.controller.settings.arithmetic = ARITH_STRICT;
	r.o.controller.settings.guards = r.compatibility != 1;
	r.o.secure.only_tls13 = r.tls == TLS_13;
	if (r.verbosity >= DEBUG_VERBOSITY)
		r.o.log_level = LOG_DEBUG;
	*ret = r.o;
	return ERR_OK;
}

void controller_options_done(struct controller_options *o)
{
	arena_done(&o->file);
}

void controller_options_man(struct buf *out)
{
	static const char *const PARAGRAPHS[] = {
		"flyball-controller looks at HorizontalPodAutoscalers (autoscaling/v2) and "
		"HorizontalAutoscalers (flyball.dev/v1alpha1) once in each sync period, and sets "
		"the replicas of their targets. By default it only observes the former.",
		"Flags that kube-controller-manager has are spelled as there; those of its flags "
		"that mean nothing here are accepted without effect and not listed. Each flag may "
		"stand "
		"in the YAML file of --config, under its name without the dashes; a flag of the "
		"command line wins. Flags of the file count when the program starts.",
		"It ends with 0 after SIGTERM or SIGINT, with 2 when the command line or a file is "
		"wrong, and with 1 when it cannot go on.",
		NULL
	};
	static const struct options_page PAGE = {
		.name = "flyball-controller",
		.section = "8",
		.version = FLYBALL_VERSION,
		.summary = "scales workloads as their autoscaler objects say",
		.synopsis = "[flags]",
		.paragraphs = PARAGRAPHS,
	};
	struct option table[N_OPTIONS];
	struct raw r;

	set_defaults(&r);
	options_man_print(out, &PAGE, table, fill(table, &r));
}

void controller_options_help(struct buf *out)
{
	struct option table[N_OPTIONS];
	struct raw r;

	set_defaults(&r);
	size_t n = fill(table, &r);
	buf_put_str(
		out, "flyball-controller: scales workloads as their autoscaler objects say\n\n");
	options_help(out, table, n);
	buf_put_str(out, "\nOther flags of kube-controller-manager have no effect here; see "
			 "docs/controller-flags.md.\n");
}
