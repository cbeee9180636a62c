package security

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"jeton/security/token"
)

// verifier checks secrets against slow hashes without letting a stranger burn
// the CPU or hold up anybody else:
//
//   - A secret that was right once is right again at the cost of one HMAC, for
//     as long as the stored hash is the same: the memory of it is keyed by the
//     stored hash, so no change of the file or of the state can make it lie.
//   - A secret that was wrong is remembered too, among the latest few.
//   - What is left is hashed by at most half of the cores, and takes turns by
//     lanes: a lane is one name asked for by one source, and has at most one
//     hash under way; all lanes of a source together have no more than there
//     are slots. Whoever guesses waits behind the own guesses.
//   - A name that nobody has waits as one that somebody has, and costs a hash as
//     well. But where many of a source wait, it takes the time of a hash and no
//     slot: whoever makes names up holds up nobody who has one.
type verifier struct {
	key   []byte        // of the HMACs; random, so that the memory is useless elsewhere
	slots chan struct{} // hashes under way; served in the order of arrival

	mu     sync.Mutex
	proven map[string][sha256.Size]byte // stored hash → HMAC of its secret
	wrong  recent
	lanes  map[laneKey]*lane
	// flights are the pairs of hash and secret that are being decided: all who
	// present the same pair at the same time wait for one decision.
	flights map[[sha256.Size]byte]chan struct{}

	lastHash atomic.Int64 // how long the latest one took, in nanoseconds
}

const (
	maxProven = 100_000 // hashes; a node's file realistically holds a handful
	maxWrong  = 8192
	// laneWaiters bounds how long a right secret waits when it arrives for the
	// first time, from the same source as a flood of wrong ones for the same
	// hash (everybody behind one proxy): so many hashes at the most.
	laneWaiters = 256
	// crowd is how many of a source may wait for each slot before names that
	// nobody has stop taking any.
	crowd = 4
	// maxLanes is above the number of clients that a node serves at a time.
	maxLanes = 1 << 15
)

// laneKey names a lane; with name "" that of a whole source.
type laneKey struct{ name, source string }

type lane struct {
	turn    chan struct{} // holds a value for each hash of this lane that is under way
	waiting int
}

func newVerifier() *verifier {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key)
	return &verifier{
		key:    key,
		slots:  make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		proven: map[string][sha256.Size]byte{},
		wrong:  recent{max: maxWrong},
		lanes:  map[laneKey]*lane{},

		flights: map[[sha256.Size]byte]chan struct{}{},
	}
}

// verify reports whether the secret is the hash's; name is whose it is said to
// be, and not empty. ErrOverloaded means that it was not decided.
func (v *verifier) verify(ctx context.Context, name string, h token.Hash, secret token.Secret) (bool, error) {
	if !h.Slow() {
		return h.Verify(secret), nil
	}
	return v.check(ctx, attempt{name, h, secret, false})
}

// refuse takes the time of a wrong secret for a name that nobody has; h is a
// hash that nobody's secret is of. ErrOverloaded as from verify.
func (v *verifier) refuse(ctx context.Context, name string, h token.Hash, secret token.Secret) error {
	_, err := v.check(ctx, attempt{name, h, secret, true})
	return err
}

// attempt is a secret that is tried against a slow hash.
type attempt struct {
	name   string
	hash   token.Hash
	secret token.Secret
	nobody bool // nobody has the name
}

func (v *verifier) check(ctx context.Context, a attempt) (bool, error) {
	stored, mac := a.hash.Text(), v.mac(a.hash, a.secret)
	for {
		right, known, flight, mine := v.recall(stored, mac)
		switch {
		case known:
			return right, nil
		case mine:
			defer v.land(mac, flight)
			right, err := v.decide(ctx, a)
			if err == nil {
				v.remember(stored, mac, right)
			}
			return right, err
		}
		select {
		case <-flight: // decided, or given up: look again
		case <-ctx.Done():
			return false, ErrOverloaded
		}
	}
}

// decide finds out whether the secret is right, in its turn.
func (v *verifier) decide(ctx context.Context, a attempt) (bool, error) {
	leave, err := v.enter(ctx, laneKey{a.name, source(ctx)}, 1, laneWaiters)
	if err != nil {
		return false, err
	}
	defer leave()
	right, hashed, err := v.compute(ctx, a)
	if err == nil && !hashed {
		err = v.pretend(ctx)
	}
	return right, err
}

// compute computes the hash, unless nobody has the name and the source is
// crowded.
func (v *verifier) compute(ctx context.Context, a attempt) (right, hashed bool, err error) {
	// As many as there are lanes: whoever has one waits here once.
	leave, err := v.enterSlot(ctx, maxLanes)
	if err != nil {
		return false, false, err
	}
	defer leave()
	if a.nobody && v.crowded(source(ctx)) {
		return false, false, nil
	}
	start := time.Now()
	right = a.hash.Verify(a.secret)
	v.lastHash.Store(int64(time.Since(start)))
	return right, true, nil
}

