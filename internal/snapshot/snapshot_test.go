package snapshot_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/snapshot"
)

// files are a snapshot's, by path.
type files map[string]string

// small is a VPC with a public and a private subnet, an instance in each, and a
// database's interface in the private one.
func small() files {
	return files{
		"Vpcs.json": `{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "OwnerId": "111111111111",
			"CidrBlockAssociationSet": [{"AssociationId": "a-1", "CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
				{"AssociationId": "a-2", "CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "associated"}},
				{"AssociationId": "a-3", "CidrBlock": "10.8.0.0/16", "CidrBlockState": {"State": "disassociated"}}]}]}`,
		"Subnets.json": `{"Subnets": [
			{"SubnetId": "subnet-p", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "ap-southeast-2a", "AvailabilityZoneId": "apse2-az1", "OwnerId": "111111111111"},
			{"SubnetId": "subnet-s", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "ap-southeast-2b", "AvailabilityZoneId": "apse2-az2", "OwnerId": "111111111111"}]}`,
		"RouteTables.json": `{"RouteTables": [
			{"RouteTableId": "rtb-m", "VpcId": "vpc-1", "Associations": [{"Main": true, "RouteTableAssociationId": "ra-0"}],
			 "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]},
			{"RouteTableId": "rtb-p", "VpcId": "vpc-1", "Associations": [{"Main": false, "SubnetId": "subnet-p", "RouteTableAssociationId": "ra-1"}],
			 "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]}]}`,
		"InternetGateways.json": `{"InternetGateways": [{"InternetGatewayId": "igw-1", "Attachments": [{"State": "available", "VpcId": "vpc-1"}]}]}`,
		"NetworkAcls.json": `{"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true,
			"Entries": [{"RuleNumber": 100, "Egress": true, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
				{"RuleNumber": 100, "Egress": false, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
				{"RuleNumber": 32767, "Egress": false, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}],
			"Associations": [{"SubnetId": "subnet-p", "NetworkAclAssociationId": "aa-1"}, {"SubnetId": "subnet-s", "NetworkAclAssociationId": "aa-2"}]}]}`,
		"SecurityGroups.json": `{"SecurityGroups": [
			{"GroupId": "sg-web", "GroupName": "web", "VpcId": "vpc-1",
			 "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "UserIdGroupPairs": []}],
			 "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
			{"GroupId": "sg-db", "GroupName": "db", "VpcId": "vpc-1",
			 "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": "sg-web", "UserId": "111111111111"}]}],
			 "IpPermissionsEgress": []}]}`,
		"NetworkInterfaces.json": `{"NetworkInterfaces": [
			{"NetworkInterfaceId": "eni-w", "SubnetId": "subnet-p", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-web"}], "InterfaceType": "interface",
			 "PrivateIpAddress": "10.0.0.5", "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.0.5"}], "SourceDestCheck": true,
			 "Attachment": {"InstanceId": "i-web"}},
			{"NetworkInterfaceId": "eni-d", "SubnetId": "subnet-s", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-db"}], "InterfaceType": "interface",
			 "Description": "RDSNetworkInterface", "PrivateIpAddress": "10.0.1.5", "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.1.5"}]}]}`,
		"Addresses.json": `{"Addresses": [{"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.7", "NetworkInterfaceId": "eni-w", "PrivateIpAddress": "10.0.0.5"}]}`,
		"Reservations.json": `{"Reservations": [{"Instances": [
			{"InstanceId": "i-web", "SubnetId": "subnet-p", "State": {"Name": "running"}, "UserData": "c2VjcmV0LWRhdGE=",
			 "Tags": [{"Key": "surety:part", "Value": "web"}], "NetworkInterfaces": [{"NetworkInterfaceId": "eni-w"}]},
			{"InstanceId": "i-gone", "SubnetId": "subnet-p", "State": {"Name": "terminated"}}]}]}`,
	}
}

// with returns the files with others, and without those that are empty.
func (f files) with(other files) files {
	out := maps.Clone(f)
	for name, text := range other {
		if out[name] = text; text == "" {
			delete(out, name)
		}
	}
	return out
}

// below returns the files in a folder.
func (f files) below(folder string) files {
	out := files{}
	for name, text := range f {
		out[folder+"/"+name] = text
	}
	return out
}

