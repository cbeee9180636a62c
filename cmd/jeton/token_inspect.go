package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
)

// inspection is the output of token inspect -o json.
type inspection struct {
	ServiceAccount string     `json:"service_account"`
	Nodes          []nodeView `json:"nodes"` // sorted by name
}

func (p *program) tokenInspectCommand(f *clientFlags) *cobra.Command {
	var allNodes bool
	cmd := &cobra.Command{
		Use:   "inspect NAMESPACE/SERVICE",
		Short: "Show the tokens of a service account as each node reports them, side by side",
		Args:  cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&allNodes, "all-nodes", false, "ask every node at its published address, instead of the one at --url only")
	output := outputFlag(cmd.Flags(), "table", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path, err := credentialPath(args[0])
		if err != nil {
			return err
		}
		c, err := p.client(*f)
		if err != nil {
			return err
		}
		seen := inspection{ServiceAccount: args[0]}
		if allNodes {
			seen.Nodes, err = c.viewAll(cmd.Context(), path)
		} else {
			seen.Nodes, err = c.viewOne(cmd.Context(), path)
		}
		if err != nil {
			return err
		}
		for _, n := range seen.Nodes {
			if !n.Answers {
				fmt.Fprintf(p.stderr, "jeton: %s does not tell: %s\n", visible(n.Name), n.Error)
			}
		}
		if output.value == "json" {
			return writeJSON(p.stdout, seen)
		}
		return seen.table().write(p.stdout)
	}
	return cmd
}

// table has a row for each token and a column for each node.
func (s inspection) table() table {
	t := table{header: []string{"TOKEN", "TYPE"}}
	for _, n := range s.Nodes {
		t.header = append(t.header, n.Name)
	}
	t.rows = append(t.rows, s.rows("index", func(n nodeView) []string { return n.Tokens })...)
	t.rows = append(t.rows, s.rows("file", func(n nodeView) []string { return n.FileTokens })...)
	return t
}

func (s inspection) rows(kind string, tokensOf func(nodeView) []string) [][]string {
	names := map[string]bool{}
	for _, n := range s.Nodes {
		for _, name := range tokensOf(n) {
			names[name] = true
		}
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row := []string{name, kind}
		for _, n := range s.Nodes {
			switch {
			case !n.Answers:
				row = append(row, "?")
			case slices.Contains(tokensOf(n), name):
				row = append(row, "yes")
			default:
				row = append(row, "-")
			}
		}
		rows = append(rows, row)
	}
	return rows
}
