package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Machine is a graph that stands as namespaces. It must be closed, and is not
// safe for concurrent use.
type Machine struct {
	plan   *plan
	spaces []netns.NsHandle
}

// Available returns nil if this process can build a Machine, and otherwise an
// error that says what is missing.
func Available() error {
	if os.Geteuid() != 0 {
		return errors.New("the kernel judge makes network namespaces, which needs root")
	}
	if _, err := exec.LookPath("nft"); err != nil {
		return errors.New("the kernel judge needs the command nft (package nftables)")
	}
	home, err := netns.Get()
	if err != nil {
		return fmt.Errorf("the kernel judge needs Linux network namespaces: %w", err)
	}
	defer func() { _ = home.Close() }()
	spaces, err := makeSpaces([]*space{{name: "probe"}})
	if err != nil {
		return fmt.Errorf("the kernel judge needs Linux network namespaces: %w", err)
	}
	m := &Machine{plan: &plan{}, spaces: spaces}
	return m.Close()
}

// Build makes the namespaces of a graph for one family of addresses: what the
// graph says of the other is not judged. An error says what the graph holds
// that the kernel cannot judge, or what the system refused; nothing is left
// behind then.
func Build(ctx context.Context, g *resource.Graph, f Family) (*Machine, error) {
	p, err := compile(g, f)
	if err != nil {
		return nil, err
	}
	m := &Machine{plan: p}
	if m.spaces, err = makeSpaces(p.spaces); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	for _, step := range []func(context.Context) error{m.join, m.route, m.filter} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, m.Close())
		}
	}
	return m, nil
}

// Ends returns what can be probed, in a stable order. It must not be changed.
func (m *Machine) Ends() []End { return m.plan.ends }

// Close lets the namespaces go.
func (m *Machine) Close() error {
	var bad []error
	for _, s := range m.spaces {
		bad = append(bad, s.Close())
	}
	m.spaces = nil
	return errors.Join(bad...)
}

// apart runs f on a thread that may change its namespace. If the thread cannot
// be brought back it ends with the goroutine.
func apart(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := netns.Get()
		if err != nil {
			runtime.UnlockOSThread()
			done <- err
			return
		}
		err = f()
		back := netns.Set(home)
		if back == nil {
			runtime.UnlockOSThread()
		}
		done <- errors.Join(err, back, home.Close())
	}()
	return <-done
}

// settings are what every namespace needs: no IPv6 where it is not judged, and
// none of its own doing where it is, and no opinion on where packets come from,
// which the rules and routes have.
var settings = [2]map[string]string{
	IPv4: {
		"ipv6/conf/all/disable_ipv6": "1", "ipv6/conf/default/disable_ipv6": "1",
		"ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0",
		"ipv4/conf/all/send_redirects": "0", "ipv4/conf/default/send_redirects": "0",
		"netfilter/nf_conntrack_tcp_loose": "0",
	},
	IPv6: {
		"ipv6/conf/all/disable_ipv6": "0", "ipv6/conf/default/disable_ipv6": "0", "ipv6/conf/default/addr_gen_mode": "1",
		"ipv6/conf/default/accept_ra": "0", "ipv6/conf/default/accept_dad": "0", "ipv6/conf/default/dad_transmits": "0",
		"netfilter/nf_conntrack_tcp_loose": "0",
	},
}

// makeSpaces makes empty namespaces.
func makeSpaces(all []*space) (out []netns.NsHandle, err error) {
	err = apart(func() error {
		for _, s := range all {
			h, err := netns.New()
			if err != nil {
				return fmt.Errorf("a namespace for %s: %w", s.name, err)
			}
			out = append(out, h)
			for name, v := range settings[s.family] {
				if err := setting("/proc/sys/net/"+name, v); err != nil {
					return fmt.Errorf("%s in %s: %w", name, s.name, err)
				}
			}
			if s.forward {
				if err := os.WriteFile(of(s.family, "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"), []byte("1"), 0); err != nil {
					return fmt.Errorf("forwarding in %s: %w", s.name, err)
				}
			}
		}
		return nil
	})
	return out, err
}

// setting writes a setting of the thread's namespace, unless it is so already:
// reading takes no lock that others wait for. One that is not there needs none.
func setting(file, v string) error {
	if is, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(is)) == v || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return os.WriteFile(file, []byte(v), 0)
}

