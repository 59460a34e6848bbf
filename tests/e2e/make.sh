# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120,SC2016,SC2012,SC2015
# Creating, aliases and deleting by files (contract section 3); what deletes
# trees is in guard.sh.

# sent VERB PATH-REGEX COMMAND...: it succeeds, with one such request and no
# other that changes anything
sent() {
	local verb=$1 path=$2
	shift 2
	mark
	"$@" || fail "exit status $?: $*"
	like "^$verb .*$path\$" "$(writes)" "$*"
	eq 1 "$(writes | wc -l)" "$*: requests"
}

# unsent STDERR COMMAND...: it fails so, and nothing was asked to change
unsent() {
	mark
	refuses "$@"
	eq '' "$(writes)" "$*"
}

# body: what the last request that changed something carried
body() {
	logged 'select(.verb != "GET")' | tail -n 1 |
		jq -c '.body | if type == "string" then fromjson else . end'
}

alias_of() { # ALIAS: the version that the registry says bears it
	rest GET "/v1/$LOC/models/face:listVersions" |
		jq -r --arg a "$1" '.models[] | select(.versionAliases // [] | index($a)) | .versionId'
}

# ---- drafts

test_mkdir_of_a_model_makes_a_draft_that_a_save_creates() {
	both
	sleep 0.3
	mark
	mkdir "$MNT/models/new"
	eq model.json "$(ls -A "$MNT/models/new")"
	jq -e '.displayName == "" and .artifactUri == ""' "$MNT/models/new/model.json" >/dev/null
	eq "$(stat -c %s "$MNT/models/new/model.json")" "$(wc -c <"$MNT/models/new/model.json")"
	like '(^|[^a-z])new($|[^a-z])' "$(ls "$MNT/models")"
	echo draft >"$MNT/models/new/notes.txt"
	eq draft "$(cat "$MNT/models/new/notes.txt")"
	eq '' "$(writes)" 'nothing is sent for a draft'
	rest_refused 404 NOT_FOUND GET "/v1/$LOC/models/new" >/dev/null
	like 'models/new' "$(modelfs status "$MNT")"

	jq --arg a "$(cat "$F/artifactUri")" '.displayName = "brand new" | .artifactUri = $a' \
		"$MNT/models/new/model.json" >"$DIR/tmp/new.json"
	sent POST '/models:upload' cp "$DIR/tmp/new.json" "$MNT/models/new/model.json"
	eq '"new"' "$(body | jq -c .modelId)"
	eq "brand new" "$(cat "$MNT/models/new/displayName")"
	eq "brand new" "$(cat "$MNT/by-name/brand new/displayName")"
	eq ../versions/1 "$(readlink "$MNT/models/new/aliases/default")"
	eq "brand new" "$(rest GET "/v1/$LOC/models/new" | jq -r .displayName)"
	eq SUCCEEDED "$(cat "$MNT/operations/latest/status")"
	unlike 'drafts' "$(modelfs status "$MNT")"
	# it is an ordinary model now, also for whoever stood in the draft
	sent PATCH '/models/new' bash -c 'echo "newer" >"$1/displayName"' - "$MNT/models/new"
	eq draft "$(cat "$MNT/models/new/notes.txt")"
}
as_user test_mkdir_of_a_model_makes_a_draft_that_a_save_creates

test_a_draft_can_be_stood_in_while_it_is_created() {
	both
	mkdir "$MNT/models/here"
	sent POST '/models:upload' bash -c 'cd "$1/models/here" &&
		jq --arg a "$(cat ../face/artifactUri)" ".displayName = \"here\" | .artifactUri = \$a" \
			model.json >model.json.tmp && mv model.json.tmp model.json &&
		[ "$(cat displayName)" = here ] && [ "$(jq -r .versionId model.json)" = 1 ]' - "$MNT"
	rest GET "/v1/$LOC/models/here" >/dev/null
}

