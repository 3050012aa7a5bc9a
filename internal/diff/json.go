package diff

import (
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/report"
)

// The JSON of a change, version 1.
type jsonChange struct {
	Version   int                  `json:"version"`
	Old       string               `json:"old"`
	New       string               `json:"new"`
	Outcome   string               `json:"outcome"`
	Data      []report.JSONFinding `json:"data"`
	Claims    []jsonClaim          `json:"claims"`
	Flows     []jsonFlow           `json:"flows"`
	Zones     []jsonZones          `json:"zones"`
	Resources []jsonResource       `json:"resources"`
	Usage     []jsonUsage          `json:"usage"`
}

type jsonClaim struct {
	ID       string               `json:"id"`
	Scope    string               `json:"scope"`
	Old      string               `json:"old"`
	New      string               `json:"new"`
	Findings []report.JSONFinding `json:"findings"`
}

type jsonFlow struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Protocol string `json:"protocol"`
	Ports    string `json:"ports,omitempty"`
	Gained   bool   `json:"gained"`
	Certain  bool   `json:"certain"`
}

type jsonZones struct {
	End string   `json:"end"`
	Old []string `json:"old"`
	New []string `json:"new"`
}

type jsonResource struct {
	Address    string         `json:"address"`
	Type       string         `json:"type"`
	Part       string         `json:"part,omitempty"`
	What       string         `json:"what"`
	Effect     string         `json:"effect,omitempty"`
	Retained   bool           `json:"retained,omitempty"`
	Because    string         `json:"because,omitempty"`
	Properties []jsonProperty `json:"properties,omitempty"`
}

type jsonProperty struct {
	Path   string `json:"path"`
	Effect string `json:"effect"`
}

type jsonUsage struct {
	Quota   string `json:"quota"`
	Address string `json:"address"`
	Old     int    `json:"old,omitempty"`
	New     int    `json:"new"`
	Limit   int    `json:"limit"`
}

func (c *Change) json() jsonChange {
	out := jsonChange{Version: report.Version, Old: c.Old, New: c.New, Outcome: c.Outcome().String(), Data: jsonFindings(c.Data.Witness),
		Claims: []jsonClaim{}, Flows: []jsonFlow{}, Zones: []jsonZones{}, Resources: []jsonResource{}, Usage: []jsonUsage{}}
	for _, x := range c.Claims {
		out.Claims = append(out.Claims, jsonClaim{x.ID, string(x.Scope), x.Old.String(), x.New.String(), jsonFindings(x.Findings)})
	}
	for _, f := range c.Flows {
		out.Flows = append(out.Flows, jsonFlow(f))
	}
	for _, z := range c.Zones {
		out.Zones = append(out.Zones, jsonZones{z.End, z.Was, z.Are})
	}
	for _, r := range c.Resources {
		x := jsonResource{Address: r.Addr.String(), Type: r.Type, What: r.What, Retained: r.Retained}
		if r.Part.Name != "" {
			x.Part = r.Part.String()
		}
		if r.What == Changed {
			x.Effect = r.Effect.String()
		}
		if !r.Because.IsZero() {
			x.Because = r.Because.String()
		}
		for _, p := range r.Properties {
			x.Properties = append(x.Properties, jsonProperty{p.Path, p.Effect.String()})
		}
		out.Resources = append(out.Resources, x)
	}
	for _, u := range c.Usage {
		out.Usage = append(out.Usage, jsonUsage{u.Quota, u.At.String(), u.Was, u.Used, u.Limit})
	}
	return out
}

func jsonFindings(all []proof.Finding) []report.JSONFinding {
	out := []report.JSONFinding{}
	for _, f := range all {
		out = append(out, report.NewJSONFinding(f))
	}
	return out
}
