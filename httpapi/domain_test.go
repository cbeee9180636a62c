package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"jeton/security"
	"jeton/security/account"
	"jeton/security/query"
)

// domain is a Security by rote: names in a request choose what it answers, and
// what it creates tells with which names it was asked.
type domain struct {
	healths  []security.Health // one after the other; the last one stays
	notReady error
	fresh    *security.Freshness // nil: a lease

	resilience *security.Resilience // nil: one of three may fail
	rollCall   *security.RollCall

	// What it was asked to put last.
	putUser       security.UserChange
	putRole       account.Descriptor
	putPrivileges []account.ApplicationPrivilege
	putAccount    security.ServiceAccount
	putSettings   security.SettingsChange
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
	"Bearer expired":     &security.AuthenticationError{Kind: security.TokenExpired},
	"Bearer in-clear": &security.AuthenticationError{
		Kind: security.NotTried, Cause: &security.TLSRequiredError{Feature: "service account authentication"},
	},
	"Bearer undecided": fmt.Errorf("catch up: %w", security.ErrNoLeader),
}

func (d *domain) WhoAmI(_ context.Context, who security.Identity) (security.Identity, error) {
	return who, nil
}

func (d *domain) Authenticate(ctx context.Context, authorization, runAs string) (security.Identity, error) {
	who, err := d.authenticate(ctx, authorization)
	if err != nil || runAs == "" {
		return who, err
	}
	return security.Identity{
		Username: runAs, Roles: []string{"viewer", "lost"}, Realm: security.Realm{Name: "default_native", Type: "native"}, Type: "realm",
		RunBy: &security.Authenticated{Username: who.Username, Realm: who.Realm},
	}, nil
}

func (d *domain) authenticate(_ context.Context, authorization string) (security.Identity, error) {
	switch authorization {
	case asElastic:
		return security.Identity{
			Username: "elastic", Roles: []string{"superuser"}, Metadata: json.RawMessage(`{"_reserved":true}`),
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
			Metadata: json.RawMessage(`{"_elastic_service_account":true}`),
			Realm:    security.Realm{Name: "_service_account", Type: "_service_account"}, Type: "token",
		}, nil
	}
	if who, ok := moreCallers()[authorization]; ok {
		return who, nil
	}
	if err, ok := badCredentials[authorization]; ok {
		return security.Identity{}, err
	}
	return security.Identity{}, errors.New("unscripted credentials")
}

// may refuses everybody but elastic, test_admin and Kibana's account. The role
// "lost" is none, and nobody may run as mallory.
func may(who security.Identity, action string, granted ...string) error {
	if slices.Contains([]string{"elastic", "test_admin", "elastic/kibana"}, who.Username) {
		return nil
	}
	e := &security.PermissionError{Action: action, Caller: who, GrantedBy: granted}
	if slices.Contains(who.Roles, "lost") {
		e.MissingRoles = []string{"lost"}
	}
	if who.Username == "mallory" {
		e.RunAs = who.Username
		e.Caller = security.Identity{Username: who.RunBy.Username, Roles: []string{"viewer"}}
		e.MissingRoles = nil
	}
	return e
}

var goodName = regexp.MustCompile(`^[a-zA-Z0-9-][a-zA-Z0-9_-]{0,255}$`)

var failingNames = map[string]error{
	"no-leader":  fmt.Errorf("10.0.0.7: %w", security.ErrNoLeader),
	"unknown":    fmt.Errorf("10.0.0.7: %w", security.ErrOutcomeUnknown),
	"overloaded": security.ErrOverloaded,
	"too-new":    &security.UpgradeError{Older: []string{"node1"}},
	"too-new-2":  fmt.Errorf("10.0.0.7: %w", security.ErrUpgradeFirst),
	"removed":    security.ErrNotMember,
	"late":       context.DeadlineExceeded,
	"bug":        errors.New("open /var/lib/jeton/key: permission denied"),
}

func (d *domain) Info(context.Context, security.Identity) (security.Info, error) {
	return security.Info{NodeName: "node0", ClusterName: "jeton", ClusterUUID: "Xk2"}, nil
}

