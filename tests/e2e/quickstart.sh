# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120
# scripts/quickstart, as a newcomer runs it: from a tree with nothing built.

test_quickstart_gives_a_real_model_and_commands_that_work() {
	cp -r "$FIXTURE/../src" "$DIR/src"
	local q=$DIR/src/scripts/quickstart tree=$MNT/vertex/$LOC m line n=0
	MOUNTS+=("$MNT")
	"$q" "$MNT" >"$DIR/quickstart.log" 2>&1 || fail "quickstart: $?"
	m=$tree/by-name/face-detector
	eq '1 2 3' "$(find "$m/versions/" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)"
	eq 1 "$(cat "$m/default")"
	[ -L "$tree/by-name/eye-detector" ]
	cmp /usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml "$m/versions/1/artifacts/"*.xml
	eq 3 "$(sha256sum "$m/versions/"[123]/artifacts/*.xml | cut -d' ' -f1 | sort -u | wc -l)"
	grep -q 'face-detector -> ../models/' "$DIR/quickstart.log"

	while IFS= read -r line; do
		n=$((n + 1))
		bash -c "$line" >"$DIR/tmp/out" 2>&1 || fail "as printed, it fails: $line: $(cat "$DIR/tmp/out")"
		[ -s "$DIR/tmp/out" ] || fail "says nothing: $line"
	done < <(sed -n 's/^  \([a-z]\)/\1/p' "$DIR/quickstart.log")
	eq 5 $n "commands worth trying"
	eq 2 "$(cat "$m/default")"

	# again: quick, and nothing that is there is changed
	local before
	before=$(cd "$tree/models" && find . -name 'model.json' | sort | xargs sha256sum)
	at_most 5 "$q" "$MNT" >"$DIR/quickstart.log" 2>&1
	eq 0 "$STATUS"
	eq "$before" "$(cd "$tree/models" && find . -name 'model.json' | sort | xargs sha256sum)"
	eq 2 "$(cat "$m/default")"

	"$q" --stop "$MNT"
	not mounted "$MNT"
	at_most 5 "$q" "$MNT" >"$DIR/quickstart.log" 2>&1
	eq 2 "$(cat "$m/default")"
	"$q" --stop "$MNT"
}
as_user test_quickstart_gives_a_real_model_and_commands_that_work
slow test_quickstart_gives_a_real_model_and_commands_that_work
plain_only test_quickstart_gives_a_real_model_and_commands_that_work
deadline 300 test_quickstart_gives_a_real_model_and_commands_that_work
