package node

import (
	"fmt"
	"slices"
	"strings"

	"jeton/internal/levenshtein"
)

func isSetting(name string) bool {
	return slices.ContainsFunc(new(Settings).table(), func(row setting) bool { return row.name == name })
}

// isSettingGroup reports whether settings stand below name.
func isSettingGroup(name string) bool {
	return slices.ContainsFunc(new(Settings).table(), func(row setting) bool { return strings.HasPrefix(row.name, name+".") })
}

func unknownSetting(name, origin string) error {
	return fmt.Errorf("unknown setting [%s] in %s: did you mean [%s]?", strings.Trim(quoted(name), `"`), origin, nearestSetting(name))
}

// nearestSetting is the known setting that takes the fewest edits to reach, from
// as much of name as can matter.
func nearestSetting(name string) string {
	name = name[:min(len(name), 100)]
	return slices.MinFunc(new(Settings).table(), func(a, b setting) int {
		return levenshtein.Distance(name, a.name) - levenshtein.Distance(name, b.name)
	}).name
}
