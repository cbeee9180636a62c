package httpapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"jeton/security"
)

// domain is a Security by rote: names in a request choose what it answers, and
// what it creates tells with which names it was asked.
type domain struct {
	healths  []security.Health // one after the other; the last one stays
	notReady error
}

// The credentials that domain knows, and who they make one.
const (
	asElastic = "Basic ZWxhc3RpYzpjaGFuZ2VtZQ=="
	asJoe     = "Basic am9lOnNlY3JldA=="
	asFleet   = "Bearer fleet"
)

var badCredentials = map[string]error{
	"":                   &security.AuthenticationError{Kind: security.MissingCredentials},
	"Digest x":           &security.AuthenticationError{Kind: security.BadScheme},
	"Basic Ym9iOndyb25n": &security.AuthenticationError{Kind: security.BadUser, Principal: "bob"},
	"Bearer wrong":       &security.AuthenticationError{Kind: security.BadServiceToken, Principal: "elastic/fleet-server", TokenName: "token1"},
	"Bearer junk":        &security.AuthenticationError{Kind: security.BadBearer},
	"ApiKey junk":        &security.AuthenticationError{Kind: security.BadAPIKey},
	"Bearer undecided":   fmt.Errorf("catch up: %w", security.ErrNoLeader),
}

func (d *domain) WhoAmI(_ context.Context, who security.Identity) (security.Identity, error) {
	return who, nil
}

func (d *domain) Authenticate(_ context.Context, authorization string) (security.Identity, error) {
	switch authorization {
	case asElastic:
		return security.Identity{
			Username: "elastic", Roles: []string{"superuser"}, Metadata: map[string]any{"_reserved": true},
			Realm: security.Realm{Name: "reserved", Type: "reserved"}, Type: "realm",
		}, nil
	case asJoe:
		return security.Identity{
			Username: "joe", Roles: []string{"viewer", "editor"},
			Realm: security.Realm{Name: "default_file", Type: "file"}, Type: "realm",
		}, nil
	case asFleet:
		name := "Service account - elastic/fleet-server"
		return security.Identity{
			Username: "elastic/fleet-server", FullName: &name, ServiceAccount: true,
			Token:    &security.TokenRef{Name: "token1", Type: security.TokenTypeIndex},
			Metadata: map[string]any{"_elastic_service_account": true},
			Realm:    security.Realm{Name: "_service_account", Type: "_service_account"}, Type: "token",
		}, nil
	}
	if err, ok := badCredentials[authorization]; ok {
		return security.Identity{}, err
	}
	return security.Identity{}, errors.New("unscripted credentials")
}

// may refuses everybody but elastic.
func may(who security.Identity, action string, granted ...string) error {
	if who.Username == "elastic" {
		return nil
	}
	return &security.PermissionError{
		Action: action, Principal: who.Username, ServiceAccount: who.ServiceAccount,
		Roles: who.Roles, GrantedBy: granted,
	}
}

var goodName = regexp.MustCompile(`^[a-zA-Z0-9-][a-zA-Z0-9_-]{0,255}$`)

var failingNames = map[string]error{
	"no-leader":  fmt.Errorf("10.0.0.7: %w", security.ErrNoLeader),
	"unknown":    fmt.Errorf("10.0.0.7: %w", security.ErrOutcomeUnknown),
	"overloaded": security.ErrOverloaded,
	"removed":    security.ErrNotMember,
	"late":       context.DeadlineExceeded,
	"bug":        errors.New("open /var/lib/jeton/key: permission denied"),
}

func (d *domain) CreateServiceToken(_ context.Context, who security.Identity, namespace, service, name string) (security.CreatedToken, error) {
	if err := may(who, "cluster:admin/xpack/security/service_account/token/create", "manage_service_account", "manage_security", "all"); err != nil {
		return security.CreatedToken{}, err
	}
	principal := namespace + "/" + service
	switch {
	case namespace == "":
		return security.CreatedToken{}, &security.EmptyPathError{Part: "namespace"}
	case service == "":
		return security.CreatedToken{}, &security.EmptyPathError{Part: "service-name"}
	case name == "panic":
		panic("a secret that must not leave this process")
	case name == "taken":
		return security.CreatedToken{}, &security.TokenExistsError{Principal: principal, Name: name}
	case failingNames[name] != nil:
		return security.CreatedToken{}, failingNames[name]
	case name == "":
		name = "Jk5J1HgBuyBK5TpDrdo4"
	case !goodName.MatchString(name):
		return security.CreatedToken{}, &security.TokenNameError{Name: name}
	}
	if principal != "elastic/fleet-server" {
		return security.CreatedToken{}, &security.UnknownAccountError{Principal: principal}
	}
	return security.CreatedToken{Name: name, Value: "secret of " + principal + "/" + name}, nil
}

func (d *domain) DeleteServiceToken(_ context.Context, _ security.Identity, _, _, name string) (bool, error) {
	if !goodName.MatchString(name) {
		return false, &security.TokenNameError{Name: name}
	}
	return name == "token1", failingNames[name]
}

func (d *domain) Credentials(_ context.Context, _ security.Identity, namespace, service string, allNodes bool) (security.Credentials, error) {
	if service == "late" {
		return security.Credentials{}, context.DeadlineExceeded
	}
	c := security.Credentials{
		Account:    namespace + "/" + service,
		NodeName:   "node0",
		Tokens:     []string{"token1", "token42"},
		FileTokens: []security.FileToken{{Name: "my-token", Nodes: []string{"node0"}}},
	}
	if allNodes {
		c.FileTokens = []security.FileToken{{Name: "my-token", Nodes: []string{"node0", "node1"}}}
		c.Nodes = security.NodesHeader{Total: 3, Successful: 2, Failed: 1, Failures: []security.NodeFailure{
			{NodeID: "id2", Name: "node2", Reason: "did not answer in time"},
		}}
	}
	return c, nil
}