test_bad_ids_are_refused_at_mkdir() {
	both
	unsent 'Invalid argument' mkdir "$MNT/models/Bad"
	unsent 'Invalid argument' mkdir "$MNT/models/1st"
	unsent 'Invalid argument' mkdir "$MNT/models/a.b"
	unsent 'File exists' mkdir "$F"
	unsent 'File exists' mkdir "$F/versions/1"
	unsent 'Operation not permitted' mkdir "$F/sub"
	unsent 'Operation not permitted' mkdir "$MNT/operations/sub"
	mkdir "$MNT/models/d"
	unsent 'File exists' mkdir "$MNT/models/d"
	unsent 'Operation not permitted' mkdir "$MNT/models/d/versions"
	like 'no id here' "$(cat "$MNT/.modelfs/errors")"
}
as_user test_bad_ids_are_refused_at_mkdir

test_an_incomplete_draft_is_refused_and_kept() {
	both
	mkdir "$MNT/models/part"
	unsent 'Invalid argument' bash -c 'echo "{\"displayName\": \"x\"}" >"$1/model.json"' - "$MNT/models/part"
	like 'artifactUri or containerSpec is missing' "$(cat "$MNT/models/part/.model.json.error")"
	like '"x"' "$(cat "$MNT/models/part/.model.json.rejected")"
	unsent 'Invalid argument' bash -c 'echo "{\"displayName\": \"x\", \"artefactUri\": \"gs://a/b\"}" >"$1/model.json"' - "$MNT/models/part"
	like 'unknown field artefactUri' "$(cat "$MNT/models/part/.model.json.error")"
	unsent 'Directory not empty' rmdir "$MNT/models/part"
	rm "$MNT/models/part/.model.json.rejected"
	mark
	rmdir "$MNT/models/part"
	not test -e "$MNT/models/part"
	eq '' "$(writes)"
}

# What took such a name would hide the resource's file once that is there.
test_a_draft_has_no_files_in_the_names_of_those_to_come() {
	both
	mkdir "$MNT/models/d" "$F/versions/d"
	local d=$MNT/models/d n
	for n in displayName labels.json createTime export.json default; do
		unsent 'Operation not permitted' bash -c 'echo x >"$1"' - "$d/$n"
		unsent 'Operation not permitted' bash -c 'echo x >"$1"' - "$F/versions/d/$n"
	done
	like 'said in its document' "$(cat "$MNT/.modelfs/errors")"
	unsent 'Operation not permitted' ln -s x "$d/versions"
	echo x >"$d/a"
	unsent 'Operation not permitted' mv "$d/a" "$d/description"
	# a whole directory onto a name that is not there: cp insists on making
	# every file, and the document is there already
	unsent 'File exists' cp -r "$F/versions/2" "$F/versions/copy"
	eq model.json "$(ls -A "$F/versions/copy")"
	sent POST '/models:upload' cp "$F/versions/2/model.json" "$F/versions/copy/model.json"
	eq 4 "$(readlink "$F/versions/copy")"
}

test_the_services_refusal_of_a_creation_is_told() {
	both
	mkdir "$MNT/models/lost" "$F/versions/lost"
	jq -n '{displayName: "lost", artifactUri: "gs://nowhere/at/all"}' >"$DIR/tmp/l.json"
	refuses 'No such file or directory' cp "$DIR/tmp/l.json" "$MNT/models/lost/model.json"
	like 'No file lies at gs://nowhere' "$(cat "$MNT/models/lost/.model.json.error")"
	refuses 'No such file or directory' cp "$DIR/tmp/l.json" "$F/versions/lost/model.json"
	like 'No file lies at gs://nowhere' "$(cat "$F/versions/lost/.model.json.error")"
	# somebody else made it meanwhile: theirs stays
	mkdir "$MNT/models/raced"
	upload '{"modelId": "raced", "model": {"displayName": "theirs",
		"containerSpec": {"imageUri": "gcr.io/demo/server:1"}}}' >/dev/null
	jq -n --arg a "$(cat "$F/artifactUri")" '{displayName: "ours", artifactUri: $a}' >"$DIR/tmp/r.json"
	refuses 'File exists' cp "$DIR/tmp/r.json" "$MNT/models/raced/model.json"
	rm "$MNT/models/raced/.model.json.rejected"
	rmdir "$MNT/models/raced"
	eq theirs "$(cat "$MNT/models/raced/displayName")"
}