func write(t testing.TB, f files) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// world is what was read, compiled.
type world struct {
	*network.Network
	graph    *resource.Graph
	problems diag.List
	places   int
}

func load(t testing.TB, f files) world {
	t.Helper()
	dir := write(t, f)
	if !snapshot.Is(dir) {
		t.Fatal("the folder is not recognised")
	}
	s, problems := snapshot.Load(t.Context(), snapshot.Options{}, dir)
	g, doubles := resource.New(s.Resources)
	if err := doubles.Err(); err != nil {
		t.Fatal(err)
	}
	return world{network.Build(g), g, problems, s.Places}
}

// addrOf finds a resource by its id.
func (w world) addrOf(t testing.TB, id string) addr.Address {
	t.Helper()
	var found []addr.Address
	for r := range w.graph.All() {
		if r.Addr.Logical == id {
			found = append(found, r.Addr)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s is %v", id, found)
	}
	return found[0]
}

// outcome is must, may or no.
func (w world) outcome(t testing.TB, from, to string, port uint16) string {
	t.Helper()
	class := func(id string) network.ClassID {
		if id == "internet" {
			return network.Internet
		}
		ids := w.ClassesOf(w.addrOf(t, id))
		if len(ids) != 1 {
			t.Fatalf("%s has classes %v", id, ids)
		}
		return ids[0]
	}
	r, p := w.Reach(class(from), class(to)), w.Packets(resource.TCP, port, port)
	switch {
	case r.Must.Contains(p):
		return "must"
	case r.May.Overlaps(p):
		return "may"
	}
	return "no"
}

func (w world) codes() []string {
	var out []string
	for _, p := range w.problems {
		out = append(out, p.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestB09_AnAccountAsItStands(t *testing.T) {
	w := load(t, small())
	if len(w.problems) > 0 {
		t.Errorf("problems: %v", w.problems)
	}
	for _, c := range []struct {
		from, to string
		port     uint16
		want     string
	}{
		{"internet", "i-web", 443, "must"},
		{"internet", "i-web", 22, "no"},
		{"internet", "eni-d", 5432, "no"},
		{"i-web", "eni-d", 5432, "must"}, // by reference to a group
		{"i-web", "eni-d", 5433, "no"},
		{"eni-d", "i-web", 443, "no"}, // a group without outbound rules lets nothing out
		{"eni-d", "internet", 443, "no"},
		{"i-web", "internet", 80, "must"},
	} {
		if got := w.outcome(t, c.from, c.to, c.port); got != c.want {
			t.Errorf("%s to %s by %d: %s, want %s", c.from, c.to, c.port, got, c.want)
		}
	}
	web := w.addrOf(t, "i-web")
	if web.Stack != (addr.Stack{Account: "111111111111", Region: "ap-southeast-2"}) {
		t.Errorf("the place is %s", web.Stack)
	}
	r := w.graph.Get(web)
	if r.Tags["surety:part"].Text() != "web" || r.Pos.Line != 2 || filepath.Base(r.Pos.File) != "Reservations.json" {
		t.Errorf("tags %v at %s", r.Tags, r.Pos)
	}
	if v := resource.View[resource.VPC](w.graph, w.addrOf(t, "vpc-1")); len(v.CIDRs) != 2 {
		t.Errorf("the VPC has %v", v.CIDRs)
	}
}

// Nothing that may hold a secret is in the graph.
func TestSecretsAreNotKept(t *testing.T) {
	w := load(t, small().with(files{
		"VpnConnections.json": `{"VpnConnections": [{"VpnConnectionId": "vpn-1", "VpnGatewayId": "vgw-1", "State": "available",
			"CustomerGatewayConfiguration": "<pre_shared_key>secret-key</pre_shared_key>",
			"Options": {"StaticRoutesOnly": true, "TunnelOptions": [{"PreSharedKey": "secret-key"}]}}]}`,
		"VpnGateways.json": `{"VpnGateways": [{"VpnGatewayId": "vgw-1", "VpcAttachments": [{"State": "attached", "VpcId": "vpc-1"}]}]}`,
		"Functions.json":   `{"Functions": [{"FunctionName": "f", "Environment": {"Variables": {"TOKEN": "secret-token"}}}]}`,
	}))
	n := 0
	for r := range w.graph.All() {
		n++
		if text := r.Props.String(); strings.Contains(text, "secret") || strings.Contains(text, "c2VjcmV0") {
			t.Errorf("%s keeps %s", r.Addr, text)
		}
	}
	if n < 20 {
		t.Errorf("only %d resources", n)
	}
}

// What is missing is unknown, and never what would follow from its absence.
func TestMissingIsUnknown(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   files
		from, to string
		port     uint16
		want     string
	}{
		{"network ACLs", files{"NetworkAcls.json": ""}, "i-web", "eni-d", 5432, "may"},
		{"route tables", files{"RouteTables.json": ""}, "i-web", "internet", 443, "may"},
		{"security groups", files{"SecurityGroups.json": ""}, "i-web", "eni-d", 5432, "may"},
		{"internet gateways, which an active route vouches for", files{"InternetGateways.json": ""}, "i-web", "internet", 443, "must"},
		{"interfaces, of which instances tell their own", files{"NetworkInterfaces.json": "", "Reservations.json": `{"Reservations": [{"Instances": [
			{"InstanceId": "i-web", "SubnetId": "subnet-p", "State": {"Name": "running"}, "NetworkInterfaces": [{"NetworkInterfaceId": "eni-w", "SubnetId": "subnet-p",
			 "Groups": [{"GroupId": "sg-web"}], "PrivateIpAddress": "10.0.0.5", "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5", "Association": {"PublicIp": "198.51.100.7"}}]}]}]}]}`},
			"internet", "i-web", 443, "must"},
		{"the rest of the route tables", files{"RouteTables.json": `{"NextToken": "x", "RouteTables": [
			{"RouteTableId": "rtb-m", "VpcId": "vpc-1", "Associations": [{"Main": true}], "Routes": []}]}`}, "i-web", "internet", 443, "may"},
		{"a group's outbound rules", files{"SecurityGroups.json": `{"SecurityGroups": [{"GroupId": "sg-web", "VpcId": "vpc-1", "IpPermissions": []},
			{"GroupId": "sg-db", "VpcId": "vpc-1", "IpPermissions": [], "IpPermissionsEgress": []}]}`}, "i-web", "internet", 443, "may"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, small().with(c.change))
			if err := w.problems.Err(); err != nil {
				t.Fatal(err)
			}
			if got := w.outcome(t, c.from, c.to, c.port); got != c.want {
				t.Errorf("%s to %s by %d: %s, want %s", c.from, c.to, c.port, got, c.want)
			}
		})
	}
	w := load(t, small().with(files{"NetworkInterfaces.json": ""}))
	if r := w.graph.Get(w.addrOf(t, "vpc-1")); r.Hides == nil || r.Hides.Code != "SNAPSHOT_MISSING" {
		t.Errorf("the VPC hides %v", r.Hides)
	}
}

func TestPlaces(t *testing.T) {
	plain := files{}
	for name, text := range small() {
		plain["describe-"+map[string]string{"Vpcs.json": "vpcs", "Subnets.json": "subnets", "RouteTables.json": "route-tables", "InternetGateways.json": "internet-gateways",
			"NetworkAcls.json": "network-acls", "SecurityGroups.json": "security-groups", "NetworkInterfaces.json": "network-interfaces",
			"Addresses.json": "addresses", "Reservations.json": "instances"}[name]+".json"] = text
	}
	for _, c := range []struct {
		name, account, region string
		files                 files
	}{
		{"Batfish's layout", "222222222222", "us-east-1", small().below("aws_configs/accounts/222222222222/us-east-1")},
		{"the older one", "111111111111", "us-east-1", small().below("aws_configs/us-east-1")},
		{"twelve digits", "222222222222", "us-east-1", small().below("222222222222/us-east-1")},
		{"no folders", "111111111111", "ap-southeast-2", small().below("aws_configs")},
		{"the command line's names", "111111111111", "ap-southeast-2", plain},
		{"a government's Region", "111111111111", "us-gov-west-1", small().below("aws_configs/us-gov-west-1")},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, c.files)
			if got := w.addrOf(t, "i-web").Stack; got != (addr.Stack{Account: c.account, Region: c.region}) {
				t.Errorf("got %s", got)
			}
			if got := w.outcome(t, "i-web", "eni-d", 5432); got != "must" || w.places != 1 {
				t.Errorf("it is read otherwise: %s, %d places", got, w.places)
			}
		})
	}
	for _, other := range []files{{"template.yaml": "Resources: {}"}, {"manifest.json": "{}", "aws_configs/Vpcs.json": "{}"}, {"package.json": "{}"}} {
		if snapshot.Is(write(t, other)) {
			t.Errorf("%v is taken for a snapshot", other)
		}
	}
}

