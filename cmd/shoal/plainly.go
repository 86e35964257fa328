package main

import (
	"errors"
	"fmt"
	"regexp"
)

// puzzling is what the command line's reader says in words of its own trade, and what is said instead.
var puzzling = [...]struct {
	is   *regexp.Regexp
	says string
}{
	{regexp.MustCompile(`^(--[a-z-]+): expected \w+ value but got "EOL" \(<EOL>\)$`), `$1: its value is missing: write it behind the flag`},
	{regexp.MustCompile(`^(--[a-z-]+): expected \w+ value but got "(-[^"]*)" \(.*$`), `$1: "$2" cannot be its value: none begins with a minus`},
	{regexp.MustCompile(`^(--[a-z-]+): expected a valid \d+ bit (?:int|uint) but got "([^"]*)"$`), `$1 is "$2": write a whole number`},
	{regexp.MustCompile(`^(--[a-z-]+): expected duration but got "([^"]*)".*$`), `$1 is "$2": write a time such as 90s, 30m or 48h`},
	{regexp.MustCompile(`^missing flags: --data=DIR$`), `--data is missing: write --data DIR behind the command, with the server's data directory, or set SHOAL_DATA`},
	{regexp.MustCompile(`^missing flags: (.*)$`), `$1 is missing: write it behind the command; with --help the command says more`},
	{regexp.MustCompile(`^expected one of (.*)$`), `say what to do: $1; with --help the command says more`},
	{regexp.MustCompile(`^expected "(<.*>(?: \.\.\.)?.*)"$`), `$1 is missing: write it behind the command; with --help the command says more`},
	{regexp.MustCompile(`^unexpected argument (\S+)$`), `"$1" is no command, or one word too many: with --help behind it the command says what it takes`},
	{regexp.MustCompile(`^unknown flag (\S+)$`), `there is no flag $1 here: with --help the command lists its flags`},
}

// plainly returns err in words for people.
func plainly(err error) error {
	text := err.Error()
	for _, p := range puzzling {
		if p.is.MatchString(text) {
			return errors.New(p.is.ReplaceAllString(text, p.says))
		}
	}
	return err
}

// count writes so many of a thing whose plural ends in s.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
