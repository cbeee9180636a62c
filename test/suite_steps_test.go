package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v9"

	"jeton/node/nodetest"
)

// suiteRun carries out the steps of one test, each at the next node: what one
// has answered holds at all of them.
type suiteRun struct {
	t       *testing.T
	clients []*elasticsearch.Client // one for each node
	next    int
	vars    map[string]any
	last    any // the last answer's JSON
}

func newSuiteRun(t *testing.T, c *nodetest.Cluster, first int) *suiteRun {
	r := &suiteRun{t: t, next: first, vars: map[string]any{}}
	for _, n := range c.Nodes {
		client, err := elasticsearch.New(
			elasticsearch.WithAddresses(n.URL()),
			elasticsearch.WithBasicAuth("elastic", c.Password),
			elasticsearch.WithTransportOptions(elastictransport.WithDisableRetry()),
		)
		if err != nil {
			t.Fatal(err)
		}
		r.clients = append(r.clients, client)
	}
	return r
}

// client is the next node's.
func (r *suiteRun) client() *elasticsearch.Client {
	c := r.clients[r.next%len(r.clients)]
	r.next++
	return c
}

func (r *suiteRun) steps(steps []map[string]any) {
	for _, step := range steps {
		for kind, what := range step {
			r.step(kind, what)
		}
	}
}

func (r *suiteRun) step(kind string, what any) {
	r.t.Helper()
	if kind == "do" {
		r.do(what.(map[string]any))
		return
	}
	if path, ok := what.(string); ok {
		r.holds(kind, path, nil)
		return
	}
	for path, value := range what.(map[string]any) {
		r.holds(kind, path, r.filled(value))
	}
}

// holds judges one assertion about the last answer.
func (r *suiteRun) holds(kind, path string, want any) {
	r.t.Helper()
	got, there := lookUp(r.last, path)
	ok := false
	switch kind {
	case "set":
		r.vars[want.(string)], ok = got, there
	case "match":
		ok = r.matches(got, want)
	case "is_true":
		ok = there && truthy(got)
	case "is_false":
		ok = !there || !truthy(got)
	case "gte":
		a, isNumber := got.(float64)
		b, err := strconv.ParseFloat(fmt.Sprint(want), 64)
		ok = isNumber && err == nil && a >= b
	default:
		r.t.Fatalf("this form of assertion is not known here: %s", kind)
	}
	if !ok {
		r.t.Errorf("%s %s: got %v, want %v, in %v", kind, path, got, want, r.last)
	}
}

func (r *suiteRun) matches(got, want any) bool {
	if text, ok := want.(string); ok && len(text) > 1 && text[0] == '/' && text[len(text)-1] == '/' {
		return regexp.MustCompile(strings.TrimSpace(text[1 : len(text)-1])).MatchString(fmt.Sprint(got))
	}
	return reflect.DeepEqual(got, normal(r.t, want))
}

// normal is a value of YAML as JSON would have it.
func normal(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var n any
	if err := json.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// lookUp follows a path of keys and places with dots between them.
func lookUp(v any, path string) (any, bool) {
	if path == "$body" {
		return v, true
	}
	for key := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[key]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

func truthy(v any) bool { return v != nil && v != false && v != "" && v != 0.0 && v != "false" }

// filled replaces $NAME by what was set.
func (r *suiteRun) filled(v any) any {
	switch v := v.(type) {
	case string:
		if name, ok := strings.CutPrefix(v, "$"); ok {
			if value, known := r.vars[name]; known {
				return value
			}
		}
	case map[string]any:
		m := maps.Clone(v)
		for key := range m {
			m[key] = r.filled(m[key])
		}
		return m
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = r.filled(list[i])
		}
		return list
	}
	return v
}

// suiteCatches are the statuses that a step may wait for by name.
var suiteCatches = map[string]int{
	"bad_request": 400, "unauthorized": 401, "forbidden": 403, "missing": 404, "conflict": 409,
}

// do calls one API and judges the status.
func (r *suiteRun) do(step map[string]any) {
	r.t.Helper()
	headers, _ := step["headers"].(map[string]any)
	catch, _ := step["catch"].(string)
	for name, call := range step {
		if name == "headers" || name == "catch" {
			continue
		}
		arguments, _ := r.filled(call).(map[string]any)
		arguments = maps.Clone(arguments)
		ignore := fmt.Sprint(arguments["ignore"])
		delete(arguments, "ignore")
		status := r.call(name, arguments, headers)
		want, known := suiteCatches[catch]
		switch {
		case catch != "" && !known:
			r.t.Fatalf("this catch is not known here: %s", catch)
		case catch != "" && status != want, catch == "" && status/100 != 2 && !strings.Contains(ignore, fmt.Sprint(status)):
			r.t.Errorf("%s %v: status %d: %v", name, arguments, status, r.last)
		}
	}
}

func (r *suiteRun) call(name string, arguments, headers map[string]any) (status int) {
	r.t.Helper()
	api, known := suiteAPIs[name]
	if !known {
		r.t.Fatalf("this API is not known here: %s", name)
	}
	body := suiteBody(r.t, arguments["body"])
	delete(arguments, "body")
	target, err := api.target(arguments)
	if err != nil {
		r.t.Fatalf("%s: %v", name, err)
	}
	request, err := http.NewRequestWithContext(r.t.Context(), api.method, target, body)
	if err != nil {
		r.t.Fatal(err)
	}
	const media = "application/vnd.elasticsearch+json;compatible-with=9"
	request.Header.Set("Accept", media)
	if body != nil {
		request.Header.Set("Content-Type", media)
	}
	for name, value := range headers {
		request.Header.Set(name, fmt.Sprint(value))
	}
	response, err := r.client().Perform(request)
	if err != nil {
		r.t.Fatalf("%s: %v", name, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatalf("%s: %v", name, err)
	}
	r.last = nil
	if err := json.Unmarshal(answer, &r.last); err != nil {
		r.t.Fatalf("%s: the answer is no JSON: %s", name, answer)
	}
	return response.StatusCode
}

// suiteBody is a body given as YAML or as text.
func suiteBody(t *testing.T, v any) io.Reader {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return strings.NewReader(v)
	default:
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(data)
	}
}
