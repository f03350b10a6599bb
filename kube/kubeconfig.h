#pragma once
/* Where the API server is and who we are: kubeconfig files, or the Pod's service account. Parsing is pure; the functions that read files
 * say so. Everything returned lives in the arena that was handed in. */
#include <stdbool.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"

/* One answer: all that client_new needs. NULL and empty members: not given. */
struct kubeconfig_client {
	const char *context;   /* "" in the cluster */
	const char *namespace; /* of the context; "default" when it has none */
	const char *server;    /* "https://10.0.0.1:6443" */
	const char *ca_file, *cert_file, *key_file;
	struct sv ca_data, cert_data, key_data; /* PEM */
	const char *tls_server_name;
	const char *token, *token_file; /* a token file wins over a token */
	const char *username, *password;
	bool insecure_skip_tls_verify;
};

struct kubeconfig; /* one or more files, merged */

/* Text of a kubeconfig file (YAML or JSON) -> its entries. `file` names it in messages, and relative paths inside it count from its directory.
 * Entries are checked only when they are used, so that a broken context elsewhere in the file does no harm.
 * errors: INVALID "FILE:3:5: ..."; NOMEM, LIMIT. */
MUST_USE enum error_kind kubeconfig_parse(struct arena *a, struct sv text, const char *file,
	struct kubeconfig **ret, struct error *err);
/* Adds `more` behind `into`, as kubectl merges the files of $KUBECONFIG: per entry the first file wins, and the first current-context. */
MUST_USE enum error_kind kubeconfig_merge(
	struct arena *a, struct kubeconfig *into, const struct kubeconfig *more, struct error *err);
/* The named context, or the current one when `context` is NULL.
 * errors: INVALID: one line with the file and the entry; plugins (exec, auth-provider), proxies and SOCKS are refused with what to do. */
MUST_USE enum error_kind kubeconfig_resolve(struct arena *a, const struct kubeconfig *config,
	const char *context, struct kubeconfig_client *ret, struct error *err);

/* What kubeconfig_find looks at beside its arguments; main fills it from the environment, tests do not. NULL: not set. */
struct kubeconfig_env {
	const char *kubeconfig;	     /* $KUBECONFIG: a list separated by ':' */
	const char *home;	     /* $HOME */
	const char *service_host;    /* $KUBERNETES_SERVICE_HOST */
	const char *service_port;    /* $KUBERNETES_SERVICE_PORT */
	const char *service_account; /* NULL: /var/run/secrets/kubernetes.io/serviceaccount */
};
/* Reads files. The Pod's own account. errors: NOTFOUND: not in a Pod (the variables are not set); INVALID: in a Pod, but broken. */
MUST_USE enum error_kind kubeconfig_in_cluster(struct arena *a, const struct kubeconfig_env *env,
	struct kubeconfig_client *ret, struct error *err);
/* Reads files, blocking (mains and the command line, before the loop runs). In this order: `file` (--kubeconfig; must exist), else
 * $KUBECONFIG (files that do not exist are left out), else $HOME/.kube/config, else the Pod's account. With `prefer_cluster` (daemons) the
 * Pod's account goes before $KUBECONFIG.
 * errors: INVALID, NOTFOUND (none of them exists: the text says what was looked for and what to do), LIMIT, NOMEM. */
MUST_USE enum error_kind kubeconfig_find(struct arena *a, const char *file, const char *context,
	const struct kubeconfig_env *env, bool prefer_cluster, struct kubeconfig_client *ret,
	struct error *err);
