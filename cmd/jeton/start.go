package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"jeton/node"
)

// stopTimeout bounds an orderly stop; orchestrators kill after 30 s.
const stopTimeout = 25 * time.Second

type startOptions struct {
	config    configFlags
	bootstrap bool
	join      string
	joinFile  string
}

func (p *program) startCommand() *cobra.Command {
	var o startOptions
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Run one node",
		Long: `Run one node until SIGINT or SIGTERM. A second signal ends it at once.

A fresh data directory needs --bootstrap, which founds a cluster, or a token
from 'jeton node join-token', or the settings cluster.initial_master_nodes,
discovery.seed_hosts and cluster.join_secret_file, by which nodes with the same
settings form a cluster themselves; on loopback it founds one without being told.
A data directory that belongs to a cluster just rejoins it.

ELASTIC_PASSWORD, or the file that ELASTIC_PASSWORD_FILE names, is the first
password of the user elastic in a cluster that is founded here.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := p.nodeOptions(o)
			if err != nil {
				return err
			}
			return runNode(cmd.Context(), options)
		},
	}
	o.config.register(cmd.Flags())
	cmd.Flags().BoolVar(&o.bootstrap, "bootstrap", false, "found a new cluster")
	cmd.Flags().StringVar(&o.join, "join", "", "join a cluster with this `token`; others may see it in the list of processes")
	cmd.Flags().StringVar(&o.joinFile, "join-file", "", "join a cluster with the token in this `file`, - for stdin")
	return cmd
}

// nodeOptions gathers what the node is to be started with.
func (p *program) nodeOptions(o startOptions) (node.Options, error) {
	if o.join != "" && o.joinFile != "" || o.bootstrap && (o.join != "" || o.joinFile != "") {
		return node.Options{}, usageErrorf("--bootstrap, --join and --join-file exclude each other")
	}
	configDir := p.configDir(o.config)
	settings, warnings, err := node.LoadSettings(configDir, o.config.settings, p.environ)
	if err != nil {
		return node.Options{}, err
	}
	logger := newLogger(p.stderr, settings.LoggerLevel, settings.LoggerFormat)
	for _, w := range warnings {
		logger.Warn(w)
	}
	password, err := p.entranceSecrets(&o, settings.PathData)
	if err != nil {
		return node.Options{}, err
	}
	options := node.Options{
		Settings:  settings,
		ConfigDir: configDir,
		Bootstrap: o.bootstrap,
		JoinToken: o.join,
		Password:  password,
		Version:   jetonVersion(),
		Logger:    logger,
	}
	if isTerminal(p.stdout) {
		options.ShowPassword = func(password string) {
			fmt.Fprintf(p.stdout, "The password of the user elastic, shown this once: %s\n", password)
		}
	}
	return options, nil
}

// entranceSecrets reads the files that say how a node comes to its cluster. Of a
// node that belongs to one they are not missed: a token file is gone by the time
// of a reboot.
func (p *program) entranceSecrets(o *startOptions, data string) (password string, err error) {
	belongs := node.Belongs(data)
	if o.joinFile != "" {
		if o.join, err = p.readSecret(o.joinFile); err != nil && !belongs {
			return "", err
		}
	}
	if password, err = p.elasticPassword(); err != nil && !belongs {
		return "", err
	}
	return password, nil
}

// runNode runs a node until a signal, or until it ends by itself.
func runNode(ctx context.Context, o node.Options) error {
	ctx, ignoreSignals := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer ignoreSignals()
	n, err := node.Start(ctx, o)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("interrupted while starting: %w", err)
	}
	if err != nil {
		return err
	}
	go announce(ctx, n, o.Logger)
	select {
	case <-n.Done():
		err = n.Err()
	case <-ctx.Done():
	}
	ignoreSignals() // so that a second one ends the process
	o.Logger.Info("stopping")
	stopping, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if stopErr := n.Stop(stopping); stopErr != nil {
		err = errors.Join(err, fmt.Errorf("the node did not stop in order: %w", stopErr))
	}
	return err
}

// announce logs when the node is ready, and now and then why it is not yet.
func announce(ctx context.Context, n *node.Node, logger *slog.Logger) {
	const poll, remind = 100 * time.Millisecond, 10 * time.Second
	reminded := time.Now()
	for {
		err := n.Ready(ctx)
		if err == nil {
			logger.Info("ready", "node", n.Name(), "url", n.URL())
			return
		}
		if time.Since(reminded) > remind && !errors.Is(err, context.Canceled) {
			logger.Warn("not ready yet", "node", n.Name(), "reason", err)
			reminded = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-n.Done():
			return
		case <-time.After(poll):
		}
	}
}
