/* Names of both -> the questions of all namespaces -> both answers to each, asked right after one another.
 *
 * Values move: between two questions a new sample can arrive. So a difference is asked about again, and counts only when it is there each time. */
#include "cli/rules_compare.h"

#include "cli/api_endpoint.h"
#include "cli/printable.h"
#include "cli/rules_answer.h"
#include "common/instant.h"
#include "common/limits.h"
#include "kube/api_path.h"
#include "kube/kube_endpoint.h"
#include "kube/label_selector.h"

#define USER_AGENT "flyball/" FLYBALL_VERSION
#define MAX_ANSWER_ARENA_BYTES (256u * 1024 * 1024)
#define MAX_TEXT_BYTES (1024u * 1024)
#define MAX_NAMESPACES 1000
#define CUSTOM "/apis/custom.metrics.k8s.io/v1beta1"
#define EXTERNAL "/apis/external.metrics.k8s.io/v1beta1"
#define RESOURCE "/apis/metrics.k8s.io/v1beta1"

struct side {
	const char *name; /* "old" */
	struct http_endpoint *endpoint;
	int64_t took_ns;
};

struct work {
	struct arena *a;
	const struct rules_compare_options *o;
	struct loop *loop;
	struct http_client *http;
	struct side before, after;
	struct buf *out;
	struct rules_compare_totals *totals;
	struct sv namespaces[MAX_NAMESPACES];
	size_t n_namespaces;
	struct error *err;
};

static enum error_kind open_side(
	struct work *w, struct side *side, const char *name, const char *where)
{
	const struct rules_compare_options *o = w->o;
	struct http_endpoint_config config = { .user_agent = USER_AGENT };

	side->name = name;
	if (strcmp(where, "cluster") == 0) {
		struct kubeconfig_client k;
		if (api_endpoint_find(w->a, o->kubeconfig, o->context, &k, w->err) != ERR_OK ||
			kube_endpoint_at(w->a, &k, "", &config, w->err) != ERR_OK)
			return error_wrap(w->err, "--%s=cluster", name);
	} else {
		config.base_url = where;
		config.ca_file = o->ca_file;
		config.bearer_token_file = o->token_file;
		config.cert_file = o->cert_file;
		config.key_file = o->key_file;
		config.insecure_skip_tls_verify = o->insecure;
	}
	if (http_endpoint_new(w->http, &config, &side->endpoint, w->err) != ERR_OK)
		return error_wrap(w->err, "--%s", name);
	return ERR_OK;
}

static enum error_kind get(
	struct work *w, struct side *side, const char *target, int *ret_status, struct buf *body)
{
	const struct http_request request = { .method = "GET",
		.target = target,
		.timeout_ns = w->o->timeout_ns,
		.max_bytes = LIMIT_METRICS_ANSWER_BYTES };
	struct mono began = instant_mono_now();

	enum error_kind kind =
		http_call_wait(side->endpoint, w->loop, &request, ret_status, body, w->err);
	side->took_ns = instant_mono_now().ns - began.ns;
	return kind == ERR_OK ? ERR_OK : error_wrap(w->err, "%s", side->name);
}

/* The names that one side lists; none when it does not serve the group. */
static enum error_kind list_names(struct work *w, struct side *side, const char *group,
	struct rules_answer_name **ret, size_t *ret_n)
{
	AUTO(buf_done) struct buf body = { 0 };
	int status;

	*ret_n = 0;
	if (get(w, side, group, &status, &body) != ERR_OK)
		return w->err->kind;
	if (status == 401 || status == 403)
		return error_set(w->err, ERR_DENIED,
			"%s: %s is refused with %d; --token-file, or "
			"--cert-file and --key-file, say who asks",
			side->name, group, status);
	if (status == 404)
		return ERR_OK;
	if (status != 200)
		return error_set(w->err, ERR_UNAVAIL, "%s: %s is answered with %d", side->name,
			group, status);
	struct sv kept = arena_sv(w->a, buf_sv(&body));
	if (!kept.ptr)
		return arena_error(w->a, w->err);
	return rules_answer_names(w->a, kept, ret, ret_n, w->err);
}

static void put_only(struct work *w, const char *side, const struct rules_answer_name *name)
{
	buf_printf(w->out, "  only %s  ", side);
	printable_put(w->out, name->name);
	buf_put_str(w->out, name->namespaced ? "\n" : ", not in namespaces\n");
}

/* Both sorted lists as one; names of one side only are told. Returns how many there are. */
static size_t merge_names(struct work *w, const struct rules_answer_name *x, size_t n_x,
	const struct rules_answer_name *y, size_t n_y, struct rules_answer_name *into)
{
	size_t i = 0, k = 0, n = 0;

	while (i < n_x || k < n_y) {
		int order = i == n_x ? 1 : k == n_y ? -1 : rules_answer_order(&x[i], &y[k]);
		into[n++] = order <= 0 ? x[i] : y[k];
		if (order < 0)
			put_only(w, "old", &x[i]);
		if (order > 0)
			put_only(w, "new", &y[k]);
		w->totals->n_different += order != 0;
		i += order <= 0;
		k += order >= 0;
	}
	return n;
}

