# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# Every tool saves: what reaches the registry, and what the tool says
# (contract sections 3 and 6).  tests/matrix has the tools and the table of
# what is expected.  MATRIX=full drives all cells, else good and bad saves.

matrix() { # KIND
	local cells=good,bad pid
	[ "${MATRIX:-}" != full ] || cells=good,bad,misspelt,refuse,conflict
	registry
	mkdir -p "$DIR/matrix"
	# Its proxy must be there before the mount, its tools after.
	python3 "$MATRIX_DIR/matrix.py" --kind "$1" --cells "$cells" --expect "$MATRIX_DIR/expect.tsv" \
		--disk "$MEMORY" --mount "$DIR/matrix/mounted" "$MNT" "$DATA/socket" "$LOC" "$DIR/matrix" >"$DIR/table" 2>&1 &
	pid=$!
	STARTED+=("$pid")
	within 30 test -e "$DIR/matrix/proxy.ready"
	mount_tree -o "endpoint=unix:$DIR/matrix/proxy,ttl=600,qps=1000"
	touch "$DIR/matrix/mounted"
	wait "$pid" || {
		cat "$DIR/table"
		fail "the matrix is not as expected"
	}
	[ "${MATRIX:-}" != full ] || cp "$DIR/table" "$DIR/show"
}

test_every_command_saves_once_and_tells_a_refusal() {
	matrix commands
}
as_user test_every_command_saves_once_and_tells_a_refusal
deadline 300 test_every_command_saves_once_and_tells_a_refusal

test_every_editor_saves_once_and_tells_a_refusal() {
	command -v tmux >/dev/null || skip 'no tmux here'
	matrix editors
}
as_user test_every_editor_saves_once_and_tells_a_refusal
slow test_every_editor_saves_once_and_tells_a_refusal
deadline 400 test_every_editor_saves_once_and_tells_a_refusal

# What an editor does after a refusal: it puts its backup back.  That reverts
# nobody's change, and the refused text stays.
test_a_backup_that_is_put_back_is_no_save() {
	local f how
	both -o ttl=600
	for f in labels.json model.json; do
		for how in copy rename; do
			jq -c .labels "$F/model.json" >/dev/null
			rest PATCH "/v1/$LOC/models/face?updateMask=labels" "{\"labels\":{\"theirs\":\"$how\"}}" >/dev/null
			mark
			eq ESTALE "$(python3 "$E2E/tools/put_back.py" $how "$F/$f" '"subject": "face"' '"subject": "mine"' \
				'"theirs": "copy"' '"theirs": "mine"')" "$f $how"
			eq 1 "$(writes | wc -l)" "$f $how: $(writes)"
			eq "$how" "$(rest GET "/v1/$LOC/models/face" | jq -r .labels.theirs)" "$f $how"
			eq "$how" "$(jq -r '(.labels // .).theirs' "$F/$f")" "$f $how: shown"
			like '"mine"' "$(cat "$F/.$f.rejected")" "$f $how"
			rm "$F/.$f.rejected" "$F/.$f.error"
		done
		rest PATCH "/v1/$LOC/models/face?updateMask=labels" '{"labels":{"subject":"face"}}' >/dev/null
		echo x >"$MNT/.modelfs/refresh"
	done
	# after a good save the backup is a text like any other
	mv "$F/labels.json" "$F/labels.json~"
	echo '{"b":"2"}' >"$F/labels.json"
	mark
	mv "$F/labels.json~" "$F/labels.json"
	eq 1 "$(calls PATCH '/models/face$')"
	eq 'face null' "$(rest GET "/v1/$LOC/models/face" | jq -r '.labels | "\(.subject) \(.b)"')"
}
as_user test_a_backup_that_is_put_back_is_no_save

# vim with backupcopy=yes, after an export was refused: what stood there before
# is written back, and that starts none.
test_a_backup_of_export_json_that_is_copied_back_starts_none() {
	both -o ttl=600
	export_to "$F/export.json" gs://out/first >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$F/export.json"
	mark
	eq EINVAL "$(python3 "$E2E/tools/put_back.py" copy "$F/export.json" out/first 'out/first/../x"]' x x)"
	eq 0 "$(calls POST ':export$')"
	like 'first/../x' "$(cat "$F/.export.json.rejected")"
	# by anybody else the same text is another save
	cp "$DIR/tmp/e.json" "$F/export.json"
	eq 1 "$(calls POST ':export$')"
}
as_user test_a_backup_of_export_json_that_is_copied_back_starts_none
