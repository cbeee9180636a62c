package node

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"jeton/cluster"
	"jeton/fsm"
	"jeton/security"
)

// shipped is the code that ships, as the search of the CA's rotation drives it: the
// state machine, a node's certificates on a real disk, the judgement of certificates,
// and what the leader makes of the answers. Each is a function of what is handed to
// it, so what came out once is remembered.
type shipped struct {
	t    testing.TB
	dir  string
	key  []byte
	cas  []fsm.CA
	leaf []string // a node's certificate, by the CA that it comes from

	wrong    variant
	machines map[past]*fsm.Machine
	disks    []disk
	words    []security.NodeCertificates
	commands []fsm.Command
	lookings map[looked]view
	tended   map[looked]tending
	issues   map[past]uint8
	accepts  map[accepting]bool
	steps    map[asked]int
}

// disk is what matters of a node's path.data. The first one is empty.
type disk struct {
	list    string // ca.crt
	version uint64 // ca.json
	issuer  int    // of node.crt
}

// past is how much of the log a machine has applied; the rest is zero.
type past struct {
	entries [maxLog]entryCode
	n       int8
}

type looked struct {
	disk uint8
	past past
}

// view is what a node works with.
type view struct {
	trust  *trust
	issuer int
	disk   uint8 // after it has answered a roll call
	word   uint8 // its answer
}

type tending struct {
	after  uint8
	halves []uint8 // what is left when it dies on the way
}

type accepting struct {
	issuer int
	list   string
}

type asked struct {
	past    past
	members uint8
	answers [maxNodes]uint8
}

func newShipped(t testing.TB, cas int, wrong variant) *shipped {
	t.Helper()
	s := &shipped{
		t: t, dir: t.TempDir(), wrong: wrong,
		machines: map[past]*fsm.Machine{}, lookings: map[looked]view{}, tended: map[looked]tending{},
		issues: map[past]uint8{}, accepts: map[accepting]bool{}, steps: map[asked]int{},
		disks: make([]disk, 1), words: make([]security.NodeCertificates, 1),
	}
	var err error
	s.key, err = cluster.NewKey()
	s.must(err)
	csr, err := cluster.NewCSR(s.key, []string{"localhost"})
	s.must(err)
	for range cas {
		ca, err := newCA("searched")
		s.must(err)
		made, err := cluster.CA{Certificate: []byte(ca.Certificate), Key: []byte(ca.Key.Reveal())}.Sign(csr, "n")
		s.must(err)
		s.cas, s.leaf = append(s.cas, ca), append(s.leaf, string(made.Certificate))
	}
	return s
}

func (s *shipped) must(err error) {
	if err != nil {
		s.t.Helper()
		s.t.Fatal(err)
	}
}

func intern[T any](all *[]T, same func(T) bool, one T) uint8 {
	i := slices.IndexFunc(*all, same)
	if i < 0 {
		i = len(*all)
		*all = append(*all, one)
	}
	return uint8(i)
}

func (s *shipped) fingerprintOf(ca int) string {
	text, err := cluster.FingerprintPEM([]byte(s.cas[ca].Certificate))
	s.must(err)
	return text
}

func (s *shipped) caOf(fingerprint string) int {
	return slices.IndexFunc(s.cas, func(ca fsm.CA) bool {
		text, _ := cluster.FingerprintPEM([]byte(ca.Certificate))
		return text == fingerprint
	})
}

// machine has applied that much of the log; before the founding, nothing.
func (s *shipped) machine(p past) *fsm.Machine {
	if m, ok := s.machines[p]; ok {
		return m
	}
	m := fsm.New()
	apply := func(index int, c fsm.Command) {
		data, err := fsm.Encode(fsm.Proposal{ID: strconv.Itoa(index), Command: c})
		s.must(err)
		s.must(m.Apply(uint64(index), data))
	}
	if p.n >= 0 {
		apply(1, &fsm.FoundCluster{CA: s.cas[0], Member: fsm.Member{ID: "n", Name: "n"}, User: fsm.User{Name: "elastic"}})
	}
	for i := range int(max(p.n, 0)) {
		if c := s.command(p.entries[i]); c != nil {
			apply(i+2, c)
		}
	}
	s.machines[p] = m
	return m
}

