package network_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource/build"
)

// awsCodes are the codes of AWS's analyser ("Reachability Analyzer explanation
// codes", "Reachability Analyzer additional detail codes").
const awsCodes = `
BAD_STATE BAD_STATE_ATTACHMENT BAD_STATE_ROUTE BAD_STATE_VPN CANNOT_ROUTE ELB_ACL_RESTRICTION ELB_INSTALLED_AZ_RESTRICTION ELB_LISTENER_PORT_RESTRICTION
ELB_LISTENERS_MISMATCH ELB_NOT_CROSSZONE ELBV2_LISTENER_HAS_NO_TG ELBV2_LISTENER_PORT_RESTRICTION ELBV2_LISTENER_REQUIRES_TG_ACCEPT ELBV2_LISTENERS_MISMATCH
ELBV2_NO_TARGETS_IN_AZ ELBV2_SOURCE_ADDRESS_PRESERVATION ENI_ADDRESS_RESTRICTION ENI_SG_RULES_MISMATCH ENI_SOURCE_DEST_CHECK_RESTRICTION FIREWALL_RULES_RESTRICTION
GATEWAY_REJECTS_SPOOFED_TRAFFIC GWLB_DESTINATION_PORT_RESTRICTION GWLB_PROTOCOL_RESTRICTION HIGHER_PRIORITY_ROUTE IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS
IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS IGW_NAT_REFLECTION IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS
IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS INGRESS_RTB_NO_PUBLIC_IP
INGRESS_RTB_TRAFFIC_REDIRECTION MORE_SPECIFIC_ROUTE NGW_DEST_ADDRESS_PRESERVATION NGW_REQUIRES_SOURCE_IN_VPC NGW_SOURCE_ADDRESS_REASSIGN NO_POSSIBLE_DESTINATION
NO_ROUTE_TO_DESTINATION PCX_REQUIRES_ADDRESS_IN_VPC_CIDR PROTOCOL_RESTRICTION REGIONAL_NGW_ROUTE_AZ_RESTRICTION REMAP_EPHEMERAL_PORT SG_HAS_NO_RULES
SG_REFERENCES_NOT_PRESERVED SG_REFERENCING_SUPPORT SUBNET_ACL_RESTRICTION TARGET_ADDRESS_RESTRICTION TARGET_PORT_RESTRICTION
TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION TGW_ATTACH_VPC_AZ_RESTRICTION TGW_BAD_STATE_VPN TGW_ROUTE_AZ_RESTRICTION TGW_RTB_BAD_STATE_ROUTE TGW_RTB_CANNOT_ROUTE
TGW_RTB_HIGHER_PRIORITY_ROUTE TGW_RTB_MORE_SPECIFIC_ROUTE TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT TGW_RTB_ROUTES_ARE_UNKNOWN UNKNOWN_DESTINATION UNKNOWN_PEERED_SGS
UNKNOWN_RESOURCE VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS VPC_BLOCK_PUBLIC_ACCESS_ENABLED VPC_LOCAL_ROUTE_CIDR_RESTRICTION
VPCE_GATEWAY_EGRESS_SOURCE_ADDRESS_RESTRICTION VPCE_GATEWAY_PROTOCOL_RESTRICTION VPCE_INTRA_VPC_TRAFFIC VPCE_SERVICE_NOT_INSTALLED_IN_AZ
DISCONNECTED_VPCS NO_PATH NO_SOURCE_OR_DESTINATION UNASSOCIATED_COMPONENT UNSUPPORTED_COMPONENT
COMPONENT_FILTER_RESTRICTION COMPONENT_FILTER_RESTRICTION_REMOVED_COMPONENT FILTER_AT_DESTINATION_DESTINATION_ADDRESS FILTER_AT_DESTINATION_DESTINATION_PORT_RANGE
FILTER_AT_DESTINATION_PROTOCOL FILTER_AT_DESTINATION_SOURCE_ADDRESS FILTER_AT_DESTINATION_SOURCE_PORT_RANGE FILTER_AT_SOURCE_DESTINATION_ADDRESS
FILTER_AT_SOURCE_DESTINATION_PORT_RANGE FILTER_AT_SOURCE_PROTOCOL FILTER_AT_SOURCE_SOURCE_ADDRESS FILTER_AT_SOURCE_SOURCE_PORT_RANGE IGW_EXPECTS_PUBLIC_ADDRESS
ASSUMPTION_PRESERVE_CLIENT_IP_IS_DISABLED ASSUMPTION_PRESERVE_CLIENT_IP_IS_ENABLED AVAILABILITY_ZONE_CROSSED FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULE_GROUP_TYPE
FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULES FIREWALL_UNSUPPORTED_RULE_OPTIONS MISSING_TARGET_GROUP_ATTRIBUTES PATH_THROUGH_GWLB_NOT_CHECKED
RESPONSE_RTB_HAS_NO_ROUTE_TO_TRANSIT_GATEWAY TRANSIT_GATEWAY_APPLIANCE_MODE_RECOMMENDED UNIDIRECTIONAL_PATH_ANALYSIS_ONLY`

var codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)

// notCodes are words of AWS's that look like codes, and are none.
var notCodes = []string{"TLS_SNI", "HTTP_HOST", "TCP_UDP", "TCP_QUIC"}

// codesOf returns the codes that a package's source names.
func codesOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	all, err := parser.ParseDir(token.NewFileSet(), dir, func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // no types are needed
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		ast.Inspect(p, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s := strings.Trim(lit.Value, `"`); codeForm.MatchString(s) && !slices.Contains(notCodes, s) {
					found[s] = true
				}
			}
			return true
		})
	}
	return found
}

