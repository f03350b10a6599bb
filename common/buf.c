/* Capped output buffer. Invariant: size == 0 or data[len] == 0. */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SIZE 64

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_done(struct buf *b)
{
	mem_free(b->data);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = ERR_OK;
	if (b->data)
		b->data[0] = '\0';
}

/* Room for n more bytes and the NUL, or the sticky failure. */
static bool reserve(struct buf *b, size_t n)
{
	if (b->failed != ERR_OK)
		return false;
	if (n > b->max || b->len > b->max - n) {
		b->failed = ERR_LIMIT;
		return false;
	}
	size_t need = b->len + n + 1;
	if (need <= b->size)
		return true;
	size_t size = b->size ? b->size : FIRST_SIZE;
	while (size < need)
		size = size > SIZE_MAX / 2 ? need : size * 2;
	char *data = mem_realloc(b->data, size);
	if (!data) {
		b->failed = ERR_NOMEM;
		return false;
	}
	b->data = data;
	b->size = size;
	return true;
}

void buf_put(struct buf *b, const void *bytes, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_put_sv(struct buf *b, struct sv text)
{
	buf_put(b, text.ptr, text.len);
}

void buf_put_str(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void buf_put_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void buf_put_u64(struct buf *b, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buf_put(b, digits + at, sizeof(digits) - at);
}

void buf_put_i64(struct buf *b, int64_t value)
{
	if (value < 0)
		buf_put_char(b, '-');
	buf_put_u64(b, value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0) {
		b->failed = ERR_BUG;
		return;
	}
	if (!reserve(b, (size_t)n))
		return;
	va_start(args, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
	} else {
		memmove(b->data, b->data + n, b->len - n);
		b->len -= n;
	}
	if (b->data)
		b->data[b->len] = '\0';
}

struct sv buf_sv(const struct buf *b)
{
	return sv_from(b->data, b->len);
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

enum error_kind buf_check(const struct buf *b, const char *what, struct error *err)
{
	if (b->failed == ERR_OK)
		return ERR_OK;
	if (b->failed == ERR_LIMIT)
		return error_set(
			err, ERR_LIMIT, "%s is larger than the limit of %zu bytes", what, b->max);
	if (b->failed == ERR_NOMEM)
		return error_nomem(err);
	return error_set(err, b->failed, "%s could not be written", what);
}

char *buf_take(struct buf *b, size_t *ret_len)
{
	buf_put(b, "", 0);
	if (b->failed != ERR_OK)
		return NULL;
	char *data = TAKE_PTR(b->data);
	if (ret_len)
		*ret_len = b->len;
	b->len = b->size = 0;
	return data;
}
