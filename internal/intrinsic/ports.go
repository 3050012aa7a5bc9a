package intrinsic

import (
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// port gives the attribute of a database or cache that is its port, where the
// template says it: by a property, or by its engine's default. It is absent
// where the attribute is no port or only deployment says it.
func (s *scope) port(logical, typ, attr string, at value.Value) value.Value {
	property := portProperty(typ, attr)
	if property == "" {
		return value.Value{}
	}
	if v := s.property(logical, property, at); v.IsUnknown() || !v.IsAbsent() && v.Kind() != value.Null {
		return v
	}
	for _, from := range inheritsPort {
		if !s.property(logical, from, at).IsAbsent() {
			return value.Value{} // the snapshot's or the source's port counts
		}
	}
	engine := s.property(logical, "Engine", at)
	if engine.IsUnknown() || engine.Kind() == value.Symbol {
		return value.Value{}
	}
	if port := defaultPort(typ, engine.Text()); port != "" {
		return value.OfString(port)
	}
	return value.Value{}
}

// inheritsPort are the properties of databases that take their port from
// another ("RestoreDBClusterFromSnapshot": Port), or that are members of a
// cluster, which has it.
var inheritsPort = [...]string{"SnapshotIdentifier", "SourceDBClusterIdentifier", "DBSnapshotIdentifier", "DBClusterSnapshotIdentifier",
	"SourceDBInstanceIdentifier", "SourceDBInstanceAutomatedBackupsArn", "SourceDbiResourceId", "DBClusterIdentifier", "GlobalClusterIdentifier",
	"GlobalReplicationGroupId"}

// portProperty names the property that says which port an attribute gives
// (AWS CloudFormation Template Reference, "Return values" of each type).
func portProperty(typ, attr string) string {
	switch typ + "." + attr {
	case "AWS::RDS::DBInstance.Endpoint.Port", "AWS::RDS::DBCluster.Endpoint.Port", "AWS::Redshift::Cluster.Endpoint.Port",
		"AWS::ElastiCache::CacheCluster.RedisEndpoint.Port", "AWS::ElastiCache::CacheCluster.ConfigurationEndpoint.Port",
		"AWS::ElastiCache::ReplicationGroup.PrimaryEndPoint.Port", "AWS::ElastiCache::ReplicationGroup.ReaderEndPoint.Port",
		"AWS::ElastiCache::ReplicationGroup.ConfigurationEndPoint.Port", "AWS::DocDB::DBCluster.Port", "AWS::MemoryDB::Cluster.ClusterEndpoint.Port":
		return "Port"
	case "AWS::Neptune::DBCluster.Port":
		return "DBPort"
	}
	return ""
}

// defaultPort is the port of an engine where nobody says another, or "". From
// "CreateDBInstance" and "CreateDBCluster" (Port) of the Amazon RDS API, and the
// pages of the other types in AWS's CloudFormation Template Reference (Port).
func defaultPort(typ, engine string) string {
	switch typ {
	case "AWS::Redshift::Cluster":
		return "5439"
	case "AWS::DocDB::DBCluster":
		return "27017"
	case "AWS::Neptune::DBCluster":
		return "8182"
	case "AWS::ElastiCache::ReplicationGroup", "AWS::MemoryDB::Cluster":
		return "6379"
	}
	switch family, _, _ := strings.Cut(strings.ToLower(engine), "-"); family {
	case "mysql", "mariadb":
		return "3306"
	case "postgres":
		return "5432"
	case "oracle":
		return "1521"
	case "sqlserver":
		return "1433"
	case "db2":
		return "50000"
	case "redis", "valkey":
		return "6379"
	case "memcached":
		return "11211"
	case "aurora":
		if strings.HasSuffix(engine, "postgresql") {
			return "5432"
		}
		return "3306"
	}
	return ""
}
