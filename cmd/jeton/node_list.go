package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// memberList is the answer of GET /_jeton/nodes and the output of -o json.
type memberList struct {
	ClusterName string   `json:"cluster_name"`
	Level       int      `json:"level"` // the feature level that the cluster is at
	Nodes       []member `json:"nodes"` // sorted by name
}

type member struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Role             string `json:"role"` // voter, nonvoter, replica
	Leader           bool   `json:"leader"`
	Answers          bool   `json:"answers"`
	Version          string `json:"version"`
	TransportAddress string `json:"transport_address"`
	HTTPAddress      string `json:"http_address"`
	Index            uint64 `json:"index"`
	Level            int    `json:"level"` // the newest feature level that it knows

	State              string  `json:"state"`
	Lag                *int64  `json:"lag"`                    // entries behind the leader; null: unknown
	LastContactMillis  *int64  `json:"last_contact_in_millis"` // since it answered the leader; null: unknown
	CertificateExpires *string `json:"certificate_expires"`    // RFC 3339, UTC; null: unknown
}

func (p *program) nodeListCommand(f *clientFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the members of the cluster",
		Long: `List the members of the cluster, with what the leader knows of them.

ROLE is voter, nonvoter (a newcomer: it votes once it has caught up and has been
well for a while) or replica (it never votes, until it is promoted).

STATE is one word:
  leader       it leads
  ok           all is well
  catching_up  its state is behind the leader's
  settling     it has caught up, and votes soon
  unwell       it answers, and the leader cannot count on it
  silent       it does not answer
  leaving      its removal is under way

LAG is how many entries it is behind the leader, CONTACT how long ago it answered
the leader, CERTIFICATE when its own certificate ends.`,
		Args: cobra.NoArgs,
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

// memberNow is what is known of a member before a change of it, for the words alone:
// the zero member when nothing is, for who may change it need not be able to look.
func (c *client) memberNow(ctx context.Context, name string) member {
	list, err := c.members(ctx)
	if err != nil {
		return member{}
	}
	for _, m := range list.Nodes {
		if m.Name == name {
			return m
		}
	}
	return member{}
}

func memberTable(members []member) table {
	t := table{header: []string{"NAME", "ROLE", "STATE", "LAG", "CONTACT", "VERSION", "TRANSPORT", "HTTP", "CERTIFICATE", "ID"}}
	for _, m := range members {
		t.rows = append(t.rows, []string{
			m.Name, m.Role, m.State, m.lag(), m.contact(), m.Version,
			m.TransportAddress, m.HTTPAddress, m.certificate(), m.ID,
		})
	}
	return t
}

func (m member) lag() string {
	if m.Lag == nil {
		return ""
	}
	return strconv.FormatInt(*m.Lag, 10)
}

// contact is in whole seconds once there are any.
func (m member) contact() string {
	if m.LastContactMillis == nil {
		return ""
	}
	d := time.Duration(*m.LastContactMillis) * time.Millisecond
	if d >= time.Second {
		d = d.Truncate(time.Second)
	}
	return d.String()
}

// certificate is the day on which it ends.
func (m member) certificate() string {
	if m.CertificateExpires == nil {
		return ""
	}
	day, _, _ := strings.Cut(*m.CertificateExpires, "T")
	return day
}
