#!/usr/bin/env bash
# Installs the players that make proof-players compares and deps-test does not bring: mpv, VLC without a window, GStreamer's tools.
set -euo pipefail

missing=()
command -v mpv >/dev/null || missing+=(mpv)
test -x /usr/bin/vlc || missing+=(vlc-bin vlc-plugin-base)
command -v gst-launch-1.0 >/dev/null || missing+=(gstreamer1.0-tools)
test -e /usr/lib/*/gstreamer-1.0/libgstlibav.so || missing+=(gstreamer1.0-libav)
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
	echo "The players need ${missing[*]}. Install them with your system's package manager." >&2
	exit 1
fi
root=()
if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
echo "installing players: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq
"${root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}"
