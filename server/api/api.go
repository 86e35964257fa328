package api

import (
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"shoal/server/channel"
)

// Config is what an operator may choose about the doors.
type Config struct {
	PublicURL        string           // how viewers reach this server, without a closing slash
	Web              fs.FS            // the web build
	SharePreset      bool             // ?share= is honoured on every host, not on loopback alone
	Sites            []string         // hosts of other sites whose pages may play and join: "example.org", "*.example.org", "*"
	HeldReloads      int              // requests that wait for media at once, in all
	HeldReloadsPerIP int              // the same, for one network
	JoinsPerMinute   int              // for one network
	TrustedProxies   []netip.Prefix   // whose X-Forwarded-For is believed
	OperatorToken    string           // opens what only the operator may ask; "": nobody is
	Record           bool             // recordings are kept, and listed
	Clips            bool             // viewers may make clips
	Download         bool             // recordings and clips may be taken away as files
	Rewind           time.Duration    // how far back a running broadcast may be played
	Latency          time.Duration    // how far behind live viewers are; 0: as they are by themselves
	UploadMax        int64            // bytes of one upload at most
	Server           channel.Settings // every setting of channels, as the server has it
	AccessLog        bool             // one line a request, without addresses
	Log              *slog.Logger
	Now              func() time.Time // nil is time.Now
}

// Rooms are what lies behind the doors.
type Rooms struct {
	Channels   Channels
	Broadcasts Broadcasts
	Origin     Origin
	Records    Records
	Stripes    Stripes
	Meter      Meter
	Tracker    Tracker
	Lobby      Lobby      // nil: a goroutine waits with each request
	Keys       Keys       // nil: the operator alone hears of a stream's health
	Publishers Publishers // nil: nobody does
	Relay      Relay      // nil: no STUN and TURN
	Rights     Rights     // nil: anyone may watch everything
	Recordings Recordings // nil: none
	Recorder   Recorder   // nil: none
	Stills     Stills     // nil: none
	Remaking   Remaking   // nil: nothing is made of recordings
	Uploads    Uploads    // nil: none are taken
	Receiver   Receiver   // of Uploads
	Gate       Gate       // nil: wrong keys are not counted
	Texts      Texts      // subtitles; nil: none
	Ways       Ways       // nil: every channel is as Config says
	Choices    Choices    // settings of channels; nil: none can be asked for

	Publications Publications // nil: none over WebRTC
	STUN         STUN         // for these; nil: none
}

// API is the doors. Its methods may be called at once.
type API struct {
	config  Config
	rooms   Rooms
	holds   *holds
	joins   *pace
	offers  *pace
	health  *pace
	cuts    *pace
	texts   *pace
	metrics *Metrics

	squeezed *squeezer
}

// New returns doors to rooms, which count into metrics.
func New(c Config, rooms Rooms, metrics *Metrics) *API {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &API{
		config: c, rooms: rooms, metrics: metrics,
		holds:  newHolds(c.HeldReloads, c.HeldReloadsPerIP),
		joins:  newPace(c.JoinsPerMinute, c.Now),
		offers: newPace(offersPerMinute, c.Now),
		health: newPace(healthPerMinute, c.Now),
		cuts:   newPace(clipsPerMinute, c.Now),
		texts:  newPace(captionsPerMinute, c.Now),

		squeezed: newSqueezer(),
	}
}

// Handler returns everything that the server answers over HTTP.
func (a *API) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	a.hlsRoutes(mux)
	a.recordingRoutes(mux)
	a.textRoutes(mux)
	a.choiceRoutes(mux)
	a.channelRoutes(mux)
	if a.rooms.Publishers != nil {
		a.healthRoutes(mux)
	}
	a.joinRoutes(mux)
	a.siteRoutes(mux)
	a.trackerRoutes(mux)
	a.whipRoutes(mux)
	if err := a.uploadRoutes(mux); err != nil {
		return nil, err
	}
	a.pageRoutes(mux)
	mux.Handle("GET /metrics", a.metrics.handler())
	mux.HandleFunc("/", unrouted(mux))

	foreign := http.NewCrossOriginProtection()
	foreign.AddInsecureBypassPattern("/whip/")          // a stream key is asked for there, which no browser sends by itself
	foreign.AddInsecureBypassPattern("/uploads/{name}") // the same
	foreign.AddInsecureBypassPattern("/uploads/{name}/{upload}")
	if origin, err := url.Parse(a.config.PublicURL); err == nil && origin.Host != "" {
		if err := foreign.AddTrustedOrigin(origin.Scheme + "://" + origin.Host); err != nil {
			return nil, err
		}
	}
	foreign.SetDenyHandler(a.foreign(mux))
	return behindProxy(a.config.TrustedProxies, a.logged(guarded(foreign.Handler(mux)))), nil
}

// guarded sets the headers that every answer has. It also takes back the deadline that an earlier answer on the same
// connection was given: the next one may be held for longer.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // pages say more
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})                // a recorder in a test has none
		next.ServeHTTP(w, r)
	})
}

// logged writes one line a request if the operator asked for it: the route, never the address, query or body.
func (a *API) logged(next http.Handler) http.Handler {
	if !a.config.AccessLog {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, counted := a.config.Now(), &counter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(counted, r)
		a.config.Log.Info("request", "method", r.Method, "path", r.URL.Path, "status", counted.status,
			"bytes", counted.bytes, "took", a.config.Now().Sub(began))
	})
}

// counter counts what was written through it.
type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status and passes it on.
func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes that were taken.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// ReadFrom is of io.ReaderFrom: files go through to the connection as files.
func (c *counter) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(c.ResponseWriter, r)
	c.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController and WebSockets reach the connection.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }
