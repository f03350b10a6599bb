/* ConfigMap or files -> CA pools and lists; certificate -> verdict. */
#include "kube/authn_trust.h"

#include "common/jtree.h"
#include "common/map.h"

/* Proxies and clients that come with certificates; beyond it all verdicts are forgotten. */
#define AUTHN_TRUST_CERTS_MAX 256u
/* Subject texts of one certificate: names of at most 1 KiB, few of them; the list is 256 views. */
#define AUTHN_TRUST_SUBJECT_MAX (256u * 1024)
/* Lists of names and headers. */
#define AUTHN_TRUST_LISTS_MAX (1024u * 1024)

struct known_cert {
	struct arena arena;
	struct authn_trust_verdict verdict;
};

struct authn_trust {
	struct arena arena;
	struct tls_cert_pool *client, *proxy;
	struct sv *names;
	size_t n_names;
	struct authn_proxy_headers headers;
	struct map certs; /* DER -> struct known_cert */
};

static void free_known(void *value)
{
	struct known_cert *k = value;
	if (!k)
		return;
	arena_done(&k->arena);
	mem_free(k);
}

static enum error_kind copy_list(
	struct arena *a, const struct sv *list, size_t n, struct sv **ret, struct error *err)
{
	struct sv *copy = ARENA_ARRAY(a, n + 1, struct sv);
	if (!copy)
		return arena_error(a, err);
	for (size_t i = 0; i < n; i++) {
		copy[i] = arena_sv(a, list[i]);
		if (!copy[i].ptr)
			return arena_error(a, err);
	}
	*ret = copy;
	return ERR_OK;
}

static enum error_kind copy_proxy(
	struct authn_trust *t, const struct authn_trust_config *config, struct error *err)
{
	const struct authn_proxy_headers *from = &config->proxy_headers;
	struct sv *names = NULL, *groups = NULL, *prefixes = NULL;
	if (copy_list(&t->arena, config->proxy_names, config->n_proxy_names, &t->names, err) ||
		copy_list(&t->arena, from->names, from->n_names, &names, err) ||
		copy_list(&t->arena, from->groups, from->n_groups, &groups, err) ||
		copy_list(&t->arena, from->extra_prefixes, from->n_extra_prefixes, &prefixes, err))
		return err->kind;
	t->n_names = config->n_proxy_names;
	t->headers = (struct authn_proxy_headers){ names, groups, prefixes, from->n_names,
		from->n_groups, from->n_extra_prefixes };
	return ERR_OK;
}

enum error_kind authn_trust_new(
	const struct authn_trust_config *config, struct authn_trust **ret, struct error *err)
{
	AUTO(authn_trust_free) struct authn_trust *t = mem_zalloc(sizeof(*t));
	if (!t)
		return error_nomem(err);
	arena_init(&t->arena, AUTHN_TRUST_LISTS_MAX);
	map_init(&t->certs, AUTHN_TRUST_CERTS_MAX);
	if (config->client_ca_pem.len && tls_cert_pool_new(config->client_ca_pem, &t->client, err))
		return error_wrap(err, "client-ca-file");
	if (config->proxy_ca_pem.len && tls_cert_pool_new(config->proxy_ca_pem, &t->proxy, err))
		return error_wrap(err, "requestheader-client-ca-file");
	if (copy_proxy(t, config, err))
		return err->kind;
	*ret = TAKE_PTR(t);
	return ERR_OK;
}

void authn_trust_free(struct authn_trust *t)
{
	if (!t)
		return;
	map_done(&t->certs, free_known);
	tls_cert_pool_free(t->client);
	tls_cert_pool_free(t->proxy);
	arena_done(&t->arena);
	mem_free(t);
}

bool authn_trust_has_proxy(const struct authn_trust *t)
{
	return t->proxy != NULL;
}

bool authn_trust_has_client(const struct authn_trust *t)
{
	return t->client != NULL;
}

const struct authn_proxy_headers *authn_trust_headers(const struct authn_trust *t)
{
	return &t->headers;
}

