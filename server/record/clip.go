package record

// validClip reports whether text has the form of a clip's name.
func validClip(text string) bool {
	if len(text) != clipDigits {
		return false
	}
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// clipDigits is the length of a clip's name: 50 bits, so that nobody finds one by guessing.
const clipDigits = 10
