package estate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/suretyhq/surety/diag"
)

// mustEdit opens text that is a good estate.
func mustEdit(t testing.TB, text string) *Document {
	t.Helper()
	d, list := Edit("estate.yaml", []byte(text))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return d
}

// head and tail surround the part of a file that an example is about.
const (
	head = "estate: acme # the estate\ndomain: acme.example\nregions: {home: ap-southeast-2}\n"
	tail = "environments:\n  dev: {account: dev}\nworkload:\n  services:\n    api: {image: 0.dkr.ecr.us-east-1.amazonaws.com/a}\n"
)

func TestEditsKeepTheLayout(t *testing.T) {
	set := func(path string, value any) func(*Document) error {
		return func(d *Document) error { return d.Set(path, value) }
	}
	add := func(name string, v Tenant) func(*Document) error {
		return func(d *Document) error { return d.Add("tenants", name, v) }
	}
	remove := func(path string) func(*Document) error { return func(d *Document) error { return d.Remove(path) } }
	const accounts = "organisation:\n  accounts:\n    net: {id: \"100000000001\", roles: [network-hub]}\n    dev: {id: \"100000000002\"}\n"
	kiwi := Tenant{Name: "Kiwi Telco", Environments: []string{"dev"}, Throttle: Throttle{200, 400}}
	const flow = "{name: Kiwi Telco, environments: [dev], throttle: {rate: 200, burst: 400}}"
	for name, c := range map[string]struct {
		before, after string
		edit          func(*Document) error
	}{
		"an id in a flow": {"organisation:\n  accounts:\n    net:  {id: \"100000000001\", roles: [network-hub]} # hub\n    dev:  {email: a@b.example} # soon\n",
			"organisation:\n  accounts:\n    net:  {id: \"100000000001\", roles: [network-hub]} # hub\n    dev:  {id: \"100000000002\", email: a@b.example} # soon\n",
			set("organisation/accounts/dev/id", "100000000002")},
		"an id in a block": {"organisation:\n  accounts:\n    net: {id: \"100000000001\", roles: [network-hub]}\n    # developers\n    dev: # soon\n        # who gets mail\n        email: a@b.example\n",
			"organisation:\n  accounts:\n    net: {id: \"100000000001\", roles: [network-hub]}\n    # developers\n    dev: # soon\n        id: \"100000000002\"\n        # who gets mail\n        email: a@b.example\n",
			set("organisation/accounts/dev/id", "100000000002")},
		"an id in a flow over lines": {"organisation: {accounts: {\n  net: {id: \"100000000001\", roles: [network-hub]}, # hub\n  dev: {\n    # mail\n    email: a@b.example } # }\n}}\n",
			"organisation: {accounts: {\n  net: {id: \"100000000001\", roles: [network-hub]}, # hub\n  dev: {\n    # mail\n    id: \"100000000002\", email: a@b.example } # }\n}}\n",
			set("organisation/accounts/dev/id", "100000000002")},
		"another id":       {accounts, strings.Replace(accounts, `"100000000002"`, `"100000000009"`, 1), set("organisation/accounts/dev/id", "100000000009")},
		"the first tenant": {accounts, accounts + tail + "\ntenants:\n  kiwi: " + flow + "\n", add("kiwi", kiwi)},
		"a tenant in a block of flows": {accounts + "tenants:\n  # the first\n  weka:   {} # a bird\n  # more to come\n",
			accounts + "tenants:\n  # the first\n  weka:   {} # a bird\n  kiwi:   " + flow + "\n  # more to come\n", add("kiwi", kiwi)},
		"a tenant in a block of blocks": {accounts + "tenants:\n  weka:\n    name: |\n      Weka # no comment\n",
			"", add("kiwi", kiwi)}, // its name has a line break: refused below
		"a tenant among blocks": {accounts + "tenants:\n  weka:\n    name: Weka\n      of Otago # a bird\n    group: 'we''ka' # a group\n",
			accounts + "tenants:\n  weka:\n    name: Weka\n      of Otago # a bird\n    group: 'we''ka' # a group\n  kiwi:\n    name: Kiwi Telco\n    environments: [dev]\n    throttle: {rate: 200, burst: 400}\n", add("kiwi", kiwi)},
		"a tenant in an empty flow": {accounts + "tenants: {} # none yet\n", accounts + "tenants: {kiwi: " + flow + "} # none yet\n", add("kiwi", kiwi)},
		"a tenant in a flow":        {accounts + "tenants: {weka: {name: \"}\"}, }\n", accounts + "tenants: {weka: {name: \"}\"}, kiwi: " + flow + ", }\n", add("kiwi", kiwi)},
		"a tenant in a flow over lines": {accounts + "tenants: {\n  weka: {}, # a bird\n  tui: {} # another\n}\n",
			accounts + "tenants: {\n  weka: {}, # a bird\n  tui: {}, # another\n  kiwi: " + flow + "\n}\n", add("kiwi", kiwi)},
		"the only tenant": {accounts + "tenants: # all\n  # a bird\n  weka: {} # flightless\n  # end\n", accounts + "tenants: {} # all\n  # a bird\n  # end\n", remove("tenants/weka")},
		"a tenant of blocks": {accounts + "tenants:\n  tui:\n    name: T # t\n  # a bird\n  weka:\n    name: W # w\n\n  moa: {}\n",
			accounts + "tenants:\n  tui:\n    name: T # t\n  # a bird\n\n  moa: {}\n", remove("tenants/weka")},
		"the first of a flow":    {accounts + "tenants: {weka: {name: \",\"}, tui: {}}\n", accounts + "tenants: {tui: {}}\n", remove("tenants/weka")},
		"the last of a flow":     {accounts + "tenants: {weka: {}, tui: {}}\n", accounts + "tenants: {weka: {}}\n", remove("tenants/tui")},
		"a line of a flow":       {accounts + "tenants: {\n  weka: {}, # a bird\n  tui: {} # another\n}\n", accounts + "tenants: {\n  weka: {}, # a bird\n}\n", remove("tenants/tui")},
		"a state":                {accounts + "tenants:\n  tui: {}\n", accounts + "tenants:\n  tui: {state: retained}\n", set("tenants/tui/state", TenantRetained)},
		"a rate":                 {accounts + "tenants:\n  tui: {throttle: {rate: 100, burst: 7}}\n", accounts + "tenants:\n  tui: {throttle: {rate: 250, burst: 7}}\n", set("tenants/tui/throttle/rate", 250)},
		"a name that was folded": {accounts + "tenants:\n  tui:\n    name: >-\n      Tui\n      Telco\n    # a group\n    group: x\n", accounts + "tenants:\n  tui:\n    name: Tui\n    # a group\n    group: x\n", set("tenants/tui/name", "Tui")},
	} {
		t.Run(name, func(t *testing.T) {
			for _, newline := range []string{"\n", "\r\n"} {
				for _, mark := range []string{"", "\ufeff"} {
					before := mark + strings.ReplaceAll(head+c.before+tail, "\n", newline)
					if c.after == "" {
						if _, list := Edit("estate.yaml", []byte(before)); !list.HasErrors() {
							t.Error("opened")
						}
						continue
					}
					after := head + c.after + tail
					if strings.Contains(c.after, tail) {
						after = head + c.after
					}
					d := mustEdit(t, before)
					if err := c.edit(d); err != nil {
						t.Fatal(err)
					}
					if want := mark + strings.ReplaceAll(after, "\n", newline); string(d.Bytes()) != want {
						t.Errorf("got\n%s\nwant\n%s", d.Bytes(), want)
					}
				}
			}
		})
	}
}

