# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# Mounting, unmounting, and what happens when something dies.

# quietly COMMAND...: exit status 0
models_of() {
	find "$1" -mindepth 1 -maxdepth 1 | wc -l
}

test_mount_starts_a_registry_of_its_own_and_ends_it() {
	mkdir "$MNT"
	modelfs mount "vertex/$LOC/models" "$MNT" -o data="$DATA",registry-log="$LOG"
	MOUNTS+=("$MNT")
	eq 1 "$(cat "$MNT/face/default")"
	[ -s "$LOG" ]
	healthy "$DATA"
	unmount_tree
	within 3 no_registry # asking it would keep it up
}
as_user test_mount_starts_a_registry_of_its_own_and_ends_it

test_a_first_mount_needs_no_preparation() {
	mkdir "$MNT"
	modelfs mount "$MNT"
	MOUNTS+=("$MNT")
	[ -d "$MNT/vertex/projects" ]
	eq '' "$(ls "$MNT/vertex/$LOC/models")"
	[ -d "$HOME/.local/share/modelfs" ]
	import_default --display-name mine "$FILES/1/cascade.xml" >/dev/null
	within 12 test -L "$MNT/vertex/$LOC/by-name/mine"
}
as_user test_a_first_mount_needs_no_preparation

import_default() {
	modelfs import --project demo --location us-central1 "$@"
}

test_the_same_mount_twice_is_fine_another_is_not() {
	registry
	mkdir "$MNT"
	modelfs mount "vertex/$LOC" "$MNT" -o data="$DATA",ttl=3
	MOUNTS+=("$MNT")
	modelfs mount "vertex/$LOC" "$MNT" -o data="$DATA",ttl=3
	modelfs mount "vertex/$LOC" "$MNT" -o ttl=3,data="$DATA"
	local status=0
	modelfs mount "vertex/$LOC" "$MNT" -o data="$DATA",ttl=4 2>"$DIR/tmp/err" || status=$?
	[ $status != 0 ]
	status=0
	modelfs mount vertex "$MNT" -o data="$DATA",ttl=3 2>"$DIR/tmp/err" || status=$?
	[ $status != 0 ]
	eq 1 "$(wc -l <"$DIR/tmp/err")"
	eq 1 "$(grep -c " $MNT " /proc/self/mountinfo)"
}
as_user test_the_same_mount_twice_is_fine_another_is_not

test_every_way_to_unmount_is_clean() {
	registry
	local way
	for way in 'modelfs unmount $MNT' 'fusermount3 -u $MNT' 'kill -TERM $MOUNT' 'kill -INT $MOUNT'; do
		mount_tree
		cat "$MNT/models/face/model.json" >/dev/null
		eval "$way"
		local status=0
		wait "$MOUNT" || status=$?
		eq 0 $status "$way"
		! mounted "$MNT" || fail "$way: still mounted"
	done
}
as_user test_every_way_to_unmount_is_clean

test_umount_by_root_is_clean() {
	registry
	mount_tree
	umount "$MNT"
	wait "$MOUNT"
}
as_root test_umount_by_root_is_clean

test_unmount_says_busy_and_lazy_does_not_mind() {
	registry
	mount_tree
	cd "$MNT/models"
	local status=0
	modelfs unmount "$MNT" 2>"$DIR/tmp/err" || status=$?
	[ $status != 0 ]
	like 'busy' "$(cat "$DIR/tmp/err")"
	eq face-detector "$(cat face/displayName)"
	modelfs unmount --lazy "$MNT"
	not mounted "$MNT"
	cd "$DIR"
	wait "$MOUNT"
}
as_user test_unmount_says_busy_and_lazy_does_not_mind

# A container or a service that was started meanwhile has a copy of the mount.
test_a_copy_in_another_namespace_does_not_hold_up_unmount() {
	registry
	mount_tree
	unshare -m sleep 30 &
	local other=$!
	STARTED+=("$other")
	sleep 0.3
	at_most 3 timeout 10 modelfs unmount "$MNT"
	eq 0 "$STATUS"
	at_most 3 wait "$MOUNT"
	eq 0 "$STATUS"
	mount_tree
	kill -TERM "$MOUNT"
	at_most 3 wait "$MOUNT"
	kill "$other"
	wait "$other" 2>/dev/null || :
}
as_root test_a_copy_in_another_namespace_does_not_hold_up_unmount

test_unmount_of_what_is_no_mount_fails() {
	mkdir "$MNT"
	refuses '' modelfs unmount "$MNT"
	refuses 'No such file' modelfs unmount "$DIR/nothing"
}

