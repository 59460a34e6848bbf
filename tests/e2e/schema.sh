# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What goes over the wire is what the services' schemas say (tests/schema).
# lib.sh holds the log of every test against them; here the mount's own requests
# are held without any leniency, in a session that sends each kind of them.

deadline 120 test_vertex_is_spoken_by_the_schema test_ml_is_spoken_by_the_schema test_automl_is_spoken_by_the_schema

# strictly METHOD...: everything since mark() is right, and these were among it
strictly() {
	local out m
	tail -n +$((MARK + 1)) "$LOG" >"$DIR/session.log"
	out=$(python3 "$SCHEMA/hold.py" --methods "$DIR/session.log") || fail "$out"
	for m; do
		like "(^|"$'\n'")[0-9]+ ([a-z]+\.projects\.(locations\.)?)?${m//./\\.}("$'\n'"|\$)" "$out"
	done
}

# read_all DIR: everything below, but what waits or leads to other trees
read_all() {
	find "$1" -type f ! -name wait ! -name '.*' -exec cat {} + >/dev/null
	ls -lR "$1" >/dev/null
}

test_vertex_is_spoken_by_the_schema() {
	registry
	mark
	mount_tree -s ''
	local v=$MNT/vertex/$LOC/models f op
	f=$v/face
	read_all "$MNT/vertex/$LOC"
	echo 'Finds more faces.' >"$f/description"
	echo Faces >"$f/displayName"
	jq '. + {"team": "vision"}' "$f/labels.json" >"$DIR/tmp/l" && cat "$DIR/tmp/l" >"$f/labels.json"
	jq '.description = "By the document." | .labels.stage = "stable"' "$f/model.json" >"$DIR/tmp/m"
	cp "$DIR/tmp/m" "$f/model.json"
	echo 'The second.' >"$f/versions/2/versionDescription"
	ln -s ../versions/2 "$f/aliases/better"
	rm "$f/aliases/better"
	echo 3 >"$f/default"
	not sh -c "echo 9 >'$f/default'"
	export_to "$f/export.json" gs://out/here >"$DIR/tmp/e"
	cat "$DIR/tmp/e" >"$f/export.json"
	op=$f/operations/latest
	eq SUCCEEDED "$(cat "$op/wait")"
	read_all "$op/"
	modelfs wait "$op"
	rmdir "$f/versions/1"
	import --model-id another --display-name another "$FILES/1/cascade.xml"
	rest POST "/v1/$LOC/models/face/evaluations:import" '{"modelEvaluation":{"displayName":"e"}}' >/dev/null
	echo . >"$MNT/.modelfs/refresh"
	read_all "$f/evaluations"
	strictly models.get models.list models.listVersions models.patch models.mergeVersionAliases models.export \
		models.deleteVersion models.upload models.evaluations.list operations.list storage.objects.insert \
		cloudresourcemanager.projects.search
}

test_ml_is_spoken_by_the_schema() {
	registry
	local o
	o=$(rest_any POST /v1/projects/demo/models '{"name":"census"}')
	[ "${o##*$'\n'}" != 404 ] || skip "this registry has no ml"
	seq 3 | put_object gs://files/tf/saved_model.pb
	o=$(rest POST /v1/projects/demo/models/census/versions '{"name":"v1","deploymentUri":"gs://files/tf/",
		"runtimeVersion":"1.15","pythonVersion":"3.7"}')
	finished "$(jq -r .name <<<"$o")" >/dev/null
	o=$(rest POST /v1/projects/demo/models/census/versions '{"name":"v2","deploymentUri":"gs://files/tf/",
		"runtimeVersion":"1.15","pythonVersion":"3.7"}')
	finished "$(jq -r .name <<<"$o")" >/dev/null
	mount_tree -s ml/projects/demo
	mark
	local m=$MNT/models/census
	read_all "$MNT"
	echo 'Income.' >"$m/description"
	echo 'The second.' >"$m/versions/v2/description"
	echo v2 >"$m/default"
	jq '.description = "Another."' "$m/versions/v1/version.json" >"$DIR/tmp/v"
	cp "$DIR/tmp/v" "$m/versions/v1/version.json"
	rmdir "$m/versions/v1"
	strictly models.get models.list models.patch models.versions.list models.versions.patch \
		models.versions.setDefault models.versions.delete operations.get
}

test_automl_is_spoken_by_the_schema() {
	registry --export-rate 100 # else it may have ended before it is asked for
	local o m
	seq 50 | put_object gs://demo-automl/flowers/model.tflite
	o=$(rest_any POST "/v1/$LOC/models" '{"displayName":"flowers","datasetId":"flowers",
		"imageClassificationModelMetadata":{"modelType":"mobile-versatile-1"}}')
	[ "${o##*$'\n'}" = 200 ] || skip "this registry has no automl"
	finished "$(jq -r .name <<<"${o%$'\n'*}")" >/dev/null
	mount_tree -s "automl/$LOC"
	mark
	read_all "$MNT"
	m=$(readlink -f "$MNT/by-name/flowers")
	echo flowers_2 >"$m/displayName"
	echo '{"season": "spring"}' >"$m/labels.json"
	jq '.outputConfig.gcsDestination.outputUriPrefix = "gs://out/automl"' "$m/export.json" >"$DIR/tmp/e"
	cat "$DIR/tmp/e" >"$m/export.json"
	eq SUCCEEDED "$(cat "$m/operations/latest/wait")"
	strictly models.get models.list models.patch models.export models.modelEvaluations.list operations.get
}

# judged LINE: what hold.py says of one line of a log
judged() {
	printf '%s\n' "$1" >"$DIR/line.log"
	python3 "$SCHEMA/hold.py" "${@:2}" "$DIR/line.log"
}

