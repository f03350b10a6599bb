#pragma once
/* Remembers across a crash (SIGSEGV, abort, SIGKILL, out of memory) what the program was working on, so that what crashes it twice is not tried a third
 * time: keys in work stand in a mapped file; whoever starts next finds them. A clean end clears the file. Without a file it is only memory.
 *
 *   int ticket = work_note_enter(note, key);       WORK_NOTE_RESTS: pass it over, it is in quarantine
 *   int before = work_note_run(note, ticket);      while this piece of work has the processor (optional, makes the blame exact)
 *   ... work_note_run(note, before);
 *   work_note_leave(note, ticket);
 *
 * The file belongs to one process at a time. Keys are texts; equal ones may be entered many times. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

#define WORK_NOTE_NONE (-1)  /* not noted: no room; work on */
#define WORK_NOTE_RESTS (-2) /* in quarantine: do not work on it now */
/* Only for work_note_run: something without a key has the processor, so that a crash of it is blamed on nobody. */
#define WORK_NOTE_OTHER (-3)

struct work_note;

struct work_suspect {
	struct sv key; /* as noted; very long ones are cut */
	uint32_t n_crashes;
	struct wall crashed_at;
	bool quarantined;   /* there at two crashes or more: rests, then gets one trial */
	struct wall try_at; /* when quarantined */
};

/* directory: where the file is kept, for example an emptyDir; NULL or "": memory only. name: of the file, without a slash.
 * errors: INVALID (the file cannot be made, or another process has it), NOMEM. Whoever wants to go on makes one without a directory. */
MUST_USE enum error_kind work_note_new(
	const char *directory, const char *name, struct work_note **ret, struct error *err);
/* From now on work_note_free leaves the suspects in the file: for a program that ends by itself because it cannot do its work. */
void work_note_keep_suspects(struct work_note *n);
/* The program was asked to end and does so in its own time: being killed from now on is no crash. */
void work_note_ending(struct work_note *n);
/* The clean end: clears the file. */
void work_note_free(struct work_note *n);
DEFINE_AUTO(struct work_note *, work_note_free)

/* A ticket, or one of the two values above. n may be NULL. */
MUST_USE int work_note_enter(struct work_note *n, struct sv key);
/* ticket: also the two values above, without effect. */
void work_note_leave(struct work_note *n, int ticket);
/* From now on this piece of work has the processor (WORK_NOTE_NONE: none has). Returns the one before. n may be NULL. */
int work_note_run(struct work_note *n, int ticket);

/* Crashes since the last clean end: more than 0 says that this start follows one. */
uint64_t work_note_n_crashes(const struct work_note *n);
size_t work_note_n_quarantined(const struct work_note *n);
/* Every key that was there at a crash and is not forgotten or released. Must not enter or leave. */
void work_note_each_suspect(
	const struct work_note *n, void (*fn)(const struct work_suspect *s, void *ctx), void *ctx);
/* Whether this key is in quarantine, and its record. */
bool work_note_find_suspect(const struct work_note *n, struct sv key, struct work_suspect *ret);
