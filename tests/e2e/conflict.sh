# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2016,SC2119,SC2120
# Somebody else's change between reading and saving (contract section 3, "What
# is sent"): nothing of theirs is overwritten, nothing of ours is lost.

theirs() { # MASK BODY [MODEL]: a colleague's change, past this mount
	rest PATCH "/v1/$LOC/models/${3:-face}?updateMask=$1" "$2" >/dev/null
}

now() { # JQ-FILTER [MODEL]: what the registry says
	rest GET "/v1/$LOC/models/${2:-face}" | jq -c "$1"
}

# edit FILTER: the text in $DIR/tmp/buffer, as an editor's buffer holds it
edit() {
	jq "$1" "$DIR/tmp/buffer" >"$DIR/tmp/edited"
	mv "$DIR/tmp/edited" "$DIR/tmp/buffer"
}

# conflict: saving the buffer is ESTALE, and what the registry holds stays
conflict() {
	local before
	before=$(now .)
	errno_is ESTALE close "$F/model.json" "$(cat "$DIR/tmp/buffer")"$'\n'
	eq "$before" "$(now .)" 'overwritten'
	cmp "$DIR/tmp/buffer" "$F/.model.json.rejected"
	rm "$F"/.model.json.*
}

test_an_own_scalar_save_hides_nobody_elses_change() {
	both -o ttl=30
	cat "$F/model.json" >"$DIR/tmp/buffer"
	theirs description '{"description":"theirs"}'
	echo 'Mine' >"$F/displayName" # not guarded, and it is this mount's own
	edit '.description = "mine"'
	conflict
	eq '["Mine","theirs"]' "$(now '[.displayName, .description]')"
}

test_an_own_alias_or_default_hides_nobody_elses_change() {
	both -o ttl=30
	cat "$F/model.json" >"$DIR/tmp/buffer"
	theirs description '{"description":"theirs"}'
	ln -s ../versions/2 "$F/aliases/beta"
	edit '.description = "mine"'
	conflict
	cat "$F/model.json" >"$DIR/tmp/buffer"
	theirs description '{"description":"theirs again"}'
	echo 2 >"$F/default"
	edit '.description = "mine"'
	conflict
	# alone they are no conflict
	cat "$F/model.json" >"$DIR/tmp/buffer"
	echo 3 >"$F/default"
	edit '.description = "mine"'
	cp "$DIR/tmp/buffer" "$F/model.json"
	eq '"mine"' "$(now .description)"
}

# The buffer still says what was saved first; that is not to come back.
test_a_save_made_before_theirs_is_not_repeated_over_it() {
	both -o ttl=30
	cat "$F/model.json" >"$DIR/tmp/buffer"
	edit '.description = "one"'
	cp "$DIR/tmp/buffer" "$F/model.json"
	theirs description '{"description":"theirs"}'
	echo 'Mine' >"$F/displayName"
	edit '.labels.x = "y"'
	conflict
	eq '["Mine","theirs"]' "$(now '[.displayName, .description]')"
}

test_many_own_saves_from_one_buffer_are_no_conflict() {
	both -o ttl=30
	cat "$F/model.json" >"$DIR/tmp/buffer"
	mark
	local i
	for i in 1 2 3; do
		edit ".description = \"text $i\" | .labels.turn = \"$i\""
		cp "$DIR/tmp/buffer" "$F/model.json"
	done
	echo 'Name' >"$F/displayName"
	edit '.description = "text 4"'
	cp "$DIR/tmp/buffer" "$F/model.json"
	ls -R "$F" >/dev/null
	edit '.description = "text 5"'
	cp "$DIR/tmp/buffer" "$F/model.json"
	eq 6 "$(writes | wc -l)"
	eq '["Name","text 5","3"]' "$(now '[.displayName, .description, .labels.turn]')"
}
as_user test_many_own_saves_from_one_buffer_are_no_conflict

# ---- two buffers, as vim has them

in_vim() { # COMMAND...: ex commands on the model's document, one vim
	local c args=()
	for c; do args+=(-c "$c"); done
	timeout 20 vim -u NONE -i NONE -n -es "${args[@]}" -c 'q!' "$F/model.json"
}

