# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# What the end-to-end tests have in common.  `run` starts this file, which
# sources a test file and calls one function of it.  Each test finds:
#
#   $DIR    its own directory (HOME, TMPDIR and the runtime directory too)
#   $MEMORY another one, on a tmpfs
#   $DATA   a registry's data directory with the models of fixture(), not served
#   $MNT    where mount_tree mounts
#   $LOC    projects/demo/locations/us-central1
#
# A test ends at the first command that fails.  What registry() and mount_tree()
# started is stopped behind it in the ordinary way; that nothing stays is judged
# by `run`.

set -eEuo pipefail
ulimit -c 0

LOC=projects/demo/locations/us-central1
DATA=${DIR:-}/data
MNT=${DIR:-}/m
LOG=${DIR:-}/access.log # JSON lines, see tools/ and calls()
: "${SLOWNESS:=1}"

# ---- declarations in test files, read by --plan
declare -A WHO=() DEADLINE=() FLAGS=()
as_user() { local t && for t; do WHO[$t]=both; done; }  # as we are, and as a plain user
as_root() { local t && for t; do WHO[$t]=root; done; }  # needs root
slow() { local t && for t; do FLAGS[$t]+=,slow; done; } # not in --quick
plain_only() { local t && for t; do FLAGS[$t]+=,plain-only; done; } # not under sanitizers
deadline() {
	local t s=$1
	shift
	for t; do DEADLINE[$t]=$s; done
}

plan() { # FILE
	local t
	# shellcheck disable=SC1090
	. "$1"
	for t in $(sed -n 's/^\(test_[a-z0-9_]*\)() *{.*/\1/p' "$1"); do
		printf '%s %s %s %s %s\n' "$1" "$t" "${WHO[$t]:-self}" "${DEADLINE[$t]:-60}" "flags${FLAGS[$t]:-}"
	done
}

# ---- judgements
fail() {
	printf '%s\n' "FAIL: $*" >&2
	trap - ERR
	exit 1
}

skip() {
	printf '%s\n' "$*"
	exit 77
}

eq() { # EXPECTED ACTUAL [WHAT]
	[ "$1" = "$2" ] || fail "${3:-}${3:+: }expected: $1"$'\n'"      got: $2"
}

like() { # EXTENDED-REGEX TEXT [WHAT]
	[[ $2 =~ $1 ]] || fail "${3:-}${3:+: }should match: $1"$'\n'"      got: $2"
}

unlike() { # EXTENDED-REGEX TEXT [WHAT]
	[[ ! $2 =~ $1 ]] || fail "${3:-}${3:+: }should not match: $1"$'\n'"      got: $2"
}

# errno_is NAME OP ARGS...: what one system call answers; see tools/sys.py
errno_is() {
	local want=$1 got
	shift
	got=$(python3 "$E2E/tools/sys.py" "$@") || fail "sys.py $*"
	eq "$want" "$got" "$*"
}

not() { # COMMAND...: it must fail (`!` alone does not end a test)
	if "$@"; then fail "should have failed: $*"; fi
}

# refuses TEXT COMMAND...: it must fail and say TEXT on stderr
refuses() {
	local text=$1 err status=0
	shift
	err=$("$@" 2>&1 >/dev/null) || status=$?
	[ $status -ne 0 ] || fail "should have failed: $*"
	[[ $err = *"$text"* ]] || fail "$* should say: $text"$'\n'"      got: $err"
}

# within SECONDS COMMAND...: until it succeeds
within() {
	local end=$((SECONDS + $1 * SLOWNESS))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not in time: $*"
		sleep 0.1
	done
}

# at_most SECONDS COMMAND...: its time, whatever its status (kept in STATUS)
at_most() {
	local limit=$1 began=$EPOCHREALTIME
	shift
	STATUS=0
	"$@" || STATUS=$?
	python3 -c "import sys; sys.exit($EPOCHREALTIME - $began > $limit * $SLOWNESS)" ||
		fail "took longer than $limit s: $*"
}

# ---- the registry
STARTED=() # pids of servers and foreground mounts
MOUNTS=()

# registry [ARGUMENT...]: `modelfs serve` on $DATA with everything in the log
registry() {
	modelfs serve --data "$DATA" --access-log "$LOG" --access-log-bodies --access-log-answers "$@" >>"$DIR/serve.log" 2>&1 &
	SERVER=$!
	STARTED+=("$SERVER")
	within 10 healthy "$DATA"
}

healthy() { # DATA
	curl -sf -m 5 --unix-socket "$1/socket" http://registry/healthz
}

registry_stop() {
	kill -TERM "$SERVER" && wait "$SERVER"
}

