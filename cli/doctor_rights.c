/* The table follows manifests/base/controller-rbac.yaml and the overlays; a test compares them. */
#include "cli/doctor_rights.h"

#include <string.h>

#include "common/jtree.h"
#include "common/limits.h"
#include "controller/checkpoint_store.h"
#include "controller/election.h"
#include "controller/hpa_decode.h"
#include "controller/target.h"

/* As the manifests name them, and as they are where no flag says otherwise. Roles grant these by name. */
#define CHECKPOINT ELECTION_LEASE_NAME CHECKPOINT_STORE_INFIX "0"
/* Kubernetes' own, and of its Role extension-apiserver-authentication-reader. */
#define AUTHENTICATION "extension-apiserver-authentication"

enum when { ALWAYS, WITH_OWN_KIND, WITH_KEDA };
enum where { ANYWHERE, OURS, KUBE_SYSTEM };

#define NATIVE "autoscaling", "horizontalpodautoscalers"
#define OWN "flyball.dev", "horizontalautoscalers"
#define NOT_SEEN "each pass asks for the scale, and who else changes the count is not told"
#define NO_WINDOWS "windows do not outlive the leader: after each change of leaders decreases wait"

static const struct {
	enum when when;
	enum where where;
	const char *verbs[4]; /* NULL-terminated where there are fewer */
	const char *group, *resource, *subresource, *without;
	enum doctor_need need;
	const char *name;
} FIXED[] = {
	/* clang-format off */
	{ ALWAYS, ANYWHERE, { "get", "list", "watch" }, NATIVE, "", "native objects are not seen", DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "update", "patch" }, NATIVE, "status", "--native-hpas=own cannot tell what it decided", DOCTOR_TO_OWN, NULL },
	{ ALWAYS, OURS, { "create" }, NATIVE, "", "--native-hpas=own has no canary and writes nothing", DOCTOR_TO_OWN, NULL },
	{ WITH_OWN_KIND, ANYWHERE, { "get", "list", "watch" }, OWN, "", "objects of our kind are not seen", DOCTOR_TO_DECIDE, NULL },
	{ WITH_OWN_KIND, ANYWHERE, { "update", "patch" }, OWN, "status", "objects of our kind tell nothing in their status", DOCTOR_TO_ACT, NULL },
	{ ALWAYS, ANYWHERE, { "list", "watch" }, "", "pods", "", "nothing is decided", DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "get", "list", "watch" }, "apps", "deployments", "", NOT_SEEN, DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "get", "list", "watch" }, "apps", "replicasets", "", NOT_SEEN, DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "get", "list", "watch" }, "apps", "statefulsets", "", NOT_SEEN, DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "get", "list", "watch" }, "", "replicationcontrollers", "", NOT_SEEN, DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "get" }, "apps", "deployments", "scale", "Deployments are not scaled", DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "get" }, "apps", "statefulsets", "scale", "StatefulSets are not scaled", DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "update" }, "apps", "deployments", "scale", "Deployments are not scaled", DOCTOR_TO_ACT, NULL },
	{ ALWAYS, ANYWHERE, { "update" }, "apps", "statefulsets", "scale", "StatefulSets are not scaled", DOCTOR_TO_ACT, NULL },
	{ ALWAYS, ANYWHERE, { "create" }, "", "events", "", "no events tell what happened", DOCTOR_TO_ACT, NULL },
	{ ALWAYS, ANYWHERE, { "patch" }, "", "events", "", "repeated events are not counted", DOCTOR_TO_ACT, NULL },
	{ ALWAYS, OURS, { "create" }, "coordination.k8s.io", "leases", "", "no leader is elected", DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, OURS, { "get", "update" }, "coordination.k8s.io", "leases", "", "no leader is elected", DOCTOR_TO_DECIDE, ELECTION_LEASE_NAME },
	{ ALWAYS, OURS, { "create" }, "", "configmaps", "", NO_WINDOWS, DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, OURS, { "get", "update", "patch" }, "", "configmaps", "", NO_WINDOWS, DOCTOR_TO_DECIDE, CHECKPOINT },
	{ WITH_KEDA, ANYWHERE, { "list", "watch" }, "keda.sh", "scaledobjects", "", "a ScaledObject on a target of ours goes unnoticed", DOCTOR_TO_DECIDE, NULL },
	{ ALWAYS, ANYWHERE, { "create" }, "authentication.k8s.io", "tokenreviews", "", "the HTTPS port knows nobody by a token", DOCTOR_TO_SHOW, NULL },
	{ ALWAYS, ANYWHERE, { "create" }, "authorization.k8s.io", "subjectaccessreviews", "", "the HTTPS port shows nobody the last decisions", DOCTOR_TO_SHOW, NULL },
	{ ALWAYS, KUBE_SYSTEM, { "get", "list", "watch" }, "", "configmaps", "", "the HTTPS port knows nobody by a client certificate", DOCTOR_TO_SHOW, AUTHENTICATION },
	/* clang-format on */
};

