/* flyball rules: the adapter's rules checked, tried against a Prometheus, listed, generated, and two adapters compared. */
#include <stdio.h>
#include <string.h>

#include "cli/api_endpoint.h"
#include "cli/rules_compare.h"
#include "cli/rules_generate.h"
#include "cli/rules_list.h"
#include "cli/rules_manifest.h"
#include "cli/rules_report.h"
#include "cli/rules_test.h"
#include "cli/source_file.h"
#include "cli/verb_args.h"
#include "cli/verbs.h"
#include "common/limits.h"

/* All files, what is found, and the autoscalers of a cluster. */
#define MAX_ARENA_BYTES (1024u * 1024 * 1024)
#define MAX_OUTPUT_BYTES (256u * 1024 * 1024)
#define MAX_METRICS 100000
#define MAX_TRIES 100
#define MAX_AWAY_IN_A_ROW 2
#define MAX_OPTIONS 24
#define DEFAULT_TOLERANCE 0.01
#define DEFAULT_TIMEOUT_NS (30 * NS_PER_SEC)
#define HOUR_NS (3600 * NS_PER_SEC)

struct rules_options {
	struct prom_source_options server;
	struct rules_generate_options generate;
	struct rules_compare_options compare;
	struct option_list files, features;
	const char *version;
	int64_t max_metrics;
	int output; /* enum verb_args_output */
	bool strict, no_cluster;
	struct query_version for_version;
};

/* One line on standard error. */
static int tell(const char *action, const struct error *err, int code)
{
	char verb[40];

	(void)snprintf(verb, sizeof(verb), "rules %s", action);
	return verb_args_fail(verb, err, code);
}

/* Loads every file. A text that cannot be read or loaded goes to `c`, if there is one, or ends it. */
struct loaded {
	struct arena *a;
	struct rules_file *files;
	size_t n;
};

static void loaded_done(struct loaded *l)
{
	for (size_t i = 0; i < l->n; i++)
		rules_file_done(&l->files[i]);
}

static enum error_kind load(const struct rules_options *o, struct loaded *l, struct rules_check *c,
	bool *ret_unread, struct error *err)
{
	struct sv text;

	l->files = ARENA_ARRAY(l->a, o->files.items.n, struct rules_file);
	if (!l->files)
		return arena_error(l->a, err);
	for (size_t i = 0; i < o->files.items.n; i++) {
		const char *file = o->files.items.at[i];
		const char *name = strcmp(file, "-") == 0 ? "stdin" : file;
		if (source_file_read(l->a, file, LIMIT_CONFIG_FILE_BYTES, &text, err) != ERR_OK ||
			rules_manifest_unwrap(l->a, name, text, &text, err) != ERR_OK)
			return err->kind;
		enum error_kind kind = rules_file_load(l->a, name, text, &l->files[l->n], err);
		if (kind == ERR_OK) {
			l->n++;
			continue;
		}
		if (!c || kind != ERR_INVALID)
			return kind;
		rules_check_unloaded(c, name, sv_of(err->text));
		*ret_unread = true;
	}
	return ERR_OK;
}

static enum error_kind check_files(const struct rules_options *o, const struct loaded *l,
	struct rules_check *c, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < l->n; i++) {
		if (rules_check_file(c, &l->files[i], err) != ERR_OK)
			return err->kind;
	}
	if (o->output == VERB_ARGS_JSON)
		rules_report_json(out, c);
	else
		rules_report_text(out, c);
	return buf_check(out, "the report", err);
}

static int run_check(void *ctx)
{
	const struct rules_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct loaded l = { .a = &a };
	struct rules_check c = { .a = &a, .version = o->for_version };
	bool unread = false;
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	const char **features = ARENA_ARRAY(&a, o->features.items.n + 1, const char *);
	enum error_kind kind = features ? load(o, &l, &c, &unread, &err) : arena_error(&a, &err);
	for (size_t i = 0; kind == ERR_OK && i < o->features.items.n; i++)
		features[i] = o->features.items.at[i];
	c.features = o->features.items.n > 0 ? features : NULL;
	if (kind == ERR_OK)
		kind = check_files(o, &l, &c, &out, &err);
	loaded_done(&l);
	if (kind != ERR_OK)
		return tell("check", &err, VERB_ARGS_BAD_INPUT);
	fputs(buf_text(&out), stdout);
	if (unread)
		return VERB_ARGS_BAD_INPUT;
	size_t n_errors = rules_check_count(&c, RULES_ERROR);
	return n_errors > 0 || (o->strict && c.n_findings > 0) ? VERB_ARGS_NO : VERB_ARGS_OK;
}

