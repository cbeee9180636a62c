package fsm

import "encoding/json"

// Role is a native role. What a descriptor means is not known here.
type Role struct {
	Name       string          `json:"name"`
	Descriptor json.RawMessage `json:"descriptor"`
}

// ApplicationPrivilege is a name for a set of an application's actions.
type ApplicationPrivilege struct {
	Application string          `json:"application"`
	Name        string          `json:"name"`
	Actions     []string        `json:"actions"`
	Metadata    json.RawMessage `json:"metadata,omitempty"` // an object
}

// ServiceAccount is a service account of the users' own.
type ServiceAccount struct {
	Name     string   `json:"name"` // NAMESPACE/SERVICE
	Roles    []string `json:"roles"`
	Disabled bool     `json:"disabled,omitempty"`
}