func TestEditsThatAreRefusedChangeNothing(t *testing.T) {
	for name, c := range map[string]struct {
		from, to, code string
		edit           func(*Document) error
	}{
		"a name that is taken":        {"", "", CodeDuplicateKey, func(d *Document) error { return d.Add("tenants", "kiwi", Tenant{}) }},
		"a name that cannot be":       {"", "", CodeName, func(d *Document) error { return d.Add("tenants", "Kiwi: {", Tenant{}) }},
		"an unknown environment":      {"", "", CodeUnknownName, func(d *Document) error { return d.Add("tenants", "tui", Tenant{Environments: []string{"tst"}}) }},
		"nothing to remove":           {"", "", CodeUnknownName, func(d *Document) error { return d.Remove("tenants/tui") }},
		"no mapping":                  {"", "", CodeUnknownName, func(d *Document) error { return d.Set("tenants/tui/state", "retained") }},
		"below a scalar":              {"", "", CodeUnknownName, func(d *Document) error { return d.Set("estate/name", "x") }},
		"not a scalar":                {"", "", CodeEdit, func(d *Document) error { return d.Set("tenants/kiwi/throttle", "x") }},
		"not a mapping":               {"", "", CodeEdit, func(d *Document) error { return d.Add("estate", "x", Tenant{}) }},
		"a bad value":                 {"", "", CodeChoice, func(d *Document) error { return d.Set("tenants/kiwi/state", "gone") }},
		"a key that has to be there":  {"", "", CodeMissingKey, func(d *Document) error { return d.Remove("domain") }},
		"an entry with a complex key": {"  weka: {", "  ? weka\n  : {", CodeEdit, func(d *Document) error { return d.Remove("tenants/weka") }},
	} {
		t.Run(name, func(t *testing.T) {
			text := replaceOnce(t, baseTenants+base, c.from, c.to)
			d := mustEdit(t, text)
			err := c.edit(d)
			var problem diag.Diagnostic
			var list diag.List
			if errors.As(err, &list) {
				problem = list[0]
			} else if !errors.As(err, &problem) {
				t.Fatalf("accepted, or no diagnostic: %v", err)
			}
			if problem.Code != c.code || problem.What == "" || problem.Fix == "" || problem.Pos.Line == 0 {
				t.Errorf("want %s, got %v", c.code, err)
			}
			if d.Changed() || string(d.Bytes()) != text {
				t.Error("the text was changed")
			}
		})
	}
}

