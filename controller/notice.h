#pragma once
/* What is said about an object over which there is no pass: one condition and one event, without looking into the object. */
#include "controller/drive.h"
#include "kube/events.h"

/* AbleToScale=False with this reason, as a patch of the status, and a warning; each where it may be written. Failures are nobody's loss: it is said again with the
 * next rest. False: nothing may be written now, or it must wait. */
bool notice_send(const struct drive_context *context, struct events *events,
	const struct autoscaler *one, const char *reason, struct sv message);
