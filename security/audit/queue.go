package audit

import "sync"

// queue is what stands between the requests and the file. Nobody ever waits at
// its entrance.
type queue struct {
	room int
	wake chan struct{} // has a value when there is something to take

	mu     sync.Mutex
	events []Event
	lost   gap
}

func newQueue(room int) *queue { return &queue{room: room, wake: make(chan struct{}, 1)} }

// put takes the event in, or counts it as lost.
func (q *queue) put(e Event) (taken bool) {
	q.mu.Lock()
	taken = len(q.events) < q.room
	if taken {
		q.events = append(q.events, e)
	} else {
		q.lost.add(e)
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default: // it is awake
	}
	return taken
}

func (g *gap) add(e Event) {
	if g.count == 0 || e.Time.Before(g.from) {
		g.from = e.Time
	}
	if e.Time.After(g.to) {
		g.to = e.Time
	}
	g.count++
}

// take empties the queue. Events are lost only while it is full, so those that
// were are younger than all that are taken.
func (q *queue) take() ([]Event, gap) {
	q.mu.Lock()
	defer q.mu.Unlock()
	events, lost := q.events, q.lost
	q.events, q.lost = nil, gap{}
	return events, lost
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.events)
}
