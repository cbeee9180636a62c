package cluster

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// noise is what strangers send to a port that is open to them.
func noise() map[string][]byte {
	random := make([]byte, 8<<10)
	for i := 0; i < len(random); i += 8 {
		binary.LittleEndian.PutUint64(random[i:], rand.Uint64())
	}
	return map[string][]byte{
		"nothing":                   nil,
		"HTTP":                      []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"SSH":                       []byte("SSH-2.0-OpenSSH_9.9\r\n"),
		"random bytes":              random,
		"a TLS record that is huge": append([]byte{22, 3, 1, 0xff, 0xff}, random...),
		"an empty TLS record":       {22, 3, 1, 0, 0},
		"a cut off hello":           {22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3},
		"an alert":                  {21, 3, 3, 0, 2, 2, 40},
		"zeros":                     make([]byte, 4096),
	}
}

func TestNoiseOnThePortDoesNoHarm(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 3)
	for about, data := range noise() {
		for _, m := range tm.members {
			conn, err := net.Dial("tcp", m.self.TransportAddress)
			if err != nil {
				t.Fatalf("%s: %v", about, err)
			}
			_, _ = conn.Write(data)
			if rand.IntN(2) == 0 {
				_ = conn.Close()
			} else {
				defer conn.Close()
			}
		}
	}
	for _, m := range tm.members {
		m.commit(command{ID: "through " + m.self.Name})
		m.catchUp()
	}
	tm.join(tm.follower())
	tm.waitVoters(4)
}

func TestNoiseInsideOfTLSDoesNoHarm(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	m, peer := tm.members[0], tm.members[1]
	for about, data := range noise() {
		for _, proto := range []string{protoRaft, protoPeer, protoJoin} {
			conn, err := tls.Dial("tcp", m.self.TransportAddress, &tls.Config{
				InsecureSkipVerify: true,
				NextProtos:         []string{proto},
				Certificates:       []tls.Certificate{*peer.cert},
			})
			if err != nil {
				t.Fatalf("%s, %s: %v", about, proto, err)
			}
			defer conn.Close()
			_, _ = conn.Write(data)
		}
	}
	peer.commit(command{ID: "all well"})
	m.catchUp()
}

func TestSlowStrangersDoNotKeepOthersOut(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 2)
	for range maxHandshakesEach / 2 { // half-open handshakes
		conn, err := net.Dial("tcp", tm.members[0].self.TransportAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte{22})
	}
	for range maxNewcomersEach / 2 { // questions that never end
		conn, err := dialJoin(within(t, patience), tm.members[0].self.TransportAddress, tm.fingerprint())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	}
	began := time.Now()
	tm.join(tm.members[0])
	tm.waitVoters(3)
	tm.follower().commit(command{ID: "all well"})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a join and a commit took %s", took)
	}
}

func TestOneAddressCannotFillThePort(t *testing.T) {
	c := crowd{each: 2, all: 5}
	var leaves []func()
	for _, s := range []struct {
		source string
		want   bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"c", true}, {"d", true}, {"e", false}, {"b", false}} {
		leave, ok := c.enter(s.source)
		if ok != s.want {
			t.Fatalf("from %s, with %d in: %v", s.source, c.total, ok)
		}
		if ok {
			leaves = append(leaves, leave)
		}
	}
	leaves[0]()
	leaves[0]() // a connection may be closed twice
	if _, ok := c.enter("a"); !ok {
		t.Error("no room after one has left")
	}
	if _, ok := c.enter("e"); ok {
		t.Error("one left and two came")
	}
	for _, leave := range leaves {
		leave()
	}
	if c.total != 1 || len(c.by) != 1 {
		t.Errorf("%d are in, from %v", c.total, c.by)
	}
}

func TestAStrangerWhoHoldsTooManyConnectionsIsClosedAtOnce(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, 1)
	for range maxHandshakesEach { // half-open
		conn, err := net.Dial("tcp", tm.members[0].self.TransportAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	tm.eventually("the next to be closed", func() bool {
		conn, err := net.Dial("tcp", tm.members[0].self.TransportAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err = conn.Read(make([]byte, 1))
		return err != nil && !isTimeout(err)
	})
}

func TestAClosedQueueGivesAndTakesNothing(t *testing.T) {
	queue := newConnQueue(nodeAddr("here"))
	near, far := net.Pipe()
	defer far.Close()
	go queue.put(near)
	conn, err := queue.Accept()
	if err != nil || conn != near {
		t.Fatalf("%v, %v", conn, err)
	}
	_ = queue.Close()
	_ = queue.Close()
	if queue.put(near) {
		t.Error("a closed queue took a connection")
	}
	if _, err := queue.Accept(); err == nil {
		t.Error("a closed queue gave a connection")
	}
	if queue.Addr().String() != "here" {
		t.Error("another address")
	}
}

func TestOneSourceCannotCrowdOutAnother(t *testing.T) {
	c := crowd{each: 2, all: 3}
	leave, first := c.enter("a")
	_, second := c.enter("a")
	_, third := c.enter("a")
	_, other := c.enter("b")
	_, full := c.enter("c")
	if !first || !second || third || !other || full {
		t.Fatalf("let in: %v %v, %v, %v, %v", first, second, third, other, full)
	}
	leave()
	leave() // counts once
	if _, again := c.enter("c"); !again {
		t.Error("who leaves makes no room")
	}
	if _, again := c.enter("c"); again {
		t.Error("who leaves makes room for two")
	}
}
