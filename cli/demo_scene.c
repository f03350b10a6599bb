/* Sets the stage in a temporary folder, with free ports on loopback. */
#include "cli/demo_scene.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/jx.h"
#include "common/limits.h"
#include "common/yx.h"

#define REQUEST_TIMEOUT_NS (3 * NS_PER_SEC)
#define START_TIMEOUT_MS 10000
#define POLL_MS 100
#define MAX_ARENA_BYTES (1024u * 1024)

const char demo_scene_hpa[] = "apiVersion: autoscaling/v2\n"
			      "kind: HorizontalPodAutoscaler\n"
			      "metadata:\n"
			      "  name: myhpa\n"
			      "spec:\n"
			      "  scaleTargetRef:\n"
			      "    apiVersion: apps/v1\n"
			      "    kind: Deployment\n"
			      "    name: myapp\n"
			      "  minReplicas: 1\n"
			      "  maxReplicas: 10\n"
			      "  metrics:\n"
			      "  - type: Pods\n"
			      "    pods:\n"
			      "      metric:\n"
			      "        name: myapp_requests_per_second\n"
			      "      target:\n"
			      "        type: AverageValue\n"
			      "        averageValue: \"2\"\n";

static const char DEPLOYMENT[] =
	"{\"apiVersion\":\"apps/"
	"v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"myapp\",\"namespace\":\"default\"},"
	"\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"myapp\"}},\"template\":{"
	"\"metadata\":{\"labels\":{\"app\":\"myapp\"}},"
	"\"spec\":{\"containers\":[{\"name\":\"myapp\",\"image\":\"myapp:1\",\"resources\":{"
	"\"requests\":{\"cpu\":\"100m\"}}}]}}}}";

static const char RULES[] =
	"rules:\n"
	"- seriesQuery: 'myapp_http_requests_total{namespace!=\"\",pod!=\"\"}'\n"
	"  resources:\n"
	"    overrides:\n"
	"      namespace: {resource: namespace}\n"
	"      pod: {resource: pod}\n"
	"  name:\n"
	"    matches: \"^myapp_http_(.*)_total$\"\n"
	"    as: \"myapp_${1}_per_second\"\n"
	"  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[%llds])) by (<<.GroupBy>>)'\n";

static enum error_kind write_file(const char *path, const char *text, struct error *err)
{
	FILE *file = fopen(path, "we");
	bool ok = file && fputs(text, file) >= 0;

	if (file && fclose(file) != 0)
		ok = false;
	return ok ? ERR_OK
		  : error_set(err, ERR_UNAVAIL, "cannot write %s: %s", path, strerror(errno));
}

static enum error_kind find_programs(struct demo_scene *s, struct error *err)
{
	ssize_t n = readlink("/proc/self/exe", s->bin_folder, sizeof(s->bin_folder) - 1);

	if (n <= 0)
		return error_set(
			err, ERR_UNAVAIL, "cannot tell where this program is: %s", strerror(errno));
	s->bin_folder[n] = '\0';
	*strrchr(s->bin_folder, '/') = '\0';
	return ERR_OK;
}

/* A port that is free now; another process could take it before the adapter does, which then fails to start with a clear line. */
static int free_port(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int port = -1;

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, size) == 0 &&
		getsockname(fd, (struct sockaddr *)&address, &size) == 0)
		port = ntohs(address.sin_port);
	(void)close(fd);
	return port;
}

static enum error_kind start(struct demo_scene *s, struct process *p, const char *program,
	char *const args[], bool want_output, struct error *err)
{
	char path[4200], log_path[400];
	char *argv[16] = { path };
	size_t n = 1;

	(void)snprintf(path, sizeof(path), "%s/%s", s->bin_folder, program);
	(void)snprintf(log_path, sizeof(log_path), "%s/%s.log", s->folder, program);
	for (; args[n - 1] && n < ARRAY_LEN(argv) - 1; n++)
		argv[n] = args[n - 1];
	if (access(path, X_OK) != 0)
		return error_set(err, ERR_NOTFOUND,
			"%s is not beside this program in %s; build all programs (./dev build)",
			program, s->bin_folder);
	return process_start(p, program, argv, want_output, log_path, err);
}

