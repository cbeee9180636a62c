package account

import (
	"slices"
	"strings"
)

// checkDescriptor tests what a role says, once it can be read.
func checkDescriptor(d *Descriptor) error {
	for _, check := range []func(*Descriptor) error{
		checkCluster, checkIndices, checkRemote, checkFields, checkApplications, checkMetadata,
	} {
		if err := check(d); err != nil {
			return err
		}
	}
	return nil
}

func checkCluster(d *Descriptor) error { return checkClusterPrivileges(d.Cluster) }

func checkClusterPrivileges(privileges []string) error {
	for _, p := range privileges {
		if clusterByName[p] == nil && !isActionPattern(clusterActions[:], p) {
			return invalid("unknown cluster privilege [%s]. a privilege must be either one of the predefined cluster privilege "+
				"names [%s] or a pattern over one of the available cluster actions",
				clip(p), strings.Join(namesOf(clusterPrivileges[:]), ","))
		}
	}
	return nil
}

func checkIndexPrivileges(privileges []string) error {
	for _, p := range privileges {
		if indexByName[p] == nil && !isActionPattern(indexActions[:], p) {
			return invalid("unknown index privilege [%s]. a privilege must be either one of the predefined fixed indices "+
				"privileges [%s] or a pattern over one of the available index actions",
				clip(p), strings.Join(namesOf(indexPrivileges[:]), ","))
		}
	}
	return nil
}

func checkIndices(d *Descriptor) error {
	for _, e := range d.Indices {
		if err := checkIndexEntry(e); err != nil {
			return err
		}
	}
	return nil
}

func checkIndexEntry(e IndexPrivileges) error {
	if len(e.Names) == 0 {
		return invalid("indices privileges must refer to at least one index name or index name pattern")
	}
	if len(e.Privileges) == 0 {
		return invalid("indices privileges must define at least one privilege")
	}
	for _, name := range e.Names {
		if err := checkIndexName(name); err != nil {
			return err
		}
	}
	return checkIndexPrivileges(e.Privileges)
}

func checkIndexName(name string) error {
	switch {
	case name == "":
		return invalid("indices privileges must refer to at least one index name or index name pattern, and not to an empty one")
	case name[0] == '/' && !isRegex(name):
		return invalid("invalid regular expression pattern [%s]", clip(name))
	case name[0] != '/' && strings.Contains(name, "::"):
		return invalid("selectors [::] are not allowed in the index name expression [%s]", clip(name))
	}
	return nil
}

// checkFields limits the work for all fields of a role together.
func checkFields(d *Descriptor) error {
	ls := newLanguages(nameWork)
	for _, e := range d.Indices {
		if err := ls.checkFields(e.FieldSecurity); err != nil {
			return err
		}
	}
	for _, e := range d.RemoteIndices {
		if err := ls.checkFields(e.FieldSecurity); err != nil {
			return err
		}
	}
	return nil
}

func (ls *languages) checkFields(f *FieldSecurity) error {
	switch {
	case f == nil || len(f.Except) == 0 || ls.coversNames(f.Except, f.Grant):
	case ls.spent():
		return invalid("the patterns of [field_security] are too many, or too complex, to be compared: use simpler ones in [%s]",
			clip(strings.Join(f.Except, ",")))
	default:
		return invalid("Exceptions for field permissions must be a subset of the granted fields but [%s] is not a subset of [%s]",
			clip(strings.Join(f.Except, ",")), clip(strings.Join(f.Grant, ",")))
	}
	return nil
}

func checkRemote(d *Descriptor) error {
	for _, e := range d.RemoteIndices {
		if len(e.Clusters) == 0 {
			return invalid("the [remote_indices] sub-field [clusters] must refer to at least one cluster alias or cluster alias pattern")
		}
		if slices.Contains(e.Clusters, "") {
			return invalid("remote index cluster alias cannot be an empty string")
		}
		if err := checkIndexEntry(e.IndexPrivileges); err != nil {
			return err
		}
		for _, p := range e.Privileges {
			if strings.HasSuffix(p, "_failure_store") {
				return invalid("remote index privileges cannot contain privileges that grant access to the failure store")
			}
		}
	}
	for _, e := range d.RemoteCluster {
		if len(e.Clusters) == 0 || slices.Contains(e.Clusters, "") || len(e.Privileges) == 0 {
			return invalid("[remote_cluster] must define at least one privilege and refer to at least one cluster alias or cluster alias pattern")
		}
		for _, p := range e.Privileges {
			if known := RemoteClusterPrivilegeNames(); !slices.Contains(known, p) {
				return invalid("Invalid remote_cluster permissions found. Please remove the following: [%s] Only [%s] are allowed",
					clip(p), strings.Join(known, ", "))
			}
		}
	}
	return nil
}

func checkApplications(d *Descriptor) error {
	for _, e := range d.Applications {
		if err := checkApplicationEntry(e, true); err != nil {
			return err
		}
	}
	return nil
}

func checkApplicationEntry(e ApplicationPrivileges, wildcard bool) error {
	switch {
	case e.Application == "":
		return invalid("application privileges must have an application name")
	case len(e.Privileges) == 0:
		return invalid("application privileges must define at least one privilege")
	case len(e.Resources) == 0:
		return invalid("application privileges must refer to at least one resource")
	}
	if err := checkApplicationName(e.Application, wildcard); err != nil {
		return err
	}
	for _, p := range e.Privileges {
		if err := checkNameOrAction(p); err != nil {
			return err
		}
	}
	return nil
}

func checkMetadata(d *Descriptor) error {
	for key := range d.Metadata {
		if strings.HasPrefix(key, "_") {
			return invalid("role descriptor metadata keys may not start with [_]")
		}
	}
	return nil
}
