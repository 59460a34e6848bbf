# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# operations/, live (contract section 5).

# slow_model RATE: a registry whose exports go at RATE bytes a second, a mount,
# and a model of 1 MB at $S
slow_model() {
	head -c 1000000 /dev/urandom | put_object gs://slow/model.bin
	registry --export-rate "$1"
	upload '{"modelId":"slow","model":{"displayName":"slow","artifactUri":"gs://slow/"}}' >/dev/null
	mount_tree
	S=$MNT/models/slow
}

start_export() { # [PREFIX]
	export_to "$S/export.json" "${1:-gs://out/x}" >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$S/export.json"
}

test_an_operation_is_there_at_once_everywhere() {
	slow_model 400000
	start_export
	local op
	op=$(basename "$(readlink "$S/operations/latest")")
	eq RUNNING "$(cat "$S/operations/$op/status")"
	eq RUNNING "$(cat "$MNT/operations/$op/status")"
	eq RUNNING "$(cat "$S/versions/1/operations/$op/status")"
	eq RUNNING "$(cat "$S/versions/1/operations/latest/status")"
	eq false "$(cat "$S/operations/$op/done")"
	eq "$op" "$(getfattr --only-values -n user.modelfs.operation "$S/export.json" | sed 's,.*/,,')"
	like "/operations/$op\$" "$(jq -r .name "$S/operations/$op/operation.json")"
	eq gs://out/x "$(jq -r .outputConfig.artifactDestination.outputUriPrefix "$S/operations/$op/request.json")"
	like '^gs://out/x/model-export-slow-' "$(cat "$S/operations/$op/output")"
	jq -e .genericMetadata.createTime "$S/operations/$op/metadata.json" >/dev/null
	like '/models/slow(/versions/1)?$' "$(readlink -f "$S/operations/$op/target")"
	eq SUCCEEDED "$(cat "$S/operations/$op/wait")"
	eq 'SUCCEEDED true' "$(cat "$S/operations/$op/status" "$S/operations/$op/done" | xargs)"
	like ExportModelResponse "$(jq -r '."@type"' "$S/operations/$op/response.json")"
	[ ! -e "$S/operations/$op/error.json" ]
	cmp "$DATA/buckets/slow/model.bin" "$S/operations/$op/files/model.bin"
}
as_user test_an_operation_is_there_at_once_everywhere

test_wait_blocks_until_done_and_can_be_interrupted() {
	slow_model 400000
	start_export
	local op=$S/operations/latest
	unlike '(^| )wait( |$)' "$(find "$op/" -printf '%f ')"
	eq 0 "$(stat -c %s "$op/wait")"
	at_most 2 timeout -s INT 0.5 cat "$op/wait"
	eq 124 "$STATUS"
	at_most 2 timeout -s KILL 0.5 cat "$op/wait"
	eq RUNNING "$(cat "$op/status")"
	# others go on meanwhile
	cat "$op/wait" >"$DIR/tmp/w" &
	at_most 1 cat "$S/displayName" >/dev/null
	at_most 1 find "$MNT/models" >/dev/null
	wait $!
	eq SUCCEEDED "$(cat "$DIR/tmp/w")"
	at_most 1 cat "$op/wait" >/dev/null
	eq SUCCEEDED "$(<"$op/wait")"
}
as_user test_wait_blocks_until_done_and_can_be_interrupted

test_many_may_wait() {
	slow_model 500000
	start_export
	local i pids=()
	for i in {1..20}; do
		cat "$S/operations/latest/wait" >"$DIR/tmp/w$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	eq 'SUCCEEDED' "$(sort -u "$DIR"/tmp/w*)"
}

test_poll_wakes_at_a_change_as_in_sysfs() {
	slow_model 400000
	start_export
	eq 'RUNNING SUCCEEDED' "$(timeout 30 python3 "$E2E/tools/poll_status.py" "$S/operations/latest/status")"
}

test_cancel_ends_the_operation() {
	slow_model 100000
	start_export
	mark
	echo 1 >"$S/operations/latest/cancel"
	eq 1 "$(calls POST ':cancel$')"
	eq CANCELLED "$(cat "$S/operations/latest/wait")"
	eq CANCELLED "$(cat "$S/operations/latest/status")"
	eq 1 "$(jq .code "$S/operations/latest/error.json")"
	[ ! -e "$S/operations/latest/response.json" ]
	errno_is EINVAL close "$S/operations/latest/cancel" $'nonsense\n'
}
as_user test_cancel_ends_the_operation

