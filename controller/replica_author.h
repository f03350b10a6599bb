#pragma once
/* Who set spec.replicas of a target last, from its managedFields. A person or a GitOps tool that changes it is told of, never fought. Pure. */
#include <stdbool.h>

#include "common/buf.h"
#include "common/sv.h"
#include "kube/managed_fields.h"

/* Field manager of our writes: what the API server makes of our user agent. */
#define REPLICA_AUTHOR_OURS "flyball-controller"

/* target: JSON of the target itself (a Scale has no managedFields). False: nobody is recorded. */
bool replica_author_find(struct sv target, struct managed_fields_writer *ret);
/* Whether that was this program, and not someone with its name who does not write scales. */
bool replica_author_is_ours(const struct managed_fields_writer *author);
/* `argocd-controller (Apply) at 2026-11-21T10:00:00Z`, or `kubectl (Update of scale) at ...`. */
void replica_author_print(struct buf *out, const struct managed_fields_writer *author);
