package node_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"jeton/fsm"
	"jeton/node/nodetest"
)

// oldCluster is a cluster that a release has left on disk.
type oldCluster struct {
	*nodetest.Cluster
	t *testing.T
	// The credentials in it.
	Elastic, Ada, Before, After, Deleted, OAuth, File string
}

func releases(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/releases/*/one.json")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no golden directories: %v", err)
	}
	for i, path := range dirs {
		dirs[i] = filepath.Dir(path)
	}
	return dirs
}

// unpack brings the cluster of that kind back, each node at an address of its own
// that the others find in their address books.
func unpack(t *testing.T, release, kind string, o nodetest.Options) *oldCluster {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(release, kind+".json"))
	if err != nil {
		t.Fatal(err)
	}
	g := &oldCluster{t: t}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob(filepath.Join(release, kind+"-node*.tar.gz"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	o.Settings = append(o.Settings, "xpack.security.authc.token.enabled=true")
	o.Gates = true
	g.Cluster = nodetest.StartWith(t, 0, o)
	g.Password = g.Elastic
	for i, archive := range archives {
		n := g.Prepare(fmt.Sprintf("node%d", i))
		extract(t, archive, n.Dir)
	}
	g.tellAddresses()
	return g
}

// tellAddresses writes into each address book where the nodes will be.
func (g *oldCluster) tellAddresses() {
	g.t.Helper()
	now := map[string]string{}
	for _, n := range g.Nodes {
		var identity struct{ ID string }
		g.readJSON(filepath.Join(n.Dir, "data", "node.json"), &identity)
		now[identity.ID] = n.Gate()
	}
	for _, n := range g.Nodes {
		path := filepath.Join(n.Dir, "data", "raft", "peers.json")
		var book map[string]any
		g.readJSON(path, &book)
		for id, where := range book["nodes"].(map[string]any) {
			where.(map[string]any)["address"] = now[id]
		}
		data, err := json.Marshal(book)
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			g.t.Fatal(err)
		}
	}
}

func (g *oldCluster) readJSON(path string, into any) {
	g.t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		g.t.Fatalf("%s: %v", path, err)
	}
}

func extract(t *testing.T, archive, dir string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for in := tar.NewReader(unzipped); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			var data []byte
			if data, err = io.ReadAll(in); err == nil {
				err = os.WriteFile(path, data, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantAll checks, at every node, each credential that the release has left.
func (g *oldCluster) wantAll() {
	g.t.Helper()
	for _, n := range g.Running() {
		for what, token := range map[string]string{"a token of the snapshot": g.Before, "a token of the log": g.After} {
			wantStatus(g.t, http.StatusOK, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)), what+" at "+n.Name)
		}
		for what, token := range map[string]string{"a deleted token": g.Deleted, "an access token whose time is over": g.OAuth} {
			wantStatus(g.t, http.StatusUnauthorized, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(token)), what+" at "+n.Name)
		}
		ada := fmt.Sprintf(`{"grant_type":"password","username":"ada","password":%q}`, g.Ada)
		wantStatus(g.t, http.StatusOK, n.Do(http.MethodPost, "/_security/oauth2/token", ada), "a grant to a user, at "+n.Name)
		a := n.Do(http.MethodGet, "/_cluster/settings?flat_settings=true", "")
		if persistent, _ := a.JSON(g.t)["persistent"].(map[string]any); persistent["auth.lease"] != "3s" {
			g.t.Errorf("settings at %s: %s", n.Name, a.Body)
		}
	}
	wantStatus(g.t, http.StatusOK, g.Nodes[0].Do(http.MethodGet, whoAmI, "", nodetest.Bearer(g.File)), "a file token")
}

func TestTheDirectoriesOfEveryReleaseAreStarted(t *testing.T) {
	t.Parallel()
	for _, release := range releases(t) {
		for _, kind := range []string{"one", "three"} {
			t.Run(filepath.Base(release)+"/"+kind, func(t *testing.T) {
				g := unpack(t, release, kind, nodetest.Options{})
				g.restart()
				waitLevel(g.Cluster, fsm.Level)
				g.wantAll()
				wantStatus(t, http.StatusOK, g.Nodes[0].Do(http.MethodDelete, tokens+"/after", ""), "delete of a token of the release")
				for _, n := range g.Nodes {
					wantStatus(t, http.StatusUnauthorized, n.Do(http.MethodGet, whoAmI, "", nodetest.Bearer(g.After)), "the deleted token at "+n.Name)
				}
				g.After = create(t, g.Nodes[0], "after")
				for _, n := range g.Nodes {
					n.Stop()
				}
				g.restart()
				waitLevel(g.Cluster, fsm.Level)
				g.wantAll()
			})
		}
	}
}

func (g *oldCluster) restart() {
	for _, n := range g.Nodes {
		n.Restart()
	}
	g.WaitReady()
}

// While one of them runs the release itself, or what knows no more, nothing is new.
func TestTheDirectoriesOfAReleaseAreUpgradedOneByOne(t *testing.T) {
	t.Parallel()
	older := olderNodes{"node0": 1, "node1": 1, "node2": 1}
	g := unpack(t, "testdata/releases/0.4", "three", nodetest.Options{Tune: older.tune})
	g.restart()
	for i, n := range g.Nodes {
		if level, _ := levels(t, n); level != 1 {
			t.Errorf("with %d of 3 upgraded the cluster is at level %d", i, level)
		}
		g.wantAll()
		delete(older, n.Name)
		n.Stop()
		n.Restart()
		g.WaitReady()
	}
	waitLevel(g.Cluster, fsm.Level)
	g.wantAll()
}
