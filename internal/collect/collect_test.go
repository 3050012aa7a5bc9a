package collect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/suretyhq/surety/internal/collect"
	"github.com/suretyhq/surety/internal/motest"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/snapshot"
)

const region = "ap-southeast-2"

// config is moto's, without patience for what it does not know.
func config(endpoint string) aws.Config {
	cfg := motest.Config(endpoint)
	cfg.Region = region
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, 20*time.Millisecond })
	}
	return cfg
}

// made is a small network: a public subnet with an instance that the internet
// reaches by tcp/443, and a private one with an interface that only the
// instance's group reaches.
type made struct{ instance, private, gateway string }

func makeNetwork(t *testing.T, c *ec2.Client) made {
	t.Helper()
	ctx := t.Context()
	vpc, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.20.0.0/16")})
	must(t, err)
	id := vpc.Vpc.VpcId
	subnet := func(cidr, zone string) *string {
		s, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: id, CidrBlock: aws.String(cidr), AvailabilityZone: aws.String(region + zone)})
		must(t, err)
		return s.Subnet.SubnetId
	}
	public, private := subnet("10.20.0.0/24", "a"), subnet("10.20.1.0/24", "b")
	igw, err := c.CreateInternetGateway(ctx, nil)
	must(t, err)
	_, err = c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{VpcId: id, InternetGatewayId: igw.InternetGateway.InternetGatewayId})
	must(t, err)
	table, err := c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: id})
	must(t, err)
	_, err = c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table.RouteTable.RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: igw.InternetGateway.InternetGatewayId})
	must(t, err)
	_, err = c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: table.RouteTable.RouteTableId, SubnetId: public})
	must(t, err)
	group := func(name string, rule types.IpPermission) *string {
		g, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String(name), Description: aws.String(name), VpcId: id})
		must(t, err)
		_, err = c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: g.GroupId, IpPermissions: []types.IpPermission{rule}})
		must(t, err)
		return g.GroupId
	}
	web := group("web", types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}})
	db := group("db", types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: web}}})
	run, err := c.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: aws.String("c2VjcmV0"),
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: public, Groups: []string{*web}, AssociatePublicIpAddress: aws.Bool(true)}}})
	must(t, err)
	eip, err := c.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc})
	must(t, err)
	_, err = c.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: eip.AllocationId, InstanceId: run.Instances[0].InstanceId})
	must(t, err)
	eni, err := c.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: private, Groups: []string{*db}})
	must(t, err)
	tgw, err := c.CreateTransitGateway(ctx, nil)
	must(t, err)
	return made{*run.Instances[0].InstanceId, *eni.NetworkInterface.NetworkInterfaceId, *tgw.TransitGateway.TransitGatewayId}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What is made in an account is collected, read, and reached as it stands
// (B09); a second run asks for nothing that is there.
func TestB09_AnAccountIsCollectedAndReached(t *testing.T) {
	server := motest.Start(t)
	target, err := url.Parse(server.URL)
	must(t, err)
	var calls atomic.Int64
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		calls.Add(1)
	}})
	t.Cleanup(front.Close)
	cfg := config(front.URL)
	network := makeNetwork(t, ec2.NewFromConfig(cfg))

	out := t.TempDir()
	collectAll := func() map[string]snapshot.Collected {
		files := map[string]snapshot.Collected{}
		must(t, collect.Run(t.Context(), collect.Options{Config: cfg, Out: out, OnFile: func(f snapshot.Collected) {
			files[strings.TrimSuffix(filepath.Base(f.File), ".json")] = f
		}}))
		return files
	}
	files := collectAll()
	for _, name := range []string{"Vpcs", "VpcAttributes", "Subnets", "RouteTables", "NetworkAcls", "SecurityGroups", "InternetGateways", "NetworkInterfaces",
		"Reservations", "TransitGateways", "TransitGatewayRouteTables", "LoadBalancers", "DBInstances", "Functions"} {
		if f := files[name]; f.State != snapshot.Written {
			t.Errorf("%s: %+v", name, f)
		}
	}
	reach(t, out, network)

	before := calls.Load()
	for name, f := range collectAll() {
		if was := files[name]; was.State == snapshot.Written && (f.State != snapshot.Kept || f.Items != was.Items) {
			t.Errorf("%s is asked for again: %+v", name, f)
		}
	}
	again := calls.Load() - before
	if again > before/4 {
		t.Errorf("the second run made %d calls, the first and the making %d", again, before)
	}
	// A file that is broken, as none that is written here, is asked for again.
	broken := filepath.Join(out, "aws_configs", "accounts", motest.Account, region, "Vpcs.json")
	must(t, os.WriteFile(broken, []byte(`{"Vpcs": [`), 0o600))
	if f := collectAll()["Vpcs"]; f.State != snapshot.Written {
		t.Errorf("the broken file: %+v", f)
	}
	reach(t, out, network)
}

