package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
)

// Codes of what these commands refuse, each with a page under docs/diagnostics.
const (
	codeTenantHoldsData = "TENANT_HOLDS_DATA"
	codeTenantRetained  = "TENANT_RETAINED"
)

func newTenant(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tenant",
		Short: "Add, list and remove tenants in the estate file",
		Long: `Tenants are entries of the estate file. These commands change the entry that they
are about and keep every other byte of the file, comments and layout included;
what they write is a good estate, or they write nothing. Nothing happens in AWS
until the estate is deployed.`,
		Example: `  surety tenant add kiwi-telco --name "Kiwi Telco"
  surety tenant list`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTenantAdd(env), newTenantList(env), newTenantRemove(env))
	return cmd
}

func newTenantAdd(env Env) *cobra.Command {
	var file string
	var t estate.Tenant
	var restore bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a tenant to the estate file",
		Long: `Adds an entry under tenants. NAME is the tenant's name in stacks, tags and DNS: up
to 20 lower-case letters, digits and hyphens. What is left out has its default,
which stays out of the file: every environment, the group NAME, 100 requests a
second.

--restore makes a tenant active again that was removed and whose data were kept.`,
		Example: `  surety tenant add kiwi-telco --name "Kiwi Telco"
  surety tenant add weka --environments staging,prod --rate 200 --burst 400
  surety tenant add weka --restore`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := openEstate(env, file)
			if err != nil {
				return err
			}
			name := args[0]
			if restore {
				for _, flag := range []string{"name", "group", "environments", "hostname", "rate", "burst"} {
					if cmd.Flags().Changed(flag) {
						return usageError(cmd, fmt.Errorf("--restore brings a tenant back as it was; it goes without --%s", flag))
					}
				}
				return restoreTenant(env, file, d, name)
			}
			for _, n := range []struct {
				flag  string
				value int
			}{{"rate", t.Throttle.Rate}, {"burst", t.Throttle.Burst}} {
				if cmd.Flags().Changed(n.flag) && n.value < 1 { // 0 would be left out of the file
					return usageError(cmd, fmt.Errorf("--%s %d: want a number from 1", n.flag, n.value))
				}
			}
			return addTenant(env, file, d, name, t)
		},
	}
	estateFlag(cmd, &file)
	f := cmd.Flags()
	f.StringVar(&t.Name, "name", "", "the customer's `NAME` as people write it (default the tenant's)")
	f.StringVar(&t.Group, "group", "", "the identity provider's `GROUP` of its users (default the tenant's name)")
	f.StringSliceVar(&t.Environments, "environments", nil, "the environments' `NAMES`, comma-separated (default all)")
	f.StringVar(&t.Hostname, "hostname", "", "its `LABEL` below the environments' domains, or a whole domain name (default the tenant's name)")
	f.IntVar(&t.Throttle.Rate, "rate", 0, "`REQUESTS` a second (default 100)")
	f.IntVar(&t.Throttle.Burst, "burst", 0, "`REQUESTS` at once (default twice the rate)")
	f.BoolVar(&restore, "restore", false, "make a retained tenant active again")
	return cmd
}

// openEstate opens an estate file to edit it.
func openEstate(env Env, file string) (*estate.Document, error) {
	d, problems := estate.Open(file)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	printProblems(env.Stderr, problems)
	return d, nil
}

func addTenant(env Env, file string, d *estate.Document, name string, t estate.Tenant) error {
	if there, ok := d.Estate().Tenants.Get(name); ok && there.Retained() {
		return diag.Diagnostic{Code: codeTenantRetained, Pos: d.Estate().Pos("tenants/" + name),
			What: fmt.Sprintf("tenant %s was removed and its data were kept", name), Why: "a new tenant of that name would find the data of another",
			Fix: fmt.Sprintf("bring it back with `surety tenant add %s --restore`, delete its data with `surety tenant remove %s --delete-data --yes`, or choose another name", name, name)}
	}
	if err := d.Add("tenants", name, t); err != nil {
		fmt.Fprintf(env.Stderr, "tenant %s cannot be added; nothing was written. Places are those that the file would have:\n", name)
		return err
	}
	if err := d.Save(); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "added tenant %s to %s\n", name, d.Estate().Pos("tenants/"+name))
	sayHostnames(env, d.Estate(), name)
	sayNext(env, file)
	return nil
}

func restoreTenant(env Env, file string, d *estate.Document, name string) error {
	t, err := tenant(d, name)
	if err != nil {
		return err
	}
	if !t.Retained() {
		return diag.Diagnostic{Code: codeTenantRetained, Pos: d.Estate().Pos("tenants/" + name), What: fmt.Sprintf("tenant %s is active; there is nothing to restore", name),
			Fix: "name a tenant whose state is retained: surety tenant list"}
	}
	if err := d.Remove("tenants/" + name + "/state"); err != nil {
		return err
	}
	if err := d.Save(); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "restored tenant %s in %s\n", name, d.Estate().Pos("tenants/"+name))
	sayHostnames(env, d.Estate(), name)
	sayNext(env, file)
	return nil
}

// tenant returns a tenant, or says which there are.
func tenant(d *estate.Document, name string) (estate.Tenant, error) {
	t, ok := d.Estate().Tenants.Get(name)
	if ok {
		return t, nil
	}
	known := d.Estate().Tenants.Keys()
	fix := "surety tenant list shows those that there are"
	if near := diag.Nearest(name, known); near != "" {
		fix = fmt.Sprintf("did you mean %s? %s", near, fix)
	}
	pos := d.Estate().Pos("tenants")
	if pos.IsZero() {
		pos = d.Estate().Pos("")
	}
	return t, diag.Diagnostic{Code: estate.CodeUnknownName, Pos: pos, What: fmt.Sprintf("there is no tenant %q", name), Fix: fix}
}

