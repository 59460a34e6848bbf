# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2016,SC2119,SC2120
# Why a save was refused (contract section 3, "Refused content is never lost",
# and section 6): who may read it, for how long, and what a writer is told of
# each of the service's errors.

mode() {
	echo "$*" >"$DIR/tmp/mode.new"
	mv "$DIR/tmp/mode.new" "$DIR/tmp/mode"
}

proxied() { # OPTIONS
	registry
	mode pass
	python3 "$E2E/tools/proxy.py" "$DATA/socket" "$DIR/tmp/mode" "$DIR/tmp/port" >>"$DIR/proxy.log" 2>&1 &
	PROXY=$!
	STARTED+=("$PROXY")
	within 10 test -s "$DIR/tmp/port"
	mount_tree -o "endpoint=http://127.0.0.1:$(cat "$DIR/tmp/port"),$1"
	F=$MNT/models/face
}

test_each_refusal_of_a_change_has_its_errno() {
	proxied timeout=5,ttl=30
	local code errno path
	while read -r code errno path; do
		mode pass
		cat "$F/displayName" "$F/versions/3/displayName" >/dev/null
		echo 'other name' >"$F/new"
		mode status "$code" 'updateMask|deleteVersion|mergeVersionAliases'
		errno_is "$errno" close "$F/displayName" $'new name\n'
		like "errno: $errno" "$(cat "$F/.displayName.error")" "$code"
		like 'The proxy says so' "$(getfattr --only-values -n user.modelfs.error "$F/displayName")"
		like 'The proxy says so' "$(modelfs status "$F/displayName")"
		eq 'new name' "$(cat "$F/.displayName.rejected")"
		errno_is "$path" rename "$F/new" "$F/displayName"
		errno_is "$path" rmdir "$F/versions/3"
		errno_is "$path" symlink ../versions/2 "$F/aliases/al$code"
		rm "$F/new" "$F"/.displayName.*
	done <<-END
		401 EKEYEXPIRED EKEYEXPIRED
		403 EACCES EACCES
		409 ESTALE EAGAIN
		429 EDQUOT EDQUOT
		500 EIO EIO
		501 EOPNOTSUPP EOPNOTSUPP
		503 EIO EIO
	END
	like "models.patch .*models/face updateMask=displayName by uid $(id -u) pid [0-9]+ .python3.: The proxy" "$(cat "$DIR/mount.log")"
	like "models.deleteVersion .*face@3 by uid $(id -u) pid [0-9]+ .python3.: The proxy" "$(cat "$DIR/mount.log")"
	mode mute updateMask
	errno_is ETIMEDOUT close "$F/displayName" $'new name\n'
	eq 'new name' "$(cat "$F/.displayName.rejected")"
}
as_user test_each_refusal_of_a_change_has_its_errno

# The save failed because the service is away; that is no reason to hide what
# was refused, nor what is cached.
test_a_refused_text_can_be_read_while_the_service_is_away() {
	proxied timeout=3,ttl=1,stale=60
	ls "$MNT/models" "$MNT/by-name" "$F/versions" "$F/aliases" >/dev/null
	jq '.description = "mine"' "$F/model.json" >"$DIR/tmp/m"
	kill "$PROXY"
	wait "$PROXY" 2>/dev/null || :
	errno_is EHOSTUNREACH close "$F/description" $'while away\n'
	eq 'while away' "$(cat "$F/.description.rejected")"
	like EHOSTUNREACH "$(cat "$F/.description.error")"
	errno_is EHOSTUNREACH close "$F/default" $'9\n'
	errno_is EHOSTUNREACH close "$F/labels.json" '{"a":"b"}'
	errno_is EHOSTUNREACH close "$F/model.json" "$(cat "$DIR/tmp/m")"$'\n'
	cmp "$DIR/tmp/m" "$F/.model.json.rejected"
	errno_is EHOSTUNREACH rmdir "$F/versions/3"
	sleep 1.2
	eq 'Finds faces.' "$(cat "$F/description")"
	eq '1 2 3' "$(ls "$F/versions" | xargs)"
	eq 1 "$(getfattr --only-values -n user.modelfs.stale "$F/description")"
	# what a stale listing lacks may be there
	local n
	for n in models/nobody by-name/nobody models/face/versions/77 models/face/aliases/none; do
		errno_is EHOSTUNREACH stat "$MNT/$n"
	done
	errno_is ENOENT stat "$F/.git"
	echo x >"$F/.swap"
	eq x "$(cat "$F/.swap")"
}
as_user test_a_refused_text_can_be_read_while_the_service_is_away

test_a_refused_text_is_its_writers_alone() {
	registry
	chmod 755 "$DIR"
	mount_tree -o allow_other,uid=12345,gid=12345
	F=$MNT/models/face
	local owner=(setpriv --reuid 12345 --regid 12345 --clear-groups)
	local other=(setpriv --reuid 12346 --regid 12346 --clear-groups)
	"${owner[@]}" bash -c 'printf "{\"UPPER\":\"x\"}\n" >"$1"' - "$F/labels.json" 2>/dev/null || :
	eq '12345 600 12345 600' "$(stat -c '%u %a' "$F/.labels.json.rejected" "$F/.labels.json.error" | xargs)"
	like UPPER "$("${owner[@]}" cat "$F/.labels.json.error")"
	refuses 'Permission denied' "${other[@]}" cat "$F/.labels.json.error"
	refuses 'Permission denied' "${other[@]}" cat "$F/.labels.json.rejected"
	refuses 'No such attribute' "${other[@]}" getfattr -n user.modelfs.error "$F/labels.json"
	like UPPER "$("${owner[@]}" getfattr --only-values -n user.modelfs.error "$F/labels.json")"
	errno_is EINVAL close "$F/labels.json" $'{"Mine":"x"}\n'
	refuses 'Permission denied' "${owner[@]}" cat "$F/.labels.json.rejected"
}
as_root test_a_refused_text_is_its_writers_alone