/* Autoscalers are told where there is a cluster; without one there is nothing to tell. */
static enum error_kind read_uses(const struct rules_options *o, struct live *l, struct arena *a,
	const char *ns, struct rules_uses *ret, struct error *err)
{
	if (live_open(l, o->server.kubeconfig, o->server.context, err) != ERR_OK)
		return err->kind;
	return rules_uses_read(l, a, ns, ret, err);
}

/* Whom a rule asks: a server of the file, or the one of the command line. */
static enum error_kind open_server(const struct rules_options *o, const struct rules_file *f,
	const struct rules_file_rule *r, struct prom_source *s, struct error *err)
{
	struct sv name = r->rule ? r->rule->server : SV("");
	const struct server_config *defined =
		server_config_find(f->config.servers, f->config.n_servers, name);

	if (name.len == 0 || sv_is(name, SERVER_CONFIG_DEFAULT) || !defined)
		return prom_source_open(s, &o->server, err);
	return prom_source_open_defined(s, defined, o->server.timeout_ns, err);
}

struct tally {
	size_t verdicts[RULES_TEST_N_VERDICTS];
	size_t n_away_in_a_row, n_untried;
};

static enum error_kind test_one(const struct rules_options *o, const struct rules_file *f,
	const struct rules_file_rule *r, const struct rules_uses *uses, struct tally *tally,
	struct error *err)
{
	AUTO(prom_source_close) struct prom_source server = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	const struct rules_test test = { .server = &server,
		.file = f,
		.uses = uses,
		.max_metrics = o->max_metrics,
		.now = instant_wall_now() };
	enum rules_test_verdict verdict;

	/* A server that is away costs the whole timeout each time. */
	if (tally->n_away_in_a_row == MAX_AWAY_IN_A_ROW) {
		tally->n_untried++;
		return ERR_OK;
	}
	buf_init(&out, MAX_OUTPUT_BYTES);
	if (open_server(o, f, r, &server, err) != ERR_OK ||
		rules_test_rule(&test, r, &out, &verdict, err) != ERR_OK ||
		buf_check(&out, "a rule", err) != ERR_OK)
		return err->kind;
	tally->verdicts[verdict]++;
	tally->n_away_in_a_row = verdict == RULES_TEST_AWAY ? tally->n_away_in_a_row + 1 : 0;
	fputs(buf_text(&out), stdout);
	fflush(stdout);
	return ERR_OK;
}

static enum error_kind test_files(const struct rules_options *o, const struct loaded *l,
	const struct rules_uses *uses, struct tally *tally, struct error *err)
{
	for (size_t i = 0; i < l->n; i++) {
		for (size_t k = 0; k < l->files[i].n; k++) {
			if (test_one(o, &l->files[i], &l->files[i].rules[k], uses, tally, err) !=
				ERR_OK)
				return err->kind;
		}
	}
	return ERR_OK;
}

static int tell_tally(const struct tally *t)
{
	size_t ok = t->verdicts[RULES_TEST_OK], nothing = t->verdicts[RULES_TEST_NOTHING];
	size_t failed = t->verdicts[RULES_TEST_ERROR] + t->verdicts[RULES_TEST_AWAY];
	size_t n = ok + nothing + failed + t->n_untried;

	if (t->n_untried > 0)
		printf("the server does not answer: %zu more rules were not tried\n", t->n_untried);
	printf("%zu rule%s: %zu serve%s, %zu serve%s nothing, %zu fail%s\n", n, n == 1 ? "" : "s",
		ok, ok == 1 ? "s" : "", nothing, nothing == 1 ? "s" : "", failed,
		failed == 1 ? "s" : "");
	return ok == n ? VERB_ARGS_OK : VERB_ARGS_NO;
}

