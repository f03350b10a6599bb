/* flyball plan: one pass over the autoscalers of a live cluster, written nowhere. */
#include <stdio.h>
#include <string.h>

#include "cli/live.h"
#include "cli/plan.h"
#include "cli/verbs.h"
#include "common/limits.h"
#include "common/options.h"

#define MAX_OUTPUT_BYTES (256u * 1024 * 1024)
#define N_OPTIONS 6

struct plan_options {
	const char *kubeconfig, *context, *ns;
	bool all_namespaces, help;
	int output; /* OUTPUT_... */
	const char *name;
};

enum { OUTPUT_TEXT, OUTPUT_JSON };
static const char *const OUTPUTS[] = { "text", "json", NULL };

static void fill(struct option table[N_OPTIONS], struct plan_options *o)
{
	const struct option options[N_OPTIONS] = {
		{ .name = "kubeconfig",
			.kind = OPTION_TEXT,
			.target = &o->kubeconfig,
			.value_name = "FILE",
			.help = "which cluster; without it $KUBECONFIG, then ~/.kube/config, then "
				"the pod's service account" },
		{ .name = "context",
			.kind = OPTION_TEXT,
			.target = &o->context,
			.value_name = "NAME",
			.help = "of the kubeconfig" },
		{ .name = "namespace",
			.letter = 'n',
			.kind = OPTION_TEXT,
			.target = &o->ns,
			.value_name = "NAME",
			.help = "where to look; without it the context's namespace" },
		{ .name = "all-namespaces",
			.letter = 'A',
			.kind = OPTION_BOOL,
			.target = &o->all_namespaces,
			.help = "look everywhere" },
		{ .name = "output",
			.letter = 'o',
			.kind = OPTION_CHOICE,
			.target = &o->output,
			.choices = OUTPUTS,
			.value_name = "FORMAT",
			.help = "text or json" },
		{ .name = "help",
			.letter = 'h',
			.kind = OPTION_BOOL,
			.target = &o->help,
			.help = "prints this text and ends" },
	};
	memcpy(table, options, sizeof(options));
}

static void print_help(const struct option table[N_OPTIONS])
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 65536);
	buf_put_str(&text, "flyball plan [hpa/NAME] [flags]: what each autoscaler would do now, "
			   "and why. Reads the cluster, writes nothing.\n"
			   "Exit code 0; 1 when something that was asked did not answer; 2 for a "
			   "wrong command line or kubeconfig.\n\n");
	options_help(&text, table, N_OPTIONS);
	fputs(buf_text(&text), stdout);
}

/* "hpa/web" or "web"; false: more than one, or another kind. */
static bool read_arguments(
	struct plan_options *o, const struct option_list *rest, struct error *err)
{
	static const char *const PREFIXES[] = { "hpa/", "horizontalpodautoscaler/",
		"horizontalpodautoscalers/" };

	if (rest->items.n > 1) {
		(void)error_set(err, ERR_INVALID, "one name at most, got '%s' and '%s'",
			rest->items.at[0], rest->items.at[1]);
		return false;
	}
	if (rest->items.n == 1)
		o->name = rest->items.at[0];
	for (size_t i = 0; o->name && i < ARRAY_LEN(PREFIXES); i++) {
		size_t n = strlen(PREFIXES[i]);
		if (strncmp(o->name, PREFIXES[i], n) == 0)
			o->name += n;
	}
	if (o->name && (o->name[0] == '\0' || strchr(o->name, '/'))) {
		(void)error_set(err, ERR_INVALID,
			"'%s' is not the name of an autoscaler; expected hpa/NAME",
			rest->items.at[0]);
		return false;
	}
	if (o->name && o->all_namespaces) {
		(void)error_set(err, ERR_INVALID, "a name and --all-namespaces exclude each other");
		return false;
	}
	return true;
}

struct report {
	struct buf out;
	struct jw w;
	bool json;
	size_t counts[PLAN_N_VERDICTS];
};

static void plan_one(struct report *r, struct live *l, const struct live_object *object)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(mem_free) void *room = mem_alloc(sizeof(struct pass));
	struct pass *pass = room;
	struct hpa hpa;
	struct error err;

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (!pass || live_pass(l, &a, object, &hpa, pass, &err) != ERR_OK) {
		if (!pass)
			(void)error_nomem(&err);
		r->counts[PLAN_UNDECIDED]++;
		if (r->json)
			plan_encode_failure(&r->w, object->ns, object->name, err.text);
		else
			plan_print_failure(&r->out, object->ns, object->name, err.text);
		return;
	}
	r->counts[plan_verdict_of(pass)]++;
	if (r->json)
		plan_encode(&r->w, &hpa, pass);
	else
		plan_print(&r->out, &hpa, pass);
}

/* errors: as live_open and live_list. */
static enum error_kind plan_all(
	const struct plan_options *o, struct live *l, struct report *r, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct live_object *objects;
	size_t n;

	arena_init(&a, MAX_OUTPUT_BYTES);
	const char *ns = o->all_namespaces ? "" : o->ns ? o->ns : l->ns;
	if (live_list(l, &a, ns, o->name, &objects, &n, err) != ERR_OK)
		return err->kind;
	if (r->json) {
		jw_object(&r->w);
		jw_key(&r->w, "items");
		jw_array(&r->w);
	}
	for (size_t i = 0; i < n; i++)
		plan_one(r, l, &objects[i]);
	if (r->json) {
		jw_array_end(&r->w);
		jw_object_end(&r->w);
		buf_put_char(&r->out, '\n');
	} else {
		plan_print_summary(&r->out, r->counts);
	}
	return buf_check(&r->out, "the plan", err);
}

static int run(const struct plan_options *o)
{
	struct report r = { .json = o->output == OUTPUT_JSON };
	struct live l;
	struct error err;
	int code = 0;

	buf_init(&r.out, MAX_OUTPUT_BYTES);
	jw_init(&r.w, &r.out);
	r.w.indent = 2;
	r.w.plain = true;
	if (live_open(&l, o->kubeconfig, o->context, &err) != ERR_OK ||
		plan_all(o, &l, &r, &err) != ERR_OK) {
		fprintf(stderr, "flyball plan: %s\n", err.text);
		bool configuration =
			!l.client && (err.kind == ERR_INVALID || err.kind == ERR_NOTFOUND);
		code = configuration ? 2 : 1;
	} else {
		fputs(buf_text(&r.out), stdout);
		code = r.counts[PLAN_UNDECIDED] > 0 ? 1 : 0;
	}
	live_close(&l);
	buf_done(&r.out);
	return code;
}

int cmd_plan(int argc, char **argv)
{
	struct plan_options o = { 0 };
	struct option table[N_OPTIONS];
	struct option_list rest = { 0 };
	struct error err;

	fill(table, &o);
	if (options_parse(table, N_OPTIONS, argc, argv, &rest, &err) != ERR_OK ||
		(!o.help && !read_arguments(&o, &rest, &err))) {
		fprintf(stderr, "flyball plan: %s\n", err.text);
		options_list_done(&rest);
		return 2;
	}
	options_list_done(&rest);
	if (o.help) {
		print_help(table);
		return 0;
	}
	return run(&o);
}
