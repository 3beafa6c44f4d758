package config

// Switch is a setting that is on or off.
type Switch bool

// UnmarshalText reads "on" or "off".
func (s *Switch) UnmarshalText(text []byte) error {
	switch string(text) {
	case "on":
		*s = true
	case off:
		*s = false
	default:
		return errMalformed
	}
	return nil
}

// String gives "on" or "off".
func (s Switch) String() string {
	if s {
		return "on"
	}
	return off
}
