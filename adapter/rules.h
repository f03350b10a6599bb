#pragma once
/* The configuration of prometheus-adapter as a person wrote it: rules, externalRules, resourceRules. Texts only; compiled rules are naming.h's.
 * Everything lives in the arena that rules_parse was given (one configuration generation). */
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/opt.h"
#include "common/sv.h"
#include "promql/server_config.h"

/* Exactly one of both is set in a valid filter; the compiler of rules says so, not the decoder. */
struct rules_filter {
	struct sv is, is_not;
};

struct rules_override {
	struct sv label;
	struct sv group, resource;
	uint32_t line;
};

/* How labels and Kubernetes resources correspond. */
struct rules_mapping {
	struct sv template;
	const struct rules_override *overrides; /* file order */
	size_t n_overrides;
	struct opt_bool namespaced;
};

struct rules_rule {
	size_t index;  /* 0-based, in its list */
	bool external; /* which list */
	uint32_t line;
	struct sv series_query;
	const struct rules_filter *filters;
	size_t n_filters;
	struct rules_mapping mapping;
	struct sv name_matches, name_as;
	struct sv metrics_query;
	/* ours */
	struct sv
		server; /* whom to ask: a name of rules_config.servers; empty: the flags' server */
	bool enforce_namespace; /* enforce.h */
	bool sample_timestamp;	/* sample_time.h */
};

struct rules_resource {
	uint32_t line;
	struct sv container_query, node_query, container_label;
	struct rules_mapping mapping;
	struct sv server; /* ours; as in a rule */
};

struct rules_config {
	const struct rules_rule *rules;
	size_t n_rules;
	const struct rules_rule *external;
	size_t n_external;
	bool has_resource_rules; /* the key is there and not null, even {} */
	struct rules_resource cpu, memory;
	int64_t window_ns;
	const struct server_config *servers; /* ours */
	size_t n_servers;
};

/* Decodes the first document of `text` as strictly as the reference does: unknown and repeated keys, wrong types and bad durations are refused.
 * Our own keys (servers; server, enforceNamespace and sampleTimestamp of a rule) are known; for rules_parse_exact they are unknown, as for the
 * reference.
 * name  : of the file, for messages
 * errors: INVALID, every finding as "FILE:LINE: what, expected what" joined by "; "; LIMIT; NOMEM */
MUST_USE enum error_kind rules_parse(struct arena *a, struct sv text, const char *name,
	struct rules_config *ret, struct error *err);
MUST_USE enum error_kind rules_parse_exact(struct arena *a, struct sv text, const char *name,
	struct rules_config *ret, struct error *err);
/* A duration as Prometheus' model reads it ("1d2h", "90s", "0") in nanoseconds. errors: INVALID with the words of that library. */
MUST_USE enum error_kind rules_duration(struct sv text, int64_t *ret_ns, struct error *err);