static enum error_kind start_sandbox(
	struct demo_scene *s, const struct demo_pace *pace, struct error *err)
{
	char kubeconfig[400], step[64], delay[64], line[256], api[64], prometheus[64];

	(void)snprintf(kubeconfig, sizeof(kubeconfig), "--write-kubeconfig=%s", s->kubeconfig);
	(void)snprintf(step, sizeof(step), "--step=%lldms", (long long)pace->scrape_ms);
	(void)snprintf(delay, sizeof(delay), "--startup-delay=%lldms", (long long)pace->startup_ms);
	char *args[] = { kubeconfig, step, delay, NULL };
	if (start(s, &s->sandbox, "flyball-sandbox", args, true, err) != ERR_OK ||
		process_read_line(&s->sandbox, line, sizeof(line), START_TIMEOUT_MS, err) != ERR_OK)
		return err->kind;
	struct sv rest = sv_of(line);
	for (const char *mark = "api="; mark; mark = mark[0] == 'a' ? "prometheus=" : NULL) {
		size_t at = sv_find_sv(rest, sv_of(mark));
		rest = sv_skip(rest, at + strlen(mark));
		(void)snprintf(mark[0] == 'a' ? api : prometheus, 64, "%.*s",
			(int)sv_find(rest, ' '), rest.ptr ? rest.ptr : "");
	}
	(void)snprintf(s->api_url, sizeof(s->api_url), "http://%.50s", api);
	(void)snprintf(s->prometheus_url, sizeof(s->prometheus_url), "http://%.50s", prometheus);
	const struct http_endpoint_config config = {
		.base_url = s->api_url, .user_agent = "flyball-demo", .http1_only = true
	};
	return http_endpoint_new(s->client, &config, &s->api, err);
}

static enum error_kind request(struct demo_scene *s, const char *method, const char *target,
	struct sv body, struct buf *out, struct error *err)
{
	const struct http_request request = {
		.method = method,
		.target = target,
		.body = body,
		.content_type = "application/json",
		.timeout_ns = REQUEST_TIMEOUT_NS,
	};
	int status = 0;

	if (http_call_wait(s->api, s->loop, &request, &status, out, err) != ERR_OK)
		return error_wrap(err, "%s %s", method, target);
	if (status < 200 || status > 299)
		return error_set(err, ERR_UNAVAIL, "%s %s: HTTP %d: %.*s", method, target, status,
			SV_ARG(buf_sv(out)));
	return ERR_OK;
}

static enum error_kind create(
	struct demo_scene *s, const char *target, struct sv body, struct error *err)
{
	AUTO(buf_done) struct buf answer = { 0 };
	buf_init(&answer, LIMIT_OBJECT_BYTES);
	return request(s, "POST", target, body, &answer, err);
}

/* The aggregation layer's part of the stage: the Service that names the adapter and the two APIServices of custom.metrics.k8s.io. */
static enum error_kind register_adapter(struct demo_scene *s, int port, struct error *err)
{
	static const char *const VERSIONS[] = { "v1beta1", "v1beta2" };
	char text[1024];

