package entity

import (
	"regexp"
	"time"
	_ "time/tzdata" // the zones, wherever the program runs
)

// zoneName is the form of a name in the time zone database: "UTC", "Europe/Berlin",
// "America/Argentina/Ushuaia". No other zone of Postgres has it, such as "<x>-3".
var zoneName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}$`)

// maxZoneName is longer than any name that there is, in bytes.
const maxZoneName = 64

// ParseTimeZone reads the name of a time zone as Go and Postgres know it. The error is for
// the client.
func ParseTimeZone(name string) (string, error) {
	if len(name) > maxZoneName || !zoneName.MatchString(name) || name == "Local" {
		return "", badInput("must be the name of a time zone such as Europe/Berlin")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return "", badInput("there is no time zone " + name + ": use a name such as Europe/Berlin")
	}
	return name, nil
}
