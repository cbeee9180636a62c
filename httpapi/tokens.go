package httpapi

import (
	"context"

	"jeton/security"
)

type createdToken struct {
	Created bool        `json:"created"`
	Token   tokenSecret `json:"token"`
}

type tokenSecret struct {
	Name       string `json:"name"`
	Value      string `json:"value"`
	Expiration int64  `json:"expiration,omitempty"` // Unix milliseconds
}

// createToken takes an optional body, for what Elasticsearch's tokens have not.
func (s *server) createToken(ctx context.Context, r *request) (answer, error) {
	o, err := r.decodeTokenOptions()
	if err != nil {
		return answer{}, err
	}
	t, err := s.security.CreateServiceToken(ctx, r.who, r.segment("namespace"), r.segment("service"), r.segment("name"), o)
	return ok(createdToken{Created: true, Token: tokenSecret{Name: t.Name, Value: t.Value, Expiration: millis(t.Expires)}}), err
}

type found struct {
	Found bool `json:"found"`
}

func (s *server) deleteToken(ctx context.Context, r *request) (answer, error) {
	existed, err := s.security.DeleteServiceToken(ctx, r.who, r.segment("namespace"), r.segment("service"), r.segment("name"))
	return foundOne(existed), err
}

// credentials answers in the shape of the client's version: the earlier one
// has the file tokens of this node only, the later one those of all nodes.
func (s *server) credentials(ctx context.Context, r *request) (answer, error) {
	legacy := r.media.legacy()
	c, err := s.security.Credentials(ctx, r.who, r.segment("namespace"), r.segment("service"), !legacy)
	tokens := tokensOf(c.Tokens, r.flag("detail"))
	if legacy {
		return ok(localCredentials(c, tokens)), err
	}
	return ok(clusterCredentials(c, tokens)), err
}

// Go writes the keys of a map in order, which is the order wanted here.
type localCredentialsBody struct {
	ServiceAccount string                 `json:"service_account"`
	NodeName       string                 `json:"node_name"`
	Count          int                    `json:"count"`
	Tokens         map[string]tokenDetail `json:"tokens"`
	FileTokens     map[string]tokenDetail `json:"file_tokens"` // always empty objects
}

func localCredentials(c security.Credentials, tokens map[string]tokenDetail) localCredentialsBody {
	files := make(map[string]tokenDetail, len(c.FileTokens))
	for _, t := range c.FileTokens {
		files[t.Name] = tokenDetail{}
	}
	return localCredentialsBody{
		ServiceAccount: c.Account,
		NodeName:       c.NodeName,
		Count:          len(c.Tokens) + len(files),
		Tokens:         tokens,
		FileTokens:     files,
	}
}

type clusterCredentialsBody struct {
	ServiceAccount   string                 `json:"service_account"`
	Count            int                    `json:"count"`
	Tokens           map[string]tokenDetail `json:"tokens"`
	NodesCredentials nodesCredentials       `json:"nodes_credentials"`
}

type nodesCredentials struct {
	Nodes      nodesHeader          `json:"_nodes"`
	FileTokens map[string]nodeNames `json:"file_tokens"`
}

type nodeNames struct {
	Nodes []string `json:"nodes"`
}

func clusterCredentials(c security.Credentials, tokens map[string]tokenDetail) clusterCredentialsBody {
	files := make(map[string]nodeNames, len(c.FileTokens))
	for _, t := range c.FileTokens {
		files[t.Name] = nodeNames{t.Nodes}
	}
	return clusterCredentialsBody{
		ServiceAccount:   c.Account,
		Count:            len(c.Tokens) + len(files),
		Tokens:           tokens,
		NodesCredentials: nodesCredentials{headerOf(c.Nodes), files},
	}
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
	c, err := s.security.ClearTokenCache(ctx, r.who, r.segment("namespace"), r.segment("service"), r.names("name"))
	return ok(clearedCacheOf(c)), err
}

func clearedCacheOf(c security.ClearedCache) clearedCache {
	body := clearedCache{Nodes: headerOf(c.Nodes), ClusterName: c.ClusterName, Names: make(map[string]nodeName, len(c.Names))}
	for id, name := range c.Names {
		body.Names[id] = nodeName{name}
	}
	return body
}
