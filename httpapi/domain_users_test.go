package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"jeton/security"
	"jeton/security/query"
)

var refusals = map[string]error{
	"invalid": &security.ValidationError{Reasons: []string{"roles are missing", "metadata keys may not start with [_]"}},
	"nobody":  &security.ValidationError{Reasons: []string{"user must exist in order to change password"}},
	"elastic": &security.ArgumentError{Reason: "user [elastic] is reserved and cannot be deleted"},
	"beyond": &security.PermissionError{
		Action:    "cluster:admin/xpack/security/role/put",
		Caller:    security.Identity{Username: "elastic", Roles: []string{"superuser"}},
		GrantedBy: []string{"manage_security", "all"},
		Beyond:    "it does not hold the cluster privilege [manage_watcher]",
	},
	"large": fmt.Errorf("encode: %w", security.ErrTooLarge),
}

// refuse makes the names of failures fail, of the domain and of users.
func refuse(who security.Identity, action, name string) error {
	if err := may(who, action, "manage_security", "all"); err != nil {
		return err
	}
	if err, ok := refusals[name]; ok {
		return err
	}
	return failingNames[name]
}

// PutUser knows joe and replaces him.
func (d *domain) PutUser(_ context.Context, who security.Identity, u security.UserChange) (bool, error) {
	d.putUser = u
	return u.Username != "joe", refuse(who, "cluster:admin/xpack/security/user/put", u.Username)
}

func everybody() []security.User {
	name, email := "Joe Bloggs", "joe@example.com"
	return []security.User{
		{Username: "elastic", Roles: []string{"superuser"}, Metadata: json.RawMessage(`{"_reserved":true}`), Enabled: true},
		{
			Username: "joe", Roles: []string{"viewer", "editor"}, FullName: &name, Email: &email,
			Metadata: json.RawMessage(`{"team":"<a>","since":2019}`), Enabled: false,
		},
		{Username: "mary", Enabled: true},
	}
}

func (d *domain) Users(_ context.Context, who security.Identity, names []string) ([]security.User, error) {
	err := refuse(who, "cluster:admin/xpack/security/user/get", strings.Join(names, " "))
	return slices.DeleteFunc(everybody(), func(u security.User) bool {
		return names != nil && !slices.Contains(names, u.Username)
	}), err
}

func (d *domain) DeleteUser(_ context.Context, who security.Identity, name string) (bool, error) {
	return name == "joe", refuse(who, "cluster:admin/xpack/security/user/delete", name)
}

// ChangePassword wants to see a certain new one.
func (d *domain) ChangePassword(_ context.Context, _ security.Identity, name string, p security.NewPassword) error {
	switch {
	case p.Clear == nil && p.Hash == nil:
		return &security.ValidationError{Reasons: []string{"password must be specified"}}
	case p.Clear != nil && p.Clear.Reveal() != "s3krit-password2":
		return &security.ValidationError{Reasons: []string{"passwords must be at least [6] characters long"}}
	}
	return refusals[name]
}

func (d *domain) SetUserEnabled(_ context.Context, who security.Identity, name string, enabled bool) error {
	if name == who.Username && !enabled {
		return &security.ArgumentError{Reason: "users may not update the enabled status of their own account"}
	}
	return refuse(who, "cluster:admin/xpack/security/user/set_enabled", name)
}

// userFields are as many as the tests need.
func userFields() query.Fields {
	return query.Fields{"username": query.Keyword, "roles": query.Keyword, "enabled": query.Boolean}
}

func (d *domain) QueryUsers(ctx context.Context, who security.Identity, body []byte) (query.Page[security.User], error) {
	if err := may(who, "cluster:admin/xpack/security/user/query", "read_security", "manage_security", "all"); err != nil {
		return query.Page[security.User]{}, err
	}
	search, err := query.Parse(body, userFields())
	if err != nil {
		return query.Page[security.User]{}, err
	}
	return query.Run(ctx, search, everybody(), func(u security.User) query.Record {
		return query.Record{"username": u.Username, "roles": u.Roles, "enabled": u.Enabled}
	})
}
