package main

import (
	"io"
	"path/filepath"
	"strings"
	"text/template"
)

// welcome is what a dev cluster prints when it is ready.
type welcome struct {
	Nodes    []welcomeNode
	Password string // "" when this run did not found the cluster
	File     string // that holds the first password; "" = none
	Curl     string // the command that all lines begin with
	Auth     string // its arguments for the user elastic
	Account  string // path of a service account
}

type welcomeNode struct{ Name, URL string }

var welcomeText = template.Must(template.New("welcome").Parse(
	`Jeton runs: {{len .Nodes}} node{{if gt (len .Nodes) 1}}s{{end}}, one cluster, on this machine. Ctrl-C stops it.

{{range .Nodes}}  {{.Name}}  {{.URL}}
{{end}}
  user      elastic
  password  {{if .Password}}{{.Password}}{{else}}the one shown when this cluster was first started{{if .File}}, in {{.File}}{{end}}{{end}}

Create a token, use it, list it, delete it, each on any node:

  TOKEN=$({{.Curl}} -s {{.Auth}} -X POST '{{.URL 0}}{{.Account}}/credential/token/token1' | sed 's/.*"value":"\([^"]*\)".*/\1/')
  {{.Curl}} -H "Authorization: Bearer $TOKEN" '{{.URL 1}}/_security/_authenticate?pretty'
  {{.Curl}} {{.Auth}} '{{.URL 2}}{{.Account}}/credential?pretty'
  {{.Curl}} {{.Auth}} -X DELETE '{{.URL 0}}{{.Account}}/credential/token/token1'
`))

// URL is the address of a node; counting starts again behind the last.
func (w welcome) URL(i int) string { return w.Nodes[i%len(w.Nodes)].URL }

func (w welcome) write(out io.Writer) error { return welcomeText.Execute(out, w) }

func (c *devCluster) welcome() welcome {
	w := welcome{Curl: "curl", Auth: "-u elastic", Account: "/_security/service/elastic/fleet-server"}
	for _, n := range c.nodes {
		w.Nodes = append(w.Nodes, welcomeNode{n.Name(), n.URL()})
	}
	data := c.plan[0].settings.PathData
	if strings.HasPrefix(w.URL(0), "https:") {
		w.Curl = "curl --cacert " + shellQuote(filepath.Join(data, "ca.crt"))
	}
	if c.founded {
		w.Password, w.Auth = c.password, "-u "+shellQuote("elastic:"+c.password)
	} else if file := filepath.Join(data, "initial_password"); exists(file) {
		w.File = file
	}
	return w
}

// shellQuote makes one word of a text for any POSIX shell.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