func (s *shipped) command(e entryCode) fsm.Command {
	switch e.kind {
	case begins, beginsHeld:
		return &fsm.BeginCARotation{CA: s.cas[e.arg], Fingerprint: s.fingerprintOf(int(e.arg)), Held: e.kind == beginsHeld}
	case releases:
		return &fsm.ReleaseCARotation{Fingerprint: s.fingerprintOf(int(e.arg))}
	case steps:
		return s.commands[e.arg]
	}
	return nil
}

// certificates are those of a node that was started from the disk and whose machine
// has applied that much since.
func (s *shipped) certificates(d disk, p past) *certificates {
	id := &identity{dir: s.dir, ID: "n"}
	write := func(name, text string) { s.must(os.WriteFile(id.path(name), []byte(text), 0o600)) }
	write(keyFile, string(s.key))
	write(certFile, s.leaf[d.issuer])
	write(caFile, d.list)
	write(caLabelFile, fmt.Sprintf(`{"version":%d}`, d.version))
	c := &certificates{id: id, hosts: []string{"localhost"}, state: s.machine(p), now: time.Now, log: slog.New(slog.DiscardHandler)}
	s.must(c.load())
	return c
}

// onDisk is what the files hold now.
func (s *shipped) onDisk(c *certificates) disk {
	t, err := readTrust(c.id)
	s.must(err)
	return disk{list: string(t.pem), version: t.version, issuer: s.issuerOf(c)}
}

// issuerOf is found out by the signature, and not by what the node takes it for.
func (s *shipped) issuerOf(c *certificates) int {
	leaf := c.certificate().Leaf
	return slices.IndexFunc(s.cas, func(ca fsm.CA) bool {
		t, err := newTrust(0, []byte(ca.Certificate))
		s.must(err)
		return leaf.CheckSignatureFrom(t.certs[0]) == nil
	})
}

func (s *shipped) disk(d disk) uint8 {
	return intern(&s.disks, func(o disk) bool { return o == d }, d)
}

// look is what a node with that disk and state trusts, presents and answers.
func (s *shipped) look(of uint8, p past) view {
	key := looked{of, p}
	if v, ok := s.lookings[key]; ok {
		return v
	}
	d := s.disks[of]
	if s.wrong == trustGoesBack && s.machine(p).Current().CA() != nil {
		d.list, d.version = string(trustedBy(s.machine(p).Current())), s.machine(p).Current().CARotation().Version
	}
	c := s.certificates(d, p)
	v := view{trust: c.follow(), issuer: s.issuerOf(c), disk: of}
	word := c.report()
	word.Expires = time.Time{}
	if s.wrong != answersByMemory {
		v.disk = s.disk(s.onDisk(c))
	}
	v.word = intern(&s.words, func(o security.NodeCertificates) bool {
		return o.Issuer == word.Issuer && o.Version == word.Version && slices.Equal(o.Trusted, word.Trusted)
	}, word)
	s.lookings[key] = v
	return v
}

// tend is what a node does by itself once a second.
func (s *shipped) tend(of uint8, p past) tending {
	key := looked{of, p}
	if t, ok := s.tended[key]; ok {
		return t
	}
	before := s.disks[of]
	c := s.certificates(before, p)
	c.maintain(registry{&link{state: c.state, certs: c}}.Sign)
	after := s.onDisk(c)
	state := c.state.Current()
	if s.wrong == renewsByOldState && state.CA() != nil {
		after.issuer = s.caOf(s.fingerprintOfPEM(state.CA().Certificate))
	}
	t := tending{after: s.disk(after)}
	half := before
	half.list = after.list // the label comes after the list
	if s.wrong == labelFirst {
		half = before
		half.version = after.version
	}
	t.halves = append(t.halves, s.disk(half))
	half.list, half.version = after.list, after.version // and the certificate last
	t.halves = append(t.halves, s.disk(half))
	s.tended[key] = t
	// That a node which was started anew is no other than this one is what lets the
	// search know nodes by their disks.
	if s.wrong == "" {
		again := s.certificates(after, p)
		if x, y := c.follow(), again.follow(); x.version != y.version || string(x.pem) != string(y.pem) || c.report().Issuer != again.report().Issuer {
			s.t.Fatalf("a start changes what a node trusts or presents: %d, %d", x.version, y.version)
		}
	}
	return t
}

