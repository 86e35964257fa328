package ladder

import (
	"fmt"
	"time"
)

// Without says in a sentence why a picture gets no rung, and what would help: for whoever sends one that not everybody can play. "" says that
// nothing stands against one now. own is as for Rungs.
func (l *Ladder) Without(own Spec, p Picture) string {
	if !l.Able() {
		return "A smaller picture, which would be H.264, cannot be made on this server: whoever runs it can install ffmpeg, and its log says what is missing."
	}
	spec := own.or(l.config.Spec)
	sizes := spec.sizes(p)
	switch {
	case len(sizes) == 0 && len(spec.rungs) > 0:
		return fmt.Sprintf("A smaller picture, which would be H.264, is made of larger ones than yours only (%d lines): have a smaller one named (the setting ladder).", p.narrow())
	case len(sizes) == 0:
		return fmt.Sprintf("A smaller picture, which would be H.264, is not made of one as small as yours (%d lines).", p.narrow())
	case len(spec.rungs) > 0:
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(affordable(p, sizes, l.way(time.Now()).capacity-l.taken)) == 0 {
		return fmt.Sprintf("A smaller picture, which would be H.264, is more than this server's processor can make beside all else: send a smaller one, "+
			"or have one named, which is tried all the same (the setting ladder, such as %dp).", sizes[len(sizes)-1].narrow())
	}
	return ""
}

// narrow is a rung's narrow side, as rungs are named.
func (s size) narrow() int { return min(s.width, s.height) }
