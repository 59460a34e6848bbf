# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# renameat2(2) with RENAME_EXCHANGE: two names change places, and the text that
# comes to an attribute's name so is saved.

swap() { # A B
	errno_is OK exchange "$1" "$2"
}

test_an_exchange_saves_and_keeps_the_old_text() {
	both
	local old
	old=$(cat "$F/model.json")
	jq '.description = "exchanged"' "$F/model.json" >"$F/new.json"
	mark
	swap "$F/new.json" "$F/model.json"
	eq 1 "$(calls PATCH '/models/face$')"
	eq 1 "$(writes | wc -l)"
	eq exchanged "$(rest GET "/v1/$LOC/models/face" | jq -r .description)"
	eq exchanged "$(jq -r .description "$F/model.json")"
	eq "$old" "$(cat "$F/new.json")" 'the old text has the other name'
	eq "$(wc -c <"$F/model.json")" "$(stat -c %s "$F/model.json")"
	eq "$(wc -c <"$F/new.json")" "$(stat -c %s "$F/new.json")"
	# the other way round, and across directories
	echo 'by the other name' >"$MNT/text"
	mark
	swap "$F/description" "$MNT/text"
	eq 1 "$(writes | wc -l)"
	eq 'by the other name' "$(cat "$F/description")"
	eq exchanged "$(cat "$MNT/text")"
	# what means the same is no request, but changes places
	jq -c .labels "$F/model.json" >"$F/l"
	mark
	swap "$F/l" "$F/labels.json"
	eq '' "$(writes)"
	eq "$(jq . "$F/l")" "$(cat "$F/l")" 'that is how labels.json is printed'
	# both are files of their kinds from now on
	echo '{"a":"b"}' >"$F/labels.json"
	echo 'only here' >"$F/l"
	eq 1 "$(writes | wc -l)"
	eq b "$(rest GET "/v1/$LOC/models/face" | jq -r .labels.a)"
	unlink "$F/l"
}
as_user test_an_exchange_saves_and_keeps_the_old_text

test_a_refused_exchange_moves_nothing() {
	both
	local old
	old=$(cat "$F/model.json")
	echo '{"no' >"$F/a"
	mark
	errno_is EBADMSG exchange "$F/a" "$F/model.json"
	eq '{"no' "$(cat "$F/a")"
	eq "$old" "$(cat "$F/model.json")"
	eq '{"no' "$(cat "$F/.model.json.rejected")"
	errno_is EPERM exchange "$F/a" "$F/createTime"
	errno_is EPERM exchange "$F/labels.json" "$F/model.json"
	errno_is EPERM exchange "$F/a" "$F/versions"
	errno_is EPERM exchange "$F/a" "$F/aliases/golden"
	ln -s user@host.1 "$F/.lock"
	errno_is EPERM exchange "$F/.lock" "$F/model.json"
	errno_is ENOENT exchange "$F/a" "$F/none"
	eq '' "$(writes)"
	# an edit that is outdated
	cp "$F/model.json" "$F/b"
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"theirs"}' >/dev/null
	sed -i 's/"displayName": "[^"]*"/"displayName": "mine"/' "$F/b"
	errno_is EAGAIN exchange "$F/model.json" "$F/b"
	like '"mine"' "$(cat "$F/b")"
	eq theirs "$(rest GET "/v1/$LOC/models/face" | jq -r .description)"
	eq theirs "$(jq -r .description "$F/model.json")"
}

test_scratch_files_change_places() {
	both
	mark
	echo one >"$F/a"
	ln -s elsewhere "$MNT/b"
	swap "$F/a" "$MNT/b"
	eq one "$(cat "$MNT/b")"
	eq elsewhere "$(readlink "$F/a")"
	swap "$F/a" "$F/a"
	rm "$F/a" "$MNT/b"
	eq '' "$(writes)"
}

# What an editor does that saves so: the backup has the other name, and comes back.
test_a_backup_that_is_exchanged_back_is_no_save() {
	both
	cp "$F/labels.json" "$F/labels.json.new"
	mv "$F/labels.json" "$F/labels.json~"
	mark
	mv "$F/labels.json.new" "$F/labels.json"
	swap "$F/labels.json~" "$F/labels.json"
	eq '' "$(writes)"
}