static int run_test(void *ctx)
{
	const struct rules_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(live_close) struct live cluster = { 0 };
	struct loaded l = { .a = &a };
	struct rules_uses uses = { 0 };
	struct tally tally = { 0 };
	bool unread = false;
	struct error err, no_cluster;

	arena_init(&a, MAX_ARENA_BYTES);
	enum error_kind kind = load(o, &l, NULL, &unread, &err);
	if (kind != ERR_OK) {
		loaded_done(&l);
		return tell("test", &err, VERB_ARGS_BAD_INPUT);
	}
	bool known = !o->no_cluster && read_uses(o, &cluster, &a, "", &uses, &no_cluster) == ERR_OK;
	if (!known && !o->no_cluster && no_cluster.kind != ERR_NOTFOUND) {
		(void)error_wrap(&no_cluster, "autoscalers are not told");
		(void)tell("test", &no_cluster, 0);
	}
	kind = test_files(o, &l, known ? &uses : NULL, &tally, &err);
	loaded_done(&l);
	if (kind != ERR_OK)
		return tell("test", &err,
			kind == ERR_INVALID || kind == ERR_NOTFOUND ? VERB_ARGS_BAD_INPUT
								    : VERB_ARGS_NO);
	return tell_tally(&tally);
}

static enum error_kind list_files(const struct rules_options *o, const struct loaded *l,
	struct buf *out, size_t *silent, struct error *err)
{
	AUTO(prom_source_close) struct prom_source server = { 0 };

	for (size_t i = 0; i < l->n && !o->server.server; i++)
		rules_list_print(out, &l->files[i]);
	if (o->server.server && prom_source_open(&server, &o->server, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < l->n && o->server.server; i++) {
		if (rules_list_now(&server, &l->files[i], out, silent, err) != ERR_OK)
			return err->kind;
	}
	return buf_check(out, "the list", err);
}

static int run_list(void *ctx)
{
	const struct rules_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct loaded l = { .a = &a };
	size_t silent = 0;
	bool unread = false;
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	enum error_kind kind = load(o, &l, NULL, &unread, &err);
	int bad = VERB_ARGS_BAD_INPUT;
	if (kind == ERR_OK) {
		kind = list_files(o, &l, &out, &silent, &err);
		bad = kind == ERR_INVALID && !o->server.server ? bad : VERB_ARGS_NO;
	}
	loaded_done(&l);
	fputs(buf_text(&out), stdout);
	return kind == ERR_OK ? VERB_ARGS_OK : tell("list", &err, bad);
}

static int run_generate(void *ctx)
{
	const struct rules_options *o = ctx;
	AUTO(buf_done) struct buf out = { 0 };
	struct error err;

	buf_init(&out, MAX_OUTPUT_BYTES);
	if (rules_generate(&o->generate, &out, &err) != ERR_OK)
		return tell("generate", &err, VERB_ARGS_BAD_INPUT);
	fputs(buf_text(&out), stdout);
	return VERB_ARGS_OK;
}

static int run_compare(void *ctx)
{
	struct rules_options *o = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(live_close) struct live cluster = { 0 };
	struct rules_compare_totals totals;
	struct error err;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&out, MAX_OUTPUT_BYTES);
	o->compare.kubeconfig = o->server.kubeconfig;
	o->compare.context = o->server.context;
	o->compare.default_namespace = "default";
	enum error_kind kind = read_uses(o, &cluster, &a, "", &o->compare.uses, &err);
	if (kind == ERR_OK)
		o->compare.default_namespace = cluster.ns;
	if (kind != ERR_OK && kind != ERR_NOTFOUND) {
		(void)error_wrap(&err, "the autoscalers' questions are not asked");
		(void)tell("compare", &err, 0);
	}
	kind = rules_compare(&a, &o->compare, &out, &totals, &err);
	fputs(buf_text(&out), stdout);
	if (kind != ERR_OK)
		return tell("compare", &err,
			kind == ERR_INVALID || kind == ERR_NOTFOUND ? VERB_ARGS_BAD_INPUT
								    : VERB_ARGS_NO);
	if (totals.n_questions == 0)
		puts("nothing was compared: neither of the two lists a metric");
	if (totals.n_failed > 0)
		printf("%zu question%s failed on both sides alike\n", totals.n_failed,
			totals.n_failed == 1 ? "" : "s");
	if (totals.n_left_out > 0)
		printf("%zu questions were left out (--limit)\n", totals.n_left_out);
	printf("%zu question%s, %zu difference%s; old %.1f ms, new %.1f ms in all\n",
		totals.n_questions, totals.n_questions == 1 ? "" : "s", totals.n_different,
		totals.n_different == 1 ? "" : "s", (double)totals.before_ns / NS_PER_MS,
		(double)totals.after_ns / NS_PER_MS);
	return totals.n_different > 0 || totals.n_questions == 0 ? VERB_ARGS_NO : VERB_ARGS_OK;
}

