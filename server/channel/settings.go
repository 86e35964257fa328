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
	Latency  = "latency"
	Sharing  = "sharing"
)

// ShareAsk is what Sharing is unless it is off: viewers share who say yes.
const ShareAsk = "ask"

// Bounds of settings.
const (
	// RewindMax is the longest rewind window.
	RewindMax = 12 * time.Hour
	// ReturnMin and ReturnMax bound how long a broadcast waits for its publisher.
	ReturnMin, ReturnMax = time.Second, time.Hour
	// LatencyMin and LatencyMax bound how far behind live viewers are: nearer, a part is hardly there before it is due; further, it nears the
	// end of what playlists name.
	LatencyMin, LatencyMax = 2 * time.Second, 10 * time.Second
	// KeepMax bounds keep_days and keep_gb.
	KeepMax = 1_000_000
	// changeTries is how often a change is tried again that another one came before.
	changeTries = 8
	// wrongMax is how many wrong settings are named at once: more than there are is somebody's play.
	wrongMax = 16
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
	return []string{Record, Rewind, KeepDays, KeepGB, Clips, Download, Ladder, Return, Latency, Sharing}
}

// TakesEffect says when a setting that was changed does: at once (within two seconds), or with the next broadcast.
func TakesEffect(key string) string {
	switch key {
	case Record, Rewind, Ladder:
		return "with the next broadcast"
	}
	return "at once"
}

// Settings are those that a channel has of its own: what the operator gives it, and what its streamer chose within that. The zero Settings
// has none. It is not changed once it is made.
type Settings struct{ own, chosen map[string]string }

// chosenMark is before the names of what the streamer chose, where settings are written.
const chosenMark = "streamer."

// ParseSettings reads what String wrote.
func ParseSettings(text string) (Settings, error) {
	own, chosen := make(map[string]string), make(map[string]string)
	for _, pair := range strings.Fields(text) {
		key, value, _ := strings.Cut(pair, "=")
		if name, is := strings.CutPrefix(key, chosenMark); is {
			chosen[name] = value
		} else {
			own[key] = value
		}
	}
	s, err := Settings{}.With(own)
	if err != nil {
		return Settings{}, err
	}
	s.chosen, err = changed(nil, chosen, nil)
	if err != nil {
		return Settings{}, err
	}
	return s, nil
}

// String writes the settings, one after the other: record=off rewind=2h0m0s streamer.rewind=10m0s.
func (s Settings) String() string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(s.own)) {
		pairs = append(pairs, key+"="+s.own[key])
	}
	for _, key := range slices.Sorted(maps.Keys(s.chosen)) {
		pairs = append(pairs, chosenMark+key+"="+s.chosen[key])
	}
	return strings.Join(pairs, " ")
}

// With returns the settings with the operator's changes, by name; an empty value leaves a setting to the server again. What the streamer
// chose for any of these is gone. It returns a SettingsError with what is wrong and what to write instead.
func (s Settings) With(changes map[string]string) (Settings, error) {
	own, err := changed(s.own, changes, nil)
	if err != nil {
		return s, err
	}
	chosen := maps.Clone(s.chosen)
	maps.DeleteFunc(chosen, func(key, _ string) bool { _, again := changes[key]; return again })
	return Settings{own, chosen}, nil
}

// Choose returns the settings with what the streamer chooses, by name: never more than he is given, of the channel's own or else of
// server, which has every setting. An empty value takes what is given again. It returns a SettingsError as With does.
func (s Settings) Choose(server Settings, choices map[string]string) (Settings, error) {
	chosen, err := changed(s.chosen, choices, func(key, value string) string { return beyond(key, value, s.Given(key, server.own[key])) })
	if err != nil {
		return s, err
	}
	return Settings{s.own, chosen}, nil
}

