# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# The tree for reading (contract section 2): what it holds, and that ordinary
# tools find on it what they find on a disk.

# ---- what is where

test_a_model_has_its_files_versions_and_links() {
	both
	local f
	for f in model.json displayName description createTime updateTime etag name labels.json \
		supportedExportFormats.json default export.json; do
		[ -f "$F/$f" ] || fail "no $f"
	done
	for f in aliases versions operations evaluations; do
		[ -d "$F/$f" ] || fail "no $f"
	done
	eq '1 2 3' "$(cd "$F/versions" && echo *)"
	eq face-detector "$(cat "$F/displayName")"
	eq 'Finds faces.' "$(cat "$F/description")"
	eq 1 "$(cat "$F/default")"
	eq true "$(cat "$F/versions/1/default")"
	eq false "$(cat "$F/versions/2/default")"
	eq ../versions/1 "$(readlink "$F/aliases/default")"
	eq ../versions/3 "$(readlink "$F/aliases/golden")"
	eq 'default golden' "$(cd "$F/aliases" && echo *)"
	eq stable "$(jq -r .stage "$F/versions/1/labels.json")"
	eq candidate "$(jq -r .stage "$F/versions/2/labels.json")"
	[ -f "$F/versions/2/export.json" ]
	[ -d "$F/versions/2/operations" ]
}
as_user test_a_model_has_its_files_versions_and_links

test_scalars_are_one_line_and_a_newline() {
	both
	local f
	for f in displayName createTime name default versions/1/default versions/1/versionId etag; do
		eq 1 "$(wc -l <"$F/$f")" "$f"
		[ -n "$(cat "$F/$f")" ]
	done
	eq 'face-detector 14' "$(cat "$F/displayName") $(stat -c %s "$F/displayName")"
}

test_writable_fields_are_there_when_empty_and_others_are_not() {
	both
	eq 0 "$(stat -c %s "$MNT/models/eyes/description")"
	eq '{}' "$(cat "$MNT/models/eyes/labels.json")"
	eq 0 "$(stat -c %s "$MNT/models/eyes/versions/1/versionDescription")"
	[ ! -e "$F/containerSpec.json" ]
	[ ! -e "$F/trainingPipeline" ]
	[ ! -e "$MNT/models/boxed/artifactUri" ]
	[ -e "$MNT/models/boxed/containerSpec.json" ]
	[ ! -e "$MNT/models/odd/artifacts" ]
}

test_modes_tell_what_can_be_done() {
	both
	mode() { stat -c %a "$F/$1"; }
	eq 644 "$(mode displayName)"
	eq 644 "$(mode labels.json)"
	eq 644 "$(mode model.json)"
	eq 644 "$(mode export.json)"
	eq 644 "$(mode default)"
	eq 444 "$(mode createTime)"
	eq 444 "$(mode etag)"
	eq 444 "$(mode name)"
	eq 755 "$(mode versions)"
	eq 755 "$(mode .)"
	unmount_tree
	mount_tree -o umask=077
	eq 600 "$(mode displayName)"
	eq 400 "$(mode createTime)"
	eq 700 "$(mode versions)"
}

test_json_is_printed_as_jq_prints_it() {
	both
	local f n=0
	while read -r f; do
		jq . "$f" | cmp - "$f" || fail "$f differs from what jq prints"
		n=$((n + 1))
	done < <(find "$MNT/models" -name '*.json' -type f)
	[ $n -gt 30 ] || fail "only $n JSON files"
	# the whole resource: everything that REST tells, nothing else
	diff <(rest GET "/v1/$LOC/models/face@2" | jq -S 'del(.name)') <(jq -S 'del(.name)' "$F/versions/2/model.json")
}

test_sizes_are_exact_for_every_file() {
	both
	python3 - "$MNT" <<-'END'
		import os, sys
		n = 0
		for d, dirs, files in os.walk(sys.argv[1]):
		    for f in files:
		        p = os.path.join(d, f)
		        if os.path.islink(p) or ".modelfs" in p:
		            continue
		        size = os.stat(p).st_size
		        with open(p, "rb") as h:
		            got = len(h.read())
		        assert size == got, (p, size, got)
		        n += 1
		assert n > 200, n
	END
}
as_user test_sizes_are_exact_for_every_file

