#pragma once
/* Command line of flyball-controller. Flags that kube-controller-manager has are spelled as there; the short names are ours. */
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
	bool help, version;
};

/* argv -> options, with defaults filled in. errors: INVALID, one line. */
MUST_USE enum error_kind controller_options_parse(
	int argc, char **argv, struct controller_options *ret, struct error *err);
void controller_options_help(struct buf *out);
