package httpapi

import (
	"context"
	"net/http"
	"strings"

	"jeton/security"
)

type createdToken struct {
	Created bool        `json:"created"`
	Token   tokenSecret `json:"token"`
}

type tokenSecret struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (s *server) createToken(ctx context.Context, r *request) (answer, error) {
	t, err := s.security.CreateServiceToken(ctx, r.who, r.segment("namespace"), r.segment("service"), r.segment("name"))
	return ok(createdToken{Created: true, Token: tokenSecret{Name: t.Name, Value: t.Value}}), err
}

type found struct {
	Found bool `json:"found"`
}

func (s *server) deleteToken(ctx context.Context, r *request) (answer, error) {
	existed, err := s.security.DeleteServiceToken(ctx, r.who, r.segment("namespace"), r.segment("service"), r.segment("name"))
	a := ok(found{existed})
	if !existed {
		a.status = http.StatusNotFound
	}
	return a, err
}

// credentials answers in the shape of the client's version: the earlier one
// has the file tokens of this node only, the later one those of all nodes.
func (s *server) credentials(ctx context.Context, r *request) (answer, error) {
	legacy := r.media.legacy()
	c, err := s.security.Credentials(ctx, r.who, r.segment("namespace"), r.segment("service"), !legacy)
	if legacy {
		return ok(localCredentials(c)), err
	}
	return ok(clusterCredentials(c)), err
}

type empty struct{}

// Go writes the keys of a map in order, which is the order wanted here.
type localCredentialsBody struct {
	ServiceAccount string           `json:"service_account"`
	NodeName       string           `json:"node_name"`
	Count          int              `json:"count"`
	Tokens         map[string]empty `json:"tokens"`
	FileTokens     map[string]empty `json:"file_tokens"`
}

func localCredentials(c security.Credentials) localCredentialsBody {
	files := make(map[string]empty, len(c.FileTokens))
	for _, t := range c.FileTokens {
		files[t.Name] = empty{}
	}
	return localCredentialsBody{
		ServiceAccount: c.Account,
		NodeName:       c.NodeName,
		Count:          len(c.Tokens) + len(files),
		Tokens:         nameSet(c.Tokens),
		FileTokens:     files,
	}
}

type clusterCredentialsBody struct {
	ServiceAccount   string           `json:"service_account"`
	Count            int              `json:"count"`
	Tokens           map[string]empty `json:"tokens"`
	NodesCredentials nodesCredentials `json:"nodes_credentials"`
}

type nodesCredentials struct {
	Nodes      nodesHeader          `json:"_nodes"`
	FileTokens map[string]nodeNames `json:"file_tokens"`
}

type nodeNames struct {
	Nodes []string `json:"nodes"`
}

func clusterCredentials(c security.Credentials) clusterCredentialsBody {
	files := make(map[string]nodeNames, len(c.FileTokens))
	for _, t := range c.FileTokens {
		files[t.Name] = nodeNames{t.Nodes}
	}
	return clusterCredentialsBody{
		ServiceAccount:   c.Account,
		Count:            len(c.Tokens) + len(files),
		Tokens:           nameSet(c.Tokens),
		NodesCredentials: nodesCredentials{headerOf(c.Nodes), files},
	}
}

func nameSet(names []string) map[string]empty {
	set := make(map[string]empty, len(names))
	for _, name := range names {
		set[name] = empty{}
	}
	return set
}

type serviceAccount struct {
	RoleDescriptor any `json:"role_descriptor"` // has the wire's form by itself
}

func (s *server) serviceAccounts(ctx context.Context, r *request) (answer, error) {
	accounts, err := s.security.ServiceAccounts(ctx, r.who, r.segment("namespace"), r.segment("service"))
	body := make(object, 0, len(accounts))
	for _, a := range accounts {
		body = append(body, member{a.Principal(), serviceAccount{a.Role}})
	}
	return ok(body), err
}

type clearedCache struct {
	Nodes       nodesHeader         `json:"_nodes"`
	ClusterName string              `json:"cluster_name"`
	Names       map[string]nodeName `json:"nodes"`
}

type nodeName struct {
	Name string `json:"name"`
}

func (s *server) clearTokenCache(ctx context.Context, r *request) (answer, error) {
	var names []string
	if list := r.segment("name"); list != "" {
		names = strings.Split(list, ",")
	}
	c, err := s.security.ClearTokenCache(ctx, r.who, r.segment("namespace"), r.segment("service"), names)
	body := clearedCache{Nodes: headerOf(c.Nodes), ClusterName: c.ClusterName, Names: make(map[string]nodeName, len(c.Names))}
	for id, name := range c.Names {
		body.Names[id] = nodeName{name}
	}
	return ok(body), err
}