// join makes the links. Both devices of a link have one hardware address and
// ask for none, so that no packet waits for ARP.
func (m *Machine) join(ctx context.Context) error {
	mac, err := net.ParseMAC("02:00:00:00:00:01")
	if err != nil {
		return err
	}
	handles, err := m.handles()
	defer closeAll(handles)
	if err != nil {
		return err
	}
	for _, l := range m.plan.links {
		v := netlink.NewVeth(netlink.LinkAttrs{Name: l.nameA, HardwareAddr: mac})
		v.PeerName, v.PeerHardwareAddr, v.PeerNamespace = l.nameB, mac, netlink.NsFd(m.spaces[l.b])
		if err := handles[l.a].LinkAdd(v); err != nil {
			return fmt.Errorf("a link from %s to %s: %w", m.plan.spaces[l.a].name, m.plan.spaces[l.b].name, err)
		}
	}
	return ctx.Err()
}

func (m *Machine) handles() ([]*netlink.Handle, error) {
	out := make([]*netlink.Handle, len(m.spaces))
	for i, s := range m.spaces {
		h, err := netlink.NewHandleAt(s, unix.NETLINK_ROUTE)
		if err != nil {
			return out, err
		}
		out[i] = h
	}
	return out, nil
}

func closeAll(handles []*netlink.Handle) {
	for _, h := range handles {
		if h != nil {
			h.Close()
		}
	}
}

// route gives every namespace its address, rules and routes.
func (m *Machine) route(ctx context.Context) error {
	handles, err := m.handles()
	defer closeAll(handles)
	if err != nil {
		return err
	}
	devices := make([]map[string]int, len(handles))
	for i, h := range handles {
		if devices[i], err = raise(h); err != nil {
			return fmt.Errorf("devices of %s: %w", m.plan.spaces[i].name, err)
		}
	}
	for i, s := range m.plan.spaces {
		if err := routeSpace(handles[i], s, devices[i]); err != nil {
			return fmt.Errorf("routes of %s: %w", s.name, err)
		}
	}
	return ctx.Err()
}

// raise brings up every device of a namespace and returns their indices.
func raise(h *netlink.Handle) (map[string]int, error) {
	links, err := h.LinkList()
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, l := range links {
		out[l.Attrs().Name] = l.Attrs().Index
		if l.Type() == "veth" {
			if err := h.LinkSetARPOff(l); err != nil {
				return nil, err
			}
		}
		if l.Type() == "veth" || l.Attrs().Name == "lo" {
			if err := h.LinkSetUp(l); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func routeSpace(h *netlink.Handle, s *space, devices map[string]int) error {
	if s.addr.IsValid() {
		lo := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "lo", Index: devices["lo"]}}
		if err := h.AddrAdd(lo, &netlink.Addr{IPNet: ipNet(only(s.addr)), Flags: of(s.family, 0, unix.IFA_F_NODAD)}); err != nil {
			return err
		}
	}
	for i, r := range s.rules {
		nr := netlink.NewRule()
		nr.Family, nr.IifName, nr.Table, nr.Priority = of(s.family, unix.AF_INET, unix.AF_INET6), r.in, tableID(r.table), 100+i
		if err := h.RuleAdd(nr); err != nil {
			return fmt.Errorf("rule for %s: %w", r.in, err)
		}
	}
	for _, r := range s.routes {
		nr := &netlink.Route{Dst: ipNet(r.dest), Table: tableID(r.table), Scope: netlink.SCOPE_LINK}
		if r.dev == "" {
			nr.Type, nr.Scope = unix.RTN_BLACKHOLE, netlink.SCOPE_UNIVERSE
		} else {
			nr.LinkIndex = devices[r.dev]
			if r.src.IsValid() {
				nr.Src = r.src.AsSlice()
			}
		}
		if err := h.RouteAdd(nr); err != nil {
			return fmt.Errorf("route to %s by %q: %w", r.dest, r.dev, err)
		}
	}
	return nil
}

// tableID keeps our tables clear of the system's.
func tableID(n int) int {
	if n == 0 {
		return unix.RT_TABLE_MAIN
	}
	return 1000 + n
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// filter loads the rulesets, one nft for each namespace, a few at a time.
func (m *Machine) filter(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.NumCPU())
	for i, s := range m.plan.spaces {
		if s.filter == "" {
			continue
		}
		group.Go(func() error {
			return apart(func() error {
				if err := netns.Set(m.spaces[i]); err != nil {
					return err
				}
				cmd := exec.CommandContext(ctx, "nft", "-f", "-")
				cmd.Stdin = bytes.NewBufferString(s.filter)
				if out, err := cmd.CombinedOutput(); err != nil {
					return fmt.Errorf("rules of %s: %w\n%s\n%s", s.name, err, out, s.filter)
				}
				return nil
			})
		})
	}
	return group.Wait()
}