test_a_version_is_made_from_a_copy_of_anothers_document() {
	both
	ls "$F/versions" >/dev/null
	mkdir "$F/versions/next"
	eq face-detector "$(jq -r .displayName "$F/versions/next/model.json")"
	sent POST '/models:upload' cp "$F/versions/3/model.json" "$F/versions/next/model.json"
	eq '["model","parentModel"]' "$(body | jq -c keys)"
	eq "projects/demo/locations/us-central1/models/face" "$(body | jq -r .parentModel)"
	eq '[]' "$(body | jq -c '.model | keys - ["artifactUri", "description", "displayName", "labels"]')"
	eq 4 "$(readlink "$F/versions/next")"
	eq 4 "$(cat "$F/versions/next/versionId")"
	eq '1 2 3 4 next' "$(ls "$F/versions" | tr '\n' ' ' | sed 's/ $//')"
	eq 3 "$(alias_of golden)" 'aliases are not copied'
	eq 1 "$(cat "$F/default")"
	# the link is this mount's; it goes without a request
	mark
	rm "$F/versions/next"
	not test -e "$F/versions/next"
	eq '' "$(writes)"
	test -e "$F/versions/4/versionId"
	# cp -r begins with the document; the rest is the service's to say
	mkdir "$F/versions/again"
	mark
	cp -r "$F/versions/2/." "$F/versions/again" 2>/dev/null || :
	eq 1 "$(calls POST '/models:upload$')"
	eq 5 "$(readlink "$F/versions/again")"
}
as_user test_a_version_is_made_from_a_copy_of_anothers_document

test_a_draft_may_guess_its_versions_id() {
	both
	mkdir "$F/versions/4"
	sent POST '/models:upload' bash -c 'jq -c . "$1/versions/2/model.json" >"$1/versions/4/model.json"' - "$F"
	[ -d "$F/versions/4" ] && [ ! -L "$F/versions/4" ] || fail 'versions/4 is the real directory'
	eq 4 "$(cat "$F/versions/4/versionId")"
	# a wrong guess does not hide the version that gets the id
	mkdir "$F/versions/6"
	sent POST '/models:upload' bash -c 'jq -c . "$1/versions/2/model.json" >"$1/versions/6/model.json"' - "$F"
	eq 5 "$(readlink "$F/versions/6")"
	import --parent-model face "$FILES/1/cascade.xml" >/dev/null
	within 5 test ! -L "$F/versions/6"
	eq 6 "$(cat "$F/versions/6/versionId")"
}

test_rmdir_and_rm_rf_drop_a_draft() {
	both
	mark
	mkdir "$MNT/models/a" "$MNT/models/b"
	echo x >"$MNT/models/a/scratch"
	rmdir "$MNT/models/a"
	echo x >"$MNT/models/b/scratch"
	rm -rf "$MNT/models/b"
	eq 7 "$(find "$MNT/models" -mindepth 1 -maxdepth 1 | wc -l)"
	eq '' "$(writes)"
	# and nothing remains of them in a second one of the name
	mkdir "$MNT/models/a"
	eq model.json "$(ls -A "$MNT/models/a")"
}

test_a_draft_dies_with_the_mount_and_is_nobody_elses() {
	both
	mkdir "$DIR/m2"
	mount_tree -o ttl=2 "$DIR/m2"
	mkdir "$MNT/models/mine"
	not test -e "$DIR/m2/models/mine"
	unlike mine "$(ls "$DIR/m2/models")"
	unmount_tree
	like 'the draft models/mine ends with the mount' "$(cat "$DIR/mount.log")"
	mount_tree
	not test -e "$MNT/models/mine"
}

# ---- aliases

