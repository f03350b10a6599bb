#pragma once
/* What one tree says and another does not. */
#include "common/buf.h"
#include "common/jtree.h"
#include "kube/codec.h"

typedef void (*convert_lost_fn)(void *ctx, const struct codec_path *path);

/* Calls `fn` for the outermost values of `before` that `after` lacks or has changed. Items of lists may stand in another order; what `after`
 * has in addition is no loss. */
void convert_lost_each(const struct jtree *before, const struct jtree *after,
	const struct codec_path *path, convert_lost_fn fn, void *ctx);
