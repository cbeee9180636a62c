package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	types8 "github.com/elastic/go-elasticsearch/v8/typedapi/types"
	types9 "github.com/elastic/go-elasticsearch/v9/typedapi/types"

	"jeton/node/nodetest"
)

// life is a cluster, and clients of one version for it.
type life struct {
	cluster *nodetest.Cluster
	connect func(*testing.T, *nodetest.Cluster, int, login) client
	admin   []client // at each node, as elastic
}

// withEachClient tells the story once for each version, each on a cluster of
// its own.
func withEachClient(t *testing.T, story func(*testing.T, life)) {
	for _, version := range []struct {
		name    string
		connect func(*testing.T, *nodetest.Cluster, int, login) client
	}{{"v8", connectV8}, {"v9", connectV9}} {
		t.Run(version.name, func(t *testing.T) {
			c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{tokenService}})
			l := life{cluster: c, connect: version.connect}
			l.admin = l.everywhere(t, login{user: "elastic", password: c.Password})
			story(t, l)
		})
	}
}

// everywhere connects to each node with the same credentials.
func (l life) everywhere(t *testing.T, who login) []client {
	t.Helper()
	clients := make([]client, len(l.cluster.Nodes))
	for node := range clients {
		clients[node] = l.connect(t, l.cluster, node, who)
	}
	return clients
}

func (l life) atEachNode(t *testing.T, what string, f func(t *testing.T, node int)) {
	t.Helper()
	for node, n := range l.cluster.Nodes {
		t.Run(what+"/"+n.Name, func(t *testing.T) { f(t, node) })
	}
}

// addUser puts a user of one role, with that name as full name too, who then
// connects to each node.
func (l life) addUser(t *testing.T, node int, name, role string) []client {
	t.Helper()
	password := passwordOf(name)
	l.admin[node].putUser(name, user{Password: password, FullName: name, Roles: []string{role}, Enabled: true}).is(t, created{true})
	return l.everywhere(t, login{user: name, password: password})
}

func passwordOf(name string) string { return name + "'s own password" }

// refusedEverywhere holds that each node refuses the credentials at its first
// request after the change, the node that has answered it last.
func (l life) refusedEverywhere(t *testing.T, answered int, clients []client, reason string) {
	t.Helper()
	for i := range clients {
		node := (answered + 1 + i) % len(clients)
		clients[node].authenticate().refused(t, http.StatusUnauthorized, "security_exception", reason)
	}
}

func credentialsOf(principal string, tokens ...string) credentials {
	c := credentials{Account: principal, Count: len(tokens), Tokens: map[string]struct{}{}}
	for _, name := range tokens {
		c.Tokens[name] = struct{}{}
	}
	c.Nodes.Header.Total, c.Nodes.Header.Successful = 3, 3
	c.Nodes.FileTokens = map[string]any{}
	return c
}

// outcome is what came of a request: an answer, or an error, which is a refusal
// if the server has answered.
type outcome[T any] struct {
	answer T
	err    error
}

// refusal is an error of the server in either of its forms.
type refusal struct {
	status       int
	kind, reason string
}

func (r refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.kind, r.reason) }

// as takes the answer of a client's method.
func as[T any](answer any, err error) outcome[T] {
	var o outcome[T]
	var v8 *types8.ElasticsearchError
	var v9 *types9.ElasticsearchError
	switch {
	case errors.As(err, &v8):
		o.err = refusalOf(v8.Status, v8.ErrorCause.Type, v8.ErrorCause.Reason, v8.ErrorCause.Metadata)
	case errors.As(err, &v9):
		o.err = refusalOf(v9.Status, v9.ErrorCause.Type, v9.ErrorCause.Reason, v9.ErrorCause.Metadata)
	case err != nil:
		o.err = err
	default:
		o.err = through(answer, &o.answer)
	}
	return o
}

// refusalOf knows where the clients put the two keys of a refused grant.
func refusalOf(status int, kind string, reason *string, more map[string]json.RawMessage) refusal {
	r := refusal{status: status, kind: kind}
	if reason != nil {
		r.reason = *reason
	}
	if description, ok := more["error_description"]; ok {
		r.kind, r.reason = strings.Trim(r.reason, `"`), string(description)
	}
	return r
}

// like is a value in a client's own type.
func like[T any](t *testing.T, v any) *T {
	t.Helper()
	var to T
	if err := through(v, &to); err != nil {
		t.Fatalf("%T as %T: %v", v, to, err)
	}
	return &to
}

// through brings a value into another type, by its JSON.
func through(from, to any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

// perform sends a request for which the clients have no method.
func perform[T any](t *testing.T, c client, method, path, body string) outcome[T] {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := c.Perform(r)
	if err != nil {
		return outcome[T]{err: err}
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode == http.StatusOK {
		return as[T](json.RawMessage(data), err)
	}
	refused := types9.ElasticsearchError{Status: response.StatusCode}
	if err := json.Unmarshal(data, &refused); err != nil {
		return outcome[T]{err: err}
	}
	return as[T](nil, &refused)
}

func (o outcome[T]) must(t *testing.T) T {
	t.Helper()
	if o.err != nil {
		t.Fatalf("%T: %v", o.answer, o.err)
	}
	return o.answer
}

func (o outcome[T]) is(t *testing.T, want T) {
	t.Helper()
	if got := o.must(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// refused holds the status, the kind, and a part of the reason.
func (o outcome[T]) refused(t *testing.T, status int, kind, reason string) {
	t.Helper()
	var got refusal
	if !errors.As(o.err, &got) {
		t.Errorf("got %T and the error %v, want %d %s: %s", o.answer, o.err, status, kind, reason)
		return
	}
	if got.status != status || got.kind != kind || !strings.Contains(got.reason, reason) {
		t.Errorf("got %v, want %d %s: %s", got, status, kind, reason)
	}
}
