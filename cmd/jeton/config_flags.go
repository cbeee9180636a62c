package main

import "github.com/spf13/pflag"

// configFlags say where a node's settings are.
type configFlags struct {
	dir      string
	settings []string // name=value
}

func (c *configFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&c.dir, "config", "", "config `directory` (JETON_PATH_CONF; default config)")
	flags.StringArrayVarP(&c.settings, "setting", "E", nil, "a setting, as `name=value`; may be repeated")
}

// configDir is the config directory that the flags and the environment name.
func (p *program) configDir(c configFlags) string {
	return firstOf(c.dir, p.getenv("JETON_PATH_CONF"), "config")
}
