package signal

// isToken reports whether s is 1 or more letters, digits, '-' and '_'.
func isToken(s string) bool { return only(s, "-_") }

// isICE reports whether s consists of RFC 8839 ice-chars, with '-' and '_' that some stacks write.
func isICE(s string) bool { return only(s, "+/-_=") }

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func only(s, further string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			continue
		}
		found := false
		for k := range len(further) {
			found = found || further[k] == c
		}
		if !found {
			return false
		}
	}
	return s != ""
}
