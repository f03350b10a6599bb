#pragma once
/* Command line of flyball-controller, and the flags in its --config file. Flags that kube-controller-manager has are spelled as there; the short names are
 * ours. */
#include "common/log.h"
#include "common/options.h"
#include "controller/controller.h"
#include "controller/election.h"
#include "controller/secure.h"

struct controller_options {
	const char *kubeconfig, *context;
	const char *config_file; /* NULL: none */
	struct controller_config controller;
	struct election_options election;
	const char *bind_address; /* of both servers */
	int64_t port;		  /* of the one for probes and metrics, plain HTTP; 0: none */
	struct secure_options secure;
	int log_level, log_format;
	bool help, version, man;
	char idle_gate[64]; /* a feature gate of others, the last one; empty: there is none */
	struct arena file;  /* texts of the file */
};

/* argv -> options, with defaults filled in; before that, what the file of --config says: the command line wins. Texts are borrowed from argv, which is
 * written to. controller_options_done in any case. errors: INVALID, one line; what file_read says of the file. */
MUST_USE enum error_kind controller_options_parse(
	int argc, char **argv, struct controller_options *ret, struct error *err);
void controller_options_done(struct controller_options *o);
void controller_options_help(struct buf *out);
/* The manual page. */
void controller_options_man(struct buf *out);
/* Whether the file of --config may have this member, as a flag. */
bool controller_options_has(struct sv name);
