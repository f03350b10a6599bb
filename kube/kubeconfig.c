/* kubeconfig documents -> one answer: server, trust, credentials. Entries stay trees until a context asks for them, so that what is
 * wrong in an entry nobody uses does no harm, as with kubectl. Reads no files (kubeconfig_find.c does). Pure. */
#include "kube/kubeconfig.h"

#include "common/yx.h"
#include "kube/base64.h"

enum section { CLUSTERS, USERS, CONTEXTS, N_SECTIONS };

static const struct {
	const char *list, *item;
} SECTIONS[N_SECTIONS] = {
	[CLUSTERS] = { "clusters", "cluster" },
	[USERS] = { "users", "user" },
	[CONTEXTS] = { "contexts", "context" },
};

struct entry {
	struct sv name;
	const struct jtree *body; /* the member "cluster", "user" or "context"; may be absent */
	const char *file;
	struct entry *next;
};

struct kubeconfig {
	const char *file; /* the first one, for messages */
	struct sv current_context;
	struct entry *entries[N_SECTIONS];
};

/* A member of an entry, for messages and relative paths. */
struct place {
	struct arena *arena;
	const struct entry *entry;
	enum section section;
};

static enum error_kind at_tree(const char *file, const struct jtree *t, struct error *err)
{
	return t && t->line > 0
		       ? error_wrap(err, "%s:%u:%u", file, (unsigned)t->line, (unsigned)t->column)
		       : error_wrap(err, "%s", file);
}

static enum error_kind at_place(const struct place *p, const struct jtree *t, struct error *err)
{
	error_wrap(err, "%s \"%.*s\"", SECTIONS[p->section].item, SV_ARG(p->entry->name));
	return at_tree(p->entry->file, t, err);
}

static enum error_kind wrong_type(const char *file, const struct jtree *t, const char *path,
	const char *expected, struct error *err)
{
	error_set(err, ERR_INVALID, "%s: expected %s, got %s", path, expected,
		jtree_kind_name(t->kind));
	return at_tree(file, t, err);
}

static struct entry *find_entry(
	const struct kubeconfig *config, enum section section, struct sv name)
{
	for (struct entry *e = config->entries[section]; e; e = e->next)
		if (sv_eq(e->name, name))
			return e;
	return NULL;
}

/* Puts a copy of e behind the others unless its name is taken. */
static enum error_kind add_entry(struct arena *a, struct kubeconfig *config, enum section section,
	const struct entry *e, struct error *err)
{
	if (find_entry(config, section, e->name))
		return ERR_OK;
	struct entry *copy = ARENA_NEW(a, struct entry);
	if (!copy)
		return arena_error(a, err);
	*copy = *e;
	copy->next = NULL;
	struct entry **end = &config->entries[section];
	while (*end)
		end = &(*end)->next;
	*end = copy;
	return ERR_OK;
}

static enum error_kind read_section(struct arena *a, struct kubeconfig *config,
	enum section section, const struct jtree *root, struct error *err)
{
	const char *list_name = SECTIONS[section].list;
	const struct jtree *list = jtree_get(root, list_name);

	if (jtree_is_absent(list))
		return ERR_OK;
	if (list->kind != JTREE_ARRAY)
		return wrong_type(config->file, list, list_name, "a list", err);
	JTREE_FOREACH (item, list) {
		const struct jtree *name = jtree_get(item, "name");
		if (item->kind != JTREE_OBJECT || !name || name->kind != JTREE_STRING) {
			error_set(err, ERR_INVALID, "%s: each entry needs a name (text) and a %s",
				list_name, SECTIONS[section].item);
			return at_tree(config->file,
				name && item->kind == JTREE_OBJECT ? name : item, err);
		}
		struct entry e = {
			.name = name->text,
			.body = jtree_get(item, SECTIONS[section].item),
			.file = config->file,
		};
		if (add_entry(a, config, section, &e, err))
			return err->kind;
	}
	return ERR_OK;
}

