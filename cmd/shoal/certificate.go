package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// certificateAgain is how often the certificate's files are looked at: what renews them need not tell us.
const certificateAgain = time.Minute

// certificate is a certificate in two files, which is read again when they change.
type certificate struct {
	cert, key string // set once

	mu      sync.Mutex
	now     *tls.Certificate // guarded by mu
	changed time.Time        // guarded by mu: when the file was written that now is of
	looked  time.Time        // guarded by mu
}

// openCertificate reads it for the first time.
func openCertificate(cert, key string) (*certificate, error) {
	c := &certificate{cert: cert, key: key}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("the certificate cannot be used: %w: check --tls-cert and --tls-key", err)
	}
	return c, nil
}

// read reads the files. The caller holds mu, or is alone.
func (c *certificate) read() error {
	info, err := os.Stat(c.cert)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.now, c.changed, c.looked = &pair, info.ModTime(), time.Now()
	return nil
}

// get is of tls.Config. New files that cannot be read leave the old ones in force: a renewal may be under way.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) >= certificateAgain {
		c.looked = time.Now()
		if info, err := os.Stat(c.cert); err == nil && !info.ModTime().Equal(c.changed) {
			_ = c.read()
		}
	}
	return c.now, nil
}

// listenTLS takes the address of RTMP over TLS.
func (s *Settings) listenTLS() (net.Listener, error) {
	c, err := openCertificate(s.TLSCert, s.TLSKey)
	if err != nil {
		return nil, err
	}
	l, err := listenTCP("rtmps", s.RTMPS)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(l, &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}), nil
}
