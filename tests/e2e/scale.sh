# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2119,SC2120,SC2012
# Many models.

test_ten_thousand_models_cost_their_pages_and_nothing_else() {
	registry
	timeout 200 python3 "$E2E/tools/bulk.py" "$DATA/socket" 10000
	mount_tree -o ttl=600 -s "vertex/$LOC/models"
	mark
	eq 10007 "$(ls "$MNT" | wc -l)"
	local size pages
	size=$(logged . | jq -r .query | tr '&' '\n' | sed -n 's/^pageSize=//p' | head -n 1)
	pages=$(logged . | wc -l)
	eq "$pages" "$(calls GET '/models$')" "something else than list was asked"
	[ -z "$size" ] || eq $(((10007 + size - 1) / size)) "$pages" "pages of $size"
	eq "$pages" "$(logged . | jq -r .query | sort -u | wc -l)" "the same page twice"
	mark
	eq 10007 "$(ls "$MNT" | wc -l)"
	eq 10008 "$(ls -l "$MNT" | wc -l)"
	eq 10007 "$(find "$MNT" -mindepth 1 -maxdepth 1 -name '[!.]*' -type d | wc -l)"
	[ -e "$MNT/m04711" ]
	not test -e "$MNT/m99999"
	eq 0 "$(logged . | wc -l)" "warm, and $(logged . | head -n 3)"
}
slow test_ten_thousand_models_cost_their_pages_and_nothing_else
plain_only test_ten_thousand_models_cost_their_pages_and_nothing_else
deadline 280 test_ten_thousand_models_cost_their_pages_and_nothing_else

test_fields_of_a_listing_cost_no_request_per_entry() {
	registry
	python3 "$E2E/tools/bulk.py" "$DATA/socket" 300
	mount_tree -o ttl=600 -s "vertex/$LOC/models"
	ls -l "$MNT" >/dev/null
	mark
	cat "$MNT"/m*/displayName | sort -u | wc -l | grep -x 300 >/dev/null
	[ "$(logged . | wc -l)" -le 300 ] || fail "$(logged . | wc -l) requests for 300 models"
	mark
	cat "$MNT"/m*/displayName >/dev/null
	ls -lR "$MNT"/m0000* >/dev/null
	cat "$MNT"/m*/description >/dev/null
	eq 0 "$(calls GET '/models$')"
}
