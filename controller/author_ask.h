#pragma once
/* Somebody else changed a replica count that we scale: tells who, by log line and event. What a watch told of the target a moment ago is remembered, because our next
 * write takes the count over; where there was none, the target is read. Nobody waits for that. */
#include "controller/autoscalers.h"
#include "controller/hpa.h"
#include "controller/scale_derive.h"
#include "kube/api_path.h"
#include "kube/client.h"
#include "kube/events.h"

struct author_ask;

/* client and events outlive it. */
MUST_USE struct author_ask *author_ask_new(struct kube_client *client, struct events *events);
/* What is under way is not told any more. */
void author_ask_free(struct author_ask *a);
DEFINE_AUTO(struct author_ask *, author_ask_free)

/* We lead no more: answers that are still to come are told by nobody. */
void author_ask_cancel(struct author_ask *a);

/* A watched target, as the server sent it. */
void author_ask_see(
	struct author_ask *a, enum scale_kind kind, const struct object_id *id, struct sv json);

/* The target, at `path`, went from `from` to `to`. With too many questions under way, or without memory, nothing is told. */
void author_ask_start(struct author_ask *a, const struct autoscaler *one, const struct hpa *hpa,
	const struct api_path *path, int32_t from, int32_t to);
