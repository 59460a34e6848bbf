# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The embedded registry over curl: what Google's clients would see.

test_serve_answers_on_its_socket_and_on_loopback() {
	registry --listen 127.0.0.1:0
	rest GET /healthz >/dev/null
	rest GET /metrics | grep '^# TYPE' >/dev/null
	local port
	port=$(ss -Hltnp | awk -v p="pid=$SERVER," 'index($0, p) { sub(/.*:/, "", $4); print $4; exit }')
	eq face "$(curl -sf "http://127.0.0.1:$port/v1/$LOC/models/face" | jq -r '.name | split("/") | last')"
	eq 600 "$(stat -c %a "$DATA/socket")"
}

test_get_gives_the_whole_model() {
	registry
	local m
	m=$(rest GET "/v1/$LOC/models/face")
	like '^projects/[0-9]+/locations/us-central1/models/face$' "$(jq -r .name <<<"$m")"
	eq face-detector "$(jq -r .displayName <<<"$m")"
	eq 1 "$(jq -r .versionId <<<"$m")"
	eq '["default"]' "$(jq -c .versionAliases <<<"$m")"
	eq stable "$(jq -r .labels.stage <<<"$m")"
	like '^gs://' "$(jq -r .artifactUri <<<"$m")"
	like '^20[0-9-]+T[0-9:.]+Z$' "$(jq -r .createTime <<<"$m")"
	eq '[{"id":"custom-trained","exportableContents":["ARTIFACT"]}]' \
		"$(jq -c .supportedExportFormats <<<"$m")"
	like . "$(jq -r .etag <<<"$m")"
	# by version, by alias, by the name that the answer gave, in v1beta1
	eq 2 "$(rest GET "/v1/$LOC/models/face@2" | jq -r .versionId)"
	eq 2 "$(rest GET "/v1/$LOC/models/face%402" | jq -r .versionId)"
	eq 3 "$(rest GET "/v1/$LOC/models/face@golden" | jq -r .versionId)"
	eq 1 "$(rest GET "/v1/$(jq -r .name <<<"$m")" | jq -r .versionId)"
	eq 1 "$(rest GET "/v1beta1/$LOC/models/face" | jq -r .versionId)"
}

test_lists_are_paged_to_their_end() {
	registry
	local token='' names=() page
	for _ in {1..50}; do
		page=$(rest GET "/v1/$LOC/models?pageSize=2&pageToken=$token")
		jq -e '(.models // []) | length <= 2' <<<"$page" >/dev/null
		mapfile -t -O ${#names[@]} names < <(jq -r '.models[]?.name' <<<"$page")
		token=$(jq -r '.nextPageToken // "" | @uri' <<<"$page")
		[ -z "$token" ] && break
	done
	eq 7 "${#names[@]}"
	eq 7 "$(printf '%s\n' "${names[@]}" | sort -u | wc -l)" "the same name twice"
	rest_refused 400 INVALID_ARGUMENT GET "/v1/$LOC/models?pageSize=-1" >/dev/null
	rest_refused 400 INVALID_ARGUMENT GET "/v1/$LOC/models?pageToken=nonsense" >/dev/null
	eq '{}' "$(rest GET /v1/projects/nobody/locations/us-central1/models | jq -c .)"
}

test_lists_are_filtered_ordered_and_masked() {
	registry
	names() { rest GET "/v1/$LOC/models?$1" | jq -r '[.models[]?.name | split("/") | last] | sort | join(" ")'; }
	eq face "$(names 'filter=display_name=%22face-detector%22')"
	eq 'twin-a twin-b' "$(names 'filter=displayName=%22twin%22')"
	eq face "$(names 'filter=labels.subject=face')"
	eq face "$(names 'filter=labels.subject:*')"
	eq face "$(names 'filter=labels:subject')"
	eq edge "$(names 'filter=model=edge')"
	rest_refused 400 INVALID_ARGUMENT GET "/v1/$LOC/models?filter=colour=red" >/dev/null
	rest_refused 400 INVALID_ARGUMENT GET "/v1/$LOC/models?orderBy=colour" >/dev/null
	eq 'twin twin face-detector' "$(rest GET "/v1/$LOC/models?orderBy=display_name%20desc" |
		jq -r '[.models[].displayName] | .[0:3] | join(" ")')"
	eq '["displayName","name"]' "$(rest GET "/v1/$LOC/models?readMask=name,display_name" |
		jq -c '.models[0] | keys')"
	eq '1 2 3' "$(rest GET "/v1/$LOC/models/face:listVersions" | jq -r '[.models[].versionId] | sort | join(" ")')"
	eq 'face@1 face@2 face@3' "$(rest GET "/v1/$LOC/models/face:listVersions" |
		jq -r '[.models[].name | split("/") | last] | sort | join(" ")')"
}

