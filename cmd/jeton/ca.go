package main

import (
	"context"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// caView is the answer of GET /_jeton/ca and the output of -o json.
type caView struct {
	Certificate string   `json:"certificate"` // PEM, of all CAs
	CAs         []caCert `json:"cas"`
	Stage       string   `json:"stage"` // idle, prepared, trusting or renewing
	Nodes       []caNode `json:"nodes"` // sorted by name
}

type caCert struct {
	Role        string `json:"role"` // current, next or former
	Fingerprint string `json:"fingerprint"`
	Expires     string `json:"expires"`
}

type caNode struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Answers bool     `json:"answers"`
	Trusted []string `json:"trusted"` // fingerprints
	Issuer  string   `json:"issuer"`  // fingerprint
	Expires string   `json:"expires"`
	Waits   string   `json:"waits_for"`
}

// fingerprint is that of the CA in the role, or "".
func (v caView) fingerprint(role string) string {
	for _, ca := range v.CAs {
		if ca.Role == role {
			return ca.Fingerprint
		}
	}
	return ""
}

func (p *program) caCommand() *cobra.Command {
	var f clientFlags
	cmd := p.group(&cobra.Command{Use: "ca", Short: "See and replace the cluster's own certificate authority"},
		p.caStatusCommand(&f),
		p.caRotateCommand(&f),
	)
	f.register(cmd.PersistentFlags())
	return cmd
}

func (c *client) ca(ctx context.Context) (caView, error) {
	view := caView{CAs: []caCert{}, Nodes: []caNode{}}
	err := c.do(ctx, request{method: http.MethodGet, path: "/_jeton/ca"}, &view)
	return view, err
}

func (p *program) caStatusCommand(f *clientFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the cluster's CA, the nodes' certificates, and what a rotation waits for",
		Args:  cobra.NoArgs,
	}
	output := outputFlag(cmd.Flags(), "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := p.client(*f)
		if err != nil {
			return err
		}
		view, err := c.ca(cmd.Context())
		if err != nil {
			return err
		}
		if output.value == "json" {
			return writeJSON(p.stdout, view)
		}
		return p.writeCA(view)
	}
	return cmd
}

// shortFingerprint is enough to tell CAs apart by eye.
func shortFingerprint(hex string) string { return hex[:min(len(hex), 16)] }

func (p *program) writeCA(view caView) error {
	cas := table{header: []string{"CA", "FINGERPRINT", "EXPIRES"}}
	for _, ca := range view.CAs {
		cas.rows = append(cas.rows, []string{ca.Role, ca.Fingerprint, day(ca.Expires)})
	}
	if err := cas.write(p.stdout); err != nil {
		return err
	}
	nodes := table{header: []string{"NODE", "CERTIFICATE OF", "EXPIRES", "WAITED FOR"}}
	for _, n := range view.Nodes {
		nodes.rows = append(nodes.rows, []string{n.Name, shortFingerprint(n.Issuer), day(n.Expires), n.Waits})
	}
	if _, err := p.stdout.Write([]byte("\nstage: " + visible(view.Stage) + "\n\n")); err != nil {
		return err
	}
	return nodes.write(p.stdout)
}

// day is the date of a time in RFC 3339.
func day(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.UTC().Format(time.DateOnly)
}
