package intrinsic

import "testing"

// TestPorts asks databases and caches for their ports: the property's, the
// engine's, or one that only deployment says.
func TestPorts(t *testing.T) {
	const rds, deploy = "AWS::RDS::DBInstance", "${-/-/s/Db."
	for name, test := range map[string]struct{ typ, props, attr, want string }{
		"a property":             {rds, "{Engine: postgres, Port: 6000}", "Endpoint.Port", `"6000"`},
		"a parameter":            {rds, "{Engine: postgres, Port: !Ref Port}", "Endpoint.Port", `"7000"`},
		"PostgreSQL":             {rds, "{Engine: postgres}", "Endpoint.Port", `"5432"`},
		"SQL Server":             {rds, "{Engine: sqlserver-ex}", "Endpoint.Port", `"1433"`},
		"Oracle":                 {rds, "{Engine: oracle-se2}", "Endpoint.Port", `"1521"`},
		"Aurora for PostgreSQL":  {"AWS::RDS::DBCluster", "{Engine: aurora-postgresql}", "Endpoint.Port", `"5432"`},
		"Aurora for MySQL":       {"AWS::RDS::DBCluster", "{Engine: aurora-mysql}", "Endpoint.Port", `"3306"`},
		"Aurora of old":          {"AWS::RDS::DBCluster", "{Engine: aurora}", "Endpoint.Port", `"3306"`},
		"an engine of tomorrow":  {rds, "{Engine: newsql}", "Endpoint.Port", deploy + "Endpoint.Port}"},
		"an unknown engine":      {rds, "{Engine: !Ref Open}", "Endpoint.Port", deploy + "Endpoint.Port}"},
		"a snapshot":             {"AWS::RDS::DBCluster", "{Engine: aurora-mysql, SnapshotIdentifier: x}", "Endpoint.Port", deploy + "Endpoint.Port}"},
		"a member of a cluster":  {rds, "{Engine: aurora-mysql, DBClusterIdentifier: x}", "Endpoint.Port", deploy + "Endpoint.Port}"},
		"no value":               {rds, "{Engine: mysql, Port: !Ref AWS::NoValue}", "Endpoint.Port", `"3306"`},
		"Redshift":               {"AWS::Redshift::Cluster", "{}", "Endpoint.Port", `"5439"`},
		"Redis":                  {"AWS::ElastiCache::ReplicationGroup", "{}", "PrimaryEndPoint.Port", `"6379"`},
		"a cache of one node":    {"AWS::ElastiCache::CacheCluster", "{Engine: redis}", "RedisEndpoint.Port", `"6379"`},
		"Memcached":              {"AWS::ElastiCache::CacheCluster", "{Engine: memcached}", "ConfigurationEndpoint.Port", `"11211"`},
		"Neptune":                {"AWS::Neptune::DBCluster", "{DBPort: 8183}", "Port", `"8183"`},
		"DocumentDB":             {"AWS::DocDB::DBCluster", "{}", "Port", `"27017"`},
		"an address is no port":  {rds, "{Engine: postgres}", "Endpoint.Address", deploy + "Endpoint.Address}"},
		"another type's is none": {"AWS::EC2::Instance", "{Port: 1}", "Endpoint.Port", deploy + "Endpoint.Port}"},
	} {
		t.Run(name, func(t *testing.T) {
			all, problems := resolveFiles(t, map[string]string{"s.yaml": "Parameters: {Port: {Type: Number, Default: 7000}, Open: {Type: String}}\n" +
				resourceOf("{V: !GetAtt Db."+test.attr+"}") + "  Db: {Type: '" + test.typ + "', Properties: " + test.props + "}\n"}, Options{})
			if got := find(t, all, "R").Props.Get("V").String(); got != test.want && got != test.want[1:len(test.want)-1] || len(problems) > 0 {
				t.Errorf("got %s (%v), want %s", got, problems, test.want)
			}
		})
	}
}
