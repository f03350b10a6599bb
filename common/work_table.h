#pragma once
/* Which keys are being worked on, and which of them were when the program crashed: a table of fixed size without pointers, so that it can lie in a mapped
 * file and be read by the next process. Pure: memory and times come from the caller (work_note.h). */
#include <stdbool.h>
#include <stdint.h>

#include "common/sv.h"

/* More keys than a program works on at once: the adapter takes 400 requests, the controller fewer passes. */
#define WORK_TABLE_SLOTS 1024u
/* Group, namespace, resource and metric in one line are below it; longer keys end in a hash. */
#define WORK_TABLE_KEY_MAX 232u
/* One crash may have any cause; what was there at two does not get a third chance at once. */
#define WORK_TABLE_CRASHES 2u
/* How long a quarantined key rests before it is tried once: doubled for each further crash. */
#define WORK_TABLE_REST_SEC 60
#define WORK_TABLE_REST_MAX_SEC 3600
/* A crash this long ago says nothing about the next one. */
#define WORK_TABLE_FORGET_SEC 3600

/* Something without a key has the processor: a crash now is nobody's fault who waits. */
#define WORK_TABLE_OTHER UINT32_MAX

struct work_slot {
	int64_t crashed_at_sec; /* wall clock */
	uint32_t n_crashes;	/* it was there at */
	uint32_t n_in_work;
	uint32_t key_len; /* 0: free */
	char key[WORK_TABLE_KEY_MAX + 4];
};

struct work_table {
	char magic[8];
	uint32_t slot_bytes;
	uint32_t n_slots;
	uint64_t n_crashes; /* of the program since its last clean end */
	uint32_t
		running; /* index + 1 of the slot whose work has the processor; 0: none; or OTHER */
	uint32_t ended;	 /* 1: the program ended by itself, or was asked to: no crash */
	struct work_slot slots[WORK_TABLE_SLOTS];
};

void work_table_clear(struct work_table *t);
/* Written by this version of the program, and whole. */
bool work_table_is_valid(const struct work_table *t);
/* The program ends by itself, but what is suspect stays so for the next start. */
void work_table_end(struct work_table *t);
/* After a start. A program that neither cleared nor ended the table crashed: blames the key that had the processor, or, when none had, all that were in
 * work. Forgets what is old. */
void work_table_resume(struct work_table *t, int64_t now_sec);
/* The key as a slot keeps it: itself, or cut with a hash of the whole. */
struct sv work_table_key(struct sv key, char room[WORK_TABLE_KEY_MAX]);
struct sv work_table_slot_key(const struct work_slot *s);
/* Whether it has to rest now. A key whose rest is over may be tried by one at a time. */
bool work_table_rests(const struct work_slot *s, int64_t now_sec);
/* When the rest is over; 0: it does not rest. */
int64_t work_table_rest_ends_sec(const struct work_slot *s);
/* Work begins in a free slot or in one of the same key; ends. A trial that ends well clears the key's name. Returns whether the slot is free now. */
void work_table_enter(struct work_slot *s, struct sv kept_key, int64_t now_sec);
bool work_table_leave(struct work_slot *s);
