package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// parsed reads a serve command line with a file of settings.
func parsed(t *testing.T, file string, args ...string) (*serveCommand, error) {
	t.Helper()
	dir := t.TempDir()
	if file != "" {
		if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := parse(append([]string{"serve", "--data", dir}, args...), io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	return c.(*serveCommand), nil
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	const file = "http = \":1\"\nrtmp = \":1\"\nturn = \":1\"\npublic_ip = [\"192.0.2.1\", \"192.0.2.2\"]\nheld_reloads = 7\naccess_log = true\n"
	t.Setenv("SHOAL_HTTP", ":2")
	t.Setenv("SHOAL_RTMP", ":2")
	c, err := parsed(t, file, "--http", ":3")
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP != ":3" || c.Settings.RTMP != ":2" || c.TURN != ":1" || c.HeldReloadsPerIP != 256 {
		t.Errorf("%+v", c.Settings)
	}
	if !reflect.DeepEqual(c.PublicIP, []string{"192.0.2.1", "192.0.2.2"}) || c.HeldReloads != 7 || !c.AccessLog {
		t.Errorf("%+v", c.Settings)
	}
}

func TestWrongSettingsNameTheRemedy(t *testing.T) {
	for file, says := range map[string]string{
		"public_ulr = \"x\"":            `shoal.toml:1: there is no setting "public_ulr"; did you mean "public_url"?`,
		"\nhttp = 8080":                 `shoal.toml:2: http wants text in quotes`,
		"share_preset = \"yes\"":        `share_preset wants true or false, without quotes`,
		"held_reloads = \"7\"":          `held_reloads wants a number, without quotes`,
		"public_ip = \"192.0.2.1\"":     `public_ip wants a list of texts`,
		"log_level = \"loud\"":          `log-level must be one of`,
		"http = \"8080\"":               `http is "8080": write HOST:PORT or :PORT`,
		"rtmp = \":99999\"":             `rtmp is ":99999": write HOST:PORT`,
		"public_url = \"example.org\"":  `public_url is "example.org": write scheme and host only`,
		"public_url = \"https://a/b\"":  `public_url is "https://a/b": write scheme and host only`,
		"public_ip = [\"example.org\"]": `public_ip is "example.org": write an IP address`,
		"trusted_proxies = [\"10\"]":    `trusted_proxies is "10": write a network`,
		"sites = [\"https://a.b\"]":     `sites is "https://a.b": write a host`,
		"private = [\"NO\"]":            `private is "NO": write names of channels`,
		"ladder = \"720\"":              `ladder is "720": "720": a rung is a height and, if you like, kilobits per second, such as "720p" or "720p@2500"; or write "auto" or "off"`,
		"recording_ladder = \"big\"":    `recording_ladder is "big": "big": a rung is a height`,
		"ladder = \"720p,720p@9\"":      `ladder is "720p,720p@9": "720p@9": a rate is 50 to 50000 kbit/s`,
		"joins_per_minute = 0":          `joins_per_minute is "0": write a number above 0`,
		"rtmps = \":1936\"":             `rtmps is ":1936": RTMP over TLS needs a certificate`,
		"srt = \"9000\"":                `srt is "9000": write HOST:PORT`,
		"srt_latency = 5":               `srt_latency is "5": write milliseconds, 20 to 8000`,
		"srt_passphrase = \"short\"":    `srt_passphrase is "(hidden)": write 10 to 79 characters`,
		"latency = \"1s\"":              `latency is "1s": write a time from 2s to 10s`,
		"latency = \"near\"":            `latency is "near": write a time from 2s to 10s`,
		"reconnect_window = \"soon\"":   `reconnect_window is "soon": write a time such as 90s`,
		"reconnect_window = \"2h\"":     `reconnect_window is "2h": write a time such as 90s`,
	} {
		c, err := parsed(t, file)
		if err == nil {
			err = c.check()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v\nwant %s", file, err, says)
		}
	}
	c, err := parsed(t, "http = \"x\"\nrtmp = \"y\"\nturn = \"off\"")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.check(); strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not all wrong values are named, or too many: %v", err)
	}
}

func TestSitesAreAnyUnlessSaidOtherwise(t *testing.T) {
	for file, want := range map[string][]string{
		"": {"*"}, `sites = ["none"]`: {}, `sites = ["a.example", "*.b.example"]`: {"a.example", "*.b.example"},
	} {
		c, err := parsed(t, file)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.check(); err != nil || !reflect.DeepEqual(c.sites(), want) {
			t.Errorf("%s: %v, %v", file, c.sites(), err)
		}
	}
}

func TestAFileThatIsNamedMustBeThere(t *testing.T) {
	if _, err := parsed(t, "", "--config", "/nothing/here.toml"); err == nil || !strings.Contains(err.Error(), "/nothing/here.toml") {
		t.Error(err)
	}
}

func TestStrangeVariablesAreNamed(t *testing.T) {
	got := strangeVariables([]string{"SHOAL_HTTP=x", "SHOAL_PUBLIC_ULR=x", "PATH=x", "SHOAL_DATA=x"})
	if len(got) != 1 || !strings.Contains(got[0], "did you mean SHOAL_PUBLIC_URL?") {
		t.Error(got)
	}
}

func TestAddressesThatPeopleUse(t *testing.T) {
	for _, c := range []struct{ public, http, rtmp, wantPublic, wantRTMP string }{
		{"", "[::]:8080", "[::]:1935", "http://localhost:8080", "rtmp://localhost/live"},
		{"", "127.0.0.1:80", "127.0.0.1:2000", "http://localhost:80", "rtmp://localhost:2000/live"},
		{"", "192.0.2.1:8080", ":1935", "http://192.0.2.1:8080", "rtmp://192.0.2.1/live"},
		{"https://live.example.org/", ":8080", ":1935", "https://live.example.org", "rtmp://live.example.org/live"},
		{"https://[2001:db8::1]:8443", ":8080", ":1936", "https://[2001:db8::1]:8443", "rtmp://[2001:db8::1]:1936/live"},
	} {
		s := Settings{PublicURL: c.public}
		public := s.publicURL(c.http)
		if public != c.wantPublic || rtmpURL(public, c.rtmp) != c.wantRTMP {
			t.Errorf("%+v: %s %s", c, public, rtmpURL(public, c.rtmp))
		}
	}
}

// A flag that is added without its environment variable or its key's form would be a surface that the documents do not know.
func TestEverySettingHasItsThreeNames(t *testing.T) {
	fields := reflect.TypeFor[Settings]()
	for i := range fields.NumField() {
		tag := fields.Field(i).Tag
		if want := "SHOAL_" + strings.ToUpper(keyOf(tag.Get("name"))); tag.Get("env") != want || tag.Get("help") == "" {
			t.Errorf("%s: env %q, want %q; help %q", fields.Field(i).Name, tag.Get("env"), want, tag.Get("help"))
		}
	}
}

// A file in the directory's place is the directory's fault, not that of settings which nobody wrote.
func TestNoSettingsInWhatIsNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openSettings("", file); err != nil {
		t.Error(err)
	}
	if _, err := openSettings(filepath.Join(file, settingsFile), file); err == nil {
		t.Error("a file that was named and is not there goes unnoticed")
	}
}

func portOf(addr net.Addr) string {
	_, port, _ := net.SplitHostPort(addr.String())
	return port
}

func TestTimesOfReconnecting(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "90": 90 * time.Second, "5m": 5 * time.Minute, "999999999999": time.Hour + time.Second} {
		if d, err := (&Settings{ReconnectWindow: text}).reconnectWindow(); err != nil || d != want {
			t.Errorf("%s is %v, %v", text, d, err)
		}
	}
}