test_three_saves_from_one_vim_are_three_patches() {
	command -v vim >/dev/null || skip 'no vim here'
	both -o ttl=30
	local how
	for how in 'set nowritebackup' 'set backupcopy=yes writebackup backupskip=' 'set backupcopy=no writebackup backupskip='; do
		mark
		in_vim "$how" '%s/"description": ".*"/"description": "one"/' w \
			'%s/"description": ".*"/"description": "two"/' w \
			'%s/"displayName": ".*"/"displayName": "Three"/' w || fail "$how"
		eq 3 "$(writes | wc -l)" "$how: $(writes)"
		eq '["Three","two"]' "$(now '[.displayName, .description]')" "$how"
		rest PATCH "/v1/$LOC/models/face?updateMask=displayName,description" \
			'{"displayName":"x","description":"y"}' >/dev/null
		echo x >"$MNT/.modelfs/refresh"
	done
}

test_a_vim_that_is_behind_overwrites_nothing() {
	command -v vim >/dev/null || skip 'no vim here'
	both -o ttl=30
	local how before
	cat >"$DIR/tmp/colleague" <<-END
		#!/bin/sh
		curl -sS -m 10 --unix-socket '$DATA/socket' -X PATCH -H 'Content-Type: application/json' \\
			-d '{"description":"theirs"}' 'http://registry/v1/$LOC/models/face?updateMask=description'
	END
	chmod +x "$DIR/tmp/colleague"
	for how in 'set nowritebackup' 'set backupcopy=yes writebackup backupskip=' 'set backupcopy=no writebackup backupskip='; do
		mark
		not in_vim "$how" '%s/"description": ".*"/"description": "one"/' w \
			"silent !$DIR/tmp/colleague" '%s/"displayName": ".*"/"displayName": "Mine"/' 'w!'
		eq '["face-detector","theirs"]' "$(now '[.displayName, .description]')" "$how"
		eq '"one"' "$(jq -c .description "$F/.model.json.rejected")" "$how"
		eq '"theirs"' "$(jq -c .description "$F/model.json")" "$how"
		like '^[^<]*<   "displayName": "Mine",' "$(diff "$F/.model.json.rejected" "$F/model.json")" "$how"
		rm "$F"/.model.json.*
	done
}

test_two_vims_may_save_one_document() {
	command -v vim >/dev/null || skip 'no vim here'
	both -o ttl=30
	cat "$F/model.json" >"$DIR/tmp/buffer" # what the second opened
	in_vim '%s/"description": ".*"/"description": "first"/' w
	edit '.displayName = "Second"'
	cp "$DIR/tmp/buffer" "$F/model.json"
	eq '["Second","first"]' "$(now '[.displayName, .description]')"
}

# mv cannot be told ESTALE, for the kernel repeats a path operation on it.
test_a_conflict_met_by_rename_is_eagain_and_one_request() {
	both -o ttl=30
	cat "$F/model.json" >"$DIR/tmp/buffer"
	theirs description '{"description":"theirs"}'
	edit '.displayName = "Mine"'
	cp "$DIR/tmp/buffer" "$F/new"
	mark
	errno_is EAGAIN rename "$F/new" "$F/model.json"
	eq 1 "$(writes | wc -l)"
	eq theirs "$(jq -r .description "$F/model.json")"
	cmp "$DIR/tmp/buffer" "$F/.model.json.rejected"
	mark
	errno_is EAGAIN rename "$F/new" "$F/model.json"
	eq '' "$(writes)" 'what is known is not asked'
}

test_two_writers_each_save_their_own_text() {
	both -o ttl=30
	exec 7>"$F/labels.json" 8>"$F/labels.json"
	printf '{"one":' >&7
	printf '{"two":' >&8
	printf '"1"}\n' >&7
	eq 1 "$(jq -r .one "$F/labels.json")"
	not printf '"2"}\n' >&8
	eq '{"two":"2"}' "$(cat "$F/.labels.json.rejected")"
	like ESTALE "$(cat "$F/.labels.json.error")"
	eq null "$(jq -c .two "$F/labels.json")"
	exec 7>&- 8>&- || :
	# of one writer, and beside another field's save, it is no conflict
	exec 7>"$F/labels.json"
	echo Beside >"$F/displayName"
	echo '{"one":"2"}' >&7
	echo '{"one":"3"}' | python3 -c 'import os, sys; os.ftruncate(7, 0); os.pwrite(7, sys.stdin.buffer.read(), 0)'
	exec 7>&-
	eq 3 "$(jq -r .one "$F/labels.json")"
	exec 7>"$F/displayName" 8>"$F/displayName" # a scalar is not guarded
	echo One >&7
	echo Two >&8
	eq Two "$(cat "$F/displayName")"
	exec 7>&- 8>&-
}