static enum error_kind compare_names(
	struct work *w, const char *group, struct rules_answer_name **ret, size_t *ret_n)
{
	struct rules_answer_name *x = NULL, *y = NULL;
	size_t n_x, n_y;

	if (list_names(w, &w->before, group, &x, &n_x) != ERR_OK ||
		list_names(w, &w->after, group, &y, &n_y) != ERR_OK)
		return w->err->kind;
	struct rules_answer_name *all = ARENA_ARRAY(w->a, n_x + n_y, struct rules_answer_name);
	if (!all)
		return arena_error(w->a, w->err);
	buf_printf(w->out, "%s: %zu names old, %zu new\n", group + strlen("/apis/"), n_x, n_y);
	*ret_n = merge_names(w, x, n_x, y, n_y, all);
	*ret = all;
	return ERR_OK;
}

static enum error_kind ask_side(struct work *w, struct side *side, struct arena *a,
	const char *target, struct rules_answer *ret)
{
	AUTO(buf_done) struct buf body = { 0 };
	int status;

	if (get(w, side, target, &status, &body) != ERR_OK)
		return w->err->kind;
	struct sv kept = arena_sv(a, buf_sv(&body));
	if (!kept.ptr)
		return arena_error(a, w->err);
	if (rules_answer_decode(a, status, kept, ret, w->err) != ERR_OK)
		return error_wrap(w->err, "%s: %s", side->name, target);
	return ERR_OK;
}

static void put_result(struct work *w, const char *target, const struct rules_answer *answer,
	const struct buf *differences)
{
	bool same = differences->len == 0;

	buf_printf(w->out, "%-9s  %s  ", same ? "same" : "DIFFERENT", target);
	if (answer->status == 200)
		buf_printf(w->out, "%zu value%s", answer->n, answer->n == 1 ? "" : "s");
	else
		buf_printf(w->out, "%d %.*s", answer->status, SV_ARG(answer->reason));
	buf_printf(w->out, "  old %.1f ms  new %.1f ms\n", (double)w->before.took_ns / NS_PER_MS,
		(double)w->after.took_ns / NS_PER_MS);
	buf_put_sv(w->out, buf_sv(differences));
}

static enum error_kind compare_question(struct work *w, const char *target)
{
	AUTO(buf_done) struct buf differences = { 0 };
	size_t n = 1;
	int status = 0;

	if ((int64_t)w->totals->n_questions == w->o->max_questions) {
		w->totals->n_left_out++;
		return ERR_OK;
	}
	buf_init(&differences, MAX_ANSWER_ARENA_BYTES);
	for (int64_t try = 0; try < w->o->n_tries && n > 0; try++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct rules_answer before, after;
		arena_init(&a, MAX_ANSWER_ARENA_BYTES);
		buf_clear(&differences);
		if (ask_side(w, &w->before, &a, target, &before) != ERR_OK ||
			ask_side(w, &w->after, &a, target, &after) != ERR_OK)
			return w->err->kind;
		n = rules_answer_compare(&differences, &before, &after, w->o->tolerance);
		status = before.status;
		if (n == 0 || try + 1 == w->o->n_tries)
			put_result(w, target, &before, &differences);
	}
	w->totals->n_questions++;
	w->totals->n_different += n > 0;
	w->totals->n_failed += n == 0 && status >= 500;
	w->totals->before_ns += w->before.took_ns;
	w->totals->after_ns += w->after.took_ns;
	return buf_check(&differences, "the differences", w->err);
}

/* "pods/http_requests" in one namespace; ns empty: of the whole cluster. */
static enum error_kind ask_custom(struct work *w, struct sv ns, struct sv name)
{
	AUTO(buf_done) struct buf target = { 0 };
	struct sv metric;
	bool found;
	struct sv resource = sv_cut(name, '/', &metric, &found);

	if (!found)
		return ERR_OK;
	buf_init(&target, MAX_TEXT_BYTES);
	buf_put_str(&target, CUSTOM);
	if (ns.len > 0) {
		buf_put_str(&target, "/namespaces/");
		api_path_put_segment(&target, ns);
	}
	if (sv_is(resource, "namespaces")) {
		buf_put_str(&target, "/metrics/");
	} else {
		buf_put_char(&target, '/');
		api_path_put_segment(&target, resource);
		buf_put_str(&target, "/*/");
	}
	api_path_put_segment(&target, metric);
	if (buf_check(&target, "a path", w->err) != ERR_OK)
		return w->err->kind;
	return compare_question(w, buf_text(&target));
}

