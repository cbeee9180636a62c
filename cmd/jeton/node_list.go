package main

import (
	"context"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"
)

// memberList is the answer of GET /_jeton/nodes and the output of -o json.
type memberList struct {
	ClusterName string   `json:"cluster_name"`
	Nodes       []member `json:"nodes"` // sorted by name
}

type member struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Role             string `json:"role"` // voter or nonvoter
	Leader           bool   `json:"leader"`
	Answers          bool   `json:"answers"`
	Version          string `json:"version"`
	TransportAddress string `json:"transport_address"`
	HTTPAddress      string `json:"http_address"`
	Index            uint64 `json:"index"`
}

func (p *program) nodeListCommand(f *clientFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the members of the cluster",
		Args:  cobra.NoArgs,
	}
	output := outputFlag(cmd.Flags(), "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := p.client(*f)
		if err != nil {
			return err
		}
		list, err := c.members(cmd.Context())
		if err != nil {
			return err
		}
		if output.value == "json" {
			return writeJSON(p.stdout, list)
		}
		return memberTable(list.Nodes).write(p.stdout)
	}
	return cmd
}

// members asks for all members, those that do not answer among them.
func (c *client) members(ctx context.Context) (memberList, error) {
	list := memberList{Nodes: []member{}}
	err := c.do(ctx, request{method: http.MethodGet, path: "/_jeton/nodes"}, &list)
	return list, err
}

func memberTable(members []member) table {
	t := table{header: []string{"NAME", "ROLE", "LEADER", "ANSWERS", "VERSION", "TRANSPORT", "HTTP", "INDEX", "ID"}}
	for _, m := range members {
		t.rows = append(t.rows, []string{
			m.Name, m.Role, yesNo(m.Leader), yesNo(m.Answers), m.Version,
			m.TransportAddress, m.HTTPAddress, strconv.FormatUint(m.Index, 10), m.ID,
		})
	}
	return t
}
