package id

// NameMax is the longest channel name in bytes: it stands in paths and in publishers' dialogs.
const NameMax = 40

// Name is a channel's label in addresses: 1 to NameMax of a-z, 0-9, '-' and '_', starting with a letter or digit.
type Name string

// ParseName returns s as a Name, or ErrMalformed.
func ParseName(s string) (Name, error) {
	if len(s) == 0 || len(s) > NameMax {
		return "", ErrMalformed
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case (c == '-' || c == '_') && i > 0:
		default:
			return "", ErrMalformed
		}
	}
	return Name(s), nil
}
