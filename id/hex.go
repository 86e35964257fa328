package id

// Hexadecimal by hand: encoding/hex links fmt, which alone adds a fifth to the browser's engine.

const hexDigits = "0123456789abcdef"

// hexText returns b as lower-case hexadecimal digits.
func hexText(b []byte) string {
	text := make([]byte, 0, 2*len(b))
	for _, v := range b {
		text = append(text, hexDigits[v>>4], hexDigits[v&15])
	}
	return string(text)
}

// parseHex fills b from exactly as many lower-case digits as it needs, and reports whether s is that.
func parseHex(b []byte, s string) bool {
	if len(s) != 2*len(b) {
		return false
	}
	for i := range len(s) {
		v, ok := hexValue(s[i])
		if !ok {
			return false
		}
		b[i/2] = b[i/2]<<4 | v
	}
	return true
}

func hexValue(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
