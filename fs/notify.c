/* SPDX-License-Identifier: MIT */
#include "fs/notify.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "api/log.h"
#include "fs/req.h"
#include "fs/session.h"

enum note_kind { NOTE_PAGES, NOTE_ENTRY, NOTE_POLL };

/* A reply waits this long at most for the kernel to have heard of a change. */
#define BARRIER_NS (300 * NSEC_PER_MSEC)

struct note {
	struct note *next;
	enum note_kind kind;
	fuse_ino_t ino;
	char *name;
	struct fuse_pollhandle *ph;
};

struct notifier {
	struct mount *m;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows, up to event_fd */
	pthread_cond_t work, idle;
	struct note *head, *tail;
	uint64_t queued, delivered;
	uint64_t wanted; /* somebody in the loop waits for this many; 0: nobody */
	bool stop;
	int event_fd;
	struct waitq waiters; /* the loop's */
	struct loop_timer timer;
};

static void note_free(struct note *n)
{
	free(n->name);
	free(n);
}

static void note_deliver(struct notifier *n, struct note *note)
{
	struct fuse_session *se = session_fuse(n->m->session);

	switch (note->kind) {
	case NOTE_PAGES: /* waits for READs of it, which the loop answers at once */
		fuse_lowlevel_notify_inval_inode(se, note->ino, 0, 0);
		break;
	case NOTE_ENTRY:
		fuse_lowlevel_notify_inval_entry(se, note->ino, note->name, strlen(note->name));
		break;
	case NOTE_POLL:
		fuse_lowlevel_notify_poll(note->ph);
		fuse_pollhandle_destroy(note->ph);
		break;
	}
}

static void *notifier_main(void *ctx)
{
	struct notifier *n = ctx;

	pthread_mutex_lock(&n->lock);
	while (!n->stop || n->head) {
		struct note *note = n->head;

		if (!note) {
			pthread_cond_broadcast(&n->idle);
			pthread_cond_wait(&n->work, &n->lock);
			continue;
		}
		n->head = note->next;
		if (!n->head)
			n->tail = NULL;
		pthread_mutex_unlock(&n->lock);
		note_deliver(n, note);
		note_free(note);
		pthread_mutex_lock(&n->lock);
		n->delivered++;
		if (n->wanted && n->delivered >= n->wanted)
			eventfd_write(n->event_fd, 1);
	}
	pthread_cond_broadcast(&n->idle);
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

static void waiters_wake(void *ctx)
{
	struct notifier *n = ctx;

	pthread_mutex_lock(&n->lock);
	n->wanted = 0;
	pthread_mutex_unlock(&n->lock);
	loop_timer_cancel(n->m->loop, &n->timer);
	waitq_wake(n->m, &n->waiters);
}

static void notes_delivered(void *ctx, int fd, uint32_t events)
{
	eventfd_t count;

	(void)events;
	eventfd_read(fd, &count);
	waiters_wake(ctx);
}

int notifier_new(struct mount *m, struct notifier **out)
{
	struct notifier *n = calloc(1, sizeof(*n));
	sigset_t all, old;
	int err;

	if (!n)
		return -ENOMEM;
	n->m = m;
	n->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->event_fd < 0) {
		err = -errno;
		free(n);
		return err;
	}
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->work, NULL);
	pthread_cond_init(&n->idle, NULL);
	loop_watch(m->loop, n->event_fd, EPOLLIN, notes_delivered, n);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&n->thread, NULL, notifier_main, n);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		loop_watch(m->loop, n->event_fd, 0, NULL, NULL);
		close(n->event_fd);
		free(n);
		return err;
	}
	*out = n;
	return 0;
}

static void note_queue(struct notifier *n, const struct note *what, const char *name)
{
	struct note *note = malloc(sizeof(*note));
	char *copy = name ? strdup(name) : NULL;

	/* Without memory the kernel's own timeouts have to do. */
	if (!note || (name && !copy)) {
		if (what->ph)
			fuse_pollhandle_destroy(what->ph);
		free(note);
		free(copy);
		return;
	}
	*note = *what;
	note->name = copy;
	pthread_mutex_lock(&n->lock);
	if (n->tail)
		n->tail->next = note;
	else
		n->head = note;
	n->tail = note;
	n->queued++;
	pthread_cond_signal(&n->work);
	pthread_mutex_unlock(&n->lock);
}

void notify_inode(struct notifier *n, fuse_ino_t ino)
{
	if (n)
		fuse_lowlevel_notify_inval_inode(session_fuse(n->m->session), ino, -1, 0);
}

void notify_pages(struct notifier *n, fuse_ino_t ino)
{
	if (n)
		note_queue(n, &(struct note){.kind = NOTE_PAGES, .ino = ino}, NULL);
}

void notify_entry(struct notifier *n, fuse_ino_t parent, const char *name)
{
	if (n)
		note_queue(n, &(struct note){.kind = NOTE_ENTRY, .ino = parent}, name);
}

void notify_poll(struct notifier *n, struct fuse_pollhandle *ph)
{
	if (n)
		note_queue(n, &(struct note){.kind = NOTE_POLL, .ph = ph}, NULL);
}

uint64_t notify_ticket(struct notifier *n)
{
	uint64_t ticket;

	pthread_mutex_lock(&n->lock);
	ticket = n->queued;
	pthread_mutex_unlock(&n->lock);
	return ticket;
}

int notify_wait(struct notifier *n, struct req *r)
{
	uint64_t now = now_ns();
	bool reached;

	pthread_mutex_lock(&n->lock);
	reached = n->delivered >= r->ticket;
	if (!reached && (!n->wanted || r->ticket < n->wanted))
		n->wanted = r->ticket;
	pthread_mutex_unlock(&n->lock);
	if (!r->ticket_ns)
		r->ticket_ns = now;
	if (reached || now - r->ticket_ns >= BARRIER_NS)
		return REQ_DONE;
	if (!n->timer.slot)
		loop_timer_set(n->m->loop, &n->timer, now + BARRIER_NS, waiters_wake, n);
	return req_park(r, &n->waiters);
}

bool notifier_stop(struct notifier *n, unsigned wait_ms)
{
	struct timespec until;
	bool idle;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&n->lock);
	n->stop = true;
	pthread_cond_signal(&n->work);
	while (n->delivered < n->queued &&
	       pthread_cond_timedwait(&n->idle, &n->lock, &until) != ETIMEDOUT)
		;
	idle = n->delivered >= n->queued;
	pthread_mutex_unlock(&n->lock);
	return idle;
}

void notifier_free(struct notifier *n)
{
	if (!n)
		return;
	notifier_stop(n, 0);
	pthread_join(n->thread, NULL);
	loop_watch(n->m->loop, n->event_fd, 0, NULL, NULL);
	close(n->event_fd);
	loop_timer_cancel(n->m->loop, &n->timer);
	pthread_mutex_destroy(&n->lock);
	pthread_cond_destroy(&n->work);
	pthread_cond_destroy(&n->idle);
	free(n);
}
