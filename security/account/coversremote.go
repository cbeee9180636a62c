package account

import "slices"

func (j *judge) coversRemoteIndices(d *Descriptor) bool {
	var have []RemoteIndexPrivileges
	for _, r := range j.roles {
		have = append(have, r.RemoteIndices...)
	}
	for _, e := range d.RemoteIndices {
		if containsEqual(have, e) {
			continue
		}
		var onAll []IndexPrivileges // entries on all of e's clusters
		for _, h := range have {
			if j.coversNames(e.Clusters, h.Clusters) {
				onAll = append(onAll, h.IndexPrivileges)
			}
		}
		if !j.coversEntry(e.IndexPrivileges, onAll) {
			return false
		}
	}
	return true
}

func (j *judge) coversRemoteCluster(d *Descriptor) bool {
	for _, e := range d.RemoteCluster {
		for _, p := range e.Privileges {
			var clusters []string
			for _, r := range j.roles {
				for _, h := range r.RemoteCluster {
					if slices.Contains(h.Privileges, p) {
						clusters = append(clusters, h.Clusters...)
					}
				}
			}
			if !j.coversNames(e.Clusters, clusters) {
				return false
			}
		}
	}
	return true
}

// globalArea names the cluster actions that include a category of global
// privileges.
var globalArea = map[string]string{
	"application": "cluster:admin/xpack/security/privilege/*",
	"profile":     "cluster:admin/xpack/security/profile/*",
}

func (j *judge) coversGlobal(d *Descriptor) bool {
	for category, operations := range d.Global {
		if area, ok := globalArea[category]; ok && j.hasCluster(area) {
			continue
		}
		for operation, kinds := range operations {
			for kind, patterns := range kinds {
				var have []string
				for _, r := range j.roles {
					have = append(have, r.Global[category][operation][kind]...)
				}
				if !j.coversNames(patterns, have) {
					return false
				}
			}
		}
	}
	return true
}