static enum error_kind want_files(void *ctx, struct error *err)
{
	struct rules_options *o = ctx;

	if (o->files.items.n == 0)
		return error_set(
			err, ERR_INVALID, "no file; expected a rules file, - for standard input");
	return o->version ? query_version_parse(sv_of(o->version), &o->for_version, err) : ERR_OK;
}

static enum error_kind want_files_and_server(void *ctx, struct error *err)
{
	struct rules_options *o = ctx;

	if (want_files(ctx, err) == ERR_OK && !o->server.server)
		return error_set(err, ERR_INVALID,
			"expected --prometheus=http://HOST:PORT or "
			"--prometheus=svc/NAMESPACE/NAME:PORT");
	return o->files.items.n > 0 ? ERR_OK : err->kind;
}

static enum error_kind want_nothing(void *ctx, struct error *err)
{
	const struct rules_options *o = ctx;

	return o->files.items.n == 0
		       ? ERR_OK
		       : error_set(err, ERR_INVALID, "takes no arguments, only flags");
}

/* Adapters speak TLS only; credentials must not go out in the clear. */
static enum error_kind want_adapter(const char *flag, const char *where, struct error *err)
{
	if (strcmp(where, "cluster") == 0 || sv_has_prefix(sv_of(where), SV("https://")))
		return ERR_OK;
	return error_set(
		err, ERR_INVALID, "--%s=%s: expected 'cluster' or https://HOST:PORT", flag, where);
}

static enum error_kind want_two(void *ctx, struct error *err)
{
	const struct rules_options *o = ctx;

	if (!o->compare.before || !o->compare.after)
		return error_set(err, ERR_INVALID,
			"expected --old and --new, each 'cluster' or https://HOST:PORT");
	if (want_adapter("old", o->compare.before, err) != ERR_OK ||
		want_adapter("new", o->compare.after, err) != ERR_OK)
		return err->kind;
	return want_nothing(ctx, err);
}

static size_t fill_check(struct option *table, struct rules_options *o)
{
	/* clang-format off */
	const struct option rows[] = {
		verb_args_files_row(&o->files),
		{ .name = "strict", .kind = OPTION_BOOL, .target = &o->strict, .help = "warnings make the exit code 1 too" },
		{ .name = "for-version", .kind = OPTION_TEXT, .target = &o->version, .value_name = "VERSION",
		  .help = "what this version of Prometheus refuses is an error, such as 2.42" },
		{ .name = "enable-feature", .kind = OPTION_LIST, .target = &o->features, .value_name = "NAME",
		  .help = "a feature flag that Prometheus has; what needs others is an error" },
		verb_args_output_row(&o->output),
	};
	/* clang-format on */
	memcpy(table, rows, sizeof(rows));
	return ARRAY_LEN(rows);
}

