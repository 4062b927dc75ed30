package sshagent

import (
	"context"
	"net"
	"sync"
	"time"
)

// silences records since when each connection has been silent, so that many
// silent connections cannot shut out the others.
type silences struct {
	mu    sync.Mutex
	conns map[*heardConn]time.Time // of the last byte; none while a request is answered
}

// heardConn is a connection that is listened to.
type heardConn struct {
	net.Conn
	all *silences
}

func (s *silences) watch(c net.Conn) *heardConn {
	h := &heardConn{c, s}
	s.heard(h)
	return h
}

func (s *silences) heard(c *heardConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = time.Now()
}

func (s *silences) forget(c *heardConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// closeOldest closes the connection that has been silent for longest.
func (s *silences) closeOldest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest *heardConn
	for c, since := range s.conns {
		if oldest == nil || since.Before(s.conns[oldest]) {
			oldest = c
		}
	}
	if oldest != nil {
		delete(s.conns, oldest)
		oldest.Conn.Close()
	}
}

// roomInterval is how often a full agent looks for a silent client.
const roomInterval = 50 * time.Millisecond

// makeRoom takes a place in free. If there is none, it closes the connection
// that has been silent for longest. It is false if ctx ended before.
func (s *silences) makeRoom(ctx context.Context, free chan struct{}) bool {
	for {
		select {
		case free <- struct{}{}:
			return true
		default:
			s.closeOldest()
		}
		select {
		case free <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		case <-time.After(roomInterval):
		}
	}
}

// Read hears the client.
func (c *heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.all.heard(c)
	}
	return n, err
}

// Write is the answer, after which the client is silent again.
func (c *heardConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.all.heard(c)
	return n, err
}
