#!/usr/bin/env bash
# Installs what the tests drive, if it is missing: Debian's Chromium, ffmpeg, GStreamer, an SRT caller, a font, brotli, a C compiler for
# the race detector, and what network namespaces are made and looked at with.
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v ffmpeg >/dev/null || missing+=(ffmpeg)
command -v srt-live-transmit >/dev/null || missing+=(srt-tools)
command -v brotli >/dev/null || missing+=(brotli)
command -v ip >/dev/null || missing+=(iproute2)
command -v nft >/dev/null || missing+=(nftables)
command -v ping >/dev/null || missing+=(iputils-ping)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
test -e /usr/lib/*/gstreamer-1.0/libgstwebrtc.so && test -e /usr/lib/*/girepository-1.0/GstWebRTC-1.0.typelib || missing+=(
	gstreamer1.0-{nice,plugins-{base,good,bad,ugly}} gir1.2-gst-plugins-{base,bad}-1.0 python3-gi)
test -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf || missing+=(fonts-dejavu-core)
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
	echo "The tests need ${missing[*]}. Install them with your system's package manager." >&2
	exit 1
fi
root=()
if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
echo "installing for the tests: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq
"${root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}"