static size_t fill_test(struct option *table, struct rules_options *o)
{
	/* clang-format off */
	const struct option rows[] = {
		verb_args_files_row(&o->files),
		{ .name = "limit", .kind = OPTION_INT, .target = &o->max_metrics, .min = 1, .max = MAX_METRICS, .value_name = "N",
		  .help = "metrics of each rule that are asked; the others are counted" },
		{ .name = "no-cluster", .kind = OPTION_BOOL, .target = &o->no_cluster,
		  .help = "do not look which autoscalers use a metric" },
	};
	/* clang-format on */
	memcpy(table, rows, sizeof(rows));
	prom_source_options_fill(table + ARRAY_LEN(rows), &o->server);
	return ARRAY_LEN(rows) + PROM_SOURCE_N_OPTIONS;
}

static size_t fill_list(struct option *table, struct rules_options *o)
{
	table[0] = verb_args_files_row(&o->files);
	prom_source_options_fill(table + 1, &o->server);
	return 1 + PROM_SOURCE_N_OPTIONS;
}

static size_t fill_generate(struct option *table, struct rules_options *o)
{
	/* clang-format off */
	const struct option rows[] = {
		{ .name = "label-prefix", .kind = OPTION_TEXT, .target = &o->generate.label_prefix, .value_name = "TEXT",
		  .help = "in front of the labels that name resources, such as kube_" },
		{ .name = "rate-interval", .kind = OPTION_TEXT, .target = &o->generate.rate_interval, .value_name = "DURATION",
		  .help = "the range of rate()" },
	};
	/* clang-format on */
	memcpy(table, rows, sizeof(rows));
	return ARRAY_LEN(rows);
}

static size_t fill_compare(struct option *table, struct rules_options *o)
{
	struct rules_compare_options *c = &o->compare;
	/* clang-format off */
	const struct option rows[] = {
		{ .name = "old", .kind = OPTION_TEXT, .target = &c->before, .value_name = "ADAPTER",
		  .help = "'cluster': whatever the APIServices name; or the https:// address of an adapter" },
		{ .name = "new", .kind = OPTION_TEXT, .target = &c->after, .value_name = "ADAPTER", .help = "the same" },
		{ .name = "namespace", .letter = 'n', .kind = OPTION_LIST, .target = &c->namespaces, .value_name = "NAME,...",
		  .help = "where to ask; without it the namespaces that have autoscalers, and the context's" },
		{ .name = "tolerance", .kind = OPTION_RATIO, .target = &c->tolerance, .max = 1, .value_name = "RATIO",
		  .help = "values that differ by less than this share of the larger one are the same" },
		{ .name = "tries", .kind = OPTION_INT, .target = &c->n_tries, .min = 1, .max = MAX_TRIES, .value_name = "N",
		  .help = "a difference counts when it is seen so often in a row" },
		{ .name = "limit", .kind = OPTION_INT, .target = &c->max_questions, .min = 1, .max = MAX_METRICS, .value_name = "N",
		  .help = "questions at most" },
		{ .name = "resource-metrics", .kind = OPTION_BOOL, .target = &c->resource_metrics,
		  .help = "compare metrics.k8s.io too" },
		{ .name = "ca-file", .kind = OPTION_TEXT, .target = &c->ca_file, .value_name = "FILE",
		  .help = "certificates that addresses are trusted by; without it the system's" },
		{ .name = "token-file", .kind = OPTION_TEXT, .target = &c->token_file, .value_name = "FILE",
		  .help = "bearer token for addresses, of --old and --new alike" },
		{ .name = "cert-file", .kind = OPTION_TEXT, .target = &c->cert_file, .value_name = "FILE",
		  .help = "client certificate for addresses" },
		{ .name = "key-file", .kind = OPTION_TEXT, .target = &c->key_file, .value_name = "FILE", .help = "its key" },
		{ .name = "insecure-skip-tls-verify", .kind = OPTION_BOOL, .target = &c->insecure,
		  .help = "believe any certificate of an address" },
		{ .name = "kubeconfig", .kind = OPTION_TEXT, .target = &o->server.kubeconfig, .value_name = "FILE",
		  .help = "which cluster; without it $KUBECONFIG, then ~/.kube/config, then the pod's service account" },
		{ .name = "context", .kind = OPTION_TEXT, .target = &o->server.context, .value_name = "NAME",
		  .help = "of the kubeconfig" },
		{ .name = "timeout", .kind = OPTION_DURATION, .target = &c->timeout_ns, .min = NS_PER_MS, .max = HOUR_NS,
		  .value_name = "DURATION", .help = "of each question" },
	};
	/* clang-format on */
	memcpy(table, rows, sizeof(rows));
	return ARRAY_LEN(rows);
}

