package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// acceptNodes asks for the shape of credentials that is gathered from all nodes.
const acceptNodes = "application/vnd.elasticsearch+json;compatible-with=9"

// tokenList is the output of token list -o json.
type tokenList struct {
	ServiceAccount string      `json:"service_account"`
	Tokens         []tokenInfo `json:"tokens"`
}

type tokenInfo struct {
	Name  string   `json:"name"`
	Type  string   `json:"type"`  // index, or file
	Nodes []string `json:"nodes"` // that hold the file token; empty for index: every node
}

// gathered is the answer of GET …/credential with file tokens of all nodes.
type gathered struct {
	Tokens map[string]struct{} `json:"tokens"`
	Nodes  struct {
		Header struct {
			Total  int `json:"total"`
			Failed int `json:"failed"`
		} `json:"_nodes"`
		FileTokens map[string]struct {
			Nodes []string `json:"nodes"`
		} `json:"file_tokens"`
	} `json:"nodes_credentials"`
}

func (p *program) tokenListCommand(f *clientFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list NAMESPACE/SERVICE",
		Short: "List the tokens of a service account, with the file tokens of all nodes",
		Args:  cobra.ExactArgs(1),
	}
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
		var answer gathered
		if err := c.do(cmd.Context(), request{method: http.MethodGet, path: path, accept: acceptNodes}, &answer); err != nil {
			return err
		}
		if h := answer.Nodes.Header; h.Failed > 0 {
			fmt.Fprintf(p.stderr, "jeton: %d of %d nodes did not answer; their file tokens are missing here\n", h.Failed, h.Total)
		}
		list := tokenList{args[0], answer.list()}
		if output.value == "json" {
			return writeJSON(p.stdout, list)
		}
		return list.table().write(p.stdout)
	}
	return cmd
}

// list is index tokens first, each kind sorted by name.
func (g gathered) list() []tokenInfo {
	list := []tokenInfo{}
	for _, name := range slices.Sorted(maps.Keys(g.Tokens)) {
		list = append(list, tokenInfo{name, "index", []string{}})
	}
	for _, name := range slices.Sorted(maps.Keys(g.Nodes.FileTokens)) {
		list = append(list, tokenInfo{name, "file", g.Nodes.FileTokens[name].Nodes})
	}
	return list
}

func (l tokenList) table() table {
	t := table{header: []string{"NAME", "TYPE", "NODES"}}
	for _, token := range l.Tokens {
		nodes := strings.Join(token.Nodes, ",")
		if token.Type == "index" {
			nodes = "all"
		}
		t.rows = append(t.rows, []string{token.Name, token.Type, nodes})
	}
	return t
}
