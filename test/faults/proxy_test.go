//go:build linux

package faults

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// proxy stands before a node's cluster port, at the address that the others are
// told.
type proxy struct {
	net      *network
	to       string // the node
	target   string // its cluster port
	owner    func(conn net.Conn) string
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	serving  sync.WaitGroup
}

func (n *network) listen(to, address, target string, owner func(net.Conn) string) (*proxy, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	p := &proxy{net: n, to: to, target: target, owner: owner, listener: l}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.serving.Go(p.serve)
	return p, nil
}

func (p *proxy) close() {
	p.cancel()
	_ = p.listener.Close()
	p.serving.Wait()
}

func (p *proxy) serve() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.join(conn) })
	}
}

// wire is one connection through a proxy: two of TCP.
type wire struct {
	near, far net.Conn // of who dialled, of who was dialled
	cancel    context.CancelFunc
}

// close ends the connection for both; what is on its way arrives.
func (w *wire) close() {
	w.cancel()
	_ = w.near.Close()
	_ = w.far.Close()
}

// reset breaks it.
func (w *wire) reset() {
	_ = w.near.(*net.TCPConn).SetLinger(0)
	_ = w.far.(*net.TCPConn).SetLinger(0)
	w.close()
}

// join connects who dialled with the node. A connection comes to be only if
// both directions carry something.
func (p *proxy) join(near net.Conn) {
	from := p.owner(near)
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	if !p.net.carry(ctx, pair{from, p.to}, 0) || !p.net.carry(ctx, pair{p.to, from}, 0) {
		_ = near.Close()
		return
	}
	far, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.target)
	if err != nil {
		_ = near.Close()
		return
	}
	w := &wire{near: near, far: far}
	open, end := context.WithCancel(p.ctx)
	w.cancel = end
	stop := context.AfterFunc(p.ctx, w.close)
	defer stop()
	p.net.track(w, true)
	defer p.net.track(w, false)
	var both sync.WaitGroup
	both.Go(func() { p.net.pump(open, w, far, near, pair{from, p.to}) })
	both.Go(func() { p.net.pump(open, w, near, far, pair{p.to, from}) })
	both.Wait()
}

func (n *network) track(w *wire, is bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conns[w] = is; !is {
		delete(n.conns, w)
	}
}

// pump passes on what one end says, until that end is over. That it is over
// takes the same way.
func (n *network) pump(ctx context.Context, w *wire, dst io.Writer, src io.Reader, p pair) {
	defer w.close()
	buffer := make([]byte, 16<<10)
	for {
		size, err := src.Read(buffer)
		if !n.carry(ctx, p, size) {
			return
		}
		if size > 0 {
			if _, err := dst.Write(buffer[:size]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