test_aliases_are_symbolic_links() {
	both
	sent POST '/models/face@2:mergeVersionAliases' ln -s ../versions/2 "$F/aliases/silver"
	eq '{"versionAliases":["silver"]}' "$(body)"
	eq ../versions/2 "$(readlink "$F/aliases/silver")"
	eq 2 "$(alias_of silver)"
	sent POST '/models/face@1:mergeVersionAliases' ln -sfn ../versions/1 "$F/aliases/silver"
	eq ../versions/1 "$(readlink "$F/aliases/silver")"
	eq 1 "$(alias_of silver)"
	sent POST '/models/face@1:mergeVersionAliases' mv "$F/aliases/silver" "$F/aliases/bronze"
	eq '{"versionAliases":["bronze","-silver"]}' "$(body)"
	eq '1 ' "$(alias_of bronze) $(alias_of silver)"
	eq 'bronze default golden' "$(ls "$F/aliases" | tr '\n' ' ' | sed 's/ $//')"
	sent POST '/models/face@1:mergeVersionAliases' mv -T "$F/aliases/bronze" "$F/aliases/golden"
	eq 1 "$(alias_of golden)"
	sent POST '/models/face@1:mergeVersionAliases' rm "$F/aliases/golden"
	eq '{"versionAliases":["-golden"]}' "$(body)"
	not test -L "$F/aliases/golden"
	eq '' "$(alias_of golden)"
	sent POST '/models/face@3:mergeVersionAliases' ln -sfn ../versions/3 "$F/aliases/default"
	eq 3 "$(cat "$F/default")"
	eq default "$(ls -A "$F/aliases")" 'no temporary link stays'
	mark
	ln -sfn ../versions/3 "$F/aliases/default"
	eq '' "$(writes)" 'it was so already'
}
as_user test_aliases_are_symbolic_links

test_an_aliass_target_is_any_path_to_a_version_of_the_model() {
	both
	local n=0 t
	for t in "../versions/2/" "./../versions/./2" "../versions/3/../2" "$F/versions/2" \
		"$MNT/by-name/face-detector/versions/2" "../../face@2" "$MNT/models/face@2"; do
		n=$((n + 1))
		sent POST '/models/face@2:mergeVersionAliases' ln -s "$t" "$F/aliases/way-$n"
		eq ../versions/2 "$(readlink "$F/aliases/way-$n")" "$t"
	done
	sent POST '/models/face@3:mergeVersionAliases' ln -s golden "$F/aliases/way-a"
	sent POST '/models/face@3:mergeVersionAliases' ln -s ../../face@golden "$F/aliases/way-b"
}

test_other_targets_and_names_are_refused() {
	both
	errno_is EINVAL symlink versions/2 "$F/aliases/wrong"
	like 'seen from aliases/' "$(cat "$MNT/.modelfs/errors")"
	mark
	errno_is EINVAL symlink ../../eyes/versions/1 "$F/aliases/wrong"
	errno_is EINVAL symlink ../versions "$F/aliases/wrong"
	errno_is EINVAL symlink ../versions/2/displayName "$F/aliases/wrong"
	errno_is EINVAL symlink /etc/passwd "$F/aliases/wrong"
	errno_is EINVAL symlink wrong "$F/aliases/wrong"
	errno_is ENOENT symlink ../versions/99 "$F/aliases/wrong"
	errno_is ENOENT symlink ../../face@99 "$F/aliases/wrong"
	errno_is EINVAL symlink ../versions/2 "$F/aliases/Wrong"
	errno_is EINVAL symlink ../versions/2 "$F/aliases/7"
	errno_is EINVAL symlink ../versions/2 "$F/aliases/x"
	errno_is EEXIST symlink ../versions/2 "$F/aliases/golden"
	# rename never says EINVAL
	ln -s ../versions "$F/aliases/.tmp"
	errno_is EBADMSG rename "$F/aliases/.tmp" "$F/aliases/wrong"
	errno_is EBADMSG rename "$F/aliases/golden" "$F/aliases/Golden"
	errno_is EBUSY rename "$F/aliases/default" "$F/aliases/other"
	errno_is EBUSY unlink "$F/aliases/default"
	like 'a model always has a default version' "$(cat "$MNT/.modelfs/errors")"
	# editors lock with links
	ln -s user@host.1 "$F/aliases/.#golden"
	rm "$F/aliases/.#golden"
	eq '' "$(writes)"
	eq 3 "$(alias_of golden)"
}

test_an_own_alias_change_is_no_conflict_for_an_open_document() {
	both
	jq '.description = "after the alias"' "$F/model.json" >"$DIR/tmp/d.json"
	ln -s ../versions/1 "$F/aliases/fresh"
	sent PATCH '/models/face' cp "$DIR/tmp/d.json" "$F/model.json"
}

# ---- deleting

