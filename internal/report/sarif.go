package report

import (
	"io"
	"path/filepath"

	"github.com/suretyhq/surety/internal/proof"
)

// The types below are the part of SARIF 2.1.0 that a report fills ("Static
// Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS).

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool    sarifTool     `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string       `json:"id"`
	ShortDescription sarifMessage `json:"shortDescription"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID              string             `json:"ruleId"`
	RuleIndex           int                `json:"ruleIndex"`
	Kind                string             `json:"kind"`
	Level               string             `json:"level"`
	Message             sarifMessage       `json:"message"`
	Locations           []sarifLocation    `json:"locations,omitempty"`
	PartialFingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

// writeSARIF writes one result for each finding: kind fail for what is
// refuted, review for what is unknown; what is waived carries a suppression.
func writeSARIF(w io.Writer, r *Report) error {
	run := sarifRun{Tool: sarifTool{Driver: sarifDriver{Name: "surety", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	index := map[string]int{}
	for i, c := range r.Claims {
		index[c.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: c.ID, ShortDescription: sarifMessage{c.Says}})
	}
	r.eachFinding(func(v proof.Verdict, f proof.Finding) {
		res := sarifResult{RuleID: v.Claim, RuleIndex: index[v.Claim], Kind: "fail", Level: "error",
			Message:             sarifMessage{sentence(f)},
			PartialFingerprints: map[string]string{"surety/v1": fingerprint(v, f)}}
		if f.Outcome == proof.Unknown {
			res.Kind, res.Level = "review", "none"
		}
		if v.Waiver != nil && f.Outcome == proof.Waived {
			res.Suppressions = []sarifSuppression{{Kind: "external", Justification: v.Waiver.Why}}
		}
		if loc := r.sarifLocation(f); loc.Physical != nil || loc.Logical != nil {
			res.Locations = []sarifLocation{loc}
		}
		run.Results = append(run.Results, res)
	})
	return EncodeJSON(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run}})
}

func (r *Report) sarifLocation(f proof.Finding) sarifLocation {
	var loc sarifLocation
	if file, line := r.place(f); file != "" {
		loc.Physical = &sarifPhysical{Artifact: sarifArtifact{URI: filepath.ToSlash(file)}, Region: sarifRegion{StartLine: line}}
	}
	if !f.At.IsZero() {
		loc.Logical = []sarifLogical{{FullyQualifiedName: f.At.String()}}
	}
	return loc
}
