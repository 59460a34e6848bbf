# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2016,SC2119,SC2120
# Files of editors and shells beside the attributes (contract section 3,
# "Scratch files").

test_scratch_files_are_bounded_and_give_their_room_back() {
	both
	local i
	head -c 1048576 /dev/zero >"$F/full"
	refuses 'File too large' bash -c 'echo x >>"$1"' - "$F/full"
	refuses 'File too large' truncate -s 2M "$F/hole"
	rm "$F/hole"
	for i in {2..64}; do cp "$F/full" "$MNT/by-name/full.$i"; done
	refuses 'No space left' bash -c 'echo x >"$1"' - "$F/more"
	echo 'A save needs no room there.' >"$F/description"
	eq 'A save needs no room there.' "$(rest GET "/v1/$LOC/models/face" | jq -r '.description | rtrimstr("\n")')"
	exec 7<"$F/full"
	rm "$F/full"
	exec 7<&- # the last handle held its room
	within 5 bash -c 'echo x >"$1"' - "$F/more"
	rm "$F/more" "$MNT"/by-name/full.*
	like 'scratch_bytes 0' "$(modelfs status "$MNT")"
}

test_scratch_files_can_be_made_in_every_directory() {
	registry
	rest POST /v1/projects/demo/models '{"name":"m1"}' >/dev/null
	mount_tree -s '' -o project=demo,ttl=30
	F=$MNT/vertex/$LOC/models/face
	export_to "$F/export.json" gs://out/x >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$F/export.json"
	cat "$F/operations/latest/wait" >/dev/null
	local d n a=$MNT/automl/$LOC l=$MNT/vertex/$LOC m=$MNT/ml/projects/demo/models
	local all=("$MNT" "$MNT/.modelfs" "$MNT/vertex" "$MNT/vertex/projects/demo" "$l" "$l/models" "$l/by-name"
		"$l/operations" "$F" "$F/aliases" "$F/versions" "$F/versions/1" "$F/versions/1/operations"
		"$F/evaluations" "$F/operations" "$F/operations/latest/." "$m" "$m/m1" "$m/m1/versions" "$a" "$a/models")
	ls -A "${all[@]}" "$MNT/vertex/projects" >/dev/null
	mark
	for d in "${all[@]}"; do
		for n in .foo.swp 4913 'sedAb1Cd2' '#foo#' notes~; do
			echo text >"$d/$n"
			mv "$d/$n" "$d/$n.bak"
			ln "$d/$n.bak" "$d/$n.two"
			eq text "$(cat "$d/$n.two")" "$d/$n"
			chmod 600 "$d/$n.bak"
			eq 600 "$(stat -c %a "$d/$n.bak")"
		done
		ln -s user@host.1234 "$d/.#lock"
		eq user@host.1234 "$(readlink "$d/.#lock")"
		eq 11 "$(find "$d/" -maxdepth 1 '(' -name '*.bak' -o -name '*.two' -o -name '.#lock' ')' | wc -l)" "$d"
	done
	eq '' "$(logged . | jq -r '.verb + " " + .path')" 'requests'
	like 'models/face/versions/1/\.foo\.swp\.bak' "$(modelfs status "$MNT")"
	like 'models/face/\.#lock' "$(modelfs status "$MNT")"
	unmount_tree
	mount_tree -s '' -o project=demo
	eq '' "$(find "$MNT/vertex/$LOC/models/face" -name '*.bak')"
}
deadline 120 test_scratch_files_can_be_made_in_every_directory

test_near_misses_are_refused_whatever_would_make_them() {
	registry
	rest POST /v1/projects/demo/models '{"name":"m1"}' >/dev/null
	mount_tree -s '' -o project=demo
	F=$MNT/vertex/$LOC/models/face
	export_to "$F/export.json" gs://out/x >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$F/export.json"
	cat "$F/operations/latest/wait" >/dev/null
	mkdir "$MNT/vertex/$LOC/models/fresh"
	echo x >"$F/mine"
	local n
	for n in "$F/versions/1/defualt" "$F/versions/1/model.jsn" "$F/operations/latest/cancl" \
		"$F/operations/latest/Status" "$F/operations/event" "$MNT/.modelfs/refrsh" \
		"$MNT/vertex/$LOC/models/fresh/modle.json" "$MNT/ml/projects/demo/models/m1/defaul"; do
		errno_is ENOENT create "$n" x
		errno_is ENOENT symlink elsewhere "$n"
	done
	errno_is ENOENT rename "$F/mine" "$F/lables.json"
	refuses 'No such file' ln "$F/mine" "$F/lables.json"
	# What this resource has not is no scratch file of that name either: it would look saved.
	for n in containerSpec.json predictSchemata.json explanationSpec.json; do
		errno_is ENOENT create "$F/$n" '{}'
		refuses 'No such file' mv "$F/mine" "$F/$n"
	done
	eq x "$(cat "$F/mine")"
}

test_metadata_of_attributes_is_accepted_and_forgotten() {
	both -o ttl=30
	local before
	before=$(stat -c '%a %u %g %Y' "$F/displayName" "$F/createTime" "$F")
	ls -l "$F" "$F/aliases" >/dev/null
	mark
	chmod 600 "$F/displayName" "$F/createTime"
	chmod 700 "$F"
	chown "$(id -u):$(id -g)" "$F/displayName" "$F/createTime" "$F"
	touch -d 2001-01-01 "$F/displayName" "$F/createTime" "$F"
	touch -h "$F/aliases/default"
	errno_is EOPNOTSUPP setxattr "$F/displayName" user.mine x
	refuses 'not supported' setfacl -m u:0:r "$F/displayName"
	refuses 'No such attribute' getfattr -n security.capability "$F/displayName"
	eq '' "$(logged . | jq -r '.verb + " " + .path')" 'requests'
	eq "$before" "$(stat -c '%a %u %g %Y' "$F/displayName" "$F/createTime" "$F")"
}
as_user test_metadata_of_attributes_is_accepted_and_forgotten

test_a_file_makes_way_for_a_resource_of_its_name() {
	both -o ttl=1
	echo mine >"$MNT/models/later"
	eq mine "$(cat "$MNT/models/later")"
	import --model-id later --display-name Later "$FILES/1/cascade.xml" >/dev/null
	within 5 sh -c "ls -l '$MNT/models' | grep -q '^d.* later$'" # when it is listed anew
	eq Later "$(cat "$MNT/models/later/displayName")"
	eq mine "$(cat "$MNT/models/later~")"
	eq 2 "$(ls "$MNT/models" | grep -c later)"
	rm "$MNT/models/later~"
}