# rest VERB PATH [BODY]: prints the answer; fails where it is an error
rest() {
	local out
	out=$(rest_any "$@")
	STATUS=${out##*$'\n'}
	printf '%s\n' "${out%$'\n'*}"
	[ "$STATUS" -lt 400 ]
}

# rest_any VERB PATH [BODY]: the answer and, on a last line, the HTTP status
rest_any() {
	local verb=$1 path=$2 body=()
	[ $# -gt 2 ] && body=(-H 'Content-Type: application/json' --data-binary "$3")
	[ "$verb" = POST ] && [ $# -le 2 ] && body=(-H 'Content-Length: 0')
	curl -sS -m 30 -g --unix-socket "$DATA/socket" -X "$verb" ${body[@]+"${body[@]}"} \
		-w '\n%{http_code}' "http://registry$path"
}

# rest_refused HTTP STATUS-NAME VERB PATH [BODY]: prints the error object
rest_refused() {
	local http=$1 name=$2 out
	shift 2
	out=$(rest_any "$@")
	eq "$http" "${out##*$'\n'}" "$*: HTTP status of $out"
	out=${out%$'\n'*}
	eq "$name" "$(jq -r .error.status <<<"$out")" "$*: $out"
	eq "$http" "$(jq -r .error.code <<<"$out")" "$*: $out"
	jq -e '.error.message | length > 0' <<<"$out" >/dev/null || fail "no message: $out"
	printf '%s\n' "$out"
}

# put_object gs://BUCKET/OBJECT <FILE: as a file below the data directory
put_object() {
	local f=$DATA/buckets/${1#gs://}
	mkdir -p "${f%/*}"
	cat >"$f"
}

# upload JSON: models:upload, waited for; prints the finished operation
upload() {
	local op
	op=$(rest POST "/v1/$LOC/models:upload" "$1") || fail "upload: $op"
	finished "$(jq -r .name <<<"$op")"
}

# finished OPERATION: waits through REST; prints the operation
finished() {
	local op i
	for i in {1..100}; do
		op=$(rest GET "/v1/$1") || fail "operations.get: $op"
		jq -e .done <<<"$op" >/dev/null && printf '%s\n' "$op" && return 0
		sleep 0.1
	done
	fail "still running: $op"
}

# Everything the registry knows, to compare before and after.
content() {
	local m page v
	page=$(rest GET "/v1/$LOC/models?pageSize=1000&orderBy=create_time")
	jq -S . <<<"$page"
	for m in $(jq -r '.models[]?.name' <<<"$page"); do
		rest GET "/v1/$m:listVersions" | jq -S .
	done
	(cd "$DATA" && find . -path ./artifacts/\* -type f -o -path ./buckets/\* -type f \
		-o -path ./images/\* -type f -o -path ./exports/\* -type f | sort | xargs -r -d '\n' sha256sum)
}

# ---- its access log
# mark: what calls() counts begins here
mark() {
	MARK=0
	[ -e "$LOG" ] && MARK=$(wc -l <"$LOG") || :
}
MARK=0

# logged JQ-FILTER: the log lines since mark() that it selects, compact
logged() {
	[ -e "$LOG" ] || return 0
	tail -n +$((MARK + 1)) "$LOG" |
		jq -c "select(.path | test(\"^/(healthz|metrics)\") | not) | $1"
}

# calls VERB PATH-REGEX: how many since mark()
calls() {
	logged "select(.verb == \"$1\" and (.path | test(\"$2\")))" | wc -l
}

# writes: everything since mark() that is no GET, one `VERB PATH` a line
writes() {
	logged 'select(.verb != "GET")' | jq -r '.verb + " " + .path'
}

# ---- mounts
# mount_tree [-o OPTIONS] [-s SOURCE] [MOUNTPOINT]: in the foreground of a
# background job, so that its log is kept.  Default SOURCE: the location.
mount_tree() {
	local opt opts='' source=vertex/$LOC where=$MNT OPTIND=1
	while getopts o:s: opt; do
		case $opt in
		o) opts=,$OPTARG ;;
		s) source=$OPTARG ;;
		*) fail "mount_tree: usage" ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -gt 0 ] && where=$1
	mkdir -p "$where"
	[[ $opts = *endpoint=* ]] || opts=,data=$DATA$opts
	[[ $opts = *ttl=* ]] || opts+=,ttl=1
	modelfs mount ${source:+"$source"} "$where" -f -o "${opts#,}" >>"$DIR/mount.log" 2>&1 &
	MOUNT=$!
	STARTED+=("$MOUNT")
	MOUNTS+=("$where")
	local end=$((SECONDS + 20 * SLOWNESS))
	until answers "$where"; do
		kill -0 "$MOUNT" 2>/dev/null || fail "modelfs mount ended: $(cat "$DIR/mount.log")"
		[ $SECONDS -lt $end ] || fail "did not mount in time"
		sleep 0.05
	done
}

