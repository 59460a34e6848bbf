# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# Rules of the services that a user meets by writing files, at and on both
# sides of their limits.  Each prints a line of a table; all are judged.

BAD=0

# rule NAME ERRNO FILE TEXT: what saving TEXT into FILE answers
rule() {
	local got
	got=$(python3 "$E2E/tools/sys.py" close "$3" "$4") || got=failed
	if [ "$got" = "$2" ]; then
		printf '%-72s %-8s ok\n' "$1" "$2"
	else
		printf '%-72s %-8s FAIL: %s\n' "$1" "$2" "$got"
		cat "$(dirname "$3")/.$(basename "$3").error" 2>/dev/null || :
		BAD=1
	fi
}

x() { # COUNT [CHARACTER]
	printf "%$1s" '' | tr ' ' "${2:-x}"
}

test_vertex_rules_through_files() {
	registry
	mount_tree
	local m=$MNT/models/face nl=$'\n' e
	rule 'displayName: 1 character' OK "$m/displayName" "x$nl"
	rule 'displayName: 128 characters' OK "$m/displayName" "$(x 128)$nl"
	rule 'displayName: 129 characters' EINVAL "$m/displayName" "$(x 129)$nl"
	rule 'displayName: 128 characters of two bytes' OK "$m/displayName" "$(python3 -c 'print("ü"*128)')$nl"
	rule 'displayName: any UTF-8' OK "$m/displayName" "a/b ☺ %$nl"
	rule 'displayName: not empty' EINVAL "$m/displayName" "$nl"
	rule 'labels: key of 64' OK "$m/labels.json" "{\"$(x 64)\":\"v\"}"
	rule 'labels: key of 65' EINVAL "$m/labels.json" "{\"$(x 65)\":\"v\"}"
	rule 'labels: value of 64' OK "$m/labels.json" "{\"k\":\"$(x 64)\"}"
	rule 'labels: value of 65' EINVAL "$m/labels.json" "{\"k\":\"$(x 65)\"}"
	rule 'labels: international letters' OK "$m/labels.json" '{"größe":"groß"}'
	rule 'labels: an uppercase letter' EINVAL "$m/labels.json" '{"Key":"v"}'
	rule 'labels: a space' EINVAL "$m/labels.json" '{"k":"a b"}'
	rule 'labels: a number for a string' EINVAL "$m/labels.json" '{"k":1}'
	rule 'labels: none' OK "$m/labels.json" '{}'
	rule 'updateMask: a version text in the model' EPERM "$m/createTime" "x$nl"
	rule 'versionDescription: in its version' OK "$m/versions/2/versionDescription" "better$nl"
	rule 'default: another version' OK "$m/default" "2$nl"
	rule 'default: no such version' ENOENT "$m/default" "9$nl"
	rule 'default: false on the default' EBUSY "$m/versions/2/default" "false$nl"
	e='{"exportFormatId":"custom-trained","artifactDestination":{"outputUriPrefix":"%s"}}'
	# shellcheck disable=SC2059
	{
		rule 'export: gs://bucket/dir' OK "$m/export.json" "$(printf "$e" gs://out/x)"
		rule 'export: a bare bucket' EINVAL "$m/export.json" "$(printf "$e" gs://out)"
		rule 'export: no gs://' EINVAL "$m/export.json" "$(printf "$e" /out/x)"
	}
	rule 'export: an unknown format' EINVAL "$m/export.json" '{"exportFormatId":"onnx","artifactDestination":{"outputUriPrefix":"gs://out/x"}}'
	rule 'export: an image of a model without container' EINVAL "$m/export.json" '{"imageDestination":{"outputUri":"gcr.io/p/i:t"}}'
	rule 'export: no destination' EINVAL "$m/export.json" '{"exportFormatId":"custom-trained"}'
	errno_is EINVAL symlink ../versions/1 "$m/aliases/2x" || BAD=1
	errno_is OK symlink ../versions/1 "$m/aliases/silver" || BAD=1
	errno_is EBUSY unlink "$m/aliases/default" || BAD=1
	errno_is EINVAL mkdir "$MNT/models/9lives" || BAD=1
	eq 0 $BAD
}

