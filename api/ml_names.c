/* SPDX-License-Identifier: MIT */
/* The names that AI Platform's rules know: of resources, machines, model files. */
#include "api/ml_rules.h"

bool ml_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len < 1 || len > 128 ||
	    !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", name[0]))
		return false;
	return name[strspn(name,
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ==
	       '\0';
}

bool ml_machine_is_mls1(const char *machine)
{
	return starts_with(machine, "mls1-");
}

bool ml_machine_known(const char *machine)
{
	static const char *const mls1[] = {"mls1-c1-m2", "mls1-c4-m2"};
	static const char *const families[] = {"n1-standard-", "n1-highmem-", "n1-highcpu-"};
	static const char *const sizes[] = {"2", "4", "8", "16", "32"};

	for (size_t i = 0; i < ARRAY_SIZE(mls1); i++)
		if (streq(machine, mls1[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (size_t j = 0; starts_with(machine, families[i]) && j < ARRAY_SIZE(sizes); j++)
			if (streq(machine + strlen(families[i]), sizes[j]))
				return true;
	return false;
}

const char *ml_framework_of(const char *file)
{
	static const struct {
		const char *file, *framework;
	} known[] = {
		{"saved_model.pb", "TENSORFLOW"}, {"saved_model.pbtxt", "TENSORFLOW"},
		{"model.joblib", "SCIKIT_LEARN"}, {"model.pkl", "SCIKIT_LEARN"},
		{"model.bst", "XGBOOST"},
	};
	const char *slash = strrchr(file, '/');

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (streq(slash ? slash + 1 : file, known[i].file))
			return known[i].framework;
	return NULL;
}
