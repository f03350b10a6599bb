/* YAML -> configuration. Strict: an unknown key is a mistake, and all mistakes are told at once. */
#include "controller/config_file.h"

#include "common/decoder.h"
#include "common/file.h"
#include "common/limits.h"
#include "common/yx.h"
#include "controller/controller_options.h"
#include "promql/server_config.h"

/* The flags in it are controller_options.h's; they count when the program starts. */
static void check_keys(struct decoder *d, const struct jtree *root)
{
	JTREE_FOREACH (member, root) {
		const char *where = arena_strdup(d->arena, member->raw_key);
		if (!sv_is(member->raw_key, "servers") && !controller_options_has(member->raw_key))
			decoder_find(d, member, where ? where : "a member",
				"unknown; expected servers, or the name of a flag");
	}
}

static void decode(struct decoder *d, const struct jtree *root, struct config_file *ret)
{
	if (!decoder_is_object(d, root, "the file"))
		return;
	check_keys(d, root);
	ret->prometheus.at = server_config_decode(d, jtree_get(root, "servers"),
		SERVER_CONFIG_TENANTS | SERVER_CONFIG_SERVICES, &ret->prometheus.n);
}

enum error_kind config_file_parse(struct arena *a, struct sv text, const char *name,
	struct config_file *ret, struct error *err)
{
	struct config_file file = { .prometheus = { .n = 0 } };
	struct jtree **documents = NULL;
	struct decoder d;
	size_t n = 0;

	if (yx_parse(a, text, name, &documents, &n, err))
		return err->kind;
	decoder_init(&d, a, name);
	if (n > 1)
		decoder_find(&d, documents[1], "the file", "must be one YAML document");
	if (n > 0)
		decode(&d, documents[0], &file);
	if (decoder_end(&d, err))
		return err->kind;
	*ret = file;
	return ERR_OK;
}

enum error_kind config_file_load(
	struct arena *a, const char *path, struct config_file *ret, struct error *err)
{
	struct sv text;

	if (file_read(a, path, LIMIT_CONFIG_FILE_BYTES, &text, err))
		return err->kind;
	return config_file_parse(a, text, path, ret, err);
}
