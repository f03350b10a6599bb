/* From a command line to passes. Input that a person wrote is read and checked to its end before the first pass, so that a wrong file never shows half a result. */
#include "cli/source.h"

#include "cli/live.h"
#include "cli/live_prometheus.h"
#include "cli/printable.h"
#include "cli/source_file.h"
#include "cli/source_snapshot.h"
#include "common/limits.h"

/* Texts and trees of all files of a command line. */
#define MAX_FILES_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_LIST_ARENA_BYTES (256u * 1024 * 1024)
#define HOUR_NS (3600 * NS_PER_SEC)
#define MIN_PERIOD_NS (100 * NS_PER_MS)
#define DEFAULT_PERIOD_NS (15 * NS_PER_SEC)
#define DEFAULT_NAMESPACE "default"

void source_options_init(struct source_options *o)
{
	*o = (struct source_options){
		.what_if = { .replicas = -1, .not_ready = -1 },
		.settings = SETTINGS_DEFAULT,
		.sync_period_ns = DEFAULT_PERIOD_NS,
	};
}

void source_options_done(struct source_options *o)
{
	options_list_done(&o->files);
	options_list_done(&o->what_if.totals);
	options_list_done(&o->what_if.per_pod);
}

void source_options_fill(struct option table[SOURCE_N_OPTIONS], struct source_options *o)
{
	struct what_if_flags *w = &o->what_if;
	/* clang-format off */
	const struct option options[SOURCE_N_OPTIONS] = {
		{ .name = "namespace", .letter = 'n', .kind = OPTION_TEXT, .target = &o->ns, .value_name = "NAME",
		  .help = "where to look; without it the context's namespace, and for files 'default'" },
		{ .name = "all-namespaces", .letter = 'A', .kind = OPTION_BOOL, .target = &o->all_namespaces,
		  .help = "look everywhere" },
		{ .name = "kubeconfig", .kind = OPTION_TEXT, .target = &o->kubeconfig, .value_name = "FILE",
		  .help = "which cluster; without it $KUBECONFIG, then ~/.kube/config, then the pod's service account" },
		{ .name = "context", .kind = OPTION_TEXT, .target = &o->context, .value_name = "NAME",
		  .help = "of the kubeconfig" },
		{ .name = "controller-config", .kind = OPTION_TEXT, .target = &o->controller_config, .value_name = "FILE",
		  .help = "the file of the controller's --config: the Prometheus servers that metrics of type Prometheus name" },
		{ .name = "filename", .letter = 'f', .kind = OPTION_REPEAT, .target = &o->files, .value_name = "FILE",
		  .help = "autoscalers as YAML or JSON, any number of documents in any API version; '-' is standard input" },
		{ .name = "snapshot", .kind = OPTION_TEXT, .target = &o->snapshot, .value_name = "FILE",
		  .help = "look at a recorded cluster instead of a live one" },
		{ .name = "replicas", .kind = OPTION_INT, .target = &w->replicas, .max = WHAT_IF_MAX_PODS, .value_name = "N",
		  .help = "what if the target had N replicas; without it the object's status, then minReplicas" },
		{ .name = "total", .kind = OPTION_REPEAT, .target = &w->totals, .value_name = "NAME=VALUE",
		  .help = "what if a metric were VALUE over all pods together" },
		{ .name = "per-pod", .kind = OPTION_REPEAT, .target = &w->per_pod, .value_name = "NAME=VALUE",
		  .help = "what if a metric were VALUE in each pod: a quantity, or a percentage of the request" },
		{ .name = "cpu", .kind = OPTION_TEXT, .target = &w->cpu, .value_name = "VALUE",
		  .help = "the same as --per-pod=cpu=VALUE, such as --cpu=85%" },
		{ .name = "memory", .kind = OPTION_TEXT, .target = &w->memory, .value_name = "VALUE",
		  .help = "the same as --per-pod=memory=VALUE" },
		{ .name = "not-ready", .kind = OPTION_INT, .target = &w->not_ready, .max = WHAT_IF_MAX_PODS, .value_name = "N",
		  .help = "what if N of the replicas were still pending" },
		{ .name = "horizontal-pod-autoscaler-sync-period", .kind = OPTION_DURATION, .target = &o->sync_period_ns,
		  .min = MIN_PERIOD_NS, .max = HOUR_NS, .value_name = "DURATION", .help = "from pass to pass" },
		{ .name = "horizontal-pod-autoscaler-downscale-stabilization", .kind = OPTION_DURATION,
		  .target = &o->settings.downscale_stabilization_ns, .max = HOUR_NS, .value_name = "DURATION",
		  .help = "the controller's flag of this name" },
		{ .name = "horizontal-pod-autoscaler-tolerance", .kind = OPTION_RATIO, .target = &o->settings.tolerance, .max = 1,
		  .value_name = "RATIO", .help = "the controller's flag of this name" },
		{ .name = "horizontal-pod-autoscaler-cpu-initialization-period", .kind = OPTION_DURATION,
		  .target = &o->settings.cpu_initialization_ns, .max = HOUR_NS, .value_name = "DURATION",
		  .help = "the controller's flag of this name" },
		{ .name = "scale-to-zero", .kind = OPTION_BOOL, .target = &o->settings.scale_to_zero,
		  .help = "the cluster has switched on the feature gate HPAScaleToZero" },
	};
	/* clang-format on */
	memcpy(table, options, sizeof(options));
}

