/* Arena of growing chunks. Under AddressSanitizer each allocation is followed by a poisoned gap, so overruns show. */
#include "common/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define RED_ZONE 16
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define RED_ZONE 0
#endif

#define ALIGN 16
#define FIRST_CHUNK 4096
/* Chunks double up to this size; larger single allocations get a chunk of their own size. */
#define LARGEST_CHUNK (1024 * 1024)

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* of data */
	_Alignas(ALIGN) char data[];
};

void arena_init(struct arena *a, size_t max_bytes)
{
	*a = (struct arena){ .max_bytes = max_bytes };
}

static void chunk_free(struct arena *a, struct arena_chunk *chunk)
{
	UNPOISON(chunk->data, chunk->size);
	a->n_bytes -= chunk->size;
	mem_free(chunk);
}

void arena_done(struct arena *a)
{
	while (a->head) {
		struct arena_chunk *chunk = a->head;
		a->head = chunk->older;
		chunk_free(a, chunk);
	}
	a->next = a->end = NULL;
}

void arena_clear(struct arena *a)
{
	if (!a->head)
		return;
	while (a->head->older) {
		struct arena_chunk *chunk = a->head->older;
		a->head->older = chunk->older;
		chunk_free(a, chunk);
	}
	a->next = a->head->data;
	a->end = a->head->data + a->head->size;
	POISON(a->head->data, a->head->size);
}

static bool grow(struct arena *a, size_t need)
{
	size_t size = a->head ? a->head->size * 2 : FIRST_CHUNK;
	if (size > LARGEST_CHUNK)
		size = LARGEST_CHUNK;
	if (size < need)
		size = need;
	if (size > a->max_bytes - a->n_bytes)
		size = need;
	if (size > a->max_bytes - a->n_bytes)
		return false;
	struct arena_chunk *chunk = mem_alloc(sizeof(*chunk) + size);
	if (!chunk)
		return false;
	chunk->older = a->head;
	chunk->size = size;
	a->head = chunk;
	a->next = chunk->data;
	a->end = chunk->data + size;
	a->n_bytes += size;
	POISON(chunk->data, size);
	return true;
}

void *arena_alloc_raw(struct arena *a, size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	size_t need = (size + ALIGN - 1) / ALIGN * ALIGN + RED_ZONE;
	if (need == 0)
		need = ALIGN;
	if ((size_t)(a->end - a->next) < need && !grow(a, need))
		return NULL;
	char *p = a->next;
	a->next += need;
	UNPOISON(p, size);
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p = arena_alloc_raw(a, size);
	return p ? memset(p, 0, size) : NULL;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_alloc(a, bytes);
}

void *arena_array_raw(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_alloc_raw(a, bytes);
}

char *arena_strdup(struct arena *a, struct sv text)
{
	char *copy = arena_alloc_raw(a, text.len + 1);
	if (!copy)
		return NULL;
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

struct sv arena_sv(struct arena *a, struct sv text)
{
	char *copy = arena_strdup(a, text);
	return copy ? sv_from(copy, text.len) : SV_NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	char *text = n < 0 ? NULL : arena_alloc_raw(a, (size_t)n + 1);
	if (!text)
		return NULL;
	va_start(args, fmt);
	(void)vsnprintf(text, (size_t)n + 1, fmt, args);
	va_end(args);
	return text;
}

enum error_kind arena_error(const struct arena *a, struct error *err)
{
	if (a->max_bytes - a->n_bytes < FIRST_CHUNK)
		return error_set(err, ERR_LIMIT,
			"more than %zu bytes of memory were needed for one piece of work",
			a->max_bytes);
	return error_nomem(err);
}
