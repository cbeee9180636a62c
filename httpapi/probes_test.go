package httpapi

import (
	"strings"
	"testing"

	"jeton/security"
)

// A node without a leader points at what is missing and at what to do, and not at
// the page that says so.
func TestAProbeWithoutALeaderTellsWhoIsMissing(t *testing.T) {
	many := []string{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11", "n12"}
	for about, c := range map[string]struct {
		found security.RollCall
		says  []string
		not   string
	}{
		"a lost majority":      {security.RollCall{Voters: 3, Silent: []string{"node1", "node2"}}, []string{"node1, node2 do not answer", "2 of 3 voters are needed where 1 answers", "start them", "`jeton node recover`"}, "readyz"},
		"one of two":           {security.RollCall{Voters: 2, Silent: []string{"node1"}}, []string{"node1 does not answer", "2 of 2 voters"}, "readyz"},
		"everybody answers":    {security.RollCall{Voters: 3}, []string{"3 of 3 voters answer and 2 are needed", "again in a moment"}, "recover"},
		"before it is open":    {security.RollCall{}, []string{"starting"}, "recover"},
		"many, not all listed": {security.RollCall{Voters: 13, Silent: many}, []string{"n10 and 2 more do not"}, "n11"},
	} {
		text := lacks(c.found)
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q does not say %q", about, text, want)
			}
		}
		if strings.Contains(text, c.not) {
			t.Errorf("%s: %q says %q", about, text, c.not)
		}
	}
}
