# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# Servers that are slow, mute, broken, or from the future.

# proxied [-o OPTIONS]: a registry, a proxy before it, and a mount through that
proxied() {
	registry
	proxy_start
	mount_tree -o "endpoint=http://127.0.0.1:$PORT,$1"
	F=$MNT/models/face
}

proxy_start() {
	mode pass
	python3 "$E2E/tools/proxy.py" "$DATA/socket" "$DIR/tmp/mode" "$DIR/tmp/port" >>"$DIR/proxy.log" 2>&1 &
	PROXY=$!
	STARTED+=("$PROXY")
	within 10 test -s "$DIR/tmp/port"
	PORT=$(cat "$DIR/tmp/port")
}

mode() {
	echo "$*" >"$DIR/tmp/mode.new"
	mv "$DIR/tmp/mode.new" "$DIR/tmp/mode"
}

# ---- nothing is said

test_a_mute_server_ends_in_etimedout_and_harms_nobody_else() {
	proxied timeout=2,ttl=30
	ls "$MNT/models/face" "$MNT/models/face/versions" >/dev/null
	cat "$F/displayName" >/dev/null
	mode mute eyes
	refuses 'timed out' timeout 5 ls "$MNT/models/eyes/versions"
	errno_is ETIMEDOUT list "$MNT/models/eyes/versions"
	# while one waits, others answer
	ls "$MNT/models/eyes/versions" >/dev/null 2>&1 &
	local waiting=$!
	at_most 0.5 cat "$F/displayName" >/dev/null
	eq 0 "$STATUS"
	at_most 0.5 ls -l "$F/versions" "$MNT/models" "$MNT/by-name" >/dev/null
	eq 0 "$STATUS"
	at_most 1 ls "$MNT/models/edge/versions" >/dev/null
	eq 0 "$STATUS"
	wait $waiting || :
}
as_user test_a_mute_server_ends_in_etimedout_and_harms_nobody_else

test_ctrl_c_works_at_once_while_a_server_is_mute() {
	proxied timeout=30,ttl=30
	ls "$MNT/models" >/dev/null
	mode mute eyes
	at_most 1.5 timeout -s INT 0.5 ls "$MNT/models/eyes/versions"
	at_most 1.5 timeout -s TERM 0.5 cat "$MNT/models/eyes/versions/1/model.json"
	at_most 1.5 timeout -s KILL 0.5 find "$MNT/models/eyes/versions"
	eq face-detector "$(cat "$F/displayName")"
}
as_user test_ctrl_c_works_at_once_while_a_server_is_mute

test_unmounting_does_not_wait_for_a_mute_server() {
	proxied timeout=60,ttl=30
	ls "$MNT/models" >/dev/null
	mode mute eyes
	ls "$MNT/models/eyes/versions" >/dev/null 2>&1 &
	local waiting=$!
	sleep 0.5
	at_most 4 kill -TERM "$MOUNT"
	at_most 4 wait "$MOUNT"
	not mounted "$MNT"
	at_most 1 wait $waiting
}
as_user test_unmounting_does_not_wait_for_a_mute_server

test_mounting_a_mute_server_fails_by_the_deadline() {
	python3 "$E2E/tools/mute.py" tcp 0 "$DIR/tmp/port" &
	STARTED+=($!)
	within 10 test -s "$DIR/tmp/port"
	mkdir "$MNT"
	at_most 5 modelfs mount "vertex/$LOC" "$MNT" -o "endpoint=http://127.0.0.1:$(cat "$DIR/tmp/port"),timeout=2" 2>"$DIR/tmp/err"
	[ "$STATUS" != 0 ]
	eq 1 "$(wc -l <"$DIR/tmp/err")"
	not mounted "$MNT"
}

