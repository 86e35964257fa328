package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const text = `# a comment
http = ":8080"   # after a value
name = 'back\slash'
tab	= "a\tb\"c\\"
number = 20_000
minus = -3
yes = true
no=false
ips = [ "1.2.3.4" , "::1", ]
none = []
joins = 7
`
	f, err := Parse("shoal.toml", []byte(strings.ReplaceAll(text, "minus", "minus-1")))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"http": ":8080", "name": `back\slash`, "tab": "a\tb\"c\\", "number": int64(20000), "minus-1": int64(-3),
		"yes": true, "no": false, "ips": []string{"1.2.3.4", "::1"}, "none": []string{}, "joins": int64(7),
	}
	if len(f.Keys()) != len(want) {
		t.Errorf("keys %q", f.Keys())
	}
	for key, set := range want {
		v, ok := f.Lookup(key)
		if !ok || !reflect.DeepEqual(v.Set, set) {
			t.Errorf("%s = %#v, want %#v", key, v.Set, set)
		}
	}
	if v, _ := f.Lookup("http"); v.Line != 2 {
		t.Errorf("http stands in line %d, want 2", v.Line)
	}
}

func TestParseNamesTheWrongLine(t *testing.T) {
	for text, says := range map[string]string{
		"a = 1\nb = :8080\n":           `shoal.toml:2: "b" is set to :8080: text stands in quotes, b = ":8080"`,
		"a = 1\na = 2\n":               `shoal.toml:2: "a" is set twice, first in line 1`,
		"a\n":                          `shoal.toml:1: after "a" an equals sign is missing`,
		"a =\n":                        `shoal.toml:1: "a" has no value`,
		"a = \"x\n":                    `shoal.toml:1: "a": the closing " is missing`,
		"a = \"x\" y\n":                `shoal.toml:1: after the value of "a" stands "y"`,
		"a = [\"x\"\n":                 `between the texts of a list stand commas`,
		"a = [1]\n":                    `wants a list of texts`,
		"a = \"\\d\"\n":                `\d is not an escape`,
		"a = 1\n[limits]\njoins = 1\n": `shoal.toml:2: a section, [limits]: there are none here`,
		"[a\n":                         `a section, [a: there are none`,
		"= 1\n":                        `cannot begin a line`,
		"a = 99999999999999999999":     `text stands in quotes`,
		"a = \"\xff\"":                 `not UTF-8`,
		strings.Repeat("#", SizeMax+1): `larger than`,
	} {
		_, err := Parse("shoal.toml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, want %s", text, err, says)
		}
	}
}

func TestCheckNamesTheNearestKey(t *testing.T) {
	known := []string{"http", "rtmp", "public_url", "share_preset"}
	for text, says := range map[string]string{
		"http = \"\"\npublic_ulr = \"\"": `shoal.toml:2: there is no setting "public_ulr"; did you mean "public_url"?`,
		"public-url = \"\"":              `did you mean "public_url"?`,
		"xyzzy = 1":                      "shoal serve --help",
	} {
		f, err := Parse("shoal.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Check(known); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %s", text, err, says)
		}
	}
	f, _ := Parse("shoal.toml", []byte("http = \"\""))
	if err := f.Check(known); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("# c\na = \"b\"\n[s]\nc = [\"d\", 'e']\nf = 1\ng = true\n"))
	f.Add([]byte("a = \"\\"))
	f.Add([]byte("[ ]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("f", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("an error without its line: %v", err)
			}
			return
		}
		for _, key := range file.Keys() {
			v, ok := file.Lookup(key)
			if !ok || v.Line < 1 {
				t.Fatalf("key %q has no value", key)
			}
			switch v.Set.(type) {
			case string, int64, bool, []string:
			default:
				t.Fatalf("key %q is a %T", key, v.Set)
			}
		}
		if err := file.Check(file.Keys()); err != nil {
			t.Fatal(err)
		}
	})
}
