/* Path -> text. */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"

static enum error_kind failed(const char *verb, const char *path, struct error *err)
{
	int cause = errno;

	error_set(err, ERR_INVALID, "%s %s: %s", verb, path, strerror(cause));
	err->code = cause;
	return err->kind;
}

static enum error_kind read_all(int fd, const char *path, struct buf *out, struct error *err)
{
	char bytes[8192];

	for (;;) {
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n == 0)
			return buf_check(out, path, err);
		if (n > 0)
			buf_put(out, bytes, (size_t)n);
		else if (errno != EINTR)
			return failed("read", path, err);
		if (out->failed)
			return buf_check(out, path, err);
	}
}

enum error_kind file_read(
	struct arena *a, const char *path, size_t max_bytes, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return failed("open", path, err);
	buf_init(&text, max_bytes);
	enum error_kind kind = read_all(fd, path, &text, err);
	close(fd);
	if (kind != ERR_OK)
		return kind;
	struct sv copy = arena_sv(a, buf_sv(&text));
	if (!copy.ptr)
		return arena_error(a, err);
	*ret = copy;
	return ERR_OK;
}