test_a_dead_mount_is_cleared_and_mounted_over() {
	registry
	mount_tree
	kill -9 "$MOUNT"
	wait "$MOUNT" 2>/dev/null || :
	refuses 'not connected' ls "$MNT/models"
	modelfs mount "vertex/$LOC" "$MNT" -o data="$DATA"
	eq face-detector "$(cat "$MNT/models/face/displayName")"
	eq 1 "$(grep -c " $MNT " /proc/self/mountinfo)"
	unmount_tree
	mount_tree
	kill -9 "$MOUNT"
	wait "$MOUNT" 2>/dev/null || :
	modelfs unmount "$MNT"
	not mounted "$MNT"
}
as_user test_a_dead_mount_is_cleared_and_mounted_over

test_two_mounts_and_a_serve_share_one_server() {
	mkdir "$DIR/a" "$DIR/b"
	modelfs mount "vertex/$LOC/models" "$DIR/a" -o data="$DATA",registry-log="$LOG",ttl=1
	MOUNTS+=("$DIR/a")
	modelfs mount "vertex/$LOC/models" "$DIR/b" -o data="$DATA",registry-log="$LOG",ttl=1
	MOUNTS+=("$DIR/b")
	echo 2 >"$DIR/a/face/default"
	within 4 grep -qx 2 "$DIR/b/face/default"
	eq 1 "$(registries)"
	local status=0
	at_most 8 modelfs serve --data "$DATA" 2>"$DIR/tmp/err"
	eq 75 "$STATUS"
	eq 1 "$(registries)"
	# a log that the running server does not write
	mkdir "$DIR/c"
	refuses '' modelfs mount "vertex/$LOC/models" "$DIR/c" -o data="$DATA",registry-log="$DIR/tmp/other.log"
	unmount_tree "$DIR/a"
	sleep 2.5
	eq 2 "$(cat "$DIR/b/face/default")"
	eq 1 "$(registries)"
}
as_user test_two_mounts_and_a_serve_share_one_server

# How many servers of this test's are running.
registries() {
	pgrep -f -- "^[^ ]*(modelfs|exe) serve .*$DATA" | wc -l
}

no_registry() {
	[ "$(registries)" = 0 ]
}

