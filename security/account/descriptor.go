package account

import (
	"bytes"
	"encoding/json"
)

// Descriptor is a role: what its holders may do. Its JSON form is the wire's
// role_descriptor, with the fields in the documented order. Jeton enforces the
// cluster privileges and run_as; it shows the rest and answers questions about
// it.
//
// The zero value grants nothing.
type Descriptor struct {
	// Cluster holds names of cluster privileges and patterns of actions.
	Cluster           []string                  `json:"cluster"`
	Global            Global                    `json:"global,omitempty"`
	Indices           []IndexPrivileges         `json:"indices"`
	Applications      []ApplicationPrivileges   `json:"applications"`
	RunAs             []string                  `json:"run_as"`
	Metadata          map[string]any            `json:"metadata"`
	TransientMetadata map[string]any            `json:"transient_metadata"` // nil means {"enabled":true}
	RemoteIndices     []RemoteIndexPrivileges   `json:"remote_indices,omitempty"`
	RemoteCluster     []RemoteClusterPrivileges `json:"remote_cluster,omitempty"`
	Description       string                    `json:"description,omitempty"`
}

// Global is a tree of category, operation and kind of object, with patterns as
// its leaves: {"profile":{"write":{"applications":["kibana*"]}}}.
type Global map[string]map[string]map[string][]string

// IndexPrivileges grants privileges on the indices that match one of the names.
type IndexPrivileges struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`

	// FieldSecurity narrows the entry to some fields, and Query to the documents
	// that match a query, written as JSON in a string. Nil and empty narrow
	// nothing.
	FieldSecurity *FieldSecurity `json:"field_security,omitempty"`
	Query         string         `json:"query,omitempty"`

	AllowRestrictedIndices bool `json:"allow_restricted_indices"`
}

// FieldSecurity names the fields that are granted, and exceptions among them,
// both as patterns.
type FieldSecurity struct {
	Grant  []string `json:"grant"`
	Except []string `json:"except,omitzero"` // an empty list is shown as such
}

// ApplicationPrivileges grants an application's own privileges on its resources.
type ApplicationPrivileges struct {
	Application string   `json:"application"`
	Privileges  []string `json:"privileges"`
	Resources   []string `json:"resources"`
}

// RemoteIndexPrivileges are IndexPrivileges on other clusters.
type RemoteIndexPrivileges struct {
	IndexPrivileges
	Clusters []string `json:"clusters"`
}

// RemoteClusterPrivileges grants cluster privileges on other clusters.
type RemoteClusterPrivileges struct {
	Privileges []string `json:"privileges"`
	Clusters   []string `json:"clusters"`
}

// MarshalJSON writes the wire's form, in which what is absent is an empty list
// or object and never null. It leaves <, > and & as they are: whether to escape
// them is for the encoder around it.
func (d Descriptor) MarshalJSON() ([]byte, error) {
	type fields Descriptor // without this method
	d.Cluster = orEmpty(d.Cluster)
	d.Indices = orEmpty(d.Indices)
	d.Applications = orEmpty(d.Applications)
	d.RunAs = orEmpty(d.RunAs)
	if d.Metadata == nil {
		d.Metadata = map[string]any{}
	}
	if d.TransientMetadata == nil {
		d.TransientMetadata = map[string]any{"enabled": true}
	}

	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(fields(d))
	return b.Bytes(), err
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Superuser is the descriptor of the reserved role superuser: everything,
// except changes to restricted indices. Each call makes a new one.
func Superuser() Descriptor {
	every := []string{"*"}
	return Descriptor{
		Cluster: []string{"all"},
		Indices: []IndexPrivileges{
			{Names: every, Privileges: []string{"all"}},
			{
				Names:                  every,
				Privileges:             []string{"monitor", "read", "view_index_metadata", "read_cross_cluster"},
				AllowRestrictedIndices: true,
			},
		},
		Applications: []ApplicationPrivileges{{Application: "*", Privileges: every, Resources: every}},
		RunAs:        every,
		Metadata:     map[string]any{"_reserved": true},
	}
}
