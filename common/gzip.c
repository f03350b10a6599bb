/* Text -> gzip member, in one go. Deliberately without decompression: nothing that comes in is ever unpacked, so nobody can send a bomb. */
#include "common/gzip.h"

#include <limits.h>
#include <zlib.h>

#include "common/mem.h"

/* The fastest: JSON lists shrink to a thirteenth with it, and the event loop waits while it works (about 3 ms per MiB). */
#define GZIP_LEVEL 1
/* 15 bits of window, as everybody; + 16 is zlib's way to ask for gzip's frame. */
#define GZIP_WINDOW_BITS (15 + 16)
#define GZIP_MEMORY_LEVEL 8
#define GZIP_OS_UNKNOWN 255

static voidpf allocate(voidpf ctx, uInt n, uInt size)
{
	(void)ctx;
	return mem_calloc(n, size);
}

static void release(voidpf ctx, voidpf p)
{
	(void)ctx;
	mem_free(p);
}

enum error_kind gzip_put(struct buf *out, struct sv text, struct error *err)
{
	/* zlib reads only, but its type has no const unless it is built so. */
	union {
		const char *read;
		Bytef *data;
	} bytes = { .read = text.len > 0 ? text.ptr : "" };
	Bytef piece[16 * 1024];
	z_stream z = { .zalloc = allocate, .zfree = release };
	gz_header header = { .os = GZIP_OS_UNKNOWN };
	int code = Z_OK;
	if (text.len > UINT_MAX)
		return error_set(
			err, ERR_LIMIT, "a text of %zu bytes is too long for gzip", text.len);
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return error_nomem(err);
	(void)deflateSetHeader(&z, &header);
	z.next_in = bytes.data;
	z.avail_in = (uInt)text.len;
	while (code == Z_OK) {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		code = deflate(&z, Z_FINISH);
		buf_put(out, piece, sizeof(piece) - z.avail_out);
	}
	deflateEnd(&z);
	if (code != Z_STREAM_END)
		return error_set(err, ERR_BUG, "deflate ended with %d", code);
	return buf_check(out, "gzip", err);
}
