package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Answer is a member's reply to Ask.
type Answer struct {
	ID   string
	Body []byte
	Err  error
}

type question struct {
	Topic string `json:"topic"`
	Body  []byte `json:"body"`
}

// silentPatience is how long Ask waits for a member that did not answer it the last
// time: one that is cut off for long should not make every question a slow one.
const silentPatience = 500 * time.Millisecond

// Ask puts one question to every member, this node included, at the same time.
func (c *Cluster) Ask(ctx context.Context, topic string, body []byte) []Answer {
	members := c.Members()
	answers := make([]Answer, len(members))
	done := make(chan struct{})
	for i, m := range members {
		go func() {
			defer func() { done <- struct{}{} }()
			answers[i] = c.askOne(ctx, m.ID, question{topic, body})
		}()
	}
	for range members {
		<-done
	}
	return answers
}

func (c *Cluster) askOne(ctx context.Context, id string, q question) Answer {
	a := Answer{ID: id}
	if id == c.cfg.Self.ID {
		a.Body, a.Err = c.answer(ctx, q)
		return a
	}
	if _, known := c.silent.Load(id); known {
		short, cancel := context.WithTimeout(ctx, silentPatience)
		defer cancel()
		ctx = short
	}
	var body []byte
	if body, a.Err = json.Marshal(q); a.Err == nil {
		a.Err = c.wire.call(ctx, id, rpcAsk, body, &a.Body)
	}
	if errors.Is(a.Err, errLost) || errors.Is(a.Err, errUnreached) {
		c.silent.Store(id, true)
	} else {
		c.silent.Delete(id)
	}
	return a
}

func (c *Cluster) answerTopic(ctx context.Context, _ string, body []byte) (any, error) {
	q, err := decode[question](body)
	if err != nil {
		return nil, err
	}
	return c.answer(ctx, q)
}

func (c *Cluster) answer(ctx context.Context, q question) ([]byte, error) {
	h, ok := c.cfg.Topics[q.Topic]
	if !ok {
		return nil, &Refusal{"unknown topic: this node runs an older release"}
	}
	return h(ctx, q.Body)
}
