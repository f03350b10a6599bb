#pragma once
/* Child processes of the command line: started in a group of their own, ended by their own id, and by the kernel should we be killed. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

struct process {
	pid_t pid;  /* 0: not running */
	int out_fd; /* read end of its standard output; -1: none */
	char name[64];
};
#define PROCESS_NONE ((struct process){ .out_fd = -1 })

/* argv[0] is the program's path; standard error (and output, unless wanted) go to log_path. */
MUST_USE enum error_kind process_start(struct process *p, const char *name, char *const argv[],
	bool want_output, const char *log_path, struct error *err);
/* Waits for one line of its output, without the newline. UNAVAIL: it ended or was silent for timeout_ms. */
MUST_USE enum error_kind process_read_line(
	struct process *p, char *room, size_t size, int timeout_ms, struct error *err);
/* False once it has ended; *ret_status then holds the wait status. */
bool process_is_alive(struct process *p, int *ret_status);
/* SIGTERM, a few seconds of patience, SIGKILL; collects it. Nothing happens when it is not running. */
void process_stop(struct process *p);
