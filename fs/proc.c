/* SPDX-License-Identifier: MIT */
#include "fs/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static FILE *open_status(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	return fopen(path, "re");
}

pid_t proc_tgid(pid_t tid)
{
	char line[128];
	int tgid = tid;
	FILE *f = open_status(tid);

	if (!f)
		return tid;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	fclose(f);
	return tgid;
}

/* The inode number of an open file; 0: not told. */
static uint64_t inode_of(int fdinfo, const char *fd)
{
	_cleanup_close_ int file = openat(fdinfo, fd, O_RDONLY | O_CLOEXEC);
	char text[512];
	ssize_t len = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	const char *ino;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	ino = strstr(text, "\nino:");
	return ino ? strtoull(ino + strlen("\nino:"), NULL, 10) : 0;
}

bool proc_holds(pid_t tgid, uint64_t ino)
{
	char path[64];
	bool holds = false;
	struct dirent *entry;
	DIR *dir;

	if (kill(tgid, 0) && errno == ESRCH)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)tgid);
	dir = opendir(path);
	if (!dir)
		return true; /* not ours to look into: it lives, so it may */
	while (!holds && (entry = readdir(dir)))
		holds = entry->d_name[0] != '.' && inode_of(dirfd(dir), entry->d_name) == ino;
	closedir(dir);
	return holds;
}

/* Signals that go by without ending what a process does. */
static const int passing[] = {SIGCHLD, SIGWINCH, SIGCONT, SIGURG,
			      SIGTSTP, SIGTTIN,  SIGTTOU, SIGSTOP};

bool proc_interrupted(pid_t tid)
{
	unsigned long long own = 0, shared = 0, blocked = 0, ignored = 0, pending;
	char line[128];
	FILE *f = open_status(tid);

	if (!f)
		return true;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "SigPnd: %llx", &own);
		sscanf(line, "ShdPnd: %llx", &shared);
		sscanf(line, "SigBlk: %llx", &blocked);
		sscanf(line, "SigIgn: %llx", &ignored);
	}
	fclose(f);
	pending = (own | shared) & ~blocked & ~ignored;
	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		pending &= ~(1ULL << (passing[i] - 1));
	return pending != 0;
}
