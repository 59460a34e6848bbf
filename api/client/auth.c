/* SPDX-License-Identifier: MIT */
/*
 * The bearer token: CLOUDSDK_AUTH_ACCESS_TOKEN, or the file that
 * CLOUDSDK_AUTH_ACCESS_TOKEN_FILE names, read again when it changes.  The
 * token leaves this file only towards the Authorization header.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "api/client/internal.h"

#define TOKEN_MAX 16384

struct auth {
	char *token;     /* as it goes into the header; NULL: none */
	char *file;      /* the file it came from; NULL: none */
	struct stat st;  /* the file as it was read */
	bool read;       /* the file was read as st says */
	bool refused;    /* a 401 since this token was set */
	const char *why; /* why there is none, static */
};

static const char not_signed_in[] =
	"not signed in: set CLOUDSDK_AUTH_ACCESS_TOKEN to the output of `gcloud auth "
	"print-access-token`, or CLOUDSDK_AUTH_ACCESS_TOKEN_FILE to a file that holds such a token";

static void wipe(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

/* Trims white space; what else could not stand in a header is refused. */
static int token_clean(const char *text, char **out)
{
	size_t n;

	text += strspn(text, " \t\r\n");
	n = strcspn(text, " \t\r\n");
	if (!n || text[n + strspn(text + n, " \t\r\n")])
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= 0x20 || text[i] >= 0x7f)
			return -EINVAL;
	*out = strndup(text, n);
	return *out ? 0 : -ENOMEM;
}

static void set_token(struct auth *a, char *token, const char *why)
{
	if (!token || !a->token || !streq(token, a->token))
		a->refused = false;
	wipe(a->token);
	a->token = token;
	a->why = token ? NULL : why;
}

static void read_environment(struct auth *a)
{
	const char *text = getenv("CLOUDSDK_AUTH_ACCESS_TOKEN");
	const char *file = getenv("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE");
	char *token = NULL;

	free(take_ptr(a->file));
	a->read = false;
	if (text && *text) {
		if (token_clean(text, &token))
			set_token(a, NULL, "CLOUDSDK_AUTH_ACCESS_TOKEN holds no token");
		else
			set_token(a, token, NULL);
		return;
	}
	set_token(a, NULL, not_signed_in);
	if (file && *file)
		a->file = strdup(file);
}

static int read_all(int fd, char *text, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = read(fd, text + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	return len < max && strlen(text) == len ? 0 : -EINVAL;
}

static void read_file(struct auth *a)
{
	_cleanup_close_ int fd = open(a->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char text[TOKEN_MAX + 1];
	char *token = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		a->read = false;
		set_token(a, NULL,
			  "not signed in: the file of CLOUDSDK_AUTH_ACCESS_TOKEN_FILE can not be "
			  "read");
		return;
	}
	if (read_all(fd, text, TOKEN_MAX) || token_clean(text, &token))
		set_token(a, NULL, "the file of CLOUDSDK_AUTH_ACCESS_TOKEN_FILE holds no token");
	else
		set_token(a, token, NULL);
	explicit_bzero(text, sizeof(text));
	a->st = st;
	a->read = true;
}

static bool file_changed(const struct auth *a)
{
	struct stat st;

	if (!a->read || stat(a->file, &st))
		return true;
	return st.st_dev != a->st.st_dev || st.st_ino != a->st.st_ino ||
	       st.st_size != a->st.st_size || st.st_mtim.tv_sec != a->st.st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != a->st.st_mtim.tv_nsec;
}

int auth_new(struct auth **out)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	read_environment(a);
	*out = a;
	return 0;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	wipe(a->token);
	free(a->file);
	free(a);
}

int auth_token(struct auth *a, const char **token, const char **why)
{
	if (a->file && file_changed(a))
		read_file(a);
	*token = a->token;
	*why = a->why;
	return 0;
}

void auth_refused(struct auth *a)
{
	a->refused = true;
	a->read = false;
}

void auth_accepted(struct auth *a)
{
	a->refused = false;
}

bool auth_usable(struct auth *a)
{
	const char *token, *why;

	return !auth_token(a, &token, &why) && token && !a->refused;
}

void auth_reload(struct auth *a)
{
	read_environment(a);
}
