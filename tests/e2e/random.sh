# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Random sequences of system calls, held against files on a disk and against
# the contract's commit rule (tests/fuzz/random_ops.py).  The seeds are fixed;
# MODELFS_RANDOM=FIRST-LAST takes others (scripts/check --full: thousands).

as_user test_random_sequences_answer_as_the_contract_says
deadline 900 test_random_sequences_answer_as_the_contract_says

test_random_sequences_answer_as_the_contract_says() {
	local seeds=${MODELFS_RANDOM:-1-300}
	# Bodies are not needed, and thousands of them are long.
	modelfs serve --data "$DATA" --access-log "$LOG" >>"$DIR/serve.log" 2>&1 &
	STARTED+=("$!")
	within 10 healthy "$DATA"
	local v
	for v in 2 3; do
		import --parent-model eyes "$FILES/$v/cascade.xml" >/dev/null
	done
	mount_tree -o ttl=60
	python3 "$FUZZ/random_ops.py" --mount "$MNT/models/eyes" --twin "$MEMORY" --seeds "$seeds" \
		--socket "$DATA/socket" --log "$LOG" --resource "$LOC/models/eyes" \
		--refresh "$MNT/.modelfs/refresh"
}
