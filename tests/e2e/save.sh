# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2016,SC2119,SC2120
# Saving a file is one API call (contract section 3), with every tool that
# people save with.

# exports_with LABEL COMMAND...: COMMAND saves $DIR/tmp/e.json to $F/export.json
# by its own means; that is exactly one :export request, and it succeeds.
exports_with() {
	local what=$1
	shift
	mark
	"$@" || fail "$what: exit status $?"
	eq 1 "$(calls POST ':export$')" "$what: export requests"
	eq "$(jq -cS .outputConfig "$DIR/tmp/e.json")" \
		"$(logged 'select(.path | endswith(":export"))' | jq -c '.body | if type == "string" then fromjson else . end | .outputConfig' | jq -cS .)" "$what"
	eq SUCCEEDED "$(cat "$F/operations/latest/wait")" "$what"
	eq 1 "$(calls POST ':export$')" "$what: export requests in the end"
	eq POST "$(writes | cut -d' ' -f1)" "$what: other requests: $(writes)"
}

prepare_export() {
	both "$@"
	export_to "$F/export.json" gs://out/x >"$DIR/tmp/e.json"
	J=$DIR/tmp/e.json
	E=$F/export.json
	export J E
}

test_one_export_per_save_with_cp_tee_and_friends() {
	prepare_export
	exports_with cp cp "$J" "$E"
	exports_with 'cp -p' cp -p "$J" "$E"
	exports_with 'cat >' bash -c 'cat "$J" >"$E"'
	exports_with tee bash -c 'tee "$E" <"$J" >/dev/null'
	exports_with mv bash -c 'cp "$J" "$J.2" && mv "$J.2" "$E"'
	exports_with install install -m 644 "$J" "$E"
	exports_with dd dd if="$J" of="$E" conv=fsync status=none
	exports_with 'dd bs=7' dd if="$J" of="$E" bs=7 status=none
	exports_with sponge bash -c 'jq . "$J" | sponge "$E"'
	exports_with rsync rsync -I "$J" "$E"
	exports_with curl curl -s -o "$E" "file://$J"
}
as_user test_one_export_per_save_with_cp_tee_and_friends
deadline 120 test_one_export_per_save_with_cp_tee_and_friends

test_one_export_per_save_with_shells() {
	prepare_export
	T=$(jq -c . "$J")
	export T
	exports_with 'bash echo' bash -c 'echo "$T" >"$E"'
	exports_with 'bash printf without newline' bash -c 'printf %s "$T" >"$E"'
	exports_with 'dash echo' dash -c 'echo "$T" >"$E"'
	exports_with 'zsh echo' zsh -c 'echo "$T" >"$E"'
	exports_with 'busybox echo' busybox sh -c 'echo "$T" >"$E"'
	exports_with '/bin/echo' bash -c '/bin/echo "$T" >"$E"'
	exports_with 'here document' bash -c $'cat >"$E" <<X\n$T\nX'
	exports_with 'brace group' bash -c '{ printf %s "${T:0:9}"; sleep 0.1; printf %s "${T:9}"; } >"$E"'
	exports_with 'brace group with a child between' bash -c '{ printf %s "${T:0:9}"; /bin/true; printf "%s\n" "${T:9}"; } >"$E"'
	exports_with subshell bash -c '( printf %s "${T:0:9}"; printf %s "${T:9}" ) >"$E"'
	exports_with 'exec 3>' bash -c 'exec 3>"$E"; printf %s "${T:0:5}" >&3; printf "%s\n" "${T:5}" >&3; exec 3>&-'
	exports_with 'jq > f.tmp && mv' bash -c 'jq . "$J" >"$E.tmp" && mv "$E.tmp" "$E"'
	exports_with 'jq > f' bash -c 'jq . "$J" >"$E"'
}
as_user test_one_export_per_save_with_shells
deadline 120 test_one_export_per_save_with_shells