func sayHostnames(env Env, e *estate.Estate, name string) {
	t, _ := e.Tenants.Get(name)
	for _, environment := range t.Environments {
		fmt.Fprintf(env.Stdout, "  %s  %s\n", environment, e.TenantHostname(name, environment))
	}
}

func sayNext(env Env, file string) {
	where := ""
	if file != defaultEstate {
		where = " -f " + file
	}
	fmt.Fprintf(env.Stderr, "surety prove%s shows what it means; nothing happens in AWS until the estate is deployed\n", where)
}

func newTenantRemove(env Env) *cobra.Command {
	var file string
	var yes, deleteData bool
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a tenant, and keep its data unless told otherwise",
		Long: `Removes a tenant. Its data are kept: the entry stays with state: retained, so that
with the next deployment nothing of the tenant runs or can be reached any more,
while its database, files, secrets, keys and backups stay, and its name is not
given to anyone else.

--delete-data takes the entry out: the estate keeps its data no longer, and its name
is free. Stores outlive their stacks, so that no deployment deletes data in passing;
docs/runbooks/tenants.md says how they are deleted.

A tenant holds data, so that both ask for --yes.`,
		Example: `  surety tenant remove weka --yes                # stops it, keeps its data
  surety tenant remove weka --delete-data --yes  # and gives these up`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := openEstate(env, file)
			if err != nil {
				return err
			}
			return removeTenant(env, file, d, args[0], deleteData, yes)
		},
	}
	estateFlag(cmd, &file)
	cmd.Flags().BoolVar(&deleteData, "delete-data", false, "give its data up, with their keys and secrets")
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, this tenant")
	return cmd
}

func removeTenant(env Env, file string, d *estate.Document, name string, deleteData, yes bool) error {
	t, err := tenant(d, name)
	if err != nil {
		return err
	}
	path := "tenants/" + name
	pos := d.Estate().Pos(path)
	where := strings.Join(t.Environments, ", ")
	if t.Retained() && !deleteData {
		return diag.Diagnostic{Code: codeTenantRetained, Pos: pos, What: fmt.Sprintf("tenant %s was removed already; its data in %s are kept", name, where),
			Fix: fmt.Sprintf("leave it so, or let its data go with `surety tenant remove %s --delete-data --yes`", name)}
	}
	if !yes {
		what, again := "it would stop; its data would be kept", ""
		if deleteData {
			what, again = "it would stop, and nothing would keep its database, files, secrets and keys any more", " --delete-data"
		}
		return diag.Diagnostic{Code: codeTenantHoldsData, Pos: pos, What: fmt.Sprintf("tenant %s holds data in %s; nothing was changed", name, where),
			Why: "with the next deployment " + what, Fix: fmt.Sprintf("if that is meant: surety tenant remove %s%s --yes", name, again)}
	}
	said := "retained tenant %s in %s: it stops with the next deployment, and its data are kept\n"
	if deleteData {
		said = "removed tenant %s from %s: nothing keeps its data any more; docs/runbooks/tenants.md says how they are deleted\n"
		err = d.Remove(path)
	} else {
		err = d.Set(path+"/state", estate.TenantRetained)
	}
	if err != nil {
		return err
	}
	if err := d.Save(); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, said, name, pos)
	sayNext(env, file)
	return nil
}

// jsonTenants is the JSON of tenant list.
type jsonTenants struct {
	Version int          `json:"version"`
	Estate  string       `json:"estate"`
	Tenants []jsonTenant `json:"tenants"`
}

type jsonTenant struct {
	Name         string            `json:"name"`
	Customer     string            `json:"customer"`
	Group        string            `json:"group"`
	State        string            `json:"state"`
	Environments []string          `json:"environments"`
	Hostnames    map[string]string `json:"hostnames"`
	Rate         int               `json:"rate"`
	Burst        int               `json:"burst"`
}

func newTenantList(env Env) *cobra.Command {
	var file, format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tenants of the estate file",
		Example: `  surety tenant list
  surety tenant list --format json`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return usageError(cmd, fmt.Errorf("--format %s: want text or json", format))
			}
			e, err := loadEstate(env, file)
			if err != nil {
				return err
			}
			if format == "json" {
				return printTenantsJSON(env.Stdout, e)
			}
			printTenants(env, file, e)
			return nil
		},
	}
	estateFlag(cmd, &file)
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func printTenantsJSON(w io.Writer, e *estate.Estate) error {
	out := jsonTenants{Version: 1, Estate: e.Name, Tenants: []jsonTenant{}}
	for name, t := range e.Tenants.All() {
		j := jsonTenant{Name: name, Customer: t.Name, Group: t.Group, State: string(t.State), Environments: t.Environments,
			Hostnames: map[string]string{}, Rate: t.Throttle.Rate, Burst: t.Throttle.Burst}
		for _, environment := range t.Environments {
			j.Hostnames[environment] = e.TenantHostname(name, environment)
		}
		out.Tenants = append(out.Tenants, j)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func printTenants(env Env, file string, e *estate.Estate) {
	if e.Tenants.Len() == 0 {
		fmt.Fprintf(env.Stderr, "%s has no tenants; surety tenant add NAME adds one\n", file)
		return
	}
	var rows [][]string
	for name, t := range e.Tenants.All() {
		rows = append(rows, []string{name, t.Name, strings.Join(t.Environments, ", "), t.Group,
			fmt.Sprintf("%d/s, %d at once", t.Throttle.Rate, t.Throttle.Burst), string(t.State)})
	}
	printColumns(env.Stdout, []string{"tenant", "customer", "environments", "group", "throttle", "state"}, rows)
}
