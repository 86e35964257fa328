package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits on a file. Settings are written by hand: more than this is the wrong file.
const (
	SizeMax = 256 << 10 // bytes
	KeysMax = 1000
)

// Value is what one key is set to: exactly one of string, int64, bool and []string.
type Value struct {
	Set  any
	Line int // from 1
}

// File is a parsed file: its keys as written.
type File struct {
	Name string
	keys []string // in the order of the file
	of   map[string]Value
}

// Lookup returns the value of a key.
func (f *File) Lookup(key string) (Value, bool) {
	v, ok := f.of[key]
	return v, ok
}

// Keys returns the keys in the order of the file.
func (f *File) Keys() []string { return f.keys }

// Error says what is wrong with one line of a file, and what to do.
type Error struct {
	File string
	Line int
	Says string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Says) }

// Parse reads data. The name is for errors only.
func Parse(name string, data []byte) (*File, error) {
	f := &File{Name: name, of: make(map[string]Value)}
	fail := func(line int, format string, args ...any) (*File, error) {
		return nil, &Error{File: name, Line: line, Says: fmt.Sprintf(format, args...)}
	}
	if len(data) > SizeMax {
		return fail(1, "the file is larger than %d KiB: this is not a settings file", SizeMax>>10)
	}
	if !utf8.Valid(data) {
		return fail(1, "the file is not UTF-8 text: save it as UTF-8")
	}
	for i, text := range strings.Split(string(data), "\n") {
		l := &line{rest: strings.TrimSuffix(text, "\r")}
		l.space()
		if l.end() {
			continue
		}
		if l.take('[') {
			return fail(i+1, "a section, %s: there are none here. Write its settings as lines of their own, without the section", strings.TrimSpace(text))
		}
		key, value, err := l.assignment()
		if err != nil {
			return fail(i+1, "%v", err)
		}
		if earlier, ok := f.of[key]; ok {
			return fail(i+1, "%q is set twice, first in line %d: delete one of the two", key, earlier.Line)
		}
		if len(f.keys) == KeysMax {
			return fail(i+1, "more than %d keys: this is not a settings file", KeysMax)
		}
		f.keys = append(f.keys, key)
		f.of[key] = Value{Set: value, Line: i + 1}
	}
	return f, nil
}

// line is the unread rest of one line.
type line struct{ rest string }

func (l *line) space() { l.rest = strings.TrimLeft(l.rest, " \t") }

// end reports whether nothing but a comment follows.
func (l *line) end() bool {
	l.space()
	return l.rest == "" || l.rest[0] == '#'
}

func (l *line) take(c byte) bool {
	if l.rest == "" || l.rest[0] != c {
		return false
	}
	l.rest = l.rest[1:]
	return true
}

func (l *line) assignment() (string, any, error) {
	key, err := l.key()
	if err != nil {
		return "", nil, err
	}
	l.space()
	if !l.take('=') {
		return "", nil, fmt.Errorf("after %q an equals sign is missing: write %s = value", key, key)
	}
	l.space()
	value, err := l.value(key)
	if err != nil {
		return "", nil, err
	}
	if !l.end() {
		return "", nil, fmt.Errorf("after the value of %q stands %q: one key a line, comments begin with #", key, l.rest)
	}
	return key, value, nil
}

func (l *line) key() (string, error) {
	n := 0
	for n < len(l.rest) && isKey(l.rest[n]) {
		n++
	}
	if n == 0 {
		return "", fmt.Errorf("%q cannot begin a line: write key = value, keys of letters, digits, _ and -", l.rest)
	}
	key := l.rest[:n]
	l.rest = l.rest[n:]
	return key, nil
}

func isKey(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

func (l *line) value(key string) (any, error) {
	switch {
	case l.rest == "" || l.rest[0] == '#':
		return nil, fmt.Errorf("%q has no value: write %s = value", key, key)
	case l.rest[0] == '"' || l.rest[0] == '\'':
		return l.text(key)
	case l.take('['):
		return l.list(key)
	}
	n := strings.IndexAny(l.rest, " \t#")
	if n < 0 {
		n = len(l.rest)
	}
	word := l.rest[:n]
	l.rest = l.rest[n:]
	switch word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if v, err := strconv.ParseInt(strings.ReplaceAll(word, "_", ""), 10, 64); err == nil {
		return v, nil
	}
	return nil, fmt.Errorf("%q is set to %s: text stands in quotes, %s = %q", key, word, key, word)
}

// list reads the strings of a list whose [ is taken. A list stays on its line.
func (l *line) list(key string) ([]string, error) {
	values := []string{}
	for {
		l.space()
		if l.take(']') {
			return values, nil
		}
		if l.rest == "" || l.rest[0] != '"' && l.rest[0] != '\'' {
			return nil, fmt.Errorf(`%q wants a list of texts on one line: %s = ["a", "b"]`, key, key)
		}
		v, err := l.text(key)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		l.space()
		if !l.take(',') && (l.rest == "" || l.rest[0] != ']') {
			return nil, fmt.Errorf("%q: between the texts of a list stand commas, and after the last a ]", key)
		}
	}
}

// text reads a "basic" string with the escapes \" \\ \n \t, or a 'literal' one without any.
func (l *line) text(key string) (string, error) {
	quote := l.rest[0]
	var b strings.Builder
	for i := 1; i < len(l.rest); i++ {
		c := l.rest[i]
		switch {
		case c == quote:
			l.rest = l.rest[i+1:]
			return b.String(), nil
		case c == '\\' && quote == '"':
			i++
			if i == len(l.rest) {
				break
			}
			plain, ok := escapes[l.rest[i]]
			if !ok {
				return "", fmt.Errorf(`%q: \%c is not an escape that is known here: use single quotes for text with backslashes`, key, l.rest[i])
			}
			b.WriteByte(plain)
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("%q: the closing %c is missing", key, quote)
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', 'n': '\n', 't': '\t'}
