package channel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"shoal/id"
)

// The settings that a channel may have of its own. What it does not have is as the server's flag of the same name says.
const (
	Record   = "record"
	Rewind   = "rewind"
	KeepDays = "keep_days"
	KeepGB   = "keep_gb"
	Clips    = "clips"
	Download = "download"
	Ladder   = "ladder"
	Return   = "reconnect_window"
)

// Bounds of settings.
const (
	// RewindMax is the longest rewind window.
	RewindMax = 12 * time.Hour
	// ReturnMin and ReturnMax bound how long a broadcast waits for its publisher.
	ReturnMin, ReturnMax = time.Second, time.Hour
	// KeepMax bounds keep_days and keep_gb.
	KeepMax = 1_000_000
	// changeTries is how often a change is tried again that another one came before.
	changeTries = 8
)

// The kinds of error of settings, for errors.Is.
var (
	// ErrSetting says that there is no such setting, or that it cannot have such a value.
	ErrSetting = errors.New("not a setting of a channel")
	// ErrChanged is of rows whose settings are not what the asker believed.
	ErrChanged = errors.New("the settings were changed meanwhile")
)

// SettingKeys returns the names of all settings, as they are shown.
func SettingKeys() []string {
	return []string{Record, Rewind, KeepDays, KeepGB, Clips, Download, Ladder, Return}
}

// TakesEffect says when a setting that was changed does: at once (within two seconds), or with the next broadcast.
func TakesEffect(key string) string {
	switch key {
	case Record, Rewind, Ladder:
		return "with the next broadcast"
	}
	return "at once"
}

// Settings are those that a channel has of its own. The zero Settings has none. It is not changed once it is made.
type Settings struct{ values map[string]string }

// ParseSettings reads what String wrote.
func ParseSettings(text string) (Settings, error) {
	changes := make(map[string]string)
	for _, pair := range strings.Fields(text) {
		key, value, _ := strings.Cut(pair, "=")
		changes[key] = value
	}
	return Settings{}.With(changes)
}

// String writes the settings, one after the other: record=off rewind=2h0m0s.
func (s Settings) String() string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		pairs = append(pairs, key+"="+s.values[key])
	}
	return strings.Join(pairs, " ")
}

// With returns the settings with changes, by name; an empty value leaves a setting to the server again. It returns ErrSetting with what is
// wrong and what to write instead.
func (s Settings) With(changes map[string]string) (Settings, error) {
	next := Settings{values: maps.Clone(s.values)}
	if next.values == nil {
		next.values = make(map[string]string)
	}
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		if !slices.Contains(SettingKeys(), key) {
			return s, fmt.Errorf("%q: %w: there are %s", clip(key), ErrSetting, strings.Join(SettingKeys(), ", "))
		}
		if changes[key] == "" {
			delete(next.values, key)
			continue
		}
		value, remedy := canonical(key, changes[key])
		if remedy != "" {
			return s, fmt.Errorf("%s=%s: %w: write %s, or nothing behind = for the server's", key, clip(changes[key]), ErrSetting, remedy)
		}
		next.values[key] = value
	}
	return next, nil
}

// canonical returns the one spelling of a value, or what to write instead.
func canonical(key, value string) (spelling, remedy string) {
	switch key {
	case Record, Clips, Download, Ladder:
		if value == "on" || value == "off" {
			return value, ""
		}
		return "", "on or off"
	case KeepDays, KeepGB:
		n, err := strconv.ParseUint(value, 10, 32)
		if err == nil && n <= KeepMax {
			return strconv.FormatUint(n, 10), ""
		}
		return "", fmt.Sprintf("a number from 0 (no bound) to %d", KeepMax)
	case Rewind:
		d, err := time.ParseDuration(value)
		if err == nil && d >= 0 && d <= RewindMax {
			return d.String(), ""
		}
		return "", "a time up to 12h, such as 10m or 2h, or 0"
	}
	d, err := time.ParseDuration(value)
	if err == nil && d >= ReturnMin && d <= ReturnMax {
		return d.String(), ""
	}
	return "", fmt.Sprintf("a time such as 90s or 5m, %v to %v", ReturnMin, ReturnMax)
}

// Value returns a setting that the channel has of its own.
func (s Settings) Value(key string) (value string, own bool) {
	value, own = s.values[key]
	return value, own
}

// On returns a setting that is on or off, or what the server has.
func (s Settings) On(key string, server bool) bool {
	if value, own := s.values[key]; own {
		return value == "on"
	}
	return server
}

// Time returns a setting that is a time, or what the server has.
func (s Settings) Time(key string, server time.Duration) time.Duration {
	if d, err := time.ParseDuration(s.values[key]); err == nil {
		return d
	}
	return server
}

// Number returns a setting that is a number, or what the server has.
func (s Settings) Number(key string, server int) int {
	if n, err := strconv.Atoi(s.values[key]); err == nil {
		return n
	}
	return server
}

// Settings returns those of a channel, or ErrNotFound.
func (r *Registry) Settings(ctx context.Context, channel id.Channel) (Settings, error) {
	row, err := r.rows.FindChannel(ctx, Query{ID: channel})
	if err != nil {
		return Settings{}, err
	}
	return ParseSettings(row.Settings)
}

// AllSettings returns those of every channel.
func (r *Registry) AllSettings(ctx context.Context) (map[id.Channel]Settings, error) {
	rows, err := r.rows.ListChannels(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[id.Channel]Settings, len(rows))
	for _, row := range rows {
		if all[row.ID], err = ParseSettings(row.Settings); err != nil {
			return nil, fmt.Errorf("channel %s: %w", row.Name, err)
		}
	}
	return all, nil
}

// Change changes some settings of a channel and returns all that it then has; an empty value leaves one to the server again. All of the
// changes are made, or none: ErrSetting says why, ErrNotFound that there is no such channel.
func (r *Registry) Change(ctx context.Context, channel id.Channel, changes map[string]string) (Settings, error) {
	for range changeTries {
		row, err := r.rows.FindChannel(ctx, Query{ID: channel})
		if err != nil {
			return Settings{}, err
		}
		was, err := ParseSettings(row.Settings)
		if err != nil {
			return Settings{}, err
		}
		next, err := was.With(changes)
		if err != nil {
			return was, err
		}
		err = r.rows.SetSettings(ctx, channel, row.Settings, next.String())
		if !errors.Is(err, ErrChanged) {
			return next, err
		}
	}
	return Settings{}, ErrChanged
}