func (d *domain) ServiceAccounts(_ context.Context, _ security.Identity, namespace, service string) (security.ServiceAccounts, error) {
	all := security.ServiceAccounts{{Namespace: "elastic", Service: "auto-ops"}, {Namespace: "elastic", Service: "fleet-server"}}
	all[0].Role.Cluster = []string{"monitor"}
	all[1].Role.Cluster = []string{"monitor", "manage_own_api_key"}
	var chosen security.ServiceAccounts
	for _, a := range all {
		if (namespace == "" || namespace == a.Namespace) && (service == "" || service == a.Service) {
			chosen = append(chosen, a)
		}
	}
	return chosen, nil
}

func (d *domain) ClearTokenCache(_ context.Context, _ security.Identity, _, _ string, names []string) (security.ClearedCache, error) {
	for _, name := range names {
		if name != "*" && name != "_all" && !goodName.MatchString(name) {
			return security.ClearedCache{}, &security.TokenNameError{Name: name}
		}
	}
	return security.ClearedCache{
		Nodes:       security.NodesHeader{Total: 2, Successful: 2},
		ClusterName: "cleared " + strings.Join(names, " and "),
		Names:       map[string]string{"id1": "node1", "id0": "node0"},
	}, nil
}

func (d *domain) Info(context.Context, security.Identity) (security.Info, error) {
	return security.Info{NodeName: "node0", ClusterName: "jeton", ClusterUUID: "Xk2"}, nil
}

func (d *domain) Health(_ context.Context, who security.Identity) (security.Health, error) {
	if err := may(who, "cluster:monitor/health", "monitor", "manage", "all"); err != nil && !who.ServiceAccount {
		return security.Health{}, err
	}
	if len(d.healths) == 0 {
		return security.Health{ClusterName: "jeton", Status: "green", NumberOfNodes: 3}, nil
	}
	h := d.healths[0]
	if len(d.healths) > 1 {
		d.healths = d.healths[1:]
	}
	return h, nil
}

func (d *domain) Nodes(context.Context, security.Identity) (security.NodesInfo, error) {
	nodes := []security.Node{
		{
			ID: "id0", Name: "node0", Version: "1.0.0", TransportAddress: "127.0.0.1:9300", HTTPAddress: "127.0.0.1:9200",
			Voter: true, Answers: true, Index: 7, CPUPercent: 3, RAMPercent: 61, HeapPercent: -1, Load1m: 0.5, Load5m: 0.25, Load15m: 0.1,
		},
		{
			ID: "id1", Name: "node1", Version: "1.0.0", TransportAddress: "127.0.0.1:9301", HTTPAddress: "127.0.0.1:9201",
			Voter: true, Leader: true, Answers: true, Index: 7, CPUPercent: 12, RAMPercent: 61, HeapPercent: -1, Load1m: 0.5, Load5m: 0.25, Load15m: 0.1,
		},
		{
			ID: "id2", Name: "node2", TransportAddress: "127.0.0.1:9302", HTTPAddress: "127.0.0.1:9202",
			CPUPercent: -1, RAMPercent: -1, HeapPercent: -1,
		},
	}
	return security.NodesInfo{
		ClusterName: "jeton",
		Header: security.NodesHeader{Total: 3, Successful: 2, Failed: 1, Failures: []security.NodeFailure{
			{NodeID: "id2", Name: "node2", Reason: "did not answer in time"},
		}},
		Nodes: nodes,
	}, nil
}

func (d *domain) CreateJoinToken(_ context.Context, _ security.Identity, ttl time.Duration) (security.JoinToken, error) {
	if ttl == 0 {
		ttl = 24 * time.Hour
	}
	founded := time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))
	return security.JoinToken{Value: "jeton-join-1", Expires: founded.Add(ttl)}, nil
}

var nodeFailures = map[string]security.NodeErrorKind{
	"nobody": security.NodeUnknown, "last": security.NodeConflict, "bad": security.NodeInvalid, "denied": security.NodeDenied,
}

func (d *domain) RemoveNode(_ context.Context, _ security.Identity, name string) error {
	if kind, ok := nodeFailures[name]; ok {
		return fmt.Errorf("remove: %w", &security.NodeError{Kind: kind, Reason: "[" + name + "] cannot be removed"})
	}
	return failingNames[name]
}

func (d *domain) Leave(context.Context, security.Identity) error { return nil }

func (d *domain) TransferLeadership(_ context.Context, _ security.Identity, name string) error {
	return failingNames[name]
}

func (d *domain) CACertificate(context.Context, security.Identity) ([]byte, error) {
	return []byte("-----BEGIN CERTIFICATE-----\n"), nil
}

func (d *domain) Ready(context.Context) error { return d.notReady }

// everyRefusal is each kind of error that the table has to know.
func everyRefusal() []error {
	return slices.Concat(
		slices.Collect(maps.Values(badCredentials)),
		[]error{
			&security.PermissionError{}, &security.TokenNameError{}, &security.EmptyPathError{}, &security.UnknownAccountError{},
			&security.TokenExistsError{},
			&security.NodeError{Kind: security.NodeUnknown, Reason: "why"}, &security.NodeError{Kind: security.NodeConflict, Reason: "why"},
			&security.NodeError{Kind: security.NodeInvalid, Reason: "why"}, &security.NodeError{Kind: security.NodeDenied, Reason: "why"},
			security.ErrNoLeader, security.ErrOutcomeUnknown, security.ErrOverloaded, security.ErrNotMember,
		})
}
