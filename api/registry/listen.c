/* SPDX-License-Identifier: MIT */
#include "api/registry/listen.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "api/registry/routes.h"

#define BACKLOG 512

static int unix_address(int dir, const char *name, struct sockaddr_un *sun)
{
	int n;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	n = snprintf(sun->sun_path, sizeof(sun->sun_path), "/proc/self/fd/%d/%s", dir, name);
	return n < 0 || (size_t)n >= sizeof(sun->sun_path) ? -ENAMETOOLONG : 0;
}

static int unix_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

bool listen_answers(int dir, const char *name)
{
	_cleanup_close_ int fd = unix_socket();
	struct sockaddr_un sun;

	return fd >= 0 && unix_address(dir, name, &sun) == 0 &&
	       connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0;
}

/* Bound under another name and renamed: whoever finds the socket can connect. */
static int bind_unix(struct listen_socket *s)
{
	char temp[32];
	struct sockaddr_un sun;
	struct stat st;
	int r;

	snprintf(temp, sizeof(temp), ".socket-%ld", (long)getpid());
	unlinkat(s->dir_fd, temp, 0);
	if (fstatat(s->dir_fd, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return -EEXIST;
		if (listen_answers(s->dir_fd, s->name))
			return -EADDRINUSE;
	}
	s->fd = unix_socket();
	if (s->fd < 0)
		return s->fd;
	r = unix_address(s->dir_fd, temp, &sun);
	if (r < 0)
		return r;
	/* The mode is right before anyone can look it up. */
	if (fchmod(s->fd, 0600) < 0 || bind(s->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return -errno;
	if (fchmodat(s->dir_fd, temp, 0600, 0) < 0 || listen(s->fd, BACKLOG) < 0 ||
	    renameat(s->dir_fd, temp, s->dir_fd, s->name) < 0) {
		r = -errno;
		unlinkat(s->dir_fd, temp, 0);
		return r;
	}
	return 0;
}

static int open_unix(const char *path, struct listen_socket *s)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = slash == path ? strdup("/")
				   : slash       ? strndup(path, (size_t)(slash - path))
						 : strdup(".");

	s->is_unix = true;
	s->name = strdup(slash ? slash + 1 : path);
	if (!dir || !s->name)
		return -ENOMEM;
	if (!*s->name || strlen(s->name) > 60)
		return *s->name ? -ENAMETOOLONG : -EINVAL;
	s->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->dir_fd < 0 ? -errno : bind_unix(s);
}

static bool is_loopback(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *six = (const void *)sa;

	if (sa->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) >>
			       24 ==
		       127;
	return sa->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static int bind_tcp(const struct addrinfo *ai, struct listen_socket *s)
{
	int one = 1;

	s->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return -errno;
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(s->fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(s->fd, BACKLOG) < 0)
		return -errno;
	s->loopback = is_loopback(ai->ai_addr);
	return 0;
}

static int open_tcp(const char *spec, struct listen_socket *s, struct buf *why)
{
	const char *colon = strrchr(spec, ':');
	_cleanup_free_ char *host = NULL;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *ai;
	size_t len;
	int r;

	if (!colon || colon == spec || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")] ||
	    strlen(colon + 1) > 5 || atoi(colon + 1) > 65535) {
		buf_printf(why, "'%s' is neither unix:PATH nor HOST:PORT", spec);
		return -EINVAL;
	}
	len = (size_t)(colon - spec);
	host = spec[0] == '[' && len > 2 && spec[len - 1] == ']' ? strndup(spec + 1, len - 2)
								 : strndup(spec, len);
	if (!host)
		return -ENOMEM;
	r = getaddrinfo(host, colon + 1, &hints, &ai);
	if (r != 0) {
		buf_printf(why, "cannot listen on %s: %s", spec, gai_strerror(r));
		return -EINVAL;
	}
	r = bind_tcp(ai, s);
	freeaddrinfo(ai);
	return r;
}

/* Cuts "SERVICE=" off. */
static int take_service(const char **spec, struct listen_socket *s, struct buf *why)
{
	size_t n = strspn(*spec, "abcdefghijklmnopqrstuvwxyz");
	_cleanup_free_ char *name = strndup(*spec, n);

	if ((*spec)[n] != '=')
		return 0;
	if (!name)
		return -ENOMEM;
	s->services = route_surfaces(name);
	if (!s->services) {
		buf_printf(why, "'%s' is no service: vertex, automl, ml", name);
		return -EINVAL;
	}
	*spec += n + 1;
	return 0;
}

int listen_open(const char *spec, struct listen_socket *out, struct buf *why)
{
	int r;

	out->text = strdup(spec);
	if (!out->text)
		return -ENOMEM;
	r = take_service(&spec, out, why);
	if (r == 0)
		r = starts_with(spec, "unix:") ? open_unix(spec + 5, out)
					       : open_tcp(spec, out, why);
	if (r == -EADDRINUSE)
		buf_printf(why, "cannot listen on %s: another server answers there", spec);
	else if (r < 0 && !why->len)
		buf_printf(why, "cannot listen on %s: %s", spec,
			   r == -EEXIST ? "there is a file that is no socket" : strerror(-r));
	if (r < 0) {
		free(out->name); /* not ours: keep its file */
		out->name = NULL;
		listen_close(out);
	}
	return r;
}

#define HIDDEN_NAME ".socket-closing"

int listen_hide(struct listen_socket *s, bool hide)
{
	if (!s->is_unix)
		return 0;
	return renameat(s->dir_fd, hide ? s->name : HIDDEN_NAME, s->dir_fd,
			hide ? HIDDEN_NAME : s->name) < 0
		       ? -errno
		       : 0;
}

void listen_close(struct listen_socket *s)
{
	if (s->dir_fd >= 0 && s->name) {
		unlinkat(s->dir_fd, s->name, 0);
		unlinkat(s->dir_fd, HIDDEN_NAME, 0);
	}
	if (s->fd >= 0)
		close(s->fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s->name);
	free(s->text);
	*s = (struct listen_socket)LISTEN_SOCKET_INIT;
}