// layouts draws a file that says the same as others, laid out as people do: in
// flows and blocks, with comments wherever one can be, each with a number.
func layouts(t *rapid.T) string {
	n := 0
	comment := func() string {
		n++
		return rapid.SampledFrom([]string{"", fmt.Sprintf(" # c%d: {, ]'\"", n)}).Draw(t, "comment")
	}
	above := func(indent string) string {
		n++
		return rapid.SampledFrom([]string{"", "\n", fmt.Sprintf("%s# above %d\n", indent, n)}).Draw(t, "above")
	}
	pad := rapid.SampledFrom([]string{" ", "   "}).Draw(t, "pad")
	entry := func(indent, name string, pairs ...string) string {
		s := above(indent) + indent + name + ":"
		switch rapid.SampledFrom([]string{"flow", "lines", "block"}).Draw(t, name) {
		case "flow":
			return s + pad + "{" + strings.Join(pairs, ", ") + "}" + comment() + "\n"
		case "lines":
			s += " {" + comment() + "\n"
			for _, p := range pairs {
				s += above(indent+"    ") + indent + "    " + p + "," + comment() + "\n"
			}
			return s + indent + "}" + comment() + "\n"
		}
		s += comment() + "\n"
		for _, p := range pairs {
			s += above(indent+"   ") + indent + "   " + p + comment() + "\n"
		}
		return s
	}
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("organisation:" + comment() + "\n  accounts:" + comment() + "\n")
	b.WriteString(entry("    ", "net", `id: "100000000001"`, "roles: [network-hub]"))
	b.WriteString(entry("    ", "dev", "email: dev@acme.example"))
	b.WriteString(entry("    ", "ops", "email: ops@acme.example", "roles: []"))
	b.WriteString(tail)
	if rapid.Bool().Draw(t, "tenants") {
		b.WriteString("tenants:" + comment() + "\n")
		for i, more := 0, rapid.IntRange(1, 3).Draw(t, "how many"); i < more; i++ {
			b.WriteString(entry("  ", fmt.Sprintf("t%d", i), "name: 'a, b: {c'", `group: "g \" #"`, "environments: [dev]"))
		}
		b.WriteString(above("  "))
	}
	text := b.String()
	if rapid.Bool().Draw(t, "no break at the end") {
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

// subsequence says whether all bytes of a are in b, in order.
func subsequence(a, b []byte) bool {
	for _, c := range a {
		i := bytes.IndexByte(b, c)
		if i < 0 {
			return false
		}
		b = b[i+1:]
	}
	return true
}

func TestEditsKeepEveryOtherByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := layouts(t)
		d, list := Edit("estate.yaml", []byte(text))
		if err := list.Err(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			before, tenants := d.Bytes(), d.Estate().Tenants.Keys()
			var err error
			switch kind := rapid.SampledFrom([]string{"id", "add", "remove", "retain"}).Draw(t, "edit"); {
			case kind == "id":
				name := rapid.SampledFrom([]string{"dev", "ops"}).Draw(t, "account")
				id := map[string]string{"dev": "2", "ops": "3"}[name] + fmt.Sprintf("%011d", rapid.IntRange(0, 99999).Draw(t, "id"))
				a, _ := d.Estate().Organisation.Accounts.Get(name)
				if err = d.Set("organisation/accounts/"+name+"/id", id); err != nil {
					break
				}
				if got, _ := d.Estate().Organisation.Accounts.Get(name); got.ID != id || got.Email != a.Email {
					t.Fatalf("account %v", got)
				}
				if !subsequence(bytes.Replace(before, []byte(`"`+a.ID+`"`), nil, 1), d.Bytes()) {
					t.Fatalf("bytes are lost: from\n%s\nto\n%s", before, d.Bytes())
				}
			case kind == "add":
				name := fmt.Sprintf("n%d", rapid.IntRange(0, 9).Draw(t, "tenant"))
				if _, taken := d.Estate().Tenants.Get(name); taken {
					continue
				}
				err = d.Add("tenants", name, Tenant{Name: rapid.SampledFrom([]string{"Kiwi Telco", "yes", "1", "a: b", "#", "q\"'", "ä"}).Draw(t, "name")})
				if err == nil && !subsequence(before, d.Bytes()) {
					t.Fatalf("bytes are lost: from\n%s\nto\n%s", before, d.Bytes())
				}
			case kind == "remove" && len(tenants) > 0:
				name := rapid.SampledFrom(tenants).Draw(t, "tenant")
				err = d.Remove("tenants/" + name)
				if _, there := d.Estate().Tenants.Get(name); err == nil && there {
					t.Fatal("the tenant is still there")
				}
				if err == nil && !subsequence(bytes.Replace(d.Bytes(), []byte("tenants: {}"), []byte("tenants:"), 1), before) {
					t.Fatalf("bytes were added: from\n%s\nto\n%s", before, d.Bytes())
				}
			case kind == "retain" && len(tenants) > 0:
				name := rapid.SampledFrom(tenants).Draw(t, "tenant")
				if tenant, _ := d.Estate().Tenants.Get(name); tenant.Retained() {
					continue
				}
				err = d.Set("tenants/"+name+"/state", TenantRetained)
				if err == nil && !subsequence(before, d.Bytes()) {
					t.Fatalf("bytes are lost: from\n%s\nto\n%s", before, d.Bytes())
				}
			default:
				continue
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, before)
			}
		}
	})
}

