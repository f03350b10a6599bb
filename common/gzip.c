/* Text -> gzip member, in one go. Nothing that comes in is ever unpacked, so nobody can send a bomb: what is, was packed here, and its length is known. */
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
/* Without a frame; 16 KiB back are enough for what repeats in a document, and 96 KiB of memory for as long as it takes. */
#define PACK_WINDOW_BITS (-14)
#define PACK_MEMORY_LEVEL 6

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

/* zlib reads only, but its type has no const unless it is built so. */
static Bytef *bytes_of(struct sv text)
{
	union {
		const char *read;
		Bytef *data;
	} bytes = { .read = text.len > 0 ? text.ptr : "" };

	return bytes.data;
}

/* The stream is set up; it is over afterwards. */
static enum error_kind put_all(struct buf *out, z_stream *z, struct sv text, struct error *err)
{
	Bytef piece[16 * 1024];
	int code = Z_OK;

	z->next_in = bytes_of(text);
	z->avail_in = (uInt)text.len;
	while (code == Z_OK) {
		z->next_out = piece;
		z->avail_out = sizeof(piece);
		code = deflate(z, Z_FINISH);
		buf_put(out, piece, sizeof(piece) - z->avail_out);
	}
	deflateEnd(z);
	if (code != Z_STREAM_END)
		return error_set(err, ERR_BUG, "deflate ended with %d", code);
	return buf_check(out, "a compressed text", err);
}

static enum error_kind check_length(struct sv text, struct error *err)
{
	return text.len <= UINT_MAX ? ERR_OK
				    : error_set(err, ERR_LIMIT,
					      "a text of %zu bytes is too long for gzip", text.len);
}

enum error_kind gzip_put(struct buf *out, struct sv text, struct error *err)
{
	z_stream z = { .zalloc = allocate, .zfree = release };
	gz_header header = { .os = GZIP_OS_UNKNOWN };

	if (check_length(text, err))
		return err->kind;
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return error_nomem(err);
	(void)deflateSetHeader(&z, &header);
	return put_all(out, &z, text, err);
}

static struct sv end_of(struct sv like)
{
	return like.len > GZIP_LIKE_BYTES ? sv_skip(like, like.len - GZIP_LIKE_BYTES) : like;
}

enum error_kind gzip_pack(struct buf *out, struct sv text, struct sv like, struct error *err)
{
	z_stream z = { .zalloc = allocate, .zfree = release };

	like = end_of(like);
	if (check_length(text, err))
		return err->kind;
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, PACK_WINDOW_BITS, PACK_MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return error_nomem(err);
	/* A stream without a frame takes it at its start. */
	(void)deflateSetDictionary(&z, bytes_of(like), (uInt)like.len);
	return put_all(out, &z, text, err);
}

enum error_kind gzip_unpack(
	struct buf *out, struct sv packed, size_t len, struct sv like, struct error *err)
{
	z_stream z = { .zalloc = allocate, .zfree = release };
	Bytef piece[16 * 1024];
	size_t before = out->len;
	int code = Z_OK;

	if (check_length(packed, err))
		return err->kind;
	z.next_in = bytes_of(packed);
	z.avail_in = (uInt)packed.len;
	like = end_of(like);
	if (inflateInit2(&z, PACK_WINDOW_BITS) != Z_OK)
		return error_nomem(err);
	code = inflateSetDictionary(&z, bytes_of(like), (uInt)like.len);
	while (code == Z_OK && out->failed == ERR_OK && out->len - before <= len) {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		code = inflate(&z, Z_NO_FLUSH);
		buf_put(out, piece, sizeof(piece) - z.avail_out);
	}
	inflateEnd(&z);
	if (code == Z_MEM_ERROR)
		return error_nomem(err);
	if (buf_check(out, "a text", err) != ERR_OK)
		return err->kind;
	return code == Z_STREAM_END && out->len - before == len
		       ? ERR_OK
		       : error_set(err, ERR_BUG, "a packed text is damaged (%d)", code);
}
