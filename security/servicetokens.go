package security

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// CreateServiceToken makes an index-backed token; with name "" a random name.
// Errors: *PermissionError, *EmptyPathError, *TokenNameError,
// *UnknownAccountError, *TokenExistsError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) CreateServiceToken(ctx context.Context, who Identity, namespace, service, name string) (CreatedToken, error) {
	if err := s.authorize(who, account.ActionCreateServiceToken); err != nil {
		return CreatedToken{}, err
	}
	if err := checkPath(namespace, service); err != nil {
		return CreatedToken{}, err
	}
	if name == "" {
		name = token.NewName()
	}
	if !token.ValidName(name) {
		return CreatedToken{}, &TokenNameError{name}
	}
	acct, ok := account.Lookup(namespace, service)
	if !ok {
		return CreatedToken{}, &UnknownAccountError{namespace + "/" + service}
	}
	bearer := token.Bearer{Namespace: namespace, Service: service, Name: name, Secret: token.NewSecret()}
	hash := fsm.Sensitive(token.HashFast(bearer.Secret).Text())
	code, _, err := s.propose(ctx, &fsm.CreateServiceToken{Token: fsm.ServiceToken{
		Account: acct.Principal(),
		Name:    name,
		Hash:    hash,
		Created: s.now().UnixMilli(),
		Creator: s.creator(who),
	}})
	if err != nil {
		return CreatedToken{}, err
	}
	// The hash is salted, so a record with this very hash is this very create,
	// carried out by an attempt whose outcome was forgotten.
	record, _ := s.state.Current().ServiceToken(acct.Principal(), name)
	if code == fsm.Exists && (record == nil || record.Hash != hash) {
		return CreatedToken{}, &TokenExistsError{Principal: acct.Principal(), Name: name}
	}
	return CreatedToken{Name: name, Value: bearer.Encode()}, nil
}

// DeleteServiceToken revokes an index-backed token. It goes through the log
// even when this node knows of no such token: only the log can tell.
// Errors: *PermissionError, *EmptyPathError, *TokenNameError, ErrNoLeader,
// ErrOutcomeUnknown.
func (s *Service) DeleteServiceToken(ctx context.Context, who Identity, namespace, service, name string) (found bool, err error) {
	if err := s.authorize(who, account.ActionDeleteServiceToken); err != nil {
		return false, err
	}
	if err := checkPath(namespace, service); err != nil {
		return false, err
	}
	if !token.ValidName(name) {
		return false, &TokenNameError{name}
	}
	acct, ok := account.Lookup(namespace, service)
	if !ok {
		return false, nil
	}
	code, again, err := s.propose(ctx, &fsm.DeleteServiceToken{Account: acct.Principal(), Name: name})
	if err == nil && again && code == fsm.NotFound {
		err = ErrOutcomeUnknown // it may be this delete that found it
	}
	return code == fsm.OK, err
}

func checkPath(namespace, service string) error {
	switch {
	case namespace == "":
		return &EmptyPathError{"namespace"}
	case service == "":
		return &EmptyPathError{"service-name"}
	}
	return nil
}

// Credentials lists what an account has: the index-backed tokens, and the
// file-backed ones of all nodes or of this one. An unknown account has none.
// Errors: *PermissionError, ErrNoLeader.
func (s *Service) Credentials(ctx context.Context, who Identity, namespace, service string, allNodes bool) (Credentials, error) {
	if err := s.authorize(who, account.ActionGetServiceCredentials); err != nil {
		return Credentials{}, err
	}
	// A list must show what was acknowledged a moment ago, on any node.
	if err := s.log.CatchUp(ctx); err != nil {
		return Credentials{}, err
	}
	principal := namespace + "/" + service
	c := Credentials{Account: principal, NodeName: s.peers.Self().Name, Tokens: []string{}}
	for t := range s.state.Current().ServiceTokens(principal) {
		c.Tokens = append(c.Tokens, t.Name)
	}
	if !allNodes {
		c.Nodes = NodesHeader{Total: 1, Successful: 1}
		for _, name := range s.files.Current().Names(principal) {
			c.FileTokens = append(c.FileTokens, FileToken{Name: name, Nodes: []string{c.NodeName}})
		}
		return c, nil
	}
	c.FileTokens, c.Nodes = s.gatherFileTokens(ctx, principal)
	return c, nil
}

// gatherFileTokens asks every node what its file holds for the account.
func (s *Service) gatherFileTokens(ctx context.Context, principal string) ([]FileToken, NodesHeader) {
	nodes := map[string][]string{} // token name → node names
	header := s.ask(ctx, topicFileTokens, []byte(principal), func(m Member, body []byte) error {
		var names []string
		if err := json.Unmarshal(body, &names); err != nil {
			return err
		}
		for _, name := range names {
			nodes[name] = append(nodes[name], m.Name)
		}
		return nil
	})
	tokens := make([]FileToken, 0, len(nodes))
	for name, holders := range nodes {
		slices.Sort(holders)
		tokens = append(tokens, FileToken{Name: name, Nodes: holders})
	}
	slices.SortFunc(tokens, func(a, b FileToken) int { return cmp.Compare(a.Name, b.Name) })
	return tokens, header
}

// ServiceAccounts lists the accounts of a namespace and service, each "" for
// all. Errors: *PermissionError.
func (s *Service) ServiceAccounts(_ context.Context, who Identity, namespace, service string) (ServiceAccounts, error) {
	if err := s.authorize(who, account.ActionGetServiceAccounts); err != nil {
		return nil, err
	}
	accounts := ServiceAccounts{}
	for _, a := range account.All() {
		if (namespace == "" || namespace == a.Namespace) && (service == "" || service == a.Service) {
			accounts = append(accounts, a)
		}
	}
	return accounts, nil
}

type clearCache struct {
	Account string   `json:"account"`
	Names   []string `json:"names"` // none: all
}

// ClearTokenCache makes every node forget which secrets it has verified for an
// account's tokens; no names, "*" or "_all" mean all of them. Nothing but the
// next verification's cost depends on it. Errors: *PermissionError,
// *TokenNameError.
func (s *Service) ClearTokenCache(ctx context.Context, who Identity, namespace, service string, names []string) (ClearedCache, error) {
	if err := s.authorize(who, account.ActionClearCache); err != nil {
		return ClearedCache{}, err
	}
	if slices.Contains(names, "*") || slices.Contains(names, "_all") {
		names = nil
	}
	for _, name := range names {
		if !token.ValidName(name) {
			return ClearedCache{}, &TokenNameError{name}
		}
	}
	body, err := json.Marshal(clearCache{namespace + "/" + service, names})
	if err != nil {
		return ClearedCache{}, err
	}
	cleared := ClearedCache{ClusterName: s.clusterName(), Names: map[string]string{}}
	cleared.Nodes = s.ask(ctx, topicClearCache, body, func(m Member, _ []byte) error {
		cleared.Names[m.ID] = m.Name
		return nil
	})
	return cleared, nil
}

func (s *Service) clearLocalCache(body []byte) error {
	var c clearCache
	if err := json.Unmarshal(body, &c); err != nil {
		return errors.New("malformed clear-cache question")
	}
	files := s.files.Current()
	if len(c.Names) == 0 {
		c.Names = files.Names(c.Account)
	}
	for _, name := range c.Names {
		if hash, ok := files.Lookup(c.Account, name); ok {
			s.verifier.forget(hash)
		}
	}
	return nil
}
