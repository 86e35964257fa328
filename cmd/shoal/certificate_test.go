package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestACertificateIsReadAgainWhenItChanges(t *testing.T) {
	dir := t.TempDir()
	cert, key := certify(t, dir)
	c, err := openCertificate(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.get(nil)
	if err != nil {
		t.Fatal(err)
	}
	look := func() string {
		c.looked = time.Now().Add(-certificateAgain)
		now, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(now.Certificate[0])
	}
	if look() != string(first.Certificate[0]) {
		t.Error("it changed by itself")
	}
	later := time.Now().Add(time.Minute)
	if err := os.WriteFile(cert, []byte("half of a renewal"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(cert, later, later); err != nil {
		t.Fatal(err)
	}
	if look() != string(first.Certificate[0]) {
		t.Error("a renewal that is under way leaves no certificate")
	}
	certify(t, dir)
	if look() == string(first.Certificate[0]) {
		t.Error("the new certificate is not read")
	}
	if _, err := openCertificate(filepath.Join(dir, "none"), key); err == nil {
		t.Error("a certificate that is not there is taken")
	}
}
