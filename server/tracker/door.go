package tracker

import (
	"net/http"
	"net/netip"

	"github.com/coder/websocket"

	"shoal/wire/signal"
)

// ServeHTTP takes a viewer's WebSocket and stays until it is closed. Pages of other hosts than ours and Config.Origins are refused;
// requests without an Origin come from native peers, which have no cookies that a page could misuse.
func (t *Tracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "the address of the request cannot be read", http.StatusBadRequest)
		return
	}
	from := at.Addr().Unmap().WithZone("")
	if !t.begin() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the tracker is restarting: try again in a second", http.StatusServiceUnavailable)
		return
	}
	defer t.handlers.Done()
	if !t.limits.enter(t.now(), from) {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many connections: try again in ten seconds", http.StatusTooManyRequests)
		return
	}
	defer t.limits.leave(from)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:    []string{signal.Subprotocol},
		OriginPatterns:  t.config.Origins,
		CompressionMode: websocket.CompressionDisabled, // signalling is small, and compressors are large
	})
	if err != nil {
		return // Accept has answered
	}
	if conn.Subprotocol() != signal.Subprotocol {
		_ = conn.Close(websocket.StatusPolicyViolation, "ask for the subprotocol "+signal.Subprotocol)
		return
	}
	conn.SetReadLimit(readMax)
	t.attend(newViewer(conn, from, hidden(r, from)))
}

// begin counts a handler in, unless the tracker does not serve.
func (t *Tracker) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.phase != open {
		return false
	}
	t.handlers.Add(1)
	return true
}

// hidden reports whether a request comes through a proxy that nobody configured. Then all viewers seem to be in one place,
// and taking that for one home would let each name the others' private addresses.
func hidden(r *http.Request, from netip.Addr) bool {
	if !from.IsLoopback() && !from.IsPrivate() {
		return false
	}
	return r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Real-Ip") != ""
}
