#pragma once
/* The objects of a small cluster, and their lists and watches over HTTP. It holds what a recorded step says is there, and tells the difference to the step
 * before as an API server does: each object has a uid and a resourceVersion that grows with every change. */
#include "common/http_server.h"
#include "common/jtree.h"
#include "common/jw.h"
#include "common/vec.h"
#include "kube/watch.h"

enum live_kind {
	LIVE_HPAS,
	LIVE_PODS,
	LIVE_DEPLOYMENTS,
	LIVE_REPLICA_SETS,
	LIVE_STATEFUL_SETS,
	LIVE_REPLICATION_CONTROLLERS,
	LIVE_N_KINDS,
};

struct live_object {
	struct sv ns, name, uid;
	struct sv meta, rest; /* members of metadata, and of the object beside it, as JSON */
	uint64_t version;
	bool kept; /* by the update that is under way */
};

struct live_list {
	VEC(struct live_object) objects;
	struct http_exchange *stream; /* NULL: nobody watches */
	const struct watch *watch;    /* the controller's end of it; NULL: none */
	uint64_t n_sent;	      /* lines to it since the watch began */
};

struct live_cluster {
	struct arena *a; /* of all texts */
	struct live_list lists[LIVE_N_KINDS];
	uint64_t version, n_uids;
	bool broken; /* out of memory, or a stream that does not take any more */
};

void live_cluster_init(struct live_cluster *c, struct arena *a);
void live_cluster_done(struct live_cluster *c);

/* The kind that is listed under this path; LIVE_N_KINDS: none. */
enum live_kind live_cluster_find_kind(struct sv path);
/* Answers a list or a watch of it. */
void live_cluster_serve(struct live_cluster *c, enum live_kind kind, struct http_exchange *x);

/* An object as it is now; texts are copied. Watches learn of it if it changed. */
void live_cluster_put(struct live_cluster *c, enum live_kind kind, const struct live_object *o);
/* The same of a whole JSON object. */
void live_cluster_put_tree(struct live_cluster *c, enum live_kind kind, const struct jtree *t);
void live_cluster_remove(struct live_cluster *c, enum live_kind kind, struct sv ns, struct sv name);
const struct live_object *live_cluster_find(
	const struct live_cluster *c, enum live_kind kind, struct sv ns, struct sv name);
/* What is put between the two stays; all else of the kind goes away. */
void live_cluster_begin(struct live_cluster *c, enum live_kind kind);
void live_cluster_end(struct live_cluster *c, enum live_kind kind);
/* As a GET gives it. */
void live_cluster_print(struct buf *out, enum live_kind kind, const struct live_object *o);

/* The controller began or ended to watch. */
void live_cluster_watch(struct live_cluster *c, const char *path, const struct watch *watch);
void live_cluster_watch_end(struct live_cluster *c, const struct watch *watch);
/* A word to every watch, so that none takes the silence for death. */
void live_cluster_bookmark(struct live_cluster *c);
/* Whether everything that was sent has arrived, and every watch is there. */
bool live_cluster_is_settled(const struct live_cluster *c);
/* Nobody watches any more: the controller is gone. */
void live_cluster_hang_up(struct live_cluster *c);

/* The members of an object as text, without its braces and without those of these names (ended by NULL). */
void live_cluster_put_members(
	struct buf *out, const struct jtree *object, const char *const *left_out);
