package query_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"jeton/security/query"
)

// userFields and roleFields are declared as the APIs for users and roles do.
var (
	userFields = query.Fields{
		"username": query.Keyword, "roles": query.Keyword, "enabled": query.Boolean,
		"full_name": query.Text, "email": query.Email,
	}
	roleFields = query.Fields{
		"name": query.Keyword, "description": query.Text, "metadata": query.Object,
		"applications.application": query.Keyword, "applications.privileges": query.Keyword,
	}
)

var users = []query.Record{
	{
		"_id": "user-batman", "username": "batman-official-user", "roles": []string{"bat-cave-admin"},
		"full_name": "Batman", "email": "batman@hotmail.com", "enabled": true,
	},
	{
		"_id": "user-mr-prefix1", "username": "mr-prefix1", "roles": []string{"some-other-role", "master-of-the-universe"},
		"full_name": "Prefix The 1st", "email": "email@something.com", "enabled": true,
	},
	{
		"_id": "user-mr-prefix2", "username": "mr-prefix2", "roles": []string{"master-of-the-world", "some-other-role"},
		"full_name": "Prefix O'Neil Jr.", "enabled": false,
	},
	{"_id": "user-Zoe", "username": "Zoe", "roles": []string{}, "full_name": nil, "enabled": false},
}

var roles = []query.Record{
	{
		"name": "admin_role", "description": "This is my test role, version 1.5", "applications.application": []string{"myapp", "kibana-.kibana"},
		"metadata": map[string]any{"team": "a", "n": 1234567.0, "deep": map[string]any{"er": []any{"x", true, nil}}},
	},
	{"name": "dotted", "metadata": map[string]any{"deep.er": "y", "list": []any{map[string]any{"k": "first"}, map[string]any{"k": "in a list"}}}},
	{"name": "reader", "metadata": map[string]any{"_reserved": true}},
	{"name": "plain"},
}

func same(r query.Record) query.Record { return r }

func mustParse(t testing.TB, body string, fields query.Fields) *query.Search {
	t.Helper()
	s, err := query.Parse([]byte(body), fields)
	if err != nil {
		t.Fatalf("%s\n%v", body, err)
	}
	return s
}

// found runs a search and returns the names of the hits.
func found(t testing.TB, body string, fields query.Fields, all []query.Record, key string) (names []string, total int) {
	t.Helper()
	page := searched(mustParse(t, body, fields), all, same)
	names = []string{}
	for _, h := range page.Hits {
		names = append(names, h.Value[key].(string))
	}
	return names, page.Total
}

func expectUsers(t testing.TB, body string, want ...string) {
	t.Helper()
	if got, _ := found(t, body, userFields, users, "username"); !slices.Equal(got, want) {
		t.Errorf("%s\n got %q\nwant %q", body, got, want)
	}
}

func expectRoles(t testing.TB, body string, want ...string) {
	t.Helper()
	if got, _ := found(t, body, roleFields, roles, "name"); !slices.Equal(got, want) {
		t.Errorf("%s\n got %q\nwant %q", body, got, want)
	}
}

func asJSON(t interface{ Fatal(...any) }, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// searched is a search that has all the time it needs.
func searched[T any](s *query.Search, all []T, record func(T) query.Record) query.Page[T] {
	page, err := query.Run(context.Background(), s, all, record)
	if err != nil {
		panic(err)
	}
	return page
}
