package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"shoal/server/api"
	"shoal/server/lobby"
)

// doors are the addresses that the server listens on. They are taken before anything else, so that a port in use is
// found at once.
type doors struct {
	http  net.Listener
	rtmp  net.Listener
	rtmps net.Listener // nil: off
	srt   *net.UDPConn // nil: off
}

// listen takes the addresses of the settings.
func (s *Settings) listen() (d doors, err error) {
	if d.http, err = listenTCP("http", s.HTTP); err != nil {
		return d, err
	}
	if d.rtmp, err = listenTCP("rtmp", s.RTMP); err != nil {
		return d, err
	}
	if s.RTMPS != turnOff {
		if d.rtmps, err = s.listenTLS(); err != nil {
			return d, err
		}
	}
	if s.SRT != turnOff {
		socket, err := net.ListenPacket("udp", s.SRT)
		if err != nil {
			return d, explainListen("srt", s.SRT, err)
		}
		d.srt = socket.(*net.UDPConn)
	}
	return d, nil
}

// Close closes what is still open.
func (d doors) Close() error {
	var failed error
	if d.srt != nil {
		failed = ignoreClosed(d.srt.Close())
	}
	for _, l := range []net.Listener{d.http, d.rtmp, d.rtmps} {
		if l == nil {
			continue
		}
		failed = errors.Join(failed, ignoreClosed(l.Close())) // its server closes it, too
	}
	return failed
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func listenTCP(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	return l, explainListen(flag, address, err)
}

// explainListen says which flag to change.
func explainListen(flag, address string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port in use: another program listens on %s: stop it, or choose another address with --%s", address, flag)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("not allowed to listen on %s: choose a port above 1023 with --%s, or give the program CAP_NET_BIND_SERVICE", address, flag)
	}
	return fmt.Errorf("cannot listen on %s (--%s): %w", address, flag, err)
}

// Timeouts of HTTP. None is on writing: playlists are held open and WebSockets stay; server/api bounds each answer.
const (
	headerWithin = lobby.FirstWithin
	headerMax    = 32 << 10
	// stopWithin is how long answers may still take when the server stops.
	stopWithin = 5 * time.Second
)

func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ConnContext:       api.Connected,
		ReadHeaderTimeout: headerWithin,
		IdleTimeout:       lobby.RestWithin,
		MaxHeaderBytes:    headerMax,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // mostly clients that hang up
	}
}

// serveHTTP answers until ctx ends. Requests that wait then end with it, others get stopWithin.
func serveHTTP(ctx context.Context, server *http.Server, l net.Listener) error {
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer stop()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
