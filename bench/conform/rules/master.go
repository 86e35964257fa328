package rules

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

func masterRules() []Rule {
	return []Rule{
		{"variant-address", "4.4.6.2", Must, "an address follows each EXT-X-STREAM-INF", func(v *view, f *finding) {
			v.variants(func(one variant) { f.holds(one.uri != "", "line %d: none", one.at) })
		}},
		{"bandwidth-there", "4.4.6.2", Must, "each variant says its BANDWIDTH", func(v *view, f *finding) {
			v.variants(func(one variant) {
				_, there := one.get("BANDWIDTH")
				f.holds(there || one.wrong != "", "line %d: none", one.at)
			})
		}},
		{"codecs-there", "4.4.6.2", Should, "each variant says its CODECS", func(v *view, f *finding) {
			v.variants(func(one variant) {
				_, there := one.get("CODECS")
				f.holds(there || one.wrong != "", "line %d: none", one.at)
			})
		}},
		{"media-attributes", "4.4.6.1", Must, "EXT-X-MEDIA has a type, a group and a name", func(v *view, f *finding) {
			v.sounds(func(l *line) {
				kind, _ := l.get("TYPE")
				_, group := l.get("GROUP-ID")
				_, name := l.get("NAME")
				f.holds(slices.Contains([]string{"AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"}, kind) && group && name, "line %d: %s", l.at, l.value)
			})
		}},
		{"autoselect", "4.4.6.1", Must, "AUTOSELECT is not NO where DEFAULT is YES", func(v *view, f *finding) {
			v.sounds(func(l *line) {
				main, _ := l.get("DEFAULT")
				auto, there := l.get("AUTOSELECT")
				f.holds(main != "YES" || !there || auto == "YES", "line %d: %s", l.at, l.value)
			})
		}},
		{"group-names", "4.4.6.1.1", Must, "members of a group have different names", func(v *view, f *finding) {
			seen := map[string]bool{}
			v.sounds(func(l *line) {
				name, _ := l.get("NAME")
				f.holds(!seen[groupOf(l)+"\t"+name], "line %d: %s again", l.at, name)
				seen[groupOf(l)+"\t"+name] = true
			})
		}},
		{"group-default", "4.4.6.1.1", Must, "one member of a group at most is DEFAULT", func(v *view, f *finding) {
			n := map[string]int{}
			v.sounds(func(l *line) {
				if main, _ := l.get("DEFAULT"); main == "YES" {
					n[groupOf(l)]++
					f.holds(n[groupOf(l)] == 1, "line %d: another one", l.at)
				}
			})
		}},
		{"group-there", "4.4.6.2", Must, "a group that a variant names is there", func(v *view, f *finding) {
			v.variants(func(one variant) {
				for _, kind := range []string{"AUDIO", "VIDEO", "SUBTITLES"} {
					group, named := one.get(kind)
					there := !named
					v.sounds(func(l *line) { there = there || groupOf(l) == kind+"\t"+group })
					f.holds(there, "line %d: %s=%s", one.at, kind, group)
				}
			})
		}},
		{"codecs-true", "6.2.4", Must, "CODECS names every format in the variant's renditions", checkCodecs},
		{"resolution-true", "4.4.6.2", Must, "RESOLUTION is the picture's", func(v *view, f *finding) {
			v.pictures(func(one variant, r *rend, t *track) {
				if size, there := one.get("RESOLUTION"); there {
					f.holds(size == strconv.Itoa(t.width)+"x"+strconv.Itoa(t.height), "%s: %s, and the picture has %dx%d", r.name, size, t.width, t.height)
				}
			})
		}},
		{"frame-rate-true", "4.4.6.2", Must, "FRAME-RATE is the picture's, within two in a hundred", checkFrameRate},
		{"channels-true", "4.4.6.1", Must, "CHANNELS is how many the sound has", func(v *view, f *finding) {
			v.sounds(func(l *line) {
				uri, _ := l.get("URI")
				text, there := l.get("CHANNELS")
				text, _, _ = strings.Cut(text, "/")
				if r := v.at(uri); r != nil && there {
					for _, t := range v.tracksOf(r) {
						f.holds(t.channels == 0 || text == strconv.Itoa(t.channels), "%s: %s, and the sound has %d", r.name, text, t.channels)
					}
				}
			})
		}},
		{"bandwidth-enough", "4.4.6.2.1", Must, "BANDWIDTH is not below the measured peak of any combination; while more is to come, not by more than a tenth", checkPeak},
		{"bandwidth-true", "4.4.6.2", Must, "of what is whole, BANDWIDTH and AVERAGE-BANDWIDTH are the measured ones, within one in a hundred", checkBandwidths},
	}
}