test_what_google_clients_send_is_understood() {
	registry
	# system parameters, an empty query, masks in both spellings, empty maps, enums as numbers
	rest GET "/v1/$LOC/models/face?%24alt=json%3Benum-encoding=int" >/dev/null
	rest GET "/v1/$LOC/models/face?" >/dev/null
	rest GET "/v1/$LOC/models/face?\$alt=json&\$prettyPrint=0" >/dev/null
	rest PATCH "/v1/$LOC/models/face?updateMask=display_name" '{"displayName":"one","labels":{}}' >/dev/null
	eq stable "$(rest GET "/v1/$LOC/models/face" | jq -r .labels.stage)" "a PATCH applies its mask alone"
	rest PATCH "/v1/$LOC/models/face?updateMask=displayName" '{"displayName":"face-detector"}' >/dev/null
}

test_first_version_is_default_and_aliases_move() {
	registry
	local v=/v1/$LOC/models/face
	rest POST "$v@2:mergeVersionAliases" '{"versionAliases":["default","silver"]}' |
		jq -e '.versionAliases | sort == ["default","silver"]' >/dev/null
	eq 2 "$(rest GET "$v" | jq -r .versionId)"
	eq 2 "$(rest GET "$v@silver" | jq -r .versionId)"
	eq null "$(rest GET "$v@1" | jq -c .versionAliases)"
	rest_refused 400 FAILED_PRECONDITION POST "$v@2:mergeVersionAliases" '{"versionAliases":["-default"]}' >/dev/null
	rest POST "$v@2:mergeVersionAliases" '{"versionAliases":["-silver"]}' >/dev/null
	rest_refused 404 NOT_FOUND GET "$v@silver" >/dev/null
	rest POST "$v@3:mergeVersionAliases" '{"versionAliases":["new","-new"]}' >/dev/null
	rest_refused 404 NOT_FOUND GET "$v@new" >/dev/null
	rest_refused 400 INVALID_ARGUMENT POST "$v@3:mergeVersionAliases" '{"versionAliases":["9lives"]}' >/dev/null
	rest_refused 400 INVALID_ARGUMENT POST "$v:mergeVersionAliases" '{"versionAliases":["x1"]}' >/dev/null
}

test_patch_obeys_its_mask_and_level() {
	registry
	local v=/v1/$LOC/models/face
	rest PATCH "$v?updateMask=description" '{"description":"new","displayName":"ignored"}' >/dev/null
	eq 'new face-detector' "$(rest GET "$v" | jq -r '.description + " " + .displayName')"
	rest PATCH "$v@2?updateMask=versionDescription" '{"versionDescription":"second"}' >/dev/null
	eq second "$(rest GET "$v@2" | jq -r .versionDescription)"
	rest_refused 400 INVALID_ARGUMENT PATCH "$v" '{"description":"x"}' >/dev/null
	rest_refused 400 INVALID_ARGUMENT PATCH "$v?updateMask=colour" '{"colour":"red"}' >/dev/null
	rest_refused 400 FAILED_PRECONDITION PATCH "$v@2?updateMask=displayName" '{"displayName":"x"}' >/dev/null
	rest_refused 400 FAILED_PRECONDITION PATCH "$v?updateMask=versionDescription" '{"versionDescription":"x"}' >/dev/null
	rest_refused 400 FAILED_PRECONDITION PATCH "$v?updateMask=displayName,versionDescription" \
		'{"displayName":"x","versionDescription":"x"}' >/dev/null
	rest_refused 400 INVALID_ARGUMENT PATCH "$v?updateMask=labels" '{"labels":{"UPPER":"x"}}' |
		jq -e '.error.details[] | select(."@type" | endswith("BadRequest")) | .fieldViolations[0].field | test("labels")' >/dev/null
}

