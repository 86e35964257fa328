package channel

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WrongSetting is one that cannot be so.
type WrongSetting struct {
	Key, Value string
	Remedy     string // what to write instead: "on or off"
}

// SettingsError names every setting that cannot be as it was asked for. It is an ErrSetting.
type SettingsError struct{ Wrong []WrongSetting }

// Error says of each what to write instead.
func (e *SettingsError) Error() string {
	var says []string
	for _, w := range e.Wrong {
		if !slices.Contains(SettingKeys(), w.Key) {
			says = append(says, fmt.Sprintf("%q: %s", w.Key, w.Remedy))
			continue
		}
		says = append(says, fmt.Sprintf("%s=%s: write %s, or nothing behind = for the server's", w.Key, w.Value, w.Remedy))
	}
	return strings.Join(says, "; ")
}

// Unwrap returns ErrSetting.
func (e *SettingsError) Unwrap() error { return ErrSetting }

// ladderAuto is the value of Ladder that leaves the choice to the machine, whatever the server's flag names.
const ladderAuto = "auto"

// canonical returns the one spelling of a value, which is empty if it is, or what to write instead.
func canonical(key, value string) (spelling, remedy string) {
	if !slices.Contains(SettingKeys(), key) {
		return "", "there is no such setting: there are " + strings.Join(SettingKeys(), ", ")
	}
	if value == "" {
		return "", ""
	}
	switch key {
	case Ladder:
		if rungs := canonicalRungs(value); rungs != "" || value == ladderAuto {
			return cmp.Or(rungs, value), ""
		}
		fallthrough
	case Record, Clips, Download:
		if value == "on" || value == "off" {
			return value, ""
		}
		if key == Ladder {
			return "", "on, off, auto, or up to four rungs such as 720p,360p@600"
		}
		return "", "on or off"
	case Sharing:
		if value == ShareAsk || value == "off" {
			return value, ""
		}
		return "", "ask (viewers share who say yes) or off (all watch from the server)"
	case KeepDays, KeepGB:
		n, err := strconv.ParseUint(value, 10, 32)
		if err == nil && n <= KeepMax {
			return strconv.FormatUint(n, 10), ""
		}
		return "", fmt.Sprintf("a whole number from 0 (no bound) to %d", KeepMax)
	case Rewind:
		d, err := time.ParseDuration(value)
		if err == nil && d >= 0 && d <= RewindMax {
			return d.String(), ""
		}
		return "", "a time up to 12h, such as 10m or 2h, or 0"
	}
	d, err := time.ParseDuration(value)
	if key == Latency {
		if err == nil && d >= LatencyMin && d <= LatencyMax {
			return d.String(), ""
		}
		return "", "a time from 2s to 10s, such as 3s or 4.5s"
	}
	if err == nil && d >= ReturnMin && d <= ReturnMax {
		return d.String(), ""
	}
	return "", "a time such as 90s or 5m, from 1s to 1h"
}

// beyond says what to write instead of a value that is more than given, or nothing if it is not. Both are spelled as canonical does.
func beyond(key, value, given string) (remedy string) {
	switch key {
	case Record, Clips, Download, Ladder:
		if value == "on" && given == "off" {
			return "off, as the server does not give more"
		}
		if value != "on" && value != "off" && value != given {
			return "on or off: which rungs there are is whoever runs the server's to say"
		}
	case Sharing:
		if value != "off" && given == "off" {
			return "off, as the server does not give more"
		}
	case KeepDays, KeepGB:
		most, err := strconv.Atoi(given)
		n, wrong := strconv.Atoi(value)
		if err == nil && most > 0 && (wrong != nil || n == 0 || n > most) {
			return fmt.Sprintf("a whole number from 1 to %d, as the server does not give more", most)
		}
	case Rewind:
		most, err := time.ParseDuration(given)
		d, wrong := time.ParseDuration(value)
		if err == nil && (wrong != nil || d > most) {
			return fmt.Sprintf("a time up to %v, as the server does not give more", most)
		}
	}
	return "" // how long a broadcast waits, and how far behind live its viewers are, costs the server nothing
}

// Most returns the most that a streamer may choose who is given a value.
func Most(key, given string) string {
	switch key {
	case Return:
		return ReturnMax.String()
	case Latency:
		return LatencyMax.String()
	}
	return given
}

// Bounds of rungs that are named.
const (
	rungsMax             = 4
	rungMin, rungMax     = 96, 4320
	rungKbitMin, kbitMax = 50, 50_000
)

// canonicalRungs returns the one spelling of rungs such as "360p@600, 720p": largest first; or "" if they cannot be.
func canonicalRungs(text string) string {
	type rung struct {
		lines uint64
		text  string
	}
	var all []rung
	for one := range strings.SplitSeq(text, ",") {
		size, rate, rated := strings.Cut(strings.TrimSpace(one), "@")
		size, lined := strings.CutSuffix(size, "p")
		lines, err := strconv.ParseUint(size, 10, 16)
		if !lined || err != nil || lines < rungMin || lines > rungMax || len(all) == rungsMax {
			return ""
		}
		r := rung{lines, fmt.Sprintf("%dp", lines)}
		if rated {
			kbit, err := strconv.ParseUint(rate, 10, 32)
			if err != nil || kbit < rungKbitMin || kbit > kbitMax {
				return ""
			}
			r.text += fmt.Sprintf("@%d", kbit)
		}
		if slices.ContainsFunc(all, func(other rung) bool { return other.lines == lines }) {
			return ""
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b rung) int { return int(b.lines) - int(a.lines) })
	var spelled []string
	for _, r := range all {
		spelled = append(spelled, r.text)
	}
	return strings.Join(spelled, ",")
}
