package api

import (
	"net/url"
	"testing"

	"shoal/server/origin"
)

// Directives that are no decimal-integers (RFC 8216bis, 4.2) are refused before any room hears of them.
func TestHostileDirectives(t *testing.T) {
	h := newHouse(t)
	untouched := origin.Reload{MSN: 1, Part: 99}
	for _, query := range []string{
		"_HLS_msn=", "_HLS_msn=-1", "_HLS_msn=1.5", "_HLS_msn=1e3", "_HLS_msn=0x7", "_HLS_msn=+7", "_HLS_msn=%207", "_HLS_msn=7%00", "_HLS_msn=٧", "_HLS_msn=NaN",
		"_HLS_msn=18446744073709551616", "_HLS_msn=99999999999999999999999999", "_HLS_msn=7,8", "_HLS_part=0", "_HLS_part=-1", "_HLS_part=0&_HLS_skip=YES",
		"_HLS_msn=7&_HLS_part=", "_HLS_msn=7&_HLS_part=-1", "_HLS_msn=7&_HLS_part=65536", "_HLS_msn=7&_HLS_part=18446744073709551616", "_HLS_msn=7&_HLS_part=x",
	} {
		h.asked = untouched
		if w := h.request("GET", "/hls/fish/0.m3u8?"+query); w.Code != 400 || h.asked != untouched {
			t.Errorf("%s: %d, and the origin was asked %+v", query, w.Code, h.asked)
		}
	}
	for query, want := range map[string]origin.Reload{
		"_HLS_msn=18446744073709551615&_HLS_part=65535": {Blocking: true, MSN: 1<<64 - 1, Part: 65535},
		"_HLS_msn=0&_HLS_part=0":                        {Blocking: true},
		"_HLS_skip=no":                                  {Part: -1},
		"_HLS_skip=" + url.QueryEscape("YES\nYES"):      {Part: -1},
		"_HLS_unknown=1":                                {Part: -1},
		"_HLS_msn=7&_HLS_msn=9&_HLS_part=1&_HLS_part=2": {Blocking: true, MSN: 7, Part: 1},
	} {
		if w := h.request("GET", "/hls/fish/0.m3u8?"+query); w.Code != 200 || h.asked != want {
			t.Errorf("%s: %d, and the origin was asked %+v", query, w.Code, h.asked)
		}
	}
}
