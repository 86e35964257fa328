package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOneServerADirectory(t *testing.T) {
	dir := t.TempDir()
	first, err := lockDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDataDir(dir); err == nil || !strings.Contains(err.Error(), "already serves "+dir) {
		t.Errorf("a second server: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := lockDataDir(dir)
	if err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestADirectoryThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeDataDir(file); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a file: %v", err)
	}
	if os.Getuid() == 0 {
		return // root may write everywhere
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := makeDataDir(dir); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a directory of another: %v", err)
	}
}

func TestAddressesAreKept(t *testing.T) {
	dir := t.TempDir()
	if _, ok := savedAddresses(dir); ok {
		t.Error("addresses of a server that never ran")
	}
	want := addresses{Public: "http://localhost:8080", RTMP: "rtmp://localhost/live"}
	if err := want.save(dir); err != nil {
		t.Fatal(err)
	}
	if got, ok := savedAddresses(dir); !ok || got != want {
		t.Error(got)
	}
}

// A data directory that is mistaken is told: by what only reads, which leaves it as it is, and by what makes one.
func TestAMistakenDirectoryIsTold(t *testing.T) {
	dir := t.TempDir()
	for _, wrong := range []string{dir, filepath.Join(dir, "dta")} {
		for _, args := range [][]string{{"channel", "list"}, {"channel", "show", "sea"}, {"recording", "list", "sea"}, {"recording", "clips", "sea"}} {
			if said, err := say(t, append(args, "--data", wrong)...); err == nil || !strings.Contains(err.Error(), wrong+" is no data directory") {
				t.Errorf("%v of %s: %q, %v", args, wrong, said, err)
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("they left %v, %v", left, err)
	}
	made := filepath.Join(dir, "new")
	if _, err := say(t, "channel", "add", "Sea", "--data", made); err == nil || !strings.Contains(err.Error(), "use 1 to") {
		t.Errorf("a name that cannot be: %v", err)
	}
	if _, err := os.Stat(made); err == nil {
		t.Error("a channel that was refused left a directory")
	}
	if said, err := say(t, "channel", "add", "sea", "--data", made); err != nil || !strings.Contains(said, made+" is a new data directory") {
		t.Errorf("a directory that was made: %q, %v", said, err)
	}
	if said, err := say(t, "channel", "add", "reef", "--data", made); err != nil || strings.Contains(said, "new data directory") {
		t.Errorf("one that was there: %q, %v", said, err)
	}
}
