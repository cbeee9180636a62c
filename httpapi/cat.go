package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"jeton/security"
)

// column is one column of a _cat table. A value is "" where it is not known.
type column struct {
	name    string
	aliases []string
	hidden  bool // shown only when asked for
	right   bool // right-aligned
	value   func(security.Node) string
}

var nodeColumns = []column{
	{name: "id", aliases: []string{"nodeId"}, hidden: true, value: func(n security.Node) string { return n.ID }},
	{name: "version", aliases: []string{"v"}, hidden: true, value: func(security.Node) string { return versionNumber }},
	{name: "http_address", aliases: []string{"http"}, hidden: true, value: func(n security.Node) string { return n.HTTPAddress }},
	{name: "ip", aliases: []string{"i"}, value: func(n security.Node) string { return hostOf(n.TransportAddress) }},
	{name: "heap.percent", aliases: []string{"hp", "heapPercent"}, right: true, value: func(n security.Node) string { return percent(n.HeapPercent) }},
	{name: "ram.percent", aliases: []string{"rp", "ramPercent"}, right: true, value: func(n security.Node) string { return percent(n.RAMPercent) }},
	{name: "cpu", right: true, value: func(n security.Node) string { return percent(n.CPUPercent) }},
	{name: "load_1m", aliases: []string{"l"}, right: true, value: func(n security.Node) string { return load(n, n.Load1m) }},
	{name: "load_5m", right: true, value: func(n security.Node) string { return load(n, n.Load5m) }},
	{name: "load_15m", right: true, value: func(n security.Node) string { return load(n, n.Load15m) }},
	{name: "node.role", aliases: []string{"r", "role", "nodeRole"}, value: roleLetters},
	{name: "master", aliases: []string{"m"}, value: leaderMark},
	{name: "name", aliases: []string{"n"}, value: func(n security.Node) string { return n.Name }},
}

func percent(p int) string {
	if p < 0 {
		return ""
	}
	return strconv.Itoa(p)
}

func load(n security.Node, l float64) string {
	if !n.Answers || l < 0 {
		return ""
	}
	return strconv.FormatFloat(l, 'f', 2, 64)
}

// roleLetters are the first letters of the roles, as Elasticsearch shows them.
func roleLetters(n security.Node) string {
	letters := ""
	for _, role := range rolesOf(n) {
		letters += role[:1]
	}
	return letters
}

func leaderMark(n security.Node) string {
	if n.Leader {
		return "*"
	}
	return "-"
}

// shownColumn is a column under the name by which it was asked for.
type shownColumn struct {
	title string
	column
}

func (s *server) catNodes(ctx context.Context, r *request) (answer, error) {
	info, err := s.security.Nodes(ctx, r.who)
	nodes := slices.Clone(info.Nodes)
	sortNodes(nodes, r.params["s"])
	shown := chooseColumns(r.params["h"])
	if r.wantsCatJSON() {
		return ok(catJSON(shown, nodes)), err
	}
	return plain(http.StatusOK, catText(shown, nodes, r.flag("v"))), err
}

func (r *request) wantsCatJSON() bool {
	if format, ok := r.params["format"]; ok {
		return format == "json"
	}
	return !r.media.text
}

// chooseColumns reads the parameter h: names, aliases, or names with stars.
// Unknown ones show nothing.
func chooseColumns(h string) []shownColumn {
	var shown []shownColumn
	if h == "" {
		for _, c := range nodeColumns {
			if !c.hidden {
				shown = append(shown, shownColumn{c.name, c})
			}
		}
		return shown
	}
	for _, wish := range splitList(h) {
		for _, c := range nodeColumns {
			switch {
			case slices.Contains(c.aliases, wish):
				shown = append(shown, shownColumn{wish, c})
			case globMatch(wish, c.name):
				shown = append(shown, shownColumn{c.name, c})
			}
		}
	}
	return shown
}