test_one_export_per_save_with_programs() {
	prepare_export
	exports_with "python open('w')" python3 -c '
import os
with open(os.environ["E"], "w") as f: f.write(open(os.environ["J"]).read())'
	exports_with 'python json.dump' python3 -c '
import json, os
with open(os.environ["E"], "w") as f: json.dump(json.load(open(os.environ["J"])), f, indent=2)'
	exports_with 'python atomic replace' python3 -c '
import os, tempfile
e = os.environ["E"]
fd, tmp = tempfile.mkstemp(dir=os.path.dirname(e))
os.write(fd, open(os.environ["J"], "rb").read())
os.fsync(fd)
os.close(fd)
os.chmod(tmp, 0o644)
os.replace(tmp, e)
d = os.open(os.path.dirname(e), os.O_RDONLY)
os.fsync(d)
os.close(d)'
	exports_with perl perl -e 'open F, ">", $ENV{E} or die; open J, $ENV{J}; print F <J>; close F or die'
	exports_with 'python in pieces' python3 -c '
import os
f = os.open(os.environ["E"], os.O_WRONLY | os.O_TRUNC)
for b in open(os.environ["J"], "rb").read(): os.write(f, bytes([b]))
g = os.dup(f)
os.close(f)
os.fsync(g)
os.close(g)'
	if command -v node >/dev/null; then
		exports_with 'node writeFileSync' node -e 'const fs = require("fs"); fs.writeFileSync(process.env.E, fs.readFileSync(process.env.J))'
	fi
	# changed in place: from one destination to another
	export_to "$F/export.json" gs://out/y >"$J"
	exports_with 'sed -i' sed -i 's,gs://out/x,gs://out/y,' "$E"
	export_to "$F/export.json" gs://out/z >"$J"
	exports_with 'perl -pi' perl -pi -e 's,gs://out/y,gs://out/z,' "$E"
}
as_user test_one_export_per_save_with_programs
deadline 120 test_one_export_per_save_with_programs

test_vim_saves_once() {
	command -v vim >/dev/null || skip 'no vim here'
	prepare_export
	cp "$J" "$E"
	cat "$F/operations/latest/wait" >/dev/null
	export_to "$F/export.json" gs://out/vim >"$J"
	exports_with 'vim :wq' timeout 20 vim -u NONE -es -c '%s,gs://out/x,gs://out/vim,' -c 'wq' "$E"
}

test_the_same_file_saved_twice_is_two_exports() {
	prepare_export
	mark
	cp "$J" "$E"
	cp "$J" "$E"
	eq 2 "$(calls POST ':export$')"
	cat "$F/operations/latest/wait" >/dev/null
	# within one handle it is one
	mark
	python3 -c '
import os
t = open(os.environ["J"], "rb").read()
f = os.open(os.environ["E"], os.O_WRONLY | os.O_TRUNC)
for _ in range(3):
    os.pwrite(f, t, 0)
    os.fsync(f)
os.close(f)'
	eq 1 "$(calls POST ':export$')"
}

test_what_is_no_save_makes_no_request() {
	prepare_export
	mark
	touch "$E"
	truncate -s 0 "$E"
	: >"$E"
	chmod 644 "$E"
	chmod 600 "$F/displayName" || :
	cat /dev/null >"$E"
	cat "$E" >/dev/null
	mv "$E" "$E~"
	mv "$E~" "$E"
	ln "$E" "$E.bak" && rm "$E.bak"
	echo junk >"$F/.note.swp"
	mv "$F/.note.swp" "$F/4913"
	rm "$F/4913"
	cp "$F/displayName" "$DIR/tmp/n"
	cp "$DIR/tmp/n" "$F/displayName"
	jq . "$F/labels.json" >"$DIR/tmp/l" && cp "$DIR/tmp/l" "$F/labels.json"
	jq -c . "$F/model.json" >"$DIR/tmp/l" && cp "$DIR/tmp/l" "$F/model.json"
	cat "$F/default" >"$DIR/tmp/l" && cat "$DIR/tmp/l" >"$F/default"
	eq '' "$(writes)"
	jq -e '.outputConfig' "$E" >/dev/null
}

# ---- what is refused

# refused_locally ERRNO TEXT [FILE]: by write or close, without a request, the
# text kept and the reason told
refused_locally() {
	local errno=$1 text=$2 f=${3:-$E}
	mark
	errno_is "$errno" close "$f" "$text"$'\n'
	eq '' "$(writes)" "$text: it was sent"
	local dir=${f%/*} name=${f##*/}
	eq "$text" "$(cat "$dir/.$name.rejected")" "kept text"
	[ -s "$dir/.$name.error" ] || fail "no reason for: $text"
	eq '600 600' "$(stat -c %a "$dir/.$name.rejected" "$dir/.$name.error" | xargs)"
}

