/* fork and exec with care: the child dies with us (PR_SET_PDEATHSIG), sits in its own group so that Ctrl-C reaches only us, and inherits no
 * descriptor but the three standard ones. */
#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a program may take to end on SIGTERM. */
#define STOP_PATIENCE_MS 5000
#define STOP_POLL_MS 20

static void __attribute__((noreturn))
run_child(char *const argv[], int out_fd, const char *log_path, pid_t parent)
{
	int log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)setpgid(0, 0);
	if (log_fd < 0 || null_fd < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 ||
		getppid() != parent)
		_exit(127);
	if (dup2(null_fd, STDIN_FILENO) < 0 ||
		dup2(out_fd >= 0 ? out_fd : log_fd, STDOUT_FILENO) < 0 ||
		dup2(log_fd, STDERR_FILENO) < 0)
		_exit(127);
	(void)execv(argv[0], argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

enum error_kind process_start(struct process *p, const char *name, char *const argv[],
	bool want_output, const char *log_path, struct error *err)
{
	int pipe_fds[2] = { -1, -1 };
	pid_t parent = getpid();

	if (want_output && pipe2(pipe_fds, O_CLOEXEC) != 0)
		return error_set(err, ERR_UNAVAIL, "%s: no pipe: %s", name, strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		run_child(argv, pipe_fds[1], log_path, parent);
	if (pipe_fds[1] >= 0)
		(void)close(pipe_fds[1]);
	if (pid < 0) {
		if (pipe_fds[0] >= 0)
			(void)close(pipe_fds[0]);
		return error_set(err, ERR_UNAVAIL, "%s: cannot start: %s", name, strerror(errno));
	}
	*p = (struct process){ .pid = pid, .out_fd = pipe_fds[0] };
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	return ERR_OK;
}

enum error_kind process_read_line(
	struct process *p, char *room, size_t size, int timeout_ms, struct error *err)
{
	size_t n = 0;

	while (n + 1 < size) {
		struct pollfd wait = { .fd = p->out_fd, .events = POLLIN };
		int n_ready = poll(&wait, 1, timeout_ms);
		if (n_ready < 0)
			return error_set(
				err, ERR_UNAVAIL, "waiting for %s: %s", p->name, strerror(errno));
		if (n_ready == 0)
			return error_set(
				err, ERR_UNAVAIL, "%s said nothing for %d ms", p->name, timeout_ms);
		if (read(p->out_fd, room + n, 1) != 1)
			return error_set(err, ERR_UNAVAIL, "%s ended before it was ready", p->name);
		if (room[n] == '\n')
			break;
		n++;
	}
	room[n] = '\0';
	return ERR_OK;
}

bool process_is_alive(struct process *p, int *ret_status)
{
	int status = 0;

	if (p->pid == 0)
		return false;
	if (waitpid(p->pid, &status, WNOHANG) != p->pid)
		return true;
	p->pid = 0;
	*ret_status = status;
	return false;
}

void process_stop(struct process *p)
{
	int status;

	if (p->pid > 0) {
		(void)kill(p->pid, SIGTERM);
		for (int waited = 0; waited < STOP_PATIENCE_MS && process_is_alive(p, &status);
			waited += STOP_POLL_MS)
			(void)poll(NULL, 0, STOP_POLL_MS);
	}
	if (p->pid > 0) {
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, &status, 0);
		p->pid = 0;
	}
	if (p->out_fd >= 0) {
		(void)close(p->out_fd);
		p->out_fd = -1;
	}
}
