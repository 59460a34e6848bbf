# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Google's own libraries for Node.js, unmodified, against `modelfs serve`
# (tests/clients).  Whatever they send and are answered is held against the
# schemas too.  CLIENTS, NODE_PATH and WITHOUT_CLIENTS come from `run`.

deadline 120 test_google_cloud_aiplatform_v1 test_google_cloud_aiplatform_v1beta1 test_googleapis_aiplatform_v1 \
	test_googleapis_aiplatform_v1beta1 test_googleapis_ml_v1 test_google_cloud_automl_v1 test_google_cloud_automl_v1beta1

# with_client SERVICE SCENARIO ARGUMENT...: a server for it and its bucket's files
with_client() {
	local service=$1 port b=$DATA/buckets status=0
	shift
	[ -z "${WITHOUT_CLIENTS:-}" ] || skip "$WITHOUT_CLIENTS"
	mkdir -p "$b"/files/{one,two/variables,tf,none,big} "$b"/demo-automl/{flowers,reviews,big}
	seq 1000 >"$b/files/one/cascade.xml"
	seq 2000 >"$b/files/two/cascade.xml"
	seq 7 | tee "$b/files/two/variables/x" "$b/files/tf/saved_model.pb" "$b/files/none/readme.txt" \
		"$b/demo-automl/flowers/model.tflite" "$b/demo-automl/flowers/dict.txt" >"$b/demo-automl/reviews/model.bin"
	# a copy of them takes seconds: time to cancel it
	head -c 4000000 /dev/urandom | tee "$b/files/big/saved_model.pb" >"$b/demo-automl/big/model.tflite"
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	registry --export-rate 1000000 --listen "$service=127.0.0.1:$port"
	MODELFS_PORT=$port MODELFS_DATA=$DATA node "$CLIENTS/$1" "${@:2}" || status=$?
	registry_stop
	[ $status -eq 0 ] || fail "$* ended with $status"
	[ "$(wc -l <"$LOG")" -gt 50 ] || fail "it did not speak to our server"
}

test_google_cloud_aiplatform_v1() {
	with_client vertex vertex.js cloud v1
}

test_google_cloud_aiplatform_v1beta1() {
	with_client vertex vertex.js cloud v1beta1
}

test_googleapis_aiplatform_v1() {
	with_client vertex vertex.js apis v1
}

test_googleapis_aiplatform_v1beta1() {
	with_client vertex vertex.js apis v1beta1
}

test_googleapis_ml_v1() {
	with_client ml ml.js
}

test_google_cloud_automl_v1() {
	with_client automl automl.js v1
}

test_google_cloud_automl_v1beta1() {
	with_client automl automl.js v1beta1
}