test_bad_exports_are_refused_here_with_a_reason() {
	both
	local E=$F/export.json dest='"artifactDestination":{"outputUriPrefix":"gs://out/x"}' before
	before=$(cat "$E")
	refused_locally EINVAL '{"outputConfig": nonsense}'
	refused_locally EINVAL '{"outputConfig": {}} trailing'
	refused_locally EINVAL "{\"outputConfig\":{\"exportFormatId\":\"tflite\",$dest}}"
	like 'tflite' "$(cat "$F/.export.json.error")"
	refused_locally EINVAL '{"outputConfig":{"imageDestination":{"outputUri":"gcr.io/demo/x:1"}}}'
	like 'imageDestination|IMAGE' "$(cat "$F/.export.json.error")"
	refused_locally EINVAL '{"outputConfig":{"exportFormatId":"custom-trained"}}'
	refused_locally EINVAL '{"outputConfig":{"artifactDestination":{"outputUriPrefix":""}}}'
	refused_locally EINVAL '{"outputConfig":{"artifactDestination":{"outputUriPrefix":"/srv/x"}}}'
	refused_locally EINVAL '{"outputConfig":{"artifactDestination":{"outputUriPrefix":"gs://out"}}}'
	like 'gs://' "$(cat "$F/.export.json.error")"
	refused_locally EINVAL "{\"outputConfig\":{$dest,\"colour\":\"red\"}}"
	like 'colour' "$(cat "$F/.export.json.error")"
	refused_locally EINVAL '[1, 2]'
	eq "$before" "$(cat "$E")" "export.json reads as before"
	# a version of a model without artifacts takes no artifacts' destination
	[ ! -e "$MNT/models/boxed/export.json" ] ||
		refused_locally EINVAL "{\"outputConfig\":{$dest}}" "$MNT/models/boxed/export.json"
	# the next good save clears it away
	export_to "$E" gs://out/x >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$E"
	not test -e "$F/.export.json.error"
	not test -e "$F/.export.json.rejected"
}
as_user test_bad_exports_are_refused_here_with_a_reason

test_every_tool_that_can_see_a_refusal_fails() {
	both
	local E=$F/export.json bad=$DIR/tmp/bad.json
	export E bad
	echo '{"outputConfig": {"exportFormatId": "nonsense", "artifactDestination": {"outputUriPrefix": "gs://out/x"}}}' >"$bad"
	mark
	refuses 'Invalid argument' bash -c 'echo "{bad" >"$E"'
	refuses '' dash -c 'echo "{bad" >"$E"'
	refuses 'nvalid argument' zsh -c 'echo "{bad}" >"$E"'
	refuses 'Invalid argument' cp "$bad" "$E"
	refuses 'Invalid argument' bash -c 'cat "$bad" >"$E"'
	refuses 'Invalid argument' tee "$E" <"$bad"
	refuses 'Invalid argument' install -m 644 "$bad" "$E"
	refuses 'Invalid argument' dd if="$bad" of="$E" conv=fsync status=none
	refuses 'Invalid argument' mv "$(cp "$bad" "$bad.2" && echo "$bad.2")" "$E"
	refuses 'Invalid argument' python3 -c '
import os
with open(os.environ["E"], "w") as f: f.write(open(os.environ["bad"]).read())'
	cp "$bad" "$F/e.tmp"
	errno_is EBADMSG rename "$F/e.tmp" "$E"
	[ -e "$F/e.tmp" ] || fail "the refused file is gone"
	rm "$F/e.tmp"
	eq '' "$(writes)"
	jq -e .outputConfig "$E" >/dev/null
}
as_user test_every_tool_that_can_see_a_refusal_fails

test_what_the_service_refuses_is_told_too() {
	both
	# a bucket name that leads out: the registry's to judge
	mark
	errno_is EINVAL close "$F/displayName" $'x\ny\n'
	local long
	long=$(printf 'x%.0s' {1..129})
	errno_is EINVAL close "$F/displayName" "$long"$'\n'
	[ -s "$F/.displayName.error" ]
	eq face-detector "$(cat "$F/displayName")"
	errno_is EINVAL close "$F/labels.json" '{"UPPER": "x"}'
	like 'label' "$(tr '[:upper:]' '[:lower:]' <"$F/.labels.json.error")"
	eq '{"stage":"stable","subject":"face"}' "$(jq -cS . "$F/labels.json")"
	rm "$F/.labels.json.error" "$F/.labels.json.rejected"
	[ ! -e "$F/.labels.json.error" ]
}

