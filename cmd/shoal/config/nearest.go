package config

import (
	"fmt"
	"slices"
)

// Check returns an error for the first key of the file that is not among known, naming the nearest that is.
func (f *File) Check(known []string) error {
	for _, key := range f.keys {
		if slices.Contains(known, key) {
			continue
		}
		says := fmt.Sprintf("there is no setting %q", key)
		if near := Nearest(key, known); near != "" {
			says += fmt.Sprintf("; did you mean %q?", near)
		} else {
			says += "; `shoal serve --help` lists them all"
		}
		return &Error{File: f.Name, Line: f.of[key].Line, Says: says}
	}
	return nil
}

// Nearest returns the word of known that is fewest edits away, or "" if none shares at least half its letters.
func Nearest(word string, known []string) string {
	best, near := len(word)/2+1, ""
	for _, k := range known {
		if d := distance(word, k); d < best {
			best, near = d, k
		}
	}
	return near
}

// distance counts the insertions, deletions and replacements of a byte that turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
