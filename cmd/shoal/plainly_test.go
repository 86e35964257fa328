package main

import (
	"io"
	"strings"
	"testing"

	"shoal/peer"
)

func TestAWrongCommandLineIsToldPlainly(t *testing.T) {
	for line, want := range map[string]string{
		"serve --data":                         `--data: its value is missing`,
		"serve":                                `--data is missing: write --data DIR`,
		"channel pass":                         `--data is missing: write --data DIR`,
		"upload":                               `--channel=NAME is missing`,
		"channel":                              `say what to do: "add", "list"`,
		"channel set fish --data x":            `<key=value> ... is missing`,
		"watch":                                `<link> is missing`,
		"recording captions fish --data x":     `<number> is missing`,
		"watch a b":                            `"b" is no command, or one word too many`,
		"sim n100 --fast":                      `there is no flag --fast here`,
		"chanel list":                          `unexpected argument chanel, did you mean "channel"?`,
		"serve --data x --keep-days -1":        `--keep-days: "-1" cannot be its value`,
		"serve --data x --keep-days many":      `--keep-days is "many": write a whole number`,
		"channel pass fish --data x --for 1d":  `--for is "1d": write a time such as 90s, 30m or 48h`,
		"channel pass fish --data x --for -1h": `--for: "-1h" cannot be its value`,
		"serve --data x --record maybe":        `--record must be one of "on","off" but got "maybe"`,
		"channel set fish record=off --data":   `--data: its value is missing`,
		"serve --data x --held-reloads 1000000000000000000000": `--held-reloads is "1000000000000000000000": write a whole number`,
	} {
		_, err := parse(strings.Fields(line), io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestHelpIsACommandToo(t *testing.T) {
	for _, line := range []string{"help", "--help", "help channel set", "channel set --help"} {
		said, err := shoal(strings.Fields(line)...).Output()
		if err != nil || !strings.Contains(string(said), "Usage: shoal") || strings.Contains(line, "set") != strings.Contains(string(said), "<key=value>") {
			t.Errorf("%s: %v %.200s", line, err, said)
		}
	}
}

func TestOneIsNotSeveral(t *testing.T) {
	for n, want := range map[int]string{0: "0 subtitles", 1: "1 subtitle", 2: "2 subtitles"} {
		if got := count(n, "subtitle"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var out strings.Builder
	if err := report(&out, peer.Stats{Parts: 1, Stalls: 1, LinksEver: 1, Verified: 1}, false); err != nil || !strings.Contains(out.String(), "1 part, 0 late, 1 stall (") || !strings.Contains(out.String(), "from 1 viewer,") || !strings.Contains(out.String(), "1 piece checked") {
		t.Errorf("%s, %v", out.String(), err)
	}
}