test_patch_with_an_old_etag_is_aborted() {
	registry
	local v=/v1/$LOC/models/face etag
	etag=$(rest GET "$v" | jq -r .etag)
	rest PATCH "$v?updateMask=description" "{\"description\":\"a\",\"etag\":\"$etag\"}" >/dev/null
	rest_refused 409 ABORTED PATCH "$v?updateMask=description" "{\"description\":\"b\",\"etag\":\"$etag\"}" >/dev/null
	eq a "$(rest GET "$v" | jq -r .description)"
	rest PATCH "$v?updateMask=description" '{"description":"c"}' >/dev/null
}

test_upload_judges_ids_names_and_labels() {
	registry
	up() { rest_refused "$1" "$2" POST "/v1/$LOC/models:upload" "$3"; }
	up 409 ALREADY_EXISTS '{"modelId":"face","model":{"displayName":"x"}}' >/dev/null
	up 400 INVALID_ARGUMENT '{"modelId":"Face","model":{"displayName":"x"}}' >/dev/null
	up 400 INVALID_ARGUMENT '{"model":{}}' | grep displayName >/dev/null
	up 400 INVALID_ARGUMENT '{"model":{"displayName":"x","colour":"red"}}' | grep colour >/dev/null
	up 400 INVALID_ARGUMENT '{"modelId":"n","parentModel":"'"$LOC"'/models/face","model":{"displayName":"x"}}' >/dev/null
	up 404 NOT_FOUND '{"parentModel":"'"$LOC"'/models/nobody","model":{"displayName":"x"}}' >/dev/null
	up 400 INVALID_ARGUMENT 'not json' >/dev/null
	local op
	op=$(upload '{"model":{"displayName":"Ünïcode / newline\n"}}')
	like '/models/[0-9]+$' "$(jq -r .response.model <<<"$op")"
	eq 1 "$(jq -r .response.modelVersionId <<<"$op")"
	eq 'type.googleapis.com/google.cloud.aiplatform.v1.UploadModelResponse' "$(jq -r '.response."@type"' <<<"$op")"
	eq 'Ünïcode / newline' "$(rest GET "/v1/$(jq -r .response.model <<<"$op")" | jq -rj .displayName | head -n 1)"
	# another version leaves the model's own fields alone
	upload '{"parentModel":"'"$LOC"'/models/face","model":{"displayName":"other","description":"other"}}' >/dev/null
	eq 'face-detector Finds faces.' "$(rest GET "/v1/$LOC/models/face" | jq -r '.displayName + " " + .description')"
}

test_versions_and_models_are_deleted_by_the_rules() {
	registry
	local v=/v1/$LOC/models
	rest_refused 400 FAILED_PRECONDITION DELETE "$v/eyes@1:deleteVersion" >/dev/null
	rest_refused 404 NOT_FOUND DELETE "$v/face@9:deleteVersion" >/dev/null
	finished "$(rest DELETE "$v/face@1:deleteVersion" | jq -r .name)" | jq -e '.response' >/dev/null
	eq 3 "$(rest GET "$v/face" | jq -r .versionId)" "default goes to the newest left"
	finished "$(rest DELETE "$v/face" | jq -r .name)" | jq -e '.response' >/dev/null
	rest_refused 404 NOT_FOUND GET "$v/face" >/dev/null
	rest_refused 404 NOT_FOUND DELETE "$v/face" >/dev/null
}