test_the_whole_tree_has_vertex_project_location() {
	registry
	mount_tree -s ''
	[ -d "$MNT/.modelfs" ]
	like '(^| )demo( |$)' "$(cd "$MNT/vertex/projects" && echo *)"
	like '(^| )us-central1( |$)' "$(cd "$MNT/vertex/projects/demo/locations" && echo *)"
	eq 'by-name models operations' "$(cd "$MNT/vertex/$LOC" && echo *)"
	eq 1 "$(cat "$MNT/vertex/$LOC/models/face/default")"
}

test_every_name_in_an_answer_is_a_path() {
	registry
	mount_tree -s ''
	local n d=$MNT/vertex/$LOC
	n=$(cat "$d/models/face/name")
	like '^projects/[0-9]+/' "$n"
	eq face-detector "$(cat "$MNT/vertex/$n/displayName")"
	eq 2 "$(cat "$MNT/vertex/$(jq -r .name "$d/models/face/versions/2/model.json")/versionId")"
	eq 3 "$(cat "$MNT/vertex/$n@golden/versionId")"
	eq 3 "$(cat "$MNT/vertex/$n@3/versionId")"
	[ -L "$MNT/vertex/$n@3" ]
	errno_is ENOENT stat "$MNT/vertex/$n@9"
	errno_is ENOENT stat "$MNT/vertex/$n@nobody"
	export_to "$d/models/face/export.json" gs://out/x >"$DIR/tmp/e"
	cp "$DIR/tmp/e" "$d/models/face/export.json"
	eq SUCCEEDED "$(cat "$d/models/face/operations/latest/wait")"
	n=$(jq -r .name "$d/models/face/operations/latest/operation.json")
	eq SUCCEEDED "$(cat "$MNT/vertex/$n/status")"
	local pn
	pn=$(cut -d/ -f2 <<<"$n")
	eq SUCCEEDED "$(cat "$MNT/vertex/projects/$pn/locations/us-central1/operations/${n##*/}/status")"
	eq SUCCEEDED "$(cat "$d/operations/${n##*/}/status")"
}

test_by_name_leads_to_models_with_odd_names_encoded() {
	both
	eq ../models/face "$(readlink "$MNT/by-name/face-detector")"
	eq ../models/edge "$(readlink "$MNT/by-name/edge model")"
	eq ../models/odd "$(readlink "$MNT/by-name/a%2Fb 100%25 ü")"
	eq ../models/twin-a "$(readlink "$MNT/by-name/twin~twin-a")"
	eq ../models/twin-b "$(readlink "$MNT/by-name/twin~twin-b")"
	errno_is ENOTUNIQ stat "$MNT/by-name/twin"
	errno_is ENOENT stat "$MNT/by-name/nobody"
	eq 7 "$(find "$MNT/by-name" -mindepth 1 | wc -l)"
	eq 0 "$(find -L "$MNT/by-name" -maxdepth 1 -type l | wc -l)" "dangling"
}

test_long_display_names_are_cut_at_a_character() {
	registry
	local long name
	long=$(printf 'ü%.0s' {1..128})
	upload "{\"modelId\":\"long\",\"model\":{\"displayName\":\"$long\"}}" >/dev/null
	mount_tree
	name=$(find "$MNT/by-name" -lname '*/long' -printf %f)
	like '^ü+~long$' "$name"
	[ "$(printf %s "$name" | wc -c)" -le 255 ]
	eq "$long" "$(cat "$MNT/by-name/$name/displayName")"
}

test_artifacts_lead_to_the_files_themselves() {
	both
	diff -r "$FILES/edge" "$MNT/models/edge/artifacts/"
	cmp "$FILES/2/cascade.xml" "$F/versions/2/artifacts/cascade.xml"
	cmp "$FILES/1/cascade.xml" "$F/artifacts/cascade.xml"
	like '^/' "$(readlink "$F/artifacts")"
}

test_links_are_relative_and_none_dangles_in_any_source() {
	registry
	local s
	for s in '' vertex vertex/projects/demo vertex/$LOC vertex/$LOC/models vertex/$LOC/models/face; do
		mount_tree -s "$s"
		eq '' "$(find "$MNT" -xtype l)" "dangling in SOURCE '$s'"
		eq '' "$(find "$MNT" -lname '/*' ! -name artifacts ! -name files)" "absolute in SOURCE '$s'"
		case $s in
		*/models/face) eq 1 "$(cat "$MNT/default")" ;;
		*/models) eq 1 "$(cat "$MNT/face/default")" ;;
		*/us-central1) eq 1 "$(cat "$MNT/models/face/default")" ;;
		esac
		unmount_tree
	done
}