func (d *domain) Health(_ context.Context, who security.Identity) (security.Health, error) {
	if err := may(who, "cluster:monitor/health", "monitor", "manage", "all"); err != nil && !who.ServiceAccount {
		return security.Health{}, err
	}
	if len(d.healths) == 0 {
		return security.Health{ClusterName: "jeton", Status: "green", NumberOfNodes: 3, Consistency: security.ConsistencyLease}, nil
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
			Lease: 4600 * time.Millisecond, Level: 2, State: security.StateOK, Silence: 120 * time.Millisecond, CertificateExpires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		},
		{
			ID: "id1", Name: "node1", Version: "1.0.0", TransportAddress: "127.0.0.1:9301", HTTPAddress: "127.0.0.1:9201",
			Voter: true, Leader: true, Answers: true, Index: 7, CPUPercent: 12, RAMPercent: 61, HeapPercent: -1, Load1m: 0.5, Load5m: 0.25, Load15m: 0.1,
			Level: 1,
			State: security.StateLeader,
		},
		{
			ID: "id2", Name: "node2", TransportAddress: "127.0.0.1:9302", HTTPAddress: "127.0.0.1:9202",
			CPUPercent: -1, RAMPercent: -1, HeapPercent: -1, State: security.StateSilent, Replica: true, Lag: -1, Silence: -1,
		},
	}
	return security.NodesInfo{
		ClusterName: "jeton",
		Consistency: security.ConsistencyLease,
		Level:       1,
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

func (d *domain) PromoteNode(ctx context.Context, who security.Identity, name string) error {
	return d.RemoveNode(ctx, who, name)
}

func (d *domain) DemoteNode(ctx context.Context, who security.Identity, name string) error {
	return d.RemoveNode(ctx, who, name)
}

func (d *domain) Resilience() security.Resilience {
	if d.resilience != nil {
		return *d.resilience
	}
	return security.Resilience{Known: true, FailureTolerance: 1, MeantToVote: 3}
}

// RollCall is of a cluster that has lost its majority, unless told otherwise.
func (d *domain) RollCall(context.Context) security.RollCall {
	if d.rollCall != nil {
		return *d.rollCall
	}
	return security.RollCall{Voters: 3, Silent: []string{"node1", "node2"}}
}

func (d *domain) Leave(context.Context, security.Identity) error { return nil }

func (d *domain) TransferLeadership(_ context.Context, _ security.Identity, name string) error {
	return failingNames[name]
}

func (d *domain) Ready(context.Context) error { return d.notReady }

func (d *domain) Freshness() security.Freshness {
	if d.fresh != nil {
		return *d.fresh
	}
	return security.Freshness{Consistency: security.ConsistencyLease, Lease: 4567 * time.Millisecond}
}

func (d *domain) Metrics(_ context.Context, who security.Identity) error {
	return may(who, "cluster:monitor/jeton/metrics", "monitor", "manage", "all")
}

// everyRefusal is each kind of error that the table has to know.
func everyRefusal() []error {
	return slices.Concat(
		slices.Collect(maps.Values(badCredentials)),
		everyRefusalOfTokens(),
		[]error{
			&security.PermissionError{}, &security.TokenNameError{}, &security.EmptyPathError{}, &security.UnknownAccountError{},
			&security.TokenExistsError{}, &security.SettingError{},
			&security.ArgumentError{Reason: "why"}, &security.ValidationError{Reasons: []string{"why"}}, security.ErrTooLarge,
			&account.DescriptorError{Reason: "why"}, &account.DescriptorError{Reason: "why", Validation: true},
			&query.Error{Reason: "why"}, &query.Error{Reason: "[1:1] why", Syntax: true},
			&security.NodeError{Kind: security.NodeUnknown, Reason: "why"}, &security.NodeError{Kind: security.NodeConflict, Reason: "why"},
			&security.NodeError{Kind: security.NodeInvalid, Reason: "why"}, &security.NodeError{Kind: security.NodeDenied, Reason: "why"},
			security.ErrNoLeader, security.ErrOutcomeUnknown, security.ErrOverloaded, security.ErrNotMember,
		})
}