test_the_judge_sees_what_is_wrong() {
	local get='"verb":"GET","path":"/v1/projects/p/locations/l/models/m","query":""' bad what
	local ml='"verb":"GET","path":"/v1/projects/p/models/m/versions/v","query":"","status":200'
	judged "{$get,\"status\":200,\"answer\":{\"name\":\"m\",\"createTime\":\"2020-01-01T00:00:00.000001Z\",\
\"containerSpec\":{\"imageUri\":\"i\",\"sharedMemorySizeMb\":\"64\"}}}" >/dev/null
	judged "{$ml,\"answer\":{\"name\":\"v\",\"etag\":\"BlXqEgx9VQg=\",\"autoScaling\":{},\"state\":\"READY\"}}" >/dev/null
	while read -r bad what; do
		not judged "$bad" >"$DIR/said"
		like "$what" "$(cat "$DIR/said")"
	done <<-END
		{$get,"status":200,"answer":{"nome":"m"}} no.such.field
		{$get,"status":200,"answer":{"description":""}} default
		{$get,"status":200,"answer":{"labels":{}}} default
		{$get,"status":200,"answer":{"containerSpec":{"sharedMemorySizeMb":64}}} int64
		{$get,"status":200,"answer":{"createTime":"yesterday"}} RFC
		{$get,"status":200,"answer":{"supportedDeploymentResourcesTypes":["SOME"]}} one.of
		{$get,"status":404,"answer":{"error":"not_found"}} refusal
		{$get,"status":404,"answer":{"error":{"code":404,"message":"m","status":"INTERNAL"}}} refusal
		{$ml,"answer":{"autoScaling":{"minNodes":0}}} default
		{$ml,"answer":{"etag":"not-base64!"}} base64
		{"verb":"GET","path":"/v1/projects/p/locations/l/models/m","query":"readMask=name","status":200,"answer":{}} parameter
		{"verb":"PUT","path":"/v1/projects/p/locations/l/models/m","query":"","status":200,"answer":{}} no.such.method
		{"verb":"PATCH","path":"/v1/projects/p/locations/l/models/m","query":"updateMask=labels","status":200,"body":{"labels":{"a":1}},"answer":{}} string
		{"verb":"PATCH","path":"/v1/projects/p/locations/l/models/m","query":"update_mask=labels","status":200,"body":{},"answer":{}} parameter
		{"verb":"POST","path":"/v1/projects/p/locations/l/models/m:export","query":"","status":200,"body":{"outputConfig":{}},"answer":{"name":"o","metadata":{"@type":"type.googleapis.com/google.cloud.aiplatform.v1.DeleteOperationMetadata"}}} ExportModelOperationMetadata
		{"verb":"GET","path":"/v1/projects/p/locations/l/operations/1","query":"","status":200,"answer":{"name":"o","done":false}} default
		{"verb":"GET","path":"/v1/projects/p/locations/l/operations/1","query":"","status":200,"answer":{"name":"o","done":true}} fit
	END
	judged '{"verb":"PATCH","path":"/v1/projects/p/locations/l/models/m","query":"update_mask=labels","status":200,"answer":{}}' --lenient >/dev/null
}

test_schema_diff_prints_what_a_newer_document_has() {
	local d=$DIR/newer.json out
	# as small a document as has a message of ours
	jq -n '{name: "ml", version: "v1", resources: {}, schemas: {
		GoogleCloudMlV1__ManualScaling: {properties: {nodes: {type: "string", format: "int64"},
			spares: {type: "array", items: {type: "string"}, description: "Output only. Words."}}},
		GoogleCloudMlV1__Version: {properties: {manualScaling: {"$ref": "GoogleCloudMlV1__ManualScaling"},
			state: {type: "string", enum: ["UNKNOWN", "READY", "CREATING", "FAILED", "DELETING", "UPDATING", "PAUSED"]}}}
	}}' >"$d"
	out=$(python3 "$SCHEMA/../../scripts/schema-diff" "$d") && fail "should say that it differs: $out"
	like '\+ ManualScaling\.spares  \[\]string output-only' "$out"
	like '~ ManualScaling\.nodes  int32 -> int64' "$out"
	like '\+ Version\.state  enumerator PAUSED' "$out"
	like '- Version\.framework  enum' "$out"
	like '- ml\.projects\.models\.list  GET' "$out"
	unlike 'Words' "$out"
	refuses 'no discovery document' python3 "$SCHEMA/../../scripts/schema-diff" /dev/null
}

test_query_parameters_are_those_of_the_method() {
	registry
	local m=/v1/$LOC/models p
	for p in "$m?color=red" "$m/face?readMask=name" "$m/face:listVersions?showDeleted=true" "$m?\$filter=&page=1" \
		"/v1beta1/$LOC/models?orderBy=create_time" "/v1/$LOC/operations?orderBy=name"; do
		rest_refused 400 INVALID_ARGUMENT GET "$p" >/dev/null
	done
	rest_refused 400 INVALID_ARGUMENT PATCH "$m/face?updateMask=description&force=true" '{"description":"x"}' |
		jq -e '.details // .error.details | .[] | select(."@type" | endswith("BadRequest")) | .fieldViolations[0].field == "force"' >/dev/null
	for p in "$m?" "$m?page_size=1" "$m/face?\$alt=json%3Benum-encoding=int" "$m/face?prettyPrint=false&key=k" \
		"$m/face?\$.xgafv=2&\$unheard=of" "$m?readMask=name&orderBy=create_time"; do
		rest GET "$p" >/dev/null
	done
}
