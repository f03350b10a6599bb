/* Columns and cells by kind. Cells repeat what kube-apiserver's printers show for the members that the sandbox maintains. */
#include "sandbox/table.h"

#include "common/limits.h"

/* Longest cell: an event's message is at most 1 KiB, a TARGETS cell two metrics. */
#define MAX_CELL_BYTES 4096

struct column {
	const char *name, *type, *format, *description;
	int priority; /* 1: only in wide output */
	void (*print)(struct buf *out, const json_t *object, struct wall now);
};

static int64_t integer_at(const json_t *j, const char *path)
{
	const json_t *value = jx_at(j, path);
	return json_is_integer(value) ? (int64_t)json_integer_value(value) : 0;
}

static const char *text_or(const json_t *j, const char *path, const char *otherwise)
{
	const char *text = jx_text_at(j, path);
	return text && text[0] != '\0' ? text : otherwise;
}

/* Two units at most, coarser as it grows; the thresholds are kubectl's. */
void table_print_age(struct buf *out, int64_t seconds)
{
	int64_t minutes = seconds / 60, hours = seconds / 3600, days = hours / 24,
		years = days / 365;

	if (seconds < -1)
		buf_put_str(out, "<invalid>");
	else if (seconds < 0)
		buf_put_str(out, "0s");
	else if (seconds < 120)
		buf_printf(out, "%llds", (long long)seconds);
	else if (minutes < 10 && seconds % 60 != 0)
		buf_printf(out, "%lldm%llds", (long long)minutes, (long long)(seconds % 60));
	else if (hours < 3)
		buf_printf(out, "%lldm", (long long)minutes);
	else if (hours < 8 && minutes % 60 != 0)
		buf_printf(out, "%lldh%lldm", (long long)hours, (long long)(minutes % 60));
	else if (hours < 48)
		buf_printf(out, "%lldh", (long long)hours);
	else if (days < 8 && hours % 24 != 0)
		buf_printf(out, "%lldd%lldh", (long long)days, (long long)(hours % 24));
	else if (years < 2)
		buf_printf(out, "%lldd", (long long)days);
	else if (years < 8 && days % 365 != 0)
		buf_printf(out, "%lldy%lldd", (long long)years, (long long)(days % 365));
	else
		buf_printf(out, "%lldy", (long long)years);
}

static void age_of(struct buf *out, const char *since, struct wall now)
{
	struct wall t;
	struct error ignored;

	if (!since || instant_wall_parse(sv_of(since), &t, &ignored) != ERR_OK) {
		buf_put_str(out, "<unknown>");
		return;
	}
	table_print_age(out, now.sec - t.sec);
}

static void print_name(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_put_str(out, text_or(o, "metadata.name", ""));
}

static void print_age(struct buf *out, const json_t *o, struct wall now)
{
	age_of(out, jx_text_at(o, "metadata.creationTimestamp"), now);
}

static void print_phase(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_put_str(out, text_or(o, "status.phase", ""));
}

static void print_pod_ready(struct buf *out, const json_t *o, struct wall now)
{
	const json_t *states = jx_at(o, "status.containerStatuses");
	size_t n_ready = 0;

	(void)now;
	for (size_t i = 0; i < json_array_size(states); i++)
		n_ready += json_is_true(json_object_get(json_array_get(states, i), "ready"));
	buf_printf(out, "%zu/%zu", n_ready, json_array_size(jx_at(o, "spec.containers")));
}

static void print_pod_status(struct buf *out, const json_t *o, struct wall now)
{
	const json_t *states = jx_at(o, "status.containerStatuses");

	(void)now;
	if (jx_text_at(o, "metadata.deletionTimestamp")) {
		buf_put_str(out, "Terminating");
		return;
	}
	for (size_t i = 0; i < json_array_size(states); i++) {
		const char *reason = jx_text_at(json_array_get(states, i), "state.waiting.reason");
		if (reason) {
			buf_put_str(out, reason);
			return;
		}
	}
	buf_put_str(out, text_or(o, "status.phase", ""));
}

static void print_zero(struct buf *out, const json_t *o, struct wall now)
{
	(void)o;
	(void)now;
	buf_put_char(out, '0');
}

static void print_deployment_ready(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_printf(out, "%lld/%lld", (long long)integer_at(o, "status.readyReplicas"),
		(long long)integer_at(o, "spec.replicas"));
}

