package encryptedintransit

import "slices"

// byTLS are the engines of DMS endpoints that are services of AWS's: DMS calls
// them by TLS and nothing else, and they take no SslMode ("AWS::DMS::Endpoint").
func byTLS() []string { return []string{"dynamodb", "kinesis", "neptune", "opensearch", "s3"} }

// replication judges the ends of DMS: without SslMode it speaks in the clear,
// and only verify-ca and verify-full ask the database to prove that it is the
// one that is meant.
func (c *checker) replication() {
	for _, r := range c.in.Graph.OfType("AWS::DMS::Endpoint") {
		if engine := r.Props.Get("EngineName"); slices.Contains(byTLS(), engine.Text()) {
			continue
		}
		c.tally.Look(r)
		c.setting(r, setting{"AWS::DMS::Endpoint", "SslMode", []string{"verify-full", "verify-ca", "require"}, false})
	}
}
