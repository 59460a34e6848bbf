# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Every row of the three tables of rules, through REST (tests/rules): each prints
# a table of its rules with their verdicts.  What is said there is held against
# the schemas too.

deadline 300 test_every_rule_of_vertex test_every_rule_of_automl test_every_rule_of_ml
deadline 300 test_malformed_requests_are_refused_and_leave_no_trace

# rules SERVICE: run its table, which must be whole
rules() {
	local out status=0
	RULES_LOG=$LOG MODELFS=$(command -v modelfs) RULES_DEADLINE=$((280 * SLOWNESS)) \
		python3 -B "$RULES/$1.py" >"$DIR/rules.out" 2>&1 || status=$?
	cat "$DIR/rules.out"
	out=$(tail -n 1 "$DIR/rules.out")
	[ $status -eq 0 ] || fail "$1: $out"
	like '^[1-9][0-9]* passed, 0 failed$' "$out"
}

test_every_rule_of_vertex() {
	rules vertex
}

test_every_rule_of_automl() {
	rules automl
}

test_every_rule_of_ml() {
	rules ml
}

# 200 and more of them: 4xx with the envelope, and the memory is where it was.
test_malformed_requests_are_refused_and_leave_no_trace() {
	MODELFS=$(command -v modelfs) RULES_DEADLINE=$((280 * SLOWNESS)) \
		python3 -B "$RULES/malformed.py" >"$DIR/rules.out" 2>&1 || fail "$(cat "$DIR/rules.out")"
	cat "$DIR/rules.out"
	like '^[1-9][0-9]* passed, 0 failed$' "$(tail -n 1 "$DIR/rules.out")"
}
