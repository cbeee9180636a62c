package node

import (
	"fmt"
	"strconv"
	"strings"

	"jeton/security/audit"
)

// eventsForm is a list of events of the audit log.
func eventsForm(field *[]string) form {
	return into(field, "a list of "+audit.KindNames(), func(text string) ([]string, bool) {
		var names []string
		for name := range strings.SplitSeq(text, ",") {
			names = append(names, strings.TrimSpace(name))
		}
		_, err := audit.ParseKinds(names)
		return names, err == nil
	})
}

// countForm is a whole number from least to most.
func countForm(field *int, least, most int) form {
	return into(field, fmt.Sprintf("a whole number from %d to %d", least, most), func(text string) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil && least <= n && n <= most
	})
}