bool source_is_live(const struct source_options *o)
{
	return o->files.items.n == 0 && !o->snapshot;
}

/* Other verbs take files without -f. hpa/NAME is never taken for one. */
static bool looks_like_file(const char *text)
{
	static const char *const ENDS[] = { ".yaml", ".yml", ".json", ".jsonl" };

	for (size_t i = 0; i < ARRAY_LEN(ENDS); i++) {
		if (sv_has_suffix(sv_of(text), sv_of(ENDS[i])))
			return true;
	}
	return false;
}

/* "hpa/web", "web" or "fha/web" */
static enum error_kind read_name(struct source_options *o, const char *text, struct error *err)
{
	static const struct {
		const char *prefix;
		enum autoscaler_kind kind;
	} PREFIXES[] = {
		{ "hpa/", AUTOSCALER_NATIVE },
		{ "horizontalpodautoscaler/", AUTOSCALER_NATIVE },
		{ "horizontalpodautoscalers/", AUTOSCALER_NATIVE },
		{ "horizontalpodautoscalers.autoscaling/", AUTOSCALER_NATIVE },
		{ "fha/", AUTOSCALER_OWN },
		{ "horizontalautoscaler/", AUTOSCALER_OWN },
		{ "horizontalautoscalers/", AUTOSCALER_OWN },
		{ "horizontalautoscalers.flyball.dev/", AUTOSCALER_OWN },
	};

	o->name = text;
	for (size_t i = 0; i < ARRAY_LEN(PREFIXES); i++) {
		size_t n = strlen(PREFIXES[i].prefix);
		if (strncmp(text, PREFIXES[i].prefix, n) == 0) {
			o->name = text + n;
			o->kind = PREFIXES[i].kind;
			o->kind_named = true;
		}
	}
	if (o->name == text && looks_like_file(text))
		return error_set(err, ERR_INVALID,
			"'%s' looks like a file; manifests are named with -f, tapes with "
			"--snapshot, an autoscaler of this name as hpa/%s",
			text, text);
	if (o->name[0] == '\0' || strchr(o->name, '/'))
		return error_set(err, ERR_INVALID,
			"'%s' is not the name of an autoscaler; expected hpa/NAME or fha/NAME",
			text);
	return ERR_OK;
}

/* Flags that speak of different clusters. */
static enum error_kind check_clusters(const struct source_options *o, struct error *err)
{
	const struct {
		bool given;
		const char *name;
	} live_only[] = {
		{ o->kubeconfig != NULL, "--kubeconfig" },
		{ o->context != NULL, "--context" },
		{ o->controller_config != NULL, "--controller-config" },
		{ o->all_namespaces, "--all-namespaces" },
	};
	bool live = source_is_live(o);

