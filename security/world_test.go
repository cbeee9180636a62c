package security

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/rolefile"
	"jeton/security/token"
	"jeton/security/tokenfile"
	"jeton/security/userfile"
)

const fleet = "elastic/fleet-server"

// world is a cluster's log and the nodes that read it, each at its own pace: a
// node's state moves when that node commits or catches up, so all others lag.
//
// At the end of every test it looks for the test's secrets in what was logged
// and in the log of the cluster, and for hashes and keys in what was logged.
type world struct {
	t     testing.TB
	nodes []*node
	now   time.Time
	level int // the newest that nodes know which are added from now on; 0: this release's
	// beforeCommit, if there is one, runs before an entry is carried.
	beforeCommit func(entry []byte)

	mu      sync.Mutex
	entries [][]byte
	secrets []token.Secret
	logged  bytes.Buffer
}

// node is a Service with all that is around it. It embeds the Service, so that
// a story says node.CreateServiceToken.
type node struct {
	*Service
	world   *world
	member  Member
	dead    bool   // answers no question
	garbled bool   // answers nonsense
	dir     string // of its files
	path    string // of its service_tokens
	leader  *wayToLeader
	others  *neighbours
	// certificates are what the node says that it works with.
	certificates NodeCertificates
	audited      *witness
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	t.Cleanup(w.expectNothingLeaked)
	return w
}