test_export_copies_every_byte_under_the_promised_name() {
	registry
	local op uri
	op=$(rest POST "/v1/$LOC/models/edge:export" \
		'{"outputConfig":{"exportFormatId":"tflite","artifactDestination":{"outputUriPrefix":"gs://out/here"}}}')
	uri=$(jq -r .metadata.outputInfo.artifactOutputUri <<<"$op")
	like '^gs://out/here/model-export-edge_model-20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z/?$' "$uri"
	like '^projects/[0-9]+/locations/us-central1/models/edge/operations/' "$(jq -r .name <<<"$op")"
	op=$(finished "$(jq -r .name <<<"$op")")
	eq 'type.googleapis.com/google.cloud.aiplatform.v1.ExportModelResponse' "$(jq -r '.response."@type"' <<<"$op")"
	uri=${uri%/}
	eq "$(cd "$FILES/edge" && sha256sum <model.tflite)" "$(sha256sum <"$DATA/buckets/${uri#gs://}/model.tflite")"
	jq -e . "$DATA/exports/$(jq -r '.name | split("/") | last' <<<"$op").json" >/dev/null
	# all of it, a version by alias
	op=$(rest POST "/v1/$LOC/models/edge@default:export" \
		'{"outputConfig":{"exportFormatId":"custom-trained","artifactDestination":{"outputUriPrefix":"gs://out/all/"}}}')
	op=$(finished "$(jq -r .name <<<"$op")")
	uri=$(jq -r .metadata.outputInfo.artifactOutputUri <<<"$op")
	uri=${uri%/}
	diff -r "$FILES/edge" "$DATA/buckets/${uri#gs://}"
}

test_export_refusals_name_the_field() {
	registry
	ex() { # HTTP-STATUS NAME MODEL OUTPUTCONFIG
		rest_refused "$1" "$2" POST "/v1/$LOC/models/$3:export" "{\"outputConfig\":$4}"
	}
	local good='"artifactDestination":{"outputUriPrefix":"gs://out/x"}'
	ex 400 FAILED_PRECONDITION face "{\"exportFormatId\":\"tflite\",$good}" >/dev/null
	ex 400 INVALID_ARGUMENT face '{"exportFormatId":"custom-trained"}' >/dev/null
	ex 400 INVALID_ARGUMENT face '{"artifactDestination":{"outputUriPrefix":"gs://out"}}' | grep outputUriPrefix >/dev/null
	ex 400 INVALID_ARGUMENT face '{"artifactDestination":{"outputUriPrefix":"/tmp/x"}}' | grep outputUriPrefix >/dev/null
	ex 400 INVALID_ARGUMENT face '{"imageDestination":{"outputUri":"gcr.io/a/b"}}' >/dev/null
	ex 400 INVALID_ARGUMENT face "{\"colour\":\"red\",$good}" | grep colour >/dev/null
	ex 404 NOT_FOUND face@7 "{$good}" >/dev/null
	rest_refused 404 NOT_FOUND POST "/v1/$LOC/models/nobody:export" "{\"outputConfig\":{$good}}" >/dev/null
	rest_refused 400 INVALID_ARGUMENT POST "/v1/$LOC/models/face:export" '{}' >/dev/null
	eq 0 "$(find "$DATA/buckets/out" -mindepth 1 2>/dev/null | wc -l)" "refused, and yet something was written"
}

test_no_object_name_leaves_its_bucket() {
	registry
	mkdir -p "$DATA/buckets/out"
	ln -s "$DIR/home" "$DATA/buckets/out/link"
	local p
	for p in 'gs://out/../../../up' 'gs://out/link/x' 'gs://../x/y' 'gs://out/a/../../../y'; do
		rest_any POST "/v1/$LOC/models/face:export" \
			"{\"outputConfig\":{\"artifactDestination\":{\"outputUriPrefix\":\"$p\"}}}" >"$DIR/tmp/answer"
		if [ "$(tail -n 1 "$DIR/tmp/answer")" = 200 ]; then
			finished "$(head -n -1 "$DIR/tmp/answer" | jq -r .name)" | jq -e .error >/dev/null || fail "$p was exported to"
		fi
	done
	eq 0 "$(find "$DIR/home" -mindepth 1 | wc -l)"
	eq '' "$(find "$DIR" -name 'model-export-*')"
	finished "$(rest POST "/v1/$LOC/models/face:export" \
		'{"outputConfig":{"artifactDestination":{"outputUriPrefix":"gs://out/within"}}}' | jq -r .name)" | jq -e .response >/dev/null
}

test_operations_are_found_by_both_names_and_for_the_sdk() {
	registry
	local op id
	op=$(rest POST "/v1/$LOC/models/face:export" \
		'{"outputConfig":{"artifactDestination":{"outputUriPrefix":"gs://out/x"}}}' | jq -r .name)
	finished "$op" >/dev/null
	id=${op##*/}
	eq true "$(rest GET "/v1/$LOC/operations/$id" | jq .done)"
	eq true "$(rest GET "/ui/$op" | jq .done)"
	eq true "$(rest POST "/v1/$op:wait?timeout=1s" | jq .done)"
	rest GET "/v1/$LOC/operations" | jq -e --arg id "$id" '.operations | any(.name | endswith($id))' >/dev/null
	rest GET "/v1/$LOC/models/face/operations" | jq -e --arg id "$id" '.operations | any(.name | endswith($id))' >/dev/null
	eq '{}' "$(rest DELETE "/v1/$op" | jq -c .)"
	rest_refused 404 NOT_FOUND GET "/v1/$op" >/dev/null
}

test_a_running_export_can_be_cancelled() {
	head -c 3000000 /dev/zero | put_object gs://slow/model.bin
	registry --export-rate 200000
	upload '{"modelId":"slow","model":{"displayName":"slow","artifactUri":"gs://slow/"}}' >/dev/null
	local op
	op=$(rest POST "/v1/$LOC/models/slow:export" \
		'{"outputConfig":{"artifactDestination":{"outputUriPrefix":"gs://out/x"}}}')
	eq null "$(jq -c .done <<<"$op")"
	rest POST "/v1/$(jq -r .name <<<"$op"):cancel" >/dev/null
	op=$(finished "$(jq -r .name <<<"$op")")
	eq 1 "$(jq .error.code <<<"$op")" "cancelled"
	eq '' "$(find "$DATA/buckets/out" -type f 2>/dev/null)" "half an export"
}

test_unknown_paths_answer_with_the_envelope() {
	registry
	local out
	for p in GET:/v1/nonsense GET:/v7/projects/demo GET:/ POST:/v1/$LOC/models/face:fly DELETE:/v1/$LOC; do
		out=$(rest_any "${p%%:*}" "${p#*:}")
		like '^(404|501)$' "${out##*$'\n'}" "$p"
		jq -e '.error.code and .error.status and .error.message' <<<"${out%$'\n'*}" >/dev/null || fail "$p: $out"
	done
}

test_locations_and_projects_are_told() {
	registry
	eq us-central1 "$(rest GET /v1/projects/demo/locations | jq -r '.locations[0].locationId')"
	like 'locations/us-central1$' "$(rest GET "/v1/$LOC" | jq -r .name)"
	local n
	n=$(rest GET /v3/projects/demo | jq -r .name)
	like '^projects/[0-9]+$' "$n"
	eq demo "$(rest GET "/v3/$n" | jq -r .projectId)"
	eq demo "$(rest GET /v3/projects:search | jq -r '.projects[] | select(.projectId == "demo") | .projectId')"
	rest_refused 403 PERMISSION_DENIED GET /v3/projects/nobody >/dev/null
	eq face-detector "$(rest GET "/v1/$n/locations/us-central1/models/face" | jq -r .displayName)"
}

test_bodies_beyond_10_mib_are_refused() {
	registry
	head -c 10500000 /dev/zero | tr '\0' ' ' >"$DIR/tmp/big"
	eq 413 "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$DATA/socket" -H 'Expect:' \
		--data-binary @"$DIR/tmp/big" "http://x/v1/$LOC/models:upload")"
	rest GET "/v1/$LOC/models/face" >/dev/null
}

test_every_request_is_one_line_of_the_access_log() {
	registry
	mark
	rest GET "/v1/$LOC/models/face%402?prettyPrint=false" >/dev/null
	rest_refused 404 NOT_FOUND PATCH "/v1/$LOC/models/nobody?updateMask=description" '{"description":"x"}' >/dev/null
	eq 2 "$(logged . | wc -l)"
	eq "GET /v1/$LOC/models/face@2 200" "$(logged 'select(.verb == "GET")' | jq -r '"\(.verb) \(.path) \(.status)"')"
	logged 'select(.verb == "PATCH")' | jq -e '.status == 404 and (.query | test("updateMask=description"))
		and .time and .bytes > 0 and (.seconds | type) == "number" and has("principal") and (.body | tostring | test("description"))' >/dev/null
}

test_a_listener_on_the_network_needs_tls_and_tokens() {
	local out status=0
	out=$(modelfs serve --data "$DATA" --listen 0.0.0.0:0 2>&1 </dev/null) || status=$?
	[ $status -ne 0 ]
	like '(tls|token)' "$out"
}

test_one_server_per_data_directory() {
	registry
	local out status=0
	out=$(modelfs serve --data "$DATA" 2>&1) || status=$?
	eq 75 $status
	like "(^|[^0-9])$SERVER([^0-9]|\$)" "$out" "the holder's pid"
	healthy "$DATA"
}

test_what_was_acknowledged_survives_kill_9() {
	registry
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"kept"}' >/dev/null
	upload '{"modelId":"late","model":{"displayName":"late"}}' >/dev/null
	kill -9 "$SERVER"
	wait "$SERVER" || :
	registry
	eq kept "$(rest GET "/v1/$LOC/models/face" | jq -r .description)"
	rest GET "/v1/$LOC/models/late" >/dev/null
	eq ok "$(sqlite3 "$(find "$DATA" -maxdepth 1 -name '*.db' -o -maxdepth 1 -name '*.sqlite*' | grep -v -e -wal -e -shm | head -n 1)" 'PRAGMA integrity_check')"
}

