/* The table of work_table.c in a mapped file, an index over its keys and the clock. Kernel and disk keep what a killed process stored, in the order in
 * which it stored it; a power failure may lose it, which costs one more crash. */
#include "common/work_note.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/map.h"
#include "common/work_table.h"

#define PATH_BYTES_MAX 4096u

struct work_note {
	struct work_table *table;
	int fd;	     /* -1: memory only */
	bool opened; /* all of it could be made */
	bool keeps_suspects;
	struct map index; /* key as kept -> slot */
	uint16_t free_slots[WORK_TABLE_SLOTS];
	size_t n_free;
};

static enum error_kind open_file(struct work_note *n, const char *path, struct error *err)
{
	const size_t size = sizeof(struct work_table);
	struct stat info;
	n->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (n->fd < 0)
		return error_set(err, ERR_INVALID, "open %s: %s", path, strerror(errno));
	if (flock(n->fd, LOCK_EX | LOCK_NB))
		return error_set(err, ERR_INVALID, "%s: another process uses it", path);
	if (fstat(n->fd, &info) || !S_ISREG(info.st_mode))
		return error_set(err, ERR_INVALID, "%s: expected a regular file", path);
	if (info.st_size != (off_t)size && ftruncate(n->fd, 0))
		return error_set(err, ERR_INVALID, "truncate %s: %s", path, strerror(errno));
	/* A store into a hole of a full disk would be a SIGBUS. */
	int code = posix_fallocate(n->fd, 0, (off_t)size);
	if (code)
		return error_set(err, ERR_INVALID, "%s: no room for %zu bytes: %s", path, size,
			strerror(code));
	void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, n->fd, 0);
	if (mapped == MAP_FAILED)
		return error_set(err, ERR_INVALID, "map %s: %s", path, strerror(errno));
	n->table = mapped;
	return ERR_OK;
}

static enum error_kind index_slots(struct work_note *n, struct error *err)
{
	for (size_t i = WORK_TABLE_SLOTS; i-- > 0;) {
		struct work_slot *s = &n->table->slots[i];
		if (s->key_len == 0)
			n->free_slots[n->n_free++] = (uint16_t)i;
		else if (map_set(&n->index, work_table_slot_key(s), s, NULL, err))
			return err->kind;
	}
	return ERR_OK;
}

enum error_kind work_note_new(
	const char *directory, const char *name, struct work_note **ret, struct error *err)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(work_note_free) struct work_note *n = mem_zalloc(sizeof(*n));
	buf_init(&path, PATH_BYTES_MAX);
	if (!n)
		return error_nomem(err);
	n->fd = -1;
	map_init(&n->index, WORK_TABLE_SLOTS);
	if (directory && directory[0]) {
		buf_printf(&path, "%s/%s", directory, name);
		if (buf_check(&path, "path of the work note", err) ||
			open_file(n, buf_text(&path), err))
			return err->kind;
	} else {
		n->table = mem_zalloc(sizeof(*n->table));
		if (!n->table)
			return error_nomem(err);
	}
	if (!work_table_is_valid(n->table))
		work_table_clear(n->table);
	else
		work_table_resume(n->table, instant_wall_now().sec);
	if (index_slots(n, err))
		return err->kind;
	n->opened = true;
	*ret = TAKE_PTR(n);
	return ERR_OK;
}

void work_note_keep_suspects(struct work_note *n)
{
	if (n)
		n->keeps_suspects = true;
}

void work_note_ending(struct work_note *n)
{
	if (n)
		n->table->ended = 1;
}

void work_note_free(struct work_note *n)
{
	if (!n)
		return;
	/* What could not even be opened well is left for the next start. */
	if (n->table && n->opened && n->keeps_suspects)
		work_table_end(n->table);
	else if (n->table && n->opened)
		work_table_clear(n->table);
	if (n->fd < 0)
		mem_free(n->table);
	else if (n->table)
		munmap(n->table, sizeof(*n->table));
	if (n->fd >= 0)
		close(n->fd);
	map_done(&n->index, NULL);
	mem_free(n);
}

