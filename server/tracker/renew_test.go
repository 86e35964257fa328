package tracker

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"shoal/id"
	"shoal/wire/signal"
)

// relayFor is how long credentials are good in these tests.
const relayFor = 10 * time.Minute

// desk hands out credentials that name their time.
type desk struct{ began time.Time }

func (d desk) Credentials(_ id.Channel, peer id.Peer) (username, password string) {
	return fmt.Sprintf("%d:%v", time.Since(d.began)/time.Second, peer), "secret"
}

// Whoever shares is given new credentials of the relay before those before end, and before those end that he joined with, were his
// token used at its last moment. Who only watches is told nothing.
func TestCredentialsOfTheRelayAreRenewed(t *testing.T) {
	inLab(t, Config{Relay: &desk{}, RelayFor: relayFor}, func(l *lab) {
		began := time.Now()
		l.tracker.config.Relay.(*desk).began = began
		sharing, watching := l.join(shallows, Share, "8.8.4.4"), l.join(shallows, Watch, "8.8.4.5")
		last, told := began.Add(-TokenLife), 0
		for time.Since(began) < time.Hour {
			time.Sleep(time.Second)
			synctest.Wait()
			if time.Since(last) >= relayFor {
				t.Fatalf("after %v credentials have ended", time.Since(began))
			}
			if words := all[signal.Relay](sharing); len(words) > told {
				told, last = len(words), time.Now()
				if want := fmt.Sprintf(":%v", sharing.peer); words[told-1].Credential != "secret" || words[told-1].Username[len(words[told-1].Username)-len(want):] != want {
					t.Fatalf("was given %+v", words[told-1])
				}
			}
		}
		if told > 30 {
			t.Errorf("%d renewals an hour", told)
		}
		if words := all[signal.Relay](watching); len(words) != 0 {
			t.Errorf("who only watches was given %+v", words)
		}
	})
}
