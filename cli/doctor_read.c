/* One request after the other; a request that fails is told and leaves out what it was for. */
#include "cli/doctor_read.h"

#include <stdio.h>
#include <string.h>

#include "cli/doctor_rights.h"
#include "common/f64.h"
#include "common/http_url.h"
#include "common/limits.h"
#include "controller/autoscaler_kind.h"
#include "controller/election.h"
#include "kube/api_path.h"
#include "kube/wait.h"
#include "kube/watch_decode.h"

#define MAX_LIST_BYTES (256u * 1024 * 1024)
#define MAX_OBJECTS 200000u
#define PROMETHEUS_TIMEOUT_NS (10 * NS_PER_SEC)
#define SELF "self"

struct doctor_visit {
	struct doctor *d;
	struct live *l;
	const struct doctor_questions *q;
	struct doctor_cluster cluster;
	/* The account taken apart; ns NULL: self. */
	struct doctor_subject subject;
	const char *ours;
};

enum error_kind doctor_read_check(const struct doctor_questions *q, struct error *err)
{
	const char *slash = strchr(q->account, '/');
	struct http_url url;

	if (q->prometheus_url && http_url_parse(sv_of(q->prometheus_url), &url, err) != ERR_OK)
		return error_wrap(err, "--prometheus-url");
	if (strcmp(q->account, SELF) == 0)
		return ERR_OK;
	if (!slash || slash == q->account || slash[1] == '\0' || strchr(slash + 1, '/'))
		return error_set(err, ERR_INVALID,
			"--service-account=%s: expected NAMESPACE/NAME, or " SELF, q->account);
	return ERR_OK;
}

struct gathering {
	struct doctor *d;
	struct doctor_list *list;
	size_t size;
};

static void gather(struct sv json, void *ctx)
{
	struct gathering *g = ctx;
	struct doctor_list *list = g->list;
	struct arena *a = g->d->arena;

	if (list->n == g->size && list->n < MAX_OBJECTS) {
		size_t size = g->size ? 2 * g->size : 64;
		struct sv *grown = ARENA_ARRAY(a, size, struct sv);
		if (!grown) {
			g->d->lost = true;
			return;
		}
		if (list->n > 0)
			memcpy(grown, list->at, list->n * sizeof(*grown));
		list->at = grown;
		g->size = size;
	}
	struct sv kept = list->n < g->size ? arena_sv(a, json) : SV_NULL;
	if (kept.ptr)
		list->at[list->n++] = kept;
	else
		g->d->lost = true;
}

static void read_list(
	struct doctor_visit *r, const char *target, const char *resource, struct doctor_list *ret)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct gathering g = { .d = r->d, .list = ret };
	struct watch_page page;
	struct error err;

	buf_init(&body, MAX_LIST_BYTES);
	if (wait_get(r->l->client, target, resource, NULL, &body, &err) == ERR_OK &&
		watch_decode_page(r->d->arena, buf_sv(&body), gather, &g, &page, &err) == ERR_OK)
		ret->known = true;
	else
		doctor_add(r->d, DOCTOR_WARNING, "what needs them is not looked at",
			"%s cannot be read: %s", resource, err.text);
}

static void read_lease(struct doctor_visit *r)
{
	const struct api_path path = { .group = SV("coordination.k8s.io"),
		.version = SV("v1"),
		.namespace = sv_of(r->ours),
		.resource = SV("leases"),
		.name = SV(ELECTION_LEASE_NAME) };
	AUTO(buf_done) struct buf body = { 0 };
	struct error err;

	buf_init(&body, LIMIT_OBJECT_BYTES);
	enum error_kind kind = wait_get_path(r->l->client, &path, "leases.coordination.k8s.io",
		ELECTION_LEASE_NAME, &body, &err);
	if (kind != ERR_OK && kind != ERR_NOTFOUND) {
		doctor_add(r->d, DOCTOR_WARNING, "whether a flyball-controller leads is not known",
			"the Lease %s/%s cannot be read: %s", r->ours, ELECTION_LEASE_NAME,
			err.text);
		return;
	}
	r->cluster.lease.known = true;
	if (kind != ERR_OK)
		return;
	r->cluster.lease.json = arena_sv(r->d->arena, buf_sv(&body));
	if (!r->cluster.lease.json.ptr)
		r->d->lost = true;
}

