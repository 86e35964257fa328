package api

import (
	"net/http"
	"strconv"
	"strings"

	"shoal/segment"
	"shoal/server/origin"
)

// parseReload reads _HLS_msn, _HLS_part and _HLS_skip (RFC 8216bis, 6.2.5).
func parseReload(r *http.Request) (origin.Reload, error) {
	query := r.URL.Query()
	skip := query.Get("_HLS_skip")
	reload := origin.Reload{Part: -1, Skip: skip == "YES" || skip == "v2"}
	var err error
	if reload.Blocking = query.Has("_HLS_msn"); reload.Blocking {
		if reload.MSN, err = strconv.ParseUint(query.Get("_HLS_msn"), 10, 64); err != nil {
			return reload, errMalformed
		}
	}
	if query.Has("_HLS_part") {
		part, err := strconv.ParseUint(query.Get("_HLS_part"), 10, 16)
		if err != nil || !reload.Blocking {
			return reload, errMalformed
		}
		reload.Part = int(part)
	}
	return reload, nil
}

func parseTrack(text string) (segment.Track, error) {
	n, err := parseNumber(text)
	if err != nil || n >= segment.TracksMax {
		return 0, errNoRoute
	}
	return segment.Track(n), nil
}

// parseNumber reads a number in its one spelling, so that a cache holds each piece of media once.
func parseNumber(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0, errNoRoute
	}
	return n, nil
}

// cut returns what stands between prefix and suffix, or "" and false.
func cut(text, prefix, suffix string) (string, bool) {
	text, begins := strings.CutPrefix(text, prefix)
	text, ends := strings.CutSuffix(text, suffix)
	if !begins || !ends {
		return "", false
	}
	return text, true
}
