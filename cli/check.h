#pragma once
/* The linter of autoscalers: files in, findings out. Pure. check_files.c takes the files apart, check_finish.c runs over the traps, the check_<subject>.c
 * files look for one kind of them each, check_report.c prints. */
#include "cli/check_rules.h"
#include "cli/manifest.h"
#include "common/buf.h"
#include "controller/hpa.h"
#include "controller/own_kind.h"
#include "kube/selector.h"

struct check_finding {
	enum check_rule_id rule;
	const char *file;
	uint32_t line, column; /* 0: of the file as a whole */
	struct sv object;      /* its title; empty: no object */
	struct sv path;	       /* may be empty */
	struct sv text;
};

/* Where an object stands. */
struct check_object {
	const char *file;
	const struct jtree *tree;
	struct sv kind, ns, name; /* ns: "default" where the file names none */
	struct sv title;	  /* "Deployment default/web" */
};

/* Something with a pod template. */
struct check_workload {
	struct check_object object;
	struct opt_i32 replicas;
	struct selector selector; /* of its pods; `nothing` where there is none or a broken one */
	struct label *labels;	  /* of its pods */
	size_t n_labels;
	const struct jtree *pod_spec; /* may be NULL */
};

struct check_autoscaler {
	struct check_object object;
	struct hpa hpa;			     /* v2, defaulted */
	bool own;			     /* our kind */
	const struct check_workload *target; /* NULL: it is in none of the files */
};

struct check {
	struct arena *a;
	bool scale_to_zero; /* the cluster's gate is on */
	struct check_finding *findings;
	size_t n_findings, findings_size;
	struct check_autoscaler *autoscalers;
	size_t n_autoscalers, autoscalers_size;
	struct check_workload *workloads;
	size_t n_workloads, workloads_size;
	size_t n_files, n_rule_files, n_tapes, n_skipped; /* skipped: documents of other kinds */
	bool failed;					  /* memory ran out */
};

/* Takes the text of one file in. Its own mistakes become findings. The text and the name must live as long as `c`. */
void check_add_file(struct check *c, const char *file, struct sv text);
/* When all files are in: looks for traps, and sorts the findings by place. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind check_finish(struct check *c, struct error *err);

/* A finding at a field of an object; the place is looked up. */
void check_find(struct check *c, enum check_rule_id rule, const struct check_object *object,
	const char *path, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* The same at a node of the object's tree; the text names the field. */
void check_find_node(struct check *c, enum check_rule_id rule, const struct check_object *object,
	const struct jtree *node, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* A finding at a place that is known. `path` and `text` are copied. */
void check_find_at(struct check *c, const struct check_finding *finding);

/* How many findings there are of a severity. */
size_t check_count(const struct check *c, enum check_severity severity);
