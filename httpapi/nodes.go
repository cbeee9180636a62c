package httpapi

import (
	"context"
	"net"
	"slices"
	"strings"

	"jeton/security"
)

// nodesHeader is `_nodes`: how many nodes were asked and how many answered.
type nodesHeader struct {
	Total      int           `json:"total"`
	Successful int           `json:"successful"`
	Failed     int           `json:"failed"`
	Failures   []nodeFailure `json:"failures,omitempty"`
}

type nodeFailure struct {
	Type     string `json:"type"`
	Reason   string `json:"reason"`
	NodeID   string `json:"node_id"`
	CausedBy object `json:"caused_by"`
}

func headerOf(h security.NodesHeader) nodesHeader {
	header := nodesHeader{Total: h.Total, Successful: h.Successful, Failed: h.Failed}
	for _, f := range h.Failures {
		header.Failures = append(header.Failures, nodeFailure{
			Type:     "failed_node_exception",
			Reason:   "Failed node [" + f.NodeID + "]",
			NodeID:   f.NodeID,
			CausedBy: object{{"type", "exception"}, {"reason", f.Name + ": " + f.Reason}},
		})
	}
	return header
}

type nodesInfo struct {
	Header      nodesHeader         `json:"_nodes"`
	ClusterName string              `json:"cluster_name"`
	Nodes       map[string]nodeInfo `json:"nodes"`
}

type nodeInfo struct {
	Name             string            `json:"name"`
	TransportAddress string            `json:"transport_address"`
	Host             string            `json:"host"`
	IP               string            `json:"ip"`
	Version          string            `json:"version"`
	Components       empty             `json:"component_versions"`
	BuildFlavor      string            `json:"build_flavor"`
	BuildType        string            `json:"build_type"`
	BuildHash        string            `json:"build_hash"`
	Roles            []string          `json:"roles"`
	Attributes       map[string]string `json:"attributes"`
	HTTP             *nodeHTTP         `json:"http,omitempty"`
}

type nodeHTTP struct {
	BoundAddress     []string `json:"bound_address"`
	PublishAddress   string   `json:"publish_address"`
	MaxContentLength int64    `json:"max_content_length_in_bytes"`
}

// metrics are the sections of Elasticsearch's answer. Jeton has one of them;
// the others are known names without content.
var metrics = []string{
	"_all", "_none", "settings", "os", "process", "jvm", "thread_pool", "transport", "http",
	"plugins", "ingest", "aggregations", "indices", "remote_cluster_server",
}

// nodesInfo answers GET /_nodes, also for chosen nodes and chosen sections.
func (s *server) nodesInfo(ctx context.Context, r *request) (answer, error) {
	selectors, sections := splitList(r.segment("select")), splitList(r.segment("metrics"))
	if len(sections) == 0 && len(selectors) > 0 && unknownMetric(selectors) == "" {
		selectors, sections = nil, selectors
	}
	if bad := unknownMetric(sections); bad != "" {
		return answer{}, illegalArgument("request [%s] contains unrecognized metric: [%s]%s", r.path, bad, didYouMean(bad, metrics))
	}
	self, err := s.security.Info(ctx, r.who)
	if err != nil {
		return answer{}, err
	}
	all, err := s.security.Nodes(ctx, r.who)
	chosen := chooseNodes(all, selectors, self.NodeName)
	body := nodesInfo{Header: headerOf(chosen.Header), ClusterName: chosen.ClusterName, Nodes: map[string]nodeInfo{}}
	withHTTP := len(sections) == 0 || slices.Contains(sections, "_all") || slices.Contains(sections, "http")
	for _, n := range chosen.Nodes {
		if n.Answers {
			body.Nodes[n.ID] = s.nodeInfo(n, withHTTP)
		}
	}
	return ok(body), err
}

func (s *server) nodeInfo(n security.Node, withHTTP bool) nodeInfo {
	host := hostOf(n.TransportAddress)
	i := nodeInfo{
		Name:             n.Name,
		TransportAddress: n.TransportAddress,
		Host:             host,
		IP:               host,
		Version:          versionNumber,
		BuildFlavor:      buildFlavor,
		BuildType:        buildType,
		BuildHash:        buildHash,
		Roles:            rolesOf(n),
		Attributes:       map[string]string{"jeton.version": n.Version},
	}
	if withHTTP {
		i.HTTP = &nodeHTTP{
			BoundAddress:     []string{n.HTTPAddress},
			PublishAddress:   n.HTTPAddress,
			MaxContentLength: s.maxContentLength,
		}
	}
	return i
}

// rolesOf: every node answers every API, which a client would not try on a
// node whose only role is master.
func rolesOf(n security.Node) []string {
	if n.Voter {
		return []string{"data", "ingest", "master"}
	}
	return []string{"data", "ingest"}
}

// chooseNodes keeps the nodes that a selector names: by id or name, with
// stars, or as _all, _local or _master. The header then counts those.
func chooseNodes(all security.NodesInfo, selectors []string, self string) security.NodesInfo {
	if len(selectors) == 0 {
		return all
	}
	chosen := security.NodesInfo{ClusterName: all.ClusterName}
	for _, n := range all.Nodes {
		if !slices.ContainsFunc(selectors, func(s string) bool { return selects(s, n, self) }) {
			continue
		}
		chosen.Nodes = append(chosen.Nodes, n)
		chosen.Header.Total++
		if n.Answers {
			chosen.Header.Successful++
		} else {
			chosen.Header.Failed++
		}
	}
	for _, f := range all.Header.Failures {
		if slices.ContainsFunc(chosen.Nodes, func(n security.Node) bool { return n.ID == f.NodeID }) {
			chosen.Header.Failures = append(chosen.Header.Failures, f)
		}
	}
	return chosen
}

func selects(selector string, n security.Node, self string) bool {
	switch selector {
	case "_all":
		return true
	case "_local":
		return n.Name == self
	case "_master":
		return n.Leader
	default:
		return n.ID == selector || globMatch(selector, n.Name)
	}
}

// unknownMetric is the first name that is no section, or "".
func unknownMetric(names []string) string {
	for _, name := range names {
		if !slices.Contains(metrics, name) {
			return name
		}
	}
	return ""
}

func splitList(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
}

// hostOf is the host of host:port, or the text itself when it has no port.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
