/* Flags -> contents of files -> authentication; again when the contents changed. */
#include "adapter/client_cas.h"

#include "common/file.h"
#include "common/fingerprint.h"
#include "common/limits.h"

#define CLIENT_CAS_ARENA_MAX (4u * LIMIT_CREDENTIAL_FILE_BYTES)

static enum error_kind read_one(
	struct arena *a, const char *path, const char *flag, struct sv *ret, struct error *err)
{
	if (!path[0])
		return ERR_OK;
	if (file_read(a, path, LIMIT_CREDENTIAL_FILE_BYTES, ret, err))
		return error_wrap(err, "%s", flag);
	/* Half of a file that is being written; without this it would count as "not given". */
	if (ret->len == 0)
		return error_set(err, ERR_INVALID, "%s: %s: no certificate in it", flag, path);
	return ERR_OK;
}

static uint64_t fingerprint_of(const struct client_cas *c)
{
	const struct sv texts[] = { c->client_pem, c->proxy_pem };
	char digits[FINGERPRINT_DIGITS + 1];
	uint64_t sum = 0;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		fingerprint_print(texts[i], digits);
		for (size_t d = 0; d < FINGERPRINT_DIGITS; d++)
			sum = sum * 31 + (uint64_t)digits[d];
	}
	return sum;
}

enum error_kind client_cas_read(
	struct arena *a, const struct adapter_options *o, struct client_cas *ret, struct error *err)
{
	*ret = (struct client_cas){ 0 };
	if (read_one(a, o->client_ca_file, "--client-ca-file: unable to load client CA provider",
		    &ret->client_pem, err) ||
		read_one(a, o->proxy_ca_file, "--requestheader-client-ca-file", &ret->proxy_pem,
			err))
		return err->kind;
	ret->fingerprint = fingerprint_of(ret);
	return ERR_OK;
}

enum error_kind client_cas_reload(struct server *s, bool *ret_changed, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct client_cas now = { 0 };
	arena_init(&scratch, CLIENT_CAS_ARENA_MAX);
	*ret_changed = false;
	if (!s->options->client_ca_file[0] && !s->options->proxy_ca_file[0])
		return ERR_OK;
	if (client_cas_read(&scratch, s->options, &now, err))
		return err->kind;
	if (now.fingerprint == s->ca_fingerprint)
		return ERR_OK;
	if (authn_set_cas(s->authn, now.client_pem, now.proxy_pem, err))
		return err->kind;
	s->ca_fingerprint = now.fingerprint;
	*ret_changed = true;
	return ERR_OK;
}
