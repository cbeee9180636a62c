package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (p *program) rootCommand() *cobra.Command {
	return p.group(&cobra.Command{
		Use:   "jeton",
		Short: "Service account and OAuth 2.0 tokens, as Elasticsearch has them, from a cluster of their own",
		Long: `Jeton issues, lists, authenticates and revokes machine credentials: service
account tokens and OAuth 2.0 tokens, with the users and roles behind them.

'jeton dev' runs a whole cluster on this machine for a first look.`,
	},
		p.devCommand(),
		p.startCommand(),
		p.nodeCommand(),
		p.caCommand(),
		p.tokenCommand(),
		p.backupCommand(),
		p.joinSecretCommand(),
		p.readyCommand(),
		p.healthCommand(),
		p.resetPasswordCommand(),
		p.serviceTokensCommand("service-tokens"),
		p.usersCommand("users"),
		p.versionCommand(),
		p.manCommand(),
	)
}

// group makes a command that only holds others.
func (p *program) group(cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(commands...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageErrorf("unknown command %q for %q", args[0], cmd.CommandPath())
		}
		fmt.Fprint(p.stderr, cmd.UsageString(), "\n")
		return usageErrorf("a command is missing")
	}
	return cmd
}
