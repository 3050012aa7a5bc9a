package alarms

// Metric is a measurement of a kind of resource, with the statistic by which
// it is judged and shown.
type Metric struct{ Namespace, Name, Stat string }

// Rows of a dashboard: the question that a graph helps to answer.
const (
	Up      = "Is it up?"
	Fast    = "Is it fast?"
	Failing = "Is it failing?"
	Cost    = "What does it cost?"
)

// Graph shows metrics of all resources of a kind together.
type Graph struct {
	Row, Title string
	Metrics    []Metric
	// Insight asks Metrics Insights instead, as an alarm's does.
	Insight string
}

// Alarm says when a resource of a kind is not well.
type Alarm struct {
	// ID is the last part of the alarm's name, and Says its description: what is
	// wrong and where to look.
	ID, Says string
	Metric   Metric
	// Share makes the alarm one of 100 × Metric ÷ Share; Minus one of Metric −
	// Minus. At most one of them is given.
	Share, Minus *Metric
	// Insight is a query of Metrics Insights that gives one line, instead of
	// Metric; WHERE stands for the subject's dimensions.
	Insight string
	// Above or Below is the limit, which Props.Limits can move.
	Above, Below *float64
	// Minutes is the length of a period; the alarm is raised if the limit is
	// passed in For of the last Of of them (Of 0: as many as For).
	Minutes, For, Of int
	// Missing raises the alarm for want of data too.
	Missing bool
	// Down counts the alarm among those that mean that the environment is down.
	Down bool
}

// Kind is what is watched of the resources of a CloudFormation type.
type Kind struct {
	Type string
	// Dimensions are by what CloudWatch knows a resource: a set for each thing
	// that it measures of it, none where there is nothing to measure.
	Dimensions func(r Resource) []Dimensions
	// Members are the things by which a resource is measured that CloudWatch does
	// not measure as a whole: an alarm is on the worst of them. Usually nil.
	Members func(r Resource) []Dimensions
	Alarms  []Alarm
	Graphs  []Graph
}

func limit(v float64) *float64 { return &v }

// Catalogue returns what is watched, sorted by type. A limit is one that a
// service in good health stays clear of; metrics are those of each service's
// page "CloudWatch metrics".
func Catalogue() []Kind {
	var all []Kind
	all = append(all, entries()...)
	all = append(all, computing()...)
	all = append(all, storing()...)
	all = append(all, connecting()...)
	return all
}

