package node

import (
	"fmt"
	"slices"
	"strings"
)

func defaultSettings() settingSource {
	values := map[string]string{}
	for _, row := range new(Settings).table() {
		if row.fallback != "" {
			values[row.name] = row.fallback
		}
	}
	return settingSource{values, func(string) string { return "the defaults" }}
}

// readOverrides reads the values of -E flags.
func readOverrides(overrides []string) (settingSource, error) {
	const origin = "-E"
	values := map[string]string{}
	for _, o := range overrides {
		name, text, found := strings.Cut(o, "=")
		if !found {
			return settingSource{}, fmt.Errorf("-E %s: allowed is name=value", quoted(o))
		}
		if !isSetting(name) {
			return settingSource{}, unknownSetting(name, origin)
		}
		if _, twice := values[name]; twice {
			return settingSource{}, fmt.Errorf("setting [%s] is given twice with %s: keep one", name, origin)
		}
		values[name] = text
	}
	return settingSource{values, func(string) string { return origin }}, nil
}

// variablePrefix begins the name of every variable that sets a setting.
const variablePrefix = "JETON_"

// readEnvironment reads JETON_… variables. One that is no setting is a warning
// and no error, because orchestrators inject such of their own.
func readEnvironment(environ []string) (settingSource, []string) {
	settings := map[string]string{} // variable → setting
	for _, row := range new(Settings).table() {
		settings[settingVariable(row.name)] = row.name
	}
	values := map[string]string{}
	var unknown []string
	for _, e := range environ {
		name, text, _ := strings.Cut(e, "=")
		switch setting, ok := settings[name]; {
		case !strings.HasPrefix(name, variablePrefix) || reservedVariable(name) || text == "":
		case ok:
			values[setting] = text
		default:
			unknown = append(unknown, name)
		}
	}
	origin := func(setting string) string { return "environment variable " + settingVariable(setting) }
	if len(unknown) == 0 {
		return settingSource{values, origin}, nil
	}
	slices.Sort(unknown)
	return settingSource{values, origin}, []string{"environment variables that are no setting of jeton: " + strings.Join(unknown, ", ")}
}

// settingVariable is the environment variable that sets a setting.
func settingVariable(setting string) string {
	return variablePrefix + strings.NewReplacer(".", "_", "-", "_").Replace(strings.ToUpper(setting))
}

// reservedVariable reports whether a variable belongs to the client commands.
func reservedVariable(name string) bool {
	switch name {
	case "JETON_URL", "JETON_USER", "JETON_PASSWORD", "JETON_TOKEN", "JETON_CACERT", "JETON_PATH_CONF":
		return true
	}
	return false
}
