/* Preloaded into a program under test: a wall clock that can be set without setting the machine's, and names that resolve to what a file says. Both files
 * may change at any time.
 *
 *   FLYBALL_SHIM_CLOCK   8 bytes, an int64_t: seconds that are added to the wall clock
 *   FLYBALL_SHIM_NAMES   lines `NAME ADDRESS`, or `NAME -` for one that does not resolve; each lookup of such a name adds a line to FILE.asked */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NAME_BYTES 256

typedef int (*getaddrinfo_fn)(
	const char *, const char *, const struct addrinfo *, struct addrinfo **);

static const volatile int64_t *offset_sec;

__attribute__((constructor)) static void map_clock(void)
{
	const char *path = getenv("FLYBALL_SHIM_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	void *page = mmap(NULL, sizeof(*offset_sec), PROT_READ, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED)
		offset_sec = page;
	(void)close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	long rc = syscall(SYS_clock_gettime, id, t);

	if (rc == 0 && offset_sec && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += *offset_sec;
	return (int)rc;
}

time_t time(time_t *ret)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec t = { 0 };

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	*ret = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
	return 0;
}

static void note_lookup(const char *path, const char *name)
{
	char asked[4096];

	(void)snprintf(asked, sizeof(asked), "%s.asked", path);
	FILE *file = fopen(asked, "ae");
	if (!file)
		return;
	(void)fprintf(file, "%s\n", name);
	(void)fclose(file);
}

/* Whether the file knows the name. */
static int find_name(const char *path, const char *name, char address[NAME_BYTES])
{
	char line[2 * NAME_BYTES], known[NAME_BYTES];
	FILE *file = fopen(path, "re");
	int found = 0;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%255s %255s", known, address) == 2 &&
			strcmp(known, name) == 0;
	if (file)
		(void)fclose(file);
	return found;
}

int getaddrinfo(const char *restrict name, const char *restrict service,
	const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	const char *path = getenv("FLYBALL_SHIM_NAMES");
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	char address[NAME_BYTES];
	getaddrinfo_fn next;

	if (!symbol)
		return EAI_SYSTEM;
	memcpy(&next, &symbol, sizeof(next));
	if (!path || !name || !find_name(path, name, address))
		return next(name, service, hints, ret);
	note_lookup(path, name);
	return strcmp(address, "-") == 0 ? EAI_AGAIN : next(address, service, hints, ret);
}
