/* Objects -> keys of the work note; what the note says -> rests. Passes wait most of the time: only the one that computes is to blame for a crash, and in between
 * it is none of them. */
#include "controller/object_quarantine.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/work_note.h"

#define FILE_NAME "flyball-controller.work"
#define METRIC_OBJECTS "flyball_quarantined_objects"
/* Namespace and name have up to 253 bytes each. */
#define KEY_BYTES 600
/* Where a pass is not noted. */
#define NO_TICKET 0

struct object_quarantine {
	struct work_note *note;
	struct selfmetrics *metrics;
};

static void log_suspect(const struct work_suspect *s, void *ctx)
{
	AUTO(buf_done) struct buf at = { 0 };
	char key[KEY_BYTES], crashes[16];

	(void)ctx;
	buf_init(&at, 64);
	instant_wall_print(&at, s->quarantined ? s->try_at : s->crashed_at);
	(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(s->key));
	(void)snprintf(crashes, sizeof(crashes), "%" PRIu32, s->n_crashes);
	if (s->quarantined)
		log_event(LOG_ERROR, "in quarantine: it was in work at several crashes", "what",
			key, "crashes", crashes, "tried-again-at", buf_text(&at), NULL);
	else
		log_event(LOG_WARN, "it was in work at a crash", "what", key, "at", buf_text(&at),
			NULL);
}

static void count(struct object_quarantine *q)
{
	selfmetrics_set(q->metrics, METRIC_OBJECTS, NULL, (double)work_note_n_quarantined(q->note));
}

enum error_kind object_quarantine_new(const char *directory, struct selfmetrics *metrics,
	struct object_quarantine **ret, struct error *err)
{
	AUTO(object_quarantine_free) struct object_quarantine *q = mem_zalloc(sizeof(*q));
	struct error why;

	if (!q)
		return error_nomem(err);
	q->metrics = metrics;
	if (work_note_new(directory, FILE_NAME, &q->note, &why) != ERR_OK) {
		log_event(LOG_WARN,
			"what crashes this program will not be remembered (--work-note-dir)", "why",
			why.text, NULL);
		if (work_note_new(NULL, FILE_NAME, &q->note, err) != ERR_OK)
			return err->kind;
	}
	if (selfmetrics_declare(metrics, SELFMETRICS_GAUGE, METRIC_OBJECTS,
		    "Objects that are left alone because they were in work at two crashes.", NULL,
		    NULL, 0, err) != ERR_OK)
		return err->kind;
	work_note_each_suspect(q->note, log_suspect, NULL);
	(void)work_note_run(q->note, WORK_NOTE_OTHER);
	count(q);
	*ret = TAKE_PTR(q);
	return ERR_OK;
}

void object_quarantine_free(struct object_quarantine *q)
{
	if (!q)
		return;
	work_note_free(q->note);
	mem_free(q);
}

static struct sv key_of(const struct autoscaler *one, char *room, size_t size)
{
	int n = snprintf(room, size, "%s %.*s %016" PRIx64, autoscaler_kind_names(one->kind)->kind,
		SV_ARG(one->key), one->fingerprint);

	return sv_from(room, n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1);
}

/* What stands in an autoscaler: one more than the ticket, so that zero is none. */
static int ticket_of(const struct autoscaler *one)
{
	return one->work_ticket == NO_TICKET ? WORK_NOTE_NONE : one->work_ticket - 1;
}

bool object_quarantine_enter(
	struct object_quarantine *q, struct autoscaler *one, struct object_quarantine_rest *ret)
{
	struct work_suspect suspect = { 0 };
	char room[KEY_BYTES];

	if (!q)
		return true;
	struct sv key = key_of(one, room, sizeof(room));
	int ticket = work_note_enter(q->note, key);
	if (ticket == WORK_NOTE_RESTS) {
		(void)work_note_find_suspect(q->note, key, &suspect);
		*ret = (struct object_quarantine_rest){ suspect.n_crashes, suspect.try_at };
		count(q);
		return false;
	}
	one->work_ticket = ticket >= 0 ? ticket + 1 : NO_TICKET;
	return true;
}

void object_quarantine_leave(struct object_quarantine *q, struct autoscaler *one)
{
	if (!q || one->work_ticket == NO_TICKET)
		return;
	work_note_leave(q->note, ticket_of(one));
	one->work_ticket = NO_TICKET;
	if (work_note_n_crashes(q->note) > 0)
		count(q);
}

struct object_quarantine_turn object_quarantine_run(
	struct object_quarantine *q, const struct autoscaler *one)
{
	int ticket = ticket_of(one);

	return (struct object_quarantine_turn){ q,
		q ? work_note_run(q->note, ticket >= 0 ? ticket : WORK_NOTE_OTHER)
		  : WORK_NOTE_OTHER };
}

void object_quarantine_back(struct object_quarantine_turn turn)
{
	if (turn.quarantine)
		(void)work_note_run(turn.quarantine->note, turn.before);
}

bool object_quarantine_enter_state(
	struct object_quarantine *q, const struct object_id *id, int *ret_ticket, int *ret_before)
{
	char room[KEY_BYTES];

	*ret_ticket = WORK_NOTE_NONE;
	*ret_before = WORK_NOTE_OTHER;
	if (!q)
		return true;
	int n = snprintf(
		room, sizeof(room), "state of %.*s/%.*s", SV_ARG(id->namespace), SV_ARG(id->name));
	*ret_ticket = work_note_enter(q->note, sv_from(room, n < 0 ? 0 : strlen(room)));
	if (*ret_ticket == WORK_NOTE_RESTS)
		return false;
	*ret_before = work_note_run(q->note, *ret_ticket >= 0 ? *ret_ticket : WORK_NOTE_OTHER);
	return true;
}

void object_quarantine_leave_state(struct object_quarantine *q, int ticket, int before)
{
	if (!q)
		return;
	work_note_leave(q->note, ticket);
	(void)work_note_run(q->note, before);
}

void object_quarantine_print(struct buf *out, const struct object_quarantine_rest *rest)
{
	buf_printf(out,
		"in quarantine: it was in work at %" PRIu32
		" crashes of the controller; tried again at ",
		rest->n_crashes);
	instant_wall_print(out, rest->try_at);
}