# In namespaces of its own: a host name that /etc/hosts knew while mounting, and
# that only a name server which never answers is asked for later.
test_a_mute_name_server_leaves_the_cache_answering() {
	unshare -mn true 2>/dev/null || skip 'needs namespaces of its own'
	registry
	proxy_start
	kill "$PROXY"
	wait "$PROXY" 2>/dev/null || :
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=models.test \
		-addext subjectAltName=DNS:models.test -keyout "$DIR/tmp/key" -out "$DIR/tmp/ca" 2>/dev/null
	cat "$DIR/tmp/key" "$DIR/tmp/ca" >"$DIR/tmp/pem"
	cat >"$DIR/tmp/inside" <<-'END'
		set -eEuo pipefail
		# other tests' mounts are copied into this namespace: let them go
		awk '$5 ~ "^/tmp/mfs" { print $5 }' /proc/self/mountinfo | tac | xargs -r -n 1 umount -l
		ip link set lo up
		echo '127.0.0.1 localhost models.test' >"$DIR/tmp/hosts"
		echo 'nameserver 127.0.0.1' >"$DIR/tmp/resolv.conf"
		echo 'hosts: files dns' >"$DIR/tmp/nsswitch.conf"
		for f in hosts resolv.conf nsswitch.conf; do
			mount --bind "$DIR/tmp/$f" "$(readlink -f /etc/$f)"
		done
		mount --bind "$DIR/tmp/ca" "$(readlink -f /etc/ssl/certs/ca-certificates.crt)"
		rm "$DIR/tmp/port"
		python3 "$E2E/tools/proxy.py" "$DIR/data/socket" "$DIR/tmp/mode" "$DIR/tmp/port" "$DIR/tmp/pem" &
		proxy=$!
		python3 "$E2E/tools/mute.py" udp 53 "$DIR/tmp/dns" &
		dns=$!
		trap 'kill $dns $proxy $daemon 2>/dev/null || :; wait' EXIT
		daemon=
		until [ -s "$DIR/tmp/port" ] && [ -s "$DIR/tmp/dns" ]; do sleep 0.05; done
		port=$(cat "$DIR/tmp/port")
		export CLOUDSDK_AUTH_ACCESS_TOKEN=t CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM=https://models.test:$port/
		mkdir -p "$DIR/m"
		modelfs mount vertex/projects/demo/locations/us-central1 "$DIR/m" -f \
			-o endpoint=google,project=demo,location=us-central1,ttl=900,timeout=8 2>>"$DIR/mount.log" &
		daemon=$!
		until mountpoint -q "$DIR/m"; do kill -0 $daemon; sleep 0.05; done
		ls -l "$DIR/m/models" "$DIR/m/models/face" >/dev/null
		cat "$DIR/m/models/face/displayName"
		echo '127.0.0.1 localhost' >"$DIR/tmp/hosts"
		kill $proxy && wait $proxy || :
		sleep 62 # libcurl remembers names for a minute
		began=$EPOCHREALTIME
		ls "$DIR/m/models/eyes/versions" 2>"$DIR/tmp/err" &
		asking=$!
		sleep 0.3
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			timeout 0.5 ls -l "$DIR/m/models" >/dev/null
			timeout 0.5 cat "$DIR/m/models/face/displayName" >/dev/null
			sleep 0.1
		done
		kill -0 $asking || { echo "the name server was not asked: $(cat "$DIR/tmp/err")"; exit 1; }
		wait $asking && { echo 'a mute name server answered'; exit 1; }
		python3 -c "import sys; sys.exit($EPOCHREALTIME - $began > 12 * ${SLOWNESS:-1})" || { echo 'past the deadline'; exit 1; }
		timeout 5 modelfs unmount "$DIR/m"
		wait $daemon
		echo good
	END
	eq good "$(unshare -mn bash "$DIR/tmp/inside" | tail -n 1)"
}
as_root test_a_mute_name_server_leaves_the_cache_answering
slow test_a_mute_name_server_leaves_the_cache_answering
plain_only test_a_mute_name_server_leaves_the_cache_answering
deadline 120 test_a_mute_name_server_leaves_the_cache_answering

# ---- errors

test_errors_of_the_service_have_their_errno() {
	proxied ttl=0,stale=0,timeout=2
	code() { # HTTP ERRNO
		mode status "$1" eyes:listVersions
		echo x >"$MNT/.modelfs/refresh"
		errno_is "$2" list "$MNT/models/eyes/versions"
	}
	code 401 EKEYEXPIRED
	code 403 EACCES
	code 404 ESTALE # readdir(3) takes ENOENT for the end of the directory
	code 501 EOPNOTSUPP
	code 500 EIO
	code 503 EIO
	mode pass
	echo x >"$MNT/.modelfs/refresh"
	eq 1 "$(ls "$MNT/models/eyes/versions")"
	like 'The proxy says so' "$(cat "$MNT/.modelfs/errors")"
	mode html
	echo x >"$MNT/.modelfs/refresh"
	errno_is EIO list "$MNT/models/eyes/versions"
	kill "$PROXY"
	wait "$PROXY" 2>/dev/null || :
	echo x >"$MNT/.modelfs/refresh"
	errno_is EHOSTUNREACH list "$MNT/models/eyes/versions"
}

