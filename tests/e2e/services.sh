# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# AI Platform and AutoML in the mount: trees, saves, waits (contract sections
# 2 to 5).

# ml_model: census with versions v1 and v2 on a served registry, mounted at $MNT
ml_model() {
	registry
	head -c 100 /dev/urandom | put_object gs://ml-files/one/model.joblib
	head -c 100 /dev/urandom | put_object gs://ml-files/two/model.joblib
	rest POST /v1/projects/demo/models '{"name":"census","description":"who earns what"}' >/dev/null
	local v
	for v in one two; do
		rest POST /v1/projects/demo/models/census/versions "{\"name\":\"$v\",
			\"deploymentUri\":\"gs://ml-files/$v\",\"runtimeVersion\":\"2.11\",
			\"pythonVersion\":\"3.7\",\"framework\":\"SCIKIT_LEARN\"}" >/dev/null
		within 10 version_ready "$v"
	done
	: >"$LOG"
	mount_tree -s ml/projects/demo
	M=$MNT/models/census
}

version_ready() {
	[ "$(rest GET "/v1/projects/demo/models/census/versions/$1" | jq -r .state)" = READY ]
}

test_ml_shows_models_and_versions() {
	ml_model
	eq "locations models operations" "$(ls "$MNT" | xargs)"
	eq census "$(ls "$MNT/models")"
	eq "one two" "$(ls "$M/versions" | xargs)"
	eq one "$(cat "$M/default")"
	eq "true false" "$(cat "$M/versions/one/default" "$M/versions/two/default" | xargs)"
	eq READY "$(cat "$M/versions/one/state")"
	eq SCIKIT_LEARN "$(cat "$M/versions/one/framework")"
	eq "who earns what" "$(cat "$M/description")"
	jq -e . "$M/model.json" "$M/versions/two/version.json" >/dev/null
	[ ! -e "$M/versions/two/model.json" ] && [ ! -e "$M/aliases" ] && [ ! -e "$M/export.json" ]
	eq 644 "$(stat -c %a "$M/description")"
	eq 444 "$(stat -c %a "$M/versions/one/deploymentUri")"
	# of a union only the arm in use
	[ ! -e "$M/versions/one/manualScaling.json" ]
	[ -d "$MNT/$(jq -r .name "$M/versions/two/version.json" | sed 's,^projects/demo/,,')" ]
	eq "" "$(find "$MNT" -xtype l)"
}

test_ml_capabilities_are_in_locations() {
	ml_model
	local l
	l=$(ls "$MNT/locations" | head -1)
	[ -n "$l" ]
	jq -e '.[0].type' "$MNT/locations/$l/capabilities.json" >/dev/null
}

test_ml_default_is_moved_by_set_default() {
	ml_model
	echo two >"$M/default"
	eq two "$(cat "$M/default")"
	eq "false true" "$(cat "$M/versions/one/default" "$M/versions/two/default" | xargs)"
	eq 1 "$(calls POST ':setDefault$')"
	echo true >"$M/versions/one/default"
	eq one "$(cat "$M/default")"
	errno_is ENOENT write "$M/default" $'three\n'
	errno_is EBUSY write "$M/versions/one/default" $'false\n'
	eq 2 "$(calls POST ':setDefault$')"
}

test_ml_saves_wait_for_their_operation() {
	ml_model
	echo "a new word" >"$M/versions/two/description"
	eq "a new word" "$(cat "$M/versions/two/description")"
	eq 1 "$(calls PATCH 'versions/two$')"
	like 'updateMask=description' "$(jq -r 'select(.verb=="PATCH").query' "$LOG")"
	echo "another" >"$M/description"
	eq another "$(rest GET /v1/projects/demo/models/census | jq -r .description)"
	echo '{"mass":"1.3kg"}' >"$M/labels.json" || :
	eq "$(ls "$M/operations" | grep -c '^[a-z]*_')" "$(ls "$MNT/operations" | grep -c census)"
	eq SUCCEEDED "$(cat "$M/operations/latest/status")"
}

test_ml_refusals_name_the_field() {
	ml_model
	errno_is EPERM write "$M/versions/one/runtimeVersion" x
	sed 's/2.11/1.15/' "$M/versions/one/version.json" >"$DIR/tmp/v.json"
	not cp "$DIR/tmp/v.json" "$M/versions/one/version.json"
	like runtimeVersion "$(cat "$M/versions/one/.version.json.error")"
	eq 0 "$(calls PATCH .)"
}

# automl_model: an exportable model of files, mounted at $MNT
automl_model() {
	registry
	head -c 1000 /dev/urandom | put_object gs://demo-automl/ds1/model.tflite
	http_automl POST "/v1/$LOC/models" '{"displayName":"flowers","datasetId":"ds1",
		"imageClassificationModelMetadata":{"modelType":"mobile-versatile-1"}}' >/dev/null
	: >"$LOG"
	mount_tree -s "automl/$LOC"
	within 10 test -d "$MNT/by-name/flowers"
	M=$MNT/by-name/flowers
}

http_automl() { # VERB PATH [BODY]
	curl -sS -m 10 --unix-socket "$DATA/socket" -X "$1" -H 'Content-Type: application/json' \
		-H 'X-Modelfs-Service: automl' ${3:+-d "$3"} "http://automl.googleapis.com$2"
}

test_automl_shows_models() {
	automl_model
	eq "by-name models operations" "$(ls "$MNT" | xargs)"
	eq flowers "$(cat "$M/displayName")"
	eq UNDEPLOYED "$(cat "$M/deploymentState")"
	eq mobile-versatile-1 "$(jq -r .modelType "$M/imageClassificationModelMetadata.json")"
	[ ! -e "$M/default" ] && [ ! -e "$M/versions" ] && [ -d "$M/modelEvaluations" ]
	[ ! -e "$M/translationModelMetadata.json" ]
	eq tflite "$(jq -r .outputConfig.modelFormat "$M/export.json")"
	eq "" "$(find "$MNT" -xtype l)"
}

test_automl_exports_by_saving() {
	automl_model
	jq '.outputConfig.gcsDestination.outputUriPrefix="gs://out/x"' "$M/export.json" >"$DIR/tmp/e.json"
	cp "$DIR/tmp/e.json" "$M/export.json"
	eq SUCCEEDED "$(cat "$M/operations/latest/wait")"
	like '^gs://out/x/model-export-flowers-' "$(cat "$M/operations/latest/output")"
	cmp "$DATA/buckets/demo-automl/ds1/model.tflite" "$M/operations/latest/files/model.tflite"
	eq 1 "$(calls POST ':export$')"
	errno_is EINVAL write "$M/export.json" '{"modelFormat":"core_ml","gcsDestination":{"outputUriPrefix":"gs://a/b"}}'
	errno_is EINVAL write "$M/export.json" '{"modelFormat":"docker","gcsDestination":{"outputUriPrefix":"gs://a/b"}}'
	errno_is EINVAL write "$M/export.json" '{}'
	eq 1 "$(calls POST ':export$')"
}

test_automl_patches_and_deployment() {
	automl_model
	echo tulips >"$M/displayName"
	eq tulips "$(cat "$MNT/by-name/tulips/displayName")"
	eq 1 "$(calls PATCH 'models/[^/]*$')"
	M=$MNT/by-name/tulips
	errno_is EINVAL write "$M/deploymentState" $'MAYBE\n'
	# only text classification and object detection are deployed here
	not bash -c "echo DEPLOYED >'$M/deploymentState'"
	like 'deploy' "$(cat "$M/.deploymentState.error")"
	echo UNDEPLOYED >"$M/deploymentState"
}
