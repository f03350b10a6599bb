#pragma once
/* What the runner of recorded cases sees of a live controller beside its requests: the linker puts an observer in front of some functions of the product
 * (CMakeLists.txt). Each calls the function that it stands for; nothing is decided here. */
#include "controller/canary_watch.h"
#include "controller/report.h"
#include "kube/events.h"
#include "kube/watch.h"

struct live_seams {
	/* An event is handed to the sender, which may count it up, hold it back or drop it. */
	void (*on_event)(const struct event *event, void *ctx);
	/* A pass came to its end, and is about to be reported. */
	void (*on_pass)(const struct autoscaler *one, const struct drive_result *result, void *ctx);
	void (*on_watch)(const char *path, struct watch *watch, void *ctx);
	void (*on_watch_end)(const struct watch *watch, void *ctx);
	void (*on_canary)(const struct canary_watch *canary, void *ctx);
	void *ctx;
};

/* From now on; it outlives its use. NULL: nobody observes. */
void live_seams_use(const struct live_seams *seams);