test_a_failed_operation_tells_why() {
	slow_model 1000000
	rm "$DATA"/buckets/slow/model.bin
	rm -rf "$DATA"/artifacts/*
	start_export
	eq FAILED "$(cat "$S/operations/latest/wait")"
	jq -e '.code > 0 and (.message | length > 0)' "$S/operations/latest/error.json" >/dev/null
	eq '' "$(find "$DATA/buckets/out" -name 'model-export-*' 2>/dev/null)"
}

test_events_is_a_line_per_change() {
	slow_model 500000
	: >"$DIR/tmp/events"
	tail -s 0.1 -n 0 -f "$MNT/operations/events" >"$DIR/tmp/events" 2>/dev/null &
	local tail=$!
	STARTED+=("$tail")
	sleep 0.3
	start_export
	cat "$S/operations/latest/wait" >/dev/null
	within 3 grep -q SUCCEEDED "$DIR/tmp/events"
	grep -q RUNNING "$DIR/tmp/events"
	kill $tail
	wait $tail 2>/dev/null || :
}

test_latest_is_the_newest_of_this_mount() {
	both
	[ ! -e "$F/operations/latest" ]
	local a b
	export_to "$F/export.json" gs://out/x >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$F/export.json"
	a=$(readlink "$F/operations/latest")
	cat "$F/operations/latest/wait" >/dev/null
	cp "$DIR/tmp/e.json" "$F/versions/2/export.json"
	b=$(readlink "$F/operations/latest")
	[ "$a" != "$b" ]
	eq "$(basename "$b")" "$(basename "$(readlink "$F/versions/2/operations/latest")")"
	eq "$(basename "$a")" "$(basename "$(readlink "$F/versions/1/operations/latest")")"
	cat "$F/versions/2/operations/latest/wait" >/dev/null
	eq "$(basename "$b")" "$(find "$MNT/operations" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %f\n' | sort -rn | awk 'NR == 1 { print $2 }')"
}

test_operations_of_others_are_listed_and_followed() {
	slow_model 400000
	local op
	ls "$MNT/operations" "$S/operations" >/dev/null
	op=$(rest POST "/v1/$LOC/models/slow:export" \
		'{"outputConfig":{"artifactDestination":{"outputUriPrefix":"gs://out/x"}}}' | jq -r .name)
	within 4 test -d "$S/operations/${op##*/}"
	eq SUCCEEDED "$(cat "$MNT/operations/${op##*/}/wait")"
	eq SUCCEEDED "$(cat "$S/operations/${op##*/}/status")"
}

test_modelfs_wait_tells_by_exit_status() {
	slow_model 300000
	start_export
	local status=0
	modelfs wait --timeout 1 "$S" >"$DIR/tmp/out" 2>&1 || status=$?
	eq 124 $status
	modelfs wait --timeout 30 "$S/operations/latest" >"$DIR/tmp/out"
	grep -q SUCCEEDED "$DIR/tmp/out"
	modelfs wait "$S/versions/1" >/dev/null
	start_export
	echo 1 >"$S/operations/latest/cancel"
	status=0
	modelfs wait "$S" >/dev/null 2>&1 || status=$?
	eq 1 $status
	status=0
	modelfs wait "$DIR/home" >/dev/null 2>&1 || status=$?
	unlike '^(0|124)$' "$status"
}
as_user test_modelfs_wait_tells_by_exit_status

test_rmdir_forgets_nothing_that_runs() {
	slow_model 300000
	start_export
	local op
	op=$(basename "$(readlink "$S/operations/latest")")
	unlike '^OK$' "$(python3 "$E2E/tools/sys.py" rmdir "$S/operations/$op")"
	eq SUCCEEDED "$(cat "$S/operations/$op/wait")"
}

test_kill_9_of_the_mount_and_the_registry_during_an_export() {
	head -c 1000000 /dev/urandom | put_object gs://slow/model.bin
	registry --export-rate 300000
	upload '{"modelId":"slow","model":{"displayName":"slow","artifactUri":"gs://slow/"}}' >/dev/null
	mount_tree
	S=$MNT/models/slow
	start_export
	local op uri
	op=$(jq -r .name "$S/operations/latest/operation.json")
	kill -9 "$MOUNT"
	wait "$MOUNT" 2>/dev/null || :
	# the registry alone carries on; a new mount at the same place finds it
	mount_tree
	eq slow "$(cat "$S/displayName")"
	kill -9 "$SERVER"
	wait "$SERVER" 2>/dev/null || :
	within 15 healthy "$DATA" # the mount starts one of its own
	within 15 test -d "$MNT/operations/${op##*/}"
	like '^(SUCCEEDED|FAILED)$' "$(timeout 20 cat "$MNT/operations/${op##*/}/wait")"
	if [ "$(cat "$MNT/operations/${op##*/}/status")" = SUCCEEDED ]; then
		uri=$(cat "$MNT/operations/${op##*/}/output")
		cmp "$DATA/buckets/slow/model.bin" "$DATA/buckets/${uri#gs://}/model.bin"
	else
		[ -s "$MNT/operations/${op##*/}/error.json" ]
	fi
	eq '' "$(find "$DATA/buckets/out" -mindepth 1 -name '.*')"
	start_export gs://out/again
	eq SUCCEEDED "$(cat "$S/operations/latest/wait")"
}
as_user test_kill_9_of_the_mount_and_the_registry_during_an_export