// Ids that are alike in two accounts are two things; what two accounts say of
// one thing is one.
func TestSeveralAccounts(t *testing.T) {
	two := small().below("aws_configs/accounts/111111111111/ap-southeast-2")
	maps.Copy(two, small().below("aws_configs/accounts/222222222222/ap-southeast-2"))
	w := load(t, two)
	for _, account := range []string{"111111111111", "222222222222"} {
		s := addr.Stack{Account: account, Region: "ap-southeast-2"}
		a, b := w.ClassesOf(addr.Address{Stack: s, Logical: "i-web"}), w.ClassesOf(addr.Address{Stack: s, Logical: "eni-d"})
		if len(a) != 1 || len(b) != 1 || !w.Reach(a[0], b[0]).Must.Contains(w.Packets(resource.TCP, 5432, 5432)) {
			t.Errorf("%s: %v %v", account, a, b)
		}
		other := addr.Stack{Account: map[string]string{"111111111111": "222222222222", "222222222222": "111111111111"}[account], Region: s.Region}
		if c := w.ClassesOf(addr.Address{Stack: other, Logical: "eni-d"}); !w.Reach(a[0], c[0]).May.IsEmpty() {
			t.Errorf("%s reaches the other account", account)
		}
	}

	participant := `{"Subnets": [{"SubnetId": "subnet-s", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailabilityZoneId": "apse2-az2", "OwnerId": "111111111111"}]}`
	shared := small().below("aws_configs/accounts/111111111111/ap-southeast-2")
	shared["aws_configs/accounts/222222222222/ap-southeast-2/Subnets.json"] = participant
	shared["aws_configs/accounts/222222222222/ap-southeast-2/NetworkInterfaces.json"] = `{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-x", "SubnetId": "subnet-s",
		"Groups": [{"GroupId": "sg-db"}], "PrivateIpAddress": "10.0.1.9"}]}`
	w = load(t, shared)
	if got := w.outcome(t, "i-web", "eni-x", 5432); got != "must" {
		t.Errorf("an interface in a shared subnet: %s", got)
	}
}

