package manifests

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

const folder = "../../packaging/kubernetes"

// check says what a document with one object has that its kind has not: fields
// with other names or of other types, by the kind's Go type, and list entries
// that stand twice, by the schema that is served to clients.
func check(document []byte) error {
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		json.SerializerOptions{Yaml: true, Strict: true})
	if _, _, err := strict.Decode(document, nil, nil); err != nil {
		return err
	}
	var object unstructured.Unstructured
	if err := yaml.UnmarshalStrict(document, &object.Object); err != nil {
		return err
	}
	_, err := applyconfigurations.NewTypeConverter(scheme.Scheme).ObjectToTyped(runtime.Object(&object))
	return err
}

// documents are the parts of a file that have more than comments.
func documents(file []byte) [][]byte {
	return bytes.Split(file, []byte("\n---\n"))
}

func TestTheManifestsAreAsKubernetesPublishesTheirKinds(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		if filepath.Base(name) == "kustomization.yaml" {
			continue // for kubectl, not for the cluster
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, document := range documents(data) {
			if err := check(document); err != nil {
				t.Errorf("%s, document %d: %v", name, i+1, err)
			}
		}
	}
}

func TestTheCheckFindsWhatIsWrong(t *testing.T) {
	const right = `apiVersion: v1
kind: Service
metadata:
  name: jeton
spec:
  ports:
    - name: https
      port: 9200
`
	if err := check([]byte(right)); err != nil {
		t.Fatal(err)
	}
	for old, wrong := range map[string]string{
		"kind: Service":  "kind: Servant",
		"apiVersion: v1": "apiVersion: v7",
		"port: 9200":     "port: many",
		"ports:":         "prots:",
		"name: jeton":    "nmae: jeton",
		"spec:":          "spec:\n  ports: []",
		"port: 9200\n":   "port: 9200\n    - name: http\n      port: 9200\n",
	} {
		if err := check([]byte(strings.Replace(right, old, wrong, 1))); err == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}
