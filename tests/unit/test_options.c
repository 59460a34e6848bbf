/* SPDX-License-Identifier: MIT */
/* The mount's options: contract section 1. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fs/gcloud.h"
#include "fs/options.h"

struct fixture {
	struct config config;
	struct options options;
	char *why;
};

static int clean_env(void **state _unused_)
{
	static const char *const names[] = {
		"MODELFS_OPTIONS",       "MODELFS_ENDPOINT",
		"CLOUDSDK_CORE_PROJECT", "GOOGLE_CLOUD_PROJECT",
		"CLOUDSDK_AI_REGION",    "CLOUDSDK_AI_PLATFORM_REGION",
		"CLOUDSDK_CONFIG",       "CLOUDSDK_ACTIVE_CONFIG_NAME",
		"XDG_DATA_HOME",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	setenv("MODELFS_DATA", "/var/data", 1);
	setenv("HOME", "/nonexistent", 1);
	return 0;
}

/* The whole way; 0 or -errno as the step that failed gave. */
static int parse(struct fixture *f, const char *text, const char *source)
{
	int err;

	memset(f, 0, sizeof(*f));
	err = options_begin(&f->options, &f->config, &f->why);
	if (err == 0 && text != NULL)
		err = options_apply(&f->options, text, "", &f->why);
	if (err == 0)
		err = options_finish(&f->options, source, "/tmp", &f->why);
	return err;
}

static void done(struct fixture *f)
{
	options_free(&f->options);
	config_free(&f->config);
	free(f->why);
}

static void refused(const char *text, const char *why)
{
	struct fixture f;

	assert_int_equal(parse(&f, text, NULL), -EINVAL);
	assert_non_null(f.why);
	if (strstr(f.why, why) == NULL)
		fail_msg("%s: \"%s\" lacks \"%s\"", text, f.why, why);
	done(&f);
}

static void without_options_it_is_the_local_registry(void **state _unused_)
{
	struct fixture f;

	assert_int_equal(parse(&f, NULL, NULL), 0);
	assert_string_equal(f.config.endpoint, "local");
	assert_string_equal(f.config.data, "/var/data");
	assert_string_equal(f.config.source, "");
	assert_string_equal(f.config.mountpoint, "/tmp");
	assert_int_equal(f.config.ttl_ms, 10000);
	assert_int_equal(f.config.stale_ms, 300000);
	assert_int_equal(f.config.timeout_ms, 10000);
	assert_false(f.config.ro);
	assert_false(f.config.has_uid);
	assert_int_equal(f.config.uid, geteuid());
	assert_string_equal(f.config.option_text, "endpoint=local,data=/var/data,rw,nosuid,nodev");
	done(&f);
}

static void every_option_is_taken(void **state _unused_)
{
	struct fixture f;

	assert_int_equal(
		parse(&f,
		      "data=/d,project=a,project=b,location=l1,location=l2,ttl=2.5,stale=60,"
		      "timeout=3,qps=7,cache=64M,api-version=v1beta1,registry-log=/l,retry=9,"
		      "ro,allow_other,uid=12,gid=34,umask=027",
		      "vertex/projects/acme"),
		0);
	assert_string_equal(f.config.source, "vertex/projects/acme");
	assert_string_equal(f.config.data, "/d");
	assert_int_equal(f.config.projects.count, 2);
	assert_string_equal(f.config.projects.items[1], "b");
	assert_int_equal(f.config.locations.count, 2);
	assert_int_equal(f.config.ttl_ms, 2500);
	assert_int_equal(f.config.stale_ms, 60000);
	assert_int_equal(f.config.timeout_ms, 3000);
	assert_int_equal(f.config.qps, 7);
	assert_int_equal(f.config.cache_size, 64 << 20);
	assert_string_equal(f.config.api_version, "v1beta1");
	assert_string_equal(f.config.registry_log, "/l");
	assert_int_equal(f.config.retry_s, 9);
	assert_true(f.config.ro);
	assert_true(f.config.allow_other);
	assert_true(f.config.has_uid && f.config.has_gid);
	assert_int_equal(f.config.uid, 12);
	assert_int_equal(f.config.gid, 34);
	assert_int_equal(f.config.umask_bits, 027);
	done(&f);
}