test_other_sources_are_refused() {
	registry
	mkdir "$MNT"
	local s status
	for s in vertex/projects/demo/locations vertex/$LOC/models/face/versions /etc nonsense vertex/$LOC/by-name; do
		status=0
		modelfs mount "$s" "$MNT" -o data="$DATA" 2>"$DIR/tmp/err" || status=$?
		eq 64 $status "$s"
		eq 1 "$(wc -l <"$DIR/tmp/err")" "one line about $s"
	done
}

test_xattrs_name_the_resource() {
	both
	like "^(//)?aiplatform.googleapis.com/projects/[0-9a-z]+/locations/us-central1/models/face" \
		"$(getfattr --only-values -n user.modelfs.resource "$F")"
	like "models/face@2$" "$(getfattr --only-values -n user.modelfs.resource "$F/versions/2")"
	getfattr -d "$F/displayName" 2>/dev/null | grep user.modelfs.resource >/dev/null
	like '^(EPERM|EACCES|EOPNOTSUPP)$' "$(python3 "$E2E/tools/sys.py" setxattr "$F" user.modelfs.resource x)"
}

test_names_of_crawlers_cost_no_request() {
	registry
	mount_tree -o ttl=60
	ls "$MNT" "$MNT/models" >/dev/null
	mark
	local n
	for n in .git .hg .svn CVS RCS .Trash-1000 .hidden autorun.inf .directory; do
		not test -e "$MNT/models/$n"
		not test -e "$MNT/$n"
		not test -e "$MNT/models/face/$n"
	done
	eq '' "$(logged . | jq -r '.verb + .path' | grep -vE 'models/face' || :)"
	mark
	errno_is ENOENT stat "$MNT/models/nobody"
	eq 0 "$(logged . | wc -l)" "a complete listing knows every name"
}

test_unknown_projects_can_be_walked_into() {
	registry
	mount_tree -s ''
	eq '' "$(ls "$MNT/vertex/projects/elsewhere/locations/europe-west4/models")"
	errno_is ENOENT stat "$MNT/vertex/projects/elsewhere/locations/europe-west4/models/x"
	errno_is ENOENT stat "$MNT/nonsense"
	errno_is ENOENT stat "$MNT/vertex/nonsense"
}

test_inode_numbers_are_stable() {
	both
	local a b
	a=$(cd "$MNT" && find models/face/versions -printf '%i %p\n' | sort)
	modelfs_refresh
	b=$(cd "$MNT" && find models/face/versions -printf '%i %p\n' | sort)
	eq "$a" "$b"
	eq '' "$(find "$MNT" -printf '%i\n' | sort | uniq -d)" "two nodes with one number"
}

modelfs_refresh() {
	echo x >"$MNT/.modelfs/refresh"
}

test_mtimes_are_the_resources() {
	both
	eq "$(date -ud "$(rest GET "/v1/$LOC/models/face@2" | jq -r .versionUpdateTime)" +%s)" \
		"$(stat -c %Y "$F/versions/2/model.json")"
	eq "$(date -ud "$(rest GET "/v1/$LOC/models/face" | jq -r .updateTime)" +%s)" "$(stat -c %Y "$F/model.json")"
	touch "$DIR/tmp/ref"
	sleep 0.1
	rest PATCH "/v1/$LOC/models/eyes?updateMask=description" '{"description":"touched"}' >/dev/null
	modelfs_refresh
	eq "$MNT/models/eyes/displayName" "$(find "$MNT/models/eyes" "$MNT/models/face" -newer "$DIR/tmp/ref" -name displayName)"
	# shellcheck disable=SC2012
	eq eyes "$(ls -t "$MNT/models" | head -n 1)"
}