test_kill_9_during_an_export_leaves_all_or_nothing() {
	head -c 3000000 /dev/urandom | put_object gs://slow/model.bin
	registry --export-rate 500000
	upload '{"modelId":"slow","model":{"displayName":"slow","artifactUri":"gs://slow/"}}' >/dev/null
	local op uri
	op=$(rest POST "/v1/$LOC/models/slow:export" \
		'{"outputConfig":{"artifactDestination":{"outputUriPrefix":"gs://out/x"}}}')
	sleep 1
	kill -9 "$SERVER"
	wait "$SERVER" || :
	eq '' "$(find "$DATA/buckets/out" -type d -name 'model-export-*')" "a reader sees half an export"
	registry
	op=$(finished "$(jq -r .name <<<"$op")")
	if jq -e .response <<<"$op" >/dev/null; then
		uri=$(jq -r .metadata.outputInfo.artifactOutputUri <<<"$op")
		uri=${uri%/}
		cmp "$DATA/buckets/slow/model.bin" "$DATA/buckets/${uri#gs://}/model.bin"
	else
		eq 10 "$(jq .error.code <<<"$op")"
		like . "$(jq -r .error.message <<<"$op")"
	fi
	eq '' "$(find "$DATA/buckets/out" -name '.*' -mindepth 1)" "left-overs of the copy"
}