test_ml_rules_through_files() {
	registry
	head -c 100 /dev/urandom | put_object gs://ml-files/one/model.joblib
	head -c 100 /dev/urandom | put_object gs://ml-files/tf/saved_model.pb
	modelfs import --data "$DATA" --service ml --project demo --display-name census --version v1 \
		--runtime-version 2.11 --python-version 3.7 gs://ml-files/one >/dev/null
	modelfs import --data "$DATA" --service ml --project demo --display-name census --version v2 \
		--runtime-version 2.11 --python-version 3.7 --framework TENSORFLOW \
		--machine-type n1-standard-2 gs://ml-files/tf >/dev/null
	mount_tree -s ml/projects/demo
	local m=$MNT/models/census nl=$'\n'
	rule 'description: any text' OK "$m/description" "any ☺ text$nl"
	rule 'labels: arbitrary strings on N1' OK "$m/versions/v2/labels.json" '{"mass":"1.3kg","Count":"3"}'
	rule 'labels: not on mls1' EBUSY "$m/versions/v1/labels.json" '{"mass":"1.3kg"}'
	rule 'autoScaling.minNodes: 2 on N1' OK "$m/versions/v2/autoScaling.json" '{"minNodes":2}'
	rule 'autoScaling.minNodes: 0 on N1' EINVAL "$m/versions/v2/autoScaling.json" '{"minNodes":0}'
	rule 'autoScaling.minNodes: 0 on MLS1' OK "$m/versions/v1/autoScaling.json" '{"minNodes":0}'
	rule 'requestLoggingConfig: the table is required' EINVAL "$m/versions/v1/requestLoggingConfig.json" '{"samplingPercentage":0.5}'
	rule 'requestLoggingConfig: 1' OK "$m/versions/v1/requestLoggingConfig.json" '{"samplingPercentage":1,"bigqueryTableName":"p.d.t"}'
	rule 'requestLoggingConfig: above 1' EINVAL "$m/versions/v1/requestLoggingConfig.json" '{"samplingPercentage":1.01,"bigqueryTableName":"p.d.t"}'
	rule 'runtimeVersion: as it was created' EPERM "$m/versions/v1/runtimeVersion" "1.15$nl"
	rule 'default: another version' OK "$m/default" "v2$nl"
	rule 'default: no such version' ENOENT "$m/default" "v9$nl"
	rm -f "$m"/versions/v2/.*.rejected "$m"/versions/v2/.*.error
	like "EBUSY|ENOTEMPTY" "$(python3 "$E2E/tools/sys.py" rmdir "$m/versions/v2")"
	eq 0 $BAD
}

test_automl_rules_through_files() {
	registry
	echo model >"$DIR/tmp/model.tflite"
	modelfs import --data "$DATA" --service automl --project demo --display-name flowers "$DIR/tmp/model.tflite" >/dev/null
	mount_tree -s "automl/$LOC"
	local m=$MNT/models/$(ls "$MNT/models") nl=$'\n'
	rule 'displayName: 32 characters' OK "$m/displayName" "$(x 32)$nl"
	rule 'displayName: 33 characters' EINVAL "$m/displayName" "$(x 33)$nl"
	rule 'displayName: begins with a letter' EINVAL "$m/displayName" "9x$nl"
	rule 'displayName: letters, digits, _' EINVAL "$m/displayName" "a-b$nl"
	rule 'labels: a key that begins with a letter' OK "$m/labels.json" '{"a1":""}'
	rule 'labels: a key that begins with a digit' EINVAL "$m/labels.json" '{"1a":"x"}'
	rule 'datasetId: as it was created' EPERM "$m/datasetId" "x$nl"
	rule 'export: tflite to gs://' OK "$m/export.json" '{"modelFormat":"tflite","gcsDestination":{"outputUriPrefix":"gs://out/x"}}'
	rule 'export: the default format' OK "$m/export.json" '{"gcsDestination":{"outputUriPrefix":"gs://out/x"}}'
	rule 'export: a format of other models' EINVAL "$m/export.json" '{"modelFormat":"core_ml","gcsDestination":{"outputUriPrefix":"gs://out/x"}}'
	rule 'export: docker to gs://' EINVAL "$m/export.json" '{"modelFormat":"docker","gcsDestination":{"outputUriPrefix":"gs://out/x"}}'
	rule 'export: tflite to a container registry' EINVAL "$m/export.json" '{"modelFormat":"tflite","gcrDestination":{"outputUri":"gcr.io/p/i"}}'
	rule 'export: docker, gpu_architecture nvidia' OK "$m/export.json" '{"modelFormat":"docker","params":{"gpu_architecture":"nvidia"},"gcrDestination":{"outputUri":"gcr.io/p/i"}}'
	rule 'export: docker, another architecture' EINVAL "$m/export.json" '{"modelFormat":"docker","params":{"cpu_architecture":"arm"},"gcrDestination":{"outputUri":"gcr.io/p/i"}}'
	rule 'export: no destination' EINVAL "$m/export.json" '{"modelFormat":"tflite"}'
	rule 'deploymentState: a classifier is not deployed here' EBUSY "$m/deploymentState" "DEPLOYED$nl"
	rule 'deploymentState: undeployed already' OK "$m/deploymentState" "UNDEPLOYED$nl"
	rule 'deploymentState: another word' EINVAL "$m/deploymentState" "ON$nl"
	eq 0 $BAD
}
