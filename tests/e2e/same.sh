# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# The same work once through REST and once through the mount with shell tools
# alone: both leave the registry in the same state.

# What two runs cannot share: times, etags, generated ids and places.
normal() {
	jq -S '
		walk(if type == "object" then
			del(.etag, .createTime, .updateTime, .versionCreateTime, .versionUpdateTime,
			    .startTime, .endTime, .nextPageToken)
			| (if has("artifactUri") then .artifactUri |= sub("[^/]*/$"; "") else . end)
			| (if has("deploymentUri") then .deploymentUri = "gs://" else . end)
			| (if has("datasetId") then .datasetId = "" else . end)
		else . end)
		| walk(if type == "string" then
			sub("model-export-(?<n>.*)-20[0-9TZ:.-]*$"; "model-export-\(.n)-TIME")
			| sub("models/[A-Z]{3}[0-9]+"; "models/ID")
			| sub("operations/.*$"; "operations/ID")
		else . end)'
}

service_rest() { # SERVICE VERB PATH [BODY]
	local service=$1 verb=$2 path=$3 body=()
	[ $# -gt 3 ] && body=(-H 'Content-Type: application/json' --data-binary "$4")
	[ "$verb" = POST ] && [ $# -le 3 ] && body=(-H 'Content-Length: 0')
	curl -sSf -m 30 -g --unix-socket "$DATA/socket" -X "$verb" ${body[@]+"${body[@]}"} \
		-H "X-Modelfs-Service: $service" "http://registry$path"
}

ended() { # SERVICE PATH: the operation is done
	[ "$(service_rest "$1" GET "$2" | jq -r .done)" = true ]
}

waited() { # SERVICE: reads an operation, waits for its end, prints its path
	local name
	name=$(jq -r .name)
	within 20 ended "$1" "/v1/$name"
	echo "/v1/$name"
}

begin() { # SIDE: a registry of its own
	DATA=$DIR/$1
	mkdir -p "$DATA" "$DIR/files/1" "$DIR/files/2"
	echo first >"$DIR/files/1/model.tflite"
	echo second >"$DIR/files/2/model.tflite"
	registry
}

vertex_state() {
	local l=/v1/projects/demo/locations/us-central1
	service_rest vertex GET "$l/models"
	service_rest vertex GET "$l/models/face:listVersions"
	service_rest vertex GET "$l/models/face/operations" |
		jq '[.operations[] | {done, type: .metadata."@type", error, out: .metadata.outputInfo}]
			| map(select(.type | test("Export"))) | sort_by(.out | tostring)'
	(cd "$DATA/buckets/out" && find . -type f -exec sha256sum {} + |
		sed 's/-20[^/]*Z/-TIME/' | sort | jq -R .)
}

test_vertex_by_rest_and_by_shell() {
	local l=/v1/projects/demo/locations/us-central1 f m
	begin rest
	for f in 1 2; do
		for m in "$DIR/files/$f"/*; do
			service_rest vertex POST "/upload/storage/v1/b/demo-models/o?uploadType=media&name=face/$f/model.tflite" "$(cat "$m")" >/dev/null
		done
	done
	# curl --data-binary of $(cat) loses the last newline: put the very bytes
	for f in 1 2; do cp "$DIR/files/$f/model.tflite" "$DATA/buckets/demo-models/face/$f/model.tflite"; done
	service_rest vertex POST "$l/models:upload" '{"modelId":"face","model":{"displayName":"face","labels":{"a":"b"},
		"versionDescription":"","artifactUri":"gs://demo-models/face/1/"}}' | waited vertex >/dev/null
	service_rest vertex POST "$l/models:upload" '{"parentModel":"projects/demo/locations/us-central1/models/face",
		"model":{"displayName":"face","artifactUri":"gs://demo-models/face/2/"}}' | waited vertex >/dev/null
	service_rest vertex PATCH "$l/models/face?updateMask=displayName" '{"displayName":"faces"}' >/dev/null
	service_rest vertex PATCH "$l/models/face?updateMask=description" '{"description":"of people"}' >/dev/null
	service_rest vertex PATCH "$l/models/face@2?updateMask=versionDescription" '{"versionDescription":"better"}' >/dev/null
	service_rest vertex POST "$l/models/face@2:mergeVersionAliases" '{"versionAliases":["golden"]}' >/dev/null
	service_rest vertex POST "$l/models/face@2:mergeVersionAliases" '{"versionAliases":["default"]}' >/dev/null
	service_rest vertex POST "$l/models/face:export" '{"outputConfig":{"exportFormatId":"tflite",
		"artifactDestination":{"outputUriPrefix":"gs://out/x"}}}' | waited vertex >/dev/null
	service_rest vertex DELETE "$l/models/face@1:deleteVersion" | waited vertex >/dev/null
	vertex_state | normal >"$DIR/by-rest"
	registry_stop

	begin shell
	modelfs import --data "$DATA" --project demo --location us-central1 --display-name face \
		--model-id face --labels a=b "$DIR/files/1/model.tflite" >/dev/null
	modelfs import --data "$DATA" --project demo --location us-central1 \
		--parent-model face "$DIR/files/2/model.tflite" >/dev/null
	mount_tree
	m=$MNT/models/face
	echo faces >"$m/displayName"
	echo 'of people' >"$m/description"
	echo better >"$m/versions/2/versionDescription"
	ln -s ../versions/2 "$m/aliases/golden"
	echo 2 >"$m/default"
	export_to "$m/export.json" gs://out/x >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$m/export.json"
	eq SUCCEEDED "$(cat "$m/operations/latest/wait")"
	# guarded: a copy by cp over export.json is no removal
	rmdir "$m/versions/1"
	vertex_state | normal >"$DIR/by-shell"
	[ "$(wc -l <"$DIR/by-rest")" -gt 15 ] # there is something to compare
	diff "$DIR/by-rest" "$DIR/by-shell"
}

test_ml_by_rest_and_by_shell() {
	local m v
	begin rest
	for v in 1 2; do cp "$DIR/files/$v/model.tflite" "$DIR/files/$v/model.joblib"; done
	mkdir -p "$DATA/buckets/demo-models/census"
	cp -r "$DIR/files/1" "$DIR/files/2" "$DATA/buckets/demo-models/census/"
	rm "$DATA/buckets/demo-models/census/"*/model.tflite
	service_rest ml POST /v1/projects/demo/models '{"name":"census","description":"who"}' >/dev/null
	for v in 1 2; do
		service_rest ml POST /v1/projects/demo/models/census/versions "{\"name\":\"v$v\",
			\"deploymentUri\":\"gs://demo-models/census/$v\",\"runtimeVersion\":\"2.11\",
			\"pythonVersion\":\"3.7\"}" | waited ml >/dev/null
	done
	service_rest ml POST /v1/projects/demo/models/census/versions/v2:setDefault '{}' >/dev/null
	service_rest ml PATCH '/v1/projects/demo/models/census/versions/v2?updateMask=description' \
		'{"description":"newer"}' | waited ml >/dev/null
	service_rest ml DELETE /v1/projects/demo/models/census/versions/v1 | waited ml >/dev/null
	{ service_rest ml GET /v1/projects/demo/models && service_rest ml GET /v1/projects/demo/models/census/versions; } |
		normal >"$DIR/by-rest"
	registry_stop

	begin shell
	for v in 1 2; do
		modelfs import --data "$DATA" --service ml --project demo --display-name census --description who \
			--version v$v --runtime-version 2.11 --python-version 3.7 "$DIR/files/$v/model.joblib" >/dev/null
	done
	mount_tree -s ml/projects/demo
	m=$MNT/models/census
	echo v2 >"$m/default"
	echo newer >"$m/versions/v2/description"
	rmdir "$m/versions/v1"
	{ service_rest ml GET /v1/projects/demo/models && service_rest ml GET /v1/projects/demo/models/census/versions; } |
		normal >"$DIR/by-shell"
	[ "$(wc -l <"$DIR/by-rest")" -gt 15 ] # there is something to compare
	diff "$DIR/by-rest" "$DIR/by-shell"
}

test_automl_by_rest_and_by_shell() {
	local l=/v1/projects/demo/locations/us-central1 m id
	begin rest
	mkdir -p "$DATA/buckets/demo-automl/ds"
	cp "$DIR/files/1/model.tflite" "$DATA/buckets/demo-automl/ds/"
	service_rest automl POST "$l/models" '{"displayName":"flowers","datasetId":"ds",
		"imageObjectDetectionModelMetadata":{"modelType":"mobile-versatile-1"}}' | waited automl >/dev/null
	id=$(service_rest automl GET "$l/models" | jq -r '.model[0].name | sub(".*/";"")')
	service_rest automl PATCH "$l/models/$id?updateMask=displayName" '{"displayName":"tulips"}' >/dev/null
	service_rest automl PATCH "$l/models/$id?updateMask=labels" '{"labels":{"colour":"red"}}' >/dev/null
	service_rest automl POST "$l/models/$id:deploy" '{}' | waited automl >/dev/null
	service_rest automl POST "$l/models/$id:export" '{"outputConfig":{"modelFormat":"tflite",
		"gcsDestination":{"outputUriPrefix":"gs://out/x"}}}' | waited automl >/dev/null
	automl_state | normal >"$DIR/by-rest"
	registry_stop

	begin shell
	modelfs import --data "$DATA" --service automl --project demo --display-name flowers \
		--model-type image-object-detection:mobile-versatile-1 "$DIR/files/1/model.tflite" >/dev/null
	mount_tree -s "automl/projects/demo/locations/us-central1"
	echo tulips >"$MNT/by-name/flowers/displayName"
	m=$MNT/by-name/tulips
	echo '{"colour":"red"}' >"$m/labels.json"
	echo DEPLOYED >"$m/deploymentState"
	jq '.outputConfig.gcsDestination.outputUriPrefix="gs://out/x"' "$m/export.json" >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$m/export.json"
	eq SUCCEEDED "$(cat "$m/operations/latest/wait")"
	automl_state | normal >"$DIR/by-shell"
	[ "$(wc -l <"$DIR/by-rest")" -gt 15 ] # there is something to compare
	diff "$DIR/by-rest" "$DIR/by-shell"
}

automl_state() {
	service_rest automl GET /v1/projects/demo/locations/us-central1/models
	(cd "$DATA/buckets/out" && find . -type f -exec sha256sum {} + |
		sed 's/-20[^/]*Z/-TIME/' | sort | jq -R .)
}
