package main

import (
	"fmt"
	"os"
	"path/filepath"

	"jeton/node"
)

// maxDevNodes is more than a cluster can use.
const maxDevNodes = 99

// devTokenService is what a dev cluster has although its clients have no TLS.
const devTokenService = "xpack.security.authc.token.enabled"

// devNode is one node of a dev cluster: DIR/nodeN with its config directory,
// whose jeton.yml remembers its ports, and its data directory.
type devNode struct {
	name      string
	configDir string
	settings  node.Settings
	known     bool // it has been let into a cluster, or has begun to found one
}

// planDev lays out the directories of all nodes, with ports that are free now,
// and loads their settings.
func planDev(dir string, o devOptions) ([]devNode, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	count, err := devCount(dir, o.nodes)
	if err != nil {
		return nil, err
	}
	var held heldPorts
	defer held.release()
	plan := make([]devNode, count)
	for i := range plan {
		if plan[i], err = planDevNode(dir, i, o, &held); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// devCount is the number of nodes to start: all that there are, and more when
// more are wanted.
func devCount(dir string, wanted int) (int, error) {
	there := 0
	for i := range maxDevNodes {
		if exists(devSettings(dir, i)) {
			there = i + 1
		}
	}
	switch {
	case wanted == 0 && there == 0:
		return 3, nil
	case wanted == 0:
		return there, nil
	case wanted < there:
		return 0, fmt.Errorf("%s holds a cluster of %d nodes, which needs a majority of them: give no --nodes to start all, or another directory with --data", dir, there)
	}
	return wanted, nil
}

func planDevNode(dir string, i int, o devOptions, held *heldPorts) (devNode, error) {
	home := devHome(dir, i)
	n := devNode{name: filepath.Base(home), configDir: filepath.Join(home, "config")}
	data := filepath.Join(home, "data")
	n.known = exists(filepath.Join(data, "ca.crt"))
	file := devSettings(dir, i)
	isNew := !exists(file)
	var former node.Settings
	if !isNew {
		var err error
		if former, _, err = node.ReadSettings(n.configDir, nil, nil); err != nil {
			return devNode{}, err
		}
	}
	if port := former.TransportPort; port != 0 && o.transport.of(i, port) != port {
		return devNode{}, fmt.Errorf("%s cannot move to another cluster port: the nodes in %s would not find each other again; leave out --%s", n.name, dir, o.transport.flag)
	}
	httpPort, err := held.take(o.http, i, former.HTTPPort)
	if err != nil {
		return devNode{}, err
	}
	transportPort, err := held.take(o.transport, i, former.TransportPort)
	if err != nil {
		return devNode{}, err
	}
	if isNew {
		if err := writeDevSettings(file, n.name, data, httpPort, transportPort); err != nil {
			return devNode{}, err
		}
	}
	overrides := []string{
		"path.data=" + data, // also when DIR was moved
		fmt.Sprint("http.port=", httpPort),
		fmt.Sprint("transport.port=", transportPort),
	}
	if former.TokenEnabled == nil { // made by a release that had no token service
		overrides = append(overrides, devTokenService+"=true")
	}
	n.settings, _, err = node.LoadSettings(n.configDir, overrides, nil)
	return n, err
}

func devHome(dir string, i int) string { return filepath.Join(dir, fmt.Sprint("node", i)) }

func devSettings(dir string, i int) string {
	return filepath.Join(devHome(dir, i), "config", "jeton.yml")
}

// writeDevSettings makes a config directory with which 'jeton start' can run
// the node, too.
func writeDevSettings(file, name, data string, httpPort, transportPort int) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	text := fmt.Sprintf("node.name: %s\npath.data: %q\nhttp.port: %d\ntransport.port: %d\n%s: true\n", name, data, httpPort, transportPort, devTokenService)
	return os.WriteFile(file, []byte(text), 0o600)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