func TestPeeringBetweenAccounts(t *testing.T) {
	peering := `{"VpcPeeringConnections": [{"VpcPeeringConnectionId": "pcx-1", "Status": {"Code": "active"},
		"RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": "111111111111", "Region": "ap-southeast-2"},
		"AccepterVpcInfo": {"VpcId": "vpc-1", "OwnerId": "222222222222", "Region": "ap-southeast-4"}}]}`
	side := func(network, other string) files {
		f := small().with(files{"VpcPeeringConnections.json": peering, "RouteTables.json": `{"RouteTables": [{"RouteTableId": "rtb-m", "VpcId": "vpc-1",
			"Associations": [{"Main": true}], "Routes": [{"DestinationCidrBlock": "` + other + `.0.0/16", "VpcPeeringConnectionId": "pcx-1", "State": "active"}]}]}`})
		for name, text := range f {
			f[name] = strings.ReplaceAll(strings.ReplaceAll(text, "10.9.0.0", network+".128.0"), "10.0.", network+".")
		}
		f["VpcPeeringConnections.json"], f["RouteTables.json"] = peering, strings.ReplaceAll(f["RouteTables.json"], network+".0.0/16\", \"Vpc", other+".0.0/16\", \"Vpc")
		return f
	}
	all := side("10.1", "10.2").below("aws_configs/accounts/111111111111/ap-southeast-2")
	maps.Copy(all, side("10.2", "10.1").below("aws_configs/accounts/222222222222/ap-southeast-4"))
	w := load(t, all)
	a := w.ClassesOf(addr.Address{Stack: addr.Stack{Account: "111111111111", Region: "ap-southeast-2"}, Logical: "i-web"})
	b := w.ClassesOf(addr.Address{Stack: addr.Stack{Account: "222222222222", Region: "ap-southeast-4"}, Logical: "i-web"})
	d := w.ClassesOf(addr.Address{Stack: addr.Stack{Account: "222222222222", Region: "ap-southeast-4"}, Logical: "eni-d"})
	if len(a) != 1 || len(b) != 1 || len(d) != 1 {
		t.Fatalf("classes %v %v %v", a, b, d)
	}
	if p := w.Packets(resource.TCP, 443, 443); !w.Reach(a[0], b[0]).Must.Contains(p) || !w.Reach(b[0], a[0]).Must.Contains(p) {
		t.Errorf("the peering does not carry it: %+v", w.Explain(a[0], b[0], p))
	}
	if !w.Reach(a[0], d[0]).May.IsEmpty() {
		t.Error("a group reference holds between Regions")
	}
}

