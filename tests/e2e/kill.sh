# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# Every tool saves while its registry is killed (tests/matrix/kill.py): nothing
# is lost, no outcome is guessed, no export runs twice.  MATRIX=full takes all
# tools; MODELFS_KILL_SEED draws other moments.

killed() { # ARGUMENT...
	mkdir -p "$DIR/kill"
	python3 "$MATRIX_DIR/kill.py" --seed "${MODELFS_KILL_SEED:-1}" "$@" "$DIR/kill" >"$DIR/table" 2>&1 || {
		cat "$DIR/table"
		tail -n 40 "$DIR"/kill/*/place.log
		fail "something was lost"
	}
	[ "${MATRIX:-}" != full ] || cp "$DIR/table" "$DIR/show"
}

test_nothing_is_lost_when_the_registry_is_killed_during_a_save() {
	if [ "${MATRIX:-}" = full ]; then
		killed --kind commands --rounds 4
	else
		killed --sample
	fi
}
as_user test_nothing_is_lost_when_the_registry_is_killed_during_a_save
deadline 400 test_nothing_is_lost_when_the_registry_is_killed_during_a_save

test_no_editor_loses_a_text_when_the_registry_is_killed() {
	[ "${MATRIX:-}" = full ] || skip 'scripts/check --full runs it'
	killed --kind editors --rounds 6
}
as_user test_no_editor_loses_a_text_when_the_registry_is_killed
slow test_no_editor_loses_a_text_when_the_registry_is_killed
deadline 400 test_no_editor_loses_a_text_when_the_registry_is_killed

test_no_export_runs_twice_when_the_registry_is_killed() {
	[ "${MATRIX:-}" = full ] || skip 'scripts/check --full runs it'
	killed --kind exports --rounds 6
}
as_user test_no_export_runs_twice_when_the_registry_is_killed
slow test_no_export_runs_twice_when_the_registry_is_killed
deadline 400 test_no_export_runs_twice_when_the_registry_is_killed

# ---- what these runs found

test_a_refused_text_can_be_read_while_the_registry_is_away() {
	registry
	mount_tree -o "endpoint=unix:$DATA/socket,ttl=600"
	F=$MNT/models/face
	jq '.displayName = "mine"' "$F/model.json" >"$DIR/tmp/mine"
	kill -9 "$SERVER"
	wait "$SERVER" 2>/dev/null || :
	refuses 'No route to host' cp "$DIR/tmp/mine" "$F/model.json"
	cmp "$DIR/tmp/mine" "$F/.model.json.rejected"
	like 'no server answers' "$(cat "$F/.model.json.error")"
	eq face-detector "$(cat "$F/displayName")"
	# one that changes nothing cannot be judged, and makes nothing unreadable
	cat "$F/model.json" >"$DIR/tmp/same"
	refuses 'No route to host' cp "$DIR/tmp/same" "$F/model.json"
	eq face-detector "$(cat "$F/displayName")"
	getfattr -d "$F/displayName" 2>/dev/null | grep user.modelfs.stale >/dev/null
}
as_user test_a_refused_text_can_be_read_while_the_registry_is_away

test_a_good_save_is_shown_and_ends_well_while_the_registry_is_away() {
	registry
	mount_tree -o "endpoint=unix:$DATA/socket,ttl=600"
	F=$MNT/models/face
	echo old >"$F/note~"
	jq '.displayName = "mine"' "$F/model.json" >"$DIR/tmp/mine"
	# the registry goes before anything is asked again
	python3 - "$DIR/tmp/mine" "$F/model.json" "$SERVER" <<-'END'
		import os, signal, sys
		text = open(sys.argv[1], "rb").read()
		fd = os.open(sys.argv[2], os.O_WRONLY | os.O_TRUNC)
		os.write(fd, text)
		os.kill(int(sys.argv[3]), signal.SIGKILL)
		os.close(fd)
	END
	wait "$SERVER" 2>/dev/null || :
	rm "$F/note~"
	touch "$F/model.json"
	eq mine "$(cat "$F/displayName")"
	registry
	within 10 sh -c "echo x >'$MNT/.modelfs/refresh' && [ \"\$(cat '$F/displayName')\" = mine ]"
	# its own etag was not the last one: the next save from the same text is good
	sed 's/"mine"/"again"/' "$DIR/tmp/mine" >"$DIR/tmp/again"
	cp "$DIR/tmp/again" "$F/model.json"
	eq again "$(rest GET "/v1/$LOC/models/face" | jq -r .displayName)"
}
as_user test_a_good_save_is_shown_and_ends_well_while_the_registry_is_away