test_near_misses_are_no_scratch_files() {
	both
	local n
	for n in defualt Default exports.json exprot.json displayname label.json; do
		errno_is ENOENT create "$F/$n" x
	done
	refuses 'No such file' bash -c "echo 2 >'$F/defualt'"
	for n in .export.json.swp export.json~ export.json.tmp 4913 sedAbC123 '#export.json#' scratch; do
		errno_is OK create "$F/$n" x
		eq x "$(cat "$F/$n")"
		rm "$F/$n"
	done
}

# ---- the default version

test_writing_default_makes_a_version_the_default() {
	both
	mark
	echo 2 >"$M/default"
	eq 2 "$(cat "$M/default")"
	eq ../versions/2 "$(readlink "$M/aliases/default")"
	eq 'true false' "$(cat "$M/versions/2/default" "$M/versions/1/default" | xargs)"
	eq 2 "$(rest GET "/v1/$LOC/models/face" | jq -r .versionId)"
	eq "POST /v1/*/models/face@2:mergeVersionAliases" "$(writes | sed 's,/v1/.*/models,/v1/*/models,')"
	echo true >"$M/versions/3/default"
	eq 3 "$(cat "$M/default")"
	eq false "$(cat "$M/versions/2/default")"
	eq 3 "$(jq -r .versionId "$M/model.json")"
	mark
	echo 3 >"$M/default"
	eq '' "$(writes)" "it is the default already"
	echo false >"$M/versions/1/default"
	eq '' "$(writes)"
	errno_is EBUSY close "$M/versions/3/default" $'false\n'
	errno_is ENOENT close "$M/default" $'9\n'
	errno_is EINVAL close "$M/versions/1/default" $'maybe\n'
	eq '' "$(writes)"
	eq 3 "$(cat "$M/default")"
	like '9' "$(cat "$F/.default.error")"
}
as_user test_writing_default_makes_a_version_the_default

test_default_is_saved_by_any_tool() {
	both
	local v=2 tool
	for tool in 'printf %s $v >"$F/default"' 'dash -c "echo $v >\"$F/default\""' \
		'echo $v | tee "$F/default" >/dev/null' 'echo $v >"$DIR/tmp/d" && cp "$DIR/tmp/d" "$F/default"' \
		'echo $v >"$F/d.tmp" && mv "$F/d.tmp" "$F/default"' 'sed -i "s/.*/$v/" "$F/default"' \
		'echo $v >"$DIR/tmp/d" && mv "$DIR/tmp/d" "$F/default"'; do
		mark
		eval "$tool" || fail "$tool"
		eq $v "$(cat "$F/default")" "$tool"
		eq 1 "$(calls POST ':mergeVersionAliases$')" "$tool"
		v=$((v % 3 + 1))
	done
}

# ---- PATCH

# patched URL-PART MASK BODY: the one write since mark()
patched() {
	eq 1 "$(writes | wc -l)" "$(writes)"
	like "^PATCH /v1/.*/models/$1$" "$(writes)"
	eq "$2" "$(logged 'select(.verb == "PATCH")' | jq -r .query |
		tr '&' '\n' | sed -n 's/^updateMask=//p' | sed 's/%2C/,/gI')"
	eq "$3" "$(logged 'select(.verb == "PATCH")' |
		jq -c '.body | if type == "string" then fromjson else . end | del(.etag, .name)' | jq -cS .)"
	mark
}

test_a_patch_carries_exactly_what_changed() {
	both
	mark
	echo 'Face finder' >"$F/displayName"
	patched face displayName '{"displayName":"Face finder"}'
	eq 'Face finder' "$(cat "$F/displayName")"
	eq ../models/face "$(readlink "$MNT/by-name/Face finder")"
	[ ! -L "$MNT/by-name/face-detector" ]

	echo 'New words.' >"$F/description"
	patched face description '{"description":"New words."}'
	echo '{"team": "vision"}' >"$MNT/models/eyes/labels.json"
	patched eyes labels '{"labels":{"team":"vision"}}'
	eq '{"team":"vision"}' "$(jq -c . "$MNT/models/eyes/labels.json")"
	echo 'Second try.' >"$F/versions/2/versionDescription"
	patched 'face@2' versionDescription '{"versionDescription":"Second try."}'
	eq 'Second try.' "$(rest GET "/v1/$LOC/models/face@2" | jq -r .versionDescription)"

	jq '.displayName = "face-detector"' "$F/model.json" >"$DIR/tmp/m" && cp "$DIR/tmp/m" "$F/model.json"
	patched face displayName '{"displayName":"face-detector"}'
	jq '.displayName = "F" | .description = "D"' "$F/model.json" >"$DIR/tmp/m" && cp "$DIR/tmp/m" "$F/model.json"
	patched face displayName,description '{"description":"D","displayName":"F"}'
	jq '.versionDescription = "Third."' "$F/versions/3/model.json" >"$DIR/tmp/m" && cp "$DIR/tmp/m" "$F/versions/3/model.json"
	patched 'face@3' versionDescription '{"versionDescription":"Third."}'
	echo >"$F/description"
	patched face description '{"description":""}'
	eq '' "$(cat "$F/description")"
}
as_user test_a_patch_carries_exactly_what_changed