// FuzzEdit: whatever a good estate looks like, an edit panics never, and either
// does what was meant or changes nothing.
func FuzzEdit(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, "kiwi", "a: b")
	}
	f.Fuzz(func(t *testing.T, data []byte, name, value string) {
		d, _ := Edit("fuzz.yaml", data)
		if d == nil {
			return
		}
		edits := []func() error{
			func() error { return d.Add("tenants", name, Tenant{Name: value}) },
			func() error { return d.Set("domain", value) },
			func() error { return d.Remove("tenants/" + name) },
		}
		for i, edit := range edits {
			before := d.Bytes()
			if err := edit(); err != nil && !bytes.Equal(before, d.Bytes()) {
				t.Fatalf("edit %d failed and changed the text: %v", i, err)
			}
			if _, list := Parse("again.yaml", d.Bytes()); list.HasErrors() {
				t.Fatalf("edit %d left a bad estate: %v", i, list)
			}
		}
	})
}

func TestSaveWritesTheWholeFileOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "real.yaml")
	if err := os.WriteFile(path, []byte(base), 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "estate.yaml")
	if err := os.Symlink("real.yaml", link); err != nil {
		t.Fatal(err)
	}
	open := func() *Document {
		d, list := Open(link)
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		if err := d.Add("tenants", "kiwi", Tenant{}); err != nil {
			t.Fatal(err)
		}
		return d
	}
	first, second := open(), open()
	if err := first.Save(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, first.Bytes()) {
		t.Errorf("%v\n%s", err, data)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	var changed diag.Diagnostic
	if err := second.Save(); !errors.As(err, &changed) || changed.Code != CodeChanged {
		t.Errorf("a change of somebody else's was overwritten: %v", err)
	}
	if err := first.Set("domain", "other.example"); err != nil || first.Save() != nil {
		t.Error("a document cannot be saved twice")
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 2 {
		t.Errorf("files are left over: %v", names)
	}
	if _, list := Open(filepath.Join(dir, "none.yaml")); len(list) != 1 || list[0].Code != CodeUnreadable {
		t.Error(list)
	}
}
