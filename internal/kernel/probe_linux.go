package kernel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// prober is one round of probes: sockets of many namespaces behind one epoll.
type prober struct {
	m       *Machine
	poll    int
	sockets []int
	answers map[int]bool // sockets that send back what they get
	doors   map[int]bool // sockets that accept connections
	clients map[int]int  // sockets of probes
	open    []bool
	waiting int
}

// Probe makes the connections of all probes at once, and returns for each
// whether it came about. It waits until every probe is decided or nothing has
// happened for the window.
func (m *Machine) Probe(ctx context.Context, probes []Probe, window time.Duration) ([]bool, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("probing: %w", err)
	}
	p := &prober{m: m, poll: poll, answers: map[int]bool{}, doors: map[int]bool{}, clients: map[int]int{}, open: make([]bool, len(probes))}
	defer p.close()
	if err := apart(func() error { return p.listen(probes) }); err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	if err := apart(func() error { return p.connect(probes) }); err != nil {
		return nil, fmt.Errorf("probing: %w", err)
	}
	if err := p.wait(ctx, window); err != nil {
		return nil, fmt.Errorf("probing: %w", err)
	}
	return p.open, nil
}

func (p *prober) close() {
	for _, fd := range p.sockets {
		_ = unix.Close(fd) // nothing was buffered that matters
	}
	_ = unix.Close(p.poll)
}

// socket makes a non-blocking socket in the thread's namespace. A connection is
// reset when it is closed, so that none lingers.
func (p *prober) socket(proto resource.Protocol) (int, error) {
	typ := unix.SOCK_STREAM
	if proto == resource.UDP {
		typ = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(of(p.m.plan.family, unix.AF_INET, unix.AF_INET6), typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	p.sockets = append(p.sockets, fd)
	if proto == resource.TCP {
		err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	return fd, err
}

// listen opens what the probes go to, once each.
func (p *prober) listen(probes []Probe) error {
	for _, group := range byEnd(probes, func(q Probe) int { return q.To }) {
		if err := netns.Set(p.m.spaces[p.m.plan.homes[group[0].To]]); err != nil {
			return err
		}
		seen := map[Probe]bool{}
		for _, q := range group {
			door := Probe{To: q.To, Protocol: q.Protocol, Port: q.Port}
			if seen[door] {
				continue
			}
			seen[door] = true
			fd, err := p.socket(q.Protocol)
			if err != nil {
				return err
			}
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil { // of the look before
				return err
			}
			if err := unix.Bind(fd, door4or6(p.m.plan.ends[q.To].Addr, q.Port)); err != nil {
				return err
			}
			if q.Protocol == resource.TCP {
				if err := unix.Listen(fd, 4096); err != nil {
					return err
				}
			}
			p.doors[fd], p.answers[fd] = q.Protocol == resource.TCP, q.Protocol == resource.UDP
			if err := p.watch(fd, unix.EPOLLIN); err != nil {
				return err
			}
		}
	}
	return nil
}

// door4or6 is a port of an address, as the kernel takes it.
func door4or6(a netip.Addr, port uint16) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Port: int(port), Addr: a.As4()}
	}
	return &unix.SockaddrInet6{Port: int(port), Addr: a.As16()}
}

