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
		"keep_gb=9999999": "0 (no bound)", "reconnect_window=2h": "1s to 1h", "latency=1s": "from 2s to 10s", "latency=11s": "from 2s to 10s", "latency=near": "from 2s to 10s", "ladder=720": "up to four rungs", "ladder=720p@9": "up to four rungs", "ladder=720p,720p@900": "up to four rungs", "ladder=95p": "up to four rungs", "ladder=1080p,720p,480p,360p,240p": "up to four rungs", "ladder=automatic": "up to four rungs", "clips=" + strings.Repeat("x", 5000): "...",
		"streamer.record=off": "no such setting", strings.Repeat("k", 5000) + "=1": "...",
	} {
		key, value, _ := strings.Cut(pair, "=")
		s, err := Settings{}.With(map[string]string{key: value, Download: "on"})
		if !errors.Is(err, ErrSetting) || !strings.Contains(err.Error(), want) || len(err.Error()) > 400 || s.String() != "" {
			t.Errorf("%.40s: %q, %.400v", pair, s, err)
		}
	}
}

// What a streamer chooses is within what he is given, also when he is given less later; the operator's word ends the choice.
func TestAStreamerChoosesWithinWhatHeIsGiven(t *testing.T) {
	server, err := Settings{}.With(map[string]string{
		Record: "on", Rewind: "10m", KeepDays: "30", KeepGB: "0", Clips: "on", Download: "off", Ladder: "on", Return: "90s",
	})
	if err != nil {
		t.Fatal(err)
	}
	given, err := Settings{}.With(map[string]string{KeepDays: "0", Rewind: "1h"})
	if err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[string]string{
		"record=off": "", "record=on": "", "download=on": "off, as", "download=off": "", "rewind=1h": "", "rewind=61m": "up to 1h0m0s", "rewind=0": "",
		"keep_days=0": "", "keep_days=900000": "", "keep_gb=7": "", "reconnect_window=1h": "", "latency=10s": "", "latency=2s": "", "latency=1.9s": "from 2s to 10s", "reconnect_window=0s": "1s to 1h", "recrod=off": "no such", "clips=perhaps": "on or off",
	} {
		key, value, _ := strings.Cut(pair, "=")
		s, err := given.Choose(server, map[string]string{key: value, Clips: "off"})
		if key == Clips {
			s, err = given.Choose(server, map[string]string{key: value})
		}
		if want == "" && (err != nil || s.On(Clips, true)) || want != "" && (!errors.Is(err, ErrSetting) || !strings.Contains(err.Error(), want) || s.String() != given.String()) {
			t.Errorf("%s: %q, %v", pair, s, err)
		}
	}
	tight, _ := Settings{}.With(map[string]string{KeepDays: "7"})
	for value, fine := range map[string]bool{"0": false, "8": false, "7": true, "1": true} {
		if _, err := tight.Choose(server, map[string]string{KeepDays: value}); (err == nil) != fine {
			t.Errorf("keep_days=%s of 7: %v", value, err)
		}
	}

	s, err := given.Choose(server, map[string]string{Rewind: "30m", Record: "off", KeepDays: "14"})
	if err != nil || s.String() != "keep_days=0 rewind=1h0m0s streamer.keep_days=14 streamer.record=off streamer.rewind=30m0s" {
		t.Fatalf("%q, %v", s, err)
	}
	if s.Time(Rewind, 0) != 30*time.Minute || s.On(Record, true) || s.Number(KeepDays, 30) != 14 || s.Value(Clips, "on") != "on" {
		t.Errorf("%q is read otherwise", s)
	}
	again, err := ParseSettings(s.String())
	if err != nil || again.String() != s.String() || again.Time(Rewind, 0) != 30*time.Minute {
		t.Errorf("%q, %v", again, err)
	}
	less, err := s.With(map[string]string{KeepDays: "3"})
	if _, chosen := less.Chosen(KeepDays); err != nil || chosen || less.Number(KeepDays, 30) != 3 {
		t.Errorf("the operator's word: %q, %v", less, err)
	}
	if s.Choose(server, map[string]string{Record: ""}); s.On(Record, true) {
		t.Error("settings were changed after they were made")
	}
	if s.Time(Rewind, time.Minute) != 30*time.Minute {
		t.Error("the channel is given an hour, whatever the server has")
	}
	narrow, _ := Settings{}.Choose(server, map[string]string{Rewind: "9m"})
	if narrow.Time(Rewind, 5*time.Minute) != 5*time.Minute || narrow.On(Download, true) != true {
		t.Errorf("a server that gives less by now: %v", narrow.Time(Rewind, 5*time.Minute))
	}
}

