/* Files tape-00000001.jsonl, tape-00000002.jsonl ... Numbers only grow, so the oldest file is the
 * one with the smallest number. When the current file is full the next one begins, and the one that
 * would be a file too many goes. Whoever reads them while they are written sees whole lines. */
#include "controller/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/vec.h"

/* Rotation loses an eighth of what is kept at a time. */
#define N_FILES 8
/* In one directory, of earlier runs with other limits: enough to find all of them. */
#define MAX_FOUND 100000
#define NAME_BYTES 32
#define MAX_NUMBER UINT64_C(99999999)

struct record {
	int dir_fd, fd;
	char *dir;
	int64_t file_bytes;    /* a file's share */
	int64_t size;	       /* of the current file */
	VEC(uint64_t) numbers; /* of the files that are there, ascending; the last is current */
};

static void name_of(char out[NAME_BYTES], uint64_t number)
{
	(void)snprintf(out, NAME_BYTES, "tape-%08" PRIu64 ".jsonl", number);
}

/* False: not a file of ours. */
static bool number_of(const char *name, uint64_t *ret)
{
	char again[NAME_BYTES];
	struct sv text = sv_of(name);

	if (!sv_has_prefix(text, SV("tape-")) || !sv_has_suffix(text, SV(".jsonl")) ||
		text.len != 8 + sizeof("tape-.jsonl") - 1 ||
		!sv_to_u64(sv_take(sv_skip(text, 5), 8), ret))
		return false;
	name_of(again, *ret);
	return sv_is(text, again);
}

static enum error_kind trouble(const struct record *r, const char *what, struct error *err)
{
	return error_set(err, ERR_UNAVAIL, "%s: %s: %s", r->dir, what, strerror(errno));
}

static void sort_in(struct record *r, uint64_t number)
{
	size_t i = r->numbers.n - 1;

	for (; i > 0 && r->numbers.at[i - 1] > number; i--)
		r->numbers.at[i] = r->numbers.at[i - 1];
	r->numbers.at[i] = number;
}

static enum error_kind find_files(struct record *r, struct error *err)
{
	DIR *dir = opendir(r->dir);
	const struct dirent *entry;
	enum error_kind kind = ERR_OK;
	uint64_t number;

	if (!dir)
		return trouble(r, "cannot be listed", err);
	while (kind == ERR_OK && (entry = readdir(dir)) != NULL) {
		if (!number_of(entry->d_name, &number))
			continue;
		if (VEC_PUSH(&r->numbers, MAX_FOUND))
			sort_in(r, number);
		else
			kind = error_nomem(err);
	}
	(void)closedir(dir);
	return kind;
}

/* Room for one more file. */
static void remove_oldest(struct record *r)
{
	size_t n = r->numbers.n >= N_FILES ? r->numbers.n - N_FILES + 1 : 0;
	char name[NAME_BYTES];

	for (size_t i = 0; i < n; i++) {
		name_of(name, r->numbers.at[i]);
		/* One that is gone or cannot be removed is no reason to stop recording. */
		(void)unlinkat(r->dir_fd, name, 0);
	}
	memmove(r->numbers.at, r->numbers.at + n, (r->numbers.n - n) * sizeof(r->numbers.at[0]));
	r->numbers.n -= n;
}

static enum error_kind open_next(struct record *r, struct error *err)
{
	uint64_t number = r->numbers.n > 0 ? r->numbers.at[r->numbers.n - 1] : 0;
	char name[NAME_BYTES];

	if (r->numbers.n > 0)
		remove_oldest(r);
	if (r->fd >= 0)
		(void)close(r->fd);
	/* Another controller may write here, too: a number that is taken is not ours. */
	do {
		name_of(name, ++number);
		r->fd = number > MAX_NUMBER
				? -1
				: openat(r->dir_fd, name,
					  O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	} while (r->fd < 0 && number < MAX_NUMBER && errno == EEXIST);
	if (r->fd < 0)
		return trouble(r, "cannot be written", err);
	uint64_t *slot = VEC_PUSH(&r->numbers, MAX_FOUND);
	if (!slot)
		return error_nomem(err);
	*slot = number;
	r->size = 0;
	return ERR_OK;
}

static enum error_kind write_all(struct record *r, struct sv bytes, struct error *err)
{
	while (bytes.len > 0) {
		ssize_t n = write(r->fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return trouble(r, "cannot be written", err);
		bytes = sv_skip(bytes, (size_t)n);
	}
	return ERR_OK;
}

enum error_kind record_append(struct record *r, struct sv tape, struct error *err)
{
	int64_t bytes = (int64_t)tape.len + 1;

	if (bytes > r->file_bytes)
		return error_set(err, ERR_LIMIT,
			"a tape of %" PRId64 " bytes is longer than a file may be (%" PRId64
			"); raise --record-max-bytes",
			bytes, r->file_bytes);
	if ((r->fd < 0 || r->size + bytes > r->file_bytes) && open_next(r, err) != ERR_OK)
		return err->kind;
	if (write_all(r, tape, err) != ERR_OK || write_all(r, SV("\n"), err) != ERR_OK) {
		/* Half a tape must not stay; if it cannot be cut off, the next file begins. */
		if (ftruncate(r->fd, r->size) != 0)
			r->size = r->file_bytes;
		return err->kind;
	}
	r->size += bytes;
	return ERR_OK;
}

enum error_kind record_new(
	const struct record_config *config, struct record **ret, struct error *err)
{
	AUTO(record_free) struct record *r = mem_zalloc(sizeof(*r));

	if (!r)
		return error_nomem(err);
	r->fd = r->dir_fd = -1;
	r->file_bytes = config->max_bytes / N_FILES;
	r->dir = mem_strdup(config->dir);
	if (!r->dir)
		return error_nomem(err);
	if (mkdir(r->dir, 0700) != 0 && errno != EEXIST)
		return error_set(err, ERR_INVALID, "--record=%s: cannot be made: %s", r->dir,
			strerror(errno));
	r->dir_fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0)
		return error_set(err, ERR_INVALID, "--record=%s: %s", r->dir, strerror(errno));
	if (find_files(r, err) != ERR_OK || open_next(r, err) != ERR_OK) {
		if (err->kind == ERR_UNAVAIL)
			err->kind = ERR_INVALID;
		return err->kind;
	}
	*ret = TAKE_PTR(r);
	return ERR_OK;
}

void record_free(struct record *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		(void)close(r->fd);
	if (r->dir_fd >= 0)
		(void)close(r->dir_fd);
	VEC_DONE(&r->numbers);
	mem_free(r->dir);
	mem_free(r);
}