static bool is_same(const struct doctor_right *a, const struct doctor_right *b)
{
	return strcmp(a->verb, b->verb) == 0 && strcmp(a->group, b->group) == 0 &&
	       strcmp(a->resource, b->resource) == 0 &&
	       strcmp(a->subresource, b->subresource) == 0 && strcmp(a->ns, b->ns) == 0 &&
	       strcmp(a->name ? a->name : "", b->name ? b->name : "") == 0;
}

static void add(struct doctor_rights *all, const struct doctor_right *right)
{
	for (size_t i = 0; i < all->n; i++) {
		if (is_same(&all->at[i], right))
			return;
	}
	if (all->n < DOCTOR_RIGHTS_MAX && right->resource && right->subresource && right->ns)
		all->at[all->n++] = *right;
}

/* The plural of the object that a metric describes; NULL: unknown kind. */
static const char *plural_of(
	struct arena *a, const struct discovery *discovery, const struct hpa_ref *ref)
{
	struct discovery_mapping mapping;
	struct error ignored;
	struct sv group;

	if (target_group(ref->api_version, &group, &ignored) != ERR_OK ||
		!discovery_map_kind_preferred(discovery, group, ref->kind, &mapping))
		return NULL;
	return arena_strdup(a, mapping.resource);
}

static void add_metric(struct arena *a, const struct discovery *discovery, const struct hpa *hpa,
	const struct hpa_metric *metric, struct doctor_rights *ret)
{
	const struct hpa_source *source = hpa_metric_source(metric);
	const char *ns = arena_strdup(a, hpa->meta.ns);
	struct doctor_right right = { .verb = "get",
		.group = "custom.metrics.k8s.io",
		.subresource = "",
		.ns = ns,
		.without = "objects that ask for this metric are not scaled",
		.need = DOCTOR_TO_MEASURE };

	if (!source || metric->kind == HPA_METRIC_PROMETHEUS)
		return;
	if (metric->kind == HPA_METRIC_EXTERNAL) {
		right.verb = "list";
		right.group = "external.metrics.k8s.io";
		right.resource = arena_strdup(a, source->metric);
	} else if (metric->kind == HPA_METRIC_PODS) {
		right.resource = "pods";
		right.subresource = arena_strdup(a, source->metric);
	} else if (metric->kind == HPA_METRIC_OBJECT) {
		right.resource = plural_of(a, discovery, &source->described);
		right.subresource = arena_strdup(a, source->metric);
	} else {
		right.verb = "list";
		right.group = "metrics.k8s.io";
		right.resource = "pods";
	}
	if (right.resource)
		add(ret, &right);
}

static void add_metrics(struct arena *a, const struct doctor_cluster *c, enum autoscaler_kind kind,
	struct doctor_rights *ret)
{
	const struct doctor_list *list = kind == AUTOSCALER_OWN ? &c->owns : &c->natives;
	AUTO(arena_done) struct arena one = { 0 };
	struct error ignored;
	struct hpa hpa;

	arena_init(&one, LIMIT_PASS_ARENA_BYTES);
	for (size_t i = 0; i < list->n && ret->n < DOCTOR_RIGHTS_MAX; i++) {
		arena_clear(&one);
		if (hpa_decode_stored(&one, kind, list->at[i], &hpa, &ignored) != ERR_OK)
			continue;
		for (size_t k = 0; k < hpa.spec.n_metrics; k++)
			add_metric(a, c->discovery, &hpa, &hpa.spec.metrics[k], ret);
	}
}

static void add_fixed(size_t i, const char *ours, struct doctor_rights *ret)
{
	const char *const spaces[] = {
		[ANYWHERE] = "", [OURS] = ours, [KUBE_SYSTEM] = "kube-system"
	};

	for (size_t k = 0; k < ARRAY_LEN(FIXED[i].verbs) && FIXED[i].verbs[k]; k++)
		add(ret, &(struct doctor_right){ .verb = FIXED[i].verbs[k],
				 .group = FIXED[i].group,
				 .resource = FIXED[i].resource,
				 .subresource = FIXED[i].subresource,
				 .ns = spaces[FIXED[i].where],
				 .without = FIXED[i].without,
				 .need = FIXED[i].need,
				 .name = FIXED[i].name });
}

