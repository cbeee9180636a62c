package main

import (
	"net/url"

	"github.com/spf13/cobra"
)

func (p *program) nodeCommand() *cobra.Command {
	var f clientFlags
	cmd := p.group(&cobra.Command{Use: "node", Short: "See and change the members of a cluster"},
		p.nodeListCommand(&f),
		p.nodeJoinTokenCommand(&f),
		p.nodeRemoveCommand(&f),
		p.nodePromoteCommand(&f),
		p.nodeDemoteCommand(&f),
		p.nodeLeaveCommand(&f),
		p.nodeTransferLeadershipCommand(&f),
		p.nodeCACommand(&f),
	)
	for _, asks := range cmd.Commands() {
		f.register(asks.Flags())
	}
	cmd.AddCommand(p.nodeRecoverCommand()) // of the disk of this machine: no node is asked
	return cmd
}

// nodePath is the path of a member by its name.
func nodePath(name string) string { return "/_jeton/nodes/" + url.PathEscape(name) }
