/* Credentials of an endpoint. In: PEM text, a token or the name of its file -> out: paths and the token to send now.
 * Reads small local files; a projected token is a file in memory, so this does not block. */
#include "common/http_credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/http_client.h"

/* Signed tokens with many claims are below 8 KiB; request heads of servers end at about 64 KiB. */
#define TOKEN_MAX (64u * 1024)

static enum error_kind keep_in_memory(struct http_pem *pem, struct sv data, struct error *err)
{
	size_t done = 0;

	pem->fd = memfd_create("pem", MFD_CLOEXEC);
	pem->has_fd = pem->fd >= 0;
	while (pem->has_fd && done < data.len) {
		ssize_t n = write(pem->fd, data.ptr + done, data.len - done);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	if (!pem->has_fd || done < data.len)
		return error_set(err, ERR_UNAVAIL, "cannot keep a certificate in memory: %s",
			strerror(errno));
	(void)snprintf(pem->fd_path, sizeof(pem->fd_path), "/proc/self/fd/%d", pem->fd);
	return ERR_OK;
}

static enum error_kind pem_init(
	struct http_pem *pem, const char *file, struct sv data, struct error *err)
{
	if (data.len > 0)
		return keep_in_memory(pem, data, err);
	if (!file || !file[0])
		return ERR_OK;
	pem->file = mem_strdup(file);
	return pem->file ? ERR_OK : error_nomem(err);
}

static void pem_done(struct http_pem *pem)
{
	if (pem->has_fd)
		close(pem->fd);
	mem_free(pem->file);
}

const char *http_credentials_path(const struct http_pem *pem)
{
	return pem->has_fd ? pem->fd_path : pem->file;
}

/* A token becomes part of a header line. */
static enum error_kind check_token(struct sv text, const char *where, struct error *err)
{
	if (text.len == 0)
		return error_set(err, ERR_INVALID, "%s is empty", where);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
			return error_set(err, ERR_INVALID,
				"%s contains a blank, a control byte or a byte outside ASCII",
				where);
	}
	return ERR_OK;
}

/* The file is not read yet. */
static enum error_kind token_init(
	struct http_token *t, const char *text, const char *file, struct error *err)
{
	if (file && file[0]) {
		t->file = mem_strdup(file);
		return t->file ? ERR_OK : error_nomem(err);
	}
	if (!text || !text[0])
		return ERR_OK;
	enum error_kind kind = check_token(sv_of(text), "the bearer token", err);
	if (kind != ERR_OK)
		return kind;
	t->text = mem_strdup(text);
	return t->text ? ERR_OK : error_nomem(err);
}

static enum error_kind copy_text(char **to, const char *from, struct error *err)
{
	if (!from)
		return ERR_OK;
	*to = mem_strdup(from);
	return *to ? ERR_OK : error_nomem(err);
}

enum error_kind http_credentials_init(
	struct http_credentials *c, const struct http_endpoint_config *config, struct error *err)
{
	*c = (struct http_credentials){ .insecure = config->insecure_skip_tls_verify };
	enum error_kind kind = pem_init(&c->ca, config->ca_file, config->ca_data, err);
	if (kind == ERR_OK)
		kind = pem_init(&c->cert, config->cert_file, config->cert_data, err);
	if (kind == ERR_OK)
		kind = pem_init(&c->key, config->key_file, config->key_data, err);
	if (kind == ERR_OK && !http_credentials_path(&c->cert) != !http_credentials_path(&c->key))
		kind = error_set(err, ERR_INVALID,
			"a client certificate needs its key, and a key its certificate");
	if (kind == ERR_OK)
		kind = copy_text(&c->username, config->username, err);
	if (kind == ERR_OK)
		kind = copy_text(&c->password, config->password, err);
	if (kind == ERR_OK)
		kind = token_init(&c->token, config->bearer_token, config->bearer_token_file, err);
	return kind;
}

/* Secrets do not stay in freed memory. */
static void free_secret(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	mem_free(text);
}

void http_credentials_done(struct http_credentials *c)
{
	pem_done(&c->ca);
	pem_done(&c->cert);
	pem_done(&c->key);
	mem_free(c->username);
	free_secret(c->password);
	mem_free(c->token.file);
	free_secret(c->token.text);
	*c = (struct http_credentials){ 0 };
}

static enum error_kind file_error(const struct http_token *t, int cause, struct error *err)
{
	error_set(err, ERR_UNAVAIL, "cannot read the bearer token file %s: %s", t->file,
		strerror(cause));
	err->code = cause;
	return err->kind;
}

static enum error_kind read_all(
	const struct http_token *t, int fd, struct buf *out, struct error *err)
{
	SCRATCH char bytes[4096];

	for (;;) {
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n == 0)
			return buf_check(out, t->file, err);
		if (n > 0)
			buf_put(out, bytes, (size_t)n);
		else if (errno != EINTR)
			return file_error(t, errno, err);
	}
}

/* Takes the file's text over when it is a token. */
static enum error_kind adopt(
	struct http_token *t, int fd, const struct stat *now, struct error *err)
{
	AUTO(buf_done) struct buf content = { 0 };

	buf_init(&content, TOKEN_MAX);
	enum error_kind kind = read_all(t, fd, &content, err);
	if (kind != ERR_OK)
		return kind;
	struct sv text = sv_trim(buf_sv(&content));
	kind = check_token(text, t->file, err);
	if (kind != ERR_OK)
		return kind;
	t->mtime = now->st_mtim;
	t->inode = now->st_ino;
	if (t->text && sv_is(text, t->text))
		return ERR_OK;
	char *copy = mem_memdup(text.ptr, text.len);
	if (!copy)
		return error_nomem(err);
	free_secret(t->text);
	t->text = copy;
	t->generation++;
	return ERR_OK;
}

enum error_kind http_credentials_refresh(struct http_token *t, bool force, struct error *err)
{
	struct stat now;
	enum error_kind kind = ERR_OK;

	if (!t->file)
		return ERR_OK;
	int fd = open(t->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &now) < 0)
		kind = file_error(t, errno, err);
	else if (force || !t->text || now.st_ino != t->inode ||
		 now.st_mtim.tv_sec != t->mtime.tv_sec || now.st_mtim.tv_nsec != t->mtime.tv_nsec)
		kind = adopt(t, fd, &now, err);
	if (fd >= 0)
		close(fd);
	return t->text ? ERR_OK : kind;
}
