# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by quickstart and check: makes sure that Debian packages and
# /dev/fuse are there.  Only apt ever runs as root; the rest is the caller's.

PACKAGES_BUILD="gcc libc6-dev make pkg-config libfuse3-dev fuse3 libcurl4-openssl-dev libcjson-dev
	libsqlite3-dev libmicrohttpd-dev libssl-dev libarchive-dev ca-certificates"
PACKAGES_QUICKSTART="opencv-data jq"
PACKAGES_CHECK="libcmocka-dev opencv-data jq sqlite3 curl rsync python3-minimal libpython3-stdlib
	perl openssl skopeo attr acl moreutils zsh busybox-static util-linux procps iproute2 diffutils"
# What people save with; only the matrix of tools needs them.
PACKAGES_MATRIX="tmux zsh busybox-static moreutils rsync patch git gawk nodejs curl jq ed vim neovim nano
	emacs-nox micro joe mc kakoune"

# packages_missing PACKAGE...: prints those that are not installed.
packages_missing() {
	local p
	for p; do
		case $(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null) in
		installed) ;;
		*)
			# busybox and busybox-static are the same program
			[ "$p" = busybox-static ] && command -v busybox >/dev/null && continue
			printf '%s\n' "$p"
			;;
		esac
	done
}

# packages_install PACKAGE...: installs what is missing of them, with one line
# about it and apt's own words only when it fails.
packages_install() {
	local missing as_root=() log

	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		echo "no apt here: install what these Debian packages hold: $*" >&2
		return 0
	fi
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -eq 0 ] && return 0

	if [ "$(id -u)" -ne 0 ]; then
		if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
			as_root=(sudo)
		else
			echo "missing packages, and no root or sudo to install them with.  As root:" >&2
			echo "    apt-get install ${missing[*]}" >&2
			return 1
		fi
	fi
	echo "installing: ${missing[*]}"
	log=$(mktemp)
	if ! packages_apt "${missing[@]}" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		echo "apt could not install: ${missing[*]}" >&2
		return 1
	fi
	rm -f "$log"
}

# The lists may be absent or too old for the mirror: a second try renews them.
packages_apt() {
	local apt=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -q)

	"${apt[@]}" -y install --no-install-recommends "$@" && return 0
	"${apt[@]}" update && "${apt[@]}" -y install --no-install-recommends "$@"
}

# fusermount3 unmounts by /etc/mtab, which bare systems lack.
mtab_ready() {
	[ -e /etc/mtab ] && return 0
	if [ "$(id -u)" -eq 0 ]; then
		ln -s ../proc/self/mounts /etc/mtab && echo "made /etc/mtab the usual link to /proc/self/mounts"
	else
		echo "there is no /etc/mtab, so only root can unmount; as root: ln -s ../proc/self/mounts /etc/mtab" >&2
	fi
	return 0
}

# fuse_ready: /dev/fuse must be open to everyone, as udev makes it.
fuse_ready() {
	mtab_ready
	if [ ! -e /dev/fuse ]; then
		if [ "$(id -u)" -eq 0 ]; then
			modprobe fuse 2>/dev/null || :
			[ -e /dev/fuse ] || mknod -m 0666 /dev/fuse c 10 229 2>/dev/null || :
		fi
		if [ ! -e /dev/fuse ]; then
			echo "there is no /dev/fuse here: the kernel's fuse module is not loaded," \
				"or a container was started without --device /dev/fuse" >&2
			return 1
		fi
	fi
	[ "$(stat -Lc %a /dev/fuse)" = 666 ] && return 0
	if [ "$(id -u)" -eq 0 ]; then
		chmod 0666 /dev/fuse && echo "set /dev/fuse to its usual mode 0666"
		return
	fi
	[ -r /dev/fuse ] && [ -w /dev/fuse ] && return 0
	echo "you may not open /dev/fuse; as root: chmod 0666 /dev/fuse" >&2
	return 1
}