// A streamer may have viewers share only where the operator does.
func TestSharingOfAChannel(t *testing.T) {
	var none Settings
	for _, given := range []string{ShareAsk, "off"} {
		server, err := none.With(map[string]string{Sharing: given})
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{ShareAsk, "off"} {
			s, err := none.Choose(server, map[string]string{Sharing: value})
			want := given != "off" && value != "off"
			if refused := value != "off" && given == "off"; (err != nil) != refused || s.On(Sharing, given != "off") != want {
				t.Errorf("%s where %s is given: %q, %v", value, given, s, err)
			}
		}
	}
	for _, value := range []string{"on", "yes", "server"} {
		if _, err := none.With(map[string]string{Sharing: value}); !errors.Is(err, ErrSetting) || !strings.Contains(err.Error(), "write ask (") {
			t.Errorf("%s: %v", value, err)
		}
	}
	if TakesEffect(Sharing) != "at once" || Most(Sharing, "off") != "off" {
		t.Error("it is told otherwise")
	}
}

// An operator names the rungs of a channel; its streamer has these or none.
func TestRungsOfAChannel(t *testing.T) {
	server, _ := Settings{}.With(map[string]string{Ladder: "on"})
	s, err := Settings{}.With(map[string]string{Ladder: " 0360p@600, 720p "})
	if err != nil || s.String() != "ladder=720p,360p@600" || s.Rungs() != "720p,360p@600" || !s.On(Ladder, false) {
		t.Fatalf("%q, %q, %v", s, s.Rungs(), err)
	}
	for value, want := range map[string]string{"off": "", "on": "720p,360p@600", "": "720p,360p@600"} {
		chosen, err := s.Choose(server, map[string]string{Ladder: value})
		if err != nil || chosen.Rungs() != want || chosen.On(Ladder, true) != (want != "") {
			t.Errorf("%q: %q, %v", value, chosen.Rungs(), err)
		}
	}
	for _, value := range []string{"720p", "1080p,720p,360p"} {
		if _, err := s.Choose(server, map[string]string{Ladder: value}); !errors.Is(err, ErrSetting) || !strings.Contains(err.Error(), "on or off") {
			t.Errorf("%q: %v", value, err)
		}
	}
	for _, text := range []string{"", "on", "off"} {
		if s, err := (Settings{}).With(map[string]string{Ladder: text}); err != nil || s.Rungs() != "" {
			t.Errorf("%q: %q, %v", text, s.Rungs(), err)
		}
	}
	if s, err := (Settings{}).With(map[string]string{Ladder: "auto"}); err != nil || s.Rungs() != "auto" || !s.On(Ladder, false) {
		t.Errorf("the machine's choice: %q, %v", s, err)
	}
	if _, err := s.Choose(server, map[string]string{Ladder: "auto"}); !errors.Is(err, ErrSetting) {
		t.Errorf("its streamer leaves it to the machine: %v", err)
	}
	chosen, _ := s.Choose(server, map[string]string{Ladder: "on"})
	if less, err := chosen.With(map[string]string{Ladder: "off"}); err != nil || less.On(Ladder, true) {
		t.Errorf("taken away: %q, %v", less, err)
	}
}

func TestAllWrongSettingsAreNamedAtOnce(t *testing.T) {
	_, err := Settings{}.With(map[string]string{Rewind: "99h", KeepDays: "x", Record: "off"})
	var wrong *SettingsError
	if !errors.As(err, &wrong) || len(wrong.Wrong) != 2 || wrong.Wrong[0].Key != KeepDays || wrong.Wrong[1].Key != Rewind {
		t.Fatalf("%v", err)
	}
	many := make(map[string]string)
	for n := range 500 {
		many[strings.Repeat("k", n+1)] = "1"
	}
	if _, err := (Settings{}).With(many); !errors.As(err, &wrong) || len(wrong.Wrong) > 16 {
		t.Errorf("%d are named", len(wrong.Wrong))
	}
}

func FuzzSettings(f *testing.F) {
	for _, text := range []string{"", "record=off rewind=2h", "keep_days=7 keep_gb=0 clips=on", "=", "record", "keep_days=0 streamer.keep_days=7 streamer.record=off", "streamer.=x", "ladder=720p,360p@600 streamer.ladder=on"} {
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