test_the_journal_tells_of_changes_and_failures() {
	proxied ttl=1
	echo 2 >"$F/default"
	like "models.mergeVersionAliases.*models/face@2.*uid[= ]$(id -u)" "$(cat "$DIR/mount.log")"
	ls "$MNT/models" >/dev/null
	not grep -q 'models.list' "$DIR/mount.log"
	errno_is EINVAL close "$F/labels.json" '{"UPPER":"x"}'
	mode status 403 eyes
	ls "$MNT/models/eyes/versions" >/dev/null 2>&1 || :
	like 'models/eyes.*PERMISSION_DENIED' "$(cat "$DIR/mount.log")"
	like 'models/eyes' "$(cat "$MNT/.modelfs/errors")"
}

test_the_cache_answers_while_the_service_is_away() {
	proxied ttl=1,stale=60,timeout=2
	ls "$MNT/models" "$F/versions" >/dev/null
	eq 'Finds faces.' "$(cat "$F/description")"
	kill "$PROXY"
	wait "$PROXY" 2>/dev/null || :
	sleep 1.5
	eq 'Finds faces.' "$(cat "$F/description")"
	eq 7 "$(find "$MNT/models" -mindepth 1 -maxdepth 1 | wc -l)"
	getfattr -d "$F/description" 2>/dev/null | grep user.modelfs.stale >/dev/null
	errno_is EHOSTUNREACH stat "$MNT/models/nobody"
}

test_a_write_whose_answer_is_lost_is_not_sent_twice() {
	proxied timeout=3
	export_to "$F/export.json" gs://out/x >"$DIR/tmp/e.json"
	mode drop ':export'
	mark
	timeout 20 cp "$DIR/tmp/e.json" "$F/export.json" || :
	sleep 1
	eq 1 "$(calls POST ':export$')"
	mode pass
	eq 1 "$(rest GET "/v1/$LOC/models/face/operations" | jq '[.operations[] | select(.metadata."@type" | test("Export"))] | length')"
}

# Half an answer and a gateway's failure tell as little as none.
test_an_export_whose_answer_is_cut_or_lost_is_not_started_twice() {
	proxied timeout=3
	local how n=0
	for how in drop cut 'lost 502' 'lost 504'; do
		n=$((n + 1))
		export_to "$F/export.json" "gs://out/$n" >"$DIR/tmp/e.json"
		mode "$how" ':export'
		not cp "$DIR/tmp/e.json" "$F/export.json" 2>/dev/null
		like 'its outcome is not known' "$(cat "$F/.export.json.error")" "$how"
		cmp "$DIR/tmp/e.json" "$F/.export.json.rejected"
		mode pass
		cp "$DIR/tmp/e.json" "$F/export.json"
		eq "$n" "$(rest GET "/v1/$LOC/models/face/operations" | jq '[.operations[] | select(.metadata."@type" | test("Export"))] | length')" "$how"
		[ ! -e "$F/.export.json.error" ]
		[ ! -e "$F/.export.json.rejected" ]
		eq SUCCEEDED "$(cat "$F/operations/latest/wait")"
	done
}
as_user test_an_export_whose_answer_is_cut_or_lost_is_not_started_twice

# Moved away while its text is on the way, an attribute keeps a refusal by its own name.
test_a_refusal_stays_with_the_attribute_that_was_saved() {
	proxied timeout=8
	rm -f "$DIR/tmp/mode.mute"
	mode mute updateMask
	python3 - "$F/displayName" <<'END' &
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
os.write(fd, b"on the way")
try:
    os.close(fd)
finally:
    os._exit(0)
END
	STARTED+=("$!")
	within 5 test -e "$DIR/tmp/mode.mute"
	mv "$F/displayName" "$F/displayName~"
	mode pass
	within 10 test -e "$F/.displayName.rejected"
	eq 'on the way' "$(cat "$F/.displayName.rejected")"
	not test -e "$F/.displayName~.rejected"
}

