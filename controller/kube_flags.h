#pragma once
/* Flags of kube-controller-manager that mean nothing here, accepted so that its command line starts this program. docs/controller-flags.md lists them. */
#include "common/options.h"

#define KUBE_FLAGS_MAX 128

/* Appends them; they are hidden in the help. */
size_t kube_flags_fill(struct option *table);