	(void)snprintf(text, sizeof(text),
		"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"flyball-"
		"adapter\",\"namespace\":\"flyball-system\"},"
		"\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"127.0.0.1\",\"ports\":[{"
		"\"port\":%d}]}}",
		port);
	if (create(s, "/api/v1/namespaces/flyball-system/services", sv_of(text), err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < ARRAY_LEN(VERSIONS); i++) {
		(void)snprintf(text, sizeof(text),
			"{\"apiVersion\":\"apiregistration.k8s.io/"
			"v1\",\"kind\":\"APIService\",\"metadata\":{\"name\":\"%s.custom.metrics."
			"k8s.io\"},"
			"\"spec\":{\"group\":\"custom.metrics.k8s.io\",\"version\":\"%s\","
			"\"groupPriorityMinimum\":100,\"versionPriority\":%d,"
			"\"insecureSkipTLSVerify\":true,\"service\":{\"name\":\"flyball-adapter\","
			"\"namespace\":\"flyball-system\",\"port\":%d}}}",
			VERSIONS[i], VERSIONS[i], (int)(i + 1) * 100, port);
		if (create(s, "/apis/apiregistration.k8s.io/v1/apiservices", sv_of(text), err) !=
			ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind start_adapter(
	struct demo_scene *s, const struct demo_pace *pace, struct error *err)
{
	char rules_path[400], rules[2048], config[420], prometheus[100], port_text[40],
		cert_dir[400];
	char kube[3][400];
	static const char *const KUBE_FLAGS[] = { "lister", "authentication", "authorization" };
	int port = free_port();

	if (port < 0)
		return error_set(err, ERR_UNAVAIL, "no free port on 127.0.0.1");
	(void)snprintf(rules_path, sizeof(rules_path), "%s/rules.yaml", s->folder);
	(void)snprintf(rules, sizeof(rules), RULES, (long long)pace->rate_window_sec);
	if (write_file(rules_path, rules, err) != ERR_OK)
		return err->kind;
	(void)snprintf(config, sizeof(config), "--config=%s", rules_path);
	(void)snprintf(prometheus, sizeof(prometheus), "--prometheus-url=%s", s->prometheus_url);
	(void)snprintf(port_text, sizeof(port_text), "--secure-port=%d", port);
	(void)snprintf(cert_dir, sizeof(cert_dir), "--cert-dir=%s", s->folder);
	for (size_t i = 0; i < ARRAY_LEN(kube); i++)
		(void)snprintf(kube[i], sizeof(kube[i]), "--%s-kubeconfig=%s", KUBE_FLAGS[i],
			s->kubeconfig);
	char *args[] = { config, prometheus, port_text, cert_dir, kube[0], kube[1], kube[2],
		(char[]){ "--bind-address=127.0.0.1" }, (char[]){ "--metrics-relist-interval=1s" },
		(char[]){ "--metrics-max-age=60s" }, NULL };
	if (start(s, &s->adapter, "flyball-adapter", args, false, err) != ERR_OK)
		return err->kind;
	return register_adapter(s, port, err);
}

static enum error_kind apply_autoscaler(struct demo_scene *s, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf json = { 0 };
	struct jtree **documents;
	size_t n;

	arena_init(&a, MAX_ARENA_BYTES);
	buf_init(&json, LIMIT_OBJECT_BYTES);
	if (yx_parse(&a, sv_of(demo_scene_hpa), "hpa.yaml", &documents, &n, err) != ERR_OK)
		return err->kind;
	jtree_print(&json, documents[0]);
	return create(s, "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
		buf_sv(&json), err);
}

static enum error_kind start_controller(
	struct demo_scene *s, const struct demo_pace *pace, struct error *err)
{
	char kubeconfig[400], period[64], window[80];

	(void)snprintf(kubeconfig, sizeof(kubeconfig), "--kubeconfig=%s", s->kubeconfig);
	(void)snprintf(period, sizeof(period), "--sync-period=%lldms", (long long)pace->sync_ms);
	(void)snprintf(window, sizeof(window),
		"--horizontal-pod-autoscaler-downscale-stabilization=%lldms",
		(long long)pace->stabilization_ms);
	char *args[] = { kubeconfig, period, window, (char[]){ "--native-hpas=own" },
		(char[]){ "--canary-period=100ms" }, NULL };
	return start(s, &s->controller, "flyball-controller", args, false, err);
}

/* Waits until the metric has a value: then everything between the application and the metrics API works. */
static enum error_kind wait_for_metric(struct demo_scene *s, int64_t patience_ms, struct error *err)
{
	for (int64_t waited = 0; waited < patience_ms; waited += POLL_MS) {
		AUTO(buf_done) struct buf answer = { 0 };
		const char *casualty = demo_scene_casualty(s);
		if (casualty)
			return error_set(err, ERR_UNAVAIL, "%s ended; its log is %s/%s.log",
				casualty, s->folder, casualty);
		if (*s->interrupted)
			return error_set(err, ERR_UNAVAIL, "interrupted");
		if (request(s, "GET",
			    "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/%2A/"
			    "myapp_requests_per_second",
			    SV_NULL, &answer, err) == ERR_OK)
			return ERR_OK;
		(void)usleep(POLL_MS * 1000);
	}
	return error_wrap(
		err, "the metric was not served within %lld s", (long long)(patience_ms / 1000));
}

enum error_kind demo_scene_open(struct demo_scene *s, const struct demo_pace *pace,
	int64_t patience_ms, const volatile sig_atomic_t *interrupted, struct error *err)
{
	const char *tmp = getenv("TMPDIR");

	*s = (struct demo_scene){ .sandbox = PROCESS_NONE,
		.adapter = PROCESS_NONE,
		.controller = PROCESS_NONE,
		.interrupted = interrupted };
	(void)snprintf(s->folder, sizeof(s->folder), "%.200s/flyball-demo-XXXXXX",
		tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(s->folder)) {
		s->folder[0] = '\0';
		return error_set(
			err, ERR_UNAVAIL, "cannot make a temporary folder: %s", strerror(errno));
	}
	(void)snprintf(s->kubeconfig, sizeof(s->kubeconfig), "%s/kubeconfig", s->folder);
	if (find_programs(s, err) != ERR_OK || loop_new(&s->loop, err) != ERR_OK ||
		http_client_new(s->loop, &s->client, err) != ERR_OK ||
		start_sandbox(s, pace, err) != ERR_OK ||
		create(s, "/apis/apps/v1/namespaces/default/deployments", sv_of(DEPLOYMENT), err) !=
			ERR_OK ||
		start_adapter(s, pace, err) != ERR_OK ||
		wait_for_metric(s, patience_ms, err) != ERR_OK ||
		apply_autoscaler(s, err) != ERR_OK)
		return err->kind;
	return start_controller(s, pace, err);
}

/* The folder is ours, and flat: the programs put their files there. */
static void remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *file;

	if (!dir)
		return;
	while ((file = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), file->d_name, 0);
	(void)closedir(dir);
	(void)rmdir(folder);
}

void demo_scene_close(struct demo_scene *s, bool keep_logs)
{
	process_stop(&s->controller);
	process_stop(&s->adapter);
	process_stop(&s->sandbox);
	http_endpoint_free(s->api);
	http_client_free(s->client);
	loop_free(s->loop);
	s->api = NULL;
	s->client = NULL;
	s->loop = NULL;
	if (s->folder[0] != '\0' && !keep_logs)
		remove_folder(s->folder);
	s->folder[0] = '\0';
}

static enum error_kind steer(struct demo_scene *s, const char *target, struct error *err)
{
	AUTO(buf_done) struct buf answer = { 0 };
	buf_init(&answer, LIMIT_OBJECT_BYTES);
	return request(s, "PUT", target, SV_NULL, &answer, err);
}

enum error_kind demo_scene_set_load(struct demo_scene *s, double rps, struct error *err)
{
	char target[64];
	(void)snprintf(target, sizeof(target), "/sandbox?load=%.3f", rps);
	return steer(s, target, err);
}

enum error_kind demo_scene_set_prometheus(struct demo_scene *s, bool down, struct error *err)
{
	return steer(s, down ? "/sandbox?prometheus=down" : "/sandbox?prometheus=up", err);
}

static enum error_kind get(
	struct demo_scene *s, const char *target, json_t **ret, struct error *err)
{
	AUTO(buf_done) struct buf answer = { 0 };

	buf_init(&answer, LIMIT_OBJECT_BYTES);
	if (request(s, "GET", target, SV_NULL, &answer, err) != ERR_OK)
		return err->kind;
	return jx_parse(buf_sv(&answer), ret, err);
}

static void copy_text(char *room, size_t size, const char *text)
{
	(void)snprintf(room, size, "%s", text ? text : "");
}

/* The condition that says most: a failure first, then a limit, else that it is able to scale. */
static const char *telling_condition(const json_t *hpa)
{
	static const char *const ORDER[][2] = { { "AbleToScale", "False" },
		{ "ScalingActive", "False" }, { "ScalingLimited", "True" },
		{ "AbleToScale", "True" } };
	const json_t *conditions = jx_at(hpa, "status.conditions");

	for (size_t k = 0; k < ARRAY_LEN(ORDER); k++) {
		for (size_t i = 0; i < json_array_size(conditions); i++) {
			const json_t *c = json_array_get(conditions, i);
			const char *type = jx_text_at(c, "type"), *status = jx_text_at(c, "status");
			if (type && status && strcmp(type, ORDER[k][0]) == 0 &&
				strcmp(status, ORDER[k][1]) == 0)
				return jx_text_at(c, "message");
		}
	}
	return "";
}

static void read_newest_event(struct demo_view *v, const json_t *events)
{
	const json_t *items = json_object_get(events, "items");
	const char *newest = "";

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *event = json_array_get(items, i);
		const char *at = jx_text_at(event, "lastTimestamp");
		const char *reason = jx_text_at(event, "reason");
		if (!at || !reason || strcmp(reason, "SuccessfulRescale") != 0 ||
			strcmp(at, newest) < 0)
			continue;
		newest = at;
		copy_text(v->decision, sizeof(v->decision), jx_text_at(event, "message"));
	}
}

enum error_kind demo_scene_observe(
	struct demo_scene *s, struct demo_view *v, int64_t at_ms, struct error *err)
{
	AUTO(jx_free) json_t *state = NULL;
	AUTO(jx_free) json_t *app = NULL;
	AUTO(jx_free) json_t *hpa = NULL;
	AUTO(jx_free) json_t *events = NULL;

	if (get(s, "/sandbox", &state, err) != ERR_OK ||
		get(s, "/apis/apps/v1/namespaces/default/deployments/myapp", &app, err) != ERR_OK ||
		get(s, "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/myhpa",
			&hpa, err) != ERR_OK ||
		get(s, "/api/v1/namespaces/default/events", &events, err) != ERR_OK)
		return err->kind;
	const char *prometheus = jx_text_at(state, "prometheus");
	const struct demo_sample sample = {
		.at_ms = at_ms,
		.load = json_number_value(json_object_get(state, "load")),
		.replicas = json_integer_value(jx_at(app, "spec.replicas")),
		.ready = json_integer_value(jx_at(app, "status.readyReplicas")),
		.outage = prometheus && strcmp(prometheus, "down") == 0,
	};
	const json_t *metric = json_array_get(jx_at(hpa, "status.currentMetrics"), 0);
	copy_text(v->per_pod, sizeof(v->per_pod), jx_text_at(metric, "pods.current.averageValue"));
	copy_text(v->target, sizeof(v->target),
		jx_text_at(
			json_array_get(jx_at(hpa, "spec.metrics"), 0), "pods.target.averageValue"));
	copy_text(v->state, sizeof(v->state), telling_condition(hpa));
	read_newest_event(v, events);
	demo_view_add(v, &sample);
	return ERR_OK;
}

const char *demo_scene_casualty(struct demo_scene *s)
{
	struct process *const all[] = { &s->sandbox, &s->adapter, &s->controller };
	int status;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (all[i]->pid > 0 && !process_is_alive(all[i], &status))
			return all[i]->name;
	}
	return NULL;
}