void doctor_rights_list(struct arena *a, const struct doctor_cluster *c, const char *ours,
	struct doctor_rights *ret)
{
	const bool wanted[] = { [ALWAYS] = true,
		[WITH_OWN_KIND] = c->owns.known,
		[WITH_KEDA] = discovery_find_group(c->discovery, SV("keda.sh")) != NULL };

	ret->n = 0;
	ret->acts = c->owns.n > 0;
	for (size_t i = 0; i < ARRAY_LEN(FIXED); i++)
		if (wanted[FIXED[i].when])
			add_fixed(i, ours, ret);
	add_metrics(a, c, AUTOSCALER_NATIVE, ret);
	add_metrics(a, c, AUTOSCALER_OWN, ret);
}

static void put_subject(struct jw *w, const struct doctor_subject *subject)
{
	AUTO(buf_done) struct buf text = { 0 };

	if (!subject->ns)
		return;
	buf_init(&text, 1024);
	buf_printf(&text, "system:serviceaccount:%s:%s", subject->ns, subject->name);
	jw_member_sv(w, "user", buf_sv(&text));
	jw_key(w, "groups");
	jw_array(w);
	jw_str(w, "system:serviceaccounts");
	buf_clear(&text);
	buf_printf(&text, "system:serviceaccounts:%s", subject->ns);
	jw_sv(w, buf_sv(&text));
	jw_str(w, "system:authenticated");
	jw_array_end(w);
}

void doctor_rights_encode(
	struct buf *out, const struct doctor_right *right, const struct doctor_subject *subject)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "apiVersion", "authorization.k8s.io/v1");
	jw_member_str(&w, "kind", subject->ns ? "SubjectAccessReview" : "SelfSubjectAccessReview");
	jw_key(&w, "spec");
	jw_object(&w);
	put_subject(&w, subject);
	jw_key(&w, "resourceAttributes");
	jw_object(&w);
	jw_member_str(&w, "verb", right->verb);
	jw_member_str(&w, "group", right->group);
	jw_member_str(&w, "resource", right->resource);
	if (right->subresource[0] != '\0')
		jw_member_str(&w, "subresource", right->subresource);
	if (right->ns[0] != '\0')
		jw_member_str(&w, "namespace", right->ns);
	if (right->name)
		jw_member_str(&w, "name", right->name);
	jw_object_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
}

enum error_kind doctor_rights_decode(
	struct arena *a, struct sv answer, bool *ret_allowed, struct error *err)
{
	struct jtree *t;

	if (jtree_parse(a, answer, &t, err) != ERR_OK)
		return err->kind;
	const struct jtree *allowed = jtree_at(t, "status", "allowed", NULL);
	if (!allowed || allowed->kind != JTREE_BOOL)
		return error_set(err, ERR_INVALID, "the access review has no status.allowed");
	*ret_allowed = allowed->truth;
	return ERR_OK;
}

void doctor_rights_judge(struct doctor *d, const struct doctor_right *right, bool acts,
	const struct doctor_subject *subject)
{
	static const char *const ADVICE[] = {
		[DOCTOR_TO_DECIDE] = "manifests/base grants it",
		[DOCTOR_TO_ACT] = "manifests/overlays/our-kind grants it, to act on our kind",
		[DOCTOR_TO_OWN] = "manifests/overlays/own grants it, to be the HPA controller",
		[DOCTOR_TO_SHOW] = "manifests/base grants it; only --secure-port needs it",
		[DOCTOR_TO_MEASURE] = "adapters often grant this to "
				      "kube-system/horizontal-pod-autoscaler only: bind their "
				      "ClusterRole to this account, too",
	};
	AUTO(buf_done) struct buf what = { 0 }, who = { 0 };
	bool optional = right->need == DOCTOR_TO_OWN || (right->need == DOCTOR_TO_ACT && !acts);

	buf_init(&what, 2048);
	buf_init(&who, 1024);
	buf_printf(&what, "%s%s%s%s%s", right->resource, right->subresource[0] ? "/" : "",
		right->subresource, right->group[0] ? "." : "", right->group);
	if (right->name)
		buf_printf(&what, " %s", right->name);
	if (right->ns[0] != '\0')
		buf_printf(&what, " in %s", right->ns);
	if (subject->ns)
		buf_printf(&who, "%s/%s", subject->ns, subject->name);
	else
		buf_put_str(&who, "whoever asks");
	enum doctor_level level = right->need == DOCTOR_TO_SHOW ? DOCTOR_WARNING
				  : optional			? DOCTOR_NOTE
								: DOCTOR_PROBLEM;
	doctor_add(d, level, ADVICE[right->need], "%s may not %s %s: %s", buf_text(&who),
		right->verb, buf_text(&what), right->without);
}
