package account

import (
	"errors"
	"math"
)

// maxChecks bounds the answers that one request asks for.
const maxChecks = 10_000

// PrivilegesRequest asks which of some privileges a caller has.
type PrivilegesRequest struct {
	Cluster     []string                `json:"cluster,omitempty"`
	Index       []IndexPrivileges       `json:"index,omitempty"`
	Application []ApplicationPrivileges `json:"application,omitempty"`
}

// PrivilegesAnswer answers a PrivilegesRequest: a privilege, an index and a
// privilege, or an application, a resource and a privilege.
type PrivilegesAnswer struct {
	HasAll      bool                                  `json:"has_all_requested"`
	Cluster     map[string]bool                       `json:"cluster"`
	Index       map[string]map[string]bool            `json:"index"`
	Application map[string]map[string]map[string]bool `json:"application"`
}

// ParsePrivilegesRequest reads the body of a has_privileges request. Errors are
// *DescriptorError.
func ParsePrivilegesRequest(body []byte) (PrivilegesRequest, error) {
	var q PrivilegesRequest
	fields := map[string]bool{}
	err := readBody(body, "failed to parse privileges check", func(r *reader) error {
		return r.object("privileges check", func(name string) (err error) {
			field := name
			switch name {
			case "cluster":
				q.Cluster, err = r.texts(name)
			case "index":
				q.Index, err = r.indices(name)
			case "application", "applications":
				field = "application"
				if fields[field] {
					return malformed("%s. duplicate field [%s] in [privileges check]", r.what, name)
				}
				q.Application, err = r.applications(name)
			default:
				return r.unknown(name, "privileges check")
			}
			fields[field] = true
			return err
		})
	})
	switch {
	case err != nil:
	case len(fields) == 0:
		err = malformed("failed to parse privileges check. All privilege fields [cluster,index,applications] are missing")
	default:
		err = q.check()
	}
	if err != nil {
		return PrivilegesRequest{}, err
	}
	return q, nil
}

func (q PrivilegesRequest) check() error {
	n := len(q.Cluster)
	if err := unknown(checkClusterPrivileges(q.Cluster)); err != nil {
		return err
	}
	for _, e := range q.Index {
		if !e.FieldSecurity.everything() {
			return malformed("Field [field_security] is not supported in a has_privileges request")
		}
		if e.Query != "" {
			return malformed("Field [query] is not supported in a has_privileges request")
		}
		if err := unknown(checkIndexPrivileges(e.Privileges)); err != nil {
			return err
		}
		if err := checkIndexEntry(e); err != nil {
			return err
		}
		n = addProduct(n, len(e.Names), len(e.Privileges))
	}
	for _, e := range q.Application {
		if err := checkApplicationEntry(e, false); err != nil {
			return err
		}
		n = addProduct(n, len(e.Resources), len(e.Privileges))
	}
	switch {
	case n == 0:
		return invalid("must specify at least one privilege")
	case n > maxChecks:
		return invalid("the request asks for more than [%d] answers, split it", maxChecks)
	}
	return nil
}

// unknown turns the refusal of a role's privilege into that of a question's: one
// that there is not is an argument here.
func unknown(err error) error {
	if e, ok := errors.AsType[*DescriptorError](err); ok {
		return &DescriptorError{Reason: e.Reason, Argument: true}
	}
	return err
}

// addProduct stays below the largest number, which is far above maxChecks.
func addProduct(n, a, b int) int { return min(n+a*b, math.MaxInt32) }

// Check answers a request. The work for all of it is limited: what cannot be
// decided within it is denied.
func (r Roles) Check(q PrivilegesRequest, resolve Resolver) PrivilegesAnswer {
	j := newJudge(r, resolve)
	a := PrivilegesAnswer{
		HasAll:      true,
		Cluster:     map[string]bool{},
		Index:       map[string]map[string]bool{},
		Application: map[string]map[string]map[string]bool{},
	}
	for _, p := range q.Cluster {
		a.note(a.Cluster, p, j.hasCluster(p))
	}
	for _, e := range q.Index {
		for _, name := range e.Names {
			to := inner(a.Index, name)
			for _, p := range e.Privileges {
				a.note(to, p, j.hasIndex(name, p, e.AllowRestrictedIndices))
			}
		}
	}
	for _, e := range q.Application {
		resources := inner(a.Application, e.Application)
		for _, resource := range e.Resources {
			to := inner(resources, resource)
			for _, p := range e.Privileges {
				a.note(to, p, j.hasApplication(e.Application, p, resource))
			}
		}
	}
	return a
}

// note enters an answer. What is asked twice, once with restricted indices, is
// held when it is held both times.
func (a *PrivilegesAnswer) note(to map[string]bool, privilege string, held bool) {
	if before, ok := to[privilege]; ok {
		held = held && before
	}
	to[privilege] = held
	a.HasAll = a.HasAll && held
}

func inner[V any](m map[string]map[string]V, key string) map[string]V {
	if m[key] == nil {
		m[key] = map[string]V{}
	}
	return m[key]
}
