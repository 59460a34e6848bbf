/* SPDX-License-Identifier: MIT */
#include "fs/bounded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#define BOUNDED_OUT_MAX ((size_t)1 << 20)

/* Last bytes in the pipe: the function's result. */
struct verdict {
	char mark[8];
	int result;
};
static const char verdict_mark[8] = "\0result\n";

static void child(bounded_fn *fn, void *ctx, int out_fd) __attribute__((noreturn));
static void child(bounded_fn *fn, void *ctx, int out_fd)
{
	struct verdict v;
	int null = open("/dev/null", O_RDWR);

	/* Only the pipe stays: whoever waits for the end of our output must not wait for a
	 * child that hangs. */
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (out_fd != 3) {
		dup2(out_fd, 3);
		out_fd = 3;
	}
	close_range(4, ~0U, 0);
	memcpy(v.mark, verdict_mark, sizeof(v.mark));
	v.result = fn(ctx, out_fd);
	if (write(out_fd, &v, sizeof(v)) < 0)
		_exit(1);
	_exit(0);
}

/* Read to the end; 0, or -ETIMEDOUT. */
static int drain(int fd, uint64_t deadline, struct buf *text)
{
	char chunk[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = now_ns();
		ssize_t n;
		int ready;

		if (now >= deadline)
			return -ETIMEDOUT;
		ready = poll(&p, 1, (int)((deadline - now) / NSEC_PER_MSEC) + 1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && buf_add(text, chunk, (size_t)n) < 0)
			return text->err;
	}
}

static void reap(pid_t pid, bool killed)
{
	if (killed)
		kill(pid, SIGKILL);
	/* One that hangs in the kernel does not die: wait only a moment. */
	for (int i = 0; i < 20; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		usleep(killed ? 1000 : 5000);
	}
}

int bounded_run(bounded_fn *fn, void *ctx, unsigned timeout_ms, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT_MAX(BOUNDED_OUT_MAX);
	uint64_t deadline = now_ns() + timeout_ms * NSEC_PER_MSEC;
	_cleanup_close_ int reader = -1;
	struct verdict v;
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	reader = fds[0];
	pid = fork();
	if (pid < 0) {
		err = -errno;
		close(fds[1]);
		return err;
	}
	if (pid == 0)
		child(fn, ctx, fds[1]);
	close(fds[1]);
	err = drain(reader, deadline, &text);
	reap(pid, err < 0);
	if (err < 0)
		return err;
	if (text.len < sizeof(v))
		return -EIO;
	text.len -= sizeof(v);
	memcpy(&v, text.data + text.len, sizeof(v));
	if (memcmp(v.mark, verdict_mark, sizeof(v.mark)) != 0)
		return -EIO;
	if (out != NULL && text.len > 0 && buf_add(out, text.data, text.len) < 0)
		return out->err;
	return v.result;
}

static int run_program(void *ctx, int out_fd)
{
	char *const *argv = ctx;
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		dup2(out_fd, 2);
		close(out_fd);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (WIFSIGNALED(status))
		return -EINTR;
	return WEXITSTATUS(status);
}

int bounded_exec(char *const argv[], unsigned timeout_ms, struct buf *out)
{
	return bounded_run(run_program, (void *)argv, timeout_ms, out);
}

static int run_statfs(void *ctx, int out_fd _unused_)
{
	struct statfs fs;

	return statfs(ctx, &fs) == 0 ? 0 : -errno;
}

int bounded_statfs(const char *path, unsigned timeout_ms)
{
	return bounded_run(run_statfs, (void *)path, timeout_ms, NULL);
}