static bool is_allowed(const struct authn_trust *t, struct sv name)
{
	for (size_t i = 0; i < t->n_names; i++)
		if (sv_eq(t->names[i], name))
			return true;
	return t->n_names == 0;
}

static struct known_cert *judge(const struct authn_trust *t, struct sv der)
{
	struct known_cert *k = mem_zalloc(sizeof(*k));
	struct error err = { 0 };
	if (!k)
		return NULL;
	arena_init(&k->arena, AUTHN_TRUST_SUBJECT_MAX);
	if (tls_cert_subject(&k->arena, der, &k->verdict.subject, &err)) {
		if (err.kind == ERR_INVALID)
			return k; /* unreadable: trusted by nobody */
		free_known(k);
		return NULL;
	}
	k->verdict.proxy = tls_cert_pool_verify_client(t->proxy, der) &&
			   is_allowed(t, k->verdict.subject.common_name);
	k->verdict.client = tls_cert_pool_verify_client(t->client, der);
	return k;
}

const struct authn_trust_verdict *authn_trust_check(
	struct authn_trust *t, struct sv der, struct wall now)
{
	struct known_cert *k = map_get(&t->certs, der);
	if (k && instant_wall_cmp(now, k->verdict.subject.expires) >= 0) {
		free_known(map_take(&t->certs, der));
		k = NULL;
	}
	if (k)
		return &k->verdict;
	if (t->certs.n >= AUTHN_TRUST_CERTS_MAX) {
		map_done(&t->certs, free_known);
		map_init(&t->certs, AUTHN_TRUST_CERTS_MAX);
	}
	k = judge(t, der);
	struct error err = { 0 };
	if (k && map_set(&t->certs, der, k, NULL, &err)) {
		free_known(k);
		return NULL;
	}
	return k ? &k->verdict : NULL;
}

/* A member of data that holds a JSON array of strings. */
static enum error_kind decode_list(struct arena *a, const struct jtree *data, const char *key,
	const struct sv **ret, size_t *ret_n, struct error *err)
{
	struct sv text = jtree_text(jtree_get(data, key));
	struct jtree *list = NULL;
	*ret_n = 0;
	if (text.len == 0)
		return ERR_OK;
	if (jtree_parse(a, text, &list, err))
		return error_wrap(err, "%s", key);
	if (list->kind != JTREE_ARRAY)
		return error_set(err, ERR_INVALID, "%s: expected an array of strings, got %s", key,
			jtree_kind_name(list->kind));
	struct sv *texts = ARENA_ARRAY(a, list->n + 1, struct sv);
	if (!texts)
		return arena_error(a, err);
	size_t n = 0;
	JTREE_FOREACH (item, list) {
		if (item->kind != JTREE_STRING)
			return error_set(err, ERR_INVALID, "%s[%zu]: expected a string, got %s",
				key, n, jtree_kind_name(item->kind));
		texts[n++] = item->text;
	}
	*ret = texts;
	*ret_n = n;
	return ERR_OK;
}

enum error_kind authn_trust_decode(
	struct arena *a, struct sv config_map, struct authn_trust_config *ret, struct error *err)
{
	struct jtree *root = NULL;
	struct authn_trust_config c = { 0 };
	if (jtree_parse(a, config_map, &root, err))
		return err->kind;
	const struct jtree *data = jtree_get(root, "data");
	c.client_ca_pem = jtree_text(jtree_get(data, "client-ca-file"));
	c.proxy_ca_pem = jtree_text(jtree_get(data, "requestheader-client-ca-file"));
	struct authn_proxy_headers *h = &c.proxy_headers;
	if (decode_list(a, data, "requestheader-allowed-names", &c.proxy_names, &c.n_proxy_names,
		    err) ||
		decode_list(
			a, data, "requestheader-username-headers", &h->names, &h->n_names, err) ||
		decode_list(
			a, data, "requestheader-group-headers", &h->groups, &h->n_groups, err) ||
		decode_list(a, data, "requestheader-extra-headers-prefix", &h->extra_prefixes,
			&h->n_extra_prefixes, err))
		return err->kind;
	*ret = c;
	return ERR_OK;
}
