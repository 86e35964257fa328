package ingest

import "testing"

func TestLanguagesHaveOneNameEach(t *testing.T) {
	for text, want := range map[string]string{
		"de": "de", "deu": "de", "ger": "de", "GER": "de", "de-at": "de-AT", "pt_BR": "pt-BR", "zh-hant-tw": "zh-Hant-TW", "gsw": "gsw", "eng": "en", " fr ": "fr",
		"und": "", "": "", "mul": "", "e": "", "english": "", "de--at": "", "d\"e": "", "123": "", "x-klingon": "", "ab-012345678901234567890123456789012": "",
	} {
		if got := Language(text); got != want {
			t.Errorf("Language(%q) = %q, want %q", text, got, want)
		}
	}
	for tag, want := range map[string][2]string{"de": {"deu", "Deutsch"}, "de-AT": {"deu", "Deutsch (AT)"}, "gsw": {"gsw", "gsw"}, "": {"und", ""}, "aa": {"aar", "aa"}} {
		if code, name := LanguageCode(tag), LanguageName(tag); code != want[0] || name != want[1] {
			t.Errorf("%q: %q and %q", tag, code, name)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	for _, text := range []string{"eng", "zh-Hant-TW", "und", "de_AT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tag := Language(text)
		if again := Language(tag); again != tag {
			t.Errorf("%q is %q, and that %q", text, tag, again)
		}
		for _, c := range []byte(tag) {
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
				t.Errorf("%q is %q: it would not fit into a playlist", text, tag)
			}
		}
		if tag != "" && len(LanguageCode(tag)) != 3 {
			t.Errorf("%q has the code %q", tag, LanguageCode(tag))
		}
	})
}