test_description_may_have_many_lines() {
	both
	printf 'one\ntwo\n' >"$F/description"
	eq $'one\ntwo' "$(cat "$F/description")"
	eq 'one two' "$(rest GET "/v1/$LOC/models/face" | jq -r '.description | rtrimstr("\n") | gsub("\n"; " ")')"
	printf 'no newline' >"$F/description"
	eq 'no newline' "$(rest GET "/v1/$LOC/models/face" | jq -r .description)"
}

test_immutable_fields_are_refused() {
	both
	mark
	jq '.createTime = "2020-01-01T00:00:00Z"' "$F/model.json" >"$DIR/tmp/m"
	errno_is EPERM close "$F/model.json" "$(cat "$DIR/tmp/m")"
	like createTime "$(cat "$F/.model.json.error")"
	jq '.artifactUri = "gs://other/x"' "$F/model.json" >"$DIR/tmp/m"
	errno_is EPERM close "$F/model.json" "$(cat "$DIR/tmp/m")"
	jq '.displayName = "x" | .versionDescription = "y"' "$F/model.json" >"$DIR/tmp/m"
	like '^(EPERM|EINVAL)$' "$(python3 "$E2E/tools/sys.py" close "$F/model.json" "$(cat "$DIR/tmp/m")")"
	like versionDescription "$(cat "$F/.model.json.error")"
	eq '' "$(writes)"
	if [ "$(id -u)" -ne 0 ]; then
		errno_is EACCES close "$F/createTime" x
	else
		like '^(EPERM|EACCES)$' "$(python3 "$E2E/tools/sys.py" close "$F/createTime" x)"
	fi
	eq '' "$(writes)"
}
as_user test_immutable_fields_are_refused

test_an_old_etag_overwrites_nothing() {
	both
	jq '.description = "mine"' "$F/model.json" >"$DIR/tmp/m"
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"theirs"}' >/dev/null
	echo x >"$MNT/.modelfs/refresh"
	errno_is ESTALE close "$F/model.json" "$(cat "$DIR/tmp/m")"
	eq theirs "$(cat "$F/description")"
	[ -s "$F/.model.json.rejected" ]
	# without an etag it is forced
	jq '.description = "mine" | del(.etag)' "$F/model.json" >"$DIR/tmp/m2" && cp "$DIR/tmp/m2" "$F/model.json"
	eq mine "$(rest GET "/v1/$LOC/models/face" | jq -r .description)"
	# … with the refused text as well, whose time of the last change is older
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"theirs again"}' >/dev/null
	echo x >"$MNT/.modelfs/refresh"
	sed -i 's/"mine"/"mine after all"/' "$DIR/tmp/m"
	errno_is ESTALE close "$F/model.json" "$(cat "$DIR/tmp/m")"
	jq 'del(.etag)' "$F/.model.json.rejected" >"$DIR/tmp/m2" && cp "$DIR/tmp/m2" "$F/model.json"
	eq 'mine after all' "$(rest GET "/v1/$LOC/models/face" | jq -r .description)"
	refuses 'Operation not permitted' bash -c 'jq "del(.etag) | .createTime = \"2001-01-01T00:00:00Z\"" "$1" >"$2" && cp "$2" "$1"' - "$F/model.json" "$DIR/tmp/m2"
	rm "$F/.model.json.rejected"
	# the etag that only our own saves replaced counts as current: save, edit, save
	jq '.description = "one"' "$F/model.json" >"$DIR/tmp/m"
	cp "$DIR/tmp/m" "$F/model.json"
	sed -i 's/"description": "one"/"description": "two"/' "$DIR/tmp/m"
	cp "$DIR/tmp/m" "$F/model.json"
	eq two "$(rest GET "/v1/$LOC/models/face" | jq -r .description)"
}

