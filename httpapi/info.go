package httpapi

import "context"

// The release of Elasticsearch that Jeton says it is, for clients that look.
// Hash and date are stand-ins: nothing was built from them.
const (
	versionNumber = "9.1.4"
	buildFlavor   = "default"
	buildType     = "tar"
	buildHash     = "0000000000000000000000000000000000000000"
	buildDate     = "2025-09-16T00:00:00.000Z"
)

type info struct {
	Name        string  `json:"name"`
	ClusterName string  `json:"cluster_name"`
	ClusterUUID string  `json:"cluster_uuid"`
	Version     version `json:"version"`
	Tagline     string  `json:"tagline"`
}

type version struct {
	Number                           string `json:"number"`
	BuildFlavor                      string `json:"build_flavor"`
	BuildType                        string `json:"build_type"`
	BuildHash                        string `json:"build_hash"`
	BuildDate                        string `json:"build_date"`
	BuildSnapshot                    bool   `json:"build_snapshot"`
	LuceneVersion                    string `json:"lucene_version"`
	MinimumWireCompatibilityVersion  string `json:"minimum_wire_compatibility_version"`
	MinimumIndexCompatibilityVersion string `json:"minimum_index_compatibility_version"`
}

func (s *server) info(ctx context.Context, r *request) (answer, error) {
	i, err := s.security.Info(ctx, r.who)
	return ok(info{
		Name:        i.NodeName,
		ClusterName: i.ClusterName,
		ClusterUUID: i.ClusterUUID,
		Version: version{
			Number:                           versionNumber,
			BuildFlavor:                      buildFlavor,
			BuildType:                        buildType,
			BuildHash:                        buildHash,
			BuildDate:                        buildDate,
			LuceneVersion:                    "10.2.2",
			MinimumWireCompatibilityVersion:  "8.19.0",
			MinimumIndexCompatibilityVersion: "8.0.0",
		},
		Tagline: "You Know, for Search",
	}), err
}
