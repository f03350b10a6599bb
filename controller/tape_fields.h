#pragma once
/* How the members of a tape are read: every level is a table of its known members, so that a
 * misspelt one is named with the nearest known. Findings go into the codec. Used by the tape's
 * decoders only. Pure. */
#include "controller/decide.h"
#include "controller/tape.h"
#include "kube/codec.h"

/* Seconds from 1970 to 2000-01-01T00:00:00Z, where vectors count from. */
#define TAPE_FIELDS_EPOCH_SEC INT64_C(946684800)

/* struct decide_now: {"wall": "2026-01-02T03:04:05.123456789Z", "monoNs": 1} */
extern const struct codec_object tape_fields_now;

/* The list under `key`; NULL: absent, or no list (a finding). */
const struct jtree *tape_fields_list(
	struct codec *c, const struct codec_path *path, const struct jtree *t, const char *key);
/* The object under `key`, its members checked against the table. NULL as above. */
const struct jtree *tape_fields_object(struct codec *c, const struct codec_path *path,
	const struct jtree *t, const char *key, const struct codec_object *known);
/* true or false; anything else is a finding, absent leaves *ret. */
void tape_fields_bool(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const char *key, bool *ret);
/* A finding unless min <= value <= max. */
void tape_fields_range(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const char *key, int64_t value, int64_t min, int64_t max);
/* A finding unless `key` is there and not null. */
bool tape_fields_need(
	struct codec *c, const struct codec_path *path, const struct jtree *t, const char *key);
/* A member of n elements of a size in the arena; NULL: c has failed. */
void *tape_fields_array(struct codec *c, size_t n, size_t size);
/* The value as compact JSON in the arena; ptr NULL: c has failed. */
struct sv tape_fields_json(struct codec *c, const struct jtree *t);

/* The narrowed discovery of a tape. NULL: c has failed. */
struct discovery *tape_kinds_decode(
	struct codec *c, const struct codec_path *path, const struct jtree *list);
/* The kinds that every conformance vector knows, and custom.metrics.k8s.io in one version. NULL: c
 * has failed. */
struct discovery *tape_kinds_standard(struct codec *c, struct sv custom_version);

/* One element of steps, of an object of this kind. What is wrong becomes findings. */
void tape_step_decode(struct codec *c, const struct codec_path *path, const struct jtree *t,
	enum autoscaler_kind kind, struct tape_step *ret);