test_rmdir_deletes_a_version() {
	both
	sent DELETE '/models/face@2:deleteVersion' rmdir "$F/versions/2"
	not test -e "$F/versions/2"
	eq '1 3' "$(ls "$F/versions" | tr '\n' ' ' | sed 's/ $//')"
	eq 2 "$(rest GET "/v1/$LOC/models/face:listVersions" | jq '.models | length')"
	eq SUCCEEDED "$(cat "$F/operations/latest/status")"
	eq ../.. "$(readlink "$F/operations/latest/target")"
	like 'models.deleteVersion .*face@2 by uid [0-9]+ pid [0-9]+ \(rmdir\): ok' "$(cat "$DIR/mount.log")"
}
as_user test_rmdir_deletes_a_version

test_rmdir_of_the_default_or_only_version_is_ebusy() {
	both
	mark
	errno_is EBUSY rmdir "$F/versions/1"
	like 'it is the default version' "$(cat "$MNT/.modelfs/errors")"
	errno_is EBUSY rmdir "$MNT/models/eyes/versions/1"
	eq '' "$(writes)"
	# the way out
	echo 3 >"$F/default"
	sent DELETE '/models/face@1:deleteVersion' rmdir "$F/versions/1"
}

test_rmdir_deletes_a_model_with_one_version() {
	both
	sent DELETE '/models/eyes' rmdir "$MNT/models/eyes"
	not test -e "$MNT/models/eyes"
	not test -e "$MNT/by-name/eye-detector"
	rest_refused 404 NOT_FOUND GET "/v1/$LOC/models/eyes" >/dev/null
	unlike eyes "$(ls "$MNT/models")"
	# the name is free
	mkdir "$MNT/models/eyes"
	eq model.json "$(ls -A "$MNT/models/eyes")"
	sent POST '/models:upload' bash -c 'jq -c "{displayName, artifactUri}" "$1/face/model.json" >"$1/eyes/model.json"' - "$MNT/models"
	eq face-detector "$(cat "$MNT/models/eyes/displayName")"
}
as_user test_rmdir_deletes_a_model_with_one_version

test_rmdir_of_a_model_with_versions_or_with_somebodys_files_is_enotempty() {
	both
	mark
	errno_is ENOTEMPTY rmdir "$F"
	like 'it has 3 versions' "$(cat "$MNT/.modelfs/errors")"
	errno_is ENOTEMPTY rmdir "$F/versions/2" # for a minute: that was above it
	echo x >"$MNT/models/eyes/remarks.txt"
	errno_is ENOTEMPTY rmdir "$MNT/models/eyes"
	mkdir "$MNT/models/edge/versions/draft"
	errno_is ENOTEMPTY rmdir "$MNT/models/edge"
	eq '' "$(writes)"
}

test_a_version_that_is_new_counts_at_once() {
	registry
	mount_tree -o ttl=60
	ls "$MNT/models/eyes/versions" >/dev/null
	import --parent-model eyes "$FILES/2/cascade.xml" >/dev/null
	mark
	errno_is ENOTEMPTY rmdir "$MNT/models/eyes"
	eq '' "$(writes)"
}

test_rmdir_forgets_an_ended_operation() {
	both
	local op
	export_to "$F/export.json" gs://out/x >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$F/export.json"
	op=$(readlink "$F/operations/latest")
	cat "$F/operations/$op/wait" >/dev/null
	sent DELETE "/operations/$op" rmdir "$F/operations/$op"
	not test -e "$F/operations/$op"
	not test -e "$MNT/operations/$op"
	not test -L "$F/operations/latest"
	errno_is EPERM rmdir "$F/operations"
	errno_is EPERM rmdir "$F/versions"
	errno_is EPERM rmdir "$F/aliases"
	errno_is ENOTDIR rmdir "$F/displayName"
	errno_is ENOENT rmdir "$F/nothing"
}

test_what_was_just_removed_below_guards_the_rest() {
	both
	mark
	# swallowed and not replaced
	rm "$MNT/models/eyes/displayName"
	errno_is ENOTEMPTY rmdir "$MNT/models/eyes"
	errno_is EBUSY unlink "$F/aliases/default"
	errno_is EBUSY unlink "$F/aliases/golden"
	# refused below
	errno_is EPERM unlink "$MNT/models/edge/createTime"
	errno_is ENOTEMPTY rmdir "$MNT/models/edge"
	eq '' "$(writes)"
	eq 3 "$(alias_of golden)"
	# swallowed and replaced: an editor's save, no removal
	rm "$MNT/models/twin-a/description"
	echo 'anew' >"$MNT/models/twin-a/description"
	sent DELETE '/models/twin-a' rmdir "$MNT/models/twin-a"
}