/* The one document of a file; NULL for an empty one. */
static enum error_kind read_root(struct arena *a, struct sv text, const char *name,
	const struct jtree **ret, struct error *err)
{
	struct jtree **documents;
	size_t n;

	*ret = NULL;
	if (yx_parse(a, text, name, &documents, &n, err))
		return err->kind;
	if (n > 1)
		return error_set(
			err, ERR_INVALID, "%s: %zu documents, a kubeconfig is one", name, n);
	const struct jtree *root = n > 0 ? documents[0] : NULL;
	if (jtree_is_absent(root))
		return ERR_OK;
	if (root->kind != JTREE_OBJECT)
		return wrong_type(name, root, "kubeconfig", "an object (kind: Config)", err);
	const struct jtree *kind = jtree_get(root, "kind");
	if (!jtree_is_absent(kind) && !sv_is(jtree_text(kind), "Config")) {
		error_set(err, ERR_INVALID, "kind is not \"Config\": this is no kubeconfig");
		return at_tree(name, kind, err);
	}
	*ret = root;
	return ERR_OK;
}

enum error_kind kubeconfig_parse(struct arena *a, struct sv text, const char *file,
	struct kubeconfig **ret, struct error *err)
{
	const struct jtree *root;
	/* Trees point into their text; the caller's may go away. */
	struct sv kept = arena_sv(a, text);
	struct kubeconfig *config = ARENA_NEW(a, struct kubeconfig);
	const char *name = arena_strdup(a, sv_of(file));

	if (!kept.ptr || !config || !name)
		return arena_error(a, err);
	config->file = name;
	if (read_root(a, kept, name, &root, err))
		return err->kind;
	const struct jtree *current = jtree_get(root, "current-context");
	if (!jtree_is_absent(current) && current->kind != JTREE_STRING)
		return wrong_type(name, current, "current-context", "a string", err);
	config->current_context = jtree_text(current);
	for (enum section s = 0; s < N_SECTIONS; s++)
		if (read_section(a, config, s, root, err))
			return err->kind;
	*ret = config;
	return ERR_OK;
}

enum error_kind kubeconfig_merge(
	struct arena *a, struct kubeconfig *into, const struct kubeconfig *more, struct error *err)
{
	if (into->current_context.len == 0)
		into->current_context = more->current_context;
	for (enum section s = 0; s < N_SECTIONS; s++)
		for (const struct entry *e = more->entries[s]; e; e = e->next)
			if (add_entry(a, into, s, e, err))
				return err->kind;
	return ERR_OK;
}

/* A text member as a C string, or NULL when absent or empty. */
static enum error_kind text_at(
	const struct place *p, const char *key, const char **ret, struct error *err)
{
	const struct jtree *t = jtree_get(p->entry->body, key);

	*ret = NULL;
	if (jtree_is_absent(t))
		return ERR_OK;
	/* An unquoted token or password may look like a number or a boolean. */
	struct sv text = t->kind == JTREE_STRING ? t->text : t->raw;
	if (t->kind == JTREE_OBJECT || t->kind == JTREE_ARRAY || !text.ptr) {
		error_set(err, ERR_INVALID, "%s: expected a string, got %s", key,
			jtree_kind_name(t->kind));
		return at_place(p, t, err);
	}
	if (text.len == 0)
		return ERR_OK;
	if (memchr(text.ptr, '\0', text.len)) {
		error_set(err, ERR_INVALID, "%s: holds a NUL character", key);
		return at_place(p, t, err);
	}
	*ret = arena_strdup(p->arena, text);
	return *ret ? ERR_OK : arena_error(p->arena, err);
}

/* A path, counted from the directory of the file that names it. */
static enum error_kind path_at(
	const struct place *p, const char *key, const char **ret, struct error *err)
{
	const char *path;

	if (text_at(p, key, &path, err))
		return err->kind;
	const char *slash = strrchr(p->entry->file, '/');
	if (path && path[0] != '/' && slash) {
		path = arena_printf(p->arena, "%.*s%s", (int)(slash - p->entry->file) + 1,
			p->entry->file, path);
		if (!path)
			return arena_error(p->arena, err);
	}
	*ret = path;
	return ERR_OK;
}