	for (size_t i = 0; i < ARRAY_LEN(live_only); i++) {
		if (live_only[i].given && !live)
			return error_set(err, ERR_INVALID, "%s and %s exclude each other",
				o->snapshot ? "--snapshot" : "-f", live_only[i].name);
	}
	if (o->all_namespaces && (o->name || o->ns))
		return error_set(err, ERR_INVALID, "--all-namespaces excludes %s",
			o->name ? "a name" : "--namespace");
	return ERR_OK;
}

static enum error_kind check_what_ifs(const struct source_options *o, struct error *err)
{
	bool what_if = what_if_given(&o->what_if), files = o->files.items.n > 0;

	if (o->snapshot && what_if)
		return error_set(err, ERR_INVALID,
			"--snapshot and what-ifs such as --replicas exclude each other");
	if (what_if && !files)
		return error_set(
			err, ERR_INVALID, "what-ifs such as --replicas need a file: -f FILE");
	if (files && !o->snapshot && !what_if)
		return error_set(err, ERR_INVALID,
			"-f needs a cluster to decide in: --snapshot=FILE, or what-ifs such as "
			"--replicas=1 --total=NAME=VALUE");
	return ERR_OK;
}

enum error_kind source_options_check(
	struct source_options *o, const struct option_list *rest, struct error *err)
{
	if (rest->items.n > 1)
		return error_set(err, ERR_INVALID, "one name at most, got '%s' and '%s'",
			rest->items.at[0], rest->items.at[1]);
	if (rest->items.n == 1 && read_name(o, rest->items.at[0], err) != ERR_OK)
		return err->kind;
	enum error_kind kind = check_what_ifs(o, err);
	return kind == ERR_OK ? check_clusters(o, err) : kind;
}

static int fail(const struct error *err, int code, struct buf *problems)
{
	buf_printf(problems, "%s\n", err->text);
	return code;
}

struct sink {
	const struct source_options *o;
	source_fn fn;
	void *ctx;
};

static void hand_out_problem(
	const struct sink *s, struct sv ns, struct sv name, const char *problem)
{
	AUTO(arena_done) struct arena a = { 0 };

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	struct sv text = printable_text(&a, sv_of(problem));
	const struct source_view view = { .ns = printable_text(&a, ns),
		.name = printable_text(&a, name),
		.problem = text.ptr ? text.ptr : "out of memory" };
	s->fn(s->ctx, &view);
}

/* errors: as live_open and live_prometheus_open; *ret_exit is the exit code for them. */
static enum error_kind open_live(
	const struct source_options *o, struct live *l, int *ret_exit, struct error *err)
{
	*ret_exit = SOURCE_EXIT_BAD_INPUT;
	if (live_open(l, o->kubeconfig, o->context, err) != ERR_OK) {
		if (l->client || (err->kind != ERR_INVALID && err->kind != ERR_NOTFOUND))
			*ret_exit = SOURCE_EXIT_NO_ANSWER;
		return err->kind;
	}
	l->settings = o->settings;
	return o->controller_config ? live_prometheus_open(l, o->controller_config, err) : ERR_OK;
}

