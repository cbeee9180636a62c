package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func (p *program) nodePromoteCommand(f *clientFlags) *cobra.Command {
	return p.nodeVoteCommand(f, "_promote", "voter", "%s votes as soon as it has caught up\n", &cobra.Command{
		Use:   "promote NAME",
		Short: "Let a read replica vote again",
		Long:  "Let a read replica vote again, as soon as it has caught up. A member that votes, or will, stays as it is.",
	})
}

func (p *program) nodeDemoteCommand(f *clientFlags) *cobra.Command {
	return p.nodeVoteCommand(f, "_demote", "replica", "%s is a read replica now: it does not vote\n", &cobra.Command{
		Use:   "demote NAME",
		Short: "Make a read replica of a member: it stays, and does not vote",
		Long: `Make a read replica of a member. It answers every request as before, and does not
vote until it is promoted: it is no part of a majority, and never leads. A leader
hands leadership over first. It is refused while too few of the other voters answer.`,
	})
}

func (p *program) nodeVoteCommand(f *clientFlags, action, already, done string, cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := p.client(*f)
		if err != nil {
			return err
		}
		if c.memberNow(cmd.Context(), args[0]).Role == already {
			done = "%s is a " + already + " already\n"
		}
		if err := c.do(cmd.Context(), request{method: http.MethodPost, path: nodePath(args[0]) + "/" + action}, nil); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, done, visible(args[0]))
		return err
	}
	return cmd
}