// changed returns values with changes; refuse, which may be nil, says what to write instead of a value that is well formed.
func changed(values, changes map[string]string, refuse func(key, value string) string) (map[string]string, error) {
	next := maps.Clone(values)
	if next == nil {
		next = make(map[string]string)
	}
	var wrong []WrongSetting
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		value, remedy := canonical(key, changes[key])
		if remedy == "" && value != "" && refuse != nil {
			remedy = refuse(key, value)
		}
		switch {
		case remedy != "":
			wrong = append(wrong, WrongSetting{clip(key), clip(changes[key]), remedy})
		case value == "":
			delete(next, key)
		default:
			next[key] = value
		}
	}
	if len(wrong) > 0 {
		return values, &SettingsError{wrong[:min(len(wrong), wrongMax)]}
	}
	return next, nil
}

// Own returns a setting that the operator gave this channel.
func (s Settings) Own(key string) (value string, own bool) {
	value, own = s.own[key]
	return value, own
}

// Chosen returns a setting that the streamer chose. It may be more than he is given by now.
func (s Settings) Chosen(key string) (value string, chosen bool) {
	value, chosen = s.chosen[key]
	return value, chosen
}

// Given returns a setting as it is if the streamer chooses nothing: the channel's own, or else the server's.
func (s Settings) Given(key, server string) string {
	if value, own := s.own[key]; own {
		return value
	}
	return server
}

// Value returns a setting as it is in force.
func (s Settings) Value(key, server string) string {
	given := s.Given(key, server)
	if chosen, is := s.chosen[key]; is && beyond(key, chosen, given) == "" && !(key == Ladder && chosen == "on") { // which is what is given
		return chosen
	}
	return given
}

// On returns a setting that is on, or something else, or off. server is what the server has, here and below.
func (s Settings) On(key string, server bool) bool {
	word := "off"
	if server {
		word = "on"
	}
	return s.Value(key, word) != "off"
}

// Rungs returns which rungs the operator named for this channel, such as "720p,360p@600", "auto" if the machine is to choose them, or "" if
// it has those of the server, or none.
func (s Settings) Rungs() string {
	if value := s.Value(Ladder, "on"); value != "on" && value != "off" {
		return value
	}
	return ""
}

// Time returns a setting that is a time.
func (s Settings) Time(key string, server time.Duration) time.Duration {
	if d, err := time.ParseDuration(s.Value(key, server.String())); err == nil {
		return d
	}
	return server
}

// Number returns a setting that is a number.
func (s Settings) Number(key string, server int) int {
	if n, err := strconv.Atoi(s.Value(key, strconv.Itoa(server))); err == nil {
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

// Change changes some settings of a channel as its operator and returns all that it then has; an empty value leaves one to the server again.
// All of the changes are made, or none: a SettingsError says why, ErrNotFound that there is no such channel.
func (r *Registry) Change(ctx context.Context, channel id.Channel, changes map[string]string) (Settings, error) {
	return r.settle(ctx, channel, func(s Settings) (Settings, error) { return s.With(changes) })
}

// Choose is Change as its streamer, within what he is given: of the channel's own settings or else of server, which has all.
func (r *Registry) Choose(ctx context.Context, channel id.Channel, server Settings, choices map[string]string) (Settings, error) {
	return r.settle(ctx, channel, func(s Settings) (Settings, error) { return s.Choose(server, choices) })
}

// settle replaces the settings of a channel by what next makes of them.
func (r *Registry) settle(ctx context.Context, channel id.Channel, next func(Settings) (Settings, error)) (Settings, error) {
	for range changeTries {
		row, err := r.rows.FindChannel(ctx, Query{ID: channel})
		if err != nil {
			return Settings{}, err
		}
		was, err := ParseSettings(row.Settings)
		if err != nil {
			return Settings{}, err
		}
		becomes, err := next(was)
		if err != nil {
			return was, err
		}
		err = r.rows.SetSettings(ctx, channel, row.Settings, becomes.String())
		if !errors.Is(err, ErrChanged) {
			return becomes, err
		}
	}
	return Settings{}, ErrChanged
}
