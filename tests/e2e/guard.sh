# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# Tools that delete trees leave the registry as it was (contract section 3,
# "Destroying is explicit").

# spares COMMAND...: whatever it says, the registry's content is the same after
# it, and what was there is there again
spares() {
	mark
	timeout 40 "$@" >"$DIR/tmp/out" 2>&1 || [ $? != 124 ] || fail "hangs: $*"
	eq '' "$(writes)" "$*"
	diff <(content) "$DIR/tmp/before" || fail "the registry has changed: $*"
	echo x >"$MNT/.modelfs/refresh"
	within 15 test -e "$MNT/models/face/displayName" # unlinked: it comes back
	eq face-detector "$(cat "$MNT/models/face/displayName")" "$*"
	eq 7 "$(find "$MNT/models" -mindepth 1 -maxdepth 1 | wc -l)" "$*"
}

prepare_spare() {
	both
	content >"$DIR/tmp/before"
	mkdir "$DIR/tmp/empty"
	export MNT F DIR
}

test_rm_rf_destroys_nothing() {
	prepare_spare
	spares rm -rf "$F"
	spares bash -c 'rm -rf "$MNT"/*'
	spares rm -rf "$MNT"
	spares rm -rf "$F/versions/2"
	spares rm -rf "$F/aliases"
	spares rm -r "$MNT/by-name"
	spares busybox rm -rf "$F"
}
as_user test_rm_rf_destroys_nothing

test_find_delete_destroys_nothing() {
	prepare_spare
	spares find "$F" -delete
	spares find "$MNT" -delete
	spares find "$MNT/models" -name 'v*' -delete
	spares bash -c 'find "$F" -type f -delete; find "$F" -type l -delete; find "$F" -depth -type d -exec rmdir {} +'
}

test_rsync_delete_destroys_nothing() {
	prepare_spare
	spares rsync -a --delete "$DIR/tmp/empty/" "$F/"
	spares rsync -a --delete --force "$DIR/tmp/empty/" "$MNT/"
}

test_shutil_rmtree_destroys_nothing() {
	prepare_spare
	spares python3 -c 'import os, shutil; shutil.rmtree(os.environ["F"], ignore_errors=True)'
	spares python3 -c 'import os, shutil; shutil.rmtree(os.environ["MNT"], ignore_errors=True)'
	spares python3 -c 'import os, shutil; shutil.rmtree(os.environ["F"])'
}

test_perl_remove_tree_destroys_nothing() {
	prepare_spare
	spares perl -MFile::Path=remove_tree -e 'remove_tree($ENV{F})'
	spares perl -MFile::Path=remove_tree -e 'remove_tree($ENV{MNT}, {safe => 0})'
}

test_node_rmsync_destroys_nothing() {
	command -v node >/dev/null || skip 'no node here'
	prepare_spare
	spares node -e 'require("fs").rmSync(process.env.F, {recursive: true, force: true})'
	spares node -e 'require("fs").rmSync(process.env.MNT, {recursive: true, force: true})'
}

test_a_models_own_directories_and_operations_are_spared() {
	prepare_spare
	spares rm -rf "$F/operations"
	spares rm -rf "$MNT/operations"
	spares rm -rf "$F/aliases" "$MNT/models/eyes/aliases"
	spares find "$F/aliases" -delete
	spares find "$F" -depth -delete
	spares python3 -c 'import os, shutil; shutil.rmtree(os.environ["F"] + "/versions/2", ignore_errors=True)'
	spares rsync -a --delete "$DIR/tmp/empty/" "$F/versions/"
	spares perl -MFile::Path=remove_tree -e 'remove_tree("$ENV{F}/versions/3")'
}

# From another SOURCE the models themselves are the root's entries.
test_the_root_of_a_smaller_mount_is_spared() {
	registry
	content >"$DIR/tmp/before"
	mount_tree -s "vertex/$LOC/models"
	export MNT
	for c in 'rm -rf "$MNT"' 'rm -rf "$MNT"/*' 'find "$MNT" -delete' \
		'python3 -c "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)" "$MNT"' \
		'perl -MFile::Path=remove_tree -e "remove_tree(shift, {keep_root => 1})" "$MNT"' \
		'! command -v node >/dev/null || node -e "require(\"fs\").rmSync(process.argv[1], {recursive: true, force: true})" "$MNT"' \
		'mkdir "$DIR/tmp/e" && rsync -a --delete "$DIR/tmp/e/" "$MNT/"'; do
		mark
		timeout 40 bash -c "$c" >"$DIR/tmp/out" 2>&1 || [ $? != 124 ] || fail "hangs: $c"
		eq '' "$(writes)" "$c"
		diff <(content) "$DIR/tmp/before" || fail "the registry has changed: $c"
	done
}
deadline 120 test_the_root_of_a_smaller_mount_is_spared

test_mv_and_single_rmdirs_destroy_nothing() {
	prepare_spare
	unlike '^OK$' "$(python3 "$E2E/tools/sys.py" rmdir "$F")"
	unlike '^OK$' "$(python3 "$E2E/tools/sys.py" rmdir "$F/versions/2")" # above it was one
	unlike '^OK$' "$(python3 "$E2E/tools/sys.py" rmdir "$F/versions")"
	spares mv "$F" "$MNT/models/other"
	spares mv "$F" "$DIR/tmp/moved"
	spares mv "$F/versions/1" "$F/versions/9"
}

test_what_was_unlinked_comes_back() {
	both
	rm "$F/displayName" || :
	within 65 test -e "$F/displayName"
	eq face-detector "$(cat "$F/displayName")"
	eq EPERM "$(python3 "$E2E/tools/sys.py" unlink "$F/createTime" | sed s/EACCES/EPERM/)"
}
slow test_what_was_unlinked_comes_back
deadline 90 test_what_was_unlinked_comes_back
