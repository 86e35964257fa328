package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"shoal/bench/conform/rules"
)

// report prints what became of each rule, and returns how many were broken: those that are only advised count if strict. needed are names
// of rules that must have been looked at, or count as broken.
func report(w io.Writer, title string, verdicts []rules.Verdict, strict bool, needed []string) (broken int) {
	fmt.Fprintf(w, "\n%s\n", title)
	kept, unseen := 0, []string{}
	for _, v := range verdicts {
		missed := v.Looked == 0 && slices.Contains(needed, v.Name)
		switch {
		case len(v.Breaches) > 0:
			word := "BROKEN"
			if v.Level == rules.Should {
				word = "advice"
			}
			fmt.Fprintf(w, "  %s  %-24s %-16s %s\n", word, v.Name, v.Section, v.Says)
			for _, breach := range v.Breaches {
				fmt.Fprintf(w, "            %s\n", breach)
			}
			if v.Level == rules.Must || strict {
				broken++
			}
		case missed:
			fmt.Fprintf(w, "  UNSEEN  %-24s %-16s %s\n", v.Name, v.Section, v.Says)
			broken++
		case v.Looked == 0:
			unseen = append(unseen, v.Name)
		default:
			kept++
			fmt.Fprintf(w, "  kept    %-24s %-16s %d\n", v.Name, v.Section, v.Looked)
		}
	}
	fmt.Fprintf(w, "  %d rules: %d kept, %d broken", len(verdicts), kept, broken)
	if len(unseen) > 0 {
		fmt.Fprintf(w, ", %d had nothing to be looked at: %s", len(unseen), strings.Join(unseen, ", "))
	}
	fmt.Fprintln(w)
	return broken
}
