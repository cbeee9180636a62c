package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"jeton/security/account"
)

// hasPrivilegesBody's maps are written in the order of their keys.
type hasPrivilegesBody struct {
	Username string `json:"username"`
	account.PrivilegesAnswer
}

func (s *server) hasPrivileges(ctx context.Context, r *request) (answer, error) {
	name, err := r.ownName()
	if err != nil {
		return answer{}, err
	}
	asked, err := account.ParsePrivilegesRequest(r.body)
	if err != nil {
		return answer{}, err
	}
	a, err := s.security.HasPrivileges(ctx, r.who, name, asked)
	if name == "" {
		name = r.who.Username
	}
	return ok(hasPrivilegesBody{name, a}), err
}

func (s *server) userPrivileges(ctx context.Context, r *request) (answer, error) {
	p, err := s.security.UserPrivileges(ctx, r.who)
	return ok(p), err
}

type builtinPrivileges struct {
	Cluster       []string `json:"cluster"`
	Index         []string `json:"index"`
	RemoteCluster []string `json:"remote_cluster"`
}

func (s *server) builtinPrivileges(ctx context.Context, r *request) (answer, error) {
	p, err := s.security.BuiltinPrivileges(ctx, r.who)
	return ok(builtinPrivileges(p)), err
}

// byApplication are privileges of applications, application by application, in
// the order in which they come.
type byApplication []applicationEntries

type applicationEntries struct {
	application string
	entries     object
}

func (b byApplication) with(application, name string, value any) byApplication {
	for i := range b {
		if b[i].application == application {
			b[i].entries = append(b[i].entries, member{name, value})
			return b
		}
	}
	return append(b, applicationEntries{application, object{{name, value}}})
}

func (b byApplication) body() object {
	body := object{}
	for _, a := range b {
		body = append(body, member{a.application, a.entries})
	}
	return body
}

// privileges answers with those that were found. It is a 404 where some were
// named and none was found; an application alone names none.
func (s *server) privileges(ctx context.Context, r *request) (answer, error) {
	names := r.names("name")
	list, err := s.security.Privileges(ctx, r.who, r.segment("application"), names)
	var found byApplication
	for _, p := range list {
		found = found.with(p.Application, p.Name, privilegeOf(p))
	}
	return foundSome(found.body(), names), err
}

func privilegeOf(p account.ApplicationPrivilege) account.ApplicationPrivilege {
	p.Actions = orEmpty(p.Actions)
	if p.Metadata == nil {
		p.Metadata = map[string]any{}
	}
	return p
}

func (s *server) putPrivileges(ctx context.Context, r *request) (answer, error) {
	list, err := decodePrivileges(r.body)
	if err != nil {
		return answer{}, err
	}
	isNew, err := s.security.PutPrivileges(ctx, r.who, list)
	if err != nil {
		return answer{}, err
	}
	var done byApplication
	for i, p := range list {
		done = done.with(p.Application, p.Name, created{isNew[i]})
	}
	return ok(done.body()), nil
}

func (s *server) deletePrivileges(ctx context.Context, r *request) (answer, error) {
	application, names := r.segment("application"), r.names("name")
	if names == nil {
		return answer{}, validationFailed("privileges are missing")
	}
	existed, err := s.security.DeletePrivileges(ctx, r.who, application, names)
	if err != nil {
		return answer{}, err
	}
	status := http.StatusNotFound
	entries := object{}
	for i, name := range names {
		entries = append(entries, member{name, found{existed[i]}})
		if existed[i] {
			status = http.StatusOK
		}
	}
	return answer{status: status, json: object{{application, entries}}}, nil
}

// privilegesParser reads privileges by application and name. A privilege may
// repeat both, and must not contradict them.
type privilegesParser struct {
	*parser
	list []account.ApplicationPrivilege
}

func decodePrivileges(body []byte) ([]account.ApplicationPrivilege, error) {
	p := &privilegesParser{parser: newParser("application-privilege", body)}
	err := p.document(func(application string) any { return p.application(application) })
	return p.list, err
}

func (p *privilegesParser) application(application string) reader {
	return func() error {
		return p.object(func(name string) any { return p.privilege(application, name) })
	}
}

func (p *privilegesParser) privilege(application, name string) reader {
	return func() error {
		v := account.ApplicationPrivilege{Application: application, Name: name}
		var metadata json.RawMessage
		fields := map[string]any{
			"application": &notNull{&v.Application},
			"name":        &notNull{&v.Name},
			"actions":     &texts{into: &v.Actions},
			"metadata":    p.anyObject(&metadata),
		}
		if err := p.object(func(key string) any { return fields[key] }); err != nil {
			return err
		}
		if v.Application != application {
			return illegalArgument("privilege application [%s] in source does not match the provided application [%s]", v.Application, application)
		}
		if v.Name != name {
			return illegalArgument("privilege name [%s] in source does not match the provided name [%s]", v.Name, name)
		}
		var err error
		if metadata != nil {
			v.Metadata, err = objectOf(metadata)
		}
		p.list = append(p.list, v)
		return err
	}
}
