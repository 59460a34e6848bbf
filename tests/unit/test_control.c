/* SPDX-License-Identifier: MIT */
/* The control socket: a loop that serves in one process, clients in others. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fs/control.h"

/* Not mounted: only its name is used. */
#define MOUNTPOINT "/tmp/test_control/of/no/mount"

struct server {
	struct loop *loop;
	struct control *control;
	struct loop_timer timer;
	int unmounts;
	bool busy;
};

static int on_status(void *ctx _unused_, struct buf *out)
{
	buf_puts(out, "{\"healthy\":true,\"filler\":\"");
	for (int i = 0; i < 300000; i++) /* more than a socket takes at once */
		buf_putc(out, 'x');
	return buf_puts(out, "\"}");
}

static void on_gone(void *ctx)
{
	struct server *s = ctx;

	control_finish(s->control, s->busy ? -EBUSY : 0);
	if (!s->busy)
		loop_stop(s->loop, 0);
	s->busy = false;
}

/* The first is refused as busy, the next succeeds; both a moment later. */
static void on_unmount(void *ctx, bool lazy)
{
	struct server *s = ctx;

	s->busy = s->unmounts++ == 0 && !lazy;
	loop_timer_set(s->loop, &s->timer, now_ns() + 20 * NSEC_PER_MSEC, on_gone, s);
}

static pid_t serve(void)
{
	struct server s = {0};
	struct control_hooks hooks = {on_status, on_unmount, &s};
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		if (loop_new(&s.loop) < 0 ||
		    control_listen(s.loop, MOUNTPOINT, &hooks, &s.control) < 0 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		loop_run(s.loop);
		control_free(s.control);
		loop_free(s.loop);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void ended(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int ask(const char *command, size_t *len)
{
	_cleanup_buf_ struct buf answer = BUF_INIT;
	int err = control_ask(MOUNTPOINT, command, 5000, &answer);

	if (len != NULL)
		*len = answer.len;
	return err;
}

static void nobody_there_is_enoent(void **state _unused_)
{
	assert_int_equal(ask("status", NULL), -ENOENT);
}

static void status_comes_whole_and_unmount_waits(void **state _unused_)
{
	pid_t pid = serve();
	size_t len = 0;

	assert_int_equal(ask("status", &len), 0);
	assert_true(len > 300000);
	assert_int_equal(ask("dance", NULL), -EOPNOTSUPP);
	assert_int_equal(ask("unmount", NULL), -EBUSY);
	assert_int_equal(ask("status", NULL), 0);
	assert_int_equal(ask("unmount", NULL), 0);
	ended(pid);
	assert_int_equal(ask("status", NULL), -ENOENT);
}

static void what_a_killed_daemon_left_is_replaced(void **state _unused_)
{
	pid_t pid = serve();
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(ask("status", NULL), -ENOENT);
	pid = serve();
	assert_int_equal(ask("status", NULL), 0);
	assert_int_equal(ask("unmount-lazy", NULL), 0);
	ended(pid);
}

static void a_stopped_daemon_is_a_timeout(void **state _unused_)
{
	_cleanup_buf_ struct buf answer = BUF_INIT;
	uint64_t started = now_ns();
	pid_t pid = serve();

	kill(pid, SIGSTOP);
	assert_int_equal(control_ask(MOUNTPOINT, "status", 100, &answer), -ETIMEDOUT);
	assert_true(now_ns() - started < 2 * NSEC_PER_SEC);
	kill(pid, SIGCONT);
	assert_int_equal(ask("unmount-lazy", NULL), 0);
	ended(pid);
}

/* The socket's file, found as an outsider would. */
static int connect_raw(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *dir = geteuid() == 0 ? "/run/modelfs" : getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *path = NULL;
	uint64_t hash = hash_bytes(MOUNTPOINT, strlen(MOUNTPOINT), 0);
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	path = str_format("%s%s/%016llx.sock", dir, geteuid() == 0 ? "" : "/modelfs",
			  (unsigned long long)hash);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void mute_clients_do_not_shut_others_out_for_long(void **state _unused_)
{
	pid_t pid = serve();
	char c, line[63]; /* as much as it reads */
	int mute[40];

	for (size_t i = 0; i < ARRAY_SIZE(mute); i++)
		mute[i] = connect_raw();
	/* beyond the bound they are closed at once */
	assert_true(read(mute[ARRAY_SIZE(mute) - 1], &c, 1) <= 0);
	for (size_t i = 0; i < ARRAY_SIZE(mute); i++)
		close(mute[i]);
	for (int i = 0; i < 200 && ask("status", NULL) < 0; i++)
		usleep(10000); /* until it has seen them go */
	/* a line without end is refused */
	mute[0] = connect_raw();
	memset(line, 'a', sizeof(line));
	assert_int_equal(send(mute[0], line, sizeof(line), MSG_NOSIGNAL), sizeof(line));
	assert_int_equal(recv(mute[0], &c, 1, 0), 1);
	assert_int_equal(c, 'e');
	close(mute[0]);
	assert_int_equal(ask("unmount-lazy", NULL), 0);
	ended(pid);
}

static int runtime_dir(void **state _unused_)
{
	static char dir[] = "/tmp/test_control.XXXXXX";

	if (mkdtemp(dir) == NULL)
		return -1;
	return setenv("XDG_RUNTIME_DIR", dir, 1);
}

static int runtime_remove(void **state _unused_)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	_cleanup_free_ char *sub = str_format("%s/modelfs", dir);

	rmdir(sub);
	return rmdir(dir); /* nothing may be left in it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_there_is_enoent),
		cmocka_unit_test(status_comes_whole_and_unmount_waits),
		cmocka_unit_test(what_a_killed_daemon_left_is_replaced),
		cmocka_unit_test(a_stopped_daemon_is_a_timeout),
		cmocka_unit_test(mute_clients_do_not_shut_others_out_for_long),
	};

	return cmocka_run_group_tests(tests, runtime_dir, runtime_remove);
}
