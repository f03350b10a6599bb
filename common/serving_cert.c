/* Files -> the certificate that clients see. The default deployment gives none and an empty directory: then one is made for this process. */
#include "common/serving_cert.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/fingerprint.h"
#include "common/limits.h"
#include "common/tls_cert.h"

static enum error_kind make_directories(struct arena *a, const char *dir, struct error *err)
{
	char *path = arena_strdup(a, sv_of(dir));
	if (!path)
		return arena_error(a, err);
	for (char *p = path + 1;; p++) {
		char kept = *p;
		if (kept != '/' && kept != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return error_set(err, ERR_INVALID,
				"error creating self-signed certificates: mkdir %s: %s", path,
				strerror(errno));
		*p = kept;
		if (kept == '\0')
			return ERR_OK;
	}
}

static enum error_kind write_file(const char *path, struct sv text, mode_t mode, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return error_set(err, ERR_INVALID,
			"error creating self-signed certificates: open %s: %s", path,
			strerror(errno));
	ssize_t n = write(fd, text.ptr, text.len);
	int code = errno;
	close(fd);
	if (n != (ssize_t)text.len)
		return error_set(err, ERR_INVALID,
			"error creating self-signed certificates: write %s: %s", path,
			n < 0 ? strerror(code) : "disk full");
	return ERR_OK;
}

/* A pair for the address that is listened on. */
static enum error_kind make_texts(const struct serving_cert_config *config, struct wall now,
	struct buf *cert, struct buf *key, struct error *err)
{
	struct sv host = sv_of(config->bind_address);
	bool any = sv_is(host, "0.0.0.0") || sv_is(host, "::");

	return tls_cert_self_signed(any ? SV("") : host, now, cert, key, err);
}

static enum error_kind make_files(struct arena *a, const struct serving_cert *c,
	const struct serving_cert_config *config, struct wall now, struct error *err)
{
	AUTO(buf_done) struct buf cert = { 0 }, key = { 0 };
	buf_init(&cert, LIMIT_CREDENTIAL_FILE_BYTES);
	buf_init(&key, LIMIT_CREDENTIAL_FILE_BYTES);
	enum error_kind kind = make_directories(a, config->cert_dir, err);
	if (kind == ERR_OK)
		kind = make_texts(config, now, &cert, &key, err);
	if (kind == ERR_OK)
		kind = write_file(c->key_file, buf_sv(&key), 0600, err);
	if (kind == ERR_OK)
		kind = write_file(c->cert_file, buf_sv(&cert), 0644, err);
	return kind;
}

static enum error_kind make_in_memory(struct arena *a, struct serving_cert *c,
	const struct serving_cert_config *config, struct wall now, struct error *err)
{
	AUTO(buf_done) struct buf cert = { 0 }, key = { 0 };
	struct http_tls_pair *pair = &c->pairs[0];
	buf_init(&cert, LIMIT_CREDENTIAL_FILE_BYTES);
	buf_init(&key, LIMIT_CREDENTIAL_FILE_BYTES);
	if (make_texts(config, now, &cert, &key, err))
		return err->kind;
	pair->cert_pem = arena_sv(a, buf_sv(&cert));
	pair->key_pem = arena_sv(a, buf_sv(&key));
	if (!pair->cert_pem.ptr || !pair->key_pem.ptr)
		return arena_error(a, err);
	c->n = 1;
	return ERR_OK;
}

static enum error_kind add_pair(struct arena *a, struct serving_cert *c, const char *cert_file,
	const char *key_file, struct error *err)
{
	struct http_tls_pair *p = &c->pairs[c->n];
	if (c->n >= SERVING_CERT_MAX)
		return error_set(err, ERR_LIMIT, "--tls-sni-cert-key: more than %u certificates",
			SERVING_CERT_MAX - 1);
	if (file_read(a, cert_file, LIMIT_CREDENTIAL_FILE_BYTES, &p->cert_pem, err) ||
		file_read(a, key_file, LIMIT_CREDENTIAL_FILE_BYTES, &p->key_pem, err))
		return error_wrap(err, "serving certificate");
	if (tls_cert_check_pair(p->cert_pem, p->key_pem, err))
		return error_wrap(err, "serving certificate %s, key %s", cert_file, key_file);
	c->n++;
	return ERR_OK;
}

/* "CERT,KEY[:PATTERNS]", several behind semicolons. */
static enum error_kind add_named(struct arena *a, struct serving_cert *c,
	const struct option_list *named_files, struct error *err)
{
	VEC_FOREACH (text, &named_files->items) {
		struct sv rest = sv_of(*text);
		bool more = true;
		while (more) {
			struct sv patterns, key;
			bool found, named;
			struct sv one = sv_cut(rest, ';', &rest, &more);
			struct sv cert =
				sv_cut(sv_cut(one, ':', &patterns, &named), ',', &key, &found);
			if (!found || cert.len == 0 || key.len == 0)
				return error_set(err, ERR_INVALID,
					"--tls-sni-cert-key: expected \"CERT,KEY\", got \"%s\"",
					*text);
			const char *files[] = { arena_strdup(a, cert), arena_strdup(a, key) };
			if (!files[0] || !files[1])
				return arena_error(a, err);
			if (add_pair(a, c, files[0], files[1], err))
				return error_wrap(err, "--tls-sni-cert-key");
		}
	}
	return ERR_OK;
}

/* The first certificate. */
static enum error_kind load_own(struct arena *a, struct serving_cert *c,
	const struct serving_cert_config *config, struct wall now, struct error *err)
{
	if (!c->cert_file[0] && !config->cert_dir[0])
		return make_in_memory(a, c, config, now, err);
	if (!c->cert_file[0]) {
		c->cert_file = arena_printf(a, "%s/apiserver.crt", config->cert_dir);
		c->key_file = arena_printf(a, "%s/apiserver.key", config->cert_dir);
		if (!c->cert_file || !c->key_file)
			return arena_error(a, err);
		bool there = access(c->cert_file, R_OK) == 0 && access(c->key_file, R_OK) == 0;
		if (!there && make_files(a, c, config, now, err))
			return err->kind;
	}
	return add_pair(a, c, c->cert_file, c->key_file, err);
}

enum error_kind serving_cert_load(struct arena *a, const struct serving_cert_config *config,
	struct wall now, struct serving_cert *ret, struct error *err)
{
	struct serving_cert c = { .cert_file = config->cert_file, .key_file = config->key_file };
	if (load_own(a, &c, config, now, err) ||
		(config->named && add_named(a, &c, config->named, err)))
		return err->kind;
	*ret = c;
	return ERR_OK;
}

uint64_t serving_cert_fingerprint(const struct serving_cert *c)
{
	char digits[2][FINGERPRINT_DIGITS + 1];
	uint64_t sum = 0;
	for (size_t p = 0; p < c->n; p++) {
		fingerprint_print(c->pairs[p].cert_pem, digits[0]);
		fingerprint_print(c->pairs[p].key_pem, digits[1]);
		for (size_t i = 0; i < FINGERPRINT_DIGITS; i++)
			sum = sum * 31 + (uint64_t)digits[0][i] * 7 + (uint64_t)digits[1][i];
	}
	return sum;
}
