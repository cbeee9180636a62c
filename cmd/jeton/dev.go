package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

type devOptions struct {
	nodes     int // 0 = as many as there are, else 3
	http      devPorts
	transport devPorts
	data      string // "" = a temporary directory
	logLevel  slog.Level
}

func (p *program) devCommand() *cobra.Command {
	o := devOptions{http: devPorts{flag: "http-port"}, transport: devPorts{flag: "transport-port"}}
	var verbose bool
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole cluster on this machine, for a first look",
		Long: `Run a whole cluster on this machine, for a first look, until Ctrl-C.

Its nodes are real ones, each with a directory, a client port and a cluster port
of its own. With --data the cluster outlives the command: the next 'jeton dev'
with the same directory brings it back, on the same ports.`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.IntVar(&o.nodes, "nodes", 0, "number of nodes (default 3, or as many as --data holds)")
	flags.Uint16Var(&o.http.first, o.http.flag, 9200, "client port of node0, the others' follow; 0 for free ones")
	flags.Uint16Var(&o.transport.first, o.transport.flag, 9300, "cluster port of node0, the others' follow; 0 for free ones")
	flags.StringVar(&o.data, "data", "", "`directory` to keep the cluster in (default a temporary one, removed at the end)")
	flags.TextVar(&o.logLevel, "log-level", slog.LevelWarn, "log from this `level` on, to stderr: error, warn, info, debug")
	flags.BoolVarP(&verbose, "verbose", "v", false, "log from info on")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if flags.Changed("nodes") && (o.nodes < 1 || o.nodes > maxDevNodes) {
			return usageErrorf("--nodes must be from 1 to %d", maxDevNodes)
		}
		if verbose {
			o.logLevel = min(o.logLevel, slog.LevelInfo)
		}
		o.http.given, o.transport.given = flags.Changed(o.http.flag), flags.Changed(o.transport.flag)
		return p.runDev(cmd.Context(), o)
	}
	return cmd
}

func (p *program) runDev(ctx context.Context, o devOptions) (err error) {
	ctx, ignoreSignals := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer ignoreSignals()
	password, err := p.elasticPassword()
	if err != nil {
		return err
	}
	dir, removeDir, err := devDirectory(o.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeDir()) }()
	plan, err := planDev(dir, o)
	if err != nil {
		return err
	}
	cluster := newDevCluster(plan, password, newLogger(p.stderr, o.logLevel, ""))
	defer func() {
		ignoreSignals() // so that a second one ends the process
		err = errors.Join(err, cluster.stop())
	}()
	switch err := cluster.start(ctx); {
	case ctx.Err() != nil:
		return errors.New("interrupted before the cluster was ready")
	case err != nil:
		return err
	}
	if err := cluster.welcome().write(p.stdout); err != nil {
		return err
	}
	return cluster.wait(ctx)
}

// devDirectory is the directory to keep the cluster in, and what to do with it
// at the end.
func devDirectory(data string) (dir string, remove func() error, err error) {
	if data != "" {
		return data, func() error { return nil }, os.MkdirAll(data, 0o700)
	}
	dir, err = os.MkdirTemp("", "jeton-dev-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}
