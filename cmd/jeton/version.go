package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"jeton/node"
)

// version is set at build time: go build -ldflags "-X main.version=1.0.0".
var version string

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.stdout, "jeton %s (feature level %d, %s, %s/%s)\n", jetonVersion(), node.FeatureLevel, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// jetonVersion is the version set at build time, else the module's as the Go
// tool stamped it, else "dev".
func jetonVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