# … and somebody else's export to another place is not taken for it.
test_a_colleagues_export_does_not_stand_for_a_lost_one() {
	proxied timeout=3
	export_to "$F/export.json" gs://out/mine >"$DIR/tmp/e.json"
	mode gone ':export'
	not cp "$DIR/tmp/e.json" "$F/export.json" 2>/dev/null
	rest POST "/v1/$LOC/models/face:export" "$(jq -c '.outputConfig.artifactDestination.outputUriPrefix = "gs://out/theirs"' "$DIR/tmp/e.json")" >/dev/null
	mode pass
	mark
	cp "$DIR/tmp/e.json" "$F/export.json"
	eq 1 "$(calls POST ':export$')"
	cat "$F/operations/latest/wait" >/dev/null
	like '^gs://out/mine/' "$(cat "$F/operations/latest/output")"
}

test_an_unknown_outcome_is_called_so_and_settles_by_itself() {
	proxied timeout=3,ttl=600
	local how n=0
	for how in drop cut 'lost 502'; do
		n=$((n + 1))
		jq --arg n "mine $n" '.displayName = $n' "$F/model.json" >"$DIR/tmp/m"
		mode "$how" updateMask
		not cp "$DIR/tmp/m" "$F/model.json" 2>/dev/null
		like 'save models/face/model.json: .*its outcome is not known' "$(tail -n 3 "$DIR/mount.log")" "$how"
		mode pass
		# it was accepted after all: no reason stays, and the same text again is no conflict
		within 10 sh -c "[ \"\$(cat '$F/displayName')\" = 'mine $n' ]"
		[ ! -e "$F/.model.json.error" ]
		[ ! -e "$F/.model.json.rejected" ]
		cp "$DIR/tmp/m" "$F/model.json"
	done
	# a buffer that goes on from there is no conflict either
	sed "s/mine $n/mine again/" "$DIR/tmp/m" >"$DIR/tmp/m2"
	cp "$DIR/tmp/m2" "$F/model.json"
	eq 'mine again' "$(rest GET "/v1/$LOC/models/face" | jq -r .displayName)"
	# one that was not accepted stays refused
	jq '.displayName = "never"' "$F/model.json" >"$DIR/tmp/m"
	mode status 503 updateMask
	not cp "$DIR/tmp/m" "$F/model.json" 2>/dev/null
	mode pass
	echo x >"$MNT/.modelfs/refresh"
	within 10 sh -c "[ \"\$(cat '$F/displayName')\" = 'mine again' ]"
	cmp "$DIR/tmp/m" "$F/.model.json.rejected"
}
as_user test_an_unknown_outcome_is_called_so_and_settles_by_itself

# ---- tomorrow's API

test_fields_and_enums_of_tomorrow_are_shown_and_survive_saves() {
	registry
	proxy_start
	mode future
	mount_tree -o "endpoint=http://127.0.0.1:$PORT"
	F=$MNT/models/face
	eq tomorrow "$(cat "$F/futureField")"
	eq 444 "$(stat -c %a "$F/futureField")"
	eq '{"deep":[1,2.5,"x"]}' "$(tr -d ' \n' <"$F/futureObject.json")"
	grep -q QUANTUM_RESOURCES "$F/supportedDeploymentResourcesTypes.json"
	eq tomorrow "$(jq -r .futureField "$F/versions/2/model.json")"
	mark
	jq '.displayName = "renamed"' "$F/model.json" >"$DIR/tmp/m"
	cp "$DIR/tmp/m" "$F/model.json"
	eq displayName "$(logged 'select(.verb == "PATCH")' | jq -r .query | tr '&' '\n' | sed -n 's/^updateMask=//p')"
	eq renamed "$(rest GET "/v1/$LOC/models/face" | jq -r .displayName)"
	echo 'New.' >"$F/description"
	echo 2 >"$F/default"
	export_to "$F/export.json" gs://out/x >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$F/export.json"
	eq SUCCEEDED "$(cat "$F/operations/latest/wait")"
	like '^(EPERM|EACCES)$' "$(python3 "$E2E/tools/sys.py" close "$F/model.json" "$(jq '.futureField = "mine"' "$F/model.json")")"
}
as_user test_fields_and_enums_of_tomorrow_are_shown_and_survive_saves