func reach(t *testing.T, dir string, made made) {
	t.Helper()
	s, problems := snapshot.Load(t.Context(), snapshot.Options{}, dir)
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	g, doubles := resource.New(s.Resources)
	must(t, doubles.Err())
	n := network.Build(g)
	class := func(id string) network.ClassID {
		for r := range g.All() {
			if r.Addr.Logical == id {
				if ids := n.ClassesOf(r.Addr); len(ids) == 1 {
					return ids[0]
				}
			}
		}
		t.Fatalf("%s has no class", id)
		return 0
	}
	web, db := class(made.instance), class(made.private)
	for _, c := range []struct {
		from, to network.ClassID
		port     uint16
		want     bool
	}{
		{network.Internet, web, 443, true}, {network.Internet, web, 22, false}, {network.Internet, db, 5432, false},
		{web, db, 5432, true}, {web, db, 22, false}, {db, network.Internet, 443, false}, {web, network.Internet, 443, true},
	} {
		p := n.Packets(resource.TCP, c.port, c.port)
		if r := n.Reach(c.from, c.to); r.Must.Contains(p) != c.want || r.May.Overlaps(p) != c.want {
			t.Errorf("%d to %d by %d: %+v", c.from, c.to, c.port, n.Explain(c.from, c.to, p))
		}
	}
}

// A call that is refused leaves its file out, and no other; a throttled one is
// tried again; nothing is written that may hold a secret.
func TestRefusedThrottledAndSecret(t *testing.T) {
	server := motest.Start(t)
	target, err := url.Parse(server.URL)
	must(t, err)
	var throttled atomic.Int64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := new(bytes.Buffer)
		_, _ = body.ReadFrom(r.Body)
		r.Body = http.NoBody
		if body.Len() > 0 {
			r.Body = readCloser{bytes.NewReader(body.Bytes())}
		}
		switch {
		case strings.Contains(body.String(), "Action=DescribeNatGateways"):
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`))
		case strings.Contains(body.String(), "Action=DescribeSubnets") && throttled.Add(1) == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slowly</Message></Error></Errors></Response>`))
		case strings.Contains(body.String(), "Action=DescribeVpnConnections"):
			_, _ = w.Write([]byte(`<DescribeVpnConnectionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpnConnectionSet><item><vpnConnectionId>vpn-1</vpnConnectionId>
				<customerGatewayConfiguration>secret-key</customerGatewayConfiguration><options><staticRoutesOnly>true</staticRoutesOnly>
				<tunnelOptionSet><item><preSharedKey>secret-key</preSharedKey></item></tunnelOptionSet></options></item></vpnConnectionSet></DescribeVpnConnectionsResponse>`))
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	cfg := config(front.URL)
	out, states := t.TempDir(), map[string]snapshot.Collected{}
	must(t, collect.Run(t.Context(), collect.Options{Config: cfg, Out: out, OnFile: func(f snapshot.Collected) { states[filepath.Base(f.File)] = f }}))
	if f := states["NatGateways.json"]; f.State != snapshot.Failed || !strings.Contains(f.Err.Error(), "UnauthorizedOperation") {
		t.Errorf("the refused call: %+v", f)
	}
	if f := states["Subnets.json"]; f.State != snapshot.Written || throttled.Load() < 2 {
		t.Errorf("the throttled call: %+v after %d", f, throttled.Load())
	}
	dir := filepath.Join(out, "aws_configs", "accounts", motest.Account, region)
	if _, err := os.Stat(filepath.Join(dir, "NatGateways.json")); err == nil {
		t.Error("the refused call left a file")
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		if !json.Valid(text) || bytes.Contains(text, []byte("secret")) || strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s: %s", e.Name(), text)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "VpnConnections.json"))
	if must(t, err); !bytes.Contains(text, []byte(`"StaticRoutesOnly": true`)) {
		t.Errorf("the connection is kept otherwise: %s", text)
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func TestWithoutARegion(t *testing.T) {
	err := collect.Run(context.Background(), collect.Options{Out: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "--region") {
		t.Errorf("got %v", err)
	}
}