# ---- what other programs change is seen

test_changes_are_seen_after_ttl_and_at_once_after_refresh() {
	registry
	mount_tree -o ttl=2
	F=$MNT/models/face
	eq 'Finds faces.' "$(cat "$F/description")"
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"one"}' >/dev/null
	within 4 grep -qx one "$F/description"
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"two, and longer"}' >/dev/null
	modelfs_refresh
	eq 'two, and longer' "$(cat "$F/description")"
	upload '{"modelId":"fresh","model":{"displayName":"fresh"}}' >/dev/null
	within 4 test -d "$MNT/models/fresh"
	rest DELETE "/v1/$LOC/models/fresh" >/dev/null
	within 4 test ! -e "$MNT/models/fresh"
	upload "{\"parentModel\":\"$LOC/models/face\",\"model\":{\"displayName\":\"x\"}}" >/dev/null
	within 4 test -d "$F/versions/4"
}

test_refresh_is_effective_when_the_write_returns() {
	registry
	mount_tree -o ttl=600
	local i
	for i in {1..15}; do
		errno_is ENOENT readlink "$MNT/by-name/new$i"
		upload "{\"modelId\":\"new$i\",\"model\":{\"displayName\":\"new$i\"}}" >/dev/null
		modelfs_refresh
		eq "../models/new$i" "$(readlink "$MNT/by-name/new$i")"
		eq "new$i" "$(cat "$MNT/models/new$i/displayName")"
	done
}

test_an_open_file_reads_one_version() {
	both
	rest PATCH "/v1/$LOC/models/face?updateMask=description" "{\"description\":\"$(printf 'a%.0s' {1..9000})\"}" >/dev/null
	modelfs_refresh
	exec 7<"$F/description"
	eq aaaa "$(dd bs=4 count=1 <&7 2>/dev/null)"
	rest PATCH "/v1/$LOC/models/face?updateMask=description" "{\"description\":\"$(printf 'b%.0s' {1..9000})\"}" >/dev/null
	modelfs_refresh
	local rest_of
	rest_of=$(cat <&7)
	exec 7<&-
	like '^(a+|b+)$' "$rest_of" "halves of two versions"
	like '^b+$' "$(cat "$F/description")"
}

# ---- ordinary tools

test_diff_shows_what_two_versions_differ_in() {
	both
	local out status=0
	out=$(diff -r "$F/versions/1" "$F/versions/2" 2>&1) || status=$?
	eq 1 $status "$out"
	like 'labels.json' "$out"
	unlike 'Is a directory|No such|File .* is a' "$out"
	diff -r "$F/versions/1" "$F/versions/1"
}

test_tar_rsync_and_cp_carry_whole_files() {
	both
	local d=$DIR/tmp/copy
	mkdir -p "$d/tar" "$d/cp" "$d/rsync"
	tar -C "$F/versions" -cf - 1 >"$d/a.tar" 2>"$d/err" || fail "tar: $(cat "$d/err")"
	eq '' "$(cat "$d/err")"
	tar tf "$d/a.tar" | grep -x 1/model.json >/dev/null
	tar -C "$d/tar" -xf "$d/a.tar"
	cmp "$F/versions/1/model.json" "$d/tar/1/model.json"
	cmp "$F/versions/1/labels.json" "$d/tar/1/labels.json"
	rsync -a "$F/versions/1/" "$d/rsync/" 2>"$d/err"
	eq '' "$(cat "$d/err")"
	cp -r "$F/versions/1" "$d/cp/"
	diff -r --no-dereference "$d/tar/1" "$d/cp/1"
	diff -r --no-dereference "$d/tar/1" "$d/rsync"
	rsync -an --itemize-changes "$F/versions/1/" "$d/rsync/" >"$d/again"
	eq '' "$(cat "$d/again")" "nothing changed, and rsync would copy"
}
as_user test_tar_rsync_and_cp_carry_whole_files