func TestProblemsHaveTheirPlaces(t *testing.T) {
	for _, c := range []struct {
		name, text, code, at string
		severity             diag.Severity
	}{
		{"cut off", `{"Vpcs": [`, "SNAPSHOT_SYNTAX", "Vpcs.json:1:11", diag.Error},
		{"no list", `{"Vpcs": "none"}`, "SNAPSHOT_SHAPE", "Vpcs.json:1:2", diag.Warning},
		{"no map", "{\"Vpcs\": [\n 1]}", "SNAPSHOT_SHAPE", "Vpcs.json:2:2", diag.Warning},
		{"no id", "{\"Vpcs\": [\n {\"CidrBlock\": \"10.0.0.0/16\"}]}", "SNAPSHOT_SHAPE", "Vpcs.json:2:2", diag.Warning},
		{"a list of another kind", `{"Vpcs": [], "Flowers": ["rose"]}`, "SNAPSHOT_NOT_READ", "Vpcs.json:1:14", diag.Warning},
		{"a next page", `{"Vpcs": [], "NextToken": "x"}`, "SNAPSHOT_INCOMPLETE", "Vpcs.json:1:2", diag.Warning},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, files{"Vpcs.json": c.text})
			if len(w.problems) != 1 {
				t.Fatalf("problems: %v", w.problems)
			}
			p := w.problems[0]
			if p.Code != c.code || p.Severity != c.severity || !strings.HasSuffix(p.Pos.String(), c.at) || p.Why == "" || p.Fix == "" {
				t.Errorf("got %s at %s: %v", p.Code, p.Pos, p)
			}
		})
	}
	_, problems := snapshot.Load(t.Context(), snapshot.Options{}, t.TempDir())
	if len(problems) != 1 || problems[0].Code != "SNAPSHOT_UNREADABLE" {
		t.Errorf("an empty folder: %v", problems)
	}
}

// A public address is known from wherever it is said.
func TestPublicAddressesAreFound(t *testing.T) {
	instance := func(more string) string {
		return `{"Reservations": [{"Instances": [{"InstanceId": "i-web", "SubnetId": "subnet-p", ` + more + `"State": {"Name": "running"}, "NetworkInterfaces": [{"NetworkInterfaceId": "eni-w"}]}]}]}`
	}
	for name, f := range map[string]files{
		"an Elastic IP address of an interface": {},
		"one of an instance":                    {"Addresses.json": `{"Addresses": [{"AllocationId": "e", "PublicIp": "198.51.100.7", "InstanceId": "i-web"}]}`},
		"the instance":                          {"Addresses.json": "", "Reservations.json": instance(`"PublicIpAddress": "198.51.100.7", "PrivateIpAddress": "10.0.0.5", `)},
	} {
		if got := load(t, small().with(f)).outcome(t, "internet", "i-web", 443); got != "must" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := load(t, small().with(files{"Addresses.json": "", "Reservations.json": instance("")})).outcome(t, "internet", "i-web", 443); got != "no" {
		t.Errorf("without any: %s", got)
	}
}

// Spelling that differs between collectors does not matter.
func TestKeysInAnyCase(t *testing.T) {
	f := small()
	for _, name := range []string{"Subnets.json", "NetworkInterfaces.json"} {
		f[name] = strings.NewReplacer("SubnetId", "subnetId", "CidrBlock", "CIDRBlock", "PrivateIpAddresses", "PrivateIPAddresses", "Subnets", "subnets").Replace(f[name])
	}
	w := load(t, f)
	if got := w.outcome(t, "i-web", "eni-d", 5432); got != "must" || len(w.problems) > 0 {
		t.Errorf("got %s, %v", got, w.codes())
	}
}
