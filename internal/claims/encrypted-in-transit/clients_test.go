package encryptedintransit

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
)

// Without an estate the clients of a database are those that the network lets
// reach it.
func TestS24_ClientsOfDatabasesDeclareTLS(t *testing.T) {
	client := func(variables build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
			b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.1.0/24"})
			b.Add("AWS::EC2::SecurityGroup", "Group", build.Props{"VpcId": b.Ref("Vpc"), "GroupDescription": "g",
				"SecurityGroupIngress": []build.Props{{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "10.0.0.0/16"}}})
			b.Add("AWS::RDS::DBSubnetGroup", "Subnets", build.Props{"SubnetIds": []any{b.Ref("Subnet")}})
			b.Add("AWS::RDS::DBCluster", "Db", build.Props{"Engine": "aurora-postgresql", "EngineVersion": "17.4", "DBSubnetGroupName": b.Ref("Subnets"), "VpcSecurityGroupIds": []any{b.Ref("Group")}})
			b.Add("AWS::Lambda::Function", "Client", build.Props{"VpcConfig": build.Props{"SubnetIds": []any{b.Ref("Subnet")}, "SecurityGroupIds": []any{b.Ref("Group")}},
				"Environment": build.Props{"Variables": variables}})
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "verify-full", Outcome: proof.Proved, Build: client(build.Props{"PGSSLMODE": "verify-full"})},
		{Name: "in an address", Outcome: proof.Proved, Build: client(build.Props{"DATABASE_URL": "postgres://db/main?sslmode=verify-full"})},
		{Name: "falls back", Outcome: proof.Refuted, Codes: []string{CodePlainClient}, Build: client(build.Props{"PGSSLMODE": "prefer"})},
		{Name: "says nothing", Outcome: proof.Unknown, Codes: []string{CodeSilentClient}, Build: client(build.Props{"PGUSER": "app"})},
		{Name: "as a parameter says", Outcome: proof.Unknown, Codes: []string{CodeSilentClient}, Build: client(build.Props{"PGSSLMODE": build.Unknown("a parameter")})},
	})
}
