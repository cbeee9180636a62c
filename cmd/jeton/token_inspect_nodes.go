package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// inspectTimeout bounds the wait for each node.
const inspectTimeout = 10 * time.Second

// nodeView is the tokens of an account as one node reports them.
type nodeView struct {
	Name       string   `json:"name"`
	Address    string   `json:"address"`
	Answers    bool     `json:"answers"`
	Error      string   `json:"error,omitempty"`
	Tokens     []string `json:"tokens"`
	FileTokens []string `json:"file_tokens"`
}

// viewOne asks this client's node; a node that does not answer is an error.
func (c *client) viewOne(ctx context.Context, path string) ([]nodeView, error) {
	v := nodeView{Name: c.base.Host, Address: c.base.Host}
	err := v.ask(ctx, c, path)
	return []nodeView{v}, err
}

// viewAll asks every member of the cluster at the same time, each at the address
// that it publishes; one that does not answer is shown as such.
func (c *client) viewAll(ctx context.Context, path string) ([]nodeView, error) {
	list, err := c.members(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]nodeView, len(list.Nodes))
	var wg sync.WaitGroup
	for i, m := range list.Nodes {
		views[i] = nodeView{Name: m.Name, Address: m.HTTPAddress}
		wg.Go(func() {
			if err := views[i].ask(ctx, c.at(m.HTTPAddress), path); err != nil {
				views[i].Error = err.Error()
			}
		})
	}
	wg.Wait()
	return views, nil
}

func (v *nodeView) ask(ctx context.Context, c *client, path string) error {
	ctx, cancel := context.WithTimeout(ctx, inspectTimeout)
	defer cancel()
	var answer credentials
	err := c.do(ctx, request{method: http.MethodGet, path: path}, &answer)
	v.Answers = err == nil
	v.Name = firstOf(answer.NodeName, v.Name)
	v.Tokens = append([]string{}, slices.Sorted(maps.Keys(answer.Tokens))...) // [] and not null in JSON
	v.FileTokens = append([]string{}, slices.Sorted(maps.Keys(answer.FileTokens))...)
	return err
}
