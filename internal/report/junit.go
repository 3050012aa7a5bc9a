package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Error   *junitMessage `xml:"error,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes a suite for each claim and a case for each scope: failed
// if refuted, in error if unknown, skipped if waived or not applicable.
func writeJUnit(w io.Writer, r *Report) error {
	all := junitSuites{Name: "surety"}
	for _, v := range r.verdicts() {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != v.Claim {
			all.Suites = append(all.Suites, junitSuite{Name: v.Claim})
		}
		s := &all.Suites[len(all.Suites)-1]
		c := junitCase{Class: v.Claim, Name: string(v.Scope)}
		switch v.Outcome {
		case proof.Refuted:
			c.Failure = r.junitMessage(v)
			s.Failures, all.Failures = s.Failures+1, all.Failures+1
		case proof.Unknown:
			c.Error = r.junitMessage(v)
			s.Errors, all.Errors = s.Errors+1, all.Errors+1
		case proof.Waived, proof.NotApplicable:
			c.Skipped = r.junitMessage(v)
			s.Skipped, all.Skipped = s.Skipped+1, all.Skipped+1
		case proof.Proved:
		}
		s.Tests, all.Tests = s.Tests+1, all.Tests+1
		s.Cases = append(s.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *Report) junitMessage(v proof.Verdict) *junitMessage {
	m := &junitMessage{Message: word(v.Outcome)}
	if v.Waiver != nil {
		m.Message += " until " + v.Waiver.Until.Format("2006-01-02") + ": " + v.Waiver.Why
	}
	var b strings.Builder
	for _, f := range v.Witness {
		fmt.Fprintf(&b, "%s %s\n", r.name(f.At), sentence(f))
	}
	m.Text = b.String()
	return m
}