test_import_puts_files_into_a_bucket_and_prints_the_name() {
	DATA=$DIR/fresh
	local name
	name=$(import --display-name 'my model' --labels a=1,b=two --description 'What it is.' "$FILES/1/cascade.xml")
	like '^projects/[a-z0-9-]+/locations/us-central1/models/[0-9]+(@1)?$' "$name"
	registry
	local m uri
	m=$(rest GET "/v1/${name%@*}")
	eq 'my model' "$(jq -r .displayName <<<"$m")"
	eq '{"a":"1","b":"two"}' "$(jq -cS .labels <<<"$m")"
	eq 'What it is.' "$(jq -r .description <<<"$m")"
	uri=$(jq -r .artifactUri <<<"$m")
	uri=${uri%/}
	cmp "$FILES/1/cascade.xml" "$DATA/buckets/${uri#gs://}/cascade.xml"
	# more versions, a directory, an id, an alias
	import --parent-model "${name##*/models/}" --alias blue "$FILES/2/cascade.xml" | grep '@2$' >/dev/null || :
	eq 2 "$(rest GET "/v1/${name%@*}@blue" | jq -r .versionId)"
	import --model-id whole --display-name whole "$FILES/edge" >/dev/null
	uri=$(rest GET "/v1/$LOC/models/whole" | jq -r .artifactUri)
	uri=${uri%/}
	diff -r "$FILES/edge" "$DATA/buckets/${uri#gs://}"
	eq 'tflite tf-saved-model custom-trained' "$(rest GET "/v1/$LOC/models/whole" |
		jq -r '[.supportedExportFormats[].id] | join(" ")')"
}
as_user test_import_puts_files_into_a_bucket_and_prints_the_name

test_import_says_what_is_wrong() {
	refuses 'nothing-there' import --display-name x "$DIR/nothing-there"
	refuses 'display-name' import "$FILES/1/cascade.xml"
	refuses 'Bad Id' import --display-name x --model-id 'Bad Id' "$FILES/1/cascade.xml"
	refuses 'face' import --display-name x --model-id face "$FILES/1/cascade.xml"
	refuses 'UPPER' import --display-name x --labels UPPER=1 "$FILES/1/cascade.xml"
	refuses 'project' modelfs import --data "$DATA" --location us-central1 --display-name x "$FILES/1/cascade.xml"
	registry
	eq 7 "$(rest GET "/v1/$LOC/models" | jq '.models | length')"
}
