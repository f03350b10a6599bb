/* The allocator seam. Writable state here is the fault counter of tests only; programs never set it. */
#include "common/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Larger pieces are lists and their buffers. glibc would raise this by itself, with the first one that is freed. */
#define LARGE_BYTES (64 * 1024)

static struct {
	unsigned long n_allocations;
	unsigned long n_failures;
	unsigned long fail_at;
	bool forever;
} seam;

static bool seam_allows(void)
{
	seam.n_allocations++;
	if (seam.fail_at == 0 || seam.n_allocations < seam.fail_at)
		return true;
	if (!seam.forever && seam.n_allocations > seam.fail_at)
		return true;
	seam.n_failures++;
	return false;
}

static void *seam_count(void *p)
{
	if (!p)
		seam.n_failures++;
	return p;
}

void mem_fail_at(unsigned long n, bool forever)
{
	seam.fail_at = n == 0 ? 0 : seam.n_allocations + n;
	seam.forever = forever;
}

unsigned long mem_n_allocations(void)
{
	return seam.n_allocations;
}

unsigned long mem_n_failures(void)
{
	return seam.n_failures;
}

void mem_setup(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
	(void)mallopt(M_ARENA_MAX, 1);
#endif
}

void mem_trim(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

void *mem_alloc(size_t size)
{
	return seam_allows() ? seam_count(malloc(size ? size : 1)) : NULL;
}

void *mem_zalloc(size_t size)
{
	return mem_calloc(1, size);
}

void *mem_calloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return seam_allows() ? seam_count(calloc(n, size)) : NULL;
}

void *mem_realloc(void *p, size_t size)
{
	return seam_allows() ? seam_count(realloc(p, size ? size : 1)) : NULL;
}

char *mem_strdup(const char *text)
{
	return mem_memdup(text, strlen(text));
}

char *mem_memdup(const void *bytes, size_t len)
{
	if (len == SIZE_MAX)
		return NULL;
	char *copy = mem_alloc(len + 1);
	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

void mem_free(void *p)
{
	free(p);
}