#define PRINT_INTEGER(function, path)                                                              \
	static void function(struct buf *out, const json_t *o, struct wall now)                    \
	{                                                                                          \
		(void)now;                                                                         \
		buf_put_i64(out, integer_at(o, path));                                             \
	}
PRINT_INTEGER(print_spec_replicas, "spec.replicas")
PRINT_INTEGER(print_status_replicas, "status.replicas")
PRINT_INTEGER(print_ready_replicas, "status.readyReplicas")
PRINT_INTEGER(print_updated_replicas, "status.updatedReplicas")
PRINT_INTEGER(print_available_replicas, "status.availableReplicas")
PRINT_INTEGER(print_current_replicas, "status.currentReplicas")
PRINT_INTEGER(print_max_replicas, "spec.maxReplicas")

static void print_min_replicas(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	if (json_is_integer(jx_at(o, "spec.minReplicas")))
		buf_put_i64(out, integer_at(o, "spec.minReplicas"));
	else
		buf_put_str(out, "<unset>");
}

static void print_reference(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_printf(out, "%s/%s", text_or(o, "spec.scaleTargetRef.kind", ""),
		text_or(o, "spec.scaleTargetRef.name", ""));
}

static void print_targets(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	table_print_hpa_targets(out, o);
}

/* Member name of a metric source by its type: Pods -> pods, ContainerResource -> containerResource. */
static const char *member_of(const char *type)
{
	static const char *const MEMBERS[][2] = { { "Object", "object" }, { "Pods", "pods" },
		{ "Resource", "resource" }, { "ContainerResource", "containerResource" },
		{ "External", "external" } };
	for (size_t i = 0; i < ARRAY_LEN(MEMBERS); i++) {
		if (strcmp(MEMBERS[i][0], type) == 0)
			return MEMBERS[i][1];
	}
	return NULL;
}

static void print_target(struct buf *out, const json_t *spec, const json_t *status)
{
	const char *type = text_or(spec, "type", "");
	const char *member = member_of(type);
	const json_t *source = member ? json_object_get(spec, member) : NULL;
	const json_t *current = member ? jx_at(json_object_get(status, member), "current") : NULL;
	const char *average = jx_text_at(source, "target.averageValue");

	if (!member) {
		buf_put_str(out, "<unknown type>");
		return;
	}
	if (strstr(type, "Resource"))
		buf_printf(out, "%s: ", text_or(source, "name", ""));
	if (strstr(type, "Resource") && !average) {
		if (json_is_integer(json_object_get(current, "averageUtilization")))
			buf_printf(out, "%lld%%/",
				(long long)integer_at(current, "averageUtilization"));
		else
			buf_put_str(out, "<unknown>/");
		if (json_is_integer(jx_at(source, "target.averageUtilization")))
			buf_printf(out, "%lld%%",
				(long long)integer_at(source, "target.averageUtilization"));
		else
			buf_put_str(out, "<auto>");
		return;
	}
	bool note = average && (strcmp(type, "External") == 0 || strcmp(type, "Object") == 0);
	buf_printf(out, "%s/%s%s",
		text_or(current, average ? "averageValue" : "value", "<unknown>"),
		average ? average : text_or(source, "target.value", ""), note ? " (avg)" : "");
}

/* kubectl shows at most two metrics. */
#define MAX_TARGETS_SHOWN 2

void table_print_hpa_targets(struct buf *out, const json_t *hpa)
{
	const json_t *specs = jx_at(hpa, "spec.metrics");
	const json_t *statuses = jx_at(hpa, "status.currentMetrics");
	size_t n = json_array_size(specs);

	if (n == 0)
		buf_put_str(out, "<none>");
	for (size_t i = 0; i < n && i < MAX_TARGETS_SHOWN; i++) {
		buf_put_str(out, i > 0 ? ", " : "");
		print_target(out, json_array_get(specs, i), json_array_get(statuses, i));
	}
	if (n > MAX_TARGETS_SHOWN)
		buf_printf(out, " + %zu more...", n - MAX_TARGETS_SHOWN);
}

static void print_last_seen(struct buf *out, const json_t *o, struct wall now)
{
	const char *last = jx_text_at(o, "lastTimestamp");
	age_of(out, last ? last : jx_text_at(o, "metadata.creationTimestamp"), now);
}

