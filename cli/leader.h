#pragma once
/* What the leading flyball-controller decided: its Lease names it, the API server's pod proxy leads to it. */
#include "cli/source.h"

struct leader_options {
	bool live; /* --live was given */
	const char *ns;
	int64_t port;
	const char *token_file; /* NULL: the kubeconfig's token */
};

#define LEADER_N_OPTIONS 4
#define LEADER_DEFAULT_NAMESPACE "flyball-system"
#define LEADER_DEFAULT_PORT 8443

void leader_options_init(struct leader_options *o);
void leader_options_fill(struct option table[LEADER_N_OPTIONS], struct leader_options *o);
/* errors: INVALID: flags that contradict --live. */
MUST_USE enum error_kind leader_options_check(
	const struct leader_options *o, const struct source_options *source, struct error *err);
/* The newest decision about the object that `source` names, handed out as source_each does. */
MUST_USE int leader_each(const struct leader_options *o, const struct source_options *source,
	source_fn fn, void *ctx, struct buf *problems);
