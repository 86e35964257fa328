package ingest

import "strings"

// LanguageMax bounds a language tag: the longest that RFC 5646, 4.4.1 has implementations keep.
const LanguageMax = 35

// Language returns a publisher's word for a language as playlists name it (RFC 5646): "deu", "ger" and "DE" are "de", "pt-br" is
// "pt-BR". What is no language, or says that none is known, is "".
func Language(text string) string {
	parts := strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "_", "-"), "-")
	if len(text) > LanguageMax {
		return ""
	}
	for i, p := range parts {
		if len(p) < 2 || len(p) > 8 || strings.Trim(strings.ToLower(p), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return ""
		}
		switch {
		case i == 0:
			parts[i] = shortest(strings.ToLower(p))
		case len(p) == 2:
			parts[i] = strings.ToUpper(p)
		case len(p) == 4:
			parts[i] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		default:
			parts[i] = strings.ToLower(p)
		}
	}
	if parts[0] == "" {
		return ""
	}
	return strings.Join(parts, "-")
}

// shortest returns the code of two letters of a language, or one of three that has none of two, or "".
func shortest(code string) string {
	switch {
	case strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "", len(code) > 3:
		return ""
	case code == "und" || code == "mis" || code == "mul" || code == "zxx" || code == "qaa":
		return "" // undetermined, uncoded, several, none, private
	case len(code) == 2:
		return code
	}
	for entry := range strings.FieldsSeq(codes) {
		if strings.Contains(entry[2:], code) {
			return entry[:2]
		}
	}
	return code
}

// LanguageCode returns the code of three letters (ISO 639-2/T) that MP4 has room for, "und" if there is none.
func LanguageCode(language string) string {
	code, _, _ := strings.Cut(language, "-")
	if len(code) == 3 {
		return code
	}
	for entry := range strings.FieldsSeq(codes) {
		if entry[:2] == code {
			return entry[3:6]
		}
	}
	return "und"
}

// LanguageName returns how a language calls itself, or its tag if that is not known here.
func LanguageName(language string) string {
	code, region, _ := strings.Cut(language, "-")
	for entry := range strings.SplitSeq(names, ",") {
		if own, name, _ := strings.Cut(strings.TrimSpace(entry), " "); own == code {
			if region != "" {
				name += " (" + region + ")"
			}
			return name
		}
	}
	return language
}

// codes are the languages of ISO 639-1, with their codes of three letters: for terminology, and for bibliographies where that is another.
const codes = `
aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul bi:bis bm:bam bn:ben bo:bod:tib br:bre bs:bos
ca:cat ce:che ch:cha co:cos cr:cre cs:ces:cze cu:chu cv:chv cy:cym:wel da:dan de:deu:ger dv:div dz:dzo ee:ewe el:ell:gre en:eng eo:epo es:spa et:est
eu:eus:baq fa:fas:per ff:ful fi:fin fj:fij fo:fao fr:fra:fre fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat
hu:hun hy:hye:arm hz:her ia:ina id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl:ice it:ita iu:iku ja:jpn jv:jav ka:kat:geo kg:kon ki:kik kj:kua kk:kaz
kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah
mi:mri:mao mk:mkd:mac ml:mal mn:mon mr:mar ms:msa:may mt:mlt my:mya:bur na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld:dut nn:nno no:nor nr:nbl nv:nav ny:nya
oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus pt:por qu:que rm:roh rn:run ro:ron:rum ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag
si:sin sk:slk:slo sl:slv sm:smo sn:sna so:som sq:sqi:alb sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl
tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor za:zha zh:zho:chi zu:zul`

// names are those that people who watch are likely to look for.
const names = `ar العربية, bg Български, bn বাংলা, ca Català, cs Čeština, cy Cymraeg, da Dansk, de Deutsch, el Ελληνικά, en English, es Español, et Eesti,
eu Euskara, fa فارسی, fi Suomi, fr Français, ga Gaeilge, gl Galego, he עברית, hi हिन्दी, hr Hrvatski, hu Magyar, id Bahasa Indonesia, is Íslenska,
it Italiano, ja 日本語, ko 한국어, lt Lietuvių, lv Latviešu, nb Norsk bokmål, nl Nederlands, nn Norsk nynorsk, no Norsk, pl Polski, pt Português, ro Română,
ru Русский, sk Slovenčina, sl Slovenščina, sr Српски, sv Svenska, th ไทย, tr Türkçe, uk Українська, vi Tiếng Việt, zh 中文`