static void print_event_type(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_put_str(out, text_or(o, "type", ""));
}

static void print_event_reason(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_put_str(out, text_or(o, "reason", ""));
}

static void print_event_object(struct buf *out, const json_t *o, struct wall now)
{
	const char *kind = text_or(o, "involvedObject.kind", "");

	(void)now;
	for (; *kind != '\0'; kind++)
		buf_put_char(out, *kind >= 'A' && *kind <= 'Z' ? (char)(*kind - 'A' + 'a') : *kind);
	buf_printf(out, "/%s", text_or(o, "involvedObject.name", ""));
}

static void print_event_message(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_put_sv(out, sv_trim(sv_of(text_or(o, "message", ""))));
}

static void print_lease_holder(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	buf_put_str(out, text_or(o, "spec.holderIdentity", ""));
}

static void print_apiservice(struct buf *out, const json_t *o, struct wall now)
{
	(void)now;
	if (jx_text_at(o, "spec.service.name"))
		buf_printf(out, "%s/%s", text_or(o, "spec.service.namespace", ""),
			jx_text_at(o, "spec.service.name"));
	else
		buf_put_str(out, "Local");
}

#define NAME_COLUMN                                                                                \
	{                                                                                          \
		"Name", "string", "name", "Name must be unique within a namespace.", 0, print_name \
	}
#define AGE_COLUMN                                                                                 \
	{                                                                                          \
		"Age", "string", "", "Time since the object was created.", 0, print_age            \
	}

/* clang-format off */
static const struct column COLUMNS_DEFAULT[] = { NAME_COLUMN, AGE_COLUMN };
static const struct column COLUMNS_NAMESPACE[] = { NAME_COLUMN, { "Status", "string", "", "The status of the namespace", 0, print_phase }, AGE_COLUMN };
static const struct column COLUMNS_POD[] = {
	NAME_COLUMN,
	{ "Ready", "string", "", "The aggregate readiness state of this pod for accepting traffic.", 0, print_pod_ready },
	{ "Status", "string", "", "The aggregate status of the containers in this pod.", 0, print_pod_status },
	{ "Restarts", "string", "", "The number of times the containers in this pod have been restarted.", 0, print_zero },
	AGE_COLUMN,
};
static const struct column COLUMNS_DEPLOYMENT[] = {
	NAME_COLUMN,
	{ "Ready", "string", "", "Number of the pod with ready state", 0, print_deployment_ready },
	{ "Up-to-date", "string", "", "Number of the pod that are up to date", 0, print_updated_replicas },
	{ "Available", "string", "", "Number of the pod that are available", 0, print_available_replicas },
	AGE_COLUMN,
};
static const struct column COLUMNS_REPLICASET[] = {
	NAME_COLUMN,
	{ "Desired", "integer", "", "Number of desired pods.", 0, print_spec_replicas },
	{ "Current", "integer", "", "Number of existing pods.", 0, print_status_replicas },
	{ "Ready", "integer", "", "Number of ready pods.", 0, print_ready_replicas },
	AGE_COLUMN,
};
static const struct column COLUMNS_STATEFULSET[] = { NAME_COLUMN, { "Ready", "string", "", "Number of the pod with ready state", 0, print_deployment_ready }, AGE_COLUMN };
static const struct column COLUMNS_HPA[] = {
	NAME_COLUMN,
	{ "Reference", "string", "", "The object whose replica count is scaled.", 0, print_reference },
	{ "Targets", "string", "", "Current value and target of each metric.", 0, print_targets },
	{ "MinPods", "string", "", "Lower bound of the replica count.", 0, print_min_replicas },
	{ "MaxPods", "string", "", "Upper bound of the replica count.", 0, print_max_replicas },
	{ "Replicas", "string", "", "Replica count that was last seen.", 0, print_current_replicas },
	AGE_COLUMN,
};
static const struct column COLUMNS_EVENT[] = {
	{ "Last Seen", "string", "", "Time of the last occurrence.", 0, print_last_seen },
	{ "Type", "string", "", "Normal or Warning.", 0, print_event_type },
	{ "Reason", "string", "", "Why it happened, in one word.", 0, print_event_reason },
	{ "Object", "string", "", "The object that it is about.", 0, print_event_object },
	{ "Message", "string", "", "What happened.", 0, print_event_message },
};
static const struct column COLUMNS_LEASE[] = { NAME_COLUMN, { "Holder", "string", "", "The holder of the lease.", 0, print_lease_holder }, AGE_COLUMN };
static const struct column COLUMNS_APISERVICE[] = { NAME_COLUMN, { "Service", "string", "", "The service that serves it.", 0, print_apiservice }, AGE_COLUMN };