# ---- labels of two levels

test_a_label_of_the_other_level_is_explained() {
	both
	echo '{"mine":"1"}' >"$F/labels.json"
	eq '{"mine":"1","stage":"stable","subject":"face"}' "$(jq -cS . "$F/labels.json")"
	like 'subject, stage.*versions/1/labels.json' "$(cat "$F/.labels.json.error")"
	not test -e "$F/.labels.json.rejected"
	like 'accepted, but.*versions/1' "$(modelfs status "$F/labels.json" | tr '\n' ' ')"
	like 'labels.json: saved.*versions/1' "$(cat "$DIR/mount.log")"
	echo '{"subject":"eye"}' >"$F/versions/1/labels.json"
	like 'here: mine\..*\.\./\.\./labels.json' "$(cat "$F/versions/1/.labels.json.error")"
	echo '{"mine":"1","subject":"eye","more":"x"}' >"$F/labels.json"
	not test -e "$F/.labels.json.error"
}

# ---- read while the save is still under way

test_what_is_read_while_a_save_runs_on_is_no_conflict() {
	registry
	rest POST /v1/projects/demo/models '{"name":"m1","description":"old"}' >/dev/null
	echo running >"$DIR/tmp/mode"
	python3 "$E2E/tools/proxy.py" "$DATA/socket" "$DIR/tmp/mode" "$DIR/tmp/port" >>"$DIR/proxy.log" 2>&1 &
	STARTED+=($!)
	within 10 test -s "$DIR/tmp/port"
	mount_tree -s ml/projects/demo -o "endpoint=http://127.0.0.1:$(cat "$DIR/tmp/port"),timeout=2"
	local f=$MNT/models/m1/model.json
	cat "$f" >"$DIR/tmp/buffer"
	edit '.description = "one"'
	errno_is EINPROGRESS close "$f" "$(cat "$DIR/tmp/buffer")"$'\n'
	sleep 1.2
	eq one "$(jq -r .description "$f")" # it is there before its operation has ended
	echo pass >"$DIR/tmp/mode.new" && mv "$DIR/tmp/mode.new" "$DIR/tmp/mode"
	within 30 bash -c '[ ! -e "$1" ]' - "$MNT/models/m1/.model.json.error"
	edit '.description = "two"'
	cp "$DIR/tmp/buffer" "$f"
	eq two "$(rest GET /v1/projects/demo/models/m1 | jq -r .description)"
}

# vim: change it, :w, undo, :w.  Both texts bear the etag that was read.
test_a_change_that_is_undone_is_saved_as_undone() {
	both
	local was changed
	was=$(cat "$F/model.json")
	changed=$(jq '.description = "changed"' <<<"$was")
	mark
	printf '%s\n' "$changed" >"$F/model.json"
	eq '"changed"' "$(now .description)"
	printf '%s\n' "$changed" >"$F/model.json" # so it is already
	eq 1 "$(calls PATCH .)"
	printf '%s\n' "$was" >"$F/model.json"
	eq '"Finds faces."' "$(now .description)"
	eq 2 "$(calls PATCH .)"
	# What is saved beside it, by another file, is no part of that.
	printf '%s\n' "$changed" >"$F/model.json"
	echo 'Beside' >"$F/displayName"
	printf '%s\n' "$was" >"$F/model.json"
	eq '["Beside","Finds faces."]' "$(now '[.displayName, .description]')"
}

# Whoever copies an older file back has not read what it would undo.
test_an_older_copy_is_no_silent_save() {
	both
	cp "$F/model.json" "$DIR/tmp/buffer"
	echo 'Mine' >"$F/description"
	mark
	conflict
	eq '' "$(writes)"
	jq --slurpfile old "$DIR/tmp/buffer" '.description = $old[0].description' "$F/model.json" >"$DIR/tmp/new"
	cp "$DIR/tmp/new" "$F/model.json"
	eq '"Finds faces."' "$(now .description)"
}