test_a_killed_registry_is_started_again() {
	mkdir "$MNT"
	modelfs mount "vertex/$LOC/models" "$MNT" -o data="$DATA",registry-log="$LOG",ttl=1,stale=0
	MOUNTS+=("$MNT")
	eq 1 "$(cat "$MNT/face/default")"
	local pid
	pid=$(curl -s --unix-socket "$DATA/socket" http://registry/healthz | jq .pid)
	kill -9 "$pid"
	sleep 1.5
	within 10 grep -qx 1 "$MNT/face/default"
	echo 3 >"$MNT/face/default"
	eq 3 "$(cat "$MNT/face/default")"
}
as_user test_a_killed_registry_is_started_again

test_status_tells_how_a_mount_is_doing() {
	registry
	mount_tree
	cat "$MNT/models/face/model.json" >/dev/null
	local out status=0
	out=$(modelfs status "$MNT")
	like "$MNT" "$out"
	like 'vertex/projects/demo' "$out"
	errno_is EINVAL close "$MNT/models/face/labels.json" '{"UPPER":"x"}'
	out=$(modelfs status "$MNT/models/face/labels.json") || :
	like 'UPPER|label' "$out"
	kill -STOP "$MOUNT"
	at_most 2.5 modelfs status "$MNT" >/dev/null 2>&1
	kill -CONT "$MOUNT"
	eq 69 "$STATUS"
	kill -9 "$MOUNT"
	wait "$MOUNT" 2>/dev/null || :
	modelfs status "$MNT" >/dev/null 2>&1 || status=$?
	eq 69 $status
}
as_user test_status_tells_how_a_mount_is_doing

test_mount_options_are_judged() {
	registry
	mkdir "$MNT"
	local status=0
	modelfs mount "vertex/$LOC" "$MNT" -o data="$DATA",colour=red 2>"$DIR/tmp/err" || status=$?
	[ $status != 0 ]
	like colour "$(cat "$DIR/tmp/err")"
	modelfs mount "vertex/$LOC" "$MNT" -o data="$DATA",noatime,nosuid,nodev,nofail,_netdev,x-systemd.automount,rw
	MOUNTS+=("$MNT")
	unmount_tree
	refuses '' modelfs mount "vertex/$LOC" "$DIR/nowhere" -o data="$DATA"
	refuses '' modelfs mount "vertex/$LOC" "$MNT" -o endpoint=http://example.com
	refuses '' modelfs mount "vertex/$LOC" "$MNT" -o endpoint=unix:"$DIR/nothing",timeout=2
	eq 64 "$(modelfs nonsense >/dev/null 2>&1 || echo $?)"
	modelfs --help | grep mount >/dev/null
	modelfs mount --help | grep ttl >/dev/null
	modelfs --version | grep '[0-9]' >/dev/null
}
as_user test_mount_options_are_judged

test_mount_modelfs_works_for_mount_8() {
	registry
	mkdir "$MNT"
	ln -s "$(command -v modelfs)" "$DIR/tmp/mount.modelfs"
	"$DIR/tmp/mount.modelfs" "vertex/$LOC" "$MNT" -o "rw,noexec,data=$DATA"
	MOUNTS+=("$MNT")
	eq face-detector "$(cat "$MNT/models/face/displayName")"
	unmount_tree
	modelfs "vertex/$LOC" "$MNT" -o "data=$DATA"
	MOUNTS+=("$MNT")
	eq fuse.modelfs "$(findmnt -no FSTYPE "$MNT")"
	unmount_tree
	eq 1 "$("$DIR/tmp/mount.modelfs" "vertex/$LOC" "$MNT" -o colour=red >/dev/null 2>&1 || echo $?)"
}

test_endpoints_of_every_kind_work() {
	registry --listen 127.0.0.1:0
	local port e
	port=$(ss -Hltnp | awk -v p="pid=$SERVER," 'index($0, p) { sub(/.*:/, "", $4); print $4; exit }')
	export CLOUDSDK_AUTH_ACCESS_TOKEN=token CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM=http://127.0.0.1:$port/
	for e in "unix:$DATA/socket" "http://127.0.0.1:$port" google; do
		mount_tree -o "endpoint=$e,project=demo,location=us-central1"
		eq 1 "$(cat "$MNT/models/face/default")" "$e"
		eq 7 "$(models_of "$MNT/models")" "$e"
		unmount_tree
	done
	logged 'select(.principal != null)' >/dev/null
}
as_user test_endpoints_of_every_kind_work

test_google_without_a_token_is_refused_at_once() {
	mkdir "$MNT"
	refuses '' timeout 20 modelfs mount "vertex/$LOC" "$MNT" -o endpoint=google,project=demo,location=us-central1
	not mounted "$MNT"
}

test_others_may_not_look_without_allow_other() {
	registry
	mount_tree
	local other=nobody
	refuses 'Permission denied' setpriv --reuid $other --regid nogroup --clear-groups ls "$MNT"
	unmount_tree
	mount_tree -o allow_other
	setpriv --reuid $other --regid nogroup --clear-groups cat "$MNT/models/face/displayName" >/dev/null
	refuses 'Permission denied' setpriv --reuid $other --regid nogroup --clear-groups bash -c "echo x >'$MNT/models/face/displayName'"
}
as_root test_others_may_not_look_without_allow_other

test_rejected_text_outlives_the_mount() {
	both
	errno_is EINVAL close "$F/labels.json" '{"mine": '
	unmount_tree
	grep -rq 'mine' "$HOME/.local/state/modelfs" "${XDG_STATE_HOME:-$HOME}" || fail "lost"
}
as_user test_rejected_text_outlives_the_mount

test_sighup_forgets_what_is_cached() {
	registry
	mount_tree -o ttl=600
	eq 'Finds faces.' "$(cat "$MNT/models/face/description")"
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"theirs"}' >/dev/null
	eq 'Finds faces.' "$(cat "$MNT/models/face/description")"
	kill -HUP "$MOUNT"
	within 2 grep -qx theirs "$MNT/models/face/description"
}

test_the_environment_gives_defaults() {
	registry
	mkdir "$MNT"
	MODELFS_DATA=$DATA MODELFS_OPTIONS=ttl=77,ro modelfs mount "vertex/$LOC" "$MNT"
	MOUNTS+=("$MNT")
	eq face-detector "$(cat "$MNT/models/face/displayName")"
	grep -q 77 "$MNT/.modelfs/config.json"
	errno_is EROFS mkdir "$MNT/models/x"
	unmount_tree
	MODELFS_ENDPOINT=unix:$DATA/socket MODELFS_OPTIONS=ttl=77 modelfs mount "vertex/$LOC" "$MNT" -o ttl=33
	MOUNTS+=("$MNT")
	eq face-detector "$(cat "$MNT/models/face/displayName")"
	grep -q 33 "$MNT/.modelfs/config.json"
	not grep -q 77 "$MNT/.modelfs/config.json"
}
