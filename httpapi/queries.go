package httpapi

import (
	"bytes"
	"context"
)

type queriedUsers struct {
	Total int           `json:"total"`
	Count int           `json:"count"`
	Users []queriedUser `json:"users"`
}

type queriedUser struct {
	userBody
	Sort []any `json:"_sort,omitempty"`
}

func (s *server) queryUsers(ctx context.Context, r *request) (answer, error) {
	page, err := s.security.QueryUsers(ctx, r.who, r.body)
	body := queriedUsers{Total: page.Total, Count: len(page.Hits), Users: []queriedUser{}}
	for _, hit := range page.Hits {
		body.Users = append(body.Users, queriedUser{userOf(hit.Value), hit.Sort})
	}
	return ok(body), err
}

type queriedRoles struct {
	Total int        `json:"total"`
	Count int        `json:"count"`
	Roles []extended `json:"roles"`
}

func (s *server) queryRoles(ctx context.Context, r *request) (answer, error) {
	page, err := s.security.QueryRoles(ctx, r.who, r.body)
	body := queriedRoles{Total: page.Total, Count: len(page.Hits), Roles: []extended{}}
	for _, hit := range page.Hits {
		body.Roles = append(body.Roles, extended{
			before: object{{"name", hit.Value.Name}},
			object: hit.Value.Descriptor,
			after:  sortKeys(hit.Sort),
		})
	}
	return ok(body), err
}

func sortKeys(keys []any) object {
	if len(keys) == 0 {
		return nil
	}
	return object{{"_sort", keys}}
}

// extended is an object that has its form by itself, with members before and
// after its own.
type extended struct {
	before object
	object any
	after  object
}

// MarshalJSON writes one object.
func (e extended) MarshalJSON() ([]byte, error) {
	var parts [][]byte
	for _, part := range []any{e.before, e.object, e.after} {
		doc, err := encode(part)
		if err != nil {
			return nil, err
		}
		if members := doc[1 : len(doc)-1]; len(members) > 0 {
			parts = append(parts, members)
		}
	}
	return []byte("{" + string(bytes.Join(parts, []byte(","))) + "}"), nil
}
