package stacks

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

// tenantStacks returns the artifacts of the tenants of an environment.
func tenantStacks(a assembly, env string) []string {
	var names []string
	for _, name := range sortedKeys(a.manifest.Artifacts) {
		if strings.HasPrefix(name, "cover-"+env+"-tenant-") {
			names = append(names, name)
		}
	}
	return names
}

// partsOf returns the part that a resource is tagged as; of the template of
// tenants, each tenant's.
func (a assembly) partsOf(r resource) []estate.PartID {
	id := estate.PartID{Environment: r.tag(addr.TagEnvironment), Name: r.tag(addr.TagPart)}
	if r.tag(addr.TagTenant) != `{"Ref":"Tenant"}` {
		return []estate.PartID{id}
	}
	site, _ := a.estate.Site(id.Environment)
	var all []estate.PartID
	for _, t := range a.estate.Tenancies(site) {
		id.Tenant = t.Tenant
		all = append(all, id)
	}
	return all
}

func TestS15_TenantsShareOneTemplate(t *testing.T) {
	a := load(t)
	for _, site := range a.estate.Sites() {
		tenants := a.estate.Tenancies(site)
		stacks := tenantStacks(a, site.Name)
		if len(stacks) != len(tenants) {
			t.Errorf("%s has the stacks %v for %d tenants", site.Name, stacks, len(tenants))
		}
		seen := map[string]bool{}
		for _, name := range stacks {
			p := a.manifest.Artifacts[name].Properties
			if p.StackName != name || p.TemplateFile != "cover-"+site.Name+"-tenant.template.json" {
				t.Errorf("%s is %+v", name, p)
			}
			own := []string{"Tenant", "HostApi", "HostPortal"}
			if site.Recovery() {
				own = []string{"Tenant", "HostPortal"} // the name of its API is in its foothold
			}
			for _, key := range own {
				if v := p.Parameters[key]; v == "" || seen[key+v] {
					t.Errorf("%s: the parameter %s is %q", name, key, v)
				}
				seen[key+p.Parameters[key]] = true
			}
			tpl := a.templates["cover-"+site.Name+"-tenant"]
			if site.Recovery() {
				shareOneFoothold(t, a, site, p.Parameters)
			}
			for param := range tpl.Parameters {
				if param != "BootstrapVersion" && p.Parameters[param] == "" {
					t.Errorf("%s has no value for %s", name, param)
				}
			}
		}
	}
}

// shareOneFoothold: the foothold of the tenant of a stack has its own parameters,
// and no others than its template has.
func shareOneFoothold(t *testing.T, a assembly, site estate.Site, of map[string]string) {
	t.Helper()
	tenant := of["Tenant"]
	name := "cover-" + site.Name + "-foothold"
	p := a.manifest.Artifacts[name+"-"+tenant].Properties
	want := map[string]string{"Tenant": tenant, "Balancer": of["Balancer"], "HostApi": tenant + "-api." + a.estate.Zone(site)}
	if p.TemplateFile != name+".template.json" || !maps.Equal(p.Parameters, want) {
		t.Errorf("the foothold of %s is %+v, want the parameters %v", tenant, p, want)
	}
}

func TestS15_ATenantHasItsOwn(t *testing.T) {
	a := load(t)
	const stack = "cover-prod-tenant"
	for typ, want := range map[string]int{
		"AWS::ECS::Service": 2, "AWS::EC2::SecurityGroup": 2, "AWS::ElasticLoadBalancingV2::TargetGroup": 2,
		"AWS::ElasticLoadBalancingV2::ListenerRule": 2, "AWS::KMS::Key": 1, "AWS::SecretsManager::Secret": 2, "AWS::Logs::LogGroup": 2,
		"AWS::ApiGateway::ApiKey": 1, "AWS::ApiGateway::UsagePlanKey": 1, "AWS::ApiGateway::DomainName": 1, "Custom::TenantDatabase": 1} {
		if n := len(a.of(t, stack, typ)); n != want {
			t.Errorf("a tenant has %d %s, want %d", n, typ, want)
		}
	}
	for _, r := range a.of(t, stack, "AWS::ECS::Service") {
		if groups := r.list("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"); len(groups) != 2 {
			t.Errorf("%s has the groups %v, not its own and the one that tenants share", r, groups)
		}
	}
}

// TestS15_ATenantIsOneEntry adds a tenant: no template changes but the caches',
// which get a user.
func TestS15_ATenantIsOneEntry(t *testing.T) {
	before := load(t)
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	entry := regexp.MustCompile(`(?m)^  southern-travel: .*$`)
	if !entry.Match(data) {
		t.Fatal("the example has no entry for southern-travel as this test knows it")
	}
	after := synthesise(entry.ReplaceAll(data, []byte("$0\n  coastal-retail: {environments: [prod]}")))
	if after.err != nil {
		t.Fatal(after.err)
	}
	defer removeAll(t, after.dir)
	if n := len(tenantStacks(after, "prod")) - len(tenantStacks(before, "prod")); n != 1 {
		t.Errorf("%d more stacks of tenants", n)
	}
	for _, name := range tenantStacks(before, "prod") {
		if x, y := before.manifest.Artifacts[name].Properties.Parameters, after.manifest.Artifacts[name].Properties.Parameters; text(x["Balancer"]) != text(y["Balancer"]) || x["PriorityApi"] != y["PriorityApi"] {
			t.Errorf("%s moves: %v, then %v", name, x, y)
		}
	}
	for name := range before.templates {
		file := name + ".template.json"
		if same := bytes.Equal(read(t, before.dir, file), read(t, after.dir, file)); same == (name == "cover-prod-cache" || name == "cover-prod-recovery-cache") {
			t.Errorf("%s is the same: %v", file, same)
		}
	}
}

func TestS15_PlacesOfTenantsStay(t *testing.T) {
	parse := func(tenants string) (*estate.Estate, estate.Site) {
		data, err := os.ReadFile(exampleFile)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`(?ms)^tenants:.*?\n\n`).ReplaceAllString(string(data), "tenants:\n"+tenants+"\n")
		e, problems := estate.Parse("estate.yaml", []byte(text))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		site, _ := e.Site("prod")
		return e, site
	}
	var all strings.Builder
	for i := range 100 {
		all.WriteString("  tenant-" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + ": {}\n")
	}
	e, site := parse(all.String())
	if n := e.Balancers(site); n != 3 { // 40 tenants of two services on each
		t.Errorf("%d balancers for 100 tenants", n)
	}
	used := map[[2]int]bool{}
	places := map[string]estate.Tenancy{}
	for _, tenancy := range e.Tenancies(site) {
		places[tenancy.Tenant] = tenancy
		for _, s := range tenancy.Services {
			at := [2]int{tenancy.Balancer, s.Priority}
			if used[at] || s.Priority < 1 || s.Priority > 50000 {
				t.Errorf("%s: priority %d of balancer %d", tenancy.Tenant, s.Priority, tenancy.Balancer)
			}
			used[at] = true
		}
	}
	retained, site := parse(strings.Replace(all.String(), "  tenant-ab: {}\n", "  tenant-ab: {state: retained}\n", 1))
	for _, tenancy := range retained.Tenancies(site) {
		if tenancy.Tenant == "tenant-ab" {
			t.Error("a retained tenant still runs")
		}
		if was := places[tenancy.Tenant]; was.Balancer != tenancy.Balancer || was.Services[0] != tenancy.Services[0] {
			t.Errorf("%s moves from %+v to %+v", tenancy.Tenant, was, tenancy)
		}
	}
}