static void the_order_of_options_does_not_make_another_mount(void **state _unused_)
{
	struct fixture a, b;

	assert_int_equal(parse(&a, "ro,ttl=5,noexec,uid=1", NULL), 0);
	assert_int_equal(
		parse(&b, "uid=1,noexec,_netdev,ttl=5.0,ro,x-systemd.automount,retry=3", NULL), 0);
	assert_string_equal(a.config.option_text, b.config.option_text);
	done(&a);
	done(&b);
}

static void generic_options_are_passed_on_or_ignored(void **state _unused_)
{
	struct fixture f;

	assert_int_equal(parse(&f,
			       "defaults,rw,noatime,nosuid,nodev,exec,noexec,nofail,_netdev,user,"
			       "user=joe,auto,noauto,relatime,x-gvfs-show,X-mount.mkdir=0755,"
			       "comment=a b,users,owner,group,async,silent,loud,lazytime",
			       NULL),
			 0);
	assert_string_equal(f.config.fuse_options, "nosuid,nodev,noexec,async,noatime");
	done(&f);
	/* the last word counts */
	assert_int_equal(parse(&f, "ro,rw", NULL), 0);
	assert_false(f.config.ro);
	done(&f);
	/* quotes and backslashes protect commas, as in mount(8) */
	assert_int_equal(parse(&f, "context=\"u:r:t:s0,c1\",data=/a\\,b", NULL), 0);
	assert_string_equal(f.config.fuse_options, "nosuid,nodev,context=u:r:t:s0\\,c1");
	assert_string_equal(f.config.data, "/a,b");
	done(&f);
}

static void unknown_options_are_refused_by_name(void **state _unused_)
{
	struct fixture f;

	refused("ro,frobnicate", "'frobnicate'");
	refused("frobnicate=1", "'frobnicate'");
	refused("xino", "'xino'");
	refused("remount,ro", "option remount");
	memset(&f, 0, sizeof(f));
	assert_int_equal(options_begin(&f.options, &f.config, &f.why), 0);
	f.options.sloppy = true;
	assert_int_equal(options_apply(&f.options, "frobnicate,ro", "", &f.why), 0);
	assert_true(f.config.ro);
	done(&f);
}

static void bad_values_are_refused_by_option_and_value(void **state _unused_)
{
	static const char *const bad[] = {
		"ttl=x",
		"ttl=-1",
		"ttl=1e3",
		"ttl=99999999999",
		"ttl=",
		"ttl",
		"timeout=0",
		"qps=1.5",
		"qps=-1",
		"cache=lots",
		"cache=1",
		"cache=99999999999999999999",
		"api-version=v2",
		"ro=yes",
		"uid=no-such-user",
		"umask=888",
		"umask=1777",
		"project=",
		"project=a/b",
		"location=..",
		"data=",
		"endpoint=nowhere",
		"endpoint=unix:",
		"rw=1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused(bad[i], bad[i]);
}

static void environment_gives_defaults_and_the_command_line_wins(void **state _unused_)
{
	struct fixture f;

	setenv("MODELFS_OPTIONS", "ttl=1,ro,project=env,data=/env", 1);
	assert_int_equal(parse(&f, "ttl=2,project=mine", NULL), 0);
	assert_int_equal(f.config.ttl_ms, 2000);
	assert_true(f.config.ro);
	assert_int_equal(f.config.projects.count, 1);
	assert_string_equal(f.config.projects.items[0], "mine");
	assert_string_equal(f.config.data, "/env");
	done(&f);
	/* a data directory of the environment does not stop another endpoint */
	setenv("MODELFS_ENDPOINT", "unix:/run/x", 1);
	assert_int_equal(parse(&f, NULL, NULL), 0);
	assert_string_equal(f.config.endpoint, "unix:/run/x");
	assert_null(f.config.data);
	done(&f);
	refused("data=/d", "data=");
	setenv("MODELFS_OPTIONS", "ttl=x", 1);
	refused("ro", "MODELFS_OPTIONS: option ttl=x");
}

static void sizes_have_units(void **state _unused_)
{
	size_t n;

	assert_int_equal(options_size("64M", &n), 0);
	assert_int_equal(n, 64 << 20);
	assert_int_equal(options_size("1g", &n), 0);
	assert_int_equal(n, 1 << 30);
	assert_int_equal(options_size("16KiB", &n), 0);
	assert_int_equal(n, 16 << 10);
	assert_int_equal(options_size("1000", &n), 0);
	assert_int_equal(n, 1000);
	assert_int_equal(options_size("M", &n), -EINVAL);
	assert_int_equal(options_size("1X", &n), -EINVAL);
	assert_int_equal(options_size("1MM", &n), -EINVAL);
	assert_int_equal(options_size("99999999T", &n), -ERANGE);
}

static void expect_source(const char *text, const char *want)
{
	_cleanup_free_ char *got = options_source(text);

	if (want == NULL) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got, want);
}

