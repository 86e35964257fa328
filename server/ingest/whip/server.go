package whip

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pion/ice/v4"

	"shoal/id"
	"shoal/server/ingest/gate"
)

const (
	// SessionsMax bounds the sessions at once.
	SessionsMax = 128
	// sessionsPerHome bounds those of one IPv4 address or IPv6 /64.
	sessionsPerHome = 16
	// keyMax is how many bytes of a stream key are looked at; ours have 43.
	keyMax = 200
	// socketBuffer is what the system holds while the server is busy, in bytes: a quarter of a second of 64 Mbit/s.
	socketBuffer = 2 << 20
)

// The kinds of error, for errors.Is. ErrBusy wraps what a Door says. An ErrBlocked is an ErrFull, too.
var (
	ErrKey     = gate.ErrKey
	ErrBlocked = gate.ErrBlocked
	ErrBusy    = errors.New("the channel cannot take this publication now")
	ErrFull    = errors.New("the server has as many WebRTC publishers as it takes")
	ErrGone    = errors.New("there is no such session: it has ended")
	ErrVersion = errors.New("the session has changed since: ask with the ETag of its last answer")
)

// Config is what a Server needs.
type Config struct {
	Listen string // host:port, for UDP; an empty host is every address
	// Public are the addresses under which publishers reach this server, at most one of each family. None asks the system,
	// which is right for a server without NAT.
	Public   []netip.Addr
	Door     gate.Door
	Visitors *gate.Visitors // counts for all protocols
	Meter    gate.Meter
	Log      *slog.Logger
}

// Server takes publications. Its methods may be called at once.
type Server struct {
	// set once
	config     Config
	log        *slog.Logger
	socket     *net.UDPConn
	mux        *ice.UDPMuxDefault
	candidates []netip.AddrPort // what publishers are told

	mu       sync.Mutex // guards the rest
	running  context.Context
	sessions map[string]*session
	homes    map[netip.Prefix]int // at most SessionsMax entries
	total    int                  // with those that are being opened
	group    sync.WaitGroup
}

// Open binds the port. Run serves on it and closes it.
func Open(c Config) (*Server, error) {
	at, err := net.ResolveUDPAddr("udp", c.Listen)
	if err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	_ = socket.SetReadBuffer(socketBuffer) // less is what the system gives then
	s := &Server{
		config: c, log: c.Log, socket: socket, sessions: make(map[string]*session), homes: make(map[netip.Prefix]int),
		mux: ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: quiet{}.NewLogger(""), UDPConn: socket}),
	}
	s.candidates = addresses(c.Public, socket.LocalAddr().(*net.UDPAddr).AddrPort())
	return s, nil
}

// Port is the UDP port it listens on.
func (s *Server) Port() int { return s.socket.LocalAddr().(*net.UDPAddr).Port }

// Close closes the port of a server that is not run.
func (s *Server) Close() error { return errors.Join(s.mux.Close(), s.socket.Close()) }