func (s *shipped) fingerprintOfPEM(text string) string {
	f, err := cluster.FingerprintPEM([]byte(text))
	s.must(err)
	return f
}

// issue is what a newcomer is given, and keeps.
func (s *shipped) issue(p past) uint8 {
	if d, ok := s.issues[p]; ok {
		return d
	}
	c := s.certificates(disk{list: s.cas[0].Certificate}, past{n: -1})
	csr, err := c.request()
	s.must(err)
	c.state = s.machine(p)
	issued, err := registry{&link{state: c.state, certs: c}}.Sign(csr, "n")
	s.must(err)
	s.must(c.keep(issued))
	s.issues[p] = s.disk(s.onDisk(c))
	return s.issues[p]
}

// token is the set of CAs by which a join token that is made there knows the cluster.
func (s *shipped) token(p past) (cas uint8) {
	text, err := (&link{state: s.machine(p)}).EncodeJoinToken("t", tokenSecret())
	s.must(err)
	t, err := cluster.ParseJoinToken(text)
	s.must(err)
	for _, f := range []string{t.CA, t.NextCA} {
		if f != "" {
			cas |= 1 << s.caOf(f)
		}
	}
	return cas
}

// accept is whether a node that trusts the list takes a certificate of the CA.
func (s *shipped) accept(issuer int, list string) bool {
	key := accepting{issuer, list}
	ok, known := s.accepts[key]
	if !known {
		ok = cluster.CheckCertificate(cluster.Certificate{Certificate: []byte(s.leaf[issuer])}, []byte(list), "n") == nil
		s.accepts[key] = ok
	}
	return ok
}

// next is the step that follows from the answers, as a number; -1 for none.
func (s *shipped) next(a asked) int {
	if at, ok := s.steps[a]; ok {
		return at
	}
	r := s.machine(a.past).Current().CARotation()
	var nodes []security.NodeCA
	for i, word := range a.answers {
		silent := word == 0
		if a.members&(1<<i) == 0 || silent && s.wrong == silentNotAwaited {
			continue
		}
		n := security.NodeCA{ID: strconv.Itoa(i), Name: strconv.Itoa(i), Answers: !silent, NodeCertificates: s.words[word]}
		if s.wrong == finishUnrenewed && r.Next == nil {
			n.Issuer = r.Fingerprint
		}
		if s.wrong == formerAnswer {
			n.Version = r.Version
		}
		nodes = append(nodes, n)
	}
	at := -1
	if c := security.NextCAStep(r, nodes); c != nil {
		if s.wrong == formerStep {
			c = nameless(c)
		}
		at = int(intern(&s.commands, func(o fsm.Command) bool { return fmt.Sprintf("%T%+v", o, o) == fmt.Sprintf("%T%+v", c, c) }, c))
	}
	if at > 63 {
		s.t.Fatal("more steps than a set holds")
	}
	s.steps[a] = at
	return at
}

// names are the CAs of a list, for messages.
func (s *shipped) names(certs []*x509.Certificate) (text string) {
	for _, c := range certs {
		text += string(rune('A' + s.caOf(fingerprint(c.Raw))))
	}
	return text
}

// nameless is a step that does not name the one that it follows.
func nameless(c fsm.Command) fsm.Command {
	switch c := c.(type) {
	case *fsm.SwitchCA:
		return &fsm.SwitchCA{Fingerprint: c.Fingerprint}
	case *fsm.FinishCARotation:
		return &fsm.FinishCARotation{Fingerprint: c.Fingerprint}
	}
	return c
}
