package link

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// logs takes in what Pion has to say. A stranger's packets cause most of it, so even its warnings are for debugging.
type logs struct{ log *slog.Logger }

func (l logs) NewLogger(scope string) logging.LeveledLogger {
	return scoped{l.log.With("scope", "pion/"+scope)}
}

type scoped struct{ log *slog.Logger }

func (s scoped) say(format string, args ...any) {
	if s.log.Enabled(context.Background(), slog.LevelDebug) {
		s.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (s scoped) Trace(string)          {}
func (s scoped) Tracef(string, ...any) {}
func (s scoped) Debug(string)          {}
func (s scoped) Debugf(string, ...any) {}
func (s scoped) Info(string)           {}
func (s scoped) Infof(string, ...any)  {}

func (s scoped) Warn(msg string)                   { s.say("%s", msg) }
func (s scoped) Warnf(format string, args ...any)  { s.say(format, args...) }
func (s scoped) Error(msg string)                  { s.say("%s", msg) }
func (s scoped) Errorf(format string, args ...any) { s.say(format, args...) }