// section returns the rows of the table below a heading of docs/reachability.md,
// by cell.
func section(t *testing.T, heading string) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/reachability.md")
	if err != nil {
		t.Fatal(err)
	}
	_, below, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("docs/reachability.md has no section %q", heading)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	var rows [][]string
	for line := range strings.Lines(below) {
		if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"); len(cells) > 1 && strings.HasPrefix(line, "|") {
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	if len(rows) < 3 {
		t.Fatalf("the section %q has no table", heading)
	}
	return rows[2:]
}

// codesIn returns the codes of a table's first cells.
func codesIn(t *testing.T, heading string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, row := range section(t, heading) {
		for code := range strings.SplitSeq(row[0], ",") {
			code = strings.Trim(strings.TrimSpace(code), "`")
			if out[code] {
				t.Errorf("%s is twice below %q", code, heading)
			}
			out[code] = true
		}
		if row[1] == "" {
			t.Errorf("%s has no text", row[0])
		}
	}
	return out
}

func missing(a, b map[string]bool) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if !b[k] {
			out = append(out, k)
		}
	}
	return out
}

// TestTheListOfCodesIsTheModels: what docs/reachability.md lists is what the
// model can give, and every other code of AWS's is listed with the reason.
func TestTheListOfCodesIsTheModels(t *testing.T) {
	aws := map[string]bool{}
	for _, c := range strings.Fields(awsCodes) {
		aws[c] = true
	}
	given := codesOf(t, ".")
	for _, c := range []string{"CLAIM_FAILED", "CLAIM_PANICKED"} { // of package proof
		given[c] = true
	}
	theirs, ours, not := codesIn(t, "AWS's codes"), codesIn(t, "Surety's own"), codesIn(t, "AWS's codes that are not given")
	listed := maps.Clone(theirs)
	maps.Copy(listed, ours)
	for what, wrong := range map[string][]string{
		"the model gives and the page does not list":   missing(given, listed),
		"the page lists and the model does not give":   missing(listed, given),
		"the page calls AWS's and is not":              missing(theirs, aws),
		"AWS has and the page does not know":           missing(aws, func() map[string]bool { m := maps.Clone(listed); maps.Copy(m, not); return m }()),
		"the page says is not given, and is not AWS's": missing(not, aws),
	} {
		if len(wrong) > 0 {
			t.Errorf("%s: %v", what, wrong)
		}
	}
	for c := range not {
		if listed[c] {
			t.Errorf("%s is listed both as given and as not given", c)
		}
	}
	for c := range ours {
		if aws[c] {
			t.Errorf("%s is AWS's, and not Surety's own", c)
		}
	}
}

// TestEveryCodeIsProduced: each code that the model can give comes out of some
// case of the tables, in a hop or as the reason of a doubt.
func TestEveryCodeIsProduced(t *testing.T) {
	seen := map[string]bool{}
	note := func(path network.Path) {
		for _, h := range slices.Concat(path.Forward, path.Return) {
			seen[h.Code] = true
		}
		for _, w := range path.Unknowns {
			seen[w.Code] = true
		}
	}
	for _, s := range allSemantics() {
		l := newLab()
		s.lab(l)
		n := l.network(t)
		for _, p := range s.probes {
			_, path := l.outcome(t, n, p.from, p.to, p.what)
			note(path)
		}
	}
	for _, s := range passings {
		l := newLab()
		s.lab(l)
		n := l.network(t)
		for _, p := range s.probes {
			_, pass := l.through(t, n, p)
			for _, leg := range pass.Legs {
				note(leg)
			}
			for _, w := range pass.Unknowns {
				seen[w.Code] = true
			}
			if pass.StopsAt != nil {
				seen[pass.StopsAt.Code] = true
			}
		}
	}
	l := newLab() // the codes of what is lost, and of what has no end
	edge(l)
	l.Add("AWS::EC2::Subnet", "S", build.Props{"VpcId": l.Ref("V"), "CidrBlock": "10.0.99.0/24", "AvailabilityZoneId": "az1"})
	n := l.network(t)
	a := l.classOf(t, n, "a")
	note(n.Explain(network.Internet, network.Internet, n.AllPackets()))
	note(n.Without(l.Addr("VIgw")).Explain(network.Internet, l.classOf(t, n, "w"), packets(n, "tcp 443")))
	note(n.Without(l.Addr("N")).Explain(a, network.Internet, packets(n, "tcp 443")))
	given := codesOf(t, ".")
	if never := missing(given, seen); len(never) > 0 {
		t.Errorf("no case gives %v", never)
	}
}

// TestEveryRuleNamesItsTests: the tests that docs/reachability.md names are
// there, and every case that an AWS page gives is among them.
func TestEveryRuleNamesItsTests(t *testing.T) {
	cases := map[string]bool{} // by name: an AWS page says so
	for _, s := range allSemantics() {
		cases[s.name] = s.page != ""
	}
	for _, s := range passings {
		cases[s.name] = s.page != ""
	}
	functions := map[string]bool{}
	all, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0) //nolint:staticcheck // no types are needed
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, f := range p.Files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					functions[fn.Name.Name] = true
				}
			}
		}
	}
	for _, s := range resolutions {
		cases[s.name] = s.page != ""
	}
	named := map[string]bool{}
	for _, row := range section(t, "Rules and the tests that name them") {
		for test := range strings.SplitSeq(row[1], ";") {
			test = strings.TrimSpace(test)
			name := strings.Trim(test, "*")
			_, is := cases[name]
			switch {
			case test == name && !functions[name]:
				t.Errorf("%s: there is no test %s", row[0], name)
			case test != name && !is:
				t.Errorf("%s: there is no case %q", row[0], name)
			}
			named[name] = true
		}
	}
	for name, page := range cases {
		if page && !named[name] {
			t.Errorf("the page names no rule for the case %q", name)
		}
	}
}