// node adds a node whose file holds the lines. The first one leads.
func (w *world) node(fileLines ...string) *node {
	w.t.Helper()
	i := len(w.nodes)
	dir := w.t.TempDir()
	n := &node{world: w, dir: dir, path: filepath.Join(dir, "service_tokens"), member: Member{
		ID:               fmt.Sprint("id-", i),
		Name:             fmt.Sprint("node-", i),
		TransportAddress: fmt.Sprint("127.0.0.1:", 9300+i),
		HTTPAddress:      fmt.Sprint("127.0.0.1:", 9200+i),
		Voter:            true,
		Leader:           i == 0,
	}}
	n.write(fileLines...)
	logger := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	files := tokenfile.Open(n.path, logger)
	w.t.Cleanup(files.Close)
	fileUsers := userfile.Open(dir, logger)
	w.t.Cleanup(fileUsers.Close)
	fileRoles := rolefile.Open(filepath.Join(dir, "roles.yml"), logger)
	w.t.Cleanup(fileRoles.Close)
	state := fsm.NewOfLevel(cmp.Or(w.level, fsm.Level))
	n.leader = &wayToLeader{world: w, state: state}
	n.others = &neighbours{world: w, self: n}
	n.audited = &witness{world: w}
	service, err := New(Config{
		Auditor:         n.audited.unless(w.t),
		Log:             n.leader,
		Peers:           n.others,
		State:           state,
		Files:           files,
		FileUsers:       fileUsers,
		FileRoles:       fileRoles,
		PasswordHashing: cheapest(w.t),
		Tokens:          TokenService{Enabled: true, Timeout: 20 * time.Minute},
		AuthTimeout:     time.Second,
		Stats:           func() NodeStats { return NodeStats{Version: "1.2.3", CPUPercent: 7, LeaseMillis: 4900} },
		Certificates:    func() NodeCertificates { return n.certificates },
		NewCA:           func(name string) (fsm.CA, error) { return w.newCA(name), nil },
		Now:             func() time.Time { return w.now },
		Logger:          logger,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	n.Service = service
	w.nodes = append(w.nodes, n)
	return n
}

// oneNode is a founded cluster of one node.
func oneNode(t testing.TB, fileLines ...string) *node {
	t.Helper()
	n := newWorld(t).node(fileLines...)
	n.found()
	return n
}

// found makes n the founder of a cluster whose password all stories know.
func (n *node) found() {
	n.world.t.Helper()
	n.foundOld()
	n.propose(&fsm.RaiseLevel{Level: fsm.Level, Members: []string{n.member.ID}})
	n.leader.expectTrips(1, 0)
}

// foundOld is found by a release without levels.
func (n *node) foundOld() {
	n.world.t.Helper()
	n.propose(&fsm.FoundCluster{
		Cluster: fsm.Cluster{UUID: "the-uuid", Name: "the-cluster"},
		CA:      fsm.CA{Certificate: "the certificate", Key: caKey},
		User:    fsm.User{Name: ReservedUser, Password: fsm.Sensitive(hashed(n.world, password).Text())},
		Member:  record(n.member),
	})
	n.leader.expectTrips(1, 0)
}

// foundWith makes n the founder as a node does it.
func (n *node) foundWith(password token.Secret) {
	n.world.t.Helper()
	_, err := n.FoundCluster(n.world.t.Context(), Founding{
		UUID:     "the-uuid",
		Name:     "the-cluster",
		CA:       fsm.CA{Certificate: "the certificate", Key: caKey},
		Password: password,
		Founder:  n.member,
	})
	if err != nil {
		n.world.t.Fatal(err)
	}
}

// What every world that was founded has; the password is the elastic user's.
const (
	password = "correct horse: battery staple"
	caKey    = "the key of the CA"
)

// propose carries out a command that no use case makes.
func (n *node) propose(c fsm.Command) {
	n.world.t.Helper()
	code, _, err := n.Service.propose(n.world.t.Context(), c)
	if err != nil || code != fsm.OK && code != fsm.Replaced {
		n.world.t.Fatalf("%s: outcome %q, %v", c.Type(), code, err)
	}
}

// create makes an index-backed token of elastic/fleet-server.
func (n *node) create(name string) token.Bearer {
	n.world.t.Helper()
	created, err := n.CreateServiceToken(n.world.t.Context(), elastic, "elastic", "fleet-server", name, TokenOptions{})
	if err != nil {
		n.world.t.Fatal(err)
	}
	return n.world.bearer(created)
}

// bearer takes a created token apart, and has its secret looked for.
func (w *world) bearer(created CreatedToken) token.Bearer {
	w.t.Helper()
	b, ok := token.ParseBearer(created.Value)
	if !ok {
		w.t.Fatal("the value of the created token is no service token")
	}
	w.secret(b.Secret.Reveal())
	return b
}

// secret has a text looked for at the end.
func (w *world) secret(text string) token.Secret {
	s := token.SecretFrom(text)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, s)
	return s
}

// write replaces the node's file.
func (n *node) write(lines ...string) {
	n.world.t.Helper()
	if err := os.WriteFile(n.path, []byte(strings.Join(append(lines, ""), "\n")), 0o600); err != nil {
		n.world.t.Fatal(err)
	}
}

// fileLine is a line of a service_tokens file, for elastic/fleet-server.
func fileLine(w *world, name, secret string) string {
	return fleet + "/" + name + ":" + hashed(w, secret).Text()
}

// hashed is a slow hash of the cheapest kind.
func hashed(w *world, secret string) token.Hash {
	w.t.Helper()
	return slowHash(w.t, w.secret(secret))
}

func slowHash(t testing.TB, secret token.Secret) token.Hash {
	t.Helper()
	h, err := cheapest(t).Hash(secret)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func cheapest(t testing.TB) token.Algorithm { return algorithm(t, "pbkdf2_1000") }

func algorithm(t testing.TB, name string) token.Algorithm {
	t.Helper()
	a, err := token.ParseAlgorithm(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fileUser adds a user to the node's files, and waits until it counts.
func (n *node) fileUser(name, password string, roles ...string) {
	n.world.t.Helper()
	if _, err := userfile.Add(n.dir, name, hashed(n.world, password), roles); err != nil {
		n.world.t.Fatal(err)
	}
	n.within5s(func() bool {
		u, ok := n.fileUsers.Current().Lookup(name)
		return ok && len(u.Roles) == len(roles)
	})
}

// writeRoles writes the node's roles.yml, and waits until the named role counts.
func (n *node) writeRoles(name, yaml string) {
	n.world.t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, "roles.yml"), []byte(yaml), 0o600); err != nil {
		n.world.t.Fatal(err)
	}
	n.within5s(func() bool {
		_, ok := n.fileRoles.Current().Lookup(name)
		return ok
	})
}

// Callers of the use cases.
var (
	elastic = superuser()
	nobody  = Identity{Username: "joe", Roles: []string{"viewer"}}
)

func superuser() Identity {
	all := account.Superuser()
	return Identity{
		Username: ReservedUser, Roles: []string{"superuser"}, Metadata: reservedMetadata,
		Realm: realmReserved, Type: TypeRealm, privileges: account.Roles{&all},
	}
}

func fleetServer(t testing.TB) Identity {
	t.Helper()
	a, ok := account.Lookup("elastic", "fleet-server")
	if !ok {
		t.Fatal("no account " + fleet)
	}
	return builtInIdentity(a, TokenRef{"token1", TokenTypeIndex})
}

// Write takes what the nodes log.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logged.Write(p)
}

func (w *world) expectNothingLeaked() {
	w.mu.Lock()
	defer w.mu.Unlock()
	carried := string(bytes.Join(w.entries, nil))
	for _, form := range []string{"{SSHA256}", "{PBKDF2", "$2a$", caKey} {
		if strings.Contains(w.logged.String(), form) {
			w.t.Errorf("a hash or the key of the CA stands in the nodes' logs:\n%s", w.logged.String())
		}
	}
	for i, s := range w.secrets {
		if strings.Contains(w.logged.String(), s.Reveal()) {
			w.t.Errorf("secret %d of the story stands in the nodes' logs:\n%s", i, w.logged.String())
		}
		if strings.Contains(carried, s.Reveal()) {
			w.t.Errorf("secret %d of the story stands in the cluster's log", i)
		}
	}
}

// expectError checks that err is, as a value, the error that was expected.
func expectError[E error](t testing.TB, err error, want E) {
	t.Helper()
	got, ok := errors.AsType[E](err)
	if !ok {
		t.Errorf("error %v (%T), want %v (%T)", err, err, want, want)
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("error %#v, want %#v", got, want)
	}
}