static enum error_kind data_at(
	const struct place *p, const char *key, struct sv *ret, struct error *err)
{
	const char *text;

	if (text_at(p, key, &text, err))
		return err->kind;
	*ret = SV_NULL;
	if (!text || base64_decode(p->arena, sv_of(text), ret, err) == ERR_OK)
		return ERR_OK;
	if (err->kind != ERR_INVALID)
		return err->kind;
	error_wrap(err, "%s", key);
	return at_place(p, jtree_get(p->entry->body, key), err);
}

static enum error_kind bool_at(const struct place *p, const char *key, bool *ret, struct error *err)
{
	const struct jtree *t = jtree_get(p->entry->body, key);

	*ret = false;
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_BOOL) {
		error_set(err, ERR_INVALID, "%s: expected true or false, got %s", key,
			jtree_kind_name(t->kind));
		return at_place(p, t, err);
	}
	*ret = t->truth;
	return ERR_OK;
}

static enum error_kind refuse(
	const struct place *p, const char *key, const char *why, struct error *err)
{
	const struct jtree *t = jtree_get(p->entry->body, key);

	if (jtree_is_absent(t) || (t->kind == JTREE_STRING && t->text.len == 0))
		return ERR_OK;
	error_set(err, ERR_INVALID, "%s: %s", key, why);
	return at_place(p, t, err);
}

static enum error_kind read_cluster(
	const struct place *p, struct kubeconfig_client *c, struct error *err)
{
	if (text_at(p, "server", &c->server, err) ||
		path_at(p, "certificate-authority", &c->ca_file, err) ||
		data_at(p, "certificate-authority-data", &c->ca_data, err) ||
		text_at(p, "tls-server-name", &c->tls_server_name, err) ||
		bool_at(p, "insecure-skip-tls-verify", &c->insecure_skip_tls_verify, err) ||
		refuse(p, "proxy-url",
			"proxies are not supported; give a server that can be reached without one, "
			"e.g. through "
			"a port forward",
			err))
		return err->kind;
	if (!c->server) {
		error_set(err, ERR_INVALID,
			"server is missing: expected a URL such as https://HOST:6443");
		return at_place(p, p->entry->body, err);
	}
	if (!sv_has_prefix(sv_of(c->server), SV("https://")) &&
		!sv_has_prefix(sv_of(c->server), SV("http://"))) {
		error_set(err, ERR_INVALID, "server: \"%s\" is no URL: expected https://HOST:PORT",
			c->server);
		return at_place(p, jtree_get(p->entry->body, "server"), err);
	}
	if (c->ca_data.len > 0)
		c->ca_file = NULL;
	if (c->insecure_skip_tls_verify && (c->ca_data.len > 0 || c->ca_file)) {
		error_set(err, ERR_INVALID,
			"insecure-skip-tls-verify and certificate-authority contradict each other; "
			"remove one");
		return at_place(p, p->entry->body, err);
	}
	return ERR_OK;
}

static const char NO_PLUGINS[] = "login plugins are not run; put a token into the user instead: "
				 "token: \"$(kubectl create token SERVICEACCOUNT)\", "
				 "or tokenFile, or a client certificate";
static const char NO_IMPERSONATION[] =
	"impersonation is not supported; use the credentials of that account";