/* Full of keys that were there at one crash: that is no reason to note nothing any more. */
static void drop_single_suspects(struct work_note *n)
{
	for (size_t i = 0; i < WORK_TABLE_SLOTS; i++) {
		struct work_slot *s = &n->table->slots[i];
		if (s->key_len == 0 || s->n_in_work > 0 || s->n_crashes >= WORK_TABLE_CRASHES)
			continue;
		map_take(&n->index, work_table_slot_key(s));
		s->key_len = 0;
		n->free_slots[n->n_free++] = (uint16_t)i;
	}
}

static struct work_slot *take_free_slot(struct work_note *n, struct sv key)
{
	struct error err;
	if (n->n_free == 0)
		drop_single_suspects(n);
	if (n->n_free == 0)
		return NULL;
	struct work_slot *s = &n->table->slots[n->free_slots[n->n_free - 1]];
	if (map_set(&n->index, key, s, NULL, &err))
		return NULL;
	n->n_free--;
	return s;
}

int work_note_enter(struct work_note *n, struct sv key)
{
	char room[WORK_TABLE_KEY_MAX];
	if (!n)
		return WORK_NOTE_NONE;
	int64_t now_sec = instant_wall_now().sec;
	struct sv kept = work_table_key(key, room);
	struct work_slot *s = map_get(&n->index, kept);
	if (s && work_table_rests(s, now_sec))
		return WORK_NOTE_RESTS;
	if (!s)
		s = take_free_slot(n, kept);
	if (!s)
		return WORK_NOTE_NONE;
	work_table_enter(s, kept, now_sec);
	return (int)(s - n->table->slots);
}

void work_note_leave(struct work_note *n, int ticket)
{
	if (!n || ticket < 0)
		return;
	struct work_slot *s = &n->table->slots[ticket];
	char room[WORK_TABLE_KEY_MAX];
	size_t len = s->key_len;
	memcpy(room, s->key, len);
	if (n->table->running == (uint32_t)ticket + 1 && s->n_in_work == 1)
		n->table->running = 0;
	if (work_table_leave(s)) {
		map_take(&n->index, sv_from(room, len));
		n->free_slots[n->n_free++] = (uint16_t)ticket;
	}
}

static uint32_t running_of(int ticket)
{
	if (ticket == WORK_NOTE_OTHER)
		return WORK_TABLE_OTHER;
	return ticket < 0 ? 0 : (uint32_t)ticket + 1;
}

int work_note_run(struct work_note *n, int ticket)
{
	if (!n)
		return WORK_NOTE_NONE;
	uint32_t before = n->table->running;
	n->table->running = running_of(ticket);
	return before == WORK_TABLE_OTHER ? WORK_NOTE_OTHER : (int)before - 1;
}

uint64_t work_note_n_crashes(const struct work_note *n)
{
	return n ? n->table->n_crashes : 0;
}

size_t work_note_n_quarantined(const struct work_note *n)
{
	size_t count = 0;
	for (size_t i = 0; n && i < WORK_TABLE_SLOTS; i++)
		count += n->table->slots[i].key_len > 0 &&
			 n->table->slots[i].n_crashes >= WORK_TABLE_CRASHES;
	return count;
}

static bool suspect_of(const struct work_slot *s, struct work_suspect *ret)
{
	if (s->key_len == 0 || s->n_crashes == 0)
		return false;
	*ret = (struct work_suspect){
		.key = work_table_slot_key(s),
		.n_crashes = s->n_crashes,
		.crashed_at = { s->crashed_at_sec, 0 },
		.quarantined = s->n_crashes >= WORK_TABLE_CRASHES,
		.try_at = { work_table_rest_ends_sec(s), 0 },
	};
	return true;
}

void work_note_each_suspect(
	const struct work_note *n, void (*fn)(const struct work_suspect *s, void *ctx), void *ctx)
{
	struct work_suspect suspect;
	for (size_t i = 0; n && i < WORK_TABLE_SLOTS; i++)
		if (suspect_of(&n->table->slots[i], &suspect))
			fn(&suspect, ctx);
}

bool work_note_find_suspect(const struct work_note *n, struct sv key, struct work_suspect *ret)
{
	char room[WORK_TABLE_KEY_MAX];
	struct work_suspect suspect;
	const struct work_slot *s = n ? map_get(&n->index, work_table_key(key, room)) : NULL;
	if (!s || !suspect_of(s, &suspect) || !suspect.quarantined)
		return false;
	*ret = suspect;
	return true;
}