static void a_source_is_a_clean_path(void **state _unused_)
{
	struct fixture f;

	expect_source("", "");
	expect_source("/", "");
	expect_source(".", "");
	expect_source("none", "");
	expect_source("modelfs", "");
	expect_source("/vertex//projects/./p/", "vertex/projects/p");
	expect_source("vertex/../ml", NULL);
	expect_source("..", NULL);
	assert_int_equal(parse(&f, NULL, "nonsense"), -EINVAL);
	assert_non_null(strstr(f.why, "'nonsense'"));
	done(&f);
	assert_int_equal(parse(&f, NULL, "vertex/.."), -EINVAL);
	done(&f);
}

static void google_takes_gclouds_project_and_region(void **state _unused_)
{
	char dir[] = "/tmp/test_options.XXXXXX";
	_cleanup_free_ char *sub = NULL, *file = NULL;
	struct fixture f;
	FILE *out;

	assert_non_null(mkdtemp(dir));
	sub = str_format("%s/configurations", dir);
	file = str_format("%s/config_default", sub);
	assert_int_equal(mkdir(sub, 0700), 0);
	out = fopen(file, "w");
	assert_non_null(out);
	fputs("# mine\n[compute]\nproject = wrong\n[core]\naccount = x\n project = acme\n"
	      "[ai]\nregion=us-central1\n",
	      out);
	fclose(out);
	setenv("CLOUDSDK_CONFIG", dir, 1);
	assert_int_equal(parse(&f, "endpoint=google", NULL), 0);
	assert_int_equal(f.config.projects.count, 1);
	assert_string_equal(f.config.projects.items[0], "acme");
	assert_string_equal(f.config.locations.items[0], "us-central1");
	done(&f);
	setenv("GOOGLE_CLOUD_PROJECT", "second", 1);
	setenv("CLOUDSDK_AI_REGION", "europe-west4", 1);
	assert_int_equal(parse(&f, "endpoint=google", NULL), 0);
	assert_string_equal(f.config.projects.items[0], "second");
	assert_string_equal(f.config.locations.items[0], "europe-west4");
	done(&f);
	assert_int_equal(parse(&f, "endpoint=google,project=third", NULL), 0);
	assert_int_equal(f.config.projects.count, 1);
	assert_string_equal(f.config.projects.items[0], "third");
	done(&f);
	/* elsewhere gcloud has no say */
	assert_int_equal(parse(&f, NULL, NULL), 0);
	assert_int_equal(f.config.projects.count, 0);
	done(&f);
	unlink(file);
	rmdir(sub);
	rmdir(dir);
}

static void help_names_every_option(void **state _unused_)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	assert_int_equal(options_help(&text), 0);
	assert_non_null(strstr(buf_str(&text), "\n  registry-log=FILE "));
	assert_non_null(strstr(buf_str(&text), "\n  umask=OCTAL "));
	assert_null(strstr(buf_str(&text), "nosuid"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_options_it_is_the_local_registry, clean_env),
		cmocka_unit_test_setup(every_option_is_taken, clean_env),
		cmocka_unit_test_setup(the_order_of_options_does_not_make_another_mount, clean_env),
		cmocka_unit_test_setup(generic_options_are_passed_on_or_ignored, clean_env),
		cmocka_unit_test_setup(unknown_options_are_refused_by_name, clean_env),
		cmocka_unit_test_setup(bad_values_are_refused_by_option_and_value, clean_env),
		cmocka_unit_test_setup(environment_gives_defaults_and_the_command_line_wins,
				       clean_env),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test_setup(a_source_is_a_clean_path, clean_env),
		cmocka_unit_test_setup(google_takes_gclouds_project_and_region, clean_env),
		cmocka_unit_test(help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
