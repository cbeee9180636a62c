package packaging_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// manifests are the objects that `kubectl apply -k` would send.
func manifests(t *testing.T) []object {
	t.Helper()
	var all []object
	for _, name := range documents(t, read(t, "kubernetes", "kustomization.yaml"))[0].texts("resources") {
		all = append(all, documents(t, read(t, "kubernetes", name))...)
	}
	return all
}

func manifest(t *testing.T, kind, name string) object {
	t.Helper()
	for _, o := range manifests(t) {
		if o.at("kind") == kind && o.at("metadata", "name") == name {
			return o
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}

func container(t *testing.T) object {
	t.Helper()
	return manifest(t, "StatefulSet", "jeton").list("spec", "template", "spec", "containers")[0]
}

// nodeSettings is jeton.yml of the manifests.
func nodeSettings(t *testing.T) object {
	t.Helper()
	text, _ := manifest(t, "ConfigMap", "jeton").at("data", "jeton.yml").(string)
	return documents(t, text)[0]
}

// environment is what the pod i of the set has, with the image's beneath it.
func environment(t *testing.T, i int) []string {
	t.Helper()
	name := fmt.Sprintf("jeton-%d", i)
	environ := strings.Fields(strings.Join(imageSays(t, "ENV"), " "))
	for _, e := range container(t).list("env") {
		value, _ := e.at("value").(string)
		if e.at("valueFrom", "fieldRef", "fieldPath") == "metadata.name" {
			value = name
		}
		environ = append(environ, fmt.Sprintf("%s=%s", e["name"], strings.ReplaceAll(value, "$(JETON_NODE_NAME)", name)))
	}
	return environ
}

func TestEveryFileOfTheFolderIsApplied(t *testing.T) {
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	resources := documents(t, read(t, "kubernetes", "kustomization.yaml"))[0].texts("resources")
	if len(files) != len(resources)+1 {
		t.Errorf("%d files, of which kustomization.yaml names %s", len(files), resources)
	}
}

func TestAllThatSelectsPodsFindsTheNodes(t *testing.T) {
	labels := manifest(t, "StatefulSet", "jeton").at("spec", "template", "metadata", "labels")
	want := fmt.Sprint(labels)
	for what, selector := range map[string]any{
		"StatefulSet":         manifest(t, "StatefulSet", "jeton").at("spec", "selector", "matchLabels"),
		"PodDisruptionBudget": manifest(t, "PodDisruptionBudget", "jeton").at("spec", "selector", "matchLabels"),
		"Service jeton":       manifest(t, "Service", "jeton").at("spec", "selector"),
		"Service jeton-nodes": manifest(t, "Service", "jeton-nodes").at("spec", "selector"),
	} {
		if labels == nil || fmt.Sprint(selector) != want {
			t.Errorf("%s selects %v; the pods have %v", what, selector, labels)
		}
	}
}

func TestNodesFindEachOtherBeforeTheyAreReady(t *testing.T) {
	set := manifest(t, "StatefulSet", "jeton")
	nodes, _ := set.at("spec", "serviceName").(string)
	service := manifest(t, "Service", nodes)
	if service.at("spec", "clusterIP") != "None" || service.at("spec", "publishNotReadyAddresses") != true {
		t.Errorf("the service of the nodes: %v", service["spec"])
	}
	if set.at("spec", "podManagementPolicy") != "Parallel" {
		t.Error("the first node waits for the others, and these for the first")
	}
	for _, host := range nodeSettings(t).texts("discovery.seed_hosts") {
		if _, name, _ := strings.Cut(host, "."); name != nodes {
			t.Errorf("the host %s is not a name of the service %s", host, nodes)
		}
	}
}

func TestTheFoundersAreTheFirstPods(t *testing.T) {
	var pods []string
	replicas, _ := manifest(t, "StatefulSet", "jeton").at("spec", "replicas").(int)
	for i := range replicas {
		pods = append(pods, fmt.Sprintf("jeton-%d", i))
	}
	if got := nodeSettings(t).texts("cluster.initial_master_nodes"); replicas < 3 || !slices.Equal(got, pods) {
		t.Errorf("cluster.initial_master_nodes %s, pods %s", got, pods)
	}
	budget := manifest(t, "PodDisruptionBudget", "jeton").at("spec", "maxUnavailable")
	if n, ok := budget.(int); !ok || n > (replicas-1)/2 {
		t.Errorf("of %d nodes %v may be missing", replicas, budget)
	}
}

func TestThePodsEnvironmentIsSettings(t *testing.T) {
	own, err := yaml.Marshal(nodeSettings(t))
	if err != nil {
		t.Fatal(err)
	}
	s := settings(t, string(own), environment(t, 1))
	if !s.Declared() || len(s.InitialMasterNodes) != 3 || !slices.Contains(s.SeedHosts, "jeton-1.jeton-nodes:9300") || s.JoinSecretFile == "" {
		t.Errorf("%s of %q at %q do not form a cluster", s.NodeName, s.InitialMasterNodes, s.SeedHosts)
	}
	if s.NodeName != "jeton-1" || s.TransportPublish() != "jeton-1.jeton-nodes" || s.HTTPPublish() != "jeton-1.jeton-nodes" {
		t.Errorf("%s is reached at %s and %s", s.NodeName, s.HTTPPublish(), s.TransportPublish())
	}
	// The root of a volume belongs to root, and a node takes its directory for
	// itself alone.
	if filepath.Dir(s.PathData) != mountOf(t, "data") {
		t.Errorf("path.data is %s and the volume is at %s", s.PathData, mountOf(t, "data"))
	}
	for _, p := range container(t).list("ports") {
		if port := p["containerPort"]; port != s.HTTPPort && port != s.TransportPort {
			t.Errorf("nothing listens at port %v", port)
		}
	}
}

func mountOf(t *testing.T, volume string) string {
	t.Helper()
	for _, m := range container(t).list("volumeMounts") {
		if m["name"] == volume {
			path, _ := m["mountPath"].(string)
			return path
		}
	}
	t.Fatalf("the volume %s is not mounted", volume)
	return ""
}

func TestSecretsComeFromTheSecret(t *testing.T) {
	joinSecret, _ := nodeSettings(t)["cluster.join_secret_file"].(string)
	want := []string{joinSecret}
	for _, e := range environment(t, 0) {
		if file, ok := strings.CutPrefix(e, "ELASTIC_PASSWORD_FILE="); ok {
			want = append(want, file)
		}
		if strings.HasPrefix(e, "ELASTIC_PASSWORD=") {
			t.Error("the password is in the environment")
		}
	}
	for _, file := range want {
		if filepath.Dir(file) != mountOf(t, "secrets") {
			t.Errorf("%q is not in the secret", file)
		}
	}
	if mountOf(t, "config") != configDir {
		t.Errorf("jeton.yml is at %s", mountOf(t, "config"))
	}
}

func TestProbesAskWhereTheNodeAnswers(t *testing.T) {
	for probe, path := range map[string]string{"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"} {
		get, _ := container(t).at(probe, "httpGet").(object)
		if get["path"] != path || get["port"] != "https" || get["scheme"] != "HTTPS" {
			t.Errorf("%s: %v", probe, get)
		}
	}
}

func TestThePodMayDoNoMoreThanItNeeds(t *testing.T) {
	pod, _ := manifest(t, "StatefulSet", "jeton").at("spec", "template", "spec").(object)
	user := fmt.Sprintf("%v:%v", pod.at("securityContext", "runAsUser"), pod.at("securityContext", "runAsGroup"))
	if got := imageSays(t, "USER"); !slices.Equal(got, []string{user}) {
		t.Errorf("the pod runs as %s, and the image is made for %s", user, got)
	}
	own, _ := container(t).at("securityContext").(object)
	if own["allowPrivilegeEscalation"] != false || own["readOnlyRootFilesystem"] != true || !slices.Equal(own.texts("capabilities", "drop"), []string{"ALL"}) {
		t.Errorf("%v", own)
	}
	if pod["automountServiceAccountToken"] != false || pod["enableServiceLinks"] != false {
		t.Error("the pod gets a token of Kubernetes, or variables that look like settings")
	}
}