test_node_rmsync_straight_on_a_version_is_a_deletion() {
	command -v node >/dev/null || skip 'no node here'
	both
	sent DELETE '/models/face@2:deleteVersion' \
		node -e 'require("fs").rmSync(process.argv[1], {recursive: true})' "$F/versions/2"
	sent DELETE '/models/eyes' \
		node -e 'require("fs").rmSync(process.argv[1], {recursive: true})' "$MNT/models/eyes"
	mark
	node -e 'require("fs").rmSync(process.argv[1], {recursive: true, force: true})' "$F" 2>/dev/null || :
	eq '' "$(writes)"
}

# ---- operations that take longer

slow_service() { # OPTIONS: a mount behind a proxy that hides how operations end
	registry
	echo pass >"$DIR/tmp/mode"
	python3 "$E2E/tools/proxy.py" "$DATA/socket" "$DIR/tmp/mode" "$DIR/tmp/port" >>"$DIR/proxy.log" 2>&1 &
	STARTED+=("$!")
	within 10 test -s "$DIR/tmp/port"
	mount_tree -o "endpoint=http://127.0.0.1:$(cat "$DIR/tmp/port"),$1"
	F=$MNT/models/face
}

proxy_mode() {
	echo "$*" >"$DIR/tmp/mode.new"
	mv "$DIR/tmp/mode.new" "$DIR/tmp/mode"
}

test_a_creation_that_runs_on_is_einprogress_and_comes_true_later() {
	slow_service timeout=3
	local op
	mkdir "$MNT/models/slow"
	jq -n --arg a "$(cat "$F/artifactUri")" '{displayName: "slow", artifactUri: $a}' >"$DIR/tmp/s.json"
	proxy_mode running
	mark
	refuses 'Operation now in progress' timeout 5 cp "$DIR/tmp/s.json" "$MNT/models/slow/model.json"
	eq 1 "$(calls POST '/models:upload$')"
	like 'still running' "$(cat "$MNT/models/slow/.model.json.error")"
	eq "$(cat "$DIR/tmp/s.json")" "$(cat "$MNT/models/slow/.model.json.rejected")" 'the text is kept'
	op=$(readlink "$MNT/operations/latest")
	eq RUNNING "$(cat "$MNT/operations/$op/status")"
	# never a second one
	refuses 'Device or resource busy' cp "$DIR/tmp/s.json" "$MNT/models/slow/model.json"
	refuses 'Device or resource busy' rmdir "$MNT/models/slow"
	eq 1 "$(calls POST '/models:upload$')"
	proxy_mode pass
	within 10 test -e "$MNT/models/slow/displayName"
	eq SUCCEEDED "$(cat "$MNT/operations/$op/status")"
	not test -e "$MNT/models/slow/.model.json.rejected"
}

test_a_creation_waits_for_its_operation() {
	slow_service timeout=20
	mkdir "$F/versions/new"
	proxy_mode running
	(sleep 2 && proxy_mode pass) &
	sent POST '/models:upload' cp "$F/versions/2/model.json" "$F/versions/new/model.json"
	eq 4 "$(readlink "$F/versions/new")"
}

test_a_deletion_waits_and_says_einprogress_at_the_deadline() {
	slow_service timeout=3
	proxy_mode running
	mark
	errno_is EINPROGRESS rmdir "$F/versions/2"
	eq 1 "$(writes | wc -l)"
	eq RUNNING "$(cat "$MNT/operations/latest/status")"
	proxy_mode pass
	within 10 test ! -e "$F/versions/2"
}

test_ctrl_c_ends_a_waiting_rmdir() {
	slow_service timeout=30
	proxy_mode running
	mark
	at_most 3 timeout -s INT 1 rmdir "$F/versions/2"
	eq 1 "$(writes | wc -l)"
	ls "$F" >/dev/null
	proxy_mode pass
}

