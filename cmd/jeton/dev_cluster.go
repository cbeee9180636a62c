package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"jeton/node"
)

// devReadyTimeout bounds the wait for a cluster that starts.
const devReadyTimeout = time.Minute

// devCluster is the nodes of a cluster in this process.
type devCluster struct {
	plan     []devNode
	password string // of elastic, where the cluster is founded in this run
	founded  bool
	logger   *slog.Logger

	nodes []*node.Node // as plan; nil = not started
}

func newDevCluster(plan []devNode, password string, logger *slog.Logger) *devCluster {
	return &devCluster{plan: plan, password: password, logger: logger, nodes: make([]*node.Node, len(plan))}
}

// start returns when all nodes vote and are ready. Those that are known come
// back by themselves; when there is none, node0 founds the cluster. New ones
// join.
func (c *devCluster) start(ctx context.Context) error {
	first := slices.IndexFunc(c.plan, func(n devNode) bool { return n.known })
	c.founded = first < 0
	first = max(first, 0)
	err := c.each(func(i int) error {
		if !c.plan[i].known && i != first {
			return nil
		}
		return c.startNode(ctx, i, c.founded, "")
	})
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, devReadyTimeout)
	defer cancel()
	if err := c.ready(waiting, c.nodes[first]); err != nil {
		return err
	}
	err = c.each(func(i int) error {
		if c.nodes[i] != nil {
			return nil
		}
		token, err := c.nodes[first].CreateJoinToken(waiting)
		if err != nil {
			return err
		}
		return c.startNode(ctx, i, false, token)
	})
	if err != nil {
		return err
	}
	return c.each(func(i int) error { return c.ready(waiting, c.nodes[i]) })
}

// each does the same for every node at the same time.
func (c *devCluster) each(do func(i int) error) error {
	errs := make([]error, len(c.plan))
	var wg sync.WaitGroup
	for i := range c.plan {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (c *devCluster) startNode(ctx context.Context, i int, found bool, joinToken string) error {
	n, err := node.Start(ctx, node.Options{
		Settings:     c.plan[i].settings,
		ConfigDir:    c.plan[i].configDir,
		Bootstrap:    found,
		JoinToken:    joinToken,
		Password:     c.password,
		ShowPassword: func(password string) { c.founded, c.password = true, password },
		Version:      jetonVersion(),
		Logger:       c.logger.With("node", c.plan[i].name),
	})
	if err != nil {
		return fmt.Errorf("%s did not start: %w", c.plan[i].name, err)
	}
	c.nodes[i] = n
	return nil
}

// ready waits until a node is ready, and every member it knows of votes.
func (c *devCluster) ready(ctx context.Context, n *node.Node) error {
	const poll = 20 * time.Millisecond
	for {
		err := n.Ready(ctx)
		if voters, members := n.Voters(); err == nil && voters < members {
			err = fmt.Errorf("only %d of %d members vote yet", voters, members)
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", n.Name(), err)
		case <-n.Done():
			return fmt.Errorf("%s stopped: %w", n.Name(), errors.Join(n.Err(), err))
		case <-time.After(poll):
		}
	}
}

// wait returns when ctx ends or no node is left. One that leaves, is removed or
// fails does not end the others, as in any cluster.
func (c *devCluster) wait(ctx context.Context) error {
	ended := make(chan error, len(c.nodes))
	for _, n := range c.nodes {
		go func() {
			select {
			case <-n.Done():
				c.logger.Warn("a node stopped by itself", "node", n.Name(), "reason", n.Err())
				ended <- n.Err()
			case <-ctx.Done():
			}
		}()
	}
	var errs []error
	for range c.nodes {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// stop stops all nodes that were started.
func (c *devCluster) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return c.each(func(i int) error {
		if c.nodes[i] == nil {
			return nil
		}
		return c.nodes[i].Stop(ctx)
	})
}