static int each_live(const struct sink *s, struct buf *problems)
{
	AUTO(arena_done) struct arena list = { 0 };
	AUTO(live_close) struct live l = { 0 };
	struct live_object *objects;
	struct error err;
	int exit_code;
	size_t n;

	arena_init(&list, MAX_LIST_ARENA_BYTES);
	if (open_live(s->o, &l, &exit_code, &err) != ERR_OK)
		return fail(&err, exit_code, problems);
	const char *ns = s->o->all_namespaces ? "" : s->o->ns ? s->o->ns : l.ns;
	const struct live_which which = { ns, s->o->name, s->o->kind };
	if (live_list(&l, &list, &which, &objects, &n, &err) != ERR_OK)
		return fail(&err, SOURCE_EXIT_NO_ANSWER, problems);
	for (size_t i = 0; i < n; i++) {
		AUTO(arena_done) struct arena a = { 0 };
		AUTO(mem_free) void *pass = mem_alloc(sizeof(struct pass));
		static const struct history NO_HISTORY = { 0 };
		struct hpa hpa = { 0 };
		struct source_view view = { .hpa = &hpa,
			.pass = pass,
			.before = &NO_HISTORY,
			.origin = SV("live"),
			.settings = &l.settings,
			.sync_period_ns = s->o->sync_period_ns,
			.live = &l };
		arena_init(&a, LIMIT_PASS_ARENA_BYTES);
		if (!pass)
			(void)error_nomem(&err);
		bool escaped,
			ok = pass && live_pass(&l, &a, &objects[i], &hpa, pass, &err) == ERR_OK;
		if (ok && !printable_hpa(&a, &hpa, &escaped)) {
			(void)arena_error(&a, &err);
			ok = false;
		}
		view.ns = hpa.meta.ns;
		view.name = hpa.meta.name;
		if (ok)
			s->fn(s->ctx, &view);
		else
			hand_out_problem(s, objects[i].ns, objects[i].name, err.text);
	}
	return SOURCE_EXIT_OK;
}

static enum error_kind read_files(const struct source_options *o, struct arena *a,
	struct source_file_list *list, struct buf *problems, struct error *err)
{
	const struct source_file_options options = { .ns = o->ns ? o->ns : DEFAULT_NAMESPACE,
		.scale_to_zero = o->settings.scale_to_zero };