# ---- the other services

test_ml_models_and_versions_are_made_and_removed() {
	registry
	head -c 100 /dev/urandom | put_object gs://ml-files/one/model.joblib
	mount_tree -s ml/projects/demo
	local m=$MNT/models/census
	unsent 'Invalid argument' mkdir "$MNT/models/bad-id"
	mkdir "$m"
	sent POST '/v1/projects/demo/models' bash -c 'echo "{\"description\": \"who earns what\"}" >"$1/model.json"' - "$m"
	eq '{"name":"census","description":"who earns what"}' "$(body)"
	eq 'who earns what' "$(cat "$m/description")"
	mkdir "$m/versions/v1"
	eq version.json "$(ls -A "$m/versions/v1")"
	unsent 'Invalid argument' bash -c 'echo "{}" >"$1/versions/v1/version.json"' - "$m"
	like 'deploymentUri or container is missing' "$(cat "$m/versions/v1/.version.json.error")"
	jq -n '{deploymentUri: "gs://ml-files/one", runtimeVersion: "2.11", pythonVersion: "3.7"}' >"$DIR/tmp/v.json"
	sent POST '/models/census/versions' cp "$DIR/tmp/v.json" "$m/versions/v1/version.json"
	eq READY "$(cat "$m/versions/v1/state")" 'the save waited for it'
	[ ! -L "$m/versions/v1" ] || fail 'here the name is the id'
	# a copy of another one's document
	mkdir "$m/versions/v2"
	sent POST '/models/census/versions' cp "$m/versions/v1/version.json" "$m/versions/v2/version.json"
	eq READY "$(cat "$m/versions/v2/state")"
	# one that fails is there, and says so
	mkdir "$m/versions/bad"
	jq '.deploymentUri = "gs://ml-files/none"' "$DIR/tmp/v.json" >"$DIR/tmp/b.json"
	refuses '' cp "$DIR/tmp/b.json" "$m/versions/bad/version.json"
	eq FAILED "$(cat "$m/versions/bad/state")"
	like 'No file lies' "$(cat "$m/versions/bad/.version.json.error")"
	rm "$m/versions/bad/.version.json.rejected"
	sent DELETE '/models/census/versions/bad' rmdir "$m/versions/bad"
	sent DELETE '/models/census/versions/v2' rmdir "$m/versions/v2"
	sent DELETE '/models/census/versions/v1' rmdir "$m/versions/v1" # the only one may go
	sent DELETE '/models/census' rmdir "$m"
	eq '' "$(ls "$MNT/models")"
}

test_ml_rmdir_has_the_same_guards() {
	registry
	head -c 100 /dev/urandom | put_object gs://ml-files/one/model.joblib
	mount_tree -s ml/projects/demo
	local m=$MNT/models/census v
	mkdir "$m"
	echo '{}' >"$m/model.json"
	for v in a b; do
		mkdir "$m/versions/$v"
		jq -n '{deploymentUri: "gs://ml-files/one", runtimeVersion: "2.11", pythonVersion: "3.7"}' \
			>"$m/versions/$v/version.json"
	done
	mark
	errno_is EBUSY rmdir "$m/versions/a"
	errno_is ENOTEMPTY rmdir "$m"
	rm -rf "$m" 2>/dev/null || :
	eq '' "$(writes)"
}

test_automl_gives_its_own_ids() {
	registry
	printf x | put_object gs://demo-automl/ds1/model.tflite
	mount_tree -s automl/projects/demo/locations/us-central1 -o location=us-central1
	mkdir "$MNT/models/flowers"
	jq '.displayName = "flowers" | .datasetId = "ds1"
		| .imageClassificationModelMetadata = {modelType: "mobile-low-latency-1"}' \
		"$MNT/models/flowers/model.json" >"$DIR/tmp/a.json"
	sent POST '/locations/us-central1/models' cp "$DIR/tmp/a.json" "$MNT/models/flowers/model.json"
	[ -L "$MNT/models/flowers" ] || fail 'the name leads to the model'
	eq flowers "$(cat "$MNT/models/flowers/displayName")"
	sent DELETE "/models/$(readlink "$MNT/models/flowers")" rmdir "$MNT/models/$(readlink "$MNT/models/flowers")"
}