static bool is_served(const struct doctor_visit *r, const char *group)
{
	return discovery_find_group(r->cluster.discovery, sv_of(group)) != NULL;
}

static void read_cluster(struct doctor_visit *r)
{
	const struct autoscaler_kind_names *native = autoscaler_kind_names(AUTOSCALER_NATIVE);
	const struct autoscaler_kind_names *own = autoscaler_kind_names(AUTOSCALER_OWN);

	r->cluster.discovery = r->l->discovery;
	read_list(r, native->watch_path, native->resource, &r->cluster.natives);
	if (is_served(r, own->group))
		read_list(r, own->watch_path, own->resource, &r->cluster.owns);
	if (is_served(r, "keda.sh"))
		read_list(r, "/apis/keda.sh/v1alpha1/scaledobjects", "scaledobjects.keda.sh",
			&r->cluster.scaled_objects);
	read_list(r, "/apis/apiregistration.k8s.io/v1/apiservices",
		"apiservices.apiregistration.k8s.io", &r->cluster.api_services);
	read_lease(r);
}

/* How far a range of instants is from ours at least. */
static int64_t skew_of(int64_t earliest_ns, int64_t latest_ns, struct wall now)
{
	int64_t now_ns = now.sec * NS_PER_SEC + now.nsec;

	if (now_ns < earliest_ns)
		return earliest_ns - now_ns;
	return now_ns > latest_ns ? latest_ns - now_ns : 0;
}

static void look_at_server(struct doctor_visit *r)
{
	AUTO(buf_done) struct buf body = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct server_time time;
	struct jtree *t;
	struct error err;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	buf_init(&body, LIMIT_OBJECT_BYTES);
	if (wait_get(r->l->client, "/version", NULL, NULL, &body, &err) == ERR_OK &&
		jtree_parse(&a, buf_sv(&body), &t, &err) == ERR_OK)
		doctor_add(r->d, DOCTOR_OK, NULL, "%s is %.*s", client_server(r->l->client),
			SV_ARG(jtree_text(jtree_get(t, "gitVersion"))));
	else
		doctor_add(r->d, DOCTOR_WARNING, NULL, "the API server's version: %s", err.text);
	r->cluster.now = instant_wall_now();
	if (!client_server_time(r->l->client, instant_mono_now(), &time))
		return;
	doctor_judge_clock(
		r->d, "the API server", skew_of(time.earliest_ns, time.latest_ns, r->cluster.now));
	r->cluster.now = instant_wall_add_ns((struct wall){ 0, 0 }, time.latest_ns);
}

/* False: there is no answer, and will be none to the next. */
static bool ask_right(struct doctor_visit *r, const struct doctor_right *right, bool acts)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf body = { 0 }, answer = { 0 };
	bool allowed;
	struct error err;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	buf_init(&body, LIMIT_OBJECT_BYTES);
	buf_init(&answer, LIMIT_OBJECT_BYTES);
	doctor_rights_encode(&body, right, &r->subject);
	const struct client_request request = { .method = "POST",
		.target = r->subject.ns ? "/apis/authorization.k8s.io/v1/subjectaccessreviews"
					: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		.resource = "accessreviews.authorization.k8s.io",
		.body = buf_sv(&body) };
	if (wait_request(r->l->client, &request, &answer, &err) == ERR_OK &&
		doctor_rights_decode(&a, buf_sv(&answer), &allowed, &err) == ERR_OK) {
		if (!allowed)
			doctor_rights_judge(r->d, right, acts, &r->subject);
		return true;
	}
	doctor_add(r->d, DOCTOR_WARNING,
		"ask with an account that may create access reviews, or --service-account=" SELF,
		"rights cannot be looked at: %s", err.text);
	return false;
}

static bool account_is_missing(const struct doctor_visit *r)
{
	const struct api_path path = { .version = SV("v1"),
		.namespace = sv_of(r->subject.ns),
		.resource = SV("serviceaccounts"),
		.name = sv_of(r->subject.name) };
	AUTO(buf_done) struct buf body = { 0 };
	struct error err;

	buf_init(&body, LIMIT_OBJECT_BYTES);
	return wait_get_path(r->l->client, &path, "serviceaccounts", r->subject.name, &body,
		       &err) == ERR_NOTFOUND;
}

