package estate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
)

func (v *validator) workload() {
	if db := v.e.Workload.Database; db != nil {
		v.choice("workload/database/engine", db.Engine, EngineAuroraPostgreSQL)
	}
	if c := v.e.Workload.Cache; c != nil {
		v.choice("workload/cache/engine", c.Engine, EngineRedis)
	}
	for name, s := range v.e.Workload.Services.All() {
		v.service("workload/services/"+name, name, s)
	}
	v.functions()
}

func (v *validator) service(at, name string, s Service) {
	v.name(at, "a service", name)
	v.notReserved(at, "a service", name)
	v.runs(at, s)
	if s.Port < 1 || s.Port > 65535 {
		v.bad(CodePort, at+"/port", fmt.Sprintf("%d is not a TCP port", s.Port), "", "write a number from 1 to 65535")
	}
	if v.e.has(at + "/expose") {
		v.choice(at+"/expose", string(s.Expose), string(ExposeGateway), string(ExposeAccess))
	}
	for i, need := range s.Needs {
		v.need(index(at+"/needs", i), name, need)
	}
	v.repeated(at+"/needs", s.Needs)
	for i, caller := range s.CalledBy {
		v.caller(index(at+"/called-by", i), name, caller)
	}
	v.repeated(at+"/called-by", s.CalledBy)
}

// notReserved refuses names that Surety's own parts have.
func (v *validator) notReserved(at, what, name string) {
	if _, ok := fixedParts()[name]; ok {
		v.bad(CodeReservedName, at, fmt.Sprintf("%s cannot be named %q", what, name), "Surety has a part of that name in every environment", "choose another name")
	}
}

// need checks one thing that a service or function says it needs.
func (v *validator) need(at, service, need string) {
	_, fixed := fixedParts()[need]
	data, isData := dataStores()[need]
	switch {
	case need == service:
		v.bad(CodeNeeds, at, fmt.Sprintf("%s needs itself", service), "a flow leads from one part to another", "remove it")
	case isData && !data.there(v.e):
		v.bad(CodeNeeds, at, fmt.Sprintf("%s needs the %s, but the workload has none", service, need), "",
			"add "+data.add+" to the workload, or remove it here")
	case need == PartEvents && v.e.Workload.Functions.Len() == 0 && !v.unread("workload/functions"):
		v.bad(CodeNeeds, at, fmt.Sprintf("%s needs events, but no function gets any", service), "without functions there is no bus",
			"add functions: {NAME: {on: queue}} to the workload, or remove it here")
	case isData, need == PartEvents:
	case fixed:
		v.bad(CodeNeeds, at, fmt.Sprintf("nothing can need the part %q", need), "what every service needs to reach is opened without being asked for", "remove it")
	default:
		if _, ok := v.e.Workload.Services.Get(need); !ok {
			v.unknown(at, "service", need, append(v.e.Workload.Services.Keys(), PartDatabase, PartCache))
		}
	}
}

// caller checks one service that a service says it is called by.
func (v *validator) caller(at, service, caller string) {
	_, fixed := fixedParts()[caller]
	switch {
	case caller == service:
		v.bad(CodeNeeds, at, fmt.Sprintf("service %s is called by itself", service), "a flow leads from one part to another", "remove it")
	case fixed:
		v.bad(CodeNeeds, at, fmt.Sprintf("the part %q does not call services by name", caller), "clients from outside come by way of expose",
			"remove it, and write expose: gateway or expose: access")
	default:
		if _, ok := v.e.Workload.Services.Get(caller); !ok {
			v.unknown(at, "service", caller, v.e.Workload.Services.Keys())
		}
	}
}

func (v *validator) tunnel() {
	const at = "access/tunnel/image"
	const fix = "write cloudflare/cloudflared@sha256:<64 hexadecimal digits>, the digest of the release you tested"
	needed := v.e.exposures().access
	switch image := v.e.Access.Tunnel.Image; {
	case !v.e.has("access/tunnel"):
		if needed != "" && !v.failed["access"] {
			v.bad(CodeTunnel, needed, "a service is exposed by access, but there is no tunnel", "the tunnel is the way in from Zero Trust access", "add access.tunnel.image: "+strings.TrimPrefix(fix, "write "))
		}
	case !isImage(image):
		v.bad(CodeImage, at, fmt.Sprintf("%q is not a container image", short(image)), "", fix)
	case !isPinned(image):
		v.bad(CodeTunnel, at, fmt.Sprintf("the tunnel's image %s is not pinned by digest", short(image)),
			"it is the one way in; a tag can be moved to other code", fix)
	default:
		v.registry(at, image)
	}
}

func (v *validator) bindings() {
	if len(v.e.Bindings) == 0 {
		return
	}
	var known []string
	for _, p := range v.e.Parts() {
		known = append(known, p.ID.String())
	}
	for i, b := range v.e.Bindings {
		at := index("bindings", i)
		if !slices.Contains(known, b.Part) && !v.unread("environments", "workload", "workload/services") {
			v.unknown(at+"/part", "part", b.Part, known)
		}
		if len(b.Tags) == 0 && len(b.Resources) == 0 {
			v.bad(CodeBinding, at, "the binding selects nothing", "", "add tags: or resources:")
		}
		for key := range b.Tags {
			if key == "" {
				v.bad(CodeBinding, at+"/tags", "a tag's key is empty", "", "write the key that the resources carry")
			}
		}
		for j, r := range b.Resources {
			if !isResource(r) {
				v.bad(CodeBinding, index(at+"/resources", j), fmt.Sprintf("%q is not a resource's address", short(r)), "",
					"write stack/logical-id, or account/region/stack/logical-id")
			}
		}
		v.repeated(at+"/resources", b.Resources)
	}
}

// isResource says whether s is stack/logical-id or a full address.
func isResource(s string) bool {
	stack, logical, ok := strings.Cut(s, "/")
	if !ok || stack == "" || logical == "" {
		return false
	}
	if !strings.Contains(logical, "/") {
		return true
	}
	_, err := addr.Parse(s)
	return err == nil
}

func (v *validator) waivers() {
	for i, w := range v.e.Waivers {
		at := index("waivers", i)
		if !isLower(w.Claim) {
			v.bad(CodeWaiver, at+"/claim", fmt.Sprintf("%q is not a claim's id", short(w.Claim)), "", "write the id that the report shows, for example tier-isolation")
		}
		if _, err := path.Match(w.At, ""); err != nil || strings.TrimSpace(w.At) == "" {
			v.bad(CodeWaiver, at+"/at", fmt.Sprintf("%q does not say where the waiver applies", short(w.At)), "", "write an environment, environment/part, or a pattern such as dev/*")
		}
		if strings.TrimSpace(w.Why) == "" {
			v.bad(CodeWaiver, at+"/why", "the waiver has no reason", "whoever reads the report must know why the finding is accepted", "write why, in a sentence")
		}
	}
}
