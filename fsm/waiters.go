package fsm

import "container/heap"

// waiters wakes each waiter when its index is reached, and nobody else: with
// one broadcast a node that has a hundred writes under way would wake a
// hundred goroutines for each entry.
type waiters []*waiter

type waiter struct {
	index   uint64
	reached chan struct{}
	pos     int // in the heap; -1 once out of it
}

func (ws *waiters) add(index uint64) *waiter {
	w := &waiter{index: index, reached: make(chan struct{})}
	heap.Push((*waiterHeap)(ws), w)
	return w
}

func (ws *waiters) drop(w *waiter) {
	if w.pos >= 0 {
		heap.Remove((*waiterHeap)(ws), w.pos)
	}
}

func (ws *waiters) release(index uint64) {
	for len(*ws) > 0 && (*ws)[0].index <= index {
		close(heap.Pop((*waiterHeap)(ws)).(*waiter).reached)
	}
}

// waiterHeap orders waiters by index, lowest first.
type waiterHeap []*waiter

func (h waiterHeap) Len() int           { return len(h) }
func (h waiterHeap) Less(i, j int) bool { return h[i].index < h[j].index }
func (h waiterHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].pos, h[j].pos = i, j
}

func (h *waiterHeap) Push(x any) {
	w := x.(*waiter)
	w.pos = len(*h)
	*h = append(*h, w)
}

func (h *waiterHeap) Pop() any {
	old := *h
	last := len(old) - 1
	w := old[last]
	old[last] = nil
	w.pos = -1
	*h = old[:last]
	return w
}