test_grep_r_and_du_and_wc_walk_everything() {
	both
	grep -rlx face-detector "$MNT/models/face" 2>"$DIR/tmp/err" | grep -x "$F/displayName" >/dev/null
	eq '' "$(cat "$DIR/tmp/err")"
	du -s "$MNT" >/dev/null
	find "$MNT" -type f -name '*.json' -print0 | xargs -0 wc -c >/dev/null
	ls -lR "$MNT" >/dev/null 2>"$DIR/tmp/err"
	eq '' "$(cat "$DIR/tmp/err")"
	[ "$(df --output=avail "$MNT" | tail -n 1)" != 0 ]
	eq fuse.modelfs "$(findmnt -no FSTYPE "$MNT")"
}
as_user test_grep_r_and_du_and_wc_walk_everything

test_files_can_be_mapped_and_read_at_an_offset() {
	both
	python3 - "$F/model.json" <<-'END'
		import mmap, os, sys
		with open(sys.argv[1], "rb") as f:
		    whole = f.read()
		    m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
		    assert m[:] == whole
		    m.close()
		    assert os.pread(f.fileno(), 5, 3) == whole[3:8]
		    assert os.pread(f.fileno(), 5, len(whole)) == b""
	END
	eq "$(sha256sum <"$F/model.json")" "$(busybox cat "$F/model.json" | sha256sum)"
}

# ---- read-only

test_ro_refuses_every_change() {
	registry
	mount_tree -o ro
	F=$MNT/models/face
	eq 444 "$(stat -c %a "$F/displayName")"
	eq 555 "$(stat -c %a "$F/versions")"
	refuses 'Read-only file system' cp "$FILES/1/cascade.xml" "$F/export.json"
	errno_is EROFS mkdir "$MNT/models/x"
	errno_is EROFS rmdir "$F/versions/1"
	errno_is EROFS write "$F/displayName" x
	eq face-detector "$(cat "$F/displayName")"
	eq 2 "$(cat "$F/versions/2/versionId")"
	[ ! -e "$F/operations/latest/wait" ]
}
as_user test_ro_refuses_every_change

# ---- .modelfs

test_about_the_mount() {
	both
	local a=$MNT/.modelfs
	like '[0-9]+\.[0-9]+' "$(cat "$a/version")"
	jq -e . "$a/config.json" >/dev/null
	cat "$F/model.json" >/dev/null
	errno_is ENOENT stat "$MNT/models/nobody"
	local m
	m=$(cat "$a/metrics")
	like 'modelfs_requests_total\{[^}]*method="models\.list"' "$m"
	like 'modelfs_cache_hits_total' "$m"
	like 'modelfs_fuse_ops_total\{op=' "$m"
	like 'process_resident_memory_bytes [0-9]+' "$m"
	cat "$a/errors" >/dev/null
	[ -w "$a/refresh" ]
}

test_no_secret_is_shown() {
	registry --listen 127.0.0.1:0
	local port
	port=$(ss -Hltnp | awk -v p="pid=$SERVER," 'index($0, p) { sub(/.*:/, "", $4); print $4; exit }')
	export CLOUDSDK_AUTH_ACCESS_TOKEN=ya29.very-secret CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM=http://127.0.0.1:$port/
	mount_tree -o endpoint=google,project=demo,location=us-central1
	eq face-detector "$(cat "$MNT/models/face/displayName")"
	rest PATCH "/v1/$LOC/models/face?updateMask=description" '{"description":"x"}' >/dev/null
	cat "$MNT/.modelfs/"{version,config.json,metrics,errors} >"$DIR/tmp/all"
	modelfs status "$MNT" >>"$DIR/tmp/all"
	tr '\0' ' ' <"/proc/$MOUNT/cmdline" >>"$DIR/tmp/all"
	not grep very-secret "$DIR/tmp/all" "$DIR/mount.log"
}