test_readers_see_the_old_value_while_one_writes() {
	both
	exec 7>"$F/labels.json"
	printf '{"half":' >&7
	eq stable "$(jq -r .stage "$F/labels.json")"
	printf '"done"}\n' >&7
	exec 7>&-
	eq done "$(jq -r .half "$F/labels.json")"
	# hence reading and writing one file in a pipe is safe
	jq '.more = "yes"' "$F/labels.json" >"$F/labels.json"
	eq 'done yes' "$(jq -r '.half + " " + .more' "$F/labels.json")"
}

test_incomplete_text_is_refused_at_close_and_kept() {
	both
	mark
	errno_is EINVAL close "$F/labels.json" '{"half":'
	eq '{"half":' "$(cat "$F/.labels.json.rejected")"
	eq stable "$(jq -r .stage "$F/labels.json")"
	eq '' "$(writes)"
}

test_export_json_reads_as_a_template_then_as_the_last() {
	both
	local t
	t=$(cat "$F/export.json")
	eq custom-trained "$(jq -r .outputConfig.exportFormatId <<<"$t")"
	eq '""' "$(jq -c .outputConfig.artifactDestination.outputUriPrefix <<<"$t")"
	eq tflite "$(jq -r .outputConfig.exportFormatId "$MNT/models/edge/export.json")"
	export_to "$F/export.json" gs://out/there >"$DIR/tmp/e"
	cp "$DIR/tmp/e" "$F/export.json"
	eq gs://out/there "$(jq -r .outputConfig.artifactDestination.outputUriPrefix "$F/export.json")"
	like 'operations/' "$(getfattr --only-values -n user.modelfs.operation "$F/export.json")"
	rm "$F/export.json"
	within 15 test -e "$F/export.json"
	eq "$t" "$(cat "$F/export.json")"
	# the bare outputConfig will do, and the format may be left out
	mark
	echo '{"artifactDestination": {"outputUriPrefix": "gs://out/bare"}}' >"$F/export.json"
	eq '{"artifactDestination":{"outputUriPrefix":"gs://out/bare"},"exportFormatId":"custom-trained"}' \
		"$(logged 'select(.path | endswith(":export"))' | jq -c '.body | if type == "string" then fromjson else . end | .outputConfig' | jq -cS .)"
	upload '{"modelId":"bare","model":{"displayName":"bare"}}' >/dev/null
	echo x >"$MNT/.modelfs/refresh"
	[ -d "$MNT/models/bare" ]
	[ ! -e "$MNT/models/bare/export.json" ] || fail "a model that is not exportable has an export.json"
}

test_the_main_job_as_the_issue_tells_it() {
	registry
	mount_tree -s ''
	M=$MNT/vertex/$LOC/by-name/face-detector
	main_job
	unmount_tree
	rest POST "/v1/$LOC/models/face@1:mergeVersionAliases" '{"versionAliases":["default"]}' >/dev/null
	mount_tree -s "vertex/$LOC/models"
	M=$MNT/face
	main_job
}
as_user test_the_main_job_as_the_issue_tells_it

main_job() {
	eq '1 2 3' "$(find "$M/versions/" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)"
	eq 1 "$(cat "$M/default")"
	echo 2 >"$M/default" && eq ../versions/2 "$(readlink "$M/aliases/default")"
	eq 'true false' "$(cat "$M/versions/2/default" "$M/versions/1/default" | xargs)"
	jq '.outputConfig.artifactDestination.outputUriPrefix = "gs://demo-exports/faces"' "$M/export.json" >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$M/export.json" && eq SUCCEEDED "$(cat "$M/operations/latest/wait")"
	like '^gs://demo-exports/faces/model-export-face-detector-20[-0-9T:.]+Z/?$' "$(cat "$M/operations/latest/output")"
	cmp "$FILES/2/cascade.xml" "$(exported "$M")/cascade.xml"
	cmp "$FILES/2/cascade.xml" "$M/operations/latest/files/cascade.xml"
	eq 1 "$(find "$(exported "$M")" -type f | wc -l)"
	# a version of its own choice
	export_to "$M/versions/3/export.json" gs://demo-exports/third >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$M/versions/3/export.json"
	eq SUCCEEDED "$(cat "$M/versions/3/operations/latest/wait")"
	cmp "$FILES/3/cascade.xml" "$(exported "$M/versions/3")/cascade.xml"
	like '/3$' "$(readlink -f "$M/versions/3/operations/latest/target")"
}
