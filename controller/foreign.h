#pragma once
/* Which other autoscalers could act on a target: native HorizontalPodAutoscalers that are not idle, and KEDA's ScaledObjects. Fed by watches; asked before a
 * pass over an object of our kind. Pure. */
#include <stdbool.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "controller/hpa.h"
#include "kube/object_meta.h"

struct jtree;

/* Autoscalers that are remembered, of both kinds: several times what Kubernetes is tested to. */
#define FOREIGN_MAX 200000u

enum foreign_kind { FOREIGN_NATIVE, FOREIGN_KEDA };

struct foreign;

MUST_USE struct foreign *foreign_new(void);
void foreign_free(struct foreign *f);
DEFINE_AUTO(struct foreign *, foreign_free)

/* A state of a native object, as stored. Cheap when only its status changed. errors: INVALID, NOMEM, LIMIT; nothing changed then. */
MUST_USE enum error_kind foreign_put_native(
	struct foreign *f, const struct object_id *id, struct sv json, struct error *err);
/* The same of one that is decoded. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind foreign_put_hpa(
	struct foreign *f, const struct hpa *hpa, struct error *err);
/* A state of a ScaledObject, as JSON. errors: INVALID (nothing changed), NOMEM, LIMIT. */
MUST_USE enum error_kind foreign_put_keda(struct foreign *f, struct sv json, struct error *err);
/* The same of one that is parsed; ns: its namespace where it names none. */
MUST_USE enum error_kind foreign_put_keda_tree(
	struct foreign *f, const struct jtree *t, struct sv ns, struct error *err);
void foreign_remove(struct foreign *f, enum foreign_kind kind, struct sv ns, struct sv name);
/* All of the kind: there is no such kind any more. */
void foreign_remove_kind(struct foreign *f, enum foreign_kind kind);
size_t foreign_n(const struct foreign *f);

/* An object of our kind: its target, and the least and the most replicas that it may ask for. */
struct foreign_question {
	struct sv ns;
	const struct hpa_ref *target;
	int32_t min, max;
};

/* What is asked about an object: its bounds and those of its override, whether that is over or not, for it may become active before the next pass. False: nothing
 * is to be asked, because the object is native or not Active. */
bool foreign_question_of(const struct hpa *hpa, struct foreign_question *ret);

struct foreign_actor {
	enum foreign_kind kind;
	struct sv ns, name; /* valid until the next change of the index */
	bool held;	    /* native: idle but for its bounds, which do not contain ours */
	int32_t min, max;   /* native */
};

/* One that could act on the target; false: none. A native object is idle when both of its directions are disabled and its bounds leave ours alone (at zero
 * replicas it does nothing); a ScaledObject when it is paused. */
bool foreign_find(const struct foreign *f, const struct foreign_question *question,
	struct foreign_actor *ret);
/* The message of condition and event: who, and what to do about it. */
void foreign_print(struct buf *out, const struct foreign_actor *actor,
	const struct foreign_question *question);
/* All of these at once: the message about an object, in the arena; empty: nobody else could act on its target, or it writes nothing anyway. ptr NULL: no memory. */
struct sv foreign_tell(const struct foreign *f, struct arena *a, const struct hpa *hpa);
/* Both directions are disabled: whatever its metrics say, only its bounds move replicas. */
bool foreign_is_held(const struct hpa *hpa);