static const struct rules_action {
	const char *name, *verb, *intro;
	size_t (*fill)(struct option *table, struct rules_options *o);
	enum error_kind (*check)(void *ctx, struct error *err);
	int (*run)(void *ctx);
} ACTIONS[] = {
	{ "check", "rules check",
		"flyball rules check FILE...: every rule compiled, its query expanded, parsed and "
		"typed; whose rows it reads,\nand how it will be asked. No cluster and no "
		"Prometheus.\nExit code 0; 1 when there are errors (with --strict: also warnings); "
		"2 for a wrong command line or a file\nthat cannot be read or loaded.\n\n",
		fill_check, want_files, run_check },
	{ "test", "rules test",
		"flyball rules test FILE... --prometheus=SERVER: which series each rule finds, "
		"what "
		"is asked, what comes back,\nand which autoscalers of the cluster use it.\n"
		"Exit code 0; 1 when a rule serves nothing or fails; 2 for a wrong command line or "
		"file.\n\n",
		fill_test, want_files_and_server, run_test },
	{ "list", "rules list",
		"flyball rules list FILE...: what each rule makes; with --prometheus=SERVER every "
		"metric that exists now.\nExit code 0; 1 when Prometheus does not answer; 2 for a "
		"wrong command line or file.\n\n",
		fill_list, want_files, run_list },
	{ "generate", "rules generate",
		"flyball rules generate: the rules that prometheus-adapter's chart installs by "
		"default.\nExit code 0; 2 for a wrong command line.\n\n",
		fill_generate, want_nothing, run_generate },
	{ "compare", "rules compare",
		"flyball rules compare --old=cluster --new=https://HOST:PORT: the same questions "
		"to "
		"two adapters: names,\nvalues, what is missing, the time each took.\n"
		"Exit code 0; 1 when something differs or does not answer; 2 for a wrong command "
		"line.\n\n",
		fill_compare, want_two, run_compare },
};

static void print_actions(FILE *out)
{
	fputs("flyball rules check FILE...     what is wrong in the adapter's rules, and how each "
	      "is asked\n"
	      "flyball rules test FILE...      every rule against a Prometheus\n"
	      "flyball rules list FILE...      which metrics the rules make\n"
	      "flyball rules generate          prometheus-adapter's default rules\n"
	      "flyball rules compare           the same questions to two adapters\n"
	      "\nflyball rules ACTION --help tells more.\n",
		out);
}

static int run_action(const struct rules_action *action, int argc, char **argv)
{
	struct rules_options o = { .max_metrics = 5,
		.generate = { .label_prefix = "", .rate_interval = "5m" },
		.compare = { .tolerance = DEFAULT_TOLERANCE,
			.n_tries = 3,
			.max_questions = 1000,
			.timeout_ns = DEFAULT_TIMEOUT_NS } };
	struct option table[MAX_OPTIONS];

	prom_source_options_init(&o.server);
	const struct verb_args verb = { .verb = action->verb,
		.intro = action->intro,
		.table = table,
		.n_options = action->fill(table, &o),
		.rest = &o.files,
		.check = action->check,
		.run = action->run,
		.ctx = &o };
	int code = verb_args_main(&verb, argc, argv);
	options_list_done(&o.files);
	options_list_done(&o.features);
	options_list_done(&o.compare.namespaces);
	prom_source_options_done(&o.server);
	return code;
}

int cmd_rules(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < ARRAY_LEN(ACTIONS); i++) {
		if (strcmp(ACTIONS[i].name, name) == 0)
			return run_action(&ACTIONS[i], argc - 1, argv + 1);
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_actions(stdout);
		return VERB_ARGS_OK;
	}
	fprintf(stderr,
		"flyball rules: expected check, test, list, generate or compare%s%s; --help tells "
		"more\n",
		name[0] ? ", got " : "", name);
	return VERB_ARGS_BAD_INPUT;
}