static void ask_rights(struct doctor_visit *r)
{
	AUTO(mem_free) void *memory = mem_zalloc(sizeof(struct doctor_rights));
	struct doctor_rights *all = memory;
	size_t n = r->d->n, i = 0;

	if (!all) {
		r->d->lost = true;
		return;
	}
	doctor_rights_list(r->d->arena, &r->cluster, r->ours, all);
	while (i < all->n && ask_right(r, &all->at[i], all->acts))
		i++;
	/* An account that has no right at all may not exist: one line says more than all that it may not do. */
	if (r->subject.ns && i == all->n && r->d->n - n == all->n && account_is_missing(r)) {
		r->d->n = n;
		doctor_add(r->d, DOCTOR_PROBLEM,
			"kubectl apply -k manifests/base makes it; --service-account names another",
			"there is no service account %s: its rights cannot be looked at",
			r->q->account);
	} else if (r->d->n == n) {
		doctor_add(r->d, DOCTOR_OK, NULL, "%s has the %zu rights that were looked at",
			r->subject.ns ? r->q->account : "whoever asks", all->n);
	}
}

/* The time at which a query was evaluated, in seconds: the first element of a scalar. */
static bool read_time(struct arena *a, struct sv body, double *ret_sec)
{
	struct jtree *t;
	struct error ignored;

	if (jtree_parse(a, body, &t, &ignored) != ERR_OK)
		return false;
	const struct jtree *result = jtree_at(t, "data", "result", NULL);
	const struct jtree *time = result ? result->first : NULL;
	return time && time->kind == JTREE_NUMBER && f64_parse(time->text, ret_sec) == F64_OK;
}

static void visit_prometheus(struct doctor_visit *r)
{
	const struct http_endpoint_config config = { .base_url = r->q->prometheus_url };
	const struct http_request request = { .method = "GET",
		.target = "/api/v1/query?query=1",
		.timeout_ns = PROMETHEUS_TIMEOUT_NS };
	AUTO(http_endpoint_free) struct http_endpoint *endpoint = NULL;
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf body = { 0 };
	struct wall sent = instant_wall_now();
	struct error err;
	double sec;
	int status = 0;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	if (http_endpoint_new(r->l->http, &config, &endpoint, &err) != ERR_OK ||
		http_call_wait(endpoint, r->l->loop, &request, &status, &body, &err) != ERR_OK) {
		doctor_add(r->d, DOCTOR_PROBLEM, "metrics from it fail until it answers",
			"Prometheus does not answer: %s", err.text);
		return;
	}
	if (status != 200 || !read_time(&a, buf_sv(&body), &sec) ||
		!(sec >= 0 && sec < 253402300800.0)) {
		doctor_add(r->d, DOCTOR_PROBLEM, "metrics from it fail until it answers",
			"Prometheus answers no query: HTTP status %d", status);
		return;
	}
	int64_t theirs_ns = (int64_t)(sec * 1e3) * NS_PER_MS;
	struct wall now = instant_wall_now();
	int64_t width_ns = instant_wall_sub_ns(now, sent);
	doctor_judge_clock(r->d, "Prometheus", skew_of(theirs_ns, theirs_ns + width_ns, now));
}

void doctor_read(struct doctor *d, struct live *l, const struct doctor_questions *q)
{
	struct doctor_visit r = { .d = d, .l = l, .q = q, .ours = l->ns };

	if (strcmp(q->account, SELF) != 0) {
		const char *slash = strchr(q->account, '/');
		r.subject.ns =
			arena_strdup(d->arena, sv_from(q->account, (size_t)(slash - q->account)));
		r.subject.name = slash + 1;
		if (!r.subject.ns) {
			d->lost = true;
			return;
		}
		r.ours = r.subject.ns;
	}
	look_at_server(&r);
	read_cluster(&r);
	doctor_judge_apis(d, &r.cluster);
	doctor_judge_leader(d, &r.cluster, r.ours);
	doctor_judge_writers(d, &r.cluster);
	ask_rights(&r);
	if (q->prometheus_url)
		visit_prometheus(&r);
	if (q->before_uninstall)
		doctor_judge_leftovers(d, &r.cluster, r.ours);
}