static const struct {
	const char *kind;
	const struct column *columns;
	size_t n;
} TABLES[] = {
	{ "Namespace", COLUMNS_NAMESPACE, ARRAY_LEN(COLUMNS_NAMESPACE) },
	{ "Pod", COLUMNS_POD, ARRAY_LEN(COLUMNS_POD) },
	{ "Deployment", COLUMNS_DEPLOYMENT, ARRAY_LEN(COLUMNS_DEPLOYMENT) },
	{ "ReplicaSet", COLUMNS_REPLICASET, ARRAY_LEN(COLUMNS_REPLICASET) },
	{ "ReplicationController", COLUMNS_REPLICASET, ARRAY_LEN(COLUMNS_REPLICASET) },
	{ "StatefulSet", COLUMNS_STATEFULSET, ARRAY_LEN(COLUMNS_STATEFULSET) },
	{ "HorizontalPodAutoscaler", COLUMNS_HPA, ARRAY_LEN(COLUMNS_HPA) },
	{ "Event", COLUMNS_EVENT, ARRAY_LEN(COLUMNS_EVENT) },
	{ "Lease", COLUMNS_LEASE, ARRAY_LEN(COLUMNS_LEASE) },
	{ "APIService", COLUMNS_APISERVICE, ARRAY_LEN(COLUMNS_APISERVICE) },
};
/* clang-format on */

static const struct column *columns_of(const struct resource *r, size_t *ret_n)
{
	for (size_t i = 0; i < ARRAY_LEN(TABLES); i++) {
		if (strcmp(TABLES[i].kind, r->kind) == 0) {
			*ret_n = TABLES[i].n;
			return TABLES[i].columns;
		}
	}
	*ret_n = ARRAY_LEN(COLUMNS_DEFAULT);
	return COLUMNS_DEFAULT;
}

void table_begin(
	struct jw *w, const struct resource *r, struct sv list_metadata_json, bool with_columns)
{
	size_t n;
	const struct column *columns = columns_of(r, &n);

	jw_object(w);
	jw_member_str(w, "kind", "Table");
	jw_member_str(w, "apiVersion", "meta.k8s.io/v1");
	jw_key(w, "metadata");
	jw_raw(w, list_metadata_json);
	jw_key(w, "columnDefinitions");
	jw_array(w);
	for (size_t i = 0; with_columns && i < n; i++) {
		jw_object(w);
		jw_member_str(w, "name", columns[i].name);
		jw_member_str(w, "type", columns[i].type);
		jw_member_str(w, "format", columns[i].format);
		jw_member_str(w, "description", columns[i].description);
		jw_member_i64(w, "priority", columns[i].priority);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_key(w, "rows");
	jw_array(w);
}

void table_row(struct jw *w, const struct resource *r, const json_t *object, struct wall now)
{
	size_t n;
	const struct column *columns = columns_of(r, &n);
	AUTO(buf_done) struct buf cell = { 0 };
	AUTO(buf_done) struct buf metadata = { 0 };

	buf_init(&cell, MAX_CELL_BYTES);
	buf_init(&metadata, LIMIT_OBJECT_BYTES);
	jw_object(w);
	jw_key(w, "cells");
	jw_array(w);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&cell);
		columns[i].print(&cell, object, now);
		if (strcmp(columns[i].type, "integer") == 0)
			jw_raw(w, buf_sv(&cell));
		else
			jw_sv(w, buf_sv(&cell));
	}
	jw_array_end(w);
	jw_key(w, "object");
	jw_object(w);
	jw_member_str(w, "kind", "PartialObjectMetadata");
	jw_member_str(w, "apiVersion", "meta.k8s.io/v1");
	jw_key(w, "metadata");
	jx_print(&metadata, json_object_get(object, "metadata"));
	jw_raw(w, buf_sv(&metadata));
	jw_object_end(w);
	jw_object_end(w);
}

void table_end(struct jw *w)
{
	jw_array_end(w);
	jw_object_end(w);
}
