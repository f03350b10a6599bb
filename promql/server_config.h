#pragma once
/* A Prometheus-compatible server as a configuration file defines it. One format for all programs: the adapter's `servers:`, the controller's, and what
 * `flyball rules` reads. Pure: tree -> struct; files that it names are read by server_connect.h.
 *
 *   struct decoder d;
 *   decoder_init(&d, arena, "config.yaml");
 *   servers = server_config_decode(&d, jtree_get(root, "servers"), 0, &n);
 *   ... the rest of the file, with the same decoder ...
 *   kind = decoder_end(&d, err);                         all findings, of the whole file
 *
 *   one = server_config_find(servers, n, name);          a name that a rule uses
 *   server_connect_load(arena, one, "my-agent/1", &config, err)      reads its files
 *   prom_client_new(http, &config, &client, err)
 *
 * Keys: name, url, caFile, certFile, keyFile, insecureSkipTLSVerify, tokenFile, basicAuth {username, passwordFile}, headers {NAME: VALUE},
 * queryParameters {NAME: VALUE}, method, timeout, maxConcurrency; with SERVER_CONFIG_TENANTS also namespaces and unrestricted. */
#include <stdint.h>

#include "common/decoder.h"
#include "promql/prom_client.h"

/* The name that means the server of the command line; no definition may take it. */
#define SERVER_CONFIG_DEFAULT "default"
/* More than anybody has; each keeps a connection pool. */
#define SERVER_CONFIG_SERVERS_MAX 256u

enum server_config_option {
	SERVER_CONFIG_TENANTS = 1, /* who may use it is part of the definition */
	SERVER_CONFIG_SERVICES =
		2, /* the url may be a service behind the API server's proxy, svc/NAMESPACE/NAME:PORT */
};

/* Texts live in the decoder's arena; absent ones are NULL or empty. */
struct server_config {
	struct sv name;
	uint32_t line;
	const char *
		url; /* http or https, without user, password, query and fragment; NULL: it is a service */
	const char *service; /* svc/...: no credentials are given, those for the API server count */
	const char *ca_file, *cert_file, *key_file;
	bool insecure_skip_tls_verify;
	const char *token_file;
	const char *username, *password_file;
	const char *const *headers; /* "Name: value", NULL-terminated */
	const struct prom_client_param *params;
	size_t n_params;
	bool post;
	int64_t timeout_ns;	  /* of a query; 0: not given */
	unsigned max_concurrency; /* questions in flight; 0: not given */
	/* SERVER_CONFIG_TENANTS: from which namespaces it may be used (none given: from none), and whether its queries go out without
	 * the namespace matcher */
	const struct sv *namespaces;
	size_t n_namespaces;
	bool unrestricted;
};

/* The definitions of a list, in file order; findings go to the decoder, and the result counts only when decoder_end finds nothing. Absent: none. */
const struct server_config *server_config_decode(
	struct decoder *d, const struct jtree *list, unsigned options, size_t *ret_n);
/* The definition of that name; NULL: there is none. */
const struct server_config *server_config_find(
	const struct server_config *servers, size_t n, struct sv name);
/* Whether the namespace is in the server's allow-list ("*" stands for all). */
bool server_config_allows(const struct server_config *s, struct sv namespace);
