#!/usr/bin/env bash
# Installs what the origin is measured beside: Debian's nginx, and MediaMTX built from its module into the file that is named.
# Without MediaMTX the bench says so and goes on.
set -euo pipefail
mediamtx=$1
version=v1.20.1

if ! command -v nginx >/dev/null; then
	root=()
	if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
	export DEBIAN_FRONTEND=noninteractive
	"${root[@]}" apt-get update -qq
	"${root[@]}" apt-get install -qq -y --no-install-recommends nginx-light
	if [ -d /run/systemd/system ]; then "${root[@]}" systemctl disable --now nginx; fi # the bench starts its own
fi

if [ -x "$mediamtx" ]; then exit 0; fi
mkdir -p "$(dirname "$mediamtx")"
mediamtx=$(realpath "$mediamtx")
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
printf 'module none\n' >go.mod
if ! source=$(go mod download -json "github.com/bluenviron/mediamtx@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') || [ -z "$source" ]; then
	echo "MediaMTX $version does not resolve here: it is left out." >&2
	exit 0
fi
cp -r "$source" mediamtx
chmod -R u+w mediamtx
cd mediamtx
# Two files that its own releases generate, the second by a download: its page is not asked for.
echo "$version" >internal/core/VERSION
touch internal/servers/hls/hls.min.js
go build -trimpath -o "$mediamtx" . || echo "MediaMTX $version does not build here: it is left out." >&2