// Run lets publishers in until ctx is done, ends all sessions, and returns when they are gone.
func (s *Server) Run(ctx context.Context) error {
	s.mu.Lock()
	s.running = ctx
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock() // whoever opens a session holds mu and sees that ctx is done
	s.mu.Unlock()
	s.group.Wait()
	err := s.mux.Close()
	if closed := s.socket.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

// Offer is a publisher's wish to begin a session.
type Offer struct {
	Name     string // of the channel it means
	Key      string // its stream key; ?takeover=1 behind it asks for a taken place, as everywhere
	Takeover bool   // the same, said otherwise
	From     netip.Addr
	SDP      []byte
}

// Answer begins a session.
type Answer struct {
	Session string // its secret name
	Version string // of its connection, for ETag
	SDP     []byte
}

// Offer begins a session. Errors are of the kinds above, those of a Door, ErrMalformed and ErrMedia.
func (s *Server) Offer(ctx context.Context, o Offer) (a Answer, err error) {
	w, err := readOffer(o.SDP)
	if err != nil {
		return a, err
	}
	if o.Key == "" {
		return a, ErrKey
	}
	log := s.log.With("protocol", gate.WHIP, "from", o.From.String())
	running, err := s.enter(o.From)
	if err != nil {
		return a, err
	}
	admitted, err := s.admit(ctx, o, log)
	if err != nil {
		s.leave(o.From, "")
		return a, err
	}
	v := newSession(s, w, o, admitted, log.With("channel", admitted.Channel))
	if a.SDP, err = v.open(); err != nil {
		v.close()
		admitted.Leave(err)
		s.leave(o.From, "")
		return a, err
	}
	a.Session, a.Version = v.id, v.version
	s.mu.Lock()
	s.sessions[v.id] = v
	s.mu.Unlock()
	go func() {
		defer s.leave(o.From, v.id)
		v.run(running)
	}()
	return a, nil
}

// admit asks for a place.
func (s *Server) admit(ctx context.Context, o Offer, log *slog.Logger) (gate.Admission, error) {
	now := time.Now()
	err := s.config.Visitors.Blocked(o.From, now)
	if err == nil {
		var place gate.Admission
		if place, err = s.ask(ctx, o); err == nil {
			s.config.Meter.PublisherAdmitted(gate.WHIP)
			return place, nil
		}
	}
	why := gate.Why(err)
	s.config.Meter.PublisherRefused(gate.WHIP, why)
	if why != gate.WhyLimit || s.config.Visitors.Tell(o.From, now) {
		if name, malformed := id.ParseName(o.Name); malformed == nil { // anything else is a stranger's text
			log = log.With("channel", name)
		}
		log.Warn("publisher refused", "because", err)
	}
	switch why {
	case gate.WhyKey:
		s.config.Visitors.Failed(o.From, now)
		return gate.Admission{}, err
	case gate.WhyLimit:
		return gate.Admission{}, fmt.Errorf("%w: %w", ErrFull, err)
	}
	return gate.Admission{}, fmt.Errorf("%w: %w", ErrBusy, err)
}

// ask asks the Door. A key that is longer than any is not looked at, and is wrong.
func (s *Server) ask(ctx context.Context, o Offer) (gate.Admission, error) {
	if len(o.Key) > keyMax {
		return gate.Admission{}, ErrKey
	}
	r := gate.Request{Name: o.Name, From: o.From, Protocol: gate.WHIP}
	r.Key, r.Takeover = gate.ReadKey(o.Key)
	r.Takeover = r.Takeover || o.Takeover
	return s.config.Door.Admit(ctx, r)
}

// enter counts a session in, or says why it may not come. Each that comes is followed by leave.
func (s *Server) enter(from netip.Addr) (context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	home := homeOf(from)
	switch {
	case s.running == nil || s.running.Err() != nil:
		return nil, fmt.Errorf("%w: it is starting or stopping", ErrFull)
	case s.total >= SessionsMax || s.homes[home] >= sessionsPerHome:
		return nil, ErrFull
	}
	s.total++
	s.homes[home]++
	s.group.Add(1)
	return s.running, nil
}

func (s *Server) leave(from netip.Addr, session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	home := homeOf(from)
	s.total--
	if s.homes[home]--; s.homes[home] == 0 {
		delete(s.homes, home)
	}
	delete(s.sessions, session)
	s.group.Done()
}

func homeOf(a netip.Addr) netip.Prefix {
	const ipv6Home = 64
	bits := a.BitLen()
	if a.Is6() {
		bits = ipv6Home
	}
	home, _ := a.Prefix(bits) // the zero Addr has the zero Prefix
	return home
}

// find returns the session of this name that was opened with this key.
func (s *Server) find(name, key string) (*session, error) {
	s.mu.Lock()
	v := s.sessions[name]
	s.mu.Unlock()
	if v == nil {
		return nil, ErrGone
	}
	given := sha256.Sum256([]byte(key))
	if subtle.ConstantTimeCompare(given[:], v.key[:]) != 1 {
		return nil, ErrKey
	}
	return v, nil
}

// Any is the version that asks for a restart (RFC 9725, section 4.3.3).
const Any = "*"

// Patch takes a fragment of a session's SDP: candidates, which are not needed, or a restart of the connection, which is answered
// with a fragment and another version. Errors are ErrGone, ErrKey, ErrVersion and ErrMalformed.
func (s *Server) Patch(name, key, version string, text []byte) (again []byte, next string, err error) {
	v, err := s.find(name, key)
	if err != nil {
		return nil, "", err
	}
	f, err := readFragment(text)
	if err != nil {
		return nil, "", err
	}
	return v.patch(f, version)
}

// End ends a session as its publisher wishes. Errors are ErrGone and ErrKey.
func (s *Server) End(name, key string) error {
	v, err := s.find(name, key)
	if err != nil {
		return err
	}
	v.stop()
	<-v.over
	return nil
}

// fault logs and counts a fault of ours that ended one session, of which p is the panic.
func (s *Server) fault(log *slog.Logger, p any) error {
	log.Error("session ended by a fault of ours", "panic", p, "stack", string(debug.Stack()))
	s.config.Meter.IngestFault(gate.WHIP)
	return fmt.Errorf("a fault of ours: %v", p)
}

// secret draws a name that nobody guesses.
func secret() string { return rand.Text() }