# A dead mount is in the table too; only a live one answers statfs, with FUSE's number.
answers() { # MOUNTPOINT
	[ "$(timeout 2 stat -f -c %t "$1" 2>/dev/null)" = 65735546 ]
}

mounted() { # MOUNTPOINT
	awk -v m="$1" '$5 == m { found = 1 } END { exit !found }' /proc/self/mountinfo
}

unmount_tree() { # [MOUNTPOINT]
	local where=${1:-$MNT}
	modelfs unmount "$where"
	not mounted "$where"
}

# both: a registry and a mount of it; M is the face detector in by-name
both() {
	registry
	mount_tree "$@"
	M=$MNT/by-name/face-detector
	F=$MNT/models/face
}

# a_template PREFIX [FILTER]: this model's export.json with a destination
export_to() { # EXPORT.JSON gs://PREFIX
	jq --arg p "$2" '.outputConfig.artifactDestination.outputUriPrefix = $p' "$1"
}

# exported MODEL-DIR: the directory on disk that the newest operation wrote
exported() {
	local uri
	uri=$(cat "$1/operations/latest/output")
	printf '%s\n' "$DATA/buckets/${uri#gs://}"
}

# ---- end of a test
cleanup() {
	local status=$? m p
	trap - EXIT ERR
	set +e
	for m in ${MOUNTS[@]+"${MOUNTS[@]}"}; do
		mounted "$m" && { timeout 20 modelfs unmount "$m" || {
			[ $status = 0 ] && status=97
			echo "modelfs unmount $m failed"
		}; }
	done
	for p in ${STARTED[@]+"${STARTED[@]}"}; do
		kill -TERM "$p" 2>/dev/null
	done
	# What was said in this test is what the services' schemas say.
	[ $status = 0 ] && [ -s "$LOG" ] && { python3 "$SCHEMA/hold.py" --lenient --quiet "$LOG" || status=96; }
	exit $status
}

# ---- the models that every test may count on
# face  "face-detector": versions 1, 2, 3 of cascade.xml (one file: custom-trained)
# eyes  "eye-detector":  one version
# edge  "edge model":    a directory with formats tflite and tf-saved-model
# boxed "boxed":         an image alone, no artifacts
# twin-a, twin-b         both "twin"
# odd                    a display name that a path cannot bear
fixture() {
	local w=$DIR/tmp v
	registry
	for v in 1 2 3; do
		mkdir -p "$w/$v"
		seq -f "<stage>%g of version $v</stage>" $((v * 400)) >"$w/$v/cascade.xml"
	done
	mkdir -p "$w/edge/variables"
	head -c 70000 /dev/urandom >"$w/edge/model.tflite"
	head -c 3000 /dev/urandom >"$w/edge/saved_model.pb"
	head -c 5000 /dev/urandom >"$w/edge/variables/variables.index"

	import --model-id face --display-name face-detector --labels subject=face,stage=stable \
		--description 'Finds faces.' "$w/1/cascade.xml"
	import --parent-model face --labels subject=face,stage=candidate "$w/2/cascade.xml"
	import --parent-model face --alias golden "$w/3/cascade.xml"
	import --model-id eyes --display-name eye-detector "$w/1/cascade.xml"
	import --model-id edge --display-name 'edge model' "$w/edge"
	import --model-id twin-a --display-name twin "$w/1/cascade.xml"
	import --model-id twin-b --display-name twin "$w/2/cascade.xml"
	upload '{"modelId": "boxed", "model": {"displayName": "boxed",
		"containerSpec": {"imageUri": "gcr.io/demo/server:1"}}}' >/dev/null
	upload '{"modelId": "odd", "model": {"displayName": "a/b 100% \u00fc",
		"containerSpec": {"imageUri": "gcr.io/demo/server:1"}}}' >/dev/null
	registry_stop
	mkdir "$DIR/files"
	cp -r "$w/." "$DIR/files"
	chmod -R a+rX "$DIR/files"
}

import() { # of files into demo/us-central1 of $DATA
	modelfs import --data "$DATA" --project demo --location us-central1 "$@"
}

case ${1:-} in
--plan) plan "$2" ;;
--fixture)
	trap cleanup EXIT
	trap 'echo "stopped at line $LINENO: $BASH_COMMAND" >&2' ERR
	fixture
	;;
*)
	FILES=$FIXTURE/files # what fixture() imported
	# shellcheck disable=SC1090
	. "$1"
	trap cleanup EXIT
	trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND" >&2' ERR
	"$2"
	;;
esac
