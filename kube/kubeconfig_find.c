/* Finds the configuration that applies and reads its files: --kubeconfig, $KUBECONFIG, ~/.kube/config, or the Pod's service account. Blocking:
 * for mains, before the loop runs. Credential files named inside a kubeconfig are not read here but by the HTTP client, which
 * also notices when they change; certificate and token files of a Pod are only looked for. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/limits.h"
#include "kube/kubeconfig.h"

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

static enum error_kind file_error(const char *path, int number, struct error *err)
{
	enum error_kind kind = number == ENOENT || number == ENOTDIR ? ERR_NOTFOUND : ERR_INVALID;

	error_set(err, kind, "%s: %s", path, strerror(number));
	err->code = number;
	return kind;
}

/* errors: NOTFOUND, INVALID (cannot be read), LIMIT, NOMEM. */
static enum error_kind read_file(const char *path, struct buf *out, struct error *err)
{
	char piece[16384];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return file_error(path, errno, err);
	ssize_t n;
	do {
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			buf_put(out, piece, (size_t)n);
	} while ((n > 0 && out->failed == ERR_OK) || (n < 0 && errno == EINTR));
	int number = errno;
	(void)close(fd);
	return n < 0 ? file_error(path, number, err) : buf_check(out, path, err);
}

static bool is_set(const char *text)
{
	return text && text[0] != '\0';
}

/* A path below the service account's directory whose file can be read. */
static enum error_kind account_file(
	struct arena *a, const char *dir, const char *name, const char **ret, struct error *err)
{
	const char *path = arena_printf(a, "%s/%s", dir, name);

	if (!path)
		return arena_error(a, err);
	if (access(path, R_OK) != 0) {
		file_error(path, errno, err);
		err->kind = ERR_INVALID;
		return error_wrap(err, "running in a Pod, but its service account cannot be used "
				       "(is automountServiceAccountToken "
				       "off?)");
	}
	*ret = path;
	return ERR_OK;
}

enum error_kind kubeconfig_in_cluster(struct arena *a, const struct kubeconfig_env *env,
	struct kubeconfig_client *ret, struct error *err)
{
	struct kubeconfig_client c = { .context = "", .namespace = "default" };
	const char *dir = is_set(env->service_account) ? env->service_account : SERVICE_ACCOUNT;

	if (!is_set(env->service_host) || !is_set(env->service_port))
		return error_set(err, ERR_NOTFOUND,
			"not in a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not "
			"set");
	if (account_file(a, dir, "token", &c.token_file, err) ||
		account_file(a, dir, "ca.crt", &c.ca_file, err))
		return err->kind;
	bool v6 = strchr(env->service_host, ':') != NULL;
	c.server = arena_printf(
		a, v6 ? "https://[%s]:%s" : "https://%s:%s", env->service_host, env->service_port);
	const char *namespace_file = arena_printf(a, "%s/namespace", dir);
	if (!c.server || !namespace_file)
		return arena_error(a, err);
	AUTO(buf_done) struct buf text = { 0 };
	struct error ignored;
	buf_init(&text, LIMIT_CREDENTIAL_FILE_BYTES);
	if (read_file(namespace_file, &text, &ignored) == ERR_OK && sv_trim(buf_sv(&text)).len > 0)
		c.namespace = arena_strdup(a, sv_trim(buf_sv(&text)));
	if (!c.namespace)
		return arena_error(a, err);
	*ret = c;
	return ERR_OK;
}

static enum error_kind load(
	struct arena *a, const char *path, struct kubeconfig **ret, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_CONFIG_FILE_BYTES);
	if (read_file(path, &text, err))
		return err->kind;
	return kubeconfig_parse(a, buf_sv(&text), path, ret, err);
}

/* The files of a list, merged; those that do not exist are left out. *ret stays NULL when none exists. */
static enum error_kind load_list(
	struct arena *a, struct sv list, struct kubeconfig **ret, struct error *err)
{
	bool more = true;

	*ret = NULL;
	while (more) {
		struct sv part = sv_cut(list, ':', &list, &more);
		if (part.len == 0)
			continue;
		const char *path = arena_strdup(a, part);
		struct kubeconfig *one;
		if (!path)
			return arena_error(a, err);
		enum error_kind kind = load(a, path, &one, err);
		if (kind == ERR_NOTFOUND)
			continue;
		if (kind)
			return kind;
		if (!*ret)
			*ret = one;
		else if (kubeconfig_merge(a, *ret, one, err))
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind explicit_file(struct arena *a, const char *file, const char *context,
	struct kubeconfig_client *ret, struct error *err)
{
	struct kubeconfig *config;

	if (load(a, file, &config, err)) {
		if (err->kind == ERR_NOTFOUND)
			err->kind = ERR_INVALID;
		return err->kind == ERR_NOMEM ? err->kind : error_wrap(err, "kubeconfig");
	}
	return kubeconfig_resolve(a, config, context, ret, err) ? error_wrap(err, "kubeconfig")
								: ERR_OK;
}

enum error_kind kubeconfig_find(struct arena *a, const char *file, const char *context,
	const struct kubeconfig_env *env, bool prefer_cluster, struct kubeconfig_client *ret,
	struct error *err)
{
	if (is_set(file))
		return explicit_file(a, file, context, ret, err);
	bool in_pod = is_set(env->service_host) && is_set(env->service_port);
	if (in_pod && prefer_cluster)
		return kubeconfig_in_cluster(a, env, ret, err);
	struct kubeconfig *config = NULL;
	const char *list = env->kubeconfig;
	if (!is_set(list)) {
		list = is_set(env->home) ? arena_printf(a, "%s/.kube/config", env->home) : "";
		if (!list)
			return arena_error(a, err);
	}
	if (load_list(a, sv_of(list), &config, err))
		return err->kind == ERR_NOMEM ? err->kind : error_wrap(err, "kubeconfig");
	if (config)
		return kubeconfig_resolve(a, config, context, ret, err)
			       ? error_wrap(err, "kubeconfig")
			       : ERR_OK;
	if (in_pod)
		return kubeconfig_in_cluster(a, env, ret, err);
	return error_set(err, ERR_NOTFOUND,
		"no kubeconfig found (looked for %s) and not in a Pod: give --kubeconfig=FILE or "
		"set KUBECONFIG",
		is_set(list) ? list : "$KUBECONFIG and $HOME/.kube/config");
}
