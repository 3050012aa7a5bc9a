// Package claims lists every claim that Surety can prove.
//
// The list is explicit and in the order in which reports show it. Each claim
// has a folder with its code, a page under docs/claims, and cases under cases/.
package claims

import (
	declaredflows "github.com/suretyhq/surety/internal/claims/declared-flows"
	egressinspected "github.com/suretyhq/surety/internal/claims/egress-inspected"
	encryptedatrest "github.com/suretyhq/surety/internal/claims/encrypted-at-rest"
	encryptedintransit "github.com/suretyhq/surety/internal/claims/encrypted-in-transit"
	environmentisolation "github.com/suretyhq/surety/internal/claims/environment-isolation"
	eventskept "github.com/suretyhq/surety/internal/claims/events-kept"
	"github.com/suretyhq/surety/internal/claims/guarded"
	instancespatched "github.com/suretyhq/surety/internal/claims/instances-patched"
	leastprivilege "github.com/suretyhq/surety/internal/claims/least-privilege"
	"github.com/suretyhq/surety/internal/claims/logged"
	managementempty "github.com/suretyhq/surety/internal/claims/management-empty"
	nolockout "github.com/suretyhq/surety/internal/claims/no-lockout"
	nooverlap "github.com/suretyhq/surety/internal/claims/no-overlap"
	"github.com/suretyhq/surety/internal/claims/parity"
	privateaccessonly "github.com/suretyhq/surety/internal/claims/private-access-only"
	publicedgeonly "github.com/suretyhq/surety/internal/claims/public-edge-only"
	"github.com/suretyhq/surety/internal/claims/recoverable"
	"github.com/suretyhq/surety/internal/claims/residency"
	survivesregion "github.com/suretyhq/surety/internal/claims/survives-region"
	tenantisolation "github.com/suretyhq/surety/internal/claims/tenant-isolation"
	tierisolation "github.com/suretyhq/surety/internal/claims/tier-isolation"
	"github.com/suretyhq/surety/internal/claims/watched"
	withinquotas "github.com/suretyhq/surety/internal/claims/within-quotas"
	"github.com/suretyhq/surety/internal/proof"
)

// All returns every claim.
func All() []proof.Claim {
	return []proof.Claim{
		nooverlap.Claim(),
		publicedgeonly.Claim(),
		declaredflows.Claim(),
		tierisolation.Claim(),
		environmentisolation.Claim(),
		tenantisolation.Claim(),
		egressinspected.Claim(),
		privateaccessonly.Claim(),
		encryptedatrest.Claim(),
		encryptedintransit.Claim(),
		eventskept.Claim(),
		instancespatched.Claim(),
		guarded.Claim(),
		survivesregion.Claim(),
		residency.Claim(),
		parity.Claim(),
		withinquotas.Claim(),
		leastprivilege.Claim(),
		logged.Claim(),
		recoverable.Claim(),
		managementempty.Claim(),
		nolockout.Claim(),
		watched.Claim(),
	}
}