static enum error_kind ask_external(
	struct work *w, struct sv ns, struct sv metric, const struct label_selector *selector)
{
	AUTO(buf_done) struct buf target = { 0 }, text = { 0 };
	struct selector compiled;
	struct sv why;
	bool first = true;

	buf_init(&target, MAX_TEXT_BYTES);
	buf_init(&text, MAX_TEXT_BYTES);
	buf_put_str(&target, EXTERNAL "/namespaces/");
	api_path_put_segment(&target, ns);
	buf_put_char(&target, '/');
	api_path_put_segment(&target, metric);
	if (selector) {
		enum error_kind kind =
			label_selector_compile(w->a, selector, &compiled, &why, w->err);
		if (kind == ERR_INVALID)
			return ERR_OK;
		if (kind != ERR_OK)
			return kind;
		selector_print(&text, &compiled);
		api_path_put_query(&target, &first, "labelSelector", buf_sv(&text));
	}
	if (buf_check(&target, "a path", w->err) != ERR_OK ||
		buf_check(&text, "a selector", w->err) != ERR_OK)
		return w->err->kind;
	return compare_question(w, buf_text(&target));
}

static void add_namespace(struct work *w, struct sv ns)
{
	for (size_t i = 0; i < w->n_namespaces; i++) {
		if (sv_eq(w->namespaces[i], ns))
			return;
	}
	if (w->n_namespaces < MAX_NAMESPACES)
		w->namespaces[w->n_namespaces++] = ns;
}

static void find_namespaces(struct work *w)
{
	const struct rules_compare_options *o = w->o;

	for (size_t i = 0; i < o->namespaces.items.n; i++)
		add_namespace(w, sv_of(o->namespaces.items.at[i]));
	if (w->n_namespaces > 0)
		return;
	add_namespace(w, sv_of(o->default_namespace));
	for (size_t i = 0; i < o->uses.n; i++)
		add_namespace(w, o->uses.at[i].ns);
}

static enum error_kind compare_custom(struct work *w)
{
	struct rules_answer_name *names;
	size_t n;

	if (compare_names(w, CUSTOM, &names, &n) != ERR_OK)
		return w->err->kind;
	for (size_t i = 0; i < n; i++) {
		bool everywhere =
			names[i].namespaced || sv_has_prefix(names[i].name, SV("namespaces/"));
		for (size_t k = 0; k < (everywhere ? w->n_namespaces : 1); k++) {
			struct sv ns = everywhere ? w->namespaces[k] : SV("");
			if (ask_custom(w, ns, names[i].name) != ERR_OK)
				return w->err->kind;
		}
	}
	return ERR_OK;
}

static enum error_kind compare_external(struct work *w)
{
	struct rules_answer_name *names;
	size_t n;

	if (compare_names(w, EXTERNAL, &names, &n) != ERR_OK)
		return w->err->kind;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < w->n_namespaces; k++) {
			if (ask_external(w, w->namespaces[k], names[i].name, NULL) != ERR_OK)
				return w->err->kind;
		}
	}
	for (size_t i = 0; i < w->o->uses.n; i++) {
		const struct rules_use *u = &w->o->uses.at[i];
		if (u->kind == HPA_METRIC_EXTERNAL && u->selector &&
			ask_external(w, u->ns, u->metric, u->selector) != ERR_OK)
			return w->err->kind;
	}
	return ERR_OK;
}

static enum error_kind compare_all(struct work *w)
{
	const struct rules_compare_options *o = w->o;

	if (loop_new(&w->loop, w->err) != ERR_OK ||
		http_client_new(w->loop, &w->http, w->err) != ERR_OK ||
		open_side(w, &w->before, "old", o->before) != ERR_OK ||
		open_side(w, &w->after, "new", o->after) != ERR_OK)
		return w->err->kind;
	find_namespaces(w);
	if (compare_custom(w) != ERR_OK || compare_external(w) != ERR_OK)
		return w->err->kind;
	if (o->resource_metrics && (compare_question(w, RESOURCE "/nodes") != ERR_OK ||
					   compare_question(w, RESOURCE "/pods") != ERR_OK))
		return w->err->kind;
	return buf_check(w->out, "the comparison", w->err);
}

enum error_kind rules_compare(struct arena *a, const struct rules_compare_options *o,
	struct buf *out, struct rules_compare_totals *ret, struct error *err)
{
	struct work *w = ARENA_NEW(a, struct work);

	*ret = (struct rules_compare_totals){ 0 };
	if (!w)
		return arena_error(a, err);
	*w = (struct work){ .a = a, .o = o, .out = out, .totals = ret, .err = err };
	enum error_kind kind = compare_all(w);
	http_endpoint_free(w->before.endpoint);
	http_endpoint_free(w->after.endpoint);
	http_client_free(w->http);
	loop_free(w->loop);
	return kind;
}
