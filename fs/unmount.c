/* SPDX-License-Identifier: MIT */
/* The ways a mount ends, seen from outside its daemon. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sysexits.h>

#include "fs/bounded.h"
#include "fs/cli.h"
#include "fs/control.h"
#include "fs/lifecycle.h"

#define PROBE_MS  2000
#define DETACH_MS 10000
/* The daemon finishes saves in flight within its own deadlines. */
#define UNMOUNT_MS      90000
#define UNMOUNT_LAZY_MS 10000
#define ALIVE_MS        2000 /* its loop never blocks: one that says nothing is stuck */
#define GONE_MS         5000

/* ---- by force ---- */

/* Wakes everybody who hangs in the mount. */
static void abort_connection(const struct mountinfo *m)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/fuse/connections/%u/abort", m->minor);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* no fusectl here, or not ours: detaching still helps */
	if (write(fd, "1", 1) < 0)
		errno = 0;
	close(fd);
}

struct umount_call {
	const char *path;
	int flags;
};

static int run_umount(void *ctx, int out_fd _unused_)
{
	const struct umount_call *u = ctx;

	return umount2(u->path, u->flags) == 0 ? 0 : -errno;
}

/* fusermount3 tells why only in words. */
static int by_fusermount(const char *path, bool lazy, char **why)
{
	char *argv[] = {(char *)"fusermount3",
			(char *)"-u",
			lazy ? (char *)"-z" : (char *)"--",
			lazy ? (char *)"--" : (char *)path,
			lazy ? (char *)path : NULL,
			NULL};
	_cleanup_buf_ struct buf text = BUF_INIT_MAX(4096);
	int status = bounded_exec(argv, DETACH_MS, &text);

	if (status == 0)
		return 0;
	if (status == 127) {
		*why = strdup("fusermount3 is not installed");
		return -ENOENT;
	}
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		buf_truncate(&text, text.len - 1);
	*why = text.len > 0 ? strdup(text.data) : NULL;
	if (status < 0)
		return status;
	return strstr(buf_str(&text), "busy") != NULL ? -EBUSY : -EPERM;
}

int lifecycle_detach(const struct mountinfo *m, bool lazy, char **why)
{
	struct umount_call u = {m->mountpoint, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)};

	*why = NULL;
	if (lazy)
		abort_connection(m);
	if (geteuid() == 0)
		return bounded_run(run_umount, &u, DETACH_MS, NULL);
	return by_fusermount(m->mountpoint, lazy, why);
}

/* ---- the command ---- */

static bool still_there(const struct mountinfo *m)
{
	_cleanup_mountinfo_ struct mountinfo_table table = {NULL, 0};
	const struct mountinfo *now = NULL;

	if (mountinfo_read(NULL, &table) == 0)
		now = mountinfo_at(&table, m->mountpoint);
	return now != NULL && now->id == m->id && now->minor == m->minor;
}

static bool gone_within(const struct mountinfo *m, unsigned ms)
{
	uint64_t deadline = now_ns() + ms * NSEC_PER_MSEC;

	while (still_there(m)) {
		if (now_ns() >= deadline)
			return false;
		usleep(10000);
	}
	return true;
}

static int report(const struct mountinfo *m, int err, const char *why)
{
	switch (err) {
	case 0:
		return EX_OK;
	case -EBUSY:
		return cli_fail(EX_TEMPFAIL,
				"%s is busy: a process uses it (fuser -vm %s tells which; --lazy "
				"does not wait)",
				m->mountpoint, m->mountpoint);
	case -EPERM:
	case -EACCES:
		return cli_fail(EX_NOPERM, "%s: %s", m->mountpoint,
				why != NULL ? why : "it is another user's mount");
	case -ETIMEDOUT:
		return cli_fail(EX_TEMPFAIL,
				"%s: its daemon does not answer (--lazy does not wait)",
				m->mountpoint);
	default:
		return cli_fail(EX_UNAVAILABLE, "%s: %s", m->mountpoint,
				why != NULL ? why : strerror(-err));
	}
}

/* Without the daemon's help: it is dead, or cannot be reached. */
static int unmount_alone(const struct mountinfo *m, bool lazy)
{
	_cleanup_free_ char *why = NULL;
	bool dead = bounded_statfs(m->mountpoint, PROBE_MS) == -ENOTCONN;
	int err = lifecycle_detach(m, lazy || dead, &why);

	if (err < 0 && !still_there(m))
		err = 0;
	return report(m, err, why);
}

static int unmount_one(const struct mountinfo *m, bool lazy)
{
	_cleanup_buf_ struct buf answer = BUF_INIT;
	int err = control_ask(m->mountpoint, "status", ALIVE_MS, &answer);

	if (err == 0)
		err = control_ask(m->mountpoint, lazy ? "unmount-lazy" : "unmount",
				  lazy ? UNMOUNT_LAZY_MS : UNMOUNT_MS, &answer);

	/* It may end between the unmount and its answer. */
	if ((err == 0 || err == -ECONNRESET) && gone_within(m, GONE_MS))
		return EX_OK;
	if (err == -ENOENT || err == -ECONNRESET || err == -EPIPE || (lazy && err < 0))
		return unmount_alone(m, lazy);
	return report(m, err == 0 ? -ETIMEDOUT : err, NULL);
}

static int unmount_path(const char *path, bool lazy)
{
	_cleanup_mountinfo_ struct mountinfo_table table = {NULL, 0};
	_cleanup_free_ char *mountpoint = NULL;
	const struct mountinfo *m;
	int err = mountpoint_resolve(path, &mountpoint);

	if (err == 0)
		err = mountinfo_read(NULL, &table);
	if (err < 0)
		return cli_fail(EX_NOINPUT, "%s: %s", path, strerror(-err));
	m = mountinfo_at(&table, mountpoint);
	if (m == NULL)
		return cli_fail(EX_NOINPUT, "%s is not mounted", path);
	if (!mountinfo_is_ours(m))
		return cli_fail(EX_USAGE, "%s is a mount of type %s, not of modelfs", path,
				m->type);
	return unmount_one(m, lazy);
}

int unmount_command(int argc, char **argv)
{
	static const struct option longs[] = {
		{"lazy", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int letter, code, worst = EX_OK;
	bool lazy = false;

	optind = 0;
	while ((letter = getopt_long(argc, argv, "lzh", longs, NULL)) != -1) {
		if (letter == 'h')
			return cli_help("unmount");
		if (letter == '?')
			return cli_usage("unmount");
		lazy = true;
	}
	if (optind == argc) {
		cli_fail(EX_USAGE, "a MOUNTPOINT is missing");
		return cli_usage("unmount");
	}
	for (int i = optind; i < argc; i++) {
		code = unmount_path(argv[i], lazy);
		if (code != EX_OK)
			worst = code;
	}
	return worst;
}
