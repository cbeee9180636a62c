package account

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf16"
)

// ParseDescriptor reads the body of a request that puts a role, or a role of
// roles.yml written as JSON. Lists of texts may be a single text; index is
// another name of indices, and transient_metadata is read and dropped. Errors
// are *DescriptorError.
func ParseDescriptor(body []byte) (Descriptor, error) {
	var d Descriptor
	err := readBody(body, "failed to parse role", func(r *reader) error { return r.descriptor(&d) })
	if err == nil {
		err = checkDescriptor(&d)
	}
	if err != nil {
		return Descriptor{}, err
	}
	return d, nil
}

func (r *reader) descriptor(d *Descriptor) error {
	var indices, applications bool // under either of their names
	return r.object("role", func(name string) (err error) {
		switch name {
		case "cluster":
			d.Cluster, err = r.texts(name)
		case "global":
			d.Global, err = r.global()
		case "indices", "index":
			if indices {
				return malformed("%s. duplicate field [%s] in [role]", r.what, name)
			}
			indices = true
			d.Indices, err = r.indices(name)
		case "applications", "application":
			if applications {
				return malformed("%s. duplicate field [%s] in [role]", r.what, name)
			}
			applications = true
			d.Applications, err = r.applications(name)
		case "run_as":
			d.RunAs, err = r.texts(name)
		case "metadata":
			d.Metadata, err = r.objectValue(name)
		case "transient_metadata":
			_, err = r.objectValue(name)
		case "remote_indices":
			d.RemoteIndices, err = r.remoteIndices(name)
		case "remote_cluster":
			d.RemoteCluster, err = r.remoteCluster(name)
		case "description":
			d.Description, err = r.description(name)
		case "restriction":
			return invalid("the field [restriction] is not supported in a role, remove it")
		default:
			return r.unknown(name, "role")
		}
		return err
	})
}

func (r *reader) description(where string) (string, error) {
	text, err := r.text(where, maxBody)
	if err == nil && len(utf16.Encode([]rune(text))) > maxDescription {
		err = invalid("Role description must be less than %d characters.", maxDescription)
	}
	return text, err
}

func (r *reader) indices(where string) ([]IndexPrivileges, error) {
	var list []IndexPrivileges
	err := r.list(where, func() error {
		var e IndexPrivileges
		err := r.object(where, func(name string) error { return r.indexField(&e, where, name) })
		list = append(list, e)
		return err
	})
	return list, err
}

func (r *reader) indexField(e *IndexPrivileges, where, name string) (err error) {
	switch name {
	case "names":
		e.Names, err = r.texts(name)
	case "privileges":
		e.Privileges, err = r.texts(name)
	case "allow_restricted_indices":
		e.AllowRestrictedIndices, err = r.boolean(name)
	case "field_security":
		e.FieldSecurity, err = r.fieldSecurity(name)
	case "query":
		e.Query, err = r.query(name)
	default:
		return r.unknown(name, where)
	}
	return err
}

func (r *reader) fieldSecurity(where string) (*FieldSecurity, error) {
	f := &FieldSecurity{}
	var grant bool
	err := r.object(where, func(name string) (err error) {
		switch name {
		case "grant":
			grant = true
			f.Grant, err = r.texts(name)
		case "except":
			f.Except, err = r.texts(name)
			f.Except = orEmpty(f.Except)
		default:
			return malformed(`%s. "%s" only accepts options grant and except, but got: %s`, r.what, where, clip(name))
		}
		return err
	})
	f.Grant = orEmpty(f.Grant)
	if err == nil && !grant {
		err = malformed("%s. %s requires grant", r.what, where)
	}
	return f, err
}

// query reads a query as an object, which becomes its compact text, or as the
// text of one.
func (r *reader) query(where string) (string, error) {
	var raw json.RawMessage
	if err := r.dec.Decode(&raw); err != nil {
		return "", malformed("%s: the JSON is not valid: %v", r.what, err)
	}
	if len(raw) > maxQuery {
		return "", invalid("[%s] has more than [%d] bytes", where, maxQuery)
	}
	var text string
	switch raw = bytes.TrimSpace(raw); raw[0] {
	case 'n':
		return "", nil
	case '"':
		if err := json.Unmarshal(raw, &text); err != nil || text == "" {
			return "", err
		}
	default:
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			return "", malformed("%s: the JSON is not valid: %v", r.what, err)
		}
		text = b.String()
	}
	err := readBody([]byte(text), "failed to parse field ["+where+"]", func(q *reader) error {
		return q.object(where, func(string) error {
			token, err := q.token()
			if err != nil {
				return err
			}
			_, err = q.valueFrom(where, token, 1)
			return err
		})
	})
	if err != nil {
		return "", invalid("%v", err)
	}
	return text, nil
}

func (r *reader) applications(where string) ([]ApplicationPrivileges, error) {
	var list []ApplicationPrivileges
	err := r.list(where, func() error {
		var e ApplicationPrivileges
		err := r.object(where, func(name string) (err error) {
			switch name {
			case "application":
				e.Application, err = r.text(name, maxText)
			case "privileges":
				e.Privileges, err = r.texts(name)
			case "resources":
				e.Resources, err = r.texts(name)
			default:
				return r.unknown(name, where)
			}
			return err
		})
		list = append(list, e)
		return err
	})
	return list, err
}

func (r *reader) remoteIndices(where string) ([]RemoteIndexPrivileges, error) {
	var list []RemoteIndexPrivileges
	err := r.list(where, func() error {
		var e RemoteIndexPrivileges
		err := r.object(where, func(name string) (err error) {
			if name == "clusters" {
				e.Clusters, err = r.texts(name)
				return err
			}
			return r.indexField(&e.IndexPrivileges, where, name)
		})
		list = append(list, e)
		return err
	})
	return list, err
}

func (r *reader) remoteCluster(where string) ([]RemoteClusterPrivileges, error) {
	var list []RemoteClusterPrivileges
	err := r.list(where, func() error {
		var e RemoteClusterPrivileges
		err := r.object(where, func(name string) (err error) {
			switch name {
			case "privileges":
				e.Privileges, err = r.texts(name)
			case "clusters":
				e.Clusters, err = r.texts(name)
			default:
				return r.unknown(name, where)
			}
			return err
		})
		list = append(list, e)
		return err
	})
	return list, err
}

// globalOperations are the operations of each category of global privileges;
// each has patterns of applications.
var globalOperations = map[string][]string{
	"application": {"manage"},
	"profile":     {"write"},
}

func (r *reader) global() (Global, error) {
	var g Global
	err := r.object("global", func(category string) error {
		return r.object(category, func(operation string) error {
			if !slices.Contains(globalOperations[category], operation) {
				return r.unknown(category+"."+operation, "global")
			}
			return r.object(operation, func(kind string) error {
				if kind != "applications" {
					return r.unknown(kind, "global")
				}
				patterns, err := r.texts(kind)
				if g == nil {
					g = Global{}
				}
				g[category] = map[string]map[string][]string{operation: {kind: orEmpty(patterns)}}
				return err
			})
		})
	})
	return g, err
}