func (p *prober) watch(fd int, events uint32) error {
	return unix.EpollCtl(p.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

// numbered is a probe with its place in the answer.
type numbered struct {
	Probe
	n int
}

// byEnd groups probes by an end, in order of ends.
func byEnd(probes []Probe, end func(Probe) int) [][]numbered {
	groups := map[int][]numbered{}
	for i, q := range probes {
		groups[end(q)] = append(groups[end(q)], numbered{q, i})
	}
	var keys []int
	for k := range groups {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var out [][]numbered
	for _, k := range keys {
		out = append(out, groups[k])
	}
	return out
}

// connect starts every probe.
func (p *prober) connect(probes []Probe) error {
	for _, group := range byEnd(probes, func(q Probe) int { return q.From }) {
		if err := netns.Set(p.m.spaces[p.m.plan.homes[group[0].From]]); err != nil {
			return err
		}
		for _, q := range group {
			to := p.target(q.Probe)
			if !to.IsValid() {
				continue
			}
			if err := p.start(q, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// target returns the address that a probe goes to; none where the Internet has
// none to use.
func (p *prober) target(q Probe) netip.Addr {
	if p.m.plan.ends[q.From].Internet {
		return p.m.plan.ends[q.To].Public
	}
	return p.m.plan.ends[q.To].Addr
}

// start sends the first packet of a probe. That the namespace itself refuses
// it (no route, a group's egress) is an answer.
func (p *prober) start(q numbered, to netip.Addr) error {
	fd, err := p.socket(q.Protocol)
	if err != nil {
		return err
	}
	err = unix.Connect(fd, door4or6(to, q.Port))
	switch {
	case err == nil && q.Protocol == resource.UDP:
		if _, err := unix.Write(fd, []byte("?")); err != nil {
			return refused(err)
		}
	case err == nil, errors.Is(err, unix.EINPROGRESS):
	default:
		return refused(err)
	}
	p.clients[fd] = q.n
	p.waiting++
	if q.Protocol == resource.UDP {
		return p.watch(fd, unix.EPOLLIN)
	}
	return p.watch(fd, unix.EPOLLOUT)
}

// refused lets those errors pass by which the network says no.
func refused(err error) error {
	for _, no := range []error{unix.EPERM, unix.EACCES, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EINVAL, unix.ECONNREFUSED} {
		if errors.Is(err, no) {
			return nil
		}
	}
	return err
}

// wait answers what is asked and notes what comes about.
func (p *prober) wait(ctx context.Context, window time.Duration) error {
	events := make([]unix.EpollEvent, 256)
	quiet := time.Now().Add(window)
	for p.waiting > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		left := time.Until(quiet)
		if left <= 0 {
			return nil
		}
		n, err := unix.EpollWait(p.poll, events, int(left.Milliseconds())+1)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range events[:n] {
			switch fd := int(e.Fd); {
			case p.doors[fd]:
				if err := p.accept(fd); err != nil {
					return err
				}
			case p.answers[fd]:
				p.answer(fd)
			case e.Events&unix.EPOLLOUT != 0 && e.Events&(unix.EPOLLERR|unix.EPOLLHUP) == 0:
				if err := p.ask(fd); err != nil {
					return err
				}
			default:
				p.decide(fd)
			}
		}
		if n > 0 {
			quiet = time.Now().Add(window)
		}
	}
	return nil
}

// accept takes the connections that wait at a door.
func (p *prober) accept(door int) error {
	for {
		fd, _, err := unix.Accept4(door, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return nil // none waits, or the one that did is gone
		}
		p.sockets = append(p.sockets, fd)
		p.answers[fd] = true
		if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			return err
		}
		if err := p.watch(fd, unix.EPOLLIN); err != nil {
			return err
		}
	}
}

// answer sends back what came in.
func (p *prober) answer(fd int) {
	buf := make([]byte, 16)
	for {
		n, from, err := unix.Recvfrom(fd, buf, 0)
		if err != nil || n == 0 {
			if n == 0 || !errors.Is(err, unix.EAGAIN) {
				_ = unix.EpollCtl(p.poll, unix.EPOLL_CTL_DEL, fd, nil) // the other side is gone
			}
			return
		}
		_ = unix.Sendto(fd, buf[:n], unix.MSG_NOSIGNAL, from) // a refused answer is a closed probe
	}
}

// ask sends the question over a connection that stands, and waits for the
// answer: a handshake alone does not say that data flows both ways.
func (p *prober) ask(fd int) error {
	if code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || code != 0 {
		p.finish(fd, false)
		return nil
	}
	if err := unix.Sendto(fd, []byte("?"), unix.MSG_NOSIGNAL, nil); err != nil {
		p.finish(fd, false)
		return nil
	}
	return unix.EpollCtl(p.poll, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// decide reads the answer of a probe.
func (p *prober) decide(fd int) {
	buf := make([]byte, 16)
	n, _, err := unix.Recvfrom(fd, buf, 0)
	p.finish(fd, err == nil && n > 0)
}

// finish notes what became of a probe.
func (p *prober) finish(fd int, open bool) {
	i, ok := p.clients[fd]
	if !ok {
		return
	}
	delete(p.clients, fd)
	p.waiting--
	p.open[i] = open
	_ = unix.EpollCtl(p.poll, unix.EPOLL_CTL_DEL, fd, nil) // it is closed at the end anyway
}
