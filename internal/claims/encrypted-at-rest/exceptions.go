package encryptedatrest

import (
	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// exceptions are the buckets that AWS's own log delivery allows no
// customer-managed key for; each is the bucket's address and the AWS page that
// says so. The list of reasons is closed (docs/claims/encrypted-at-rest.md).
type exceptions map[addr.Address]string

// The pages behind the exceptions.
const (
	pageBalancerLogs = "Enable access logs for your Application Load Balancer"
	pageServerLogs   = "Enabling Amazon S3 server access logging"
)

func findExceptions(g *resource.Graph) exceptions {
	ex := exceptions{}
	note := func(v value.Value, page string) {
		if ref, ok := v.Ref(); ok {
			ex[ref.To] = page
		}
	}
	for _, r := range g.OfType("AWS::S3::Bucket") {
		note(r.Props.Path("LoggingConfiguration/DestinationBucketName"), pageServerLogs)
	}
	for _, r := range g.OfType("AWS::ElasticLoadBalancingV2::LoadBalancer") {
		if t := r.Props.Get("Type").Text(); t != "" && t != "application" {
			continue
		}
		for _, a := range r.Props.Get("LoadBalancerAttributes").Items() {
			if k := a.Get("Key").Text(); k == "access_logs.s3.bucket" || k == "connection_logs.s3.bucket" {
				note(a.Get("Value"), pageBalancerLogs)
			}
		}
	}
	return ex
}

// sseS3 says whether a bucket is encrypted by Amazon S3's own keys because it
// receives logs that AWS delivers in no other way.
func sseS3(c checker, r *resource.Resource) bool {
	return c.exceptions[r.Addr] != "" && r.Props.Path(bucketAlgorithm).Text() == "AES256"
}

// external says whether the estate has its keys' material imported. AWS KMS
// never rotates such a key by itself ("Rotate AWS KMS keys", AWS KMS Developer
// Guide): whoever the estate names as the keys' administrator does, on demand,
// which no template shows.
func (c checker) external() bool { return c.in.Estate != nil && c.in.Estate.Keys.External() }
