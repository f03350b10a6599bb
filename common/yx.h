#pragma once
/* YAML (libyaml) into the same tree as JSON, the way Kubernetes' tools do: scalars resolve by YAML
 * 1.1 as go-yaml v2 / sigs.k8s.io/yaml (yes/no/on/off are booleans, 0x and 0 octal are integers, ~
 * is null), anchors and merge keys are followed within a bound (no "billion laughs"), tags other
 * than the core ones and duplicate keys are refused with line and column. */
#include "common/jtree.h"

/* The documents of a file in order (empty ones left out); JSON text is YAML too. `name` is the
 * file's name, for messages ("hpa.yaml:3:5: ..."). *ret is an array in the arena. */
MUST_USE enum error_kind yx_parse(struct arena *a, struct sv text, const char *name,
	struct jtree ***ret, size_t *ret_n, struct error *err);
