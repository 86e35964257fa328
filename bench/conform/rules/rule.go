package rules

import "fmt"

// Level says how strongly a rule is meant.
type Level int

// The levels: what clients must refuse, or may fail at; what is only advised.
const (
	Must Level = iota
	Should
)

// Rule is one requirement.
type Rule struct {
	Name    string
	Section string // of draft-pantos-hls-rfc8216bis-22, or of what it names
	Level   Level
	Says    string
	check   func(*view, *finding)
}

// Verdict is what became of one rule.
type Verdict struct {
	Rule
	Looked   int // how often it could be looked at
	Breaches []string
}

// breachesMax bounds the breaches that are told of one rule.
const breachesMax = 20

// finding collects what one rule's check sees.
type finding struct {
	looked   int
	breaches []string
}

// holds notes that something was looked at, and what is wrong unless it is right.
func (f *finding) holds(right bool, format string, args ...any) {
	f.looked++
	if !right {
		f.wrong(format, args...)
	}
}

// wrong notes a breach.
func (f *finding) wrong(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(f.breaches) < breachesMax {
		f.breaches = append(f.breaches, text)
	}
}

// All returns the rules, in the order of what they are about.
func All() []Rule {
	var out []Rule
	for _, list := range [][]Rule{syntaxRules(), headRules(), segmentRules(), partRules(), reloadRules(), paceRules(), directiveRules(), hintRules(), boxRules(), timeRules(), masterRules(), alignmentRules(), deliveryRules()} {
		out = append(out, list...)
	}
	return out
}

// Judge looks at a stream by all rules.
func Judge(s *Stream) []Verdict {
	v := look(s)
	var out []Verdict
	for _, r := range All() {
		var f finding
		r.check(v, &f)
		out = append(out, Verdict{Rule: r, Looked: f.looked, Breaches: f.breaches})
	}
	return out
}
