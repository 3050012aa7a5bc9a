package report

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Version is the version of the JSON that prove and reach write. A field is
// never removed or given another meaning without a new version.
const Version = 1

type jsonReport struct {
	Version     int            `json:"version"`
	Estate      string         `json:"estate,omitempty"`
	Summary     jsonSummary    `json:"summary"`
	Claims      []jsonClaim    `json:"claims"`
	Templates   []jsonTemplate `json:"templates"`
	NotModelled map[string]int `json:"notModelled"`
	Timing      jsonTiming     `json:"timing"`
}

type jsonSummary struct {
	Proved        int `json:"proved"`
	Refuted       int `json:"refuted"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"notApplicable"`
	Waived        int `json:"waived"`
	Resources     int `json:"resources"`
	Stacks        int `json:"stacks"`
}

type jsonTiming struct {
	LoadMs    int64 `json:"loadMs"`
	ResolveMs int64 `json:"resolveMs"`
	ProveMs   int64 `json:"proveMs"`
}

type jsonClaim struct {
	ID       string        `json:"id"`
	Scope    string        `json:"scope"`
	Verdict  string        `json:"verdict"`
	Checked  int           `json:"checked"`
	Unit     string        `json:"unit,omitempty"`
	Note     string        `json:"note,omitempty"`
	Waiver   *jsonWaiver   `json:"waiver,omitempty"`
	Findings []JSONFinding `json:"findings"`
	Quotas   []jsonQuota   `json:"quotas,omitempty"`
}

// jsonQuota is how much of a limit is used; of each verdict the nearest are
// listed, nearest first.
type jsonQuota struct {
	ID        string `json:"id"`
	Where     string `json:"where"`
	Construct string `json:"construct,omitempty"`
	Used      int    `json:"used"`
	Limit     int    `json:"limit"`
}

// jsonTemplate is how large a template is. Stack is the first of the stacks
// that are made of it.
type jsonTemplate struct {
	File       string `json:"file"`
	Stack      string `json:"stack"`
	Stacks     int    `json:"stacks"`
	Bytes      int    `json:"bytes"`
	Resources  int    `json:"resources"`
	Parameters int    `json:"parameters"`
	Mappings   int    `json:"mappings"`
	Outputs    int    `json:"outputs"`
}

type jsonWaiver struct {
	Why   string `json:"why"`
	Until string `json:"until"`
}

// JSONFinding is one finding as prove and diff write it.
type JSONFinding struct {
	Code      string    `json:"code"`
	Verdict   string    `json:"verdict"`
	Address   string    `json:"address,omitempty"`
	Construct string    `json:"construct,omitempty"`
	Property  string    `json:"property,omitempty"`
	Part      string    `json:"part,omitempty"`
	Intent    string    `json:"intent,omitempty"`
	Message   string    `json:"message"`
	Path      []JSONHop `json:"path,omitempty"`
	Fix       string    `json:"fix,omitempty"`
}

// JSONHop is one hop of a path as prove and reach write it. At is where the
// packet is, By what decided there.
type JSONHop struct {
	At       string `json:"at"`
	By       string `json:"by,omitempty"`
	Property string `json:"property,omitempty"`
	Code     string `json:"code,omitempty"`
	Decision string `json:"decision"`
	Return   bool   `json:"return,omitempty"`
}

// JSONHops turns hops into their JSON form; it is never nil.
func JSONHops(hops []network.Hop, back bool) []JSONHop {
	out := make([]JSONHop, 0, len(hops))
	for _, h := range hops {
		out = append(out, JSONHop{At: address(h.At), By: address(h.By), Property: h.Property,
			Code: h.Code, Decision: h.Decision, Return: back})
	}
	return out
}

func writeJSON(w io.Writer, r *Report) error {
	out := jsonReport{
		Version: Version, Estate: r.Estate, Claims: []jsonClaim{}, Templates: []jsonTemplate{}, NotModelled: r.NotModelled,
		Summary: jsonSummary{
			Proved: r.Count(proof.Proved), Refuted: r.Count(proof.Refuted), Unknown: r.Count(proof.Unknown),
			NotApplicable: r.Count(proof.NotApplicable), Waived: r.Count(proof.Waived),
			Resources: r.Resources(), Stacks: r.Stacks,
		},
		Timing: jsonTiming{r.Timing.Load.Milliseconds(), r.Timing.Resolve.Milliseconds(), r.Timing.Prove.Milliseconds()},
	}
	if out.NotModelled == nil {
		out.NotModelled = map[string]int{}
	}
	for _, v := range r.verdicts() {
		out.Claims = append(out.Claims, r.jsonClaim(v))
	}
	for _, t := range r.Templates {
		out.Templates = append(out.Templates, jsonTemplate{File: t.File, Stack: t.Stack.String(), Stacks: t.Stacks, Bytes: t.Bytes,
			Resources: t.Resources, Parameters: t.Parameters, Mappings: t.Mappings, Outputs: t.Outputs})
	}
	return EncodeJSON(w, out)
}

// NewJSONFinding turns a finding into its JSON form; the construct is left out.
func NewJSONFinding(f proof.Finding) JSONFinding {
	j := JSONFinding{Code: f.Code, Verdict: f.Outcome.String(), Address: address(f.At), Property: f.Property, Message: f.Message, Fix: f.Fix}
	if f.Part.Name != "" {
		j.Part = f.Part.String()
	}
	if !f.Intent.IsZero() {
		j.Intent = f.Intent.String()
	}
	if f.Path != nil {
		j.Path = append(JSONHops(f.Path.Forward, false), JSONHops(f.Path.Return, true)...)
	}
	return j
}

func (r *Report) jsonClaim(v proof.Verdict) jsonClaim {
	c := jsonClaim{ID: v.Claim, Scope: string(v.Scope), Verdict: v.Outcome.String(), Checked: v.Checked,
		Unit: v.Unit, Note: v.Note, Findings: []JSONFinding{}}
	if v.Waiver != nil {
		c.Waiver = &jsonWaiver{Why: v.Waiver.Why, Until: v.Waiver.Until.Format("2006-01-02")}
	}
	for _, f := range v.Witness {
		j := NewJSONFinding(f)
		j.Construct = r.construct(f.At)
		c.Findings = append(c.Findings, j)
	}
	for _, u := range v.Usage {
		c.Quotas = append(c.Quotas, jsonQuota{ID: u.Quota, Where: u.At.String(), Construct: r.construct(u.At), Used: u.Used, Limit: u.Limit})
	}
	return c
}

// EncodeJSON writes a value as indented JSON with a newline at its end.
func EncodeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func address(a addr.Address) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}

// Header prints what a hop sees of a packet, leaving out what it does not say:
// "10.1.0.0/24 → 10.1.8.0/24 tcp/5432".
func Header(h network.Header) string {
	var b strings.Builder
	if h.Source.IsValid() {
		b.WriteString(h.Source.String())
	}
	if h.Destination.IsValid() {
		b.WriteString(" → " + h.Destination.String())
	}
	if p := Protocol(h.Protocol); p != "" {
		b.WriteString(" " + p)
		if h.Port != (resource.PortRange{}) {
			b.WriteString("/" + Ports(h.Port))
		}
	}
	return strings.TrimSpace(b.String())
}