static enum error_kind read_certificate(
	const struct place *p, struct kubeconfig_client *c, struct error *err)
{
	if (path_at(p, "client-certificate", &c->cert_file, err) ||
		data_at(p, "client-certificate-data", &c->cert_data, err) ||
		path_at(p, "client-key", &c->key_file, err) ||
		data_at(p, "client-key-data", &c->key_data, err))
		return err->kind;
	if (c->cert_data.len > 0)
		c->cert_file = NULL;
	if (c->key_data.len > 0)
		c->key_file = NULL;
	bool cert = c->cert_data.len > 0 || c->cert_file, key = c->key_data.len > 0 || c->key_file;
	if (cert == key)
		return ERR_OK;
	error_set(err, ERR_INVALID, "%s is given without %s",
		cert ? "client-certificate" : "client-key",
		cert ? "client-key" : "client-certificate");
	return at_place(p, p->entry->body, err);
}

static enum error_kind read_user(
	const struct place *p, struct kubeconfig_client *c, struct error *err)
{
	if (refuse(p, "exec", NO_PLUGINS, err) || refuse(p, "auth-provider", NO_PLUGINS, err) ||
		refuse(p, "as", NO_IMPERSONATION, err) || read_certificate(p, c, err) ||
		text_at(p, "token", &c->token, err) ||
		path_at(p, "tokenFile", &c->token_file, err) ||
		text_at(p, "username", &c->username, err) ||
		text_at(p, "password", &c->password, err))
		return err->kind;
	if (!c->username || (!c->token && !c->token_file))
		return ERR_OK;
	error_set(err, ERR_INVALID,
		"username and token are both given; a request can carry one of them");
	return at_place(p, p->entry->body, err);
}

static enum error_kind check_body(const struct place *p, struct error *err)
{
	if (jtree_is_absent(p->entry->body) || p->entry->body->kind == JTREE_OBJECT)
		return ERR_OK;
	error_set(err, ERR_INVALID, "expected an object, got %s",
		jtree_kind_name(p->entry->body->kind));
	return at_place(p, p->entry->body, err);
}

/* The entry that a context names by its member `key`. */
static enum error_kind follow(const struct kubeconfig *config, const struct place *context,
	enum section section, struct place *ret, struct error *err)
{
	const char *key = SECTIONS[section].item;
	const char *name;

	if (text_at(context, key, &name, err))
		return err->kind;
	const struct entry *e = name ? find_entry(config, section, sv_of(name)) : NULL;
	if (!e) {
		if (name)
			error_set(err, ERR_INVALID, "%s \"%s\" is not in the file (%s)", key, name,
				SECTIONS[section].list);
		else
			error_set(err, ERR_INVALID, "%s is missing", key);
		return at_place(context, context->entry->body, err);
	}
	*ret = (struct place){ context->arena, e, section };
	return check_body(ret, err);
}

enum error_kind kubeconfig_resolve(struct arena *a, const struct kubeconfig *config,
	const char *context, struct kubeconfig_client *ret, struct error *err)
{
	struct sv name = context ? sv_of(context) : config->current_context;
	struct kubeconfig_client c = { 0 };
	struct place cluster, user;

	if (name.len == 0)
		return error_set(err, ERR_INVALID,
			"%s: no current-context: choose one with `kubectl config use-context NAME` "
			"or --context=NAME",
			config->file);
	struct place at = { a, find_entry(config, CONTEXTS, name), CONTEXTS };
	if (!at.entry)
		return error_set(err, ERR_INVALID,
			"%s: context \"%.*s\" does not exist; `kubectl config get-contexts` lists "
			"them",
			config->file, SV_ARG(name));
	if (check_body(&at, err) || text_at(&at, "namespace", &c.namespace, err) ||
		follow(config, &at, CLUSTERS, &cluster, err) || read_cluster(&cluster, &c, err))
		return err->kind;
	/* A context without a user is anonymous, as with kubectl. */
	if (!jtree_is_absent(jtree_get(at.entry->body, "user")) &&
		!sv_is(jtree_text(jtree_get(at.entry->body, "user")), "") &&
		(follow(config, &at, USERS, &user, err) || read_user(&user, &c, err)))
		return err->kind;
	c.context = arena_strdup(a, name);
	if (!c.context)
		return arena_error(a, err);
	if (!c.namespace)
		c.namespace = "default";
	*ret = c;
	return ERR_OK;
}