// variants calls f with each variant.
func (v *view) variants(f func(variant)) {
	if v.multi != nil {
		for _, one := range v.multi.variants {
			f(one)
		}
	}
}

// sounds calls f with each EXT-X-MEDIA whose attributes can be read.
func (v *view) sounds(f func(*line)) {
	if v.multi != nil {
		for _, l := range v.multi.sounds {
			if l.wrong == "" {
				f(l)
			}
		}
	}
}

func groupOf(l *line) string {
	kind, _ := l.get("TYPE")
	group, _ := l.get("GROUP-ID")
	return kind + "\t" + group
}

// at returns the rendition with this address, as the multivariant playlist writes it.
func (v *view) at(uri string) *rend {
	if v.Master == nil || uri == "" {
		return nil
	}
	address := resolve(v.Master.URL, uri)
	for _, r := range v.rends {
		if r.URL == address {
			return r
		}
	}
	return nil
}

// members are the renditions that a variant can be played with: its own, and those of its sound group.
func (v *view) members(one variant) (own *rend, others []*rend) {
	own = v.at(one.uri)
	group, named := one.get("AUDIO")
	v.sounds(func(l *line) {
		uri, _ := l.get("URI")
		if r := v.at(uri); named && groupOf(l) == "AUDIO\t"+group && r != nil && r != own {
			others = append(others, r)
		}
	})
	return own, others
}

// tracksOf are the tracks of a rendition's initialization sections, each section's once.
func (v *view) tracksOf(r *rend) (out []track) {
	seen := map[*initial]bool{}
	for _, s := range r.segments() {
		if first := v.initial(r, s); first != nil && !seen[first] {
			seen[first] = true
			out = append(out, first.tracks...)
		}
	}
	return out
}

// pictures calls f with each variant, and the track with its picture.
func (v *view) pictures(f func(one variant, r *rend, t *track)) {
	v.variants(func(one variant) {
		if own := v.at(one.uri); own != nil {
			for _, t := range v.tracksOf(own) {
				if t.width > 0 {
					f(one, own, &t)
				}
			}
		}
	})
}

func checkCodecs(v *view, f *finding) {
	v.variants(func(one variant) {
		text, there := one.get("CODECS")
		own, others := v.members(one)
		if !there || own == nil {
			return
		}
		names := strings.Split(strings.ToLower(text), ",")
		for _, r := range append(others, own) {
			for _, t := range v.tracksOf(r) {
				codec := strings.ToLower(t.codec)
				named := slices.ContainsFunc(names, func(name string) bool {
					return name == codec || !strings.Contains(codec, ".") && strings.HasPrefix(name, codec) // known by its first word only
				})
				f.holds(named, "%s is %s, and CODECS is %s", r.name, t.codec, text)
			}
		}
	})
}

func checkFrameRate(v *view, f *finding) {
	v.pictures(func(one variant, r *rend, t *track) {
		text, there := one.get("FRAME-RATE")
		said, isNumber := seconds(text)
		if !there || !isNumber {
			return
		}
		frames, lasts := 0, 0.0
		v.eachSegment(func(other *rend, s *segment, at span) {
			if other == r {
				frames += len(samples(v.runs[resolve(r.URL, s.uri)]))
				lasts += at.to - at.from
			}
		})
		if lasts > 0 {
			const apart = 0.02
			f.holds(math.Abs(float64(frames)/lasts-said) <= said*apart, "%s: %v, and there are %.3f a second", r.name, said, float64(frames)/lasts)
		}
	})
}
