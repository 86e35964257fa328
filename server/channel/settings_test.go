package channel

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	s, err := Settings{}.With(map[string]string{Record: "off", Rewind: "2h", KeepDays: "007", Return: "5m"})
	if err != nil || s.String() != "keep_days=7 reconnect_window=5m0s record=off rewind=2h0m0s" {
		t.Fatalf("%q, %v", s, err)
	}
	if s.On(Record, true) || !s.On(Clips, true) || s.On(Download, false) || s.Time(Rewind, 0) != 2*time.Hour || s.Time(Return, 0) != 5*time.Minute ||
		s.Number(KeepDays, 30) != 7 || s.Number(KeepGB, 50) != 50 {
		t.Errorf("%q is read otherwise", s)
	}
	again, err := s.With(map[string]string{Record: "", KeepDays: "0"})
	if err != nil || again.String() != "keep_days=0 reconnect_window=5m0s rewind=2h0m0s" || s.On(Record, true) {
		t.Errorf("%q, %v; before: %q", again, err, s)
	}
	if s, err := (Settings{}).With(nil); err != nil || s.String() != "" {
		t.Errorf("%q, %v", s, err)
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	for pair, want := range map[string]string{
		"recrod=off": `"recrod"`, "record=maybe": "record=maybe", "rewind=13h": "up to 12h", "rewind=-1s": "up to 12h", "keep_days=-1": "0 (no bound)",
		"keep_gb=9999999": "0 (no bound)", "reconnect_window=2h": "1s to 1h", "ladder=720p": "on or off", "clips=" + strings.Repeat("x", 5000): "...",
	} {
		key, value, _ := strings.Cut(pair, "=")
		s, err := Settings{}.With(map[string]string{key: value, Download: "on"})
		if !errors.Is(err, ErrSetting) || !strings.Contains(err.Error(), want) || len(err.Error()) > 400 || s.String() != "" {
			t.Errorf("%.40s: %q, %.400v", pair, s, err)
		}
	}
}

func FuzzSettings(f *testing.F) {
	for _, text := range []string{"", "record=off rewind=2h", "keep_days=7 keep_gb=0 clips=on", "=", "record"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSettings(text)
		if err != nil {
			return
		}
		again, err := ParseSettings(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%q is written as %q and read as %q, %v", text, s, again, err)
		}
	})
}
