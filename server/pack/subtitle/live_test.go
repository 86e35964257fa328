package subtitle

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCutEndsWhatIsShown(t *testing.T) {
	cues := []Cue{{Start: 0, End: 1, Text: "over"}, {Start: 1, End: 9, Text: "shown"}, {Start: 5, End: 9, Text: "begins"}}
	want := []Cue{{Start: 0, End: 1, Text: "over"}, {Start: 1, End: 5, Text: "shown"}}
	if got := Cut(cues, 5); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestPlainTextIsOneCue(t *testing.T) {
	for text, want := range map[string]string{
		"Hello": "Hello", " a <b>\r\n\r\n --> c & d\n": "a &lt;b&gt;\n--&gt; c &amp; d", "": "", " \n\t\n": "", "\x00\xff": "",
		strings.Repeat("é", 600): strings.Repeat("é", TextMax/2), strings.Repeat("x", TextMax-3) + "&&": strings.Repeat("x", TextMax-3),
	} {
		got := Plain(text, 0, time.Second)
		if want == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Text != want {
			t.Errorf("%.20q: %+v", text, got)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, text := range []string{"Hello", "a\r\n\nb", "-->", "&<>", "\ufeffWEBVTT\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cues := Plain(text, time.Second, 2*time.Second)
		again, err := Parse(File(cues))
		if err != nil || !slices.Equal(again, cues) || len(cues) > 1 {
			t.Fatalf("%q is %+v, and is read as %+v, %v", text, cues, again, err)
		}
	})
}