// entries are the ways in: balancers, APIs, the website, canaries, certificates.
func entries() []Kind {
	alb := func(name, stat string) Metric { return Metric{"AWS/ApplicationELB", name, stat} }
	api := func(name, stat string) Metric { return Metric{"AWS/ApiGateway", name, stat} }
	requests, calls := alb("RequestCount", "Sum"), api("Count", "Sum")
	return []Kind{
		{Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Dimensions: balancerDimensions,
			Alarms: []Alarm{
				{ID: "5xx", Says: "more than 5 % of requests were answered with an error by the balancer itself: look at its targets", Metric: alb("HTTPCode_ELB_5XX_Count", "Sum"), Share: &requests, Above: limit(5), Minutes: 1, For: 3, Of: 5},
				{ID: "rejected", Says: "the balancer had no room for connections", Metric: alb("RejectedConnectionCount", "Sum"), Above: limit(0), Minutes: 5, For: 1},
			},
			Graphs: []Graph{{Row: Failing, Title: "Errors of balancers", Metrics: []Metric{alb("HTTPCode_ELB_5XX_Count", "Sum")}}, {Row: Cost, Title: "Balancers' capacity units", Metrics: []Metric{alb("ConsumedLCUs", "Sum")}}}},
		{Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Dimensions: targetDimensions,
			Alarms: []Alarm{
				{ID: "healthy", Says: "no target is healthy: nobody answers", Metric: alb("HealthyHostCount", "Minimum"), Below: limit(1), Minutes: 1, For: 3, Missing: true, Down: true},
				{ID: "unhealthy", Says: "a target fails its health check", Metric: alb("UnHealthyHostCount", "Maximum"), Above: limit(0), Minutes: 1, For: 10},
				{ID: "5xx", Says: "more than 5 % of requests failed: look at the service's log", Metric: alb("HTTPCode_Target_5XX_Count", "Sum"), Share: &requests, Above: limit(5), Minutes: 1, For: 3, Of: 5},
				{ID: "slow", Says: "one request in a hundred took longer than two seconds", Metric: alb("TargetResponseTime", "p99"), Above: limit(2), Minutes: 5, For: 3},
			},
			Graphs: []Graph{{Row: Up, Title: "Healthy targets", Metrics: []Metric{alb("HealthyHostCount", "Minimum")}},
				{Row: Fast, Title: "Time to answer, p50 and p99", Metrics: []Metric{alb("TargetResponseTime", "p50"), alb("TargetResponseTime", "p99")}},
				{Row: Fast, Title: "Requests", Metrics: []Metric{requests}}, {Row: Failing, Title: "Errors of targets", Metrics: []Metric{alb("HTTPCode_Target_5XX_Count", "Sum")}}}},
		{Type: "AWS::ApiGateway::RestApi", Dimensions: apiDimensions,
			Alarms: []Alarm{
				{ID: "5xx", Says: "more than 5 % of calls failed: look at the API's access log", Metric: api("5XXError", "Sum"), Share: &calls, Above: limit(5), Minutes: 1, For: 3, Of: 5},
				{ID: "slow", Says: "one call in a hundred took longer than three seconds", Metric: api("Latency", "p99"), Above: limit(3000), Minutes: 5, For: 3},
			},
			Graphs: []Graph{{Row: Fast, Title: "API latency, p50 and p99", Metrics: []Metric{api("Latency", "p50"), api("Latency", "p99")}},
				{Row: Failing, Title: "Errors of APIs", Metrics: []Metric{api("5XXError", "Sum"), api("4XXError", "Sum")}}, {Row: Cost, Title: "API calls", Metrics: []Metric{calls}}}},
		{Type: "AWS::CertificateManager::Certificate", Dimensions: byRef("CertificateArn"),
			Alarms: []Alarm{{ID: "expiry", Says: "the certificate expires within 30 days and was not renewed, or has expired: AWS stops telling its days then",
				Metric: Metric{"AWS/CertificateManager", "DaysToExpiry", "Minimum"}, Below: limit(30), Minutes: 1440, For: 1, Missing: true}}},
		{Type: "AWS::Synthetics::Canary", Dimensions: byRef("CanaryName"),
			Alarms: []Alarm{{ID: "failing", Says: "the canary cannot use the entry as a client does", Metric: Metric{"CloudWatchSynthetics", "SuccessPercent", "Average"},
				Below: limit(90), Minutes: 5, For: 2, Of: 3, Missing: true, Down: true}},
			Graphs: []Graph{{Row: Up, Title: "Availability as canaries see it", Metrics: []Metric{{"CloudWatchSynthetics", "SuccessPercent", "Average"}}},
				{Row: Fast, Title: "Duration of canaries", Metrics: []Metric{{"CloudWatchSynthetics", "Duration", "p90"}}}}},
		{Type: "AWS::Transfer::Server", Dimensions: byAttribute("ServerId", "ServerId"),
			Alarms: []Alarm{{ID: "workflow", Says: "what follows an upload failed", Metric: Metric{"AWS/Transfer", "OnUploadExecutionsFailed", "Sum"}, Above: limit(0), Minutes: 5, For: 1}},
			Graphs: []Graph{{Row: Cost, Title: "Transferred bytes", Metrics: []Metric{{"AWS/Transfer", "BytesIn", "Sum"}, {"AWS/Transfer", "BytesOut", "Sum"}}}}},
	}
}