// pretend takes the time of a hash.
func (v *verifier) pretend(ctx context.Context) error {
	timer := time.NewTimer(time.Duration(v.lastHash.Load()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ErrOverloaded
	}
}

func (v *verifier) crowded(source string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	l, ok := v.lanes[laneKey{"", source}]
	return ok && l.waiting > crowd*cap(v.slots)
}

// enterSlot waits for a turn of the source, and in it for a slot.
func (v *verifier) enterSlot(ctx context.Context, limit int) (leave func(), err error) {
	leaveSource, err := v.enter(ctx, laneKey{"", source(ctx)}, cap(v.slots), limit)
	if err != nil {
		return nil, err
	}
	select {
	case v.slots <- struct{}{}:
		return func() { <-v.slots; leaveSource() }, nil
	case <-ctx.Done():
		leaveSource()
		return nil, ErrOverloaded
	}
}

// hash makes the hash of a new secret, in a turn of its source's lane. Errors:
// ErrOverloaded, and those of the algorithm.
func (v *verifier) hash(ctx context.Context, a token.Algorithm, secret token.Secret) (token.Hash, error) {
	leave, err := v.enterSlot(ctx, laneWaiters)
	if err != nil {
		return token.Hash{}, err
	}
	defer leave()
	return a.Hash(secret)
}

// mac names the pair of a stored hash and a secret.
func (v *verifier) mac(h token.Hash, secret token.Secret) [sha256.Size]byte {
	m := hmac.New(sha256.New, v.key)
	m.Write([]byte(h.Text()))
	m.Write([]byte{0})
	m.Write([]byte(secret.Reveal()))
	return [sha256.Size]byte(m.Sum(nil))
}

// recall returns what is known of the pair; when nothing is, the flight that is
// deciding it, and whether that is the caller's own to carry out.
func (v *verifier) recall(stored string, mac [sha256.Size]byte) (right, known bool, flight chan struct{}, mine bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if proven, ok := v.proven[stored]; ok && hmac.Equal(proven[:], mac[:]) {
		return true, true, nil, false
	}
	if v.wrong.has(mac) {
		return false, true, nil, false
	}
	flight, ok := v.flights[mac]
	if !ok {
		flight = make(chan struct{})
		v.flights[mac] = flight
	}
	return false, false, flight, !ok
}

func (v *verifier) land(mac [sha256.Size]byte, flight chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.flights, mac)
	close(flight)
}

func (v *verifier) remember(stored string, mac [sha256.Size]byte, right bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !right {
		v.wrong.add(mac)
		return
	}
	if len(v.proven) >= maxProven {
		clear(v.proven) // hashes of files long gone; what is in use comes back
	}
	v.proven[stored] = mac
}

// forget drops what was proven of a stored hash.
func (v *verifier) forget(h token.Hash) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.proven, h.Text())
}

// forgetAll drops everything that was found out.
func (v *verifier) forgetAll() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.proven)
	v.wrong = recent{max: v.wrong.max}
}

// enter waits for a turn in the lane, which has room for so many at a time, and
// in which no more than the limit may be.
func (v *verifier) enter(ctx context.Context, key laneKey, room, limit int) (leave func(), err error) {
	v.mu.Lock()
	l, ok := v.lanes[key]
	if !ok {
		l = &lane{turn: make(chan struct{}, room)}
	}
	if l.waiting >= limit || !ok && len(v.lanes) >= maxLanes {
		v.mu.Unlock()
		return nil, ErrOverloaded
	}
	v.lanes[key] = l
	l.waiting++
	v.mu.Unlock()
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; v.exit(key, l) }, nil
	case <-ctx.Done():
		v.exit(key, l)
		return nil, ErrOverloaded
	}
}

func (v *verifier) exit(key laneKey, l *lane) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		delete(v.lanes, key)
	}
}

// recent is a set that forgets the oldest.
type recent struct {
	max  int
	set  map[[sha256.Size]byte]struct{}
	ring [][sha256.Size]byte
	next int
}

func (r *recent) has(k [sha256.Size]byte) bool {
	_, ok := r.set[k]
	return ok
}

func (r *recent) add(k [sha256.Size]byte) {
	if r.has(k) {
		return // its place in the ring would be forgotten twice
	}
	if r.set == nil {
		r.set = make(map[[sha256.Size]byte]struct{}, r.max)
	}
	if len(r.ring) < r.max {
		r.ring = append(r.ring, k)
	} else {
		delete(r.set, r.ring[r.next])
		r.ring[r.next] = k
		r.next = (r.next + 1) % r.max
	}
	r.set[k] = struct{}{}
}
