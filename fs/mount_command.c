/* SPDX-License-Identifier: MIT */
/* `modelfs mount` and `mount.modelfs`: their arguments. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "fs/cli.h"
#include "fs/lifecycle.h"

/* mount(8)'s exit codes. */
enum { HELPER_OK = 0, HELPER_USAGE = 1, HELPER_SYSTEM = 2, HELPER_FAILED = 32 };

struct call {
	struct config config;
	struct options options;
	bool helper;
	bool help;
};

static void call_free(struct call *call)
{
	options_free(&call->options);
	config_free(&call->config);
}

static int complain(int err, char *why)
{
	int code = err == -EINVAL   ? EX_USAGE
		   : err == -ENOMEM ? EX_OSERR
		   : err == -EACCES ? EX_NOPERM
				    : EX_NOINPUT;

	cli_fail(code, "%s", why != NULL ? why : strerror(-err));
	free(why);
	return code;
}

/* One option letter; letters that mean nothing here are mount(8)'s. */
static int take_letter(struct call *call, int letter)
{
	struct options *o = &call->options;
	char *why = NULL;
	int err;

	switch (letter) {
	case 'o':
		err = options_apply(o, optarg, "", &why);
		return err < 0 ? complain(err, why) : EX_OK;
	case 'r':
		o->config->ro = true;
		return EX_OK;
	case 'w':
		o->config->ro = false;
		return EX_OK;
	case 'd':
		o->config->debug = true;
		o->config->foreground = true;
		return EX_OK;
	case 'f':
		if (call->helper)
			o->fake = true;
		else
			o->config->foreground = true;
		return EX_OK;
	case 's':
		o->sloppy = call->helper;
		return EX_OK;
	case 'v':
		o->verbose = true;
		return EX_OK;
	case 'h':
		call->help = true;
		return EX_OK;
	case 'n':
	case 't':
	case 'N':
		return EX_OK;
	default:
		return EX_USAGE;
	}
}

static int take_letters(struct call *call, int argc, char **argv)
{
	static const struct option longs[] = {
		{"options", required_argument, NULL, 'o'}, {"read-only", no_argument, NULL, 'r'},
		{"read-write", no_argument, NULL, 'w'},    {"foreground", no_argument, NULL, 'f'},
		{"debug", no_argument, NULL, 'd'},         {"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
	};
	/* -s goes first whatever the order: it says how -o is read. */
	const char *letters = call->helper ? "o:rwdfsvnt:N:h" : "o:rwdfsvnh";
	int letter, code;

	optind = 0;
	for (int i = 1; call->helper && i < argc && !streq(argv[i], "--"); i++)
		if (streq(argv[i], "-s"))
			call->options.sloppy = true;
	while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		code = take_letter(call, letter);
		if (letter == '?')
			return cli_usage("mount");
		if (code != EX_OK)
			return code;
	}
	return EX_OK;
}

static int run(struct call *call, int argc, char **argv)
{
	const char *source = NULL, *mountpoint;
	char *why = NULL;
	int err, code;

	err = options_begin(&call->options, &call->config, &why);
	if (err < 0)
		return complain(err, why);
	code = take_letters(call, argc, argv);
	if (code != EX_OK)
		return code;
	if (call->help)
		return cli_help("mount");
	if (argc - optind < 1 || argc - optind > 2) {
		cli_fail(EX_USAGE, argc - optind < 1 ? "a MOUNTPOINT is missing"
						     : "too many arguments: [SOURCE] MOUNTPOINT");
		return cli_usage("mount");
	}
	mountpoint = argv[argc - 1];
	if (argc - optind == 2)
		source = argv[optind];
	err = options_finish(&call->options, source, mountpoint, &why);
	return err < 0 ? complain(err, why) : lifecycle_mount(&call->options);
}

int mount_command(int argc, char **argv)
{
	_cleanup_(call_free) struct call call = {.helper = false};

	return run(&call, argc, argv);
}

int mount_helper(int argc, char **argv)
{
	_cleanup_(call_free) struct call call = {.helper = true};

	switch (run(&call, argc, argv)) {
	case EX_OK:
		return HELPER_OK;
	case EX_USAGE:
		return HELPER_USAGE;
	case EX_OSERR:
		return HELPER_SYSTEM;
	default:
		return HELPER_FAILED;
	}
}