// computing are what runs: services, functions, instances, queues.
func computing() []Kind {
	task := func(name, stat string) Metric { return Metric{"ECS/ContainerInsights", name, stat} }
	ecs := func(name, stat string) Metric { return Metric{"AWS/ECS", name, stat} }
	lambda := func(name, stat string) Metric { return Metric{"AWS/Lambda", name, stat} }
	group := func(name, stat string) Metric { return Metric{"AWS/AutoScaling", name, stat} }
	running, inService := task("RunningTaskCount", "Minimum"), group("GroupInServiceInstances", "Minimum")
	return []Kind{
		{Type: "AWS::ECS::Service", Dimensions: serviceDimensions,
			Alarms: []Alarm{
				{ID: "none", Says: "no task runs: look at the service's events and its log", Metric: running, Below: limit(1), Minutes: 1, For: 3, Missing: true, Down: true},
				{ID: "missing", Says: "fewer tasks run than are wanted: look at the service's events", Metric: task("DesiredTaskCount", "Maximum"), Minus: &running, Above: limit(0), Minutes: 5, For: 3},
				{ID: "cpu", Says: "tasks have used more than 85 % of their CPU for 15 minutes, although the service scales", Metric: ecs("CPUUtilization", "Average"), Above: limit(85), Minutes: 5, For: 3},
				{ID: "memory", Says: "tasks use more than 90 % of their memory", Metric: ecs("MemoryUtilization", "Maximum"), Above: limit(90), Minutes: 5, For: 2},
			},
			Graphs: []Graph{{Row: Up, Title: "Running tasks", Metrics: []Metric{running}}, {Row: Fast, Title: "CPU of services", Metrics: []Metric{ecs("CPUUtilization", "Average")}},
				{Row: Fast, Title: "Memory of services", Metrics: []Metric{ecs("MemoryUtilization", "Maximum")}}, {Row: Cost, Title: "Reserved CPU units", Metrics: []Metric{task("CpuReserved", "Sum")}}}},
		{Type: "AWS::Lambda::Function", Dimensions: byRef("FunctionName"),
			Alarms: []Alarm{
				{ID: "errors", Says: "the function fails: look at its log and its dead-letter queue", Metric: lambda("Errors", "Sum"), Above: limit(0), Minutes: 5, For: 2, Of: 3},
				{ID: "throttled", Says: "calls of the function were refused for want of concurrency", Metric: lambda("Throttles", "Sum"), Above: limit(0), Minutes: 5, For: 2, Of: 3},
				{ID: "lost", Says: "the function could not leave an event in its dead-letter queue: it is lost", Metric: lambda("DeadLetterErrors", "Sum"), Above: limit(0), Minutes: 5, For: 1},
			},
			Graphs: []Graph{{Row: Fast, Title: "Duration of functions, p99", Metrics: []Metric{lambda("Duration", "p99")}}, {Row: Failing, Title: "Errors of functions", Metrics: []Metric{lambda("Errors", "Sum")}},
				{Row: Cost, Title: "Calls of functions", Metrics: []Metric{lambda("Invocations", "Sum")}}}},
		{Type: "AWS::AutoScaling::AutoScalingGroup", Dimensions: byRef("AutoScalingGroupName"),
			Alarms: []Alarm{
				{ID: "missing", Says: "fewer instances are in service than are wanted", Metric: group("GroupDesiredCapacity", "Maximum"), Minus: &inService, Above: limit(0), Minutes: 5, For: 3},
				{ID: "cpu", Says: "instances have used more than 85 % of their CPU for 15 minutes", Metric: Metric{"AWS/EC2", "CPUUtilization", "Average"}, Above: limit(85), Minutes: 5, For: 3},
			},
			Graphs: []Graph{{Row: Up, Title: "Instances in service", Metrics: []Metric{inService}}, {Row: Fast, Title: "CPU of instances", Metrics: []Metric{{"AWS/EC2", "CPUUtilization", "Average"}}}}},
		{Type: "AWS::SQS::Queue", Dimensions: queueDimensions(false),
			Alarms: []Alarm{{ID: "age", Says: "a message has waited for 15 minutes: what reads the queue stands still", Metric: Metric{"AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"}, Above: limit(900), Minutes: 5, For: 2}},
			Graphs: []Graph{{Row: Fast, Title: "Age of the oldest message", Metrics: []Metric{{"AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"}}}}},
		{Type: "AWS::SQS::Queue", Dimensions: queueDimensions(true),
			Alarms: []Alarm{{ID: "depth", Says: "a message could not be worked on and lies among the dead letters: look at it, mend the cause, and send it again",
				Metric: Metric{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"}, Above: limit(0), Minutes: 1, For: 1}},
			Graphs: []Graph{{Row: Failing, Title: "Dead letters", Metrics: []Metric{{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"}}}}},
		{Type: "AWS::KinesisFirehose::DeliveryStream", Dimensions: byRef("DeliveryStreamName"),
			Alarms: []Alarm{{ID: "late", Says: "records have waited for 15 minutes: their destination does not take them", Metric: Metric{"AWS/Firehose", "DeliveryToHttpEndpoint.DataFreshness", "Maximum"}, Above: limit(900), Minutes: 5, For: 3}},
			Graphs: []Graph{{Row: Cost, Title: "Forwarded bytes", Metrics: []Metric{{"AWS/Firehose", "IncomingBytes", "Sum"}}}}},
	}
}

// RecoveryLag is how many milliseconds a database may be behind one of another
// Region before somebody is told. It is "typically under a second" ("Using Amazon
// Aurora Global Database", Amazon Aurora User Guide).
const RecoveryLag = 60_000

// storing are what keeps data.
func storing() []Kind {
	rds := func(name, stat string) Metric { return Metric{"AWS/RDS", name, stat} }
	cache := func(name, stat string) Metric { return Metric{"AWS/ElastiCache", name, stat} }
	const mib, gib = 1 << 20, 1 << 30
	return []Kind{
		{Type: "AWS::RDS::DBCluster", Dimensions: byRef("DBClusterIdentifier"),
			Alarms: []Alarm{
				{ID: "down", Says: "the database engine does not run", Metric: rds("EngineUptime", "Maximum"), Below: limit(1), Minutes: 1, For: 5, Missing: true, Down: true},
				{ID: "cpu", Says: "the database has used more than 85 % of its CPU for 15 minutes", Metric: rds("CPUUtilization", "Average"), Above: limit(85), Minutes: 5, For: 3},
				{ID: "memory", Says: "an instance has less than 256 MiB of free memory", Metric: rds("FreeableMemory", "Minimum"), Below: limit(256 * mib), Minutes: 5, For: 3},
				{ID: "disk", Says: "an instance has less than 2 GiB of free local storage: look for large sorts and logs", Metric: rds("FreeLocalStorage", "Minimum"), Below: limit(2 * gib), Minutes: 5, For: 3},
				{ID: "lag", Says: "a reader is more than a second behind the writer", Metric: rds("AuroraReplicaLagMaximum", "Maximum"), Above: limit(1000), Minutes: 1, For: 5},
				{ID: "deadlocks", Says: "transactions wait for each other and are broken off", Metric: rds("Deadlocks", "Maximum"), Above: limit(0.1), Minutes: 5, For: 2},
				{ID: "connections", Says: "the database is near its limit of connections", Metric: rds("DatabaseConnections", "Maximum"), Above: limit(300), Minutes: 5, For: 3},
			},
			Graphs: []Graph{{Row: Fast, Title: "Latency of commits and reads", Metrics: []Metric{rds("CommitLatency", "Average"), rds("ReadLatency", "Average")}}, {Row: Fast, Title: "CPU of databases", Metrics: []Metric{rds("CPUUtilization", "Average")}},
				{Row: Failing, Title: "Deadlocks", Metrics: []Metric{rds("Deadlocks", "Maximum")}}, {Row: Cost, Title: "Database storage", Metrics: []Metric{rds("VolumeBytesUsed", "Average")}},
				{Row: Cost, Title: "Database reads and writes", Metrics: []Metric{rds("VolumeReadIOPs", "Sum"), rds("VolumeWriteIOPs", "Sum")}}}},
		{Type: "AWS::RDS::DBCluster", Dimensions: followerDimensions,
			Alarms: []Alarm{{ID: "behind", Says: "the copy is more than a minute behind the database that it follows: so much would be lost with the other Region",
				Metric: rds("AuroraGlobalDBReplicationLag", "Maximum"), Above: limit(RecoveryLag), Minutes: 1, For: 5, Missing: true}},
			Graphs: []Graph{{Row: Failing, Title: "Milliseconds behind the other Region", Metrics: []Metric{rds("AuroraGlobalDBReplicationLag", "Maximum")}}}},
		{Type: "AWS::RDS::DBInstance", Dimensions: serverlessDimensions,
			Alarms: []Alarm{{ID: "capacity", Says: "the database uses more than 90 % of the capacity that it may have", Metric: rds("ACUUtilization", "Average"), Above: limit(90), Minutes: 5, For: 3}},
			Graphs: []Graph{{Row: Cost, Title: "Database capacity units", Metrics: []Metric{rds("ServerlessDatabaseCapacity", "Average")}}}},
		{Type: "AWS::ElastiCache::ReplicationGroup", Dimensions: byRef("ReplicationGroupId"), Members: cacheMembers,
			Alarms: []Alarm{
				{ID: "cpu", Says: "the cache's engine has used more than 80 % of its CPU for 15 minutes", Metric: cache("EngineCPUUtilization", "Average"), Above: limit(80), Minutes: 5, For: 3},
				{ID: "memory", Says: "the cache uses more than 80 % of its memory", Metric: cache("DatabaseMemoryUsagePercentage", "Maximum"), Above: limit(80), Minutes: 5, For: 3},
				{ID: "evictions", Says: "the cache throws data away for want of memory", Metric: cache("Evictions", "Sum"), Above: limit(0), Minutes: 5, For: 3},
				{ID: "lag", Says: "a replica of the cache is more than ten seconds behind", Metric: cache("ReplicationLag", "Maximum"), Above: limit(10), Minutes: 1, For: 5},
			},
			Graphs: []Graph{{Row: Fast, Title: "CPU of caches", Metrics: []Metric{cache("EngineCPUUtilization", "Average")}}, {Row: Failing, Title: "Evictions", Metrics: []Metric{cache("Evictions", "Sum")}}}},
		{Type: "AWS::Backup::BackupVault", Dimensions: byRef("BackupVaultName"),
			Alarms: []Alarm{{ID: "failed", Says: "a backup failed", Metric: Metric{"AWS/Backup", "NumberOfBackupJobsFailed", "Sum"}, Above: limit(0), Minutes: 60, For: 1}}},
	}
}

// connecting are the ways between networks.
func connecting() []Kind {
	nat := func(name string) Metric { return Metric{"AWS/NATGateway", name, "Sum"} }
	transit := func(name string) Metric { return Metric{"AWS/TransitGateway", name, "Sum"} }
	return []Kind{
		{Type: "AWS::EC2::NatGateway", Dimensions: byRef("NatGatewayId"),
			Alarms: []Alarm{
				{ID: "ports", Says: "the NAT gateway ran out of ports: connections to one destination are refused", Metric: nat("ErrorPortAllocation"), Above: limit(0), Minutes: 5, For: 1},
				{ID: "dropped", Says: "the NAT gateway drops packets", Metric: nat("PacketsDropCount"), Above: limit(100), Minutes: 5, For: 3},
			},
			Graphs: []Graph{{Row: Failing, Title: "Dropped by NAT gateways", Metrics: []Metric{nat("PacketsDropCount"), nat("ErrorPortAllocation")}},
				{Row: Cost, Title: "Bytes through NAT gateways", Metrics: []Metric{nat("BytesOutToDestination"), nat("BytesInFromDestination")}}}},
		{Type: "AWS::EC2::TransitGateway", Dimensions: byRef("TransitGateway"),
			Alarms: []Alarm{
				{ID: "blackhole", Says: "somebody tries to reach another environment: its range is dropped", Metric: transit("PacketDropCountBlackhole"), Above: limit(0), Minutes: 5, For: 1},
				{ID: "unrouted", Says: "packets arrive that no route leads on", Metric: transit("PacketDropCountNoRoute"), Above: limit(0), Minutes: 5, For: 3},
			},
			Graphs: []Graph{{Row: Failing, Title: "Dropped by the Transit Gateway", Metrics: []Metric{transit("PacketDropCountBlackhole"), transit("PacketDropCountNoRoute")}},
				{Row: Cost, Title: "Bytes through the Transit Gateway", Metrics: []Metric{transit("BytesIn")}}}},
	}
}
