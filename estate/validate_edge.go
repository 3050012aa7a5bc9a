package estate

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

func (v *validator) edge() {
	if site := v.e.Workload.Website; site != nil {
		v.website(*site)
	}
	for name, c := range v.e.Certificates.EV.All() {
		v.certificate("certificates/ev/"+name, name, c)
	}
}

func (v *validator) website(w Website) {
	const at = "workload/website"
	if !isBeside(w.Path) {
		v.bad(CodeWebsite, at+"/path", fmt.Sprintf("%q is not a folder beside the estate file", short(w.Path)),
			"what is delivered has to be what the repository holds", "write a relative path without .., for example site")
	}
	for i, c := range w.Countries {
		if len(c) != 2 || !onlyBytes(c, func(b byte) bool { return 'A' <= b && b <= 'Z' }) {
			v.bad(CodeWebsite, index(at+"/countries", i), fmt.Sprintf("%q is not the code of a country", short(c)), "", "write two capital letters of ISO 3166-1, for example AU")
		}
	}
	v.repeated(at+"/countries", w.Countries)
	if _, ok := v.e.Workload.Services.Get(NameWebsite); ok {
		v.bad(CodeReservedName, "workload/services/"+NameWebsite, fmt.Sprintf("a service cannot be named %q where there is a website", NameWebsite),
			"the website has that name at the edge", "choose another name")
	}
}

// isBeside says whether p names a folder below the one that it is relative to.
func isBeside(p string) bool {
	return p != "" && !path.IsAbs(p) && path.Clean(p) == strings.TrimSuffix(p, "/") && path.Clean(p) != "." && path.Clean(p) != ".." &&
		!strings.HasPrefix(path.Clean(p), "../") && !strings.Contains(p, `\`)
}

func (v *validator) certificate(at, name string, c Certificate) {
	if !v.e.atEdge(name) && !v.unread("workload", "workload/services") {
		v.unknown(at, "name at the edge", name, v.e.EdgeNames())
	}
	if _, ok := days(c.ExpiryWarning); !ok && v.e.has(at+"/expiry-warning") {
		v.bad(CodeCertificate, at+"/expiry-warning", fmt.Sprintf("%q is not a number of days", short(c.ExpiryWarning)), "",
			fmt.Sprintf("write 1d to %dd, for example %dd", maxExpiryWarning, defaultExpiryWarning))
	}
	if !v.e.has(at + "/arn") {
		return
	}
	region, account, ok := splitCertificate(c.ARN)
	want := v.e.Regions.Home
	if name == NameWebsite {
		want = EdgeRegion
	}
	switch {
	case !ok:
		v.bad(CodeCertificate, at+"/arn", fmt.Sprintf("%q is not the ARN of a certificate", short(c.ARN)), "",
			"write arn:aws:acm:REGION:ACCOUNT:certificate/ID, as AWS Certificate Manager shows it")
	case region != want:
		v.bad(CodeCertificate, at+"/arn", fmt.Sprintf("the certificate is in %s; the one of %s has to be in %s", short(region), name, want),
			"AWS takes a certificate from no other Region", "import it in "+want)
	case !v.unread("environments", "organisation", "organisation/accounts") && !slices.ContainsFunc(v.e.Sites(), func(s Site) bool { return s.Account == account }):
		v.bad(CodeCertificate, at+"/arn", fmt.Sprintf("the certificate is in account %s, in which no environment is", account),
			"an account cannot use another's certificate", "import it in the account of the environment that it is for")
	}
}