	for (size_t i = 0; i < o->files.items.n; i++) {
		const char *file = o->files.items.at[i];
		struct sv text;
		if (source_file_read(a, file, LIMIT_CONFIG_FILE_BYTES, &text, err) != ERR_OK ||
			source_file_parse(a, file, text, &options, list, problems, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

const char *source_kind_asked_for(const struct source_options *o)
{
	return !o->kind_named ? "" : o->kind == AUTOSCALER_OWN ? "fha/" : "hpa/";
}

bool source_is_asked_for(const struct source_options *o, const struct hpa *hpa)
{
	return (!o->name || sv_is(hpa->meta.name, o->name)) &&
	       (!o->ns || sv_is(hpa->meta.ns, o->ns)) &&
	       (!o->kind_named || hpa->owner_kind == o->kind);
}

/* Leaves the one that was asked for. */
static enum error_kind select_name(
	const struct source_options *o, struct source_file_list *list, struct error *err)
{
	size_t kept = 0;

	if (!o->name)
		return ERR_OK;
	for (size_t i = 0; i < list->n; i++) {
		if (source_is_asked_for(o, &list->at[i].hpa))
			list->at[kept++] = list->at[i];
	}
	list->n = kept;
	return kept > 0 ? ERR_OK
			: error_set(err, ERR_INVALID, "%s: holds no autoscaler '%s%s'",
				  o->files.items.at[0], source_kind_asked_for(o), o->name);
}

static enum error_kind check_what_if(struct arena *a, const struct what_if *w,
	const struct source_file_list *list, struct error *err)
{
	bool *used = ARENA_ARRAY(a, w->n_values, bool);
	const struct hpa **hpas = ARENA_ARRAY(a, list->n, const struct hpa *);

	if (!used || !hpas)
		return arena_error(a, err);
	for (size_t i = 0; i < list->n; i++) {
		hpas[i] = &list->at[i].hpa;
		if (what_if_check(w, hpas[i], used, err) != ERR_OK)
			return err->kind;
	}
	for (size_t i = 0; i < w->n_values; i++) {
		if (!used[i])
			return what_if_refuse(&w->values[i], hpas, list->n, err);
	}
	return ERR_OK;
}

static enum error_kind run_what_if(const struct sink *s, const struct what_if *w,
	const struct source_file_object *object, const struct foreign *foreign, struct error *err)
{
	static const struct history NO_HISTORY = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(mem_free) void *pass = mem_alloc(sizeof(struct pass));
	struct hpa hpa = object->hpa;
	struct what_if_input input = { .arena = &a,
		.settings = &s->o->settings,
		.hpa = &hpa,
		.what_if = w,
		.now = { instant_wall_now(), instant_mono_now() },
		.sync_period_ns = s->o->sync_period_ns };
	struct what_if_course course;
	struct source_view view = { .ns = object->hpa.meta.ns,
		.name = object->hpa.meta.name,
		.hpa = &hpa,
		.pass = pass,
		.before = &NO_HISTORY,
		.course = &course,
		.settings = &s->o->settings,
		.sync_period_ns = s->o->sync_period_ns };

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (!pass)
		return error_nomem(err);
	view.origin = sv_of(arena_printf(
		&a, "%s:%u %.*s", object->file, object->line, SV_ARG(object->hpa.api_version)));
	input.foreign = foreign_tell(foreign, &a, &hpa);
	if (input.foreign.ptr)
		input.foreign = printable_text(&a, input.foreign);
	if (!view.origin.ptr || !input.foreign.ptr)
		return arena_error(&a, err);
	if (what_if_assume(&a, &s->o->settings, w, &hpa, err) != ERR_OK ||
		what_if_run(&input, pass, &course, err) != ERR_OK)
		return err->kind;
	s->fn(s->ctx, &view);
	return ERR_OK;
}

/* The objects of the files that the name selects; a code other than 0 is told already. */
static int select_objects(const struct source_options *o, struct arena *a,
	struct source_file_list *list, struct buf *problems)
{
	struct error err;

	if (read_files(o, a, list, problems, &err) != ERR_OK)
		return fail(&err, SOURCE_EXIT_BAD_INPUT, problems);
	if (problems->len > 0)
		return SOURCE_EXIT_BAD_INPUT;
	if (list->n == 0) {
		buf_printf(problems, "%s: holds no autoscaler of Kubernetes or of our kind\n",
			o->files.items.at[0]);
		return SOURCE_EXIT_BAD_INPUT;
	}
	if (select_name(o, list, &err) != ERR_OK)
		return fail(&err, SOURCE_EXIT_BAD_INPUT, problems);
	return SOURCE_EXIT_OK;
}

static int each_what_if(
	const struct sink *s, struct arena *a, struct source_file_list *list, struct buf *problems)
{
	struct what_if w;
	struct error err;

	if (what_if_parse(a, &s->o->what_if, &w, &err) != ERR_OK ||
		check_what_if(a, &w, list, &err) != ERR_OK)
		return fail(&err, SOURCE_EXIT_BAD_INPUT, problems);
	for (size_t i = 0; i < list->n; i++) {
		if (run_what_if(s, &w, &list->at[i], list->foreign, &err) == ERR_OK)
			continue;
		hand_out_problem(s, list->at[i].hpa.meta.ns, list->at[i].hpa.meta.name, err.text);
	}
	return SOURCE_EXIT_OK;
}

static int each_of_files(const struct sink *s, struct buf *problems)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(foreign_free) struct foreign *foreign = foreign_new();
	struct source_file_list list = { .foreign = foreign };
	struct error err;

	if (!foreign) {
		(void)error_nomem(&err);
		return fail(&err, SOURCE_EXIT_NO_ANSWER, problems);
	}
	arena_init(&a, MAX_FILES_ARENA_BYTES);
	int code = select_objects(s->o, &a, &list, problems);
	if (code != SOURCE_EXIT_OK)
		return code;
	return s->o->snapshot ? source_snapshot_each(s->o, &list, s->fn, s->ctx, problems)
			      : each_what_if(s, &a, &list, problems);
}

int source_each(const struct source_options *o, source_fn fn, void *ctx, struct buf *problems)
{
	const struct source_file_list none = { 0 };
	const struct sink sink = { o, fn, ctx };

	if (o->files.items.n > 0)
		return each_of_files(&sink, problems);
	return o->snapshot ? source_snapshot_each(o, &none, fn, ctx, problems)
			   : each_live(&sink, problems);
}
